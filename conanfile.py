# SPDX-License-Identifier: BSL-1.0
"""Conan 2 recipe: conan create . --build=missing -o "boost/*:header_only=True" -s compiler.cppstd=20"""
import os

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy


class TailwatchConan(ConanFile):
    name = "tailwatch"
    version = "0.1.0"
    license = "BSL-1.0"
    url = "https://github.com/tailwatch/tailwatch"
    homepage = url
    description = "Estimators, states and monitors that show model collapse while it is still in the tails"
    topics = ("statistics", "machine-learning", "model-collapse", "entropy", "simd", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_eigen": [True, False], "with_mpi": [True, False], "with_nanoflann": [True, False],
               "with_zlib": [True, False]}
    default_options = {"with_eigen": False, "with_mpi": False, "with_nanoflann": False, "with_zlib": False}
    exports_sources = "LICENSE", "include/*"
    no_copy_source = True

    def requirements(self):
        self.requires("boost/[>=1.81 <2]", transitive_headers=True)
        self.requires("xsimd/[>=8.1]", transitive_headers=True)
        if self.options.with_eigen:
            self.requires("eigen/[>=3.4]", transitive_headers=True)
        if self.options.with_mpi:
            self.requires("openmpi/[>=4.1]", transitive_headers=True, transitive_libs=True)
        if self.options.with_nanoflann:
            self.requires("nanoflann/[>=1.4]", transitive_headers=True)
        if self.options.with_zlib:
            self.requires("zlib/[>=1.2.11 <2]", transitive_headers=True, transitive_libs=True)

    def package_id(self):
        self.info.clear()

    def validate(self):
        check_min_cppstd(self, 20)

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "tailwatch")
        self.cpp_info.set_property("pkg_config_name", "tailwatch")
        parts = {"with_eigen": ("eigen", "eigen::eigen"), "with_mpi": ("mpi", "openmpi::openmpi"), "with_nanoflann": ("nanoflann", "nanoflann::nanoflann"),
                 "with_zlib": ("zlib", "zlib::zlib")}
        core = self.cpp_info.components["core"]
        core.set_property("cmake_target_name", "tailwatch::tailwatch")
        core.set_property("pkg_config_name", "tailwatch")
        core.requires = ["boost::headers", "xsimd::xsimd"]
        core.bindirs = core.libdirs = []
        for option, (name, dependency) in parts.items():
            if self.options.get_safe(option):
                part = self.cpp_info.components[name]
                part.set_property("cmake_target_name", f"tailwatch::{name}")
                part.requires = ["core", dependency]
                part.bindirs = part.libdirs = part.includedirs = []
