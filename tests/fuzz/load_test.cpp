// SPDX-License-Identifier: BSL-1.0

// What the fuzzer (load_fuzzer.cpp) looks for, over seeded mutations: every load reads foreign bytes as a state that can be used,
// or refuses them by an archive_error and changes nothing. Run under the sanitizers as well.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "fuzz/loaders.hpp"
#include "fuzz/mutate.hpp"
#include "support/catch.hpp"

using namespace tailwatch;

TEST_CASE("fuzz: seeds load, mutations of them load or are refused", "[fuzz]") {
  core::random_engine random(1);
  for (const fuzz::loader& loader : fuzz::all_loaders()) {
    INFO(loader.name);
    REQUIRE(loader.load(loader, loader.seed));
    // fewer of the large ones
    const std::size_t trials = std::min<std::size_t>(1500, 1'500'000 / loader.seed.size());
    std::size_t loaded = 0;
    for (std::size_t i = 0; i < trials; ++i) {
      auto bytes = fuzz::mutated(loader.seed, random);
      if (i % 8 != 0) fuzz::repair(bytes);
      loaded += loader.load(loader, bytes) ? 1U : 0U;
    }
    CHECK(loaded < trials);
  }
}

TEST_CASE("fuzz: the bytes of each state are refused by every other", "[fuzz]") {
  const auto& all = fuzz::all_loaders();
  for (const fuzz::loader& loader : all)
    for (const fuzz::loader& other : all) {
      if (&loader == &other || loader.load == other.load) continue;
      INFO(loader.name << " reads " << other.name);
      CHECK_FALSE(loader.load(loader, other.seed));
    }
}

TEST_CASE("fuzz: repair gives nested records their checksums", "[fuzz]") {
  for (const fuzz::loader& loader : fuzz::all_loaders()) {
    if (loader.name.find("theta") == 0) continue;
    auto bytes = loader.seed;
    bytes[core::detail::record_header_bytes - 8] ^= std::byte{1};
    bytes.back() ^= std::byte{0x55};
    CHECK_FALSE(loader.load(loader, bytes));
    fuzz::repair(bytes);
    CHECK(bytes == loader.seed);
  }
}
