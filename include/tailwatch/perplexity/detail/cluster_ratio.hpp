// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::perplexity::detail {

/// One cluster (a token, a block, a sentence, a document): what it sums to and how many units it holds.
struct cluster {
  double sum = 0.0;
  std::uint64_t units = 0;
};

struct ratio {
  double mean = core::nan;  ///< Σ sums / Σ units
  double standard_error = core::nan;
  std::uint64_t units = 0;
  std::uint64_t clusters = 0;
};

/// Mean per unit over clusters at(0), …, at(n − 1), with the linearised variance of a ratio of two sums (Cochran 1977,
/// §6.3):
///
///   m = Σ s_c / Σ u_c        se² = C/(C − 1) · Σ (s_c − m·u_c)² / (Σ u_c)²
///
/// Clusters are taken as independent, whatever happens inside one. Clusters without units are left out. With one unit
/// per cluster this is the usual se² = Σ (x − m)²/(n(n − 1)). A single cluster says nothing about spread: NaN.
template <class At>
[[nodiscard]] ratio cluster_ratio(std::size_t n, At at) {
  ratio r;
  double sum = 0.0;
  double lost = 0.0;  // Neumaier's compensation; under -ffast-math it is optimised away and the sum is a plain one
  for (std::size_t i = 0; i < n; ++i) {
    const cluster c = at(i);
    if (c.units == 0) continue;
    const double next = sum + c.sum;
    lost += std::abs(sum) >= std::abs(c.sum) ? (sum - next) + c.sum : (c.sum - next) + sum;
    sum = next;
    r.units += c.units;
    ++r.clusters;
  }
  if (r.units == 0) return r;
  const auto units = static_cast<double>(r.units);
  r.mean = (core::is_finite(lost) ? sum + lost : sum) / units;
  if (r.clusters < 2 || !core::is_finite(r.mean)) return r;
  double squares = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const cluster c = at(i);
    if (c.units == 0) continue;
    const double centred = c.sum - r.mean * static_cast<double>(c.units);
    squares += centred * centred;
  }
  const auto clusters = static_cast<double>(r.clusters);
  r.standard_error = std::sqrt(clusters / (clusters - 1.0) * squares) / units;
  return r;
}

}  // namespace tailwatch::perplexity::detail
