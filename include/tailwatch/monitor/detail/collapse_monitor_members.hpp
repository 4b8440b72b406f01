// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/monitor/collapse_monitor.hpp"

/// The longer members of collapse_monitor.
namespace tailwatch::monitor {

inline void collapse_monitor::add_nulls(std::size_t i, const signal& s, double share) {
  constexpr std::string_view function = "monitor::collapse_monitor";
  core::check_not_negative(function, "tolerance", s.tolerance);
  core::check_not_negative(function, "relative_tolerance", s.relative_tolerance);
  const std::size_t sides = s.direction == collapse_direction::either ? 2 : 1;
  const double weight = share / static_cast<double>(sides * s.baselines.size());
  for (const labelled_baseline& b : s.baselines) {
    core::check(!b.label.empty(), function, "baseline label", std::string_view(b.label), "not empty");
    for (const collapse_direction side : {collapse_direction::falls, collapse_direction::rises}) {
      if (s.direction != collapse_direction::either && s.direction != side) continue;
      const double tolerance = s.tolerance + (b.data.usable() ? s.relative_tolerance * std::abs(b.data.mean()) : 0.0);
      const one_sided_null null = b.data.null(side, options_.alpha_base * weight, tolerance);
      if (!null.usable()) {
        idle_.push_back({i, b.label, side});
        continue;
      }
      const std::vector<double> bets = bets_on(side, null.mean, options_.bet_strengths);
      nulls_.push_back({i, b.label, null, weight, b.data.mean(), b.data.block_deviation(),
                        b.data.level_standard_error(), shiryaev_mixture(null.mean, std::span<const double>(bets)),
                        predictable_mixture({.alpha = interval_alpha()}), false});
    }
  }
}

inline void collapse_monitor::judge(std::uint64_t step, std::uint64_t block) noexcept {
  const double bar = 1.0 / (options_.alpha - options_.alpha_base);
  const auto e_value = [](const null_process& n) { return std::exp(std::min(n.detector.log_value(), 600.0)); };
  double missing = 0.0;  // Σ wᵢ(1/α − eᵢ) over those below the bar
  double surplus = 0.0;
  std::size_t heaviest = npos;
  double most = 0.0;
  for (std::size_t j = 0; j < nulls_.size(); ++j) {
    const double e = e_value(nulls_[j]);
    (e < bar ? missing : surplus) += nulls_[j].weight * std::abs(bar - e);
    if (nulls_[j].weight * e > most) {
      most = nulls_[j].weight * e;
      heaviest = j;
    }
  }
  if (heaviest == npos || surplus < missing) return;
  const bool first = !family_alarmed_;
  bool raised = false;
  family_alarmed_ = true;
  for (std::size_t j = 0; j < nulls_.size(); ++j) {
    const double e = e_value(nulls_[j]);
    if (nulls_[j].alerted || e < bar || nulls_[j].weight * (e - bar) < missing) continue;
    raise(j, step, block, true);
    raised = true;
  }
  if (first && !raised) raise(heaviest, step, block, false);
}

inline void collapse_monitor::raise(std::size_t j, std::uint64_t step, std::uint64_t block, bool certified) noexcept {
  null_process& n = nulls_[j];
  n.alerted = true;
  alert a;
  a.signal = signals_[n.signal].name;
  a.baseline = n.label;
  a.direction = n.null.direction;
  a.step = step;
  a.generation = generation_;
  a.block = block;
  a.recent = signals_[n.signal].recent.mean();
  a.baseline_mean = n.baseline_mean;
  a.null_mean = n.bound();
  a.log_e_value = n.detector.log_value();
  a.family_log_e_value = log_e_value();
  const interval mapped = n.interval.value();
  a.anytime = {n.null.unmap(mapped.lower), n.null.unmap(mapped.upper), mapped.level};
  a.certified = certified;
  a.kind = classify(moves_against(n.label, &a), options_.kinds);
  const std::size_t begin = supporting_.size();
  const double own_bar = -std::log(options_.alpha - options_.alpha_base);
  for (std::size_t i = 0; i < nulls_.size(); ++i)
    if (i != j && nulls_[i].detector.log_value() >= own_bar)
      supporting_.push_back(
          {signals_[nulls_[i].signal].name, nulls_[i].label, nulls_[i].null.direction, nulls_[i].detector.log_value()});
  a.supporting = std::span<const supporting_signal>(supporting_).subspan(begin);
  alerts_.push_back(a);
}

inline role_moves collapse_monitor::moves_against(std::string_view baseline, alert* strongest) const noexcept {
  role_moves moves;
  std::size_t seen = npos;
  for (const null_process& n : nulls_) {
    if (n.label != baseline || n.signal == seen) continue;  // the two sides of one signal lie next to each other
    seen = n.signal;
    const watched& s = signals_[n.signal];
    if (s.role == signal_role::other || s.recent.size() == 0) continue;
    const double block_error = n.block_deviation / std::sqrt(static_cast<double>(s.recent.size()));
    const double z = (s.recent.mean().value - n.baseline_mean) / std::hypot(block_error, n.level_standard_error);
    moves.add(s.role, z);
    if (strongest == nullptr || std::abs(z) < options_.kinds.supporting) continue;
    signal_move move{s.name, s.role, z};
    for (std::size_t i = 0; i < strongest->move_count; ++i)
      if (std::abs(move.z) > std::abs(strongest->moves[i].z)) std::swap(move, strongest->moves[i]);
    if (strongest->move_count < strongest->moves.size()) strongest->moves[strongest->move_count++] = move;
  }
  return moves;
}

inline void collapse_monitor::report(std::uint64_t step) noexcept {
  if (sinks_.empty()) return;
  const auto count_failures = [this](auto&& write) {
    for (const detail::sink_handle& sink : sinks_) dropped_ += write(sink) ? 0U : 1U;
  };
  for (const watched& s : signals_) {
    if (s.pending.empty()) continue;
    const estimate e = detail::mean_of_finite(s.pending);
    count_failures([&](const detail::sink_handle& sink) { return sink.metric(step, generation_, s.name, e); });
  }
  const estimate family{log_e_value(), core::nan, nulls_.size()};
  count_failures(
      [&](const detail::sink_handle& sink) { return sink.metric(step, generation_, "monitor/log_e_value", family); });
  for (const alert& a : alerts_) {
    text_.clear();
    if (!detail::guarded([&] { text_ = describe(a); })) ++dropped_;
    count_failures([&](const detail::sink_handle& sink) { return sink.raise(a, text_); });
  }
}

inline std::uint64_t collapse_monitor::hash_of_parameters() const noexcept {
  core::parameter_hash hash;
  hash.add("collapse_monitor").add(options_.alpha).add(options_.alpha_base);
  hash.add(std::uint64_t{options_.max_blocks_per_step}).add(std::uint64_t{options_.recent_blocks});
  for (const double strength : options_.bet_strengths) hash.add(strength);
  for (const watched& s : signals_) hash.add(std::string_view(s.name)).add(static_cast<std::uint64_t>(s.role));
  for (const null_process& n : nulls_) {
    hash.add(std::uint64_t{n.signal}).add(std::string_view(n.label)).add(n.weight);
    hash.add(static_cast<std::uint64_t>(n.null.direction));
  }
  return hash.value();
}

namespace detail {

/// Whether two nulls are the same baseline's, worked out by different builds: the map's ends and the bound come from
/// square roots and quantiles whose last bits depend on compiler and instruction set.
[[nodiscard]] inline bool same_but_for_rounding(const one_sided_null& a, const one_sided_null& b) noexcept {
  const double scale = std::abs(b.lower) + std::abs(b.upper);
  return a.usable() && core::is_finite(a.lower) && core::is_finite(a.upper) && a.lower < a.upper &&
         std::abs(a.lower - b.lower) <= 1e-9 * scale && std::abs(a.upper - b.upper) <= 1e-9 * scale &&
         std::abs(a.mean - b.mean) <= 1e-9;
}

}  // namespace detail

/// A null is saved with its numbers, and a run goes on with those it was begun with.
inline void collapse_monitor::save(core::output_archive& out) const {
  out.begin({core::state_family::collapse_monitor, hash_, 0, 0, last_step_});
  out.u8(static_cast<std::uint8_t>((started_ ? 1 : 0) | (family_alarmed_ ? 2 : 0)));
  for (const std::uint64_t x : {generation_, dropped_, screened_, out_of_order_}) out.u64(x);
  for (const watched& s : signals_) {
    out.u64(s.pending.size());
    for (const double x : s.pending) out.f64(x);
    s.recent.save_fields(out);
  }
  for (const null_process& n : nulls_) {
    out.u8(n.alerted ? 1 : 0);
    for (const double x : {n.null.lower, n.null.upper, n.null.mean}) out.f64(x);
    n.interval.save_fields(out);
    n.detector.save(out);
  }
  out.end();
}

inline void collapse_monitor::load(core::input_archive& in) {
  collapse_monitor loaded = *this;
  const auto header = in.open({core::state_family::collapse_monitor, hash_, 0, 0, 0});
  loaded.last_step_ = header.count;
  const std::uint8_t flags = in.u8();
  loaded.started_ = (flags & 1U) != 0;
  loaded.family_alarmed_ = (flags & 2U) != 0;
  for (std::uint64_t* x : {&loaded.generation_, &loaded.dropped_, &loaded.screened_, &loaded.out_of_order_})
    *x = in.u64();
  for (watched& s : loaded.signals_) {
    const std::size_t size = in.length(8);
    if (size > options_.max_blocks_per_step) core::detail::archive_failure("more values than max_blocks_per_step");
    s.pending.resize(size);
    for (double& x : s.pending) x = in.f64();
    s.recent.load_fields(in);
  }
  for (null_process& n : loaded.nulls_) {
    n.alerted = in.u8() != 0;
    one_sided_null saved = n.null;
    for (double* x : {&saved.lower, &saved.upper, &saved.mean}) *x = in.f64();
    if (!detail::same_but_for_rounding(saved, n.null))
      core::detail::archive_failure("the null of " + signals_[n.signal].name + " against " + n.label +
                                    " differs from the one that is loaded");
    if (!(saved == n.null)) {
      n.null = saved;
      n.detector = shiryaev_mixture(
          saved.mean, std::span<const double>(bets_on(saved.direction, saved.mean, options_.bet_strengths)));
    }
    n.interval.load_fields(in);
    n.detector.load(in);
  }
  in.close();
  loaded.alerts_.clear();
  loaded.supporting_.clear();
  *this = std::move(loaded);
}

}  // namespace tailwatch::monitor
