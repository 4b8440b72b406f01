// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "tailwatch/sink/record.hpp"

namespace tailwatch::sink {

/// Hands each record to a function: `sink::callback log([&](const sink::record& r) noexcept { ... });`. A function that
/// returns bool says whether it could take the record; any other counts as taken.
template <class Function>
  requires std::is_nothrow_invocable_v<Function&, const record&>
class callback {
 public:
  using record_type = record;
  explicit callback(Function function) : function_(std::move(function)) {}

  [[nodiscard]] bool write(const record& r) noexcept {
    if constexpr (std::same_as<std::invoke_result_t<Function&, const record&>, bool>) {
      return function_(r);
    } else {
      function_(r);
      return true;
    }
  }

 private:
  Function function_;
};

}  // namespace tailwatch::sink
