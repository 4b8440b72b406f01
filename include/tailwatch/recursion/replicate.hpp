// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <mutex>
#include <type_traits>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"

namespace tailwatch::recursion {

struct replicate_options {
  std::size_t threads = 1;  ///< at least 1; 1 starts none
  /// progress(done, n) after each repetition, from whichever thread finished it, one call at a time
  std::function<void(std::size_t, std::size_t)> progress{};
};

/// Independent repetitions: f(i, seedᵢ) for i = 0 … n − 1, seedᵢ = core::split_seed(seed, i).
///
/// Bit-identical for any number of threads, because nothing is shared but the results' slots. f is called from several
/// threads at once where threads > 1, each index once. An exception of f reaches the caller.
///
/// @param f   f(std::uint64_t index, std::uint64_t seed) → a default-constructible value (not bool: neighbours of
///            std::vector<bool> share bytes)
/// @return    std::vector of the n results, by index
/// @throws    std::invalid_argument for threads = 0
template <class Function>
auto replicate(std::size_t n, std::uint64_t seed, Function&& f, const replicate_options& options = {}) {
  using result_type = std::remove_cvref_t<std::invoke_result_t<Function&, std::uint64_t, std::uint64_t>>;
  static_assert(std::default_initializable<result_type> && !std::same_as<result_type, bool>);
  core::check_at_least("recursion::replicate", "threads", options.threads, std::size_t{1});
  std::vector<result_type> results(n);
  std::atomic<std::size_t> next{0};
  std::mutex reporting;
  std::size_t done = 0;
  const auto work = [&] {
    for (std::size_t i = next.fetch_add(1, std::memory_order_relaxed); i < n;
         i = next.fetch_add(1, std::memory_order_relaxed)) {
      results[i] = f(static_cast<std::uint64_t>(i), core::split_seed(seed, i));
      if (!options.progress) continue;
      const std::lock_guard lock(reporting);
      options.progress(++done, n);
    }
  };
  // std::async rather than std::thread: it carries an exception back without a try block, which headers may not hold
  std::vector<std::future<void>> helpers;
  const std::size_t threads = std::min(options.threads, n);
  for (std::size_t t = 1; t < threads; ++t) helpers.push_back(std::async(std::launch::async, work));
  work();
  for (auto& helper : helpers) helper.get();
  return results;
}

}  // namespace tailwatch::recursion
