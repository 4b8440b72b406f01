// SPDX-License-Identifier: BSL-1.0

// Four ranks watch the output of a model that collapses: distinct trigrams, quantiles of surprisal, heavy trigrams and a
// sample, over the last three steps. Merged in any order they are, bit for bit, what one rank that saw everything holds.

#include <cmath>
#include <cstdint>
#include <iostream>
#include <span>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/sketch.hpp"

int main() {
  using namespace tailwatch;
  struct watch {
    sketch::panes<sketch::hyper_log_log> distinct{3};
    sketch::log_linear_histogram surprisal;
    sketch::count_min heavy{sketch::count_min_for(1e-3, 0.01)};
  };
  watch whole, ranks[4], merged;
  sketch::reservoir<double> sample(200);
  core::random_engine random(1);
  double share[6] = {};
  for (int step = 0; step < 6; ++step) {
    const double skew = 2.0 + step;  // the tail goes first
    sketch::hyper_log_log window;
    for (watch& rank : ranks) {
      std::vector<int> tokens(4000);
      std::vector<double> surprisal(4000);
      for (std::size_t i = 0; i < tokens.size(); ++i) {
        const double u = core::uniform_01(random);
        tokens[i] = static_cast<int>(300.0 * std::pow(u, skew));
        surprisal[i] = std::log(300.0 * skew) + (skew - 1.0) * std::log(u + 1e-9);
      }
      std::vector<std::uint64_t> keys;
      sketch::append_shingles(std::span<const int>(tokens), 3, keys);
      for (watch* w : {&rank, &whole}) {
        if (w->distinct.steps() < static_cast<std::uint64_t>(step)) w->distinct.advance();
        w->distinct.update(keys);
        w->surprisal.update(surprisal);
        w->heavy.update(keys);
      }
      sample.update(surprisal, random);
      window.merge(rank.distinct.query());
    }
    if (!(window == whole.distinct.query())) return 1;
    const estimate d = window.distinct();
    share[step] = d.value / static_cast<double>(d.count);
    std::cout << "step " << step << ": " << d.value << " ± " << d.standard_error << " distinct trigrams of " << d.count
              << '\n';
  }
  for (int r = 3; r >= 0; --r) {
    merged.surprisal.merge(ranks[r].surprisal);
    merged.heavy.merge(ranks[r].heavy);
  }
  const estimate rare = merged.surprisal.quantile(0.99);
  const int commonest[] = {0, 0, 0};
  const std::uint64_t repeats = merged.heavy.query(sketch::shingle_key(std::span<const int>(commonest)));
  std::cout << "surprisal, 99 %: " << rare.value << " ± " << rare.standard_error << "\ncommonest trigram: at most "
            << repeats << " of " << merged.heavy.count() << '\n';
  if (!(merged.surprisal == whole.surprisal && merged.heavy == whole.heavy)) return 1;
  return share[5] < 0.8 * share[2] && repeats > 1000 && sample.sample().size() == 200 ? 0 : 1;
}
