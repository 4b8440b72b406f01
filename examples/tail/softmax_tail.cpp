// SPDX-License-Identifier: BSL-1.0
//
// The tail in the logits, before anything is generated: what top-k and top-p sampling cut off, how many tokens the nucleus holds,
// and the mass of improbable tokens, while a model sharpens.
#include <cmath>
#include <cstdio>
#include <vector>

#include "tailwatch/tail/softmax_tail_mass.hpp"
#include "tailwatch/tail/softmax_truncation.hpp"

int main() {
  namespace tail = tailwatch::tail;
  constexpr std::size_t rows = 64, vocabulary = 5000;
  std::vector<float> logits(rows * vocabulary);
  double last_size = 1e9, last_mass = 1.0;
  bool ok = true;
  for (const double temperature : {1.0, 0.7, 0.4}) {
    for (std::size_t r = 0; r < rows; ++r)  // Zipf's law, its ranks dealt differently in every context
      for (std::size_t v = 0; v < vocabulary; ++v)
        logits[r * vocabulary + v] =
            static_cast<float>(-std::log(1.0 + static_cast<double>((v * 7919 + r * 131) % vocabulary)) / temperature);
    tailwatch::summary::softmax_rows state({.tail_thresholds = {1e-4}, .top_k = {50}, .top_p = {0.9}});
    state.update(logits.data(), rows, vocabulary, vocabulary);
    const auto size = tail::softmax_nucleus_size(state);
    const auto outside_k = tail::softmax_mass_outside_top_k(state);
    const auto outside_p = tail::softmax_mass_outside_top_p(state);
    const auto rare = tail::softmax_tail_mass(state);
    std::printf("temperature %.1f: nucleus %.0f tokens, outside it %.4f, outside the first 50 %.4f, below 1e-4 %.4f\n",
                temperature, size.value, outside_p.value, outside_k.value, rare.value);
    ok = ok && size.value < last_size && outside_k.value < last_mass && outside_p.value <= 0.1 && size.count == rows;
    last_size = size.value;
    last_mass = outside_k.value;
  }
  return ok ? 0 : 1;
}
