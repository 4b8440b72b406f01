# SPDX-License-Identifier: BSL-1.0
"""bench/peers/compare.py: ratios, bars and the ways a peer can be missing, against a benchmark and peers made of text."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "bench" / "peers"))
import compare  # noqa: E402
import measure  # noqa: E402


def rows(name, seconds, per_element=None, value=None):
    return {name: {"seconds": seconds, "seconds_per_element": per_element, "value": value}}


class Compare(unittest.TestCase):
    def one(self, line, ours, repeats=1):
        said = []
        table, missed, faults = compare.compare([[line]] * repeats, ours, said.append)
        return (table[0] if table else None), missed, faults, said

    def test_ratio_is_peer_over_ours_and_medians_are_taken(self):
        line = {"name": "a", "peer": "numpy", "version": "2", "seconds": 6e-3, "bar": 3}
        row, missed, faults, _ = self.one(line, [rows("a", 1e-3), rows("a", 2e-3), rows("a", 9e-3)], 3)
        self.assertEqual(row, ["a", "2 ms", "6 ms (numpy 2)", "3", ">= 3x", "yes"])
        self.assertEqual((missed, faults), (0, 0))

    def test_missed_bar(self):
        row, missed, _, _ = self.one({"name": "a", "peer": "p", "version": "1", "seconds": 2.9e-3, "bar": 3}, [rows("a", 1e-3)])
        self.assertEqual((row[-1], missed), ("no", 1))

    def test_elements(self):
        line = {"name": "a", "peer": "p", "version": "1", "ns_per_element": 2.0}
        row, _, faults, _ = self.one(line, [rows("a", 1.0, per_element=1e-9)])
        self.assertEqual((row[1:4], faults), (["1 ns/elt", "2 ns/elt (p 1)", "2"], 0))
        row, _, faults, said = self.one(line, [rows("a", 1.0)])
        self.assertEqual((row, faults), (None, 1))
        self.assertIn("items processed", said[0])

    def test_missing_peer_gets_no_number(self):
        row, missed, faults, _ = self.one({"name": "a", "peer": "ndd", "installed": False, "bar": 10}, [rows("a", 1e-3)])
        self.assertEqual(row, ["a", "1 ms", "ndd: not installed", "-", ">= 10x", "not measured"])
        self.assertEqual((missed, faults), (0, 0))

    def test_figure_from_notes_is_marked(self):
        row, *_ = self.one({"name": "a", "peer": "r", "version": "1", "seconds": 17.5, "measured": False}, [rows("a", 1e-3)])
        self.assertEqual(row[2], "17.5 s (r 1, not re-measured)")

    def test_limit_without_peer(self):
        row, missed, _, _ = self.one({"name": "a", "max_seconds": 2e-3}, [rows("a", 1e-3)])
        self.assertEqual((row[2:], missed), (["-", "-", "<= 2 ms", "yes"], 0))
        row, missed, _, _ = self.one({"name": "a", "max_seconds": 0.5e-3}, [rows("a", 1e-3)])
        self.assertEqual((row[-1], missed), ("no", 1))

    def test_unknown_benchmark_and_different_values_are_faults(self):
        _, _, faults, said = self.one({"name": "a", "peer": "p", "seconds": 1.0}, [rows("b", 1.0)])
        self.assertEqual((faults, said), (1, ["a: no benchmark of this name"]))
        line = {"name": "a", "peer": "p", "seconds": 1.0, "value": 1.0, "rtol": 1e-6}
        self.assertEqual(self.one(line, [rows("a", 1.0, value=1.0000001)])[2], 0)
        self.assertEqual(self.one(line, [rows("a", 1.0, value=1.1)])[2], 1)
        self.assertEqual(self.one(line, [rows("a", 1.0, value=float("nan"))])[2], 1)

    def test_reads_google_benchmark(self):
        report = {"context": {"instruction_set": "avx2"}, "benchmarks": [
            {"name": "a<int>/3", "run_type": "iteration", "cpu_time": 5.0, "real_time": 7.0, "time_unit": "us",
             "items_per_second": 1e9, "value": 4.0},
            {"name": "b/manual_time", "cpu_time": 5.0, "real_time": 7.0, "time_unit": "ns"}]}
        with tempfile.TemporaryDirectory() as folder:
            binary = pathlib.Path(folder, "x_bench")
            binary.write_text(f"#!{sys.executable}\nprint('''{json.dumps(report)}''')\n")
            binary.chmod(0o755)
            got, context = compare.benchmark_rows(str(binary), ["a<int>/3"], None)
            with self.assertRaises(compare.CannotRun):
                compare.benchmark_rows(str(pathlib.Path(folder, "missing")), ["a"], None)
        self.assertEqual(context["instruction_set"], "avx2")
        self.assertAlmostEqual(got["a<int>/3"]["seconds"], 5e-6)
        self.assertEqual(got["a<int>/3"]["value"], 4.0)
        self.assertAlmostEqual(got["b/manual_time"]["seconds"], 7e-9)

    def test_openblas_choices_are_dropped(self):
        compare.os.environ["OPENBLAS_CORETYPE"] = "Haswell"
        self.assertFalse([k for k in compare.peer_environment() if k in compare.DROPPED])

    def test_area_scripts_list_their_names_without_any_peer(self):
        folder = pathlib.Path(compare.__file__).parent
        for script in sorted(folder.glob("*.py")):
            if script.stem not in ("compare", "measure"):
                with self.subTest(script.name):
                    lines = compare.peer_lines(sys.executable, script, compare.peer_environment(), ["--names", ""])
                    self.assertTrue(lines)
                    self.assertTrue(all(line["name"] for line in lines))

    def test_measure_knows_versions(self):
        self.assertRegex(measure.Peers.version(json), r"^\d+\.\d+")


if __name__ == "__main__":
    unittest.main()
