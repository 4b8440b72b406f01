#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The table behind `tailwatch metrics`: list_metrics.py [FILE]

Reads every estimator object of include/tailwatch (a struct with `name`, `unit`, `direction` and `reference`) with the first
sentence of its documentation, and writes FILE, by default tools/fallback/metrics_table.inc. The build makes a fresh table where it
finds Python; the copy in the tree serves where it does not, and is renewed with each release.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
TABLE = ROOT / "tools" / "fallback" / "metrics_table.inc"
OBJECT = re.compile(
    r'(?P<doc>(?:^///[^\n]*\n)+)(?:template[^\n]*\n)?struct (?P<struct>\w+)_fn[^{]*\{(?P<body>.*?)^\};', re.MULTILINE | re.DOTALL)


def member(body, name):
    found = re.search(rf'\b{name}\s*=\s*((?:"(?:\\.|[^"\\])*"\s*)+);', body)
    return "".join(re.findall(r'"((?:\\.|[^"\\])*)"', found[1])) if found else None


def enum_member(body, name):
    found = re.search(rf"\b{name}\s*=\s*[\w:]*::(\w+);", body)
    return found[1] if found else ""


def first_sentence(doc):
    lines = []
    for line in doc.splitlines():
        text = line.removeprefix("///").strip()
        if not text or text.startswith("@"):
            break
        lines.append(text)
    text = " ".join(lines)
    end = re.search(r"[.:](?= [A-ZΣ(\d]|$)", text)
    return text[: end.start()] if end else text


def rows():
    out = []
    for header in sorted((ROOT / "include" / "tailwatch").rglob("*.hpp")):
        for found in OBJECT.finditer(header.read_text(encoding="utf-8")):
            name = member(found["body"], "name")
            if name:
                definition = first_sentence(found["doc"]).replace("\\", "\\\\").replace('"', '\\"')
                include = header.relative_to(ROOT / "include").as_posix()
                out.append((name, enum_member(found["body"], "unit"), enum_member(found["body"], "direction"), definition,
                            member(found["body"], "reference") or "", include))
    return sorted(out)


def main():
    table = rows()
    text = "// Written by tools/list_metrics.py from the headers: name, unit, direction, definition, source, header.\n"
    text = "// SPDX-License-Identifier: BSL-1.0\n" + text
    for row in table:
        text += "{" + ", ".join(f'"{cell}"' for cell in row) + "},\n"
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else TABLE
    target.write_text(text, encoding="utf-8")
    print(f"{len(table)} metrics")
    return 0


if __name__ == "__main__":
    sys.exit(main())
