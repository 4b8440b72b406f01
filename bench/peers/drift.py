# SPDX-License-Identifier: BSL-1.0
"""Peers of bench/drift_bench.cpp; see measure.py for the lines printed."""

from measure import Peers

peers = Peers(seconds_each=0.6)
numpy = peers.load("numpy")
scipy = peers.load("scipy")
stats = peers.load("scipy.stats")
special = peers.load("scipy.special")
distance = peers.load("scipy.spatial.distance")
linalg = peers.load("scipy.linalg")
pairwise = peers.load("sklearn.metrics.pairwise")
ot = peers.load("ot")


def wanted(name):
    return numpy and peers.wanted(name)


random = numpy.random.default_rng(1) if numpy else None

# Two samples of a million numbers.
n = 10**6
name = f"wasserstein_1d<double>/{n}"
x = y = None
if numpy:
    x, y = random.normal(size=n), random.normal(0.1, 1.1, n)
peers.time(name, stats, lambda: stats.wasserstein_distance(x, y), peer="scipy", bar=12)
x32, y32 = (x.astype(numpy.float32), y.astype(numpy.float32)) if numpy else (None, None)
peers.time(f"wasserstein_1d<float>/{n}", stats, lambda: stats.wasserstein_distance(x32, y32), peer="scipy", bar=30)
peers.time(f"energy_distance<double>/{n}", stats, lambda: stats.energy_distance(x, y), peer="scipy", bar=5)
peers.time(f"kolmogorov_smirnov<double>/{n}", stats, lambda: stats.ks_2samp(x, y, method="asymp"), peer="scipy")
x = y = x32 = y32 = None

# Cells.
n = 10**7
p = q = None
if wanted(f"kullback_leibler_cells<double>/{n}"):
    p, q = random.random(n), random.random(n)
    p /= p.sum()
    q /= q.sum()
peers.time(f"kullback_leibler_cells<double>/{n}", special, lambda: special.rel_entr(p, q).sum(), peer="scipy", bar=5)
n = 10**6
p = q = p32 = q32 = None
if numpy:
    p, q = random.random(n), random.random(n)
    p /= p.sum()
    q /= q.sum()
    p32, q32 = p.astype(numpy.float32), q.astype(numpy.float32)
peers.time(f"jensen_shannon_cells<double>/{n}", distance, lambda: distance.jensenshannon(p, q), peer="scipy", bar=8)
peers.time(f"jensen_shannon_cells<float>/{n}", distance, lambda: distance.jensenshannon(p32, q32), peer="scipy", bar=20)

# Maximum mean discrepancy of 5000 and 5000 points in 64 dimensions: three kernel matrices and their means.
n, d = 5000, 64
for kind, dtype in (("double", "float64"), ("float", "float32")):
    a = b = None
    if wanted(f"mmd_rbf<{kind}>/{n}"):
        a = random.normal(size=(n, d)).astype(dtype)
        b = random.normal(0.1, 1.0, (n, d)).astype(dtype)

    def discrepancy(a=a, b=b):
        kernel = pairwise.rbf_kernel
        return kernel(a, a, gamma=1 / 128).mean() + kernel(b, b, gamma=1 / 128).mean() - 2 * kernel(a, b, gamma=1 / 128).mean()

    peers.time(f"mmd_rbf<{kind}>/{n}", pairwise, discrepancy, peer="sklearn", bar=5)

# Sliced Wasserstein distance of 10^4 and 10^4 points in 64 dimensions, 50 directions.
a = b = None
if wanted("sliced_wasserstein"):
    a, b = random.random((10**4, 64)), random.random((10**4, 64)) + 0.1
peers.time("sliced_wasserstein", ot, lambda: ot.sliced_wasserstein_distance(a, b, n_projections=50, seed=1), peer="POT", bar=3)

# Frechet distance of given moments in 2048 dimensions.
d = 2048
p = q = None
if wanted(f"wasserstein_gaussian_by_eigen/{d}") or wanted(f"wasserstein_gaussian_squared/{d}"):
    p = numpy.cov(random.random((2 * d, d)).T)
    q = numpy.cov(random.random((2 * d, d)).T)
frechet = lambda: numpy.trace(p) + numpy.trace(q) - 2 * numpy.trace(linalg.sqrtm(p @ q)).real
peers.time(f"wasserstein_gaussian_by_eigen/{d}", linalg, frechet, peer="scipy sqrtm", bar=3)
peers.time(f"wasserstein_gaussian_squared/{d}", linalg, frechet, peer="scipy sqrtm")
