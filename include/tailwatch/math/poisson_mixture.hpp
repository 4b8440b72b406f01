// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace tailwatch::math {

struct poisson_atom {
  double rate;    ///< expected count
  double weight;  ///< symbols that have it, those not seen included
};
/// Symbols whose counts hardly overlap with those of other segments.
using poisson_segment = std::vector<poisson_atom>;  // ascending in rate

namespace detail {

struct poisson_bin {
  double count;
  double multiplicity;
};

/// Poisson probability of r ≥ 1 given that it is not 0, but for a factor that depends on r.
[[nodiscard]] inline double seen_poisson(double r, double rate) {
  const double u = (rate - r) / r;
  return std::exp(-r * (u - std::log1p(u))) / -std::expm1(-rate);
}

/// min ½ vᵀHv − cᵀv over v ≥ 0 from a v ≥ 0, by the active set of Lawson and Hanson; H is m × m, symmetric, positive semidefinite.
class nonnegative_quadratic {
 public:
  nonnegative_quadratic(const std::vector<double>& h, const std::vector<double>& c) : h_(h), c_(c), m_(c.size()) {
    for (std::size_t j = 0; j < m_; ++j) scale_ = std::max(scale_, h_[j * m_ + j]);
  }

  void minimise(std::vector<double>& v) {
    free_.clear();
    for (std::size_t j = 0; j < m_; ++j)
      if (v[j] > 0.0) free_.push_back(j);
    for (std::size_t round = 0; round < 4 * m_ + 8; ++round) {
      while (!free_.empty() && !step(v)) {
      }
      std::size_t best = m_;
      double steepest = 1e-12 * scale_;
      for (std::size_t j = 0; j < m_; ++j) {
        if (v[j] > 0.0) continue;
        double descent = c_[j];
        for (const std::size_t k : free_) descent -= h_[j * m_ + k] * v[k];
        if (descent > steepest) {
          steepest = descent;
          best = j;
        }
      }
      if (best == m_) return;
      free_.push_back(best);
      v[best] = std::numeric_limits<double>::min();
    }
  }

 private:
  /// To the minimum over the free ones, or to the first of them that reaches 0; true where that was the minimum.
  bool step(std::vector<double>& v) {
    const std::vector<double> z = solve();
    double length = 1.0;
    for (std::size_t k = 0; k < free_.size(); ++k)
      if (z[k] <= 0.0) length = std::min(length, v[free_[k]] / (v[free_[k]] - z[k]));
    std::vector<std::size_t> kept;
    for (std::size_t k = 0; k < free_.size(); ++k) {
      double& x = v[free_[k]];
      x += length * (z[k] - x);
      if (z[k] <= 0.0 && x <= 1e-14) {
        x = 0.0;
      } else {
        kept.push_back(free_[k]);
      }
    }
    const bool whole = kept.size() == free_.size();
    free_ = std::move(kept);
    return whole;
  }

  /// H z = c of the free ones, by Cholesky's decomposition with a little on the diagonal: neighbouring rates are nearly the same column.
  [[nodiscard]] std::vector<double> solve() const {
    const std::size_t k = free_.size();
    std::vector<double> l(k * k), z(k);
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double sum = h_[free_[i] * m_ + free_[j]] + (i == j ? 1e-11 * scale_ : 0.0);
        for (std::size_t t = 0; t < j; ++t) sum -= l[i * k + t] * l[j * k + t];
        l[i * k + j] = i == j ? std::sqrt(std::max(sum, 1e-13 * scale_)) : sum / l[j * k + j];
      }
      double sum = c_[free_[i]];
      for (std::size_t t = 0; t < i; ++t) sum -= l[i * k + t] * z[t];
      z[i] = sum / l[i * k + i];
    }
    for (std::size_t i = k; i-- > 0;) {
      for (std::size_t t = i + 1; t < k; ++t) z[i] -= l[t * k + i] * z[t];
      z[i] /= l[i * k + i];
    }
    return z;
  }

  const std::vector<double>& h_;
  const std::vector<double>& c_;
  std::size_t m_;
  double scale_ = 0.0;
  std::vector<std::size_t> free_;
};

/// The rates of one segment.
class poisson_segment_fit {
 public:
  explicit poisson_segment_fit(std::span<const poisson_bin> bins) : bins_(bins) {
    for (const poisson_bin& b : bins_) symbols_ += b.multiplicity;
    const double low =
        std::max(1.0, 2.0 * std::sqrt(bins_.front().count) - 1.0);  // of the counts seen the rate is below the count
    const double high = 2.0 * std::sqrt(bins_.back().count);
    const auto points = static_cast<std::size_t>(std::ceil((high - low) / spacing)) + 1;
    for (std::size_t g = 0; g < points; ++g) {
      const double x = low + (high - low) * (static_cast<double>(g) / static_cast<double>(points - 1));
      rates_.push_back(0.25 * x * x);
    }
    likelihood_.resize(bins_.size() * points);
    for (std::size_t i = 0; i < bins_.size(); ++i)
      for (std::size_t g = 0; g < points; ++g) likelihood_[i * points + g] = seen_poisson(bins_[i].count, rates_[g]);
    weights_.assign(points, 0.0);
    const std::size_t started = (points + 7) / 8;
    for (std::size_t g = 0; g < points; g += 8) weights_[g] = 1.0 / static_cast<double>(started);
  }

  [[nodiscard]] poisson_segment atoms() {
    for (int round = 0; round < 40 && improve(); ++round) {
    }
    poisson_segment atoms;
    for (std::size_t g = 0; g < rates_.size(); ++g)
      if (weights_[g] > 0.0) atoms.push_back({rates_[g], weights_[g]});
    simplify(atoms);
    balance(atoms);
    return atoms;
  }

 private:
  static constexpr double spacing = 0.25;  ///< of the rates, in standard deviations of a count

  [[nodiscard]] std::vector<double> mixture(const std::vector<double>& weights) const {
    std::vector<double> p(bins_.size());
    for (std::size_t g = 0; g < rates_.size(); ++g) {
      if (weights[g] == 0.0) continue;
      for (std::size_t i = 0; i < p.size(); ++i) p[i] += weights[g] * likelihood_[i * rates_.size() + g];
    }
    return p;
  }
  /// ln likelihood − symbols · Σ weights: its maximum over all weights is that over weights that add up to 1.
  [[nodiscard]] double objective(const std::vector<double>& p, const std::vector<double>& weights) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i) sum += bins_[i].multiplicity * std::log(p[i]);
    for (const double w : weights) sum -= symbols_ * w;
    return sum;
  }

  /// One step of the constrained Newton method: a quadratic model over the rates held and the local maxima of the gradient. False where no
  /// rate would add more than 0.01 to the log-likelihood.
  bool improve() {
    const std::size_t points = rates_.size();
    const std::vector<double> p = mixture(weights_);
    std::vector<double> gradient(points, -symbols_);
    for (std::size_t i = 0; i < p.size(); ++i)
      for (std::size_t g = 0; g < points; ++g)
        gradient[g] += bins_[i].multiplicity / p[i] * likelihood_[i * points + g];
    if (*std::max_element(gradient.begin(), gradient.end()) < 0.01) return false;
    std::vector<std::size_t> candidates;
    for (std::size_t g = 0; g < points; ++g) {
      const bool peak = gradient[g] > 0.0 && (g == 0 || gradient[g] >= gradient[g - 1]) &&
                        (g + 1 == points || gradient[g] > gradient[g + 1]);
      if (weights_[g] > 0.0 || peak) candidates.push_back(g);
    }
    const std::size_t m = candidates.size();
    std::vector<double> h(m * m), c(m, -symbols_), v(m), ratio(m);
    for (std::size_t i = 0; i < p.size(); ++i) {
      for (std::size_t j = 0; j < m; ++j) ratio[j] = likelihood_[i * points + candidates[j]] / p[i];
      for (std::size_t j = 0; j < m; ++j) {
        c[j] += 2.0 * bins_[i].multiplicity * ratio[j];
        for (std::size_t k = 0; k <= j; ++k) h[j * m + k] += bins_[i].multiplicity * ratio[j] * ratio[k];
      }
    }
    double slope = 0.0;
    for (std::size_t j = 0; j < m; ++j) {
      v[j] = weights_[candidates[j]];
      for (std::size_t k = 0; k < j; ++k) h[k * m + j] = h[j * m + k];
    }
    nonnegative_quadratic(h, c).minimise(v);
    for (std::size_t j = 0; j < m; ++j) slope += gradient[candidates[j]] * (v[j] - weights_[candidates[j]]);
    const double now = objective(p, weights_);
    for (double t = 1.0; t > 1e-6; t *= 0.5) {
      std::vector<double> next = weights_;
      for (std::size_t j = 0; j < m; ++j) {
        double& w = next[candidates[j]];
        w = t == 1.0 ? v[j] : w + t * (v[j] - w);
      }
      const std::vector<double> to = mixture(next);
      bool near = true;  // a count that the next rates hardly allow would swamp the gradient
      for (std::size_t i = 0; i < p.size(); ++i) near = near && to[i] >= 0.05 * p[i];
      if (!near || !(objective(to, next) >= now + 0.3 * t * slope)) continue;
      double sum = 0.0;
      for (const double w : next) sum += w;
      for (double& w : next) w /= sum;
      weights_ = std::move(next);
      return true;
    }
    return false;
  }

  /// Joins neighbouring rates, the cheapest pair first, until the log-likelihood has fallen by 1.92: half the 95 % quantile of χ²₁.
  void simplify(poisson_segment& atoms) const {
    std::vector<std::vector<double>> column(atoms.size(), std::vector<double>(bins_.size()));
    std::vector<double> p(bins_.size());
    for (std::size_t j = 0; j < atoms.size(); ++j)
      for (std::size_t i = 0; i < p.size(); ++i)
        p[i] += column[j][i] = atoms[j].weight * seen_poisson(bins_[i].count, atoms[j].rate);
    double lost = 0.0;
    while (atoms.size() > 1) {
      std::size_t best = 0;
      double least = std::numeric_limits<double>::infinity();
      poisson_atom joined{};
      std::vector<double> of_joined(p.size()), of_best;
      for (std::size_t j = 0; j + 1 < atoms.size(); ++j) {
        const double weight = atoms[j].weight + atoms[j + 1].weight;
        const double rate = (atoms[j].rate * atoms[j].weight + atoms[j + 1].rate * atoms[j + 1].weight) / weight;
        double loss = 0.0;
        for (std::size_t i = 0; i < p.size(); ++i) {
          of_joined[i] = weight * seen_poisson(bins_[i].count, rate);
          loss -= bins_[i].multiplicity * std::log1p((of_joined[i] - column[j][i] - column[j + 1][i]) / p[i]);
        }
        if (loss < least) {
          least = loss;
          best = j;
          joined = {rate, weight};
          of_best = of_joined;
        }
      }
      if (!(lost + least <= 1.92)) return;
      lost += least;
      for (std::size_t i = 0; i < p.size(); ++i) p[i] += of_best[i] - column[best][i] - column[best + 1][i];
      column[best] = std::move(of_best);
      atoms[best] = joined;
      column.erase(column.begin() + static_cast<std::ptrdiff_t>(best) + 1);
      atoms.erase(atoms.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
  }

  /// From weights of the symbols seen to weights of all, and to rates whose counts add up to those seen: a step of expectation and
  /// maximisation.
  void balance(poisson_segment& atoms) const {
    poisson_segment next(atoms.size(), poisson_atom{0.0, 0.0});
    std::vector<double> share(atoms.size());
    for (const poisson_bin& b : bins_) {
      double all = 0.0;
      for (std::size_t j = 0; j < atoms.size(); ++j)
        all += share[j] = atoms[j].weight * seen_poisson(b.count, atoms[j].rate);
      for (std::size_t j = 0; j < atoms.size(); ++j) {
        next[j].weight += b.multiplicity * (share[j] / all) / -std::expm1(-atoms[j].rate);
        next[j].rate += b.multiplicity * (share[j] / all) * b.count;
      }
    }
    std::erase_if(next, [](const poisson_atom& a) { return !(a.weight > 0.0 && a.rate > 0.0); });
    for (poisson_atom& a : next) a.rate /= a.weight;
    atoms = std::move(next);
  }

  std::span<const poisson_bin> bins_;
  double symbols_ = 0.0;
  std::vector<double> rates_, likelihood_, weights_;
};

}  // namespace detail

/// How many symbols of which rate: the simplest mixture of Poisson rates that explains the counts of the symbols seen.
///
///   max over G of Σ_r f_r ln ∫ e^{−λ} λ^r/(1 − e^{−λ}) dG(λ), then the fewest rates within 1.92 of it
///
/// The maximum has more spread than the rates, because it takes some of the noise for them; the joining of neighbours that the data do not tell
/// apart (a likelihood ratio below the 95 % quantile of χ²₁) takes that back, and equal rates come out as one. Unseen symbols are those that
/// the rates imply; no rate is looked for below ¼, so there are at most 3.5 of them for one that was seen.
///
/// Rates are looked for on a grid of a quarter of a standard deviation. Counts 4 or more apart in √r do not meet, nor do those on the two sides of the
/// sparsest place of a stretch of 48 standard deviations: each segment is fitted by itself. Counts above 100 within a quarter of a standard deviation
/// go together. So the cost grows like the range of √r, not like the number of counts. Expected counts add up to those seen, segment by segment.
/// @param entries  range of {count, multiplicity}, count ≥ 1, ascending
/// @see  J. Kiefer, J. Wolfowitz (1956), Annals of Mathematical Statistics 27, 887–906; L. Simar (1976), Annals of Statistics 4,
///       1200–1209; Y. Wang (2007), Journal of the Royal Statistical Society B 69, 185–198 (the Newton method)
template <class Entries>
[[nodiscard]] std::vector<poisson_segment> poisson_mixture(const Entries& entries) {
  std::vector<detail::poisson_bin> bins;
  double begin = 0.0;
  for (const auto& e : entries) {
    const auto r = static_cast<double>(e.count);
    const auto f = static_cast<double>(e.multiplicity);
    if (begin > 100.0 && r - begin <= 0.25 * std::sqrt(begin)) {
      detail::poisson_bin& last = bins.back();
      last.multiplicity += f;
      last.count += (r - last.count) * (f / last.multiplicity);
    } else {
      bins.push_back({r, f});
      begin = r;
    }
  }
  const auto place = [&](std::size_t i) { return 2.0 * std::sqrt(bins[i].count); };
  std::vector<poisson_segment> segments;
  for (std::size_t from = 0; from < bins.size();) {
    std::size_t to = from + 1, sparsest = 0;
    double best = 0.0;
    for (; to < bins.size() && place(to) - place(to - 1) < 8.0; ++to) {
      if (place(to) - place(from) > 48.0 && sparsest != 0) {
        to = sparsest;
        break;
      }
      const double sparse = (place(to) - place(to - 1)) / (bins[to].multiplicity + bins[to - 1].multiplicity);
      if (place(to) - place(from) > 24.0 && sparse > best) {
        best = sparse;
        sparsest = to;
      }
    }
    const std::span<const detail::poisson_bin> part(bins.data() + from, to - from);
    if (part.size() == 1 && part.front().count > 3.0) {
      segments.push_back({{part.front().count, part.front().multiplicity}});
    } else {
      segments.push_back(detail::poisson_segment_fit(part).atoms());
    }
    from = to;
  }
  return segments;
}

}  // namespace tailwatch::math
