#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The main job: train a language model recursively on text, watch every generation, and show collapse happening.
#
#   examples/run.sh [corpus.txt] [options]        options: examples/run.sh --help
#
# Installs what it needs (apt where there is root), builds one program and runs it. Without a corpus it takes real English
# text that stands on the machine, else text made by a built-in generator.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD_DIR:-$root/build/examples}
say() { printf '%s\n' "$*" >&2; }

"$root/cmake/install-dependencies.sh" examples

mkdir -p "$build"
log=$build/build.log
say "building (log: $log) ..."
start=$SECONDS
generator=()
if command -v ninja >/dev/null && [ ! -e "$build/CMakeCache.txt" ]; then generator=(-G Ninja); fi
if ! { cmake -S "$root" -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DTAILWATCH_BUILD_TESTS=OFF \
         -DTAILWATCH_BUILD_BENCHMARKS=OFF -DTAILWATCH_BUILD_EXAMPLES=ON &&
       cmake --build "$build" --target recursive_collapse; } >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  say "the build failed; the whole log is in $log"
  exit 1
fi
say "built in $((SECONDS - start)) s"

# Real English text of about 800 000 words, from the small package bible-kjv-text where the install step could add it.
default_corpus=$build/kjv.txt
if [ ! -s "$default_corpus" ] && command -v bible >/dev/null 2>&1; then
  bible -f gen1:1-rev22:21 </dev/null 2>/dev/null | sed 's/^[^ ]* //' >"$default_corpus.part" &&
    mv "$default_corpus.part" "$default_corpus" || rm -f "$default_corpus.part"
fi

exec "$build/examples/recursive_collapse" --default-corpus "$default_corpus" "$@"
