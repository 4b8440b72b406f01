// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/block_text.hpp"

#include <cstdint>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace monitor = tailwatch::monitor;
using tailwatch::core::random_engine;
using tailwatch::core::uniform_below;

namespace {

using block_text_ids = std::vector<std::uint32_t>;

std::vector<block_text_ids> block_text_sample(std::size_t sequences, std::uint64_t seed) {
  random_engine random(seed);
  std::vector<block_text_ids> all(sequences);
  for (block_text_ids& s : all)
    for (std::size_t i = 1 + uniform_below(random, 9); i > 0; --i)
      s.push_back(static_cast<std::uint32_t>(uniform_below(random, 6)));
  return all;
}

}  // namespace

TEST_CASE("block_text: counts are those of a plain count, also after more text came", "[monitor]") {
  monitor::block_text block(6, 1000, 100);
  const auto text = block_text_sample(40, 1);
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> pairs;
  std::vector<std::int64_t> ids(6, 0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    block.add(text[i]);
    for (std::size_t j = 0; j < text[i].size(); ++j) {
      ++ids[text[i][j]];
      if (j > 0) ++pairs[{text[i][j - 1], text[i][j]}];  // no pair crosses the border of a sequence
    }
    if (i % 13 != 0 && i + 1 != text.size()) continue;  // asking in between must not freeze the answer
    std::uint64_t total = 0, once = 0;
    for (const auto& [pair, n] : pairs) {
      total += n;
      once += n == 1 ? 1 : 0;
    }
    CHECK(block.ngrams(2).count() == total);
    CHECK(block.ngrams(2).distinct() == pairs.size());
    CHECK(static_cast<std::uint64_t>(block.profile(2).f(1)) == once);
    for (std::size_t id = 0; id < 6; ++id) CHECK(block.counts()[id] == ids[id]);
  }
  block.clear();
  CHECK(block.empty());
  CHECK(block.ngrams(2).count() == 0);
  CHECK(block.counts().count() == 0);
  CHECK_THROWS_AS(block.ngrams(0), std::invalid_argument);
  CHECK_THROWS_AS(block.ngrams(9), std::invalid_argument);
  CHECK_THROWS_AS(monitor::block_text(std::uint64_t{1} << 32, 10, 10).counts(), std::invalid_argument);
}

TEST_CASE("block_text: merged parts are the whole, and what finds no room is counted", "[monitor]") {
  const auto text = block_text_sample(30, 2);
  monitor::block_text whole(6, 1000, 100), first(6, 1000, 100), second(6, 1000, 100);
  for (std::size_t i = 0; i < text.size(); ++i) {
    whole.add(text[i], i % 3);
    (i < 17 ? first : second).add(text[i], i % 3);
  }
  CHECK(first.merge(second) == 0);
  CHECK(first.sequences() == whole.sequences());
  CHECK(std::vector<std::uint64_t>(first.prompts().begin(), first.prompts().end()) ==
        std::vector<std::uint64_t>(whole.prompts().begin(), whole.prompts().end()));
  CHECK(first.ngrams(3).distinct() == whole.ngrams(3).distinct());

  monitor::block_text small(6, 12, 2);
  CHECK(small.has_room(12));
  small.add(block_text_ids{1, 2, 3, 4, 5});
  CHECK_FALSE(small.has_room(8));
  monitor::block_text more(6, 100, 10);
  more.add(block_text_ids{1, 1, 1, 1, 1, 1, 1, 1});  // eight: too many tokens
  more.add(block_text_ids{2, 2});                    // fits
  more.add(block_text_ids{3});                       // a third sequence: too many
  CHECK(small.merge(more) == 9);
  CHECK(small.sequences().token_count() == 7);
  first.merge(small);  // without prompts: then none has any
  CHECK(first.prompts().empty());
}

TEST_CASE("block_text: saved and loaded it is the same; more than fits is refused", "[monitor]") {
  monitor::block_text block(6, 100, 10), loaded(6, 100, 10), small(6, 4, 10);
  block.add(block_text_ids{1, 2, 3}, 7);
  block.add(block_text_ids{0, 0}, 9);
  tailwatch::core::output_archive out;
  out.begin({tailwatch::core::state_family::testing, 0, 0, 0, 0});
  block.save_fields(out);
  out.end();
  const auto bytes = std::move(out).bytes();
  const auto load = [&](monitor::block_text& to) {
    tailwatch::core::input_archive in(bytes);
    in.open({tailwatch::core::state_family::testing, 0, 0, 0, 0});
    to.load_fields(in);
    in.close();
  };
  load(loaded);
  CHECK(loaded.sequences() == block.sequences());
  CHECK(loaded.prompts()[1] == 9);
  CHECK_THROWS_AS(load(small), tailwatch::core::archive_error);
}
