#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What holds for the source tree as text: check_tree.py {umbrellas,layers,hygiene,versions,packages} [--root DIR] [--expect FILE=VERSION ...]
              check_tree.py umbrellas --write     puts the includes right

umbrellas  <folder>.hpp includes every public header of its folder and nothing else; tailwatch.hpp includes every umbrella
           but that of adapters/. A header that includes an optional dependency unconditionally stands in no umbrella.
layers     a header includes only what cmake/layers.txt allows; xsimd is named in simd/ alone
hygiene    licence line, encoding, include guard, and names that do not belong in headers
versions   every file that states the version states that of version.hpp
packages   the package files, CMake, pkg-config, the README and the pages name the same dependencies and versions
"""
import argparse
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
OPTIONAL = re.compile(r"^(Eigen/|mpi\.h$|torch/|ATen/|c10/|ggml|nanoflann\.hpp$|zlib\.h$|cuda)")
SPDX = "SPDX-License-Identifier: BSL-1.0"

FORBIDDEN = [  # (pattern, why), in headers
    (r"\bviews::|std::ranges::views|<format>|\bstd::format\b|\bsource_location\b", "not offered by clang 14 with libstdc++ 12"),
    (r"\bstd::(cout|cerr|clog)\b|<iostream>|(?<![\w:])(std::)?(v?f?printf|puts|putchar)\s*\(", "headers never print"),
    (r"\brandom_device\b", "headers never seed from entropy"),
    (r"_clock::now\b|\bstd::time\s*\(|\bgettimeofday\b", "headers never read the clock"),
    (r"\bstd::(exit|quick_exit|terminate)\s*\(", "headers never end the program"),
    (r"\b(std::)?(isnan|isinf|isfinite)\s*\(", "folded away under -ffast-math: core::is_nan, core::is_finite"),
    (r"\bdynamic_cast\b|\btypeid\s*\(", "headers compile without RTTI"),
    (r"\busing namespace\b", "a header does not open namespaces for its reader"),
]


def without_comments(text):
    """The code alone, line numbers kept; string literals stay."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
    return token.sub(lambda m: re.sub(r"[^\n]", " ", m[0]) if m[0][0] == "/" else m[0], text)


class Tree:
    def __init__(self, root):
        self.root = root
        self.include = root / "include" / "tailwatch"
        self.failures = []
        self.write = False

    def fail(self, path, message):
        self.failures.append(f"{path.relative_to(self.root)}: {message}")

    def folders(self):
        """Folders that hold at least one header."""
        return sorted(p for p in self.include.iterdir() if p.is_dir() and any(p.rglob("*.hpp")))

    def headers(self, folder=None):
        return sorted((folder or self.include).rglob("*.hpp"))

    def includes(self, path):
        """(own, target) for every include: own is the path below include/tailwatch, or None for a foreign header."""
        code = without_comments(path.read_text(encoding="utf-8"))
        for _, target in INCLUDE.findall(code):
            yield (target[len("tailwatch/"):] if target.startswith("tailwatch/") else None), target

    # --- checks ---
    def umbrellas(self):
        for folder in self.folders():
            public = {h for h in self.headers(folder) if "detail" not in h.relative_to(folder).parts[:-1]}
            expected = {h.relative_to(self.include).as_posix() for h in public if not self.needs_optional(h)}
            self.same_includes(self.include / f"{folder.name}.hpp", expected)
        expected = {f"{f.name}.hpp" for f in self.folders() if f.name != "adapters"} | {"config.hpp", "version.hpp"}
        self.same_includes(self.include / "tailwatch.hpp", expected)

    def needs_optional(self, header):
        text = without_comments(header.read_text(encoding="utf-8"))
        return "__has_include" not in text and any(OPTIONAL.match(t) for _, t in INCLUDE.findall(text))

    def same_includes(self, umbrella, expected):
        if self.write:
            old = umbrella.read_text(encoding="utf-8") if umbrella.exists() else f"// {SPDX}\n#pragma once\n"
            head = [line for line in old.splitlines() if not INCLUDE.match(line)]
            while head and not head[-1]:
                head.pop()
            lines = [*head, "", *(f'#include "tailwatch/{name}"' for name in sorted(expected))]
            new = re.sub(r"\n{3,}", "\n\n", "\n".join(lines).rstrip("\n")) + "\n"
            if new != old:
                umbrella.write_text(new, encoding="utf-8")
                print(f"wrote {umbrella.relative_to(self.root)}")
        if not umbrella.exists():
            if expected:
                self.fail(umbrella, "missing, should include " + " ".join(sorted(expected)))
            return
        found = [own or target for own, target in self.includes(umbrella)]
        for name in sorted(expected - set(found)):
            self.fail(umbrella, f"does not include {name}")
        for name in sorted(set(found) - expected):
            self.fail(umbrella, f"includes {name}, which is not its own")
        if found != sorted(found) or len(found) != len(set(found)):
            self.fail(umbrella, "includes are not in alphabetical order, each once")

    def layers(self):
        allowed, below = {}, set()
        for line in (self.root / "cmake" / "layers.txt").read_text(encoding="utf-8").splitlines():
            line = line.split("#")[0].strip()
            if ":" in line:
                name, only = line.split(":")
                allowed[name.strip()] = set(only.split())
            elif line:
                for name in line.split():
                    allowed[name] = set(below)
                below |= set(line.split())
        roots = {"config.hpp", "version.hpp"}
        for folder in self.folders():
            if folder.name not in allowed:
                self.fail(folder, "has no line in cmake/layers.txt")
                continue
            for header in self.headers(folder):
                for own, target in self.includes(header):
                    if own is None:
                        if target.startswith("xsimd/") and folder.name != "simd":
                            self.fail(header, f"includes <{target}>, only simd/ may")
                    elif own in roots:
                        continue
                    elif "/" not in own:
                        self.fail(header, f"includes the umbrella {own}; include the header that is needed")
                    elif own.split("/")[0] not in allowed[folder.name] | {folder.name}:
                        self.fail(header, f"{folder.name}/ must not include {own}")
                    elif "/detail/" in own and own.split("/")[0] != folder.name:
                        self.fail(header, f"includes {own}: the details of another folder")
                    elif not (self.include / own).exists():
                        self.fail(header, f"includes {own}, which does not exist")
                if folder.name != "simd" and re.search(r"\bxsimd\s*::", without_comments(header.read_text(encoding="utf-8"))):
                    self.fail(header, "names xsimd, only simd/ may")
        for header in sorted(self.include.glob("*.hpp")):
            if header.name in roots and any(own for own, _ in self.includes(header)):
                self.fail(header, "is the lowest layer and includes no other header of the library")

    def hygiene(self):
        for header in self.headers():
            lines = self.text(header).splitlines()
            if "#pragma once" not in lines[:12]:
                self.fail(header, "no #pragma once near the top")
            for number, line in enumerate(without_comments("\n".join(lines)).splitlines(), 1):
                for pattern, why in FORBIDDEN:
                    found = re.search(pattern, line)
                    if found:
                        self.fail(header, f"line {number}: {found[0].strip()}: {why}")
        kinds = {".hpp", ".cpp", ".h", ".c", ".cu", ".cuh", ".py", ".sh", ".cmake"}
        for top in ("include", "tests", "examples", "bench", "tools", "cmake", "packaging"):
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix in kinds or path.name == "CMakeLists.txt":
                    first = [l for l in self.text(path).splitlines()[:2] if not l.startswith("#!")][:1]
                    if not first or SPDX not in first[0]:
                        self.fail(path, f"first line does not say {SPDX}")

    def text(self, path):
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            self.fail(path, f"not UTF-8: {error}")
            return ""
        if "\r" in text or "\t" in text and path.suffix in {".hpp", ".cpp"}:
            self.fail(path, "has carriage returns or tabs")
        if text.startswith("\ufeff"):
            self.fail(path, "starts with a byte order mark")
        if text and not text.endswith("\n"):
            self.fail(path, "does not end with a newline")
        return text

    def versions(self, expectations):
        text = (self.include / "version.hpp").read_text(encoding="utf-8")
        parts = [re.search(rf"^#define TAILWATCH_VERSION_{p} (\d+)$", text, re.MULTILINE) for p in ("MAJOR", "MINOR", "PATCH")]
        version = ".".join(p[1] for p in parts)
        for name, stated in (e.split("=", 1) for e in expectations):
            if stated != version:
                self.failures.append(f"{name} says {stated}, version.hpp {version}")
        places = {
            "CHANGELOG.md": r"^##\s*\[?v?(\d+\.\d+\.\d+)",
            "CITATION.cff": r"^version:\s*\"?(\d+\.\d+\.\d+)",
            "debian/changelog": r"^tailwatch \((\d+\.\d+\.\d+)-",
            "conanfile.py": r"^\s*version\s*=\s*[\"'](\d+\.\d+\.\d+)",
            "vcpkg.json": r"\"version(?:-semver|-string)?\"\s*:\s*\"(\d+\.\d+\.\d+)",
            "pyproject.toml": r"^version\s*=\s*\"(\d+\.\d+\.\d+)",
        }
        for name, pattern in places.items():
            for path in [self.root / name, *self.root.glob(f"packaging/**/{name}")]:
                if path.exists() and "system" not in path.parts:  # stand-ins for the system's packages take any version
                    found = re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
                    if not found:
                        self.fail(path, "states no version")
                    elif found[1] != version:
                        self.fail(path, f"says {found[1]}, version.hpp {version}")

    def packages(self):
        """Minimum versions of Boost and xsimd, and the Boost libraries used, wherever they are stated."""
        def read(name):
            path = self.root / name
            if not path.exists():
                self.fail(path, "missing")
                return ""
            return path.read_text(encoding="utf-8")

        lookup = read("cmake/tailwatchDependencies.cmake")
        found = {"boost": re.search(r"find_package\(Boost ([\d.]+) CONFIG", lookup), "xsimd": re.search(r"VERSION_LESS ([\d.]+)", lookup)}
        least = {name: match[1] for name, match in found.items() if match}
        places = {
            "README.md": {"boost": r"Boost \(([\d.]+) or later", "xsimd": r"xsimd \(([\d.]+) or later"},
            "conanfile.py": {"boost": r"boost/\[>=([\d.]+)", "xsimd": r"xsimd/\[>=([\d.]+)"},
            "packaging/debian/control": {"boost": r"libboost-dev \(>= ([\d.]+)", "xsimd": r"libxsimd-dev \(>= ([\d.]+)"},
            "packaging/vcpkg/tailwatch/vcpkg.json": {"boost": r'"boost-math", "version>=": "(\d+\.\d+)'},
            "cmake/tailwatch.pc.in": {"xsimd": r"xsimd >= ([\d.]+)"},
        }
        for name, patterns in places.items():
            text = read(name)
            for dependency, pattern in patterns.items():
                stated = re.findall(pattern, text)
                if not stated or any(v != least.get(dependency) for v in stated):
                    self.fail(self.root / name, f"says {dependency} {stated or 'nowhere'}, CMake {least.get(dependency)}")
        used = set()
        for header in self.headers():
            for target in re.findall(r"#\s*include <boost/(\w+)/", without_comments(header.read_text(encoding="utf-8"))):
                used.add(target)
        listed = set(re.findall(r'"boost-(\w+)"', read("packaging/vcpkg/tailwatch/vcpkg.json")))
        if used != listed:
            self.failures.append(f"headers use boost libraries {sorted(used)}, vcpkg.json lists {sorted(listed)}")
        version = ".".join(re.search(rf"^#define TAILWATCH_VERSION_{p} (\d+)$", read("include/tailwatch/version.hpp"), re.MULTILINE)[1]
                           for p in ("MAJOR", "MINOR"))
        for page in [self.root / "README.md", *(self.root / "docs").glob("*.md")]:
            for stated in re.findall(r"find_package\(tailwatch (\d[\d.]*)", page.read_text(encoding="utf-8")):
                if stated != version:
                    self.fail(page, f"find_package(tailwatch {stated}), the version is {version}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", choices=["umbrellas", "layers", "hygiene", "versions", "packages"])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--expect", nargs="*", default=[], metavar="NAME=VERSION", help="further statements of the version")
    parser.add_argument("--write", action="store_true", help="write the umbrellas instead of complaining")
    arguments = parser.parse_args()
    tree = Tree(arguments.root)
    tree.write = arguments.write
    if arguments.check == "versions":
        tree.versions(arguments.expect)
    else:
        getattr(tree, arguments.check)()
    for failure in tree.failures:
        print(failure)
    print(f"{arguments.check}: {len(tree.headers())} headers, {len(tree.failures)} failures")
    return 1 if tree.failures else 0


if __name__ == "__main__":
    sys.exit(main())
