// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/text/zipf_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/archive.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/text/encode.hpp"

using namespace tailwatch;
using text::zipf_mandelbrot_text;
using text::zipf_mandelbrot_text_options;

namespace {
std::string generated(const zipf_mandelbrot_text_options& options, std::uint64_t seed) {
  core::random_engine random(seed);
  return zipf_mandelbrot_text(options, random);
}
}  // namespace

TEST_CASE("text: pseudo-words are all different, and short when frequent", "[text]") {
  std::set<std::string> seen;
  for (std::uint64_t rank = 0; rank < 20000; ++rank) {
    const std::string word = text::pseudo_word(rank);
    REQUIRE(seen.insert(word).second);
    REQUIRE(word.size() == (rank < 80 ? 2U : rank < 80 + 6400 ? 4U : 6U));
  }
}

TEST_CASE("text: same seed, same text; and the bytes are pinned", "[text]") {
  const std::string a = generated({.words = 2000}, 1);
  CHECK(a == generated({.words = 2000}, 1));
  CHECK(a != generated({.words = 2000}, 2));
  std::vector<std::byte> bytes;
  for (const char c : a) bytes.push_back(static_cast<std::byte>(c));
  CAPTURE(a.substr(0, 60));
  CHECK(core::crc32c(bytes) == 0x8A3FA2FDU);
}

TEST_CASE("text: generated words follow the Zipf-Mandelbrot law, whatever the dependence", "[text]") {
  for (const double dependence : {0.0, 0.6}) {
    const zipf_mandelbrot_text_options options{.words = 200000, .types = 500, .dependence = dependence};
    text::vocabulary words;
    for (std::uint64_t r = 0; r < options.types; ++r) words.add(text::pseudo_word(r));
    const auto sequences = text::encode_known(generated(options, 3), words);
    summary::dense_counts counts(options.types);
    counts.update(sequences);
    CHECK(counts.rejected() == 0);
    const auto n = static_cast<double>(counts.count());
    double sum = 0.0;
    for (std::size_t r = 1; r <= options.types; ++r)
      sum += std::pow(static_cast<double>(r) + options.shift, -options.exponent);
    double chi_squared = 0.0;
    for (std::size_t r = 1; r <= options.types; ++r) {
      const double expected = n * std::pow(static_cast<double>(r) + options.shift, -options.exponent) / sum;
      const double difference = static_cast<double>(counts[r - 1]) - expected;
      chi_squared += difference * difference / expected;
    }
    // 499 degrees of freedom: 499 ± 31.6 where words are independent. Dependence makes a count's variance larger, by
    // less than (1 + 0.6)/(1 − 0.6) = 4.
    CHECK(chi_squared < (dependence == 0.0 ? 499 + 4 * 31.6 : 4 * 499));
  }
}

TEST_CASE("text: dependence makes n-grams repeat", "[text]") {
  const auto distinct_share = [](double dependence) {
    text::vocabulary words;
    const auto sequences = text::encode(generated({.words = 50000, .dependence = dependence}, 4), words);
    summary::ngram_counts bigrams({.order = 2});
    bigrams.update(sequences);
    return static_cast<double>(bigrams.distinct()) / static_cast<double>(bigrams.count());
  };
  CHECK(distinct_share(0.9) < 0.9 * distinct_share(0.0));
}

TEST_CASE("text: generated sentences have the stated lengths", "[text]") {
  text::vocabulary words;
  const auto sequences = text::encode(generated({.words = 100000}, 5), words);
  CHECK(sequences.token_count() >= 100000);
  double sum = 0.0;
  double squares = 0.0;
  std::size_t shortest = 1000;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const auto length = static_cast<double>(sequences[i].size());
    shortest = std::min(shortest, sequences[i].size());
    sum += length;
    squares += length * length;
  }
  const auto n = static_cast<double>(sequences.size());
  const double mean = sum / n;
  CHECK(shortest == 3);
  CHECK(std::abs(mean - 13.0) < 4 * 7.75 / std::sqrt(n));
  CHECK(std::abs(std::sqrt(squares / n - mean * mean) - 7.75) < 0.4);
}

TEST_CASE("text: options of generated text that can never be right are refused", "[text]") {
  core::random_engine random(1);
  CHECK_THROWS_AS(zipf_mandelbrot_text({.types = 0}, random), std::invalid_argument);
  CHECK_THROWS_AS(zipf_mandelbrot_text({.exponent = 0.0}, random), std::invalid_argument);
  CHECK_THROWS_AS(zipf_mandelbrot_text({.shift = -1.0}, random), std::invalid_argument);
  CHECK_THROWS_AS(zipf_mandelbrot_text({.dependence = 1.5}, random), std::invalid_argument);
  CHECK_THROWS_AS(zipf_mandelbrot_text({.dependence = std::numeric_limits<double>::quiet_NaN()}, random),
                  std::invalid_argument);
  CHECK(zipf_mandelbrot_text({.words = 0}, random).empty());
  CHECK(zipf_mandelbrot_text({.words = 5, .types = 1}, random).substr(0, 8) == "ho ho ho");
}
