# SPDX-License-Identifier: BSL-1.0
#
# How our own tests, examples, tools and benchmarks are compiled. Nothing here reaches a user of the library.

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)  # CMake 3.28 and later would read every unit of C++20 twice

find_program(TAILWATCH_CCACHE ccache)
mark_as_advanced(TAILWATCH_CCACHE)
if(TAILWATCH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TAILWATCH_CCACHE}")
endif()

# Links the library, every optional part that was found, and our warnings. Not MPI: what needs it says so.
add_library(tailwatch_program INTERFACE)
target_link_libraries(tailwatch_program INTERFACE tailwatch::tailwatch)
foreach(component eigen nanoflann zlib)
  if(TARGET tailwatch::${component})
    target_link_libraries(tailwatch_program INTERFACE tailwatch::${component})
  endif()
endforeach()

if(MSVC)
  target_compile_options(tailwatch_program INTERFACE /W4 /permissive- /utf-8)
else()
  target_compile_options(tailwatch_program INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wpedantic)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A compiler we have not met must not stop a stranger's build: warnings are errors in CI alone. g++ 12 believes its own
    # AVX-512 intrinsics to be uninitialised (gcc.gnu.org/PR105593): a warning stays a warning there.
    if(TAILWATCH_WARNINGS_AS_ERRORS)
      target_compile_options(tailwatch_program INTERFACE -Werror -Wno-error=maybe-uninitialized -Wno-error=uninitialized)
    endif()
  endif()
  if(TAILWATCH_NATIVE)
    include(CheckCXXCompilerFlag)
    check_cxx_compiler_flag(-march=native TAILWATCH_HAS_MARCH_NATIVE)
    if(TAILWATCH_HAS_MARCH_NATIVE)
      target_compile_options(tailwatch_program INTERFACE -march=native)
    endif()
  endif()
endif()

# Environment of tests under mpirun, as Open MPI reads it and others do not: more ranks than processors, by root in a
# container, without binding and without spinning.
set(tailwatch_mpi_environment
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
  OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
  OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl_vader_single_copy_mechanism=none)

# tailwatch_study(NAME target arguments...): a test that runs for minutes, so only where TAILWATCH_STUDIES is set; elsewhere
# it is skipped.
function(tailwatch_study name target)
  add_test(NAME study.${name}
    COMMAND bash -c "if test -z \"$TAILWATCH_STUDIES\"; then exit 77; fi; exec \"$@\"" study "$<TARGET_FILE:${target}>" ${ARGN})
  set_tests_properties(study.${name} PROPERTIES
    LABELS study TIMEOUT 3600 SKIP_RETURN_CODE 77 RUN_SERIAL ON WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
endfunction()
