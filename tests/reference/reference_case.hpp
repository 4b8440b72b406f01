// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// One case of the reference files as the dispatch tables see it. JSON stays behind this header, in the runner.
namespace tailwatch::reference {

/// Thrown by a dispatch function for a parameter or convention that the library does not offer: the case is skipped and
/// counted under its metric, not passed and not failed.
class unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Part of a text file, selected as the reference contract says (tokens: lower-case, `[a-z']+`).
class text_selection {
 public:
  std::string file;
  std::int64_t first_line = -1, line_count = -1;    ///< lines [first_line, first_line + line_count), −1: no selection
  std::int64_t skip_tokens = 0, first_tokens = -1;  ///< −1: all
  std::int64_t first_bytes = -1;

  [[nodiscard]] std::string bytes() const;               ///< raw bytes, cut at first_bytes
  [[nodiscard]] std::vector<std::string> words() const;  ///< all tokens, one list
  [[nodiscard]] std::vector<std::string> lines() const;  ///< raw selected lines
  [[nodiscard]] std::vector<std::vector<std::string>> line_words()
      const;  ///< tokens per selected line, empty lines kept
  [[nodiscard]] std::vector<std::vector<std::string>> sentences()
      const;  ///< whole file split on [.!?]+, tokenised, empty dropped
};

class reference_case {
 public:
  std::string id;
  std::string metric;

  [[nodiscard]] bool has(std::string_view input) const;
  [[nodiscard]] std::vector<double> numbers(std::string_view input) const;  ///< a flat list; "nan", "inf" resolved
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view input) const;
  [[nodiscard]] std::vector<std::vector<double>> points(std::string_view input) const;  ///< rows; a plain list is 1-D
  [[nodiscard]] std::string text(std::string_view input) const;                         ///< a string input
  [[nodiscard]] double number(std::string_view input) const;

  [[nodiscard]] bool has_param(std::string_view name) const;
  [[nodiscard]] double param(std::string_view name) const;  ///< number; "e", "inf" resolved; throws when absent
  [[nodiscard]] double param(std::string_view name, double absent) const;
  [[nodiscard]] std::string param_text(std::string_view name, std::string_view absent = "") const;
  [[nodiscard]] bool param_flag(std::string_view name, bool absent) const;
  [[nodiscard]] std::vector<double> param_numbers(std::string_view name) const;

  [[nodiscard]] bool has_selection() const;                        ///< input has text_file
  [[nodiscard]] bool has_selection(std::string_view input) const;  ///< input.NAME has text_file
  [[nodiscard]] text_selection selection() const;
  [[nodiscard]] text_selection selection(std::string_view input) const;
  /// Tokens of `tokens` (a list of anything), or of the text selection, as ids in order of first appearance.
  [[nodiscard]] std::vector<std::uint32_t> token_ids() const;

  struct implementation;
  std::shared_ptr<const implementation> data;
};

/// Words → ids in order of first appearance; shared by both texts of a pair.
class word_ids {
 public:
  [[nodiscard]] std::uint32_t id(const std::string& word) {
    return ids_.try_emplace(word, static_cast<std::uint32_t>(ids_.size())).first->second;
  }
  [[nodiscard]] std::vector<std::uint32_t> ids(const std::vector<std::string>& words) {
    std::vector<std::uint32_t> out;
    out.reserve(words.size());
    for (const auto& w : words) out.push_back(id(w));
    return out;
  }
  [[nodiscard]] std::size_t size() const { return ids_.size(); }

 private:
  std::map<std::string, std::uint32_t> ids_;
};

/// A metric by name: returns the components that `expected` lists.
using metric_function = std::function<std::vector<double>(const reference_case&)>;
using dispatch_table = std::map<std::string, metric_function, std::less<>>;

// One file per area, tests/reference/<area>.cpp, adds its metrics to the table.
void add_entropy(dispatch_table&);
void add_tail(dispatch_table&);
void add_diversity(dispatch_table&);
void add_drift(dispatch_table&);
void add_uniqueness(dispatch_table&);
void add_perplexity(dispatch_table&);
void add_monitor(dispatch_table&);
void add_recursion(dispatch_table&);

}  // namespace tailwatch::reference
