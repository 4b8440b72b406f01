#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The checks find what they are there to find: each test plants one fault in a small sound tree."""
import pathlib
import tempfile
import unittest

from check_tree import Tree, without_comments

TOP = "// SPDX-License-Identifier: BSL-1.0\n#pragma once\n"


def include(*names):
    return TOP + "".join(f'#include "tailwatch/{n}"\n' for n in names)


SOUND = {
    "include/tailwatch/config.hpp": TOP,
    "include/tailwatch/version.hpp": TOP + "".join(f"#define TAILWATCH_VERSION_{p} {i}\n"
                                                   for i, p in enumerate(("MAJOR", "MINOR", "PATCH"), 1)),
    "include/tailwatch/core/a.hpp": include("config.hpp"),
    "include/tailwatch/simd/k.hpp": TOP + "#include <xsimd/xsimd.hpp>\nusing b = xsimd::batch<float>;\n",
    "include/tailwatch/tail/x.hpp": include("core/a.hpp", "tail/detail/y.hpp"),
    "include/tailwatch/tail/detail/y.hpp": TOP + "// std::cout is only talked about\n",
    "include/tailwatch/drift/e.hpp": TOP + "#include <Eigen/Core>\n",
    "include/tailwatch/core.hpp": include("core/a.hpp"),
    "include/tailwatch/simd.hpp": include("simd/k.hpp"),
    "include/tailwatch/tail.hpp": include("tail/x.hpp"),
    "include/tailwatch/drift.hpp": TOP,
    "include/tailwatch/tailwatch.hpp": include("config.hpp", "core.hpp", "drift.hpp", "simd.hpp", "tail.hpp", "version.hpp"),
    "cmake/layers.txt": "core\nsimd\ntail drift\n",
    "CHANGELOG.md": "# Changes\n\n## 1.2.3 (unreleased)\n",
}


class Planted(unittest.TestCase):
    def failures(self, check, changes, *arguments):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            for path, text in {**SOUND, **changes}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(text if isinstance(text, bytes) else text.encode())
            tree = Tree(root)
            getattr(tree, check)(*arguments)
            return tree.failures

    def found(self, check, path, text, expected, *arguments):
        failures = self.failures(check, {path: text}, *arguments)
        self.assertTrue(any(expected in f for f in failures), failures)

    def test_a_sound_tree_has_no_failures(self):
        for check in ("umbrellas", "layers", "hygiene"):
            self.assertEqual(self.failures(check, {}), [])
        self.assertEqual(self.failures("versions", {}, ["CMake=1.2.3"]), [])

    def test_umbrellas(self):
        self.found("umbrellas", "include/tailwatch/tail/z.hpp", TOP, "does not include tail/z.hpp")
        self.found("umbrellas", "include/tailwatch/tail.hpp", include("core/a.hpp", "tail/x.hpp"), "includes core/a.hpp")
        self.found("umbrellas", "include/tailwatch/text/z.hpp", TOP, "text.hpp: missing")
        self.found("umbrellas", "include/tailwatch/drift.hpp", include("drift/e.hpp"), "includes drift/e.hpp")

    def test_umbrellas_are_written_right(self):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            for path, text in {**SOUND, "include/tailwatch/tail/z.hpp": TOP, "include/tailwatch/text/w.hpp": TOP}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            tree = Tree(root)
            tree.write = True
            tree.umbrellas()
            tree.umbrellas()  # tailwatch.hpp sees the umbrella that the first call made
            again = Tree(root)
            again.umbrellas()
            again.hygiene()
            self.assertEqual(again.failures, [])

    def test_layers(self):
        below = "include/tailwatch/core/b.hpp"
        self.found("layers", below, include("tail/x.hpp"), "core/ must not include tail/x.hpp")
        self.found("layers", below, include("core.hpp"), "includes the umbrella core.hpp")
        self.found("layers", below, TOP + "#include <xsimd/xsimd.hpp>\n", "only simd/ may")
        self.found("layers", below, TOP + "using b = xsimd::batch<float>;\n", "names xsimd")
        self.found("layers", "include/tailwatch/drift/f.hpp", include("tail/x.hpp"), "drift/ must not include")
        self.found("layers", "include/tailwatch/odd/f.hpp", TOP, "has no line")

    def test_hygiene(self):
        path = "include/tailwatch/core/b.hpp"
        self.found("hygiene", path, "#pragma once\n", "first line does not say")
        self.found("hygiene", path, TOP.replace("#pragma once\n", ""), "no #pragma once")
        self.found("hygiene", path, TOP.encode() + b"// \xff\n", "not UTF-8")
        for line in ("std::cout << 1;", "printf(\"x\");", "std::fprintf(stderr, \"x\");", "auto x = y | std::views::all;",
                     "std::random_device d;", "auto t = std::chrono::steady_clock::now();", "if (std::isnan(x)) {}"):
            self.found("hygiene", path, TOP + line + "\n", "line 3")
        self.assertEqual(self.failures("hygiene", {path: TOP + "int n = std::snprintf(b, 4, \"x\");\n"}), [])

    def test_versions(self):
        self.found("versions", "CHANGELOG.md", "## 1.2.4\n", "CHANGELOG.md: says 1.2.4", [])
        self.found("versions", "CHANGELOG.md", "## 1.2.3\n", "CMake says 1.2.2", ["CMake=1.2.2"])

    def test_comments_go_and_lines_stay(self):
        self.assertEqual(without_comments('a // b\n/* c\nd */ e "//f"'), 'a     \n    \n     e "//f"')


if __name__ == "__main__":
    unittest.main()
