// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <tailwatch/core/views.hpp>
#include <tailwatch/neighbours/k_d_tree.hpp>
#include <vector>

int main() {
  const std::vector<double> x{0.0, 1.0, 3.0, 7.0};
  const auto table = tailwatch::neighbours::k_d_tree(tailwatch::rows(x, 4, 1), 1);
  std::printf("nearest to 7: point %d, distance %g\n", static_cast<int>(table[3][0].index), table[3][0].distance);
  return table[3][0].index == 2 && table[3][0].distance == 4.0 ? 0 : 1;
}
