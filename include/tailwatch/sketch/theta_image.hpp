// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/sketch/bottom_k.hpp"
#include "tailwatch/sketch/detail/murmur3.hpp"

namespace tailwatch::sketch {

/// Options of a bottom_k that shares its keys with Apache DataSketches' theta sketches: MurmurHash3, seed 9001.
[[nodiscard]] inline bottom_k_options theta_options(std::size_t k = 4096, std::uint32_t seed = 9001) {
  return {.k = k, .seed = seed, .hash = key_hash::murmur3_x64_128};
}

namespace detail {

[[noreturn]] inline void theta_failure(const std::string& what) {
  TAILWATCH_THROW(core::archive_error("theta image: " + what));
#if !TAILWATCH_HAS_EXCEPTIONS && defined(__GNUC__)
  __builtin_unreachable();
#endif
}

/// What an image says of the seed of its hashes.
[[nodiscard]] constexpr std::uint16_t theta_seed_hash(std::uint64_t seed) noexcept {
  return static_cast<std::uint16_t>(murmur3_x64_128(seed, 0) & 0xFFFFU);
}

inline constexpr std::uint8_t theta_serial_version = 3, theta_packed_version = 4, theta_family = 3;
enum theta_flag : std::uint8_t {
  theta_big_endian = 1,
  theta_read_only = 2,
  theta_empty = 4,
  theta_compact = 8,
  theta_ordered = 16
};

/// Bounds-checked little-endian reader.
class theta_reader {
 public:
  explicit theta_reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t take(std::size_t size) {
    if (left() < size)
      theta_failure("truncated: " + std::to_string(size) + " bytes wanted, " + std::to_string(left()) + " left");
    std::uint64_t x = 0;
    for (std::size_t i = 0; i < size; ++i) x |= static_cast<std::uint64_t>(bytes_[at_ + i]) << (8 * i);
    at_ += size;
    return x;
  }
  /// The next `bits` of a stream of bits, most significant first.
  [[nodiscard]] std::uint64_t take_bits(unsigned bits) {
    std::uint64_t x = 0;
    while (bits > 0) {
      if (unread_ == 0) {
        byte_ = static_cast<std::uint8_t>(take(1));
        unread_ = 8;
      }
      const unsigned part = std::min(bits, unread_);
      x = (x << part) | ((byte_ >> (unread_ - part)) & ((1U << part) - 1U));
      unread_ -= part;
      bits -= part;
    }
    return x;
  }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::uint8_t byte_ = 0;
  unsigned unread_ = 0;
};

}  // namespace detail

/// The sample as the compact, ordered theta image (serial version 3, family 3) that Apache DataSketches reads: Spark, Druid,
/// ClickHouse and PostgreSQL with that library.
///
///   u8 preamble longs  u8 3  u8 3  u16 0  u8 flags  u16 seed hash       1 long: no or one key, then that key
///   u32 n  u32 0                                                        2: fewer than k keys, all of them
///   u64 theta                                                           3: theta = the k-th smallest hash
///   n × u64 hash, ascending, all below theta; little-endian
///
/// A theta sketch estimates n/theta: (k − 1)/u_k, what distinct() says. The image holds the set: occurrences are left behind.
/// @complexity O(k log k)
/// @throws     std::invalid_argument  unless the sample hashes by key_hash::murmur3_x64_128 (theta_options)
/// @see        A. Dasgupta, K. J. Lang, L. Rhodes, J. Thaler (2016), ICDT, 8:1–8:17
/// @example    examples/sketch/theta.cpp
[[nodiscard]] inline std::vector<std::byte> to_theta_image(const bottom_k& sample) {
  core::check(sample.options().hash == key_hash::murmur3_x64_128, "sketch::to_theta_image", "hash",
              static_cast<unsigned>(sample.options().hash), "murmur3_x64_128 (see theta_options)");
  std::vector<bottom_k::entry> keys = sample.entries();
  const bool whole = keys.size() < sample.options().k;
  std::int64_t theta = detail::largest_hash;
  if (!whole) {
    theta = keys.back().hash;
    keys.pop_back();
  }
  if (!keys.empty() && keys.front().hash == 0) keys.erase(keys.begin());  // no hash there
  const bool empty = whole && keys.empty();
  const std::uint64_t longs = !whole ? 3 : keys.size() <= 1 ? 1 : 2;
  std::vector<std::byte> image;
  const auto put = [&image](std::uint64_t x, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) image.push_back(static_cast<std::byte>((x >> (8 * i)) & 0xFFU));
  };
  put(longs, 1);
  put(detail::theta_serial_version, 1);
  put(detail::theta_family, 1);
  put(0, 2);
  put(static_cast<std::uint64_t>(detail::theta_read_only | detail::theta_compact | detail::theta_ordered |
                                 (empty ? detail::theta_empty : 0)),
      1);
  put(detail::theta_seed_hash(sample.options().seed), 2);
  if (longs > 1) {
    put(keys.size(), 4);
    put(0, 4);
  }
  if (longs > 2) put(static_cast<std::uint64_t>(theta), 8);
  for (const bottom_k::entry& e : keys) put(static_cast<std::uint64_t>(e.hash), 8);
  return image;
}

struct from_theta_options {
  /// Keys to keep, so that the sample merges with others of this k; 0: as many as the image holds, and one for theta.
  std::size_t k = 0;
  std::uint32_t seed = 9001;  ///< of the hash, as the writer used it
};

/// The sample in a compact theta image: serial version 3, or 4 whose hashes are bit-packed; ordered or not; of any writer.
///
/// An image of n keys below theta < 1 is a sample with k ≤ n + 1: theta takes the place of the k-th smallest hash, which no
/// estimate counts. distinct(), jaccard, containment, overlap, intersection and merge work as between samples of this library; how
/// often a key came is unknown (bottom_k::counted() is false), so that shares and numbers of rare keys are NaN.
/// @return     count() = the keys that it keeps, theta included: at least so many were added
/// @complexity O(n log n)
/// @throws     core::archive_error    for what is no such image, is truncated or damaged, or hashes by another seed
///             std::invalid_argument  for k 1 or 2, or above n + 1 where theta < 1
/// @note       the format has no checksum: a flipped bit inside a hash cannot be seen
[[nodiscard]] inline bottom_k from_theta_image(std::span<const std::byte> image,
                                               const from_theta_options& options = {}) {
  using detail::theta_failure;
  detail::theta_reader in(image);
  const std::uint64_t longs = in.take(1) & 0x3FU;  // the two bits above are a resize factor
  const std::uint64_t version = in.take(1), family = in.take(1);
  if (family != detail::theta_family)
    theta_failure("family " + std::to_string(family) + " where 3, a compact theta sketch, was expected");
  const bool packed = version == detail::theta_packed_version;
  if (version != detail::theta_serial_version && !packed)
    theta_failure("serial version " + std::to_string(version) + ", this library reads 3 and 4");
  const std::uint64_t third = in.take(1), fourth = in.take(1), flags = in.take(1), seed_hash = in.take(2);
  if ((flags & detail::theta_big_endian) != 0) theta_failure("big-endian");
  if ((flags & detail::theta_compact) == 0) theta_failure("not compact");
  if (longs < 1 || longs > 3) theta_failure(std::to_string(longs) + " longs of preamble");
  constexpr auto one = static_cast<std::uint64_t>(detail::largest_hash);
  std::uint64_t theta = one, size = 0;
  std::vector<std::int64_t> hashes;
  if ((flags & detail::theta_empty) == 0) {
    if (seed_hash != detail::theta_seed_hash(options.seed)) theta_failure("hashed by another seed");
    if (packed) {
      if (longs > 2 || third < 1 || third > 63 || fourth > 4) theta_failure("widths of packed hashes out of range");
      if (longs == 2) theta = in.take(8);
      size = in.take(static_cast<std::size_t>(fourth));
      if (size > 8 * in.left() / third) theta_failure("truncated: " + std::to_string(size) + " hashes announced");
    } else {
      size = longs == 1 ? 1 : in.take(4);
      if (longs > 1) static_cast<void>(in.take(4));
      if (longs > 2) theta = in.take(8);
      if (size > in.left() / 8) theta_failure("truncated: " + std::to_string(size) + " hashes announced");
    }
    hashes.reserve(static_cast<std::size_t>(size));
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::uint64_t x = packed ? in.take_bits(static_cast<unsigned>(third)) : in.take(8);
      last = packed ? last + x : x;
      if (last == 0 || last >= theta || theta > one) theta_failure("a hash is 0 or not below theta");
      hashes.push_back(static_cast<std::int64_t>(last));
    }
  }
  if (theta == 0 || theta > one) theta_failure("theta is not in (0, 1]");
  if (in.left() != 0) theta_failure(std::to_string(in.left()) + " bytes left over");
  if (!packed && (flags & detail::theta_ordered) == 0) std::sort(hashes.begin(), hashes.end());
  for (std::size_t i = 1; i < hashes.size(); ++i)
    if (hashes[i] <= hashes[i - 1]) theta_failure("a hash is there twice, or they are out of order");

  const std::size_t most = hashes.size() + 1;
  const bool whole = theta == one;
  const std::size_t k = options.k != 0 ? options.k : whole ? std::max<std::size_t>(most, 3) : most;
  if (!whole && options.k == 0 && most < 3) theta_failure("fewer than 2 hashes below a theta below 1");
  if (!whole) core::check_at_most("sketch::from_theta_image", "k", k, most);
  bottom_k sample(theta_options(k, options.seed));
  for (const std::int64_t hash : hashes) sample.add_known(hash);
  if (!whole && k == most) sample.add_known(static_cast<std::int64_t>(theta));
  return sample;
}

}  // namespace tailwatch::sketch
