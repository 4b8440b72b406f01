// SPDX-License-Identifier: BSL-1.0

// Work on the caller's threads: the library cuts it into parts, an executor of a few lines runs them, and the bits are the
// same for any number of threads.

#include "tailwatch/core/executor.hpp"

#include <cstddef>
#include <cstdio>
#include <thread>
#include <vector>

#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/drift/energy_distance.hpp"
#include "tailwatch/drift/mmd_rbf.hpp"

using namespace tailwatch;

/// Thread t of n takes the parts t, t + n, t + 2n, ...
struct thread_pool {
  std::size_t threads;

  template <class Work>
  void operator()(std::size_t parts, const Work& work) const {
    std::vector<std::jthread> running;
    for (std::size_t t = 0; t < threads; ++t)
      running.emplace_back([&work, parts, t, n = threads] {
        for (std::size_t part = t; part < parts; part += n) work(part);
      });
  }  // joined here
};
static_assert(core::executor<thread_pool> && core::executor<core::sequential>);

int main() {
  constexpr std::size_t n = 1000, d = 8;
  core::random_engine random(1);
  std::vector<double> real(n * d), generated(n * d);
  for (double& v : real) v = core::normal_quantile(core::uniform_01(random));
  for (double& v : generated) v = 0.8 * core::normal_quantile(core::uniform_01(random));
  const auto x = rows(generated, n, d);
  const auto y = rows(real, n, d);

  const double energy = drift::energy_distance(x, y).value;
  const double mmd = drift::mmd_rbf(x, y, {.sigma = 2.0}).value;
  std::printf("energy distance %.5f, MMD2 %.5f\n", energy, mmd);
  bool same = true;
  for (const std::size_t threads : {1, 2, 5}) {
    const thread_pool pool{threads};
    same = same && drift::energy_distance(x, y, {}, pool).value == energy;
    same = same && drift::mmd_rbf(x, y, {.sigma = 2.0}, pool).value == mmd;
  }
  std::printf("the same bits on 1, 2 and 5 threads: %s\n", same ? "yes" : "no");
  return same ? 0 : 1;
}
