// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/sink/detail/stream_writer.hpp"
#include "tailwatch/sink/record.hpp"

namespace tailwatch::sink {

struct progress_options {
  std::vector<std::string> signals = {};  ///< names to show, in order of writing; empty: the first `most`
  std::size_t most = 5;
  bool in_place = false;  ///< rewrite one line with a carriage return, as on a terminal
};

/// One line a step for a person at a terminal, usually on standard error:
///
///   step 120  entropy/mean 2.31 ± 0.011  reward_std 0.42  ln e -0.31
///   ALERT step 131, block 0: entropy/mean falls against start of run: ...
///
/// The line is complete when the monitor's "monitor/log_e_value" comes, the last metric of a step. Problems and alerts have
/// lines of their own. Flushing is the stream's business (std::cerr flushes by itself); to print less often, put a rate_limit in
/// front. At most 400 bytes of a line are kept; what does not fit is left out.
/// @example examples/sink/sinks.cpp
/// @throws  nothing; a stream that is not good() or whose buffer refuses bytes makes write return false
class progress {
 public:
  using record_type = record;
  explicit progress(std::ostream& out, progress_options options = {}) : out_(&out), options_(std::move(options)) {}

  [[nodiscard]] bool write(const record& r) noexcept {
    if (r.is_alert) return own_line("ALERT ", r.text, core::nan);
    if (!r.baseline.empty()) return true;
    constexpr std::string_view problem = "monitor/problem/";
    if (r.name.starts_with(problem)) return own_line("PROBLEM ", r.name.substr(problem.size()), r.value);
    if (r.name == "monitor/log_e_value") {
      add("  ln e ", r.value, core::nan);
      return finish(r.step);
    }
    if (r.name.starts_with("monitor/") || !wanted(r.name)) return true;
    const std::size_t before = size_;
    if (!add_text("  ") || !add_text(r.name) || !add(" ", r.value, r.standard_error)) size_ = before;
    ++shown_;
    return true;
  }

 private:
  [[nodiscard]] bool wanted(std::string_view name) const noexcept {
    if (options_.signals.empty()) return shown_ < options_.most;
    for (const std::string& s : options_.signals)
      if (s == name) return true;
    return false;
  }
  bool add_text(std::string_view text) noexcept {
    if (text.size() > line_.size() - size_) return false;
    for (const char c : text) line_[size_++] = c;
    return true;
  }
  bool add(std::string_view before, double value, double error) noexcept {
    const auto number = [this](double x) noexcept {
      if (!core::is_finite(x)) return add_text(core::is_nan(x) ? "nan" : x < 0 ? "-inf" : "inf");
      std::array<char, 32> digits;
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x, std::chars_format::general, 4);
      return add_text(std::string_view(digits.data(), static_cast<std::size_t>(end.ptr - digits.data())));
    };
    bool fits = add_text(before) && number(value);
    if (fits && !core::is_nan(error)) fits = add_text(" ± ") && number(error);
    return fits;
  }
  bool finish(std::uint64_t step) noexcept {
    detail::stream_writer line(*out_);
    if (options_.in_place) line.put('\r');
    line.put("step ").put(step).put(std::string_view(line_.data(), size_));
    // What is left of a longer line before must go.
    for (std::size_t i = size_; options_.in_place && i < printed_; ++i) line.put(' ');
    if (!options_.in_place) line.put('\n');
    printed_ = size_;
    open_ = options_.in_place;
    size_ = shown_ = 0;
    return line.good();
  }
  bool own_line(std::string_view what, std::string_view text, double value) noexcept {
    detail::stream_writer line(*out_);
    if (open_) line.put('\n');
    open_ = false;
    line.put(what).put(text);
    if (!core::is_nan(value)) line.put(' ').put_short(value);
    line.put('\n');
    return line.good();
  }

  std::ostream* out_;
  progress_options options_;
  std::array<char, 400> line_{};
  std::size_t size_ = 0, shown_ = 0, printed_ = 0;
  bool open_ = false;
};

}  // namespace tailwatch::sink
