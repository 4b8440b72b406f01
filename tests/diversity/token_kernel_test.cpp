// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/token_kernel.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

TEST_CASE("diversity: similarities of token lists", "[diversity]") {
  using tailwatch::diversity::similarities;
  using tailwatch::diversity::token_kernel;
  tailwatch::core::token_sequences text;
  text.push_back(std::vector<unsigned>{5, 5, 4000000000U});
  text.push_back(std::vector<unsigned>{});
  text.push_back(std::vector<unsigned>{4000000000U, 7, 5});
  text.push_back(std::vector<unsigned>{9});
  const auto cosine = similarities(text, token_kernel::count_cosine);
  REQUIRE(cosine.size() == 3);  // the empty list is left out
  CHECK(std::abs(cosine(0, 1) - 3.0 / std::sqrt(15.0)) < 1e-15);
  CHECK(cosine(1, 0) == cosine(0, 1));
  CHECK(cosine(2, 0) == 0.0);
  CHECK(cosine(2, 2) == 1.0);
  const auto jaccard = similarities(text, token_kernel::set_jaccard);
  CHECK(std::abs(jaccard(0, 1) - 2.0 / 3.0) < 1e-15);
  CHECK(jaccard(1, 2) == 0.0);
  CHECK(similarities({}, token_kernel::set_jaccard).size() == 0);
}

TEST_CASE("diversity: a kernel_matrix is symmetric with unit diagonal", "[diversity]") {
  using tailwatch::diversity::kernel_matrix;
  const kernel_matrix k(2, [](std::size_t, std::size_t) { return 0.25; });
  CHECK(k(0, 1) == 0.25);
  CHECK(k == kernel_matrix(std::vector<double>{1, 0.25, 0.25, 1}, 2));
  CHECK_NOTHROW(kernel_matrix(std::vector<double>{1, std::nan(""), std::nan(""), 1}, 2));
  CHECK_THROWS_AS(kernel_matrix(std::vector<double>{1, 0.25, 0.5, 1}, 2), std::invalid_argument);
  CHECK_THROWS_AS(kernel_matrix(std::vector<double>{1, 0.25, 0.25, 2}, 2), std::invalid_argument);
  CHECK_THROWS_AS(kernel_matrix(std::vector<double>{1, 0.25}, 2), std::invalid_argument);
}
