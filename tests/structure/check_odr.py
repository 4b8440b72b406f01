#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""No function that units of different instruction sets share may call one that belongs to an instruction set.

check_odr.py OBJECT [--objdump objdump] [--filt c++filt]

An inline function outside TAILWATCH_ABI_NAMESPACE and without an `Arch` in its name is one weak symbol in the whole program:
the linker keeps the copy of whichever unit comes first. If that copy calls a kernel it calls the first unit's kernel, and the
SSE2 unit of the program runs AVX2 code. The object is compiled with -O0 -fkeep-inline-functions, so every such call shows as a
relocation.
"""
import argparse
import re
import subprocess
import sys

TAGGED = re.compile(r"abi_v\d+_|5xsimd")
SECTION = re.compile(r"^RELOCATION RECORDS FOR \[\.text\.(_Z[^\]]+)\]:$")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("object")
    parser.add_argument("--objdump", default="objdump")
    parser.add_argument("--filt", default="c++filt")
    arguments = parser.parse_args()

    text = subprocess.run([arguments.objdump, "-r", arguments.object], capture_output=True, text=True, check=True).stdout
    current, shared, tagged, bad = None, set(), set(), {}
    for line in text.splitlines():
        if line.startswith("RELOCATION RECORDS"):
            found = SECTION.match(line)
            current = None
            if found and "9tailwatch" in found[1]:
                (tagged if TAGGED.search(found[1]) else shared).add(found[1])
                current = None if TAGGED.search(found[1]) else found[1]
        elif current and (fields := line.split()) and len(fields) == 3 and TAGGED.search(fields[2]):
            bad.setdefault(current, set()).add(re.sub(r"[-+]0x[0-9a-f]+$", "", fields[2]))

    def plain(name):
        return subprocess.run([arguments.filt, name], capture_output=True, text=True, check=True).stdout.strip()

    for caller, callees in sorted(bad.items()):
        print(f"{plain(caller)}\n" + "".join(f"    calls {plain(c)}\n" for c in sorted(callees)), end="")
    print(f"{len(shared)} shared functions, {len(tagged)} of one instruction set, {len(bad)} shared ones call such a one")
    if not shared or not tagged:
        print("nothing was checked")
        return 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
