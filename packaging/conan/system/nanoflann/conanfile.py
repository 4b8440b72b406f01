# SPDX-License-Identifier: BSL-1.0
"""The system's nanoflann header as a Conan package, so that the recipe can be tried without a remote: packaging/conan/check.sh."""
from conan import ConanFile


class SystemNanoflann(ConanFile):
    name = "nanoflann"
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.bindirs = self.cpp_info.libdirs = self.cpp_info.includedirs = []
        self.cpp_info.set_property("cmake_target_name", "nanoflann::nanoflann")
