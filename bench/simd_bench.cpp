// SPDX-License-Identifier: BSL-1.0
//
// The kernels of simd/ against their scalar twins and against Eigen, in the same process and in alternation, so that a busy
// neighbour slows all of them. Each benchmark has counters <peer>_ratio = time of the peer / ours; a table follows at the end.
// The row pass reads about 98 MiB, more than a second-level cache holds. `exp_only` sums our own exponential over the same
// memory: ratio ≥ 0.67 means that log-sum-exp, likelihood, entropy and maximum cost at most half as much again.

#include <benchmark/benchmark.h>

#if __has_include(<Eigen/Core>)
#include <Eigen/Core>
#define HAS_EIGEN 1
#elif __has_include(<eigen3/Eigen/Core>)
#include <eigen3/Eigen/Core>
#define HAS_EIGEN 1
#else
#define HAS_EIGEN 0
#endif

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/simd.hpp"

TAILWATCH_DETAIL_KERNELS_BEGIN  // g++ 12 and its AVX-512 intrinsics, inlined from Eigen too
    namespace {
  namespace simd = tailwatch::simd;

  struct line {
    std::string name;
    double ns;
    std::vector<std::pair<std::string, double>> peers;  // ns per element
  };
  std::vector<line>& table() {
    static std::vector<line> lines;
    return lines;
  }

  using work = std::function<double()>;

  // Processor time: everything here is one thread, and waiting for a turn on a shared machine is not our time.
  double seconds(const work& f) {
    const std::clock_t start = std::clock();
    double result = f();
    benchmark::DoNotOptimize(result);
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  }

  double median(std::vector<double> x) {
    std::sort(x.begin(), x.end());
    return x[x.size() / 2];
  }

  // Times `ours` and every peer once per iteration, in turn.
  void compare(benchmark::State & state, const std::string& name, std::size_t elements, std::size_t bytes,
               const work& ours, const std::vector<std::pair<std::string, work>>& peers) {
    std::vector<double> mine;
    std::vector<std::vector<double>> theirs(peers.size());
    for (auto _ : state) {
      const double s = seconds(ours);
      state.SetIterationTime(s);
      mine.push_back(s);
      for (std::size_t j = 0; j < peers.size(); ++j) theirs[j].push_back(seconds(peers[j].second));
    }
    const double scale = 1e9 / static_cast<double>(elements);
    line l{name, median(mine) * scale, {}};
    state.counters["ns_per_element"] = l.ns;
    state.counters["GB_per_s"] = static_cast<double>(bytes) / median(mine) / 1e9;
    for (std::size_t j = 0; j < peers.size(); ++j) {
      l.peers.emplace_back(peers[j].first, median(theirs[j]) * scale);
      state.counters[peers[j].first + "_ratio"] = l.peers.back().second / l.ns;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(elements));
    table().push_back(l);
  }

  template <class T>
  T from_float(float x) {
    if constexpr (std::is_same_v<T, float>) {
      return x;
    } else if constexpr (std::is_same_v<T, simd::bfloat16>) {
      return {static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16)};
    } else {  // truncation to binary16 of a value in its normal range, flushed to 0 below
      const auto bits = std::bit_cast<std::uint32_t>(x);
      const std::uint32_t magnitude = bits & 0x7fffffffU;
      const std::uint32_t half = magnitude < (113U << 23) ? 0U : (magnitude - (112U << 23)) >> 13;
      return {static_cast<std::uint16_t>(half | ((bits >> 16) & 0x8000U))};
    }
  }

  template <class T>
  const std::vector<T>& logits(std::size_t n) {
    static std::vector<T> x;
    if (x.size() != n) {
      std::mt19937_64 engine(1);
      std::normal_distribution<float> normal(0.0F, 2.5F);
      std::vector<float> pool(1 << 20);
      for (float& v : pool) v = normal(engine);
      x.resize(n);
      for (std::size_t i = 0; i < n; ++i) x[i] = from_float<T>(pool[(i * 7919 + i / pool.size()) & (pool.size() - 1)]);
    }
    return x;
  }

  template <class Arch, class T>
  double pass(const std::vector<T>& x, std::size_t rows, std::size_t vocabulary) {
    double total = 0.0;
    for (std::size_t r = 0; r < rows; ++r) {
      const auto row =
          simd::row_pass<Arch>(x.data() + r * vocabulary, vocabulary, static_cast<std::ptrdiff_t>(r % vocabulary));
      total +=
          simd::log_sum_exp(row) + simd::negative_log_likelihood(row) + simd::entropy(row) + simd::max_probability(row);
    }
    return total;
  }

  template <class Arch>
  struct exp_step {
    typename simd::detail::shifted_exp<Arch>::constants k;
    void operator()(simd::detail::lane_sum<float, Arch>& a, const simd::batch<float, Arch>& x) const {
      a.sum += simd::detail::shifted_exp<Arch>::evaluate(k, x).exp;
    }
  };

  double exp_only(const std::vector<float>& x) {
    using arch = simd::default_arch;
    const simd::detail::shifted_exp<arch> reference(0.0F);
    double total = 0.0;
    simd::accumulate_blocks<arch, 4, simd::lanes<float>>(
        x.size(), 2048, simd::detail::lane_sum<float, arch>{}, exp_step<arch>{reference.load()},
        [&](const auto& a) { total += simd::detail::sum_of_lanes(a.sum); }, simd::padded<float>{x.data(), -1e30F});
    return total;
  }

#if HAS_EIGEN
  // Two temporaries, so that every exponential is taken once.
  double eigen_pass(const std::vector<float>& x, std::size_t rows, std::size_t vocabulary) {
    double total = 0.0;
    Eigen::ArrayXf shifted, e;
    for (std::size_t r = 0; r < rows; ++r) {
      const Eigen::Map<const Eigen::ArrayXf> row(x.data() + r * vocabulary, static_cast<Eigen::Index>(vocabulary));
      const float m = row.maxCoeff();
      shifted = row - m;
      e = shifted.exp();
      const double s = static_cast<double>(e.sum());
      const double q = static_cast<double>((e * shifted).sum());
      const double lse = static_cast<double>(m) + std::log(s);
      total += lse + (lse - static_cast<double>(row[static_cast<Eigen::Index>(r % vocabulary)])) +
               (std::log(s) - q / s) + 1.0 / s;
    }
    return total;
  }

  // As it is usually written: expressions without temporaries, which take every exponential twice.
  double eigen_expressions(const std::vector<float>& x, std::size_t rows, std::size_t vocabulary) {
    double total = 0.0;
    for (std::size_t r = 0; r < rows; ++r) {
      const Eigen::Map<const Eigen::ArrayXf> row(x.data() + r * vocabulary, static_cast<Eigen::Index>(vocabulary));
      const float m = row.maxCoeff();
      const double s = static_cast<double>((row - m).exp().sum());
      const double q = static_cast<double>(((row - m).exp() * (row - m)).sum());
      const double lse = static_cast<double>(m) + std::log(s);
      total += lse + (lse - static_cast<double>(row[static_cast<Eigen::Index>(r % vocabulary)])) +
               (std::log(s) - q / s) + 1.0 / s;
    }
    return total;
  }
#endif

  void row_pass_f32(benchmark::State & state) {
    const auto vocabulary = static_cast<std::size_t>(state.range(0));
    const std::size_t rows = 512ULL * 50257ULL / vocabulary;
    const auto& x = logits<float>(rows * vocabulary);
    std::vector<std::pair<std::string, work>> peers{{"exp_only", [&] { return exp_only(x); }}};
#if HAS_EIGEN
    peers.emplace_back("eigen", [&] { return eigen_pass(x, rows, vocabulary); });
    peers.emplace_back("eigen_expressions", [&] { return eigen_expressions(x, rows, vocabulary); });
#endif
    if (vocabulary == 50257) peers.emplace_back("scalar", [&] { return pass<simd::scalar>(x, rows, vocabulary); });
    compare(
        state, "row pass f32, V = " + std::to_string(vocabulary), x.size(), x.size() * sizeof(float),
        [&] { return pass<simd::default_arch>(x, rows, vocabulary); }, peers);
  }
  BENCHMARK(row_pass_f32)
      ->Arg(50257)
      ->Arg(32000)
      ->Arg(128256)
      ->Iterations(9)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);

  // Two rows over and over: the arithmetic without the memory.
  void row_pass_in_cache(benchmark::State & state) {
    constexpr std::size_t vocabulary = 50257, rows = 2, times = 64;
    const auto& all = logits<float>(512 * vocabulary);
    const std::vector<float> x(all.begin(), all.begin() + rows * vocabulary);
    const auto many = [](auto f) {
      return [f] {
        double total = 0.0;
        for (std::size_t i = 0; i < times; ++i) total += f();
        return total;
      };
    };
    std::vector<std::pair<std::string, work>> peers{{"exp_only", many([&] { return exp_only(x); })}};
#if HAS_EIGEN
    peers.emplace_back("eigen", many([&] { return eigen_pass(x, rows, vocabulary); }));
#endif
    compare(state, "row pass f32 in cache", x.size() * times, x.size() * sizeof(float) * times,
            many([&] { return pass<simd::default_arch>(x, rows, vocabulary); }), peers);
  }
  BENCHMARK(row_pass_in_cache)->Iterations(9)->UseManualTime()->Unit(benchmark::kMillisecond);

  template <class T>
  void row_pass_16(benchmark::State & state) {
    constexpr std::size_t vocabulary = 50257, rows = 512;
    const auto& x = logits<T>(rows * vocabulary);
    const auto& f = logits<float>(rows * vocabulary);
    compare(state, std::is_same_v<T, simd::bfloat16> ? "row pass bf16" : "row pass f16", x.size(), x.size() * sizeof(T),
            [&] { return pass<simd::default_arch>(x, rows, vocabulary); },
            {{"f32", [&] { return pass<simd::default_arch>(f, rows, vocabulary); }}});
  }
  BENCHMARK_TEMPLATE(row_pass_16, simd::bfloat16)->Iterations(9)->UseManualTime()->Unit(benchmark::kMillisecond);
  BENCHMARK_TEMPLATE(row_pass_16, simd::float16)->Iterations(9)->UseManualTime()->Unit(benchmark::kMillisecond);

  // With the probability mass of tokens below 1e-5: a second read while the row is in cache.
  void row_pass_with_tail(benchmark::State & state) {
    constexpr std::size_t vocabulary = 50257, rows = 512;
    const auto& x = logits<float>(rows * vocabulary);
    const auto with_tail = [&] {
      double total = 0.0;
      for (std::size_t r = 0; r < rows; ++r) {
        const float* row = x.data() + r * vocabulary;
        const auto p = simd::row_pass(row, vocabulary);
        const double threshold = simd::log_sum_exp(p) + std::log(1e-5);
        double mass = 0.0;
        simd::exp_sums_below(row, vocabulary, p.maximum, &threshold, 1, &mass);
        total += mass / p.sum;
      }
      return total;
    };
    compare(state, "row pass f32 with tail mass", x.size(), x.size() * sizeof(float), with_tail,
            {{"without", [&] { return pass<simd::default_arch>(x, rows, vocabulary); }}});
  }
  BENCHMARK(row_pass_with_tail)->Iterations(9)->UseManualTime()->Unit(benchmark::kMillisecond);

  template <class Real>
  std::vector<Real> positive(std::size_t n, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    std::exponential_distribution<double> e(1.0);
    std::vector<Real> x(n);
    for (Real& v : x) v = static_cast<Real>(e(engine) / static_cast<double>(n));
    return x;
  }

  // Repeats a reduction of n elements until about 4 million were read, to time something longer than the clock's grain.
  work repeated(std::size_t n, std::function<double()> f) {
    return [n, f = std::move(f)] {
      double total = 0.0;
      for (std::size_t i = 0; i < std::max<std::size_t>(1, (4U << 20) / n); ++i) total += f();
      return total;
    };
  }
  std::size_t repeats(std::size_t n) { return n * std::max<std::size_t>(1, (4U << 20) / n); }

  template <class Real>
  std::string title(const char* what, std::size_t n) {
    return std::string(what) + (sizeof(Real) == 4 ? " f32" : " f64") + ", n = " + std::to_string(n);
  }

  template <class Real>
  void x_log_x(benchmark::State & state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto x = positive<Real>(n, 1);
    std::vector<std::pair<std::string, work>> peers;
#if HAS_EIGEN
    using array = Eigen::Array<Real, Eigen::Dynamic, 1>;
    peers.emplace_back("eigen", repeated(n, [&] {
                         const Eigen::Map<const array> v(x.data(), static_cast<Eigen::Index>(n));
                         return static_cast<double>((v * v.log()).sum());
                       }));
#endif
    peers.emplace_back("scalar", repeated(n, [&] { return simd::sum_x_log_x<simd::scalar>(x); }));
    compare(state, title<Real>("sum x ln x", n), repeats(n), repeats(n) * sizeof(Real),
            repeated(n, [&] { return simd::sum_x_log_x(x); }), peers);
  }
  BENCHMARK_TEMPLATE(x_log_x, float)
      ->Arg(1000)
      ->Arg(1000000)
      ->Iterations(9)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
  BENCHMARK_TEMPLATE(x_log_x, double)
      ->Arg(1000)
      ->Arg(1000000)
      ->Iterations(9)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);

  template <class Real>
  void divergence(benchmark::State & state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto x = positive<Real>(n, 1), y = positive<Real>(n, 2);
    std::vector<std::pair<std::string, work>> peers;
#if HAS_EIGEN
    using array = Eigen::Array<Real, Eigen::Dynamic, 1>;
    peers.emplace_back("eigen", repeated(n, [&] {
                         const Eigen::Map<const array> u(x.data(), static_cast<Eigen::Index>(n));
                         const Eigen::Map<const array> v(y.data(), static_cast<Eigen::Index>(n));
                         return static_cast<double>((u * (u / v).log() - u + v).sum());
                       }));
#endif
    peers.emplace_back("scalar", repeated(n, [&] { return simd::divergence<simd::scalar>(x, y); }));
    compare(state, title<Real>("divergence", n), repeats(n), 2 * repeats(n) * sizeof(Real),
            repeated(n, [&] { return simd::divergence(x, y); }), peers);
  }
  BENCHMARK_TEMPLATE(divergence, float)->Arg(1000000)->Iterations(9)->UseManualTime()->Unit(benchmark::kMillisecond);
  BENCHMARK_TEMPLATE(divergence, double)->Arg(1000000)->Iterations(9)->UseManualTime()->Unit(benchmark::kMillisecond);

  template <class Real>
  void moments(benchmark::State & state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto x = positive<Real>(n, 1);
    std::vector<std::pair<std::string, work>> peers;
#if HAS_EIGEN
    using array = Eigen::Array<Real, Eigen::Dynamic, 1>;
    peers.emplace_back("eigen", [&] {
      const Eigen::Map<const array> v(x.data(), static_cast<Eigen::Index>(n));
      const Real m = v.mean();
      return static_cast<double>((v - m).square().sum() + (v - m).cube().sum() + (v - m).square().square().sum());
    });
#endif
    peers.emplace_back("scalar", [&] { return simd::moments<simd::scalar>(x).m4; });
    compare(
        state, title<Real>("moments", n), n, n * sizeof(Real), [&] { return simd::moments(x).m4; }, peers);
  }
  BENCHMARK_TEMPLATE(moments, float)->Arg(10000000)->Iterations(9)->UseManualTime()->Unit(benchmark::kMillisecond);
  BENCHMARK_TEMPLATE(moments, double)->Arg(10000000)->Iterations(9)->UseManualTime()->Unit(benchmark::kMillisecond);

  template <class Real>
  void sum(benchmark::State & state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto x = positive<Real>(n, 1);
    compare(state, title<Real>("sum", n), repeats(n), repeats(n) * sizeof(Real),
            repeated(n, [&] { return simd::sum(x); }),
            {{"scalar", repeated(n, [&] { return simd::sum<simd::scalar>(x); })},
             {"pairwise", repeated(n, [&] { return simd::pairwise_sum(x); })}});
  }
  BENCHMARK_TEMPLATE(sum, float)->Arg(1000000)->Iterations(9)->UseManualTime()->Unit(benchmark::kMillisecond);
  BENCHMARK_TEMPLATE(sum, double)->Arg(1000000)->Iterations(9)->UseManualTime()->Unit(benchmark::kMillisecond);

  void absolute_difference(benchmark::State & state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    const auto x = positive<float>(n, 1), y = positive<float>(n, 2);
    compare(state, title<float>("absolute difference", n), repeats(n), 2 * repeats(n) * sizeof(float),
            repeated(n, [&] { return simd::absolute_difference(x, y).absolute; }),
            {{"scalar", repeated(n, [&] { return simd::absolute_difference<simd::scalar>(x, y).absolute; })}});
  }
  BENCHMARK(absolute_difference)->Arg(1000000)->Iterations(9)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
TAILWATCH_DETAIL_KERNELS_END

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  std::printf("\ninstruction set %s; median ns per element, and time of each peer / ours\n",
              simd::default_arch::name());
  for (const line& l : table()) {
    std::printf("  %-34s %7.3f ", l.name.c_str(), l.ns);
    for (const auto& [peer, ns] : l.peers) std::printf("  %s %.3f (%.2fx)", peer.c_str(), ns, ns / l.ns);
    std::printf("\n");
  }
  return 0;
}
