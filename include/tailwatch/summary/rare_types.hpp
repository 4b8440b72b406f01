// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::summary {

/// A state whose counts lie in one array over a vocabulary (dense_counts).
template <class State>
concept array_counts = requires(const State& state) {
  { state.counts() } -> std::convertible_to<std::span<const std::int64_t>>;
};
/// A state that walks its keys together with those of another (count_table, ngram_counts).
template <class State>
concept paired_counts = requires(const State& state, void (&visit)(std::uint64_t, std::uint64_t)) {
  state.for_each_pair(state, visit);
};

/// Calls visit(count in first, count in second) for each symbol that either has seen.
/// @throws std::invalid_argument  for arrays of different sizes, tables of different kinds, or a negative count
template <std::integral T, class Visit>
void for_each_count_pair(const core::counts_view<T>& first, const core::counts_view<T>& second,
                         std::string_view function, Visit&& visit) {
  core::check_same_size(function, "the first", first.size(), "the second", second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    if constexpr (std::signed_integral<T>) {
      core::check(first[i] >= 0, function, "count", static_cast<long long>(first[i]), "at least 0");
      core::check(second[i] >= 0, function, "count", static_cast<long long>(second[i]), "at least 0");
    }
    if (first[i] != 0 || second[i] != 0)
      visit(static_cast<std::uint64_t>(first[i]), static_cast<std::uint64_t>(second[i]));
  }
}
template <class State, class Visit>
  requires array_counts<State> || paired_counts<State>
void for_each_count_pair(const State& first, const State& second, std::string_view function, Visit&& visit) {
  if constexpr (array_counts<State>) {
    for_each_count_pair(core::counts_view<std::int64_t>(first.counts()),
                        core::counts_view<std::int64_t>(second.counts()), function, visit);
  } else {
    first.for_each_pair(second, visit);
  }
}

/// What a generated text makes of the rare types of a reference: those seen 1 to `max_count` times there.
struct rare_types {
  std::uint64_t max_count = 0;
  std::uint64_t types = 0;            ///< rare types of the reference
  std::uint64_t produced = 0;         ///< those of them that occur in the generated text
  std::uint64_t reference_count = 0;  ///< occurrences of rare types in the reference
  std::uint64_t generated_count = 0;  ///< occurrences of the same types in the generated text
  std::uint64_t reference_total = 0;  ///< all occurrences
  std::uint64_t generated_total = 0;
  friend constexpr bool operator==(const rare_types&, const rare_types&) = default;
};

/// Collects count pairs for several cut-offs at once. The one definition of "rare type" that tail::reference_tail_coverage
/// and uniqueness::rare_type_coverage share.
class rare_type_tally {
 public:
  /// @throws std::invalid_argument  for a cut-off of 0
  rare_type_tally(std::span<const std::uint64_t> max_counts, std::string_view function) {
    for (const std::uint64_t cut : max_counts) {
      core::check_at_least<std::uint64_t>(function, "max_count", cut, 1);
      order_.push_back({cut, order_.size()});
    }
    std::sort(order_.begin(), order_.end());
    classes_.resize(order_.size());
  }

  /// One symbol with its count in the reference and in the generated text.
  void add(std::uint64_t reference, std::uint64_t generated) {
    reference_total_ += reference;
    generated_total_ += generated;
    if (reference == 0) return;
    const auto at = std::lower_bound(order_.begin(), order_.end(), std::pair<std::uint64_t, std::size_t>(reference, 0));
    if (at == order_.end()) return;
    rare_types& c = classes_[static_cast<std::size_t>(at - order_.begin())];
    ++c.types;
    c.produced += generated != 0 ? 1 : 0;
    c.reference_count += reference;
    c.generated_count += generated;
  }

  /// One entry per cut-off, in the order they were given.
  [[nodiscard]] std::vector<rare_types> totals() const {
    std::vector<rare_types> result(order_.size());
    rare_types sum{.reference_total = reference_total_, .generated_total = generated_total_};
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const rare_types& c = classes_[i];
      sum.max_count = order_[i].first;
      sum.types += c.types;
      sum.produced += c.produced;
      sum.reference_count += c.reference_count;
      sum.generated_count += c.generated_count;
      result[order_[i].second] = sum;
    }
    return result;
  }

 private:
  std::vector<std::pair<std::uint64_t, std::size_t>> order_;  ///< cut-off, place where it was given; ascending
  std::vector<rare_types> classes_;                           ///< counts above the cut-off before, up to this one
  std::uint64_t reference_total_ = 0;
  std::uint64_t generated_total_ = 0;
};

/// Rare types at several cut-offs, from two states (dense_counts, count_table, ngram_counts) or counts(x).
/// @complexity O(symbols · log cut-offs)
template <class Counts>
[[nodiscard]] std::vector<rare_types> count_rare_types(const Counts& reference, const Counts& generated,
                                                       std::span<const std::uint64_t> max_counts,
                                                       std::string_view function) {
  rare_type_tally tally(max_counts, function);
  for_each_count_pair(reference, generated, function, [&](std::uint64_t r, std::uint64_t g) { tally.add(r, g); });
  return tally.totals();
}

/// successes/trials with its binomial standard error √(p(1 − p)/n). At p = 0 and p = 1, where that would claim certainty,
/// p = (x + ½)/(n + 1) stands in for it in the error alone. NaN without trials.
[[nodiscard]] inline estimate binomial_share(std::uint64_t successes, std::uint64_t trials) noexcept {
  if (trials == 0) return {core::nan, core::nan, 0};
  const auto n = static_cast<double>(trials);
  const auto x = static_cast<double>(successes);
  const double p = successes == 0 || successes == trials ? (x + 0.5) / (n + 1.0) : x / n;
  return {x / n, std::sqrt(p * (1.0 - p) / n), trials};
}

}  // namespace tailwatch::summary
