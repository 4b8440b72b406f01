// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/monitor/blocks.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/text_signals.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/report/collapse_report.hpp"

namespace tailwatch::report {

struct text_judge_options {
  double alpha = 0.05;               ///< P(any false alarm, ever) against one baseline
  double alpha_base = 0.025;         ///< the part of alpha that covers the baselines' own uncertainty
  std::size_t block_tokens = 0;      ///< tokens per observation; 0: a fiftieth of a part, between 100 and 2000
  double relative_tolerance = 0.02;  ///< a departure below this share of the baseline mean is of no interest
  std::int64_t rare_count = 2;       ///< a word is rare where the reference holds it at most this often
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Judges texts, block by block, against fresh human text and against the text of generation 0.
///
/// Both monitors watch the same signals on the same blocks at the same α. The human baseline's parts come from one shuffled
/// pool, so its blocks are one sample; the generation-0 baseline's parts are texts of models re-fitted on different human
/// text, so the spread from fit to fit lies inside its null, for all judged generations at once.
class text_judge {
 public:
  static constexpr std::string_view human = "human text";
  static constexpr std::string_view generation_0 = "generation 0";

  /// @param reference  never trained on; what the signals compare with
  /// @param scorer     a model fitted on the reference, for the surprise signal; it must outlive this object
  /// @param tokens     of each part and each judged text
  /// @param judged     how many texts will be judged
  /// @throws std::invalid_argument  when a part holds fewer than ten blocks
  text_judge(const core::token_sequences& reference, std::size_t vocabulary, const perplexity::kneser_ney& scorer,
             std::size_t tokens, std::size_t judged, std::uint64_t seed, const text_judge_options& options = {})
      : options_(options),
        scorer_(&scorer),
        judged_(judged),
        seed_(seed),
        block_tokens_(options.block_tokens != 0 ? options.block_tokens
                                                : std::clamp<std::size_t>(tokens / 50, 100, 2000)),
        blocks_per_text_(tokens / block_tokens_),
        reference_(reference, vocabulary, {.rare_count = options.rare_count}) {
    core::check_at_least("report::text_judge", "blocks per text", blocks_per_text_, std::size_t{10});
  }
  // The monitors' signals refer to the reference held here.
  text_judge(const text_judge&) = delete;
  text_judge& operator=(const text_judge&) = delete;

  [[nodiscard]] std::size_t block_tokens() const noexcept { return block_tokens_; }
  [[nodiscard]] std::size_t blocks_per_text() const noexcept { return blocks_per_text_; }

  /// One part of both baselines: human text, and what a model fitted on it wrote.
  void add_baseline_part(const core::token_sequences& human_text, const core::token_sequences& refitted_text) {
    human_parts_.push_back(values(human_text));
    refitted_parts_.push_back(values(refitted_text));
  }

  /// Call once after the last part. @throws std::invalid_argument for fewer than five parts
  void start() {
    monitor::baseline_options split;
    split.parts = monitor::part_model::random_split;
    monitor::baseline_options draws;
    draws.parts = monitor::part_model::draws;
    draws.further_parts = judged_;
    against_human_.emplace(make_monitor(human, human_parts_, split));
    control_.emplace(*against_human_);
    against_generation_0_.emplace(make_monitor(generation_0, refitted_parts_, draws));
  }

  struct judgement {
    std::vector<alarm_mark> alarms;  ///< every alarm that this text raised
    std::string kind_against_human;  ///< what all its blocks look like, alarm or not
    std::string kind_against_generation_0;
  };

  /// Judges one generation's text against both baselines; call in order of generations.
  [[nodiscard]] judgement judge(std::size_t generation, const core::token_sequences& text) {
    const part blocks = values(text);
    judgement result;
    result.kind_against_human = feed(*against_human_, human, generation, blocks, result.alarms);
    result.kind_against_generation_0 = feed(*against_generation_0_, generation_0, generation, blocks, result.alarms);
    return result;
  }

  /// Judges fresh human text with a monitor of its own, same baseline, α and settings; returns its alarms.
  [[nodiscard]] std::vector<alarm_mark> judge_control(std::size_t index, const core::token_sequences& text) {
    std::vector<alarm_mark> alarms;
    static_cast<void>(feed(*control_, human, index, values(text), alarms));
    return alarms;
  }

 private:
  // Each block: the text signals, then the surprise under the scorer, nats per token.
  static constexpr std::size_t signal_count = monitor::text_signal_table.size() + 1;
  using block_values = std::vector<double>;
  using part = std::vector<block_values>;

  [[nodiscard]] part values(const core::token_sequences& text) {
    core::random_engine random(core::split_seed(seed_, 0x626c6b00 + cut_++));
    monitor::text_signals signals(reference_);
    part out;
    for (const core::token_sequences& block : monitor::cut_blocks(text, block_tokens_, random).blocks) {
      const monitor::text_values v = signals.values(block);
      block_values& row = out.emplace_back(v.begin(), v.end());
      const auto score = scorer_->score(block);
      row.push_back(-score.log_likelihood() / static_cast<double>(score.tokens()));
    }
    return out;
  }

  [[nodiscard]] monitor::collapse_monitor make_monitor(std::string_view label, const std::vector<part>& parts,
                                                       const monitor::baseline_options& baseline_options) const {
    std::vector<monitor::signal> signals;
    for (std::size_t i = 0; i < signal_count; ++i) {
      monitor::signal s;
      const bool is_text_signal = i < monitor::text_signal_table.size();
      s.name = is_text_signal ? monitor::text_signal_table[i].name : std::string_view("surprise");
      s.role = is_text_signal ? monitor::text_signal_table[i].role : monitor::signal_role::surprise;
      s.direction = is_text_signal ? monitor::text_signal_table[i].direction : collapse_direction::either;
      s.relative_tolerance = options_.relative_tolerance;
      std::vector<std::vector<double>> columns;
      for (const part& p : parts) {
        std::vector<double>& column = columns.emplace_back();
        for (const block_values& block : p) column.push_back(block[i]);
      }
      s.baselines.push_back({std::string(label), monitor::baseline(columns, baseline_options)});
      signals.push_back(std::move(s));
    }
    monitor::collapse_monitor_options options;
    options.alpha = options_.alpha;
    options.alpha_base = options_.alpha_base;
    options.max_blocks_per_step = blocks_per_text_ + 1;
    return monitor::collapse_monitor(std::move(signals), std::move(options));
  }

  [[nodiscard]] std::string feed(monitor::collapse_monitor& watch, std::string_view label, std::size_t step,
                                 const part& blocks, std::vector<alarm_mark>& alarms) const {
    for (const block_values& block : blocks)
      for (std::size_t i = 0; i < block.size(); ++i) watch.observe(i, block[i]);
    const auto alerts = watch.on_step_end(step);
    const std::string kind(monitor::to_string(watch.kind(label)));
    for (const monitor::alert& a : alerts)
      alarms.push_back({std::string(label), step, static_cast<std::size_t>(a.block), std::string(a.signal),
                        a.direction == collapse_direction::rises ? "rises" : "falls", kind, a.log_e_value,
                        a.recent.value, a.baseline_mean, monitor::describe(a)});
    watch.on_generation_end();
    return kind;
  }

  text_judge_options options_;
  const perplexity::kneser_ney* scorer_;
  std::size_t judged_;
  std::uint64_t seed_;
  std::uint64_t cut_ = 0;
  std::size_t block_tokens_;
  std::size_t blocks_per_text_;
  monitor::text_reference reference_;
  std::vector<part> human_parts_;
  std::vector<part> refitted_parts_;
  std::optional<monitor::collapse_monitor> against_human_;
  std::optional<monitor::collapse_monitor> control_;
  std::optional<monitor::collapse_monitor> against_generation_0_;
};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::report
