// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <cstdio>
#include <tailwatch/adapters/torch.hpp>
#include <tailwatch/monitor/collapse_monitor.hpp>
#include <tailwatch/monitor/training_signals.hpp>

// Logits of a step as a tensor: uniform ones have the entropy ln V.
int main() {
  namespace monitor = tailwatch::monitor;
  monitor::collapse_monitor watch({monitor::entropy_mean()}, {.steps_per_block = 1000});
  const at::Tensor logits = at::zeros({2, 3, 8});
  if (!tailwatch::adapters::on_logits(watch, logits, at::zeros({2, 3}, at::kLong))) return 1;
  const auto entropies = watch.gathered().logits().entropy().values();
  std::printf("%d rows, entropy %g\n", static_cast<int>(entropies.size()), entropies.empty() ? 0.0 : entropies[0]);
  return entropies.size() == 6 && std::abs(entropies[0] - std::log(8.0)) < 1e-6 ? 0 : 1;
}
