// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/hill_number_bands.hpp"

#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"

namespace {

using tailwatch::core::random_engine;
using tailwatch::testing::close;
constexpr auto bands = tailwatch::diversity::hill_number_bands;

const std::vector<std::uint64_t> sizes{100, 400, 800};
const std::vector<double> coverages{0.5, 0.8, 0.9};
std::span<const std::uint64_t> some_sizes() { return sizes; }
std::span<const double> some_coverages() { return coverages; }

}  // namespace

TEST_CASE("diversity: hill_number_bands are centred on the curve and follow the engine", "[diversity]") {
  random_engine random(3);
  const auto counts = tailwatch::testing::categorical::zipf(200, 1.0).counts(400, random);
  for (const double q : {0.0, 1.0, 1.5, 2.0}) {
    random_engine first(5), second(5);
    const auto at_size = bands(counts, some_sizes(), first, {.order = q, .replicates = 30});
    const auto again = bands(counts, some_sizes(), second, {.order = q, .replicates = 30});
    REQUIRE(at_size.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto& b = at_size[i];
      CHECK(b.sample_size == sizes[i]);
      CHECK(b.number.value ==
            tailwatch::diversity::hill_number_at_size(counts, {.order = q, .sample_size = sizes[i]}).value);
      CHECK(b.number.standard_error == again[i].number.standard_error);
      CHECK(close(b.band.upper - b.number.value, 1.959963984540054 * b.number.standard_error, 1e-12));
      CHECK(b.band.lower < b.number.value);
      CHECK((b.coverage > 0.0 && b.coverage < 1.0));
    }
    const auto covered = bands(counts, some_coverages(), first, {.order = q, .replicates = 30, .level = 0.9});
    for (std::size_t i = 0; i < 3; ++i) {
      const auto e = tailwatch::diversity::hill_number_at_coverage(counts, {.order = q, .coverage = coverages[i]});
      CHECK(covered[i].number.value == e.number.value);
      CHECK(covered[i].sample_size == e.sample_size);
      CHECK(covered[i].coverage >= coverages[i]);
      CHECK(covered[i].band.level == 0.9);
    }
    random_engine third(5);
    const auto joint = bands(counts, some_sizes(), third, {.order = q, .replicates = 30, .simultaneous = true});
    for (std::size_t i = 0; i < 3; ++i) CHECK(joint[i].band.upper >= at_size[i].band.upper);
  }
}

TEST_CASE("diversity: the sources rebuilt from a sample have its mass, its types and its dominance", "[diversity]") {
  random_engine random(4);
  const tailwatch::summary::frequency_profile profile(
      tailwatch::testing::categorical::zipf(500, 1.0).counts(1000, random));
  const auto published = tailwatch::diversity::detail::chao_source(profile);
  const auto fitted = tailwatch::diversity::detail::mixture_source(profile);
  const double chao1 =
      tailwatch::diversity::chao1(profile, {.variant = tailwatch::diversity::chao1_variant::finite_sample}).value;
  CHECK(published.symbols() == std::ceil(chao1));
  CHECK((fitted.symbols() > 0.95 * chao1 && fitted.symbols() == std::round(fitted.symbols())));
  for (const auto* source : {&published, &fitted}) {
    CHECK(close(source->power_sum(1.0), 1.0, 1e-12));
    double types = 0.0, dominance = 0.0, once = 0.0;
    for (int i = 0; i < 200; ++i) {
      const auto sample = source->draw(random);
      CHECK(sample.total() == 1000);
      types += static_cast<double>(sample.types()) / 200.0;
      once += static_cast<double>(sample.f(1)) / 200.0;
      for (const auto& e : sample.entries())
        dominance += static_cast<double>(e.multiplicity * e.count * (e.count - 1)) / 999000.0 / 200.0;
    }
    // Samples of it are multinomial: the unbiased dominance, and as many types as 1 − (1 − p)^1000 adds up to.
    CHECK(close(dominance, source->power_sum(2.0), 0.02));
    CHECK(types < source->symbols());
    CHECK(std::abs(types / static_cast<double>(profile.types()) - 1.0) < 0.15);
    // The fitted source shows the counts again that it was fitted to.
    if (source == &fitted) {
      CHECK(std::abs(types / static_cast<double>(profile.types()) - 1.0) < 0.02);
      CHECK(std::abs(once / static_cast<double>(profile.f(1)) - 1.0) < 0.1);
    }
  }
}

TEST_CASE("diversity: samples of a source are multinomial, rare symbols and frequent ones alike", "[diversity]") {
  random_engine random(6);
  // 400 rare symbols share 0.2, one has 0.3, 2 have 0.25 each
  const tailwatch::diversity::detail::bootstrap_source source(1000, {{400, 0.0005}, {2, 0.25}, {1, 0.3}});
  double unseen = 0.0, largest = 0.0, largest_square = 0.0;
  constexpr int draws = 400;
  for (int i = 0; i < draws; ++i) {
    const auto sample = source.draw(random);
    CHECK(sample.total() == 1000);
    unseen += (403.0 - static_cast<double>(sample.types())) / draws;
    const auto top = static_cast<double>(sample.largest());
    largest += top / draws;
    largest_square += top * top / draws;
  }
  CHECK(std::abs(unseen - 400.0 * std::pow(0.9995, 1000.0)) < 4.0 * 10.0 / std::sqrt(draws));
  CHECK(std::abs(largest - 300.0) < 4.0 * 14.5 / std::sqrt(draws) + 1.0);
  CHECK(std::abs(largest_square - largest * largest - 210.0) < 60.0);
}

TEST_CASE("diversity: the errors of hill_number_bands match their scatter, rarefied and beyond N", "[diversity]") {
  const std::vector<std::uint64_t> at{200, 1000, 2000};
  const auto zipf = tailwatch::testing::categorical::zipf(500, 1.0);
  const auto few = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto equal = tailwatch::testing::categorical::zipf(50, 0.0);
  const auto many_equal = tailwatch::testing::categorical::zipf(1000, 0.0);
  for (const auto* source : {&zipf, &few, &equal, &many_equal})
    for (const double q : {0.0, 2.0}) {
      std::vector<tailwatch::testing::replicate_summary> sums(at.size());
      std::vector<double> squares(at.size());
      constexpr std::size_t replicates = 400;
      for (std::size_t i = 0; i < replicates; ++i) {
        random_engine engine(tailwatch::core::split_seed(71, i));
        const auto curve = bands(source->counts(1000, engine), std::span<const std::uint64_t>(at), engine,
                                 {.order = q, .replicates = 30});
        for (std::size_t j = 0; j < at.size(); ++j) {
          auto& s = sums[j];
          ++s.replicates;
          const double delta = curve[j].number.value - s.mean;
          s.mean += delta / static_cast<double>(s.replicates);
          squares[j] += delta * (curve[j].number.value - s.mean);
          if (curve[j].number.standard_error > 0.0) s.mean_error += curve[j].number.standard_error / replicates;
        }
      }
      for (std::size_t j = 0; j < at.size(); ++j) {
        auto& s = sums[j];
        s.deviation = std::sqrt(squares[j] / (replicates - 1.0));
        if (source == &equal && q == 0.0 && at[j] >= 1000) {  // every type was seen: neither has scatter
          CHECK(s.mean_error < 0.02);
          continue;
        }
        INFO(source->shares().size() << (source == &zipf || source == &few ? " zipf" : " equal") << " q " << q << " m "
                                     << at[j] << ": deviation " << s.deviation << ", mean error " << s.mean_error);
        CHECK(std::abs(s.discrepancy()) < 4.0);
      }
    }
}

TEST_CASE("diversity: the errors of hill_number_bands at a coverage match their scatter", "[diversity]") {
  const std::vector<double> at{0.5, 0.9};
  const auto zipf = tailwatch::testing::categorical::zipf(500, 1.0);
  const auto equal = tailwatch::testing::categorical::zipf(500, 0.0);
  for (const auto* source : {&zipf, &equal})
    for (const std::size_t j : {0U, 1U}) {
      const auto s = tailwatch::testing::replicate(400, 72, [&](auto& engine) {
        return bands(source->counts(1000, engine), std::span<const double>(at).subspan(j, 1), engine,
                     {.order = 1.0, .replicates = 20})[0]
            .number;
      });
      INFO((source == &zipf ? "zipf" : "equal")
           << " coverage " << at[j] << ": deviation " << s.deviation << ", mean error " << s.mean_error);
      CHECK(std::abs(s.discrepancy()) < 4.0);
    }
}

TEST_CASE("diversity: the published bootstrap of hill_number_bands is too wide for equal shares", "[diversity]") {
  random_engine random(8);
  const auto counts = tailwatch::testing::categorical::zipf(1000, 0.0).counts(2000, random);
  const auto error = [&](tailwatch::diversity::hill_bootstrap bootstrap) {
    return bands(counts, some_sizes(), random, {.order = 2.0, .bootstrap = bootstrap})[0].number.standard_error;
  };
  CHECK(error(tailwatch::diversity::hill_bootstrap::chao2014) >
        1.3 * error(tailwatch::diversity::hill_bootstrap::poisson_mixture));
}

TEST_CASE("diversity: hill_number_bands of bad and degenerate counts", "[diversity]") {
  random_engine random(1);
  for (const std::vector<int>& few : {std::vector<int>{}, std::vector<int>{0}, std::vector<int>{1}}) {
    for (const auto& b : bands(few, some_sizes(), random))
      CHECK((std::isnan(b.number.value) && std::isnan(b.band.upper)));
    for (const auto& b : bands(few, some_coverages(), random)) CHECK(std::isnan(b.number.value));
  }
  for (const auto& b : bands(std::vector<int>{9}, some_sizes(), random)) {  // one type: no scatter, none claimed
    CHECK(b.number.value == 1.0);
    CHECK(std::isnan(b.number.standard_error));
    CHECK(std::isnan(b.band.lower));
  }
  for (const auto& b : bands(std::vector<int>{1, 1, 1, 1}, some_sizes(), random, {.replicates = 20}))
    CHECK(b.number.value > 1.0);
  const std::vector<int> x{5, 3, 1, 1};
  const std::vector<std::uint64_t> zero{0};
  const std::vector<double> one{1.0};
  CHECK_THROWS_AS(bands(x, std::span<const std::uint64_t>(zero), random), std::invalid_argument);
  CHECK_THROWS_AS(bands(x, std::span<const double>(one), random), std::invalid_argument);
  CHECK_THROWS_AS(bands(x, some_sizes(), random, {.order = -1.0}), std::invalid_argument);
  CHECK_THROWS_AS(bands(x, some_sizes(), random, {.replicates = 1}), std::invalid_argument);
  CHECK_THROWS_AS(bands(x, some_sizes(), random, {.level = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(bands(std::vector<int>{3, -1}, some_sizes(), random), std::invalid_argument);
}
