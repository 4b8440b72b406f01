#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The README's badges, as pictures in the tree: badges.py [--check]

Each states a fact that is read from the tree: the number of reference values that the tests reproduce, the version, the licence. --check says
whether pictures and README still agree with it.
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "images" / "badges"


def facts():
    cases = sum(len(json.loads(f.read_text(encoding="utf-8"))["cases"]) for f in (ROOT / "tests" / "reference").glob("*.json"))
    metrics = sum(1 for l in (ROOT / "tests" / "reference" / "required_metrics.txt").read_text().splitlines() if l and l[0] != "#")
    version = ".".join(re.findall(r"#define TAILWATCH_VERSION_\w+ (\d+)", (ROOT / "include/tailwatch/version.hpp").read_text()))
    licence = "BSL-1.0" if (ROOT / "LICENSE").read_text().startswith("Boost Software License - Version 1.0") else "?"
    return {"version": ("version", version), "reference": ("reference values reproduced", f"{cases} of {metrics} metrics"),
            "licence": ("licence", licence), "language": ("C++20", "header-only")}


def picture(label, value):
    left, right = 7 * len(label) + 12, 7 * len(value) + 12
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{label}: {value}">'
            f'<rect width="{left + right}" height="20" rx="3" fill="#39424e"/><rect x="{left}" width="{right}" height="20" rx="3" fill="#0b64b4"/>'
            f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
            f'<text x="{left / 2}" y="14">{label}</text><text x="{left + right / 2}" y="14">{value}</text></g></svg>\n')


def main():
    wrong = []
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    FOLDER.mkdir(exist_ok=True)
    for name, (label, value) in facts().items():
        path = FOLDER / f"{name}.svg"
        text = picture(label, value)
        if "--check" in sys.argv[1:]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                wrong.append(f"{path.relative_to(ROOT)} does not say '{label}: {value}': run docs/site/badges.py")
            if f"![{label}: {value}](docs/images/badges/{name}.svg)" not in readme:
                wrong.append(f"README.md does not show the badge '{label}: {value}'")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"![{label}: {value}](docs/images/badges/{name}.svg)")
    numbers = facts()["reference"][1].split()
    if f"{numbers[0]} reference values of {numbers[2]} metrics" not in re.sub(r"\s+", " ", readme):
        wrong.append(f"README.md does not say '{numbers[0]} reference values of {numbers[2]} metrics'")
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
