// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/sink/detail/protobuf.hpp"
#include "tailwatch/sink/detail/stream_writer.hpp"
#include "tailwatch/sink/histogram.hpp"
#include "tailwatch/sink/record.hpp"

namespace tailwatch::sink {

struct tensorboard_options {
  double wall_time = 0.0;        ///< seconds since 1970 of records that carry none; see also set_wall_time
  bool standard_errors = false;  ///< also a scalar "<name>/standard_error" where one is known
};

/// TensorBoard event file: what TensorBoard, and with it W&B, ClearML and the like, read from a training run.
///
///   metric      scalar <name>
///   null        scalar <name>/null/<baseline>/<direction>, the bound m₀
///   alert       scalar alert/<name>, ln e, and text alert/<name>/text
///
/// Each record is u64 length, masked CRC-32C of the length, a protocol-buffer Event, masked CRC-32C of it; the first
/// one names the file version. Written without a protocol-buffer library and without allocation. Values are 32-bit
/// floats there; NaN is written, and shows as a gap. The reader takes files whose name holds "tfevents" (see
/// `tensorboard_file_name`) and wants the stream opened in binary mode.
///
/// `write`, `scalar` and `text` never throw. A record that the stream cut short ends the file: what follows could not
/// be read, so every later write returns false.
/// @example examples/sink/training_logs.cpp
class tensorboard {
 public:
  using record_type = record;
  explicit tensorboard(std::ostream& out, const tensorboard_options& options = {}) noexcept
      : out_(&out), options_(options) {}

  /// Seconds since 1970 for records that carry no time of their own: the trainer's clock, whenever it looks at it.
  void set_wall_time(double seconds) noexcept { options_.wall_time = seconds; }

  [[nodiscard]] bool write(const record& r) noexcept {
    const double time = core::is_nan(r.wall_time) ? options_.wall_time : r.wall_time;
    if (r.is_alert) {
      const bool taken = scalar_of(std::array<std::string_view, 2>{"alert/", r.name}, r.log_e_value, r.step, time);
      return text_of(std::array<std::string_view, 3>{"alert/", r.name, "/text"}, r.text, r.step, time) && taken;
    }
    if (!r.baseline.empty())
      return scalar_of(std::array<std::string_view, 5>{r.name, "/null/", r.baseline, "/", r.direction}, r.null_mean,
                       r.step, time);
    bool taken = scalar_of(std::array{r.name}, r.value, r.step, time);
    if (options_.standard_errors && !core::is_nan(r.standard_error))
      taken = scalar_of(std::array<std::string_view, 2>{r.name, "/standard_error"}, r.standard_error, r.step, time) &&
              taken;
    return taken;
  }

  [[nodiscard]] bool scalar(std::string_view tag, double value, std::uint64_t step) noexcept {
    return scalar_of(std::array{tag}, value, step, options_.wall_time);
  }
  [[nodiscard]] bool text(std::string_view tag, std::string_view content, std::uint64_t step) noexcept {
    return text_of(std::array{tag}, content, step, options_.wall_time);
  }
  /// A distribution. One without a bucket is not written, and counts as taken.
  /// @throws std::invalid_argument  where limits and counts differ in number
  [[nodiscard]] bool distribution(std::string_view tag, const histogram& h, std::uint64_t step) {
    core::check_same_size("sink::tensorboard::distribution", "upper_limits", h.upper_limits.size(), "counts",
                          h.counts.size());
    if (h.counts.empty()) return true;
    return summary(std::array{tag}, step, options_.wall_time, [&](auto& value) noexcept {
      value.message_field(5, [&](auto& histo) noexcept {
        histo.double_field(1, h.minimum);
        histo.double_field(2, h.maximum);
        histo.double_field(3, static_cast<double>(h.count));
        histo.double_field(4, h.sum);
        histo.double_field(5, h.sum_of_squares);
        histo.packed_field(6, h.upper_limits);
        histo.packed_field(7, h.counts);
      });
    });
  }

 private:
  // A checksum of bytes that hold checksums is weak, hence the rotation and the constant of the record format.
  [[nodiscard]] static std::uint32_t masked(std::uint32_t crc) noexcept {
    return ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U;
  }

  template <std::size_t N>
  [[nodiscard]] bool scalar_of(const std::array<std::string_view, N>& tag, double value, std::uint64_t step,
                               double time) noexcept {
    return summary(tag, step, time, [&](auto& fields) noexcept { fields.float_field(2, static_cast<float>(value)); });
  }
  template <std::size_t N>
  [[nodiscard]] bool text_of(const std::array<std::string_view, N>& tag, std::string_view content, std::uint64_t step,
                             double time) noexcept {
    return summary(tag, step, time, [&](auto& fields) noexcept {
      fields.message_field(8, [&](auto& tensor) noexcept {
        tensor.varint_field(1, 7);  // DT_STRING
        tensor.message_field(2, [](auto& shape) noexcept {
          shape.message_field(2, [](auto& dimension) noexcept { dimension.varint_field(1, 1); });
        });
        tensor.text_field(8, content);
      });
      fields.message_field(9, [](auto& metadata) noexcept {
        metadata.message_field(1, [](auto& plugin) noexcept { plugin.text_field(1, std::string_view("text")); });
      });
    });
  }

  /// Event{wall_time = 1, step = 2, summary = 5 {value = 1 {tag = 1, what `body` writes}}}
  template <std::size_t N, class Body>
  [[nodiscard]] bool summary(const std::array<std::string_view, N>& tag, std::uint64_t step, double time,
                             const Body& body) noexcept {
    if (!begun_) {
      begun_ = framed([&](auto& event) noexcept {
        event.double_field(1, time);
        event.text_field(3, std::string_view("brain.Event:2"));
      });
      if (!begun_) return false;
    }
    return framed([&](auto& event) noexcept {
      event.double_field(1, time);
      event.varint_field(2, step);
      event.message_field(5, [&](auto& values) noexcept {
        values.message_field(1, [&](auto& value) noexcept {
          value.text_field(1, tag);
          body(value);
        });
      });
    });
  }

  template <class Event>
  [[nodiscard]] bool framed(const Event& event) noexcept {
    if (torn_ || !out_->good()) return false;
    detail::stream_writer stream(*out_);
    detail::protobuf_writer frame(stream);
    frame.little_endian(detail::protobuf_size_of(event), 8);
    frame.little_endian(masked(frame.crc()), 4);
    detail::protobuf_writer data(stream);
    event(data);
    data.little_endian(masked(data.crc()), 4);
    torn_ = !stream.good();
    return !torn_;
  }

  std::ostream* out_;
  tensorboard_options options_;
  bool begun_ = false, torn_ = false;
};

/// "events.out.tfevents.<seconds>.<host>": a file name that TensorBoard looks for.
[[nodiscard]] inline std::string tensorboard_file_name(std::uint64_t seconds, std::string_view host) {
  std::string digits = std::to_string(seconds);
  if (digits.size() < 10) digits.insert(0, 10 - digits.size(), '0');
  return "events.out.tfevents." + digits + "." + std::string(host);
}

}  // namespace tailwatch::sink
