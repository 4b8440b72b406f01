// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tailwatch::monitor {

/// What can be wrong with what a monitor is handed. Each is counted, and told to the sinks once, at the end of the step
/// in which it was first seen; none ends a run.
enum class problem : std::uint8_t {
  dropped,   ///< values, tokens, rows, rewards or records that went nowhere: no such signal, no room, a failing sink
  screened,  ///< signal values that were NaN or infinite
  out_of_order,  ///< calls of on_step_end whose step did not increase
  refused,  ///< calls of a hook with arguments that cannot be right: a stride below the vocabulary, sizes that differ
  empty_batch,  ///< calls of a hook with nothing in it, or with everything masked
  rejected,     ///< rows, embeddings, rewards and tokens that hold NaN or infinity
  failed,       ///< measures that threw
  no_baseline,  ///< signals that have no baseline and no warm-up to take one from
  no_null,      ///< one-sided nulls that the baseline does not allow
};
inline constexpr std::size_t problems = 9;

[[nodiscard]] constexpr std::string_view to_string(problem p) noexcept {
  constexpr std::array<std::string_view, problems> names{
      "dropped", "screened", "out_of_order", "refused", "empty_batch", "rejected", "failed", "no_baseline", "no_null"};
  return names[static_cast<std::size_t>(p)];
}
/// The name of the record that tells of it.
[[nodiscard]] constexpr std::string_view record_name(problem p) noexcept {
  constexpr std::array<std::string_view, problems> names{
      "monitor/problem/dropped", "monitor/problem/screened",    "monitor/problem/out_of_order",
      "monitor/problem/refused", "monitor/problem/empty_batch", "monitor/problem/rejected",
      "monitor/problem/failed",  "monitor/problem/no_baseline", "monitor/problem/no_null"};
  return names[static_cast<std::size_t>(p)];
}

}  // namespace tailwatch::monitor
