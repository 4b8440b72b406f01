// SPDX-License-Identifier: BSL-1.0

// Two ranks see embeddings and log-probabilities of their own documents. Merged, the states hold what one rank that saw
// everything would: mean and covariance of the embeddings, perplexity and bits per byte with the error of whole documents.

#include <cmath>
#include <cstdint>
#include <iostream>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/perplexity/bits_per_byte.hpp"
#include "tailwatch/perplexity/token_perplexity.hpp"
#include "tailwatch/summary.hpp"

int main() {
  using namespace tailwatch;
  constexpr std::size_t dimension = 4, documents = 400;
  core::random_engine random(1);
  summary::covariance embeddings[2] = {summary::covariance(dimension), summary::covariance(dimension)};
  summary::log_likelihood likelihood[2];
  summary::moments surprisal[2];
  double nats = 0.0;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < documents; ++i) {
    const std::size_t rank = i % 2;
    const double topic = core::uniform_01(random) - 0.5;  // what makes tokens of one document depend on each other
    std::vector<float> point(dimension);
    for (std::size_t c = 0; c < dimension; ++c)
      point[c] = static_cast<float>(1000.0 + topic * static_cast<double>(c) + core::uniform_01(random));
    embeddings[rank].update(rows(point, 1, dimension));

    std::vector<double> log_p(20 + i % 30), minus_log_p;
    for (double& v : log_p) v = -(3.0 + 2.0 * topic) * (0.5 + core::uniform_01(random));
    for (const double v : log_p) minus_log_p.push_back(-v);
    likelihood[rank].add_document(log_probabilities(log_p), {.words = log_p.size() - 5, .bytes = 4 * log_p.size()});
    surprisal[rank].update(minus_log_p);
    for (const double v : minus_log_p) nats += v;
    bytes += 4 * log_p.size();
  }
  embeddings[0].merge(embeddings[1]);
  likelihood[0].merge(likelihood[1]);
  surprisal[0].merge(surprisal[1]);

  const estimate correlation = embeddings[0].correlation(1, 3);
  const estimate perplexity = perplexity::token_perplexity(likelihood[0]);
  const estimate bits = perplexity::bits_per_byte(likelihood[0]);
  const estimate naive = surprisal[0].mean();  // tokens taken as independent
  std::cout << "correlation of two coordinates " << correlation.value << " ± " << correlation.standard_error
            << "\nperplexity " << perplexity.value << " ± " << perplexity.standard_error << " over "
            << likelihood[0].clusters() << " documents\nbits per byte " << bits.value << " ± " << bits.standard_error
            << "\nsurprisal " << naive.value << " ± " << naive.standard_error
            << ", were tokens independent; by documents ± " << likelihood[0].per_token().standard_error << '\n';

  // Var(topic) = 1/12 = Var(noise): r = 3/√((1 + 1)(9 + 1)).
  const bool good = std::abs(correlation.value - 3.0 / std::sqrt(20.0)) < 4.0 * correlation.standard_error &&
                    std::abs(bits.value - nats / static_cast<double>(bytes) / std::log(2.0)) < 1e-12 &&
                    std::abs(naive.value - likelihood[0].per_token().value) < 1e-12 &&
                    likelihood[0].per_token().standard_error > 1.5 * naive.standard_error &&
                    embeddings[0].count() == documents;
  return good ? 0 : 1;
}
