// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>

#include "tailwatch/sink/record.hpp"

namespace tailwatch::sink {

/// Every record to each of several sinks, which must outlive it. A sink that fails does not keep the others from
/// theirs; `dropped(i)` counts what the i-th did not take.
template <metric_sink... Sinks>
class tee {
 public:
  using record_type = record;
  explicit tee(Sinks&... sinks) noexcept : sinks_(sinks...) {}

  [[nodiscard]] bool write(const record& r) noexcept {
    return std::apply(
        [&](Sinks&... sinks) {
          std::size_t i = 0;
          bool all = true;
          const auto one = [&](bool taken) {
            if (!taken) {
              ++dropped_[i];
              all = false;
            }
            ++i;
          };
          (one(sinks.write(r)), ...);
          return all;
        },
        sinks_);
  }
  [[nodiscard]] std::uint64_t dropped(std::size_t i) const noexcept { return i < sizeof...(Sinks) ? dropped_[i] : 0; }

 private:
  std::tuple<Sinks&...> sinks_;
  std::uint64_t dropped_[sizeof...(Sinks) == 0 ? 1 : sizeof...(Sinks)] = {};
};

}  // namespace tailwatch::sink
