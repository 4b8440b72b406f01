// SPDX-License-Identifier: BSL-1.0
// Detectors that read a model's logits, alone and together: how well they tell texts of a sharpened sampler from "human" ones,
// measured on the user's own texts.

#include <array>
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/math/roc.hpp"
#include "tailwatch/provenance/binoculars.hpp"
#include "tailwatch/provenance/combine_detectors.hpp"
#include "tailwatch/provenance/curvature.hpp"
#include "tailwatch/provenance/empirical_null.hpp"
#include "tailwatch/provenance/gltr_buckets.hpp"
#include "tailwatch/provenance/isotonic.hpp"
#include "tailwatch/provenance/likelihood.hpp"
#include "tailwatch/provenance/log_rank.hpp"
#include "tailwatch/provenance/platt.hpp"
#include "tailwatch/provenance/token_score.hpp"
#include "tailwatch/provenance/typicality_gap.hpp"

namespace provenance = tailwatch::provenance;
namespace core = tailwatch::core;

namespace {

constexpr std::size_t tokens = 40, vocabulary = 100, detectors = 6;

// A text whose topic is more or less predictable (`sharpness`). The writer's logits differ from the model's by `noise`, and who has
// used a word comes back to it (`habit`), which no model of single words sees.
std::array<double, detectors> score_text(double temperature, double noise, double habit, core::random_engine& random) {
  boost::random::normal_distribution<double> normal;
  const double sharpness = 1.5 + 0.4 * normal(random);
  std::vector<float> model;
  std::vector<int> written;
  std::vector<double> used(vocabulary, 0.0);
  for (std::size_t t = 0; t < tokens; ++t) {
    std::vector<double> own;
    double sum = 0.0;
    for (std::size_t v = 0; v < vocabulary; ++v) {
      const double x = sharpness * normal(random);
      model.push_back(static_cast<float>(x));
      own.push_back(std::exp((x + noise * normal(random) + habit * used[v]) / temperature));
      sum += own.back();
    }
    double u = core::uniform_01(random) * sum;
    std::size_t v = 0;
    while (v + 1 < vocabulary && (u -= own[v]) > 0.0) ++v;
    written.push_back(static_cast<int>(v));
    used[v] = 1.0;
  }
  const auto text = provenance::score_tokens(core::rows(model, tokens, vocabulary), written).tokens;
  return {provenance::log_likelihood(text).value,
          -provenance::log_rank(text).statistic.value,
          provenance::likelihood_rank_ratio(text).statistic.value,
          provenance::curvature(text).z,
          -provenance::binoculars(text).value,
          std::accumulate(used.begin(), used.end(), 0.0) / tokens};
}

}  // namespace

int main() {
  core::random_engine random(4);
  constexpr std::size_t texts = 400;
  std::vector<double> scores;
  std::vector<int> labels;
  for (std::size_t i = 0; i < texts; ++i) {
    labels.push_back(i % 2 == 0 ? 1 : 0);  // even: generated
    for (const double s : labels.back() == 1 ? score_text(0.85, 0.0, 0.0, random) : score_text(1.0, 0.5, 1.0, random))
      scores.push_back(s);
  }
  const auto comparison = provenance::combine_detectors(core::rows(scores, texts, detectors), labels, random);
  const char* names[detectors] = {"log-likelihood", "log-rank", "LRR", "curvature", "Binoculars", "distinct words"};
  std::printf("%-16s %8s %18s\n", "", "area", "accuracy (95 %)");
  const auto show = [](const char* name, const provenance::detector_performance& p) {
    std::printf("%-16s %8.3f %8.1f %% (%.1f-%.1f)\n", name, p.area.value, 100 * p.accuracy.value,
                100 * p.accuracy_interval.lower, 100 * p.accuracy_interval.upper);
  };
  for (std::size_t k = 0; k < detectors; ++k) show(names[k], comparison.single[k]);
  show("combined", comparison.combined);
  std::printf("gain over %s: %.3f +- %.3f\n", names[comparison.best], comparison.area_gain.value,
              comparison.area_gain.standard_error);

  // The combined score at a strict threshold, and as a probability.
  std::vector<double> human, machine;
  for (std::size_t i = 0; i < texts; ++i) (labels[i] == 1 ? machine : human).push_back(comparison.out_of_fold[i]);
  const auto point = tailwatch::math::roc_operating_point(human, machine, {.false_positive_rate = 0.05});
  std::printf("at 5 %% false positives (at most %.1f %% on new texts): %.0f %% found, 95 %% interval %.0f-%.0f\n",
              100 * point.false_positive_bound, 100 * point.true_positive_rate.value,
              100 * point.true_positive_interval.lower, 100 * point.true_positive_interval.upper);
  // LRR alone as a p-value: half of the human texts calibrate, the others and the generated ones are judged.
  std::vector<double> calibration, generated, others;
  for (std::size_t i = 0; i < texts; ++i)
    (labels[i] == 1 ? generated : i % 4 == 1 ? calibration : others).push_back(scores[i * detectors + 2]);
  const provenance::empirical_null null(calibration, {.tail = provenance::null_tail::upper});
  const auto rejected = [&](const std::vector<double>& x) {
    double n = 0;
    for (const double s : x) n += null(s).p_value() <= 0.1 ? 1 : 0;
    return n / static_cast<double>(x.size());
  };
  std::printf("LRR, p <= 10 %% against %zu human texts: %.0f %% of other human ones, %.0f %% of generated ones\n",
              null.count(), 100 * rejected(others), 100 * rejected(generated));
  const auto sigmoid = provenance::platt(human, machine);
  const auto steps = provenance::isotonic(human, machine);
  std::printf("P(generated | score = 1): Platt %.2f +- %.2f, isotonic %.2f\n", sigmoid(1.0).value,
              sigmoid(1.0).standard_error, steps(1.0).value);
  return comparison.combined.area.value > comparison.single[0].area.value && comparison.combined.area.value > 0.8 &&
                 std::abs(sigmoid(1.0).value - steps(1.0).value) < 0.3 && rejected(others) < 0.25 &&
                 rejected(generated) > rejected(others)
             ? 0
             : 1;
}
