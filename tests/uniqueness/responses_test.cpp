// SPDX-License-Identifier: BSL-1.0
// unique_response_ratio and sequence_loops: what responses to prompts look like when a policy collapses.
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/uniqueness/sequence_loops.hpp"
#include "tailwatch/uniqueness/unique_response_ratio.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

static_assert(core::estimator<uniqueness::unique_response_ratio_fn>);
static_assert(core::estimator<uniqueness::sequence_loops_fn>);

namespace {

uniqueness::sequence_loop loop_at_end(const std::string& text, const uniqueness::sequence_loops_options& options = {}) {
  return uniqueness::sequence_loops_fn::last_loop(std::span<const char>(text), options);
}

/// The definition, word by word: most consecutive copies of the last p tokens, ties to the smaller p.
uniqueness::sequence_loop loop_by_definition(const std::string& text,
                                             const uniqueness::sequence_loops_options& options) {
  uniqueness::sequence_loop best;
  for (std::size_t p = 1; p <= options.max_period && p <= text.size(); ++p) {
    const std::string phrase = text.substr(text.size() - p);
    std::size_t repeats = 1;
    while ((repeats + 1) * p <= text.size() && text.substr(text.size() - (repeats + 1) * p, p) == phrase) ++repeats;
    if (repeats <= std::max<std::size_t>(best.repeats, 1)) continue;
    std::size_t tokens = repeats * p;
    while (tokens < text.size() && text[text.size() - 1 - tokens] == text[text.size() - 1 - tokens + p]) ++tokens;
    best = {p, repeats, tokens};
  }
  const bool counts = best.repeats >= options.min_repeats &&
                      (best.period >= options.short_period || best.repeats >= options.min_short_repeats);
  return counts ? best : uniqueness::sequence_loop{};
}

}  // namespace

TEST_CASE("uniqueness unique_response_ratio: by hand", "[uniqueness]") {
  const std::vector<int> prompts{7, -1, 7, 7, -1, 7, 9};
  const std::vector<std::string> lines{"a", "x", "a", "b", "y", "a", "a"};
  const estimate e = uniqueness::unique_response_ratio(prompts, lines);
  CHECK(e.count == 2);  // prompt 9 has one response
  CHECK(close(e.value, (2.0 / 4.0 + 1.0) / 2.0, 1e-15));
  CHECK(close(e.standard_error, 0.25, 1e-15));  // s = 0.5/√2
  CHECK(close(uniqueness::unique_response_ratio(prompts, lines, {.min_responses = 1}).value, 2.5 / 3.0, 1e-15));
  CHECK(close(uniqueness::unique_response_ratio(prompts, lines, {.min_responses = 3}).value, 0.5, 1e-15));
  CHECK(std::isnan(uniqueness::unique_response_ratio(prompts, lines, {.min_responses = 3}).standard_error));
  CHECK(std::isnan(uniqueness::unique_response_ratio(prompts, lines, {.min_responses = 5}).value));
  const auto groups = uniqueness::unique_response_ratio_fn::per_prompt(prompts, lines);
  CHECK(groups.front() == uniqueness::prompt_responses{7, 4, 2});
  CHECK(groups.size() == 3);
  token_sequences sequences;
  for (const auto& line : lines) sequences.push_back(line);
  CHECK(uniqueness::unique_response_ratio(prompts, sequences) == e);
  CHECK(std::isnan(uniqueness::unique_response_ratio(std::vector<int>{}, std::vector<std::string>{}).value));
  CHECK_THROWS_AS(uniqueness::unique_response_ratio(std::vector<int>{1}, lines), std::invalid_argument);
  CHECK_THROWS_AS(uniqueness::unique_response_ratio(prompts, lines, {.min_responses = 0}), std::invalid_argument);
}

TEST_CASE("uniqueness unique_response_ratio: standard error over prompts is the spread", "[uniqueness]") {
  core::random_engine random(21);
  constexpr int replicates = 600;
  double sum = 0.0, squares = 0.0, errors = 0.0;
  std::vector<std::uint32_t> prompts;
  for (std::uint32_t i = 0; i < 240; ++i) prompts.push_back(i / 8);
  for (int r = 0; r < replicates; ++r) {
    token_sequences responses;
    std::uint64_t choices = 0;
    for (std::uint32_t i = 0; i < 240; ++i) {
      if (i % 8 == 0) choices = 1 + core::uniform_below(random, 20);  // some prompts allow few answers
      responses.push_back(std::vector<std::uint64_t>{core::uniform_below(random, choices)});
    }
    const estimate e = uniqueness::unique_response_ratio(prompts, responses);
    sum += e.value;
    squares += e.value * e.value;
    errors += e.standard_error;
  }
  const double mean = sum / replicates;
  const double spread = std::sqrt((squares / replicates - mean * mean) * replicates / (replicates - 1.0));
  CHECK(std::abs(errors / replicates / spread - 1.0) < 4.0 / std::sqrt(2.0 * replicates));
}

TEST_CASE("uniqueness sequence_loops: phrases at the end", "[uniqueness]") {
  CHECK(loop_at_end("once upon a time a time a time") == uniqueness::sequence_loop{7, 3, 21});
  CHECK(loop_at_end("xabcabcabc") == uniqueness::sequence_loop{3, 3, 9});
  CHECK(loop_at_end("bcabcabc") ==
        uniqueness::sequence_loop{3, 2, 8});  // the part before the first phrase belongs to it
  CHECK(loop_at_end("abcabcx").period == 0);
  CHECK(loop_at_end("no no no no").period == 3);
  CHECK(loop_at_end(std::string(50, '.')).period == 0);
  CHECK(loop_at_end(std::string(51, '.')) == uniqueness::sequence_loop{1, 51, 51});
  CHECK(loop_at_end("xyxy").period == 0);
  CHECK(loop_at_end("xyxy", {.short_period = 1}) == uniqueness::sequence_loop{2, 2, 4});
  CHECK(loop_at_end("abcdabcd", {.max_period = 3}).period == 0);
  CHECK(loop_at_end("abcabc", {.min_repeats = 3}).period == 0);
  CHECK(loop_at_end("").period == 0);
  CHECK(loop_at_end("a").period == 0);
  core::random_engine random(8);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    const std::uint64_t letters = 1 + core::uniform_below(random, 3);
    for (std::uint64_t n = core::uniform_below(random, 40); n > 0; --n)
      text += static_cast<char>('a' + core::uniform_below(random, letters));
    const std::string tail = text.substr(text.size() / 2);
    for (std::uint64_t n = core::uniform_below(random, 4); n > 0; --n) text += tail;
    const uniqueness::sequence_loops_options options{.max_period = 1 + core::uniform_below(random, 30),
                                                     .min_repeats = 2 + core::uniform_below(random, 2),
                                                     .short_period = core::uniform_below(random, 5),
                                                     .min_short_repeats = 2 + core::uniform_below(random, 5)};
    REQUIRE(loop_at_end(text, options) == loop_by_definition(text, options));
  }
}

TEST_CASE("uniqueness sequence_loops: rates over sequences", "[uniqueness]") {
  token_sequences sequences;
  sequences.push_back(std::string("abcabcabc"));
  sequences.push_back(std::string("something"));
  sequences.push_back(std::string());
  sequences.push_back(std::string("xxabcdabcd"));
  const auto found = uniqueness::sequence_loops(sequences);
  CHECK(found.rate.value == 0.5);
  CHECK(found.rate.count == 4);
  CHECK(close(found.token_share.value, 17.0 / 28.0, 1e-15));
  const double share = 17.0 / 28.0;
  const double squares = std::pow(9 - 9 * share, 2) + std::pow(9 * share, 2) + std::pow(8 - 10 * share, 2);
  CHECK(close(found.token_share.standard_error, std::sqrt(4.0 / 3.0 * squares) / 28.0, 1e-14));
  CHECK(found.loops[3].period == 4);
  const auto none = uniqueness::sequence_loops(token_sequences());
  CHECK(std::isnan(none.rate.value));
  CHECK(std::isnan(none.token_share.value));
  CHECK_THROWS_AS(uniqueness::sequence_loops(sequences, {.max_period = 0}), std::invalid_argument);
  CHECK_THROWS_AS(uniqueness::sequence_loops(sequences, {.min_repeats = 1}), std::invalid_argument);
}
