// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>

/// What one of the two units saw.
struct odr_report {
  std::string abi_namespace;
  std::string estimator_type;
  const void* estimator = nullptr;
  double entropy = 0.0;
  std::size_t float_lanes = 0;                                     ///< of the library's default instruction set
  double (*kernel)(const float*, std::size_t) noexcept = nullptr;  ///< one instance of a kernel
};

odr_report odr_baseline();
odr_report odr_avx2();
