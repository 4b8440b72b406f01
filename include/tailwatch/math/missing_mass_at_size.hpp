// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tailwatch/math/log_absent.hpp"
#include "tailwatch/math/unseen_share.hpp"

namespace tailwatch::math {

/// What one symbol seen `count` times adds to the mass that m < N observations would miss.
[[nodiscard]] inline double missing_mass_term(double population, double count, double draws) noexcept {
  return count > 0.0 ? count / population * std::exp(log_absent(population - 1.0, count - 1.0, draws)) : 0.0;
}

/// The mass that m ≥ N observations would miss, once one observation is taken away that made f₁ and f₂ move as told; to a factor near 1 that
/// is the same for all of them.
[[nodiscard]] inline double missing_mass_beyond_without(std::uint64_t f1, std::uint64_t f2, std::uint64_t total,
                                                        double m, std::uint64_t count) noexcept {
  const std::uint64_t ones = count == 1 ? (f1 > 0 ? f1 - 1 : 0) : count == 2 ? f1 + 1 : f1;
  const std::uint64_t twos = count == 2 ? (f2 > 0 ? f2 - 1 : 0) : count == 3 ? f2 + 1 : f2;
  const double beyond = std::max(0.0, m - static_cast<double>(total)) + 1.0;
  return static_cast<double>(ones) / (static_cast<double>(total) - 1.0) *
         std::exp(beyond * std::log1p(-singleton_share(ones, twos, total - 1)));
}

/// The mass that m ≥ N observations would miss.
[[nodiscard]] inline double missing_mass_beyond(std::uint64_t f1, std::uint64_t f2, std::uint64_t total,
                                                double m) noexcept {
  if (f1 == 0) return 0.0;
  const auto n = static_cast<double>(total);
  // by log1p: 1 − A itself would round an A of 1e-13 to three digits
  return static_cast<double>(f1) / n * std::exp((m - n + 1.0) * std::log1p(-singleton_share(f1, f2, total)));
}

/// Mass that a sample of m observations of the same source would miss: one minus the coverage of Chao and Jost (2012).
///
///   m < N  Σ (nᵢ/N) C(N − nᵢ, m)/C(N − 1, m)      m ≥ N  (f₁/N)(1 − A)^{m−N+1}, A as singleton_share
///
/// @param entries     {count, multiplicity}, count ≥ 1, ascending
/// @param total       N = Σ count·multiplicity ≥ 2
/// @complexity        for m < N O(min(m, nᵢ) ∧ 4096) per distinct count, and no more than O(N/m + distinct counts) where they lie close
template <class Entry>
[[nodiscard]] double missing_mass_at_size(std::span<Entry> entries, std::uint64_t total, std::uint64_t sample_size) {
  const auto n = static_cast<double>(total);
  const auto m = static_cast<double>(sample_size);
  if (sample_size < total) {
    double missing = 0.0;
    double
        absent = 0.0,
        factors =
            0.0;  // ln C(N − 1 − factors, m)/C(N − 1, m), carried on from count to count where that is the shorter way
    for (const auto& e : entries) {
      const auto count = static_cast<double>(e.count);
      if (count + m > n) break;  // must appear
      if (count - 1.0 - factors < std::min({count - 1.0, m, 4096.0})) {
        for (; factors < count - 1.0; factors += 1.0) absent += std::log1p(-m / (n - 1.0 - factors));
      } else {
        absent = log_absent(n - 1.0, count - 1.0, m);
        factors = count - 1.0;
      }
      const double chance = std::exp(absent);
      missing += static_cast<double>(e.multiplicity) * (count / n) * chance;
      if (chance < 1e-18 * missing) break;  // the share of all that follow is below 1
    }
    return missing;
  }
  const auto multiplicity_of = [&](std::uint64_t r) -> std::uint64_t {
    for (const auto& e : entries)
      if (e.count >= r) return e.count == r ? e.multiplicity : 0;
    return 0;
  };
  return missing_mass_beyond(multiplicity_of(1), multiplicity_of(2), total, m);
}

}  // namespace tailwatch::math
