# SPDX-License-Identifier: BSL-1.0
"""Peers of bench/uniqueness_bench.cpp; see measure.py for the lines printed."""

from measure import Peers

peers = Peers(seconds_each=0.2, most_calls=20)
numpy = peers.load("numpy")
fast_bleu = peers.load("fast_bleu")
datasketch = peers.load("datasketch")
prdc = peers.load("prdc")


def uniform(first, n):
    """mix64(i) 2^-64 for i = first .. first + n - 1: SplitMix64's finaliser, as in core/random.hpp."""
    x = numpy.arange(first, first + n, dtype=numpy.uint64) + numpy.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    x ^= x >> numpy.uint64(31)
    return (x >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53


sentences = None
if numpy:
    cumulative = numpy.cumsum(1.0 / numpy.arange(1, 3001))
    ids = numpy.searchsorted(cumulative, uniform(0, 24000) * cumulative[-1])
    sentences = [[str(w) for w in ids[i:i + 24]] for i in range(0, 24000, 24)]


def self_bleu():
    scores = fast_bleu.SelfBLEU(sentences, {"4": (0.25,) * 4}).get_score()["4"]
    return sum(scores) / len(scores)


peers.time("self_bleu", fast_bleu, self_bleu, peer="fast-bleu", max_seconds=0.15, rtol=1e-9)

# A signature of 128 values of a document of 24 shingles, the object included: it is made anew for every document.
shingles = [f"shingle {i} of three words".encode() for i in range(24)]


def signature():
    m = datasketch.MinHash(num_perm=128)
    m.update_batch(shingles)
    return m


peers.time("min_hash_document", datasketch, signature, max_seconds=20e-6)

x = y = None
if numpy:
    n, d = 2000, 64
    x = uniform(0, n * d).reshape(n, d)
    y = 0.9 * uniform(n * d, n * d).reshape(n, d)
peers.time("precision_recall", prdc, lambda: prdc.compute_prdc(x, y, nearest_k=5),
           value=lambda result: result["density"], rtol=1e-9)
