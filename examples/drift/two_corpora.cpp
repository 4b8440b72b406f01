// SPDX-License-Identifier: BSL-1.0
// Word counts of two corpora: how far apart are they, and how far apart would two samples of one source be?

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/drift.hpp"
#include "tailwatch/summary/dense_counts.hpp"

using namespace tailwatch;

namespace {

/// `n` words of a vocabulary of 5000 with frequencies 1/rank^exponent.
summary::dense_counts write_text(std::size_t n, double exponent, core::random_engine& random) {
  std::vector<double> cumulative;
  double total = 0.0;
  for (int rank = 1; rank <= 5000; ++rank) cumulative.push_back(total += std::pow(rank, -exponent));
  summary::dense_counts words(cumulative.size());
  for (std::size_t i = 0; i < n; ++i) {
    const double u = core::uniform_01(random) * total;
    words.add(
        static_cast<std::uint64_t>(std::upper_bound(cumulative.begin(), cumulative.end(), u) - cumulative.begin()));
  }
  return words;
}

/// Prints one comparison and returns by how many standard deviations it stands above its noise floor.
double compare(const char* name, const summary::dense_counts& text, const summary::dense_counts& human) {
  const estimate js = drift::jensen_shannon_divergence(text, human, {.unit = information_unit::bits});
  const estimate floor = drift::noise_floor(text, human, {.unit = information_unit::bits});
  const estimate kl =
      drift::kullback_leibler_smoothed(text, human, {.method = drift::smoothing::jelinek, .parameter = 0.1});
  const estimate corrected = drift::kullback_leibler_bias_corrected(text, human);
  std::printf("%-22s KL without its bias %.4f(%.4f) nats\n", name, corrected.value, corrected.standard_error);
  std::printf("%-22s JS %.4f(%.4f) bits, floor %.4f(%.4f); smoothed KL %.4f(%.4f) nats\n", name, js.value,
              js.standard_error, floor.value, floor.standard_error, kl.value, kl.standard_error);
  return (js.value - floor.value) / floor.standard_error;
}

}  // namespace

int main() {
  core::random_engine random(7);
  const summary::dense_counts human = write_text(40000, 1.0, random);
  const double same = compare("more human text", write_text(40000, 1.0, random), human);
  const double collapsed = compare("text with a short tail", write_text(40000, 1.1, random), human);
  std::printf("above the floor: %.1f and %.1f standard deviations\n", same, collapsed);
  return std::abs(same) < 4.0 && collapsed > 10.0 ? 0 : 1;
}
