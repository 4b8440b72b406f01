// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ostream>
#include <string_view>

#include "tailwatch/sink/detail/stream_writer.hpp"
#include "tailwatch/sink/record.hpp"

namespace tailwatch::sink {

/// Comma-separated values (RFC 4180 quoting, LF line ends), one row per record under a header row:
///
///   step,generation,name,value,standard_error,count,alert,baseline,direction,kind,null_mean,lower,upper,log_e_value,
///   wall_time,text
///
/// Numbers are the shortest that read back exactly; NaN and infinities are empty cells. A text that a spreadsheet would
/// take for a formula (it starts with = + - @ tab or CR) gets a leading apostrophe.
/// @throws nothing; see sink::ostream
class csv {
 public:
  using record_type = record;
  explicit csv(std::ostream& out) noexcept : out_(&out) {}

  [[nodiscard]] bool write(const record& r) noexcept {
    detail::stream_writer line(*out_);
    if (!header_written_) {
      line.put(
          "step,generation,name,value,standard_error,count,alert,baseline,direction,kind,null_mean,lower,upper,"
          "log_e_value,wall_time,text\n");
      header_written_ = line.good();
    }
    line.put(r.step).put(',').put(r.generation).put(',');
    text(line, r.name);
    line.put(',').put(r.value, "").put(',').put(r.standard_error, "").put(',').put(r.count);
    line.put(r.is_alert ? ",1" : ",0");
    for (const std::string_view s : {r.baseline, r.direction, r.kind}) {
      line.put(',');
      text(line, s);
    }
    for (const double x : {r.null_mean, r.lower, r.upper, r.log_e_value, r.wall_time}) line.put(',').put(x, "");
    line.put(',');
    text(line, r.text);
    line.put('\n');
    return line.good();
  }

 private:
  static void text(detail::stream_writer& line, std::string_view s) noexcept {
    const bool formula = !s.empty() && std::string_view("=+-@\t\r").find(s[0]) != std::string_view::npos;
    if (!formula && s.find_first_of(",\"\r\n") == std::string_view::npos) {
      line.put(s);
      return;
    }
    line.put('"');
    if (formula) line.put('\'');
    for (const char c : s) {
      if (c == '"') line.put('"');
      line.put(c);
    }
    line.put('"');
  }

  std::ostream* out_;
  bool header_written_ = false;
};

}  // namespace tailwatch::sink
