// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/report/collapse_report.hpp"
#include "tailwatch/report/format.hpp"
#include "tailwatch/report/text_recursion.hpp"

/// Words for people: what a recursive run on text was, and what came of it.
namespace tailwatch::report {

namespace detail {

[[nodiscard]] inline std::string sampling_text(const perplexity::sampler_options& o) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (o.temperature != 1.0) add("temperature " + core::to_text(o.temperature));
  if (o.top_k != 0) add("top-k " + std::to_string(o.top_k));
  if (o.top_p < 1.0) add("top-p " + core::to_text(o.top_p));
  return text.empty() ? "pure sampling" : text;
}

[[nodiscard]] inline std::string regime_text(const text_recursion_options& o) {
  std::string text(recursion::to_string_view(o.regime));
  if (o.regime == recursion::regime::mix) text += ", " + fixed(100.0 * o.real_fraction, 0) + " % fresh human text";
  return text;
}

/// The signal by a name a reader knows.
[[nodiscard]] inline std::string signal_text(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"token_entropy", "token entropy"},
      {"types", "vocabulary (types per block)"},
      {"distinct_2", "distinct word pairs"},
      {"distinct_3", "distinct word triples"},
      {"missing_mass", "missing mass"},
      {"rare_word_mass", "mass on rare words"},
      {"novel_trigrams", "share of novel triples"},
      {"repetition_4", "repetition"},
      {"jensen_shannon", "distance from human word use (Jensen-Shannon)"},
      {"surprise", "surprise under a model of human text"},
  };
  for (const auto& [key, text] : names)
    if (key == name) return std::string(text);
  return std::string(name);
}

[[nodiscard]] inline std::string what_kind_means(std::string_view kind) {
  if (kind == "systematic shrinkage") return "systematic shrinkage: the rare is being cut off, not lost by chance";
  if (kind == "neutral drift") return "neutral drift: details are lost by chance, the tail as a whole holds";
  if (kind == "expansion") return "expansion: the text spreads out, noise rather than loss";
  return "of no clear kind";
}

[[nodiscard]] inline std::string perplexity_afterwards(const collapse_report& report, std::size_t g) {
  const double first = report.generations.front().values.front().value;
  const double then = report.generations[g].values.front().value;
  const generation_row& last = report.generations.back();
  const double end = last.values.front().value;
  if (last.generation == g)
    return "Held-out perplexity was " + significant(then) + " there (generation 0: " + significant(first) + ").";
  return "Held-out perplexity was " + significant(then) + " there and went to " + significant(end) + " by generation " +
         std::to_string(last.generation) + ", " + fixed(end / first, 2) + " times generation 0's " +
         significant(first) + ".";
}

}  // namespace detail

/// One sentence for one alarm, in plain words.
[[nodiscard]] inline std::string alarm_sentence(const alarm_mark& a, std::size_t blocks_per_text,
                                                std::size_t block_tokens) {
  std::string signal = detail::signal_text(a.signal);
  signal.front() =
      static_cast<char>(signal.front() >= 'a' && signal.front() <= 'z' ? signal.front() - 'a' + 'A' : signal.front());
  return "Against " + a.baseline + ": alarm on generation " + std::to_string(a.generation) + "'s text, in block " +
         std::to_string(a.block + 1) + " of " + std::to_string(blocks_per_text) +
         ", before anything was trained on that text. " + signal + " " + a.direction + " from " +
         significant(a.baseline_mean) + " to " + significant(a.recent) + " (blocks of " + grouped(block_tokens) +
         " words); it looks like " + detail::what_kind_means(a.kind) + ".";
}

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Title, facts, verdict and notes of a finished run.
inline void describe_run(text_recursion_result& result, const text_recursion& run, std::string_view corpus_name) {
  collapse_report& report = result.report;
  const text_recursion_options& o = run.options();
  const corpus_split& split = run.split();
  const std::size_t last = report.generations.size() - 1;
  report.title = "Model collapse report";
  report.subtitle = "A " + std::to_string(o.order) + "-gram language model trained recursively on " +
                    std::string(corpus_name) + ": " + detail::regime_text(o) + ", " +
                    detail::sampling_text(o.sampling) + ", " + grouped(split.tokens) + " tokens per generation.";

  std::vector<std::string>& verdict = report.verdict;
  const auto alarm_against = [&](std::string_view baseline) {
    return std::ranges::find_if(report.alarms, [&](const alarm_mark& a) { return a.baseline == baseline; });
  };
  const auto worse = alarm_against(text_judge::generation_0);
  if (worse != report.alarms.end()) {
    verdict.push_back(alarm_sentence(*worse, result.blocks_per_text, result.block_tokens));
    verdict.push_back(detail::perplexity_afterwards(report, worse->generation));
    const std::string& final_kind = report.generations.back().kind;
    if (final_kind != worse->kind)
      verdict.push_back("By generation " + std::to_string(last) + " it looks like " +
                        detail::what_kind_means(final_kind) + ".");
  } else {
    verdict.push_back("Against generation 0: no alarm in " + std::to_string(last) + " generations. " +
                      detail::perplexity_afterwards(report, 0));
  }
  const auto unlike = alarm_against(text_judge::human);
  verdict.push_back(unlike != report.alarms.end()
                        ? alarm_sentence(*unlike, result.blocks_per_text, result.block_tokens)
                        : "Against human text: no alarm; this text cannot be told from human text by these signals.");
  verdict.push_back(result.control_alarms.empty()
                        ? "Control: fresh human text of the same size, judged the same way, raised no alarm."
                        : "Control: fresh human text raised an alarm too, on " +
                              detail::signal_text(result.control_alarms.front().signal) +
                              ": by chance this happens in at most " + fixed(100.0 * o.judge.alpha, 0) +
                              " % of runs, so read the alarms above with care.");
  if (result.trajectory.exhausted)
    verdict.push_back(
        "The fresh human text ran out: later generations used fewer tokens or did not run at all, because no "
        "sentence is used twice.");

  report.facts = {
      {"corpus", std::string(corpus_name)},
      {"model", std::to_string(o.order) + "-gram, interpolated modified Kneser-Ney"},
      {"regime", detail::regime_text(o)},
      {"sampling", detail::sampling_text(o.sampling)},
      {"generations after the first", std::to_string(o.generations)},
      {"tokens per generation",
       grouped(split.tokens) + (split.lowered ? " (lowered: the corpus is too small for more)" : "")},
      {"reference, held out", grouped(split.reference.token_count()) + " tokens, never trained on"},
      {"human baseline", std::to_string(split.baseline.size()) + " parts of " + grouped(split.tokens) + " tokens"},
      {"control", grouped(split.control.token_count()) + " tokens"},
      {"unused or fresh", grouped(split.fresh.token_count()) + " tokens"},
      {"blocks",
       std::to_string(result.blocks_per_text) + " per generation, " + grouped(result.block_tokens) + " tokens each"},
      {"false alarms", "at most " + core::to_text(100.0 * o.judge.alpha) + " % per baseline over the whole run"},
      {"seed", std::to_string(o.seed)},
  };
  report.percentages = {
      {"divers%", "Vocabulary diversity: distinct words in a sample of equal size, per cent of generation 0's."},
      {"unique%", "Content uniqueness: distinct word triples in a sample of equal size, per cent of generation 0's."},
      {"qualit%", "Quality: generation 0's held-out perplexity divided by this generation's, per cent."},
  };
  report.notes = {
      {"alarm",
       "Sentences are shuffled and cut into equal blocks. Each signal's value on a block is one observation of a test "
       "that "
       "watches for ever with a bounded chance of any false alarm; the bound holds for all signals together."},
      {"not seen",
       "What this cannot see: meaning, facts, and order beyond a few words; anything the chosen signals do not "
       "measure; a change smaller than the "
       "tolerance (" +
           core::to_text(100.0 * o.judge.relative_tolerance) + " % of the baseline)."},
  };
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::report
