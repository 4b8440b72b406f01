// SPDX-License-Identifier: BSL-1.0
// Theta images: bytes that Apache DataSketches 5.2.0 (its Python package) wrote for the same keys, read and written; what an
// imported sample may and may not say; images that are none.
#include "tailwatch/sketch/theta_image.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sketch/golden_bytes.hpp"
#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

namespace {

std::vector<std::byte> theta_bytes(std::string_view hex) {
  std::vector<std::byte> bytes;
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(16 * digit(hex[i]) + digit(hex[i + 1])));
  return bytes;
}

sketch::bottom_k theta_sample(std::uint64_t begin, std::uint64_t end, std::size_t k = 4096) {
  sketch::bottom_k sample(sketch::theta_options(k));
  std::vector<std::uint64_t> keys;
  for (std::uint64_t i = begin; i < end; ++i) keys.push_back(i);
  sample.update(keys);
  return sample;
}

void theta_put(std::vector<std::byte>& to, std::size_t at, std::uint64_t x, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) to[at + i] = static_cast<std::byte>((x >> (8 * i)) & 0xFFU);
}

// What update_theta_sketch(lg_k = 12) and (lg_k = 5) of DataSketches 5.2.0 serialise to.
constexpr std::string_view theta_none = "01030300001ecc93";
constexpr std::string_view theta_one = "01030300001acc9315f97dcbbd86a105";  // the key 1
constexpr std::string_view theta_five =                                     // the keys 1 … 5
    "02030300001acc93050000000000000015f97dcbbd86a10540de2ee1c9db3d08bd3273724691cc14c397fc1281709d1eba40b3c1da06695d";
constexpr std::string_view theta_five_unordered =
    "02030300000acc93050000000000000015f97dcbbd86a105ba40b3c1da06695dbd3273724691cc1440de2ee1c9db3d08c397fc1281709d1e";
constexpr std::string_view theta_five_packed =
    "0104033e011acc930516861af72df7e45429c550c15b0e52b323ad5f2451151f49d0df3aa0896506fb2e5966badaa3dc";
// "a", "naïve", "sixteen bytes ok", "seventeen bytes!!", "a text of more than thirty-two bytes"
constexpr std::string_view theta_texts =
    "02030300001acc930500000000000000cb925a079f08a00501ad8476110f6218aba6c49e6c95843f17c11d528507017b969a990493c6887e";
constexpr std::string_view theta_thousand =  // the keys 0 … 999, lg_k = 5: 34 of them, estimate 842.3880252753064
    "03030300001acc932200000000000000fc8e015f5c902a05d589edf2ba742a00deac6be1e1d96500fa74b34c16b16e00c7c48185137f7300"
    "ff3edb4931fa96005167013eefe2dd004bbf7eee7e40f500e4c758129ac40601af5f15a649924e010a22dbb71c875f0188655737d10a7401"
    "7b7fec66ed787f01fb38798913248f01b9bf9feafa9eaa01783d46e37d7cd301efafaecf5bddf40194ded6c8a0752a02d1eeb5b119b49302"
    "6df3fb88558d96027347a26e394d9902ae9ad119a4702703a5907be534f96d03b833b51ac36e72030f5d1190dc88b103393eeb1613ceb303"
    "e662386e3d7fd303385da0f0663bd503736268de4b6bfc034962bb9062b6fc03e8a7bd68fe0b86049d43ffe25581a004e2dacf9fcdeabe04"
    "45a54733acacdd04ed0b4d6d52ba0605";
constexpr std::string_view theta_thousand_packed =
    "02040338011acc93fc8e015f5c902a05222a74baf2ed89d53b6526ee7e230908d7346b47c81c04cdfd38ce4fcd237b1dc4597a3846e8bdf4"
    "262852175d8fb07d57fa11841b23da089947cdaf93bc97cb10f4d311c5c25b1483b47f7c437e0b6e1c2f9519f30fab26228cb9801b7ae761"
    "2686be28dd82f8a67dbf2160ddec687277359844f9282ea5693e78e8df103d02d93bd746049c02bfe3e5a654068e236aab2f533b468890cb"
    "a9f5f704758e3539a3133f1a19755c295702453686d9e12a1fb12a574d24ad01bc298267fa52272fe4edc8053b004b16b252ffd689559bd8"
    "02459f1a75577a419bb51e6977bcd097451ec1de9377ca63290da63a0566a8";

}  // namespace

static_assert(sketch::detail::theta_seed_hash(9001) == 0x93cc);

TEST_CASE("theta image: the bytes of DataSketches for the same keys", "[sketch]") {
  CHECK(sketch::to_theta_image(theta_sample(0, 0)) == theta_bytes(theta_none));
  CHECK(sketch::to_theta_image(theta_sample(1, 2)) == theta_bytes(theta_one));
  CHECK(sketch::to_theta_image(theta_sample(1, 6)) == theta_bytes(theta_five));
  sketch::bottom_k texts(sketch::theta_options());
  for (const char* t :
       {"a", "na\xC3\xAFve", "sixteen bytes ok", "seventeen bytes!!", "a text of more than thirty-two bytes", "", "a"})
    texts.add(std::string_view(t));
  CHECK(texts.count() == 6);  // the empty one is no key
  CHECK(sketch::to_theta_image(texts) == theta_bytes(theta_texts));
  // 34 hashes and theta, which is that of a key: the 35 smallest of ours.
  CHECK(sketch::to_theta_image(theta_sample(0, 1000, 35)) == theta_bytes(theta_thousand));
}

TEST_CASE("theta image: images of DataSketches are read, ordered, unordered and packed", "[sketch]") {
  CHECK(sketch::from_theta_image(theta_bytes(theta_none)).distinct().value == 0.0);
  CHECK(sketch::from_theta_image(theta_bytes(theta_one)).distinct().value == 1.0);
  for (const auto image : {theta_five, theta_five_unordered, theta_five_packed}) {
    const auto sample = sketch::from_theta_image(theta_bytes(image));
    CHECK(sample.distinct().value == 5.0);
    CHECK(sample.distinct().standard_error == 0.0);
    CHECK(sketch::to_theta_image(sample) == theta_bytes(theta_five));
    CHECK(sketch::containment(sample, theta_sample(1, 6)).value == 1.0);
  }
  for (const auto image : {theta_thousand, theta_thousand_packed}) {
    const auto sample = sketch::from_theta_image(theta_bytes(image));
    CHECK(sample.options().k == 35);
    CHECK(close(sample.distinct().value, 842.3880252753064, 1e-14));
    CHECK(sketch::to_theta_image(sample) == theta_bytes(theta_thousand));
    CHECK(sketch::jaccard(sample, theta_sample(0, 1000)).value == 1.0);
    const auto fewer = sketch::from_theta_image(theta_bytes(image), {.k = 16});
    CHECK(sketch::to_theta_image(fewer) == sketch::to_theta_image(theta_sample(0, 1000, 16)));
    CHECK_THROWS_AS(sketch::from_theta_image(theta_bytes(image), {.k = 36}), std::invalid_argument);
    CHECK_THROWS_AS(sketch::from_theta_image(theta_bytes(image), {.k = 2}), std::invalid_argument);
  }
}

TEST_CASE("theta image: an imported sample merges and compares, but knows no occurrences", "[sketch]") {
  const auto whole = theta_sample(0, 30000, 256), a = theta_sample(0, 20000, 256), b = theta_sample(10000, 30000, 256);
  CHECK(whole.counted());
  auto merged = sketch::from_theta_image(sketch::to_theta_image(a), {.k = 256});
  CHECK_FALSE(merged.counted());
  CHECK(merged.count() == 256);
  CHECK(merged.distinct().value == a.distinct().value);
  CHECK(sketch::jaccard(merged, b).value == sketch::jaccard(a, b).value);
  CHECK(sketch::intersection(merged, b).value == sketch::intersection(a, b).value);
  merged.merge(b);
  CHECK_FALSE(merged.counted());
  CHECK(merged.distinct().value == whole.distinct().value);
  CHECK(sketch::to_theta_image(merged) == sketch::to_theta_image(whole));
  for (const estimate& e : {merged.f1_share(), merged.f1(), merged.f2(), merged.missing_mass(), merged.uniqueness()})
    CHECK(std::isnan(e.value));
  auto other_way = b;
  other_way.merge(sketch::from_theta_image(sketch::to_theta_image(a), {.k = 256}));
  CHECK(core::to_bytes(other_way) == core::to_bytes(merged));
  sketch::bottom_k loaded(sketch::theta_options(256));
  core::from_bytes(core::to_bytes(merged), loaded);
  CHECK(loaded == merged);
  CHECK_FALSE(loaded.counted());
  loaded.reset();
  CHECK(loaded == sketch::bottom_k(sketch::theta_options(256)));
  const auto imported = sketch::from_theta_image(theta_bytes(theta_five));
  const auto golden = tailwatch::testing::golden_bytes("bottom_k_imported", core::to_bytes(imported));
  REQUIRE_FALSE(golden.empty());
  CHECK(core::to_bytes(imported) == golden);
  sketch::bottom_k read(imported.options());
  core::from_bytes(golden, read);
  CHECK(read == imported);

  sketch::bottom_k mixed({.k = 256, .seed = 9001});
  CHECK_THROWS_AS(sketch::to_theta_image(mixed), std::invalid_argument);
  CHECK_THROWS_AS(mixed.merge(whole), std::invalid_argument);
  CHECK_THROWS_AS(sketch::jaccard(mixed, whole), std::invalid_argument);
  CHECK_THROWS_AS(mixed.add(std::string_view("text")), std::invalid_argument);
  CHECK_THROWS_AS(mixed.add_known(-1), std::invalid_argument);
}

TEST_CASE("theta image: what is no image, or was damaged", "[sketch]") {
  const auto refused = [](std::vector<std::byte> image, std::uint32_t seed = 9001) {
    CHECK_THROWS_AS(sketch::from_theta_image(image, {.seed = seed}), core::archive_error);
  };
  const auto damaged = [&](std::string_view of, std::size_t at, std::uint64_t x, std::size_t size = 1) {
    auto image = theta_bytes(of);
    theta_put(image, at, x, size);
    refused(image);
  };
  for (const auto image : {theta_one, theta_five, theta_five_packed, theta_thousand, theta_thousand_packed}) {
    const auto bytes = theta_bytes(image);
    for (std::size_t n = 0; n < bytes.size(); ++n)
      refused({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)});
    auto longer = bytes;
    longer.push_back(std::byte{0});
    refused(longer);
    refused(bytes, 9002);
    damaged(image, 0, 4);
    damaged(image, 0, 0);
    damaged(image, 1, 2);
    damaged(image, 2, 7);
    damaged(image, 5, 0x1b);  // big-endian
    damaged(image, 5, 0x12);  // not compact
  }
  damaged(theta_five, 8, 0xFFFFFFFFU, 4);
  damaged(theta_five, 16, 0, 8);                      // hash 0
  damaged(theta_five, 16, 0x3ddbc9e12ede40 << 8, 8);  // the second hash again
  damaged(theta_five, 24, 1, 8);                      // out of order
  damaged(theta_five, 48, std::uint64_t{1} << 63, 8);
  damaged(theta_thousand, 16, 0, 8);
  damaged(theta_thousand, 16, 5, 8);
  damaged(theta_thousand, 16, std::uint64_t{1} << 63, 8);
  damaged(theta_five_packed, 3, 64);
  damaged(theta_five_packed, 3, 0);
  damaged(theta_five_packed, 4, 5);
  // Any flipped bits at all: an error by name or a sample that can be written again.
  core::random_engine random(3);
  for (const auto image : {theta_five, theta_five_packed, theta_thousand, theta_thousand_packed})
    for (int trial = 0; trial < 1000; ++trial) {
      auto bytes = theta_bytes(image);
      for (std::uint64_t flips = core::uniform_below(random, 4); flips < 4; ++flips)
        bytes[static_cast<std::size_t>(core::uniform_below(random, bytes.size()))] =
            static_cast<std::byte>(core::uniform_below(random, 256));
      try {
        const auto sample = sketch::from_theta_image(bytes);
        REQUIRE_FALSE(sketch::to_theta_image(sample).empty());
      } catch (const core::archive_error&) {
      }
    }
}
