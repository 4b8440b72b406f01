// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/perplexity/token_kl_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/token_rank_histogram.hpp"

namespace {

using tailwatch::rows;
namespace perplexity = tailwatch::perplexity;
using tailwatch::perplexity::token_kl_report;
using tailwatch::perplexity::token_rank_histogram;
using tailwatch::testing::close;

constexpr double kl_inf = std::numeric_limits<double>::infinity();
constexpr double kl_nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("token_kl_report: a model against itself and against a shifted one", "[perplexity]") {
  tailwatch::core::random_engine random(3);
  constexpr std::size_t n = 50;
  constexpr std::size_t v = 11;
  std::vector<double> base(n * v);
  for (double& x : base) x = 6.0 * tailwatch::core::uniform_01(random);
  std::vector<std::uint32_t> tokens(n);
  for (auto& t : tokens) t = static_cast<std::uint32_t>(tailwatch::core::uniform_below(random, v));
  std::vector<double> shifted = base;
  for (double& x : shifted) x += 1000.0;  // the same distribution
  const auto same = token_kl_report(rows(base, n, v), rows(shifted, n, v), tokens);
  REQUIRE(same.count == n);
  REQUIRE(close(same.perplexity_ratio.value, 1.0, 1e-12));
  REQUIRE(close(same.mean_divergence.value, 0.0, 0.0, 1e-12));
  REQUIRE(close(same.log_perplexity_correlation, 1.0, 1e-12));
  REQUIRE(same.same_top.value == 1.0);

  // Two cells, logits (0, 0) against (0, ln 3): KL = ½ ln(½/¼) + ½ ln(½/¾)
  const std::vector<float> even{0.0F, 0.0F, 0.0F, 0.0F};
  const std::vector<float> odd{0.0F, std::log(3.0F), 0.0F, std::log(3.0F)};
  const std::vector<int> first{0, 1};
  const auto r = token_kl_report(rows(even, 2, 2), rows(odd, 2, 2), first);
  REQUIRE(close(r.mean_divergence.value, 0.5 * std::log(4.0 / 3.0), 1e-6));
  REQUIRE(close(r.perplexity_base.value, 2.0, 1e-12));
  REQUIRE(close(r.perplexity_model.value, 4.0 / std::sqrt(3.0), 1e-6));
  REQUIRE(close(r.mean_probability_change.value, 0.0, 0.0, 1e-7));
  REQUIRE(close(r.rms_probability_change.value, 0.25, 1e-6));
  REQUIRE(r.same_top.value == 0.0);  // of equal logits the first is the top
  REQUIRE(std::isnan(r.log_perplexity_correlation));
  REQUIRE(close(r.probability_change_quantile(0.75), 0.125, 1e-6));
  REQUIRE_THROWS_AS(r.divergence_quantile(1.1), std::invalid_argument);
}

TEST_CASE("token_kl_report: what cannot be used is counted; impossible tokens are infinite", "[perplexity]") {
  const std::vector<double> base{0, 0, kl_nan, 0, -kl_inf, -kl_inf, 0, kl_inf, 0, 0, -kl_inf, 0};
  const std::vector<double> model{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const std::vector<int> tokens{1, 0, 0, 0, 7, 1};
  const auto r = token_kl_report(rows(base, 6, 2), rows(model, 6, 2), tokens);
  REQUIRE(r.count == 2);
  REQUIRE(r.rejected == 4);
  REQUIRE(close(r.divergence_quantile(1.0), std::log(2.0), 1e-14));  // base certain, model even
  const std::vector<double> zero{-kl_inf, 0};
  const std::vector<double> flat{0, 0};
  const std::vector<int> ruled_out{0};
  const auto impossible = token_kl_report(rows(flat, 1, 2), rows(zero, 1, 2), ruled_out);
  REQUIRE(impossible.mean_divergence.value == kl_inf);
  REQUIRE(impossible.perplexity_model.value == kl_inf);
  REQUIRE(std::isnan(impossible.perplexity_base.standard_error));
  const std::vector<int> none;
  const std::vector<double> nothing;
  REQUIRE(std::isnan(token_kl_report(rows(nothing, 0, 2), rows(nothing, 0, 2), none).mean_divergence.value));
  REQUIRE_THROWS_AS(token_kl_report(rows(flat, 1, 2), rows(base, 6, 2), ruled_out), std::invalid_argument);
  REQUIRE_THROWS_AS(token_kl_report(rows(flat, 1, 2), rows(flat, 2, 1), ruled_out), std::invalid_argument);
  REQUIRE_THROWS_AS(token_kl_report(rows(flat, 1, 2), rows(flat, 1, 2), tokens), std::invalid_argument);
}

TEST_CASE("token_rank_histogram: ties, edges and what falls outside", "[perplexity]") {
  const std::vector<float> logits{3, 1, 2, 2, 0, 3, 1, 2, 2, 0, 3, 1, 2, 2, 0, 3, 1, 2, 2, 0};
  const std::vector<int> tokens{0, 3, 1, 4};  // ranks 0, 1 (tie), 3, 4
  const auto h = token_rank_histogram(rows(logits, 4, 5), tokens, {.edges = {0, 1, 3}});
  REQUIRE(h.counts == std::vector<std::uint64_t>{1, 2});  // the last bin holds its upper edge
  REQUIRE(h.outside == 1);
  const auto coarse = token_rank_histogram(rows(logits, 4, 5), tokens);
  REQUIRE(coarse.counts == std::vector<std::uint64_t>{4, 0, 0, 0});
  perplexity::rank_histogram batches;
  for (std::size_t r = 0; r < 4; r += 2)
    batches.merge(token_rank_histogram(rows(std::span<const float>(logits).subspan(5 * r, 10), 2, 5),
                                       std::span<const int>(tokens).subspan(r, 2), {.edges = {0, 1, 3}}));
  REQUIRE(batches == h);
  batches.merge({});
  REQUIRE(batches == h);
  REQUIRE_THROWS_AS(batches.merge(coarse), std::invalid_argument);
  const std::vector<float> broken{1, std::numeric_limits<float>::quiet_NaN(), 1, 2};
  const std::vector<int> ids{0, 2};
  REQUIRE(token_rank_histogram(rows(broken, 2, 2), ids).rejected == 2);
  REQUIRE_THROWS_AS(token_rank_histogram(rows(broken, 2, 2), ids, {.edges = {1}}), std::invalid_argument);
  REQUIRE_THROWS_AS(token_rank_histogram(rows(broken, 2, 2), ids, {.edges = {1, 1}}), std::invalid_argument);
  REQUIRE_THROWS_AS(token_rank_histogram(rows(broken, 2, 2), tokens), std::invalid_argument);
}

TEST_CASE("perplexity token_kl_report: batches, merges and one call agree", "[perplexity]") {
  using namespace tailwatch;
  core::random_engine random(31);
  constexpr std::size_t n = 50, v = 7;
  std::vector<double> base(n * v), model(n * v);
  for (double& x : base) x = 4.0 * core::uniform_01(random);
  for (std::size_t i = 0; i < model.size(); ++i) model[i] = base[i] + core::uniform_01(random);
  base[3 * v] = core::nan;
  std::vector<int> tokens(n);
  for (int& t : tokens) t = static_cast<int>(core::uniform_below(random, v));
  const auto whole = perplexity::token_kl_report(rows(base, n, v), rows(model, n, v), tokens);
  perplexity::token_kl_accumulator batches, second;
  for (const auto& [begin, end] : {std::pair<std::size_t, std::size_t>{0, 1}, {1, 1}, {1, 20}, {20, 50}}) {
    const std::span<const double> b(base.data() + begin * v, (end - begin) * v);
    const std::span<const double> m(model.data() + begin * v, (end - begin) * v);
    (begin == 20 ? second : batches)
        .update(rows(b, end - begin, v), rows(m, end - begin, v),
                std::span<const int>(tokens).subspan(begin, end - begin));
  }
  batches.merge(second);
  CHECK(batches.count() == n - 1);
  CHECK(batches.rejected() == 1);
  const auto merged = batches.report();
  CHECK(merged.mean_divergence == whole.mean_divergence);
  CHECK(merged.perplexity_ratio == whole.perplexity_ratio);
  CHECK(merged.rms_probability_change == whole.rms_probability_change);
  CHECK(merged.same_top == whole.same_top);
  CHECK(merged.divergence == whole.divergence);
  CHECK(merged.probability_change == whole.probability_change);
  CHECK(perplexity::token_kl_accumulator().report().count == 0);
  CHECK_THROWS_AS(batches.update(rows(base, n, v), rows(model, n, v), std::vector<int>{1}), std::invalid_argument);
}

TEST_CASE("perplexity token_kl_report: errors by block and by document, and the mask", "[perplexity]") {
  using namespace tailwatch;
  using perplexity::token_kl_report_options;
  core::random_engine random(32);
  constexpr std::size_t n = 60, v = 5;
  std::vector<double> base(n * v), model(n * v);
  // Tokens of one document share a shift of the model: twelve documents of five tokens.
  for (std::size_t d = 0; d < 12; ++d) {
    const double shift = 2.0 * core::uniform_01(random);
    for (std::size_t i = 0; i < 5 * v; ++i) {
      base[d * 5 * v + i] = core::uniform_01(random);
      model[d * 5 * v + i] = base[d * 5 * v + i] + (i % v == 0 ? shift : 0.0);
    }
  }
  std::vector<int> tokens(n);
  for (int& t : tokens) t = static_cast<int>(core::uniform_below(random, v));
  const auto report = [&](const token_kl_report_options& options) {
    return token_kl_report(rows(base, n, v), rows(model, n, v), tokens, options);
  };
  const auto single = report({});
  const auto blocks = report({.block = 5});
  const std::vector<std::size_t> lengths(12, 5);
  const auto documents = token_kl_report(rows(base, n, v), rows(model, n, v), tokens, lengths);
  CHECK(single.clusters == n);
  CHECK(blocks.clusters == 12);
  CHECK(documents.clusters == 12);
  CHECK(documents.mean_divergence == blocks.mean_divergence);
  CHECK(documents.perplexity_ratio == blocks.perplexity_ratio);
  CHECK(documents.same_top == blocks.same_top);
  CHECK(close(blocks.mean_divergence.value, single.mean_divergence.value, 1e-14));
  CHECK(blocks.mean_divergence.standard_error > 1.5 * single.mean_divergence.standard_error);
  CHECK(blocks.divergence == single.divergence);
  // The error of twelve means of five, by hand.
  std::vector<double> means;
  double mean = 0.0, squares = 0.0;
  for (std::size_t d = 0; d < 12; ++d) {
    const std::span<const double> b(base.data() + d * 5 * v, 5 * v), m(model.data() + d * 5 * v, 5 * v);
    means.push_back(token_kl_report(rows(b, 5, v), rows(m, 5, v), std::span<const int>(tokens).subspan(d * 5, 5))
                        .mean_divergence.value);
    mean += means.back() / 12.0;
  }
  for (const double x : means) squares += (x - mean) * (x - mean);
  CHECK(close(blocks.mean_divergence.standard_error, std::sqrt(squares / (12.0 * 11.0)), 1e-12));
  CHECK(std::isnan(report({.block = n}).mean_divergence.standard_error));
  CHECK(report({.block = 1000}).clusters == 1);

  // A mask leaves out what a shorter text would not have, NaN rows under it included.
  std::vector<std::uint8_t> mask(n, 1);
  for (std::size_t i = 40; i < n; ++i) mask[i] = 0;
  auto spoilt = model;
  spoilt[50 * v] = core::nan;
  const auto masked = token_kl_report(rows(base, n, v), rows(spoilt, n, v), tokens, {.block = 5, .mask = mask});
  const std::span<const double> b40(base.data(), 40 * v), m40(model.data(), 40 * v);
  const auto first =
      token_kl_report(rows(b40, 40, v), rows(m40, 40, v), std::span<const int>(tokens).first(40), {.block = 5});
  CHECK(masked.masked == 20);
  CHECK(masked.rejected == 0);
  CHECK(masked.count == 40);
  CHECK(masked.mean_divergence == first.mean_divergence);
  CHECK(masked.same_top == first.same_top);
  const auto masked_documents = token_kl_report(rows(base, n, v), rows(spoilt, n, v), tokens, lengths, {.mask = mask});
  CHECK(masked_documents.clusters == 8);  // the documents that are masked whole are none
  CHECK(masked_documents.perplexity_base == first.perplexity_base);

  // Batches as clusters, merged.
  perplexity::token_kl_accumulator one, two;
  for (std::size_t d = 0; d < 12; ++d) {
    auto& into = d < 7 ? one : two;
    const std::span<const double> b(base.data() + d * 5 * v, 5 * v), m(model.data() + d * 5 * v, 5 * v);
    into.update(rows(b, 5, v), rows(m, 5, v), std::span<const int>(tokens).subspan(d * 5, 5));
    if (d != 6) into.end_document();  // the merge closes what is open
  }
  one.merge(two);
  CHECK(one.report({.by_document = true}).mean_divergence == blocks.mean_divergence);
  one.merge(one);
  CHECK(one.report({.by_document = true}).clusters == 24);
  CHECK(one.report().count == 2 * n);

  CHECK_THROWS_AS(report({.block = 0}), std::invalid_argument);
  CHECK_THROWS_AS(report({.by_document = true}), std::invalid_argument);
  CHECK_THROWS_AS(report({.mask = std::span<const std::uint8_t>(mask).first(3)}), std::invalid_argument);
  CHECK_THROWS_AS(one.report({.mask = mask}), std::invalid_argument);
  const std::vector<int> short_lengths{5, 5}, long_lengths{50, 50}, negative{70, -10};
  for (const auto& bad : {short_lengths, long_lengths, negative})
    CHECK_THROWS_AS(token_kl_report(rows(base, n, v), rows(model, n, v), tokens, bad), std::invalid_argument);
}
