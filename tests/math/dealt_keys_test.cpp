// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/detail/dealt_keys.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace {

using namespace tailwatch::math::detail;

std::vector<std::uint64_t> dealt_keys_input(std::size_t n, std::uint64_t below, std::uint64_t seed) {
  tailwatch::core::random_engine random(seed);
  std::vector<std::uint64_t> keys(n);
  for (auto& key : keys) key = below == 0 ? random() : tailwatch::core::uniform_below(random, below);
  return keys;
}

dealt_keys<packed_images> dealt_narrow(const std::vector<std::uint64_t>& keys, std::size_t width) {
  const narrow_spread image(width);
  return {keys.size(), width, [&](auto&& take) {
            for (const std::uint64_t key : keys) take(image(key));
          }};
}

std::vector<std::uint64_t> dealt_counts_by_map(const std::vector<std::uint64_t>& keys) {
  std::map<std::uint64_t, std::uint64_t> counts;
  for (const std::uint64_t key : keys) ++counts[key];
  std::vector<std::uint64_t> sorted;
  for (const auto& entry : counts) sorted.push_back(entry.second);
  std::ranges::sort(sorted);
  return sorted;
}

template <class Form>
void check_dealt_counts(const dealt_keys<Form>& dealt, const std::vector<std::uint64_t>& wanted) {
  std::vector<std::uint64_t> counted;
  count_keys(dealt, [&](std::uint32_t count) { counted.push_back(count); });
  std::ranges::sort(counted);
  CHECK(counted == wanted);
  CHECK(distinct_keys(dealt) == wanted.size());
}

}  // namespace

TEST_CASE("math: a spread of keys is a bijection into the high bits", "[math]") {
  for (const std::size_t width : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{11}, std::size_t{12}}) {
    std::vector<std::uint64_t> hashes;
    for (std::uint64_t key = 0; key < std::uint64_t{1} << width; ++key)
      hashes.push_back(narrow_spread(width)(key).hash);
    std::ranges::sort(hashes);
    for (std::size_t i = 0; i < hashes.size(); ++i) REQUIRE(hashes[i] == std::uint64_t{i} << (64 - width));
  }
  CHECK(narrow_spread(64)(0x123456789abcdef0U).hash == spread(0x123456789abcdef0U));
}

// Every number of bytes an item may take, one part and several, blocks that are just full or just begun.
TEST_CASE("math: what was dealt is what comes back, in the order of each part", "[math]") {
  for (std::size_t width = 1; width <= 64; width += 3) {
    const std::uint64_t below = width == 64 ? 0 : std::uint64_t{1} << width;
    for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{255}, std::size_t{256}, std::size_t{257},
                                std::size_t{2041}, std::size_t{25'000}}) {
      const auto keys = dealt_keys_input(n, below, width);
      const auto dealt = dealt_narrow(keys, width);
      REQUIRE(dealt.size() == n);
      REQUIRE(dealt.parts() == (n == 25'000 ? 2U : 1U));
      const int bits = std::countr_zero(dealt.parts());
      std::vector<std::vector<std::uint64_t>> wanted(dealt.parts()), found(dealt.parts());
      for (const std::uint64_t key : keys) {
        const std::uint64_t hash = narrow_spread(width)(key).hash;
        wanted[bits == 0 ? 0 : static_cast<std::size_t>(hash >> (64 - bits))].push_back(hash << bits);
      }
      for (std::size_t p = 0; p < dealt.parts(); ++p)
        dealt.visit_runs(p, [&](const auto& run) {
          for (std::size_t i = 0; i < run.size(); ++i) found[p].push_back(run[i].hash << dealt.skipped());
        });
      REQUIRE(found == wanted);
    }
  }
}

TEST_CASE("math: dealt keys are counted whether they repeat or not", "[math]") {
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{700}, std::size_t{50'000}})
    // All different, some equal, most equal, all equal: with the filter, and without it.
    for (const std::uint64_t below : {std::uint64_t{0}, std::uint64_t{60'000}, std::uint64_t{500}, std::uint64_t{1}}) {
      const auto keys = dealt_keys_input(n, below, n + below);
      const auto wanted = dealt_counts_by_map(keys);
      check_dealt_counts(dealt_narrow(keys, below == 0 ? 64 : 16), wanted);
      const dealt_keys<whole_items<wide_image>> wide(keys.size(), 128, [&](auto&& take) {
        for (const std::uint64_t key : keys) take(wide_image::of(key / 3, key));
      });
      check_dealt_counts(wide, wanted);
    }
}

// Half of the parts empty but for one long part of one key, the others all different: what is learnt of some does no harm to others.
TEST_CASE("math: parts that differ in how much repeats are counted alike", "[math]") {
  for (const bool collapsed_first : {false, true}) {
    const narrow_spread image(48);
    auto keys = dealt_keys_input(120'000, std::uint64_t{1} << 48, 5);
    std::vector<std::uint64_t> kept;
    for (const std::uint64_t key : keys) {
      const bool low = image(key).hash >> 63 == 0;
      kept.push_back(low == collapsed_first ? keys[low ? 0 : 1] : key);
    }
    check_dealt_counts(dealt_narrow(kept, 48), dealt_counts_by_map(kept));
  }
}
