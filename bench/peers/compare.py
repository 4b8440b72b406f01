#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Times an area of the library beside the libraries people use today, on one core.

    bench/peers/compare.py AREA [--repeat N] [--build DIR | --binary FILE] [--venv DIR] [--only REGEX] [--json FILE]

Runs <build>/bench/<AREA>_bench (Google Benchmark) and bench/peers/<AREA>.py in turn, N times each, pinned to one
processor, and takes the median of each side. A peer that is not installed is printed as such; a figure that was read
somewhere is marked `not re-measured`. Times are processor time.

Exit status: 0 all measured, 1 with --strict and a bar that is not met, 2 when something could not be run, a name has no
benchmark, or the two sides computed different values.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
UNIT_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
# Kernel choices of the machine's owner that would slow numpy down, and thread pools: one core each.
DROPPED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS",
              "NUMBA_NUM_THREADS")


class CannotRun(Exception):
    pass


def peer_environment():
    environment = {k: v for k, v in os.environ.items() if k not in DROPPED}
    environment |= {name: "1" for name in ONE_THREAD}
    environment["PYTHONHASHSEED"] = "0"
    return environment


def make_venv(folder, requirements):
    """Creates the environment where there is none and installs what is listed and missing; returns its interpreter."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        print(f"creating {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True)
    for line in requirements.read_text().splitlines():
        package = line.split("#")[0].strip()
        if package and subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", package]).returncode:
            print(f"{package}: could not be installed, its rows will say `not installed`", file=sys.stderr)
    return str(python)


def run(command, environment=None, what=""):
    try:
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    except OSError as error:
        raise CannotRun(f"{what or command[0]}: {error}") from error
    if done.returncode != 0:
        raise CannotRun(f"{what or command[0]}: ended with {done.returncode}")
    return done.stdout


def peer_lines(python, script, environment, arguments):
    text = run([python, str(script), *arguments], environment, script.name)
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def benchmark_rows(binary, names, min_time):
    """Name → {seconds, seconds_per_element or None, value or None}, and the context, of one run of the benchmark."""
    pattern = "^(" + "|".join(re.escape(n).replace(r"\-", "-") for n in names) + ")$"
    command = [binary, "--benchmark_format=json", f"--benchmark_filter={pattern}"]
    if min_time is not None:
        command.append(f"--benchmark_min_time={min_time}")
    report = json.loads(run(command) or '{"benchmarks": [], "context": {}}')
    rows = {}
    for row in report["benchmarks"]:
        if row.get("run_type") == "aggregate":
            continue
        if row.get("error_occurred"):
            raise CannotRun(f"{row['name']}: {row.get('error_message')}")
        clock = "real_time" if row["name"].endswith(("/manual_time", "/real_time")) else "cpu_time"
        seconds = row[clock] * UNIT_SECONDS[row["time_unit"]]
        per_second = row.get("items_per_second")
        rows[row["name"]] = {"seconds": seconds, "seconds_per_element": 1.0 / per_second if per_second else None,
                             "value": row.get("value")}
    return rows, report["context"]


def span(seconds):
    if seconds is None:
        return "-"
    for unit, factor in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= factor:
            return f"{seconds / factor:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def median_of(rows, key):
    values = [r[key] for r in rows if r.get(key) is not None]
    return statistics.median(values) if values else None


def compare(lines, ours, say=lambda text: None):
    """One row a peer: [name, ours, peer, ratio, bar, met]. `lines` and `ours` hold the repetitions of each side.

    Returns the rows and the number of bars missed and of faults (no benchmark, different values)."""
    table, missed, faults = [], 0, 0
    keys = list(dict.fromkeys((line["name"], line.get("peer")) for run_lines in lines for line in run_lines))
    for key in keys:
        same = [line for run_lines in lines for line in run_lines if (line["name"], line.get("peer")) == key]
        line = same[0]
        name = line["name"]
        mine = [r[name] for r in ours if name in r]
        if not mine:
            say(f"{name}: no benchmark of this name")
            faults += 1
            continue
        per_element = line.get("ns_per_element") is not None
        our_time = median_of(mine, "seconds_per_element" if per_element else "seconds")
        if our_time is None:
            say(f"{name}: the peer counts elements, the benchmark does not set items processed")
            faults += 1
            continue
        peer_time = median_of(same, "ns_per_element") * 1e-9 if per_element else median_of(same, "seconds")
        suffix = "/elt" if per_element else ""
        label = " ".join(str(line[k]) for k in ("peer", "version") if line.get(k))
        if line.get("installed") is False:
            peer_text = f"{label}: not installed"
        elif peer_time is None:
            peer_text = "-"
        else:
            peer_text = f"{span(peer_time)}{suffix} ({label}{', not re-measured' if line.get('measured') is False else ''})"
        ratio = peer_time / our_time if peer_time else None
        bars, met = [], []
        if line.get("bar") is not None:
            bars.append(f">= {line['bar']:g}x")
            met.append(None if ratio is None else ratio >= line["bar"])
        if line.get("max_seconds") is not None:
            bars.append(f"<= {span(line['max_seconds'])}")
            met.append(median_of(mine, "seconds") <= line["max_seconds"])
        verdict = "" if not met else "no" if False in met else "not measured" if None in met else "yes"
        missed += verdict == "no"
        peer_value, our_value = line.get("value"), mine[0].get("value")
        if peer_value is not None and our_value is not None:
            if not abs(peer_value - our_value) <= line.get("rtol", 1e-6) * abs(peer_value):
                say(f"{name}: computed {our_value!r}, {label} {peer_value!r}")
                faults += 1
        table.append([name, span(our_time) + suffix, peer_text, "-" if ratio is None else f"{ratio:.3g}", ", ".join(bars), verdict])
    return table, missed, faults


def print_table(table):
    head = ["name", "ours", "peer", "ratio", "bar", "met"]
    widths = [max(len(row[i]) for row in [head, *table]) for i in range(len(head))]
    for row in [head, ["-" * w for w in widths], *table]:
        print(("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths)) + " |"))


def processor():
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown processor"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("area", help="entropy, text, drift ...: names the benchmark and the peer script")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="runs of each side (default 5)")
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent.parent / "build" / "bench", metavar="DIR",
                        help="build folder that holds bench/<area>_bench (default build/bench)")
    parser.add_argument("--binary", type=pathlib.Path, metavar="FILE", help="the benchmark itself, wherever it lies")
    parser.add_argument("--venv", type=pathlib.Path, metavar="DIR",
                        help="virtual environment with the peers of requirements.txt, created if missing")
    parser.add_argument("--python", default=sys.executable, metavar="FILE", help="interpreter of the peers (default: this one)")
    parser.add_argument("--cpu", type=int, metavar="N", help="processor to pin to (default: the last one allowed)")
    parser.add_argument("--only", default="", metavar="REGEX", help="names to compare")
    parser.add_argument("--min-time", metavar="SECONDS", help="--benchmark_min_time of each run")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write every single measurement")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a bar is not met")
    options = parser.parse_args(arguments)
    if options.repeat < 1:
        parser.error("--repeat: at least 1")

    script = HERE / f"{options.area}.py"
    if not script.exists():
        areas = sorted(p.stem for p in HERE.glob("*.py") if p.stem not in ("compare", "measure", "compare_test"))
        parser.error(f"no {script.name} beside this program; there are {', '.join(areas)}")
    try:
        python = make_venv(options.venv.absolute(), HERE / "requirements.txt") if options.venv else options.python
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0)) if options.cpu is None else options.cpu})
        binary = str(options.binary or options.build / "bench" / f"{options.area}_bench")
        environment = peer_environment()
        names = list(dict.fromkeys(line["name"] for line in peer_lines(python, script, environment, ["--names", options.only])))
        if not names:
            raise CannotRun(f"{script.name}: nothing is named like {options.only!r}")
        ours, lines, context = [], [], {}
        for _ in range(options.repeat):
            rows, context = benchmark_rows(binary, names, options.min_time)
            ours.append(rows)
            lines.append(peer_lines(python, script, environment, [options.only]))
    except (CannotRun, ValueError) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2

    instruction_set = context.get("instruction_set", "instruction set unknown")
    print(f"{options.area}: {datetime.date.today()}, {processor()}, one core, {instruction_set}, median of {options.repeat}, "
          f"processor time")
    table, missed, faults = compare(lines, ours, lambda text: print(f"compare.py: {text}", file=sys.stderr))
    print_table(table)
    if options.json:
        options.json.write_text(json.dumps({"context": context, "ours": ours, "peers": lines}, indent=1))
    return 2 if faults else 1 if missed and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
