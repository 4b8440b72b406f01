// SPDX-License-Identifier: BSL-1.0
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/provenance/combine_p_values.hpp"
#include "tailwatch/provenance/green_list.hpp"
#include "tailwatch/provenance/gumbel.hpp"
#include "tailwatch/provenance/synthid.hpp"

namespace provenance = tailwatch::provenance;
namespace core = tailwatch::core;
using tailwatch::testing::close;

namespace {

struct watermark_spread {
  double mean = 0, squares = 0, n = 0;
  void add(double x) {
    const double d = x - mean;
    mean += d / ++n;
    squares += d * (x - mean);
  }
  [[nodiscard]] double variance() const { return squares / (n - 1); }
  [[nodiscard]] double z(double expected) const { return (mean - expected) / std::sqrt(variance() / n); }
};

std::vector<double> watermark_law(std::size_t types, double sharpness, core::random_engine& random) {
  std::vector<double> p(types);
  boost::random::normal_distribution<double> normal(0.0, sharpness);
  double sum = 0.0;
  for (double& x : p) sum += x = std::exp(normal(random));
  for (double& x : p) x /= sum;
  return p;
}

}  // namespace

TEST_CASE("provenance: green list, z and exact tail", "[provenance]") {
  const auto test = provenance::green_list(40, 100);
  CHECK(close(test.statistic.value, 0.4, 1e-15));
  CHECK(close(test.statistic.standard_error, std::sqrt(0.24 / 100), 1e-14));
  CHECK(close(test.z, 15 / std::sqrt(100 * 0.25 * 0.75), 1e-14));
  CHECK(close(test.log_p_value, -7.2837700257336101, 1e-12));
  CHECK(test.expected == 0.25);
  // the figures for the threshold z > 4: the smallest count beyond it, T = 200 and 25
  CHECK(close(provenance::green_list(75, 200).p_value(), 6.2e-5, 0.02));
  CHECK(close(provenance::green_list(15, 25).p_value(), 2.0e-4, 0.2));
  CHECK(provenance::green_list(1000, 1000).log_p_value < -1386);
  CHECK(provenance::green_list(1000, 1000).statistic.standard_error > 0.0);
  CHECK(provenance::green_list(std::vector<int>{1, 0, 1, 1}) == provenance::green_list(3, 4));
  CHECK(std::isnan(provenance::green_list(0, 0).z));
  CHECK_THROWS_AS(provenance::green_list(3, 2), std::invalid_argument);
  CHECK_THROWS_AS(provenance::green_list(1, 2, {.gamma = 1.0}), std::invalid_argument);
}

TEST_CASE("provenance: green list flags skip repeated contexts, and a window finds a marked passage", "[provenance]") {
  const std::vector<int> tokens{5, 6, 5, 6, 5, 7};
  const auto even = [](std::span<const int> context, int token) { return (context.back() + token) % 2 == 0; };
  CHECK(provenance::green_list_flags(tokens, even) == std::vector<std::uint8_t>{0, 0, 1});  // 5-6, 6-5, 5-7
  CHECK(provenance::green_list_flags(tokens, even, {.repeated_once = false}).size() == 5);
  CHECK(provenance::green_list_flags(tokens, even, {.context = 2}).size() == 3);  // 565, 656, 657 of four
  CHECK(provenance::green_list_flags(std::vector<int>{}, even).empty());
  CHECK(provenance::green_list_flags(std::vector<int>{1}, even, {.context = 1}).empty());
  CHECK(provenance::green_list_flags(tokens, [](std::span<const int> c, int t) { return c.empty() && t > 5; },
                                     {.context = 0}) == std::vector<std::uint8_t>{0, 1, 1});

  core::random_engine random(3);
  std::vector<std::uint8_t> flags(300);
  for (std::size_t i = 0; i < flags.size(); ++i)
    flags[i] = core::uniform_01(random) < (i >= 100 && i < 160 ? 0.8 : 0.25) ? 1 : 0;
  const auto window = provenance::green_list_windows(flags);
  CHECK(window.begin >= 90);
  CHECK(window.begin + window.size <= 170);
  CHECK(window.best.z > provenance::green_list(flags).z);
  CHECK(window.adjusted_log_p_value < -10);
  CHECK(close(window.adjusted_log_p_value, window.best.log_p_value + std::log(300 * 301 / 2), 1e-12));
  CHECK(std::isnan(provenance::green_list_windows(std::vector<int>{}).best.z));
  CHECK_THROWS_AS(provenance::green_list_windows(flags, {.shortest = 0}), std::invalid_argument);
}

TEST_CASE("provenance: the exact tail of the green list is uniform at its atoms, the normal one is not",
          "[provenance]") {
  // P(p <= alpha) <= alpha for every alpha, by summation over all outcomes
  constexpr std::uint64_t n = 25;
  double normal_excess = 0.0;
  for (std::uint64_t g = 1; g <= n; ++g) {
    const auto test = provenance::green_list(g, n);
    const double tail = std::exp(tailwatch::math::log_binomial_tail(g, n, 0.25));  // P(p value at most this one)
    CHECK(test.p_value() >= tail * (1 - 1e-12));
    if (test.z > 4) normal_excess = std::max(normal_excess, tail / (0.5 * std::erfc(test.z / std::sqrt(2.0))));
  }
  CHECK(normal_excess > 5.0);
}

TEST_CASE("provenance: green share of a watermarked sampler is at least the bound", "[provenance]") {
  core::random_engine random(8);
  for (const double gamma : {0.25, 0.5})
    for (const double delta : {1.0, 2.0}) {
      const auto p = watermark_law(40, 2.0, random);
      watermark_spread green;
      for (int key = 0; key < 4000; ++key) {
        // a random green list of round(gamma V): P(green) = sum_g p e^delta/(sum_g p e^delta + sum_r p)
        std::vector<std::size_t> order(p.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        core::shuffle(order, random);
        double mass = 0.0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(gamma * 40); ++i) mass += p[order[i]];
        green.add(mass * std::exp(delta) / (mass * std::exp(delta) + 1 - mass));
      }
      const double bound =
          provenance::green_list_power_bound(provenance::green_list_spike_entropy(p, gamma, delta), gamma, delta);
      INFO("gamma " << gamma << " delta " << delta << ": " << green.mean << " >= " << bound);
      CHECK(green.z(bound) > -4.0);
      CHECK(green.mean - bound < 0.15);
    }
  CHECK(close(provenance::green_list_spike_entropy(std::vector<double>{1.0}, 0.5, 2.0),
              1 / (1 + 0.5 * std::expm1(2.0) / (1 + 0.5 * std::expm1(2.0))), 1e-14));
  CHECK_THROWS_AS(provenance::green_list_spike_entropy(std::vector<double>{1.0}, 1.5, 2.0), std::invalid_argument);
}

TEST_CASE("provenance: Gumbel watermark, null law and watermarked mean", "[provenance]") {
  core::random_engine random(9);
  // null: p uniform. 2000 texts of 40 tokens; P(p < .05) within 4 errors, mean p 1/2
  watermark_spread p_value, small;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> r(40);
    for (double& x : r) x = core::uniform_01(random);
    const auto test = provenance::gumbel(r);
    p_value.add(test.p_value());
    small.add(test.p_value() < 0.05 ? 1.0 : 0.0);
  }
  CHECK(std::abs(p_value.z(0.5)) < 4);
  CHECK(std::abs(small.z(0.05)) < 4);
  CHECK(close(12 * p_value.variance(), 1.0, 0.1));

  const auto p = watermark_law(30, 1.5, random);
  watermark_spread score;
  std::vector<double> written;
  std::vector<double> marginal(p.size(), 0.0);
  for (int t = 0; t < 30000; ++t) {
    std::size_t best = 0;
    double largest = -1e300, kept = 0.0;
    for (std::size_t v = 0; v < p.size(); ++v) {
      const double r = core::uniform_01(random);
      const double key = std::log(r) / p[v];
      if (key > largest) {
        largest = key;
        best = v;
        kept = r;
      }
    }
    marginal[best] += 1.0 / 30000;
    score.add(-std::log1p(-kept));
    if (t < 200) written.push_back(kept);
  }
  const double expected = provenance::gumbel_expected_score(p);
  INFO("watermarked mean " << score.mean << " expected " << expected);
  CHECK(std::abs(score.z(expected)) < 4);
  CHECK(expected > 1.2);
  CHECK(provenance::gumbel(written).log_p_value < -20);
  CHECK(std::abs(marginal[0] - p[0]) < 5 * std::sqrt(p[0] / 30000));  // the text's law is unchanged
  CHECK(close(provenance::gumbel_expected_score(std::vector<double>{1.0}), 1.0, 1e-14));
  CHECK(std::isnan(provenance::gumbel(std::vector<double>{}).z));
  CHECK(std::isnan(provenance::gumbel(std::vector<double>{0.5}).statistic.standard_error));
  CHECK_THROWS_AS(provenance::gumbel(std::vector<double>{1.0}), std::invalid_argument);
  CHECK_THROWS_AS(provenance::gumbel(std::vector<double>{std::numeric_limits<double>::quiet_NaN()}),
                  std::invalid_argument);
}

TEST_CASE("provenance: SynthID mean and weighted mean", "[provenance]") {
  const std::vector<int> g{1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1};
  const auto mean = provenance::synthid(core::rows(g, 4, 3));
  CHECK(close(mean.statistic.value, 8.0 / 12, 1e-14));
  CHECK(close(mean.z, (8.0 / 12 - 0.5) * std::sqrt(4 * 12.0), 1e-13));
  CHECK(close(mean.log_p_value, tailwatch::math::log_binomial_tail(8, 12, 0.5), 1e-13));
  const auto weights = provenance::synthid_weights(3);
  CHECK(weights == std::vector<double>{10.0, 5.5, 1.0});
  const auto weighted = provenance::synthid(core::rows(g, 4, 3), {.weights = weights});
  const double w[3] = {10 * 3 / 16.5, 5.5 * 3 / 16.5, 1 * 3 / 16.5};  // sum 3
  CHECK(close(weighted.statistic.value, (3 * w[0] + 2 * w[1] + 3 * w[2]) / 12, 1e-13));
  CHECK(close(weighted.z,
              (weighted.statistic.value - 0.5) / std::sqrt((w[0] * w[0] + w[1] * w[1] + w[2] * w[2]) / (4 * 4.0 * 9)),
              1e-13));
  CHECK(std::isnan(provenance::synthid(core::rows_view<int>{nullptr, 0, 3}).z));
  CHECK_THROWS_AS(provenance::synthid(core::rows(g, 4, 3), {.weights = {1.0}}), std::invalid_argument);
  CHECK_THROWS_AS(provenance::synthid(core::rows(g, 4, 3), {.weights = {1.0, -1.0, 1.0}}), std::invalid_argument);
  CHECK_THROWS_AS(provenance::synthid(core::rows(g, 4, 3), {.weights = {0.0, 0.0, 0.0}}), std::invalid_argument);
  const std::vector<int> ones(30, 1);
  CHECK(close(provenance::synthid(core::rows(ones, 10, 3), {.weights = weights}).log_p_value, -30 * std::log(2.0),
              1e-13));
  const std::vector<int> zeros(30, 0);
  CHECK(provenance::synthid(core::rows(zeros, 10, 3), {.weights = weights}).log_p_value == 0.0);

  // expected first bit of a tournament of two on a uniform law of V tokens: the larger bit of two draws
  core::random_engine random(10);
  watermark_spread bit;
  for (int i = 0; i < 40000; ++i) {
    std::uint64_t bits = random();  // one keyed bit for each of 8 tokens
    const auto a = core::uniform_below(random, 8), b = core::uniform_below(random, 8);
    bit.add(static_cast<double>(((bits >> a) | (bits >> b)) & 1U));
  }
  CHECK(std::abs(bit.z(provenance::synthid_uniform_expected_bit(8))) < 4);
  CHECK(close(provenance::synthid_uniform_expected_bit(1, 3), 0.5, 1e-15));
  CHECK_THROWS_AS(provenance::synthid_uniform_expected_bit(8, 4), std::invalid_argument);
}

namespace {

// P(Σ c_l X_l ≥ s) for every s by adding one fair bit at a time: nothing but sums and halves of positive numbers
std::vector<double> tails_by_convolution(const std::vector<std::uint64_t>& c, std::uint64_t n) {
  std::vector<double> law{1.0};
  for (const std::uint64_t step : c)
    for (std::uint64_t i = 0; i < n; ++i) {
      std::vector<double> next(law.size() + step, 0.0);
      for (std::size_t s = 0; s < law.size(); ++s) next[s] = 0.5 * law[s];
      for (std::size_t s = 0; s < law.size(); ++s) next[s + step] += 0.5 * law[s];
      law.swap(next);
    }
  for (std::size_t s = law.size() - 1; s-- > 0;) law[s] += law[s + 1];
  return law;
}

// bits of a text in which layer l has the given number of ones
std::vector<int> bits_with(const std::vector<std::uint64_t>& ones, std::size_t tokens) {
  std::vector<int> g(tokens * ones.size(), 0);
  for (std::size_t l = 0; l < ones.size(); ++l)
    for (std::size_t t = 0; t < ones[l]; ++t) g[t * ones.size() + l] = 1;
  return g;
}

}  // namespace

TEST_CASE("provenance: the tail of the weighted score is the convolution's, far out too", "[provenance]") {
  CHECK(provenance::detail::whole_weights(provenance::synthid_weights(3)) == std::vector<std::uint64_t>{20, 11, 2});
  CHECK(provenance::detail::whole_weights(provenance::synthid_weights(10)) ==
        std::vector<std::uint64_t>{10, 9, 8, 7, 6, 5, 4, 3, 2, 1});
  CHECK(provenance::detail::whole_weights(std::vector<double>{1.0, 3.14159265358979}).empty());
  struct size {
    std::size_t layers;
    std::uint64_t tokens;
  };
  // 3, 400 and 10, 400: terms beyond 10/σ are left out; the others go all the way round
  for (const auto [layers, tokens] : {size{2, 7}, size{3, 1}, size{3, 10}, size{3, 400}, size{10, 1}, size{10, 10},
                                      size{10, 100}, size{20, 4}, size{30, 2}}) {
    const auto weights = provenance::synthid_weights(layers);
    const auto c = provenance::detail::whole_weights(weights);
    const auto tails = tails_by_convolution(c, tokens);
    core::random_engine random(7);
    double worst = 0.0, farthest = 0.0;
    for (int i = 0; i < 60; ++i) {
      // attained sums from the middle to the ends: every layer's ones drawn with the same bias
      const double bias = static_cast<double>(i) / 59.0;
      std::vector<std::uint64_t> ones(layers, 0);
      std::uint64_t sum = 0;
      for (std::size_t l = 0; l < layers; ++l) {
        for (std::uint64_t t = 0; t < tokens; ++t) ones[l] += core::uniform_01(random) < bias ? 1U : 0U;
        sum += c[l] * ones[l];
      }
      if (tails[sum] < 1e-290) continue;  // where the convolution's own terms underflow
      const double got = provenance::detail::log_weighted_bits_tail(weights, ones, tokens);
      worst = std::max(worst, std::abs(got - std::log(tails[sum])));
      farthest = std::min(farthest, got);
      if (i % 20 == 0) {
        const auto g = bits_with(ones, tokens);
        CHECK(provenance::synthid(core::rows(g, tokens, layers), {.weights = weights}).log_p_value == got);
      }
    }
    INFO("layers " << layers << " tokens " << tokens << " largest error of ln p " << worst << ", down to " << farthest);
    CHECK(worst < 2e-11);
    CHECK(farthest < -0.6 * static_cast<double>(std::min<std::uint64_t>(layers * tokens, 900)) + 1.0);
  }
}

TEST_CASE("provenance: weights on no lattice are listed or smoothed", "[provenance]") {
  // two layers: P by hand over the 8·8 pairs, weights 1 and π
  const std::vector<double> two{1.0, 3.14159265358979};
  std::vector<double> binomial{1, 7, 21, 35, 35, 21, 7, 1};
  for (std::uint64_t a = 0; a <= 7; ++a)
    for (std::uint64_t b = 0; b <= 7; ++b) {
      double p = 0.0;
      for (std::size_t i = 0; i <= 7; ++i)
        for (std::size_t j = 0; j <= 7; ++j)
          if (two[0] * static_cast<double>(i) + two[1] * static_cast<double>(j) >=
              two[0] * static_cast<double>(a) + two[1] * static_cast<double>(b) - 1e-9)
            p += binomial[i] * binomial[j] / 16384.0;
      const std::vector<std::uint64_t> ones{a, b};
      CHECK(close(std::exp(provenance::detail::log_weighted_bits_tail(two, ones, 7)), p, 1e-11));
    }
  // many layers: against the lattice of the same weights as whole numbers; first all close to multiples of 500, then not
  struct layered {
    std::vector<std::uint64_t> whole;
    double within;
  };
  for (const auto& [whole, within] : {layered{{4099, 3001, 2503, 1999, 1511, 1103, 997, 1201}, 5e-3},
                                      layered{{4241, 3517, 2729, 2213, 1621, 1367, 1129, 1033}, 1e-3}})
    for (const std::uint64_t count : {6U, 11U, 13U, 16U, 19U}) {
      std::vector<std::uint64_t> ones(whole.size(), count);
      std::uint64_t x = 0, largest = 0;
      std::vector<double> odd;
      for (const std::uint64_t w : whole) {
        odd.push_back(static_cast<double>(w) * (1.0 + 1e-9 * std::sqrt(static_cast<double>(w))));  // on no lattice
        x += w * count;
        largest += w * 20;
      }
      REQUIRE(provenance::detail::whole_weights(odd).empty());
      const double exact = 2 * x > largest
                               ? std::exp(provenance::detail::log_lattice_tail(whole, 20, x))
                               : 1.0 - std::exp(provenance::detail::log_lattice_tail(whole, 20, largest - x + 1));
      INFO(count);
      CHECK(close(std::exp(provenance::detail::log_weighted_bits_tail(odd, ones, 20)), exact, within));
    }
  // a layer without weight does not count; a text without ones is no evidence
  const std::vector<double> with_zero{2.0, 0.0, 1.0};
  CHECK(close(provenance::detail::log_weighted_bits_tail(with_zero, std::vector<std::uint64_t>{5, 0, 5}, 5),
              -10 * std::log(2.0), 1e-13));
  CHECK(provenance::detail::log_weighted_bits_tail(two, std::vector<std::uint64_t>{0, 0}, 5) == 0.0);
}

TEST_CASE("provenance: p-values combined", "[provenance]") {
  const std::vector<double> logs{std::log(0.01), std::log(0.2), std::log(0.5)};
  CHECK(close(std::exp(provenance::fisher_log_p_value(logs)), 0.03176629677613493, 1e-12));
  CHECK(close(std::exp(provenance::stouffer_log_p_value(logs)), 0.033697720588997684, 1e-10));
  CHECK(close(std::exp(provenance::cauchy_log_p_value(logs)), 0.02868770387618907, 1e-12));
  for (const auto& tiny : {std::vector<double>{-2000.0, -1.0}, std::vector<double>{-2000.0, -2000.0}}) {
    CHECK(provenance::fisher_log_p_value(tiny) < -1990);
    CHECK(provenance::stouffer_log_p_value(tiny) < -900);
    CHECK(provenance::cauchy_log_p_value(tiny) < -1999);
  }
  CHECK(close(provenance::cauchy_log_p_value(std::vector<double>{-2000.0, -1.0}), -2000.0 + std::log(2.0), 1e-12));
  for (const double one : {-0.001, -0.7, -5.0, -29.0, -31.0, -700.0}) {
    CHECK(close(provenance::fisher_log_p_value(std::vector<double>{one}), one, 1e-12));
    CHECK(close(provenance::stouffer_log_p_value(std::vector<double>{one}), one, 1e-9));
    CHECK(close(provenance::cauchy_log_p_value(std::vector<double>{one}), one, 1e-11));
  }
  CHECK(std::isnan(provenance::fisher_log_p_value(std::vector<double>{})));
  CHECK(std::isnan(provenance::cauchy_log_p_value(std::vector<double>{std::numeric_limits<double>::quiet_NaN()})));
  CHECK_THROWS_AS(provenance::stouffer_log_p_value(std::vector<double>{0.1}), std::invalid_argument);
  core::random_engine random(12);
  watermark_spread fisher, stouffer, cauchy;
  for (int i = 0; i < 4000; ++i) {
    std::vector<double> l(5);
    for (double& x : l) x = std::log(1.0 - core::uniform_01(random));
    fisher.add(provenance::fisher_log_p_value(l) < std::log(0.05) ? 1.0 : 0.0);
    stouffer.add(provenance::stouffer_log_p_value(l) < std::log(0.05) ? 1.0 : 0.0);
    cauchy.add(provenance::cauchy_log_p_value(l) < std::log(0.05) ? 1.0 : 0.0);
  }
  CHECK(std::abs(fisher.z(0.05)) < 4);
  CHECK(std::abs(stouffer.z(0.05)) < 4);
  CHECK(std::abs(cauchy.z(0.05)) < 4);
}
