// SPDX-License-Identifier: BSL-1.0
// Divergences of a million cells against the textbook loop (which has no digits left for near-equal distributions),
// two-sample statistics against std::sort of the same data, their lower bound, and statistics of points against the plain loop
// over pairs.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/drift.hpp"
#if __has_include(<Eigen/Core>)
#include "tailwatch/math/eigen_algebra.hpp"
#endif

namespace {

using namespace tailwatch;

std::vector<double> uniform_cells(std::size_t n, std::uint64_t seed) {
  core::random_engine random(seed);
  std::vector<double> x(n);
  double sum = 0.0;
  for (double& v : x) sum += v = 1e-3 + core::uniform_01(random);
  for (double& v : x) v /= sum;
  return x;
}

template <class Work>
double seconds(Work&& work) {
  double best = 1e300;
  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

template <class Work, class Peer>
void against(benchmark::State& state, std::size_t elements, Work&& work, Peer&& peer) {
  for (auto _ : state) work();
  state.SetItemsProcessed(static_cast<std::int64_t>(elements) * state.iterations());
  state.counters["times peer"] = seconds(work) / seconds(peer);
}

double textbook_kl(const std::vector<double>& p, const std::vector<double>& q) {
  double sum = 0.0;
  for (std::size_t i = 0; i < p.size(); ++i) sum += p[i] * std::log(p[i] / q[i]);
  return sum;
}

void kullback_leibler(benchmark::State& state) {
  const auto p = uniform_cells(1'000'000, 1), q = uniform_cells(1'000'000, 2);
  against(
      state, p.size(),
      [&] { benchmark::DoNotOptimize(drift::kullback_leibler(probabilities(p), probabilities(q)).value); },
      [&] { benchmark::DoNotOptimize(textbook_kl(p, q)); });
}
BENCHMARK(kullback_leibler)->Unit(benchmark::kMillisecond);

void jensen_shannon(benchmark::State& state) {
  const auto p = uniform_cells(1'000'000, 1), q = uniform_cells(1'000'000, 2);
  const auto textbook = [&] {
    std::vector<double> middle(p.size());
    for (std::size_t i = 0; i < p.size(); ++i) middle[i] = 0.5 * (p[i] + q[i]);
    benchmark::DoNotOptimize(0.5 * (textbook_kl(p, middle) + textbook_kl(q, middle)));
  };
  against(
      state, p.size(),
      [&] { benchmark::DoNotOptimize(drift::jensen_shannon_divergence(probabilities(p), probabilities(q)).value); },
      textbook);
}
BENCHMARK(jensen_shannon)->Unit(benchmark::kMillisecond);

// Counts of a 50k vocabulary: value with standard error, and the noise floor, against the value alone.
void jensen_shannon_of_counts(benchmark::State& state) {
  std::vector<std::int64_t> a(50257), b(50257);
  core::random_engine random(3);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double mean = 200000.0 / static_cast<double>(i + 1);
    a[i] = static_cast<std::int64_t>(mean * 2.0 * core::uniform_01(random));
    b[i] = static_cast<std::int64_t>(mean * 2.0 * core::uniform_01(random));
  }
  const std::vector<double> p(a.begin(), a.end()), q(b.begin(), b.end());
  const bool floor = state.range(0) != 0;
  against(
      state, a.size(),
      [&] {
        benchmark::DoNotOptimize((floor ? drift::noise_floor(a, b) : drift::jensen_shannon_divergence(a, b)).value);
      },
      [&] { benchmark::DoNotOptimize(drift::jensen_shannon_divergence(probabilities(p), probabilities(q)).value); });
  state.SetLabel(floor ? "noise floor" : "value and error");
}
BENCHMARK(jensen_shannon_of_counts)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

template <class Statistic>
void two_samples(benchmark::State& state, Statistic statistic) {
  const auto x = uniform_cells(1'000'000, 4), y = uniform_cells(1'000'000, 5);
  const auto sort_both = [&] {
    std::vector<double> a = x, b = y;
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    benchmark::DoNotOptimize(a.data());
    benchmark::DoNotOptimize(b.data());
  };
  against(
      state, x.size() + y.size(), [&] { benchmark::DoNotOptimize(statistic(x, y).value); }, sort_both);
}
BENCHMARK_CAPTURE(two_samples, wasserstein_1d, [](const auto& x, const auto& y) { return drift::wasserstein_1d(x, y); })
    -> Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(two_samples, kolmogorov_smirnov, [](const auto& x, const auto& y) {
  return drift::kolmogorov_smirnov(x, y);
}) -> Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(two_samples, energy_distance, [](const auto& x, const auto& y) {
  return drift::energy_distance(x, y);
}) -> Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(two_samples, anderson_darling, [](const auto& x, const auto& y) {
  return drift::anderson_darling(x, y);
}) -> Unit(benchmark::kMillisecond);

// Points: items are pairs.
std::vector<double> points(std::size_t n, std::size_t d, double shift, std::uint64_t seed) {
  core::random_engine random(seed);
  std::vector<double> x(n * d);
  for (double& v : x) v = shift + core::uniform_01(random);
  return x;
}

/// Σ exp(−|x − y|²/2) over the pairs of three Gram matrices, each distance by a loop over coordinates.
double pairs_loop(const std::vector<double>& x, const std::vector<double>& y, std::size_t d) {
  const auto sum = [d](const std::vector<double>& a, const std::vector<double>& b) {
    double total = 0.0;
    for (std::size_t i = 0; i < a.size(); i += d)
      for (std::size_t j = 0; j < b.size(); j += d) {
        double square = 0.0;
        for (std::size_t c = 0; c < d; ++c) square += (a[i + c] - b[j + c]) * (a[i + c] - b[j + c]);
        total += std::exp(-0.5 * square);
      }
    return total;
  };
  return sum(x, x) + sum(y, y) - 2.0 * sum(x, y);
}

template <class Statistic>
void pairs_of_points(benchmark::State& state, Statistic statistic) {
  const auto n = static_cast<std::size_t>(state.range(0)), d = static_cast<std::size_t>(state.range(1));
  const auto x = points(n, d, 0.0, 6), y = points(n, d, 0.1, 7);
  against(
      state, 3 * n * n, [&] { benchmark::DoNotOptimize(statistic(rows(x, n, d), rows(y, n, d))); },
      [&] { benchmark::DoNotOptimize(pairs_loop(x, y, d)); });
}
BENCHMARK_CAPTURE(pairs_of_points, mmd_rbf, [](const auto& x, const auto& y) { return drift::mmd_rbf(x, y); })
    -> Args({2000, 64}) -> Args({2000, 8}) -> Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(pairs_of_points, mmd_polynomial, [](const auto& x, const auto& y) {
  return drift::mmd_polynomial(x, y);
}) -> Args({2000, 64}) -> Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(pairs_of_points, schilling_knn, [](const auto& x, const auto& y) {
  return drift::schilling_knn(x, y);
}) -> Args({2000, 64}) -> Args({2000, 8}) -> Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(pairs_of_points, median_bandwidth, [](const auto& x, const auto& y) {
  return drift::median_bandwidth(x, y);
}) -> Args({2000, 64}) -> Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(pairs_of_points, sinkhorn_cost, [](const auto& x, const auto& y) {
  return drift::sinkhorn_cost(x, y);
}) -> Args({1000, 8}) -> Unit(benchmark::kMillisecond);

void sliced_wasserstein(benchmark::State& state) {
  const std::size_t n = 10'000, d = 64;
  const auto x = points(n, d, 0.0, 8), y = points(n, d, 0.1, 9);
  core::random_engine random(1);
  for (auto _ : state) benchmark::DoNotOptimize(drift::sliced_wasserstein(rows(x, n, d), rows(y, n, d), random).value);
}
BENCHMARK(sliced_wasserstein)->Unit(benchmark::kMillisecond);

void wasserstein_gaussian_squared(benchmark::State& state) {
  const auto d = static_cast<std::size_t>(state.range(0));
  const auto x = points(2 * d, d, 0.0, 10), y = points(2 * d, d, 0.1, 11);
  const drift::gaussian_moments p(rows(x, 2 * d, d)), q(rows(y, 2 * d, d));
  for (auto _ : state) benchmark::DoNotOptimize(drift::wasserstein_gaussian_squared(p, q).value);
}
BENCHMARK(wasserstein_gaussian_squared)->Arg(64)->Arg(512)->Arg(2048)->Unit(benchmark::kMillisecond);

// What bench/peers/drift.py times in Python, same sizes and distributions.
template <class Real>
std::vector<Real> normal_sample(std::size_t n, double mean, double deviation, std::uint64_t seed) {
  core::random_engine random(seed);
  std::vector<Real> x(n);
  for (Real& v : x) v = static_cast<Real>(mean + deviation * core::normal_quantile(core::uniform_01(random)));
  return x;
}
template <class Real>
std::vector<Real> uniform_shares(std::size_t n, std::uint64_t seed) {
  const auto x = uniform_cells(n, seed);
  return std::vector<Real>(x.begin(), x.end());
}

template <class Real, class Statistic>
void on_two_samples(benchmark::State& state, const Statistic& statistic) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto x = normal_sample<Real>(n, 0.0, 1.0, 1), y = normal_sample<Real>(n, 0.1, 1.1, 2);
  for (auto _ : state) benchmark::DoNotOptimize(statistic(x, y).value);
  state.SetItemsProcessed(static_cast<std::int64_t>(2 * n) * state.iterations());
}
template <class Real>
void wasserstein_1d(benchmark::State& state) {
  on_two_samples<Real>(state, drift::wasserstein_1d);
}
BENCHMARK(wasserstein_1d<double>)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(wasserstein_1d<float>)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
template <class Real>
void energy_distance(benchmark::State& state) {
  on_two_samples<Real>(state, drift::energy_distance);
}
BENCHMARK(energy_distance<double>)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
template <class Real>
void kolmogorov_smirnov(benchmark::State& state) {
  on_two_samples<Real>(state, drift::kolmogorov_smirnov);
}
BENCHMARK(kolmogorov_smirnov<double>)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

template <class Real, class Divergence>
void on_cells(benchmark::State& state, const Divergence& divergence) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto p = uniform_shares<Real>(n, 1), q = uniform_shares<Real>(n, 2);
  for (auto _ : state) benchmark::DoNotOptimize(divergence(probabilities(p), probabilities(q)).value);
  state.SetItemsProcessed(static_cast<std::int64_t>(n) * state.iterations());
}
template <class Real>
void kullback_leibler_cells(benchmark::State& state) {
  on_cells<Real>(state, drift::kullback_leibler);
}
BENCHMARK(kullback_leibler_cells<double>)->Arg(10'000'000)->Unit(benchmark::kMillisecond);
template <class Real>
void jensen_shannon_cells(benchmark::State& state) {
  on_cells<Real>(state, drift::jensen_shannon_distance);
}
BENCHMARK(jensen_shannon_cells<double>)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(jensen_shannon_cells<float>)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

template <class Real>
void mmd_rbf(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t d = 64;
  const auto x = normal_sample<Real>(n * d, 0.0, 1.0, 3), y = normal_sample<Real>(n * d, 0.1, 1.0, 4);
  for (auto _ : state) benchmark::DoNotOptimize(drift::mmd_rbf(rows(x, n, d), rows(y, n, d), {.sigma = 8.0}).value);
}
BENCHMARK(mmd_rbf<double>)->Arg(5000)->Unit(benchmark::kMillisecond);
BENCHMARK(mmd_rbf<float>)->Arg(5000)->Unit(benchmark::kMillisecond);

#if __has_include(<Eigen/Core>)
/// The same by matrix products: |x|² + |y|² − 2 x·y in column blocks, three Gram matrices, no standard error.
template <class Real>
void mmd_rbf_by_eigen(benchmark::State& state) {
  using matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
  const auto n = static_cast<Eigen::Index>(state.range(0));
  constexpr Eigen::Index d = 64;
  const auto a = normal_sample<Real>(static_cast<std::size_t>(n * d), 0.0, 1.0, 3);
  const auto b = normal_sample<Real>(static_cast<std::size_t>(n * d), 0.1, 1.0, 4);
  const matrix x = Eigen::Map<const matrix>(a.data(), d, n), y = Eigen::Map<const matrix>(b.data(), d, n);
  const auto gram = [](const matrix& u, const matrix& v) {
    const Eigen::Array<Real, Eigen::Dynamic, 1> squares = u.colwise().squaredNorm().transpose();
    double sum = 0.0;
    matrix part;
    for (Eigen::Index first = 0; first < v.cols(); first += 256) {
      const Eigen::Index width = std::min<Eigen::Index>(256, v.cols() - first);
      const auto columns = v.middleCols(first, width);
      part.noalias() = u.transpose() * columns;
      for (Eigen::Index c = 0; c < width; ++c)
        sum += static_cast<double>(
            ((squares + columns.col(c).squaredNorm() - Real(2) * part.col(c).array()) * Real(-1.0 / 128.0))
                .exp()
                .sum());
    }
    return sum;
  };
  for (auto _ : state) benchmark::DoNotOptimize(gram(x, x) + gram(y, y) - 2.0 * gram(x, y));
}
BENCHMARK(mmd_rbf_by_eigen<double>)->Arg(5000)->Unit(benchmark::kMillisecond);
BENCHMARK(mmd_rbf_by_eigen<float>)->Arg(5000)->Unit(benchmark::kMillisecond);

void wasserstein_gaussian_by_eigen(benchmark::State& state) {
  const auto d = static_cast<std::size_t>(state.range(0));
  const auto x = points(2 * d, d, 0.0, 10), y = points(2 * d, d, 0.1, 11);
  const drift::gaussian_moments p(rows(x, 2 * d, d)), q(rows(y, 2 * d, d));
  for (auto _ : state) benchmark::DoNotOptimize(drift::wasserstein_gaussian_squared(p, q, math::eigen_algebra{}).value);
}
BENCHMARK(wasserstein_gaussian_by_eigen)->Arg(64)->Arg(512)->Arg(2048)->Unit(benchmark::kMillisecond);
#endif

}  // namespace
