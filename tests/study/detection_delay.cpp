// SPDX-License-Identifier: BSL-1.0
//
// How soon after a change does the Shiryaev mixture alarm, against what can be hoped for?
//
//   detection_delay [runs]
//
// α = 0.05, default bets. The first ν observations follow P₀, whose mean is the null's edge m; all later ones P₁. Delay: observations
// after ν until M ≥ 1/α, over the runs that had not alarmed before. Two yardsticks:
//
//   [ln(1/α) + ln((ν + 1)(ν + 2))]/KL_inf     KL_inf = inf{KL(P₁‖Q): Q on [0, 1] with mean ≤ m} = max_λ E₁ ln(1 + λ(x/m − 1))
//   [ln(1/α) + ln((ν + 1)(ν + 2))]/KL(P₁‖P₀)  for one who knows both laws
//
// The prior mass 1/((ν + 1)(ν + 2)) that the mixture gives to a change after ν is what ln((ν + 1)(ν + 2)) pays for. Fails when the mean
// delay exceeds 1.5 of the first.
#include <algorithm>
#include <boost/random/beta_distribution.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/shiryaev_mixture.hpp"

namespace {

using namespace tailwatch;
using core::random_engine;

constexpr double alpha = 0.05;

/// A law on [0, 1]: draws, and a quadrature of its expectations.
struct law {
  std::function<double(random_engine&)> draw;
  std::vector<std::pair<double, double>> nodes;  ///< x, probability
};

law beta(double a, double b) {
  law p;
  p.draw = [a, b](random_engine& r) { return boost::random::beta_distribution<>(a, b)(r); };
  constexpr int n = 20000;
  double total = 0.0;
  for (int i = 0; i < n; ++i) {
    const double x = (i + 0.5) / n;
    p.nodes.push_back({x, std::exp((a - 1.0) * std::log(x) + (b - 1.0) * std::log1p(-x))});
    total += p.nodes.back().second;
  }
  for (auto& node : p.nodes) node.second /= total;
  return p;
}
law bernoulli(double p1) {
  return {[p1](random_engine& r) { return core::uniform_01(r) < p1 ? 1.0 : 0.0; }, {{0.0, 1.0 - p1}, {1.0, p1}}};
}

/// max over λ in [0, 1) of E ln(1 + λ(x/m − 1)), which is concave: golden section.
double kl_inf(const law& p, double m) {
  const auto growth = [&](double lambda) {
    double sum = 0.0;
    for (const auto& [x, w] : p.nodes) sum += w * std::log1p(lambda * (x / m - 1.0));
    return sum;
  };
  double low = 0.0, high = 1.0 - 1e-9;
  for (int i = 0; i < 80; ++i) {
    const double a = low + 0.382 * (high - low), b = low + 0.618 * (high - low);
    (growth(a) < growth(b) ? low : high) = growth(a) < growth(b) ? a : b;
  }
  return growth(0.5 * (low + high));
}
double kl(const law& p, const law& q) {
  double sum = 0.0;
  for (std::size_t i = 0; i < p.nodes.size(); ++i)
    if (p.nodes[i].second > 0.0) sum += p.nodes[i].second * std::log(p.nodes[i].second / q.nodes[i].second);
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t runs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2000;
  struct shift {
    const char* name;
    law before, after;
    double m;
    bool fall;
  };
  const std::vector<shift> shifts{{"Beta(2, 3) to Beta(3, 2)", beta(2, 3), beta(3, 2), 0.4, false},
                                  {"Beta(3, 2) to Beta(2, 3), a fall", beta(3, 2), beta(2, 3), 0.6, true},
                                  {"Bernoulli(0.4) to (0.6)", bernoulli(0.4), bernoulli(0.6), 0.4, false},
                                  {"Bernoulli(0.4) to (0.5)", bernoulli(0.4), bernoulli(0.5), 0.4, false},
                                  {"Beta(8, 8) to Beta(10, 6)", beta(8, 8), beta(10, 6), 0.5, false},
                                  {"Beta(20, 20) to Beta(22, 18)", beta(20, 20), beta(22, 18), 0.5, false},
                                  {"Beta(20, 20) to Beta(35, 5)", beta(20, 20), beta(35, 5), 0.5, false}};
  std::printf("%zu runs, alpha %.2f\n\n", runs, alpha);
  std::printf(
      "| shift | change after | alarmed before | mean delay | 10 %%, 90 %% | of the KL_inf yardstick | of the "
      "parametric one |\n");
  std::printf("|---|---|---|---|---|---|---|\n");
  bool good = true;
  std::uint64_t seed = 0;
  for (const shift& s : shifts) {
    const double m = s.fall ? 1.0 - s.m : s.m;  // a fall is a rise of 1 − x
    law mirrored = s.after;
    if (s.fall)
      for (auto& node : mirrored.nodes) node.first = 1.0 - node.first;
    const double inf = kl_inf(mirrored, m);
    const double parametric = kl(s.after, s.before);
    for (const std::size_t nu :
         {std::size_t{0}, std::size_t{10}, std::size_t{100}, std::size_t{1000}, std::size_t{10000}}) {
      std::vector<double> delays;
      std::size_t before = 0;
      ++seed;
      for (std::size_t run = 0; run < runs; ++run) {
        random_engine random(core::split_seed(seed, run));
        monitor::shiryaev_mixture detector(s.m, s.fall ? collapse_direction::falls : collapse_direction::rises);
        std::size_t t = 0;
        while (!detector.alarmed(alpha)) {
          detector.update(t < nu ? s.before.draw(random) : s.after.draw(random));
          ++t;
        }
        if (t <= nu && nu > 0) {
          ++before;
        } else {
          delays.push_back(static_cast<double>(t - nu));
        }
      }
      double sum = 0.0;
      for (const double d : delays) sum += d;
      const double mean = sum / static_cast<double>(delays.size());
      std::ranges::sort(delays);
      const auto v = static_cast<double>(nu);
      const double price = -std::log(alpha) + std::log((v + 1.0) * (v + 2.0));
      const double ratio = mean * inf / price;
      good = good && ratio <= 1.5;
      std::printf("| %s | %zu | %zu | %.1f | %.0f, %.0f | %.2f%s | %.2f |\n", s.name, nu, before, mean,
                  delays[delays.size() / 10], delays[delays.size() * 9 / 10], ratio, ratio > 1.5 ? " EXCEEDED" : "",
                  mean * parametric / price);
      std::fflush(stdout);
    }
  }
  return good ? 0 : 1;
}
