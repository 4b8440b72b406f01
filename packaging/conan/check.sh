#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# `conan create` of the recipe at the root, with its test_package: packaging/conan/check.sh WORK_DIR
#
# The Conan client comes from PyPI into a virtual environment below WORK_DIR; Boost and xsimd are the system's, by thin recipes of
# their own. Exit code 77, and a word why, where the client cannot be had.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)

conan=$work/venv/bin/conan
if command -v conan >/dev/null && conan --version 2>/dev/null | grep -q 'version 2'; then
  conan=$(command -v conan)
elif [ ! -x "$conan" ]; then
  if ! python3 -m venv "$work/venv" >"$work/venv.log" 2>&1; then
    echo "conan create: not run, python3 cannot make a virtual environment (Debian, Ubuntu: python3-venv)"
    exit 77
  fi
  if ! timeout 120 "$work/venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 15 'conan>=2,<3' >"$work/venv.log" 2>&1; then
    echo "conan create: not run, the Conan client could not be had from PyPI: $(tail -n 1 "$work/venv.log")"
    rm -rf "$work/venv"
    exit 77
  fi
fi

export CONAN_HOME=$work/home
rm -rf "$CONAN_HOME"
"$conan" profile detect >/dev/null 2>&1
boost=$(sed -n 's/^#define BOOST_LIB_VERSION "\([0-9]*\)_\([0-9]*\).*/\1.\2.0/p' /usr/include/boost/version.hpp)
xsimd=$(sed -n 's/^#define XSIMD_VERSION_\(MAJOR\|MINOR\|PATCH\) \([0-9]*\)$/\2/p' /usr/include/xsimd/config/xsimd_config.hpp | paste -sd.)
"$conan" remote disable '*' >/dev/null 2>&1 || true
"$conan" create "$root/packaging/conan/system/boost" --version "$boost" -s compiler.cppstd=20 >"$work/boost.log" 2>&1 || { cat "$work/boost.log"; exit 1; }
"$conan" create "$root/packaging/conan/system/xsimd" --version "$xsimd" -s compiler.cppstd=20 >"$work/xsimd.log" 2>&1 || { cat "$work/xsimd.log"; exit 1; }

# The sources are copied: conan writes build folders of the test package beside it.
rm -rf "$work/source"
mkdir -p "$work/source"
cp -r "$root/conanfile.py" "$root/LICENSE" "$root/include" "$root/test_package" "$work/source"
if "$conan" create "$work/source" -s compiler.cppstd=17 >"$work/refused.log" 2>&1; then
  echo "C++17 was accepted"
  exit 1
fi
grep -q 'cppstd' "$work/refused.log" || { cat "$work/refused.log"; exit 1; }
"$conan" create "$work/source" -s compiler.cppstd=20 >"$work/create.log" 2>&1 || { tail -n 60 "$work/create.log"; exit 1; }
grep -E 'nats, 2 different pairs' "$work/create.log" || { echo "the test package did not run"; tail -n 40 "$work/create.log"; exit 1; }

# The optional parts whose dependency the system has: each by its option, with the consumer of the CMake component.
version_of() { sed -n "s/^#define $2 \([0-9]*\).*/\1/p" "$1" 2>/dev/null | head -n 1; }
parts=() options=()
part() {  # NAME PACKAGE VERSION: version empty where the dependency is not there
  [ -n "$3" ] || return 0
  "$conan" create "$root/packaging/conan/system/$2" --version "$3" -s compiler.cppstd=20 >"$work/$2.log" 2>&1 || { cat "$work/$2.log"; exit 1; }
  parts+=("$1")
  options+=(-o "tailwatch/*:with_$1=True")
}
eigen=/usr/include/eigen3/Eigen/src/Core/util/Macros.h
[ ! -e "$eigen" ] || part eigen eigen "$(version_of $eigen EIGEN_WORLD_VERSION).$(version_of $eigen EIGEN_MAJOR_VERSION).$(version_of $eigen EIGEN_MINOR_VERSION)"
flann=$(sed -n 's/^#define NANOFLANN_VERSION 0x\([0-9A-F]\)\([0-9A-F]\)\([0-9A-F]\)$/\1.\2.\3/p' /usr/include/nanoflann.hpp 2>/dev/null || true)
part nanoflann nanoflann "$flann"
part zlib zlib "$(sed -n 's/^#define ZLIB_VERSION "\([0-9.]*\)"$/\1/p' /usr/include/zlib.h 2>/dev/null || true)"
part mpi openmpi "$(mpicxx --showme:version 2>/dev/null | sed -n 's/.*Open MPI \([0-9.]*\).*/\1/p' || true)"
if [ ${#parts[@]} -gt 0 ]; then
  "$conan" install --requires "tailwatch/$(sed -n 's/^    version = "\(.*\)"$/\1/p' "$root/conanfile.py")" -s compiler.cppstd=20 "${options[@]}" \
    -g CMakeDeps -g CMakeToolchain --output-folder "$work/parts" >"$work/install.log" 2>&1 || { cat "$work/install.log"; exit 1; }
fi
for name in "${parts[@]}"; do
  {
    cmake -S "$root/tests/consumers/component" -B "$work/parts/$name" -DTAILWATCH_COMPONENT="$name" -DCMAKE_BUILD_TYPE=Release \
      -DCMAKE_TOOLCHAIN_FILE="$work/parts/conan_toolchain.cmake" && cmake --build "$work/parts/$name"
  } >"$work/$name-consumer.log" 2>&1 || { tail -n 60 "$work/$name-consumer.log"; exit 1; }
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "$work/parts/$name/consumer" || { echo "the consumer of $name failed"; exit 1; }
done

echo "conan create: run with $("$conan" --version), Boost $boost and xsimd $xsimd of the system; C++17 refused; options with_$(IFS=,; echo "${parts[*]}")"
