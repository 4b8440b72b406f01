// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <cstdio>
#include <tailwatch/entropy/plugin.hpp>
#include <vector>

int main() {
  const std::vector<int> counts{8, 4, 2, 1, 1};
  const tailwatch::estimate h = tailwatch::entropy::plugin(counts, {.unit = tailwatch::information_unit::bits});
  std::printf("%g bits +- %g\n", h.value, h.standard_error);
  return std::abs(h.value - 1.875) < 1e-15 ? 0 : 1;
}
