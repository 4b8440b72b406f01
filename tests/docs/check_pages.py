#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Opens pages in headless Chromium: check_pages.py {site,reports} --work DIR [--program TAILWATCH] [--screenshots DIR]

site     builds the documentation and opens every page of the guide and the front page of the reference
reports  has `tailwatch` write its HTML reports and opens them

Each page is opened 1280 and 400 pixels wide. It fails for an error or a warning on the console, for anything asked of another host
(every name but 127.0.0.1 is unresolvable), for a page wider than its window, and for a report without its charts. Exit code 77, and a
word why, where there is no Chromium, or nothing to build the site with.
"""
import argparse
import functools
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]

HARNESS = """<!doctype html><meta charset="utf-8"><title>harness</title><pre id="out"></pre><script>
const pages = PAGES, widths = [1280, 400], results = [];
async function open(page, width) {
  const frame = document.createElement('iframe');
  frame.style.width = width + 'px'; frame.style.height = '900px';
  document.body.append(frame);
  const errors = [];
  await new Promise(done => {
    frame.onload = done; setTimeout(done, 8000);
    frame.src = page;
    try { frame.contentWindow.addEventListener('error', e => errors.push(String(e.message))); } catch (e) {}
  });
  await new Promise(done => setTimeout(done, 150));
  const d = frame.contentDocument, r = {page, width, errors};
  r.title = d.title;
  r.wide = d.documentElement.scrollWidth;
  r.charts = [...d.querySelectorAll('svg.chart')].filter(s => s.getBoundingClientRect().width > 100 && s.querySelectorAll('polyline,circle').length > 0).length;
  r.text = d.body ? d.body.innerText.length : 0;
  r.broken = [...d.images].filter(i => i.complete && i.naturalWidth === 0).map(i => i.src);
  r.links = [...d.querySelectorAll('a[href]')].map(a => a.href.split('#')[0]).filter(h => h.startsWith(location.origin));
  r.anchors = [...d.querySelectorAll('a[href^="#"]')].map(a => decodeURIComponent(a.getAttribute('href').slice(1))).filter(a => a && !d.getElementById(a) && !d.getElementsByName(a).length);
  frame.remove();
  results.push(r);
}
(async () => {
  for (const page of pages) for (const width of widths) await open(page, width);
  const links = [...new Set(results.flatMap(r => r.links))], dead = [];
  for (const link of links) { const a = await fetch(link, {method: 'HEAD'}); if (!a.ok) dead.push(link); }
  document.getElementById('out').textContent = 'RESULT' + JSON.stringify({results: results.map(r => ({...r, links: r.links.length})), dead}) + 'END';
})();
</script>"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if shutil.which(name):
            return shutil.which(name)
    return None


def skip(why):
    print("not run:", why)
    sys.exit(77)


def browse(folder, pages, screenshots):
    browser = chromium()
    (folder / "harness.html").write_text(HARNESS.replace("PAGES", json.dumps(pages)), encoding="utf-8")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    failures = []
    with tempfile.TemporaryDirectory() as profile:
        common = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}",
                  "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        ran = subprocess.run([*common, "--enable-logging=stderr", "--timeout=180000", f"--virtual-time-budget={20000 + 9000 * len(pages)}",
                              "--window-size=1400,1000", "--dump-dom", f"{address}/harness.html"], capture_output=True, text=True, timeout=240)
        for line in ran.stderr.splitlines():
            console = re.search(r":CONSOLE[^\]]*\] (.*)", line)
            if console and "favicon.ico" not in console[1]:
                failures.append("console: " + console[1][:300])
        found = re.search(r"RESULT(.*)END</pre>", ran.stdout, re.DOTALL)
        if not found:
            print(ran.stderr[-3000:])
            failures.append("the browser gave no result")
        else:
            import html
            answer = json.loads(html.unescape(found[1]))
            for link in answer["dead"]:
                failures.append(f"dead link: {link}")
            for r in answer["results"]:
                where = f"{r['page']} at {r['width']} px"
                if r["errors"]:
                    failures.append(f"{where}: {r['errors']}")
                if r["text"] < (20 if r["page"].startswith("reference/") else 200):
                    failures.append(f"{where}: nearly empty")
                if r["wide"] > r["width"] + 1 and not r["page"].startswith("reference/"):
                    failures.append(f"{where}: is {r['wide']} px wide")
                if r["broken"]:
                    failures.append(f"{where}: pictures missing {r['broken']}")
                if r["anchors"]:
                    failures.append(f"{where}: anchors that lead nowhere {r['anchors'][:5]}")
                yield_charts[r["page"]] = r["charts"]
        if screenshots:
            screenshots.mkdir(parents=True, exist_ok=True)
            for page in pages:
                for width in (1280, 412):
                    name = re.sub(r"\W+", "_", page) + f"_{width}.png"
                    # Chromium's window is never narrower than 500 px: narrow pages are pictured in a frame.
                    frame = folder / "frame.html"
                    frame.write_text(f'<!doctype html><style>*{{margin:0}}</style><iframe src="{page}" style="border:0;width:{width}px;height:2400px"></iframe>')
                    subprocess.run([*common, f"--window-size={max(width, 520)},2400", "--virtual-time-budget=4000", f"--screenshot={screenshots / name}",
                                    f"{address}/frame.html"], capture_output=True, timeout=90)
    server.shutdown()
    return failures


yield_charts = {}


def site(o):
    if not shutil.which("mkdocs") or not shutil.which("doxygen"):
        skip("the site needs mkdocs and doxygen (docs/build.sh installs them)")
    folder = o.work / "site"
    built = subprocess.run([str(ROOT / "docs" / "build.sh"), str(folder)], capture_output=True, text=True, timeout=400)
    if built.returncode != 0:
        print(built.stdout[-3000:], built.stderr[-3000:])
        return ["docs/build.sh failed"]
    guide = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.html")
                   if "reference" not in p.parts and p.name not in {"404.html", "harness.html", "frame.html"})
    for wanted in ("index.html", "getting_started.html", "is_my_model_collapsing.html", "hosts.html", "migration.html", "limits.html"):
        if wanted not in guide:
            return [f"{wanted} was not built"]
    pages = [*guide, "reference/index.html"]
    failures = browse(folder, pages, o.screenshots)
    classes = len(list((folder / "reference").rglob("*.html")))
    print(f"site: {len(guide)} pages of the guide, {classes} of the reference")
    if classes < 300:
        failures.append(f"only {classes} pages of reference")
    return failures


def reports(o):
    folder = o.work / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    program = str(pathlib.Path(o.program).resolve())

    def run(*arguments):
        done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, timeout=240)
        if done.returncode not in (0, 1):
            raise RuntimeError(done.stderr)

    run("recurse", "--generations", "3", "--tokens", "20000", "--write-text", "g", "--html", "recurse.html", "--quiet")
    run("report", "g0.txt", "g3.txt", "--html", "report.html", "--quiet")
    run("compare", "g0.txt", "g1.txt", "g2.txt", "--html", "compare.html", "--quiet")
    failures = browse(folder, ["recurse.html", "report.html", "compare.html"], o.screenshots)
    for page, least in (("recurse.html", 12), ("report.html", 1), ("compare.html", 2)):
        if yield_charts.get(page, 0) < least:
            failures.append(f"{page}: {yield_charts.get(page, 0)} charts, {least} expected")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["site", "reports"])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--program", default="")
    parser.add_argument("--screenshots", type=pathlib.Path)
    o = parser.parse_args()
    if not chromium():
        skip("there is no Chromium")
    o.work = o.work.resolve()
    o.work.mkdir(parents=True, exist_ok=True)
    failures = globals()[o.kind](o)
    for f in failures:
        print("failed:", f)
    print(f"{o.kind}: {len(yield_charts)} pages opened, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
