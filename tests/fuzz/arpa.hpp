// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/perplexity/arpa.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/perplexity/kneser_ney_archive.hpp"
#include "tailwatch/perplexity/kneser_ney_sampler.hpp"
#include "tailwatch/text/vocabulary.hpp"

/// The reader of ARPA files, for the fuzzer and for the test in the suite: what it must keep, valid files, and mutations that know
/// how such a file is built.
namespace tailwatch::fuzz {

inline void expect_arpa(bool condition, const char* promise) {
  if (condition) return;
  std::fprintf(stderr, "arpa: %s\n", promise);
  std::abort();
}

inline core::token_sequences arpa_text(std::size_t sentences, std::uint64_t words, std::uint64_t seed) {
  core::random_engine random(seed);
  core::token_sequences text;
  std::vector<std::uint32_t> sentence;
  for (std::size_t i = 0; i < sentences; ++i) {
    sentence.resize(static_cast<std::size_t>(core::uniform_below(random, 9)));
    for (auto& id : sentence)
      id = static_cast<std::uint32_t>(core::uniform_below(random, 1 + core::uniform_below(random, words)));
    text.push_back(sentence);
  }
  return text;
}

/// Draws a few sentences: they end, and hold words of the model.
inline void draw_from(const perplexity::kneser_ney& model, const perplexity::sampler_options& options) {
  core::random_engine random(2);
  perplexity::kneser_ney_sampler sampler(model, options);
  std::vector<std::uint32_t> sentence;
  for (int i = 0; i < 4; ++i) {
    sentence.clear();
    static_cast<void>(sampler.sample_sentence(random, sentence));
    for (const std::uint32_t id : sentence)
      expect_arpa(model.knows(id), "a word that the model does not have was drawn");
  }
  static_cast<void>(sampler.distribution(model.sentence_begin()));
}

/// Reads a text as a model, and where that is one uses all of it. @return  whether it is one
inline bool check_arpa(std::string_view file) {
  text::vocabulary words;
  perplexity::kneser_ney model;
  try {
    std::istringstream in{std::string(file)};
    model = perplexity::read_arpa(in, words);
  } catch (const perplexity::arpa_error&) {
    return false;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "arpa: %s\n", error.what());
    expect_arpa(false, "something else than arpa_error was thrown");
  }
  expect_arpa(model.types() == words.size(), "types and words differ");
  static const core::token_sequences text = arpa_text(6, 14, 6);
  for (std::size_t i = 0; i < text.size(); ++i)
    for (const double x : model.log_probabilities(text[i]))
      expect_arpa(!core::is_nan(x) && x < core::infinity, "a log-probability is not a number");
  static_cast<void>(model.score(text).perplexity());

  const auto bytes = perplexity::kneser_ney_to_bytes(model);
  expect_arpa(perplexity::kneser_ney_from_bytes(bytes) == model, "the saved bytes are another model");

  bool plain = true;
  for (std::uint32_t id = 0; id < words.size(); ++id)
    plain = plain && words.word(id).find_first_of("\v\f") == std::string_view::npos;
  std::ostringstream out;
  try {
    perplexity::write_arpa(out, model, words);
    expect_arpa(plain, "a word with white space was written");
  } catch (const std::invalid_argument&) {
    expect_arpa(!plain, "what was read cannot be written");
  }
  if (plain) {
    std::istringstream in(out.str());
    text::vocabulary same = words;
    const perplexity::kneser_ney again = perplexity::read_arpa(in, same);
    expect_arpa(same == words && again.order() == model.order(), "what was written is another model");
    for (std::size_t n = 1; n <= model.order(); ++n)
      expect_arpa(again.ngram_count(n) == model.ngram_count(n), "what was written has other n-grams");
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto x = model.log_probabilities(text[i]), y = again.log_probabilities(text[i]);
      for (std::size_t k = 0; k < x.size(); ++k)  // 1e-99 and less is 0 in the format
        expect_arpa(std::abs(x[k] - y[k]) <= 1e-9 * (1.0 + std::abs(x[k])) || x[k] < -200.0,
                    "what was written scores otherwise");
    }
  }
  const perplexity::sampler_options cut{.max_sentence_tokens = 12};
  auto options = cut;
  draw_from(model, options);
  options.top_p = 0.9;
  draw_from(model, options);
  options.temperature = 0.5;
  draw_from(model, options);
  options = cut;
  options.top_k = 3;
  draw_from(model, options);
  options.temperature = 2.0;
  options.top_p = 0.3;
  draw_from(model, options);
  return true;
}

/// Valid files: interpolated and pruned models, and a back-off model without <unk>, prefixes and suffixes.
inline const std::vector<std::string>& arpa_seeds() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> all;
    text::vocabulary words;
    for (int i = 0; i < 12; ++i) words.add("w" + std::to_string(i));
    for (const std::size_t order : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{5}}) {
      std::ostringstream out;
      perplexity::write_arpa(out, perplexity::kneser_ney(arpa_text(14, 12, order), {.order = order}), words,
                             {.digits = 7});
      all.push_back(out.str());
    }
    std::ostringstream pruned;
    perplexity::write_arpa(pruned, perplexity::kneser_ney(arpa_text(30, 9, 9), {.order = 3, .prune = {0, 1, 1}}), words,
                           {.digits = 4});
    all.push_back(pruned.str());
    all.push_back(
        "a line before\n\n\\data\\\nngram 1=4\nngram 2 = 2\nngram 3=1\n\n\\1-grams:\n-99 <s> -0.5\n-0.4 </s>\n-0.6 w1 "
        "0.3\n"
        "-0.9\tw2\t-1e1\r\n\n\\2-grams:\n-0.2 <s> w1 0.1\n-0.1 w2 </s>\n\n\\3-grams:\n-0.7 w1 w2 "
        "w1\n\n\\end\\\nmore\n");
    return all;
  }();
  return list;
}

inline std::vector<std::string> arpa_lines_of(const std::string& file) {
  std::vector<std::string> lines;
  std::istringstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}
inline std::string arpa_joined(const std::vector<std::string>& lines, char between) {
  std::string file;
  for (const std::string& line : lines) (file += line) += between;
  return file;
}

/// Announces as many n-grams as there are, so that what lies behind the counts is reached.
inline std::string arpa_recounted(const std::string& file) {
  auto lines = arpa_lines_of(file);
  std::array<std::size_t, 17> found{};
  std::size_t n = 0;
  for (const std::string& line : lines) {
    if (line.size() > 7 && line[0] == '\\' && line.substr(line.size() - 7) == "-grams:") {
      n = std::min<std::size_t>(static_cast<std::size_t>(std::strtoul(line.c_str() + 1, nullptr, 10)), 16);
    } else if (!line.empty() && line[0] != '\\' && line.find_first_not_of(" \t\r") != std::string::npos) {
      ++found[n];
    } else if (!line.empty() && line[0] == '\\') {
      n = 0;
    }
  }
  for (std::string& line : lines)
    if (line.rfind("ngram ", 0) == 0) {
      n = std::min<std::size_t>(static_cast<std::size_t>(std::strtoul(line.c_str() + 6, nullptr, 10)), 16);
      line = "ngram " + std::to_string(n) + "=" + std::to_string(found[n]);
    }
  return arpa_joined(lines, '\n');
}

/// One to four changes to lines, fields, numbers, words and bytes.
inline std::string arpa_mutated(const std::string& file, core::random_engine& random) {
  static constexpr std::array<std::string_view, 32> pieces{
      "nan",  "-nan", "inf",   "-inf",  "1e400", "-1e400", "1e-400",  "-99",      "-98.9",      "0",        "-0",
      "1e-9", "300",  "-300",  "17",    "18.5",  "+1",     "++1",     "0x1p3",    "1.5e",       "-",        "",
      "<s>",  "</s>", "<unk>", "<UNK>", "w1",    "new",    "\\end\\", "\\data\\", "\\2-grams:", "ngram 4=1"};
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(core::uniform_below(random, n)); };
  auto lines = arpa_lines_of(file);
  for (std::size_t changes = 1 + below(4); changes > 0 && !lines.empty(); --changes) {
    const std::size_t at = below(lines.size()), other = below(lines.size());
    std::string& line = lines[at];
    const auto place = [&](std::size_t i) { return lines.begin() + static_cast<std::ptrdiff_t>(i); };
    std::vector<std::string> fields;
    std::istringstream in(line);
    for (std::string field; std::getline(in, field, line.find('\t') == std::string::npos ? ' ' : '\t');)
      fields.push_back(field);
    switch (below(12)) {
      case 0: lines.erase(place(at)); break;
      case 1: {
        const std::string copy = line;
        lines.insert(place(other), copy);
        break;
      }
      case 2: std::swap(lines[at], lines[other]); break;
      case 3:
      case 4:
      case 5:
        if (fields.empty()) break;
        fields[below(fields.size())] = pieces[below(pieces.size())];
        line = arpa_joined(fields, '\t');
        break;
      case 6:
        if (fields.empty()) break;
        fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(below(fields.size())));
        line = arpa_joined(fields, '\t');
        break;
      case 7: (line += below(2) == 0 ? ' ' : '\t') += pieces[below(pieces.size())]; break;
      case 8: {  // a word for a word of another line
        const std::size_t from = lines[other].find_first_of("w<"), to = line.find_first_of("w<");
        if (from != std::string::npos && to != std::string::npos) line = line.substr(0, to) + lines[other].substr(from);
        break;
      }
      case 9:
        if (!line.empty()) line[below(line.size())] = static_cast<char>(below(256));
        break;
      case 10: line.insert(below(line.size() + 1), 1, "\0\v\f\r\n\t \\-9e."[below(13)]); break;
      default: line.resize(below(line.size() + 1)); break;
    }
  }
  std::string changed = arpa_joined(lines, '\n');
  if (below(16) == 0) changed.resize(below(changed.size() + 1));
  return below(4) == 0 ? changed : arpa_recounted(changed);
}

}  // namespace tailwatch::fuzz
