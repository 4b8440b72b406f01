// SPDX-License-Identifier: BSL-1.0
// What every statistic with a null law returns, and the law of human scores where theory has none.
#include "tailwatch/provenance/null_test.hpp"

#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/math/log_tail.hpp"
#include "tailwatch/provenance/empirical_null.hpp"
#include "tailwatch/provenance/green_list.hpp"
#include "tailwatch/provenance/gumbel.hpp"

namespace provenance = tailwatch::provenance;
namespace core = tailwatch::core;
using provenance::null_tail;
using tailwatch::testing::close;

TEST_CASE("null_test: unknown until something is known, and p-values far below what a double holds", "[provenance]") {
  const provenance::null_test unknown;
  CHECK(std::isnan(unknown.statistic.value));
  CHECK(std::isnan(unknown.expected));
  CHECK(std::isnan(unknown.z));
  CHECK(std::isnan(unknown.p_value()));

  const provenance::null_test test{{0.7, 0.1, 50}, 0.5, 2.0, std::log(0.03)};
  CHECK(close(test.p_value(), 0.03, 1e-15));
  CHECK(test == provenance::null_test{{0.7, 0.1, 50}, 0.5, 2.0, std::log(0.03)});
  CHECK_FALSE(test == provenance::null_test{{0.7, 0.1, 50}, 0.5, 2.1, std::log(0.03)});

  const auto marked = provenance::green_list(2000, 2000);  // every token green at γ = ¼
  CHECK(close(marked.log_p_value, 2000 * std::log(0.25), 1e-12));
  CHECK(marked.p_value() == 0.0);  // below 1e-308
}

TEST_CASE("null_test: what the statistics return hangs together", "[provenance]") {
  core::random_engine random(3);
  std::vector<double> r(400);
  for (double& x : r) x = core::uniform_01(random);
  const auto gumbel = provenance::gumbel(r);
  const auto green = provenance::green_list(130, 400);
  for (const auto& test : {gumbel, green}) {
    CHECK(test.statistic.count == 400);
    CHECK((test.z > 0.0) == (test.statistic.value > test.expected));
    // the normal tail is the right size for 400 tokens and moderate z
    CHECK(close(test.log_p_value, tailwatch::math::log_normal_tail(test.z), 0.35, 0.1));
  }
  CHECK(close(green.p_value(), std::exp(tailwatch::math::log_binomial_tail(130, 400, 0.25)), 1e-13));
}

TEST_CASE("empirical_null: counts by hand, ties, sides, NaN", "[provenance]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> scores{3.0, nan, 1.0, 2.0, 2.0, 5.0, 4.0, 2.0, 0.0, 6.0};
  const provenance::empirical_null upper(scores), lower(scores, {.tail = null_tail::lower}),
      either(scores, {.tail = null_tail::two_sided});
  CHECK(upper.count() == 9);
  CHECK(upper.rejected() == 1);
  CHECK(close(upper.smallest_p_value(), 0.1, 1e-15));
  CHECK(close(upper(7.0).p_value(), 0.1, 1e-14));
  CHECK(close(upper(6.0).p_value(), 0.2, 1e-14));
  CHECK(close(upper(2.0).p_value(), 0.8, 1e-14));  // 7 of 9 at least as high
  CHECK(close(lower(2.0).p_value(), 0.6, 1e-14));
  CHECK(close(lower(-1.0).p_value(), 0.1, 1e-14));
  CHECK(upper(-1.0).p_value() == 1.0);
  CHECK(close(either(7.0).p_value(), 0.2, 1e-14));
  CHECK(either(2.0).p_value() == 1.0);
  CHECK(close(upper(7.0).expected, 25.0 / 9, 1e-14));
  CHECK(upper(7.0).z > 2.0);
  CHECK(std::isnan(upper(nan).log_p_value));
  CHECK(upper(7.0).statistic.value == 7.0);
  CHECK(std::isnan(upper(7.0).statistic.standard_error));
  const provenance::empirical_null none;
  CHECK(none(1.0).p_value() == 1.0);
  CHECK(std::isnan(none(1.0).expected));
}

TEST_CASE("empirical_null: exact for another human text, whatever the law of the score", "[provenance]") {
  core::random_engine random(4);
  boost::random::normal_distribution<double> normal;
  constexpr int replicates = 20000;
  for (const bool ties : {false, true}) {
    // 19 calibration texts: p is one of .05, .10, … 1
    std::vector<double> at_most(21, 0.0), smooth_at_most(21, 0.0);
    double mean = 0.0, squares = 0.0;
    for (int i = 0; i < replicates; ++i) {
      const auto draw = [&] {
        const double x = std::exp(2.0 * normal(random));  // a long tail that no normal law would bear
        return ties ? std::floor(std::min(x, 3.0)) : x;
      };
      std::vector<double> human(19);
      for (double& x : human) x = draw();
      const provenance::empirical_null null(human);
      const double score = draw();
      const double p = null(score).p_value(), smooth = null(score, random).p_value();
      CHECK((smooth > 0.0 && smooth <= p + 1e-15));
      for (std::size_t k = 1; k <= 20; ++k) {
        const double alpha = 0.05 * static_cast<double>(k) + 1e-9;
        at_most[k] += p <= alpha ? 1.0 / replicates : 0.0;
        smooth_at_most[k] += smooth <= alpha ? 1.0 / replicates : 0.0;
      }
      mean += smooth / replicates;
      squares += smooth * smooth / replicates;
    }
    for (const std::size_t k : {1U, 2U, 5U, 10U, 19U}) {
      const double alpha = 0.05 * static_cast<double>(k), error = std::sqrt(alpha * (1 - alpha) / replicates);
      INFO("alpha " << alpha << " rejects " << at_most[k] << ", smoothed " << smooth_at_most[k]);
      CHECK(at_most[k] < alpha + 4 * error);
      if (!ties) CHECK(at_most[k] > alpha - 4 * error);
      CHECK(std::abs(smooth_at_most[k] - alpha) < 4 * error);
    }
    CHECK(std::abs(mean - 0.5) < 4 * std::sqrt(1.0 / 12 / replicates));
    CHECK(std::abs(squares - 1.0 / 3) < 4 * std::sqrt(4.0 / 45 / replicates));
  }
}
