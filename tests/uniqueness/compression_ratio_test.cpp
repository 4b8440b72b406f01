// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/uniqueness/compression_ratio.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#if __has_include(<zlib.h>)
#include "tailwatch/uniqueness/zlib_codec.hpp"
#endif

using namespace tailwatch;
using tailwatch::testing::close;

static_assert(core::estimator<uniqueness::compression_ratio_fn>);

TEST_CASE("uniqueness compression_ratio: any codec, texts and joined lines", "[uniqueness]") {
  std::string seen;
  const auto half = [&seen](std::string_view text) {
    seen = std::string(text);
    return text.size() / 2;
  };
  const std::vector<std::string> lines{"ab", "", "cde"};
  CHECK(uniqueness::compression_ratio(lines, half, {.join = ", "}).value == 9.0 / 4.0);
  CHECK(seen == "ab, , cde");
  CHECK(uniqueness::compression_ratio(lines, half).count == 7);
  CHECK(seen == "ab\n\ncde");
  CHECK(uniqueness::compression_ratio(std::string("abcd"), half).value == 2.0);
  CHECK(uniqueness::compression_ratio("abcd", half).value == 2.0);
  CHECK(std::isnan(uniqueness::compression_ratio(std::string_view("abcd"), half).standard_error));
  CHECK(std::isnan(uniqueness::compression_ratio(std::string_view(), half).value));
  CHECK(std::isnan(uniqueness::compression_ratio(std::vector<std::string>{}, half).value));
  CHECK(std::isnan(uniqueness::compression_ratio(std::string("a"), half).value));  // the codec says 0: it failed
  CHECK(uniqueness::byte_count(lines, {.join = ", "}) == 9);
  CHECK(uniqueness::byte_count(std::string("abc")) == 3);
  CHECK(uniqueness::byte_count(std::vector<std::string>{}) == 0);
}

#if __has_include(<zlib.h>)
TEST_CASE("uniqueness compression_ratio: zlib streams", "[uniqueness]") {
  const uniqueness::zlib_codec codec;
  CHECK(codec("") == 8);
  core::random_engine random(2);
  std::string noise(300000, ' ');
  for (char& c : noise) c = static_cast<char>(random());
  for (const int level : {-1, 1, 6, 9}) {  // the stored blocks of level 0 depend on the output buffer
    const uniqueness::zlib_codec at{.level = level};
    for (const std::size_t size : {1U, 1000U, 32767U, 32768U, 300000U}) {
      const std::string_view part = std::string_view(noise).substr(0, size);
      std::vector<Bytef> out(compressBound(static_cast<uLong>(size)));
      auto bytes = static_cast<uLongf>(out.size());
      REQUIRE(compress2(out.data(), &bytes, reinterpret_cast<const Bytef*>(part.data()), static_cast<uLong>(size),
                        level) == Z_OK);
      CHECK(at(part) == bytes);
    }
  }
  const double of_noise = uniqueness::compression_ratio(noise, codec).value;
  const double of_one = uniqueness::compression_ratio(std::string(300000, 'x'), codec).value;
  const double of_twice =
      uniqueness::compression_ratio(std::vector<std::string>(2, noise.substr(0, 9000)), codec).value;
  CHECK(close(of_noise, 1.0, 1e-3));
  CHECK(of_one > 900.0);
  CHECK(close(of_twice, 2.0, 0.02));
  CHECK_THROWS_AS(uniqueness::zlib_codec{.level = 10}("a"), std::invalid_argument);
  CHECK_THROWS_AS(uniqueness::zlib_codec{.level = -2}("a"), std::invalid_argument);
}
#endif
