// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/detail/exact_sum.hpp"

namespace tailwatch::monitor {

/// One number for each row that was read, in room reserved beforehand, with the weight of each row: how many rows it stands for.
///
/// Sums are kept as rows come, exact to 2⁻⁴⁰ a term, so that a mean costs nothing and does not depend on their order. NaN and
/// infinite values keep their place and count in no estimate.
/// @memory  16 bytes a row, 16 more from the first quantile on
class row_values {
 public:
  explicit row_values(std::size_t room = 0) : room_(room) {
    values_.reserve(room);
    weights_.reserve(room);
    selected_.reserve(room);
    fences_.reserve(32);
  }
  row_values(const row_values& other) : row_values(other.room_) { append(other); }
  row_values& operator=(const row_values& other) {
    if (this != &other) *this = row_values(other);
    return *this;
  }
  row_values(row_values&&) noexcept = default;
  row_values& operator=(row_values&&) noexcept = default;
  ~row_values() = default;

  /// The caller has made sure of the room.
  void add(double x, double weight) noexcept {
    values_.push_back(x);
    weights_.push_back(weight);
    equal_ = equal_ && weight == weights_.front();
    if (!core::is_finite(x)) return;
    ++count_;
    const double wx = weight * x;
    weight_.add(weight);
    sum_.add(wx);
    square_.add(wx * x);
    weighted_weight_.add(weight * weight);
    weighted_sum_.add(weight * wx);
    weighted_square_.add(weight * wx * x);
  }
  void append(const row_values& other) noexcept {
    for (std::size_t i = 0; i < other.size(); ++i) add(other.values_[i], other.weights_[i]);
  }
  void clear() noexcept {
    values_.clear();
    weights_.clear();
    selected_.clear();
    fences_.clear();
    count_ = 0;
    equal_ = true;
    for (detail::exact_sum* s : {&weight_, &sum_, &square_, &weighted_weight_, &weighted_sum_, &weighted_square_})
      s->reset();
  }

  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] bool empty() const noexcept { return values_.empty(); }
  [[nodiscard]] std::span<const double> values() const noexcept { return values_; }
  [[nodiscard]] std::span<const double> weights() const noexcept { return weights_; }
  operator std::span<const double>() const noexcept { return values_; }  // NOLINT: the values are what it is

  /// Σ wx/Σ w; standard error √(Σ w²(x − mean)² · n/(n − 1))/Σ w, rows as if independent; NaN for one row.
  [[nodiscard]] estimate mean() const noexcept {
    if (count_ == 0) return {};
    const double total = weight_.value();
    const double m = sum_.value() / total;
    return {m, error_of(weighted_square_.value() - 2.0 * m * weighted_sum_.value() + m * m * weighted_weight_.value()),
            count_};
  }
  /// What reading a sample of the rows adds to the error of that mean: √(Σ w(w − 1)(x − mean)² · n/(n − 1))/Σ w.
  [[nodiscard]] double sampling_error() const noexcept {
    if (count_ == 0) return core::nan;
    const double m = sum_.value() / weight_.value();
    const double all = weighted_square_.value() - 2.0 * m * weighted_sum_.value() + m * m * weighted_weight_.value();
    const double own = square_.value() - 2.0 * m * sum_.value() + m * m * weight_.value();
    return error_of(equal_ && weights_.front() == 1.0 ? 0.0 : all - own);
  }
  /// The least value at or below which lies the share q of the weight; standard error: half the distance between the quantiles one
  /// standard error of the share √(q(1 − q)/n) below and above (Woodruff); NaN below ten rows.
  /// @complexity  O(n) by selection where weights are equal, later quantiles of the same rows within what the earlier ones have
  ///              sorted out; O(n log n) otherwise
  /// @see         R. S. Woodruff (1952), Journal of the American Statistical Association 47, 635–646
  [[nodiscard]] estimate quantile(double q) const {
    if (count_ == 0) return {};
    const double half = std::sqrt(q * (1.0 - q) / static_cast<double>(count_));
    const auto with = [&](const auto& at) -> estimate {
      estimate e{at(q), core::nan, count_};
      if (count_ >= 10) e.standard_error = 0.5 * (at(std::min(1.0, q + half)) - at(std::max(0.0, q - half)));
      return e;
    };
    if (equal_) return with([this](double share) { return selected(share); });
    std::vector<std::pair<double, double>> order;
    order.reserve(values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (core::is_finite(values_[i])) order.emplace_back(values_[i], weights_[i]);
    std::ranges::sort(order);
    const double total = weight_.value();
    return with([&](double share) {
      double sum = 0.0;
      for (const auto& [value, weight] : order)
        if ((sum += weight) >= share * total * (1.0 - 1e-12)) return value;
      return order.back().first;
    });
  }

  void save_fields(core::output_archive& out) const {
    out.u64(values_.size());
    for (const double x : values_) out.f64(x);
    for (const double w : weights_) out.f64(w);
  }
  void load_fields(core::input_archive& in) {
    clear();
    const std::size_t rows = in.length(16);
    if (rows > room_) core::detail::archive_failure("more rows than max_rows");
    std::vector<double> x(rows);
    for (double& v : x) v = in.f64();
    for (const double v : x) {
      const double w = in.f64();
      if (!core::is_finite(w) || w < 1.0) core::detail::archive_failure("a row that stands for less than itself");
      add(v, w);
    }
  }

 private:
  [[nodiscard]] double error_of(double squares) const noexcept {
    if (count_ < 2) return core::nan;
    const auto n = static_cast<double>(count_);
    return std::sqrt(std::max(squares, 0.0) * n / (n - 1.0)) / weight_.value();
  }
  /// An order statistic; what has been selected before are fences between which the rest lies.
  [[nodiscard]] double selected(double share) const {
    if (selected_.size() != count_ || fences_.empty()) {
      selected_.clear();
      for (const double x : values_)
        if (core::is_finite(x)) selected_.push_back(x);
      fences_.clear();
    }
    const std::size_t n = selected_.size();
    const double r = std::ceil(share * static_cast<double>(n) * (1.0 - 1e-12)) - 1.0;
    const std::size_t k = r > 0.0 ? std::min(static_cast<std::size_t>(r), n - 1) : std::size_t{0};
    const auto above = std::ranges::lower_bound(fences_, k);
    if (above != fences_.end() && *above == k) return selected_[k];
    const std::size_t end = above == fences_.end() ? n : *above;
    const std::size_t begin = above == fences_.begin() ? 0 : *(above - 1) + 1;
    const auto at = [&](std::size_t i) { return selected_.begin() + static_cast<std::ptrdiff_t>(i); };
    std::nth_element(at(begin), at(k), at(end));
    fences_.insert(above, k);
    return selected_[k];
  }

  std::size_t room_ = 0;
  std::vector<double> values_, weights_;
  detail::exact_sum weight_, sum_, square_, weighted_weight_, weighted_sum_, weighted_square_;
  std::uint64_t count_ = 0;
  bool equal_ = true;
  mutable std::vector<double> selected_;
  mutable std::vector<std::size_t> fences_;
};

}  // namespace tailwatch::monitor
