// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tailwatch/core/estimate.hpp"

namespace tailwatch::report {

/// How much of a text is on one topic of the reference.
struct topic_share {
  std::string words;   ///< the three words that mark it
  estimate reference;  ///< share of the passages of the reference's parts
  estimate candidate;
  bool lost = false;  ///< less than half the reference's share, beyond noise
};

/// By how many standard errors a topic's share fell.
[[nodiscard]] inline double fall(const topic_share& t) {
  const double error = std::hypot(t.reference.standard_error, t.candidate.standard_error);
  const double difference = t.reference.value - t.candidate.value;
  return error > 0.0 ? difference / error : 0.0;
}

/// The topics of one text: of every passage of its parts, and the group (document or passage) that passage is from.
struct passage_topics {
  std::vector<std::uint32_t> topic, group;
};

/// Share of the passages on each topic, groups taken as what was drawn: a ratio of means, its variance
/// Σ (passages on the topic − share·passages)²/(passages)² over groups.
/// @see  W. G. Cochran (1977), Sampling Techniques, 3rd ed., 6.3
[[nodiscard]] inline std::vector<topic_share> compare_topics(const passage_topics& reference,
                                                             const passage_topics& candidate, std::size_t topics,
                                                             double alpha, std::size_t& lost) {
  std::vector<topic_share> out(topics);
  const auto of = [](const passage_topics& text, std::uint32_t topic, double share, bool known) {
    double on = 0.0;
    const auto n = static_cast<double>(text.topic.size());
    for (const std::uint32_t t : text.topic) on += t == topic ? 1.0 : 0.0;
    if (!known) share = on / n;
    double squares = 0.0;
    for (std::size_t a = 0; a < text.group.size();) {
      std::size_t b = a;
      double here = 0.0;
      for (; b < text.group.size() && text.group[b] == text.group[a]; ++b) here += text.topic[b] == topic ? 1.0 : 0.0;
      const double residual = here - share * static_cast<double>(b - a);
      squares += residual * residual;
      a = b;
    }
    return estimate{on / n, std::sqrt(squares) / n, text.topic.size()};
  };
  for (std::uint32_t t = 0; t < topics; ++t) {
    topic_share& topic = out[t];
    topic.reference = of(reference, t, 0.0, false);
    topic.candidate = of(candidate, t, 0.0, false);
    if (!(topic.candidate.value < 0.5 * topic.reference.value)) continue;
    // Lost: less than half the share, and beyond chance at alpha over all topics were the shares equal. Under that both
    // variances are taken about the pooled share: a topic that never occurs shows no spread of its own.
    const auto n = static_cast<double>(reference.topic.size());
    const auto m = static_cast<double>(candidate.topic.size());
    const double pooled = (n * topic.reference.value + m * topic.candidate.value) / (n + m);
    const double error =
        std::hypot(of(reference, t, pooled, true).standard_error, of(candidate, t, pooled, true).standard_error);
    const double z = (topic.reference.value - topic.candidate.value) / error;
    topic.lost = 0.5 * std::erfc(z * 0.70710678118654752) < alpha / static_cast<double>(topics);
    lost += topic.lost ? 1 : 0;
  }
  return out;
}

}  // namespace tailwatch::report
