#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs the built `tailwatch` as its users do: command_line.py PROGRAM NAME [--example PROGRAM]

NAME is one of the functions below; each checks one subcommand or one promise, in a folder of its own.
"""
import json
import os
import pathlib
import pty
import random
import resource
import struct
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = sys.argv[1]
FAILURES = []


def check(condition, what):
    if not condition:
        FAILURES.append(what)
        print("failed:", what)


def run(*arguments, stdin=None, env=None):
    return subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, timeout=240,
                          env={**os.environ, **(env or {})})


def write_text(path, words, types, exponent=1.0, seed=1, phrase=0.0):
    """Sentences of a Zipf law; with `phrase` some of them are one stock sentence."""
    r = random.Random(seed)
    names = [f"{'bcdfghklmn'[i % 10]}{'aeiou'[i // 10 % 5]}{'rstvz'[i // 50 % 5]}{i}".replace("0", "o").replace("1", "i")
             .replace("2", "e").replace("3", "u").replace("4", "a").replace("5", "y").replace("6", "q").replace("7", "x")
             .replace("8", "j").replace("9", "w") for i in range(types)]
    weights = [(i + 2.7) ** -exponent for i in range(types)]
    lines, n = [], 0
    while n < words:
        if r.random() < phrase:
            line = ["as", "a", "large", "language", "model", "i", "cannot", "say"]
        else:
            line = r.choices(names, weights, k=r.randint(5, 20))
        lines.append(" ".join(line))
        n += len(line)
    pathlib.Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return lines


def one_sentence(result, *parts):
    text = result.stderr.decode()
    check(result.returncode == 2, f"exit code {result.returncode} where 2 was expected: {text}")
    check(text.count("\n") == 1 and text.startswith("tailwatch: "), f"not one sentence: {text!r}")
    check(not result.stdout, f"something on standard output beside {text!r}")
    for part in parts:
        check(part in text, f"{text!r} does not name {part!r}")


def report():
    write_text("human.txt", 40000, 4000, seed=1)
    write_text("alike.txt", 20000, 4000, seed=2)
    write_text("narrow.txt", 20000, 4000, exponent=1.35, seed=3, phrase=0.05)
    alike = run("report", "human.txt", "alike.txt")
    check(alike.returncode == 0, f"text of the same law: exit code {alike.returncode}\n{alike.stdout.decode()}")
    check(b"\x1b" not in alike.stdout and not alike.stderr, "colours or progress although there is no terminal")
    check(alike.stdout.decode().count("no sign") == 5, "five times no sign")
    narrow = run("report", "human.txt", "narrow.txt", "--html", "page.html")
    text = narrow.stdout.decode()
    check(narrow.returncode == 1, f"narrowed text: exit code {narrow.returncode}")
    check("Diversity falling: yes" in text and "Sameness rising: yes" in text, "the signs of narrowed text")
    check("large language model" in text, "the stock phrase is named")
    check(b"\x1b[" in run("report", "human.txt", "narrow.txt", "--colour", "always").stdout, "--colour always")
    page = pathlib.Path("page.html").read_text(encoding="utf-8")
    check(page.endswith("</html>\n") and "<svg" in page and "http" not in page and "<script" not in page, "the page")
    as_json = run("report", "human.txt", "narrow.txt", "--json")
    found = json.loads(as_json.stdout)
    check(as_json.returncode == 1 and found["collapsing"] and len(found["measures"]) == 24 and len(found["signs"]) == 5 and len(found["topics"]) >= 4, "JSON")
    check(any("language model" in e["text"] for e in found["signs"][1]["evidence"]), "evidence in JSON")
    for m in found["measures"]:
        check(m["reference_standard_error"] is not None and m["noise_floor"] is not None, f"{m['name']}: error and noise floor")
    check(run("report", "human.txt", "narrow.txt", "--json").stdout == as_json.stdout, "same files, other bytes")
    quiet = run("report", "human.txt", "narrow.txt", "--quiet")
    check(quiet.returncode == 1 and not quiet.stdout and not quiet.stderr, "--quiet")
    check(run("report", "human.txt", "narrow.txt", "-q", "--exit-zero").returncode == 0, "--exit-zero")
    piped = run("report", "human.txt", "-", "--json", stdin=pathlib.Path("narrow.txt").read_bytes())
    check(json.loads(piped.stdout)["measures"] == found["measures"], "standard input gives the same numbers")


def formats():
    """The same tokens as text, JSON Lines, .bin with and without header, .npy."""
    r = random.Random(5)
    weights = [(i + 2.7) ** -1.0 for i in range(3000)]
    documents = [r.choices(range(3000), weights, k=r.randint(30, 300)) for _ in range(300)]
    other = [r.choices(range(3000), weights, k=r.randint(30, 300)) for _ in range(150)]
    eot = 50256

    def write(stem, docs):
        flat = [t for d in docs for t in [eot, *d]]
        pathlib.Path(stem + ".jsonl").write_text("".join(json.dumps({"m": {"ids": d}}) + "\n" for d in docs), encoding="utf-8")
        body16 = struct.pack(f"<{len(flat)}H", *flat)
        pathlib.Path(stem + ".bin").write_bytes(struct.pack("<256I", 20240520, 1, len(flat), *[0] * 253) + body16)
        pathlib.Path(stem + ".raw").write_bytes(body16)
        pathlib.Path(stem + "32.bin").write_bytes(
            struct.pack("<256I", 20240801, 7, len(flat), *[0] * 253) + struct.pack(f"<{len(flat)}I", *flat))
        for code, kind in (("H", "<u2"), ("i", "<i4"), ("q", "<i8")):
            header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({len(flat)},), }}".encode()
            header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
            pathlib.Path(f"{stem}{kind[1:]}.npy").write_bytes(
                b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack(f"<{len(flat)}{code}", *flat))

    write("a", documents)
    write("b", other)
    expected = None
    for suffix, options in ((".jsonl", ["--field", "m.ids"]), (".bin", []), (".raw", ["--format", "u16"]),
                            ("32.bin", ["--end-of-text", eot]), ("u2.npy", ["--end-of-text", eot]),
                            ("i4.npy", ["--end-of-text", eot]), ("i8.npy", ["--end-of-text", eot])):
        result = run("report", "a" + suffix, "b" + suffix, "--json", *options)
        check(result.returncode in (0, 1), f"{suffix}: {result.stderr.decode()}")
        measures = json.loads(result.stdout or b"{}").get("measures")
        expected = expected or measures
        check(measures == expected, f"{suffix}: other numbers than from JSON Lines")
    tokens = b"".join(bytes([len(n)]) + n for n in (f" w{i}".encode() for i in range(50257)))
    pathlib.Path("tok.bin").write_bytes(struct.pack("<256I", 20240328, 2, 50257, eot, *[0] * 252) + tokens)
    named = run("report", "a.bin", "b.bin", "--json", "--tokenizer", "tok.bin", "--tolerance", "0")
    check(json.loads(named.stdout)["measures"] == expected, "names of tokens change numbers")

    # Line ends, byte order mark and a missing last newline change nothing; nor does where a block of the file ends.
    lines = write_text("x.txt", 300000, 5000, seed=8)
    pathlib.Path("y.txt").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    x = json.loads(run("report", "x.txt", "x.txt", "--json").stdout)
    y = json.loads(run("report", "y.txt", "y.txt", "--json").stdout)
    check(x["measures"] == y["measures"], "line ends change numbers")
    check(x["corpora"][0]["words"] == sum(len(l.split()) for l in lines), "words counted in blocks")
    check(x["corpora"][0]["sentences"] == len(lines), "sentences counted in blocks")


def bad_input():
    write_text("human.txt", 8000, 800)
    pathlib.Path("empty.txt").write_bytes(b"")
    pathlib.Path("nul.txt").write_bytes(b"a\0b\n" * 4000)
    pathlib.Path("latin.txt").write_bytes("déjà vu à côté\n".encode("latin-1") * 4000)
    pathlib.Path("utf16.txt").write_bytes("words and words\n".encode("utf-16") * 100)
    pathlib.Path("short.txt").write_text("a few words\n")
    pathlib.Path("x.gz").write_bytes(b"\x1f\x8b\x08" + b"0" * 50)
    pathlib.Path("x.parquet").write_bytes(b"PAR1" + b"0" * 50)
    pathlib.Path("broken.jsonl").write_text('{"text": "fine"}\n{"text": \n')
    pathlib.Path("nofield.jsonl").write_text('{"prompt": "a", "completion": "b"}\n')
    pathlib.Path("number.jsonl").write_text('{"text": 5}\n')
    pathlib.Path("badutf.jsonl").write_bytes(b'{"text": "\xff\xfe"}\n')
    pathlib.Path("bare.bin").write_bytes(b"\1\0" * 100)
    pathlib.Path("cut.bin").write_bytes(struct.pack("<256I", 20240520, 1, 1000, *[0] * 253) + b"\1\0" * 10)
    pathlib.Path("head.bin").write_bytes(struct.pack("<20I", 20240520, *[0] * 19))
    pathlib.Path("odd.raw").write_bytes(b"\1\0\1")
    pathlib.Path("float.npy").write_bytes(
        b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }".ljust(117) + b"\n" + b"0" * 16)
    pathlib.Path("not.npy").write_bytes(b"hello")
    pathlib.Path("folder").mkdir()
    for name, parts in {
        "missing.txt": ["missing.txt", "no such file"], "folder": ["directory"], "empty.txt": ["is empty"],
        "nul.txt": ["NUL"], "latin.txt": ["not UTF-8"], "utf16.txt": ["UTF-16"], "short.txt": ["too small"], "x.gz": ["compressed"],
        "x.parquet": ["Parquet"], "broken.jsonl": ["line 2", "not JSON"],
        "nofield.jsonl": ["line 1", "'text'", "completion", "--field"], "number.jsonl": ["line 1", "number"],
        "badutf.jsonl": ["line 1", "UTF-8"], "bare.bin": ["--format u16"], "cut.bin": ["10 of the 1000"],
        "head.bin": ["header"], "float.npy": ["<f4"], "not.npy": ["NumPy"],
    }.items():
        one_sentence(run("report", "human.txt", name), *parts)
    one_sentence(run("report", "human.txt", "odd.raw", "--format", "u16"), "multiple of 2")
    one_sentence(run("report", "human.txt", "human.txt", "--html", "no/such/folder.html"), "cannot be written")
    one_sentence(run("compare", "human.txt"), "two files")
    one_sentence(run("compare", "--by", "x", "human.txt"), "JSON Lines")
    one_sentence(run("state", "info", "human.txt"), "not a tailwatch state")
    one_sentence(run("state", "info", "missing.tw"), "missing.tw")
    one_sentence(run("metrics", "no such metric"), "no such metric")
    one_sentence(run("recurse", "short.txt"), "too little text")
    one_sentence(run("watch", "missing.jsonl"), "missing.jsonl")
    for options in (["report"], ["report", "a"], ["nothing"], [], ["report", "a", "b", "--parts", "2"],
                    ["report", "a", "b", "--format", "xml"], ["recurse", "--top-p", "0"], ["report", "a", "b", "--no-such"]):
        one_sentence(run(*options))
    check(run("--help").returncode == 0 and run("report", "--help").returncode == 0, "--help exits 0")
    check(run("--version").stdout.startswith(b"tailwatch "), "--version")


def compare():
    human = write_text("human.txt", 30000, 3000, seed=1)
    narrow = write_text("narrow.txt", 15000, 3000, exponent=1.35, seed=2)
    also = write_text("also.txt", 15000, 3000, seed=3)
    result = run("compare", "human.txt", "also.txt", "narrow.txt", "--json", "--html", "all.html")
    found = json.loads(result.stdout)
    check(result.returncode == 1, "narrowed corpus among them")
    check([c["collapsing"] for c in found["comparisons"]] == [False, True], "which of them collapses")
    check(pathlib.Path("all.html").read_text().count("<h2>") == 4, "one section a candidate")
    rows = [("human", l) for l in human] + [("model", l) for l in narrow] + [("web", l) for l in also]
    random.Random(4).shuffle(rows)
    pathlib.Path("mix.jsonl").write_text("".join(json.dumps({"source": s, "text": l}) + "\n" for s, l in rows))
    tiers = run("compare", "--by", "source", "--reference", "human", "mix.jsonl", "--json")
    found = json.loads(tiers.stdout)
    check(tiers.returncode == 1 and found["reference"] == "human", "the reference by name")
    check({c["candidate"]: c["collapsing"] for c in found["comparisons"]} == {"model": True, "web": False}, "tiers")
    text = run("compare", "--by", "source", "--reference", "human", "mix.jsonl").stdout.decode()
    check("[!] Diversity falling: yes" in text and "(1)" in text and "(2)" in text, "text of tiers")
    one_sentence(run("compare", "--by", "source", "--reference", "none", "mix.jsonl"), "human")
    one_sentence(run("compare", "--by", "tier", "mix.jsonl"), "'tier'")


def watch():
    human = write_text("human.txt", 60000, 3000, seed=1)
    fresh = write_text("fresh.txt", 60000, 3000, seed=2)
    narrow = write_text("narrow.txt", 60000, 3000, exponent=1.4, seed=3)

    def samples(path, lines):
        pathlib.Path(path).write_text("".join(json.dumps({"step": i, "text": l}) + "\n" for i, l in enumerate(lines)))

    samples("fresh.jsonl", fresh)
    samples("narrow.jsonl", fresh + narrow)
    calm = run("watch", "fresh.jsonl", "--baseline", "human.txt", "--once")
    check(calm.returncode == 0 and b"no alarm" in calm.stdout, f"fresh text: {calm.stdout.decode()} {calm.stderr.decode()}")
    alarm = run("watch", "narrow.jsonl", "--baseline", "human.txt", "--once", "--json", "--records", "records.jsonl")
    lines = [json.loads(l) for l in alarm.stdout.splitlines()]
    check(alarm.returncode == 1 and any(l.get("direction") == "falls" for l in lines), "narrowed text alarms")
    first = next(l for l in lines if "alarm" in l)
    check(int(first["where"].split()[1]) > len(fresh), "the alarm comes after the change")
    check(all(json.loads(l) for l in pathlib.Path("records.jsonl").read_text().splitlines()), "records are JSON Lines")
    own = run("watch", "narrow.jsonl", "--baseline-words", 40000, "--once", "--stop")
    check(own.returncode == 1, "the stream's beginning as baseline")

    # A file that grows while it is watched; the writer is in the middle of a line now and then.
    process = subprocess.Popen([PROGRAM, "watch", "grow.jsonl", "--baseline", "human.txt", "--stop", "--poll", "0.05", "--json",
                                "--idle", "60"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) if pathlib.Path(
                                    "grow.jsonl").write_text("") == 0 else None

    def grow():
        text = pathlib.Path("narrow.jsonl").read_text()
        with open("grow.jsonl", "a", encoding="utf-8") as out:
            for i in range(0, len(text), 200001):
                out.write(text[i:i + 200001])
                out.flush()
                time.sleep(0.05)

    writer = threading.Thread(target=grow)
    writer.start()
    out, err = process.communicate(timeout=120)
    writer.join()
    check(process.returncode == 1 and b"alarm" in out, f"growing file: {process.returncode} {err.decode()}")

    r = random.Random(7)
    entropy = [3.0 + r.gauss(0, 0.1) for _ in range(600)]
    with open("log.jsonl", "w", encoding="utf-8") as log:
        for i, h in enumerate(entropy):
            log.write(json.dumps({"step": i, "entropy": h, "kl": 0.1 + r.gauss(0, 0.01)}) + "\n")
            if i % 50 == 0:
                log.write('{"event": "evaluation"}\n')
    steady = run("watch", "log.jsonl", "--metrics", "entropy:falls,kl:rises", "--once")
    check(steady.returncode == 0, f"steady metrics: {steady.stdout.decode()}{steady.stderr.decode()}")
    with open("fall.jsonl", "w", encoding="utf-8") as log:
        for i, h in enumerate(entropy):
            log.write(json.dumps({"step": i, "entropy": h - max(0, i - 300) * 0.005}) + "\n")
    falling = run("watch", "fall.jsonl", "--metrics", "entropy:falls", "--once", "--stop")
    check(falling.returncode == 1 and b"entropy falls" in falling.stdout, f"falling entropy: {falling.stdout.decode()}")
    one_sentence(run("watch", "fall.jsonl", "--metrics", "loss", "--once"), "baseline needs")
    pathlib.Path("bad.jsonl").write_text('{"entropy": "high"}\n')
    one_sentence(run("watch", "bad.jsonl", "--metrics", "entropy", "--once"), "line 1", "string")


def state():
    golden = pathlib.Path(sys.argv[0]).resolve().parents[1] / "conformance" / "golden"
    files = sorted(golden.glob("*.bin"))
    merged = 0
    for path in files:
        info = run("state", "info", path, "--json", "--max-keys", "17" if "count_table" in path.name else "40",
                   "--vocabulary", "9" if "limited" in path.name else "50")
        found = json.loads(info.stdout or b"[]")
        check(info.returncode == 0 and len(found) >= 1, f"{path.name}: {info.stderr.decode()}")
        both = run("state", "merge", path, path, "-o", "both.tw", "--json", "--max-keys",
                   "17" if "count_table" in path.name else "40", "--vocabulary", "9" if "limited" in path.name else "50")
        if both.returncode == 0:
            merged += 1
            twice = json.loads(run("state", "info", "both.tw", "--json").stdout)
            check(twice[0]["family"] == found[0]["family"] and twice[0]["parameter_hash"] == found[0]["parameter_hash"],
                  f"{path.name}: merged into another kind")
            if "min_hash" not in path.name:
                check(twice[0]["count"] == 2 * found[0]["count"], f"{path.name}: {twice[0]['count']} of 2 x {found[0]['count']}")
    check(merged >= 12, f"only {merged} of {len(files)} golden states merge")
    one_sentence(run("state", "merge", files[0], golden / "moments_0_1.bin", "-o", "x.tw"), "moments")
    check(not pathlib.Path("x.tw").exists(), "nothing is written where nothing merges")
    damaged = bytearray((golden / "dense_counts_0_1.bin").read_bytes())
    damaged[60] ^= 1
    pathlib.Path("damaged.tw").write_bytes(damaged)
    one_sentence(run("state", "info", "damaged.tw"), "damaged.tw")


def recurse():
    write_text("human.txt", 120000, 4000, seed=1)
    result = run("recurse", "human.txt", "--generations", 3, "--json", "--html", "run.html", "--jsonl", "run.jsonl", "--csv", "run.csv",
                 "--svg", "run.svg", "--write-text", "g")
    found = json.loads(result.stdout)
    check(result.returncode == (1 if found["alarms"] else 0), "exit code and alarms agree")
    check(len(found["generations"]) == 4 and len(found["generations"][0]["metrics"]) == 11, "generations and metrics")
    check(all(pathlib.Path(f).stat().st_size > 1000 for f in ("run.html", "run.jsonl", "run.csv", "run.svg", "g3.txt")), "files")
    again = run("recurse", "human.txt", "--generations", 3, "--json")
    check(again.stdout == result.stdout, "same seed, other bytes")
    text = run("recurse", "human.txt", "--generations", 2).stdout.decode()
    check("\ncontrol " in text and "held-out" not in text.split("\n")[0], "table with the control row")
    if "--example" in sys.argv:  # the main job and the subcommand write the same numbers
        example = sys.argv[sys.argv.index("--example") + 1]
        subprocess.run([example, "human.txt", "--quiet", "--generations", "3", "--html", "", "--csv", "", "--jsonl", "e.jsonl"], check=True,
                       timeout=240)
        check(pathlib.Path("e.jsonl").read_bytes() == pathlib.Path("run.jsonl").read_bytes(), "other records than the main job")


def plan():
    given = json.loads(run("plan", "--samples", 1000, "--cell", 0.01, "--json").stdout)
    variance = given["forecasts"][0]
    check(variance["expected"] == 106, f"ln 0.9 / ln(1 - 1/1000) is 105.3: {variance}")
    check(variance["lower"] < variance["median"] < variance["upper"], "quantiles in order")
    rules = {r["rule"]: r for r in given["mixing"]}
    check(rules["one-migrant rule"]["real_samples"] == 49.5, f"(1/0.01 - 1)/2: {rules['one-migrant rule']}")
    check(all(r["answers"] and r["assumes"] for r in rules.values()), "each rule says what it answers")
    mixed = json.loads(run("plan", "--samples", 1000, "--regime", "mix", "--real-share", 0.3, "--json").stdout)
    check(mixed["forecasts"][0]["expected"] == "never", "three tenths of fresh data keep nine tenths of the variance")

    r = random.Random(1)
    with open("run.jsonl", "w", encoding="utf-8") as out:  # a Gaussian of 400 draws, refitted 40 times
        v = 1.0
        for g in range(41):
            out.write(json.dumps({"generation": g, "variance": v}) + "\n")
            x = [r.gauss(0, v ** 0.5) for _ in range(400)]
            v = sum((a - sum(x) / 400) ** 2 for a in x) / 400
    found = json.loads(run("plan", "run.jsonl", "--variance", "variance", "--json").stdout)
    low, high, _ = found["samples_interval"]
    check(low < 400 < high, f"400 draws lie outside {found['samples_interval']}")
    text = run("plan", "run.jsonl", "--variance", "variance").stdout.decode()
    check("10 % of the variance" in text and "one-migrant rule" in text, "text of a plan")

    types = 500
    weights = [(i + 2.7) ** -1.0 for i in range(types)]
    for g in range(6):  # words drawn from the shares of the text before: the texts are what is trained on
        words = r.choices(range(types), weights, k=20000)
        pathlib.Path(f"g{g}.jsonl").write_text(json.dumps({"text": words}) + "\n")
        weights = [words.count(i) for i in range(types)]
    found = json.loads(run("plan", *(f"g{g}.jsonl" for g in range(6)), "--json").stdout)
    low, high, _ = found["samples_interval"]
    check(low < 20000 < high, f"20 000 words lie outside {found['samples_interval']}")
    check([f["what"].split()[-1] for f in found["forecasts"]] == ["variance", "vocabulary", "diversity"], "forecasts from texts")
    one_sentence(run("plan"), "--samples")
    one_sentence(run("plan", "g0.jsonl"), "three generations")
    one_sentence(run("plan", "run.jsonl", "--variance", "nothing"), "nothing")
    one_sentence(run("plan", "--samples", 1000, "--real-share", 0.5), "real_share")


def metrics_and_completion():
    found = json.loads(run("metrics", "--json").stdout)
    check(len(found) > 150 and all(m["definition"] and m["header"] for m in found), f"{len(found)} metrics")
    include = pathlib.Path(sys.argv[0]).resolve().parents[2] / "include"
    check(all((include / m["header"]).exists() for m in found), "headers of the list exist")
    check(b"Miller" in run("metrics", "miller").stdout, "one metric by name")
    check(len(json.loads(run("metrics", "--measures", "--json").stdout)) == 24, "measures of report")
    bash = run("completion", "bash").stdout
    pathlib.Path("complete.bash").write_bytes(bash)
    script = ("source ./complete.bash; COMP_WORDS=(tailwatch %s); COMP_CWORD=%d; _tailwatch; printf '%%s\\n' \"${COMPREPLY[@]}\"")
    for words, index, expected in (("re", 1, "report"), ("report --f", 2, "--field"), ("state ''", 2, "merge"),
                                   ("state merge --o", 3, "--output"), ("report --format ''", 3, "npy")):
        out = subprocess.run(["bash", "-c", script % (words, index)], capture_output=True, timeout=20).stdout.decode()
        check(expected in out.split(), f"bash completion of '{words}': {out!r}")
    zsh = run("completion", "zsh").stdout
    check(zsh.startswith(b"#compdef tailwatch") and b"--sample" in zsh, "zsh completion")
    pathlib.Path("_tailwatch").write_bytes(zsh)
    if subprocess.run(["sh", "-c", "command -v zsh"], capture_output=True).returncode == 0:
        check(subprocess.run(["zsh", "-n", "_tailwatch"], capture_output=True).returncode == 0, "zsh reads its completion")


def streams():
    """A text larger than what the program may hold: 32 MB, or 1 GB where the studies run."""
    megabytes = 1000 if os.environ.get("TAILWATCH_STUDIES") else 32
    lines = write_text("piece.txt", 150000, 60000, seed=9)
    r = random.Random(3)
    with open("large.txt", "w", encoding="utf-8") as out:
        size = 0
        while size < megabytes * 1000000:
            text = "\n".join(r.sample(lines, len(lines) // 2)) + f"\nword{'abcdefghij'[r.randrange(10)]}{'klmnopqrst'[r.randrange(10)]}\n"
            size += out.write(text)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    result = run("report", "large.txt", "piece.txt", "--json", "--sample", 300000)
    peak = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
    found = json.loads(result.stdout or b"{}")
    print(f"{megabytes} MB of text: {peak:.0f} MiB of memory")
    check(result.returncode in (0, 1), result.stderr.decode())
    check(peak < (1024 if megabytes == 1000 else 90), f"{peak:.0f} MiB for {megabytes} MB")
    check(found.get("corpora", [{}])[0].get("words", 0) > megabytes * 80000, "every word is counted")


def terminal():
    """On a terminal there are colours, and a progress line with rate and time left; NO_COLOR and --colour never are heeded."""
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as error:  # a container without /dev/pts
        print(f"terminal: not run, {error}")
        sys.exit(77)
    lines = write_text("piece.txt", 100000, 5000, seed=9)
    write_text("narrow.txt", 20000, 5000, exponent=1.35, seed=3)
    with open("large.txt", "w", encoding="utf-8") as out:
        for _ in range(200):  # a second of reading or more: the line comes after 0.2 s
            out.write("\n".join(lines) + "\n")

    def on_terminal(*arguments, env=None):
        parent, child = pty.openpty()
        process = subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=child, stderr=child,
                                   env={**os.environ, "TERM": "xterm", "NO_COLOR": "", **(env or {})})
        os.close(child)
        output = b""
        while True:
            try:
                piece = os.read(parent, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            output += piece
        os.close(parent)
        process.wait(timeout=60)
        return output.decode()

    text = on_terminal("report", "large.txt", "narrow.txt")
    check("reading large.txt [" in text and "MB/s" in text and " left" in text, "bar, rate and time left")
    check("\x1b[1;31m" in text, "colours on a terminal")
    check("\x1b[1;31m" not in on_terminal("report", "piece.txt", "narrow.txt", env={"NO_COLOR": "1"}), "NO_COLOR")
    check("\x1b[1;31m" not in on_terminal("report", "piece.txt", "narrow.txt", "--colour", "never"), "--colour never")
    check(on_terminal("report", "piece.txt", "narrow.txt", "--quiet") == "", "--quiet on a terminal")


def main():
    name = sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(PROGRAM).resolve()
        sys.argv[0] = str(pathlib.Path(sys.argv[0]).resolve())
        globals()["PROGRAM"] = str(program)
        os.chdir(folder)
        globals()[name]()
        os.chdir("/")
    print(f"{name}: {len(FAILURES)} failures")
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
