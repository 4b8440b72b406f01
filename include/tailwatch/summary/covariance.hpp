// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/summary/detail/centred_products.hpp"

namespace tailwatch::summary {

/// Mean and centred second moments of a stream of points in d dimensions: embeddings, hidden states, features.
///
///   n, x̄, C = Σ (x − x̄)(x − x̄)ᵀ
///
/// Points are centred in blocks of 256 before they are multiplied, and blocks add up by the formula of Chan, Golub and
/// LeVeque, so that points far from the origin lose no digits, as Σxxᵀ − n x̄x̄ᵀ does. A point that holds a NaN or an
/// infinity is skipped whole and counted as rejected.
///
/// @error       |C_ij − exact| ≤ (1e-12 + 2⁻⁵² o) √(C_ii C_jj), o the larger of |x̄_i|/σ_i and |x̄_j|/σ_j, and
///              |x̄_i − exact| ≤ 1e-12 (|x̄_i| + σ_i), for any splits, merge orders, ranks and instruction sets
/// @memory      4·d·(d + 1) + 8·d bytes (the upper triangle); 1 MiB of buffers during an update of d = 256
/// @complexity  update O(n d²): half the operations of a full product; merge O(d²)
/// @reduction   two rounds: SUM of 2 int64 and d float64 (n, rejected, Σx), then SUM of d(d + 1)/2 float64, the centred
///              products about the common mean
/// @note        the default-constructed state has dimension 0 and merges only with its like
/// @see         T. F. Chan, G. H. Golub, R. J. LeVeque (1983), The American Statistician 37, 242–247
/// @example     examples/summary/moments.cpp
class covariance {
 public:
  covariance() = default;
  explicit covariance(std::size_t dimension)
      : mean_(checked(dimension), 0.0), sums_(detail::triangle_size(dimension), 0.0) {}
  template <class Arch = simd::default_arch, std::floating_point T>
  explicit covariance(const core::rows_view<T>& points) : covariance(points.dimension) {
    update<Arch>(points);
  }

  /// Adds points, rows(x, n, d).
  /// @throws std::invalid_argument  for points of another dimension
  template <class Arch = simd::default_arch, std::floating_point T>
  void update(const core::rows_view<T>& points) {
    const std::size_t d = dimension();
    core::check_same_size("summary::covariance::update", "a point", points.dimension, "the mean", d);
    constexpr std::size_t block = 256;
    const std::size_t most = std::min(block, points.size);
    std::vector<double> centred(most * d), by_coordinate(most * d), block_mean(d);
    for (std::size_t first = 0; first < points.size; first += block) {
      const std::size_t last = std::min(points.size, first + block);
      std::size_t n = 0;
      for (std::size_t i = first; i < last; ++i) {
        bool finite = true;
        for (std::size_t c = 0; c < d; ++c) {
          const auto x = static_cast<double>(points[i][c]);
          finite = finite && core::is_finite(x);
          centred[n * d + c] = x;
        }
        n += finite ? 1U : 0U;
        rejected_ += finite ? 0U : 1U;
      }
      if (n == 0) continue;
      const auto size = static_cast<double>(n);
      std::fill(block_mean.begin(), block_mean.end(), 0.0);
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t c = 0; c < d; ++c) block_mean[c] += centred[i * d + c] / size;
      std::vector<double> rest(d, 0.0);  // the mean itself is rounded: take out what is left of the sum
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t c = 0; c < d; ++c) rest[c] += centred[i * d + c] - block_mean[c];
      for (std::size_t c = 0; c < d; ++c) block_mean[c] += rest[c] / size;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t c = 0; c < d; ++c) by_coordinate[c * n + i] = centred[i * d + c] -= block_mean[c];
      detail::add_centred_products<Arch>(centred.data(), by_coordinate.data(), n, d, sums_.data());
      join<Arch>(n, block_mean);
    }
  }

  /// @throws std::invalid_argument  for another dimension; this state is then as it was
  template <class Arch = simd::default_arch>
  void merge(const covariance& other) {
    core::check(dimension() == other.dimension(), "summary::covariance::merge", "dimension", other.dimension(),
                core::to_text(dimension()) + " like this state's");
    rejected_ += other.rejected_;
    if (other.count_ == 0) return;
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += other.sums_[i];
    join<Arch>(other.count_, std::vector<double>(other.mean_));
  }
  void reset() noexcept {
    std::fill(mean_.begin(), mean_.end(), 0.0);
    std::fill(sums_.begin(), sums_.end(), 0.0);
    count_ = rejected_ = 0;
  }

  [[nodiscard]] std::size_t dimension() const noexcept { return mean_.size(); }
  /// Points in the sums, without the rejected ones.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// Points that held a NaN or an infinity.
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }
  [[nodiscard]] const std::vector<double>& mean() const noexcept { return mean_; }
  /// C/(n − 1), unbiased, [d × d], row-major and symmetric; NaN for fewer than two points.
  [[nodiscard]] std::vector<double> matrix() const {
    const std::size_t d = dimension();
    std::vector<double> full(d * d, core::nan);
    if (count_ < 2) return full;
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = i; j < d; ++j)
        full[i * d + j] = full[j * d + i] = sums_[detail::triangle_row(i, d) + j] / degrees_of_freedom();
    return full;
  }
  /// Mean of coordinate i; standard error √(s_ii/n), NaN for n = 1; NaN when n = 0.
  /// @throws std::invalid_argument  unless i is below the dimension
  [[nodiscard]] estimate mean(std::size_t i) const {
    check_coordinate("summary::covariance::mean", i);
    if (count_ == 0) return {};
    return {mean_[i], std::sqrt(entry(i, i) / static_cast<double>(count_)), count_};
  }
  /// Unbiased covariance s_ij of two coordinates, or variance of one; NaN when n < 2. Standard error
  /// √((s_ii s_jj + s_ij²)/(n − 1)), that of Gaussian points: too small where the tails are heavier (summary::moments
  /// gives the error of a variance for any distribution).
  /// @throws std::invalid_argument  unless i and j are below the dimension
  [[nodiscard]] estimate between(std::size_t i, std::size_t j) const {
    check_coordinate("summary::covariance::between", std::max(i, j));
    if (count_ < 2) return {core::nan, core::nan, count_};
    const double s = entry(i, j);
    return {s, std::sqrt((entry(i, i) * entry(j, j) + s * s) / degrees_of_freedom()), count_};
  }
  /// Pearson's r; standard error (1 − r²)/√(n − 1), that of Gaussian points. NaN when n < 2 or a coordinate is constant.
  /// @throws std::invalid_argument  unless i and j are below the dimension
  [[nodiscard]] estimate correlation(std::size_t i, std::size_t j) const {
    check_coordinate("summary::covariance::correlation", std::max(i, j));
    const double scale = std::sqrt(entry(i, i)) * std::sqrt(entry(j, j));
    if (count_ < 2 || !(scale > 0.0)) return {core::nan, core::nan, count_};
    const double r = std::clamp(entry(i, j) / scale, -1.0, 1.0);
    return {r, (1.0 - r * r) / std::sqrt(degrees_of_freedom()), count_};
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}.add("covariance").add(std::uint64_t{dimension()}).value();
  }

  /// Payload: u64 rejected, u64 d, d × f64 mean, d(d + 1)/2 × f64 centred products, the upper triangle by rows.
  void save(core::output_archive& out) const {
    out.begin({core::state_family::covariance, parameters(), 0, 0, count_});
    out.u64(rejected_);
    out.u64(mean_.size());
    for (const double x : mean_) out.f64(x);
    for (const double x : sums_) out.f64(x);
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same dimension; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open({core::state_family::covariance, parameters(), 0, 0, 0});
    covariance loaded;
    loaded.count_ = found.count;
    loaded.rejected_ = in.u64();
    if (in.length(sizeof(double)) != dimension()) core::detail::archive_failure("dimension does not match");
    bool zero = true;
    const auto read = [&](std::vector<double>& to, std::size_t size) {
      to.reserve(size);
      for (std::size_t i = 0; i < size; ++i) {
        to.push_back(in.f64());
        zero = zero && to.back() == 0.0;
      }
    };
    read(loaded.mean_, mean_.size());
    read(loaded.sums_, sums_.size());
    if (found.count == 0 && !zero) core::detail::archive_failure("moments of no points");
    in.close();
    *this = std::move(loaded);
  }

  [[nodiscard]] static constexpr std::size_t reduction_rounds() noexcept { return 2; }
  /// The segments point into this object, which must stay where it is until finish_round.
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t round) {
    using enum core::element_type;
    constexpr auto sum = core::reduction_operation::sum;
    if (round == 0) {
      own_mean_ = mean_;
      own_count_ = count_;
      for (double& x : mean_) x *= static_cast<double>(count_);
      return {{&count_, 1, int64, sum}, {&rejected_, 1, int64, sum}, {mean_.data(), mean_.size(), float64, sum}};
    }
    return {{sums_.data(), sums_.size(), float64, sum}};
  }
  template <class Arch = simd::default_arch>
  void finish_round(std::size_t round) {
    if (round != 0) return;
    if (count_ != 0)
      for (double& x : mean_) x /= static_cast<double>(count_);
    for (std::size_t i = 0; i < mean_.size(); ++i) own_mean_[i] -= mean_[i];
    if (own_count_ != 0)
      detail::add_outer_product<Arch>(own_mean_.data(), static_cast<double>(own_count_), mean_.size(), sums_.data());
    own_mean_ = {};
    own_count_ = 0;
  }

  friend bool operator==(const covariance& a, const covariance& b) noexcept {
    return a.count_ == b.count_ && a.rejected_ == b.rejected_ && a.mean_ == b.mean_ && a.sums_ == b.sums_;
  }

 private:
  static constexpr std::size_t largest_dimension = std::size_t{1} << 16;  // 17 GiB

  [[nodiscard]] static std::size_t checked(std::size_t dimension) {
    core::check_at_most("summary::covariance", "dimension", dimension, largest_dimension);
    return dimension;
  }
  void check_coordinate(std::string_view function, std::size_t i) const {
    core::check(i < dimension(), function, "coordinate", i, "below the dimension, " + core::to_text(dimension()));
  }
  [[nodiscard]] double degrees_of_freedom() const noexcept { return static_cast<double>(count_) - 1.0; }
  [[nodiscard]] double entry(std::size_t i, std::size_t j) const noexcept {
    if (count_ < 2) return core::nan;
    return sums_[detail::triangle_row(std::min(i, j), dimension()) + std::max(i, j)] / degrees_of_freedom();
  }
  /// What is left to do when the products of m more points about their own mean have been added.
  template <class Arch>
  void join(std::uint64_t m, std::vector<double> apart) {
    const auto here = static_cast<double>(count_), there = static_cast<double>(m);
    for (std::size_t i = 0; i < mean_.size(); ++i) apart[i] -= mean_[i];
    if (count_ != 0)
      detail::add_outer_product<Arch>(apart.data(), here * there / (here + there), mean_.size(), sums_.data());
    for (std::size_t i = 0; i < mean_.size(); ++i)
      mean_[i] = count_ == 0 ? apart[i] : mean_[i] + apart[i] * (there / (here + there));
    count_ += m;
  }

  std::vector<double> mean_;
  std::vector<double> sums_;
  std::uint64_t count_ = 0;
  std::uint64_t rejected_ = 0;
  std::vector<double> own_mean_;  // of this rank, while a reduction is under way
  std::uint64_t own_count_ = 0;
};

}  // namespace tailwatch::summary
