// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/core/views.hpp"

#include <array>
#include <cstdint>
#include <list>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

namespace core = tailwatch::core;

namespace {
template <class Range>
concept countable_view = requires(Range&& x) {
  tailwatch::counts(static_cast<Range&&>(x));
};
}  // namespace

TEST_CASE("core: a view keeps elements, type and meaning, and copies nothing", "[core]") {
  const std::vector<std::uint16_t> x{3, 1, 2};
  const auto v = tailwatch::counts(x);
  STATIC_REQUIRE(std::is_same_v<decltype(v), const core::counts_view<std::uint16_t>>);
  CHECK(v.data() == x.data());
  CHECK(v.size() == 3);
  CHECK(!v.empty());
  CHECK(v[2] == 2);
  CHECK(std::vector<std::uint16_t>(v.begin(), v.end()) == x);
  CHECK(core::as_span(v).data() == x.data());
  CHECK(core::counts_view<int>{}.empty());
}

TEST_CASE("core: every factory gives its own meaning", "[core]") {
  const std::array<double, 2> x{0.5, 0.5};
  STATIC_REQUIRE(std::is_same_v<decltype(tailwatch::probabilities(x)), core::probabilities_view<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(tailwatch::log_probabilities(x)), core::log_probabilities_view<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(tailwatch::logits(x)), core::logits_view<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(tailwatch::sample(x)), core::sample_view<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(tailwatch::tokens(x)), core::tokens_view<double>>);
  STATIC_REQUIRE(!std::is_same_v<core::counts_view<int>, core::tokens_view<int>>);
}

TEST_CASE("core: a view that would outlive its elements does not compile", "[core]") {
  STATIC_REQUIRE(countable_view<std::vector<int>&>);
  STATIC_REQUIRE(countable_view<const std::vector<int>&>);
  STATIC_REQUIRE(!countable_view<std::vector<int>>);
  STATIC_REQUIRE(countable_view<std::span<const int>>);  // borrows
  STATIC_REQUIRE(!countable_view<std::list<int>&>);      // not contiguous
  STATIC_REQUIRE(!countable_view<std::vector<std::string>&>);
  STATIC_REQUIRE(!countable_view<std::vector<bool>&>);
}

TEST_CASE("core: a view with a meaning is not a bare range", "[core]") {
  STATIC_REQUIRE(core::integer_range<std::vector<std::uint8_t>>);
  STATIC_REQUIRE(core::floating_range<std::span<const float>>);
  STATIC_REQUIRE(!core::floating_range<std::vector<int>>);
  STATIC_REQUIRE(!core::number_range<core::counts_view<int>>);
}

TEST_CASE("core: rows are row-major and their number is checked", "[core]") {
  const std::vector<float> x{1, 2, 3, 4, 5, 6};
  const auto r = tailwatch::rows(x, 2, 3);
  CHECK(r.size == 2);
  CHECK(r.dimension == 3);
  CHECK(r[1][0] == 4.0F);
  CHECK(r[1].size() == 3);
  CHECK_THROWS_AS(tailwatch::rows(x, 2, 2), std::invalid_argument);
  CHECK(tailwatch::rows(x, 6, 1)[5][0] == 6.0F);
}
