#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Builds and runs main.cpp the way a user of the package would.
#
#   consume.sh ROUTE SOURCE_DIR BUILD_DIR WORK_DIR VERSION
#
#   install            installs BUILD_DIR into WORK_DIR/prefix; the routes that read it come after
#   find_package       from that prefix
#   moved_prefix       from a copy of it elsewhere
#   pkg_config         from that prefix, compiler flags by pkg-config
#   add_subdirectory   from the source folder
#   fetch_content      from a local clone: a repository of the files as they are now
#   component_NAME     the optional part NAME from that prefix
set -euo pipefail

route=$1 source=$2 build=$3 work=$4 version=$5
here=$source/tests/consumers
prefix=$work/prefix
compiler=${CXX:-c++}

# configure_and_run FOLDER [cmake arguments]
configure_and_run() {
  local folder=$1
  shift
  rm -rf "${work:?}/$route"
  cmake -S "$here/$folder" -B "$work/$route" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER="$compiler" "$@"
  cmake --build "$work/$route"
  # Open MPI refuses root, and more ranks than processors, unless it is told.
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "$work/$route/consumer"
}

case $route in
  install)
    rm -rf "${prefix:?}"
    cmake --install "$build" --prefix "$prefix" --component tailwatch_dev >/dev/null
    test -e "$prefix/include/tailwatch/tailwatch.hpp"
    test -e "$prefix/share/cmake/tailwatch/tailwatchConfig.cmake"
    test -e "$prefix/share/pkgconfig/tailwatch.pc"
    ;;
  find_package)
    configure_and_run find_package -DCMAKE_PREFIX_PATH="$prefix" -DTAILWATCH_EXPECTED_VERSION="$version"
    ;;
  moved_prefix)
    rm -rf "${work:?}/elsewhere"
    mkdir -p "$work/elsewhere"
    cp -r "$prefix" "$work/elsewhere/moved"
    if grep -rF -e "$prefix" -e "$source/include" "$work/elsewhere/moved"; then
      echo "the installed files name the folder they were built or installed in"
      exit 1
    fi
    configure_and_run find_package -DCMAKE_PREFIX_PATH="$work/elsewhere/moved" -DTAILWATCH_EXPECTED_VERSION="$version"
    grep -q "elsewhere/moved/share/cmake/tailwatch" "$work/$route/CMakeCache.txt"
    ;;
  pkg_config)
    if ! command -v pkg-config >/dev/null; then exit 77; fi
    export PKG_CONFIG_PATH=$prefix/share/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    if [ "$(pkg-config --modversion tailwatch)" != "$version" ]; then
      echo "pkg-config says $(pkg-config --modversion tailwatch), expected $version"
      exit 1
    fi
    mkdir -p "$work/$route"
    read -r -a flags <<<"$(pkg-config --cflags --libs tailwatch)"
    "$compiler" -std=c++20 "$here/main.cpp" "${flags[@]}" -o "$work/$route/consumer"
    "$work/$route/consumer"
    ;;
  component_*)
    configure_and_run component -DCMAKE_PREFIX_PATH="$prefix" -DTAILWATCH_COMPONENT="${route#component_}"
    ;;
  add_subdirectory | fetch_content)
    if [ "$route" = fetch_content ]; then
      if ! command -v git >/dev/null; then exit 77; fi
      clone=$work/clone
      rm -rf "${clone:?}"
      mkdir -p "$clone"
      cp -r "$source/CMakeLists.txt" "$source/LICENSE" "$source/cmake" "$source/include" "$clone"
      git -C "$clone" init -q
      git -C "$clone" add -A
      git -C "$clone" -c user.name=consumer -c user.email=consumer@example.org -c commit.gpgsign=false commit -q -m "as it is now"
      configure_and_run "$route" -DTAILWATCH_REPOSITORY="file://$clone" -DTAILWATCH_REVISION="$(git -C "$clone" rev-parse HEAD)"
    else
      configure_and_run "$route" -DTAILWATCH_SOURCE_DIR="$source"
    fi
    cmake --install "$work/$route" --prefix "$work/$route/installed" >/dev/null 2>&1 || true
    if [ -e "$work/$route/installed/include/tailwatch" ]; then
      echo "the enclosing project's install brought tailwatch along"
      exit 1
    fi
    ;;
  *)
    echo "consume.sh: unknown route '$route'" >&2
    exit 2
    ;;
esac
