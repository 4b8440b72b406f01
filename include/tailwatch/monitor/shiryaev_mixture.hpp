// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/bets.hpp"
#include "tailwatch/monitor/ordered_block.hpp"

namespace tailwatch::monitor {

/// Shiryaev-mixture e-process: P(any false alarm, ever) ≤ α.
///
///   S_t = (S_{t−1} + 1/(t(t+1)))·L_t     M_t = meanₖ S_t⁽ᵏ⁾ + 1/(t+1)     L = 1 + λₖ(x/m − 1)     alarm at M_t ≥ 1/α
///
/// The prior over the first changed observation is 1/(t(t+1)); 1/(t+1) of it lies ahead after t. With every bet λ > 0,
/// M is a supermartingale with M₀ = 1 while the conditional mean of each x in [0, 1] given the past is at most m (with
/// every λ < 0: at least m), so Ville's inequality bounds the chance of ever reaching 1/α by α. Nothing is asked of
/// independence or variance. Positive autocorrelation does break the premise: feed means over blocks.
///
/// Epochs: where a change is likelier at known moments, such as the beginning of a generation, `epoch_share` of the prior's mass
/// is set on the first observations of epochs, 1/(e(e+1)) on that of the e-th, and the rest spread as above. `begin_epoch` says
/// before an observation that it begins one. The weights are known beforehand and sum to 1, so M stays a supermartingale
/// from 1; a change at the beginning of the e-th epoch costs ln(e(e + 1)/share) in place of ln(t(t + 1)).
///
/// S is held as a mantissa and a power of two per bet: an update costs one multiply-add per bet and no transcendental,
/// and neither a strong change (e⁷⁰⁹ and on) nor a long quiet run leaves the range; one logarithm gives ln M.
/// @complexity  O(K) per update, O(1) per value, 24 bytes per bet
/// @see         A. N. Shiryaev (1963), Theory of Probability and its Applications 8, 22–46; J. Shin, A. Ramdas,
///              A. Rinaldo (2024), New England Journal of Statistics in Data Science 2, 229–260
/// @example     examples/monitor/change_detectors.cpp
class shiryaev_mixture {
 public:
  /// @throws std::invalid_argument  unless 0 < null_mean < 1, every bet is in (m/(m−1), 1) and not 0, and 0 ≤ epoch_share ≤ 1
  shiryaev_mixture(double null_mean, std::span<const double> bets, double epoch_share = 0.0)
      : null_mean_(null_mean), epoch_share_(epoch_share) {
    core::check_closed_interval("monitor::shiryaev_mixture", "epoch_share", epoch_share, 0.0, 1.0);
    detail::check_bets("monitor::shiryaev_mixture", increment::bounded, null_mean, bets);
    bets_.assign(bets.begin(), bets.end());
    mixture_.resize(bets_.size());
  }
  /// The default bets on a rise above, a fall below `null_mean`, or on both.
  shiryaev_mixture(double null_mean, collapse_direction direction)
      : shiryaev_mixture(null_mean, std::span<const double>(bets_on(direction, null_mean))) {}

  /// @throws std::invalid_argument  for x outside [0, 1] or NaN; the state is left as it was
  void update(double x) {
    detail::check_observation("monitor::shiryaev_mixture", increment::bounded, x);
    static_cast<void>(try_update(x));
  }
  /// The same without exceptions: false, and nothing changed, where x cannot be used.
  [[nodiscard]] bool try_update(double x) noexcept {
    if (!detail::admissible(increment::bounded, x)) return false;
    ++count_;
    const auto t = static_cast<double>(count_);
    double weight = (1.0 - epoch_share_) / (t * (t + 1.0));
    if (epoch_begins_ && epoch_share_ > 0.0) {
      const auto e = static_cast<double>(++epochs_);
      weight += epoch_share_ / (e * (e + 1.0));
    }
    epoch_begins_ = false;
    const double excess = x / null_mean_ - 1.0;
    for (std::size_t k = 0; k < bets_.size(); ++k) {
      scaled& s = mixture_[k];
      const double prior = s.exponent == 0 ? weight : std::ldexp(weight, static_cast<int>(-s.exponent));
      s.mantissa = (s.mantissa + prior) * (1.0 + bets_[k] * excess);
      s.normalise();
    }
    settle();
    return true;
  }

  /// The next observation begins an epoch; the first one always does. Without epoch_share it changes nothing.
  void begin_epoch() noexcept { epoch_begins_ = true; }

  /// The block's end value: exact. The running maximum inside the block depends on the state that enters it, so an
  /// alarm that the whole stream would have given within the block may come later here, never falsely.
  /// @param blocks  one per bet, cut from observation count() + 1 on (see `block`)
  /// @param length  observations in the block
  /// @throws std::invalid_argument  for another number of blocks than of bets, and with an epoch_share: a block does not know of
  ///         epochs
  void update_block(std::span<const ordered_block> blocks, std::uint64_t length) {
    core::check_same_size("monitor::shiryaev_mixture::update_block", "blocks", blocks.size(), "bets", bets_.size());
    core::check(epoch_share_ == 0.0, "monitor::shiryaev_mixture::update_block", "epoch_share", epoch_share_, "0");
    if (length == 0) return;
    for (std::size_t k = 0; k < bets_.size(); ++k) mixture_[k] = scaled::from_log(blocks[k].apply(mixture_[k].log()));
    count_ += length;
    settle();
  }

  /// The maps of x, one per bet, as the observations first + 1 ... of the whole stream: the weights need the global
  /// index.
  /// @throws std::invalid_argument  for an x outside [0, 1] or NaN
  [[nodiscard]] std::vector<ordered_block> block(std::span<const double> x, std::uint64_t first) const {
    std::vector<ordered_block> blocks(bets_.size());
    for (const double value : x) {
      detail::check_observation("monitor::shiryaev_mixture::block", increment::bounded, value);
      const auto t = static_cast<double>(++first);
      const double log_weight = -std::log(t) - std::log1p(t);
      for (std::size_t k = 0; k < bets_.size(); ++k) {
        const double log_l = detail::log_increment(increment::bounded, null_mean_, bets_[k], value);
        blocks[k] = blocks[k].then({log_l, log_weight + log_l});
      }
    }
    return blocks;
  }

  /// ln M_t; 0 before the first observation.
  [[nodiscard]] double log_value() const noexcept { return log_value_; }
  /// max over t of ln M_t, 0 at the start: what decides an alarm.
  [[nodiscard]] double log_maximum() const noexcept { return log_maximum_; }
  /// Whether M ever reached 1/alpha. The guarantee is for one alpha, chosen beforehand, and is spent by the first
  /// alarm.
  /// @throws std::invalid_argument  unless 0 < alpha < 1
  [[nodiscard]] bool alarmed(double alpha) const {
    core::check_open_interval("monitor::shiryaev_mixture::alarmed", "alpha", alpha, 0.0, 1.0);
    return log_maximum_ >= -std::log(alpha);
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] double null_mean() const noexcept { return null_mean_; }
  [[nodiscard]] std::span<const double> bets() const noexcept { return bets_; }

  /// Back to t = 0: a new run with a new alpha.
  void reset() noexcept {
    for (scaled& s : mixture_) s = {};
    count_ = 0;
    epochs_ = 0;
    epoch_begins_ = true;
    log_value_ = 0.0;
    log_maximum_ = 0.0;
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    core::parameter_hash hash;
    hash.add("shiryaev_mixture").add(null_mean_);
    for (const double bet : bets_) hash.add(bet);
    if (epoch_share_ > 0.0) hash.add(epoch_share_);
    return hash.value();
  }
  void save(core::output_archive& out) const {
    out.begin({core::state_family::shiryaev_mixture, parameters(), 0, 0, count_});
    out.f64(log_maximum_);
    for (const scaled& s : mixture_) {
      out.f64(s.mantissa);
      out.i64(s.exponent);
    }
    if (epoch_share_ > 0.0) {
      out.u64(epochs_);
      out.u8(epoch_begins_ ? 1 : 0);
    }
    out.end();
  }
  void load(core::input_archive& in) {
    const auto header = in.open({core::state_family::shiryaev_mixture, parameters(), 0, 0, 0});
    const double log_maximum = in.f64();
    std::vector<scaled> mixture(mixture_.size());
    bool sound = core::is_finite(log_maximum) && log_maximum >= 0.0;
    for (scaled& s : mixture) {
      s.mantissa = in.f64();
      s.exponent = in.i64();
      sound = sound && s.possible();
    }
    std::uint64_t epochs = 0;
    bool begins = header.count == 0;
    if (epoch_share_ > 0.0) {
      epochs = in.u64();
      begins = in.u8() != 0;
      sound = sound && epochs <= header.count && (header.count == 0) == (epochs == 0);
    }
    if (!sound) core::detail::archive_failure("a mixture that no observations lead to");
    in.close();
    count_ = header.count;
    epochs_ = epochs;
    epoch_begins_ = begins;
    log_maximum_ = log_maximum;
    mixture_ = std::move(mixture);
    log_value_ = count_ == 0 ? 0.0 : worked_out();
  }

  friend bool operator==(const shiryaev_mixture&, const shiryaev_mixture&) = default;

 private:
  static constexpr double ln2 = 0.69314718055994530942;

  /// mantissa·2^exponent, exponent a multiple of 256 and never negative: S ≥ L/(t(t+1)) cannot underflow by itself.
  struct scaled {
    double mantissa = 0.0;
    std::int64_t exponent = 0;

    void normalise() noexcept {
      if (mantissa > 0x1p256) {
        mantissa *= 0x1p-256;
        exponent += 256;
      } else if (exponent > 0 && mantissa < 0x1p-256) {
        mantissa *= 0x1p256;
        exponent -= 256;
      }
    }
    [[nodiscard]] bool possible() const noexcept {
      return core::is_finite(mantissa) && mantissa >= (exponent > 0 ? 0x1p-256 : 0.0) && mantissa <= 0x1p256 &&
             exponent >= 0 && exponent % 256 == 0 && exponent <= std::int64_t{1} << 30U;
    }
    [[nodiscard]] double log() const noexcept {
      return mantissa > 0.0 ? std::log(mantissa) + static_cast<double>(exponent) * ln2 : -core::infinity;
    }
    [[nodiscard]] static scaled from_log(double log_s) noexcept {
      if (!core::is_finite(log_s)) return {};
      const double steps = log_s > 0.0 ? std::floor(log_s / (256.0 * ln2)) : 0.0;
      return {std::exp(log_s - steps * 256.0 * ln2), static_cast<std::int64_t>(steps) * 256};
    }
    friend bool operator==(const scaled&, const scaled&) = default;
  };

  [[nodiscard]] double worked_out() const noexcept {
    std::int64_t top = 0;
    for (const scaled& s : mixture_)
      if (s.exponent > top) top = s.exponent;
    double sum = 0.0;
    for (const scaled& s : mixture_)
      sum += s.exponent == top ? s.mantissa : std::ldexp(s.mantissa, static_cast<int>(s.exponent - top));
    sum /= static_cast<double>(mixture_.size());
    double ahead = (1.0 - epoch_share_) / (static_cast<double>(count_) + 1.0);
    if (epoch_share_ > 0.0) ahead += epoch_share_ / (static_cast<double>(epochs_) + 1.0);
    sum += top == 0 ? ahead : std::ldexp(ahead, static_cast<int>(-top));
    return std::log(sum) + static_cast<double>(top) * ln2;
  }
  void settle() noexcept {
    log_value_ = worked_out();
    if (log_value_ > log_maximum_) log_maximum_ = log_value_;
  }

  double null_mean_, epoch_share_ = 0.0;
  std::vector<double> bets_;
  std::vector<scaled> mixture_;
  std::uint64_t count_ = 0, epochs_ = 0;
  bool epoch_begins_ = true;
  double log_value_ = 0.0;
  double log_maximum_ = 0.0;
};

}  // namespace tailwatch::monitor
