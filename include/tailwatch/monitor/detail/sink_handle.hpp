// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/alert.hpp"

namespace tailwatch::monitor {

/// What a monitor asks of a sink; the folder sink/ has several. The monitor does not include them: it fills the fields
/// of `Sink::record_type` by name and counts a write that returns false.
template <class Sink>
concept receives_records = requires(Sink& sink, typename Sink::record_type record) {
  record.step = std::uint64_t{};
  record.generation = std::uint64_t{};
  record.name = std::string_view{};
  record.value = double{};
  record.standard_error = double{};
  record.count = std::uint64_t{};
  record.is_alert = bool{};
  record.baseline = std::string_view{};
  record.direction = std::string_view{};
  record.kind = std::string_view{};
  record.text = std::string_view{};
  record.null_mean = double{};
  record.lower = double{};
  record.upper = double{};
  record.log_e_value = double{};
  record.wall_time = double{};
  { sink.write(record) }
  noexcept->std::same_as<bool>;
};

namespace detail {

/// When a record was made; wall time is NaN without a clock.
struct record_moment {
  std::uint64_t step = 0;
  std::uint64_t generation = 0;
  double wall_time = core::nan;
};

/// A sink of any type behind two function pointers; the sink belongs to the caller.
class sink_handle {
 public:
  template <receives_records Sink>
  explicit sink_handle(Sink& sink) noexcept
      : sink_(&sink),
        metric_([](void* object, const record_moment& at, std::string_view name, const estimate& e) noexcept {
          typename Sink::record_type record{};
          record.step = at.step;
          record.generation = at.generation;
          record.wall_time = at.wall_time;
          record.name = name;
          record.value = e.value;
          record.standard_error = e.standard_error;
          record.count = e.count;
          return static_cast<Sink*>(object)->write(record);
        }),
        bound_([](void* object, const record_moment& at, std::string_view signal, std::string_view baseline,
                  collapse_direction direction, double baseline_mean, double null_mean) noexcept {
          typename Sink::record_type record{};
          record.step = at.step;
          record.generation = at.generation;
          record.wall_time = at.wall_time;
          record.name = signal;
          record.value = baseline_mean;
          record.baseline = baseline;
          record.direction = verb(direction);
          record.null_mean = null_mean;
          return static_cast<Sink*>(object)->write(record);
        }),
        alert_([](void* object, const record_moment& at, const alert& a, std::string_view text) noexcept {
          typename Sink::record_type record{};
          record.wall_time = at.wall_time;
          record.step = a.step;
          record.generation = a.generation;
          record.name = a.signal;
          record.value = a.recent.value;
          record.standard_error = a.recent.standard_error;
          record.count = a.recent.count;
          record.is_alert = true;
          record.baseline = a.baseline;
          record.direction = verb(a.direction);
          record.kind = to_string(a.kind);
          record.text = text;
          record.null_mean = a.null_mean;
          record.lower = a.anytime.lower;
          record.upper = a.anytime.upper;
          record.log_e_value = a.log_e_value;
          return static_cast<Sink*>(object)->write(record);
        }) {}

  [[nodiscard]] bool metric(const record_moment& at, std::string_view name, const estimate& e) const noexcept {
    return metric_(sink_, at, name, e);
  }
  [[nodiscard]] bool bound(const record_moment& at, std::string_view signal, std::string_view baseline,
                           collapse_direction direction, double baseline_mean, double null_mean) const noexcept {
    return bound_(sink_, at, signal, baseline, direction, baseline_mean, null_mean);
  }
  [[nodiscard]] bool raise(const record_moment& at, const alert& a, std::string_view text) const noexcept {
    return alert_(sink_, at, a, text);
  }

 private:
  void* sink_;
  bool (*metric_)(void*, const record_moment&, std::string_view, const estimate&) noexcept;
  bool (*bound_)(void*, const record_moment&, std::string_view, std::string_view, collapse_direction, double,
                 double) noexcept;
  bool (*alert_)(void*, const record_moment&, const alert&, std::string_view) noexcept;
};

}  // namespace detail
}  // namespace tailwatch::monitor
