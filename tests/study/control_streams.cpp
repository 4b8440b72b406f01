// SPDX-License-Identifier: BSL-1.0
//
// How often does the Shiryaev mixture ever alarm on a stream that stays inside its null?
//
//   control_streams [streams [steps]]        20 000 streams of 5 000 observations
//
// α = 0.05, default bets. Each stream is judged by a bet on a rise, by a bet on a fall, and, as the monitor judges a signal both
// ways, by the mean of the two. Fails when a null that satisfies the premise, or AR(1) after the documented blocking, alarms in
// more than α + 3 standard errors of the streams.
#include <algorithm>
#include <boost/random/beta_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/student_t_distribution.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/detail/log_math.hpp"
#include "tailwatch/monitor/shiryaev_mixture.hpp"

namespace {

using namespace tailwatch;
using core::random_engine;

constexpr double alpha = 0.05;

struct rates {
  double rise = 0.0, fall = 0.0, both = 0.0;
};

/// `make(random)` gives a stream: a function that returns the next observation in [0, 1].
template <class Make>
rates alarm_rates(double null_mean, std::size_t streams, std::size_t steps, std::uint64_t seed, const Make& make) {
  const double bar = -std::log(alpha);
  std::size_t rise = 0, fall = 0, both = 0;
  monitor::shiryaev_mixture up(null_mean, collapse_direction::rises);
  monitor::shiryaev_mixture down(null_mean, collapse_direction::falls);
  for (std::size_t s = 0; s < streams; ++s) {
    random_engine random(core::split_seed(seed, s));
    auto next = make(random);
    up.reset();
    down.reset();
    bool two_sided = false;
    for (std::size_t t = 0; t < steps; ++t) {
      const double x = next();
      static_cast<void>(up.try_update(x));
      static_cast<void>(down.try_update(x));
      two_sided = two_sided || monitor::detail::log_add(up.log_value(), down.log_value()) - std::log(2.0) >= bar;
    }
    rise += up.alarmed(alpha) ? 1U : 0U;
    fall += down.alarmed(alpha) ? 1U : 0U;
    both += two_sided ? 1U : 0U;
  }
  const auto n = static_cast<double>(streams);
  return {static_cast<double>(rise) / n, static_cast<double>(fall) / n, static_cast<double>(both) / n};
}

double unit(double x) { return std::clamp(x, 0.0, 1.0); }

/// Means of `length` successive values of an AR(1) process of unit variance, drawn exactly: given the value z before the block,
/// the block's mean and its last value are normal with
///
///   E mean = z a,  a = Σ ρ^i/b       E last = ρ^b z       the rest from the innovations ε_j with weights (1 − ρ^{b−j})/(1 − ρ)/b
struct ar1_blocks {
  ar1_blocks(double rho, std::size_t length) {
    const auto b = static_cast<double>(length);
    const double s2 = 1.0 - rho * rho;
    for (std::size_t i = 1; i <= length; ++i) from_mean += std::pow(rho, static_cast<double>(i)) / b;
    from_last = std::pow(rho, b);
    double mean_mean = 0.0, last_last = 0.0, mean_last = 0.0;
    for (std::size_t j = 1; j <= length; ++j) {
      const double left = static_cast<double>(length - j);
      const double w = (1.0 - std::pow(rho, left + 1.0)) / (1.0 - rho) / b;
      const double v = std::pow(rho, left);
      mean_mean += s2 * w * w;
      last_last += s2 * v * v;
      mean_last += s2 * w * v;
    }
    root_mean = std::sqrt(mean_mean);
    cross = mean_last / root_mean;
    root_last = std::sqrt(std::max(0.0, last_last - cross * cross));
    deviation = std::sqrt(mean_mean + from_mean * from_mean);
    // Correlation of neighbouring block means.
    const double mean_and_last = mean_last + from_mean * from_last;
    correlation = from_mean * mean_and_last / (deviation * deviation);
  }
  double from_mean = 0.0, from_last = 0.0, root_mean = 0.0, cross = 0.0, root_last = 0.0, deviation = 0.0,
         correlation = 0.0;
};

bool good = true;

void line(const std::string& name, const rates& r, std::size_t streams, bool judged) {
  const double most = alpha + 3.0 * std::sqrt(alpha * (1.0 - alpha) / static_cast<double>(streams));
  const bool within = std::max({r.rise, r.fall, r.both}) <= most;
  if (judged && !within) good = false;
  std::printf("| %s | %.4f | %.4f | %.4f | %s |\n", name.c_str(), r.rise, r.fall, r.both,
              judged ? within ? "within" : "EXCEEDED" : "");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t streams = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20000;
  const std::size_t steps = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 5000;
  std::printf("%zu streams of %zu observations, alpha %.2f, bound %.4f\n\n", streams, steps, alpha,
              alpha + 3.0 * std::sqrt(alpha * (1.0 - alpha) / static_cast<double>(streams)));
  std::printf("| null | a rise | a fall | both ways | |\n|---|---|---|---|---|\n");

  line("iid Beta(2, 3)",
       alarm_rates(0.4, streams, steps, 1,
                   [](random_engine& r) {
                     return [&r, beta = boost::random::beta_distribution<>(2.0, 3.0)]() mutable { return beta(r); };
                   }),
       streams, true);
  line("iid Bernoulli(0.4)",
       alarm_rates(0.4, streams, steps, 2,
                   [](random_engine& r) { return [&r] { return core::uniform_01(r) < 0.4 ? 1.0 : 0.0; }; }),
       streams, true);
  // The spread of each value depends on the last two, its conditional mean does not: 0.5 ± h with even chances.
  line("martingale differences, volatility from the past",
       alarm_rates(0.5, streams, steps, 3,
                   [](random_engine& r) {
                     return [&r, last = 0.1, before = 0.1]() mutable {
                       const double h =
                           std::min(0.5, 0.02 + 0.45 * std::abs(last) + 0.6 * std::abs(before) * core::uniform_01(r) +
                                             (core::uniform_01(r) < 0.02 ? 0.4 : 0.0));
                       before = last;
                       last = core::uniform_01(r) < 0.5 ? h : -h;
                       return 0.5 + last;
                     };
                   }),
       streams, true);
  // The mean walks from 0.1 below the null's edge up to it in the first quarter and stays there; the bet on a fall is not under its null here.
  {
    rates trend = alarm_rates(0.4, streams, steps, 4, [steps](random_engine& r) {
      return [&r, t = 0.0, n = static_cast<double>(steps)]() mutable {
        const double mean = 0.3 + 0.1 * std::min(1.0, 4.0 * ++t / n);
        return core::uniform_01(r) < 0.5 ? mean * core::uniform_01(r) * 2.0 : mean;
      };
    });
    const rates mirror = alarm_rates(0.6, streams, steps, 5, [steps](random_engine& r) {
      return [&r, t = 0.0, n = static_cast<double>(steps)]() mutable {
        const double mean = 0.3 + 0.1 * std::min(1.0, 4.0 * ++t / n);
        return 1.0 - (core::uniform_01(r) < 0.5 ? mean * core::uniform_01(r) * 2.0 : mean);
      };
    });
    trend.fall = mirror.fall;
    trend.both = 0.0;
    line("mean trends inside the null up to its edge (one-sided; both ways does not apply)", trend, streams, true);
  }
  line("Student t, 1.5 degrees, clipped",
       alarm_rates(0.5, streams, steps, 6,
                   [](random_engine& r) {
                     return [&r, t = boost::random::student_t_distribution<>(1.5)]() mutable {
                       return unit(0.5 + 0.1 * t(r));
                     };
                   }),
       streams, true);
  line("Cauchy, clipped",
       alarm_rates(0.5, streams, steps, 7,
                   [](random_engine& r) {
                     return [&r, t = boost::random::student_t_distribution<>(1.0)]() mutable {
                       return unit(0.5 + 0.05 * t(r));
                     };
                   }),
       streams, true);

  std::printf("\nAR(1), normal, mapped to [0, 1] by ±3 standard deviations of what is observed:\n\n");
  std::printf("| rho, observed | a rise | a fall | both ways | |\n|---|---|---|---|---|\n");
  std::uint64_t seed = 20;
  for (const double rho : {0.2, 0.5, 0.8}) {
    const double time = (1.0 + rho) / (1.0 - rho);  // integrated autocorrelation time
    for (const double multiple : {0.0, 5.0, 10.0, 20.0, 40.0}) {
      const auto length =
          multiple == 0.0 ? std::size_t{1} : static_cast<std::size_t>(std::ceil(multiple * time - 1e-9));
      const ar1_blocks blocks(rho, length);
      const auto make = [&blocks](random_engine& r) {
        boost::random::normal_distribution<> normal;
        return [&r, &blocks, normal, last = normal(r)]() mutable {
          const double e = normal(r);
          const double mean = blocks.from_mean * last + blocks.root_mean * e;
          last = blocks.from_last * last + blocks.cross * e + blocks.root_last * normal(r);
          return unit(0.5 + mean / (6.0 * blocks.deviation));
        };
      };
      char name[128];
      std::snprintf(name, sizeof name, "%.1f, %s of %zu (%.0f autocorrelation times), correlation %.3f", rho,
                    length == 1 ? "values" : "means", length, multiple, blocks.correlation);
      line(name, alarm_rates(0.5, streams, steps, ++seed, make), streams, multiple == 20.0);
    }
  }
  return good ? 0 : 1;
}
