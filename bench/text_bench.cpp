// SPDX-License-Identifier: BSL-1.0

// Reading text: words, sentences, ids. The text is generated, so that the figures can be had anywhere; the second
// alphabet is the same text in Cyrillic, two bytes a letter.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/text.hpp"

namespace {

using namespace tailwatch;

const std::string& english() {
  static const std::string text = [] {
    core::random_engine random(1);
    return text::zipf_mandelbrot_text({.words = 1'000'000}, random);
  }();
  return text;
}

const std::string& capitals() {
  static const std::string text = [] {
    std::string x = english();
    for (char& c : x)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    return x;
  }();
  return text;
}

const std::string& cyrillic() {
  static const std::string text = [] {
    std::string x;
    for (const char c : english()) {
      if (c >= 'a' && c <= 'z') {
        text::append_utf8(x, static_cast<char32_t>(0x410 + (c - 'a')));  // capitals, which must be folded
      } else {
        x += c;
      }
    }
    return x;
  }();
  return text;
}

void bytes(benchmark::State& state, const std::string& text) {
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

void words(benchmark::State& state, const std::string& (*source)(), text::tokenise_options options) {
  const std::string& text = source();
  for (auto _ : state) {
    std::size_t letters = 0;
    text::for_each_word(text, options, [&](std::string_view word) { letters += word.size(); });
    benchmark::DoNotOptimize(letters);
  }
  bytes(state, text);
}
BENCHMARK_CAPTURE(words, lower_case, english, {});
BENCHMARK_CAPTURE(words, capitals, capitals, {});
BENCHMARK_CAPTURE(words, cyrillic, cyrillic, {});
BENCHMARK_CAPTURE(words, ascii_rule, english, {.rule = text::token_rule::ascii_words});

void words_into_vector(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(text::tokenise(english()));
  bytes(state, english());
}
BENCHMARK(words_into_vector);

void sentences(benchmark::State& state, text::sentence_rule rule) {
  for (auto _ : state) {
    std::size_t n = 0;
    text::for_each_sentence(english(), {.rule = rule}, [&](std::string_view) { ++n; });
    benchmark::DoNotOptimize(n);
  }
  bytes(state, english());
}
BENCHMARK_CAPTURE(sentences, lines, text::sentence_rule::lines);
BENCHMARK_CAPTURE(sentences, punctuation, text::sentence_rule::punctuation);
BENCHMARK_CAPTURE(sentences, automatic, text::sentence_rule::automatic);

void encode(benchmark::State& state) {
  for (auto _ : state) {
    text::vocabulary vocabulary;
    benchmark::DoNotOptimize(text::encode(english(), vocabulary));
  }
  bytes(state, english());
}
BENCHMARK(encode);

void encode_by_unordered_map(benchmark::State& state) {  // the same words and ids by the standard library's map
  for (auto _ : state) {
    std::unordered_map<std::string, std::uint32_t> ids;
    core::token_sequences sequences;
    std::vector<std::uint32_t> sequence;
    text::for_each_sentence(english(), {}, [&](std::string_view sentence) {
      sequence.clear();
      text::for_each_word(sentence, {}, [&](std::string_view word) {
        sequence.push_back(ids.try_emplace(std::string(word), static_cast<std::uint32_t>(ids.size())).first->second);
      });
      sequences.push_back(sequence);
    });
    benchmark::DoNotOptimize(sequences);
  }
  bytes(state, english());
}
BENCHMARK(encode_by_unordered_map);

void generate(benchmark::State& state) {
  std::size_t size = 0;
  for (auto _ : state) {
    core::random_engine random(2);
    size += text::zipf_mandelbrot_text({.words = 200'000}, random).size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(size));
}
BENCHMARK(generate);

}  // namespace
