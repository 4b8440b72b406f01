// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/core/archive.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/is_nan.hpp"

namespace core = tailwatch::core;

namespace {
std::span<const std::byte> archive_bytes_of(std::string_view text) {
  return std::as_bytes(std::span<const char>(text));
}

std::string archive_hex(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::byte b : bytes) {
    out += digits[std::to_integer<std::size_t>(b) >> 4];
    out += digits[std::to_integer<std::size_t>(b) & 15];
  }
  return out;
}

/// A state with everything the format offers: parameters, numbers of every width, text, a list and a nested record.
struct archive_inner {
  std::uint64_t n = 0;
  friend bool operator==(const archive_inner&, const archive_inner&) = default;
  void save(core::output_archive& out) const {
    out.begin({.family = core::state_family::dense_counts, .count = n});
    out.u64(n);
    out.end();
  }
  void load(core::input_archive& in) {
    in.open({.family = core::state_family::dense_counts, .count = 0});
    n = in.u64();
    in.close();
  }
};

struct archive_state {
  std::uint32_t width = 8;  // a parameter
  std::uint32_t seed = 3;   // another
  std::uint64_t seen = 0;
  std::int64_t low = 0;
  double mean = 0.0;
  std::string label;
  std::vector<std::uint16_t> list;
  archive_inner inner;

  friend bool operator==(const archive_state&, const archive_state&) = default;
  void merge(const archive_state& other) { seen += other.seen; }
  [[nodiscard]] std::uint64_t count() const { return seen; }
  [[nodiscard]] std::uint64_t rejected() const { return 0; }
  [[nodiscard]] std::uint64_t parameters() const { return core::parameter_hash().add(std::uint64_t{width}).value(); }
  void reset() {
    archive_state empty;
    empty.width = width;
    empty.seed = seed;
    *this = empty;
  }
  [[nodiscard]] core::record_header header() const {
    return {
        .family = core::state_family::testing, .parameters = parameters(), .hash_id = 1, .seed = seed, .count = seen};
  }
  void save(core::output_archive& out) const {
    out.begin(header());
    out.u8(0x12);
    out.u16(0x3456);
    out.u32(0x789abcde);
    out.i64(low);
    out.f64(mean);
    out.text(label);
    out.u64(list.size());
    for (const std::uint16_t x : list) out.u16(x);
    inner.save(out);
    out.end();
  }
  void load(core::input_archive& in) {
    seen = in.open(header()).count;
    if (in.u8() != 0x12 || in.u16() != 0x3456 || in.u32() != 0x789abcde) throw core::archive_error("wrong constants");
    low = in.i64();
    mean = in.f64();
    label = in.text();
    list.assign(in.length(2), 0);
    for (std::uint16_t& x : list) x = in.u16();
    inner.load(in);
    in.close();
  }
};
static_assert(core::summary<archive_state>);

archive_state archive_example() {
  return {.width = 8, .seed = 3, .seen = 5, .low = -2, .mean = 0.1, .label = "ab", .list = {1, 65535}, .inner = {9}};
}

/// The message with which `bytes` are refused, and a check that the refusal changed nothing.
std::string archive_refusal(std::span<const std::byte> bytes, archive_state state = archive_example()) {
  const archive_state before = state;
  try {
    core::from_bytes(bytes, state);
  } catch (const core::archive_error& e) {
    CHECK(state == before);
    return e.what();
  }
  return "accepted";
}

/// The same bytes with a checksum that fits, so that what lies behind the checksum is reached.
std::vector<std::byte> archive_sealed(std::vector<std::byte> bytes) {
  const std::uint32_t crc = core::crc32c(std::span<const std::byte>(bytes).first(bytes.size() - 4));
  for (std::size_t i = 0; i < 4; ++i) bytes[bytes.size() - 4 + i] = static_cast<std::byte>((crc >> (8 * i)) & 0xff);
  return bytes;
}
}  // namespace

TEST_CASE("core: CRC-32C gives the published check values", "[core]") {
  CHECK(core::crc32c(archive_bytes_of("123456789")) == 0xe3069283U);
  CHECK(core::crc32c({}) == 0);
  // RFC 3720, appendix B.4
  const std::vector<std::byte> zeros(32, std::byte{0}), ones(32, std::byte{0xff});
  std::vector<std::byte> rising, falling;
  for (unsigned i = 0; i < 32; ++i) {
    rising.push_back(static_cast<std::byte>(i));
    falling.push_back(static_cast<std::byte>(31 - i));
  }
  CHECK(core::crc32c(zeros) == 0x8a9136aaU);
  CHECK(core::crc32c(ones) == 0x62a8ab43U);
  CHECK(core::crc32c(rising) == 0x46dd794eU);
  CHECK(core::crc32c(falling) == 0x113fdb5cU);
  CHECK(core::crc32c(archive_bytes_of("6789"), core::crc32c(archive_bytes_of("12345"))) == 0xe3069283U);
}

TEST_CASE("core: a parameter hash tells values, order and number apart", "[core]") {
  using core::parameter_hash;
  const auto hash = [](auto... x) {
    parameter_hash h;
    (h.add(x), ...);
    return h.value();
  };
  using u64 = std::uint64_t;
  CHECK(hash(u64{1}, u64{2}) == hash(u64{1}, u64{2}));
  CHECK(hash(u64{1}, u64{2}) != hash(u64{2}, u64{1}));
  CHECK(hash(u64{0}) != hash(u64{0}, u64{0}));
  CHECK(hash(0.5) != hash(0.25));
  CHECK(hash(0.0) != hash(-0.0));
  CHECK(hash(std::string_view("ab"), std::string_view("c")) != hash(std::string_view("a"), std::string_view("bc")));
  STATIC_REQUIRE(parameter_hash().value() == 0xcbf29ce484222325ULL);
}

TEST_CASE("core: a saved state comes back equal", "[core]") {
  const archive_state saved = archive_example();
  archive_state loaded;
  core::from_bytes(core::to_bytes(saved), loaded);
  CHECK(loaded == saved);
  CHECK(core::to_bytes(loaded) == core::to_bytes(saved));
}

TEST_CASE("core: extreme numbers survive, NaN by its bits", "[core]") {
  core::output_archive out;
  out.begin({.family = core::state_family::testing});
  out.u64(~std::uint64_t{0});
  out.i64(std::numeric_limits<std::int64_t>::min());
  out.f64(-0.0);
  out.f64(std::bit_cast<double>(std::uint64_t{0xfff8000000000abc}));
  out.f64(std::numeric_limits<double>::denorm_min());
  out.text(std::string_view("\0x", 2));
  out.text("");
  out.end();
  core::input_archive in(out.bytes());
  CHECK(in.open(core::state_family::testing).count == 0);
  CHECK(in.u64() == ~std::uint64_t{0});
  CHECK(in.i64() == std::numeric_limits<std::int64_t>::min());
  CHECK(std::bit_cast<std::uint64_t>(in.f64()) == 0x8000000000000000U);
  CHECK(std::bit_cast<std::uint64_t>(in.f64()) == 0xfff8000000000abcU);
  CHECK(in.f64() == std::numeric_limits<double>::denorm_min());
  CHECK(in.text() == std::string_view("\0x", 2));
  CHECK(in.text().empty());
  in.close();
  CHECK(in.remaining() == 0);
}

TEST_CASE("core: format version 1 has these bytes, for ever", "[core]") {
  const std::string golden =
      "5457534b01ff0000cd8a947f7a309ea0010000000300000005000000000000006100000000000000125634debc9a78fe"
      "ffffffffffffff9a9999999999b93f0200000000000000616202000000000000000100ffff5457534b01010000000000"
      "0000000000000000000000000009000000000000000800000000000000090000000000000017ebc085d33e3458";
  CHECK(archive_hex(core::to_bytes(archive_example())) == golden);
}

TEST_CASE("core: truncation at every byte is refused and changes nothing", "[core]") {
  const std::vector<std::byte> bytes = core::to_bytes(archive_example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string message = archive_refusal(std::span<const std::byte>(bytes).first(size));
    INFO(size << " of " << bytes.size() << " bytes");
    CHECK(message.starts_with("saved state: truncated"));
  }
}

TEST_CASE("core: every single flipped bit is refused and changes nothing", "[core]") {
  std::vector<std::byte> bytes = core::to_bytes(archive_example());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (unsigned bit = 0; bit < 8; ++bit) {
      bytes[i] ^= static_cast<std::byte>(1U << bit);
      const std::string message = archive_refusal(bytes);
      INFO("byte " << i << ", bit " << bit << ": " << message);
      CHECK(message.starts_with("saved state: "));
      bytes[i] ^= static_cast<std::byte>(1U << bit);
    }
  CHECK(archive_refusal(bytes) == "accepted");
}

TEST_CASE("core: foreign parameters, seed, hash and family are refused by name", "[core]") {
  const std::vector<std::byte> bytes = core::to_bytes(archive_example());
  archive_state wider = archive_example();
  wider.width = 9;
  CHECK(archive_refusal(bytes, wider) == "saved state: parameters differ from those of the state that loads it");
  archive_state reseeded = archive_example();
  reseeded.seed = 4;
  CHECK(archive_refusal(bytes, reseeded) == "saved state: seed differs from that of the state that loads it");

  core::input_archive in(bytes);
  CHECK_THROWS_AS(in.open({.family = core::state_family::testing,
                           .parameters = archive_example().parameters(),
                           .hash_id = 2,
                           .seed = 3}),
                  core::archive_error);
  CHECK_THROWS_AS(in.open(core::state_family::moments), core::archive_error);
  // a refused record is not consumed: its owner can still open it
  CHECK(in.peek() == archive_example().header());
  CHECK(in.open(core::state_family::testing).seed == 3);
}

TEST_CASE("core: bytes that are not a state, or of a later version, are refused by name", "[core]") {
  std::vector<std::byte> bytes = core::to_bytes(archive_example());
  std::vector<std::byte> later = bytes;
  later[4] = std::byte{2};
  CHECK(archive_refusal(archive_sealed(later)) == "saved state: format version 2, this library reads 1");
  bytes[0] = std::byte{'X'};
  CHECK(archive_refusal(archive_sealed(bytes)) == "saved state: not a tailwatch state");
  CHECK(archive_refusal({}).starts_with("saved state: truncated"));
}

TEST_CASE("core: bytes left over, behind a record or inside it, are refused", "[core]") {
  std::vector<std::byte> bytes = core::to_bytes(archive_example());
  bytes.push_back(std::byte{0});
  CHECK(archive_refusal(bytes) == "saved state: 1 bytes left over");

  core::output_archive out;
  out.begin({.family = core::state_family::testing});
  out.u32(7);
  out.end();
  core::input_archive in(out.bytes());
  [[maybe_unused]] const auto header = in.open(core::state_family::testing);
  CHECK(in.u16() == 7);
  CHECK_THROWS_AS(in.close(), core::archive_error);
}

TEST_CASE("core: a read past the payload is refused, the bytes behind it are not read", "[core]") {
  core::output_archive out;
  for (int i = 0; i < 2; ++i) {
    out.begin({.family = core::state_family::testing});
    out.u16(7);
    out.end();
  }
  core::input_archive in(out.bytes());
  [[maybe_unused]] const auto header = in.open(core::state_family::testing);
  CHECK_THROWS_AS(in.u32(), core::archive_error);
  CHECK(in.u16() == 7);
  in.close();
  CHECK(in.open(core::state_family::testing) == core::record_header{.family = core::state_family::testing});
}

TEST_CASE("core: a hostile length allocates nothing", "[core]") {
  for (const std::uint64_t announced : {std::uint64_t{5}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    core::output_archive out;
    out.begin({.family = core::state_family::testing});
    out.u64(announced);
    out.u32(0);
    out.end();
    core::input_archive in(out.bytes());
    [[maybe_unused]] const auto header = in.open(core::state_family::testing);
    CHECK_THROWS_AS(in.length(1), core::archive_error);
  }
  // the same in the header: a payload length that is larger than everything, with a checksum that cannot be found
  std::vector<std::byte> bytes = core::to_bytes(archive_example());
  for (std::size_t i = 32; i < 40; ++i) bytes[i] = std::byte{0xff};
  CHECK(archive_refusal(archive_sealed(bytes)).starts_with("saved state: truncated: payload of 18446744073709551615"));
}

TEST_CASE("core: records nest, and the inner one is checked by itself", "[core]") {
  core::output_archive out;
  out.begin({.family = core::state_family::collapse_monitor});
  archive_example().save(out);
  archive_inner{4}.save(out);
  out.end();
  core::input_archive in(out.bytes());
  [[maybe_unused]] const auto header = in.open(core::state_family::collapse_monitor);
  archive_state first;
  first.load(in);
  CHECK(first == archive_example());
  CHECK(in.peek().family == core::state_family::dense_counts);
  archive_inner second;
  second.load(in);
  CHECK(second.n == 4);
  in.close();
  CHECK(in.remaining() == 0);

  std::vector<std::byte> bytes = out.bytes();
  bytes[100] ^= std::byte{1};  // inside the first inner record; the outer checksum is made to fit
  const std::vector<std::byte> sealed = archive_sealed(bytes);
  core::input_archive damaged(sealed);
  CHECK(damaged.open(core::state_family::collapse_monitor).count == 0);
  archive_state untouched;
  CHECK_THROWS_AS(untouched.load(damaged), core::archive_error);
}

TEST_CASE("core: several states in one file follow one another", "[core]") {
  core::output_archive out;
  for (std::uint64_t n = 0; n < 3; ++n) archive_inner{n}.save(out);
  core::input_archive in(out.bytes());
  for (std::uint64_t n = 0; n < 3; ++n) {
    archive_inner x;
    x.load(in);
    CHECK(x.n == n);
  }
  CHECK(in.remaining() == 0);
  CHECK_THROWS_AS(in.peek(), core::archive_error);
}
