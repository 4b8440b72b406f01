// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/monitor/kind.hpp"

namespace tailwatch::monitor {

/// What a trainer is asked to do.
enum class action : std::uint8_t { none, warn, stop };

/// Another signal that has crossed 1/α by itself at the time of an alert.
struct supporting_signal {
  std::string_view signal, baseline;
  collapse_direction direction = collapse_direction::falls;
  double log_e_value = core::nan;
};

/// A signal's place relative to its baseline, for the kind.
struct signal_move {
  std::string_view signal;
  signal_role role = signal_role::other;
  double z = 0.0;  ///< (recent mean − baseline mean) / standard error of both
};

/// One alarm. Views and spans live until the monitor's next call; all numbers but the e-values are in units of the
/// signal.
struct alert {
  std::string_view signal, baseline;
  collapse_direction direction = collapse_direction::falls;
  std::uint64_t step = 0;
  std::uint64_t generation = 0;
  std::uint64_t block = 0;           ///< index within the step of the block that tipped the scale
  estimate recent;                   ///< mean of the latest blocks, its standard error from their spread
  double baseline_mean = core::nan;  ///< mean of the baseline's blocks
  double null_mean = core::nan;      ///< m₀: the bound on the baseline, tolerance included
  double log_e_value = core::nan;    ///< of this signal against this baseline in this direction
  double family_log_e_value = core::nan;
  interval anytime;       ///< for the mean over this generation, all generations and times at once
  bool certified = true;  ///< false: only the family as a whole crossed, this signal weighs most in it
  collapse_kind kind = collapse_kind::unclassified;
  std::array<signal_move, 4> moves;  ///< the strongest moves behind the kind
  std::size_t move_count = 0;
  std::span<const supporting_signal> supporting;
};

namespace detail {

/// Four significant digits, the same in every locale.
inline void append_number(std::string& text, double x) {
  if (!core::is_finite(x)) {
    text += core::is_nan(x) ? "nan" : x < 0 ? "-inf" : "inf";
    return;
  }
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x, std::chars_format::general, 4);
  text.append(buffer.data(), end.ptr);
}
[[nodiscard]] constexpr std::string_view verb(collapse_direction direction) noexcept {
  return direction == collapse_direction::rises ? "rises" : "falls";
}

}  // namespace detail

/// One line for people: what moved, how far, how sure, and of which kind.
[[nodiscard]] inline std::string describe(const alert& a) {
  std::string text;
  text.reserve(384);
  const auto number = [&](double x) { detail::append_number(text, x); };
  text += "step ";
  text += std::to_string(a.step);
  text += ", block ";
  text += std::to_string(a.block);
  text += ": ";
  text += a.signal;
  text += ' ';
  text += detail::verb(a.direction);
  text += " against ";
  text += a.baseline;
  text += ": ";
  number(a.recent.value);
  if (!core::is_nan(a.recent.standard_error)) {
    text += " ± ";
    number(a.recent.standard_error);
  }
  text += ", baseline ";
  number(a.baseline_mean);
  text += a.direction == collapse_direction::rises ? ", null at most " : ", null at least ";
  number(a.null_mean);
  text += ", interval [";
  number(a.anytime.lower);
  text += ", ";
  number(a.anytime.upper);
  text += "], ln e ";
  number(a.log_e_value);
  if (!a.certified) {
    text += " (alarm of all signals together, ln e ";
    number(a.family_log_e_value);
    text += ')';
  }
  text += "; ";
  text += to_string(a.kind);
  for (std::size_t i = 0; i < a.move_count; ++i) {
    text += i == 0 ? " (" : ", ";
    text += a.moves[i].signal;
    text += ' ';
    if (a.moves[i].z > 0) text += '+';
    number(a.moves[i].z);
  }
  if (a.move_count != 0) text += " standard errors)";
  if (!a.supporting.empty()) {
    text += "; also";
    for (const supporting_signal& s : a.supporting) {
      text += ' ';
      text += s.signal;
      text += ' ';
      text += detail::verb(s.direction);
      text += " against ";
      text += s.baseline;
      if (&s != &a.supporting.back()) text += ',';
    }
  }
  return text;
}

}  // namespace tailwatch::monitor
