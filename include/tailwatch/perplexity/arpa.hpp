// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <iterator>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/perplexity/detail/arpa_ngrams.hpp"
#include "tailwatch/perplexity/detail/kneser_ney_parts.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/text/vocabulary.hpp"

/// N-gram models as text, in the ARPA format that KenLM, SRILM and others read and write: per n-gram its log10 probability,
/// its words, and log10 of the back-off weight of the n-gram as a context.
namespace tailwatch::perplexity {

/// A file that is not an n-gram model in ARPA format: which line, and why.
class arpa_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct write_arpa_options {
  int digits = 0;  ///< significant digits; 0: the fewest that read back as the same double. KenLM prints 7 or so
};

struct read_arpa_options {
  /// Probability of an unknown word where the file has no <unk>: 0 makes the perplexity of a text that holds one infinite;
  /// KenLM takes 1e-100.
  double missing_unknown = 0.0;
};

namespace detail {

inline constexpr std::string_view reserved_words[] = {"<unk>", "<s>", "</s>"};
inline constexpr double arpa_zero = -99.0;  // log10 of 0, as the format has it; smaller numbers are read as 0 as well

template <class Function>
concept names_tokens = requires(const Function& word_of, kneser_ney::token t) {
  { word_of(t) } -> std::convertible_to<std::string_view>;
};
template <class Function>
concept numbers_words = requires(Function& token_of, std::string_view word) {
  { token_of(word) } -> std::convertible_to<kneser_ney::token>;
};

inline void append_log10(std::string& out, double p, int digits) {
  char buffer[40];
  const double x = p > 0.0 ? std::log10(p) : arpa_zero;
  const auto end = digits > 0 ? std::to_chars(buffer, buffer + sizeof buffer, x, std::chars_format::general, digits).ptr
                              : std::to_chars(buffer, buffer + sizeof buffer, x).ptr;
  out.append(buffer, end);
}

[[noreturn]] inline void arpa_failure(std::size_t line, const std::string& what) {
  TAILWATCH_THROW(arpa_error("ARPA file, line " + std::to_string(line) + ": " + what));
#if !TAILWATCH_HAS_EXCEPTIONS && defined(__GNUC__)
  __builtin_unreachable();
#endif
}

/// Lines of a file, cut into fields at blanks.
class arpa_lines {
 public:
  explicit arpa_lines(std::istream& in) : in_(in) {}
  /// The next line with anything on it.
  [[nodiscard]] bool next() {
    while (std::getline(in_, line_)) {
      ++number_;
      fields_.clear();
      const std::string_view text = line_;
      for (std::size_t begin = text.find_first_not_of(blanks); begin != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(blanks, begin), text.size());
        fields_.push_back(text.substr(begin, end - begin));
        begin = text.find_first_not_of(blanks, end);
      }
      if (!fields_.empty()) return true;
    }
    fields_.clear();
    return false;
  }
  [[nodiscard]] const std::vector<std::string_view>& fields() const noexcept { return fields_; }
  [[nodiscard]] bool is(std::string_view word) const noexcept { return fields_.size() == 1 && fields_.front() == word; }
  [[noreturn]] void fail(const std::string& what) const { arpa_failure(number_, what); }

  template <class Number>
  [[nodiscard]] Number number(std::string_view text) const {
    Number x{};
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + (text.substr(0, 1) == "+" ? 1 : 0), end, x);
    if (parsed.ec != std::errc{} || parsed.ptr != end) fail("\"" + std::string(text) + "\" is not a number");
    return x;
  }
  /// 10 to the power of a field.
  [[nodiscard]] double power(std::string_view text) const {
    const auto x = number<double>(text);
    if (core::is_nan(x)) fail("a logarithm is not a number");
    return x <= arpa_zero ? 0.0 : std::pow(10.0, x);
  }

 private:
  static constexpr std::string_view blanks = " \t\r";
  std::istream& in_;
  std::string line_;
  std::vector<std::string_view> fields_;
  std::size_t number_ = 0;
};

}  // namespace detail

/// Writes a model.
///
/// <s> has the probability that it is never predicted, −99; probabilities and weights of 0 are −99 too.
///
/// @param word_of  token id → word, for every type of the model: not empty, without white space, none of <unk>, <s>, </s>;
///                 different words for different ids
/// @complexity     O(n-grams · order)
/// @throws         std::invalid_argument  for a word that the format cannot hold, before anything is written; digits < 0
/// @see            A. Stolcke (2002), SRILM, ICSLP, 901–904; K. Heafield (2011), KenLM, WMT, 187–197
/// @example        examples/perplexity/arpa.cpp
template <detail::names_tokens WordOf>
void write_arpa(std::ostream& out, const kneser_ney& model, const WordOf& word_of,
                const write_arpa_options& options = {}) {
  constexpr std::string_view function = "perplexity::write_arpa";
  core::check_at_least(function, "digits", options.digits, 0);
  const detail::word_map& map = detail::kneser_ney_parts::words_of(model);
  const std::vector<detail::ngram_level>& levels = detail::kneser_ney_parts::levels_of(model);
  std::vector<std::string> names(std::begin(detail::reserved_words), std::end(detail::reserved_words));
  for (std::uint32_t w = detail::first_word; w < map.types() + detail::first_word; ++w) {
    const auto word = word_of(map.token(w));
    names.emplace_back(std::string_view(word));
    const bool plain = !names.back().empty() && names.back().find_first_of(" \t\r\n\v\f") == std::string::npos &&
                       names.back() != names[0] && names.back() != names[1] && names.back() != names[2];
    core::check(plain, function, "word", std::string_view(names.back()), "free of white space and not reserved");
  }

  std::string text = "\\data\\\n";
  for (std::size_t n = 1; n <= model.order(); ++n)
    text += "ngram " + std::to_string(n) + "=" + std::to_string(model.ngram_count(n)) + "\n";
  std::vector<std::vector<std::uint32_t>> parent(levels.size());  // of each n-gram, in the level below
  std::vector<std::uint32_t> words;
  for (std::size_t n = 0; n < levels.size(); ++n) {
    const detail::ngram_level& level = levels[n];
    if (n > 0) {
      parent[n].resize(level.size());
      const auto& first = levels[n - 1].first_child;
      for (std::uint32_t c = 0; c < levels[n - 1].size(); ++c)
        for (std::uint32_t i = first[c]; i < first[c + 1]; ++i) parent[n][i] = c;
    }
    text += "\n\\" + std::to_string(n + 1) + "-grams:\n";
    for (std::uint32_t i = 0; i < level.size(); ++i) {
      words.clear();
      std::uint32_t at = i;
      for (std::size_t m = n; m > 0; at = parent[m--][at]) words.push_back(levels[m].word[at]);
      words.push_back(at);
      detail::append_log10(text, level.probability[i], options.digits);
      for (std::size_t k = words.size(); k-- > 0;) {
        text += k + 1 == words.size() ? '\t' : ' ';
        text += names[words[k]];
      }
      if (!level.backoff.empty()) {
        text += '\t';
        detail::append_log10(text, level.backoff[i], options.digits);
      }
      text += '\n';
      if (text.size() > (std::size_t{1} << 16U)) {
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
        text.clear();
      }
    }
  }
  text += "\n\\end\\\n";
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
}
/// The same with the words of a vocabulary, which must hold every type of the model.
inline void write_arpa(std::ostream& out, const kneser_ney& model, const text::vocabulary& words,
                       const write_arpa_options& options = {}) {
  write_arpa(
      out, model,
      [&](kneser_ney::token t) {
        core::check(t < words.size(), "perplexity::write_arpa", "token id", t, "an id of the vocabulary");
        return words.word(t);
      },
      options);
}

/// Reads a model of any smoothing that is stated as back-off: scoring works as for a model that was trained here, sampling
/// too where the model interpolates (KenLM's, SRILM's with -interpolate); a pure back-off model's samples are off.
///
/// Discounts are NaN, discounts_estimated(n) false and training_tokens 0: the file does not say. Missing prefixes and
/// suffixes of n-grams, which pruning by entropy leaves, are put in with the probability that backing off gives, so
/// ngram_count may be larger than the file's.
///
/// @param token_of  word → token id, called once for every unigram but <unk>, <s> and </s>; different ids for different words
/// @complexity      O(n-grams · log n-grams)
/// @throws          arpa_error  with the line, for anything but a whole model in ARPA format of order 1 to 16;
///                  std::invalid_argument  missing_unknown outside [0, 1], a token id of 2^32 − 2 and above
/// @example         examples/perplexity/arpa.cpp
template <detail::numbers_words TokenOf>
[[nodiscard]] kneser_ney read_arpa(std::istream& in, TokenOf&& token_of, const read_arpa_options& options = {}) {
  constexpr std::string_view function = "perplexity::read_arpa";
  core::check_closed_interval(function, "missing_unknown", options.missing_unknown, 0.0, 1.0);
  detail::arpa_lines lines(in);
  do {
    if (!lines.next()) lines.fail("no \\data\\ in the file");
  } while (!lines.is("\\data\\"));
  std::vector<std::uint64_t> announced;
  bool more = lines.next();
  for (; more && lines.fields().front() == "ngram"; more = lines.next()) {
    std::string both;  // "ngram 1=5", with or without blanks around the sign
    for (std::size_t i = 1; i < lines.fields().size(); ++i) both += lines.fields()[i];
    const std::size_t sign = both.find('=');
    if (sign == std::string::npos) lines.fail("\"ngram\" without a number");
    const std::string_view view = both;
    if (lines.template number<std::size_t>(view.substr(0, sign)) != announced.size() + 1)
      lines.fail("orders are not 1, 2, 3 …");
    announced.push_back(lines.template number<std::uint64_t>(view.substr(sign + 1)));
  }
  if (announced.empty() || announced.size() > 16) lines.fail("the order of the model is outside 1 to 16");

  struct unigram {
    std::uint32_t token;
    double probability, backoff;
  };
  double reserved[3] = {-1.0, 0.0, -1.0}, reserved_backoff[3] = {1.0, 1.0, 1.0};
  std::vector<unigram> unigrams;
  boost::unordered_flat_map<std::string, std::uint32_t> index;  // word → token, then → number inside the model
  detail::kneser_ney_parts parts;
  std::vector<detail::arpa_ngrams> orders(announced.size());
  const auto reserved_index = [](std::string_view word) {
    for (std::uint32_t r = 0; r < 3; ++r)
      if (word == detail::reserved_words[r]) return r;
    return word == "<UNK>" ? detail::unknown_word : detail::no_node;
  };
  std::vector<std::uint32_t> gram;
  for (std::size_t n = 1; n <= announced.size(); ++n) {
    if (!more || !lines.is("\\" + std::to_string(n) + "-grams:"))
      lines.fail("\\" + std::to_string(n) + "-grams: expected");
    orders[n - 1].length = n;
    std::uint64_t found = 0;
    for (more = lines.next(); more && lines.fields().front().front() != '\\'; more = lines.next()) {
      const auto& fields = lines.fields();
      if (fields.size() != n + 1 && fields.size() != n + 2) lines.fail("not a probability, words and a weight");
      double p = lines.power(fields[0]);
      if (!(p <= 1.0 + 1e-6)) lines.fail("a probability above 1");
      p = p < 1.0 ? p : 1.0;
      const double gamma = fields.size() == n + 2 ? lines.power(fields[n + 1]) : 1.0;
      if (!(gamma <= detail::largest_backoff)) lines.fail("a back-off weight above 1e18");
      ++found;
      if (n > 1) {
        gram.clear();
        for (std::size_t k = 1; k <= n; ++k) {
          const std::uint32_t r = reserved_index(fields[k]);
          const auto known = r == detail::no_node ? index.find(std::string(fields[k])) : index.end();
          if (r == detail::no_node && known == index.end())
            lines.fail("\"" + std::string(fields[k]) + "\" is not among the unigrams");
          gram.push_back(r == detail::no_node ? known->second : r);
        }
        // <s> is never predicted, whatever the file says.
        orders[n - 1].push_back(gram, gram.back() == detail::sentence_start ? 0.0 : p, gamma);
      } else if (const std::uint32_t r = reserved_index(fields[1]); r != detail::no_node) {
        reserved[r] = r == detail::sentence_start ? 0.0 : p;  // as above
        reserved_backoff[r] = gamma;
      } else {
        const auto token = static_cast<kneser_ney::token>(token_of(fields[1]));
        core::check_at_most(function, "token id", token, kneser_ney::unknown - 1);
        if (!index.try_emplace(std::string(fields[1]), token).second) lines.fail("a unigram comes twice");
        unigrams.push_back({token, p, gamma});
      }
    }
    if (found != announced[n - 1]) lines.fail("as many n-grams as announced were expected before this");
    if (n > 1) {
      if (!orders[n - 1].sort()) lines.fail("an n-gram of the section before comes twice");
      continue;
    }
    std::vector<std::uint32_t> tokens;
    for (const unigram& u : unigrams) tokens.push_back(u.token);
    parts.words = detail::words_of_tokens(tokens);
    if (parts.words.types() != unigrams.size()) lines.fail("two words have one token id");
    for (auto& entry : index) entry.second = parts.words.word(entry.second);
    const std::size_t size = unigrams.size() + detail::first_word;
    orders[0].probability.assign(size, 0.0);
    orders[0].backoff.assign(size, 1.0);
    for (std::uint32_t r = 0; r < 3; ++r) {
      orders[0].probability[r] =
          reserved[r] >= 0.0 ? reserved[r] : (r == detail::unknown_word ? options.missing_unknown : 0.0);
      orders[0].backoff[r] = reserved_backoff[r];
    }
    for (const unigram& u : unigrams) {
      orders[0].probability[parts.words.word(u.token)] = u.probability;
      orders[0].backoff[parts.words.word(u.token)] = u.backoff;
    }
  }
  if (!more || !lines.is("\\end\\")) lines.fail("\\end\\ expected");
  parts.vocabulary_size = unigrams.size() + 2;
  parts.statistics.assign(orders.size(), {{}, {core::nan, core::nan, core::nan}, false});
  parts.levels = detail::linked_levels(std::move(orders));
  return std::move(parts).assembled();
}
/// The same; words that the vocabulary does not have are added to it.
[[nodiscard]] inline kneser_ney read_arpa(std::istream& in, text::vocabulary& words,
                                          const read_arpa_options& options = {}) {
  return read_arpa(
      in, [&](std::string_view word) { return words.add(word); }, options);
}

}  // namespace tailwatch::perplexity
