#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The vcpkg port without vcpkg, and with it where it is on PATH: check.py WORK_DIR

Validates the manifest (names, version, licence, features against the portfile and the usage text), replays the portfile's steps by
`cmake -P` with stand-ins for the vcpkg functions, and builds the find_package consumer against what that installs. Says "not
run" for the real `vcpkg install` where there is no vcpkg.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORT = ROOT / "packaging" / "vcpkg" / "tailwatch"

STAND_INS = r"""cmake_minimum_required(VERSION 3.21)
set(CURRENT_PACKAGES_DIR "{packages}")
set(CURRENT_BUILDTREES_DIR "{build}")
set(PORT tailwatch)
set(FEATURES core eigen)
function(vcpkg_check_features)
  cmake_parse_arguments(a "" OUT_FEATURE_OPTIONS FEATURES ${{ARGN}})
  set(options "")
  while(a_FEATURES)
    list(POP_FRONT a_FEATURES feature option)
    if(feature IN_LIST FEATURES)
      list(APPEND options -D${{option}}=ON)
    else()
      list(APPEND options -D${{option}}=OFF)
    endif()
  endwhile()
  set(${{a_OUT_FEATURE_OPTIONS}} "${{options}}" PARENT_SCOPE)
endfunction()
function(run)
  execute_process(COMMAND ${{ARGN}} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${{ARGN}}:\n${{out}}")
  endif()
endfunction()
function(vcpkg_cmake_configure)
  cmake_parse_arguments(a "" SOURCE_PATH OPTIONS ${{ARGN}})
  if(a_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "vcpkg_cmake_configure: ${{a_UNPARSED_ARGUMENTS}}")
  endif()
  run("${{CMAKE_COMMAND}}" -S "${{a_SOURCE_PATH}}" -B "${{CURRENT_BUILDTREES_DIR}}" -DCMAKE_BUILD_TYPE=Release
      "-DCMAKE_INSTALL_PREFIX=${{CURRENT_PACKAGES_DIR}}" ${{a_OPTIONS}})
endfunction()
function(vcpkg_cmake_install)
  run("${{CMAKE_COMMAND}}" --build "${{CURRENT_BUILDTREES_DIR}}" --target install)
endfunction()
function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(a "" CONFIG_PATH "" ${{ARGN}})
  file(GLOB found "${{CURRENT_PACKAGES_DIR}}/${{a_CONFIG_PATH}}/*onfig.cmake")
  if(NOT found)
    message(FATAL_ERROR "vcpkg_cmake_config_fixup: no configuration in ${{a_CONFIG_PATH}}")
  endif()
  file(GLOB files "${{CURRENT_PACKAGES_DIR}}/${{a_CONFIG_PATH}}/*")
  foreach(f IN LISTS files)  # moved to share/PORT, and the way up to the prefix is one folder shorter
    get_filename_component(name "${{f}}" NAME)
    file(READ "${{f}}" text)
    string(REPLACE "/../../../" "/../../" text "${{text}}")
    set(up "get_filename_component(_IMPORT_PREFIX \"\${{_IMPORT_PREFIX}}\" PATH)\n")
    string(REPLACE "${{up}}${{up}}${{up}}" "${{up}}${{up}}" text "${{text}}")
    file(WRITE "${{CURRENT_PACKAGES_DIR}}/share/${{PORT}}/${{name}}" "${{text}}")
  endforeach()
  file(REMOVE_RECURSE "${{CURRENT_PACKAGES_DIR}}/share/cmake")
endfunction()
function(vcpkg_fixup_pkgconfig)
  file(GLOB found "${{CURRENT_PACKAGES_DIR}}/share/pkgconfig/*.pc" "${{CURRENT_PACKAGES_DIR}}/lib/pkgconfig/*.pc")
  if(NOT found)
    message(FATAL_ERROR "vcpkg_fixup_pkgconfig: nothing to fix")
  endif()
endfunction()
function(vcpkg_copy_tools)
  message(FATAL_ERROR "not replayed: the tools feature")
endfunction()
function(vcpkg_install_copyright)
  cmake_parse_arguments(a "" "" FILE_LIST ${{ARGN}})
  file(COPY_FILE "${{a_FILE_LIST}}" "${{CURRENT_PACKAGES_DIR}}/share/${{PORT}}/copyright")
endfunction()
include("{portfile}")
# vcpkg refuses a package with an empty folder, without copyright, or with headers where none are declared
foreach(f copyright usage tailwatchConfig.cmake tailwatchConfigVersion.cmake tailwatchDependencies.cmake)
  if(NOT EXISTS "${{CURRENT_PACKAGES_DIR}}/share/tailwatch/${{f}}")
    message(FATAL_ERROR "share/tailwatch/${{f}} is missing")
  endif()
endforeach()
"""


def fail(message):
    print("failed:", message)
    sys.exit(1)


def validate():
    manifest = json.loads((PORT / "vcpkg.json").read_text(encoding="utf-8"))
    portfile = (PORT / "portfile.cmake").read_text(encoding="utf-8")
    usage = (PORT / "usage").read_text(encoding="utf-8")
    allowed = {"name", "version", "description", "homepage", "license", "dependencies", "features"}
    if set(manifest) - allowed:
        fail(f"vcpkg.json has members that a port manifest does not: {sorted(set(manifest) - allowed)}")
    if manifest["name"] != PORT.name or manifest["license"] != "BSL-1.0":
        fail("vcpkg.json: name or licence")
    name = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
    for where, dependencies in [("vcpkg.json", manifest["dependencies"])] + [
            (f"feature {f}", d["dependencies"]) for f, d in manifest["features"].items()]:
        names = [d if isinstance(d, str) else d["name"] for d in dependencies]
        if any(not name.match(n) for n in names) or names != sorted(names):
            fail(f"{where}: dependencies are not sorted names: {names}")
        for d in dependencies:
            if not isinstance(d, str) and set(d) - {"name", "version>=", "host", "features", "default-features", "platform"}:
                fail(f"{where}: {d} has unknown members")
    for feature, about in manifest["features"].items():
        if not name.match(feature) or not about.get("description"):
            fail(f"feature {feature}: name or description")
        if feature != "tools" and not re.search(rf"tailwatch::{feature}\b", usage):
            fail(f"usage does not name tailwatch::{feature}")
    components = set(re.findall(r'"\$\{name\}" STREQUAL "(\w+)"', (ROOT / "cmake/tailwatchDependencies.cmake").read_text()))
    if components != set(manifest["features"]) - {"tools"}:
        fail(f"features {sorted(manifest['features'])} and components {sorted(components)} differ")
    for option in re.findall(r"\bTAILWATCH_\w+", portfile):
        if f"option({option} " not in (ROOT / "CMakeLists.txt").read_text():
            fail(f"portfile.cmake sets {option}, which CMakeLists.txt does not have")
    print("manifest: valid")


def replay(work):
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    script = work / "replay.cmake"
    script.write_text(STAND_INS.format(packages=work / "packages", build=work / "build", portfile=PORT / "portfile.cmake"))
    subprocess.run(["cmake", "-P", str(script)], check=True)
    version = json.loads((PORT / "vcpkg.json").read_text())["version"]
    compiler = os.environ.get("CXX", "c++")
    subprocess.run(["cmake", "-S", str(ROOT / "tests/consumers/find_package"), "-B", str(work / "consumer"),
                    f"-DCMAKE_PREFIX_PATH={work / 'packages'}", f"-DTAILWATCH_EXPECTED_VERSION={version}",
                    f"-DCMAKE_CXX_COMPILER={compiler}"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", str(work / "consumer")], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([str(work / "consumer" / "consumer")], check=True)
    cache = (work / "consumer" / "CMakeCache.txt").read_text()
    if f"{work / 'packages'}/share/tailwatch" not in cache:
        fail("the consumer found another tailwatch")
    print("port: its CMake steps replayed, consumer built and run")


def real(work):
    vcpkg = shutil.which("vcpkg")
    if not vcpkg:
        print("vcpkg install: not run, there is no vcpkg on PATH")
        return
    subprocess.run([vcpkg, "install", "tailwatch", f"--overlay-ports={ROOT / 'packaging/vcpkg'}",
                    f"--x-install-root={work / 'installed'}"], check=True)
    print("vcpkg install: run")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]).resolve()
    validate()
    replay(folder)
    real(folder)
