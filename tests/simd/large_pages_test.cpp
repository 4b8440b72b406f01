// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/simd/large_pages.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace tailwatch;

TEST_CASE("simd: vectors in large pages hold what other vectors hold", "[simd]") {
  using numbers = std::vector<double, simd::large_page_allocator<double>>;
  for (const std::size_t n : {1U, 1000U, 262143U, 262144U, 262145U, 700001U}) {  // 2 MiB are 262144 doubles
    numbers x(n, 1.0);
    const auto address = reinterpret_cast<std::uintptr_t>(x.data());
    CHECK(address % (n >= 262144 ? std::uintptr_t{1} << 21 : std::uintptr_t{64}) == 0);
    x.back() = 2.0;
    numbers copy = x;
    CHECK(copy == x);
    x.resize(2 * n, 3.0);
    CHECK(x[n - 1] == 2.0);
    CHECK(x[2 * n - 1] == 3.0);
    x = std::move(copy);
    CHECK(x.size() == n);
    x.shrink_to_fit();
    CHECK(x.back() == 2.0);
  }
  CHECK(simd::large_page_allocator<double>() == simd::large_page_allocator<char>());
}
