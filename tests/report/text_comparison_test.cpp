// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/report/text_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/report/comparison_page.hpp"
#include "tailwatch/report/part_measures.hpp"
#include "tailwatch/report/progress_bar.hpp"
#include "tailwatch/report/run_output.hpp"
#include "tailwatch/report/text_parts.hpp"
#include "tailwatch/report/topic_share.hpp"
#include "tailwatch/report/topic_space.hpp"
#include "tailwatch/text/encode.hpp"
#include "tailwatch/text/zipf_text.hpp"

using namespace tailwatch;

namespace {

report::corpus_sample zipf_sample(const char* name, std::size_t words, double exponent, std::uint64_t seed,
                                  text::vocabulary& vocabulary, std::size_t keep = 0) {
  core::random_engine random(seed);
  report::corpus_sample out(name, {.tokens = keep, .seed = seed});
  const auto sentences = text::encode(
      text::zipf_mandelbrot_text({.words = words, .types = 5000, .exponent = exponent}, random), vocabulary);
  for (std::size_t i = 0; i < sentences.size(); ++i) out.add_sequence(sentences[i]);
  out.end_document();
  return out;
}

}  // namespace

TEST_CASE("report: a corpus sample counts every token and keeps whole passages in the bound", "[report]") {
  report::corpus_sample sample("x", {.tokens = 1000, .passage_tokens = 50, .seed = 3});
  for (std::uint32_t d = 0; d < 400; ++d) {
    for (int s = 0; s < 6; ++s) sample.add_sequence(std::vector<std::uint32_t>(10, d));
    sample.end_document();
  }
  CHECK(sample.tokens() == 24000);
  CHECK(sample.sequences() == 2400);
  CHECK(sample.documents() == 400);
  CHECK(sample.passages() == 800);  // 50 tokens, then the 10 that are left of each document
  CHECK(std::ranges::all_of(sample.counts().begin(), sample.counts().begin() + 400, [](auto c) { return c == 60; }));
  CHECK(sample.sampled_tokens() >= 1000);
  CHECK(sample.sampled_tokens() < 1050);
  std::size_t tokens = 0;
  for (const auto& p : sample.sample()) {
    tokens += p.token_count();
    CHECK((p.token_count() == 50 || p.token_count() == 10));
    CHECK(std::ranges::all_of(p.tokens(), [&](auto t) { return t == p.tokens()[0]; }));  // of one document
  }
  CHECK(tokens == sample.sampled_tokens());
  CHECK_THROWS_AS(report::corpus_sample("x", {.passage_tokens = 0}), std::invalid_argument);
}

TEST_CASE("report: each passage enters a corpus sample with the same chance", "[report]") {
  // 40 passages, 10 kept, 2000 seeds: 500 ± 19.4 each; bound 5 standard deviations.
  std::vector<int> kept(40, 0);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    report::corpus_sample sample("x", {.tokens = 50, .passage_tokens = 5, .seed = seed});
    for (std::uint32_t p = 0; p < 40; ++p) sample.add_sequence(std::vector<std::uint32_t>(5, p));
    sample.end_document();
    for (const auto& p : sample.sample()) ++kept[p.tokens()[0]];
  }
  for (const int k : kept) CHECK(std::abs(k - 500) < 97);
}

TEST_CASE("report: log odds are antisymmetric and shrink for rare words", "[report]") {
  const double z = report::log_odds_z(30, 1000, 10, 1000);
  CHECK(std::abs(z + report::log_odds_z(10, 1000, 30, 1000)) < 1e-12);
  CHECK(z > 2.0);
  CHECK(std::abs(report::log_odds_z(20, 1000, 40, 2000)) < 0.1);
  CHECK(report::log_odds_z(3, 1000, 0, 1000) < z);
}

TEST_CASE("report: the planted word, phrase and absence are named", "[report]") {
  text::vocabulary words;
  report::corpus_sample reference("human", {.tokens = 0});
  report::corpus_sample candidate("model", {.tokens = 0, .seed = 2});
  core::random_engine random(4);
  const auto feed = [&](report::corpus_sample& into, std::size_t n, bool planted) {
    const auto text = text::encode(text::zipf_mandelbrot_text({.words = n, .types = 3000}, random), words);
    const auto phrase = text::encode("as a large language model", words);
    const auto topic = text::encode("the quagga grazes here", words);
    for (std::size_t i = 0; i < text.size(); ++i) {
      into.add_sequence(text[i]);
      if (planted && i % 20 == 0) into.add_sequence(phrase[0]);
      if (!planted && i % 50 == 0) into.add_sequence(topic[0]);
      if (i % 20 == 19) into.end_document();
    }
    into.end_document();
  };
  feed(reference, 40000, false);
  feed(candidate, 20000, true);
  const report::corpus_sample* candidates[] = {&candidate};
  const report::text_comparison c = report::compare_texts(reference, candidates, words).front();
  REQUIRE(c.signs[1].evidence.size() > 0);
  CHECK(c.signs[1].evidence[0].text.find("large language model") != std::string::npos);
  const auto absent = [&](std::string_view word) {
    return std::ranges::any_of(c.signs[2].evidence, [&](const auto& e) { return e.text == word; });
  };
  CHECK(absent("quagga"));
  REQUIRE(c.signs[3].evidence.size() > 0);
  CHECK(c.signs[3].evidence[0].text == "as a large language model");
  CHECK(c.signs[3].shown);
}

TEST_CASE("report: text of the same source shows no sign, whichever of the two sizes", "[report]") {
  // 24 comparisons at alpha 0.05: 1.2 expected false ones at most, the 99.9 % quantile of Binomial(24, .05) is 6.
  int false_ones = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    text::vocabulary words;
    const auto reference = zipf_sample("a", 8000, 1.1, 3 * seed, words);
    const auto same = zipf_sample("b", 8000, 1.1, 3 * seed + 1, words);
    const auto smaller = zipf_sample("c", 4000, 1.1, 3 * seed + 2, words);
    const report::corpus_sample* candidates[] = {&same, &smaller};
    for (const auto& c : report::compare_texts(reference, candidates, words)) false_ones += c.collapsing() ? 1 : 0;
  }
  CHECK(false_ones <= 6);
}

namespace {

/// Documents about one of twelve topics each: every topic has words of its own beside those that all share.
report::corpus_sample topical_sample(const char* name, std::size_t documents, std::size_t missing, std::uint64_t seed) {
  core::random_engine random(seed);
  report::corpus_sample out(name, {.seed = seed});
  for (std::size_t d = 0; d < documents; ++d) {
    const std::size_t topic = missing + core::uniform_below(random, 12 - missing);
    for (int sentence = 0; sentence < 6; ++sentence) {
      std::vector<std::uint32_t> ids;
      for (int i = 0; i < 12; ++i)
        ids.push_back(static_cast<std::uint32_t>(core::uniform_below(random, 3) == 0
                                                     ? 400 + 30 * topic + core::uniform_below(random, 30)
                                                     : core::uniform_below(random, 400)));
      out.add_sequence(ids);
    }
    out.end_document();
  }
  return out;
}

}  // namespace

TEST_CASE("report: topics that a text does not reach are found and named", "[report]") {
  text::vocabulary words;
  for (int i = 0; i < 400 + 30 * 12; ++i)
    words.add((i < 400 ? std::string("w") : "t" + std::to_string((i - 400) / 30) + "x") + std::to_string(i));
  const auto reference = topical_sample("all", 1600, 0, 1);
  const auto same = topical_sample("same", 800, 0, 2);
  const auto without = topical_sample("without two", 800, 2, 3);
  const report::corpus_sample* candidates[] = {&same, &without};
  const auto all = report::compare_texts(reference, candidates, words);
  const auto& none = all[0].signs[static_cast<std::size_t>(report::collapse_sign::rare_topics_unreachable)];
  const auto& lost = all[1].signs[static_cast<std::size_t>(report::collapse_sign::rare_topics_unreachable)];
  CHECK_FALSE(none.shown);
  CHECK(lost.shown);
  CHECK(all[0].whole_documents);
  double mass = 0.0;
  for (const report::topic_share& t : all[1].topics) {
    if (!t.lost) continue;
    mass += t.reference.value;
    CHECK((t.words.starts_with("t0x") || t.words.starts_with("t1x")));
    CHECK(t.candidate.value < 0.02);
    CHECK(t.reference.standard_error > 0.0);
  }
  CHECK(std::abs(mass - 2.0 / 12.0) < 0.04);  // 800 passages: a standard error of 0.013
  REQUIRE_FALSE(lost.evidence.empty());
  CHECK(report::evidence_text(lost.sign, lost.evidence[0]).find("% of passages") != std::string::npos);
  CHECK(lost.sentence.find("less than half") != std::string::npos);
}

TEST_CASE("report: text in words that the reference does not know reaches none of its topics", "[report]") {
  text::vocabulary words;
  for (int i = 0; i < 2000; ++i) words.add("w" + std::to_string(i));
  const auto reference = topical_sample("known", 400, 0, 4);
  core::random_engine random(5);
  report::corpus_sample foreign("foreign", {.seed = 5});
  for (int d = 0; d < 200; ++d) {
    for (int sentence = 0; sentence < 6; ++sentence) {
      std::vector<std::uint32_t> ids;
      for (int i = 0; i < 12; ++i) ids.push_back(static_cast<std::uint32_t>(1000 + core::uniform_below(random, 1000)));
      foreign.add_sequence(ids);
    }
    foreign.end_document();
  }
  const report::corpus_sample* candidates[] = {&foreign};
  const auto c = report::compare_texts(reference, candidates, words).front();
  const auto& verdict = c.signs[static_cast<std::size_t>(report::collapse_sign::rare_topics_unreachable)];
  CHECK(verdict.shown);
  CHECK(verdict.away == 0);
  for (std::size_t m = 0; m < c.measures.size(); ++m)
    if (report::comparison_measures[m].sign == report::collapse_sign::rare_topics_unreachable)
      CHECK(c.measures[m].candidate.value == 0.0);
}

TEST_CASE("report: a topic space puts passages of one topic together", "[report]") {
  const auto passages = topical_sample("x", 480, 0, 7).sample();
  const report::topic_space space(passages, 760, {.dimension = 16});
  CHECK(space.topics() == 12);
  CHECK(space.dimension() == 16);
  REQUIRE(space.assignment().size() == passages.size());
  // Each found topic is one of the twelve: its passages' topical words come from one block of thirty.
  std::size_t right = 0;
  std::vector<std::vector<std::size_t>> seen(space.topics(), std::vector<std::size_t>(12, 0));
  for (std::size_t i = 0; i < passages.size(); ++i) {
    std::vector<std::size_t> words(12, 0);
    for (const std::uint32_t id : passages[i].tokens())
      if (id >= 400) ++words[(id - 400) / 30];
    const auto truth = static_cast<std::size_t>(std::ranges::max_element(words) - words.begin());
    ++seen[space.assignment()[i]][truth];
    const auto p = space.points(std::span(&passages[i], 1));
    CHECK(space.topic_of(p) == space.assignment()[i]);
    double length = 0.0;
    for (const double v : p) length += v * v;
    CHECK(std::abs(length - 1.0) < 1e-12);
  }
  for (const auto& topic : seen) right += *std::ranges::max_element(topic);
  CHECK(right >= passages.size() * 95 / 100);
  for (const auto& marks : space.words(passages))
    for (const std::uint32_t word : marks) CHECK(word >= 400);
  const report::topic_space again(passages, 760, {.dimension = 16});
  CHECK(std::ranges::equal(space.assignment(), again.assignment()));
  CHECK_THROWS_AS(report::topic_space(passages, 760, {.dimension = 0}), std::invalid_argument);
  const report::topic_space empty(std::span<const core::token_sequences>{}, 10);
  CHECK(empty.topics() == 0);
}

TEST_CASE("report: parts share no document, and are full", "[report]") {
  // 40 documents of 5 passages of 10 tokens; parts of 70 take two documents each and waste 30 tokens.
  std::vector<core::token_sequences> passages;
  std::vector<std::uint64_t> documents;
  for (std::uint32_t i = 0; i < 200; ++i) {
    core::token_sequences p;
    p.push_back(std::vector<std::uint32_t>(6, i));
    p.push_back(std::vector<std::uint32_t>(4, i));
    passages.push_back(p);
    documents.push_back((7 * i) % 40);
  }
  const auto groups = report::by_document(passages, documents, [](std::uint64_t d) { return core::split_seed(3, d); });
  REQUIRE(groups.size() == 40);
  const report::dealt_parts dealt = report::deal(groups, 5, 70);
  CHECK(dealt.whole);
  std::vector<int> owner(40, -1);
  for (int part = 0; part < 5; ++part) {
    CHECK(report::joined(dealt.parts[static_cast<std::size_t>(part)]).token_count() == 70);
    for (const auto& p : dealt.parts[static_cast<std::size_t>(part)]) {
      int& o = owner[(7 * p.tokens()[0]) % 40];
      CHECK((o == -1 || o == part));
      o = part;
    }
  }
  for (const auto& p : dealt.rest) CHECK(owner[(7 * p.tokens()[0]) % 40] == -1);
  CHECK(dealt.rest.size() == 150);
  CHECK_FALSE(report::deal(groups, 5, 1000).whole);
}

TEST_CASE("report: text of the same source shows no sign where its documents are long", "[report]") {
  // Documents of their own dialect: a third of each one's words are from a list of forty of its own. Dealt by passages such a
  // reference stands closer to its own base than any other text can.
  const auto sample = [](const char* name, std::size_t documents, std::uint64_t seed) {
    core::random_engine random(seed);
    report::corpus_sample out(name, {.seed = seed});
    for (std::size_t d = 0; d < documents; ++d) {
      std::vector<std::uint32_t> own(40);
      for (std::uint32_t& w : own) w = static_cast<std::uint32_t>(300 + core::uniform_below(random, 3000));
      for (int sentence = 0; sentence < 60; ++sentence) {
        std::vector<std::uint32_t> ids;
        for (int i = 0; i < 15; ++i)
          ids.push_back(core::uniform_below(random, 3) == 0
                            ? own[core::uniform_below(random, own.size())]
                            : static_cast<std::uint32_t>(core::uniform_below(random, 300)));
        out.add_sequence(ids);
      }
      out.end_document();
    }
    return out;
  };
  text::vocabulary words;
  for (int i = 0; i < 3300; ++i) words.add("w" + std::to_string(i));
  int moved = 0;
  int shown = 0;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const auto reference = sample("a", 70, 2 * seed + 1);
    const auto same = sample("b", 40, 2 * seed + 2);
    const report::corpus_sample* candidates[] = {&same};
    const auto c = report::compare_texts(reference, candidates, words).front();
    CHECK(c.whole_documents);
    shown += c.collapsing() ? 1 : 0;
    for (const auto& m : c.measures) moved += m.moved != report::movement::none ? 1 : 0;
  }
  // Six comparisons at 0.05: the 99.9 % quantile of Binomial(6, .05) is 3. Dealt by passages all six were called different.
  CHECK(shown <= 3);
  CHECK(moved <= 3);
}

TEST_CASE("report: a sharpened text shows the signs, a flattened one moves away", "[report]") {
  text::vocabulary words;
  const auto reference = zipf_sample("human", 20000, 1.1, 1, words);
  const auto sharp = zipf_sample("sharp", 10000, 1.4, 2, words);
  const auto flat = zipf_sample("flat", 10000, 0.8, 3, words);
  const report::corpus_sample* candidates[] = {&sharp, &flat};
  const auto all = report::compare_texts(reference, candidates, words);
  CHECK(all[0].signs[0].shown);
  CHECK(all[0].signs[2].shown);
  CHECK(all[0].signs[0].sentence.find("yes") != std::string::npos);
  CHECK_FALSE(all[1].signs[0].shown);
  CHECK(all[1].signs[0].away > 0);
  CHECK(all[1].signs[0].sentence.find("other way") != std::string::npos);
  for (const auto& c : all) {
    CHECK(c.measures.size() == report::comparison_measures.size());
    for (const auto& m : c.measures) CHECK_FALSE(core::is_nan(m.reference.value));
  }
  const std::string page = report::comparison_page(all, {{"a <fact>", "b"}});
  CHECK(page == report::comparison_page(all, {{"a <fact>", "b"}}));
  CHECK(page.find("a &lt;fact&gt;") != std::string::npos);
  CHECK(page.find("http") == std::string::npos);
  CHECK(page.find("nan") == std::string::npos);
}

TEST_CASE("report: a text that is one long sentence is cut into passages", "[report]") {
  text::vocabulary words;
  for (int i = 0; i < 500; ++i) words.add("w" + std::to_string(i));
  const auto endless = [](const char* name, std::size_t tokens, std::size_t passage, std::uint64_t seed) {
    core::random_engine random(seed);
    std::vector<std::uint32_t> ids(tokens);
    for (std::uint32_t& id : ids)
      id = static_cast<std::uint32_t>(core::uniform_below(random, 1 + core::uniform_below(random, 500)));
    report::corpus_sample out(name, {.passage_tokens = passage, .seed = seed});
    out.add_sequence(ids);
    out.end_document();
    return out;
  };
  const auto reference = endless("a", 20050, 200, 1);
  CHECK(reference.passages() == 101);
  CHECK(reference.sequences() == 1);
  CHECK(reference.tokens() == 20050);
  const auto same = endless("b", 9000, 200, 2);
  const report::corpus_sample* candidates[] = {&same};
  const auto c = report::compare_texts(reference, candidates, words).front();
  CHECK_FALSE(c.whole_documents);
  CHECK(c.part_tokens >= 900);
  CHECK(c.base_tokens >= 8 * c.part_tokens);
  for (const auto& m : c.measures) CHECK(core::is_finite(m.reference.value));
  // Too few passages for the parts: refused, whatever their length.
  const auto coarse = endless("coarse", 20000, 4000, 3);
  CHECK_THROWS_AS(report::compare_texts(coarse, candidates, words), std::invalid_argument);
  const report::corpus_sample* few[] = {&coarse};
  CHECK_THROWS_AS(report::compare_texts(reference, few, words), std::invalid_argument);
}

TEST_CASE("report: corpora too small to compare are refused by name", "[report]") {
  text::vocabulary words;
  const auto reference = zipf_sample("human", 8000, 1.1, 1, words);
  const auto tiny = zipf_sample("tiny", 300, 1.1, 2, words);
  const report::corpus_sample* candidates[] = {&tiny};
  CHECK_THROWS_AS(report::compare_texts(reference, candidates, words), std::invalid_argument);
  CHECK_THROWS_AS(report::compare_texts(reference, candidates, words, {.parts = 4}), std::invalid_argument);
}

TEST_CASE("report: progress has a bar, a rate and the time left", "[report]") {
  CHECK(report::progress_bar("reading", 25e6, 100e6, 2.0, "B") ==
        "reading [######..................]  25 %  12.5 MB/s  6.0 s left");
  CHECK(report::progress_bar("waiting", 3, 0, 2.0) == "waiting");
  CHECK(report::progress_bar("x", 0, 10, 0.0) == "x [........................]   0 %");
  CHECK(report::duration(0.44) == "0.4 s");
  CHECK(report::duration(75) == "1 min 15 s");
  CHECK(report::duration(3605) == "1 h 00 min");
  CHECK(report::duration(core::nan) == "?");
}

TEST_CASE("report: wrapped text keeps its words and its width", "[report]") {
  const std::string text = report::wrapped("entropy", "Shannon entropy of the words of the text, in nats per word", 40);
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    CHECK(report::display_width(text.substr(begin, end - begin)) <= 40);
  CHECK(text.ends_with("word\n"));
  CHECK(text.find("\n              ") != std::string::npos);
}
