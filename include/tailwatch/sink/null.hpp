// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/sink/record.hpp"

namespace tailwatch::sink {

/// Takes everything, keeps nothing.
struct null {
  using record_type = record;
  [[nodiscard]] bool write(const record&) noexcept { return true; }
};

}  // namespace tailwatch::sink
