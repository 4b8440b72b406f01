// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::recursion {

/// Exact expected moments of any scheme of fits and draws: one calculus for all regimes and for what lies between them.
///
/// A scheme is a list of *batches* (units drawn from the real law or from a model already fitted) and of *models*, each fitted to
/// batches with weights. A batch may serve several models (accumulation, reused real data); a model may feed several batches
/// (ensembles). Model: mean Σ w x̄ and the biased variance about it. With q_b = E (mean of x² in batch b), real mean 0, s₀² = 1,
///
///   C(b, c) = E x̄_b x̄_c    a new batch of n units from model g:  C(b, c) = Σ_e w_{ge} C(e, c),  C(b, b) = d_g + λv_g/n
///   d_g = Σ w w C = E (μ_g − μ₀)²      v_g = Σ w q − d_g = E v_g      q_b = λv_g + d_g
///
///   lineage_moments m;
///   const auto real = m.draw_real(100);
///   auto model = m.fit({{real, 1.0}});
///   for (int g = 1; g < 20; ++g) model = m.fit({{m.draw_real(20), 0.2}, {m.draw(model, 80, 0.9), 0.8}});   // any mixture
///   m.variance(model), m.displacement(model)
///
/// Weights need not follow sizes: He, Xu and Cheng's weighted training is a fit with other weights. Exact, by linearity of the second
/// moments, for a Gaussian with the biased variance and a sampler of variance λ; with λ = 1 and weights in proportion to sizes also
/// for a categorical law: E H/H₀ = variance, E Σ(p − p₀)²/p₀ = (K − 1)·displacement. Not covered: draws without replacement from a
/// pool (accumulate_subsample has its own form), unbiased variances, filters.
///
/// Memory 8 bytes a pair of batches.
class lineage_moments {
 public:
  struct part {
    std::size_t batch;
    double weight;  ///< > 0, any positive sum
  };

  /// n fresh units of the real law.
  /// @param units  ≥ 1
  /// @return       the number of the batch
  /// @complexity   O(batches)
  std::size_t draw_real(double units) {
    check_units("recursion::lineage_moments::draw_real", units);
    std::vector<double> row(batches_.size() + 1, 0.0);
    row.back() = 1.0 / units;
    covariance_.push_back(std::move(row));
    batches_.push_back({1.0});
    return batches_.size() - 1;
  }

  /// n units drawn from a model, with variance λ times its own.
  /// @complexity  O(batches · parts of the model)
  /// @throws      std::invalid_argument  for an unknown model, n < 1, λ < 0
  std::size_t draw(std::size_t model, double units, double shrinkage = 1.0) {
    constexpr auto function = "recursion::lineage_moments::draw";
    check_units(function, units);
    core::check(model < models_.size(), function, "model", model, "the number of a fit");
    core::check_not_negative(function, "shrinkage", shrinkage);
    const fitted& g = models_[model];
    std::vector<double> row(batches_.size() + 1, 0.0);
    for (std::size_t b = 0; b < batches_.size(); ++b)
      for (const part& p : g.parts) row[b] += p.weight * between(p.batch, b);
    row.back() = g.displacement + shrinkage * g.variance / units;
    covariance_.push_back(std::move(row));
    batches_.push_back({shrinkage * g.variance + g.displacement});
    return batches_.size() - 1;
  }

  /// A model fitted to batches, weights normalised.
  /// @return      the number of the model
  /// @complexity  O(parts²)
  /// @throws      std::invalid_argument  for no parts, an unknown batch, a weight that is not positive and finite
  std::size_t fit(std::vector<part> parts) {
    constexpr auto function = "recursion::lineage_moments::fit";
    core::check_at_least(function, "parts", parts.size(), std::size_t{1});
    double total = 0.0;
    for (const part& p : parts) {
      core::check(p.batch < batches_.size(), function, "batch", p.batch, "the number of a draw");
      core::check_positive(function, "weight", p.weight);
      total += p.weight;
    }
    fitted g;
    double second = 0.0;
    for (part& p : parts) {
      p.weight /= total;
      second += p.weight * batches_[p.batch].second_moment;
    }
    for (const part& p : parts)
      for (const part& q : parts) g.displacement += p.weight * q.weight * between(p.batch, q.batch);
    g.variance = second - g.displacement;
    g.parts = std::move(parts);
    models_.push_back(std::move(g));
    return models_.size() - 1;
  }

  /// E v/s₀² of a model.
  [[nodiscard]] double variance(std::size_t model) const { return models_.at(model).variance; }
  /// E (μ − μ₀)²/s₀² of a model.
  [[nodiscard]] double displacement(std::size_t model) const { return models_.at(model).displacement; }
  /// E (μ − μ₀)(μ′ − μ₀)/s₀² of two models: how far they drift together.
  [[nodiscard]] double common_displacement(std::size_t model, std::size_t other) const {
    double sum = 0.0;
    for (const part& p : models_.at(model).parts)
      for (const part& q : models_.at(other).parts) sum += p.weight * q.weight * between(p.batch, q.batch);
    return sum;
  }
  [[nodiscard]] std::size_t models() const noexcept { return models_.size(); }
  [[nodiscard]] std::size_t batches() const noexcept { return batches_.size(); }

 private:
  struct batch {
    double second_moment;
  };
  struct fitted {
    std::vector<part> parts;
    double variance = 0.0, displacement = 0.0;
  };

  static void check_units(const char* function, double units) {
    core::check_at_least(function, "units", units, 1.0);
    core::check(core::is_finite(units), function, "units", units, "finite");
  }
  [[nodiscard]] double between(std::size_t a, std::size_t b) const noexcept {
    return a >= b ? covariance_[a][b] : covariance_[b][a];
  }

  std::vector<batch> batches_;
  std::vector<fitted> models_;
  std::vector<std::vector<double>> covariance_;  // lower triangle
};

}  // namespace tailwatch::recursion
