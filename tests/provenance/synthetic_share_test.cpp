// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/provenance/synthetic_share.hpp"

#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace provenance = tailwatch::provenance;
namespace math = tailwatch::math;
namespace core = tailwatch::core;
using tailwatch::testing::close;

namespace {

std::vector<double> detector_scores(std::size_t n, double mean, core::random_engine& random) {
  boost::random::normal_distribution<double> law(mean, 1.0);
  std::vector<double> x(n);
  for (double& v : x) v = law(random);
  return x;
}

}  // namespace

TEST_CASE("provenance: Rogan-Gladen by hand, and at the ends", "[provenance]") {
  const auto s = provenance::synthetic_share_rogan_gladen(300, 1000, {0.8, 0.02, 400}, {0.1, 0.015, 400});
  CHECK(close(s.share.value, 0.2 / 0.7, 1e-14));
  const double pi = 0.2 / 0.7;
  CHECK(close(s.share.standard_error,
              std::sqrt(0.3 * 0.7 / 1000 + pi * pi * 4e-4 + (1 - pi) * (1 - pi) * 2.25e-4) / 0.7, 1e-13));
  CHECK(s.bounds.lower < pi);
  CHECK(s.bounds.upper > pi);
  CHECK(close(s.bounds.upper - s.bounds.lower, 2 * 1.96 * s.share.standard_error, 0.03));
  const auto below = provenance::synthetic_share_rogan_gladen(50, 1000, {0.8, 0.02, 400}, {0.1, 0.015, 400});
  CHECK(below.share.value == 0.0);
  CHECK(below.unclamped < 0.0);
  CHECK(below.bounds.lower == 0.0);
  const auto blind = provenance::synthetic_share_rogan_gladen(50, 1000, {0.12, 0.02, 400}, {0.1, 0.015, 400});
  CHECK((blind.bounds.lower == 0.0 && blind.bounds.upper == 1.0));
  CHECK(
      std::isnan(provenance::synthetic_share_rogan_gladen(50, 1000, {0.1, 0.02, 400}, {0.1, 0.015, 400}).share.value));
  CHECK(std::isnan(provenance::synthetic_share_rogan_gladen(0, 0, {0.8, 0.02, 400}, {0.1, 0.015, 400}).share.value));
  CHECK_THROWS_AS(provenance::synthetic_share_rogan_gladen(5, 4, {0.8, 0.02, 400}, {0.1, 0.015, 400}),
                  std::invalid_argument);
  CHECK_THROWS_AS(provenance::synthetic_share_rogan_gladen(5, 10, {1.8, 0.02, 400}, {0.1, 0.015, 400}),
                  std::invalid_argument);
  CHECK_THROWS_AS(provenance::synthetic_share_mixture(std::vector<double>{1.0}, std::vector<double>{1.0},
                                                      std::vector<double>{1.0}, {.bins = 1}),
                  std::invalid_argument);
  CHECK(std::isnan(
      provenance::synthetic_share_mixture(std::vector<double>{}, std::vector<double>{1.0}, std::vector<double>{1.0})
          .share.value));
  CHECK(std::isnan(
      provenance::synthetic_share_mixture(std::vector<double>{1.0}, std::vector<double>{1.0}, std::vector<double>{1.0})
          .share.value));
}

TEST_CASE("provenance: both estimates of the synthetic share cover the truth; the mixture is the sharper one",
          "[provenance]") {
  core::random_engine random(41);
  constexpr int replicates = 600;
  // the threshold comes from a first labelled sample, its rates from a second: choosing and measuring on the same texts would
  // make the false-positive rate look smaller than it is
  for (const double truth : {0.0, 0.1, 0.8}) {
    double covered = 0, covered_mixture = 0, mean = 0, mean_mixture = 0, squares = 0, squares_mixture = 0, error = 0,
           error_mixture = 0, misfit = 0;
    for (int i = 1; i <= replicates; ++i) {
      const auto chosen = math::roc_operating_point(detector_scores(300, 0, random), detector_scores(300, 1.5, random),
                                                    {.false_positive_rate = 0.1});
      const auto negatives = detector_scores(400, 0, random), positives = detector_scores(400, 1.5, random);
      std::uint64_t tp = 0, fp = 0;
      for (const double x : negatives) fp += x >= chosen.threshold;
      for (const double x : positives) tp += x >= chosen.threshold;
      const double t = static_cast<double>(tp) / 400, f = static_cast<double>(fp) / 400;
      const math::operating_point point{
          chosen.threshold, {t, std::sqrt(t * (1 - t) / 400), 400}, {}, {f, std::sqrt(f * (1 - f) / 400), 400}, {}, 0};
      std::vector<double> corpus = detector_scores(600, 0, random);
      for (double& x : corpus) x += core::uniform_01(random) < truth ? 1.5 : 0.0;
      const auto s = provenance::synthetic_share_rogan_gladen(corpus, point);
      const auto m = provenance::synthetic_share_mixture(corpus, negatives, positives);
      covered += s.bounds.lower <= truth && truth <= s.bounds.upper ? 1.0 / replicates : 0.0;
      covered_mixture += m.bounds.lower <= truth && truth <= m.bounds.upper ? 1.0 / replicates : 0.0;
      const auto add = [i](double x, double& at, double& sum) {
        const double d = x - at;
        at += d / i;
        sum += d * (x - at);
      };
      add(s.unclamped, mean, squares);
      add(m.unclamped, mean_mixture, squares_mixture);
      error += s.share.standard_error / replicates;
      error_mixture += m.share.standard_error / replicates;
      misfit += m.misfit_p_value < 0.05 ? 1.0 / replicates : 0.0;
    }
    const double deviation = std::sqrt(squares / (replicates - 1)),
                 deviation_mixture = std::sqrt(squares_mixture / (replicates - 1));
    INFO("share " << truth << ": Rogan-Gladen " << mean << " +- " << deviation << " claimed " << error << " covers "
                  << covered << "; mixture " << mean_mixture << " +- " << deviation_mixture << " claimed "
                  << error_mixture << " covers " << covered_mixture << ", misfit at 5 % in " << misfit);
    // 600 replicates: coverage known to .009
    CHECK(covered > 0.95 - 4 * 0.009);
    CHECK(covered_mixture > 0.95 - 4 * 0.009);
    CHECK(std::abs(mean - truth) < 0.01);
    CHECK(std::abs(mean_mixture - truth) < 0.015);  // bias O(1/n) of the plug-in mixture
    CHECK(close(error, deviation, 0.15));
    CHECK(close(error_mixture, deviation_mixture, 0.15));
    CHECK(deviation_mixture < deviation);
    CHECK(misfit < 0.08);
  }
  // a generator that the detector has not seen is not a mixture of the two known kinds
  double seen = 0;
  for (int i = 0; i < 50; ++i) {
    std::vector<double> corpus = detector_scores(600, 0, random);
    for (double& x : corpus) x += core::uniform_01(random) < 0.3 ? 4.5 : 0.0;
    seen +=
        provenance::synthetic_share_mixture(corpus, detector_scores(400, 0, random), detector_scores(400, 1.5, random))
                    .misfit_p_value < 0.05
            ? 1
            : 0;
  }
  CHECK(seen > 40);
}
