// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/text_monitor.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/blocks.hpp"

namespace monitor = tailwatch::monitor;
using tailwatch::token_sequences;
using tailwatch::core::random_engine;
using tailwatch::testing::close;

namespace {

/// Zipf text over 2000 words, sentences of 5 to 24; `sharp` > 1 makes the rare rarer.
token_sequences text_monitor_zipf(std::size_t sentences, double sharp, random_engine& random) {
  std::vector<double> cumulative;
  double sum = 0.0;
  for (int r = 1; r <= 2000; ++r) cumulative.push_back(sum += std::pow(r + 2.0, -1.1 * sharp));
  token_sequences text;
  std::vector<std::uint32_t> sentence;
  for (std::size_t i = 0; i < sentences; ++i) {
    sentence.resize(5 + static_cast<std::size_t>(tailwatch::core::uniform_below(random, 20)));
    for (auto& id : sentence) {
      const double u = tailwatch::core::uniform_01(random) * sum;
      id = static_cast<std::uint32_t>(std::ranges::lower_bound(cumulative, u) - cumulative.begin());
    }
    text.push_back(sentence);
  }
  return text;
}

}  // namespace

TEST_CASE("monitor: blocks hold exactly their tokens, all of them once, the same for the same seed", "[monitor]") {
  token_sequences text;
  std::uint32_t next = 0;
  for (const std::size_t length : {7U, 0U, 13U, 1U, 30U, 4U, 5U}) {
    std::vector<std::uint32_t> sentence;
    for (std::size_t i = 0; i < length; ++i) sentence.push_back(next++);
    text.push_back(sentence);
  }
  random_engine first(5);
  random_engine second(5);
  random_engine third(6);
  const auto a = monitor::cut_blocks(text, 8, first);
  const auto b = monitor::cut_blocks(text, 8, second);
  const auto c = monitor::cut_blocks(text, 8, third);
  CHECK(a.blocks == b.blocks);
  CHECK(a.blocks != c.blocks);
  CHECK(a.blocks.size() == 7);
  CHECK(a.tokens_left == 60 - 56);
  std::vector<int> seen(60, 0);
  for (const auto& block : a.blocks) {
    CHECK(block.token_count() == 8);
    for (const std::uint32_t id : block.tokens()) ++seen[id];
    for (std::size_t s = 0; s < block.size(); ++s)
      for (std::size_t i = 1; i < block[s].size(); ++i) CHECK(block[s][i] == block[s][i - 1] + 1);  // cut, not shuffled
  }
  for (const int n : seen) CHECK(n <= 1);
  CHECK(monitor::cut_blocks(token_sequences{}, 8, first).blocks.empty());
  CHECK_THROWS_AS(monitor::cut_blocks(text, 0, first), std::invalid_argument);
}

TEST_CASE("monitor: text signals on a block counted by hand", "[monitor]") {
  // Reference: words 0 0 0 1 2 | 1 3; words 0 (three times), 1 (twice), 2 and 3 (once).
  token_sequences corpus;
  corpus.push_back(std::vector<int>{0, 0, 0, 1, 2});
  corpus.push_back(std::vector<int>{1, 3});
  const monitor::text_reference reference(corpus, 5, {.rare_count = 1});
  CHECK(reference.rare(2));
  CHECK_FALSE(reference.rare(1));
  CHECK_FALSE(reference.rare(4));
  CHECK_FALSE(reference.rare(99));
  monitor::text_signals signals(reference);
  token_sequences block;
  block.push_back(std::vector<int>{0, 0, 1, 2});
  block.push_back(std::vector<int>{4, 0, 1, 2});
  const auto v = signals.values(block);
  const auto value = [&](std::string_view name) {
    for (std::size_t i = 0; i < v.size(); ++i)
      if (monitor::text_signal_table[i].name == name) return v[i];
    return -1.0;
  };
  CHECK(value("types") == 4.0);
  CHECK(value("distinct_2") == 4.0 / 6.0);  // 00 01 12 | 40 01 12
  CHECK(value("distinct_3") == 3.0 / 4.0);  // 001 012 | 401 012
  CHECK(value("repetition_4") == 0.0);
  CHECK(value("missing_mass") == 1.0 / 8.0);
  CHECK(value("rare_word_mass") == 2.0 / 8.0);
  CHECK(value("novel_trigrams") == 1.0 / 4.0);  // 001 and 012 are known, 401 is not
  const double plugin = -(3.0 / 8 * std::log(3.0 / 8) + 2 * 2.0 / 8 * std::log(2.0 / 8) + 1.0 / 8 * std::log(1.0 / 8));
  CHECK(close(value("token_entropy"), plugin + 3.0 / 16.0, 1e-14));
  CHECK(value("jensen_shannon") > 0.0);
  CHECK(signals.values(block) == v);  // the workspace leaves no trace
  for (const double x : signals.values(token_sequences{})) CHECK(tailwatch::core::is_nan(x));
}

TEST_CASE("monitor: fresh text of the same source is quiet, a sharpened source is shrinkage", "[monitor]") {
  random_engine random(3);
  const auto reference_text = text_monitor_zipf(2000, 1.0, random);
  const monitor::text_reference reference(reference_text, 2000);
  monitor::text_signals signals(reference);
  constexpr std::size_t block_tokens = 400;
  monitor::text_baseline human{"human", {}, {.parts = monitor::part_model::random_split}};
  for (int part = 0; part < 5; ++part) {
    human.parts.emplace_back();
    const auto text = text_monitor_zipf(420, 1.0, random);
    for (const auto& block : monitor::cut_blocks(text, block_tokens, random).blocks)
      human.parts.back().push_back(signals.values(block));
  }
  const std::span<const monitor::text_baseline> baselines(&human, 1);
  const monitor::collapse_monitor core(monitor::text_monitor_signals(baselines));
  CHECK(core.nulls() + core.unusable() == 17);
  for (const double sharp : {1.0, 1.12}) {
    monitor::text_monitor watch(reference, core, block_tokens);
    watch.on_train_begin();
    bool alarmed = false;
    for (std::uint64_t step = 1; step <= 8; ++step) {
      const auto text = text_monitor_zipf(600, sharp, random);
      if (step % 2 == 0) {
        for (std::size_t i = 0; i < text.size(); ++i) watch.on_tokens(text[i]);
      } else {
        for (const auto& block : monitor::cut_blocks(text, block_tokens, random).blocks) watch.observe_block(block);
      }
      for (const auto& a : watch.on_step_end(step)) {
        alarmed = true;
        CHECK(a.kind == monitor::collapse_kind::shrinkage);
      }
      watch.on_generation_end();
    }
    watch.on_train_end();
    CHECK(alarmed == (sharp > 1.0));
    CHECK(watch.monitor().dropped() == 0);
    CHECK(watch.lost() == 0);
  }
}

TEST_CASE("monitor: a text monitor saved in mid-block goes on the same", "[monitor]") {
  random_engine random(9);
  const monitor::text_reference reference(text_monitor_zipf(300, 1.0, random), 2000);
  monitor::text_signals signals(reference);
  monitor::text_baseline human{"human", {}, {}};
  for (int part = 0; part < 5; ++part) {
    human.parts.emplace_back();
    for (const auto& block : monitor::cut_blocks(text_monitor_zipf(100, 1.0, random), 100, random).blocks)
      human.parts.back().push_back(signals.values(block));
  }
  const std::span<const monitor::text_baseline> baselines(&human, 1);
  const monitor::collapse_monitor core(monitor::text_monitor_signals(baselines));
  monitor::text_monitor whole(reference, core, 100);
  monitor::text_monitor part = whole;
  const auto text = text_monitor_zipf(200, 1.2, random);
  for (std::size_t i = 0; i < text.size(); ++i) {
    whole.on_tokens(text[i]);
    part.on_tokens(text[i]);
    if (i == 77) {
      std::vector<std::byte> bytes;
      REQUIRE(part.on_save(bytes));
      part = monitor::text_monitor(reference, core, 100);
      REQUIRE(part.on_load(bytes));
      monitor::text_monitor other(reference, core, 101);
      CHECK_FALSE(other.on_load(bytes));
    }
  }
  CHECK(whole.on_step_end(1).size() == part.on_step_end(1).size());
  CHECK(whole.monitor().log_e_value() == part.monitor().log_e_value());
  CHECK(whole.monitor().log_e_value() != 0.0);
  CHECK(tailwatch::core::to_bytes(whole) == tailwatch::core::to_bytes(part));
}
