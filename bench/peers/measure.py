# SPDX-License-Identifier: BSL-1.0
"""What a peer script needs: times a call and prints the line that compare.py reads.

    from measure import Peers
    peers = Peers()
    numpy = peers.load("numpy")                       # None where it is not installed
    peers.time("plugin/f64/10000000", numpy, lambda: -(p * numpy.log(p)).sum(), elements=10**7, bar=3.5)
    peers.figure("powerlaw_xmin/5000", "poweRlaw", "0.70.6", seconds=17.5, bar=500, source="where it was read")
    peers.limit("hill_curve/1000000", seconds=10e-3)  # a bar without a peer

One JSON object a line: name (that of the Google Benchmark), peer, version, and one of
    seconds            a call takes, median of the calls made
    ns_per_element     the same over `elements`
    installed: false   the peer is missing; nothing was timed
`bar` is the least ratio peer/ours, `max_seconds` the most that ours may take, `measured: false` marks a figure taken from
notes. `value`, if given, is what the peer computed: compare.py holds it against the counter `value` of the benchmark.
With the argument --names nothing is timed and the names alone are printed. REGEX as the last argument selects names.
"""

import importlib
import importlib.metadata
import json
import re
import statistics
import sys
import time


class Peers:
    def __init__(self, seconds_each=0.3, most_calls=50):
        self.seconds_each = seconds_each
        self.most_calls = most_calls
        arguments = sys.argv[1:]
        self.names_only = "--names" in arguments
        patterns = [a for a in arguments if not a.startswith("--")]
        self.pattern = re.compile(patterns[0] if patterns else "")

    def load(self, module):
        """The module, or None; a name such as scipy.stats counts as scipy. Nothing is loaded where names alone are asked."""
        if self.names_only:
            return None
        try:
            return importlib.import_module(module)
        except ImportError:
            return None

    def wanted(self, name):
        return self.pattern.search(name) is not None

    @staticmethod
    def version(module):
        top = module.__name__.split(".")[0]
        try:
            return importlib.metadata.version(top)
        except Exception:
            return str(getattr(sys.modules.get(top, module), "__version__", "?"))

    def _print(self, line):
        print(json.dumps({k: v for k, v in line.items() if v is not None}), flush=True)

    def time(self, name, module, call, peer=None, elements=None, bar=None, max_seconds=None, value=None, rtol=None):
        """Times call(); `value` turns its result into a number to compare (float by default where rtol is given)."""
        if not self.wanted(name):
            return
        line = {"name": name, "peer": peer or getattr(module, "__name__", None), "bar": bar, "max_seconds": max_seconds}
        if self.names_only:
            return self._print(line)
        if module is None:
            return self._print(line | {"installed": False})
        result = call()  # caches, imports and just-in-time compilers are warm after it
        times, begin = [], time.perf_counter()
        while not times or (time.perf_counter() - begin < self.seconds_each and len(times) < self.most_calls):
            start = time.process_time_ns()
            call()
            times.append((time.process_time_ns() - start) * 1e-9)
        median = statistics.median(times)
        line |= {"version": self.version(module)}
        line |= {"seconds": median} if elements is None else {"ns_per_element": median / elements * 1e9}
        if rtol is not None or value is not None:
            line |= {"value": float(result if value is None else value(result)), "rtol": rtol or 1e-6}
        self._print(line)

    def figure(self, name, peer, version, seconds=None, ns_per_element=None, bar=None, source=None):
        """A figure of a peer that cannot be run here: printed as such, never as a measurement."""
        if self.wanted(name):
            self._print({"name": name, "peer": peer, "version": version, "seconds": seconds,
                         "ns_per_element": ns_per_element, "bar": bar, "measured": False, "source": source})

    def limit(self, name, seconds):
        """A bar in seconds, with no peer to compare with."""
        if self.wanted(name):
            self._print({"name": name, "max_seconds": seconds})
