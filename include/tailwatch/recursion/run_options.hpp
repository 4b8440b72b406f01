// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/recursion/regime.hpp"

namespace tailwatch::recursion {

/// What `run` does; what a regime does not use must be left alone.
struct run_options {
  recursion::regime regime = recursion::regime::replace;
  std::uint64_t generations = 10;   ///< fits, the first on real data; at least 1
  std::uint64_t sample_size = 0;    ///< units drawn from each generation; 0: the size of the real data
  std::uint64_t training_size = 0;  ///< accumulate_subsample only: units trained on; 0: sample_size
  double real_fraction = 0.0;       ///< mix only: share of fresh real units in each training set after the first
  /// Growing sizes: units drawn from generation 0, 1, …; the last holds for all later ones. Instead of sample_size.
  std::vector<std::uint64_t> sample_sizes{};
  /// Every r-th generation is trained on a share of fresh real data whatever the regime (a curriculum, or recovery); 0: never.
  std::uint64_t refresh_every = 0;
  double refresh_fraction = 1.0;  ///< that share
  /// mix and augment only: total weight of the real items of a training set, in (0, 1]; nothing: all items alike. He, Xu and
  /// Cheng's optimum is optimal_mixing_weight. The fit must take weights.
  std::optional<double> real_weight{};

  friend bool operator==(const run_options&, const run_options&) = default;
};

/// Sizes n_t = first · t^power, t = 1 … generations, rounded: for run_options::sample_sizes. Loss stays bounded for power > 1
/// (growing_replace_variance).
/// @throws std::invalid_argument unless first ≥ 1 and power is finite
[[nodiscard]] inline std::vector<std::uint64_t> growing_sizes(std::uint64_t first, double power,
                                                              std::uint64_t generations) {
  core::check_at_least("recursion::growing_sizes", "first", first, std::uint64_t{1});
  core::check(core::is_finite(power), "recursion::growing_sizes", "power", power, "finite");
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t t = 1; t <= generations; ++t) {
    const double size = static_cast<double>(first) * std::pow(static_cast<double>(t), power);
    core::check_at_most("recursion::growing_sizes", "size", size, 0x1p53);
    sizes.push_back(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(size))));
  }
  return sizes;
}

namespace detail {

inline void check_run_options(const run_options& o, std::uint64_t real_size) {
  constexpr auto function = "recursion::run";
  core::check(real_size > 0, function, "size of real_data", real_size, "at least 1");
  core::check_at_least(function, "generations", o.generations, std::uint64_t{1});
  core::check(o.training_size == 0 || o.regime == regime::accumulate_subsample, function, "training_size",
              o.training_size, "0 unless the regime is accumulate-subsample");
  core::check_closed_interval(function, "real_fraction", o.real_fraction, 0.0, 1.0);
  core::check(o.real_fraction == 0.0 || o.regime == regime::mix, function, "real_fraction", o.real_fraction,
              "0 unless the regime is mix");
  core::check(o.sample_size == 0 || o.sample_sizes.empty(), function, "sample_size", o.sample_size,
              "0 where sample_sizes are given");
  for (const std::uint64_t size : o.sample_sizes)
    core::check_at_least(function, "sample_sizes", size, std::uint64_t{1});
  core::check_closed_interval(function, "refresh_fraction", o.refresh_fraction, 0.0, 1.0);
  if (o.real_weight) {
    core::check(*o.real_weight > 0.0 && *o.real_weight <= 1.0, function, "real_weight", *o.real_weight,
                "greater than 0 and at most 1");
    core::check(o.regime == regime::mix || o.regime == regime::augment, function, "real_weight", *o.real_weight,
                "absent unless the regime is mix or augment");
  }
}

}  // namespace detail
}  // namespace tailwatch::recursion
