// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/summary/softmax_rows.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"

using tailwatch::summary::softmax_row_partials;
using tailwatch::summary::softmax_rows;
using tailwatch::testing::close;

static_assert(tailwatch::core::summary<softmax_rows>);
static_assert(tailwatch::core::reducible<softmax_rows>);
static_assert(tailwatch::core::reducible<softmax_row_partials>);

namespace {

constexpr float softmax_masked = -std::numeric_limits<float>::infinity();

std::vector<float> softmax_logits(std::size_t n, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::vector<float> x(n);
  for (float& v : x) v = static_cast<float>(static_cast<double>(engine() >> 11) * 0x1p-53 * 12.0 - 6.0);
  return x;
}

template <class State>
void softmax_all_reduce(std::vector<State>& ranks) {
  using tailwatch::core::element_type;
  using tailwatch::core::reduction_operation;
  const auto reduce = [](auto* unused, auto& segments, std::size_t s) {
    using T = std::remove_pointer_t<decltype(unused)>;
    for (std::size_t i = 0; i < segments[0][s].size; ++i) {
      T total = static_cast<T*>(segments[0][s].data)[i];
      for (std::size_t r = 1; r < segments.size(); ++r) {
        const T v = static_cast<T*>(segments[r][s].data)[i];
        total = segments[0][s].operation == reduction_operation::sum ? static_cast<T>(total + v) : std::max(total, v);
      }
      for (auto& r : segments) static_cast<T*>(r[s].data)[i] = total;
    }
  };
  for (std::size_t round = 0; round < ranks[0].reduction_rounds(); ++round) {
    std::vector<std::vector<tailwatch::core::reduction_segment>> segments;
    for (auto& r : ranks) segments.push_back(r.begin_round(round));
    for (std::size_t s = 0; s < segments[0].size(); ++s) {
      switch (segments[0][s].type) {
        case element_type::int64: reduce(static_cast<std::int64_t*>(nullptr), segments, s); break;
        case element_type::float64: reduce(static_cast<double*>(nullptr), segments, s); break;
        case element_type::uint8: reduce(static_cast<std::uint8_t*>(nullptr), segments, s); break;
      }
    }
    for (auto& r : ranks) r.finish_round(round);
  }
}

void softmax_agree(const softmax_rows& a, const softmax_rows& b, double tolerance) {
  REQUIRE(a.count() == b.count());
  REQUIRE(a.rejected() == b.rejected());
  REQUIRE(a.masked() == b.masked());
  const auto same = [&](const auto& x, const auto& y) {
    REQUIRE(x.count() == y.count());
    REQUIRE(x.rejected() == y.rejected());
    REQUIRE(close(x.sums().mean, y.sums().mean, tolerance));
    REQUIRE(close(x.sums().m2, y.sums().m2, 100 * tolerance, tolerance));
  };
  same(a.entropy(), b.entropy());
  same(a.negative_log_likelihood(), b.negative_log_likelihood());
  same(a.max_probability(), b.max_probability());
  same(a.log_sum_exp(), b.log_sum_exp());
}

}  // namespace

TEST_CASE("softmax_rows: closed forms, padding, masks and targets", "[summary]") {
  // Uniform over V, then {3/4, 1/4}; the padding would be seen if it were read.
  constexpr std::size_t vocabulary = 4, stride = 7;
  std::vector<float> x(5 * stride, 1e5F);
  for (std::size_t v = 0; v < vocabulary; ++v) {
    x[v] = 2.0F;
    x[stride + v] = v == 0 ? std::log(3.0F) : v == 1 ? 0.0F : softmax_masked;
    x[2 * stride + v] = 9.0F;                                                     // skipped by the mask
    x[3 * stride + v] = softmax_masked;                                           // no softmax
    x[4 * stride + v] = v == 2 ? std::numeric_limits<float>::quiet_NaN() : 0.0F;  // rejected
  }
  const std::vector<int> targets{3, 1, 0, 0, -100};
  const std::vector<std::uint8_t> mask{1, 1, 0, 1, 255};
  softmax_rows state({.tail_thresholds = {0.26, 0.2}});
  state.update(x.data(), 5, vocabulary, stride, targets.data(), mask.data());
  CHECK(state.count() == 2);
  CHECK(state.masked() == 1);
  CHECK(state.rejected() == 2);
  const double h2 = std::log(4.0) - 0.75 * std::log(3.0);
  // The error budget of the row pass is 1e-6 absolute.
  CHECK(close(state.entropy().mean().value, (std::log(4.0) + h2) / 2, 0.0, 1e-6));
  CHECK(close(state.negative_log_likelihood().mean().value, std::log(4.0), 0.0, 1e-6));
  CHECK(close(state.max_probability().mean().value, 0.5, 0.0, 1e-6));
  CHECK(close(state.log_sum_exp().mean().value, (2.0 + 2 * std::log(4.0)) / 2, 0.0, 1e-6));
  CHECK(close(state.tail_mass(0).mean().value, (1.0 + 0.25) / 2, 1e-6));
  CHECK(close(state.tail_mass(1).mean().value, 0.0, 0.0, 1e-30));
}

TEST_CASE("softmax_rows: targets without a column and impossible targets", "[summary]") {
  const std::vector<float> x{0.0F, 0.0F, softmax_masked};
  softmax_rows state;
  for (const std::int64_t target : {std::int64_t{0}, std::int64_t{2}, std::int64_t{3}, std::int64_t{-100}})
    state.update(x.data(), 1, 3, 3, &target);
  const std::uint64_t huge = ~std::uint64_t{0};
  state.update(x.data(), 1, 3, 3, &huge);
  state.update(x.data(), 1, 3, 3);
  CHECK(state.count() == 6);
  CHECK(state.negative_log_likelihood().count() == 1);
  CHECK(state.negative_log_likelihood().rejected() == 1);
  CHECK(close(state.negative_log_likelihood().mean().value, std::log(2.0), 0.0, 1e-6));
}

TEST_CASE("softmax_rows: arguments that can never be right", "[summary]") {
  const std::vector<float> x(8);
  softmax_rows state;
  CHECK_THROWS_AS(state.update(x.data(), 1, 0, 4), std::invalid_argument);
  CHECK_THROWS_AS(state.update(x.data(), 1, 5, 4), std::invalid_argument);
  CHECK_THROWS_AS(softmax_rows({.tail_thresholds = {0.0}}), std::invalid_argument);
  CHECK_THROWS_AS(softmax_rows({.tail_thresholds = std::vector<double>(9, 0.1)}), std::invalid_argument);
  softmax_rows other({.tail_thresholds = {0.1}});
  CHECK_THROWS_AS(state.merge(other), std::invalid_argument);
  CHECK_THROWS_AS(other.absorb(softmax_row_partials(1)), std::invalid_argument);
  softmax_row_partials two(2);
  CHECK_THROWS_AS(two.merge(softmax_row_partials(3)), std::invalid_argument);
}

TEST_CASE("softmax_rows: batches cut anywhere give the same bits, merges agree", "[summary]") {
  constexpr std::size_t rows = 37, vocabulary = 301;
  const auto x = softmax_logits(rows * vocabulary, 1);
  std::vector<std::int32_t> targets(rows);
  for (std::size_t r = 0; r < rows; ++r) targets[r] = static_cast<std::int32_t>(r * 7);
  softmax_rows whole({.tail_thresholds = {1e-3}});
  whole.update(x.data(), rows, vocabulary, vocabulary, targets.data());
  for (const std::size_t cut : {0UL, 1UL, 20UL, 37UL}) {
    softmax_rows split({.tail_thresholds = {1e-3}}), second({.tail_thresholds = {1e-3}});
    split.update(x.data(), cut, vocabulary, vocabulary, targets.data());
    softmax_rows first = split;
    split.update(x.data() + cut * vocabulary, rows - cut, vocabulary, vocabulary, targets.data() + cut);
    CHECK(split == whole);
    second.update(x.data() + cut * vocabulary, rows - cut, vocabulary, vocabulary, targets.data() + cut);
    first.merge(second);
    softmax_agree(first, whole, 1e-12);
  }
}

TEST_CASE("softmax_rows: 16-bit logits, typed and by tag", "[summary]") {
  constexpr std::size_t rows = 9, vocabulary = 515;
  auto x = softmax_logits(rows * vocabulary, 2);
  std::vector<std::uint16_t> words(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    words[i] = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x[i]) >> 16);
    x[i] = std::bit_cast<float>(static_cast<std::uint32_t>(words[i]) << 16);
  }
  softmax_rows from_float, typed, tagged;
  from_float.update(x.data(), rows, vocabulary, vocabulary);
  typed.update(reinterpret_cast<const tailwatch::simd::bfloat16*>(words.data()), rows, vocabulary, vocabulary);
  tagged.update(words.data(), tailwatch::summary::logit_type::bfloat16, rows, vocabulary, vocabulary);
  softmax_agree(typed, from_float, 1e-6);
  CHECK(tagged == typed);
  softmax_rows by_tag;
  by_tag.update(static_cast<const void*>(x.data()), tailwatch::summary::logit_type::float32, rows, vocabulary,
                vocabulary);
  CHECK(by_tag == from_float);
}

TEST_CASE("softmax_rows: slices of the vocabulary merge and reduce to the whole rows", "[summary]") {
  constexpr std::size_t rows = 12, vocabulary = 1000;
  auto x = softmax_logits(rows * vocabulary, 3);
  std::fill_n(x.begin() + 2 * vocabulary, 500, softmax_masked);         // one slice is all masked
  std::fill_n(x.begin() + 3 * vocabulary, vocabulary, softmax_masked);  // the whole row is
  x[5 * vocabulary + 900] = std::numeric_limits<float>::infinity();
  for (std::size_t v = 700; v < vocabulary; ++v) x[6 * vocabulary + v] += 400.0F;
  std::vector<std::uint16_t> targets(rows);
  for (std::size_t r = 0; r < rows; ++r) targets[r] = static_cast<std::uint16_t>(r * 90);
  std::vector<std::uint8_t> mask(rows, 1);
  mask[8] = 0;
  softmax_rows whole;
  whole.update(x.data(), rows, vocabulary, vocabulary, targets.data(), mask.data());

  const std::vector<std::size_t> borders{0, 500, 513, 1000};
  std::vector<softmax_row_partials> ranks(3, softmax_row_partials(rows));
  softmax_row_partials merged;
  for (std::size_t s = 3; s-- > 0;) {
    ranks[s].update(x.data() + borders[s], borders[s + 1] - borders[s], borders[s], vocabulary, targets.data(),
                    mask.data());
    merged.merge(ranks[s]);
  }
  softmax_rows from_merged;
  from_merged.absorb(merged);
  softmax_agree(from_merged, whole, 1e-6);
  softmax_all_reduce(ranks);
  for (const auto& r : ranks) {
    softmax_rows reduced;
    reduced.absorb(r);
    softmax_agree(reduced, whole, 1e-6);
    softmax_agree(reduced, from_merged, 1e-13);
    CHECK(r == ranks[0]);
  }
}

TEST_CASE("softmax_rows: all-reduce over rows, save and load", "[summary]") {
  constexpr std::size_t rows = 30, vocabulary = 50;
  auto x = softmax_logits(rows * vocabulary, 4);
  x[3] = std::numeric_limits<float>::quiet_NaN();
  softmax_rows whole({.tail_thresholds = {0.01, 0.001}});
  whole.update(x.data(), rows, vocabulary, vocabulary);
  std::vector<softmax_rows> ranks(3, softmax_rows({.tail_thresholds = {0.01, 0.001}}));
  for (std::size_t r = 0; r < 2; ++r) ranks[r].update(x.data() + r * 15 * vocabulary, 15, vocabulary, vocabulary);
  softmax_all_reduce(ranks);
  for (const auto& r : ranks) softmax_agree(r, whole, 1e-12);

  const auto bytes = tailwatch::core::to_bytes(whole);
  softmax_rows back({.tail_thresholds = {0.01, 0.001}});
  tailwatch::core::from_bytes(bytes, back);
  CHECK(back == whole);
  softmax_rows foreign;
  CHECK_THROWS_AS(tailwatch::core::from_bytes(bytes, foreign), tailwatch::core::archive_error);
  back.reset();
  CHECK(back == softmax_rows({.tail_thresholds = {0.01, 0.001}}));
}

TEST_CASE("softmax_rows: collision entropy and truncation by hand, merged, reduced and saved", "[summary]") {
  const tailwatch::summary::softmax_rows_options options{
      .tail_thresholds = {0.2}, .collision_entropy = true, .top_k = {1, 3}, .top_p = {0.5, 0.8}};
  // 1/2, 1/4, 1/8, 1/8; 1/4 each.
  const std::vector<float> x{std::log(4.0F), std::log(2.0F), 0.0F, 0.0F, 7.0F, 7.0F, 7.0F, 7.0F};
  softmax_rows whole(options), first(options), second(options);
  whole.update(x.data(), 2, 4, 4);
  const auto mean = [](const tailwatch::summary::moments& m) { return m.mean().value; };
  CHECK(close(mean(whole.tail_mass(0)), 0.125, 1e-6));
  CHECK(close(mean(whole.collision_entropy()), (-std::log(11.0 / 32.0) + std::log(4.0)) / 2, 1e-6));
  CHECK(close(mean(whole.mass_outside_top_k(0)), (0.5 + 0.75) / 2, 1e-6));
  CHECK(close(mean(whole.mass_outside_top_k(1)), (0.125 + 0.25) / 2, 1e-6));
  CHECK(close(mean(whole.mass_outside_top_p(0)), 0.5, 1e-6));
  CHECK(close(mean(whole.mass_outside_top_p(1)), (0.125 + 0.0) / 2, 1e-6));
  CHECK(mean(whole.nucleus_size(0)) == 1.5);
  CHECK(mean(whole.nucleus_size(1)) == 3.5);

  first.update(x.data(), 1, 4, 4);
  second.update(x.data() + 4, 1, 4, 4);
  softmax_rows merged = first;
  merged.merge(second);
  std::vector<softmax_rows> ranks{first, second};
  softmax_all_reduce(ranks);
  for (const softmax_rows& other : {merged, ranks[0], ranks[1]}) {
    softmax_agree(other, whole, 1e-12);
    CHECK(close(mean(other.collision_entropy()), mean(whole.collision_entropy()), 1e-12));
    CHECK(close(mean(other.mass_outside_top_k(1)), mean(whole.mass_outside_top_k(1)), 1e-12));
    CHECK(mean(other.nucleus_size(1)) == 3.5);
  }
  softmax_rows back(options), foreign({.tail_thresholds = {0.2}});
  tailwatch::core::from_bytes(tailwatch::core::to_bytes(whole), back);
  CHECK(back == whole);
  CHECK_THROWS_AS(tailwatch::core::from_bytes(tailwatch::core::to_bytes(whole), foreign),
                  tailwatch::core::archive_error);
  CHECK_THROWS_AS(foreign.merge(whole), std::invalid_argument);
  CHECK_THROWS_AS(whole.absorb(softmax_row_partials(1)), std::invalid_argument);
  CHECK_THROWS_AS(whole.mass_outside_top_k(2), std::invalid_argument);
  CHECK_THROWS_AS(whole.mass_outside_top_p(2), std::invalid_argument);
  CHECK_THROWS_AS(whole.nucleus_size(2), std::invalid_argument);
  CHECK_THROWS_AS(foreign.collision_entropy(), std::invalid_argument);
  CHECK_THROWS_AS(softmax_rows({.top_k = {0}}), std::invalid_argument);
  CHECK_THROWS_AS(softmax_rows({.top_p = {1.0}}), std::invalid_argument);
  CHECK_THROWS_AS(softmax_rows({.top_k = std::vector<std::size_t>(9, 1)}), std::invalid_argument);
}
