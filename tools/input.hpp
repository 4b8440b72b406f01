// SPDX-License-Identifier: BSL-1.0
//
// Corpora as streams: text, JSON Lines, token files of llm.c, NumPy arrays. Whatever the size of the file, one block of it is
// in memory at a time.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "tailwatch/text/encode.hpp"
#include "tailwatch/text/vocabulary.hpp"

namespace tailwatch::tools {

enum class file_format { automatic, text, jsonl, uint16, uint32, npy };

struct input_options {
  file_format format = file_format::automatic;
  std::string field = "text";         ///< of a JSON object; a dotted path reaches inside
  std::string tokenizer;              ///< GPT-2 tokenizer file of llm.c: names for token ids
  long long end_of_text = -1;         ///< token that ends a document; −1: the one of the file's kind
  std::size_t max_types = 4u << 20u;  ///< words beyond these many are counted as one
  text::sentence_rule sentences = text::sentence_rule::automatic;
  bool keep_case = false;
  bool digits = false;
  std::string group_field;  ///< JSONL: deals documents to groups by this field; empty: one group

  void add_to(CLI::App& app);
};

/// The words of all corpora of one command.
struct word_list {
  text::vocabulary words;
  bool words_are_tokens = false;       ///< ids of a tokenizer, not words of a text
  std::optional<std::uint32_t> other;  ///< the id of words that came after the list was full
  std::uint64_t beyond = 0;            ///< occurrences of those

  std::uint32_t add(std::string_view word, std::size_t max_types);
};

/// What a reader hands on: a sequence of ids, and the end of a document of a group.
struct document_events {
  std::function<void(const std::vector<std::uint32_t>& ids)> sequence;
  std::function<void(std::string_view group)> document;  ///< after its last sequence
  std::function<void(double done, double of)> progress;
};

/// Reads one corpus from `path` (`-`: standard input).
/// @throws input_error with one sentence that names the file, and the line where there are lines
void read_corpus(const std::string& path, const input_options& options, word_list& words,
                 const document_events& events);

/// The value of `path` ("a.b") in a line of JSON, as texts or as token ids.
struct json_document {
  std::vector<std::string> texts;
  std::vector<std::uint32_t> tokens;
  bool is_tokens = false;
  std::string group;
};
/// @throws input_error; `where` names file and line
[[nodiscard]] json_document read_json_line(std::string_view line, const input_options& options,
                                           const std::string& where);

/// Sentences of one text as ids, handed on one by one.
void encode_text(std::string_view text, const input_options& options, text::sentence_rule rule, word_list& words,
                 const std::function<void(const std::vector<std::uint32_t>&)>& sequence);

}  // namespace tailwatch::tools
