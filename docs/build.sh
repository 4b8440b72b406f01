#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Builds the documentation as a site: the guide by MkDocs, the reference by Doxygen.
#
#   docs/build.sh [FOLDER]        default build/site; then open FOLDER/index.html
#
# Installs what is missing on Debian and Ubuntu where it may, else says what to install. Exit code 2 where it cannot build.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
site=${1:-$root/build/site}
mkdir -p "$site"
site=$(cd "$site" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$root/cmake/install-dependencies.sh" library documentation || exit 2

# --- the pages: docs/ as it is, the front page from README.md, links between files put right ---
mkdir -p "$work/pages"
cp -r "$root/docs/." "$work/pages"
cp "$root/docs/site/extra.css" "$work/pages"
rm -rf "$work/pages/site" "$work/pages/build.sh"
sed -e "s|PAGES|$work/pages|" -e "s|SITE|$work/site|" "$root/docs/site/mkdocs.yml" >"$work/mkdocs.yml"
python3 "$root/docs/site/prepare.py" "$root" "$work/pages" "$work/mkdocs.yml"
if ! (cd "$work" && mkdocs build --strict --quiet --config-file mkdocs.yml) >"$work/mkdocs.log" 2>&1; then
  cat "$work/mkdocs.log" >&2
  exit 1
fi
rm -rf "${site:?}"/*
cp -r "$work/site/." "$site"

# --- the reference ---
version=$(sed -n 's/^#define TAILWATCH_VERSION_\(MAJOR\|MINOR\|PATCH\) \([0-9]*\)$/\2/p' "$root/include/tailwatch/version.hpp" | paste -sd.)
sed -e "s|@ROOT@|$root|" -e "s|@OUTPUT@|$work|" -e "s|@VERSION@|$version|" "$root/docs/site/Doxyfile.in" >"$work/Doxyfile"
doxygen "$work/Doxyfile" >"$work/doxygen.log" 2>&1 || { cat "$work/doxygen.log" >&2; exit 1; }
cp -r "$work/reference" "$site/reference"
echo "$site/index.html"
