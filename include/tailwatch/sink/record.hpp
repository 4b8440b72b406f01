// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::sink {

/// One line of what was measured or found. Views are valid during the write only. NaN numbers and empty texts are
/// fields that do not apply.
struct record {
  std::uint64_t step = 0;
  std::uint64_t generation = 0;
  std::string_view name;  ///< the metric or signal
  double value = core::nan;
  double standard_error = core::nan;
  std::uint64_t count = 0;  ///< observations behind the value
  bool is_alert = false;
  std::string_view baseline;     ///< alerts and nulls: against what
  std::string_view direction;    ///< "falls" or "rises"
  std::string_view kind;         ///< alerts: what the change looks like
  std::string_view text;         ///< alerts: one line for people
  double null_mean = core::nan;  ///< alerts and nulls: the bound m₀
  double lower = core::nan;      ///< alerts: anytime-valid interval
  double upper = core::nan;
  double log_e_value = core::nan;
  double wall_time = core::nan;  ///< seconds, of a clock that the caller handed in
};

/// Takes records somewhere and says whether it could. `write` never throws: a monitor calls it inside a training step.
template <class Sink>
concept metric_sink = std::same_as<typename Sink::record_type, record> && requires(Sink& sink, const record& r) {
  { sink.write(r) }
  noexcept->std::same_as<bool>;
};

}  // namespace tailwatch::sink
