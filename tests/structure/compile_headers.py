#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Each header compiles alone, and included twice.

compile_headers.py --compiler g++ --folder core --out DIR [--launcher ccache] [--include DIR ...] [--flag=-Wall ...]

Writes one translation unit per header of include/tailwatch/<folder> (`.` = the headers beside the folders) and compiles it.
A header that includes an optional dependency is compiled where that dependency is found. With --umbrella only <folder>.hpp
is compiled: enough for a second compiler, which has to accept the code but need not judge its includes again.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from check_tree import INCLUDE, OPTIONAL, without_comments  # noqa: E402


def unit_of(header, name):
    """The text of the translation unit for one header."""
    code = without_comments(header.read_text(encoding="utf-8"))
    optional = [t for _, t in INCLUDE.findall(code) if OPTIONAL.match(t)]
    twice = f'#include "tailwatch/{name}"\n' * 2
    if optional:
        condition = " && ".join(f"__has_include(<{t}>)" for t in optional)
        twice = f"#if {condition}\n{twice}#endif\n"
    return twice + "int main() {}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--folder", required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--launcher", default="")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--flag", action="append", default=[])
    parser.add_argument("--umbrella", action="store_true")
    arguments = parser.parse_args()

    base = arguments.root / "include"
    here = base / "tailwatch"
    if arguments.umbrella:
        headers = [here / f"{arguments.folder}.hpp"]
    elif arguments.folder == ".":
        headers = sorted(here.glob("*.hpp"))
    else:
        headers = sorted((here / arguments.folder).rglob("*.hpp"))

    arguments.out.mkdir(parents=True, exist_ok=True)
    # The compiler's own include folders must not be named again: #include_next would miss its turn.
    folders = [f for f in arguments.include if f and os.path.realpath(f) != "/usr/include"]
    command = [arguments.compiler, "-std=c++20", *arguments.flag, f"-I{base}"]
    for folder in folders:
        command += ["-isystem", folder]
    # A compiler cache keeps objects, not verdicts; an object of a header's unused templates costs next to nothing.
    launcher = [arguments.launcher] if arguments.launcher else []

    failed, times = [], []
    for header in headers:
        name = header.relative_to(here).as_posix()
        unit = arguments.out / (re.sub(r"[^A-Za-z0-9_]", "_", name) + ".cpp")
        text = unit_of(header, name)
        if not unit.exists() or unit.read_text() != text:
            unit.write_text(text)
        mode = ["-c", "-O0", "-o", str(unit.with_suffix(".o"))] if launcher else ["-fsyntax-only"]
        start = time.monotonic()
        result = subprocess.run([*launcher, *command, *mode, str(unit)], capture_output=True, text=True)
        times.append((time.monotonic() - start, name))
        if result.returncode != 0:
            failed.append(name)
            print(f"--- {name}\n" + "\n".join(result.stderr.splitlines()[:40]))
    total = sum(t for t, _ in times)
    slowest = ", ".join(f"{n} {t:.1f} s" for t, n in sorted(times, reverse=True)[:3])
    print(f"{len(headers)} headers of {arguments.folder}, {len(failed)} failed, {total:.1f} s (slowest: {slowest})")
    return 1 if failed or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
