// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/simd/entropy_gradient.hpp"
#include "tailwatch/simd/row_pass.hpp"
#include "tailwatch/summary/moments.hpp"
#include "tailwatch/summary/softmax_rows.hpp"

namespace tailwatch::entropy {

struct softmax_entropy_gradient_options {
  /// The regulariser is scale·Σᵣ Hᵣ: coefficient/tokens for a mean over the tokens of a batch, negative to reward entropy in a
  /// loss that is minimised.
  double scale = 1.0;
  bool accumulate = false;  ///< add to the gradient instead of assigning it
};

/// The regulariser of one batch; the gradient went to the caller's buffer.
struct softmax_entropy_regulariser {
  double value = 0.0;  ///< scale·Σᵣ Hᵣ over the rows used, nats
  estimate entropy;    ///< mean Hᵣ, nats per row; standard error as if rows were independent; NaN without a row
  std::uint64_t rejected = 0;  ///< rows with NaN, +∞, or every logit −∞: no value, gradient 0
  std::uint64_t masked = 0;    ///< rows skipped by the mask: gradient 0
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Entropy regulariser of a batch of next-token distributions: value, and gradient with respect to the logits, fused.
///
///   R = scale·Σᵣ Hᵣ      ∂R/∂xᵣⱼ = −scale·pᵣⱼ (ln pᵣⱼ + Hᵣ)      p = softmax(x), H = −Σ p ln p
///
/// Adding −coefficient·mean(H) to a loss rewards diversity and holds off the entropy collapse of a policy. Each row is read
/// twice, the second time from cache; probabilities are never stored. A logit of −∞ has p = 0 and gradient 0.
///
/// @param logits      row r at logits + r·row_stride; float, simd::bfloat16 or simd::float16
/// @param vocabulary  logits per row; the rest up to row_stride is padding, neither read nor written
/// @param gradient    row r at gradient + r·gradient_stride, float; assigned, or added to with `accumulate`. It may be the
///                    logits themselves (float, equal strides, without accumulate)
/// @param mask        0 = skip the row, its gradient is 0 (with accumulate: unchanged); or nullptr
/// @return            value, mean entropy with standard error, and how many rows were rejected and masked
/// @complexity        O(rows · vocabulary), no allocation
/// @error             per element 1e-6·|scale|·max(1, H), see docs/numerics.md
/// @bias           none: the distribution is known, only the sample of contexts is finite
/// @throws            std::invalid_argument  vocabulary 0, a stride below vocabulary, a scale that is not finite
/// @see               R. J. Williams, J. Peng (1991), Connection Science 3, 241–268; V. Mnih et al. (2016), ICML, 1928–1937
/// @example           examples/entropy/softmax_entropy.cpp
struct softmax_entropy_gradient_fn {
  static constexpr std::string_view name = "entropy.softmax_entropy_gradient";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Williams and Peng (1991)";

  template <class Arch = simd::default_arch, simd::logit Logit>
  softmax_entropy_regulariser operator()(const Logit* logits, std::size_t rows, std::size_t vocabulary,
                                         std::size_t row_stride, float* gradient, std::size_t gradient_stride,
                                         const std::uint8_t* mask = nullptr,
                                         const softmax_entropy_gradient_options& options = {}) const {
    core::check_at_least("entropy::softmax_entropy_gradient", "vocabulary", vocabulary, std::size_t{1});
    check(vocabulary, row_stride, gradient_stride, options);
    return over_rows<Arch>(
        logits, rows, vocabulary, row_stride, gradient, gradient_stride, options,
        [&](std::size_t r) { return mask != nullptr && mask[r] == 0; },
        [&](std::size_t r) { return simd::row_pass<Arch>(logits + r * row_stride, vocabulary); });
  }

  /// For a vocabulary split over ranks (tensor parallelism): this rank's columns, after the partials of all slices were merged
  /// or reduced. `value` and `entropy` are those of whole rows, the same on every rank.
  /// @throws std::invalid_argument  a stride below slice, a scale that is not finite
  template <class Arch = simd::default_arch, simd::logit Logit>
  softmax_entropy_regulariser operator()(const summary::softmax_row_partials& whole_rows, const Logit* logits,
                                         std::size_t slice, std::size_t row_stride, float* gradient,
                                         std::size_t gradient_stride,
                                         const softmax_entropy_gradient_options& options = {}) const {
    check(slice, row_stride, gradient_stride, options);
    return over_rows<Arch>(
        logits, whole_rows.rows(), slice, row_stride, gradient, gradient_stride, options,
        [&](std::size_t r) { return whole_rows.masked(r); }, [&](std::size_t r) { return whole_rows.partial(r); });
  }

 private:
  static void check(std::size_t columns, std::size_t row_stride, std::size_t gradient_stride,
                    const softmax_entropy_gradient_options& options) {
    core::check_at_least("entropy::softmax_entropy_gradient", "row_stride", row_stride, columns);
    core::check_at_least("entropy::softmax_entropy_gradient", "gradient_stride", gradient_stride, columns);
    core::check(core::is_finite(options.scale), "entropy::softmax_entropy_gradient", "scale", options.scale, "finite");
  }

  template <class Arch, class Logit, class Masked, class Partial>
  static softmax_entropy_regulariser over_rows(const Logit* logits, std::size_t rows, std::size_t columns,
                                               std::size_t row_stride, float* gradient, std::size_t gradient_stride,
                                               const softmax_entropy_gradient_options& options, const Masked& masked,
                                               const Partial& partial) {
    softmax_entropy_regulariser result;
    summary::moments entropies;
    double sum = 0.0;
    for (std::size_t r = 0; r < rows; ++r) {
      simd::row_partial row;  // without a softmax: gradient 0
      if (masked(r)) {
        ++result.masked;
      } else {
        row = partial(r);
        if (simd::defined(row)) {
          const double h = simd::entropy(row);
          entropies.template add<Arch>(h);
          sum += h;
        } else {
          ++result.rejected;
        }
      }
      simd::entropy_gradient<Arch>(logits + r * row_stride, columns, row, options.scale, gradient + r * gradient_stride,
                                   options.accumulate);
    }
    result.value = options.scale * sum;
    result.entropy = entropies.mean();
    return result;
  }
};
inline constexpr softmax_entropy_gradient_fn softmax_entropy_gradient{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
