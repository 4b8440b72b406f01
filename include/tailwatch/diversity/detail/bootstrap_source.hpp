// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/random/binomial_distribution.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/diversity/chao1.hpp"
#include "tailwatch/math/poisson_mixture.hpp"
#include "tailwatch/math/unseen_share.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity::detail {

/// Shares of symbols, from which samples of N are drawn.
class bootstrap_source {
 public:
  struct group {
    std::uint64_t symbols;
    double share;
  };
  /// @param groups  the frequent symbols last
  bootstrap_source(std::uint64_t total, std::vector<group> groups) : total_(total), groups_(std::move(groups)) {
    const double all = power_sum(1.0);
    for (group& g : groups_) g.share /= all;
  }

  [[nodiscard]] double symbols() const noexcept {
    double sum = 0.0;
    for (const group& g : groups_) sum += static_cast<double>(g.symbols);
    return sum;
  }
  /// Σ over symbols of share^q
  [[nodiscard]] double power_sum(double q) const noexcept {
    double sum = 0.0;
    for (const group& g : groups_) sum += static_cast<double>(g.symbols) * std::pow(g.share, q);
    return sum;
  }

  /// The profile of a multinomial sample of N.
  template <class Random>
  [[nodiscard]] summary::frequency_profile draw(Random& random) const {
    const auto binomial = [&](std::uint64_t n, double p) {
      return static_cast<std::uint64_t>(boost::random::binomial_distribution<std::int64_t, double>(
          static_cast<std::int64_t>(n), std::clamp(p, 0.0, 1.0))(random));
    };
    std::vector<std::uint64_t> counts, cells;
    std::uint64_t left = total_;
    double rest = 1.0;
    for (std::size_t g = groups_.size(); g-- > 0 && left > 0;) {  // the frequent ones first: what is left stays exact
      const auto [symbols, share] = groups_[g];
      const double mass = static_cast<double>(symbols) * share;
      std::uint64_t of_group = g == 0 ? left : binomial(left, mass / rest);
      left -= of_group;
      rest -= mass;
      if (share * static_cast<double>(total_) < 16.0 && symbols > 1) {  // observation by observation
        cells.resize(of_group);
        for (std::uint64_t& c : cells) c = core::uniform_below(random, symbols);
        if (symbols <= 4 * of_group) {
          const std::size_t first = counts.size();
          counts.resize(first + symbols);
          for (const std::uint64_t c : cells) ++counts[first + c];
        } else {
          std::sort(cells.begin(), cells.end());
          for (std::size_t i = 0, j = 0; i < cells.size(); i = j) {
            while (j < cells.size() && cells[j] == cells[i]) ++j;
            counts.push_back(j - i);
          }
        }
        continue;
      }
      for (std::uint64_t i = symbols; i > 0 && of_group > 0; --i) {  // symbol by symbol
        counts.push_back(i == 1 ? of_group : binomial(of_group, 1.0 / static_cast<double>(i)));
        of_group -= counts.back();
      }
    }
    return summary::frequency_profile(counts);
  }

 private:
  std::uint64_t total_;
  std::vector<group> groups_;
};

/// The source as iNEXT rebuilds it from a sample: f₀ unseen symbols share the mass that Chao and Jost estimate as missing, and the
/// shares of the seen ones are shrunk, the rare ones most.
[[nodiscard]] inline bootstrap_source chao_source(const summary::frequency_profile& profile) {
  const auto n = static_cast<double>(profile.total());
  const auto f1 = static_cast<double>(profile.f(1));
  const auto types = static_cast<double>(profile.types());
  const double unseen =
      std::ceil(chao1_of(types, f1, static_cast<double>(profile.f(2)), n, chao1_variant::finite_sample).value - types);
  const double missing = f1 / n * (1.0 - math::singleton_share(profile.f(1), profile.f(2), profile.total()));
  const auto absent = [n](double r) { return std::exp(n * std::log1p(-r / n)); };
  double expected = 0.0;
  for (const auto& e : profile.entries())
    expected +=
        static_cast<double>(e.multiplicity) * (static_cast<double>(e.count) / n) * absent(static_cast<double>(e.count));
  const double shrink = unseen > 0.0 && expected > 0.0 ? missing / expected : 0.0;
  std::vector<bootstrap_source::group> groups;
  if (unseen > 0.0) groups.push_back({static_cast<std::uint64_t>(unseen), missing / unseen});
  for (const auto& e : profile.entries()) {
    const auto r = static_cast<double>(e.count);
    groups.push_back({e.multiplicity, std::max(0.0, r / n * (1.0 - shrink * absent(r)))});
  }
  return {profile.total(), std::move(groups)};
}

/// As many symbols of each rate as poisson_mixture says, symbols being whole: every symbol has the mean of its slice of the rates in ascending
/// order, and a fraction of a symbol left over is one of the rarest.
[[nodiscard]] inline bootstrap_source mixture_source(const summary::frequency_profile& profile) {
  std::vector<bootstrap_source::group> groups;
  for (math::poisson_segment& atoms : math::poisson_mixture(profile.entries())) {
    double all = 0.0;
    for (const math::poisson_atom& a : atoms) all += a.weight;
    double fraction = std::round(all) - all;  // to be given to the rarest, or taken from them
    for (math::poisson_atom& a : atoms) {
      const double given = std::max(fraction, -a.weight);
      a.weight += given;
      fraction -= given;
      if (fraction == 0.0) break;
    }
    double filled = 0.0, mass = 0.0;  // of the slice that has begun
    for (math::poisson_atom& a : atoms) {
      if (filled > 0.0) {
        const double more = std::min(a.weight, 1.0 - filled);
        filled += more;
        mass += more * a.rate;
        a.weight -= more;
        if (filled < 1.0 - 1e-9) continue;
        groups.push_back({1, mass / filled});
      }
      const double whole = std::floor(a.weight * (1.0 + 1e-14) + 1e-9);
      if (whole >= 1.0) groups.push_back({static_cast<std::uint64_t>(whole), a.rate});
      filled = std::max(a.weight - whole, 0.0);
      if (filled < 1e-9) filled = 0.0;
      mass = filled * a.rate;
    }
    if (filled > 0.5) groups.push_back({1, mass / filled});
  }
  return {profile.total(), std::move(groups)};
}

}  // namespace tailwatch::diversity::detail
