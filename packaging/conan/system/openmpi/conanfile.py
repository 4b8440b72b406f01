# SPDX-License-Identifier: BSL-1.0
"""The system's Open MPI as a Conan package, so that the recipe can be tried without a remote: packaging/conan/check.sh."""
import subprocess

from conan import ConanFile


class SystemOpenMpi(ConanFile):
    name = "openmpi"
    package_type = "shared-library"
    settings = "os", "arch", "compiler", "build_type"

    def package_id(self):
        self.info.clear()

    def package_info(self):
        def show(what):
            return subprocess.run(["mpicxx", f"--showme:{what}"], capture_output=True, text=True, check=True).stdout.split()

        self.cpp_info.bindirs = []
        self.cpp_info.includedirs = show("incdirs")
        self.cpp_info.libdirs = show("libdirs")
        self.cpp_info.system_libs = show("libs")
        self.cpp_info.set_property("cmake_file_name", "MPI")
        self.cpp_info.set_property("cmake_target_name", "MPI::MPI_CXX")
