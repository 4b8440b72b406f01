# SPDX-License-Identifier: BSL-1.0
"""Peers of bench/recursion_bench.cpp; see measure.py for the lines printed."""

import warnings

from measure import Peers

peers = Peers(seconds_each=1.0, most_calls=3)
numpy = peers.load("numpy")
special = peers.load("scipy.special")
mixture = peers.load("sklearn.mixture")
linear = peers.load("sklearn.linear_model")
warnings.simplefilter("ignore")  # ten iterations do not converge, and need not

# A Gaussian refitted to M = 100 draws of its last fit, 10^5 replicates, 100 generations, by sufficient statistics.
peers.limit("gaussian_replace_replicates", seconds=1.5)


def replace():
    random = numpy.random.default_rng(1)
    mean, variance = numpy.zeros(10**5), numpy.ones(10**5)
    for _ in range(100):
        mean += numpy.sqrt(variance / 100) * random.standard_normal(10**5)
        variance *= random.chisquare(99, 10**5) / 100
    return numpy.log(variance).mean()


# The mean of ln v is random: standard error sqrt(100 * 2/99 / 1e5) = .0045 of 2.02 a side.
peers.time("gaussian_replace_replicates", numpy, replace, peer="numpy", rtol=0.015)

# One generation of 10^6 types and 10^7 draws: counts to law to counts.
peers.limit("categorical_generation/10000000", seconds=0.6)
counts = None
if numpy:
    law = 1.0 / numpy.arange(1, 10**6 + 1)
    counts = numpy.random.default_rng(1).multinomial(10**7, law / law.sum())
peers.time("categorical_generation/10000000", numpy,
           lambda: numpy.random.default_rng(2).multinomial(10**7, counts / counts.sum()), peer="numpy")

# Expectation-maximisation of two Gaussians, n = 10^6, d = 2, ten iterations.
n = 10**6
points = None
if numpy and special and mixture:
    k = numpy.arange(1, n + 1, dtype=float)
    u = special.ndtri(numpy.mod(k * 0.7548776662466927, 1.0))
    v = special.ndtri(numpy.mod(k * 0.5698402909980532, 1.0))
    first = numpy.arange(n) % 10 < 3
    points = numpy.where(first[:, None], numpy.column_stack([-1.5 + u, -1.0 + 0.3 * u + 0.6 * v]),
                         numpy.column_stack([2.0 + 0.7 * u, 1.0 - 0.3 * u + 0.9 * v]))


def fit(**options):
    model = mixture.GaussianMixture(2, max_iter=10, tol=0, **options).fit(points)
    return model.lower_bound_


start = dict(means_init=[[-1.5, -1.0], [2.0, 1.0]], init_params="random_from_data", random_state=1)
peers.time(f"mixture_em/{n}", mixture, lambda: fit(random_state=1), peer="sklearn, its k-means start", rtol=1e-4)
peers.time(f"mixture_em/{n}", mixture, lambda: fit(**start), peer="sklearn, means given", bar=5)

# Least squares, 10^5 rows of 20.
x = y = None
if numpy and linear:
    random = numpy.random.default_rng(1)
    x = random.standard_normal((10**5, 20))
    y = x.sum(axis=1) + random.standard_normal(10**5)
peers.time("linear_fit", linear, lambda: linear.LinearRegression(fit_intercept=False).fit(x, y), peer="sklearn")
