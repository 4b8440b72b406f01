// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

#include "tailwatch/core/error.hpp"

namespace tailwatch::uniqueness {

/// Size of a text as a zlib stream (2 bytes of header, deflate, 4 of checksum). Stands in no umbrella: include it where
/// zlib is there, and link it (`tailwatch::zlib` in CMake).
///
/// @complexity  O(bytes); the compressed bytes are counted, not kept
/// @throws      std::invalid_argument for a level outside −1 … 9 (−1: zlib's default, 6)
/// @return      0 where zlib fails, which is a want of memory (256 KiB) or a library of another version
struct zlib_codec {
  int level = 9;

  [[nodiscard]] std::uint64_t operator()(std::string_view text) const {
    core::check_at_least("uniqueness::zlib_codec", "level", level, -1);
    core::check_at_most("uniqueness::zlib_codec", "level", level, 9);
    z_stream stream{};
    if (deflateInit(&stream, level) != Z_OK) return 0;
    std::array<Bytef, 1U << 15U> out;
    std::uint64_t bytes = 0;
    int status = Z_OK;
    do {
      const auto piece =
          std::min<std::string_view::size_type>(text.size(), std::numeric_limits<uInt>::max());  // uInt may be 32 bits
      // zlib reads next_in only; without ZLIB_CONST its type does not say so.
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
      stream.avail_in = static_cast<uInt>(piece);
      text.remove_prefix(piece);
      do {
        stream.next_out = out.data();
        stream.avail_out = static_cast<uInt>(out.size());
        status = deflate(&stream, text.empty() ? Z_FINISH : Z_NO_FLUSH);
        bytes += out.size() - stream.avail_out;
      } while (stream.avail_out == 0);
    } while (!text.empty());
    deflateEnd(&stream);
    return status == Z_STREAM_END ? bytes : 0;
  }
};

}  // namespace tailwatch::uniqueness
