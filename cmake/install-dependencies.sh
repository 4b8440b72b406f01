#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Makes sure that what a build needs is there.
#
#   cmake/install-dependencies.sh [library] [examples] [tests] [benchmarks] [tools] [documentation] [packages]
#
# Does nothing, quickly, when everything is present. Otherwise it installs what is missing with apt-get where it may (root
# on Debian or Ubuntu); elsewhere it prints what to install and exits 2. Everything it says goes to standard error.
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# Include folders where a header may lie, as the compiler and CMake look for it.
include_folders() {
  local prefix
  tr ':' '\n' <<<"${CPATH:-}:${CPLUS_INCLUDE_PATH:-}"
  { tr ':;' '\n\n' <<<"${CMAKE_PREFIX_PATH:-}"; printf '%s\n' "${BOOST_ROOT:-}" "${Boost_ROOT:-}" "${CONDA_PREFIX:-}"; } |
    while IFS= read -r prefix; do [ -z "$prefix" ] || printf '%s\n' "$prefix/include"; done
  printf '%s\n' /usr/local/include /usr/include /opt/homebrew/include
}
mapfile -t folders < <(include_folders)

# find_header NAME: prints the first file of that name.
find_header() {
  local folder
  for folder in "${folders[@]}"; do
    if [ -n "$folder" ] && [ -e "$folder/$1" ]; then
      printf '%s\n' "$folder/$1"
      return 0
    fi
  done
  return 1
}

boost_is_new_enough() {
  local file
  file=$(find_header boost/version.hpp) || return 1
  [ "$(sed -n 's/^#define BOOST_VERSION \([0-9]*\).*/\1/p' "$file")" -ge 108100 ]
}

# Debian 12's libboost-dev is 1.74; 1.81 has a package of its own there.
boost_package() {
  local candidate
  candidate=$(apt-cache policy libboost-dev 2>/dev/null | sed -n 's/^ *Candidate: *//p')
  if [ -n "$candidate" ] && dpkg --compare-versions "$candidate" ge 1.81; then
    printf 'libboost-dev\n'
  else
    printf 'libboost1.81-dev\n'
  fi
}

missing=()   # packages without which the build fails
wanted=()    # packages that make it better
need() { case " ${missing[*]-} " in *" $1 "*) ;; *) missing+=("$1") ;; esac; }

need_library() {
  have c++ || have g++ || have clang++ || need g++
  have cmake || need cmake
  have make || have ninja || need ninja-build
  find_header xsimd/xsimd.hpp >/dev/null || need libxsimd-dev
  boost_is_new_enough || need boost
}
need_tests() {
  find_header catch2/catch.hpp >/dev/null || find_header catch2/catch_all.hpp >/dev/null || need catch2
  find_header nlohmann/json.hpp >/dev/null || need nlohmann-json3-dev
  find_header eigen3/Eigen/Core >/dev/null || find_header Eigen/Core >/dev/null || need libeigen3-dev
  find_header lapacke.h >/dev/null || wanted+=(liblapacke-dev)  # Eigen through a LAPACK is tested where there is one
  find_header zlib.h >/dev/null || need zlib1g-dev
  find_header nanoflann.hpp >/dev/null || wanted+=(libnanoflann-dev)  # the k-d tree is tested where it is there
  have python3 || need python3
  find_header CLI/CLI.hpp >/dev/null || need libcli11-dev  # of the main example, which is built and run
  have pkg-config || have pkgconf || need pkg-config
  have ninja || need ninja-build
  have make || need make  # CMake's default generator, with which the consumers are built
  have ccache || wanted+=(ccache)
  have mpicxx || wanted+=(libopenmpi-dev)  # the MPI adapter is tested where there is one
  have mpirun || wanted+=(openmpi-bin)
  find_header ATen/ATen.h >/dev/null || wanted+=(libtorch-dev)  # the libtorch adapter and its host, where there is one
  find_header ggml-opt.h >/dev/null || [ -z "$(apt-cache policy libggml-dev 2>/dev/null)" ] || wanted+=(libggml-dev)
}
need_benchmarks() {
  find_header benchmark/benchmark.h >/dev/null || need libbenchmark-dev
}
need_tools() {
  find_header CLI/CLI.hpp >/dev/null || need libcli11-dev
  find_header nlohmann/json.hpp >/dev/null || need nlohmann-json3-dev
}
need_documentation() {
  have doxygen || need doxygen
  have mkdocs || need mkdocs
  have python3 || need python3
  [ -e /usr/share/mkdocs/themes/material ] || python3 -c 'import material' 2>/dev/null || need mkdocs-material
  python3 -c 'import pymdownx' 2>/dev/null || [ -e /usr/lib/python3/dist-packages/pymdownx ] || need python3-pymdownx
}
need_packages() {  # of the checks of packages and pages: whatever is not there is skipped by its test
  have dh || wanted+=(debhelper)
  python3 -c 'import ensurepip' 2>/dev/null || wanted+=(python3-venv)
  have chromium || have chromium-browser || have google-chrome || wanted+=(chromium)
}
need_examples() {
  find_header CLI/CLI.hpp >/dev/null || need libcli11-dev
  have bible || wanted+=(bible-kjv)  # plain English text, the default corpus of examples/run.sh
}

need_library
for part in "$@"; do
  case $part in
    library) ;;
    examples) need_examples ;;
    tests) need_tests ;;
    benchmarks) need_benchmarks ;;
    tools) need_tools ;;
    documentation) need_documentation ;;
    packages) need_packages ;;
    *)
      say "install-dependencies.sh: unknown part '$part' (library, examples, tests, benchmarks, tools, documentation, packages)"
      exit 2
      ;;
  esac
done

if [ ${#missing[@]} -eq 0 ] && [ ${#wanted[@]} -eq 0 ]; then exit 0; fi

may_install=no
if [ "$(id -u)" -eq 0 ] && have apt-get; then may_install=yes; fi

# install PACKAGE...: package lists are fetched only when the ones at hand do not do.
lists_are_fresh=no
install() {
  local log status=0
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  if ! apt-get install -y --no-install-recommends "$@" >"$log" 2>&1; then
    if [ $lists_are_fresh = no ]; then
      lists_are_fresh=yes
      apt-get update >"$log" 2>&1 || true
      apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 || status=$?
    else
      status=1
    fi
  fi
  if [ $status -ne 0 ] && [ "${quiet:-no}" = no ]; then tail -n 15 "$log" >&2; fi
  rm -f "$log"
  return $status
}

if [ $may_install = yes ]; then
  if [ ${#missing[@]} -gt 0 ]; then
    if [ ! -e /var/lib/apt/lists ] || ! apt-cache show libxsimd-dev >/dev/null 2>&1; then
      apt-get update >/dev/null 2>&1 || true
      lists_are_fresh=yes
    fi
    for i in "${!missing[@]}"; do
      if [ "${missing[$i]}" = boost ]; then missing[i]=$(boost_package); fi
    done
    say "installing ${missing[*]}"
    if ! install "${missing[@]}"; then
      say "could not install: ${missing[*]}"
      exit 2
    fi
  fi
  for package in "${wanted[@]}"; do  # each alone: one that is not on offer must not hold up the others
    say "installing $package (optional)"
    quiet=yes install "$package" || say "$package is not to be had; going on without it"
  done
elif [ ${#missing[@]} -gt 0 ]; then
  if have apt-cache; then boost=$(boost_package); else boost='Boost headers 1.81 or newer'; fi
  say "missing, and this user cannot install it:"
  for package in "${missing[@]}"; do
    if [ "$package" = boost ]; then say "  $boost"; else say "  $package"; fi
  done
  if have apt-get; then
    say "as root: apt-get install ${missing[*]/#boost/$boost}"
  else
    say "(Debian package names; elsewhere the same libraries: xsimd >= 8.1, Boost >= 1.81, Catch2, nlohmann-json, Eigen)"
  fi
  exit 2
fi
