// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/core/executor.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/classifier_knn.hpp"
#include "tailwatch/drift/energy_distance.hpp"
#include "tailwatch/drift/kullback_leibler_knn.hpp"
#include "tailwatch/drift/median_bandwidth.hpp"
#include "tailwatch/drift/mmd_polynomial.hpp"
#include "tailwatch/drift/mmd_rbf.hpp"
#include "tailwatch/drift/schilling_knn.hpp"
#include "tailwatch/drift/sinkhorn.hpp"
#include "tailwatch/drift/sliced_wasserstein.hpp"

using namespace tailwatch;

namespace {

/// Parts on `threads` threads, or last part first in this one, and how many parts there were at most.
struct test_executor {
  std::size_t threads = 0;
  std::size_t* most_parts = nullptr;

  template <class Work>
  void operator()(std::size_t parts, const Work& work) const {
    *most_parts = std::max(*most_parts, parts);
    if (threads == 0) {
      for (std::size_t part = parts; part-- > 0;) work(part);
      return;
    }
    std::vector<std::thread> running;
    for (std::size_t t = 0; t < threads; ++t)
      running.emplace_back([&, t] {
        for (std::size_t part = t; part < parts; part += threads) work(part);
      });
    for (std::thread& t : running) t.join();
  }
};

bool same_bits(const estimate& a, const estimate& b) {
  const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
  return bits(a.value) == bits(b.value) && bits(a.standard_error) == bits(b.standard_error) && a.count == b.count;
}

template <class Call>
void check_executors(const char* name, const Call& call) {
  INFO(name);
  const estimate alone = call(core::sequential{});
  CHECK(core::is_finite(alone.value));
  for (const std::size_t threads : {0U, 2U, 5U}) {
    INFO(threads);
    std::size_t most_parts = 0;
    CHECK(same_bits(call(test_executor{threads, &most_parts}), alone));
    CHECK(most_parts > 1);
  }
}

std::vector<double> executor_points(std::size_t size, double shift, std::uint64_t seed) {
  core::random_engine random(seed);
  std::vector<double> x(size);
  for (double& v : x) v = shift + core::uniform_01(random);
  return x;
}

}  // namespace

TEST_CASE("drift: the bits do not depend on who runs the parts", "[drift]") {
  constexpr std::size_t n = 2060, m = 2070, d = 2;
  const std::vector<double> a = executor_points(n * d, 0.0, 1), b = executor_points(m * d, 0.2, 2);
  const std::vector<float> a32(a.begin(), a.end()), b32(b.begin(), b.end());
  const auto x = rows(a, n, d), y = rows(b, m, d);
  const auto x32 = rows(a32, n, d), y32 = rows(b32, m, d);

  check_executors("mmd_rbf", [&](const auto& run) { return drift::mmd_rbf(x, y, {.sigma = 0.5}, run); });
  check_executors("mmd_rbf, f32", [&](const auto& run) { return drift::mmd_rbf(x32, y32, {.sigma = 0.5}, run); });
  check_executors("mmd_polynomial", [&](const auto& run) { return drift::mmd_polynomial(x, y, {}, run); });
  check_executors("energy_distance", [&](const auto& run) { return drift::energy_distance(x, y, {}, run); });
  check_executors("median_bandwidth", [&](const auto& run) { return drift::median_bandwidth(x, y, run); });
  check_executors("kullback_leibler_knn", [&](const auto& run) { return drift::kullback_leibler_knn(x, y, {}, run); });
  check_executors("classifier_knn", [&](const auto& run) { return drift::classifier_knn(x, y, {}, run); });
  check_executors("classifier_knn_pvalue",
                  [&](const auto& run) { return drift::classifier_knn_pvalue(x, y, {}, run); });
  check_executors("schilling_knn", [&](const auto& run) { return drift::schilling_knn(x, y, {}, run); });
  check_executors("sliced_wasserstein", [&](const auto& run) {
    core::random_engine random(3);
    return drift::sliced_wasserstein(x, y, random, {}, run);
  });
  check_executors("max_sliced_wasserstein", [&](const auto& run) {
    core::random_engine random(3);
    return drift::max_sliced_wasserstein(x, y, random, {}, run);
  });
  const auto few_x = rows(std::span<const double>(a).first(500 * d), 500, d);
  const auto few_y = rows(std::span<const double>(b).first(450 * d), 450, d);
  check_executors("sinkhorn_cost", [&](const auto& run) {
    return drift::sinkhorn_cost(few_x, few_y, {.epsilon = 0.5, .tolerance = 1e-4}, run);
  });
  check_executors("sinkhorn_divergence", [&](const auto& run) {
    return drift::sinkhorn_divergence(few_x, few_y, {.epsilon = 0.5, .tolerance = 1e-4}, run);
  });
}

TEST_CASE("drift: neighbours are the same whoever looks for them", "[drift]") {
  constexpr std::size_t n = 1300;
  for (const std::size_t d : {1U, 3U, 12U}) {  // by the tree and by pairs
    const std::vector<double> a = executor_points(n * d, 0.0, 4);
    const auto alone = neighbours::nearest(rows(a, n, d), 4);
    for (const std::size_t threads : {0U, 3U}) {
      std::size_t most_parts = 0;
      const auto parts = neighbours::nearest(rows(a, n, d), 4, test_executor{threads, &most_parts});
      CHECK(most_parts == 3);
      REQUIRE(parts.size() == alone.size());
      for (std::size_t i = 0; i < n; ++i)
        REQUIRE(std::equal(alone[i].begin(), alone[i].end(), parts[i].begin(), parts[i].end()));
    }
  }
}

TEST_CASE("drift median_bandwidth: the middle two, above what fits in memory and with ties", "[drift]") {
  constexpr std::size_t n = 1500, m = 1501;  // 3001 points have an even number of pairs, more than 2^21
  std::vector<double> x = executor_points(n, 0.0, 5), y = executor_points(m, 0.1, 6);
  const auto by_hand = [&] {
    std::vector<double> all(x), distances;
    all.insert(all.end(), y.begin(), y.end());
    for (std::size_t i = 0; i < all.size(); ++i)
      for (std::size_t j = i + 1; j < all.size(); ++j) distances.push_back(std::abs(all[i] - all[j]));
    const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
    std::nth_element(distances.begin(), middle, distances.end());
    return 0.5 * (*middle + *std::max_element(distances.begin(), middle));
  };
  CHECK(testing::close(drift::median_bandwidth(x, y).value, by_hand(), 1e-15));
  for (double& v : x) v = std::floor(8.0 * v);
  for (double& v : y) v = std::floor(8.0 * v);
  CHECK(drift::median_bandwidth(x, y).value == by_hand());
  for (double& v : x) v = 1.0;
  for (double& v : y) v = 3.0;  // n(n−1)/2 + m(m−1)/2 distances of 0 and nm of 2: the middle two are 0 and 0 or 2
  CHECK(drift::median_bandwidth(x, y).value == by_hand());
}
