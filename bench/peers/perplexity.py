# SPDX-License-Identifier: BSL-1.0
"""Peers of bench/perplexity_bench.cpp; see measure.py for the lines printed."""

from measure import Peers

peers = Peers(seconds_each=0.3, most_calls=20)
numpy = peers.load("numpy")
special = peers.load("scipy.special")

# The bar is for 710 198 words of the King James Bible, order 3, and for lmplz there; docs/perplexity.md has that measurement. The
# benchmark's own text has 800 000 words of 20 000 types.
peers.limit("fit/3", seconds=0.35)
peers.figure("fit/3", "lmplz (KenLM), King James Bible", "4cb443e", seconds=1.06, source="one run of another machine")

# 64 rows of 50 000 logits: the log-probability of one token a row.
x = tokens = None
if numpy:
    random = numpy.random.default_rng(5)
    x = (12.0 * random.random((64, 50000))).astype(numpy.float32)
    tokens = random.integers(0, 50000, 64)
peers.time("from_logits", special, lambda: special.log_softmax(x, axis=1)[numpy.arange(64), tokens], peer="scipy log_softmax",
           elements=64 * 50000)


def by_hand():
    top = x.max(axis=1, keepdims=True)
    return x[numpy.arange(64), tokens] - top[:, 0] - numpy.log(numpy.exp(x - top).sum(axis=1))


peers.time("from_logits", numpy, by_hand, peer="numpy", elements=64 * 50000)
