// SPDX-License-Identifier: BSL-1.0
// Models as text and as bytes: arpa and kneser_ney_archive.
#include "tailwatch/perplexity/arpa.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/kneser_ney_archive.hpp"
#include "tailwatch/perplexity/kneser_ney_sampler.hpp"
#include "tailwatch/text/vocabulary.hpp"

namespace {

using namespace tailwatch;
using perplexity::kneser_ney;
using perplexity::unknown_words;
using tailwatch::testing::close;

token_sequences arpa_training(std::size_t sentences, std::uint64_t seed) {
  core::random_engine random(seed);
  token_sequences text;
  for (std::size_t s = 0; s < sentences; ++s) {
    std::vector<std::uint32_t> line(core::uniform_below(random, 9));
    for (auto& t : line) {
      const double u = core::uniform_01(random);
      t = static_cast<std::uint32_t>(u * u * u * 60.0);
    }
    text.push_back(line);
  }
  return text;
}

text::vocabulary arpa_words() {
  text::vocabulary words;
  for (int i = 0; i < 60; ++i) words.add("w" + std::to_string(i));
  return words;
}

std::string arpa_text(const kneser_ney& model, const perplexity::write_arpa_options& options = {}) {
  std::ostringstream out;
  perplexity::write_arpa(out, model, arpa_words(), options);
  return out.str();
}

/// What the format means, from its text alone: p(w|h) if listed, else weight(h) · p(w|h′).
class arpa_reader {
 public:
  explicit arpa_reader(const std::string& text) {
    std::istringstream in(text);
    std::string line;
    std::size_t order = 0;
    while (std::getline(in, line)) {
      if (line.size() > 7 && line.substr(line.size() - 7) == "-grams:") {
        order = static_cast<std::size_t>(line[1] - '0');
        continue;
      }
      std::istringstream fields(line);
      double p = 0.0, weight = 0.0;
      if (order == 0 || !(fields >> p)) continue;
      std::string gram, word;
      for (std::size_t k = 0; k < order; ++k) {
        fields >> word;
        gram += (k == 0 ? "" : " ") + word;
      }
      if (!(fields >> weight)) weight = 0.0;
      entries_[gram] = {p, weight};
    }
  }
  [[nodiscard]] double log10_probability(std::vector<std::string> context, const std::string& word) const {
    std::string history;
    for (const auto& c : context) history += c + " ";
    if (const auto at = entries_.find(history + word); at != entries_.end()) return at->second.first;
    if (context.empty()) return entries_.at("<unk>").first;
    history.pop_back();
    const auto at = entries_.find(history);
    const double weight = at == entries_.end() ? 0.0 : at->second.second;
    context.erase(context.begin());
    return weight + log10_probability(context, word);
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  std::map<std::string, std::pair<double, double>> entries_;
};

void check_same_probabilities(const kneser_ney& a, const kneser_ney& b, double tolerance) {
  const auto text = arpa_training(300, 77);
  for (std::size_t s = 0; s < text.size(); ++s) {
    const auto x = a.log_probabilities(text[s]), y = b.log_probabilities(text[s]);
    for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(close(x[i], y[i], tolerance));
  }
}

}  // namespace

TEST_CASE("perplexity arpa: the text means the model", "[perplexity]") {
  for (const std::size_t order : {1U, 2U, 3U, 5U}) {
    const kneser_ney model(arpa_training(400, order), {.order = order, .prune = {0, 0, 1}});
    const arpa_reader reader(arpa_text(model));
    std::size_t listed = 0;
    for (std::size_t n = 1; n <= order; ++n) listed += model.ngram_count(n);
    CHECK(reader.size() == listed);
    const auto text = arpa_training(60, 99);
    const text::vocabulary words = arpa_words();
    for (std::size_t s = 0; s < text.size(); ++s) {
      std::vector<std::string> history{"<s>"};
      const auto log_p = model.log_probabilities(text[s]);
      for (std::size_t i = 0; i < log_p.size(); ++i) {
        while (history.size() > order - 1) history.erase(history.begin());
        std::string word = i < text[s].size() ? std::string(words.word(text[s][i])) : "</s>";
        if (i < text[s].size() && !model.knows(text[s][i])) word = "<unk>";
        REQUIRE(close(reader.log10_probability(history, word) * std::log(10.0), log_p[i], 1e-12));
        history.push_back(word);
      }
    }
  }
}

TEST_CASE("perplexity arpa: round trip", "[perplexity]") {
  for (const std::size_t order : {1U, 3U, 4U}) {
    const kneser_ney model(arpa_training(400, 5), {.order = order});
    std::istringstream in(arpa_text(model));
    text::vocabulary words = arpa_words();
    const kneser_ney back = perplexity::read_arpa(in, words);
    CHECK(words == arpa_words());
    CHECK(back.order() == order);
    CHECK(back.types() == model.types());
    CHECK(back.vocabulary_size() == model.vocabulary_size());
    for (std::size_t n = 1; n <= order; ++n) CHECK(back.ngram_count(n) == model.ngram_count(n));
    CHECK(std::isnan(back.discounts(1)[0]));
    CHECK_FALSE(back.discounts_estimated());
    check_same_probabilities(model, back, 1e-12);
    // Sampling rests on p = own + γ p′, which rounding must not break.
    perplexity::kneser_ney_sampler sampler(back, {.top_p = 0.9});
    core::random_engine random(1);
    CHECK(sampler.generate(500, random).token_count() >= 500);
    const std::string seven = arpa_text(model, {.digits = 7});
    CHECK(seven.size() < arpa_text(model).size());
    std::istringstream rounded(seven);
    check_same_probabilities(model, perplexity::read_arpa(rounded, words), 1e-5);
  }
}

TEST_CASE("perplexity arpa: other programs' files", "[perplexity]") {
  // No <unk>, carriage returns, blanks for tabs, text before the data, no weight where it is 0, and a trigram whose suffix
  // and prefix were pruned.
  const std::string file =
      "made by hand\r\n\r\n\\data\\\r\nngram 1=4\r\nngram 2 = 2\r\nngram 3=2\r\n\r\n\\1-grams:\r\n"
      "-99 <s> -0.5\r\n-0.4 a -0.3\r\n-0.6 b\r\n-0.5 </s>\r\n\r\n"
      "\\2-grams:\r\n-0.2 <s> a -0.1\r\n-0.3 a b\r\n\r\n\\3-grams:\r\n-0.05 <s> a b\r\n-0.7 b a a\r\n\r\n\\end\\\r\n";
  std::istringstream in(file);
  text::vocabulary words;
  const kneser_ney model = perplexity::read_arpa(in, words);
  const auto a = *words.find("a"), b = *words.find("b");
  CHECK(model.ngram_count(2) == 4);  // "b a" and "a a" were put in
  const auto log10_p = [&](const std::vector<std::uint32_t>& history, std::uint32_t word) {
    return model.log_probability(history, word) / std::log(10.0);
  };
  CHECK(close(log10_p({}, a), -0.2, 1e-13));
  CHECK(close(log10_p({a}, b), -0.05, 1e-13));
  CHECK(close(log10_p({a}, kneser_ney::end_of_sentence), -0.1 - 0.3 - 0.5, 1e-13));
  CHECK(close(log10_p({}, b), -0.5 - 0.6, 1e-13));
  CHECK(close(log10_p({a, b, a}, a), -0.7, 1e-13));
  CHECK(close(log10_p({b}, a), -0.4, 1e-13));  // "b a" is as backing off says, its weight 1
  CHECK(close(log10_p({b, a}, b), -0.3, 1e-13));
  CHECK(close(log10_p({a, a}, b), -0.3, 1e-13));
  CHECK(model.probability(model.sentence_begin(), 77) == 0.0);
  std::istringstream again(file);
  const kneser_ney kind = perplexity::read_arpa(again, words, {.missing_unknown = 1e-100});
  CHECK(close(kind.probability(kind.sentence_begin(), 77), 1e-100 * std::pow(10.0, -0.5), 1e-12));
}

TEST_CASE("perplexity arpa: what is no model is refused with its line", "[perplexity]") {
  const auto refused = [](const std::string& file) {
    std::istringstream in(file);
    text::vocabulary words;
    bool thrown = false;
    try {
      static_cast<void>(perplexity::read_arpa(in, words));
    } catch (const perplexity::arpa_error& e) {
      thrown = std::string_view(e.what()).find("line ") != std::string_view::npos;
    }
    return thrown;
  };
  const std::string head = "\\data\\\nngram 1=2\n\n\\1-grams:\n";
  CHECK_FALSE(refused(head + "-0.3\ta\n-0.3\t</s>\n\\end\\\n"));
  CHECK(refused(""));
  CHECK(refused("nothing here\n"));
  CHECK(refused("\\data\\\n"));
  CHECK(refused("\\data\\\nngram 2=2\n"));
  CHECK(refused(head + "-0.3\ta\n-0.3\t</s>\n"));          // no end
  CHECK(refused(head + "-0.3\ta\n\\end\\\n"));             // one unigram fewer
  CHECK(refused(head + "-0.3\ta\n-0.3\ta\n\\end\\\n"));    // twice
  CHECK(refused(head + "0.3\ta\n-0.3\t</s>\n\\end\\\n"));  // above 1
  CHECK(refused(head + "nan\ta\n-0.3\t</s>\n\\end\\\n"));
  CHECK(refused(head + "x\ta\n-0.3\t</s>\n\\end\\\n"));
  CHECK(refused(head + "-0.3\ta b c\n-0.3\t</s>\n\\end\\\n"));
  const std::string two = "\\data\\\nngram 1=2\nngram 2=1\n\n\\1-grams:\n-0.3\ta\n-0.3\t</s>\n\\2-grams:\n";
  CHECK_FALSE(refused(two + "-0.3\ta a\n\\end\\\n"));
  CHECK(refused(two + "-0.3\ta zz\n\\end\\\n"));
  CHECK(refused("\\data\\\nngram 1=1\nngram 2=2\n\\1-grams:\n-0.3\ta\n\\2-grams:\n-0.3\ta a\n-0.2\ta a\n\\end\\\n"));
  std::istringstream in(head + "-0.3\ta\n-0.3\tb\n\\end\\\n");
  CHECK_THROWS_AS(perplexity::read_arpa(in, [](std::string_view) { return 1U; }), perplexity::arpa_error);
  text::vocabulary words;
  CHECK_THROWS_AS(perplexity::read_arpa(in, words, {.missing_unknown = 2.0}), std::invalid_argument);

  token_sequences text;
  text.push_back(std::vector<int>{0, 1});
  const kneser_ney model(text, {.order = 2});
  std::ostringstream out;
  for (const char* word : {"", "a b", "<s>", "<unk>", "tab\t"})
    CHECK_THROWS_AS(perplexity::write_arpa(
                        out, model, [&](kneser_ney::token t) { return t == 0 ? std::string("x") : std::string(word); }),
                    std::invalid_argument);
  words.add("only one");
  CHECK_THROWS_AS(perplexity::write_arpa(out, model, words), std::invalid_argument);
  CHECK(out.str().empty());
}

TEST_CASE("perplexity arpa: a model that was read equals itself and its saved bytes", "[perplexity]") {
  std::istringstream in(arpa_text(kneser_ney(arpa_training(100, 5), {.order = 3})));
  text::vocabulary words;
  const kneser_ney model = perplexity::read_arpa(in, words);
  const kneser_ney copy = model;  // the discounts are NaN
  CHECK(copy == model);
  CHECK(perplexity::kneser_ney_from_bytes(perplexity::kneser_ney_to_bytes(model)) == model);
}

TEST_CASE("perplexity arpa: files that are no distribution can be drawn from and saved", "[perplexity]") {
  const auto read = [](const std::string& file) {
    std::istringstream in(file);
    text::vocabulary words;
    return perplexity::read_arpa(in, words);
  };
  const std::string unigrams = "-99 <s> -0.5\n-0.3 a 2.0\n-0.4 b -0.1\n-0.9 </s>\n";
  // <s> is never predicted; with a probability it was drawn, and its token id read out of bounds.
  const kneser_ney starts = read("\\data\\\nngram 1=4\nngram 2=2\n\\1-grams:\n" + unigrams +
                                 "\\2-grams:\n-0.001 <s> a\n-0.001 a <s>\n\\end\\\n");
  // Backing off from "a" gives more than 1 to what was put in, "a b": such bytes did not load.
  const kneser_ney above = read("\\data\\\nngram 1=4\nngram 2=1\nngram 3=1\n\\1-grams:\n" + unigrams +
                                "\\2-grams:\n-0.2 <s> a\n\\3-grams:\n-0.2 a b a\n\\end\\\n");
  // No draw from everything lies among the most probable words: top_p never ended.
  const kneser_ney endless = read(
      "\\data\\\nngram 1=3\nngram 2=2\nngram 3=1\n\\1-grams:\n-99 <t> -0.5\n-0.6 a -99\n-0.9 b -1e1\n"
      "\\2-grams:\n-0.1 <s> a 0.1\n-0.1 b </s>\n\\3-grams:\n-0.7 a b a\n\\end\\\n");
  for (const kneser_ney* model : {&starts, &above, &endless}) {
    CHECK(perplexity::kneser_ney_from_bytes(perplexity::kneser_ney_to_bytes(*model)) == *model);
    for (const double top_p : {1.0, 0.9, 0.3})
      for (const std::size_t top_k : {std::size_t{0}, std::size_t{2}}) {
        perplexity::kneser_ney_sampler sampler(*model, {.top_k = top_k, .top_p = top_p, .max_sentence_tokens = 20});
        core::random_engine random(9);
        std::vector<std::uint32_t> sentence;
        for (int i = 0; i < 50; ++i) sampler.sample_sentence(random, sentence);
        for (const auto id : sentence) CHECK(model->knows(id));
      }
  }
  CHECK_THROWS_AS(read("\\data\\\nngram 1=2\n\\1-grams:\n-0.3 a 18.5\n-0.3 </s>\n\\end\\\n"), perplexity::arpa_error);
}

TEST_CASE("perplexity kneser_ney archive: bit for bit", "[perplexity]") {
  for (const std::size_t order : {1U, 2U, 4U}) {
    const kneser_ney model(
        arpa_training(300, 8),
        {.order = order, .unknown_words = order != 2 ? unknown_words::uniform : unknown_words::unigram_discount});
    const auto bytes = perplexity::kneser_ney_to_bytes(model);
    const kneser_ney back = perplexity::kneser_ney_from_bytes(bytes);
    CHECK(back == model);
    CHECK(perplexity::kneser_ney_to_bytes(back) == bytes);
  }
  const kneser_ney empty;
  CHECK(perplexity::kneser_ney_from_bytes(perplexity::kneser_ney_to_bytes(empty)) == empty);
  token_sequences sparse;
  sparse.push_back(std::vector<std::uint32_t>{7, 4000000000U, 7, 3000000});
  const kneser_ney wide(sparse, {.order = 2});
  CHECK(perplexity::kneser_ney_from_bytes(perplexity::kneser_ney_to_bytes(wide)) == wide);
}

TEST_CASE("perplexity kneser_ney archive: damage is refused", "[perplexity]") {
  const kneser_ney model(arpa_training(20, 8), {.order = 3});
  const auto bytes = perplexity::kneser_ney_to_bytes(model);
  for (std::size_t i = 0; i < bytes.size(); i += 7) {
    auto damaged = bytes;
    damaged[i] ^= std::byte{0x41};
    CHECK_THROWS_AS(perplexity::kneser_ney_from_bytes(damaged), core::archive_error);
    CHECK_THROWS_AS(perplexity::kneser_ney_from_bytes(std::span(bytes).first(i)), core::archive_error);
  }
  // Damage under a checksum that fits: nothing is read out of bounds, whatever comes of it.
  for (std::size_t i = core::detail::record_header_bytes; i + 4 < bytes.size(); i += 3) {
    auto damaged = bytes;
    damaged[i] ^= std::byte{0x85};
    const std::uint32_t crc = core::crc32c(std::span<const std::byte>(damaged).first(damaged.size() - 4));
    for (std::size_t k = 0; k < 4; ++k)
      damaged[damaged.size() - 4 + k] = static_cast<std::byte>((crc >> (8 * k)) & 0xFFU);
    try {
      const kneser_ney odd = perplexity::kneser_ney_from_bytes(damaged);
      CHECK(odd.score(arpa_training(5, 3)).tokens() > 0);
    } catch (const core::archive_error&) {
    }
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  CHECK_THROWS_AS(perplexity::kneser_ney_from_bytes(longer), core::archive_error);
}
