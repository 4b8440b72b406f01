// SPDX-License-Identifier: BSL-1.0
// A synthetic share that is estimated from detector scores, and the forecast it is pushed through: how often do the interval of the
// share and the band of the forecast contain the truth? Tables in Markdown; docs/studies/unknown_provenance.md holds a dated run.
//
// Fails where a coverage lies more than four Monte-Carlo errors below its level, or where the pushed band is not the better one.

#include <algorithm>
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/math/roc.hpp"
#include "tailwatch/provenance/synthetic_share.hpp"
#include "tailwatch/recursion/alive_types.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/forecast.hpp"
#include "tailwatch/recursion/replicate.hpp"

namespace {

namespace core = tailwatch::core;
namespace math = tailwatch::math;
namespace provenance = tailwatch::provenance;
namespace recursion = tailwatch::recursion;
using tailwatch::estimate;

int failures = 0;

std::vector<double> scores(std::size_t n, double share, double gap, core::random_engine& random) {
  boost::random::normal_distribution<double> normal;
  std::vector<double> x(n);
  for (double& s : x) s = normal(random) + (core::uniform_01(random) < share ? gap : 0.0);
  return x;
}

struct both {
  provenance::synthetic_share threshold, mixture;
};

// The threshold comes from labelled texts of its own; its rates, and the mixture's two laws, from `labelled` of each kind.
both estimated(double share, double gap, std::size_t labelled, std::size_t texts, double level,
               core::random_engine& random) {
  const auto chosen = math::roc_operating_point(scores(300, 0.0, gap, random), scores(300, 1.0, gap, random),
                                                {.false_positive_rate = 0.1});
  const auto human = scores(labelled, 0.0, gap, random), machine = scores(labelled, 1.0, gap, random),
             corpus = scores(texts, share, gap, random);
  const auto rate = [&](const std::vector<double>& x) {
    const auto n = static_cast<double>(x.size());
    const double p =
        static_cast<double>(std::count_if(x.begin(), x.end(), [&](double s) { return s >= chosen.threshold; })) / n;
    return estimate{p, std::sqrt(p * (1.0 - p) / n), x.size()};
  };
  const auto flagged = static_cast<std::uint64_t>(
      std::count_if(corpus.begin(), corpus.end(), [&](double s) { return s >= chosen.threshold; }));
  return {provenance::synthetic_share_rogan_gladen(flagged, texts, rate(machine), rate(human), {.level = level}),
          provenance::synthetic_share_mixture(corpus, human, machine, {.level = level})};
}

const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());

void share_table() {
  constexpr std::size_t replicates = 2000;
  std::printf("\n## The share\n\n%zu replicates a row; Monte-Carlo error .005 at 95 %%.\n\n", replicates);
  std::printf(
      "| share | gap d' | labelled of a kind | texts | Rogan-Gladen covers 95 %% | mean width | mixture covers | mean "
      "width |\n");
  std::printf("|---|---|---|---|---|---|---|---|\n");
  struct setting {
    double share, gap;
    std::size_t labelled, texts;
  };
  for (const auto s : {setting{0.0, 1.5, 400, 600}, setting{0.05, 1.5, 400, 600}, setting{0.3, 1.5, 400, 600},
                       setting{0.7, 1.5, 400, 600}, setting{0.95, 1.5, 400, 600}, setting{1.0, 1.5, 400, 600},
                       setting{0.3, 0.7, 400, 600}, setting{0.3, 3.0, 400, 600}, setting{0.3, 1.5, 60, 100},
                       setting{0.3, 1.5, 2000, 5000}}) {
    struct record {
      bool first = false, second = false;
      double width = 0.0, mixture_width = 0.0;
    };
    const auto all = recursion::replicate(
        replicates, 17,
        [&](std::uint64_t, std::uint64_t seed) {
          core::random_engine random(seed);
          const both b = estimated(s.share, s.gap, s.labelled, s.texts, 0.95, random);
          const auto inside = [&](const auto& x) { return x.bounds.lower <= s.share && s.share <= x.bounds.upper; };
          return record{inside(b.threshold), inside(b.mixture), b.threshold.bounds.upper - b.threshold.bounds.lower,
                        b.mixture.bounds.upper - b.mixture.bounds.lower};
        },
        {.threads = processors});
    double first = 0.0, second = 0.0, width = 0.0, mixture_width = 0.0;
    for (const record& r : all) {
      first += r.first;
      second += r.second;
      width += r.width / replicates;
      mixture_width += r.mixture_width / replicates;
    }
    first /= replicates;
    second /= replicates;
    std::printf("| %.2f | %.1f | %zu | %zu | %.3f | %.3f | %.3f | %.3f |\n", s.share, s.gap, s.labelled, s.texts, first,
                width, second, mixture_width);
    std::fflush(stdout);
    for (const double covered : {first, second}) failures += covered < 0.95 - 4 * 0.0049;
  }
}

// P(a lineage has lost x of the first generation's vocabulary by generation n), M units of which each is real with probability a.
std::vector<double> lost_by(const recursion::categorical& law, std::uint64_t m, double real_share, double loss,
                            std::uint64_t generations, std::size_t lineages) {
  const auto k = static_cast<std::uint64_t>(std::llround(real_share * static_cast<double>(m)));
  const auto all = recursion::replicate(lineages, 23,
                                        [&](std::uint64_t, std::uint64_t seed) {
                                          core::random_engine random(seed);
                                          std::vector<std::uint8_t> lost(generations + 1, 0);
                                          std::vector<std::uint64_t> counts = law.resample(m, random);
                                          const auto alive = [&] {
                                            return static_cast<double>(counts.size()) -
                                                   static_cast<double>(std::count(counts.begin(), counts.end(), 0U));
                                          };
                                          const double first = alive();
                                          for (std::uint64_t g = 2; g <= generations; ++g) {
                                            auto next = recursion::categorical(counts).resample(m - k, random);
                                            const auto fresh = law.resample(k, random);
                                            for (std::size_t i = 0; i < next.size(); ++i) next[i] += fresh[i];
                                            counts = std::move(next);
                                            lost[g] = alive() <= (1.0 - loss) * first;
                                          }
                                          return lost;
                                        },
                                        {.threads = processors});
  std::vector<double> f(generations + 1, 0.0);
  for (const auto& lineage : all)
    for (std::size_t g = 0; g < f.size(); ++g) f[g] += static_cast<double>(lineage[g]) / static_cast<double>(lineages);
  return f;
}

void forecast_table() {
  constexpr std::size_t replicates = 200, lineages = 400;
  constexpr std::uint64_t m = 2000, generations = 60;
  std::printf(
      "\n## The forecast\n\nZipf law of 2000 types (exponent 1), %d units a generation; 400 labelled texts of a kind, "
      "600 unknown; "
      "%zu replicates of the texts, %zu lineages with the true share. Coverage of the 90 %% band: the share of "
      "lineages that lose x of the "
      "vocabulary between its ends, mean over the replicates.\n\n",
      static_cast<int>(m), replicates, lineages);
  std::printf(
      "| synthetic share | x | truth: 5 %%, 50 %%, 95 %% of lineages by | share known | share estimated, its error "
      "left out | pushed, Rogan-Gladen | pushed, mixture |\n|---|---|---|---|---|---|---|\n");
  const auto law = recursion::zipf(2000, 1.0);
  std::vector<double> p;
  for (std::size_t i = 0; i < law.types(); ++i) p.push_back(law.probability(i));
  const recursion::grouped_law words(p);
  struct setting {
    double share, loss;
  };
  for (const auto s : {setting{0.9, 0.45}, setting{0.8, 0.32}, setting{0.6, 0.16}, setting{1.0, 0.6}}) {
    const auto truth = lost_by(law, m, 1.0 - s.share, s.loss, generations, lineages);
    const auto at = [&](double generation) {
      if (!(generation >= 0.0)) return 0.0;
      return generation > static_cast<double>(generations) ? 1.0 : truth[static_cast<std::size_t>(generation)];
    };
    const auto by = [&](double share) {
      return static_cast<int>(std::find_if(truth.begin(), truth.end(), [&](double f) { return f >= share; }) -
                              truth.begin());
    };
    const auto band = [&](double synthetic, double error) {
      const auto f = recursion::forecast_vocabulary(
          words, {static_cast<double>(m), 0, 0},
          {.loss = s.loss, .regime = recursion::regime::mix, .real_share = {1.0 - synthetic, error, 0}, .level = 0.9});
      return at(f.upper) - at(f.lower - 1.0);
    };
    struct record {
      double plain = 0.0, threshold = 0.0, mixture = 0.0;
    };
    const auto all =
        recursion::replicate(replicates, 29,
                             [&](std::uint64_t, std::uint64_t seed) {
                               core::random_engine random(seed);
                               const both b = estimated(s.share, 1.5, 400, 600, 0.9, random);
                               return record{band(b.mixture.share.value, 0.0),
                                             band(b.threshold.share.value, b.threshold.share.standard_error),
                                             band(b.mixture.share.value, b.mixture.share.standard_error)};
                             },
                             {.threads = processors});
    record mean;
    double squares = 0.0;
    for (const record& r : all) {
      mean.plain += r.plain / replicates;
      mean.threshold += r.threshold / replicates;
      mean.mixture += r.mixture / replicates;
    }
    for (const record& r : all) squares += (r.mixture - mean.mixture) * (r.mixture - mean.mixture);
    const double error = std::sqrt(squares) / replicates + std::sqrt(0.09 / lineages);
    std::printf("| %.1f | %.2f | %d, %d, %d | %.3f | %.3f | %.3f | %.3f |\n", s.share, s.loss, by(0.05), by(0.5),
                by(0.95), band(s.share, 0.0), mean.plain, mean.threshold, mean.mixture);
    for (const double covered : {mean.threshold, mean.mixture}) failures += covered < 0.9 - 4 * error;
    failures += mean.mixture < mean.plain;
    std::fflush(stdout);
  }
}

}  // namespace

int main() {
  share_table();
  forecast_table();
  std::printf("\n%s\n",
              failures == 0 ? "every coverage at its level within four Monte-Carlo errors" : "COVERAGE MISSED");
  return failures == 0 ? 0 : 1;
}
