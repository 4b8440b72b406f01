// SPDX-License-Identifier: BSL-1.0
// token_calibration and observed_log_probabilities: what rows of logits say of the tokens that came.
#include "tailwatch/perplexity/token_calibration.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/observed_log_probabilities.hpp"
#include "tailwatch/perplexity/token_calibration_counts.hpp"
#include "tailwatch/perplexity/token_perplexity.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

static_assert(core::estimator<perplexity::token_calibration_fn>);

TEST_CASE("perplexity token_calibration: by hand", "[perplexity]") {
  const std::vector<double> c{0.1, 0.2, 0.6, 0.9, 1.0, 0.5, core::nan, 1.5};
  const std::vector<int> y{0, 1, 1, 1, 0, 0, 1, 1};
  const auto r = perplexity::token_calibration(c, y, {.bins = 2});
  CHECK(r.rejected == 2);
  CHECK(close(r.bins[0].confidence, 0.15, 1e-15));
  CHECK(close(r.bins[0].accuracy.value, 0.5, 1e-15));
  CHECK(close(r.bins[1].confidence, 0.75, 1e-15));
  CHECK(close(r.bins[1].accuracy.value, 0.5, 1e-15));
  CHECK(close(r.expected_calibration_error.value, (2 * 0.35 + 4 * 0.25) / 6.0, 1e-14));
  CHECK(close(r.maximum_calibration_error.value, 0.35, 1e-14));
  CHECK(close(r.overconfidence.value, 3.3 / 6.0 - 0.5, 1e-14));
  CHECK(close(r.brier.value, (0.01 + 0.64 + 0.16 + 0.01 + 1.0 + 0.25) / 6.0, 1e-14));
  const double debiased = 2.0 / 6.0 * (0.35 * 0.35 - 0.25 / 1.0) + 4.0 / 6.0 * (0.25 * 0.25 - 0.25 / 3.0);
  CHECK(close(r.squared_calibration_error.value, debiased, 1e-13));
  CHECK(r.brier.count == 6);
  CHECK(std::isnan(r.brier_full.value));

  const auto equal =
      perplexity::token_calibration(c, y, {.bins = 3, .binning = perplexity::calibration_bins::equal_count});
  for (const auto& bin : equal.bins) CHECK(bin.accuracy.count == 2);
  CHECK(equal.bins[1].lower == 0.5);
  CHECK(equal.bins[1].upper == 0.6);
  const std::vector<float> same(10, 0.5F);
  const std::vector<std::uint8_t> half{1, 0, 1, 0, 1, 0, 1, 0, 1, 0};
  const auto one =
      perplexity::token_calibration(same, half, {.bins = 4, .binning = perplexity::calibration_bins::equal_count});
  CHECK(one.bins[0].accuracy.count == 10);
  CHECK(one.expected_calibration_error.value == 0.0);
  CHECK(std::isnan(one.bins[1].accuracy.value));

  const auto none = perplexity::token_calibration(std::vector<double>{}, std::vector<int>{});
  CHECK(std::isnan(none.expected_calibration_error.value));
  CHECK(std::isnan(none.brier.value));
  CHECK(std::isnan(none.maximum_calibration_error.value));
  CHECK(std::isnan(none.squared_calibration_error.value));
  CHECK_THROWS_AS(perplexity::token_calibration(c, y, {.bins = 0}), std::invalid_argument);
  CHECK_THROWS_AS(perplexity::token_calibration(c, y, {.block = 0}), std::invalid_argument);
  CHECK_THROWS_AS(perplexity::token_calibration(c, std::vector<int>{1}), std::invalid_argument);
}

TEST_CASE("perplexity token_calibration: standard errors are the spread, the debiased error is unbiased",
          "[perplexity]") {
  core::random_engine random(4);
  constexpr int replicates = 1200, n = 400;
  struct tally {
    double sum = 0.0, squares = 0.0, errors = 0.0;
    void add(const estimate& e) {
      sum += e.value;
      squares += e.value * e.value;
      errors += e.standard_error;
    }
    [[nodiscard]] double mean() const { return sum / replicates; }
    [[nodiscard]] double spread() const {
      return std::sqrt((squares / replicates - mean() * mean()) * replicates / (replicates - 1.0));
    }
  };
  tally ece, brier, over, squared;
  for (int r = 0; r < replicates; ++r) {
    std::vector<double> c(n);
    std::vector<std::uint8_t> y(n);
    for (int i = 0; i < n; ++i) {
      // Too sure: confidence 0.15 above the truth. One value a bin, so that binning hides nothing.
      c[static_cast<std::size_t>(i)] = 0.35 + 0.2 * static_cast<double>(core::uniform_below(random, 4));
      y[static_cast<std::size_t>(i)] = core::uniform_01(random) < c[static_cast<std::size_t>(i)] - 0.15 ? 1 : 0;
    }
    const auto found = perplexity::token_calibration(c, y, {.bins = 5});
    ece.add(found.expected_calibration_error);
    brier.add(found.brier);
    over.add(found.overconfidence);
    squared.add(found.squared_calibration_error);
  }
  const double margin = 4.0 / std::sqrt(2.0 * replicates);
  CHECK(std::abs(ece.errors / replicates / ece.spread() - 1.0) < margin);
  CHECK(std::abs(brier.errors / replicates / brier.spread() - 1.0) < margin);
  CHECK(std::abs(over.errors / replicates / over.spread() - 1.0) < margin);
  CHECK(std::abs(over.mean() - 0.15) < 4.0 * over.spread() / std::sqrt(replicates));
  CHECK(std::abs(squared.mean() - 0.0225) < 4.0 * squared.spread() / std::sqrt(replicates));
}

TEST_CASE("perplexity token_calibration: from rows of logits", "[perplexity]") {
  // Two tokens of three in row order: the top one, another, a tie at the top, an ignored id, a row with NaN.
  const std::vector<double> logits{2, 0, 0, 1, 3, 0, 1, 1, 0, 0, 0, 0, core::nan, 0, 0};
  const std::vector<int> tokens{0, 0, 1, -100, 1};
  const auto r = perplexity::token_calibration(rows(logits, 5, 3), tokens, {.bins = 1});
  CHECK(r.rejected == 2);
  const double a = std::exp(2.0), b = std::exp(1.0), d = std::exp(3.0);
  const double p0 = a / (a + 2.0), p1 = d / (b + d + 1.0), p2 = b / (2.0 * b + 1.0);
  CHECK(close(r.bins[0].confidence, (p0 + p1 + p2) / 3.0, 1e-14));
  CHECK(close(r.bins[0].accuracy.value, 2.0 / 3.0, 1e-15));
  const auto square = [](double x) { return x * x; };
  const double q0 = 1.0 / (a + 2.0), q1 = b / (b + d + 1.0), r1 = 1.0 / (b + d + 1.0), r2 = 1.0 / (2.0 * b + 1.0);
  const double full = square(1.0 - p0) + 2.0 * square(q0) + square(1.0 - q1) + square(p1) + square(r1) +
                      square(1.0 - p2) + square(p2) + square(r2);
  CHECK(close(r.brier_full.value, full / 3.0, 1e-14));
  CHECK(r.brier_full.count == 3);
  const std::vector<float> narrow(logits.begin(), logits.end());
  const auto f = perplexity::token_calibration(rows(narrow, 5, 3), tokens, {.bins = 1});
  CHECK(close(f.brier.value, r.brier.value, 1e-5));
  CHECK(close(f.brier_full.value, r.brier_full.value, 1e-5));
  CHECK_THROWS_AS(perplexity::token_calibration(rows(logits, 5, 3), std::vector<int>{1}), std::invalid_argument);
}

TEST_CASE("perplexity token_calibration_counts: batches merged say what token_calibration says of the whole",
          "[perplexity]") {
  const auto agree = [](const estimate& a, const estimate& b) {
    CHECK(a.count == b.count);
    CHECK(close(a.value, b.value, 1e-11, 1e-12));
    CHECK(close(a.standard_error, b.standard_error, 1e-9));
  };
  const auto all_agree = [&](const perplexity::token_calibration_result& a,
                             const perplexity::token_calibration_result& b) {
    REQUIRE(a.bins.size() == b.bins.size());
    for (std::size_t i = 0; i < a.bins.size(); ++i) {
      CHECK(a.bins[i].lower == b.bins[i].lower);
      CHECK(a.bins[i].upper == b.bins[i].upper);
      CHECK(a.bins[i].accuracy.count == b.bins[i].accuracy.count);
      if (a.bins[i].accuracy.count == 0) continue;
      CHECK(close(a.bins[i].confidence, b.bins[i].confidence, 1e-11));
      CHECK(a.bins[i].accuracy.value == b.bins[i].accuracy.value);
    }
    agree(a.expected_calibration_error, b.expected_calibration_error);
    agree(a.maximum_calibration_error, b.maximum_calibration_error);
    agree(a.overconfidence, b.overconfidence);
    agree(a.brier, b.brier);
    CHECK(close(a.squared_calibration_error.value, b.squared_calibration_error.value, 1e-9));
    CHECK(a.rejected == b.rejected);
  };
  core::random_engine random(12);
  std::vector<double> c;
  std::vector<int> y;
  perplexity::token_calibration_counts early, late;
  for (int i = 0; i < 3000; ++i) {
    const double p = core::uniform_01(random);
    c.push_back(i % 500 == 7 ? 1.5 : p);
    y.push_back(core::uniform_01(random) < p * p ? 1 : 0);
  }
  early.update(std::vector<double>(c.begin(), c.begin() + 1000), std::vector<int>(y.begin(), y.begin() + 1000));
  late.update(std::vector<double>(c.begin() + 1000, c.end()), std::vector<int>(y.begin() + 1000, y.end()));
  late.merge(early);
  all_agree(late.result(), perplexity::token_calibration(c, y));
  CHECK(late.count() == 2994);
  CHECK(std::isnan(late.result().brier_full.value));

  constexpr std::size_t n = 200, v = 23;
  std::vector<float> logits(n * v);
  for (float& x : logits) x = static_cast<float>(4.0 * core::uniform_01(random));
  std::vector<std::int64_t> tokens(n);
  for (auto& t : tokens) t = static_cast<std::int64_t>(core::uniform_below(random, v));
  tokens[3] = -100;
  perplexity::token_calibration_counts of_rows({.bins = 4});
  of_rows.update(rows(logits, n, v), tokens);
  const auto whole = perplexity::token_calibration(rows(logits, n, v), tokens, {.bins = 4});
  all_agree(of_rows.result(), whole);
  agree(of_rows.result().brier_full, whole.brier_full);

  const auto none = perplexity::token_calibration_counts().result();
  CHECK(std::isnan(none.expected_calibration_error.value));
  CHECK(std::isnan(none.maximum_calibration_error.value));
  CHECK(std::isnan(none.squared_calibration_error.value));
  perplexity::token_calibration_counts sure;
  sure.update(std::vector<double>(10, 0.3), std::vector<int>(10, 0));
  CHECK(close(sure.result().brier.value, 0.09, 1e-11));
  CHECK(std::isnan(sure.result().brier.standard_error));  // ten equal terms: nothing known of their spread
  CHECK_THROWS_AS(sure.update(c, std::vector<int>{1}), std::invalid_argument);
  CHECK_THROWS_AS(sure.update(rows(logits, n, v), std::vector<int>{1}), std::invalid_argument);
  CHECK_THROWS_AS(sure.merge(of_rows), std::invalid_argument);
  CHECK(sure.count() == 10);
  CHECK_THROWS_AS(perplexity::token_calibration_counts({.bins = 0}), std::invalid_argument);
}

TEST_CASE("perplexity observed_log_probabilities: rows, ignored ids and the state agree", "[perplexity]") {
  core::random_engine random(6);
  constexpr std::size_t n = 60, v = 37;
  std::vector<float> logits(n * v);
  for (float& x : logits) x = static_cast<float>(6.0 * core::uniform_01(random));
  std::vector<std::int64_t> tokens(n);
  for (auto& t : tokens) t = static_cast<std::int64_t>(core::uniform_below(random, v));
  tokens[3] = -100;
  tokens[4] = v;
  logits[5 * v] = static_cast<float>(core::nan);
  const auto seen = perplexity::observed_log_probabilities(rows(logits, n, v), tokens);
  CHECK(seen.ignored == 2);
  CHECK(seen.rejected == 1);
  CHECK(seen.mask[3] == 0);
  const estimate ppl = perplexity::token_perplexity(log_probabilities(seen.log_probabilities), {.mask = seen.mask});
  CHECK(ppl.count == n - 3);
  summary::softmax_rows state;
  state.update(logits.data(), n, v, v, tokens.data());
  const estimate of_state = perplexity::perplexity_of_rows(state);
  CHECK(of_state.count == ppl.count);
  CHECK(close(of_state.value, ppl.value, 1e-12));
  CHECK(close(of_state.standard_error, ppl.standard_error, 1e-9));
  const std::vector<double> wide(logits.begin(), logits.end());
  const auto exact = perplexity::observed_log_probabilities(rows(wide, n, v), tokens);
  for (std::size_t r = 0; r < n; ++r) {
    CHECK(exact.mask[r] == seen.mask[r]);
    CHECK(std::abs(exact.log_probabilities[r] - seen.log_probabilities[r]) < 2e-6);
  }
  CHECK(std::isnan(perplexity::perplexity_of_rows(summary::softmax_rows()).value));
  CHECK_THROWS_AS(perplexity::observed_log_probabilities(rows(logits, n, v), std::vector<int>{1}),
                  std::invalid_argument);
  // A masked logit is the observed token: probability 0.
  const std::vector<double> ruled_out{0.0, -core::infinity};
  const auto never = perplexity::observed_log_probabilities(rows(ruled_out, 1, 2), std::vector<int>{1});
  CHECK(never.log_probabilities[0] == -core::infinity);
  CHECK(perplexity::token_perplexity(log_probabilities(never.log_probabilities)).value == core::infinity);
}

TEST_CASE("perplexity observed_log_probabilities: rows that are normalised already, and rows that are not",
          "[perplexity]") {
  using perplexity::row_kind;
  core::random_engine random(7);
  constexpr std::size_t n = 40, v = 11;
  std::vector<double> logits(n * v), log_p;
  for (double& x : logits) x = -5.0 * core::uniform_01(random);
  for (std::size_t r = 0; r < n; ++r) {
    double sum = 0.0;
    for (std::size_t i = 0; i < v; ++i) sum += std::exp(logits[r * v + i]);
    for (std::size_t i = 0; i < v; ++i) log_p.push_back(logits[r * v + i] - std::log(sum));
  }
  std::vector<int> tokens(n);
  for (int& t : tokens) t = static_cast<int>(core::uniform_below(random, v));
  tokens[2] = -100;
  const auto from_logits = perplexity::observed_log_probabilities(rows(logits, n, v), tokens);
  const auto read =
      perplexity::observed_log_probabilities(rows(log_p, n, v), tokens, {.rows = row_kind::log_probabilities});
  CHECK(read.mask == from_logits.mask);
  CHECK(read.ignored == 1);
  for (std::size_t r = 0; r < n; ++r)
    CHECK(close(read.log_probabilities[r], from_logits.log_probabilities[r], 1e-12, 1e-14));

  // 16-bit rows: a sum that is off by rounding is no error.
  std::vector<simd::bfloat16> narrow;
  for (const double x : log_p)
    narrow.push_back({static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(static_cast<float>(x)) >> 16)});
  const core::rows_view<simd::bfloat16> narrow_rows{narrow.data(), n, v};
  const auto rough = perplexity::observed_log_probabilities(narrow_rows, tokens, {.rows = row_kind::log_probabilities});
  for (std::size_t r = 0; r < n; ++r) CHECK(close(rough.log_probabilities[r], from_logits.log_probabilities[r], 0.01));

  const auto as_log_probabilities = [&](const std::vector<double>& x) {
    return perplexity::observed_log_probabilities(rows(x, n, v), tokens, {.rows = row_kind::log_probabilities});
  };
  std::vector<double> positive = log_p, broken = log_p;
  positive[static_cast<std::size_t>(tokens[0])] = 1.5;
  CHECK_THROWS_AS(as_log_probabilities(positive), std::invalid_argument);
  broken[static_cast<std::size_t>(tokens[0])] = core::nan;
  CHECK(as_log_probabilities(broken).rejected == 1);
  // Negative logits look like log-probabilities one by one; the sum of the row tells.
#if TAILWATCH_CHECK_ROWS
  std::string message;
  try {
    static_cast<void>(as_log_probabilities(logits));
  } catch (const std::invalid_argument& e) {
    message = e.what();
  }
  CHECK(message.find("sum of the probabilities of row 0 is ") != std::string::npos);
#else
  CHECK(as_log_probabilities(logits).rejected == 0);
#endif
}
