// SPDX-License-Identifier: BSL-1.0

// Logits of a model that is too sure of itself: calibration of its top token, both tails of its perplexities, and a long text
// read through a short window.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/perplexity.hpp"

using namespace tailwatch;

int main() {
  constexpr std::size_t n = 4000, v = 40;
  core::random_engine random(3);
  std::vector<float> logits(n * v);  // half as much again as what the tokens are drawn from
  std::vector<std::uint32_t> tokens;
  for (std::size_t r = 0; r < n; ++r) {
    float* const row = logits.data() + r * v;
    double sum = 0.0;
    for (std::size_t j = 0; j < v; ++j) {
      const double x = 5.0 * core::uniform_01(random);
      row[j] = static_cast<float>(1.5 * x);
      sum += std::exp(x);
    }
    double left = core::uniform_01(random) * sum;
    std::uint32_t t = 0;
    while (t + 1 < v && (left -= std::exp(row[t] / 1.5)) > 0.0) ++t;
    tokens.push_back(t);
  }

  const auto found = perplexity::token_calibration(rows(logits, n, v), tokens, {.bins = 5});
  for (const auto& bin : found.bins)
    std::printf("confidence %.1f to %.1f   came true %.3f(%.3f), %llu tokens\n", bin.lower, bin.upper,
                bin.accuracy.value, bin.accuracy.standard_error, static_cast<unsigned long long>(bin.accuracy.count));
  const estimate ece = found.expected_calibration_error, over = found.overconfidence;
  std::printf("ECE %.3f(%.3f), overconfidence %.3f(%.3f), Brier %.3f\n", ece.value, ece.standard_error, over.value,
              over.standard_error, found.brier.value);

  perplexity::token_calibration_counts first({.bins = 5}), second({.bins = 5});  // the same of two halves, merged
  const std::span<const float> x_all(logits);
  const std::span<const std::uint32_t> t_all(tokens);
  first.update(rows(x_all.first(n / 2 * v), n / 2, v), t_all.first(n / 2));
  second.update(rows(x_all.subspan(n / 2 * v), n / 2, v), t_all.subspan(n / 2));
  first.merge(second);
  const bool streams = std::abs(first.result().expected_calibration_error.value - ece.value) < 1e-9;

  const auto seen = perplexity::observed_log_probabilities(rows(logits, n, v), tokens);
  const auto x = log_probabilities(seen.log_probabilities);
  const estimate all = perplexity::token_perplexity(x, {.block = 100, .mask = seen.mask});
  const auto tails = perplexity::perplexity_quantiles(x, {.probabilities = {0.01, 0.5, 0.99}});
  std::printf("perplexity %.2f(%.2f)\n", all.value, all.standard_error);
  for (const auto& q : tails)
    std::printf("  quantile %.2f   %8.2f   [%.2f, %.2f]\n", q.probability, q.value.value, q.interval.lower,
                q.interval.upper);

  // Windows of 512 every 256 tokens; here the model's numbers do not depend on the window.
  const auto windows = perplexity::strided_windows(n, {.length = 512, .stride = 256});
  std::vector<double> read;
  for (const auto& w : windows)
    for (std::size_t t = w.begin; t < w.end; ++t) read.push_back(x[t]);
  const estimate windowed = perplexity::windowed_perplexity(log_probabilities(read), windows);
  std::printf("by windows %.2f(%.2f), %zu windows\n", windowed.value, windowed.standard_error, windows.size());
  return streams && over.value > 5.0 * over.standard_error && windowed.count == n - 1 &&
                 tails[2].interval.lower > all.value
             ? 0
             : 1;
}
