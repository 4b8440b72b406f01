// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/drift/jensen_shannon.hpp"
#include "tailwatch/entropy/miller_madow.hpp"
#include "tailwatch/monitor/signal.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/tail/missing_mass.hpp"

namespace tailwatch::monitor {

/// One row of the table of text signals.
struct text_signal {
  std::string_view name;
  signal_role role;
  collapse_direction direction;  ///< which departures alarm by default
};

/// The signals of a block of text, in the order of text_signals::values. N tokens, V types of the reference:
///
///   token_entropy    Miller–Madow entropy of the block's tokens, nats
///   types            distinct tokens
///   distinct_2, _3   distinct n-grams / n-grams
///   missing_mass     f1/N of the block (Good–Turing)
///   rare_word_mass   share of tokens that the reference holds, but at most rare_count times
///   novel_trigrams   share of trigrams that the reference does not hold
///   repetition_4     1 − distinct 4-grams / 4-grams
///   jensen_shannon   divergence of the block's tokens from the reference's, nats
inline constexpr std::array<text_signal, 9> text_signal_table{{
    {"token_entropy", signal_role::entropy, collapse_direction::either},
    {"types", signal_role::diversity, collapse_direction::either},
    {"distinct_2", signal_role::diversity, collapse_direction::either},
    {"distinct_3", signal_role::diversity, collapse_direction::either},
    {"missing_mass", signal_role::missing_mass, collapse_direction::either},
    {"rare_word_mass", signal_role::tail_mass, collapse_direction::either},
    {"novel_trigrams", signal_role::novelty, collapse_direction::either},
    {"repetition_4", signal_role::repetition, collapse_direction::either},
    {"jensen_shannon", signal_role::distance, collapse_direction::rises},
}};
/// One block's value of every text signal; NaN where the block is too short.
using text_values = std::array<double, text_signal_table.size()>;

struct text_reference_options {
  std::int64_t rare_count = 5;  ///< a word is rare when the reference holds it 1 to rare_count times
};

/// What text is compared with: the token counts, rare words and trigrams of a reference corpus, not itself monitored.
/// @memory   9·V bytes and 16 to 24 bytes a slot of the table of trigrams
/// @throws   std::invalid_argument  for vocabulary 0 or above 2^32, and rare_count < 1; ids beyond the vocabulary are
///           left out
class text_reference {
 public:
  text_reference(const core::token_sequences& corpus, std::size_t vocabulary,
                 const text_reference_options& options = {})
      : counts_(vocabulary), trigrams_({.order = 3, .vocabulary = vocabulary, .max_keys = 0}) {
    core::check_at_least("monitor::text_reference", "rare_count", options.rare_count, std::int64_t{1});
    counts_.update(corpus);
    trigrams_.update(corpus);
    rare_.reserve(vocabulary);
    for (const std::int64_t c : counts_.counts()) rare_.push_back(c >= 1 && c <= options.rare_count ? 1 : 0);
  }

  [[nodiscard]] std::size_t vocabulary() const noexcept { return counts_.vocabulary(); }
  [[nodiscard]] const summary::dense_counts& counts() const noexcept { return counts_; }
  [[nodiscard]] const summary::ngram_counts& trigrams() const noexcept { return trigrams_; }
  [[nodiscard]] bool rare(std::size_t id) const noexcept { return id < rare_.size() && rare_[id] != 0; }

 private:
  summary::dense_counts counts_;
  summary::ngram_counts trigrams_;
  std::vector<std::uint8_t> rare_;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// The values of all text signals of a block, from one counting pass over its tokens and one each over its 2-, 3- and
/// 4-grams.
///
/// Values of blocks of different sizes cannot be compared: entropy, types and distinct-n grow or shrink with the size.
/// The reference must outlive this object.
/// @complexity  O(tokens + vocabulary) a block
/// @example     examples/monitor/text_monitor.cpp
class text_signals {
 public:
  explicit text_signals(const text_reference& reference)
      : reference_(&reference), counts_(reference.vocabulary()), grams_{grams(2), grams(3), grams(4)} {}

  [[nodiscard]] text_values values(const core::token_sequences& block) {
    counts_.reset();
    counts_.update(block);
    for (summary::ngram_counts& g : grams_) {
      g.reset();
      g.update(block);
    }
    const summary::frequency_profile profile(counts_);
    const auto tokens = static_cast<double>(counts_.count());
    std::int64_t rare = 0;
    for (std::size_t id = 0; id < counts_.vocabulary(); ++id) rare += reference_->rare(id) ? counts_[id] : 0;
    const double known = share(grams_[1].shared_with(reference_->trigrams()).count, grams_[1].count());
    return {entropy::miller_madow(profile).value,
            counts_.count() == 0 ? core::nan : static_cast<double>(profile.types()),
            share(grams_[0].distinct(), grams_[0].count()),
            share(grams_[1].distinct(), grams_[1].count()),
            tail::missing_mass(profile).value,
            counts_.count() == 0 ? core::nan : static_cast<double>(rare) / tokens,
            1.0 - known,
            1.0 - share(grams_[2].distinct(), grams_[2].count()),
            drift::jensen_shannon_divergence(counts_, reference_->counts()).value};
  }

  [[nodiscard]] const text_reference& reference() const noexcept { return *reference_; }

 private:
  [[nodiscard]] summary::ngram_counts grams(std::size_t order) const {
    return summary::ngram_counts({.order = order, .vocabulary = reference_->vocabulary(), .max_keys = 0});
  }
  [[nodiscard]] static double share(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? core::nan : static_cast<double>(part) / static_cast<double>(whole);
  }

  const text_reference* reference_;
  summary::dense_counts counts_;
  std::array<summary::ngram_counts, 3> grams_;
};

}  // namespace TAILWATCH_ABI_NAMESPACE

/// The parts of one baseline of text: for each part, the values of its blocks.
struct text_baseline {
  std::string label = {};
  std::vector<std::vector<text_values>> parts = {};
  baseline_options options = {};
};

/// All text signals with these baselines, ready for a collapse_monitor; drop, add or reweigh before use.
/// @throws std::invalid_argument  as monitor::baseline
[[nodiscard]] inline std::vector<signal> text_monitor_signals(std::span<const text_baseline> baselines,
                                                              double relative_tolerance = 0.0) {
  std::vector<signal> signals;
  for (std::size_t i = 0; i < text_signal_table.size(); ++i) {
    signal s;
    s.name = text_signal_table[i].name;
    s.role = text_signal_table[i].role;
    s.direction = text_signal_table[i].direction;
    s.relative_tolerance = relative_tolerance;
    for (const text_baseline& b : baselines) {
      std::vector<std::vector<double>> parts;
      for (const std::vector<text_values>& part : b.parts) {
        std::vector<double>& values = parts.emplace_back();
        for (const text_values& v : part) values.push_back(v[i]);
      }
      s.baselines.push_back({b.label, baseline(parts, b.options)});
    }
    signals.push_back(std::move(s));
  }
  return signals;
}

}  // namespace tailwatch::monitor
