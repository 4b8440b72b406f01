// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/report/usage_shift.hpp"

namespace tailwatch::report {

struct topic_space_options {
  std::size_t dimension = 32;           ///< at most a quarter of the passages
  std::size_t passages_per_topic = 40;  ///< one topic for as many passages ...
  std::size_t most_topics = 32;         ///< ... at least 4 and at most this many
  std::size_t most_passages = 4000;     ///< the first of them, from which the space and the topics are found
  std::uint64_t seed = 1;
};

/// What passages are about, found in the passages of a reference: latent semantic analysis, then spherical k-means.
///
/// A passage is its words' (1 + ln count)·ln(n/(1 + passages holding the word)), of length 1, in the words that two passages
/// or more hold. The space is the leading right singular subspace of all passages, by subspace iteration; points are
/// projections less the mean, of length 1 again (0 where nothing is known of any word). Topics are the clusters of the
/// reference's points; of eight starts by k-means++ the one with the greatest sum of cosines is kept.
///
/// @memory      dimension · (words + passages) doubles
/// @complexity  O(tokens · dimension) and O(words · dimension²) for each of 5 iterations; O(passages · topics · dimension)
///              for each of at most 20 rounds of a start
/// @throws      std::invalid_argument for no dimension, no topics or no passages to a topic
/// @see         S. Deerwester et al. (1990), JASIS 41, 391–407; N. Halko, P. G. Martinsson, J. A. Tropp (2011), SIAM Review
///              53, 217–288; I. S. Dhillon, D. S. Modha (2001), Machine Learning 42, 143–175
/// @example     examples/report/topics.cpp
class topic_space {
 public:
  topic_space(std::span<const core::token_sequences> passages, std::size_t vocabulary,
              const topic_space_options& options = {}) {
    constexpr std::string_view function = "report::topic_space";
    core::check_at_least(function, "dimension", options.dimension, std::size_t{1});
    core::check_at_least(function, "passages_per_topic", options.passages_per_topic, std::size_t{1});
    core::check_at_least(function, "most_topics", options.most_topics, std::size_t{1});
    passages = passages.first(std::min(passages.size(), options.most_passages));
    weigh(passages, vocabulary);
    dimension_ = std::clamp<std::size_t>(passages.size() / 4, 1, options.dimension);
    find_space(passages, options.seed);
    points_ = points(passages);
    const std::size_t wanted = std::max<std::size_t>(4, passages.size() / options.passages_per_topic);
    find_topics(std::min({wanted, options.most_topics, passages.size()}), options.seed);
  }

  [[nodiscard]] std::size_t dimension() const noexcept { return dimension_; }
  /// Number of topics; each holds a passage of the reference.
  [[nodiscard]] std::size_t topics() const noexcept { return sizes_.size(); }
  /// Passages of the reference on each topic.
  [[nodiscard]] std::span<const std::uint64_t> sizes() const noexcept { return sizes_; }
  /// The topic of each passage of the reference.
  [[nodiscard]] std::span<const std::uint32_t> assignment() const noexcept { return assignment_; }
  /// The reference's passages as points, row-major.
  [[nodiscard]] std::span<const double> reference_points() const noexcept { return points_; }

  /// Passages as points: passages × dimension, row-major, each of length 1 or 0.
  [[nodiscard]] std::vector<double> points(std::span<const core::token_sequences> passages) const {
    std::vector<double> out(passages.size() * dimension_, 0.0);
    std::vector<entry> row;
    for (std::size_t i = 0; i < passages.size(); ++i) {
      row_of(passages[i], row);
      if (row.empty()) continue;
      double* x = out.data() + i * dimension_;
      for (const auto& [word, value] : row) add(x, value, space_.data() + word * dimension_, dimension_);
      for (std::size_t d = 0; d < mean_.size(); ++d) x[d] -= mean_[d];
      normalise(x, dimension_);
    }
    return out;
  }

  /// The topic whose centre is nearest in angle.
  [[nodiscard]] std::size_t topic_of(std::span<const double> point) const { return nearest(point.data()).first; }

  /// The words by which each topic is told from the others: the most over-represented by log odds, `most` at most.
  [[nodiscard]] std::vector<std::vector<std::uint32_t>> words(std::span<const core::token_sequences> passages,
                                                              std::size_t most = 3) const {
    // Occurrences by topic and word, at most one a passage: a name said ten times in one passage is one occurrence.
    const std::size_t kept = words_.size();
    std::vector<std::uint32_t> here(topics() * kept, 0);
    std::vector<std::uint32_t> all(kept, 0);
    std::vector<entry> row;
    for (std::size_t i = 0; i < std::min(passages.size(), assignment_.size()); ++i) {
      row_of(passages[i], row);
      for (const entry& e : row) {
        ++here[assignment_[i] * kept + e.first];
        ++all[e.first];
      }
    }
    std::vector<std::vector<std::uint32_t>> out(topics());
    const auto n = static_cast<double>(assignment_.size());
    for (std::size_t t = 0; t < topics(); ++t) {
      const auto m = static_cast<double>(sizes_[t]);
      std::vector<std::pair<double, std::uint32_t>> marks;
      for (std::size_t w = 0; w < kept; ++w) {
        const auto inside = static_cast<double>(here[t * kept + w]);
        // A word that a quarter of all passages hold says little of what one is about.
        if (inside < 2.0 || 4.0 * static_cast<double>(all[w]) > n) continue;
        const double z = log_odds_z(inside, m, static_cast<double>(all[w]) - inside, std::max(1.0, n - m), 10.0);
        if (z > 0.0) marks.emplace_back(-z, words_[w]);
      }
      std::ranges::sort(marks);
      for (std::size_t i = 0; i < std::min(most, marks.size()); ++i) out[t].push_back(marks[i].second);
    }
    return out;
  }

 private:
  using entry = std::pair<std::uint32_t, double>;  // index among the weighted words, value
  static constexpr std::uint32_t unknown = std::numeric_limits<std::uint32_t>::max();

  static void add(double* x, double factor, const double* y, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) x[i] += factor * y[i];
  }
  [[nodiscard]] static double dot(const double* x, const double* y, std::size_t n) noexcept {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += x[i] * y[i];
    return sum;
  }
  static void normalise(double* x, std::size_t n) noexcept {
    const double length = std::sqrt(dot(x, x, n));
    if (!(length > 0.0)) return;
    for (std::size_t i = 0; i < n; ++i) x[i] /= length;
  }

  void weigh(std::span<const core::token_sequences> passages, std::size_t vocabulary) {
    std::vector<std::uint32_t> holding(vocabulary, 0);
    std::vector<std::uint32_t> last(vocabulary, 0);
    std::uint32_t index = 0;
    for (const core::token_sequences& p : passages) {
      ++index;
      for (const std::uint32_t id : p.tokens()) {
        if (id >= vocabulary || last[id] == index) continue;
        last[id] = index;
        ++holding[id];
      }
    }
    const auto n = static_cast<double>(passages.size());
    index_.assign(vocabulary, unknown);
    for (std::size_t i = 0; i < vocabulary; ++i) {
      const double weight = std::log(n / (1.0 + static_cast<double>(holding[i])));
      if (holding[i] < 2 || !(weight > 0.0)) continue;
      index_[i] = static_cast<std::uint32_t>(words_.size());
      words_.push_back(static_cast<std::uint32_t>(i));
      weight_.push_back(weight);
    }
  }

  /// The passage as a sparse vector of length 1.
  void row_of(const core::token_sequences& passage, std::vector<entry>& row) const {
    row.clear();
    for (const std::uint32_t id : passage.tokens())
      if (id < index_.size() && index_[id] != unknown) row.emplace_back(index_[id], 0.0);
    std::ranges::sort(row);
    std::size_t kept = 0;
    double squares = 0.0;
    for (std::size_t a = 0; a < row.size();) {
      std::size_t b = a;
      while (b < row.size() && row[b].first == row[a].first) ++b;
      const double value = (1.0 + std::log(static_cast<double>(b - a))) * weight_[row[a].first];
      row[kept++] = {row[a].first, value};
      squares += value * value;
      a = b;
    }
    row.resize(kept);
    for (entry& e : row) e.second /= std::sqrt(squares);
  }

  /// Makes the columns of x (rows × dimension) orthonormal by Cholesky QR, twice; a column that depends on earlier ones
  /// becomes 0.
  void orthonormalise(std::vector<double>& x) const {
    const std::size_t k = dimension_;
    const std::size_t rows = x.size() / k;
    std::vector<double> g(k * k);
    for (int round = 0; round < 2; ++round) {
      std::ranges::fill(g, 0.0);
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t a = 0; a < k; ++a) add(g.data() + a * k, x[i * k + a], x.data() + i * k, a + 1);
      double largest = 0.0;
      for (std::size_t a = 0; a < k; ++a) largest = std::max(largest, g[a * k + a]);
      // In place: the lower triangle L of g = L Lᵀ; a diagonal of 0 marks a column that is left out.
      for (std::size_t a = 0; a < k; ++a) {
        for (std::size_t b = 0; b < a; ++b) {
          const double rest = g[a * k + b] - dot(g.data() + a * k, g.data() + b * k, b);
          g[a * k + b] = g[b * k + b] > 0.0 ? rest / g[b * k + b] : 0.0;
        }
        const double rest = g[a * k + a] - dot(g.data() + a * k, g.data() + a * k, a);
        g[a * k + a] = rest > 1e-12 * largest ? std::sqrt(rest) : 0.0;
      }
      for (std::size_t i = 0; i < rows; ++i) {
        double* row = x.data() + i * k;
        for (std::size_t a = 0; a < k; ++a)
          row[a] = g[a * k + a] > 0.0 ? (row[a] - dot(g.data() + a * k, row, a)) / g[a * k + a] : 0.0;
      }
    }
  }

  void find_space(std::span<const core::token_sequences> passages, std::uint64_t seed) {
    const std::size_t k = dimension_;
    std::vector<std::vector<entry>> rows(passages.size());
    for (std::size_t i = 0; i < passages.size(); ++i) row_of(passages[i], rows[i]);
    core::random_engine random(core::split_seed(seed, 1));
    space_.resize(words_.size() * k);
    for (double& v : space_) v = core::uniform_01(random) - 0.5;
    std::vector<double> image(passages.size() * k);
    const auto to_image = [&] {
      std::ranges::fill(image, 0.0);
      for (std::size_t i = 0; i < rows.size(); ++i)
        for (const auto& [word, value] : rows[i]) add(image.data() + i * k, value, space_.data() + word * k, k);
    };
    for (int iteration = 0; iteration < 5; ++iteration) {
      orthonormalise(space_);
      to_image();
      orthonormalise(image);
      std::ranges::fill(space_, 0.0);
      for (std::size_t i = 0; i < rows.size(); ++i)
        for (const auto& [word, value] : rows[i]) add(space_.data() + word * k, value, image.data() + i * k, k);
    }
    orthonormalise(space_);
    to_image();
    mean_.assign(k, 0.0);
    for (std::size_t i = 0; i < rows.size(); ++i)
      add(mean_.data(), 1.0 / static_cast<double>(rows.size()), image.data() + i * k, k);
  }

  [[nodiscard]] std::pair<std::size_t, double> nearest(const double* x) const {
    std::size_t best = 0;
    double greatest = -2.0;
    for (std::size_t t = 0; t * dimension_ < centres_.size(); ++t) {
      const double cosine = dot(x, centres_.data() + t * dimension_, dimension_);
      if (cosine > greatest) {
        greatest = cosine;
        best = t;
      }
    }
    return {best, greatest};
  }

  void find_topics(std::size_t wanted, std::uint64_t seed) {
    const std::size_t k = dimension_;
    const std::size_t n = points_.size() / k;
    if (n == 0) return;
    double best = -std::numeric_limits<double>::infinity();
    std::vector<double> best_centres;
    for (std::uint64_t start = 0; start < 8; ++start) {
      core::random_engine random(core::split_seed(seed, 2 + start));
      // k-means++: the next centre is a point drawn by its distance 1 − cos from the nearest one.
      std::vector<double> distance(n, 2.0);
      centres_.clear();
      std::size_t drawn = static_cast<std::size_t>(core::uniform_below(random, n));
      while (centres_.size() < wanted * k) {
        const double* x = points_.data() + drawn * k;
        centres_.insert(centres_.end(), x, x + k);
        double sum = 0.0;
        for (std::size_t i = 0; i < n; ++i) {
          distance[i] = std::min(distance[i], std::max(0.0, 1.0 - dot(points_.data() + i * k, x, k)));
          sum += distance[i];
        }
        if (!(sum > 0.0)) break;
        double left = sum * core::uniform_01(random);
        for (drawn = 0; drawn + 1 < n && left >= distance[drawn]; ++drawn) left -= distance[drawn];
      }
      double total = 0.0;
      std::vector<std::uint32_t> assignment(n, unknown);
      for (int round = 0; round < 20; ++round) {
        bool moved = false;
        total = 0.0;
        for (std::size_t i = 0; i < n; ++i) {
          const auto [topic, cosine] = nearest(points_.data() + i * k);
          moved = moved || assignment[i] != topic;
          assignment[i] = static_cast<std::uint32_t>(topic);
          total += cosine;
        }
        if (!moved) break;
        std::vector<double> sums(centres_.size(), 0.0);
        for (std::size_t i = 0; i < n; ++i) add(sums.data() + assignment[i] * k, 1.0, points_.data() + i * k, k);
        for (std::size_t t = 0; t * k < sums.size(); ++t) {
          const double length = dot(sums.data() + t * k, sums.data() + t * k, k);
          if (!(length > 0.0)) continue;  // nothing is nearest to it: the centre stays
          normalise(sums.data() + t * k, k);
          std::copy_n(sums.data() + t * k, k, centres_.data() + t * k);
        }
      }
      if (total > best) {
        best = total;
        best_centres = centres_;
      }
    }
    // Topics without a passage go.
    centres_ = std::move(best_centres);
    std::vector<std::uint64_t> sizes(centres_.size() / k, 0);
    for (std::size_t i = 0; i < n; ++i) ++sizes[nearest(points_.data() + i * k).first];
    std::vector<double> held;
    for (std::size_t t = 0; t < sizes.size(); ++t) {
      if (sizes[t] == 0) continue;
      sizes_.push_back(sizes[t]);
      held.insert(held.end(), centres_.begin() + static_cast<std::ptrdiff_t>(t * k),
                  centres_.begin() + static_cast<std::ptrdiff_t>((t + 1) * k));
    }
    centres_ = std::move(held);
    for (std::size_t i = 0; i < n; ++i)
      assignment_.push_back(static_cast<std::uint32_t>(nearest(points_.data() + i * k).first));
  }

  std::size_t dimension_ = 1;
  std::vector<std::uint32_t> index_;  // of a token among the weighted words
  std::vector<std::uint32_t> words_;  // token of a weighted word
  std::vector<double> weight_;
  std::vector<double> space_, mean_;
  std::vector<double> points_, centres_;
  std::vector<std::uint64_t> sizes_;
  std::vector<std::uint32_t> assignment_;
};

}  // namespace tailwatch::report
