// SPDX-License-Identifier: BSL-1.0
// Nobody knows which share of the next corpus is generated. A detector gives scores; its errors are measured on labelled texts. How
// large is the share, how sure is that, and what does it mean for the vocabulary?

#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/math/roc.hpp"
#include "tailwatch/provenance/synthetic_share.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/forecast.hpp"

namespace provenance = tailwatch::provenance;
namespace recursion = tailwatch::recursion;

int main() {
  tailwatch::core::random_engine random(6);
  boost::random::normal_distribution<double> normal;
  const auto scores = [&](std::size_t n, double share) {
    std::vector<double> x(n);
    for (double& s : x) s = normal(random) + (tailwatch::core::uniform_01(random) < share ? 1.5 : 0.0);
    return x;
  };
  // Labelled texts: one part chooses the threshold, the other measures it.
  const auto chosen =
      tailwatch::math::roc_operating_point(scores(500, 0.0), scores(500, 1.0), {.false_positive_rate = 0.1});
  const auto human = scores(500, 0.0), machine = scores(500, 1.0);
  const auto rate = [&](const std::vector<double>& x) {
    double above = 0;
    for (const double s : x) above += s >= chosen.threshold ? 1.0 / 500 : 0.0;
    return tailwatch::estimate{above, std::sqrt(above * (1 - above) / 500), 500};
  };
  constexpr double truth = 0.7;
  const auto corpus = scores(2000, truth);
  std::uint64_t flagged = 0;
  for (const double s : corpus) flagged += s >= chosen.threshold ? 1U : 0U;

  const auto threshold = provenance::synthetic_share_rogan_gladen(flagged, corpus.size(), rate(machine), rate(human));
  const auto mixture = provenance::synthetic_share_mixture(corpus, human, machine);
  std::printf("flagged %.1f %%; the synthetic share, truth %.0f %%:\n", 100.0 * static_cast<double>(flagged) / 2000,
              100 * truth);
  for (const auto* s : {&threshold, &mixture})
    std::printf("  %-13s %5.1f %% +- %.1f, 95 %% bounds %.1f to %.1f\n", s == &mixture ? "mixture" : "Rogan-Gladen",
                100 * s->share.value, 100 * s->share.standard_error, 100 * s->bounds.lower, 100 * s->bounds.upper);

  // The next models: 50 000 words a generation, of which a share as in this corpus is generated.
  const auto law = recursion::zipf(20000, 1.0);
  std::vector<double> p;
  for (std::size_t i = 0; i < law.types(); ++i) p.push_back(law.probability(i));
  const recursion::grouped_law words(p);
  const tailwatch::estimate real{1.0 - mixture.share.value, mixture.share.standard_error, mixture.share.count};
  const auto forecast = [&](double error) {
    return recursion::forecast_vocabulary(
        words, {50000, 0, 0},
        {.loss = 0.18, .regime = recursion::regime::mix, .real_share = {real.value, error, real.count}});
  };
  const auto sure = forecast(0.0), honest = forecast(real.standard_error);
  std::printf(
      "18 %% of the vocabulary gone: expected in generation %.0f; lineages %.0f to %.0f if the share were known, "
      "%.0f to %.0f as it is\n",
      sure.expected, sure.lower, sure.upper, honest.lower, honest.upper);
  std::printf("in the end %.1f %% of the vocabulary is missing from a generation\n", 100 * sure.expected_limit);
  return mixture.bounds.lower < truth && truth < mixture.bounds.upper && threshold.bounds.lower < truth &&
                 truth < threshold.bounds.upper && honest.lower <= sure.lower && honest.upper >= sure.upper
             ? 0
             : 1;
}
