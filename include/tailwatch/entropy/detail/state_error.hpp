// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/entropy/detail/keyed_ngrams.hpp"
#include "tailwatch/entropy/detail/overlapping_ngrams.hpp"
#include "tailwatch/entropy/detail/second_order.hpp"
#include "tailwatch/math/n_log_n.hpp"

namespace tailwatch::entropy::detail {

/// In place of a table of (n − 1)-grams: the entropy of the n-grams themselves.
struct no_context {};

/// √max(V₁ − κV₂, 0.4 V₁) of H_n, or of H_n − H_{n−1}, from counts: V₁ = Σ (u − ū)² over the n-grams, each with the (n − 1)-gram that begins
/// it, and over the (n − 1)-grams that end a sequence, plus what their overlap adds; V₂ likewise of pairs. first_order: √Σ (u − ū)², u by the delta method, as
/// if the n-grams were independent. NaN where one table does not hold what the other says or has left out something, where nothing
/// varies and where fewer than eight n-grams (of the shorter) come again.
template <keyed_ngrams Joint, class Context>
[[nodiscard]] double state_error(const Joint& joint, const Context& context, bool first_order) {
  constexpr bool alone = std::is_same_v<Context, no_context>;
  const std::size_t length = joint.order() - 1;
  if (!whole(joint)) return core::nan;
  const auto n = static_cast<double>(joint.count());
  if (n < 3.0) return core::nan;
  double all = 1.0;
  if constexpr (!alone) {
    if (length == 0 || !counts_length(context, length) || !whole(context)) return core::nan;
    all = static_cast<double>(context.count());
  }
  double weight = 0.0, mean = 0.0, once = 0.0, twice = 0.0;
  bool complete = true;
  second_order_share pairs;
  std::uint64_t recurrences = 0;
  overlapping_ngrams overlap;
  joint.for_each([&](std::span<const std::uint32_t> gram, std::uint64_t occurred) {
    if (!complete) return;
    const auto count = static_cast<double>(occurred);
    double before = 1.0;
    if constexpr (!alone) {
      before = occurrences(context, gram.first(length));
      if (before < count) {
        complete = false;
        return;
      }
    }
    const double step = first_order ? std::log(count) / n - std::log(before) / all
                                    : math::n_log_n_step(count) / n - math::n_log_n_step(before) / all;
    const double delta = step - mean;
    weight += count;
    mean += delta * (count / weight);
    once += count * delta * (delta - delta * (count / weight));
    if (first_order) return;
    const double own = occurred > 1 ? math::n_log_n_bend(count) / n : 0.0;
    const double of_context = before > 1.0 ? math::n_log_n_bend(before) / all : 0.0;
    const double same = 0.5 * count * (count - 1.0);
    overlap.add(gram, count, step, same * own - 0.5 * count * (before - 1.0) * of_context, same * (own - of_context));
    if (occurred < 2) return;
    pairs.add(count);
    if constexpr (alone) recurrences += occurred - 1;
    twice += same * own * (own - 2.0 * of_context);
  });
  if (!complete) return core::nan;
  double variance = once;
  if (!first_order) {
    if constexpr (!alone) {
      double ends = 0.0, mean_end = 0.0;
      const auto each_context = [&](auto&& visit) {
        each_gram(context, [&](std::span<const std::uint32_t> gram, std::uint64_t occurred) {
          const auto count = static_cast<double>(occurred);
          visit(gram, count, -math::n_log_n_step(count) / all);
        });
      };
      std::vector<double> ends_of;
      each_context([&](std::span<const std::uint32_t> gram, double count, double step) {
        ends_of.push_back(std::max(0.0, count - overlap.begun(gram)));
        ends += ends_of.back();
        mean_end += ends_of.back() * step;
        if (count < 2.0) return;
        recurrences += static_cast<std::uint64_t>(count) - 1;
        pairs.add(count);
        const double bend = math::n_log_n_bend(count) / all;
        twice += (0.5 * count * bend) * ((count - 1.0) * bend);
      });
      if (ends > 0.0) mean_end /= ends;
      std::size_t at = 0;
      each_context([&](std::span<const std::uint32_t> gram, double count, double step) {
        const double end = ends_of[at++];
        if (end == 0.0) return;
        once += end * (step - mean_end) * (step - mean_end);
        const double bend = count < 2.0 ? 0.0 : math::n_log_n_bend(count) / all;
        overlap.add_end(gram, end, step - mean_end + mean, -0.5 * end * (count - 1.0) * bend);
      });
    }
    twice += overlap.covariance_of_pairs();
    if (recurrences < least_recurrences) return core::nan;
    once += overlap.covariance();
    variance = std::max(once - pairs.weight() * twice, 0.4 * once);
  }
  return variance > 1e-26 ? std::sqrt(variance) : core::nan;  // below: rounding
}

}  // namespace tailwatch::entropy::detail
