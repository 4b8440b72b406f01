#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Component tailwatch_tools: install.sh CMAKE BUILD_DIR PREFIX VERSION. The program runs from there, and manual page and completion stand where
# shells and man look for them.
set -euo pipefail

cmake=$1 build=$2 prefix=$3 version=$4
rm -rf "${prefix:?}"
"$cmake" --install "$build" --prefix "$prefix" --component tailwatch_tools >/dev/null
[ "$("$prefix/bin/tailwatch" --version)" = "tailwatch $version" ]
test ! -e "$prefix/include"
page=$prefix/share/man/man1/tailwatch.1
grep -q "tailwatch $version" "$page"
grep -q 'complete -o filenames -F _tailwatch tailwatch' "$prefix/share/bash-completion/completions/tailwatch"
grep -q '#compdef tailwatch' "$prefix/share/zsh/site-functions/_tailwatch"

# Every subcommand has a place in the manual page.
"$prefix/bin/tailwatch" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | while read -r name; do
  grep -q "^\.B $name\$" "$page" || { echo "the manual page says nothing of $name"; exit 1; }
done
if command -v man >/dev/null; then
  problems=$(LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -l "$page" 2>&1 >/dev/null || true)
  [ -z "$problems" ] || { printf '%s\n' "$problems"; exit 1; }
fi
echo "installed, complete"
