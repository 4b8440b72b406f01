# SPDX-License-Identifier: BSL-1.0
"""The system's Eigen headers as a Conan package, so that the recipe can be tried without a remote: packaging/conan/check.sh."""
from conan import ConanFile


class SystemEigen(ConanFile):
    name = "eigen"
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.bindirs = self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "Eigen3")
        self.cpp_info.set_property("cmake_target_name", "Eigen3::Eigen")
        self.cpp_info.includedirs = ["/usr/include/eigen3"]
