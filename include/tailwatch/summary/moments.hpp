// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/moments.hpp"

namespace tailwatch::summary {

/// Count, mean and central moments up to the fourth of a stream of numbers.
///
///   n, mean, M_k = Σ (x − mean)^k for k = 2, 3, 4
///
/// update(x)   any floating range; NaN and infinities are counted in rejected() and change nothing else
/// merge       exact formulas (Pébay 2008); agrees with one long update to 1e-12 relative, M3 relative to M2·σ
/// reducible   two rounds: SUM n and Σx, then SUM of the central sums about the common mean
/// @error      |mean − exact| ≤ 1e-12 (|mean| + σ), |M2 − exact| ≤ 1e-12 M2, |M3 − exact| ≤ 1e-12 M2 σ, |M4 − exact| ≤ 1e-12 M4
///             for any splits, merge orders, ranks and instruction sets
/// @memory     48 bytes
/// @complexity O(1) a number, about 0.5 ns; merge O(1)
/// @reduction  two rounds: SUM of 2 int64 and 1 float64, then SUM of 3 float64
/// @see        P. Pébay (2008), SAND2008-6212; T. F. Chan, G. H. Golub, R. J. LeVeque (1983), Am. Stat. 37, 242–247
/// @example    examples/entropy/softmax_entropy.cpp
class moments {
 public:
  moments() = default;

  template <class Arch = simd::default_arch, core::floating_range Range>
  void update(const Range& x) noexcept {
    simd::merge(sums_, simd::moments<Arch>(core::as_span(x).data(), core::as_span(x).size()));
  }
  template <class Arch = simd::default_arch, std::floating_point Real>
  void update(const core::sample_view<Real>& x) noexcept {
    simd::merge(sums_, simd::moments<Arch>(x.data(), x.size()));
  }
  /// One more observation. A stream fed one by one gives the same bits however it was cut.
  template <class Arch = simd::default_arch>
  void add(double x) noexcept {
    simd::central_sums one;
    if (core::is_finite(x)) {
      one.count = 1;
      one.mean = x;
    } else {
      one.rejected = 1;
    }
    simd::merge(sums_, one);
  }
  template <class Arch = simd::default_arch>
  void merge(const moments& other) noexcept {
    simd::merge(sums_, simd::central_sums(other.sums_));
  }
  void reset() noexcept { sums_ = {}; }

  /// Observations in the sums, without the rejected ones.
  [[nodiscard]] std::uint64_t count() const noexcept { return sums_.count; }
  /// NaN and infinities seen.
  [[nodiscard]] std::uint64_t rejected() const noexcept { return sums_.rejected; }
  /// n, mean, M2, M3, M4 as they are.
  [[nodiscard]] const simd::central_sums& sums() const noexcept { return sums_; }

  /// Mean; standard error √(s²/n), NaN for n = 1; NaN when n = 0.
  [[nodiscard]] estimate mean() const noexcept {
    if (sums_.count == 0) return {};
    return {sums_.mean, std::sqrt(unbiased() / n()), sums_.count};
  }
  /// Unbiased variance M2/(n − 1); standard error √((M4/n − s⁴(n − 3)/(n − 1))/n), which assumes no distribution but needs
  /// n in the hundreds; NaN when n < 2.
  [[nodiscard]] estimate variance() const noexcept {
    if (sums_.count < 2) return {core::nan, core::nan, sums_.count};
    const double s2 = unbiased();
    const double spread = (sums_.m4 / n() - s2 * s2 * (n() - 3.0) / (n() - 1.0)) / n();
    return {s2, spread >= 0.0 ? std::sqrt(spread) : core::nan, sums_.count};
  }
  /// Square root of the unbiased variance; standard error by the delta method.
  [[nodiscard]] estimate standard_deviation() const noexcept {
    const estimate v = variance();
    if (!v.defined()) return v;
    const double s = std::sqrt(v.value);
    return {s, s > 0.0 ? v.standard_error / (2.0 * s) : core::nan, v.count};
  }
  /// Moment coefficient √n·M3/M2^{3/2}. Its standard error needs sixth moments, which are not kept: NaN. NaN when M2 = 0.
  [[nodiscard]] estimate skewness() const noexcept {
    if (!(sums_.m2 > 0.0)) return {core::nan, core::nan, sums_.count};
    return {std::sqrt(n()) * (sums_.m3 / (sums_.m2 * std::sqrt(sums_.m2))), core::nan, sums_.count};
  }
  /// Excess kurtosis n·M4/M2² − 3, 0 for a normal distribution. Standard error NaN, as for skewness. NaN when M2 = 0.
  [[nodiscard]] estimate kurtosis() const noexcept {
    if (!(sums_.m2 > 0.0)) return {core::nan, core::nan, sums_.count};
    return {n() * (sums_.m4 / sums_.m2) / sums_.m2 - 3.0, core::nan, sums_.count};
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept { return core::parameter_hash{}.add("moments").value(); }

  void save(core::output_archive& out) const {
    out.begin({core::state_family::moments, parameters(), 0, 0, sums_.count});
    out.u64(sums_.rejected);
    for (const double x : {sums_.mean, sums_.m2, sums_.m3, sums_.m4}) out.f64(x);
    out.end();
  }
  void load(core::input_archive& in) {
    const auto header = in.open({core::state_family::moments, parameters(), 0, 0, 0});
    simd::central_sums loaded;
    loaded.count = header.count;
    loaded.rejected = in.u64();
    for (double* x : {&loaded.mean, &loaded.m2, &loaded.m3, &loaded.m4}) *x = in.f64();
    in.close();
    sums_ = loaded;
  }

  [[nodiscard]] std::size_t reduction_rounds() const noexcept { return 2; }
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t round) {
    using enum core::element_type;
    constexpr auto sum = core::reduction_operation::sum;
    if (round == 0) {
      own_ = sums_;
      sums_.mean *= n();  // Σx
      return {{&sums_.count, 1, int64, sum}, {&sums_.rejected, 1, int64, sum}, {&sums_.mean, 1, float64, sum}};
    }
    return {{&sums_.m2, 1, float64, sum}, {&sums_.m3, 1, float64, sum}, {&sums_.m4, 1, float64, sum}};
  }
  template <class Arch = simd::default_arch>
  void finish_round(std::size_t round) {
    if (round == 0) {
      sums_.mean = sums_.count == 0 ? 0.0 : sums_.mean / n();
      const simd::central_sums moved = simd::moved_to(own_, sums_.mean);
      sums_.m2 = moved.m2;
      sums_.m3 = moved.m3;
      sums_.m4 = moved.m4;
    } else {
      own_ = {};
    }
  }

  friend bool operator==(const moments& a, const moments& b) noexcept { return a.sums_ == b.sums_; }

 private:
  [[nodiscard]] double n() const noexcept { return static_cast<double>(sums_.count); }
  [[nodiscard]] double unbiased() const noexcept { return sums_.count < 2 ? core::nan : sums_.m2 / (n() - 1.0); }

  simd::central_sums sums_;
  simd::central_sums own_;  // this rank's sums while a reduction is under way
};

}  // namespace tailwatch::summary
