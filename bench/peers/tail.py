# SPDX-License-Identifier: BSL-1.0
"""Peers of bench/tail_bench.cpp; see measure.py for the lines printed."""

from measure import Peers

peers = Peers()
numpy = peers.load("numpy")
stats = peers.load("scipy.stats")
powerlaw = peers.load("powerlaw")

# Hill's estimator at every k of 10^6 sorted Pareto values (index 1/2).
n = 10**6
pareto = None
if numpy:
    pareto = numpy.sort((1.0 - numpy.random.default_rng(1).random(n)) ** -0.5)


def hill_curve():
    logs = numpy.log(pareto[::-1])
    k = numpy.arange(1, n)
    return numpy.cumsum(logs)[:-1] / k - logs[1:]


peers.time("hill_curve", numpy, hill_curve, peer="numpy", max_seconds=10e-3)

# Coverage of 10^6 counts.
counts = None
if numpy:
    counts = (0.7 / numpy.sqrt(1.0 - numpy.random.default_rng(5).random(n))).astype(numpy.int64)
skbio = peers.load("skbio.diversity.alpha")
peers.time("coverage_of_million", skbio, lambda: skbio.goods_coverage(counts), peer="skbio (Good-Turing)", max_seconds=2e-3)

# The scan for xmin of 5000 Pareto values: every candidate, Kolmogorov-Smirnov distance.
peers.figure("powerlaw_xmin", "R poweRlaw", "0.70.6", seconds=17.5, bar=500, source="EPYC virtual machine under load, 2026")


def fit():
    import contextlib, io
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return powerlaw.Fit(pareto[:: n // 5000][:5000], verbose=False).xmin


peers.time("powerlaw_xmin", powerlaw, fit, peer="powerlaw")

# Generalised Pareto fit of 2000 excesses.
excesses = None
if numpy:
    excesses = pareto[-2000:] - pareto[-2001]
peers.time("gpd_maximum_likelihood/2000", stats, lambda: stats.genpareto.fit(excesses, floc=0), peer="scipy")
