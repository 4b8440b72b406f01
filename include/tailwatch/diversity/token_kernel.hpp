// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/token_sequences.hpp"

namespace tailwatch::diversity {

/// Similarity of two token lists: cosine of their raw token counts, or shared over all distinct tokens.
enum class token_kernel { count_cosine, set_jaccard };

/// Symmetric n × n matrix of similarities with ones on its diagonal, 8n² bytes.
class kernel_matrix {
 public:
  kernel_matrix() = default;

  /// From a full matrix, row by row. NaN is data: measures of it are NaN.
  /// @throws std::invalid_argument  unless it has n² entries, is symmetric and has ones on its diagonal, both within 1e-6
  kernel_matrix(std::span<const double> values, std::size_t n) : size_(n), values_(values.begin(), values.end()) {
    core::check_same_size("diversity::kernel_matrix", "values", values.size(), "n*n", n * n);
    for (std::size_t i = 0; i < n; ++i) {
      core::check(!(std::abs(values[i * n + i] - 1.0) > 1e-6), "diversity::kernel_matrix", "diagonal entry",
                  values[i * n + i], "1");
      for (std::size_t j = 0; j < i; ++j)
        core::check(!(std::abs(values[i * n + j] - values[j * n + i]) > 1e-6), "diversity::kernel_matrix", "entry",
                    values[i * n + j], "that of the transposed place");
    }
  }

  /// From similarity(i, j), called once for each i > j.
  template <class Similarity>
    requires requires(const Similarity& f) { static_cast<double>(f(std::size_t{0}, std::size_t{0})); }
  kernel_matrix(std::size_t n, const Similarity& similarity) : size_(n), values_(n * n) {
    for (std::size_t i = 0; i < n; ++i) {
      values_[i * n + i] = 1.0;
      for (std::size_t j = 0; j < i; ++j)
        values_[i * n + j] = values_[j * n + i] = static_cast<double>(similarity(i, j));
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] double operator()(std::size_t i, std::size_t j) const noexcept { return values_[i * size_ + j]; }
  /// Row by row.
  [[nodiscard]] std::span<const double> values() const noexcept { return values_; }

  friend bool operator==(const kernel_matrix&, const kernel_matrix&) = default;

 private:
  std::size_t size_ = 0;
  std::vector<double> values_;
};

/// Similarities of the sequences that hold at least one token; the others are left out.
/// @complexity  O(sequences · distinct tokens of all sequences)
[[nodiscard]] inline kernel_matrix similarities(const core::token_sequences& text, token_kernel kernel) {
  std::vector<std::uint32_t> vocabulary(text.tokens().begin(), text.tokens().end());
  std::ranges::sort(vocabulary);
  vocabulary.erase(std::unique(vocabulary.begin(), vocabulary.end()), vocabulary.end());
  std::vector<std::pair<std::size_t, double>> entries;  // (token, count), one sequence after the other
  std::vector<std::size_t> ends;
  std::vector<double> norms;  // √Σ count², or the number of distinct tokens
  std::vector<std::uint32_t> sorted;
  for (std::size_t s = 0; s < text.size(); ++s) {
    sorted.assign(text[s].begin(), text[s].end());
    if (sorted.empty()) continue;
    std::ranges::sort(sorted);
    double norm = 0.0;
    for (std::size_t i = 0; i < sorted.size();) {
      std::size_t end = i;
      while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
      const double weight = kernel == token_kernel::count_cosine ? static_cast<double>(end - i) : 1.0;
      const auto at = std::ranges::lower_bound(vocabulary, sorted[i]) - vocabulary.begin();
      entries.emplace_back(static_cast<std::size_t>(at), weight);
      norm += weight * weight;
      i = end;
    }
    norms.push_back(kernel == token_kernel::count_cosine ? std::sqrt(norm) : norm);
    ends.push_back(entries.size());
  }
  std::vector<double> spread(vocabulary.size());  // counts of one sequence, by token
  std::size_t spread_row = static_cast<std::size_t>(-1);
  const auto begin_of = [&](std::size_t i) { return i == 0 ? std::size_t{0} : ends[i - 1]; };
  return kernel_matrix(ends.size(), [&](std::size_t i, std::size_t j) {
    if (spread_row != i) {  // rows come one after the other
      if (spread_row < i)
        for (std::size_t e = begin_of(spread_row); e < ends[spread_row]; ++e) spread[entries[e].first] = 0.0;
      for (std::size_t e = begin_of(i); e < ends[i]; ++e) spread[entries[e].first] = entries[e].second;
      spread_row = i;
    }
    double product = 0.0;
    for (std::size_t e = begin_of(j); e < ends[j]; ++e) product += spread[entries[e].first] * entries[e].second;
    return kernel == token_kernel::count_cosine ? product / (norms[i] * norms[j])
                                                : product / (norms[i] + norms[j] - product);
  });
}

}  // namespace tailwatch::diversity
