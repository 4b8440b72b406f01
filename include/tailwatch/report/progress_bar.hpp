// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tailwatch/report/format.hpp"

namespace tailwatch::report {

/// Seconds as people read them: 0.4 s, 12 s, 3 min 05 s, 2 h 11 min.
[[nodiscard]] inline std::string duration(double seconds) {
  if (!core::is_finite(seconds) || seconds < 0.0) return "?";
  if (seconds < 9.95) return fixed(seconds, 1) + " s";
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole < 60) return std::to_string(whole) + " s";
  const auto two = [](std::uint64_t x) { return (x < 10 ? "0" : "") + std::to_string(x); };
  if (whole < 3600) return std::to_string(whole / 60) + " min " + two(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + two(whole % 3600 / 60) + " min";
}

/// One line of progress, without its end: phase, bar, share, rate and the time left at the mean rate so far.
///
///   reading corpus.txt [##########..............]  42 %  118 MB/s  5 s left
///
/// @param of     0 where the end is not known: no bar, no time left
/// @param unit   of `done` and `of`; "B" is shown in megabytes, "" without a rate
/// @example      examples/report/two_texts.cpp
[[nodiscard]] inline std::string progress_bar(std::string_view phase, double done, double of, double elapsed_seconds,
                                              std::string_view unit = "") {
  std::string line(phase);
  if (of > 0.0) {
    constexpr std::size_t width = 24;
    const double share = std::clamp(done / of, 0.0, 1.0);
    const auto full = static_cast<std::size_t>(share * width);
    line += " [" + std::string(full, '#') + std::string(width - full, '.') + "] ";
    const std::string percent = fixed(100.0 * share, 0);
    line += std::string(3 - std::min<std::size_t>(3, percent.size()), ' ') + percent + " %";
  }
  const double rate = elapsed_seconds > 0.0 ? done / elapsed_seconds : 0.0;
  if (!unit.empty() && rate > 0.0)
    line +=
        "  " + (unit == "B" ? significant(rate / 1e6) + " MB/s" : significant(rate) + " " + std::string(unit) + "/s");
  if (of > 0.0 && rate > 0.0 && elapsed_seconds >= 0.2) line += "  " + duration((of - done) / rate) + " left";
  return line;
}

}  // namespace tailwatch::report
