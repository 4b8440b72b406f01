// SPDX-License-Identifier: BSL-1.0
// Three watermarks: what a marked text and an unmarked one look like to whoever holds the key.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/provenance/combine_p_values.hpp"
#include "tailwatch/provenance/green_list.hpp"
#include "tailwatch/provenance/gumbel.hpp"
#include "tailwatch/provenance/synthid.hpp"

namespace provenance = tailwatch::provenance;
namespace core = tailwatch::core;

namespace {

// A toy language model: 64 tokens, after token t the law of weights 1/(1 + (v − 5t) mod 64).
constexpr int vocabulary = 64;
double weight(int before, int v) { return 1.0 / (1.0 + static_cast<double>(((v - 5 * before) % 64 + 64) % 64)); }
std::uint64_t keyed(int before, int token, std::uint64_t purpose) {
  return core::mix64(core::mix64(purpose) ^ static_cast<std::uint64_t>(before * vocabulary + token));
}
double uniform(int before, int token) { return static_cast<double>(keyed(before, token, 7) >> 11) * 0x1p-53; }
bool green(int before, int token) { return (keyed(before, token, 3) & 3U) == 0; }  // a quarter of the vocabulary

std::vector<int> write(std::size_t length, double delta, bool gumbel, core::random_engine& random) {
  std::vector<int> text{1};
  while (text.size() < length) {
    int best = 0;
    double largest = -1e300;
    for (int v = 0; v < vocabulary; ++v) {  // the largest of ln(r)/p is a draw from p
      const double p = weight(text.back(), v) * (green(text.back(), v) ? std::exp(delta) : 1.0);
      const double r = gumbel ? uniform(text.back(), v) : 1.0 - core::uniform_01(random);
      const double key = std::log(r) / p;
      if (key > largest) {
        largest = key;
        best = v;
      }
    }
    text.push_back(best);
  }
  return text;
}

}  // namespace

int main() {
  core::random_engine random(2025);
  const auto is_green = [](std::span<const int> context, int token) { return green(context.back(), token); };
  std::printf("%-22s %10s %8s %12s\n", "", "statistic", "z", "log10 p");
  const auto show = [](const char* name, const provenance::null_test& t) {
    std::printf("%-22s %10.4f %8.2f %12.2f\n", name, t.statistic.value, t.z, t.log_p_value / std::log(10.0));
    return t;
  };
  const auto plain = write(300, 0.0, false, random), marked = write(300, 2.0, false, random);
  const auto no_mark = show("green list, plain", provenance::green_list(provenance::green_list_flags(plain, is_green)));
  const auto mark = show("green list, marked", provenance::green_list(provenance::green_list_flags(marked, is_green)));

  // A passage of marked text inside plain text: the best window, with its price for having looked everywhere.
  std::vector<int> mixed = plain;
  mixed.insert(mixed.begin() + 150, marked.begin(), marked.begin() + 80);
  const auto window = provenance::green_list_windows(provenance::green_list_flags(mixed, is_green));
  std::printf("  best window of the mixed text: tokens %zu to %zu, log10 p %.1f\n", window.begin,
              window.begin + window.size, window.adjusted_log_p_value / std::log(10.0));

  // Gumbel: same law of the text, large uniform numbers at its tokens. 60 tokens: this model would soon run in circles.
  const auto score = [](const std::vector<int>& text) {
    std::vector<double> r;
    for (std::size_t i = 1; i < text.size(); ++i) r.push_back(uniform(text[i - 1], text[i]));
    return provenance::gumbel(r);
  };
  const auto gumbel_plain = show("Gumbel, plain", score(write(60, 0.0, false, random)));
  const auto gumbel_marked = show("Gumbel, marked", score(write(60, 0.0, true, random)));

  // SynthID: 200 tokens with 30 bits each, the first layers tilted towards 1.
  std::vector<int> bits;
  for (int t = 0; t < 200; ++t)
    for (int layer = 0; layer < 30; ++layer) bits.push_back(core::uniform_01(random) < 0.5 + 0.1 / (1 + layer) ? 1 : 0);
  const auto rows = core::rows(bits, 200, 30);
  const auto mean = show("SynthID mean", provenance::synthid(rows));
  const auto weighted =
      show("SynthID weighted mean", provenance::synthid(rows, {.weights = provenance::synthid_weights(30)}));
  const std::vector<double> both{mark.log_p_value, gumbel_marked.log_p_value};
  std::printf("two independent keys, Fisher: log10 p %.1f\n", provenance::fisher_log_p_value(both) / std::log(10.0));
  return no_mark.p_value() > 1e-3 && mark.p_value() < 1e-6 && window.begin > 100 && window.begin < 200 &&
                 gumbel_plain.p_value() > 1e-3 && gumbel_marked.p_value() < 1e-4 && weighted.z > mean.z
             ? 0
             : 1;
}
