#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Builds the -dev package from the draft and runs its autopkgtest against what is in it: packaging/debian/check.sh WORK_DIR
# With `all` as second argument the package with the command line too. Exit code 77 where debhelper is not installed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir -p "$1"
work=$(cd "$1" && pwd)
kinds=(--build=all)
[ "${2:-}" != all ] || kinds=(--build=binary)

if ! command -v dpkg-buildpackage >/dev/null || ! command -v dh >/dev/null; then
  echo "Debian package: not run, debhelper is not installed"
  exit 77
fi
rm -rf "$work/tree" "$work"/*.deb "$work/image"
mkdir -p "$work/tree"
cp -r "$root/CMakeLists.txt" "$root/LICENSE" "$root/README.md" "$root/cmake" "$root/include" "$root/tools" "$work/tree"
mkdir -p "$work/tree/tests"
cp -r "$root/tests/consumers" "$work/tree/tests"
cp -r "$root/packaging/debian" "$work/tree/debian"
rm -f "$work/tree/debian/check.sh"
(cd "$work/tree" && DEB_BUILD_OPTIONS="nodoc parallel=2" dpkg-buildpackage -us -uc "${kinds[@]}" --no-check-builddeps) >"$work/build.log" 2>&1 ||
  { tail -n 40 "$work/build.log"; exit 1; }
for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/image"; done
if [ -e "$work/image/usr/include" ] && find "$work/image" -name '*.cpp' | grep -q .; then
  echo "the package holds sources"
  exit 1
fi
AUTOPKGTEST_TMP=$(mktemp -d "$work/autopkgtest.XXXXXX") PREFIX=$work/image/usr "$work/tree/debian/tests/consumers"
if command -v lintian >/dev/null; then
  lintian --fail-on error --suppress-tags bad-distribution-in-changes-file "$work"/*.deb || exit 1
fi
echo "Debian package: built, its tests passed ($(cd "$work" && echo *.deb))"
