// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/neighbours/brute_force.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

namespace {

template <class T>
std::vector<T> neighbours_test_points(std::size_t n, std::size_t d, std::uint64_t seed, double grid) {
  core::random_engine random(seed);
  std::vector<T> x(n * d);
  for (T& v : x) v = static_cast<T>(std::floor(core::uniform_01(random) * grid) / grid);
  return x;
}

double neighbours_test_distance(const double* a, const double* b, std::size_t d) {
  double sum = 0.0;
  for (std::size_t c = 0; c < d; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

}  // namespace

TEST_CASE("neighbours pairwise: every pair once, whatever the sizes", "[neighbours]") {
  for (const std::size_t n : {1U, 7U, 8U, 9U, 31U, 32U, 33U, 70U})
    for (const std::size_t d : {1U, 2U, 3U, 4U, 5U, 63U, 65U, 130U}) {
      const std::size_t m = n + 5;
      const auto a = neighbours_test_points<double>(n, d, n + d, 1e6), b = neighbours_test_points<double>(m, d, 1, 1e6);
      const neighbours::point_panels x(rows(a, n, d)), y(rows(b, m, d));
      std::vector<int> seen(n * m, 0);
      std::size_t wrong = 0;
      neighbours::pairwise<neighbours::pair_term::squared_distance>(
          x, y, [&](std::size_t i, std::size_t j, const double* v, std::size_t begin, std::size_t end) {
            for (std::size_t l = begin; l < end; ++l) {
              ++seen[i * m + j + l];
              wrong += close(v[l], neighbours_test_distance(&a[i * d], &b[(j + l) * d], d), 1e-13) ? 0 : 1;
            }
          });
      std::vector<int> within(n * n, 0);
      neighbours::pairwise_within<neighbours::pair_term::product>(
          x, [&](std::size_t i, std::size_t j, const double* v, std::size_t begin, std::size_t end) {
            for (std::size_t l = begin; l < end; ++l) {
              ++within[i * n + j + l];
              double product = 0.0;
              for (std::size_t c = 0; c < d; ++c) product += a[i * d + c] * a[(j + l) * d + c];
              wrong += close(v[l], product, 1e-13) ? 0 : 1;
            }
          });
      CHECK(wrong == 0);
      CHECK(std::all_of(seen.begin(), seen.end(), [](int k) { return k == 1; }));
      std::size_t off = 0;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) off += within[i * n + j] == (i < j ? 1 : 0) ? 0 : 1;
      CHECK(off == 0);
    }
}

TEST_CASE("neighbours pairwise: distances are symmetric to the bit, parts of the rows are independent",
          "[neighbours]") {
  const std::size_t n = 45, d = 19;
  const auto a = neighbours_test_points<double>(n, d, 3, 1e9);
  const neighbours::point_panels x(rows(a, n, d));
  std::vector<double> whole(n * n), parts(n * n);
  const auto into = [&](std::vector<double>& out) {
    return [&](std::size_t i, std::size_t j, const double* v, std::size_t begin, std::size_t end) {
      for (std::size_t l = begin; l < end; ++l) out[i * n + j + l] = v[l];
    };
  };
  constexpr auto term = neighbours::pair_term::squared_distance;
  neighbours::pairwise<term>(x, x, into(whole));
  neighbours::pairwise<term>(x, 0, 13, x, into(parts));
  neighbours::pairwise<term>(x, 13, n, x, into(parts));
  CHECK(whole == parts);
  std::size_t different = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) different += whole[i * n + j] == whole[j * n + i] ? 0 : 1;
  CHECK(different == 0);
}

TEST_CASE("neighbours brute_force: the k nearest by sorting, ties to the lower index", "[neighbours]") {
  for (const std::size_t d : {1U, 2U, 7U})
    for (const std::size_t k : {1U, 3U, 40U, 200U}) {
      const std::size_t n = 150;  // on a coarse grid, so that most distances are tied
      const auto a = neighbours_test_points<double>(n, d, d + k, 4.0);
      const auto table = neighbours::brute_force(rows(a, n, d), k);
      REQUIRE(table.size() == n);
      REQUIRE(table.found() == std::min(k, n - 1));
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < n; ++i) {
        std::vector<std::pair<double, std::size_t>> all;
        for (std::size_t j = 0; j < n; ++j)
          if (j != i) all.emplace_back(neighbours_test_distance(&a[i * d], &a[j * d], d), j);
        std::sort(all.begin(), all.end());
        for (std::size_t l = 0; l < table.found(); ++l)
          wrong += table[i][l].index == all[l].second && table[i][l].distance == std::sqrt(all[l].first) ? 0 : 1;
      }
      CHECK(wrong == 0);
    }
}

TEST_CASE("neighbours brute_force: queries of their own, float and double", "[neighbours]") {
  const auto a = neighbours_test_points<double>(90, 3, 1, 1e3);
  const auto b = neighbours_test_points<float>(20, 3, 2, 64.0);
  const std::vector<double> wide(b.begin(), b.end());
  const auto of_float = neighbours::brute_force(rows(a, 90, 3), rows(b, 20, 3), 4);
  const auto of_double = neighbours::brute_force(rows(a, 90, 3), rows(wide, 20, 3), 4);
  for (std::size_t i = 0; i < 20; ++i) CHECK(std::ranges::equal(of_float[i], of_double[i]));
  CHECK(neighbours::brute_force(rows(a, 90, 3), rows(a, 90, 3), 1)[7].front() == neighbours::neighbour{7, 0.0});
}

TEST_CASE("neighbours brute_force: borders and arguments", "[neighbours]") {
  const std::vector<double> none, one{1.0}, two{1.0, 2.0}, bad{1.0, core::nan}, far{1.0, core::infinity};
  CHECK(neighbours::brute_force(rows(none, 0, 2), 3).size() == 0);
  CHECK(neighbours::brute_force(rows(one, 1, 1), 3).found() == 0);
  CHECK(neighbours::brute_force(rows(two, 2, 1), 3).found() == 1);
  CHECK(neighbours::brute_force(rows(bad, 2, 1), 1).size() == 0);
  CHECK(neighbours::brute_force(rows(far, 2, 1), 1).size() == 0);
  CHECK_THROWS_AS(neighbours::brute_force(rows(two, 2, 1), 0), std::invalid_argument);
  CHECK_THROWS_AS(neighbours::brute_force(rows(two, 2, 1), rows(two, 1, 2), 1), std::invalid_argument);
}
