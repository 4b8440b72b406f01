// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/sketch/document_sample.hpp"
#include "tailwatch/sketch/lsh.hpp"
#include "tailwatch/sketch/min_hash.hpp"
#include "tailwatch/sketch/shingles.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/uniqueness/exact_duplicates.hpp"

namespace tailwatch::uniqueness {

struct near_duplicates_options {
  std::size_t order = 5;           ///< tokens a shingle
  double threshold = 0.7;          ///< near: Jaccard index of the shingle sets at least this
  std::size_t permutations = 128;  ///< of the MinHash signatures
  std::uint32_t seed = 1;
  double recall = 0.99;      ///< least probability that a pair right at the threshold is looked at
  double level = 0.95;       ///< of the intervals
  std::size_t largest = 10;  ///< clusters that are described one by one
};

/// One cluster of near duplicates.
struct near_duplicate_cluster {
  std::uint32_t first = 0;  ///< index of its first document
  std::uint64_t documents = 0;
  std::uint64_t distinct = 0;  ///< different documents among them: 1 says that they are copies
  std::uint64_t chained = 0;   ///< documents whose Jaccard index with the first is below the threshold
  double similarity = 1.0;     ///< mean Jaccard index of the documents with the first, itself left out
  friend bool operator==(const near_duplicate_cluster&, const near_duplicate_cluster&) = default;
};

/// Groups of near duplicates, found by MinHash and verified by exact Jaccard index.
struct near_duplicates_result {
  estimate rate;                   ///< 1 − clusters/documents: share that only varies another document
  core::interval rate_interval;    ///< of rate, as member_interval
  estimate member_rate;            ///< share of documents that have a near duplicate
  core::interval member_interval;  ///< of member_rate, never empty, also where nothing or everything is a duplicate
  /// f_r = clusters of r documents: one cluster that holds much of the corpus is a template, not a thousand copies.
  summary::frequency_profile clusters;
  std::vector<std::uint32_t> cluster;  ///< per document, the index of the first document of its cluster
  /// The largest clusters of two documents and more, largest first (of equal ones the one that starts first). A template shows
  /// as one large cluster of distinct documents with few chained; over-merging as one with many chained and a low similarity.
  std::vector<near_duplicate_cluster> largest;
  /// Documents whose Jaccard index with the first of their cluster is below the threshold: joined through others. Many of
  /// them say that chaining has merged what is merely alike.
  std::uint64_t chained = 0;
  std::uint64_t candidates = 0;  ///< pairs whose Jaccard index was computed
  std::uint64_t confirmed = 0;   ///< of them, at or above the threshold
  sketch::lsh_bands bands;
  double recall = core::nan;  ///< probability that a pair right at the threshold is looked at

  /// Share of the documents in the largest cluster.
  [[nodiscard]] double largest_share() const noexcept {
    return clusters.total() == 0 ? core::nan
                                 : static_cast<double>(clusters.largest()) / static_cast<double>(clusters.total());
  }
};

inline namespace TAILWATCH_ABI_NAMESPACE {

namespace detail {

/// Disjoint sets; the smallest element stands for its set.
class disjoint_sets {
 public:
  explicit disjoint_sets(std::size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0U); }
  [[nodiscard]] std::uint32_t find(std::uint32_t x) noexcept {
    while (parent_[x] != x) x = parent_[x] = parent_[parent_[x]];
    return x;
  }
  void unite(std::uint32_t a, std::uint32_t b) noexcept {
    a = find(a);
    b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::uint32_t> parent_;
};

/// Wilson's score interval with an effective number of observations: p(1 − p)/se², at most n; where se is unknown, at a
/// share of 0 or 1, n/2, because duplicates come in pairs at least.
[[nodiscard]] inline core::interval dependent_share_interval(const estimate& share, double level) {
  if (core::is_nan(share.value) || share.count == 0) return {core::nan, core::nan, level};
  const auto n = static_cast<double>(share.count);
  const double p = share.value;
  double effective = 0.5 * n;
  if (!core::is_nan(share.standard_error) && share.standard_error > 0.0 && p > 0.0 && p < 1.0)
    effective = std::min(n, p * (1.0 - p) / (share.standard_error * share.standard_error));
  const double z = core::normal_quantile(0.5 + 0.5 * level);
  const double zz = z * z / effective;
  const double centre = (p + 0.5 * zz) / (1.0 + zz);
  const double half = z * std::sqrt(p * (1.0 - p) / effective + 0.25 * zz / effective) / (1.0 + zz);
  return {p == 0.0 ? 0.0 : std::max(0.0, centre - half), p == 1.0 ? 1.0 : std::min(1.0, centre + half), level};
}

}  // namespace detail

/// Near duplicates among documents or responses: clusters of those whose shingle sets have a Jaccard index of at least
/// `threshold`, single linkage.
///
/// Equal documents are grouped first. The others are compared where their MinHash signatures agree in a band
/// (sketch::bands_for), each pair by its exact Jaccard index, unless they are in one cluster already. So no pair below the
/// threshold is ever joined by itself; a pair above it is missed with probability at most 1 − recall. A document shorter than
/// `order` is one shingle: it is near to its equals alone.
///
/// A cluster may grow, and two become one, with every later document, so no bounded state holds that of a whole stream;
/// sketch::document_sample keeps the documents, all of them or a uniform sample of k, merges across ranks and is saved.
///
/// @param documents  token ids, one sequence a document; empty ones count and are equal to each other. Or a
///                   sketch::document_sample: clusters are then of its documents()
/// @return         near_duplicates_result. Rates in [0, 1], NaN without documents; delete-one jackknife standard errors with
///                 the clusters taken as given, as exact_duplicate_rate (NaN where every document is alone, or none), not
///                 counting what the bands missed; the intervals by Wilson's score with the effective sample size
/// @complexity     O(tokens · order + distinct documents · shingles · permutations), and for each band the pairs of a bucket
///                 that are not in one cluster: many documents alike below the threshold are the slow case. Memory 8 bytes a
///                 shingle and 8 a permutation, per distinct document
/// @bias           grows with the number of documents: compare at one number
/// @throws         std::invalid_argument for order 0, permutations 0, a threshold outside (0, 1], a recall or level outside
///                 (0, 1)
/// @note           shingles are compared by 64-bit keys: two different ones share a key with probability 2⁻⁶⁴
/// @see            A. Z. Broder (1997), Proceedings of Compression and Complexity of Sequences, 21–29; K. Lee et al. (2022),
///                 Deduplicating Training Data Makes Language Models Better, ACL, 8424–8445; E. B. Wilson (1927), JASA 22,
///                 209–212
/// @example        examples/uniqueness/near_duplicates.cpp
struct near_duplicates_fn {
  static constexpr std::string_view name = "uniqueness.near_duplicates";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Broder (1997)";

  [[nodiscard]] near_duplicates_result operator()(const core::token_sequences& documents,
                                                  const near_duplicates_options& options = {}) const {
    constexpr std::string_view function = "uniqueness::near_duplicates";
    core::check_at_least<std::size_t>(function, "order", options.order, 1);
    core::check(options.threshold > 0.0 && options.threshold <= 1.0, function, "threshold", options.threshold,
                "above 0 and at most 1");
    core::check_open_interval(function, "level", options.level, 0.0, 1.0);
    near_duplicates_result result;
    result.bands = sketch::bands_for(options.permutations, options.threshold, options.recall);
    result.recall = result.bands.candidate_probability(options.threshold);

    const std::vector<std::uint32_t> first = first_equal(documents);
    std::vector<std::uint32_t> distinct;  // documents that are the first of their kind
    for (std::uint32_t i = 0; i < first.size(); ++i)
      if (first[i] == i) distinct.push_back(i);
    const shingled sets(documents, distinct, options);
    detail::disjoint_sets joined(distinct.size());
    link(sets, options, joined, result);

    std::vector<std::uint32_t> place(documents.size());  // document → place of its kind in `distinct`
    for (std::uint32_t k = 0; k < distinct.size(); ++k) place[distinct[k]] = k;
    result.cluster.resize(documents.size());
    std::vector<std::uint64_t> sizes(documents.size(), 0);
    std::vector<double> to_head(distinct.size(), 1.0);
    std::vector<near_duplicate_cluster> found(distinct.size());
    for (std::uint32_t k = 0; k < distinct.size(); ++k) {
      const std::uint32_t head = joined.find(k);
      if (head != k) to_head[k] = sketch::jaccard_index(sets[head], sets[k]);
      ++found[head].distinct;
    }
    for (std::size_t i = 0; i < documents.size(); ++i) {
      const std::uint32_t k = place[first[i]];
      near_duplicate_cluster& c = found[joined.find(k)];
      c.first = result.cluster[i] = distinct[joined.find(k)];
      const bool far = to_head[k] < options.threshold;
      result.chained += far ? 1 : 0;
      c.chained += far ? 1 : 0;
      if (c.documents++ != 0) c.similarity += (to_head[k] - c.similarity) / static_cast<double>(c.documents - 1);
      ++sizes[result.cluster[i]];
    }
    std::erase(sizes, std::uint64_t{0});
    std::erase_if(found, [](const near_duplicate_cluster& c) { return c.documents < 2; });
    const auto kept = static_cast<std::ptrdiff_t>(std::min(options.largest, found.size()));
    std::partial_sort(found.begin(), found.begin() + kept, found.end(), [](const auto& a, const auto& b) {
      return a.documents != b.documents ? a.documents > b.documents : a.first < b.first;
    });
    found.resize(static_cast<std::size_t>(kept));
    result.largest = std::move(found);
    result.clusters = summary::frequency_profile(sizes);
    result.rate = exact_duplicate_rate(result.clusters);
    result.member_rate = duplicate_member_rate(result.clusters);
    result.rate_interval = detail::dependent_share_interval(result.rate, options.level);
    result.member_interval = detail::dependent_share_interval(result.member_rate, options.level);
    return result;
  }
  [[nodiscard]] near_duplicates_result operator()(const sketch::document_sample& sample,
                                                  const near_duplicates_options& options = {}) const {
    return (*this)(sample.documents(), options);
  }

 private:
  /// Per document the index of the first that equals it.
  static std::vector<std::uint32_t> first_equal(const core::token_sequences& documents) {
    boost::unordered_flat_map<std::string_view, std::uint32_t> seen;
    seen.reserve(documents.size());
    std::vector<std::uint32_t> first(documents.size());
    for (std::uint32_t i = 0; i < first.size(); ++i) {
      const auto tokens = documents[i];
      first[i] =
          seen.try_emplace(std::string_view(reinterpret_cast<const char*>(tokens.data()), tokens.size_bytes()), i)
              .first->second;
    }
    return first;
  }

  /// Shingle sets and signatures of the distinct documents.
  struct shingled {
    std::vector<std::uint64_t> keys;
    std::vector<std::size_t> ends;
    std::vector<std::int64_t> signatures;

    shingled(const core::token_sequences& documents, const std::vector<std::uint32_t>& which,
             const near_duplicates_options& options)
        : signatures(which.size() * options.permutations, sketch::min_hash::empty_minimum) {
      const sketch::min_hash_family family({.permutations = options.permutations, .seed = options.seed});
      ends.reserve(which.size());
      for (std::size_t k = 0; k < which.size(); ++k) {
        const auto begin = static_cast<std::ptrdiff_t>(keys.size());
        sketch::append_shingles(documents[which[k]], options.order, keys);
        std::sort(keys.begin() + begin, keys.end());
        keys.erase(std::unique(keys.begin() + begin, keys.end()), keys.end());
        for (auto key = keys.begin() + begin; key != keys.end(); ++key)
          family.add(*key, signatures.data() + k * options.permutations);
        ends.push_back(keys.size());
      }
    }
    [[nodiscard]] std::span<const std::uint64_t> operator[](std::size_t k) const noexcept {
      const std::size_t begin = k == 0 ? 0 : ends[k - 1];
      return std::span<const std::uint64_t>(keys).subspan(begin, ends[k] - begin);
    }
  };

  /// Joins every candidate pair at or above the threshold. A bucket keeps its members by cluster, so that a member of a
  /// cluster is compared until it is found to belong there, and with no more of it: a bucket of near-equal documents costs
  /// one comparison each.
  static void link(const shingled& sets, const near_duplicates_options& options, detail::disjoint_sets& joined,
                   near_duplicates_result& result) {
    std::vector<std::vector<std::uint32_t>> groups;
    boost::unordered_flat_map<std::uint64_t, std::uint8_t>
        refuted;  // pairs below the threshold, met in an earlier band
    sketch::for_each_bucket(sets.signatures, options.permutations, result.bands,
                            [&](std::span<const std::uint32_t> members) {
                              groups.clear();
                              for (const std::uint32_t k : members) {
                                std::size_t home = groups.size();
                                for (std::size_t g = 0; g < groups.size();) {
                                  bool same = joined.find(groups[g].front()) == joined.find(k);
                                  for (std::size_t i = 0; !same && i < groups[g].size(); ++i) {
                                    const std::uint64_t pair = std::uint64_t{groups[g][i]} << 32 | k;
                                    if (refuted.contains(pair)) continue;
                                    ++result.candidates;
                                    same = near(sets[groups[g][i]], sets[k], options.threshold);
                                    if (same) {
                                      ++result.confirmed;
                                      joined.unite(groups[g][i], k);
                                    } else if (refuted.size() < most_refuted) {
                                      refuted.emplace(pair, std::uint8_t{0});
                                    }
                                  }
                                  if (!same || home == groups.size()) {
                                    if (same) home = g;
                                    ++g;
                                    continue;
                                  }
                                  // k joins two groups: they are one from here on.
                                  groups[home].insert(groups[home].end(), groups[g].begin(), groups[g].end());
                                  std::swap(groups[g], groups.back());
                                  groups.pop_back();
                                }
                                if (home == groups.size()) groups.emplace_back();
                                groups[home].push_back(k);
                              }
                            });
  }

  static constexpr std::size_t most_refuted = std::size_t{1} << 20;  // pairs remembered: 16 MiB or so

  /// The sizes alone bound the index: |A| / |B| at most.
  static bool near(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b, double threshold) noexcept {
    const auto smaller = static_cast<double>(std::min(a.size(), b.size()));
    if (smaller < threshold * static_cast<double>(std::max(a.size(), b.size()))) return false;
    return sketch::jaccard_index(a, b) >= threshold;
  }
};
inline constexpr near_duplicates_fn near_duplicates{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
