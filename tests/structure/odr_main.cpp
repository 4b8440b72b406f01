// SPDX-License-Identifier: BSL-1.0
//
// Two units of one program, built for SSE2 and for AVX2 with FMA: each must run its own code, in whichever order they are
// linked. Without the ABI namespace the linker keeps one copy, and an SSE2 machine may run AVX2 instructions.
#include <cmath>
#include <cstdio>
#include <vector>

#include "odr_unit.hpp"

namespace {
int failures = 0;
void expect(bool condition, const char* what) {
  if (!condition) {
    std::printf("failed: %s\n", what);
    ++failures;
  }
}
void print(const char* unit, const odr_report& r) {
  std::printf("%s: %s, %zu lanes, entropy %.17g\n  %s\n", unit, r.abi_namespace.c_str(), r.float_lanes, r.entropy,
              r.estimator_type.c_str());
}
}  // namespace

int main() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    std::puts("skipped: this processor has no AVX2 or no FMA");
    return 77;
  }
  const odr_report baseline = odr_baseline();
  const odr_report avx2 = odr_avx2();
  print("baseline", baseline);
  print("avx2", avx2);

  expect(baseline.abi_namespace.find("sse2") != std::string::npos, "the baseline unit is SSE2");
  expect(avx2.abi_namespace.find("avx2_fma") != std::string::npos, "the other unit is AVX2 with FMA");
  for (const odr_report* r : {&baseline, &avx2})
    expect(r->estimator_type.find(r->abi_namespace) != std::string::npos, "an estimator carries its unit's tag");
  expect(baseline.estimator != avx2.estimator, "each unit has estimator objects of its own");
  expect(std::abs(baseline.entropy - avx2.entropy) <= 1e-15, "both compute the same entropy");

  expect(baseline.float_lanes == 4 && avx2.float_lanes == 8, "each unit has the registers of its instruction set");
  expect(baseline.kernel != avx2.kernel, "each unit has kernels of its own");
  std::vector<float> x(1001);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  expect(baseline.kernel(x.data(), x.size()) == 500500.0, "the baseline kernel sums 0 to 1000");
  expect(avx2.kernel(x.data(), x.size()) == 500500.0, "the AVX2 kernel sums 0 to 1000");
  return failures == 0 ? 0 : 1;
}
