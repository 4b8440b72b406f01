// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/sink/detail/stream_writer.hpp"
#include "tailwatch/sink/detail/utf8.hpp"

namespace tailwatch::sink::detail {

/// Fields in the protocol-buffer wire format, into `Derived::raw(const char*, size)`. A nested message is written by a
/// function that is called twice: once to measure it, once for the bytes; nothing is allocated.
template <class Derived>
class protobuf_fields {
 public:
  void varint_field(unsigned field, std::uint64_t x) noexcept {
    varint(field << 3U);
    varint(x);
  }
  void double_field(unsigned field, double x) noexcept {
    varint((field << 3U) | 1U);
    little_endian(std::bit_cast<std::uint64_t>(x), 8);
  }
  void float_field(unsigned field, float x) noexcept {
    varint((field << 3U) | 5U);
    little_endian(std::bit_cast<std::uint32_t>(x), 4);
  }
  /// A string of several pieces; bytes that are not UTF-8 become U+FFFD.
  template <std::size_t N>
  void text_field(unsigned field, const std::array<std::string_view, N>& pieces) noexcept {
    std::size_t size = 0;
    for (const std::string_view piece : pieces)
      for_each_character(piece, [&](std::string_view c) noexcept { size += c.size(); });
    varint((field << 3U) | 2U);
    varint(size);
    for (const std::string_view piece : pieces)
      for_each_character(piece, [&](std::string_view c) noexcept { self().raw(c.data(), c.size()); });
  }
  void text_field(unsigned field, std::string_view text) noexcept { text_field(field, std::array{text}); }
  void packed_field(unsigned field, std::span<const double> x) noexcept {
    varint((field << 3U) | 2U);
    varint(8 * x.size());
    for (const double v : x) little_endian(std::bit_cast<std::uint64_t>(v), 8);
  }
  template <class Body>
  void message_field(unsigned field, const Body& body) noexcept;

  void little_endian(std::uint64_t x, std::size_t size) noexcept {
    std::array<char, 8> bytes;
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>((x >> (8 * i)) & 0xFFU);
    self().raw(bytes.data(), size);
  }
  void varint(std::uint64_t x) noexcept {
    std::array<char, 10> bytes;
    std::size_t size = 0;
    while (x >= 0x80U) {
      bytes[size++] = static_cast<char>((x & 0x7FU) | 0x80U);
      x >>= 7U;
    }
    bytes[size++] = static_cast<char>(x);
    self().raw(bytes.data(), size);
  }

 private:
  [[nodiscard]] Derived& self() noexcept { return static_cast<Derived&>(*this); }
};

/// Counts bytes.
class protobuf_size : public protobuf_fields<protobuf_size> {
 public:
  void raw(const char*, std::size_t size) noexcept { size_ += size; }
  [[nodiscard]] std::size_t value() const noexcept { return size_; }

 private:
  std::size_t size_ = 0;
};

template <class Body>
[[nodiscard]] std::size_t protobuf_size_of(const Body& body) noexcept {
  protobuf_size size;
  body(size);
  return size.value();
}

template <class Derived>
template <class Body>
void protobuf_fields<Derived>::message_field(unsigned field, const Body& body) noexcept {
  varint((field << 3U) | 2U);
  varint(protobuf_size_of(body));
  body(self());
}

/// Writes bytes to a stream and keeps their CRC-32C.
class protobuf_writer : public protobuf_fields<protobuf_writer> {
 public:
  explicit protobuf_writer(stream_writer& out) noexcept : out_(&out) {}
  void raw(const char* bytes, std::size_t size) noexcept {
    out_->put(std::string_view(bytes, size));
    crc_ = core::crc32c(std::as_bytes(std::span<const char>(bytes, size)), crc_);
  }
  [[nodiscard]] std::uint32_t crc() const noexcept { return crc_; }

 private:
  stream_writer* out_;
  std::uint32_t crc_ = 0;
};

}  // namespace tailwatch::sink::detail
