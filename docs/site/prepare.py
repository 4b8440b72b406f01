#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Pages for the site: prepare.py ROOT PAGES NAVIGATION. Writes index.md from README.md, points links that leave docs/ to their places, and puts
pages that the navigation does not name at its end."""
import pathlib
import re
import sys

root, pages = map(pathlib.Path, sys.argv[1:3])

index = (root / "README.md").read_text(encoding="utf-8")
index = re.sub(r"\[!\[[^\n]*\n", "", index)  # badges are for the repository's page
(pages / "index.md").write_text(index.replace("](docs/", "](").replace('src="docs/', 'src="'), encoding="utf-8")

titles = {}
for page in pages.rglob("*.md"):
    heading = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    titles[page.relative_to(pages).as_posix()] = heading[1] if heading else page.stem

for page in pages.rglob("*.md"):
    text = page.read_text(encoding="utf-8")
    # Plain mentions of other pages become links; file names of the tree stay as they are.
    depth = "../" * (len(page.relative_to(pages).parts) - 1)
    known = {p.relative_to(pages).as_posix() for p in pages.rglob("*.md")}

    def link(found):
        name = found[1]
        return f"[{titles[name]}]({depth}{name})" if name in known else found[0]

    parts = re.split(r"(```.*?```|`[^`\n]*`|\]\([^)]*\))", text, flags=re.DOTALL)
    parts = [p if i % 2 else re.sub(r"(?<![\w/\[])docs/([\w/]+\.md)", link, p) for i, p in enumerate(parts)]
    text = "".join(parts)
    text = re.sub(r"\]\((?:\.\./)*((?:CONTRIBUTING|LICENSE|CHANGELOG|SECURITY|CODE_OF_CONDUCT|CITATION)[\w.]*)\)",
                  r"](https://github.com/tailwatch/tailwatch/blob/main/\1)", text)
    page.write_text(text, encoding="utf-8")

icon = pages / "images" / "icon.svg"
if not icon.exists():
    icon.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M2 28C10 28 11 5 14 5s4 20 16 22" fill="none" '
                    'stroke="#0b64b4" stroke-width="3"/><path d="M22 22C25 25 27 26 30 27v1H22z" fill="#b3123c"/></svg>\n',
                    encoding="utf-8")

navigation = pathlib.Path(sys.argv[3])
text = navigation.read_text(encoding="utf-8")
listed = set(re.findall(r"[\w/]+\.md", text))
rest = sorted(p.relative_to(pages).as_posix() for p in pages.rglob("*.md"))
rest = [p for p in rest if p not in listed]
if rest:
    text += "  - More:\n" + "".join(f"      - {p}\n" for p in rest)
    navigation.write_text(text, encoding="utf-8")
