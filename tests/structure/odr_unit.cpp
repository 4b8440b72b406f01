// SPDX-License-Identifier: BSL-1.0
//
// Compiled twice, for two instruction sets; each copy says which library code it was linked with.
#include "odr_unit.hpp"

#include <array>
#include <tailwatch/config.hpp>
#include <tailwatch/entropy/plugin.hpp>
#include <tailwatch/simd/sum.hpp>

#define ODR_TEXT_(x) #x
#define ODR_TEXT(x) ODR_TEXT_(x)

namespace {
template <class T>
const char* name_of() {
  return __PRETTY_FUNCTION__;
}
}  // namespace

odr_report ODR_UNIT() {
  const std::array<unsigned, 3> counts{1, 2, 3};
  odr_report report;
  report.abi_namespace = ODR_TEXT(TAILWATCH_ABI_NAMESPACE);
  report.estimator_type = name_of<tailwatch::entropy::plugin_fn>();
  report.estimator = &tailwatch::entropy::plugin;
  report.entropy = tailwatch::entropy::plugin(counts).value;
  report.float_lanes = tailwatch::simd::lanes<float>;
  report.kernel = static_cast<double (*)(const float*, std::size_t) noexcept>(
      &tailwatch::simd::sum<tailwatch::simd::default_arch, float>);
  return report;
}
