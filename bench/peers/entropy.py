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
