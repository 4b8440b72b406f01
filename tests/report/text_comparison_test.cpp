// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/report/text_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/report/comparison_page.hpp"
#include "tailwatch/report/progress_bar.hpp"
#include "tailwatch/report/run_output.hpp"
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
