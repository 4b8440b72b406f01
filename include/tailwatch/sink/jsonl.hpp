// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <ostream>
#include <string_view>

#include "tailwatch/sink/detail/stream_writer.hpp"
#include "tailwatch/sink/detail/utf8.hpp"
#include "tailwatch/sink/record.hpp"

namespace tailwatch::sink {

/// One JSON object per line (JSON Lines, UTF-8): step, generation, name, value, standard_error, count always; baseline,
/// direction, kind, text, null_mean, lower, upper, log_e_value, wall_time and "alert": true where they apply. Numbers
/// are the shortest that read back exactly; NaN and infinities are null, which is what JSON has for them.
///
/// Control characters, quotes and backslashes are escaped, bytes that are not UTF-8 become U+FFFD: every line parses.
/// @throws nothing; see sink::ostream
class jsonl {
 public:
  using record_type = record;
  explicit jsonl(std::ostream& out) noexcept : out_(&out) {}

  [[nodiscard]] bool write(const record& r) noexcept {
    detail::stream_writer line(*out_);
    line.put("{\"step\":").put(r.step).put(",\"generation\":").put(r.generation);
    text(line, ",\"name\":", r.name);
    line.put(",\"value\":").put(r.value, "null").put(",\"standard_error\":").put(r.standard_error, "null");
    line.put(",\"count\":").put(r.count);
    if (r.is_alert) line.put(",\"alert\":true");
    if (!r.baseline.empty()) text(line, ",\"baseline\":", r.baseline);
    if (!r.direction.empty()) text(line, ",\"direction\":", r.direction);
    if (!r.kind.empty()) text(line, ",\"kind\":", r.kind);
    if (r.is_alert || !r.baseline.empty()) line.put(",\"null_mean\":").put(r.null_mean, "null");
    if (r.is_alert) {
      line.put(",\"lower\":").put(r.lower, "null").put(",\"upper\":").put(r.upper, "null");
      line.put(",\"log_e_value\":").put(r.log_e_value, "null");
    }
    if (!core::is_nan(r.wall_time)) line.put(",\"wall_time\":").put(r.wall_time, "null");
    if (!r.text.empty()) text(line, ",\"text\":", r.text);
    line.put("}\n");
    return line.good();
  }

 private:
  static void text(detail::stream_writer& line, std::string_view key, std::string_view value) noexcept {
    constexpr std::string_view hex = "0123456789abcdef";
    line.put(key).put('"');
    for (std::size_t i = 0; i < value.size();) {
      const std::size_t length = detail::sequence_length(value, i);
      if (length == 0) {
        line.put("\\ufffd");
        ++i;
        continue;
      }
      const auto c = static_cast<unsigned char>(value[i]);
      if (c == '"' || c == '\\') {
        line.put('\\').put(static_cast<char>(c));
      } else if (c < 0x20U || c == 0x7FU) {
        line.put("\\u00").put(hex[c >> 4U]).put(hex[c & 15U]);
      } else {
        line.put(value.substr(i, length));
      }
      i += length;
    }
    line.put('"');
  }

  std::ostream* out_;
};

}  // namespace tailwatch::sink
