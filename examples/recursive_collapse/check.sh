#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What a newcomer may do to the main job: check.sh PROGRAM
# Bad input gives one clear sentence and exit code 2; the same seed gives the same bytes; --quiet says nothing.
set -uo pipefail

program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0
fail() {
  printf 'failed: %s\n' "$*"
  failures=$((failures + 1))
}

: >empty.txt
printf 'word\n' >one.txt
printf 'a\0b\n' >binary.txt
for input in missing.txt . empty.txt binary.txt one.txt; do
  message=$("$program" "$input" 2>&1 >out.txt)
  code=$?
  [ "$code" -eq 2 ] || fail "$input: exit code $code, 2 expected"
  [ -n "$message" ] && [ "$(printf '%s\n' "$message" | wc -l)" -eq 1 ] || fail "$input: not one sentence: $message"
  [ -s out.txt ] && fail "$input: something on standard output"
  ls collapse_report.* >/dev/null 2>&1 && fail "$input: a report was written"
done
for options in "--top-p 0" "--regime none" "--generations 0" "--model transformer" "--real-fraction 2" "--no-such-option"; do
  # shellcheck disable=SC2086
  "$program" $options >/dev/null 2>&1
  [ $? -eq 2 ] || fail "$options: exit code is not 2"
done

run() { "$program" --quiet --generations 2 --tokens 5000 --seed "$1" --html "$2.html" --jsonl "$2.jsonl" --csv "$2.csv"; }
[ -z "$(run 1 a 2>&1)" ] || fail "--quiet is not quiet"
run 1 b
run 2 c
for kind in html jsonl csv; do
  cmp -s "a.$kind" "b.$kind" || fail "same seed, other bytes: $kind"
  cmp -s "a.$kind" "c.$kind" && fail "other seed, same bytes: $kind"
done
grep -q 'http' a.html && fail "the page refers to the network"
"$program" --generations 1 --tokens 3000 >table.txt 2>progress.txt || fail "plain run failed"
[ -s progress.txt ] && fail "progress line although standard error is no terminal"
grep -q '^control ' table.txt || fail "no control row"
[ "$failures" -eq 0 ] && printf 'all as promised\n'
[ "$failures" -eq 0 ]
