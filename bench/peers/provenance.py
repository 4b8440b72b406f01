# SPDX-License-Identifier: BSL-1.0
"""Peers of bench/provenance_bench.cpp; see measure.py for the lines printed."""

from measure import Peers

peers = Peers(seconds_each=1.0, most_calls=10)
numpy = peers.load("numpy")
special = peers.load("scipy.special")
metrics = peers.load("sklearn.metrics")
linear = peers.load("sklearn.linear_model")
selection = peers.load("sklearn.model_selection")


def normals(n, step):
    return special.ndtri(numpy.mod(numpy.arange(1, n + 1, dtype=float) * step, 1.0))


# 64 rows of two models' logits, V = 50257: ln p of the token, entropy, cross-entropy and its variance per row.
rows, vocabulary = 64, 50257
q = p = tokens = None
if numpy and special:
    q = (2.5 * normals(rows * vocabulary, 0.7548776662466927)).astype(numpy.float32).reshape(rows, vocabulary)
    p = (q.ravel() + (0.3 * normals(rows * vocabulary, 0.5698402909980532)).astype(numpy.float32)).reshape(rows, vocabulary)
    tokens = (numpy.arange(rows) * 977) % vocabulary


def score():
    def log_softmax(x):
        x = x - x.max(axis=1, keepdims=True)
        return x - numpy.log(numpy.exp(x).sum(axis=1, keepdims=True))

    log_p, log_q = log_softmax(p), log_softmax(q)
    weight = numpy.exp(log_q)
    mean = (weight * log_p).sum(axis=1)
    variance = (weight * log_p * log_p).sum(axis=1) - mean * mean
    entropy = -(numpy.exp(log_p) * log_p).sum(axis=1)
    rank = (log_p > log_p[numpy.arange(rows), tokens][:, None]).sum(axis=1)
    return float(mean.sum()), variance, entropy, rank


peers.time("score_tokens_two_models", special and numpy, score, peer="numpy, float32", value=lambda r: r[0], rtol=1e-5)

# The area under the curve of 10^5 + 10^5 scores; ours with its standard error.
n = 10**5
labels = scores = None
if numpy and special:
    scores = numpy.concatenate([normals(n, 0.7548776662466927), 1.0 + normals(n, 0.5698402909980532)])
    labels = numpy.repeat([0, 1], n)
peers.time("roc_area", metrics, lambda: metrics.roc_auc_score(labels, scores), peer="sklearn", rtol=1e-9)

# Six detectors, 10^4 texts: out-of-fold scores of a logistic regression, ten folds. Ours also judges each detector alone.
x = y = None
if numpy and special:
    y = (numpy.arange(10**4) + 1) % 2
    x = normals(6 * 10**4, 0.7548776662466927).reshape(-1, 6) + 0.5 * y[:, None]
peers.time("combine_detectors", selection and linear,
           lambda: selection.cross_val_predict(linear.LogisticRegression(), x, y, cv=10, method="decision_function"),
           peer="sklearn cross_val_predict")
