# SPDX-License-Identifier: BSL-1.0
#
# An overlay port: vcpkg install tailwatch --overlay-ports=packaging/vcpkg. The port stands in the tree that it packages, so the
# sources are that tree; a port in a registry takes a release instead, with vcpkg_from_github and its SHA512.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

set(VCPKG_BUILD_TYPE release) # header-only port

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
    FEATURES
        tools TAILWATCH_BUILD_TOOLS
)

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        ${FEATURE_OPTIONS}
        -DTAILWATCH_INSTALL=ON
        -DTAILWATCH_BUILD_TESTS=OFF
        -DTAILWATCH_BUILD_EXAMPLES=OFF
        -DTAILWATCH_BUILD_BENCHMARKS=OFF
        -DTAILWATCH_NATIVE=OFF
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/tailwatch)
vcpkg_fixup_pkgconfig()
if("tools" IN_LIST FEATURES)
    vcpkg_copy_tools(TOOL_NAMES tailwatch AUTO_CLEAN)
endif()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/doc")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
