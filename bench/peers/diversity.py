# SPDX-License-Identifier: BSL-1.0
"""Peers of bench/diversity_bench.cpp; see measure.py for the lines printed."""

from measure import Peers

peers = Peers(seconds_each=0.1, most_calls=5)
numpy = peers.load("numpy")
lexicalrichness = peers.load("lexicalrichness")
vendi = peers.load("vendi_score.vendi")
skbio = peers.load("skbio.diversity.alpha")


def uniform(n):
    """mix64(i) 2^-64 for i = 0 .. n - 1: SplitMix64's finaliser, as in core/random.hpp."""
    x = numpy.arange(n, dtype=numpy.uint64) + numpy.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    x ^= x >> numpy.uint64(31)
    return (x >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53


def zipf(n):
    cumulative = numpy.cumsum(1.0 / numpy.arange(1, 50258))
    return numpy.searchsorted(cumulative, uniform(n) * cumulative[-1])


text = words = None
if numpy and lexicalrichness:
    words = [str(w) for w in zipf(10**6)]
    text = lexicalrichness.LexicalRichness(words, preprocessor=None, tokenizer=None)
lexical = dict(peer="LexicalRichness", max_seconds=10e-3)
peers.time("of_tokens/mtld_at_most", lexicalrichness, lambda: text.mtld(threshold=0.72), rtol=1e-9, **lexical)
peers.time("of_tokens/mattr", lexicalrichness, lambda: text.mattr(window_size=100), rtol=1e-9, **lexical)
peers.time("of_tokens/hdd", lexicalrichness, lambda: text.hdd(draws=42), rtol=1e-6, **lexical)
peers.time("of_tokens/yule_k", lexicalrichness, lambda: text.yulek, peer="LexicalRichness", rtol=1e-9)

# distinct-3 of ten million ids: sorting packed keys. The benchmark itself runs boost::unordered_flat_map beside ours.
ids = zipf(10**7).astype(numpy.uint64) if numpy else None


def distinct_3():
    keys = (ids[:-2] << numpy.uint64(32)) | (ids[1:-1] << numpy.uint64(16)) | ids[2:]
    return len(numpy.unique(keys)) / len(keys)


peers.time("distinct_3_of_ten_million/iterations:5", numpy, distinct_3, peer="numpy.unique", elements=10**7, rtol=1e-12)

for n, d in ((10000, 64), (500, 768)):
    x = (uniform(n * d) - 0.4).astype(numpy.float32).astype(numpy.float64).reshape(n, d) if numpy else None
    peers.time(f"vendi_score/{n}/{d}/0", vendi, (lambda x=x: vendi.score_dual(x)) if n > d else (lambda x=x: vendi.score_X(x)),
               peer="vendi_score", rtol=1e-5)

# Chao1 of 10^6 counts, most of them 0, 1 and 2.
counts = (0.7 / numpy.sqrt(1.0 - uniform(10**6))).astype(numpy.int64) if numpy else None
peers.time("chao1_of_million", skbio, lambda: skbio.chao1(counts), peer="skbio", max_seconds=2e-3)
