// SPDX-License-Identifier: BSL-1.0
// hyper_log_log: the error of the estimate over its whole range, and that the batch path is the plain one. The laws of the
// state: conformance/.
#include "tailwatch/sketch/hyper_log_log.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/simd/arch.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

static_assert(core::summary<sketch::hyper_log_log>);
static_assert(core::reducible<sketch::hyper_log_log>);

namespace {

std::vector<std::uint64_t> hll_consecutive(std::uint64_t begin, std::uint64_t end) {
  std::vector<std::uint64_t> keys;
  for (std::uint64_t k = begin; k < end; ++k) keys.push_back(k);
  return keys;
}

/// The definition, one key at a time.
std::vector<std::uint8_t> hll_twin(std::span<const std::uint64_t> keys, const sketch::hyper_log_log_options& options) {
  std::vector<std::uint8_t> registers(std::size_t{1} << options.precision, 0);
  const unsigned q = 64 - options.precision;
  for (const std::uint64_t key : keys) {
    const std::uint64_t h = sketch::detail::fmix64(key ^ core::split_seed(options.seed, 0));
    std::uint8_t k = 1;
    for (unsigned bit = 0; bit < q && ((h >> bit) & 1U) == 0; ++bit) ++k;
    auto& r = registers[static_cast<std::size_t>(h >> q)];
    r = std::max(r, k);
  }
  return registers;
}

struct hll_spread {
  double bias = 0.0;       // mean relative error
  double deviation = 0.0;  // of the relative error about 0
  double stated = 0.0;     // mean relative standard error
};

hll_spread hll_trials(std::uint64_t n, unsigned precision, int trials) {
  hll_spread s;
  const auto keys = hll_consecutive(0, n);
  for (int t = 0; t < trials; ++t) {
    sketch::hyper_log_log state({.precision = precision, .seed = static_cast<std::uint32_t>(t)});
    state.update(keys);
    const estimate e = state.distinct();
    const double relative = e.value / static_cast<double>(n) - 1.0;
    s.bias += relative / trials;
    s.deviation += relative * relative / trials;
    s.stated += e.standard_error / static_cast<double>(n) / trials;
  }
  s.deviation = std::sqrt(s.deviation);
  return s;
}

}  // namespace

TEST_CASE("sketch hyper_log_log: the hash and the registers are fixed for ever", "[sketch]") {
  CHECK(sketch::detail::fmix64(0) == 0);
  CHECK(sketch::detail::fmix64(1) == 0xb456bcfc34c2cb2cULL);  // MurmurHash3's own
  const sketch::hyper_log_log_options options{.precision = 4, .seed = 9};
  sketch::hyper_log_log state(options);
  const std::vector<std::uint64_t> keys{1, 2, 3, 1, ~std::uint64_t{0}};
  state.update(keys);
  CHECK(std::ranges::equal(state.registers(), hll_twin(keys, options)));
  CHECK(state.count() == 5);
  sketch::hyper_log_log negative(options), one_by_one(options);
  negative.update(std::vector<std::int8_t>{1, 2, 3, 1, -1});  // keys are taken modulo 2^64
  for (const std::uint64_t k : keys) one_by_one.add(k);
  CHECK(negative == state);
  CHECK(one_by_one == state);
}

TEST_CASE("sketch hyper_log_log: blocks that reject give the registers of the definition", "[sketch]") {
  core::random_engine random(1);
  for (const unsigned precision : {4U, 7U, 12U}) {
    const sketch::hyper_log_log_options options{.precision = precision, .seed = 3};
    std::vector<std::uint64_t> keys(precision == 12 ? 200'000 : 30'000);
    for (auto& k : keys) k = random();
    sketch::hyper_log_log whole(options), split(options), scalar(options), resumed(options);
    whole.update(keys);
    scalar.update<simd::scalar>(keys);
    CHECK(std::ranges::equal(whole.registers(), hll_twin(keys, options)));
    CHECK(*std::min_element(whole.registers().begin(), whole.registers().end()) >= 2);
    CHECK(scalar == whole);
    for (std::size_t i = 0; i < keys.size();) {  // ragged batches, a merge and a resume on the way
      const std::size_t n = std::min<std::size_t>(keys.size() - i, core::uniform_below(random, 1500));
      const auto part = std::span<const std::uint64_t>(keys).subspan(i, n);
      split.update(part);
      if (i % 3 == 0) {
        sketch::hyper_log_log other(options);
        other.update(part);
        resumed.merge(other);
      } else {
        resumed.update(part);
      }
      if (i % 5 == 0) core::from_bytes(core::to_bytes(resumed), resumed);
      i += n;
    }
    CHECK(split == whole);
    CHECK(resumed == whole);
  }
  // The largest value a register can take: all bits below the index 0.
  sketch::hyper_log_log zero({.precision = 4, .seed = 3});
  zero.add(core::split_seed(3, 0));  // hash 0
  CHECK(zero.registers()[0] == 61);
}

TEST_CASE("sketch hyper_log_log: edges, merges and refusals", "[sketch]") {
  const sketch::hyper_log_log empty;
  CHECK(empty.distinct() == estimate{0.0, 0.0, 0});
  sketch::hyper_log_log a, b, both;
  a.update(hll_consecutive(0, 4000));
  b.update(hll_consecutive(2000, 9000));
  both.update(hll_consecutive(0, 9000));
  a.merge(b);
  CHECK(std::ranges::equal(a.registers(), both.registers()));
  CHECK(a.count() == 11000);
  const double before = both.distinct().value;
  both.update(hll_consecutive(0, 9000));  // repeats change nothing
  CHECK(both.distinct().value == before);
  CHECK(both.distinct().count == 18000);
  sketch::hyper_log_log one;
  one.add(17);
  CHECK(close(one.distinct().value, 1.0, 1e-3));
  CHECK(one.distinct().standard_error < 0.02);
  CHECK_THROWS_AS(sketch::hyper_log_log({.precision = 3}), std::invalid_argument);
  CHECK_THROWS_AS(sketch::hyper_log_log({.precision = 19}), std::invalid_argument);
  CHECK_THROWS_AS(a.merge(sketch::hyper_log_log({.precision = 11})), std::invalid_argument);
  CHECK_THROWS_AS(a.merge(sketch::hyper_log_log({.seed = 2})), std::invalid_argument);
  const std::vector<std::uint16_t> sequence{5, 6, 7, 8, 5, 6, 7};
  sketch::hyper_log_log shingles, keys;
  shingles.update_shingles(sequence, 3);
  keys.update(sketch::shingle_set(std::span<const std::uint16_t>(sequence), 3));
  CHECK(std::ranges::equal(shingles.registers(), keys.registers()));
}

TEST_CASE("sketch hyper_log_log: the standard error has its closed limits", "[sketch]") {
  for (const unsigned p : {4U, 12U, 18U}) {
    const double m = std::ldexp(1.0, static_cast<int>(p));
    const double large = sketch::detail::hyper_log_log_standard_error(1e4 * m, p) / (1e4 * m);
    CHECK(close(large, std::sqrt((3.0 * std::log(2.0) - 1.0) / m), 1e-3, 0.0));
    CHECK(
        close(sketch::detail::hyper_log_log_standard_error(1e-2 * m, p) / (1e-2 * m), 1.0 / std::sqrt(2.0 * m), 2e-3));
    for (double n = 1.0; n < 1e13; n *= 1.3)
      CHECK(sketch::detail::hyper_log_log_standard_error(n, p) <= 1.04 / std::sqrt(m) * n);
  }
}

TEST_CASE("sketch hyper_log_log: unbiased, and the standard error is the spread, at every size", "[sketch]") {
  constexpr int trials = 200;
  const auto check = [](std::uint64_t n, unsigned precision, int count, double small_bias) {
    const hll_spread s = hll_trials(n, precision, count);
    INFO("n " << n << " p " << precision << " bias " << s.bias << " deviation " << s.deviation << " stated "
              << s.stated);
    CHECK(std::abs(s.bias) < small_bias + 4.0 * s.stated / std::sqrt(static_cast<double>(count)));
    CHECK(std::abs(s.deviation / s.stated - 1.0) < 4.0 / std::sqrt(2.0 * count));
    CHECK(s.stated <= 1.04 / std::sqrt(std::ldexp(1.0, static_cast<int>(precision))));
  };
  for (const std::uint64_t n : {300U, 1000U, 3000U, 10'000U, 30'000U, 100'000U, 1'000'000U}) check(n, 12, trials, 0.0);
  for (const std::uint64_t n : {100U, 300U, 1000U, 10'000U}) check(n, 8, 1000, 0.002);
  const hll_spread ten = hll_trials(10, 12, trials);
  CHECK(ten.deviation < 1.04 / 64.0);
}
