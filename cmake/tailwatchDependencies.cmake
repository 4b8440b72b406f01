# SPDX-License-Identifier: BSL-1.0
#
# Finds what the headers need, for the build tree and for the installed package alike.
#
#   tailwatch::dependencies          xsimd and Boost headers, wherever and under whatever name they were found
#   tailwatch_find_component(NAME)   tailwatch::eigen, tailwatch::lapack (Eigen whose eigenvalues, factors and products go through
#                                    a LAPACK), tailwatch::nanoflann, tailwatch::mpi, tailwatch::zlib: the library plus one
#                                    optional dependency
#   tailwatch_DEPENDENCIES_MISSING   a sentence when something required is missing, else empty
#
# Targets that exist already (an enclosing project's FetchContent or find_package) are used as they are.

set(tailwatch_DEPENDENCIES_MISSING "")

# An imported target is seen only below the folder that found it. A project that adds tailwatch as a subfolder links from
# outside, so there the targets found here are made global.
function(tailwatch_promote_target name)
  if(TAILWATCH_PROMOTE_TARGETS AND TARGET ${name})
    get_target_property(imported ${name} IMPORTED)
    get_target_property(global ${name} IMPORTED_GLOBAL)
    if(imported AND NOT global)
      set_target_properties(${name} PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
  endif()
endfunction()

# --- xsimd >= 8.1 -----------------------------------------------------------------------------------------------------
# Its version file accepts the same major version only, so a request for 8.1 refuses 14: ask for none and compare.
# Newer releases add only versions above 8.1; the exact number is not to be trusted (11.1.0 reports 11.0.1).
if(NOT TARGET xsimd AND NOT TARGET xsimd::xsimd)
  find_package(xsimd CONFIG QUIET)
  if(NOT xsimd_FOUND)
    set(tailwatch_DEPENDENCIES_MISSING "xsimd 8.1 or newer is needed (Debian, Ubuntu: libxsimd-dev)")
  elseif(DEFINED xsimd_VERSION AND xsimd_VERSION VERSION_LESS 8.1)
    set(tailwatch_DEPENDENCIES_MISSING "xsimd 8.1 or newer is needed, found ${xsimd_VERSION} in ${xsimd_DIR}")
  endif()
  tailwatch_promote_target(xsimd)
  tailwatch_promote_target(xsimd::xsimd)
endif()
if(TARGET xsimd::xsimd)
  set(tailwatch_xsimd xsimd::xsimd)
else()
  set(tailwatch_xsimd xsimd)
endif()
# Debian's 8.1 names xtl, which it neither finds nor depends on and of which it needs nothing here: `cannot find -lxtl`.
if(TARGET ${tailwatch_xsimd} AND NOT TARGET xtl)
  get_target_property(tailwatch_aliased ${tailwatch_xsimd} ALIASED_TARGET)
  if(NOT tailwatch_aliased)
    get_target_property(tailwatch_links ${tailwatch_xsimd} INTERFACE_LINK_LIBRARIES)
    if("xtl" IN_LIST tailwatch_links)
      list(REMOVE_ITEM tailwatch_links xtl)
      set_target_properties(${tailwatch_xsimd} PROPERTIES INTERFACE_LINK_LIBRARIES "${tailwatch_links}")
    endif()
    unset(tailwatch_links)
  endif()
  unset(tailwatch_aliased)
endif()

# --- Boost headers >= 1.81 --------------------------------------------------------------------------------------------
# A package configuration where there is one, CMake's own module where it still exists. Trees made of single Boost
# libraries have no Boost::headers: there the four that are used are taken one by one.
set(tailwatch_boost "")
if(TARGET Boost::headers)
  set(tailwatch_boost Boost::headers)
elseif(NOT TARGET Boost::math)
  find_package(Boost 1.81 CONFIG QUIET)
  if(NOT Boost_FOUND)
    find_package(Boost 1.81 MODULE QUIET)
  endif()
  if(TARGET Boost::headers)
    set(tailwatch_boost Boost::headers)
  elseif(TARGET Boost::boost)
    set(tailwatch_boost Boost::boost)
  endif()
  tailwatch_promote_target(Boost::headers)
  tailwatch_promote_target(Boost::boost)
endif()
if(NOT tailwatch_boost)
  foreach(tailwatch_library math random unordered sort)
    if(TARGET Boost::${tailwatch_library})
      list(APPEND tailwatch_boost Boost::${tailwatch_library})
    endif()
  endforeach()
  unset(tailwatch_library)
endif()
if(NOT tailwatch_boost AND NOT tailwatch_DEPENDENCIES_MISSING)
  set(tailwatch_DEPENDENCIES_MISSING
    "Boost headers 1.81 or newer are needed (Debian 12: libboost1.81-dev; later: libboost-dev)")
endif()

if(NOT tailwatch_DEPENDENCIES_MISSING AND NOT TARGET tailwatch::dependencies)
  add_library(tailwatch::dependencies INTERFACE IMPORTED)
  set_target_properties(tailwatch::dependencies PROPERTIES
    INTERFACE_LINK_LIBRARIES "${tailwatch_xsimd};${tailwatch_boost}")
  tailwatch_promote_target(tailwatch::dependencies)
endif()
unset(tailwatch_xsimd)
unset(tailwatch_boost)

# --- optional parts ---------------------------------------------------------------------------------------------------
# Sets tailwatch_NAME_FOUND and makes tailwatch::NAME where the dependency is there. A macro: find_package must run in the
# caller's scope.
macro(tailwatch_find_component name)
  set(tailwatch_component_target "")
  set(tailwatch_component_definitions "")
  if("${name}" STREQUAL "lapack")
    if(NOT TARGET Eigen3::Eigen)
      find_package(Eigen3 CONFIG QUIET)
      tailwatch_promote_target(Eigen3::Eigen)
    endif()
    if(NOT TARGET LAPACK::LAPACK)
      find_package(LAPACK QUIET)
      tailwatch_promote_target(LAPACK::LAPACK)
    endif()
    find_library(TAILWATCH_LAPACKE_LIBRARY lapacke)  # the C interface, which no CMake package of LAPACK names
    mark_as_advanced(TAILWATCH_LAPACKE_LIBRARY)
    if(TARGET Eigen3::Eigen AND TARGET LAPACK::LAPACK AND TAILWATCH_LAPACKE_LIBRARY)
      set(tailwatch_component_target Eigen3::Eigen ${TAILWATCH_LAPACKE_LIBRARY} LAPACK::LAPACK)
      set(tailwatch_component_definitions EIGEN_USE_BLAS EIGEN_USE_LAPACKE)
    endif()
  elseif("${name}" STREQUAL "nanoflann")
    if(NOT TARGET nanoflann::nanoflann)
      find_package(nanoflann CONFIG QUIET)
      tailwatch_promote_target(nanoflann::nanoflann)
    endif()
    set(tailwatch_component_target nanoflann::nanoflann)
  elseif("${name}" STREQUAL "eigen")
    if(NOT TARGET Eigen3::Eigen)  # without a version: Eigen's file accepts the same major version only
      find_package(Eigen3 CONFIG QUIET)
      tailwatch_promote_target(Eigen3::Eigen)
    endif()
    set(tailwatch_component_target Eigen3::Eigen)
  elseif("${name}" STREQUAL "mpi")
    if(NOT TARGET MPI::MPI_CXX)
      find_package(MPI QUIET COMPONENTS CXX)
      tailwatch_promote_target(MPI::MPI_CXX)
    endif()
    set(tailwatch_component_target MPI::MPI_CXX)
  elseif("${name}" STREQUAL "zlib")
    if(NOT TARGET ZLIB::ZLIB)
      find_package(ZLIB QUIET)
      tailwatch_promote_target(ZLIB::ZLIB)
    endif()
    set(tailwatch_component_target ZLIB::ZLIB)
  elseif("${name}" STREQUAL "torch")
    # A project that found libtorch itself is taken at its word. Else by its files: TorchConfig.cmake stops the whole build
    # where one of its own dependencies is missing.
    if(NOT TARGET torch AND NOT TARGET tailwatch::libtorch)
      find_path(TAILWATCH_TORCH_INCLUDE ATen/ATen.h)
      find_path(TAILWATCH_TORCH_API_INCLUDE torch/torch.h
        HINTS "${TAILWATCH_TORCH_INCLUDE}" PATH_SUFFIXES torch/csrc/api/include)
      find_library(TAILWATCH_TORCH_LIBRARY torch)
      find_library(TAILWATCH_TORCH_CPU_LIBRARY torch_cpu)
      find_library(TAILWATCH_C10_LIBRARY c10)
      mark_as_advanced(TAILWATCH_TORCH_INCLUDE TAILWATCH_TORCH_API_INCLUDE TAILWATCH_TORCH_LIBRARY
        TAILWATCH_TORCH_CPU_LIBRARY TAILWATCH_C10_LIBRARY)
      if(TAILWATCH_TORCH_INCLUDE AND TAILWATCH_TORCH_API_INCLUDE AND TAILWATCH_TORCH_LIBRARY
         AND TAILWATCH_TORCH_CPU_LIBRARY AND TAILWATCH_C10_LIBRARY)
        add_library(tailwatch::libtorch INTERFACE IMPORTED)
        set_target_properties(tailwatch::libtorch PROPERTIES
          INTERFACE_INCLUDE_DIRECTORIES "${TAILWATCH_TORCH_INCLUDE};${TAILWATCH_TORCH_API_INCLUDE}"
          INTERFACE_LINK_LIBRARIES "${TAILWATCH_TORCH_LIBRARY};${TAILWATCH_TORCH_CPU_LIBRARY};${TAILWATCH_C10_LIBRARY}")
        tailwatch_promote_target(tailwatch::libtorch)
      endif()
    endif()
    if(TARGET torch)
      set(tailwatch_component_target torch ${TORCH_LIBRARIES})
    else()
      set(tailwatch_component_target tailwatch::libtorch)
    endif()
  endif()
  set(tailwatch_${name}_FOUND FALSE)
  if(tailwatch_component_target)
    list(GET tailwatch_component_target 0 tailwatch_component_first)
    if(TARGET ${tailwatch_component_first})
      set(tailwatch_${name}_FOUND TRUE)
    endif()
    unset(tailwatch_component_first)
  endif()
  if(tailwatch_${name}_FOUND)
    if(NOT TARGET tailwatch::${name})
      add_library(tailwatch::${name} INTERFACE IMPORTED)
      set_target_properties(tailwatch::${name} PROPERTIES
        INTERFACE_LINK_LIBRARIES "tailwatch::tailwatch;${tailwatch_component_target}"
        INTERFACE_COMPILE_DEFINITIONS "${tailwatch_component_definitions}")
      tailwatch_promote_target(tailwatch::${name})
    endif()
  endif()
  unset(tailwatch_component_target)
  unset(tailwatch_component_definitions)
endmacro()
