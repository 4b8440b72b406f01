// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/alert.hpp"
#include "tailwatch/monitor/bets.hpp"
#include "tailwatch/monitor/confidence_sequence.hpp"
#include "tailwatch/monitor/detail/guarded.hpp"
#include "tailwatch/monitor/detail/recent_values.hpp"
#include "tailwatch/monitor/detail/reserved_vector.hpp"
#include "tailwatch/monitor/detail/sink_handle.hpp"
#include "tailwatch/monitor/shiryaev_mixture.hpp"
#include "tailwatch/monitor/signal.hpp"

namespace tailwatch::monitor {

struct collapse_monitor_options {
  double alpha = 0.05;       ///< P(any false alarm, ever), baseline and monitoring together
  double alpha_base = 0.01;  ///< the part of alpha spent on the baselines' bounds
  std::vector<double> bet_strengths{default_strengths.begin(), default_strengths.end()};
  std::size_t max_blocks_per_step = 256;  ///< values kept per signal between steps; more are dropped and counted
  std::size_t recent_blocks = 32;         ///< blocks behind an alert's estimate and kind
  action on_alert = action::warn;
  kind_thresholds kinds = {};
};

/// Watches named signals against their baselines and alarms with a bounded chance of ever being wrong.
///
/// Each signal has one value per block of data. Per step, values are handed in by `observe` (any order of signals,
/// blocks in order within a signal) and judged by `on_step_end`, block by block: the i-th values of all signals belong
/// to the same block, and α is compared only when all of them are in.
///
/// Every (signal, baseline, direction) is a one-sided null with a Shiryaev-mixture e-process eⱼ and a share wⱼ of α,
/// Σ wⱼ = 1. Its bound m₀ is taken at level α_base·wⱼ. With α_m = α − α_base:
///
///   family alarm      Σ wⱼeⱼ ≥ 1/α_m
///   signal j alarms   Σ_{i∈T} wᵢeᵢ / Σ_{i∈T} wᵢ ≥ 1/α_m for every set T that holds j, that is
///                     wⱼ(eⱼ − 1/α_m) ≥ Σ_{i: eᵢ < 1/α_m} wᵢ(1/α_m − eᵢ)
///
/// The average of e-processes is one under any dependence between signals, so the first has chance ≤ α_m while all
/// nulls hold; the second is the closure of that test, so the chance that *any* true null ever alarms is ≤ α_m whatever
/// the others do. Together with the bounds: P(any false alarm, ever) ≤ α_base + α_m = α. Each null alarms once a run.
///
/// What it rests on: the premises of `baseline`, and that a block's conditional mean given all earlier blocks stays
/// inside the null while nothing is wrong. Blocks cut from shuffled text satisfy it; raw autocorrelated values do not
/// (docs/monitor.md). Values that are NaN or infinite are skipped and counted, and must not be so *because* of what
/// they would have been.
///
/// All on_* members are noexcept. Memory is reserved by the constructor: signals × max_blocks_per_step doubles and
/// small change.
/// @complexity  O(nulls × bets) per block
/// @see         V. Vovk, R. Wang (2021), Annals of Statistics 49, 1736–1754 (averaging and closure of e-values)
/// @example     examples/monitor/collapse_monitor.cpp
class collapse_monitor {
 public:
  /// @throws std::invalid_argument  unless 0 < alpha_base < alpha < 1, and for a signal without a name or baseline, two
  ///         of one name, a weight ≤ 0, a negative tolerance, no room for blocks, or bad bets
  explicit collapse_monitor(std::vector<signal> signals, collapse_monitor_options options = {})
      : options_(std::move(options)) {
    constexpr std::string_view function = "monitor::collapse_monitor";
    core::check_open_interval(function, "alpha", options_.alpha, 0.0, 1.0);
    core::check_open_interval(function, "alpha_base", options_.alpha_base, 0.0, options_.alpha);
    core::check_at_least(function, "max_blocks_per_step", options_.max_blocks_per_step, std::size_t{1});
    core::check_at_least(function, "recent_blocks", options_.recent_blocks, std::size_t{2});
    double total = 0.0;
    for (const signal& s : signals) {
      core::check(!s.name.empty(), function, "signal name", std::string_view(s.name), "not empty");
      core::check(index(s.name) == npos, function, "signal name", std::string_view(s.name), "used once");
      core::check(!s.baselines.empty(), function, "baselines", s.baselines.size(), "at least one");
      core::check_positive(function, "weight", s.weight);
      total += s.weight;
      signals_.push_back({s.name, s.role, pending_values(options_.max_blocks_per_step),
                          detail::recent_values(options_.recent_blocks)});
    }
    for (std::size_t i = 0; i < signals.size(); ++i) add_nulls(i, signals[i], signals[i].weight / total);
    double judged = 0.0;
    for (const null_process& n : nulls_) judged += n.weight;
    for (null_process& n : nulls_) n.weight /= judged;
    hash_ = hash_of_parameters();
    alerts_.reserve(nulls_.size() + 1);
    supporting_.reserve((nulls_.size() + 1) * nulls_.size());
    text_.reserve(1024);
  }

  /// Records go to `sink` as well, which must outlive the monitor. Metric records: each signal's mean over the step;
  /// the family's ln e as "monitor/log_e_value"; then the alerts.
  template <receives_records Sink>
  void attach(Sink& sink) {
    sinks_.emplace_back(sink);
  }

  static constexpr std::size_t npos = std::numeric_limits<std::size_t>::max();
  /// The signal's place in the constructor's list, npos where there is none of that name.
  [[nodiscard]] std::size_t index(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < signals_.size(); ++i)
      if (signals_[i].name == name) return i;
    return npos;
  }

  /// One block's value of one signal, in order of blocks. NaN and infinity keep the block's place and are counted in
  /// screened(); an unknown signal or a block beyond max_blocks_per_step is counted in dropped().
  void observe(std::size_t signal, double value) noexcept {
    if (signal >= signals_.size() || signals_[signal].pending.size() >= options_.max_blocks_per_step) {
      ++dropped_;
      return;
    }
    if (!core::is_finite(value)) ++screened_;
    signals_[signal].pending.push_back(value);
  }
  void observe(std::string_view name, double value) noexcept { observe(index(name), value); }

  /// Judges the values since the last step. The span is valid until the next call; steps must increase, else the step's
  /// values are dropped and counted, and nothing is judged.
  std::span<const alert> on_step_end(std::uint64_t step) noexcept {
    alerts_.clear();
    supporting_.clear();
    requested_ = action::none;
    std::size_t blocks = 0;
    for (const watched& s : signals_) blocks = std::max(blocks, s.pending.size());
    if (started_ && step <= last_step_) {
      discard_pending();
      ++out_of_order_;
      return alerts_;
    }
    started_ = true;
    last_step_ = step;
    for (std::size_t block = 0; block < blocks; ++block) {
      for (watched& s : signals_)
        if (block < s.pending.size() && core::is_finite(s.pending[block])) s.recent.push(s.pending[block]);
      for (null_process& n : nulls_) {
        const auto& pending = signals_[n.signal].pending;
        if (block >= pending.size() || !core::is_finite(pending[block])) continue;
        const double x = n.null.map(pending[block]);
        static_cast<void>(n.detector.try_update(x));
        static_cast<void>(n.interval.try_update(x));
      }
      judge(step, block);
    }
    if (!alerts_.empty()) requested_ = options_.on_alert;
    report(step);
    for (watched& s : signals_) s.pending.clear();
    return alerts_;
  }

  /// Begins a run: tells the sinks each null: signal, baseline and direction, the baseline's mean as the value and the
  /// bound m₀ as null_mean, NaN for a null that could not be formed.
  void on_train_begin() noexcept {
    for (const null_process& n : nulls_) announce({n.signal, n.label, n.null.direction}, n.baseline_mean, n.bound());
    for (const idle_null& n : idle_) announce({n.signal, n.label, n.direction}, core::nan, core::nan);
  }
  /// Ends a generation (a round of recursive training): intervals and recent means start again, e-processes go on.
  void on_generation_end() noexcept {
    ++generation_;
    for (watched& s : signals_) s.recent.clear();
    for (null_process& n : nulls_) n.interval.reset(interval_alpha());
  }
  /// Ends a run: values after the last on_step_end were never judged and are counted in dropped().
  void on_train_end() noexcept { discard_pending(); }
  /// Bytes of `save`; false, and `out` untouched, where memory ran out.
  [[nodiscard]] bool on_save(std::vector<std::byte>& out) const noexcept {
    return detail::guarded([&] { out = core::to_bytes(*this); });
  }
  /// The monitor as saved; false, and nothing changed, where the bytes are damaged or of another monitor.
  [[nodiscard]] bool on_load(std::span<const std::byte> bytes) noexcept {
    return detail::guarded([&] { core::from_bytes(bytes, *this); });
  }

  /// What the latest on_step_end asks for: `on_alert` where it returned an alert.
  [[nodiscard]] action requested_action() const noexcept { return requested_; }
  /// ln Σ wⱼeⱼ.
  [[nodiscard]] double log_e_value() const noexcept {
    double sum = -core::infinity;
    for (const null_process& n : nulls_) sum = detail::log_add(sum, std::log(n.weight) + n.detector.log_value());
    return sum;
  }
  /// ln e of one null; NaN where there is none.
  [[nodiscard]] double log_e_value(std::string_view signal, std::string_view baseline,
                                   collapse_direction direction) const noexcept {
    for (const null_process& n : nulls_)
      if (signals_[n.signal].name == signal && n.label == baseline && n.null.direction == direction)
        return n.detector.log_value();
    return core::nan;
  }
  /// The kind that the recent blocks of all signals against this baseline look like, alarm or not.
  [[nodiscard]] collapse_kind kind(std::string_view baseline) const noexcept {
    return classify(moves_against(baseline, nullptr), options_.kinds);
  }
  /// Mean of a signal's recent blocks; NaN for an unknown signal or before its first value.
  [[nodiscard]] estimate recent(std::string_view signal) const noexcept {
    const std::size_t i = index(signal);
    return i == npos ? estimate{} : signals_[i].recent.mean();
  }

  /// Whether anything has alarmed in this run.
  [[nodiscard]] bool alarmed() const noexcept { return family_alarmed_; }
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
  /// One-sided nulls that are judged.
  [[nodiscard]] std::size_t nulls() const noexcept { return nulls_.size(); }
  /// One-sided nulls that could not be formed (no spread, too few parts with values); their share of α_m goes to the
  /// others.
  [[nodiscard]] std::size_t unusable() const noexcept { return idle_.size(); }
  /// Values not kept (unknown signal, full, step out of order, unjudged at the end) and records a sink did not take.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  /// Values that were NaN or infinite.
  [[nodiscard]] std::uint64_t screened() const noexcept { return screened_; }
  /// Calls of on_step_end whose step did not increase.
  [[nodiscard]] std::uint64_t out_of_order() const noexcept { return out_of_order_; }
  [[nodiscard]] std::uint64_t parameters() const noexcept { return hash_; }
  [[nodiscard]] const collapse_monitor_options& options() const noexcept { return options_; }

  void save(core::output_archive& out) const;
  void load(core::input_archive& in);

 private:
  using pending_values = detail::reserved_vector<double, detail::on_copy::contents>;
  struct watched {
    std::string name;
    signal_role role;
    pending_values pending;
    detail::recent_values recent;
  };
  struct null_process {
    std::size_t signal;
    std::string label;
    one_sided_null null;
    double weight;
    double baseline_mean, block_deviation, level_standard_error;
    shiryaev_mixture detector;
    predictable_mixture interval;
    bool alerted = false;

    /// m₀ in units of the signal.
    [[nodiscard]] double bound() const noexcept { return null.unmap(null.mean); }
  };
  struct null_name {
    std::size_t signal;
    std::string_view label;
    collapse_direction direction;
  };
  struct idle_null {
    std::size_t signal;
    std::string label;
    collapse_direction direction;
  };

  void add_nulls(std::size_t i, const signal& s, double share);
  void judge(std::uint64_t step, std::uint64_t block) noexcept;
  void raise(std::size_t j, std::uint64_t step, std::uint64_t block, bool certified) noexcept;
  void report(std::uint64_t step) noexcept;
  void announce(const null_name& null, double baseline_mean, double bound) noexcept {
    for (const detail::sink_handle& sink : sinks_)
      dropped_ += sink.bound(signals_[null.signal].name, null.label, null.direction, baseline_mean, bound) ? 0U : 1U;
  }
  role_moves moves_against(std::string_view baseline, alert* strongest) const noexcept;
  [[nodiscard]] std::uint64_t hash_of_parameters() const noexcept;

  void discard_pending() noexcept {
    for (watched& s : signals_) {
      dropped_ += s.pending.size();
      s.pending.clear();
    }
  }
  /// α/(g(g+1)) for the g-th generation, which sums to α over all of them.
  [[nodiscard]] double interval_alpha() const noexcept {
    const auto g = static_cast<double>(generation_) + 1.0;
    return options_.alpha / (g * (g + 1.0));
  }

  collapse_monitor_options options_;
  std::vector<watched> signals_;
  std::vector<null_process> nulls_;
  std::vector<detail::sink_handle> sinks_;
  std::vector<idle_null> idle_;
  detail::reserved_vector<alert, detail::on_copy::room_only> alerts_;
  detail::reserved_vector<supporting_signal, detail::on_copy::room_only> supporting_;
  std::string text_;
  std::uint64_t hash_ = 0, last_step_ = 0, generation_ = 0, dropped_ = 0, screened_ = 0, out_of_order_ = 0;
  action requested_ = action::none;
  bool started_ = false, family_alarmed_ = false;
};

}  // namespace tailwatch::monitor

#include "tailwatch/monitor/detail/collapse_monitor_members.hpp"
