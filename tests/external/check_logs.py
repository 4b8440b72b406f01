#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Logs of a monitored run, read by the programs they are meant for.

check_logs.py WRITER {tensorboard,protoc,promtool,prometheus,rules} [--docs DIR]

tensorboard  TensorBoard's own EventAccumulator reads scalars, histogram and alert text back
protoc       each record is taken out of its frame, its checksums are worked out anew, and protoc --decode knows every field
promtool     promtool check metrics accepts the older text format, lint and all
prometheus   a Prometheus server scrapes it over loopback and answers queries with its values
rules        promtool checks the alert rules; the dashboard is JSON and asks for metrics that exist

Exit code 77: the program is not installed. TAILWATCH_PYTHON names the interpreter that has tensorboard.
"""
import argparse
import contextlib
import http.server
import json
import math
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

SKIP = 77


def fail(message):
    print(message)
    sys.exit(1)


def need(program):
    if shutil.which(program) is None:
        print(f"{program} is not installed")
        sys.exit(SKIP)
    return program


def expected(folder):
    scalars, alerts = {}, []
    for line in (folder / "expected.txt").read_text(encoding="utf-8").splitlines():
        kind, rest = line.split(" ", 1)
        if kind == "seconds":
            continue
        step, rest = rest.split(" ", 1)
        name, value = rest.rsplit(" ", 1)
        if kind == "scalar":
            scalars[(name, int(step))] = float(value)
        else:
            alerts.append((name, int(step), float(value)))
    return scalars, alerts


def close(a, b):
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-30) or (math.isnan(a) and math.isnan(b))


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path):
    data = path.read_bytes()
    at = 0
    while at < len(data):
        head = data[at:at + 8]
        (size,) = struct.unpack("<Q", head)
        body = data[at + 12:at + 12 + size]
        if struct.unpack("<I", data[at + 8:at + 12])[0] != crc32c(head):
            fail(f"record at {at}: checksum of the length")
        if struct.unpack("<I", data[at + 12 + size:at + 16 + size])[0] != crc32c(body):
            fail(f"record at {at}: checksum of the data")
        yield body
        at += 16 + size


def event_file(folder):
    return next(folder.glob("*tfevents*"))


READER = r"""
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
a = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
a.Reload()
t = a.Tags()
print(json.dumps({
    "scalars": {tag: [[e.step, e.value, e.wall_time] for e in a.Scalars(tag)] for tag in t["scalars"]},
    "histograms": {tag: [[e.step, e.histogram_value.num, e.histogram_value.sum, list(e.histogram_value.bucket)]
                         for e in a.Histograms(tag)] for tag in t["histograms"]},
    "texts": {tag: [[e.step, e.tensor_proto.string_val[0].decode()] for e in a.Tensors(tag)] for tag in t["tensors"]},
}))
"""


def tensorboard(folder, _docs):
    python = os.environ.get("TAILWATCH_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import tensorboard"], capture_output=True).returncode != 0:
        print("tensorboard is not installed (TAILWATCH_PYTHON names the interpreter that has it)")
        sys.exit(SKIP)
    run = subprocess.run([python, "-c", READER, str(event_file(folder))], capture_output=True, text=True)
    if run.returncode != 0:
        fail(run.stderr)
    read = json.loads(run.stdout)
    scalars, alerts = expected(folder)
    seen = {(tag, step): value for tag, list_ in read["scalars"].items() for step, value, _ in list_}
    for (name, step), value in scalars.items():
        if (name, step) not in seen:
            fail(f"scalar {name} of step {step} is missing")
        if not close(seen[name, step], struct.unpack("f", struct.pack("f", value))[0]):
            fail(f"scalar {name} of step {step}: {seen[name, step]}, expected {value}")
    for name, step, log_e in alerts:
        if not close(seen.get((f"alert/{name}", step), math.nan), struct.unpack("f", struct.pack("f", log_e))[0]):
            fail(f"alert {name} of step {step}")
        texts = dict((s, text) for s, text in read["texts"].get(f"alert/{name}/text", []))
        if name not in texts.get(step, ""):
            fail(f"text of the alert {name}: {texts}")
    if [h[0] for h in read["histograms"].get("logits", [])] != [20, 40, 60]:
        fail(f"histograms: {read['histograms']}")
    if any(h[1] != 200 or sum(h[3]) != 200 for h in read["histograms"]["logits"]):
        fail("a histogram does not hold 200 values")
    times = [t for _, _, t in read["scalars"]["entropy/mean"]]
    if times != sorted(times) or not 1.7e9 < times[0] < times[-1] < 1.7e9 + 1000:
        fail(f"wall times {times[:3]}")
    print(f"TensorBoard read {len(scalars)} scalars, {len(alerts)} alerts, 3 histograms")


def protoc(folder, _docs):
    need("protoc")
    here = pathlib.Path(__file__).parent
    names, count = set(), 0
    for body in records(event_file(folder)):
        run = subprocess.run(["protoc", f"--proto_path={here}", "--decode=tailwatch_test.Event", "event.proto"],
                             input=body, capture_output=True)
        if run.returncode != 0:
            fail(run.stderr.decode())
        text = run.stdout.decode()
        if re.search(r"^\s*\d+\s*[:{]", text, re.MULTILINE):
            fail(f"a field that the format does not have:\n{text}")
        names.update(re.findall(r'tag: "(.*)"', text))
        count += 1
        if count == 1 and 'file_version: "brain.Event:2"' not in text:
            fail(f"first record:\n{text}")
        if count > 120:  # a process a record: the first hundred and twenty hold every kind
            break
    if "entropy/mean" not in names:
        fail(f"tags {names}")
    print(f"protoc decoded {count} records, tags {len(names)}")


def promtool(folder, _docs):
    need("promtool")
    text = (folder / "metrics.txt").read_text(encoding="utf-8")
    run = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    print(run.stdout + run.stderr)
    if run.returncode != 0:
        sys.exit(1)


def free_port():
    with contextlib.closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def prometheus(folder, _docs):
    need("prometheus")
    text = (folder / "metrics.prom").read_bytes()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    target = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=target.serve_forever, daemon=True).start()
    config = folder / "prometheus.yml"
    config.write_text("scrape_configs:\n- job_name: tailwatch\n  scrape_interval: 1s\n  static_configs:\n"
                      f"  - targets: ['127.0.0.1:{target.server_port}']\n", encoding="utf-8")
    port = free_port()
    server = subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
                               f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    threading.Thread(target=server.stderr.read, daemon=True).start()

    def query(expression):
        url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(url, timeout=5) as reply:
            return json.load(reply)["data"]["result"]

    try:
        deadline, found = time.time() + 60, []
        while time.time() < deadline and not found:
            time.sleep(0.5)
            with contextlib.suppress(OSError):
                found = query("tailwatch_signal_value")
        if not found:
            fail("nothing was scraped in a minute")
        scalars, alerts = expected(folder)
        last = max(step for _, step in scalars)
        for series in found:
            name = series["metric"]["signal"]
            if series["metric"].get("run") != "a1":
                fail(f"labels {series['metric']}")
            if not close(float(series["value"][1]), scalars[name, last]):
                fail(f"{name}: {series['value'][1]}, expected {scalars[name, last]}")
        names = {series["metric"]["signal"] for series in found}
        if 'reward "std"\\odd' not in names:
            fail(f"escaped name is not among {names}")
        total = query("sum(tailwatch_alerts_total)")
        if int(float(total[0]["value"][1])) != len(alerts):
            fail(f"alerts {total}")
        print(f"Prometheus scraped {len(found)} signals and {len(alerts)} alerts")
    finally:
        server.terminate()
        server.wait(timeout=20)
        target.shutdown()


def rules(folder, docs):
    metrics = set(re.findall(r"^# TYPE (\S+)", (folder / "metrics.prom").read_text(encoding="utf-8"), re.MULTILINE))
    metrics |= {f"{m}_total" for m in metrics}
    dashboard = json.loads((docs / "dashboard.json").read_text(encoding="utf-8"))
    expressions = [t["expr"] for panel in dashboard["panels"] for t in panel.get("targets", [])]
    alert_rules = (docs / "alerts.yml").read_text(encoding="utf-8")
    for source in [*expressions, alert_rules]:
        for name in re.findall(r"\btailwatch_\w+", source):
            if name not in metrics:
                fail(f"{name} is asked for and not exposed")
    if len(expressions) < 6 or len({p["id"] for p in dashboard["panels"]}) != len(dashboard["panels"]):
        fail("the dashboard's panels")
    print(f"{len(expressions)} expressions of the dashboard name metrics that exist")
    need("promtool")
    run = subprocess.run(["promtool", "check", "rules", str(docs / "alerts.yml")], capture_output=True, text=True)
    print(run.stdout + run.stderr)
    if run.returncode != 0:
        sys.exit(1)
    tests = subprocess.run(["promtool", "test", "rules", str(pathlib.Path(__file__).parent / "alerts_test.yml")],
                           capture_output=True, text=True)
    print(tests.stdout + tests.stderr)
    if tests.returncode != 0:
        sys.exit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    checks = {"tensorboard": tensorboard, "protoc": protoc, "promtool": promtool, "prometheus": prometheus, "rules": rules}
    parser.add_argument("writer")
    parser.add_argument("check", choices=checks)
    parser.add_argument("--docs", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if subprocess.run([arguments.writer, name]).returncode != 0:
            fail("the writer failed")
        checks[arguments.check](pathlib.Path(name), arguments.docs)


if __name__ == "__main__":
    main()
