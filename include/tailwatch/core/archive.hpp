// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"

/// Saved states: canonical bytes that read the same on every machine.
///
/// One record holds one state; records may nest (a monitor's record holds the records of its states):
///
///   "TWSK"  u8 format version  u8 family  u16 0  u64 parameter hash  u32 hash id  u32 seed  u64 count
///   u64 payload bytes  payload  u32 CRC-32C of everything before it in this record
///
/// Little-endian by explicit shifts, fixed widths. Unknown version, family, parameters or seed, truncation and corruption
/// each throw `archive_error` with a sentence, and the state that was being loaded is left as it was.
namespace tailwatch::core {

/// A saved state that cannot be read: what was found and what was expected.
class archive_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Families of saved states. A number, once released, is never given to another state.
enum class state_family : std::uint8_t {
  dense_counts = 1,
  count_table = 2,
  ngram_counts = 3,
  moments = 4,
  softmax_rows = 5,
  log_likelihood = 6,
  covariance = 7,
  windowed_types = 8,
  min_hash = 16,
  hyper_log_log = 17,
  log_linear_histogram = 18,
  count_min = 19,
  reservoir = 20,
  panes = 21,
  bucketed_sample = 24,
  bottom_k = 25,
  document_sample = 26,
  shiryaev_mixture = 32,
  collapse_monitor = 33,
  vocabulary = 48,
  kneser_ney = 49,
  token_calibration_counts = 50,
  recursion_run = 64,
  recursion_reserve = 65,
  recursion_population = 66,
  testing = 255,
};

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78); crc32c("123456789") = 0xE3069283.
[[nodiscard]] constexpr std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t crc = 0) noexcept {
  constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1U) != 0 ? 0x82F63B78U : 0U);
      t[i] = c;
    }
    return t;
  }();
  crc = ~crc;
  for (const std::byte b : bytes) crc = table[(crc ^ static_cast<std::uint32_t>(b)) & 0xFFU] ^ (crc >> 8);
  return ~crc;
}

/// FNV-1a over 64-bit words: the hash of a state's parameters, equal exactly where two states may be merged.
class parameter_hash {
 public:
  constexpr parameter_hash& add(std::uint64_t word) noexcept {
    for (int shift = 0; shift < 64; shift += 8) value_ = (value_ ^ ((word >> shift) & 0xFFU)) * 0x100000001b3ULL;
    return *this;
  }
  constexpr parameter_hash& add(double x) noexcept { return add(std::bit_cast<std::uint64_t>(x)); }
  constexpr parameter_hash& add(std::string_view text) noexcept {
    for (const char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return add(static_cast<std::uint64_t>(text.size()));
  }
  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

/// What a record says about its state before the payload.
struct record_header {
  state_family family{};
  std::uint64_t parameters = 0;  ///< parameter_hash of the state
  std::uint32_t hash_id = 0;     ///< hash function of keyed sketches, 0 where none
  std::uint32_t seed = 0;
  std::uint64_t count = 0;

  friend bool operator==(const record_header&, const record_header&) = default;
};

namespace detail {
inline constexpr std::uint8_t archive_version = 1;
inline constexpr std::size_t record_header_bytes = 4 + 1 + 1 + 2 + 8 + 4 + 4 + 8 + 8;
inline constexpr std::uint64_t largest_saved_count = (std::uint64_t{1} << 62) - 1;
[[noreturn]] inline void archive_failure(const std::string& what) {
  TAILWATCH_THROW(archive_error("saved state: " + what));
#if !TAILWATCH_HAS_EXCEPTIONS && defined(__GNUC__)
  __builtin_unreachable();
#endif
}
}  // namespace detail

/// Writes records into a growing byte vector.
class output_archive {
 public:
  /// Starts a record; `end()` closes it.
  void begin(const record_header& header) {
    open_.push_back(bytes_.size());
    for (const char c : {'T', 'W', 'S', 'K'}) bytes_.push_back(static_cast<std::byte>(c));
    u8(detail::archive_version);
    u8(static_cast<std::uint8_t>(header.family));
    u16(0);
    u64(header.parameters);
    u32(header.hash_id);
    u32(header.seed);
    u64(header.count);
    u64(0);  // payload bytes, known at end()
  }

  /// Closes the innermost record: payload length and CRC-32C.
  void end() {
    TAILWATCH_ASSERT(!open_.empty());
    const std::size_t start = open_.back();
    open_.pop_back();
    const std::uint64_t payload = bytes_.size() - start - detail::record_header_bytes;
    for (std::size_t i = 0; i < 8; ++i)
      bytes_[start + detail::record_header_bytes - 8 + i] = static_cast<std::byte>((payload >> (8 * i)) & 0xFFU);
    u32(crc32c(std::span<const std::byte>(bytes_).subspan(start)));
  }

  void u8(std::uint8_t x) { put(x); }
  void u16(std::uint16_t x) { put(x); }
  void u32(std::uint32_t x) { put(x); }
  void u64(std::uint64_t x) { put(x); }
  void i64(std::int64_t x) { put(static_cast<std::uint64_t>(x)); }
  void f64(double x) { put(std::bit_cast<std::uint64_t>(x)); }
  void text(std::string_view x) {
    u64(x.size());
    for (const char c : x) bytes_.push_back(static_cast<std::byte>(c));
  }

  [[nodiscard]] const std::vector<std::byte>& bytes() const& noexcept { return bytes_; }
  [[nodiscard]] std::vector<std::byte> bytes() && noexcept { return std::move(bytes_); }

 private:
  template <std::unsigned_integral Integer>
  void put(Integer x) {
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
      bytes_.push_back(static_cast<std::byte>((static_cast<std::uint64_t>(x) >> (8 * i)) & 0xFFU));
  }

  std::vector<std::byte> bytes_;
  std::vector<std::size_t> open_;
};

/// Reads records from bytes that must outlive it. Every read is bounds-checked; no allocation is larger than the input.
class input_archive {
 public:
  explicit input_archive(std::span<const std::byte> bytes) noexcept : bytes_(bytes), end_(bytes.size()) {}

  /// Opens the next record, whatever its parameters; checks magic, version, length and CRC-32C before anything is read.
  [[nodiscard]] record_header open(state_family family) {
    const record_header header = peek();
    if (header.family != family)
      detail::archive_failure("family " + std::to_string(static_cast<int>(header.family)) + " where " +
                              std::to_string(static_cast<int>(family)) + " was expected");
    const std::size_t start = position_;
    const std::size_t payload = payload_bytes(start);
    position_ = start + detail::record_header_bytes;
    open_.push_back({start, end_});
    end_ = position_ + payload;
    return header;
  }

  /// Opens the next record and refuses parameters, hash or seed that differ from those of the state that loads it.
  record_header open(const record_header& expected) {
    const std::size_t start = position_;
    const record_header header = open(expected.family);
    const char* what = nullptr;
    if (header.parameters != expected.parameters) what = "parameters differ from those of the state that loads it";
    if (header.hash_id != expected.hash_id) what = "hash function differs from that of the state that loads it";
    if (header.seed != expected.seed) what = "seed differs from that of the state that loads it";
    if (what != nullptr) {
      end_ = open_.back().outer_end;
      open_.pop_back();
      position_ = start;
      detail::archive_failure(what);
    }
    return header;
  }

  /// Closes the innermost record; bytes left in it are an error.
  void close() {
    TAILWATCH_ASSERT(!open_.empty());
    if (position_ != end_)
      detail::archive_failure(std::to_string(end_ - position_) + " bytes left over in the payload");
    position_ = end_ + 4;
    end_ = open_.back().outer_end;
    open_.pop_back();
  }

  /// Header of the next record, checked in full, without opening it.
  [[nodiscard]] record_header peek() const {
    const std::size_t start = position_;
    if (end_ - start < detail::record_header_bytes + 4)
      detail::archive_failure("truncated: " + std::to_string(end_ - start) + " bytes where a record needs at least " +
                              std::to_string(detail::record_header_bytes + 4));
    constexpr std::string_view magic = "TWSK";
    for (std::size_t i = 0; i < magic.size(); ++i)
      if (bytes_[start + i] != static_cast<std::byte>(magic[i])) detail::archive_failure("not a tailwatch state");
    const auto version = static_cast<std::uint8_t>(bytes_[start + 4]);
    if (version != detail::archive_version)
      detail::archive_failure("format version " + std::to_string(version) + ", this library reads " +
                              std::to_string(detail::archive_version));
    if (get(start + 6, 2) != 0) detail::archive_failure("flags that this library does not know");
    const std::size_t payload = payload_bytes(start);
    const std::size_t crc_at = start + detail::record_header_bytes + payload;
    if (crc32c(bytes_.subspan(start, crc_at - start)) != static_cast<std::uint32_t>(get(crc_at, 4)))
      detail::archive_failure("corrupt: checksum does not match");
    record_header header;
    header.family = static_cast<state_family>(bytes_[start + 5]);
    header.parameters = get(start + 8, 8);
    header.hash_id = static_cast<std::uint32_t>(get(start + 16, 4));
    header.seed = static_cast<std::uint32_t>(get(start + 20, 4));
    header.count = get(start + 24, 8);
    // What is loaded is merged and added to: a forged count must leave room for it in 63 bits.
    if (header.count > detail::largest_saved_count) detail::archive_failure("more observations than a stream can hold");
    return header;
  }

  [[nodiscard]] std::uint8_t u8() { return static_cast<std::uint8_t>(take(1)); }
  [[nodiscard]] std::uint16_t u16() { return static_cast<std::uint16_t>(take(2)); }
  [[nodiscard]] std::uint32_t u32() { return static_cast<std::uint32_t>(take(4)); }
  [[nodiscard]] std::uint64_t u64() { return take(8); }
  [[nodiscard]] std::int64_t i64() { return static_cast<std::int64_t>(take(8)); }
  [[nodiscard]] double f64() { return std::bit_cast<double>(take(8)); }
  [[nodiscard]] std::string text() {
    const std::size_t size = length(1);
    std::string x(size, '\0');
    for (char& c : x) c = static_cast<char>(take(1));
    return x;
  }

  /// Reads a u64 element count and checks that that many elements of `element_bytes` are there, so that a corrupt or
  /// hostile count never allocates more than the input holds.
  [[nodiscard]] std::size_t length(std::size_t element_bytes) {
    const std::uint64_t n = take(8);
    if (n > (end_ - position_) / element_bytes)
      detail::archive_failure("truncated: " + std::to_string(n) + " elements announced, " +
                              std::to_string(end_ - position_) + " bytes left");
    return static_cast<std::size_t>(n);
  }

  [[nodiscard]] std::size_t remaining() const noexcept { return end_ - position_; }

 private:
  struct frame {
    std::size_t start;
    std::size_t outer_end;
  };

  [[nodiscard]] std::uint64_t get(std::size_t at, std::size_t size) const noexcept {
    std::uint64_t x = 0;
    for (std::size_t i = 0; i < size; ++i) x |= static_cast<std::uint64_t>(bytes_[at + i]) << (8 * i);
    return x;
  }
  [[nodiscard]] std::uint64_t take(std::size_t size) {
    if (end_ - position_ < size)
      detail::archive_failure("truncated: " + std::to_string(size) + " bytes wanted, " +
                              std::to_string(end_ - position_) + " left");
    const std::uint64_t x = get(position_, size);
    position_ += size;
    return x;
  }
  [[nodiscard]] std::size_t payload_bytes(std::size_t start) const {
    const std::uint64_t payload = get(start + detail::record_header_bytes - 8, 8);
    if (payload > end_ - start - detail::record_header_bytes - 4)
      detail::archive_failure("truncated: payload of " + std::to_string(payload) + " bytes announced, " +
                              std::to_string(end_ - start - detail::record_header_bytes - 4) + " left");
    return static_cast<std::size_t>(payload);
  }

  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  std::size_t end_ = 0;
  std::vector<frame> open_;
};

/// The bytes of one state.
template <class State>
[[nodiscard]] std::vector<std::byte> to_bytes(const State& state) {
  output_archive out;
  state.save(out);
  return std::move(out).bytes();
}

/// Loads `bytes` into `state`, which must have the parameters that were saved; throws archive_error and leaves `state`
/// untouched otherwise, or when bytes are left over.
template <class State>
void from_bytes(std::span<const std::byte> bytes, State& state) {
  input_archive in(bytes);
  State loaded = state;
  loaded.load(in);
  if (in.remaining() != 0) detail::archive_failure(std::to_string(in.remaining()) + " bytes left over");
  state = std::move(loaded);
}

}  // namespace tailwatch::core
