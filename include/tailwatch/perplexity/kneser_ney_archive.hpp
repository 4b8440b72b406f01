// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/perplexity/detail/kneser_ney_parts.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"

namespace tailwatch::perplexity {

namespace detail {

[[nodiscard]] inline core::record_header kneser_ney_header(std::uint64_t training_tokens) noexcept {
  return {core::state_family::kneser_ney, core::parameter_hash{}.add("kneser_ney").value(), 0, 0, training_tokens};
}

inline void save_words(core::output_archive& out, const std::vector<std::uint32_t>& x) {
  out.u64(x.size());
  for (const std::uint32_t v : x) out.u32(v);
}
inline void save_reals(core::output_archive& out, const std::vector<double>& x) {
  out.u64(x.size());
  for (const double v : x) out.f64(v);
}
/// Whole numbers below `bound`.
[[nodiscard]] inline std::vector<std::uint32_t> load_words(core::input_archive& in, std::uint64_t bound) {
  std::vector<std::uint32_t> x(in.length(4));
  for (std::uint32_t& v : x) {
    v = in.u32();
    if (v >= bound) core::detail::archive_failure("a number of the model points beyond its n-grams");
  }
  return x;
}
/// Numbers in [0, most].
[[nodiscard]] inline std::vector<double> load_reals(core::input_archive& in, double most) {
  std::vector<double> x(in.length(8));
  for (double& v : x) {
    v = in.f64();
    if (core::is_nan(v) || !(v >= 0.0 && v <= most))
      core::detail::archive_failure("a probability or back-off weight of the model cannot be one");
  }
  return x;
}

/// Whether counts of counts are whole numbers below 2⁵³, as those of a text without weights are.
[[nodiscard]] inline bool whole(const std::array<double, 4>& counts) noexcept {
  return std::all_of(counts.begin(), counts.end(), [](double t) {
    return !core::is_nan(t) && t >= 0.0 && t <= 0x1p53 && t == static_cast<double>(static_cast<std::uint64_t>(t));
  });
}

/// Whether the levels hang together: successors of every context contiguous, ascending, and each n-gram's suffix an n-gram
/// that ends in the same word; <s> is never predicted.
[[nodiscard]] inline bool linked(const std::vector<ngram_level>& levels) {
  for (std::size_t n = 0; n < levels.size(); ++n) {
    const ngram_level& level = levels[n];
    const std::size_t inner = n == 0 ? 0 : level.size();
    if (level.word.size() != inner || level.suffix.size() != inner) return false;
    if (n + 1 == levels.size()) return level.backoff.empty() && level.first_child.empty();
    const auto& child = level.first_child;
    const auto& above = levels[n + 1];
    if (level.backoff.size() != level.size() || child.size() != level.size() + 1) return false;
    if (child.front() != 0 || child.back() != above.size() || !std::is_sorted(child.begin(), child.end())) return false;
    if (above.word.size() != above.size() || above.suffix.size() != above.size()) return false;
    for (std::size_t c = 0; c < level.size(); ++c)
      for (std::uint32_t i = child[c]; i < child[c + 1]; ++i) {
        if (i > child[c] && above.word[i - 1] >= above.word[i]) return false;
        if (above.suffix[i] >= level.size()) return false;
        if ((n == 0 ? above.suffix[i] : level.word[above.suffix[i]]) != above.word[i]) return false;
        if (above.word[i] == sentence_start && above.probability[i] > 0.0) return false;
      }
  }
  return true;
}

}  // namespace detail

/// Writes a model: bit for bit what `load_kneser_ney` gives back.
///
/// Payload: u64 V, the token ids of the types (u64 number, u32 each, ascending), u64 order; per order 4 × u64 counts of
/// counts (f64 where they are expectations that are not all whole), 3 × f64 discounts, u8: 1 if estimated, 2 more for f64 counts;
/// per order the last words and the suffixes (u32 lists, empty for unigrams),
/// probabilities and back-off weights (f64 lists), first successors (u32 list).
inline void save_kneser_ney(const kneser_ney& model, core::output_archive& out) {
  using parts = detail::kneser_ney_parts;
  out.begin(detail::kneser_ney_header(model.training_tokens()));
  out.u64(model.vocabulary_size());
  out.u64(model.types());
  for (std::uint32_t w = 0; w < model.types(); ++w) out.u32(parts::words_of(model).token(w + detail::first_word));
  out.u64(model.order());
  for (const detail::order_statistics& s : parts::statistics_of(model)) {
    const bool whole = detail::whole(s.count_of_counts);
    for (const double t : s.count_of_counts) {
      if (whole)
        out.u64(static_cast<std::uint64_t>(t));
      else
        out.f64(t);
    }
    for (const double d : s.discounts) out.f64(d);
    out.u8(static_cast<std::uint8_t>((s.estimated ? 1 : 0) + (whole ? 0 : 2)));
  }
  for (const detail::ngram_level& level : parts::levels_of(model)) {
    detail::save_words(out, level.word);
    detail::save_words(out, level.suffix);
    detail::save_reals(out, level.probability);
    detail::save_reals(out, level.backoff);
    detail::save_words(out, level.first_child);
  }
  out.end();
}

/// Reads a model.
/// @throws core::archive_error  for anything but a saved Kneser–Ney model, checked in full: a model that loads cannot be read
///         out of bounds
[[nodiscard]] inline kneser_ney load_kneser_ney(core::input_archive& in) {
  const auto fail = [](const char* what) { core::detail::archive_failure(what); };
  detail::kneser_ney_parts parts;
  parts.training_tokens = in.open(core::state_family::kneser_ney).count;
  parts.vocabulary_size = in.u64();
  const std::vector<std::uint32_t> tokens = detail::load_words(in, kneser_ney::unknown);
  if (std::adjacent_find(tokens.begin(), tokens.end(), [](auto a, auto b) { return a >= b; }) != tokens.end())
    fail("token ids of a model must rise");
  parts.words = detail::words_of_tokens(tokens);
  const std::uint64_t order = in.u64();
  if (order < 1 || order > 16) fail("the order of a model is outside 1 to 16");
  if (parts.vocabulary_size < tokens.size() + 1) fail("the vocabulary of a model is smaller than its types");
  parts.statistics.resize(static_cast<std::size_t>(order));
  for (detail::order_statistics& s : parts.statistics) {
    std::array<std::uint64_t, 4> counts{};
    for (std::uint64_t& t : counts) t = in.u64();
    for (double& d : s.discounts) d = in.f64();
    const std::uint8_t flags = in.u8();
    if (flags > 3) fail("the statistics of an order of the model are of no known kind");
    s.estimated = (flags & 1U) != 0;
    const bool expected = (flags & 2U) != 0;
    for (std::size_t k = 0; k < 4; ++k)
      s.count_of_counts[k] = expected ? std::bit_cast<double>(counts[k]) : static_cast<double>(counts[k]);
    const bool counts_of_something = std::all_of(s.count_of_counts.begin(), s.count_of_counts.end(),
                                                 [](double t) { return core::is_finite(t) && t >= 0.0; });
    if (!counts_of_something || expected == detail::whole(s.count_of_counts))
      fail("the counts of counts of the model cannot be such");
  }
  parts.levels.resize(static_cast<std::size_t>(order));
  const std::uint64_t words = tokens.size() + detail::first_word;
  std::uint64_t below = words;
  for (detail::ngram_level& level : parts.levels) {
    level.word = detail::load_words(in, words);
    level.suffix = detail::load_words(in, below);
    level.probability = detail::load_reals(in, 1.0 + 1e-9);
    level.backoff = detail::load_reals(in, detail::largest_backoff);
    level.first_child = detail::load_words(in, std::uint64_t{1} << 32);
    below = level.size();
  }
  if (parts.levels.front().size() != words || !detail::linked(parts.levels)) fail("the n-grams do not hang together");
  in.close();
  return std::move(parts).assembled();
}

/// The bytes of a model, and the model of such bytes.
[[nodiscard]] inline std::vector<std::byte> kneser_ney_to_bytes(const kneser_ney& model) {
  core::output_archive out;
  save_kneser_ney(model, out);
  return std::move(out).bytes();
}
/// @throws core::archive_error  as load_kneser_ney, and when bytes are left over
[[nodiscard]] inline kneser_ney kneser_ney_from_bytes(std::span<const std::byte> bytes) {
  core::input_archive in(bytes);
  kneser_ney model = load_kneser_ney(in);
  if (in.remaining() != 0) core::detail::archive_failure("bytes left over behind the model");
  return model;
}

}  // namespace tailwatch::perplexity
