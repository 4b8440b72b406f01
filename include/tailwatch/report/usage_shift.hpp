// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/text/vocabulary.hpp"

namespace tailwatch::report {

/// How much more, or less, often one word or phrase is used than in a reference.
struct usage_shift {
  std::string text;
  std::uint64_t reference_count = 0;
  std::uint64_t candidate_count = 0;
  double reference_rate = 0.0;  ///< per million words or phrases
  double candidate_rate = 0.0;
  double z = 0.0;  ///< log odds ratio over its standard error; positive: more often in the candidate
};

/// z of the log odds ratio of one symbol under an informative Dirichlet prior of mass `prior`, spread as the pooled counts.
/// The prior holds down rare symbols, whose plain log ratio is large by chance.
/// @see  B. L. Monroe, M. P. Colaresi, K. M. Quinn (2008), Fightin' Words, Political Analysis 16, 372–403
[[nodiscard]] inline double log_odds_z(double candidate, double candidate_total, double reference,
                                       double reference_total, double prior = 500.0) noexcept {
  const double a = prior * (candidate + reference) / (candidate_total + reference_total);
  const auto log_odds = [&](double y, double n) { return std::log((y + a) / (n + prior - y - a)); };
  const double delta = log_odds(candidate, candidate_total) - log_odds(reference, reference_total);
  return delta / std::sqrt(1.0 / (candidate + a) + 1.0 / (reference + a));
}

/// The words used more (`more`) or less than in the reference, by z, at most `most` with |z| ≥ 2.
[[nodiscard]] inline std::vector<usage_shift> word_shifts(const std::vector<std::int64_t>& reference,
                                                          const std::vector<std::int64_t>& candidate,
                                                          const text::vocabulary& words, bool more, std::size_t most) {
  double n = 0.0;
  double m = 0.0;
  for (const std::int64_t c : reference) n += static_cast<double>(c);
  for (const std::int64_t c : candidate) m += static_cast<double>(c);
  std::vector<usage_shift> out;
  const auto at = [](const std::vector<std::int64_t>& x, std::size_t i) { return i < x.size() ? x[i] : 0; };
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::int64_t r = at(reference, i);
    const std::int64_t c = at(candidate, i);
    if (r + c < 3) continue;
    const double z = log_odds_z(static_cast<double>(c), m, static_cast<double>(r), n);
    if (more ? z < 2.0 : z > -2.0) continue;
    out.push_back({std::string(words.word(static_cast<std::uint32_t>(i))), static_cast<std::uint64_t>(r),
                   static_cast<std::uint64_t>(c), 1e6 * static_cast<double>(r) / n, 1e6 * static_cast<double>(c) / m,
                   z});
  }
  const std::size_t keep = std::min(most, out.size());
  std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(keep), out.end(),
                    [](const usage_shift& a, const usage_shift& b) {
                      return std::abs(a.z) != std::abs(b.z) ? std::abs(a.z) > std::abs(b.z) : a.text < b.text;
                    });
  out.resize(keep);
  return out;
}

/// The phrases of three to five words used more often than in the reference, by z, at most `most` with z ≥ 2; of phrases that
/// hold one another only the first is named.
[[nodiscard]] inline std::vector<usage_shift> phrase_shifts(const core::token_sequences& reference,
                                                            const core::token_sequences& candidate,
                                                            const std::vector<std::string_view>& words,
                                                            std::size_t most) {
  std::vector<usage_shift> all;
  for (std::size_t order = 3; order <= 5; ++order) {
    summary::ngram_counts r({.order = order, .vocabulary = words.size() + 1});
    summary::ngram_counts c({.order = order, .vocabulary = words.size() + 1});
    r.update(reference);
    c.update(candidate);
    const auto n = static_cast<double>(r.count());
    const auto m = static_cast<double>(c.count());
    c.for_each([&](auto gram, std::uint64_t count) {
      if (count < 3) return;
      const std::uint64_t before = r.count_of(gram);
      const double z = log_odds_z(static_cast<double>(count), m, static_cast<double>(before), n);
      if (z < 2.0) return;
      usage_shift s;
      for (const std::uint32_t id : gram) {
        if (!s.text.empty()) s.text += ' ';
        s.text += words[id];
      }
      s.reference_count = before;
      s.candidate_count = count;
      s.reference_rate = n > 0 ? 1e6 * static_cast<double>(before) / n : 0.0;
      s.candidate_rate = 1e6 * static_cast<double>(count) / m;
      s.z = z;
      all.push_back(std::move(s));
    });
  }
  std::ranges::sort(all, [](const usage_shift& a, const usage_shift& b) {
    // Of phrases that say the same the longest comes first: a phrase of five words brings three of three along.
    return a.z != b.z ? a.z > b.z : a.text < b.text;
  });
  std::vector<usage_shift> out;
  const auto holds = [](const std::string& a, const std::string& b) {
    return (' ' + a + ' ').find(' ' + b + ' ') != std::string::npos;
  };
  // Two phrases of one run of words overlap in two words at least.
  const auto overlaps = [](const std::string& a, const std::string& b) {
    for (std::size_t i = a.find(' '); i != std::string::npos; i = a.find(' ', i + 1)) {
      const std::string rest = a.substr(i + 1);
      if (rest.find(' ') != std::string::npos && (b + ' ').starts_with(rest + ' ')) return true;
    }
    return false;
  };
  for (const usage_shift& s : all) {
    if (out.size() >= most) break;
    bool said = false;
    for (usage_shift& o : out) {
      said = said || holds(o.text, s.text) || holds(s.text, o.text) || overlaps(o.text, s.text) ||
             overlaps(s.text, o.text);
      // The longer phrase says more where it is about as frequent.
      if (holds(s.text, o.text) && 10 * s.candidate_count >= 8 * o.candidate_count) o = s;
      if (said) break;
    }
    if (!said) out.push_back(s);
  }
  return out;
}

}  // namespace tailwatch::report
