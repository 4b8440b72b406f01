// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/neighbours/nearest.hpp"

using namespace tailwatch;

namespace {

std::vector<double> coordinates(std::size_t n, double steps, core::random_engine& random) {
  std::vector<double> x(n);
  for (double& v : x) v = steps > 0.0 ? std::floor(steps * core::uniform_01(random)) : core::uniform_01(random);
  return x;
}

void same_neighbours(const neighbours::neighbour_table& a, const neighbours::neighbour_table& b) {
  REQUIRE(a.size() == b.size());
  REQUIRE(a.found() == b.found());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t l = 0; l < a.found(); ++l) {
      REQUIRE(a[i][l].index == b[i][l].index);
      REQUIRE(std::abs(a[i][l].distance - b[i][l].distance) <= 1e-15 * b[i][l].distance);  // the order of adding
    }
}

}  // namespace

TEST_CASE("neighbours: the nearest points are those of brute force, whichever way is taken", "[neighbours]") {
  core::random_engine random(1);
  for (const std::size_t d : {1U, 2U, 5U})
    for (const std::size_t n : {1U, 40U, 3000U}) {
      const auto x = coordinates(n * d, 0.0, random), y = coordinates(50 * d, 0.0, random);
      same_neighbours(neighbours::nearest(rows(x, n, d), 4), neighbours::brute_force(rows(x, n, d), 4));
      same_neighbours(neighbours::nearest(rows(x, n, d), rows(y, 50, d), 3),
                      neighbours::brute_force(rows(x, n, d), rows(y, 50, d), 3));
    }
  const std::vector<double> two{1.0, 2.0}, bad{1.0, core::nan};
  CHECK(neighbours::nearest(rows(bad, 2, 1), 1).size() == 0);
  CHECK_THROWS_AS(neighbours::nearest(rows(two, 2, 1), 0), std::invalid_argument);
}

#if __has_include(<nanoflann.hpp>)
TEST_CASE("neighbours: a k-d tree finds what brute force finds", "[neighbours]") {
  core::random_engine random(2);
  for (const std::size_t d : {1U, 2U, 3U, 7U})
    for (const std::size_t n : {1U, 2U, 17U, 500U})
      for (const std::size_t k : {1U, 5U, 600U}) {
        const auto x = coordinates(n * d, 0.0, random), y = coordinates(30 * d, 0.0, random);
        same_neighbours(neighbours::k_d_tree(rows(x, n, d), k), neighbours::brute_force(rows(x, n, d), k));
        same_neighbours(neighbours::k_d_tree(rows(x, n, d), rows(y, 30, d), k),
                        neighbours::brute_force(rows(x, n, d), rows(y, 30, d), k));
      }
}

// Points on a small grid: whole distances, exact, most of them tied. Of equal ones the lower index comes first.
TEST_CASE("neighbours: a k-d tree keeps the order of ties", "[neighbours]") {
  core::random_engine random(3);
  for (const std::size_t d : {1U, 2U, 4U}) {
    constexpr std::size_t n = 700;
    const auto x = coordinates(n * d, 4.0, random);
    const auto tree = neighbours::k_d_tree(rows(x, n, d), 9), pairs = neighbours::brute_force(rows(x, n, d), 9);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t l = 0; l < 9; ++l) REQUIRE(tree[i][l] == pairs[i][l]);
  }
}

TEST_CASE("neighbours: a k-d tree with nothing or with what cannot be used", "[neighbours]") {
  const std::vector<double> none, one{1.0}, two{1.0, 2.0}, bad{1.0, std::numeric_limits<double>::infinity()};
  CHECK(neighbours::k_d_tree(rows(none, 0, 2), 3).size() == 0);
  CHECK(neighbours::k_d_tree(rows(one, 1, 1), 3).found() == 0);
  CHECK(neighbours::k_d_tree(rows(bad, 2, 1), 1).size() == 0);
  CHECK_THROWS_AS(neighbours::k_d_tree(rows(two, 2, 1), 0), std::invalid_argument);
  CHECK_THROWS_AS(neighbours::k_d_tree(rows(two, 2, 1), rows(two, 1, 2), 1), std::invalid_argument);
}
#endif
