# SPDX-License-Identifier: BSL-1.0
"""Peers of bench/entropy_bench.cpp; see measure.py for the lines printed."""

from measure import Peers

peers = Peers()
numpy = peers.load("numpy")
stats = peers.load("scipy.stats")

# Plug-in entropy of 10^7 probabilities p_i proportional to 1/i, from memory.
n = 10**7
p = p32 = None
if numpy:
    p = 1.0 / numpy.arange(1, n + 1)
    p /= p.sum()
    p32 = p.astype(numpy.float32)
by_hand = dict(peer="numpy", elements=n)
peers.time(f"plugin_of_probabilities<double>/{n}", numpy, lambda: -(p * numpy.log(p)).sum(), bar=3.5, rtol=1e-9, **by_hand)
peers.time(f"plugin_of_probabilities<double>/{n}", stats, lambda: stats.entropy(p), peer="scipy", elements=n, bar=6, rtol=1e-9)
peers.time(f"plugin_of_probabilities<float>/{n}", numpy, lambda: -(p32 * numpy.log(p32)).sum(), bar=6, rtol=1e-4, **by_hand)

# NSB of 2589 Zipf types with an alphabet of 10000. ndd (Fortran) needs numpy < 1.26 to install; its integration range is truncated,
# which costs up to 1e-3 on small samples and 1e-8 here.
ndd = peers.load("ndd")
counts = None
if numpy:
    counts = numpy.array([max(1, 2000 // r) for r in range(1, 2590)])
peers.time("nsb_of_types", ndd, lambda: ndd.entropy(counts, k=10000), peer="ndd", bar=10, rtol=1e-6)

# Spacings of 10^5 normal numbers, window floor(sqrt(n) + 1/2).
normal = numpy.random.default_rng(1).standard_normal(10**5) if numpy else None
for method in ("vasicek", "van es", "correa"):
    name = f"of_sample/{method.replace(' ', '_')}/100000"
    peers.time(name, stats, lambda: stats.differential_entropy(normal, method=method), peer="scipy", elements=10**5)
