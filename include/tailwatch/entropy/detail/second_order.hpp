// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

#include "tailwatch/math/n_log_n.hpp"

namespace tailwatch::entropy::detail {

/// Fewer n-grams that come again than these, and the error of an entropy is not known: it would be that of a handful of coincidences.
inline constexpr std::size_t least_recurrences = 8;

/// How much of V₂ to take from V₁ for the variance of Σ n ln n over symbols.
///
///   κ = Σ κ(n) v(n) / Σ v(n)      v(n) = n(n − 1)/2 · (Δ² n ln n)²      κ(3) = 0.5, κ(4) = 0.7, else 1
///
/// With n Poisson, Var = Σ c_k over the chaos expansion of φ(n) = n ln n, c_k = λᵏ/k! (E Δᵏφ)², while the jackknife has E V₁ = Σ k c_k and
/// pairs E V₂ = Σ k(k − 1)/2 c_k. V₁ − κV₂ is right with κ = Σ (k − 1)c_k / Σ k(k − 1)/2 c_k: 1 for rare and for frequent symbols,
/// 0.83 at λ = 3. The weights κ(n) make E Σ κ(n)v(n) come out at Σ (k − 1)c_k within 5 % of Σ c_k for every λ, hence for every mixture
/// of them, Zipf's law or equal shares.
class second_order_share {
 public:
  /// A symbol seen n times.
  void add(double n) noexcept {
    if (n < 2.0) return;
    const double bend = math::n_log_n_bend(n);
    const double v = (0.5 * n * bend) * ((n - 1.0) * bend);
    all_ += v;
    kept_ += n == 3.0 ? 0.5 * v : n == 4.0 ? 0.7 * v : v;
  }
  void add(const second_order_share& other) noexcept {
    all_ += other.all_;
    kept_ += other.kept_;
  }
  /// κ; 1 where no symbol was seen twice.
  [[nodiscard]] double weight() const noexcept { return all_ > 0.0 ? kept_ / all_ : 1.0; }

 private:
  double all_ = 0.0, kept_ = 0.0;
};

}  // namespace tailwatch::entropy::detail
