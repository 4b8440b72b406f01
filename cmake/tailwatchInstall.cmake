# SPDX-License-Identifier: BSL-1.0
#
# Headers, a relocatable CMake package and a relocatable pkg-config file, all of component tailwatch_dev.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(tailwatch_package_folder "${CMAKE_INSTALL_DATAROOTDIR}/cmake/tailwatch")
set(tailwatch_pkgconfig_folder "${CMAKE_INSTALL_DATAROOTDIR}/pkgconfig")
file(RELATIVE_PATH TAILWATCH_PC_PREFIX "/${tailwatch_pkgconfig_folder}" "/")
string(REGEX REPLACE "/$" "" TAILWATCH_PC_PREFIX "${TAILWATCH_PC_PREFIX}")

install(DIRECTORY include/tailwatch DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT tailwatch_dev
  FILES_MATCHING PATTERN "*.hpp")
# No INCLUDES DESTINATION: it swallows the word COMPONENT into the list of include folders.
install(TARGETS tailwatch EXPORT tailwatchTargets COMPONENT tailwatch_dev)
install(EXPORT tailwatchTargets NAMESPACE tailwatch:: DESTINATION "${tailwatch_package_folder}" COMPONENT tailwatch_dev)

configure_package_config_file(cmake/tailwatchConfig.cmake.in tailwatchConfig.cmake
  INSTALL_DESTINATION "${tailwatch_package_folder}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(tailwatchConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
configure_file(cmake/tailwatch.pc.in tailwatch.pc @ONLY)

install(FILES
    "${CMAKE_CURRENT_BINARY_DIR}/tailwatchConfig.cmake"
    "${CMAKE_CURRENT_BINARY_DIR}/tailwatchConfigVersion.cmake"
    cmake/tailwatchDependencies.cmake
  DESTINATION "${tailwatch_package_folder}" COMPONENT tailwatch_dev)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/tailwatch.pc" DESTINATION "${tailwatch_pkgconfig_folder}"
  COMPONENT tailwatch_dev)
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/tailwatch" COMPONENT tailwatch_dev)
