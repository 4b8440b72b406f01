// SPDX-License-Identifier: BSL-1.0
//
// A target that xsimd does not know: the scalar twins alone.
#define TAILWATCH_NO_SIMD
#include <tailwatch/drift/jensen_shannon.hpp>
#include <tailwatch/entropy/softmax_entropy.hpp>
#include <tailwatch/simd.hpp>
#include <tailwatch/summary/moments.hpp>
#include <tailwatch/summary/softmax_rows.hpp>

#include <cmath>
#include <vector>

static_assert(!tailwatch::simd::is_vector<tailwatch::simd::default_arch>);

int main() {
  using namespace tailwatch;
  const std::vector<float> x(1000, 0.5F);
  summary::moments moments;
  moments.update(x);
  summary::softmax_rows rows;
  rows.update(x.data(), 10, 100, 100, static_cast<const int*>(nullptr));
  const double h = entropy::softmax_entropy(rows).value;
  return simd::sum(x) == 500.0 && moments.count() == 1000 && std::abs(h - std::log(100.0)) < 1e-12 ? 0 : 1;
}
