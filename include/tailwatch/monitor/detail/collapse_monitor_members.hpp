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
  const double weight = share / static_cast<double>(sides * std::max<std::size_t>(1, s.baselines.size()));
  if (s.baselines.empty()) {
    if (options_.warm_up_blocks == 0) {
      ++problem_count(problem::no_baseline);
      return;
    }
    watched& w = signals_[i];
    w.warm_up = detail::reserved_vector<double, detail::on_copy::contents>(options_.warm_up_blocks);
    w.tolerance = s.tolerance;
    w.relative_tolerance = s.relative_tolerance;
    for (const collapse_direction side : {collapse_direction::falls, collapse_direction::rises}) {
      if (s.direction != collapse_direction::either && s.direction != side) continue;
      null_process n{i,
                     std::string(warm_up_label),
                     {},
                     weight,
                     core::nan,
                     core::nan,
                     core::nan,
                     new_detector(0.5, side),
                     predictable_mixture({.alpha = interval_alpha()})};
      n.null.direction = side;
      n.learned = true;
      n.level = options_.alpha_base * weight;
      nulls_.push_back(std::move(n));
    }
    return;
  }
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
      nulls_.push_back({i, b.label, null, weight, b.data.mean(), b.data.block_deviation(),
                        b.data.level_standard_error(), new_detector(null.mean, side),
                        predictable_mixture({.alpha = interval_alpha()})});
    }
  }
}

/// The values of the signals that read hooks: text in blocks of its own size, everything else once the steps are full.
inline void collapse_monitor::close_blocks() noexcept {
  const std::size_t size = options_.gather.block_tokens;
  if (size != 0 && gathered_.wants(block_source::tokens)) {
    block_text& block = gathered_.tokens();
    const core::token_sequences& text = incoming_.sequences();
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::span<const std::uint32_t> rest = text[i];
      while (!rest.empty()) {
        const std::size_t taken = std::min(rest.size(), size - block.sequences().token_count());
        if (!detail::guarded([&] { block.add(rest.first(taken)); })) drops() += taken;
        rest = rest.subspan(taken);
        if (block.sequences().token_count() < size) continue;
        measure(block_source::tokens);
        block.clear();
      }
    }
    incoming_.clear();
  }
  if (++steps_in_block_ < options_.steps_per_block) return;
  steps_in_block_ = 0;
  for (std::size_t i = 0; i < block_sources; ++i) {
    const auto source = static_cast<block_source>(i);
    if (source == block_source::tokens && size != 0) continue;
    if (gathered_.holds(source)) measure(source);
    gathered_.clear(source);
  }
}

inline void collapse_monitor::measure(block_source source) noexcept {
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    if (signals_[i].source != source || !signals_[i].measure) continue;
    estimate value;
    if (!detail::guarded([&] { value = signals_[i].measure(gathered_); })) {
      ++problem_count(problem::failed);
      value = {};
    }
    push(i, value);
  }
  if (source == block_source::logits)
    sampling_error_ = {gathered_.logits().sampling_error(gathered_.logits().entropy()), core::nan,
                       gathered_.logits().rows()};
}

inline void collapse_monitor::judge_block(std::uint64_t step, std::size_t block) noexcept {
  for (watched& s : signals_)
    if (block < s.pending.size() && core::is_finite(s.pending[block].value)) {
      s.recent.push(s.pending[block].value);
      ++s.generation_blocks;
    }
  for (null_process& n : nulls_) {
    const auto& pending = signals_[n.signal].pending;
    if (!n.null.usable() || block >= pending.size() || !core::is_finite(pending[block].value)) continue;
    const double x = n.null.map(pending[block].value);
    static_cast<void>(n.detector.try_update(x));
    static_cast<void>(n.interval.try_update(x));
    if (!n.alerted) continue;
    const bool beyond = n.null.direction == collapse_direction::falls ? x < n.null.mean : x > n.null.mean;
    n.beyond = beyond ? n.beyond + 1 : 0;
    if (options_.patience != 0 && n.beyond == options_.patience) requested_ = options_.on_alert;
  }
  judge(step, block);
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    watched& s = signals_[i];
    if (s.warm_up.capacity() == 0 || s.warm_up.size() == options_.warm_up_blocks) continue;
    if (block >= s.pending.size() || !core::is_finite(s.pending[block].value)) continue;
    s.warm_up.push_back(s.pending[block].value);
    if (s.warm_up.size() == options_.warm_up_blocks) learn(i);
  }
}

/// Forms the nulls of a signal whose warm-up is complete. Until then e was 1, so starting now keeps the bound on α.
inline void collapse_monitor::learn(std::size_t signal) noexcept {
  const watched& s = signals_[signal];
  const bool formed = detail::guarded([&] {
    std::vector<std::vector<double>> parts(options_.warm_up_parts);
    for (std::size_t i = 0; i < s.warm_up.size(); ++i)
      parts[i * parts.size() / s.warm_up.size()].push_back(s.warm_up[i]);
    const baseline data(parts, options_.warm_up);
    const double tolerance = s.tolerance + s.relative_tolerance * std::abs(data.mean());
    for (null_process& n : nulls_) {
      if (n.signal != signal || !n.learned) continue;
      const one_sided_null null = data.null(n.null.direction, n.level, tolerance);
      if (!null.usable()) {
        ++problem_count(problem::no_null);
        continue;
      }
      n.detector = new_detector(null.mean, null.direction);
      n.null = null;
      n.baseline_mean = data.mean();
      n.block_deviation = data.block_deviation();
      n.level_standard_error = data.level_standard_error();
      announce({n.signal, n.label, n.null.direction}, n.baseline_mean, n.bound());
    }
  });
  if (!formed) ++problem_count(problem::failed);
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
    if (n.label != baseline || n.signal == seen || !n.null.usable())
      continue;  // the two sides of one signal lie next to each other
    seen = n.signal;
    const watched& s = signals_[n.signal];
    if (s.role == signal_role::other || s.recent.size() == 0) continue;
    const auto in_standard_errors = [&](double variance) {  // of the level, in block variances
      return (s.recent.mean().value - n.baseline_mean) /
             std::hypot(n.block_deviation * std::sqrt(variance), n.level_standard_error);
    };
    const double recent = 1.0 / static_cast<double>(s.recent.size());
    const double z = in_standard_errors(recent);
    moves.add(s.role, z, walks_when_resampled(s.role) ? in_standard_errors(recent + s.resampled) : z);
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
  const detail::record_moment at = moment(step);
  const auto metric = [&](std::string_view name, const estimate& e) {
    deliver([&](const detail::sink_handle& sink) { return sink.metric(at, name, e); });
  };
  for (const watched& s : signals_)
    if (!s.pending.empty())
      metric(s.name,
             s.pending.size() == 1 ? s.pending.front() : detail::mean_of_finite(std::span<const estimate>(s.pending)));
  metric("monitor/log_e_value", {log_e_value(), core::nan, nulls_.size()});
  if (sampling_error_.count != 0) metric("entropy/sampling_error", sampling_error_);
  sampling_error_ = {};
  if (options_.clock != nullptr) metric("monitor/seconds", {last_cost_, core::nan, 1});
  for (std::size_t p = 0; p < problems; ++p) {
    if (problem_counts_[p] == 0 || problem_told_[p]) continue;
    problem_told_[p] = true;
    metric(record_name(static_cast<problem>(p)),
           {static_cast<double>(problem_counts_[p]), core::nan, problem_counts_[p]});
  }
  for (const alert& a : alerts_) {
    text_.clear();
    if (!detail::guarded([&] { text_ = describe(a); })) ++drops();
    deliver([&](const detail::sink_handle& sink) { return sink.raise(at, a, text_); });
  }
}

inline std::uint64_t collapse_monitor::hash_of_parameters() const noexcept {
  core::parameter_hash hash;
  hash.add("collapse_monitor").add(options_.alpha).add(options_.alpha_base);
  hash.add(std::uint64_t{options_.max_blocks_per_step}).add(std::uint64_t{options_.recent_blocks});
  for (const double strength : options_.bet_strengths) hash.add(strength);
  if (options_.generation_share > 0.0) hash.add(options_.generation_share);
  if (options_.judged_share < 1.0) hash.add("judged_share").add(options_.judged_share);
  for (const std::size_t x : {options_.steps_per_block, options_.warm_up_blocks, options_.warm_up_parts})
    hash.add(std::uint64_t{x});
  const gathering_options& g = options_.gather;
  for (const std::size_t x : {g.block_tokens, g.max_tokens, g.max_sequences, g.max_sample_tokens, g.max_responses,
                              g.rows_per_call, g.max_rows, g.max_embeddings, g.max_rewards})
    hash.add(std::uint64_t{x});
  hash.add(g.vocabulary).add(g.clip_low).add(g.clip_high).add(g.seed);
  for (const double t : g.tail_thresholds) hash.add(t);
  if (!g.top_p.empty()) hash.add("top_p");
  for (const double p : g.top_p) hash.add(p);
  for (const watched& s : signals_)
    hash.add(std::string_view(s.name))
        .add(static_cast<std::uint64_t>(s.role))
        .add(static_cast<std::uint64_t>(s.source));
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
  out.u64(generation_);
  out.u64(steps_in_block_);
  for (const std::uint64_t x : problem_counts_) out.u64(x);
  for (const bool told : problem_told_) out.u8(told ? 1 : 0);
  for (const watched& s : signals_) {
    out.u64(s.pending.size());
    for (const estimate& e : s.pending) {
      out.f64(e.value);
      out.f64(e.standard_error);
      out.u64(e.count);
    }
    out.u64(s.warm_up.size());
    for (const double x : s.warm_up) out.f64(x);
    s.recent.save_fields(out);
    out.u64(s.generation_blocks);
    out.f64(s.resampled);
  }
  gathered_.save_fields(out);
  incoming_.save_fields(out);
  for (const null_process& n : nulls_) {
    out.u8(n.alerted ? 1 : 0);
    out.u64(n.beyond);
    for (const double x :
         {n.null.lower, n.null.upper, n.null.mean, n.baseline_mean, n.block_deviation, n.level_standard_error})
      out.f64(x);
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
  loaded.generation_ = in.u64();
  loaded.steps_in_block_ = in.u64();
  if (loaded.steps_in_block_ >= options_.steps_per_block) core::detail::archive_failure("a block of more steps");
  for (std::uint64_t& x : loaded.problem_counts_) x = in.u64();
  for (bool& told : loaded.problem_told_) told = in.u8() != 0;
  for (watched& s : loaded.signals_) {
    const std::size_t size = in.length(24);
    if (size > options_.max_blocks_per_step) core::detail::archive_failure("more values than max_blocks_per_step");
    s.pending.clear();
    for (std::size_t i = 0; i < size; ++i) {
      estimate e;
      e.value = in.f64();
      e.standard_error = in.f64();
      e.count = in.u64();
      s.pending.push_back(e);
    }
    const std::size_t learned = in.length(8);
    if (learned > s.warm_up.capacity()) core::detail::archive_failure("more values than warm_up_blocks");
    s.warm_up.clear();
    for (std::size_t i = 0; i < learned; ++i) s.warm_up.push_back(in.f64());
    s.recent.load_fields(in);
    s.generation_blocks = in.u64();
    s.resampled = in.f64();
    if (!core::is_finite(s.resampled) || s.resampled < 0.0)
      core::detail::archive_failure("a resampling error that no generations lead to");
  }
  loaded.gathered_.load_fields(in);
  loaded.incoming_.load_fields(in);
  for (null_process& n : loaded.nulls_) {
    n.alerted = in.u8() != 0;
    n.beyond = in.u64();
    one_sided_null saved = n.null;
    double mean = core::nan, deviation = core::nan, level_error = core::nan;
    for (double* x : {&saved.lower, &saved.upper, &saved.mean, &mean, &deviation, &level_error}) *x = in.f64();
    if (n.learned) {
      n.null = {.direction = n.null.direction, .lower = core::nan, .upper = core::nan, .mean = core::nan};
      n.detector = new_detector(0.5, n.null.direction);
      n.baseline_mean = mean;
      n.block_deviation = deviation;
      n.level_standard_error = level_error;
      if (!saved.usable()) saved = n.null;
      if (saved.usable() &&
          !(core::is_finite(saved.lower) && core::is_finite(saved.upper) && saved.lower < saved.upper))
        core::detail::archive_failure("a null that no baseline leads to");
    } else if (!detail::same_but_for_rounding(saved, n.null))
      core::detail::archive_failure("the null of " + signals_[n.signal].name + " against " + n.label +
                                    " differs from the one that is loaded");
    if (saved.usable() && !(saved == n.null)) {
      n.null = saved;
      n.detector = new_detector(saved.mean, saved.direction);
    }
    n.interval.load_fields(in);
    n.detector.load(in);
  }
  in.close();
  loaded.alerts_.clear();
  loaded.supporting_.clear();
  loaded.requested_ = action::none;
  *this = std::move(loaded);
}

}  // namespace tailwatch::monitor
