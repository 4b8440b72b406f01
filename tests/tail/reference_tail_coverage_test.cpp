// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/tail/reference_tail_coverage.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/summary/dense_counts.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

static_assert(core::estimator<tail::reference_tail_coverage_fn>);

TEST_CASE("tail reference_tail_coverage: shares of types and of mass by hand", "[tail]") {
  summary::dense_counts reference(6), generated(6);
  reference.update(std::vector<int>{0, 1, 2, 2, 3, 3, 3, 4, 4, 4});
  generated.update(std::vector<int>{1, 1, 3, 3, 3, 4, 5, 5});
  const tail::reference_tail t = tail::reference_tail_coverage(reference, generated);
  CHECK(t.max_count == 2);
  CHECK(close(t.types.value, 1.0 / 3.0, 1e-15));
  CHECK(t.types.count == 3);
  CHECK(t.mass.value == 0.25);
  CHECK(t.mass.count == 8);
  CHECK(close(t.mass.standard_error, std::sqrt(0.1875 / 8.0), 1e-15));
  CHECK(t.reference_mass.value == 0.4);

  const std::vector<std::uint64_t> cuts{3, 1};
  const auto several = tail::reference_tail_coverage(reference, generated, cuts);
  REQUIRE(several.size() == 2);
  CHECK(several[0].types.value == 0.6);
  CHECK(several[1].types.value == 0.5);
  CHECK(several[1].mass.value == tail::reference_tail_coverage(reference, generated, {.max_count = 1}).mass.value);
}

TEST_CASE("tail reference_tail_coverage: no rare type, nothing generated, impossible arguments", "[tail]") {
  const std::vector<int> common{5, 6}, nothing{0, 0}, three{1, 1, 1}, rare{1, 7};
  const auto none = tail::reference_tail_coverage(counts(common), counts(rare));
  CHECK(std::isnan(none.types.value));
  CHECK(std::isnan(none.mass.value));
  CHECK(none.mass.count == 8);
  const auto empty = tail::reference_tail_coverage(counts(rare), counts(nothing));
  CHECK(std::isnan(empty.types.value));
  CHECK(std::isnan(empty.mass.value));
  CHECK_THROWS_AS(tail::reference_tail_coverage(counts(common), counts(three)), std::invalid_argument);
  CHECK_THROWS_AS(tail::reference_tail_coverage(counts(common), counts(common), {.max_count = 0}),
                  std::invalid_argument);
}

TEST_CASE("tail reference_tail_coverage: mass error matches the spread, types error bounds it", "[tail]") {
  std::vector<double> cumulative;
  double total = 0.0;
  for (int i = 1; i <= 500; ++i) cumulative.push_back(total += 1.0 / i);
  core::random_engine random(31);
  const auto draw = [&](int n) {
    summary::dense_counts c(cumulative.size());
    for (int i = 0; i < n; ++i) {
      const double u = core::uniform_01(random) * total;
      std::size_t at = 0;
      while (cumulative[at] <= u) ++at;
      c.add(at);
    }
    return c;
  };
  const summary::dense_counts reference = draw(2000);
  constexpr int replicates = 800;
  double sum[2] = {}, squares[2] = {}, errors[2] = {};
  for (int r = 0; r < replicates; ++r) {
    const auto t = tail::reference_tail_coverage(reference, draw(600));
    const estimate e[2] = {t.mass, t.types};
    for (int k = 0; k < 2; ++k) {
      sum[k] += e[k].value;
      squares[k] += e[k].value * e[k].value;
      errors[k] += e[k].standard_error;
    }
  }
  double ratio[2];
  for (int k = 0; k < 2; ++k) {
    const double mean = sum[k] / replicates;
    ratio[k] =
        errors[k] / replicates / std::sqrt((squares[k] / replicates - mean * mean) * replicates / (replicates - 1.0));
  }
  CHECK(std::abs(ratio[0] - 1.0) < 4.0 / std::sqrt(2.0 * replicates));
  CHECK(ratio[1] > 1.0 - 4.0 / std::sqrt(2.0 * replicates));
}
