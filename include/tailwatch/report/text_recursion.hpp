// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/perplexity/kneser_ney_sampler.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/ngram.hpp"
#include "tailwatch/recursion/regime.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/report/collapse_report.hpp"
#include "tailwatch/report/corpus_split.hpp"
#include "tailwatch/report/extinctions.hpp"
#include "tailwatch/report/text_judge.hpp"
#include "tailwatch/report/text_measures.hpp"
#include "tailwatch/text/vocabulary.hpp"

namespace tailwatch::report {

struct text_recursion_options {
  std::size_t order = 3;  ///< of the Kneser–Ney model
  recursion::regime regime = recursion::regime::replace;
  double real_fraction = 0.5;    ///< mix only: share of fresh human text in each later training set
  std::size_t generations = 10;  ///< models trained after generation 0
  std::size_t tokens = 0;        ///< tokens per generation; 0: as many as the corpus allows
  perplexity::sampler_options sampling{.top_p = 0.95};
  std::uint64_t seed = 1;
  std::size_t baseline_parts = 8;
  text_judge_options judge = {};
};

/// What a run tells while it goes on; empty functions are not called.
struct text_recursion_events {
  std::function<void(std::string_view phase, std::size_t done, std::size_t of)> progress;
  std::function<void(const generation_row&)> row;
  std::function<void(const alarm_mark&)> alarm;
  std::function<void(std::size_t generation, const core::token_sequences& text)> text;  ///< what the generation wrote
};

struct text_recursion_result {
  collapse_report report;
  recursion::trajectory<recursion::no_record> trajectory;  ///< sizes used, and how the run ended
  std::vector<alarm_mark> control_alarms;                  ///< raised by fresh human text: none, unless by chance
  std::size_t block_tokens = 0;
  std::size_t blocks_per_text = 0;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Recursive training on text, judged at every generation: the main job.
///
/// Generation 0 is trained on human text; every later one on what the regime makes of the text sampled from the one before.
/// Each generation's text is measured and judged *before* anything is trained on it, against two baselines: fresh human text
/// of the same size, and the text of generation 0, re-fitted on other human text once per baseline part. Same corpus, options
/// and seed: same result.
/// @complexity  O(generations × tokens) under replace and mix
/// @example     examples/recursive_collapse/recursive_collapse.cpp
class text_recursion {
 public:
  static constexpr std::size_t least_tokens = 1000;

  /// @throws std::invalid_argument naming the option: no generations, fewer than 5 baseline parts, a share outside [0, 1],
  ///         or a corpus that leaves fewer than least_tokens per generation
  text_recursion(const core::token_sequences& corpus, const text::vocabulary& words, text_recursion_options options)
      : words_(&words),
        options_(std::move(options)),
        family_{{.order = options_.order, .vocab_pad = words.size() + 2}, options_.sampling},
        split_(split_corpus(corpus, {.tokens = options_.tokens,
                                     .baseline_parts = options_.baseline_parts,
                                     .fresh_parts = fresh_parts(options_),
                                     .seed = options_.seed})) {
    core::check_at_least("report::text_recursion", "generations", options_.generations, std::size_t{1});
    core::check_at_least("report::text_recursion", "tokens per generation", split_.tokens, least_tokens);
  }

  [[nodiscard]] const corpus_split& split() const noexcept { return split_; }
  [[nodiscard]] const text_recursion_options& options() const noexcept { return options_; }

  /// The whole run: metrics, generations, human parts, alarms and extinctions. Title, verdict and facts are put into the
  /// report by `describe_run`.
  [[nodiscard]] text_recursion_result run(const text_recursion_events& events = {}) const {
    const auto progress = [&](std::string_view phase, std::size_t done, std::size_t of) {
      if (events.progress) events.progress(phase, done, of);
    };
    const std::size_t generations = options_.generations + 1;
    text_recursion_result result;
    collapse_report& report = result.report;
    report.metrics = text_measures::metrics();

    const perplexity::kneser_ney scorer = family_.fit(split_.reference);
    const text_measures measures(split_.reference, split_.baseline.front(), words_->size(), scorer);
    text_judge judge(split_.reference, words_->size(), scorer, split_.tokens, generations, options_.seed,
                     options_.judge);
    result.block_tokens = judge.block_tokens();
    result.blocks_per_text = judge.blocks_per_text();

    for (std::size_t i = 0; i < split_.baseline.size(); ++i) {
      progress("baselines", i, split_.baseline.size());
      const core::token_sequences human = first_tokens(split_.baseline[i], split_.tokens);
      core::random_engine random(core::split_seed(options_.seed, 0x8000 + i));
      const core::token_sequences refitted = family_.sample(family_.fit(split_.baseline[i]), split_.tokens, random);
      judge.add_baseline_part(human, first_tokens(refitted, split_.tokens));
      report.human.push_back(measures.measure(human, {}));
      report.human.back().label = "human " + std::to_string(i + 1);
    }
    judge.start();

    extinctions words(split_.train, 1, words_->size());
    extinctions phrases(split_.train, 3, words_->size());
    generation_row first;
    const auto observe = [&](const auto& generation) {
      const auto g = static_cast<std::size_t>(generation.index);
      progress("generations", g, generations);
      const core::token_sequences text = first_tokens(generation.sample, split_.tokens);
      generation_row row = measures.measure(text, generation.model.score(split_.reference).perplexity());
      row.label = std::to_string(g);
      row.generation = g;
      if (g == 0) first = row;
      as_percent_of(row, first);
      words.observe(text);
      phrases.observe(text);
      text_judge::judgement judgement = judge.judge(g, text);
      row.kind = judgement.kind_against_generation_0;
      report.generations.push_back(row);
      if (events.row) events.row(row);
      if (events.text) events.text(g, text);
      for (alarm_mark& alarm : judgement.alarms) {
        const bool is_first =
            std::ranges::none_of(report.alarms, [&](const alarm_mark& a) { return a.baseline == alarm.baseline; });
        if (is_first) report.alarms.push_back(alarm);
        if (is_first && events.alarm) events.alarm(alarm);
        report.alerts.push_back(std::move(alarm));
      }
    };
    recursion::run_options run_options;
    run_options.regime = options_.regime;
    run_options.generations = generations;
    run_options.sample_size = split_.tokens;
    core::random_engine random(core::split_seed(options_.seed, 0x67656e));
    if (options_.regime == recursion::regime::mix) {
      run_options.real_fraction = options_.real_fraction;
      recursion::real_reserve<core::token_sequences> reserve(split_.fresh);
      result.trajectory = recursion::run(split_.train, family_, run_options, random, observe, reserve);
    } else {
      result.trajectory = recursion::run(split_.train, family_, run_options, random, observe);
    }

    progress("control", 0, 1);
    const core::token_sequences control = first_tokens(split_.control, split_.tokens);
    result.control_alarms = judge.judge_control(0, control);
    report.human.push_back(measures.measure(control, {}));
    report.human.back().label = "control";
    for (generation_row& row : report.human) as_percent_of(row, first);
    report.words = words.most_common(*words_, 3);
    report.phrases = phrases.most_common(*words_, 3);
    return result;
  }

 private:
  [[nodiscard]] static double fresh_parts(const text_recursion_options& o) {
    if (o.regime != recursion::regime::mix) return 0.0;
    core::check_closed_interval("report::text_recursion", "real_fraction", o.real_fraction, 0.0, 1.0);
    return o.real_fraction * static_cast<double>(o.generations);
  }

  const text::vocabulary* words_;
  text_recursion_options options_;
  recursion::ngram_model family_;
  corpus_split split_;
};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::report
