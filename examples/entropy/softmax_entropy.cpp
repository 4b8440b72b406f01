// SPDX-License-Identifier: BSL-1.0
//
// The entropy of a model's next-token distributions, from logits, while it sharpens: what a collapsing policy looks like.
// Rows are padded to a stride, some positions are prompt (masked), and the softmax of the last round is split over two ranks.
#include "tailwatch/entropy/softmax_entropy.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/entropy/softmax_entropy_quantiles.hpp"
#include "tailwatch/entropy/softmax_renyi_2.hpp"

int main() {
  namespace tw = tailwatch;
  constexpr std::size_t rows = 64, vocabulary = 1000, stride = 1024;
  std::vector<float> logits(rows * stride);
  std::vector<std::int64_t> targets(rows);
  std::vector<std::uint8_t> mask(rows, 1);
  for (std::size_t r = 0; r < 8; ++r) mask[r] = 0;

  double last = 1e9;
  bool ok = true;
  for (const double temperature : {1.0, 0.5, 0.25}) {
    for (std::size_t r = 0; r < rows; ++r) {
      targets[r] = static_cast<std::int64_t>(r);
      for (std::size_t v = 0; v < vocabulary; ++v)
        logits[r * stride + v] = static_cast<float>(std::sin(static_cast<double>(r * 31 + v * 17)) / temperature);
    }
    tw::summary::softmax_rows state({.tail_thresholds = {1e-4}});
    state.update(logits.data(), rows, vocabulary, stride, targets.data(), mask.data());
    const tw::estimate h = tw::entropy::softmax_entropy(state);
    std::printf("temperature %.2f: entropy %.4f ± %.4f nats over %llu tokens, NLL %.4f, tail mass %.4f\n", temperature,
                h.value, h.standard_error, static_cast<unsigned long long>(h.count),
                state.negative_log_likelihood().mean().value, state.tail_mass(0).mean().value);
    const tw::estimate collision = tw::entropy::softmax_renyi_2(logits.data(), rows, vocabulary, stride, mask.data());
    const auto spread = tw::entropy::softmax_entropy_quantiles(logits.data(), rows, vocabulary, stride, mask.data());
    std::printf("  of order 2 %.4f; median %.4f, and the fifth of the tokens with most entropy holds %.3f of it\n",
                collision.value, spread.quantiles[2].value, spread.top_share.value);
    ok = ok && collision.value < h.value && spread.top_share.value >= 0.2;
    ok = ok && h.count == rows - 8 && h.value < last && h.value < std::log(1000.0);
    last = h.value;
  }

  // Two ranks hold half of the vocabulary each.
  tw::summary::softmax_row_partials left(rows), right(rows);
  left.update(logits.data(), 500, 0, stride, targets.data(), mask.data());
  right.update(logits.data() + 500, 500, 500, stride, targets.data(), mask.data());
  left.merge(right);
  tw::summary::softmax_rows merged;
  merged.absorb(left);
  const double difference = tw::entropy::softmax_entropy(merged).value - last;
  std::printf("from two slices of the vocabulary: difference %.1e\n", difference);
  return ok && std::abs(difference) < 1e-6 ? 0 : 1;
}
