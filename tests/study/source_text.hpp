// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/recursion/ngram.hpp"
#include "tailwatch/text/encode.hpp"
#include "tailwatch/text/read_file.hpp"
#include "tailwatch/text/vocabulary.hpp"
#include "tailwatch/text/zipf_text.hpp"

namespace study {

struct source_text {
  std::string name;
  tailwatch::text::vocabulary words;
  tailwatch::core::token_sequences corpus;
};

/// The text that the studies run on: the file named, else the King James text of the reference data where
/// TAILWATCH_REFERENCE_DIR is set, else generated text. Nothing, and a sentence on standard error, for a file that cannot be
/// read.
[[nodiscard]] inline std::optional<source_text> read_source(const char* named) {
  using namespace tailwatch;
  const char* reference = std::getenv("TAILWATCH_REFERENCE_DIR");
  const std::string path = named != nullptr       ? std::string(named)
                           : reference != nullptr ? std::string(reference) + "/data/kjv_verses.txt"
                                                  : std::string();
  source_text out;
  if (path.empty()) {
    core::random_engine random(1);
    out.name = "generated text";
    out.corpus = text::encode(text::zipf_mandelbrot_text({.words = 700000}, random), out.words);
    return out;
  }
  const text::file_text file = text::read_text(path);
  if (!file.error.empty()) {
    std::fprintf(stderr, "%s\n", file.error.c_str());
    return std::nullopt;
  }
  out.name = named != nullptr ? path : std::string("King James text");
  out.corpus = text::encode(file.text, out.words);
  return out;
}

/// As much text as a study needs, like the source: sampled from a 5-gram model of it. The vocabulary stays the source's, so
/// that it does not grow with the text as that of a larger corpus would.
inline void enlarge(source_text& source, std::uint64_t tokens) {
  using namespace tailwatch;
  const recursion::ngram_model writer{{.order = 5, .vocab_pad = source.words.size() + 2}, {}};
  core::random_engine random(7);
  source.corpus = writer.sample(writer.fit(source.corpus), tokens, random);
  source.name = "text sampled from a 5-gram model of the " + source.name;
}

}  // namespace study
