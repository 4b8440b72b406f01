// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <ostream>

#include "tailwatch/sink/detail/stream_writer.hpp"
#include "tailwatch/sink/record.hpp"

namespace tailwatch::sink {

struct ostream_options {
  bool metrics = true;  ///< false: alerts only
};

/// Lines for people: "step 3  entropy 6.412 ± 0.03 (40)" and "ALERT <text>".
///
/// @throws nothing; a stream that is not good() or whose buffer refuses bytes makes write return false. The stream must
///         outlive the sink, and its buffer must not throw.
class ostream {
 public:
  using record_type = record;
  explicit ostream(std::ostream& out, const ostream_options& options = {}) noexcept : out_(&out), options_(options) {}

  [[nodiscard]] bool write(const record& r) noexcept {
    if (!r.is_alert && !options_.metrics) return true;
    detail::stream_writer line(*out_);
    if (r.is_alert) {
      line.put("ALERT ").put(r.text).put('\n');
      return line.good();
    }
    line.put("step ").put(r.step).put("  ").put(r.name).put(' ').put_short(r.value);
    if (!core::is_nan(r.standard_error)) line.put(" ± ").put_short(r.standard_error);
    if (r.count != 0) line.put(" (").put(r.count).put(')');
    if (!r.baseline.empty()) {
      line.put(" against ").put(r.baseline).put(r.direction == "rises" ? ", null at most " : ", null at least ");
      line.put_short(r.null_mean);
    }
    line.put('\n');
    return line.good();
  }

 private:
  std::ostream* out_;
  ostream_options options_;
};

}  // namespace tailwatch::sink
