# SPDX-License-Identifier: BSL-1.0
"""The system's zlib as a Conan package, so that the recipe can be tried without a remote: packaging/conan/check.sh."""
from conan import ConanFile


class SystemZlib(ConanFile):
    name = "zlib"
    package_type = "shared-library"
    settings = "os", "arch", "compiler", "build_type"

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.bindirs = self.cpp_info.libdirs = self.cpp_info.includedirs = []
        self.cpp_info.set_property("cmake_file_name", "ZLIB")
        self.cpp_info.set_property("cmake_target_name", "ZLIB::ZLIB")
        self.cpp_info.system_libs = ["z"]
