// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/diversity/hill_number.hpp"
#include "tailwatch/diversity/mtld.hpp"
#include "tailwatch/drift/kullback_leibler_smoothed.hpp"
#include "tailwatch/monitor/text_signals.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/report/text_parts.hpp"
#include "tailwatch/report/topic_space.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/uniqueness/exact_duplicates.hpp"
#include "tailwatch/uniqueness/near_duplicates.hpp"
#include "tailwatch/uniqueness/precision_recall.hpp"
#include "tailwatch/uniqueness/rare_type_coverage.hpp"
#include "tailwatch/uniqueness/self_repetition.hpp"
#include "tailwatch/uniqueness/sequence_loops.hpp"

namespace tailwatch::report {

/// The five signs by which model collapse shows in generated text, and the distance, which is none of them.
enum class collapse_sign : std::uint8_t {
  diversity_falling,
  common_phrases_over_represented,
  edge_cases_missing,
  sameness_rising,
  rare_topics_unreachable,
  drift,
};
inline constexpr std::size_t collapse_sign_count = 5;

[[nodiscard]] constexpr std::string_view to_string_view(collapse_sign sign) noexcept {
  constexpr std::string_view names[] = {"diversity falling",       "common phrases over-represented",
                                        "edge cases missing",      "sameness rising",
                                        "rare topics unreachable", "distance from the reference"};
  return names[static_cast<std::size_t>(sign)];
}

/// One measure of a part of text.
struct comparison_measure {
  std::string_view key, title;
  collapse_sign sign;
  collapse_direction collapse;  ///< the way it moves when models collapse
  std::string_view definition, source;
};

/// Every measure, in the order of `measured_difference`s. A part holds T words, the base is held-out reference text.
inline constexpr std::array<comparison_measure, 24> comparison_measures{{
    {"token_entropy", "word entropy (nats)", collapse_sign::diversity_falling, collapse_direction::falls,
     "Miller-Madow entropy of the part's words", "Miller (1955)"},
    {"types", "different words", collapse_sign::diversity_falling, collapse_direction::falls,
     "different words in a part", "Hill (1973), order 0"},
    {"hill_2", "effective words (Hill 2)", collapse_sign::diversity_falling, collapse_direction::falls,
     "Hill number of order 2: how many equally common words would be as diverse", "Hill (1973)"},
    {"distinct_2", "distinct-2", collapse_sign::diversity_falling, collapse_direction::falls,
     "different word pairs / word pairs", "Li et al. (2016)"},
    {"distinct_3", "distinct-3", collapse_sign::diversity_falling, collapse_direction::falls,
     "different word triples / word triples", "Li et al. (2016)"},
    {"mtld", "MTLD (words)", collapse_sign::diversity_falling, collapse_direction::falls,
     "mean length of stretches that keep a type-token ratio of 0.72", "McCarthy, Jarvis (2010)"},
    {"common_words", "share of the 100 commonest words", collapse_sign::common_phrases_over_represented,
     collapse_direction::rises, "share of the part's words that are among the 100 commonest of the base", ""},
    {"common_phrases", "share of the 1000 commonest triples", collapse_sign::common_phrases_over_represented,
     collapse_direction::rises, "share of the part's word triples that are among the 1000 commonest of the base", ""},
    {"top_phrases", "share of the part's own top 100 triples", collapse_sign::common_phrases_over_represented,
     collapse_direction::rises, "share of the part's word triples taken by its own 100 commonest", ""},
    {"rare_word_mass", "mass on rare words", collapse_sign::edge_cases_missing, collapse_direction::falls,
     "share of the part's words that the base holds one to five times", "Shumailov et al. (2024)"},
    {"missing_mass", "missing mass", collapse_sign::edge_cases_missing, collapse_direction::falls,
     "Good-Turing f1/N: the chance that the next word is new", "Good (1953)"},
    {"rare_coverage", "rare words that occur", collapse_sign::edge_cases_missing, collapse_direction::falls,
     "share of the base's words seen one to five times that the part holds", "Shumailov et al. (2024)"},
    {"novel_trigrams", "novel triples", collapse_sign::edge_cases_missing, collapse_direction::falls,
     "share of the part's word triples that the base does not hold", "McCoy et al. (2023)"},
    {"absent_words", "expected words that are absent", collapse_sign::edge_cases_missing, collapse_direction::rises,
     "share of the words that the base makes one expect three times or more in a part and that do not occur", ""},
    {"self_repetition", "self-repetition (nats)", collapse_sign::sameness_rising, collapse_direction::rises,
     "mean ln(1 + 4-grams shared with other passages) per passage", "Salkar et al. (2022)"},
    {"repetition_4", "repetition of 4-grams", collapse_sign::sameness_rising, collapse_direction::rises,
     "share of runs of four words that repeat an earlier one of the part", "Holtzman et al. (2020)"},
    {"near_duplicates", "near-duplicate passages", collapse_sign::sameness_rising, collapse_direction::rises,
     "share of passages that only vary another one of any part (Jaccard index of 5-grams at least 0.7)",
     "Lee et al. (2022)"},
    {"duplicate_sentences", "duplicate sentences", collapse_sign::sameness_rising, collapse_direction::rises,
     "share of sentences of four words or more that repeat another one", "Lee et al. (2022)"},
    {"loops", "sentences that end in a loop", collapse_sign::sameness_rising, collapse_direction::rises,
     "share of sentences whose last phrase repeats itself to the end", "Holtzman et al. (2020)"},
    {"topic_coverage", "topics reached", collapse_sign::rare_topics_unreachable, collapse_direction::falls,
     "share of the base's passages with a passage of the part nearby (coverage, latent semantic space)",
     "Naeem et al. (2020)"},
    {"effective_topics", "effective topics (Hill 1)", collapse_sign::rare_topics_unreachable, collapse_direction::falls,
     "exp of the entropy of the part's passages over the topics of the base", "Hill (1973), order 1"},
    {"jensen_shannon", "Jensen-Shannon (nats)", collapse_sign::drift, collapse_direction::rises,
     "Jensen-Shannon divergence of the part's words from the base's", "Lin (1991)"},
    {"kullback_leibler", "Kullback-Leibler (nats)", collapse_sign::drift, collapse_direction::rises,
     "Kullback-Leibler divergence from the base's words, half a count added to each", "Kullback, Leibler (1951)"},
    {"surprise", "surprise (nats per word)", collapse_sign::drift, collapse_direction::either,
     "cross-entropy under a Kneser-Ney trigram model of the base; falls when text grows predictable",
     "Chen, Goodman (1999)"},
}};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Measures parts of text against one base.
class part_measures {
 public:
  static constexpr std::size_t most_base_passages = 2000;  ///< of the topic measure, which is quadratic

  part_measures(std::span<const core::token_sequences> base, std::size_t vocabulary, std::size_t part_tokens,
                std::size_t base_passages, std::uint64_t seed)
      : base_(joined(base)),
        vocabulary_(vocabulary),
        reference_(base_, vocabulary, {.rare_count = 5}),
        signals_(reference_),
        model_(base_, {.order = 3, .vocab_pad = vocabulary + 2}),
        topics_(base, vocabulary, {.seed = seed}),
        topic_passages_(std::min(base_passages, topics_.assignment().size())),
        topic_words_(topics_.words(base)) {
    std::vector<std::pair<std::int64_t, std::uint32_t>> words;
    const auto counts = reference_.counts().counts();
    const double scale = static_cast<double>(part_tokens) / static_cast<double>(reference_.counts().count());
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] > 0) words.push_back({-counts[i], static_cast<std::uint32_t>(i)});
      if (static_cast<double>(counts[i]) * scale >= 3.0) expected_.push_back(i);
    }
    std::ranges::sort(words);
    for (std::size_t i = 0; i < std::min<std::size_t>(100, words.size()); ++i) common_words_.push_back(words[i].second);
    std::vector<std::uint64_t> sizes;
    reference_.trigrams().for_each_count([&](std::uint64_t c) { sizes.push_back(c); });
    std::ranges::sort(sizes, std::greater<>());
    // Ties at the thousandth place all count: which of them came first would be an accident of the table.
    common_least_ = sizes.empty() ? 1 : std::max<std::uint64_t>(2, sizes[std::min<std::size_t>(999, sizes.size() - 1)]);
  }

  /// A part's values in the order of comparison_measures, and the topic of each of its passages (topics() for none).
  struct values {
    std::vector<double> measures;
    std::vector<std::uint32_t> topics;
  };

  /// The values of each part of one text; `tick` is called before each.
  template <class Tick>
  [[nodiscard]] std::vector<values> measure(std::span<const passage_list> parts, Tick&& tick) {
    std::vector<values> out;
    for (const passage_list& part : parts) {
      tick();
      out.push_back(measure_part(part));
    }
    // Copies of a passage rarely fall into one part, so they are looked for in all parts. Of each cluster one passage, by
    // lot, is the original, the others count where they stand: so a pair adds to one part, and parts stay independent.
    core::token_sequences documents;
    for (const passage_list& part : parts)
      for (const core::token_sequences& p : part) documents.push_back(p.tokens());
    const auto found = uniqueness::near_duplicates(documents);
    const auto lot = [](std::size_t i) { return std::pair(core::mix64(i + 1), i); };
    std::vector<std::size_t> original(found.cluster.size());
    for (std::size_t i = 0; i < original.size(); ++i) original[i] = i;
    for (std::size_t i = 0; i < original.size(); ++i) {
      std::size_t& first = original[found.cluster[i]];
      if (lot(i) < lot(first)) first = i;
    }
    std::size_t i = 0;
    for (std::size_t part = 0; part < parts.size(); ++part) {
      std::size_t copies = 0;
      for (std::size_t p = 0; p < parts[part].size(); ++p, ++i) copies += original[found.cluster[i]] != i ? 1 : 0;
      out[part].measures[near_duplicates_at] =
          parts[part].empty() ? core::nan : static_cast<double>(copies) / static_cast<double>(parts[part].size());
    }
    return out;
  }

  [[nodiscard]] const core::token_sequences& base() const noexcept { return base_; }
  [[nodiscard]] const topic_space& topics() const noexcept { return topics_; }
  /// Three words a topic.
  [[nodiscard]] std::span<const std::vector<std::uint32_t>> topic_words() const noexcept { return topic_words_; }

 private:
  static constexpr std::size_t near_duplicates_at = 16;
  static_assert(comparison_measures[near_duplicates_at].key == "near_duplicates");

  [[nodiscard]] values measure_part(const passage_list& passages) {
    const core::token_sequences text = joined(passages);
    const monitor::text_values signal = signals_.values(text);
    summary::dense_counts words(vocabulary_);
    words.update(text);
    summary::ngram_counts triples({.order = 3, .vocabulary = vocabulary_});
    triples.update(text);
    const double n = static_cast<double>(words.count());
    double common_words = 0.0;
    for (const std::uint32_t id : common_words_) common_words += static_cast<double>(words[id]);
    double common_triples = 0.0;
    triples.for_each_here(reference_.trigrams(), [&](std::uint64_t here, std::uint64_t there) {
      if (there >= common_least_) common_triples += static_cast<double>(here);
    });
    std::vector<std::uint64_t> own;
    triples.for_each_count([&](std::uint64_t c) { own.push_back(c); });
    std::ranges::sort(own, std::greater<>());
    double top = 0.0;
    for (std::size_t i = 0; i < std::min<std::size_t>(100, own.size()); ++i) top += static_cast<double>(own[i]);
    double absent = 0.0;
    for (const std::size_t id : expected_) absent += words[id] == 0 ? 1.0 : 0.0;
    const auto grams = static_cast<double>(triples.count());
    core::token_sequences sentences;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i].size() >= 4) sentences.push_back(text[i]);
    core::token_sequences documents;
    for (const core::token_sequences& p : passages) documents.push_back(p.tokens());
    // A passage none of whose words the base knows is no point: it reaches no topic, and would lie nearer to all of them than
    // they lie to each other.
    std::vector<double> points = topics_.points(passages);
    const std::size_t dimension = topics_.dimension();
    const auto no_topic = static_cast<std::uint32_t>(topics_.topics());
    std::vector<std::uint32_t> on_topics(passages.size(), no_topic);
    std::vector<std::uint64_t> topic_counts(topics_.topics(), 0);
    std::size_t known = 0;
    for (std::size_t i = 0; i < passages.size(); ++i) {
      const std::span<double> point = std::span<double>(points).subspan(i * dimension, dimension);
      if (std::ranges::all_of(point, [](double v) { return v == 0.0; })) continue;
      on_topics[i] = static_cast<std::uint32_t>(topics_.topic_of(point));
      ++topic_counts[on_topics[i]];
      if (known != i) std::ranges::copy(point, points.begin() + static_cast<std::ptrdiff_t>(known * dimension));
      ++known;
    }
    points.resize(known * dimension);
    const auto nearby = topics_.reference_points().first(topic_passages_ * dimension);
    const double coverage = known == 0 ? 0.0
                                       : uniqueness::precision_recall(core::rows(points, known, dimension),
                                                                      core::rows(nearby, topic_passages_, dimension),
                                                                      {.k = 5, .ball = uniqueness::ball::closed})
                                             .coverage.value;
    const double effective_topics = known == 0 ? 0.0 : diversity::hill_number(topic_counts, {.order = 1.0}).value;
    const auto score = model_.score(text);
    const double mtld = diversity::mtld(core::tokens(text.tokens())).value;
    return {{signal[0],
             signal[1],
             diversity::hill_number(words, {.order = 2.0}).value,
             signal[2],
             signal[3],
             core::is_finite(mtld) ? mtld : core::nan,
             common_words / n,
             grams > 0 ? common_triples / grams : core::nan,
             grams > 0 ? top / grams : core::nan,
             signal[5],
             signal[4],
             uniqueness::rare_type_coverage(words, reference_.counts(), {.max_count = 5}).value,
             signal[6],
             expected_.empty() ? core::nan : absent / static_cast<double>(expected_.size()),
             uniqueness::self_repetition(documents).value,
             signal[7],
             core::nan,  // of all parts together: measure_all
             uniqueness::exact_duplicate_rate(sentences).value,
             uniqueness::sequence_loops(text).rate.value,
             coverage,
             effective_topics,
             signal[8],
             drift::kullback_leibler_smoothed(words, reference_.counts()).value,
             -score.log_likelihood() / static_cast<double>(score.tokens())},
            std::move(on_topics)};
  }

  core::token_sequences base_;
  std::size_t vocabulary_;
  monitor::text_reference reference_;
  monitor::text_signals signals_;
  perplexity::kneser_ney model_;
  topic_space topics_;
  std::size_t topic_passages_;
  std::vector<std::vector<std::uint32_t>> topic_words_;
  std::vector<std::uint32_t> common_words_;
  std::vector<std::size_t> expected_;
  std::uint64_t common_least_ = 1;
};

}  // namespace TAILWATCH_ABI_NAMESPACE

}  // namespace tailwatch::report
