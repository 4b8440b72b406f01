// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/detail/exact_sum.hpp"

namespace tailwatch::monitor {

/// Log-probabilities of the sampled tokens, one entry per token. What a trainer does not have it leaves empty; all that
/// is given has the length of `policy`.
template <std::floating_point Real = float>
struct policy_batch {
  std::span<const Real> policy = {};        ///< ln π(token), the policy that is trained
  std::span<const Real> old = {};           ///< ln π_old(token), the policy that sampled: for clip fractions
  std::span<const Real> reference = {};     ///< ln π_ref(token): for the divergence
  std::span<const Real> advantages = {};    ///< of each token: for which side is clipped
  std::span<const std::uint8_t> mask = {};  ///< 0 = leave the token out
};

/// A sum of per-token values: mean and standard error as if tokens were independent.
class token_mean {
 public:
  void add(double x) noexcept {
    sum_.add(x);
    squares_.add(x * x);
    ++count_;
  }
  void merge(const token_mean& other) noexcept {
    sum_.merge(other.sum_);
    squares_.merge(other.squares_);
    count_ += other.count_;
  }
  [[nodiscard]] estimate mean() const noexcept {
    if (count_ == 0) return {};
    const auto n = static_cast<double>(count_);
    const double m = sum_.value() / n;
    if (count_ < 2) return {m, core::nan, count_};
    const double variance = (squares_.value() - n * m * m) / (n - 1.0);
    return {m, std::sqrt(variance > 0.0 ? variance / n : 0.0), count_};
  }
  void save_fields(core::output_archive& out) const {
    out.u64(count_);
    sum_.save_fields(out);
    squares_.save_fields(out);
  }
  void load_fields(core::input_archive& in) {
    count_ = in.u64();
    sum_.load_fields(in);
    squares_.load_fields(in);
  }

 private:
  detail::exact_sum sum_, squares_;
  std::uint64_t count_ = 0;
};

/// How far a policy of one block stands from its reference and from the policy that sampled.
///
///   r = ln π_ref − ln π     k1 = −r     k2 = r²/2     k3 = e^r − 1 − r
///
/// The means of k1 and k3 estimate KL(π‖π_ref) without bias where tokens are drawn from π; k3 is never negative and
/// varies less; k2 is biased and varies least. With ρ = π/π_old and advantage A: clipped low where ρ < 1 − clip_low and
/// A < 0, high where ρ > 1 + clip_high and A > 0, region where either.
/// @see J. Schulman (2020), Approximating KL Divergence; Z. Shao et al. (2024), arXiv:2402.03300; J. Schulman et al.
///      (2017), arXiv:1707.06347
class block_policy {
 public:
  block_policy() = default;
  block_policy(double clip_low, double clip_high) : clip_low_(clip_low), clip_high_(clip_high) {}

  /// False, and nothing changed, for spans of different lengths.
  template <std::floating_point Real>
  [[nodiscard]] bool update(const policy_batch<Real>& b) noexcept {
    const std::size_t n = b.policy.size();
    for (const std::size_t size : {b.old.size(), b.reference.size(), b.advantages.size(), b.mask.size()})
      if (size != 0 && size != n) return false;
    for (std::size_t i = 0; i < n; ++i) {
      if (!b.mask.empty() && b.mask[i] == 0) {
        ++masked_;
        continue;
      }
      ++tokens_;
      const auto policy = static_cast<double>(b.policy[i]);
      if (!b.reference.empty()) {
        const double r = static_cast<double>(b.reference[i]) - policy;
        const double k3 = std::expm1(r) - r;
        if (core::is_finite(r) && core::is_finite(k3)) {
          k_[0].add(-r);
          k_[1].add(0.5 * r * r);
          k_[2].add(k3);
        } else {
          ++rejected_;
        }
      }
      if (b.old.empty()) continue;
      const double ratio = std::exp(policy - static_cast<double>(b.old[i]));
      const double advantage = b.advantages.empty() ? core::nan : static_cast<double>(b.advantages[i]);
      if (!core::is_finite(ratio) || (!b.advantages.empty() && !core::is_finite(advantage))) {
        ++rejected_;
        continue;
      }
      // Without advantages the side is unknown: a ratio outside either border counts.
      const bool low = ratio < 1.0 - clip_low_ && (b.advantages.empty() || advantage < 0.0);
      const bool high = ratio > 1.0 + clip_high_ && (b.advantages.empty() || advantage > 0.0);
      clip_[0].add(low ? 1.0 : 0.0);
      clip_[1].add(high ? 1.0 : 0.0);
      clip_[2].add(low || high ? 1.0 : 0.0);
    }
    return true;
  }
  void merge(const block_policy& other) noexcept {
    for (std::size_t j = 0; j < 3; ++j) {
      k_[j].merge(other.k_[j]);
      clip_[j].merge(other.clip_[j]);
    }
    tokens_ += other.tokens_;
    masked_ += other.masked_;
    rejected_ += other.rejected_;
  }
  void clear() noexcept { *this = block_policy(clip_low_, clip_high_); }

  /// Mean of k1, k2 or k3, j = 1, 2, 3; NaN without a reference policy.
  [[nodiscard]] estimate k(std::size_t j) const {
    core::check(j >= 1 && j <= 3, "monitor::block_policy::k", "j", j, "1, 2 or 3");
    return k_[j - 1].mean();
  }
  [[nodiscard]] estimate clipped_low() const noexcept { return clip_[0].mean(); }
  [[nodiscard]] estimate clipped_high() const noexcept { return clip_[1].mean(); }
  [[nodiscard]] estimate clipped_region() const noexcept { return clip_[2].mean(); }
  [[nodiscard]] std::uint64_t tokens() const noexcept { return tokens_; }
  [[nodiscard]] std::uint64_t masked() const noexcept { return masked_; }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }

  void save_fields(core::output_archive& out) const {
    for (const std::uint64_t x : {tokens_, masked_, rejected_}) out.u64(x);
    for (const token_mean& m : k_) m.save_fields(out);
    for (const token_mean& m : clip_) m.save_fields(out);
  }
  void load_fields(core::input_archive& in) {
    for (std::uint64_t* x : {&tokens_, &masked_, &rejected_}) *x = in.u64();
    for (token_mean& m : k_) m.load_fields(in);
    for (token_mean& m : clip_) m.load_fields(in);
  }

 private:
  double clip_low_ = 0.2, clip_high_ = 0.2;
  token_mean k_[3], clip_[3];
  std::uint64_t tokens_ = 0, masked_ = 0, rejected_ = 0;
};

}  // namespace tailwatch::monitor
