// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <tailwatch/entropy/miller_madow.hpp>
#include <tailwatch/tail/missing_mass.hpp>
#include <vector>

int main() {
  const std::vector<int> before{120, 60, 31, 16, 9, 5, 3, 2, 1, 1, 1, 1};  // how often each word was written
  const std::vector<int> after{151, 70, 20, 6, 3, 1, 0, 0, 0, 0, 0, 0};    // five generations later
  for (const auto& counts : {before, after}) {
    const tailwatch::estimate h = tailwatch::entropy::miller_madow(counts);
    const tailwatch::estimate m = tailwatch::tail::missing_mass(counts);
    std::printf("entropy %.3f +- %.3f nats, mass of the unseen %.4f +- %.4f\n", h.value, h.standard_error, m.value,
                m.standard_error);
  }
}
