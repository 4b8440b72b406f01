// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/report/text_recursion.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/report/html_report.hpp"
#include "tailwatch/report/run_description.hpp"
#include "tailwatch/text/encode.hpp"
#include "tailwatch/text/zipf_text.hpp"

using namespace tailwatch;

namespace {

struct zipf_corpus {
  text::vocabulary words;
  core::token_sequences sentences;
  explicit zipf_corpus(std::size_t n) {
    core::random_engine random(7);
    sentences = text::encode(text::zipf_mandelbrot_text({.words = n, .types = 4000}, random), words);
  }
};

report::text_recursion_options small_run() {
  report::text_recursion_options o;
  o.generations = 4;
  o.tokens = 6000;
  o.seed = 3;
  return o;
}

/// What the run's constructor has to say about these options.
std::string refusal(const core::token_sequences& corpus, const text::vocabulary& words,
                    const report::text_recursion_options& options) {
  try {
    const report::text_recursion run(corpus, words, options);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("report: a recursive run measures, judges and names what went extinct", "[report]") {
  const zipf_corpus corpus(120000);
  const report::text_recursion experiment(corpus.sentences, corpus.words, small_run());
  std::vector<std::string> phases;
  std::size_t rows = 0;
  report::text_recursion_events events;
  events.progress = [&](std::string_view phase, std::size_t, std::size_t) { phases.emplace_back(phase); };
  events.row = [&](const report::generation_row& row) { CHECK(row.generation == rows++); };
  report::text_recursion_result result = experiment.run(events);
  report::describe_run(result, experiment, "generated text");
  const report::collapse_report& r = result.report;

  CHECK(rows == 5);
  CHECK(phases.front() == "baselines");
  CHECK(phases.back() == "control");
  REQUIRE(r.generations.size() == 5);
  CHECK(r.human.size() == experiment.options().baseline_parts + 1);
  CHECK(r.generations.front().diversity == 100.0);
  CHECK(r.generations.front().quality == 100.0);
  for (const report::generation_row& g : r.generations) CHECK(g.values.size() == r.metrics.size());
  // Top-p 0.95 cuts the tail off in every generation.
  CHECK(r.generations.back().diversity < 60.0);
  CHECK(r.generations.back().quality < 80.0);
  REQUIRE_FALSE(r.alarms.empty());
  CHECK(std::ranges::any_of(r.alarms, [](const auto& a) { return a.baseline == report::text_judge::generation_0; }));
  for (const report::alarm_mark& a : r.alarms) CHECK(a.kind == "systematic shrinkage");
  CHECK(result.control_alarms.empty());
  REQUIRE_FALSE(r.words.empty());
  CHECK(corpus.words.contains(r.words.front().text));
  CHECK(r.verdict.size() >= 3);
  CHECK(report::to_html(r).find(r.words.front().text) != std::string::npos);
}

TEST_CASE("report: same seed, same page; another seed, another run", "[report]") {
  const zipf_corpus corpus(120000);
  const auto page = [&](std::uint64_t seed) {
    report::text_recursion_options o = small_run();
    o.seed = seed;
    o.generations = 2;
    const report::text_recursion experiment(corpus.sentences, corpus.words, o);
    report::text_recursion_result result = experiment.run();
    report::describe_run(result, experiment, "generated text");
    return report::to_html(result.report);
  };
  const std::string first = page(1);
  CHECK(first == page(1));
  CHECK_FALSE(first == page(2));
}

TEST_CASE("report: fresh human text ends when it is used up, and the run says so", "[report]") {
  const zipf_corpus corpus(120000);
  report::text_recursion_options o = small_run();
  o.regime = recursion::regime::mix;
  o.real_fraction = 0.5;
  const report::text_recursion experiment(corpus.sentences, corpus.words, o);
  CHECK(experiment.split().fresh.token_count() >= 12000);
  report::text_recursion_result result = experiment.run();
  report::describe_run(result, experiment, "generated text");
  CHECK_FALSE(result.trajectory.exhausted);
  CHECK(result.trajectory.sizes[1].pool_real >= 3000);
  // Half human text holds perplexity where replace loses it.
  CHECK(result.report.generations.back().quality > 70.0);
}

TEST_CASE("report: a run refuses what cannot be", "[report]") {
  const zipf_corpus corpus(30000);
  report::text_recursion_options o;
  o.generations = 0;
  CHECK(refusal(corpus.sentences, corpus.words, o) == "report::text_recursion: generations is 0, must be at least 1");
  o = {};
  o.baseline_parts = 4;
  CHECK(refusal(corpus.sentences, corpus.words, o) == "report::split_corpus: baseline_parts is 4, must be at least 5");
  CHECK(refusal({}, corpus.words, {}) == "report::text_recursion: tokens per generation is 0, must be at least 1000");
}

TEST_CASE("report: extinctions name the commonest that stayed away", "[report]") {
  text::vocabulary words;
  const core::token_sequences training = text::encode("a a a b b c c c c d\n", words);
  report::extinctions lost(training, 1, words.size());
  const auto generation = [&](const char* text) { lost.observe(text::encode(text, words)); };
  generation("a b c d\n");
  generation("a c\n");
  generation("a d\n");
  const auto list = lost.most_common(words, 3);
  REQUIRE(list.size() == 2);  // d came back, a stayed
  CHECK(list[0].text == "b");
  CHECK(list[0].generation == 1);
  CHECK(list[1].text == "c");
  CHECK(list[1].reference_count == 4);
  CHECK(list[1].generation == 2);
}

TEST_CASE("report: texts are cut to the same number of tokens", "[report]") {
  core::token_sequences text;
  text.push_back(std::vector<int>{1, 2, 3});
  text.push_back(std::vector<int>{4, 5, 6});
  const auto cut = report::first_tokens(text, 4);
  CHECK(cut.token_count() == 4);
  CHECK(cut.size() == 2);
  CHECK(cut[1].size() == 1);
  CHECK(report::first_tokens(text, 100) == text);
  CHECK(report::first_tokens(text, 0).empty());
}
