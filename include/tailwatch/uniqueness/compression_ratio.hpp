// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/uniqueness/exact_duplicates.hpp"

namespace tailwatch::uniqueness {

/// A compressor: an object that returns how many bytes a text compresses to. `zlib_codec` of zlib_codec.hpp is one; a lambda
/// around any other library serves as well.
template <class Codec>
concept compressor = requires(const Codec& codec, std::string_view text) {
  { codec(text) } -> std::convertible_to<std::uint64_t>;
};

struct compression_ratio_options {
  std::string_view join = "\n";  ///< between the lines of a range of lines, not after the last
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Bytes of a text, or of lines with `join` between them.
template <class Source>
  requires std::convertible_to<const Source&, std::string_view> || detail::line_range<Source>
[[nodiscard]] std::uint64_t byte_count(const Source& source, const compression_ratio_options& options = {}) {
  if constexpr (std::convertible_to<const Source&, std::string_view>) {
    return std::string_view(source).size();
  } else {
    std::uint64_t bytes = 0, lines = 0;
    for (auto&& line : source) {
      bytes += std::string_view(line).size();
      ++lines;
    }
    return bytes + (lines == 0 ? 0 : (lines - 1) * options.join.size());
  }
}

/// Compression ratio: raw bytes over compressed bytes. Text that repeats itself, within a document or across documents,
/// compresses better.
///
/// No state merges: what a codec makes of a byte depends on all before it. Over documents or batches take the mean, a value each
/// into summary::moments.
///
/// @param source   one text (std::string, std::string_view ...), or a range of lines, which are joined by `join`
/// @param codec    the compressor, for example zlib_codec{.level = 9}
/// @return         > 0; NaN for an empty text or where the codec fails; no standard error is known: NaN; count: raw bytes
/// @complexity     the codec's; a range of lines is copied into one string before
/// @bias           grows with the size of the text, up to the codec's window (32 KiB in zlib, 8 MiB in xz -6): a repetition
///                 further back is not seen. Compare at one size, codec, level and join; the last digits depend on the
///                 codec's build
/// @throws         what the codec throws
/// @see            C. Shaib et al. (2024), Standardizing the Measurement of Text Diversity, arXiv 2403.00553
/// @example        examples/uniqueness/compression.cpp
struct compression_ratio_fn {
  static constexpr std::string_view name = "uniqueness.compression_ratio";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Shaib et al. (2024)";

  template <class Source, compressor Codec>
    requires std::convertible_to<const Source&, std::string_view> || detail::line_range<Source>
  [[nodiscard]] estimate operator()(const Source& source, const Codec& codec,
                                    const compression_ratio_options& options = {}) const {
    if constexpr (std::convertible_to<const Source&, std::string_view>) {
      return of(std::string_view(source), codec);
    } else {
      std::string joined;
      joined.reserve(static_cast<std::size_t>(byte_count(source, options)));
      bool first = true;
      for (auto&& line : source) {
        if (!first) joined += options.join;
        first = false;
        joined += std::string_view(line);
      }
      return of(joined, codec);
    }
  }

 private:
  template <class Codec>
  static estimate of(std::string_view text, const Codec& codec) {
    const std::uint64_t raw = text.size();
    if (raw == 0) return {core::nan, core::nan, 0};
    const auto compressed = static_cast<std::uint64_t>(codec(text));
    if (compressed == 0) return {core::nan, core::nan, raw};
    return {static_cast<double>(raw) / static_cast<double>(compressed), core::nan, raw};
  }
};
inline constexpr compression_ratio_fn compression_ratio{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
