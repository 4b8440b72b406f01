// SPDX-License-Identifier: BSL-1.0
//
// How often does the monitor of the main job alarm when nothing is wrong, and how often when the model collapses?
//
//   false_alarms [corpus.txt [runs [tokens [generations]]]]
//
// Without a corpus: the King James text of the reference data where TAILWATCH_REFERENCE_DIR is set, else generated text; then
// once more at the size of the main job's default run, on text sampled from a 5-gram model of it, because the text itself does
// not hold enough words for that.
//
// Human control:   every "generation" is fresh human text, judged against human text.
// Re-fit control:  every "generation" is the text of a model re-fitted on fresh human text, judged against generation 0.
// Collapse:        every generation is trained on the text of the one before, top-p 0.95, judged against both.
//
// Same alpha, baselines, signals, settings and size for all three. Each run deals the corpus out anew, by seed; no sentence
// is used twice within a run. Fails when the alarms of a control exceed the 99 % quantile of Binomial(runs, alpha).
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "study/source_text.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/ngram.hpp"
#include "tailwatch/report/corpus_split.hpp"
#include "tailwatch/report/text_judge.hpp"
#include "tailwatch/report/text_measures.hpp"

namespace {

using namespace tailwatch;

/// Smallest k with P(Binomial(n, p) ≤ k) ≥ level.
std::uint64_t binomial_quantile(std::uint64_t n, double p, double level) {
  double term = std::pow(1.0 - p, static_cast<double>(n));
  double sum = term;
  std::uint64_t k = 0;
  while (sum < level && k < n) {
    term *= static_cast<double>(n - k) / static_cast<double>(k + 1) * p / (1.0 - p);
    sum += term;
    ++k;
  }
  return k;
}

bool alarmed_against(const std::vector<report::alarm_mark>& alarms, std::string_view baseline) {
  for (const report::alarm_mark& a : alarms)
    if (a.baseline == baseline) return true;
  return false;
}

/// Runs that first alarmed on generation g's text at [g]; the last entry counts those that never did.
class first_alarms {
 public:
  explicit first_alarms(std::size_t generations) : counts_(generations + 1) {}
  void add(std::optional<std::size_t> generation) { ++counts_[generation.value_or(counts_.size() - 1)]; }
  [[nodiscard]] std::uint64_t runs_with_alarm() const {
    std::uint64_t sum = 0;
    for (std::size_t g = 0; g + 1 < counts_.size(); ++g) sum += counts_[g];
    return sum;
  }
  void print(const char* title) const {
    std::printf("  %-48s", title);
    for (std::size_t g = 0; g + 1 < counts_.size(); ++g)
      std::printf(" %4llu", static_cast<unsigned long long>(counts_[g]));
    std::printf("  %5llu\n", static_cast<unsigned long long>(counts_.back()));
  }

 private:
  std::vector<std::uint64_t> counts_;
};

/// @return whether both controls stayed within the quantile; nothing when the corpus is too small
std::optional<bool> run_all(const study::source_text& source, std::uint64_t runs, std::size_t tokens,
                            std::size_t generations) {
  constexpr std::size_t parts = 8;
  const report::text_judge_options settings;
  const auto n = static_cast<unsigned long long>(runs);
  first_alarms human_control(generations);
  first_alarms refit_control(generations);
  first_alarms collapse_against_generation_0(generations);
  first_alarms collapse_against_human(generations);
  std::size_t block_tokens = 0;
  std::size_t blocks = 0;
  for (std::uint64_t run = 0; run < runs; ++run) {
    const auto split = report::split_corpus(source.corpus, {.tokens = tokens,
                                                            .baseline_parts = parts,
                                                            .fresh_parts = static_cast<double>(generations),
                                                            .seed = 1000 + run});
    if (split.lowered) {
      std::fprintf(stderr, "the corpus has no room for %zu tokens per generation\n", tokens);
      return std::nullopt;
    }
    const recursion::ngram_model family{{.order = 3, .vocab_pad = source.words.size() + 2}, {.top_p = 0.95}};
    const perplexity::kneser_ney scorer = family.fit(split.reference);
    core::random_engine random(core::split_seed(run, 17));
    const auto refitted = [&](const core::token_sequences& human) {
      return report::first_tokens(family.sample(family.fit(human), split.tokens, random), split.tokens);
    };
    std::vector<core::token_sequences> refitted_parts;
    for (const auto& part : split.baseline) refitted_parts.push_back(refitted(part));
    const auto start = [&](report::text_judge& judge) {
      for (std::size_t i = 0; i < parts; ++i)
        judge.add_baseline_part(report::first_tokens(split.baseline[i], split.tokens), refitted_parts[i]);
      judge.start();
    };
    const auto new_judge = [&] {
      return report::text_judge(split.reference, source.words.size(), scorer, split.tokens, generations, run, settings);
    };
    report::text_judge human = new_judge();
    report::text_judge refit = new_judge();
    report::text_judge collapse = new_judge();
    start(human);
    start(refit);
    start(collapse);
    block_tokens = human.block_tokens();
    blocks = human.blocks_per_text();

    std::optional<std::size_t> human_alarm;
    std::optional<std::size_t> refit_alarm;
    std::optional<std::size_t> alarm_against_generation_0;
    std::optional<std::size_t> alarm_against_human;
    const auto note = [](std::optional<std::size_t>& first, std::size_t g, const auto& judgement,
                         std::string_view baseline) {
      if (!first && alarmed_against(judgement.alarms, baseline)) first = g;
    };
    recursion::real_reserve<core::token_sequences> reserve(split.fresh);
    core::token_sequences training = split.train;
    for (std::size_t g = 0; g < generations; ++g) {
      const core::token_sequences fresh = reserve(split.tokens, random);
      note(human_alarm, g, human.judge(g, report::first_tokens(fresh, split.tokens)), report::text_judge::human);
      note(refit_alarm, g, refit.judge(g, refitted(fresh)), report::text_judge::generation_0);
      training = refitted(training);
      const auto judgement = collapse.judge(g, training);
      note(alarm_against_generation_0, g, judgement, report::text_judge::generation_0);
      note(alarm_against_human, g, judgement, report::text_judge::human);
    }
    human_control.add(human_alarm);
    refit_control.add(refit_alarm);
    collapse_against_generation_0.add(alarm_against_generation_0);
    collapse_against_human.add(alarm_against_human);
  }
  const std::uint64_t most = binomial_quantile(runs, settings.alpha, 0.99);
  const bool good = human_control.runs_with_alarm() <= most && refit_control.runs_with_alarm() <= most;
  std::printf("%s, %zu tokens\n", source.name.c_str(), source.corpus.token_count());
  std::printf("%llu runs, %zu generations of %zu tokens in %zu blocks of %zu, %zu baseline parts, alpha %.3f\n", n,
              generations, tokens, blocks, block_tokens, parts, settings.alpha);
  std::printf("  first alarm on the text of generation           ");
  for (std::size_t g = 0; g < generations; ++g) std::printf(" %4zu", g);
  std::printf("  never\n");
  human_control.print("human control, against human text");
  refit_control.print("re-fit control, against generation 0");
  collapse_against_generation_0.print("collapse, against generation 0");
  collapse_against_human.print("collapse, against human text");
  std::printf("  99 %% quantile of Binomial(%llu, %.2f): %llu: controls %s\n\n", n, settings.alpha,
              static_cast<unsigned long long>(most), good ? "within" : "EXCEEDED");
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  std::optional<study::source_text> source = study::read_source(argc > 1 ? argv[1] : nullptr);
  if (!source) return 2;
  const std::uint64_t runs = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100;
  const std::size_t tokens = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 20000;
  const std::size_t generations = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 10;
  const std::optional<bool> small = run_all(*source, runs, tokens, generations);
  if (!small) return 2;
  bool good = *small;
  if (argc <= 1) {
    constexpr std::size_t default_tokens = 71764;             // of the main job on the King James text
    constexpr std::size_t judged = 11;                        // generation 0 and ten more
    study::enlarge(*source, default_tokens * (12 + judged));  // reference, train, control, 8 baseline parts, fresh text
    const std::optional<bool> large = run_all(*source, runs, default_tokens, judged);
    if (!large) return 2;
    good = good && *large;
  }
  return good ? 0 : 1;
}
