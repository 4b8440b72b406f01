#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Every code block of the README and the pages is what it says: check_blocks.py KIND [options]

programs   ```cpp blocks with a main() are compiled and run; the ```text block (or indented lines) right after one is its output, to the letter
fragments  all other ```cpp blocks are compiled, each with its context: `<!-- context: code -->` above it, or a section of contexts.txt
console    ```console blocks are run, page by page, in an empty folder: `$ command`, then its output; a line `...` stands for any lines
other      ```sh and ```python are parsed, ```json is read, ```cmake is configured against the installed package

--compiler CXX, --flag F, --work DIR, --path DIR (programs for console), --prefix DIR (installed package)
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^( *)```([\w+-]*)[^\n]*\n(.*?)^\1```[ \t]*$", re.MULTILINE | re.DOTALL)
CONTEXT = re.compile(r"<!--\s*context:((?:(?!-->).)*)-->\s*\Z", re.DOTALL)
failures = []


class Block:
    def __init__(self, page, text, match, following):
        self.page = page.relative_to(ROOT).as_posix()
        self.line = text.count("\n", 0, match.start()) + 2
        self.language = match[2]
        indent = len(match[1])
        self.code = "\n".join(l[indent:] for l in match[3].split("\n")) if indent else match[3]
        context = CONTEXT.search(text[:match.start()])
        self.context = context[1] if context else None
        self.following = following

    @property
    def name(self):
        return f"{self.page}:{self.line}"


def pages():
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [f for f in files if f.exists()]


def blocks():
    for page in pages():
        text = page.read_text(encoding="utf-8")
        found = list(FENCE.finditer(text))
        for i, match in enumerate(found):
            rest = text[match.end():]
            following = None
            output = re.match(r"\s*\n```text\n(.*?)```", rest, re.DOTALL)
            indented = re.match(r"\n\n((?:    [^\n]*\n)+)", rest)
            if output:
                following = output[1]
            elif indented:
                following = "".join(l[4:] + "\n" for l in indented[1].splitlines())
            yield Block(page, text, match, following)


def fail(where, message):
    failures.append(where)
    print(f"{where}: {message}")


def is_program(b):
    return b.language == "cpp" and re.search(r"\bint main\(", b.code) is not None


def compile_command(o, *more):
    return [*o.launcher, o.compiler, "-std=c++20", "-I", str(ROOT / "include"), *o.flag, *more]


def programs(o):
    n = 0
    for b in filter(is_program, blocks()):
        n += 1
        source, binary = o.work / f"program_{n}.cpp", o.work / f"program_{n}"
        source.write_text(f'#line {b.line} "{b.page}"\n{b.code}', encoding="utf-8")
        built = subprocess.run(compile_command(o, "-O0", "-c", str(source), "-o", f"{binary}.o"), capture_output=True, text=True)
        if built.returncode == 0:
            built = subprocess.run([o.compiler, f"{binary}.o", "-o", str(binary)], capture_output=True, text=True)
        if built.returncode != 0:
            fail(b.name, "does not compile:\n" + built.stderr[:3000])
            continue
        ran = subprocess.run([str(binary)], capture_output=True, text=True, timeout=120, cwd=o.work)
        if ran.returncode != 0:
            fail(b.name, f"exit code {ran.returncode}")
        if b.following is None:
            fail(b.name, "a program without its output below it")
        elif ran.stdout != b.following:
            fail(b.name, f"prints\n{ran.stdout}where the page says\n{b.following}")
    return n


def contexts():
    sections = []
    for line in (ROOT / "tests" / "docs" / "contexts.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("=== "):
            page, _, part = line[4:].partition(" | ")
            sections.append((page.strip(), part.strip(), []))
        elif sections and not line.startswith("# "):
            sections[-1][2].append(line)
    return sections


def fragments(o):
    sections = contexts()
    used = set()
    includes, bodies, n = set(), [], 0
    for b in blocks():
        if b.language != "cpp" or is_program(b):
            continue
        if any(name in b.code for name in o.without):
            print(f"{b.name}: not compiled, {o.without} is not there")
            continue
        n += 1
        context = b.context
        if context is None:
            for i, (page, part, lines) in enumerate(sections):
                if page == b.page and part in b.code:
                    context = "\n".join(lines)
                    used.add(i)
                    break
        context = context or ""
        code = []
        for line in b.code.splitlines():
            include = re.match(r"\s*#include\s*([<\"][^>\"]+[>\"])", line)
            if include:
                includes.add(include[1])
                line = ""
            code.append(re.sub(r"; \.\.\.;", "; false;", line))  # `for (...; ...; ++i)`: an end of the reader's own
        text = "\n".join(code)
        for include in re.findall(r"#include\s*([<\"][^>\"]+[>\"])", context):
            includes.add(include)
        context = re.sub(r"#include\s*[<\"][^>\"]+[>\"]", "", context)
        at = f'#line {b.line} "{b.page}"'
        if re.match(r"\s*(//[^\n]*\n\s*)*(template|struct|class|namespace|void|inline)\b", text):
            bodies.append(f"namespace block_{n} {{\nusing namespace tailwatch;\n{context}\n{at}\n{text}\n}}")
        else:
            outside, _, inside = context.rpartition("---")
            bodies.append(f"namespace block_{n} {{\nusing namespace tailwatch;\n{outside}\ninline void run() {{\n{inside}\n{at}\n{text}\n}}\n}}")
    for i, (page, part, _) in enumerate(sections):
        if i not in used and (ROOT / page).exists():
            print(f"contexts.txt: no block of {page} holds '{part}' any more")
    source = o.work / "fragments.cpp"
    standard = ["algorithm", "cmath", "cstdio", "fstream", "iostream", "span", "string", "string_view", "vector"]
    head = "".join(f"#include <{h}>\n" for h in standard) + '#include "tailwatch/tailwatch.hpp"\n'
    head += "".join(f"#include {i}\n" for i in sorted(includes))
    source.write_text(head + "\n".join(bodies) + "\nint main() {}\n", encoding="utf-8")
    built = subprocess.run(compile_command(o, "-fsyntax-only", "-Wno-unused", "-I", str(ROOT / "tests" / "docs" / "stand_ins"), str(source)),
                           capture_output=True, text=True)
    if built.returncode != 0:
        errors = [l for l in built.stderr.splitlines() if "error:" in l] or built.stderr.splitlines()[:20]
        for line in errors[:40]:
            fail(line.split(" ")[0], line)
        print("a fragment gets what it needs from `<!-- context: code -->` above it, or from a section of tests/docs/contexts.txt")
    return n


def matches(expected, actual):
    """Lines of `expected`, where `...` stands for any lines."""
    pieces, current = [], []
    for line in expected:
        if line.strip() == "...":
            pieces.append(current)
            current = []
        else:
            current.append(line.rstrip())
    pieces.append(current)
    actual = [l.rstrip() for l in actual]
    if len(pieces) == 1:
        return pieces[0] == actual
    first, *middle, last = pieces
    if actual[: len(first)] != first or (last and actual[-len(last):] != last):
        return False
    at, end = len(first), len(actual) - len(last)
    for piece in middle:
        while at + len(piece) <= end and actual[at: at + len(piece)] != piece:
            at += 1
        if at + len(piece) > end:
            return False
        at += len(piece)
    return at <= end


def console(o):
    n = 0
    environment = {**os.environ, "PATH": f"{o.path}:{os.environ['PATH']}", "COLUMNS": "132"}
    for page in pages():
        folder = o.work / ("console_" + page.stem)
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        code = 0
        for b in blocks():
            if b.language != "console" or ROOT / b.page != page:
                continue
            n += 1
            command, expected = None, []
            steps = []
            for line in b.code.splitlines():
                if line.startswith("$ "):
                    steps.append((line[2:], []))
                elif steps:
                    steps[-1][1].append(line)
                else:
                    fail(b.name, "output before the first command")
            for command, expected in steps:
                ran = subprocess.run(["bash", "-c", f"(exit {code})\n{command}"], capture_output=True, text=True, cwd=folder,
                                     env=environment, timeout=240)
                code = ran.returncode
                while expected and not expected[-1].strip():
                    expected.pop()
                if not matches(expected, ran.stdout.splitlines()):
                    fail(b.name, f"$ {command}\nprints\n{ran.stdout[:6000]}{ran.stderr[:1000]}\nwhere the page says\n" + "\n".join(expected))
    return n


def other(o):
    n = 0
    for b in blocks():
        if b.language in {"cpp", "console"}:
            continue
        n += 1
        if b.language == "":
            fail(b.name, "a block without a language; say cpp, console, sh, cmake, json, python, yaml or text")
        elif b.language == "sh":
            parsed = subprocess.run(["bash", "-n"], input=b.code, capture_output=True, text=True)
            if parsed.returncode != 0:
                fail(b.name, parsed.stderr)
        elif b.language == "python":
            try:
                compile(b.code, b.name, "exec")
            except SyntaxError as error:
                fail(b.name, str(error))
        elif b.language == "json":
            try:
                for line in b.code.splitlines() if "\n{" in b.code.strip() else [b.code]:
                    json.loads(line)
            except json.JSONDecodeError as error:
                fail(b.name, str(error))
        elif b.language == "cmake" and "target_link_libraries" in b.code:
            folder = o.work / f"cmake_{n}"
            folder.mkdir(exist_ok=True)
            (folder / "main.cpp").write_text("#include <tailwatch/entropy/plugin.hpp>\nint main() {}\n")
            before = "" if "add_executable(" in b.code else "add_executable(my_program main.cpp)\n"
            (folder / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.21)\nproject(block LANGUAGES CXX)\n" + before + b.code)
            done = subprocess.run(["cmake", "-S", str(folder), "-B", str(folder / "build"), f"-DCMAKE_PREFIX_PATH={o.prefix}",
                                   f"-DCMAKE_CXX_COMPILER={o.compiler}"], capture_output=True, text=True)
            if done.returncode != 0:
                fail(b.name, done.stdout[-1500:] + done.stderr[-1500:])
    return n


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["programs", "fragments", "console", "other"])
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--launcher", action="append", default=[])
    parser.add_argument("--flag", action="append", default=[])
    parser.add_argument("--without", action="append", default=[], help="fragments that name this are left out")
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--path", default="")
    parser.add_argument("--prefix", default="")
    o = parser.parse_args()
    o.work = o.work.resolve()
    o.work.mkdir(parents=True, exist_ok=True)
    n = globals()[o.kind](o)
    print(f"{o.kind}: {n} blocks, {len(failures)} failures")
    return 1 if failures or n == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
