// SPDX-License-Identifier: BSL-1.0

// Two generations of a model, their trigrams read through samples of 4096 keys: how many there are, how many came once, how
// much unseen mass that promises, and how much the second generation shares with the first. The second has lost its tail.

#include <cmath>
#include <cstdint>
#include <iostream>
#include <set>
#include <span>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/sketch.hpp"

int main() {
  using namespace tailwatch;
  constexpr std::size_t order = 3;
  sketch::bucketed_sample sample[2];  // merges across ranks by MIN and SUM
  sketch::bottom_k keys[2];           // compares generations
  std::set<std::uint64_t> exact[2];
  core::random_engine random(1);
  for (int generation = 0; generation < 2; ++generation) {
    for (int sequence = 0; sequence < 200; ++sequence) {
      std::vector<std::uint32_t> tokens(200);
      for (auto& id : tokens) {
        const double u = core::uniform_01(random);
        id = static_cast<std::uint32_t>(std::pow(u, generation == 0 ? 5.0 : 8.0) * 3000.0);
      }
      sample[generation].update_shingles(tokens, order);
      keys[generation].update_shingles(tokens, order);
      for (const std::uint64_t key : sketch::shingle_set(std::span<const std::uint32_t>(tokens), order))
        exact[generation].insert(key);
    }
  }

  bool good = true;
  const auto near = [](const estimate& e, double truth) { return std::abs(e.value - truth) < 4.0 * e.standard_error; };
  for (int g = 0; g < 2; ++g) {
    const estimate d = sample[g].distinct(), k = keys[g].distinct(), m = sample[g].missing_mass();
    std::cout << "generation " << g << ": " << exact[g].size() << " trigrams, by buckets " << d.value << " ± "
              << d.standard_error << ", by the smallest " << k.value << " ± " << k.standard_error << "; seen once "
              << sample[g].f1_share().value << ", missing mass " << m.value << " ± " << m.standard_error << '\n';
    good = good && near(d, static_cast<double>(exact[g].size())) && near(k, static_cast<double>(exact[g].size()));
  }
  std::size_t both = 0;
  for (const std::uint64_t key : exact[1]) both += exact[0].count(key);
  const estimate shared = sketch::containment(keys[1], keys[0]);
  std::cout << "of the second generation's trigrams the first had " << shared.value << " ± " << shared.standard_error
            << ", exactly " << static_cast<double>(both) / static_cast<double>(exact[1].size()) << '\n';
  good = good && near(shared, static_cast<double>(both) / static_cast<double>(exact[1].size()));
  good = good && sample[1].missing_mass().value < sample[0].missing_mass().value;
  return good ? 0 : 1;
}
