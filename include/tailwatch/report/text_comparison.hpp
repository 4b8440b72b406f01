// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/diversity/hill_number.hpp"
#include "tailwatch/diversity/mtld.hpp"
#include "tailwatch/drift/kullback_leibler_smoothed.hpp"
#include "tailwatch/monitor/text_signals.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/report/corpus_sample.hpp"
#include "tailwatch/report/format.hpp"
#include "tailwatch/report/usage_shift.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/text/vocabulary.hpp"
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
inline constexpr std::array<comparison_measure, 23> comparison_measures{{
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
     "share of passages that vary another one (Jaccard index of 5-grams at least 0.7)", "Lee et al. (2022)"},
    {"duplicate_sentences", "duplicate sentences", collapse_sign::sameness_rising, collapse_direction::rises,
     "share of sentences of four words or more that repeat another one", "Lee et al. (2022)"},
    {"loops", "sentences that end in a loop", collapse_sign::sameness_rising, collapse_direction::rises,
     "share of sentences whose last phrase repeats itself to the end", "Holtzman et al. (2020)"},
    {"topic_coverage", "topics reached", collapse_sign::rare_topics_unreachable, collapse_direction::falls,
     "share of the base's passages with a passage of the part nearby (coverage, tf-idf in 64 dimensions)",
     "Naeem et al. (2020)"},
    {"jensen_shannon", "Jensen-Shannon (nats)", collapse_sign::drift, collapse_direction::rises,
     "Jensen-Shannon divergence of the part's words from the base's", "Lin (1991)"},
    {"kullback_leibler", "Kullback-Leibler (nats)", collapse_sign::drift, collapse_direction::rises,
     "Kullback-Leibler divergence from the base's words, half a count added to each", "Kullback, Leibler (1951)"},
    {"surprise", "surprise (nats per word)", collapse_sign::drift, collapse_direction::either,
     "cross-entropy under a Kneser-Ney trigram model of the base; falls when text grows predictable",
     "Chen, Goodman (1999)"},
}};

struct text_comparison_options {
  double alpha = 0.05;      ///< P(anything is called different that is not), all measures of one comparison together
  double tolerance = 0.02;  ///< a change below this share of the reference's value is of no interest
  std::size_t parts = 8;    ///< disjoint parts of each corpus, at least 5
  std::size_t least_part_tokens = 200;
  std::size_t evidence = 8;  ///< words and phrases named for each sign, at most
  std::uint64_t seed = 1;
};

enum class movement : std::uint8_t { none, towards_collapse, away };

/// One measure in both texts.
struct measured_difference {
  estimate reference;         ///< mean over the reference's parts, its standard error from their spread
  estimate candidate;         ///< the same of the candidate
  double noise_floor = 0.0;   ///< differences up to this are what chance gives, at α over all measures (Welch's t)
  double change = core::nan;  ///< (candidate − reference)/|reference|
  movement moved = movement::none;
};

/// What one sign comes to.
struct sign_verdict {
  collapse_sign sign{};
  bool shown = false;       ///< some measure moved towards collapse, beyond noise and tolerance
  std::size_t towards = 0;  ///< measures that did
  std::size_t away = 0;     ///< measures that moved the other way
  std::size_t measures = 0;
  std::vector<usage_shift> evidence;  ///< the words or phrases behind it
  std::string sentence;
};

/// Everything about one candidate beside the reference.
struct text_comparison {
  std::string reference_name, candidate_name;
  std::size_t part_tokens = 0, parts = 0, base_tokens = 0;
  std::vector<measured_difference> measures;  ///< as comparison_measures
  std::array<sign_verdict, collapse_sign_count> signs;
  std::size_t absent_words = 0;  ///< words expected three times or more in the whole candidate that it does not hold
  [[nodiscard]] bool collapsing() const noexcept {
    return std::ranges::any_of(signs, [](const sign_verdict& s) { return s.shown; });
  }
};

namespace detail {

using passage_list = std::vector<core::token_sequences>;

[[nodiscard]] inline core::token_sequences joined(std::span<const core::token_sequences> passages) {
  core::token_sequences out;
  for (const core::token_sequences& p : passages) out.append(p);
  return out;
}

/// Parts of exactly `tokens` tokens each, whole passages as long as they fit; the passages that are left follow.
inline std::vector<passage_list> deal(std::span<const core::token_sequences> passages, std::size_t parts,
                                      std::size_t tokens, std::size_t& next) {
  std::vector<passage_list> out(parts);
  for (passage_list& part : out) {
    std::size_t have = 0;
    while (have < tokens && next < passages.size()) {
      const core::token_sequences& p = passages[next++];
      if (have + p.token_count() <= tokens) {
        part.push_back(p);
        have += p.token_count();
        continue;
      }
      core::token_sequences cut;
      for (std::size_t i = 0; i < p.size() && have < tokens; ++i) {
        const std::size_t take = std::min(p[i].size(), tokens - have);
        cut.push_back(p[i].first(take));
        have += take;
      }
      part.push_back(std::move(cut));
    }
  }
  return out;
}

[[nodiscard]] inline estimate mean_of(std::span<const double> x) {
  double sum = 0.0;
  std::uint64_t n = 0;
  for (const double v : x) {
    if (!core::is_finite(v)) continue;
    sum += v;
    ++n;
  }
  if (n == 0) return {core::nan, core::nan, 0};
  const double mean = sum / static_cast<double>(n);
  double squares = 0.0;
  for (const double v : x)
    if (core::is_finite(v)) squares += (v - mean) * (v - mean);
  const double error = n > 1 ? std::sqrt(squares / (static_cast<double>(n) * static_cast<double>(n - 1))) : core::nan;
  return {mean, error, n};
}

/// Passages as points: term frequencies times inverse document frequencies, spread over 64 dimensions by random signs, of
/// unit length.
class topic_space {
 public:
  static constexpr std::size_t dimension = 64;

  topic_space(std::span<const core::token_sequences> base, std::size_t vocabulary, std::uint64_t seed)
      : weight_(vocabulary, 0.0), seed_(seed) {
    std::vector<std::uint32_t> holding(vocabulary, 0);
    std::vector<std::uint32_t> last(vocabulary, 0);
    std::uint32_t index = 0;
    for (const core::token_sequences& p : base) {
      ++index;
      for (const std::uint32_t id : p.tokens()) {
        if (last[id] == index) continue;
        last[id] = index;
        ++holding[id];
      }
    }
    const double n = static_cast<double>(base.size());
    for (std::size_t i = 0; i < vocabulary; ++i)
      weight_[i] = holding[i] == 0 ? 0.0 : std::max(0.0, std::log(n / (1.0 + static_cast<double>(holding[i]))));
  }

  [[nodiscard]] std::vector<double> points(std::span<const core::token_sequences> passages) const {
    std::vector<double> out(passages.size() * dimension, 0.0);
    std::vector<std::uint32_t> ids;
    for (std::size_t i = 0; i < passages.size(); ++i) {
      const std::span<double> x(out.data() + i * dimension, dimension);
      const auto tokens = passages[i].tokens();
      ids.assign(tokens.begin(), tokens.end());
      std::ranges::sort(ids);
      for (std::size_t a = 0; a < ids.size();) {
        std::size_t b = a;
        while (b < ids.size() && ids[b] == ids[a]) ++b;
        const double w = (1.0 + std::log(static_cast<double>(b - a))) * weight_[ids[a]];
        if (w > 0.0) {
          const std::uint64_t signs = core::mix64(seed_ ^ core::mix64(ids[a] + 1));
          for (std::size_t d = 0; d < dimension; ++d) x[d] += ((signs >> d) & 1U) != 0 ? w : -w;
        }
        a = b;
      }
      double length = 0.0;
      for (const double v : x) length += v * v;
      length = std::sqrt(length);
      if (length > 0.0)
        for (double& v : x) v /= length;
    }
    return out;
  }

 private:
  std::vector<double> weight_;
  std::uint64_t seed_;
};

[[nodiscard]] inline std::string per_million(double rate) {
  return rate >= 9.95 || rate == 0.0 ? fixed(rate, 0) : fixed(rate, 1);
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Measures parts of text against one base.
class part_measures {
 public:
  static constexpr std::size_t most_base_passages = 2000;  ///< of the topic measure, which is quadratic

  part_measures(std::span<const core::token_sequences> base, std::size_t vocabulary, std::size_t part_tokens,
                std::size_t base_passages, std::uint64_t seed)
      : base_(detail::joined(base)),
        vocabulary_(vocabulary),
        reference_(base_, vocabulary, {.rare_count = 5}),
        signals_(reference_),
        model_(base_, {.order = 3, .vocab_pad = vocabulary + 2}),
        topics_(base, vocabulary, seed),
        topic_passages_(base.begin(), base.begin() + static_cast<std::ptrdiff_t>(std::min(base.size(), base_passages))),
        topic_points_(topics_.points(topic_passages_)) {
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

  [[nodiscard]] std::vector<double> measure(const detail::passage_list& passages) {
    const core::token_sequences text = detail::joined(passages);
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
    const std::vector<double> points = topics_.points(passages);
    const double coverage =
        uniqueness::precision_recall(core::rows(points, passages.size(), detail::topic_space::dimension),
                                     core::rows(topic_points_, topic_passages_.size(), detail::topic_space::dimension),
                                     {.k = 5, .ball = uniqueness::ball::closed})
            .coverage.value;
    const auto score = model_.score(text);
    const double mtld = diversity::mtld(core::tokens(text.tokens())).value;
    return {signal[0],
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
            uniqueness::near_duplicates(documents).rate.value,
            uniqueness::exact_duplicate_rate(sentences).value,
            uniqueness::sequence_loops(text).rate.value,
            coverage,
            signal[8],
            drift::kullback_leibler_smoothed(words, reference_.counts()).value,
            -score.log_likelihood() / static_cast<double>(score.tokens())};
  }

  /// The base's passages that have no passage of these in their neighbourhood, beside all of them.
  struct uncovered {
    core::token_sequences without;
    core::token_sequences all;
    std::size_t passages = 0;
  };
  [[nodiscard]] uncovered not_reached(const detail::passage_list& passages) const {
    uncovered out;
    const std::vector<double> points = topics_.points(passages);
    const std::size_t n = topic_passages_.size();
    constexpr std::size_t d = detail::topic_space::dimension;
    const auto similarity = [&](const double* a, const double* b) {
      double s = 0.0;
      for (std::size_t j = 0; j < d; ++j) s += a[j] * b[j];
      return s;
    };
    for (std::size_t i = 0; i < n; ++i) {
      const double* x = topic_points_.data() + i * d;
      std::vector<double> nearest;
      for (std::size_t j = 0; j < n; ++j)
        if (j != i) nearest.push_back(similarity(x, topic_points_.data() + j * d));
      const std::size_t k = std::min<std::size_t>(5, nearest.size());
      if (k == 0) break;
      std::ranges::nth_element(nearest, nearest.begin() + static_cast<std::ptrdiff_t>(k - 1), std::greater<>());
      const double radius = nearest[k - 1];
      bool reached = false;
      for (std::size_t j = 0; j < passages.size() && !reached; ++j)
        reached = similarity(x, points.data() + j * d) >= radius;
      out.all.append(topic_passages_[i]);
      if (reached) continue;
      out.without.append(topic_passages_[i]);
      ++out.passages;
    }
    return out;
  }

  [[nodiscard]] const core::token_sequences& base() const noexcept { return base_; }
  [[nodiscard]] std::size_t topic_passages() const noexcept { return topic_passages_.size(); }

 private:
  core::token_sequences base_;
  std::size_t vocabulary_;
  monitor::text_reference reference_;
  monitor::text_signals signals_;
  perplexity::kneser_ney model_;
  detail::topic_space topics_;
  detail::passage_list topic_passages_;
  std::vector<double> topic_points_;
  std::vector<std::uint32_t> common_words_;
  std::vector<std::size_t> expected_;
  std::uint64_t common_least_ = 1;
};

/// Generated texts beside a reference text: every measure with error and noise floor, and a verdict on each sign of collapse
/// that names the words and phrases behind it.
///
/// The reference's passages are dealt into `parts` parts of T tokens and a base, at least as large as all of them, that
/// nothing is measured on; each candidate into `parts` parts of T tokens, T being as large as the smallest corpus allows.
/// Everything depends on the size of a text, so only parts of equal size are compared, all with the one base. A measure's
/// value is the mean over parts, its error comes from their spread, and two means are told apart by Welch's t at α divided
/// by the number of measures (Bonferroni): what shuffled text of the reference would do is inside the noise floor.
///
/// Words are counted in the whole corpora, phrases and parts in the samples.
///
/// @param candidates  each compared with the reference alone
/// @param words       the vocabulary of all of them
/// @return            one comparison per candidate
/// @complexity        O(sampled tokens) and 2·10⁶ distances of passages a part
/// @throws            std::invalid_argument for fewer than 5 parts, and where a corpus is too small for parts of
///                    least_part_tokens: 2·parts of them in the reference, `parts` in a candidate
/// @see               B. L. Welch (1947), Biometrika 34, 28–35
/// @example           examples/report/two_texts.cpp
[[nodiscard]] inline std::vector<text_comparison> compare_texts(
    const corpus_sample& reference, std::span<const corpus_sample* const> candidates, const text::vocabulary& words,
    const text_comparison_options& options = {},
    const std::function<void(std::string_view phase, std::size_t done, std::size_t of)>& progress = {}) {
  constexpr std::string_view function = "report::compare_texts";
  core::check_at_least(function, "parts", options.parts, std::size_t{5});
  core::check_open_interval(function, "alpha", options.alpha, 0.0, 1.0);
  core::check_not_negative(function, "tolerance", options.tolerance);

  std::size_t part_tokens = reference.sampled_tokens() / (2 * options.parts);
  for (const corpus_sample* c : candidates) part_tokens = std::min(part_tokens, c->sampled_tokens() / options.parts);
  core::check_at_least(function, "tokens of a part", part_tokens, options.least_part_tokens);

  // Ids of the sampled words alone, so that tables per part stay small.
  std::vector<std::uint32_t> small(words.size() + 1, ~std::uint32_t{0});
  std::vector<std::string_view> names;
  const auto renumbered = [&](const corpus_sample& corpus) {
    detail::passage_list passages = corpus.sample();
    for (core::token_sequences& passage : passages) {
      core::token_sequences out;
      out.reserve(passage.token_count(), passage.size());
      std::vector<std::uint32_t> ids;
      for (std::size_t i = 0; i < passage.size(); ++i) {
        ids.assign(passage[i].begin(), passage[i].end());
        for (std::uint32_t& id : ids) {
          std::uint32_t& s = small[std::min<std::size_t>(id, words.size())];
          if (s == ~std::uint32_t{0}) {
            s = static_cast<std::uint32_t>(names.size());
            names.push_back(id < words.size() ? words.word(id) : std::string_view("<other>"));
          }
          id = s;
        }
        out.push_back(ids);
      }
      passage = std::move(out);
    }
    return passages;
  };
  const detail::passage_list reference_passages = renumbered(reference);
  std::vector<detail::passage_list> candidate_passages;
  for (const corpus_sample* c : candidates) candidate_passages.push_back(renumbered(*c));
  const std::size_t vocabulary = std::max<std::size_t>(1, names.size());

  std::size_t next = 0;
  const std::vector<detail::passage_list> reference_parts =
      detail::deal(reference_passages, options.parts, part_tokens, next);
  const std::span<const core::token_sequences> base(reference_passages.data() + next, reference_passages.size() - next);
  const std::size_t steps = (1 + candidates.size()) * options.parts;
  std::size_t step = 0;
  const auto tick = [&] {
    if (progress) progress("measuring", step++, steps);
  };
  // Four passages of the base to one of a part: coverage then stands near two thirds, where it can move both ways.
  std::size_t fewest = reference_parts.front().size();
  for (const detail::passage_list& part : reference_parts) fewest = std::min(fewest, part.size());
  part_measures measures(base, vocabulary, part_tokens,
                         std::min(part_measures::most_base_passages, std::max<std::size_t>(50, 4 * fewest)),
                         core::split_seed(options.seed, 0x746f70));
  using columns = std::vector<std::vector<double>>;
  const auto measure_all = [&](const std::vector<detail::passage_list>& parts) {
    columns out(comparison_measures.size());
    for (const detail::passage_list& part : parts) {
      tick();
      const std::vector<double> values = measures.measure(part);
      for (std::size_t m = 0; m < values.size(); ++m) out[m].push_back(values[m]);
    }
    return out;
  };
  const columns of_reference = measure_all(reference_parts);

  std::vector<text_comparison> results;
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    const corpus_sample& candidate = *candidates[c];
    std::size_t at = 0;
    const std::vector<detail::passage_list> parts = detail::deal(candidate_passages[c], options.parts, part_tokens, at);
    const columns of_candidate = measure_all(parts);

    text_comparison r;
    r.reference_name = reference.name();
    r.candidate_name = candidate.name();
    r.part_tokens = part_tokens;
    r.parts = options.parts;
    r.base_tokens = measures.base().token_count();
    for (std::size_t s = 0; s < collapse_sign_count; ++s) r.signs[s].sign = static_cast<collapse_sign>(s);
    for (std::size_t m = 0; m < comparison_measures.size(); ++m) {
      measured_difference d;
      d.reference = detail::mean_of(of_reference[m]);
      d.candidate = detail::mean_of(of_candidate[m]);
      const double va = d.reference.standard_error * d.reference.standard_error;
      const double vb = d.candidate.standard_error * d.candidate.standard_error;
      const double difference = d.candidate.value - d.reference.value;
      if (core::is_finite(va + vb) && va + vb > 0.0) {
        const auto na = static_cast<double>(d.reference.count);
        const auto nb = static_cast<double>(d.candidate.count);
        const double degrees = (va + vb) * (va + vb) / (va * va / (na - 1.0) + vb * vb / (nb - 1.0));
        const double tail = 0.5 * options.alpha / static_cast<double>(comparison_measures.size());
        const boost::math::students_t_distribution<double> t(std::max(1.0, degrees));
        d.noise_floor = boost::math::quantile(boost::math::complement(t, tail)) * std::sqrt(va + vb);
      } else if (!core::is_finite(va + vb)) {
        d.noise_floor = core::nan;
      }
      if (d.reference.value != 0.0) d.change = difference / std::abs(d.reference.value);
      const bool beyond = core::is_finite(difference) && !core::is_nan(d.noise_floor) &&
                          std::abs(difference) > d.noise_floor &&
                          std::abs(difference) > options.tolerance * std::abs(d.reference.value);
      const comparison_measure& about = comparison_measures[m];
      if (beyond) {
        const bool falls = difference < 0.0;
        const bool towards =
            about.collapse == collapse_direction::either || falls == (about.collapse == collapse_direction::falls);
        d.moved = towards ? movement::towards_collapse : movement::away;
      }
      if (about.sign != collapse_sign::drift) {
        sign_verdict& v = r.signs[static_cast<std::size_t>(about.sign)];
        ++v.measures;
        v.towards += d.moved == movement::towards_collapse ? 1 : 0;
        v.away += d.moved == movement::away ? 1 : 0;
      }
      r.measures.push_back(d);
    }
    for (sign_verdict& v : r.signs) v.shown = v.towards > 0;

    // --- the words and phrases behind each sign ---
    if (progress) progress("naming words", c, candidates.size());
    auto& signs = r.signs;
    signs[0].evidence = word_shifts(reference.counts(), candidate.counts(), words, false, options.evidence);
    const core::token_sequences sampled = detail::joined(candidate_passages[c]);
    signs[1].evidence = phrase_shifts(detail::joined(reference_passages), sampled, names, options.evidence);
    {
      const auto n = static_cast<double>(reference.tokens());
      const auto m = static_cast<double>(candidate.tokens());
      const auto& there = reference.counts();
      const auto& here = candidate.counts();
      std::vector<usage_shift> absent;
      for (std::size_t i = 0; i < std::min(words.size(), there.size()); ++i) {
        const double expected = static_cast<double>(there[i]) / n * m;
        if (expected < 3.0 || (i < here.size() && here[i] != 0)) continue;
        absent.push_back({std::string(words.word(static_cast<std::uint32_t>(i))), static_cast<std::uint64_t>(there[i]),
                          0, 1e6 * static_cast<double>(there[i]) / n, 0.0, -std::sqrt(expected)});
      }
      std::ranges::sort(absent, [](const usage_shift& a, const usage_shift& b) {
        return a.reference_count != b.reference_count ? a.reference_count > b.reference_count : a.text < b.text;
      });
      r.absent_words = absent.size();
      absent.resize(std::min(absent.size(), options.evidence));
      signs[2].evidence = std::move(absent);
    }
    {
      // Sentences of four words and more by how often they come, beside the reference's sample.
      const auto tally = [&](const core::token_sequences& text) {
        std::vector<std::pair<std::string, std::uint64_t>> out;
        std::vector<std::string> lines;
        for (std::size_t i = 0; i < text.size(); ++i) {
          if (text[i].size() < 4) continue;
          std::string line;
          for (const std::uint32_t id : text[i]) {
            if (!line.empty()) line += ' ';
            line += names[id];
            if (line.size() > 160) break;
          }
          lines.push_back(std::move(line));
        }
        std::ranges::sort(lines);
        for (std::size_t a = 0; a < lines.size();) {
          std::size_t b = a;
          while (b < lines.size() && lines[b] == lines[a]) ++b;
          if (b - a >= 2) out.emplace_back(lines[a], b - a);
          a = b;
        }
        return out;
      };
      auto repeated = tally(sampled);
      const auto before = tally(detail::joined(reference_passages));
      std::ranges::stable_sort(repeated, [](const auto& a, const auto& b) { return a.second > b.second; });
      const auto n = static_cast<double>(reference.sampled_tokens());
      const auto m = static_cast<double>(candidate.sampled_tokens());
      for (const auto& [line, count] : repeated) {
        if (signs[3].evidence.size() >= options.evidence) break;
        const auto old = std::ranges::lower_bound(before, std::pair<std::string, std::uint64_t>(line, 0));
        const std::uint64_t was = old != before.end() && old->first == line ? old->second : 0;
        if (static_cast<double>(count) / m <= 2.0 * static_cast<double>(was) / n) continue;
        signs[3].evidence.push_back({line, was, count, 1e6 * static_cast<double>(was) / n,
                                     1e6 * static_cast<double>(count) / m,
                                     log_odds_z(static_cast<double>(count), m, static_cast<double>(was), n)});
      }
    }
    {
      const auto gap = measures.not_reached(detail::passage_list(
          candidate_passages[c].begin(),
          candidate_passages[c].begin() +
              static_cast<std::ptrdiff_t>(std::min(candidate_passages[c].size(), measures.topic_passages()))));
      summary::dense_counts all(vocabulary);
      summary::dense_counts without(vocabulary);
      all.update(gap.all);
      without.update(gap.without);
      std::vector<usage_shift> marks;
      const auto n = static_cast<double>(all.count());
      const auto m = static_cast<double>(without.count());
      for (std::size_t i = 0; i < vocabulary && m > 0 && n > m; ++i) {
        const auto inside = static_cast<double>(without[i]);
        const auto outside = static_cast<double>(all[i] - without[i]);
        if (inside < 3 || inside * (n - m) < 1.5 * outside * m) continue;
        const double z = log_odds_z(inside, m, outside, n - m);
        if (z < 2.0) continue;
        marks.push_back({std::string(names[i]), static_cast<std::uint64_t>(all[i]),
                         static_cast<std::uint64_t>(without[i]), 1e6 * static_cast<double>(all[i]) / n,
                         1e6 * inside / m, z});
      }
      std::ranges::sort(
          marks, [](const usage_shift& a, const usage_shift& b) { return a.z != b.z ? a.z > b.z : a.text < b.text; });
      marks.resize(std::min(marks.size(), options.evidence));
      signs[4].evidence = std::move(marks);
    }

    for (sign_verdict& v : r.signs) {
      std::string s(to_string_view(v.sign));
      s[0] = static_cast<char>(s[0] - 'a' + 'A');
      const measured_difference* strongest = nullptr;
      std::size_t which = 0;
      double smallest_visible = core::infinity;
      for (std::size_t m = 0; m < r.measures.size(); ++m) {
        if (comparison_measures[m].sign != v.sign) continue;
        const measured_difference& d = r.measures[m];
        const double visible = d.noise_floor / std::abs(d.reference.value);
        if (core::is_finite(visible)) smallest_visible = std::min(smallest_visible, visible);
        if (d.moved != (v.shown ? movement::towards_collapse : movement::away)) continue;
        const auto excess = [](const measured_difference& x) {
          return std::abs(x.candidate.value - x.reference.value) / std::max(x.noise_floor, 1e-300);
        };
        if (strongest == nullptr || excess(d) > excess(*strongest)) {
          strongest = &d;
          which = m;
        }
      }
      const auto change_of = [](const measured_difference& d) {
        std::string text = significant(d.reference.value) + " to " + significant(d.candidate.value);
        if (core::is_finite(d.change) && std::abs(d.change) < 10.0)
          text += " (" + std::string(d.change > 0 ? "+" : "") + fixed(100.0 * d.change, 1) + " %)";
        return text;
      };
      if (v.shown) {
        s += ": yes, " + std::to_string(v.towards) + " of " + std::to_string(v.measures) +
             (v.measures == 1 ? " measure" : " measures") + "; most clearly " +
             std::string(comparison_measures[which].title) + ", " + change_of(*strongest) + ".";
        if (v.away > 0) s += " " + std::to_string(v.away) + " moved the other way.";
      } else if (v.away > 0) {
        s += ": no; it moved the other way, most clearly " + std::string(comparison_measures[which].title) + ", " +
             change_of(*strongest) + ".";
      } else {
        s += ": no sign";
        if (core::is_finite(smallest_visible))
          s += "; a change of " + fixed(100.0 * std::max(smallest_visible, options.tolerance), 1) +
               " % in its sharpest measure would have shown";
        s += ".";
      }
      v.sentence = std::move(s);
    }
    results.push_back(std::move(r));
  }
  return results;
}

}  // namespace TAILWATCH_ABI_NAMESPACE

/// What the words and phrases of a sign are, for the line above them.
[[nodiscard]] constexpr std::string_view evidence_title(collapse_sign sign) noexcept {
  constexpr std::string_view titles[] = {
      "words used less",
      "phrases used more",
      "words expected three times or more that never occur, commonest first",
      "sentences written again and again",
      "words of the reference passages that nothing comes near",
      "",
  };
  return titles[static_cast<std::size_t>(sign)];
}

/// One piece of evidence in words: `said unto him: 12 -> 310 per million`.
[[nodiscard]] inline std::string evidence_text(collapse_sign sign, const usage_shift& s) {
  switch (sign) {
    case collapse_sign::edge_cases_missing:
      return s.text + ": " + std::to_string(s.reference_count) + " times in the reference";
    case collapse_sign::sameness_rising:
      return s.text + ": " + std::to_string(s.candidate_count) + " times, in the reference " +
             (s.reference_count == 0 ? "at most once" : std::to_string(s.reference_count));
    case collapse_sign::rare_topics_unreachable:
      return s.text + ": " + std::to_string(s.candidate_count) + " of " + std::to_string(s.reference_count) +
             " times in them";
    default:
      return s.text + ": " + detail::per_million(s.reference_rate) + " -> " + detail::per_million(s.candidate_rate) +
             " per million";
  }
}

}  // namespace tailwatch::report
