// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/uniqueness.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reference/reference_case.hpp"
#if __has_include(<zlib.h>)
#include "tailwatch/uniqueness/zlib_codec.hpp"
#endif
#ifdef TAILWATCH_TEST_XZ
#include <lzma.h>
#endif

namespace tailwatch::reference {
namespace {

using uniqueness_values = std::vector<double>;

std::size_t gram_order(const reference_case& c) { return static_cast<std::size_t>(c.param("n")); }

token_sequences uniqueness_lines(const reference_case& c) {
  word_ids ids;
  token_sequences sequences;
  for (const auto& words : c.selection().line_words()) sequences.push_back(ids.ids(words));
  return sequences;
}

/// The two texts of a case as ids of one vocabulary.
struct text_pair {
  std::vector<std::uint32_t> generated, reference;

  explicit text_pair(const reference_case& c) {
    word_ids ids;
    reference = ids.ids(c.selection("reference").words());
    generated = ids.ids(c.selection("generated").words());
  }
};

template <class Rate>
metric_function duplicates(Rate rate) {
  return [rate](const reference_case& c) -> uniqueness_values {
    if (c.param_text("key", "line") == "tokens") return {rate(uniqueness_lines(c)).value};
    return {rate(c.selection().lines()).value};
  };
}

metric_function ball_metric(estimate uniqueness::precision_recall_result::*member) {
  return [member](const reference_case& c) -> uniqueness_values {
    const auto flatten = [](const std::vector<std::vector<double>>& points) {
      std::vector<double> flat;
      for (const auto& point : points) flat.insert(flat.end(), point.begin(), point.end());
      return flat;
    };
    const auto generated = c.points("generated");
    const auto reference = c.points("reference");
    const std::vector<double> g = flatten(generated), r = flatten(reference);
    const std::size_t d = generated.front().size();
    const auto ball = c.param_text("compare") == "<" ? uniqueness::ball::open : uniqueness::ball::closed;
    const auto result = uniqueness::precision_recall(rows(g, generated.size(), d), rows(r, reference.size(), d),
                                                     {.k = static_cast<std::size_t>(c.param("k")), .ball = ball});
    return {(result.*member).value};
  };
}

uniqueness::self_bleu_options bleu_options(const reference_case& c) {
  if (c.param_text("smoothing") != "add_epsilon_to_zero") throw unsupported("smoothing");
  return {.order = gram_order(c), .epsilon = c.param("epsilon")};
}

#ifdef TAILWATCH_TEST_XZ
/// Size as an .xz file with CRC64.
std::uint64_t xz_bytes(std::string_view text, std::uint32_t preset) {
  std::vector<std::uint8_t> out(lzma_stream_buffer_bound(text.size()));
  std::size_t bytes = 0;
  const auto* in = reinterpret_cast<const std::uint8_t*>(text.data());
  const lzma_ret status =
      lzma_easy_buffer_encode(preset, LZMA_CHECK_CRC64, nullptr, in, text.size(), out.data(), &bytes, out.size());
  return status == LZMA_OK ? bytes : 0;
}
#endif

template <class Source>
double compressed(const reference_case& c, const Source& source, const uniqueness::compression_ratio_options& options) {
  const std::string codec = c.param_text("codec");
#if __has_include(<zlib.h>)
  if (codec == "zlib")
    return uniqueness::compression_ratio(source, uniqueness::zlib_codec{.level = static_cast<int>(c.param("level"))},
                                         options)
        .value;
#endif
#ifdef TAILWATCH_TEST_XZ
  if (codec == "xz") {
    const auto xz = [&](std::string_view text) {
      return xz_bytes(text, static_cast<std::uint32_t>(c.param("preset")));
    };
    return uniqueness::compression_ratio(source, xz, options).value;
  }
#endif
  static_cast<void>(source);
  static_cast<void>(options);
  throw unsupported("codec " + codec);
}

}  // namespace

void add_uniqueness(dispatch_table& table) {
  table["uniqueness.repetition_n"] = [](const reference_case& c) -> uniqueness_values {
    return {uniqueness::repetition_n(c.token_ids(), {.order = gram_order(c)}).value};
  };
  table["uniqueness.ngram_novelty"] = [](const reference_case& c) -> uniqueness_values {
    const text_pair texts(c);
    const auto per = c.param_text("count") == "types" ? uniqueness::ngram_unit::types : uniqueness::ngram_unit::tokens;
    return {uniqueness::ngram_novelty(texts.generated, texts.reference, {.order = gram_order(c), .per = per}).value};
  };
  table["uniqueness.ngram_jaccard"] = [](const reference_case& c) -> uniqueness_values {
    const text_pair texts(c);
    return {uniqueness::ngram_jaccard(texts.generated, texts.reference, {.order = gram_order(c)}).value};
  };
  table["uniqueness.rare_type_coverage"] = [](const reference_case& c) -> uniqueness_values {
    const text_pair texts(c);
    const auto max_count = static_cast<std::uint64_t>(c.param("max_count"));
    return {uniqueness::rare_type_coverage(texts.generated, texts.reference,
                                           {.order = gram_order(c), .max_count = max_count})
                .value};
  };
  table["uniqueness.longest_match"] = [](const reference_case& c) -> uniqueness_values {
    const text_pair texts(c);
    return {uniqueness::longest_match(texts.generated, texts.reference).length.value};
  };
  table["uniqueness.shingle_jaccard"] = [](const reference_case& c) -> uniqueness_values {
    const token_sequences lines = uniqueness_lines(c);
    const std::vector<std::int64_t> pair = c.integers("pair");
    return {uniqueness::ngram_jaccard(lines[static_cast<std::size_t>(pair[0])],
                                      lines[static_cast<std::size_t>(pair[1])], {.order = gram_order(c)})
                .value};
  };
  table["uniqueness.exact_duplicate_rate"] =
      duplicates([](const auto& source) { return uniqueness::exact_duplicate_rate(source); });
  table["uniqueness.duplicate_member_rate"] =
      duplicates([](const auto& source) { return uniqueness::duplicate_member_rate(source); });
  table["uniqueness.self_repetition"] = [](const reference_case& c) -> uniqueness_values {
    return {uniqueness::self_repetition(uniqueness_lines(c), {.order = gram_order(c)}).value};
  };
  table["uniqueness.self_bleu"] = [](const reference_case& c) -> uniqueness_values {
    return {uniqueness::self_bleu(uniqueness_lines(c), bleu_options(c)).value};
  };
  table["uniqueness.self_bleu_per_sentence"] = [](const reference_case& c) -> uniqueness_values {
    uniqueness_values terms = uniqueness::self_bleu_fn::per_sequence(uniqueness_lines(c), bleu_options(c));
    terms.resize(static_cast<std::size_t>(c.param("first")));
    return terms;
  };
  table["uniqueness.compression_ratio"] = [](const reference_case& c) -> uniqueness_values {
    if (!c.has_param("join")) return {compressed(c, c.selection().bytes(), {})};
    const std::string join = c.param_text("join");
    return {compressed(c, c.selection().lines(), {.join = join})};
  };
  table["uniqueness.byte_count"] = [](const reference_case& c) -> uniqueness_values {
    return {static_cast<double>(uniqueness::byte_count(c.selection().bytes()))};
  };
  table["uniqueness.precision"] = ball_metric(&uniqueness::precision_recall_result::precision);
  table["uniqueness.recall"] = ball_metric(&uniqueness::precision_recall_result::recall);
  table["uniqueness.density"] = ball_metric(&uniqueness::precision_recall_result::density);
  table["uniqueness.coverage"] = ball_metric(&uniqueness::precision_recall_result::coverage);
}

}  // namespace tailwatch::reference
