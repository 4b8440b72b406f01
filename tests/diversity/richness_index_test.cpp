// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/richness_index.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: brillouin reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::brillouin_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::brillouin);
}

TEST_CASE("diversity: margalef reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::margalef_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::margalef);
}

TEST_CASE("diversity: menhinick reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::menhinick_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::menhinick);
}

TEST_CASE("diversity: fisher_alpha reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::fisher_alpha_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::fisher_alpha);
}

TEST_CASE("diversity: richness indices in closed form", "[diversity]") {
  const std::vector<int> x{3, 1};
  CHECK(tailwatch::testing::close(tailwatch::diversity::brillouin(x).value, std::log(4.0) / 4.0, 1e-14));
  CHECK(tailwatch::testing::close(tailwatch::diversity::brillouin(std::vector<int>{20, 30}).value,
                                  (std::lgamma(51.0) - std::lgamma(21.0) - std::lgamma(31.0)) / 50.0, 1e-13));
  CHECK(tailwatch::testing::close(tailwatch::diversity::margalef(x).value, 1.0 / std::log(4.0), 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::diversity::menhinick(x).value, 1.0, 1e-15));
  for (const std::vector<int>& y :
       {std::vector<int>{42}, std::vector<int>{3, 1}, std::vector<int>{1, 1, 1, 1, 1, 1, 2}}) {
    const auto e = tailwatch::diversity::fisher_alpha(y);
    CHECK(tailwatch::testing::close(e.value * std::log1p(static_cast<double>(e.count) / e.value),
                                    static_cast<double>(y.size()), 1e-12));
  }
  CHECK(std::isnan(tailwatch::diversity::fisher_alpha(std::vector<int>{1, 1}).value));
}
