// SPDX-License-Identifier: BSL-1.0
//
// How often does the monitor of the main job alarm when nothing is wrong?
//
//   false_alarms [corpus.txt [runs [tokens [generations]]]]
//
// Without a corpus: the King James text of the reference data where TAILWATCH_REFERENCE_DIR is set, else generated text.
//
// Human control:   every "generation" is fresh human text, judged against human text.
// Re-fit control:  every "generation" is the text of a model re-fitted on fresh human text, judged against generation 0.
//
// Same α, baselines, signals and settings as every detection of the main job. Each run deals the corpus out anew, by seed; no
// sentence is used twice within a run. Fails when the alarms of a control exceed the 99 % quantile of Binomial(runs, α).
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/ngram.hpp"
#include "tailwatch/report/corpus_split.hpp"
#include "tailwatch/report/text_judge.hpp"
#include "tailwatch/report/text_measures.hpp"
#include "tailwatch/text/encode.hpp"
#include "tailwatch/text/read_file.hpp"
#include "tailwatch/text/zipf_text.hpp"

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

}  // namespace

int main(int argc, char** argv) {
  const char* reference = std::getenv("TAILWATCH_REFERENCE_DIR");
  const std::string path = argc > 1               ? std::string(argv[1])
                           : reference != nullptr ? std::string(reference) + "/data/kjv_verses.txt"
                                                  : std::string();
  const std::uint64_t runs = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100;
  const std::size_t tokens = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 20000;
  const std::size_t generations = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 10;
  constexpr std::size_t parts = 8;

  text::vocabulary words;
  core::token_sequences corpus;
  if (!path.empty()) {
    const text::file_text file = text::read_text(path);
    if (!file.error.empty()) {
      std::fprintf(stderr, "%s\n", file.error.c_str());
      return 2;
    }
    corpus = text::encode(file.text, words);
  } else {
    core::random_engine random(1);
    corpus = text::encode(text::zipf_mandelbrot_text({.words = 700000}, random), words);
  }
  const report::text_judge_options settings;
  std::printf("%s: %zu tokens; %llu runs, %zu generations of %zu tokens, %zu baseline parts, alpha %.3f\n",
              path.empty() ? "generated text" : "corpus", corpus.token_count(), static_cast<unsigned long long>(runs),
              generations, tokens, parts, settings.alpha);

  std::uint64_t human_alarms = 0;
  std::uint64_t refit_alarms = 0;
  for (std::uint64_t run = 0; run < runs; ++run) {
    const auto split = report::split_corpus(corpus, {.tokens = tokens,
                                                     .baseline_parts = parts,
                                                     .fresh_parts = static_cast<double>(generations),
                                                     .seed = 1000 + run});
    if (split.lowered) {
      std::fprintf(stderr, "the corpus has no room for %zu tokens per generation\n", tokens);
      return 2;
    }
    const recursion::ngram_model family{{.order = 3, .vocab_pad = words.size() + 2}, {.top_p = 0.95}};
    const perplexity::kneser_ney scorer = family.fit(split.reference);
    core::random_engine random(core::split_seed(run, 17));
    const auto refitted = [&](const core::token_sequences& human) {
      return report::first_tokens(family.sample(family.fit(human), split.tokens, random), split.tokens);
    };
    const auto new_judge = [&](report::text_judge& judge) {
      for (const auto& part : split.baseline)
        judge.add_baseline_part(report::first_tokens(part, split.tokens), refitted(part));
      judge.start();
    };
    report::text_judge human(split.reference, words.size(), scorer, split.tokens, generations, run, settings);
    report::text_judge refit(split.reference, words.size(), scorer, split.tokens, generations, run, settings);
    new_judge(human);
    new_judge(refit);
    recursion::real_reserve<core::token_sequences> reserve(split.fresh);
    bool human_alarm = false;
    bool refit_alarm = false;
    for (std::size_t g = 0; g < generations; ++g) {
      const core::token_sequences fresh = reserve(split.tokens, random);
      human_alarm |=
          alarmed_against(human.judge(g, report::first_tokens(fresh, split.tokens)).alarms, report::text_judge::human);
      refit_alarm |= alarmed_against(refit.judge(g, refitted(fresh)).alarms, report::text_judge::generation_0);
    }
    human_alarms += human_alarm ? 1 : 0;
    refit_alarms += refit_alarm ? 1 : 0;
  }
  const std::uint64_t most = binomial_quantile(runs, settings.alpha, 0.99);
  const bool good = human_alarms <= most && refit_alarms <= most;
  std::printf("human control, against human text:    %llu alarms in %llu runs\n",
              static_cast<unsigned long long>(human_alarms), static_cast<unsigned long long>(runs));
  std::printf("re-fit control, against generation 0: %llu alarms in %llu runs\n",
              static_cast<unsigned long long>(refit_alarms), static_cast<unsigned long long>(runs));
  std::printf("99 %% quantile of Binomial(%llu, %.2f): %llu: %s\n", static_cast<unsigned long long>(runs),
              settings.alpha, static_cast<unsigned long long>(most), good ? "within" : "EXCEEDED");
  return good ? 0 : 1;
}
