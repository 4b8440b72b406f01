// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
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
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/monitor/alert.hpp"
#include "tailwatch/monitor/bets.hpp"
#include "tailwatch/monitor/block_data.hpp"
#include "tailwatch/monitor/confidence_sequence.hpp"
#include "tailwatch/monitor/detail/guarded.hpp"
#include "tailwatch/monitor/detail/recent_values.hpp"
#include "tailwatch/monitor/detail/reserved_vector.hpp"
#include "tailwatch/monitor/detail/sink_handle.hpp"
#include "tailwatch/monitor/problem.hpp"
#include "tailwatch/monitor/shiryaev_mixture.hpp"
#include "tailwatch/monitor/signal.hpp"
#include "tailwatch/summary/softmax_rows.hpp"

namespace tailwatch::monitor {

struct collapse_monitor_options {
  double alpha = 0.05;       ///< P(any false alarm, ever), baseline and monitoring together
  double alpha_base = 0.01;  ///< the part of alpha spent on the baselines' bounds
  std::vector<double> bet_strengths{default_strengths.begin(), default_strengths.end()};
  /// Share of the prior over change times that lies on the first block of each generation, the rest spread over all
  /// blocks; for runs of generations 0.5 is a good number: a change at one costs ln(g(g + 1)) instead of ln(t(t + 1)).
  double generation_share = 0.0;
  std::size_t max_blocks_per_step = 256;  ///< values kept per signal between steps; more are dropped and counted
  std::size_t recent_blocks = 32;         ///< blocks behind an alert's estimate and kind
  action on_alert = action::warn;
  /// Blocks in a row that must lie beyond the alarmed null's bound, after the alarm, before `on_alert` is asked for; 0:
  /// at once. The alert itself does not wait. Blocks do not overlap, so none is counted twice.
  std::size_t patience = 0;
  kind_thresholds kinds = {};
  /// Share of a generation's text that is judged, where the next generation is trained on all of it: what resampling moves a tail
  /// by chance (kind.hpp) is that of a sample 1/judged_share as large.
  double judged_share = 1.0;
  /// Steps whose data make one block of the signals that read hooks; the values must not be autocorrelated: docs.
  std::size_t steps_per_block = 1;
  /// Blocks at the start of the run that serve as the baseline of the signals that have none; 0: such signals are
  /// reported and not judged. Cut into `warm_up_parts` parts in order.
  std::size_t warm_up_blocks = 0;
  std::size_t warm_up_parts = 10;
  baseline_options warm_up = {};
  gathering_options gather = {};
  /// Seconds, of a clock of the caller's: for the cost of the hooks and the wall time of records; without one both are
  /// NaN. [] () noexcept { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }
  double (*clock)() noexcept = nullptr;
};

inline constexpr std::string_view warm_up_label = "start of run";  ///< the baseline that warm_up_blocks make

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
  /// @throws std::invalid_argument  unless 0 < alpha_base < alpha < 1 and 0 < judged_share ≤ 1, and for a signal without a name, two of one name,
  ///         a source without a measure, a weight ≤ 0, a negative tolerance, no room for blocks, a warm-up of fewer than
  ///         five parts of two blocks, or bad bets
  explicit collapse_monitor(std::vector<signal> signals, collapse_monitor_options options = {})
      : options_(std::move(options)) {
    constexpr std::string_view function = "monitor::collapse_monitor";
    core::check_open_interval(function, "alpha", options_.alpha, 0.0, 1.0);
    core::check_open_interval(function, "alpha_base", options_.alpha_base, 0.0, options_.alpha);
    core::check_closed_interval(function, "generation_share", options_.generation_share, 0.0, 1.0);
    core::check(options_.judged_share > 0.0 && options_.judged_share <= 1.0, function, "judged_share",
                options_.judged_share, "in (0, 1]");
    core::check_at_least(function, "max_blocks_per_step", options_.max_blocks_per_step, std::size_t{1});
    core::check_at_least(function, "recent_blocks", options_.recent_blocks, std::size_t{2});
    core::check_at_least(function, "steps_per_block", options_.steps_per_block, std::size_t{1});
    if (options_.warm_up_blocks != 0) {
      core::check_at_least(function, "warm_up_parts", options_.warm_up_parts, baseline::least_parts);
      core::check_at_least(function, "warm_up_blocks", options_.warm_up_blocks, 2 * options_.warm_up_parts);
    }
    double total = 0.0;
    std::array<bool, block_sources> wanted{};
    for (const signal& s : signals) {
      core::check(!s.name.empty(), function, "signal name", std::string_view(s.name), "not empty");
      core::check(index(s.name) == npos, function, "signal name", std::string_view(s.name), "used once");
      core::check(s.source == block_source::observed || static_cast<bool>(s.measure), function, "measure",
                  std::string_view(s.name), "given where a hook is the source");
      core::check_positive(function, "weight", s.weight);
      total += s.weight;
      if (s.prepare) s.prepare(options_.gather);
      wanted[static_cast<std::size_t>(s.source)] = true;
      watched w{s.name, s.role, pending_values(options_.max_blocks_per_step),
                detail::recent_values(options_.recent_blocks)};
      w.source = s.source;
      w.measure = s.measure;
      signals_.push_back(std::move(w));
    }
    for (std::size_t i = 0; i < signals.size(); ++i) add_nulls(i, signals[i], signals[i].weight / total);
    double judged = 0.0;
    for (const null_process& n : nulls_) judged += n.weight;
    for (null_process& n : nulls_) n.weight /= judged;
    problem_count(problem::no_null) = idle_.size();
    gathered_ = block_data(options_.gather, wanted);
    if (options_.gather.block_tokens != 0 && gathered_.wants(block_source::tokens)) {
      const gathering_options& g = options_.gather;
      incoming_ = block_text(g.vocabulary, g.max_tokens, g.max_sequences);
      gathered_.tokens() = block_text(g.vocabulary, g.block_tokens, g.block_tokens);
    }
    hash_ = hash_of_parameters();
    alerts_.reserve(nulls_.size() + 1);
    supporting_.reserve((nulls_.size() + 1) * nulls_.size());
    text_.reserve(1024);
  }

  /// Records go to `sink` as well, which must outlive the monitor. Metric records: each signal's mean over the step;
  /// the family's ln e as "monitor/log_e_value"; what reading a sample of the rows adds to the error of the mean
  /// entropy as "entropy/sampling_error", with the rows read as count; the hooks' seconds as "monitor/seconds" where
  /// there is a clock; each problem once, the first time, as "monitor/problem/..."; then the alerts.
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
  void observe(std::size_t signal, double value) noexcept { push(signal, {value, core::nan, 1}); }
  void observe(std::string_view name, double value) noexcept { observe(index(name), value); }

  // --- hooks: none throws, prints or waits ---

  /// Begins a run: tells the sinks each null: signal, baseline and direction, the baseline's mean as the value and the
  /// bound m₀ as null_mean, NaN for a null that could not be formed (or is still to be learned).
  void on_train_begin() noexcept {
    const cost_meter meter(*this);
    for (const null_process& n : nulls_) announce({n.signal, n.label, n.null.direction}, n.baseline_mean, n.bound());
    for (const idle_null& n : idle_) announce({n.signal, n.label, n.direction}, core::nan, core::nan);
  }

  /// Text that is trained on or generated: one sequence (sentence, document); no n-gram crosses its ends.
  template <core::integer_range Range>
  void on_tokens(const Range& sequence) noexcept {
    const cost_meter meter(*this);
    add_tokens(core::as_span(sequence));
  }
  /// A batch of token ids: row r at tokens + r·row_stride, `length` of them; mask [rows × length] in the same layout
  /// without stride, 0 = not part of the text, where the sequence ends.
  template <std::integral Token>
  void on_tokens(const Token* tokens, std::size_t rows, std::size_t length, std::size_t row_stride,
                 const std::uint8_t* mask = nullptr) noexcept {
    const cost_meter meter(*this);
    if (!plausible(tokens, rows * length, row_stride >= length)) return;
    for (std::size_t r = 0; r < rows; ++r) {
      const std::span<const Token> row(tokens + r * row_stride, length);
      for (std::size_t begin = 0; begin < length;) {
        if (mask != nullptr && mask[r * length + begin] == 0) {
          ++begin;
          continue;
        }
        std::size_t end = begin + 1;
        while (end < length && (mask == nullptr || mask[r * length + end] != 0)) ++end;
        add_tokens(row.subspan(begin, end - begin));
        begin = end;
      }
    }
  }
  /// Several sequences.
  void on_tokens(const core::token_sequences& sequences) noexcept {
    const cost_meter meter(*this);
    if (sequences.token_count() == 0) ++problem_count(problem::empty_batch);
    for (std::size_t i = 0; i < sequences.size(); ++i)
      if (!sequences[i].empty()) add_tokens(sequences[i]);
  }

  /// Rows of logits before anything overwrites them: `rows_per_call` of those that the mask leaves are read.
  /// @param vocabulary  logits per row; the rest up to row_stride is padding and not read
  /// @param targets     observed token id per row, or nullptr; ids outside [0, vocabulary), such as −100: none
  /// @param mask        0 = skip the row, or nullptr
  template <class Arch = simd::default_arch, simd::logit Logit, std::integral Target = std::int64_t>
  void on_logits(const Logit* logits, std::size_t rows, std::size_t vocabulary, std::size_t row_stride,
                 const Target* targets = nullptr, const std::uint8_t* mask = nullptr) noexcept {
    const cost_meter meter(*this);
    if (!gathered_.wants(block_source::logits)) return;
    if (!plausible(logits, rows, vocabulary != 0 && row_stride >= vocabulary)) return;
    block_logits& block = gathered_.logits();
    const std::uint64_t rejected = block.rejected();
    const std::uint64_t population = block.population();
    const std::uint64_t lost = block.template update<Arch>(logits, rows, vocabulary, row_stride, targets, mask);
    drops() += lost;
    if (population == block.population() && lost == 0) ++problem_count(problem::empty_batch);
    problem_count(problem::rejected) += block.rejected() - rejected;
  }
  /// The same for logits whose type is known at run time only.
  template <class Arch = simd::default_arch, std::integral Target = std::int64_t>
  void on_logits(const void* logits, std::size_t rows, std::size_t vocabulary, std::size_t row_stride,
                 summary::logit_type type, const Target* targets = nullptr,
                 const std::uint8_t* mask = nullptr) noexcept {
    summary::with_logit_type(logits, type, [&](const auto* x) {
      this->template on_logits<Arch>(x, rows, vocabulary, row_stride, targets, mask);
    });
  }

  /// Responses, and the prompt of each where several answer one.
  void on_samples(const core::token_sequences& responses, std::span<const std::uint64_t> prompts = {}) noexcept {
    const cost_meter meter(*this);
    if (!gathered_.wants(block_source::samples)) return;
    if (responses.empty()) ++problem_count(problem::empty_batch);
    block_text& block = gathered_.samples();
    const bool mixed = !block.empty() && block.prompts().empty() != prompts.empty();
    if (mixed || (!prompts.empty() && prompts.size() != responses.size())) {
      ++problem_count(problem::refused);
      return;
    }
    for (std::size_t i = 0; i < responses.size(); ++i) {
      if (!block.has_room(responses[i].size())) {
        ++drops();
      } else if (!detail::guarded([&] {
                   if (prompts.empty()) {
                     block.add(responses[i]);
                   } else {
                     block.add(responses[i], prompts[i]);
                   }
                 })) {
        ++drops();
      }
    }
  }

  /// Embeddings, of generated samples say: row r at x + r·row_stride.
  template <std::floating_point Real>
  void on_embeddings(const Real* x, std::size_t rows, std::size_t dimension, std::size_t row_stride = 0) noexcept {
    const cost_meter meter(*this);
    if (!gathered_.wants(block_source::embeddings)) return;
    if (row_stride == 0) row_stride = dimension;
    if (!plausible(x, rows, dimension != 0 && row_stride >= dimension)) return;
    block_embeddings& block = gathered_.embeddings();
    const std::uint64_t rejected = block.rejected();
    bool taken = false;
    if (!detail::guarded([&] { taken = block.update(x, rows, dimension, row_stride); })) {
      drops() += rows;
    } else if (!taken) {
      ++problem_count(problem::refused);
    }
    problem_count(problem::rejected) += block.rejected() - rejected;
  }

  /// Rewards of responses, and the group (prompt) of each; without groups all are one.
  template <std::floating_point Real>
  void on_rewards(std::span<const Real> rewards, std::span<const std::uint64_t> groups = {}) noexcept {
    const cost_meter meter(*this);
    if (!gathered_.wants(block_source::rewards)) return;
    if (rewards.empty()) ++problem_count(problem::empty_batch);
    if (!groups.empty() && groups.size() != rewards.size()) {
      ++problem_count(problem::refused);
      return;
    }
    block_rewards& block = gathered_.rewards();
    const std::uint64_t rejected = block.rejected();
    for (std::size_t i = 0; i < rewards.size(); ++i)
      drops() += block.add(groups.empty() ? 0 : groups[i], static_cast<double>(rewards[i])) ? 0U : 1U;
    problem_count(problem::rejected) += block.rejected() - rejected;
  }
  template <core::floating_range Range>
  void on_rewards(const Range& rewards, std::span<const std::uint64_t> groups = {}) noexcept {
    on_rewards(core::as_span(rewards), groups);
  }

  /// Log-probabilities of sampled tokens under the policy, and under those it is held against.
  template <std::floating_point Real>
  void on_policy(const policy_batch<Real>& batch) noexcept {
    const cost_meter meter(*this);
    if (!gathered_.wants(block_source::policy)) return;
    block_policy& block = gathered_.policy();
    const std::uint64_t rejected = block.rejected();
    const std::uint64_t tokens = block.tokens();
    if (!block.update(batch)) {
      ++problem_count(problem::refused);
    } else if (block.tokens() == tokens) {
      ++problem_count(problem::empty_batch);
    }
    problem_count(problem::rejected) += block.rejected() - rejected;
  }

  /// A number that the trainer worked out itself, such as a held-out loss: a record for the sinks, and a value of the
  /// signal of that name where there is one.
  void on_evaluate(std::string_view name, const estimate& value) noexcept {
    const cost_meter meter(*this);
    const std::size_t i = index(name);
    if (i != npos) {
      push(i, value);
    } else {
      deliver([&](const detail::sink_handle& sink) { return sink.metric(moment(last_step_), name, value); });
    }
  }
  void on_evaluate(std::string_view name, double value) noexcept { on_evaluate(name, {value, core::nan, 1}); }

  /// Judges the values since the last step. The span is valid until the next call; steps must increase, else the step's
  /// values are dropped and counted, and nothing is judged.
  std::span<const alert> on_step_end(std::uint64_t step) noexcept {
    const double begin = now();
    alerts_.clear();
    supporting_.clear();
    requested_ = action::none;
    if (started_ && step <= last_step_) {
      discard_pending();
      clear_gathered();
      ++problem_count(problem::out_of_order);
    } else {
      started_ = true;
      last_step_ = step;
      close_blocks();
      std::size_t blocks = 0;
      for (const watched& s : signals_) blocks = std::max(blocks, s.pending.size());
      for (std::size_t block = 0; block < blocks; ++block) judge_block(step, block);
      if (options_.patience == 0 && !alerts_.empty()) requested_ = options_.on_alert;
    }
    cost_ += now() - begin;
    last_cost_ = options_.clock == nullptr ? core::nan : cost_;
    cost_ = 0.0;
    const double reporting = now();
    report(step);
    for (watched& s : signals_) s.pending.clear();
    cost_ += now() - reporting;
    return alerts_;
  }

  /// Ends a generation (a round of recursive training): intervals and recent means start again, what is left of a block
  /// is forgotten, e-processes go on. From here on kinds allow for what resampling a generation of this many blocks moves a
  /// tail mass by chance.
  void on_generation_end() noexcept {
    ++generation_;
    clear_gathered();
    for (watched& s : signals_) {
      s.recent.clear();
      if (s.generation_blocks != 0) s.resampled += options_.judged_share / static_cast<double>(s.generation_blocks);
      s.generation_blocks = 0;
    }
    for (null_process& n : nulls_) {
      n.interval.reset(interval_alpha());
      n.detector.begin_epoch();
    }
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

  /// Takes over what another monitor of the same parameters gathered and observed since its last step, and its counts
  /// of problems; the other forgets them. Threads and ranks each fill a monitor of their own and one of them judges:
  /// the merged data give the values that one monitor fed with all of it, in the same order, would have had, bit for
  /// bit. False, and nothing changed, for other parameters (counted in refused).
  bool merge(collapse_monitor& other) noexcept {
    const cost_meter meter(*this);
    if (&other == this || hash_ != other.hash_) {
      ++problem_count(problem::refused);
      return false;
    }
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      for (const estimate& e : other.signals_[i].pending) {
        if (signals_[i].pending.size() < options_.max_blocks_per_step) {
          signals_[i].pending.push_back(e);
        } else {
          ++drops();
        }
      }
      other.signals_[i].pending.clear();
    }
    const auto text = [&](block_text& to, const block_text& from) {
      if (!detail::guarded([&] { drops() += to.merge(from); })) drops() += from.sequences().token_count();
    };
    block_data& from = other.gathered_;
    text(tokens_in(), other.gathered_.tokens());
    text(tokens_in(), other.incoming_);
    text(gathered_.samples(), from.samples());
    drops() += gathered_.logits().merge(from.logits());
    bool taken = false;
    if (!detail::guarded([&] { taken = gathered_.embeddings().merge(from.embeddings()); }) || !taken)
      drops() += from.embeddings().rows();
    drops() += gathered_.rewards().merge(from.rewards());
    gathered_.policy().merge(from.policy());
    other.clear_gathered();
    for (std::size_t p = 0; p < problems; ++p) {
      if (p == static_cast<std::size_t>(problem::no_null) || p == static_cast<std::size_t>(problem::no_baseline))
        continue;
      problem_counts_[p] += other.problem_counts_[p];
      other.problem_counts_[p] = 0;
    }
    cost_ += other.cost_;
    other.cost_ = 0.0;
    return true;
  }
  /// Forgets what the hooks gathered and not yet judged.
  void clear_gathered() noexcept {
    for (std::size_t i = 0; i < block_sources; ++i) gathered_.clear(static_cast<block_source>(i));
    incoming_.clear();
    steps_in_block_ = 0;
  }

  /// What the latest on_step_end asks for: `on_alert` where it returned an alert, or, with patience, in the step in which
  /// an alarmed null's values had stayed beyond its bound for that many blocks.
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
  /// How often something of this kind went wrong.
  [[nodiscard]] std::uint64_t count(problem p) const noexcept { return problem_counts_[static_cast<std::size_t>(p)]; }
  /// Values not kept (unknown signal, full, step out of order, unjudged at the end) and records a sink did not take.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return count(problem::dropped); }
  /// Values that were NaN or infinite.
  [[nodiscard]] std::uint64_t screened() const noexcept { return count(problem::screened); }
  /// Calls of on_step_end whose step did not increase.
  [[nodiscard]] std::uint64_t out_of_order() const noexcept { return count(problem::out_of_order); }
  /// Seconds that the hooks took from the end of the step before to the end of judgement in the latest, reports to the
  /// sinks of the step before included; NaN without a clock.
  [[nodiscard]] double last_cost() const noexcept { return last_cost_; }
  /// What the hooks have gathered of the block under way.
  [[nodiscard]] const block_data& gathered() const noexcept { return gathered_; }
  [[nodiscard]] std::uint64_t parameters() const noexcept { return hash_; }
  [[nodiscard]] const collapse_monitor_options& options() const noexcept { return options_; }

  void save(core::output_archive& out) const;
  void load(core::input_archive& in);

 private:
  using pending_values = detail::reserved_vector<estimate, detail::on_copy::contents>;
  struct watched {
    std::string name;
    signal_role role;
    pending_values pending;
    detail::recent_values recent;
    block_source source = block_source::observed;
    block_measure measure = {};
    detail::reserved_vector<double, detail::on_copy::contents> warm_up = {};  ///< values of the baseline to be learned
    double tolerance = 0.0, relative_tolerance = 0.0;
    std::uint64_t generation_blocks = 0;  ///< judged since the generation began
    double resampled = 0.0;               ///< sum over the generations that ended of 1/their blocks
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
    bool learned = false;      ///< from the start of the run: not formed, and e = 1, until that is over
    double level = 0.0;        ///< of its bound
    std::uint64_t beyond = 0;  ///< blocks in a row beyond the bound since the alarm

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
    const detail::record_moment at = moment(last_step_);
    deliver([&](const detail::sink_handle& sink) {
      return sink.bound(at, signals_[null.signal].name, null.label, null.direction, baseline_mean, bound);
    });
  }
  role_moves moves_against(std::string_view baseline, alert* strongest) const noexcept;
  [[nodiscard]] std::uint64_t hash_of_parameters() const noexcept;

  /// Adds what a hook took to the step's cost.
  class cost_meter {
   public:
    explicit cost_meter(collapse_monitor& monitor) noexcept : monitor_(&monitor), begin_(monitor.now()) {}
    cost_meter(const cost_meter&) = delete;
    cost_meter& operator=(const cost_meter&) = delete;
    ~cost_meter() { monitor_->cost_ += monitor_->now() - begin_; }

   private:
    collapse_monitor* monitor_;
    double begin_;
  };
  [[nodiscard]] double now() const noexcept { return options_.clock == nullptr ? 0.0 : options_.clock(); }
  [[nodiscard]] detail::record_moment moment(std::uint64_t step) const noexcept {
    return {step, generation_, options_.clock == nullptr ? core::nan : options_.clock()};
  }
  [[nodiscard]] std::uint64_t& problem_count(problem p) noexcept {
    return problem_counts_[static_cast<std::size_t>(p)];
  }
  [[nodiscard]] std::uint64_t& drops() noexcept { return problem_count(problem::dropped); }
  template <class Write>
  void deliver(const Write& write) noexcept {
    for (const detail::sink_handle& sink : sinks_) drops() += write(sink) ? 0U : 1U;
  }
  /// Counts and refuses a batch that is empty or cannot be right.
  template <class T>
  [[nodiscard]] bool plausible(const T* data, std::size_t size, bool shape) noexcept {
    if (size == 0) {
      ++problem_count(problem::empty_batch);
      return false;
    }
    if (data != nullptr && shape) return true;
    ++problem_count(problem::refused);
    return false;
  }
  void push(std::size_t signal, const estimate& value) noexcept {
    if (signal >= signals_.size() || signals_[signal].pending.size() >= options_.max_blocks_per_step) {
      ++drops();
      return;
    }
    if (!core::is_finite(value.value)) ++problem_count(problem::screened);
    signals_[signal].pending.push_back(value);
  }
  /// Where on_tokens puts text: aside where blocks of a fixed number of tokens are cut from it.
  [[nodiscard]] block_text& tokens_in() noexcept {
    return options_.gather.block_tokens == 0 ? gathered_.tokens() : incoming_;
  }
  template <class Token>
  void add_tokens(std::span<const Token> sequence) noexcept {
    if (!gathered_.wants(block_source::tokens)) return;
    if (sequence.empty()) {
      ++problem_count(problem::empty_batch);
      return;
    }
    block_text& text = tokens_in();
    if (!text.has_room(sequence.size()) || !detail::guarded([&] { text.add(sequence); })) drops() += sequence.size();
  }

  [[nodiscard]] shiryaev_mixture new_detector(double null_mean, collapse_direction side) const {
    return shiryaev_mixture(null_mean, std::span<const double>(bets_on(side, null_mean, options_.bet_strengths)),
                            options_.generation_share);
  }
  void close_blocks() noexcept;
  void measure(block_source source) noexcept;
  void judge_block(std::uint64_t step, std::size_t block) noexcept;
  void learn(std::size_t signal) noexcept;

  void discard_pending() noexcept {
    for (watched& s : signals_) {
      drops() += s.pending.size();
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
  block_data gathered_;
  block_text incoming_;  ///< tokens of this step, before blocks of a fixed number are cut
  std::array<std::uint64_t, problems> problem_counts_{};
  std::array<bool, problems> problem_told_{};
  std::uint64_t hash_ = 0, last_step_ = 0, generation_ = 0, steps_in_block_ = 0;
  double cost_ = 0.0, last_cost_ = core::nan;
  estimate sampling_error_;  ///< of the mean entropy of the latest block of logits, not yet reported
  action requested_ = action::none;
  bool started_ = false, family_alarmed_ = false;
};

}  // namespace tailwatch::monitor

#include "tailwatch/monitor/detail/collapse_monitor_members.hpp"
