// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
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
#include "tailwatch/report/corpus_sample.hpp"
#include "tailwatch/report/format.hpp"
#include "tailwatch/report/part_measures.hpp"
#include "tailwatch/report/text_parts.hpp"
#include "tailwatch/report/topic_share.hpp"
#include "tailwatch/report/usage_shift.hpp"
#include "tailwatch/text/vocabulary.hpp"

namespace tailwatch::report {

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
  bool shown = false;       ///< some measure moved towards collapse, beyond noise and tolerance, or a topic is lost
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
  std::vector<topic_share> topics;  ///< every topic of the base, those that lost most first
  bool whole_documents = false;     ///< no document has passages in two parts
  std::size_t absent_words = 0;     ///< words expected three times or more in the whole candidate that it does not hold
  [[nodiscard]] bool collapsing() const noexcept {
    return std::ranges::any_of(signs, [](const sign_verdict& s) { return s.shown; });
  }
};

namespace detail {

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

[[nodiscard]] inline std::string per_million(double rate) {
  return rate >= 9.95 || rate == 0.0 ? fixed(rate, 0) : fixed(rate, 1);
}

/// The parts of one comparison of corpora, and what remains of the reference.
struct dealt_corpora {
  dealt_parts reference;
  std::vector<dealt_parts> candidates;
  std::size_t tokens = 0;  ///< of a part
  bool whole_documents = false;
};

/// Deals the reference to parts and a base about as large or larger, and each candidate to parts: by documents where every corpus
/// has four or more for a part (and the reference as many again for the base) and a part keeps half the tokens that
/// passages would give it; else by passages.
///
/// Passages of one document are alike. Were a document's passages dealt to parts and base, the reference's parts would
/// stand closer to the base than any other text can, and other texts of the same source would be called different.
[[nodiscard]] inline dealt_corpora deal_corpora(const corpus_sample& reference, const passage_list& reference_passages,
                                                std::span<const corpus_sample* const> candidates,
                                                const std::vector<passage_list>& candidate_passages,
                                                std::size_t most_tokens, const text_comparison_options& options) {
  const auto groups_of = [&](const corpus_sample& corpus, const passage_list& passages, bool whole,
                             std::uint64_t which) {
    std::vector<passage_list> groups;
    if (whole) {
      const std::uint64_t seed = core::split_seed(options.seed, 0x646f63 + which);
      return by_document(passages, corpus.sample_documents(),
                         [&](std::uint64_t document) { return core::split_seed(seed, document); });
    }
    for (const core::token_sequences& p : passages) groups.push_back({p});
    return groups;
  };
  dealt_corpora out;
  for (const bool whole : {true, false}) {
    std::vector<std::vector<passage_list>> groups;
    groups.push_back(groups_of(reference, reference_passages, whole, 0));
    bool enough = groups[0].size() >= 8 * options.parts;
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      groups.push_back(groups_of(*candidates[c], candidate_passages[c], whole, c + 1));
      enough = enough && groups.back().size() >= 4 * options.parts;
    }
    if (whole && !enough) continue;
    for (std::size_t tokens = most_tokens; tokens > 0 && (!whole || 2 * tokens >= most_tokens);
         tokens -= std::max<std::size_t>(1, tokens / 50)) {
      out.reference = deal(groups[0], options.parts, tokens);
      std::size_t left = 0;
      for (const core::token_sequences& p : out.reference.rest) left += p.token_count();
      // Passages are small beside a part, so the base is about as large as the parts; where they are not, half of that will do.
      bool fits = out.reference.whole && (whole ? 1 : 2) * left >= tokens * options.parts;
      out.candidates.clear();
      for (std::size_t c = 0; c < candidates.size() && fits; ++c) {
        out.candidates.push_back(deal(groups[c + 1], options.parts, tokens));
        fits = out.candidates.back().whole;
      }
      if (!fits) continue;
      out.tokens = tokens;
      out.whole_documents = whole;
      // The base's documents stand together; what reads its first passages wants a sample of them.
      core::random_engine random(core::split_seed(options.seed, 0x62617365));
      core::shuffle(out.reference.rest, random);
      return out;
    }
  }
  // With as many passages as this parts of one token would have fitted.
  constexpr std::string_view function = "report::compare_texts";
  core::check_at_least(function, "passages of the reference", reference_passages.size(), 2 * options.parts);
  for (const passage_list& passages : candidate_passages)
    core::check_at_least(function, "passages of a candidate", passages.size(), options.parts);
  return out;
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Generated texts beside a reference text: every measure with error and noise floor, and a verdict on each sign of collapse
/// that names the words and phrases behind it.
///
/// The reference's documents are dealt into `parts` parts of T tokens and a base, about as large as all of them or larger, that
/// nothing is measured on; each candidate into `parts` parts of T tokens, T being as large as the smallest corpus allows.
/// Where there are too few documents for that, passages are dealt instead, and the error bars know nothing of the likeness
/// of passages of one document (`whole_documents` says which).
/// Everything depends on the size of a text, so only parts of equal size are compared, all with the one base. A measure's
/// value is the mean over parts, its error comes from their spread, and two means are told apart by Welch's t at α divided
/// by the number of measures and one more for the topics (Bonferroni): what shuffled text of the reference would do is inside the noise floor.
///
/// Words are counted in the whole corpora, phrases and parts in the samples.
///
/// @param candidates  each compared with the reference alone
/// @param words       the vocabulary of all of them
/// @return            one comparison per candidate
/// @complexity        O(sampled tokens) and 2·10⁶ distances of passages a part
/// @throws            std::invalid_argument for fewer than 5 parts, and where a corpus is too small for parts of
///                    least_part_tokens: 2·parts of them in the reference, `parts` in a candidate, or has fewer passages
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

  std::size_t most_tokens = reference.sampled_tokens() / (2 * options.parts);
  for (const corpus_sample* c : candidates) most_tokens = std::min(most_tokens, c->sampled_tokens() / options.parts);
  core::check_at_least(function, "tokens of a part", most_tokens, options.least_part_tokens);

  // Ids of the sampled words alone, so that tables per part stay small.
  std::vector<std::uint32_t> small(words.size() + 1, ~std::uint32_t{0});
  std::vector<std::string_view> names;
  const auto renumbered = [&](const corpus_sample& corpus) {
    passage_list passages = corpus.sample();
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
  const passage_list reference_passages = renumbered(reference);
  std::vector<passage_list> candidate_passages;
  for (const corpus_sample* c : candidates) candidate_passages.push_back(renumbered(*c));
  const std::size_t vocabulary = std::max<std::size_t>(1, names.size());

  const detail::dealt_corpora dealt =
      detail::deal_corpora(reference, reference_passages, candidates, candidate_passages, most_tokens, options);
  const std::vector<passage_list>& reference_parts = dealt.reference.parts;
  const std::span<const core::token_sequences> base(dealt.reference.rest);
  const std::size_t part_tokens = dealt.tokens;
  const std::size_t steps = (1 + candidates.size()) * options.parts;
  std::size_t step = 0;
  const auto tick = [&] {
    if (progress) progress("measuring", step++, steps);
  };
  // Four passages of the base to one of a part: coverage then stands near two thirds, where it can move both ways.
  std::size_t fewest = reference_parts.front().size();
  for (const passage_list& part : reference_parts) fewest = std::min(fewest, part.size());
  part_measures measures(base, vocabulary, part_tokens,
                         std::min(part_measures::most_base_passages, std::max<std::size_t>(50, 4 * fewest)),
                         core::split_seed(options.seed, 0x746f70));
  struct columns {
    std::vector<std::vector<double>> measures;  // one row a measure, one number a part
    passage_topics topics;
  };
  const std::size_t topics = measures.topics().topics();
  const auto measure_all = [&](const dealt_parts& text) {
    columns out{std::vector<std::vector<double>>(comparison_measures.size()), {}};
    const std::vector<part_measures::values> values = measures.measure(text.parts, tick);
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t m = 0; m < comparison_measures.size(); ++m) out.measures[m].push_back(values[i].measures[m]);
      out.topics.topic.insert(out.topics.topic.end(), values[i].topics.begin(), values[i].topics.end());
      out.topics.group.insert(out.topics.group.end(), text.groups[i].begin(), text.groups[i].end());
    }
    return out;
  };
  const columns of_reference = measure_all(dealt.reference);
  // The topics together count as one measure more.
  const double alpha = options.alpha / static_cast<double>(comparison_measures.size() + 1);

  std::vector<text_comparison> results;
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    const corpus_sample& candidate = *candidates[c];
    const columns of_candidate = measure_all(dealt.candidates[c]);

    text_comparison r;
    r.reference_name = reference.name();
    r.candidate_name = candidate.name();
    r.part_tokens = part_tokens;
    r.parts = options.parts;
    r.base_tokens = measures.base().token_count();
    r.whole_documents = dealt.whole_documents;
    for (std::size_t s = 0; s < collapse_sign_count; ++s) r.signs[s].sign = static_cast<collapse_sign>(s);
    for (std::size_t m = 0; m < comparison_measures.size(); ++m) {
      measured_difference d;
      d.reference = detail::mean_of(of_reference.measures[m]);
      d.candidate = detail::mean_of(of_candidate.measures[m]);
      const double va = d.reference.standard_error * d.reference.standard_error;
      const double vb = d.candidate.standard_error * d.candidate.standard_error;
      const double difference = d.candidate.value - d.reference.value;
      if (core::is_finite(va + vb) && va + vb > 0.0) {
        const auto na = static_cast<double>(d.reference.count);
        const auto nb = static_cast<double>(d.candidate.count);
        const double degrees = (va + vb) * (va + vb) / (va * va / (na - 1.0) + vb * vb / (nb - 1.0));
        const boost::math::students_t_distribution<double> t(std::max(1.0, degrees));
        d.noise_floor = boost::math::quantile(boost::math::complement(t, 0.5 * alpha)) * std::sqrt(va + vb);
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
    std::size_t lost_topics = 0;
    r.topics = compare_topics(of_reference.topics, of_candidate.topics, topics, alpha, lost_topics);
    for (std::size_t t = 0; t < topics; ++t)
      for (const std::uint32_t word : measures.topic_words()[t])
        r.topics[t].words += (r.topics[t].words.empty() ? "" : ", ") + std::string(names[word]);
    std::ranges::stable_sort(r.topics, [](const topic_share& a, const topic_share& b) {
      return a.lost != b.lost ? a.lost : fall(a) > fall(b);
    });
    for (sign_verdict& v : r.signs) v.shown = v.towards > 0;
    r.signs[static_cast<std::size_t>(collapse_sign::rare_topics_unreachable)].shown |= lost_topics > 0;

    // --- the words and phrases behind each sign ---
    if (progress) progress("naming words", c, candidates.size());
    auto& signs = r.signs;
    signs[0].evidence = word_shifts(reference.counts(), candidate.counts(), words, false, options.evidence);
    const core::token_sequences sampled = joined(candidate_passages[c]);
    signs[1].evidence = phrase_shifts(joined(reference_passages), sampled, names, options.evidence);
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
      const auto before = tally(joined(reference_passages));
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
    for (const topic_share& t : r.topics) {
      if (signs[4].evidence.size() >= options.evidence || !(fall(t) >= 2.0)) break;
      const auto passages = [](const estimate& share) {
        return static_cast<std::uint64_t>(std::llround(share.value * static_cast<double>(share.count)));
      };
      signs[4].evidence.push_back({t.words, passages(t.reference), passages(t.candidate), 1e6 * t.reference.value,
                                   1e6 * t.candidate.value, -fall(t)});
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
      if (v.shown && strongest == nullptr) {
        s += ": yes";
      } else if (v.shown) {
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
      if (v.sign == collapse_sign::rare_topics_unreachable && lost_topics > 0) {
        const topic_share& first = r.topics.front();
        s += (v.towards > 0 ? " " : "; ") + std::to_string(lost_topics) + " of " + std::to_string(topics) +
             (lost_topics == 1 ? " topics is" : " topics are") + " at less than half the reference's share: \"" +
             first.words + "\" " + (lost_topics == 1 ? "" : "most clearly, ") + "from " +
             fixed(100.0 * first.reference.value, 1) + " to " + fixed(100.0 * first.candidate.value, 1) +
             " % of the passages.";
      }
      v.sentence = std::move(s);
    }
    results.push_back(std::move(r));
  }
  return results;
}

}  // namespace TAILWATCH_ABI_NAMESPACE

/// What the parts are made of, and what that means for the error bars.
[[nodiscard]] constexpr std::string_view parts_text(const text_comparison& c) noexcept {
  return c.whole_documents
             ? "Parts are made of whole documents."
             : "Too few documents to deal whole ones to parts: passages are dealt, and count as independent. "
               "Two corpora of few long documents differ by more than the noise column says.";
}

/// What the words and phrases of a sign are, for the line above them.
[[nodiscard]] constexpr std::string_view evidence_title(collapse_sign sign) noexcept {
  constexpr std::string_view titles[] = {
      "words used less",
      "phrases used more",
      "words expected three times or more that never occur, commonest first",
      "sentences written again and again",
      "topics written about less, by their words",
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
      return s.text + ": " + fixed(1e-4 * s.reference_rate, 1) + " -> " + fixed(1e-4 * s.candidate_rate, 1) +
             " % of passages";
    default:
      return s.text + ": " + detail::per_million(s.reference_rate) + " -> " + detail::per_million(s.candidate_rate) +
             " per million";
  }
}

}  // namespace tailwatch::report
