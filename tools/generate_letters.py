#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes include/tailwatch/text/detail/letters.hpp from Python's unicodedata.

    python3 tools/generate_letters.py > include/tailwatch/text/detail/letters.hpp
"""
import sys
import unicodedata

LAST = 0x10FFFF


def ranges(belongs):
    out = []
    for c in range(LAST + 1):
        if 0xD800 <= c <= 0xDFFF or not belongs(chr(c)):
            continue
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def fold(ch):
    """Simple case folding (statuses C and S): one character to one character."""
    for candidate in (ch.casefold(), ch.lower()):
        if len(candidate) == 1:
            return candidate
    return ch


def fold_runs():
    """[first, last, stride, delta]: first, first + stride, .. last fold to themselves + delta."""
    pairs = [(c, ord(fold(chr(c))) - c) for c in range(LAST + 1) if not 0xD800 <= c <= 0xDFFF]
    out = []
    for c, delta in pairs:
        if delta == 0:
            continue
        if out and out[-1][3] == delta:
            run = out[-1]
            step = c - run[1]
            if step in (1, 2) and (run[0] == run[1] or run[2] == step):
                run[1], run[2] = c, step
                continue
        out.append([c, c, 1, delta])
    return out


def stands_alone(ch):
    name = unicodedata.name(ch, "")
    return unicodedata.category(ch)[0] == "L" and (
        name.startswith(("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA LETTER", "TANGUT IDEOGRAPH"))
        or ch in "\u3005\u3007"
    )


def emit(name, kind, rows):
    lines, line = [], " "
    for row in rows:
        item = " {" + ", ".join(row) + "},"
        if len(line) + len(item) > 118:
            lines.append(line)
            line = " "
        line += item
    lines.append(line)
    body = "\n".join(lines).rstrip(",")
    return f"inline constexpr {kind} {name}[] = {{\n{body}}};\n"


def hexed(rows):
    return [[hex(x) for x in row] for row in rows]


def main():
    letters = ranges(lambda ch: unicodedata.category(ch)[0] in "LM")
    digits = ranges(lambda ch: unicodedata.category(ch) == "Nd")
    alone = ranges(stands_alone)
    folds = [[hex(a), hex(b), str(s), str(d)] for a, b, s, d in fold_runs()]
    sys.stdout.write(f"""// SPDX-License-Identifier: BSL-1.0
// Written by tools/generate_letters.py from Unicode {unicodedata.unidata_version}; do not edit.
#pragma once

#include <cstdint>

// clang-format off
namespace tailwatch::text::detail {{

struct code_point_range {{
  std::uint32_t first;
  std::uint32_t last;
}};
/// first, first + stride, .. last fold to themselves + delta.
struct fold_run {{
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t stride;
  std::int32_t delta;
}};

/// Letters and marks: general categories L* and M*.
{emit("letter_ranges", "code_point_range", hexed(letters))}
/// Decimal digits: general category Nd.
{emit("digit_ranges", "code_point_range", hexed(digits))}
/// Letters of scripts written without spaces of which each character is a word: Han, Hiragana, Tangut.
{emit("single_ranges", "code_point_range", hexed(alone))}
/// Simple case folding.
{emit("fold_runs", "fold_run", folds)}
}}  // namespace tailwatch::text::detail
// clang-format on
""")


if __name__ == "__main__":
    main()
