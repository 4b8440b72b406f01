// SPDX-License-Identifier: BSL-1.0

// What a model's own numbers say: perplexities by token, document and byte, and a comparison with a base model.

#include "tailwatch/perplexity/token_perplexity.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/bits_per_byte.hpp"
#include "tailwatch/perplexity/document_perplexity.hpp"
#include "tailwatch/perplexity/mauve.hpp"
#include "tailwatch/perplexity/token_kl_report.hpp"
#include "tailwatch/perplexity/token_rank_histogram.hpp"

namespace perplexity = tailwatch::perplexity;

int main() {
  // 1000 tokens over 50 ids: a base model, and one that is 20 % too sure of itself; tokens drawn from the base.
  constexpr std::size_t n = 1000, v = 50;
  tailwatch::core::random_engine random(5);
  std::vector<double> base(n * v), sharp(n * v), log_p;
  std::vector<std::uint32_t> tokens;
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0.0;
    for (std::size_t j = i * v; j < (i + 1) * v; ++j) {
      base[j] = 4.0 * tailwatch::core::uniform_01(random);
      sharp[j] = 1.2 * base[j];
      sum += std::exp(base[j]);
    }
    double left = tailwatch::core::uniform_01(random) * sum;
    std::size_t t = 0;
    while (t + 1 < v && (left -= std::exp(base[i * v + t])) > 0.0) ++t;
    tokens.push_back(static_cast<std::uint32_t>(t));
    log_p.push_back(base[i * v + t] - std::log(sum));
  }
  const std::vector<std::size_t> documents{100, 400, 500};
  const auto x = tailwatch::log_probabilities(log_p);
  const auto print = [](const char* what, tailwatch::estimate e) {
    std::printf("%-34s %8.4f ± %.4f\n", what, e.value, e.standard_error);
  };
  print("perplexity, tokens as clusters", perplexity::token_perplexity(x));
  print("perplexity, documents as clusters", perplexity::token_perplexity(x, documents));
  print("mean perplexity of documents", perplexity::mean_document_perplexity(x, documents));
  print("bits per byte at 4.2 bytes a token", perplexity::bits_per_byte(x, 4200));

  const auto report = perplexity::token_kl_report(tailwatch::rows(base, n, v), tailwatch::rows(sharp, n, v), tokens);
  print("sharp model: perplexity ratio", report.perplexity_ratio);
  print("KL(base‖sharp), nats per token", report.mean_divergence);
  std::printf("its 99 %% quantile %.4f, same top id in %.1f %%\n", report.divergence_quantile(0.99),
              100.0 * report.same_top.value);
  const auto ranks = perplexity::token_rank_histogram(tailwatch::rows(base, n, v), tokens, {.edges = {0, 5, 20, 49}});
  const std::vector<std::uint64_t> greedy{n, 0, 0};
  print("MAUVE of ranks, text against argmax", perplexity::mauve(ranks.counts, greedy));
  return report.mean_divergence.value > 0.0 && report.same_top.value == 1.0 ? 0 : 1;
}
