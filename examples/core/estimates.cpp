// SPDX-License-Identifier: BSL-1.0
//
// The contracts every estimator keeps: what a range means, estimates with intervals, errors that name the argument, saved bytes.
#include <cmath>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/entropy/plugin.hpp"
#include "tailwatch/summary/dense_counts.hpp"

int main() {
  using namespace tailwatch;
  bool good = true;

  // A bare integer range is counts here; floating numbers must say what they are.
  const std::vector<double> occurrences{10, 5, 3, 2, 1, 1};
  const estimate h = entropy::plugin(counts(occurrences), {.unit = information_unit::bits});
  const interval ci = confidence_interval(h, 0.95);
  std::printf("entropy %.4f bits, 95 %% interval [%.4f, %.4f], from %llu observations\n", h.value, ci.lower, ci.upper,
              static_cast<unsigned long long>(h.count));
  good = good && h.count == 22 && ci.lower < h.value && h.value < ci.upper;

  // No data: not an error, but not a number either.
  good = good && std::isnan(entropy::plugin(std::vector<int>{}).value);

  // An argument that can never be right names function, argument and value.
  try {
    static_cast<void>(entropy::plugin(std::vector<int>{3, -1}));
    good = false;
  } catch (const std::invalid_argument& error) {
    std::printf("%s\n", error.what());
    good = good && std::string(error.what()) == "entropy::plugin: count is -1, must be at least 0";
  }

  // Two ranks count, one is saved, sent and merged; the all-reduce of an adapter would add these segments instead.
  summary::dense_counts here(4);
  summary::dense_counts there(4);
  here.update(std::vector<int>{0, 1, 1});
  there.update(std::vector<int>{3, 3, 9});
  const std::vector<std::byte> bytes = core::to_bytes(there);
  summary::dense_counts received(4);
  core::from_bytes(std::span<const std::byte>(bytes), received);
  here.merge(received);
  std::printf("merged: %llu tokens, %llu beyond the vocabulary; one reduction of %zu segment(s), %zu saved bytes\n",
              static_cast<unsigned long long>(here.count()), static_cast<unsigned long long>(here.rejected()),
              received.begin_round(0).size(), bytes.size());
  static_assert(core::reducible<summary::dense_counts>);
  return good && here.count() == 5 && here.rejected() == 1 ? 0 : 1;
}
