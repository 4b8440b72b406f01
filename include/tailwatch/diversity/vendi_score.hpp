// SPDX-License-Identifier: BSL-1.0
#pragma once

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push  // g++ 12 believes its own AVX-512 intrinsics to be uninitialised (gcc.gnu.org/PR105593)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/diversity/detail/unit_rows.hpp"
#include "tailwatch/diversity/token_kernel.hpp"
#include "tailwatch/summary/covariance.hpp"

// Needs Eigen: link tailwatch::eigen. Therefore in no umbrella.

namespace tailwatch::diversity {

struct vendi_score_options {
  double order = 1.0;                                ///< q ≥ 0, infinity allowed
  token_kernel kernel = token_kernel::count_cosine;  ///< of token sequences
  bool standard_error = true;  ///< needs the eigenvectors as well: three to five times the time of the value alone
};

inline namespace TAILWATCH_ABI_NAMESPACE {

namespace vendi_detail {

/// Score and error from the eigenvalues λ of K/n and the weights wᵢₖ of sample i in eigenvector k, Σₖ wᵢₖ = 1, meanᵢ wᵢₖ = λₖ.
/// An eigenvalue below max(n, d)·2⁻⁵² of the largest is rounding: at q < 1 a few hundred of them would count.
template <class Weights>
[[nodiscard]] estimate vendi_of_spectrum(const Eigen::VectorXd& eigenvalues, std::size_t n, double order,
                                         const Weights& weights_of) {
  const Eigen::Index last = eigenvalues.size() - 1;  // ascending
  const double floor = static_cast<double>(std::max<Eigen::Index>(static_cast<Eigen::Index>(n), last + 1)) *
                       std::numeric_limits<double>::epsilon() * eigenvalues[last];
  Eigen::Index first = 0;
  while (first < last && !(eigenvalues[first] > floor)) ++first;
  const Eigen::Index kept = last + 1 - first;
  const Eigen::ArrayXd share = eigenvalues.tail(kept).array() / eigenvalues.tail(kept).sum();
  if (order == 0.0) return {static_cast<double>(kept), core::nan, n};
  const Eigen::ArrayXd log_share = share.log();
  const double log_top = log_share[kept - 1];
  const bool infinite = !core::is_finite(order);
  double h = -log_top;
  if (order == 1.0) {
    h = -(share * log_share).sum();
  } else if (!infinite && std::abs(1.0 - order) * -log_share[0] <= 1.0) {
    double excess = 0.0;
    for (Eigen::Index k = 0; k < kept; ++k) excess += share[k] * std::expm1((order - 1.0) * log_share[k]);
    h = std::log1p(excess) / (1.0 - order);
  } else if (!infinite) {
    const double others = (order * (log_share.head(kept - 1) - log_top)).exp().sum();
    h = (order * log_top + std::log1p(others)) / (1.0 - order);
  }
  estimate e{std::exp(h), core::nan, n};
  if (infinite && kept > 1 && share[kept - 2] > share[kept - 1] * (1.0 - 1e-9)) return e;  // no derivative at a tie
  Eigen::VectorXd gain = Eigen::VectorXd::Zero(kept);  // dH of a little more of eigenvector k
  for (Eigen::Index k = 0; k < kept; ++k) {
    if (infinite) {
      gain[k] = k == kept - 1 ? -1.0 / share[k] : 0.0;
    } else {
      const double centred = log_share[k] + h;
      gain[k] = order == 1.0 ? -centred : order * std::expm1((order - 1.0) * centred) / (1.0 - order);
    }
  }
  const Eigen::VectorXd influence = weights_of(first, kept, gain);
  if (influence.size() < 2) return e;
  const auto size = static_cast<double>(n);
  const double variance = (influence.array() - influence.mean()).square().sum() / (size - 1.0);
  if (variance > 1e-20) e.standard_error = e.value * std::sqrt(variance / size);  // less is rounding
  return e;
}

[[nodiscard]] inline estimate vendi_of_gram(const Eigen::MatrixXd& gram, const vendi_score_options& options) {
  const auto n = static_cast<std::size_t>(gram.rows());
  const auto size = static_cast<double>(n);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(
      gram / size, options.standard_error ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) return {core::nan, core::nan, n};
  return vendi_of_spectrum(solver.eigenvalues(), n, options.order,
                           [&](Eigen::Index first, Eigen::Index kept, const Eigen::VectorXd& gain) -> Eigen::VectorXd {
                             if (!options.standard_error) return {};
                             const auto vectors = solver.eigenvectors().middleCols(first, kept);
                             const auto values = solver.eigenvalues().segment(first, kept);
                             return vectors.array().square().matrix() * (size * values.array() * gain.array()).matrix();
                           });
}

/// The same from unit rows X [n × d] through XᵀX/n, whose eigenvalues other than 0 are those of XXᵀ/n.
[[nodiscard]] inline estimate vendi_of_covariance(const Eigen::MatrixXd& x, const vendi_score_options& options) {
  const auto n = static_cast<std::size_t>(x.rows());
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(x.cols(), x.cols());
  covariance.selfadjointView<Eigen::Lower>().rankUpdate(x.transpose(), 1.0 / static_cast<double>(n));
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(  // reads the lower triangle alone
      covariance, options.standard_error ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) return {core::nan, core::nan, n};
  return vendi_of_spectrum(solver.eigenvalues(), n, options.order,
                           [&](Eigen::Index first, Eigen::Index kept, const Eigen::VectorXd& gain) -> Eigen::VectorXd {
                             if (!options.standard_error) return {};
                             const Eigen::MatrixXd projected = x * solver.eigenvectors().middleCols(first, kept);
                             return projected.array().square().matrix() * gain;
                           });
}

}  // namespace vendi_detail

/// Vendi score: the effective number of dissimilar samples.
///
///   (Σ λₖ^q)^{1/(1−q)}      λ: eigenvalues of K/n      q = 1: exp(−Σ λ ln λ)      q = ∞: 1/max λ
///
/// n samples of which all are alike count as one, n samples with nothing in common as n. A Hill number of the spectrum: small q sees
/// rare kinds, large q the commonest.
/// @param source   rows(x, n, d): embeddings, compared by the cosine; a kernel_matrix; token sequences (those that hold a token)
///                 with `kernel`; or a summary::covariance of points of length 1, which streams and merges: samples that never
///                 stood in memory together, compared by the cosine, without a standard error
/// @return         effective samples, in [1, n], and n; standard error by the delta method on the spectrum, for
///                 independent samples (see below); NaN when n = 0, an entry is NaN or infinite, or a row of x is zero
/// @complexity     kernel O(n³), 16n² bytes. Rows: O(n·d·min(n, d) + min(n, d)³): for n > d through the d × d matrix XᵀX;
///                 a covariance O(d³)
/// @bias           downwards, the more the closer the score is to n: at most n kinds can be seen in n samples
/// @throws         std::invalid_argument unless order ≥ 0; for a covariance of points whose mean squared length is not 1
///
/// Standard error. With K = XXᵀ and unit rows xᵢ the λ are the eigenvalues of the mean of xᵢxᵢᵀ, so that H = ln(score) is a function of
/// a mean; its influence is Σₖ gₖ (xᵢ·vₖ)², gₖ = q (e^{(q−1)(ln λₖ + H)} − 1)/(1 − q), −(ln λₖ + H) at q = 1, and the error is
/// score · sd(influence)/√n. It takes the sample's own spectrum for the source's: too small for q ≤ 1 where
/// many samples resemble no other (0.66 to 0.87 of the scatter in docs/diversity.md), within a third of it at q = 2. NaN at q = 0, at
/// q = ∞ where two eigenvalues share the maximum, and where no sample differs in influence.
/// @see            D. Friedman, A. B. Dieng (2023), Transactions on Machine Learning Research; A. P. Pasarkar, A. B. Dieng (2024),
///                 AISTATS (orders other than 1)
/// @example        examples/diversity/similarity.cpp
struct vendi_score_fn {
  static constexpr std::string_view name = "diversity.vendi_score";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Friedman and Dieng (2023)";

  [[nodiscard]] estimate operator()(const kernel_matrix& kernel, const vendi_score_options& options = {}) const {
    core::check_not_negative("diversity::vendi_score", "order", options.order);
    if (kernel.size() == 0) return {core::nan, core::nan, 0};
    for (const double k : kernel.values())
      if (!core::is_finite(k)) return {core::nan, core::nan, kernel.size()};
    const auto n = static_cast<Eigen::Index>(kernel.size());
    return vendi_detail::vendi_of_gram(Eigen::Map<const Eigen::MatrixXd>(kernel.values().data(), n, n), options);
  }
  [[nodiscard]] estimate operator()(const core::token_sequences& text, const vendi_score_options& options = {}) const {
    core::check_not_negative("diversity::vendi_score", "order", options.order);
    return (*this)(similarities(text, options.kernel), options);
  }
  template <std::floating_point Real>
  [[nodiscard]] estimate operator()(const core::rows_view<Real>& features,
                                    const vendi_score_options& options = {}) const {
    core::check_not_negative("diversity::vendi_score", "order", options.order);
    const std::size_t n = features.size;
    if (n == 0) return {core::nan, core::nan, 0};
    const std::vector<double> normed = detail::unit_rows(features);
    if (normed.empty()) return {core::nan, core::nan, n};
    const Eigen::MatrixXd x = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
        normed.data(), static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(features.dimension));
    if (x.rows() > x.cols()) return vendi_detail::vendi_of_covariance(x, options);
    Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(x.rows(), x.rows());
    gram.selfadjointView<Eigen::Lower>().rankUpdate(x);
    return vendi_detail::vendi_of_gram(gram, options);
  }
  /// The eigenvalues of XᵀX/n = (n − 1)/n S + x̄x̄ᵀ are those of K/n.
  [[nodiscard]] estimate operator()(const summary::covariance& points, const vendi_score_options& options = {}) const {
    core::check_not_negative("diversity::vendi_score", "order", options.order);
    const auto n = points.count();
    if (n == 0) return {core::nan, core::nan, 0};
    detail::check_unit_length("diversity::vendi_score", points);
    const auto d = static_cast<Eigen::Index>(points.dimension());
    const Eigen::Map<const Eigen::VectorXd> mean(points.mean().data(), d);
    Eigen::MatrixXd second = mean * mean.transpose();
    if (n > 1) {
      const std::vector<double> matrix = points.matrix();
      second += Eigen::Map<const Eigen::MatrixXd>(matrix.data(), d, d) *
                (static_cast<double>(n - 1) / static_cast<double>(n));
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(second, Eigen::EigenvaluesOnly);
    if (solver.info() != Eigen::Success) return {core::nan, core::nan, n};
    return vendi_detail::vendi_of_spectrum(
        solver.eigenvalues(), static_cast<std::size_t>(n), options.order,
        [](Eigen::Index, Eigen::Index, const Eigen::VectorXd&) -> Eigen::VectorXd { return {}; });
  }
};
inline constexpr vendi_score_fn vendi_score{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
