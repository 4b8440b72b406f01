// SPDX-License-Identifier: BSL-1.0
//
// Does the main job's report say what is known to happen?
//
//   known_dynamics [corpus.txt [tokens]]
//
// A trigram Kneser-Ney model that is trained on some 800 000 words of one author's kind of text and then on its own text is
// known to behave in three ways:
//
//   pure sampling                 perplexity rises, types fall slowly, and entropy, distinct-2 and the divergence from the
//                                 corpus rise: smoothing takes its own noise for real (expansion)
//   sharpened sampling            types and rare words fall fast (systematic shrinkage)
//   half fresh human text, pure   perplexity rises once, then stays
//
// The job's split leaves an eleventh of a corpus per generation, so the King James text itself is too small. The corpus here
// is text sampled from a 5-gram model of it, as much as the split needs; without a corpus file and without
// TAILWATCH_REFERENCE_DIR, of generated text. Fails when a report's words or figures do not fit.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "study/source_text.hpp"
#include "tailwatch/monitor/kind.hpp"
#include "tailwatch/recursion/regime.hpp"
#include "tailwatch/report/format.hpp"
#include "tailwatch/report/run_description.hpp"
#include "tailwatch/report/text_recursion.hpp"

namespace {

using namespace tailwatch;

bool all_fit = true;

void expect(bool fits, const char* what) {
  std::printf("  %-4s %s\n", fits ? "yes" : "NO", what);
  all_fit = all_fit && fits;
}

double value(const report::collapse_report& report, std::string_view key, std::size_t generation) {
  for (std::size_t i = 0; i < report.metrics.size(); ++i)
    if (report.metrics[i].key == key) return report.generations.at(generation).values[i].value;
  std::fprintf(stderr, "the report has no metric %s\n", std::string(key).c_str());
  std::exit(2);
}

bool alarmed_against(const report::collapse_report& report, std::string_view baseline) {
  for (const report::alarm_mark& a : report.alarms)
    if (a.baseline == baseline) return true;
  return false;
}

report::collapse_report run(const study::source_text& source, const char* title,
                            const report::text_recursion_options& options) {
  const report::text_recursion job(source.corpus, source.words, options);
  report::text_recursion_result result = job.run();
  report::describe_run(result, job, source.name);
  std::printf("\n%s, %zu tokens per generation\n", title, job.split().tokens);
  std::printf("  generation  types%%  held-out perplexity  entropy  rare-word mass  distinct-2      KL\n");
  for (std::size_t g = 0; g < result.report.generations.size(); ++g)
    std::printf("  %10zu  %6.1f  %19.1f  %7.3f  %14.5f  %10.4f  %6.4f\n", g, result.report.generations[g].diversity,
                value(result.report, "perplexity", g), value(result.report, "entropy", g),
                value(result.report, "rare_mass", g), value(result.report, "distinct_2", g),
                value(result.report, "kullback_leibler", g));
  for (const std::string& sentence : result.report.verdict) std::printf("  | %s\n", sentence.c_str());
  return result.report;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t tokens = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 794000;
  constexpr std::size_t generations = 6;
  constexpr double real_fraction = 0.5;
  constexpr std::size_t parts = 8;
  std::optional<study::source_text> source = study::read_source(argc > 1 ? argv[1] : nullptr);
  if (!source) return 2;
  // Reference, train, control, the baseline parts, the fresh text of the mix, and a little for whole sentences.
  const double needed = 3.0 + static_cast<double>(parts) + real_fraction * static_cast<double>(generations) + 0.1;
  study::enlarge(*source, static_cast<std::uint64_t>(needed * static_cast<double>(tokens)));
  std::printf("%s: %zu tokens, %zu words\n", source->name.c_str(), source->corpus.token_count(), source->words.size());

  report::text_recursion_options options;
  options.tokens = tokens;
  options.generations = generations;
  options.baseline_parts = parts;
  const std::string_view expansion = monitor::to_string(monitor::collapse_kind::expansion);
  const std::string_view shrinkage = monitor::to_string(monitor::collapse_kind::shrinkage);

  options.sampling = {};
  const auto pure = run(*source, "pure sampling", options);
  bool rising = true;
  for (std::size_t g = 1; g <= generations; ++g)
    rising = rising && value(pure, "perplexity", g) > value(pure, "perplexity", g - 1);
  expect(rising, "held-out perplexity rises with every generation");
  expect(value(pure, "entropy", generations) > value(pure, "entropy", 0), "entropy is above generation 0's at the end");
  expect(value(pure, "distinct_2", generations) > value(pure, "distinct_2", 0), "so is distinct-2");
  expect(value(pure, "kullback_leibler", generations) > value(pure, "kullback_leibler", 0), "so is the divergence");
  expect(pure.generations.back().diversity < 100.0, "types fall all the same");
  expect(alarmed_against(pure, report::text_judge::generation_0), "alarm against generation 0");
  expect(pure.generations.back().kind == expansion, "the report calls it expansion");

  options.sampling = {.top_p = 0.95};
  const auto sharp = run(*source, "top-p 0.95", options);
  expect(sharp.generations.back().diversity < 60.0, "more than 40 % of the types are gone at the end");
  expect(value(sharp, "rare_mass", generations) < 0.25 * value(sharp, "rare_mass", 0),
         "three quarters of the mass on rare words are gone");
  expect(alarmed_against(sharp, report::text_judge::generation_0), "alarm against generation 0");
  expect(sharp.generations.back().kind == shrinkage, "the report calls it systematic shrinkage");

  options.sampling = {};
  options.regime = recursion::regime::mix;
  options.real_fraction = real_fraction;
  const auto mixed = run(*source, "half fresh human text, pure sampling", options);
  const double once = value(mixed, "perplexity", 1);
  const double twice = value(mixed, "perplexity", 2);
  const double last = value(mixed, "perplexity", generations);
  expect(!alarmed_against(mixed, report::text_judge::generation_0), "no alarm against generation 0");
  expect(once > value(mixed, "perplexity", 0), "perplexity rises once");
  expect(last < 1.02 * twice, "and stays within 2 % of generation 2's");
  expect(last < 0.75 * value(pure, "perplexity", generations), "well below that of pure sampling");

  std::printf("\n%s\n", all_fit ? "every report fits" : "NOT every report fits");
  return all_fit ? 0 : 1;
}
