#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Builds and runs all tests; the last line is `N passed, N failed, N skipped`, the exit code 0 if none failed.
#
#   tests/run.sh [--quick | --studies] [-h]
#
#   --quick     unit, reference and structure tests only
#   --studies   the studies as well, which take many minutes; otherwise they count as skipped
#
#   BUILD_DIR                where to build; default build/test
#   TAILWATCH_REFERENCE_DIR  texts and tables of the reference cases; default ../shared/reference where that exists
#   JOBS                     parallel jobs; default the number of processors
#   TAILWATCH_WARNINGS_AS_ERRORS=ON  warnings stop the build, as in CI
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD_DIR:-$root/build/test}
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
labels=()
targets=(all)

for argument in "$@"; do
  case $argument in
    --quick)
      labels=(-L '^(unit|reference|structure)$')
      targets=(unit_tests structure_programs)
      ;;
    --studies) export TAILWATCH_STUDIES=1 ;;
    -h | --help)
      sed -n '4,15s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *)
      echo "tests/run.sh: unknown option '$argument', try --help" >&2
      exit 2
      ;;
  esac
done

if [ -z "${TAILWATCH_REFERENCE_DIR:-}" ] && [ -d "$root/../shared/reference" ]; then
  TAILWATCH_REFERENCE_DIR=$(cd "$root/../shared/reference" && pwd)
  export TAILWATCH_REFERENCE_DIR
fi

phase() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }
finish() {  # passed failed skipped
  printf '%d passed, %d failed, %d skipped\n' "$1" "$2" "$3"
  [ "$2" -eq 0 ] && [ "$1" -gt 0 ]
  exit
}

phase "dependencies"
"$root/cmake/install-dependencies.sh" tests || exit 2

mkdir -p "$build"
log=$build/build.log
phase "configure ($build)"
generator=()
if command -v ninja >/dev/null && [ ! -e "$build/CMakeCache.txt" ]; then generator=(-G Ninja); fi
# Assertions stay on, no debug information: half the time and a fifth of the disk.
if ! cmake -S "$root" -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 \
       -DTAILWATCH_WARNINGS_AS_ERRORS="${TAILWATCH_WARNINGS_AS_ERRORS:-OFF}" >"$log" 2>&1; then
  tail -n 40 "$log"
  phase "configure failed"
  finish 0 1 0
fi
if [ "${targets[0]}" != all ] && cmake --build "$build" --target help 2>/dev/null | grep -q '^reference_cases:'; then
  targets+=(reference_cases)
fi

phase "build with $jobs jobs"
keep_going=()
if [ -e "$build/build.ninja" ]; then keep_going=(-- -k 0); else keep_going=(-- -k); fi
built=yes
if ! cmake --build "$build" -j "$jobs" --target "${targets[@]}" "${keep_going[@]}" >"$log" 2>&1; then
  built=no
  grep -E -A6 'error:|undefined reference|FAILED:' "$log" | grep -v -E '^\[[0-9]+/|^(ccache )?/usr/bin/' | head -n 60
  phase "the build has errors (all of them: $log); running what was built"
fi

phase "test"
results=$build/results.xml
rm -f "$results"
# Of ctest's lines about a program that was not built, only the last says something.
(cd "$build" && ctest -j "$jobs" --output-on-failure --no-tests=error --output-junit "$results" "${labels[@]}") |
  sed -u -e '/^Could not find executable/,/^Unable to find executable/{/^Unable/!d}' -e '/^ *Start *[0-9]*:/d'
phase "done"

# Every test case of the report is one of: run, fail, notrun (skipped by itself, or its program was not built), disabled.
count() { grep -c "$1" "$results" 2>/dev/null || true; }
passed=$(count '<testcase .* status="run"')
failed=$(count '<testcase .* status="fail"')
not_run=$(count '<testcase .* status="notrun"')
skipped=$(count '<skipped message="SKIP_RETURN_CODE')
failed=$((failed + not_run - skipped))
if [ $built = no ] && [ "$failed" -eq 0 ]; then failed=1; fi
finish "$passed" "$failed" "$skipped"
