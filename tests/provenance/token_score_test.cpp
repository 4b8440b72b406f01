// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/provenance/token_score.hpp"

#include <algorithm>
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/provenance/binoculars.hpp"
#include "tailwatch/provenance/curvature.hpp"
#include "tailwatch/provenance/gltr_buckets.hpp"
#include "tailwatch/provenance/likelihood.hpp"
#include "tailwatch/provenance/log_rank.hpp"
#include "tailwatch/provenance/typicality_gap.hpp"

namespace provenance = tailwatch::provenance;
namespace core = tailwatch::core;
using tailwatch::testing::close;

namespace {

struct model_text {
  std::vector<float> sampling, scoring;
  std::vector<int> tokens;
};

// T tokens drawn from softmax(sampling); scoring = sampling + noise. `top` > 0: only among the `top` likeliest.
model_text write_text(std::size_t length, std::size_t vocabulary, double apart, std::size_t top,
                      core::random_engine& random) {
  boost::random::normal_distribution<double> normal(0.0, 2.0), noise(0.0, 1.0);
  model_text text;
  for (std::size_t t = 0; t < length; ++t) {
    std::vector<double> q(vocabulary);
    for (double& x : q) x = normal(random);
    for (const double x : q) {
      text.sampling.push_back(static_cast<float>(x));
      text.scoring.push_back(static_cast<float>(apart > 0 ? x + apart * noise(random) : x));
    }
    double cut = -1e300, sum = 0.0;
    if (top > 0) {
      std::vector<double> sorted = q;
      std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(top) - 1, sorted.end(),
                       std::greater<>{});
      cut = sorted[top - 1];
    }
    for (const double x : q) sum += x >= cut ? std::exp(x) : 0.0;
    double u = core::uniform_01(random) * sum;
    int token = 0;
    for (std::size_t v = 0; v < vocabulary; ++v) {
      if (q[v] < cut) continue;
      token = static_cast<int>(v);
      u -= std::exp(q[v]);
      if (u < 0) break;
    }
    text.tokens.push_back(token);
  }
  return text;
}

struct null_law_spread {
  double mean = 0, squares = 0, n = 0;
  void add(double x) {
    const double d = x - mean;
    mean += d / ++n;
    squares += d * (x - mean);
  }
  [[nodiscard]] double variance() const { return squares / (n - 1); }
  [[nodiscard]] double z(double expected) const { return (mean - expected) / std::sqrt(variance() / n); }
};

}  // namespace

TEST_CASE("provenance: token scores of a row worked by hand", "[provenance]") {
  // p = (1/2, 1/4, 1/8, 1/8), q = (1/4, 1/4, 1/4, 1/4)
  const float l2 = std::log(2.0F);
  const std::vector<float> p{0.0F, -l2, -2 * l2, -2 * l2}, q{1.0F, 1.0F, 1.0F, 1.0F};
  const std::vector<int> token{2};
  const auto text = provenance::score_tokens(core::rows(q, 1, 4), core::rows(p, 1, 4), token, {.rank_moments = true});
  REQUIRE(text.tokens.size() == 1);
  const auto& t = text.tokens.front();
  const double ln2 = std::log(2.0);
  CHECK(close(t.log_probability, -3 * ln2, 0.0, 1e-6));
  CHECK(close(t.entropy, 1.75 * ln2, 0.0, 2e-6));
  CHECK(close(t.expected_log_probability, -(1 + 2 + 3 + 3) / 4.0 * ln2, 0.0, 4e-6));
  CHECK(close(t.log_probability_variance, ((1 + 4 + 9 + 9) / 4.0 - 81.0 / 16) * ln2 * ln2, 0.0, 1e-5));
  CHECK(t.rank == 3);  // shared with the other one of 1/8
  const double third = std::log(3.0);
  CHECK(close(t.expected_log_rank, (0 + ln2 + 2 * third) / 4, 0.0, 1e-6));
  CHECK(close(t.top_mass[0], 1.0, 1e-6));
  const auto plain = provenance::score_tokens(core::rows(p, 1, 4), token);
  CHECK(close(plain.tokens.front().expected_log_probability, -1.75 * ln2, 0.0, 4e-6));
  CHECK(std::isnan(plain.tokens.front().expected_log_rank));
}

TEST_CASE("provenance: what cannot be scored is counted", "[provenance]") {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> x{0, 1, 2, 0, std::numeric_limits<float>::quiet_NaN(), 2, -inf, -inf, -inf, -inf, 1, 2};
  const std::vector<int> tokens{1, 1, 1, 0};
  const auto text = provenance::score_tokens(core::rows(x, 4, 3), tokens);
  CHECK(text.tokens.size() == 1);
  CHECK(text.rejected == 3);  // NaN, all masked, a token of probability 0
  CHECK(provenance::score_tokens(core::rows(x, 4, 3), std::vector<int>{-1, 3, 1, 2}).rejected == 3);
  CHECK_THROWS_AS(provenance::score_tokens(core::rows(x, 4, 3), std::vector<int>{1}), std::invalid_argument);
  CHECK_THROWS_AS(provenance::score_tokens(core::rows(x, 4, 3), core::rows(x, 3, 4), tokens), std::invalid_argument);
  const std::vector<provenance::token_score> none;
  CHECK(std::isnan(provenance::curvature(none).z));
  CHECK(std::isnan(provenance::binoculars(none).value));
  CHECK(std::isnan(provenance::log_rank(none).statistic.value));
  CHECK(std::isnan(provenance::likelihood_rank_ratio(none).statistic.value));
  CHECK(std::isnan(provenance::typicality_gap(none).z));
  CHECK(std::isnan(provenance::log_likelihood(none).value));
  CHECK(provenance::gltr_buckets(none).counts[0] == 0);
}

TEST_CASE("provenance: the null laws of the model-based detectors, by simulation", "[provenance]") {
  // 500 texts of 60 tokens from q: z ~ N(0, 1), so the mean is within 4/sqrt(500), the variance within 4 sqrt(2/500)
  core::random_engine random(21);
  null_law_spread curvature, log_rank, gap, binoculars, top10, top100, sharpened, sharpened_ratio, sharpened_lrr,
      pure_lrr, lrr;
  double binoculars_error = 0.0;
  for (int i = 0; i < 500; ++i) {
    const auto text = write_text(60, 150, 0.0, 0, random);
    const auto scored =
        provenance::score_tokens(core::rows(text.sampling, 60, 150), text.tokens, {.rank_moments = true});
    curvature.add(provenance::curvature(scored.tokens).z);
    log_rank.add(provenance::log_rank(scored.tokens).z);
    gap.add(provenance::typicality_gap(scored.tokens).z);
    const auto ratio = provenance::binoculars(scored.tokens);
    binoculars.add(ratio.value);
    binoculars_error += ratio.standard_error / 500;
    const auto buckets = provenance::gltr_buckets(scored.tokens);
    top10.add(buckets.z[0]);
    top100.add(buckets.z[1]);
    pure_lrr.add(provenance::likelihood_rank_ratio(scored.tokens).statistic.value);
    lrr.add(provenance::likelihood_rank_ratio(scored.tokens).z);
    if (i % 5 != 0) continue;
    const auto cut = write_text(60, 150, 0.0, 10, random);
    const auto sharp = provenance::score_tokens(core::rows(cut.sampling, 60, 150), cut.tokens);
    sharpened.add(provenance::curvature(sharp.tokens).z);
    sharpened_ratio.add(provenance::binoculars(sharp.tokens).value);
    sharpened_lrr.add(provenance::likelihood_rank_ratio(sharp.tokens).statistic.value);
  }
  for (const null_law_spread* s : {&curvature, &log_rank, &gap, &top10, &top100, &lrr}) {
    INFO("mean " << s->mean << " variance " << s->variance());
    CHECK(std::abs(s->z(0.0)) < 4);
    CHECK(std::abs(s->variance() - 1.0) < 4 * std::sqrt(2.0 / 500) + 0.05);
  }
  CHECK(std::abs(binoculars.mean - 1.0) < 0.01);  // bias O(1/T)
  INFO("error claimed " << binoculars_error << " scatter " << std::sqrt(binoculars.variance()));
  CHECK(close(binoculars_error, std::sqrt(binoculars.variance()), 4 / std::sqrt(1000.0) + 0.02));
  CHECK(sharpened.mean > 2.0);
  CHECK(sharpened_ratio.mean < 0.9);
  CHECK(sharpened_lrr.mean > pure_lrr.mean);
}

TEST_CASE("provenance: a second model scores what the first one wrote", "[provenance]") {
  core::random_engine random(22);
  null_law_spread z, ratio, tilted;
  for (int i = 0; i < 300; ++i) {
    const auto text = write_text(60, 120, 0.7, 0, random);
    const auto scored =
        provenance::score_tokens(core::rows(text.sampling, 60, 120), core::rows(text.scoring, 60, 120), text.tokens);
    z.add(provenance::curvature(scored.tokens).z);
    ratio.add(provenance::binoculars(scored.tokens).value);
    CHECK(std::isnan(provenance::typicality_gap(scored.tokens).z));  // not standardised by another model
    // scored as if the scoring model had drawn it: the null does not hold, and is rejected
    tilted.add(
        provenance::curvature(provenance::score_tokens(core::rows(text.scoring, 60, 120), text.tokens).tokens).z);
  }
  CHECK(std::abs(z.z(0.0)) < 4);
  CHECK(std::abs(z.variance() - 1.0) < 0.4);
  CHECK(std::abs(ratio.mean - 1.0) < 0.01);
  CHECK(tilted.z(0.0) < -5);
}

TEST_CASE("provenance: likelihood, ranks and GLTR buckets count what is there", "[provenance]") {
  std::vector<provenance::token_score> tokens(4);
  const std::uint64_t ranks[4] = {1, 11, 500, 2000};
  for (std::size_t i = 0; i < 4; ++i) {
    tokens[i].log_probability = -static_cast<double>(i + 1);
    tokens[i].entropy = 2.0;
    tokens[i].expected_log_probability = -2.0;
    tokens[i].log_probability_variance = 1.0;
    tokens[i].rank = ranks[i];
  }
  CHECK(close(provenance::log_likelihood(tokens).value, -2.5, 1e-15));
  CHECK(close(provenance::log_likelihood(tokens).standard_error, std::sqrt(5.0 / 12), 1e-14));
  CHECK(provenance::mean_entropy(tokens).value == 2.0);
  CHECK(provenance::mean_rank(tokens).value == 628.0);
  const double logs = std::log(11.0) + std::log(500.0) + std::log(2000.0);
  CHECK(close(provenance::log_rank(tokens).statistic.value, logs / 4, 1e-14));
  CHECK(std::isnan(provenance::log_rank(tokens).z));
  const auto bare = provenance::likelihood_rank_ratio(tokens);
  CHECK(close(bare.statistic.value, 10 / logs, 1e-14));
  CHECK(std::isnan(bare.z));
  CHECK(std::isnan(bare.log_p_value));
  CHECK(close(provenance::curvature(tokens).z, -1.0, 1e-14));
  CHECK(close(provenance::binoculars(tokens).value, 1.25, 1e-14));
  const auto gap = provenance::typicality_gap(tokens);
  CHECK(close(gap.statistic.value, 0.5, 1e-14));
  CHECK(close(gap.z, 1.0, 1e-14));
  CHECK(close(gap.p_value(), std::erfc(1 / std::sqrt(2.0)), 1e-12));
  const auto buckets = provenance::gltr_buckets(tokens);
  CHECK(buckets.counts == std::array<std::uint64_t, 4>{1, 1, 1, 1});
  CHECK(buckets.shares[1].value == 0.5);
  CHECK(std::isnan(buckets.z[0]));
}
