// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/perplexity/detail/cluster_ratio.hpp"

namespace tailwatch::perplexity {

enum class smoothing { laplace, witten_bell, absolute_discounting, kneser_ney_interpolated };

struct smoothed_ngram_options {
  std::size_t order = 3;
  smoothing method = smoothing::kneser_ney_interpolated;
  double discount = 0.75;             ///< absolute_discounting and kneser_ney_interpolated; 0 to 1
  std::uint64_t unknown_cutoff = 1;   ///< types seen fewer times in training are the unknown word
  std::uint64_t vocabulary_size = 0;  ///< laplace; 0: types kept + <s> + </s> + 2, as NLTK counts
};

/// Textbook n-gram models with one discount, as NLTK defines them; for comparison with published numbers. kneser_ney is
/// the model to use. Lines are padded with order − 1 `<s>` and order − 1 `</s>`. c counts n-grams of every length 1 …
/// order, c(h) = Σ_w c(hw), T(h) = distinct words after h; a context with c(h) = 0 passes to h′, h without its first
/// word.
///
///   laplace                   (c(hw) + 1)/(c(h) + V), longest context only
///   witten_bell               (1 − g) c(hw)/c(h) + g p(w|h′), g = T(h)/(T(h) + c(h)); unigram c(w)/c()
///   absolute_discounting      max(c(hw) − D, 0)/c(h) + D T(h)/c(h) p(w|h′); unigram c(w)/c()
///   kneser_ney_interpolated   the longest context so; shorter ones with k(hw), the distinct words before hw, for c;
///                             unigram k(w)/Σk, undiscounted, so that a word never seen has probability 0
///
/// @complexity  fit O(order·N) hash look-ups; a probability O(order)
/// @throws      std::invalid_argument  order 0, a discount outside [0, 1]
/// @see         S. F. Chen, J. Goodman (1999), Computer Speech & Language 13, 359–394; NLTK 3.8, nltk.lm
class smoothed_ngram {
 public:
  using token = core::token_sequences::token;

  explicit smoothed_ngram(const core::token_sequences& training, const smoothed_ngram_options& options = {})
      : options_(options) {
    constexpr const char* function = "perplexity::smoothed_ngram";
    core::check_at_least(function, "order", options.order, std::size_t{1});
    core::check_closed_interval(function, "discount", options.discount, 0.0, 1.0);
    std::unordered_map<token, std::uint64_t> seen;
    for (const token t : training.tokens()) ++seen[t];
    for (const token t : training.tokens())
      if (seen[t] >= options.unknown_cutoff)
        words_.try_emplace(t, static_cast<std::uint32_t>(words_.size()) + first_word);
    if (options_.vocabulary_size == 0) options_.vocabulary_size = words_.size() + 4;
    nodes_.resize(1);
    std::vector<std::uint32_t> line;
    for (std::size_t s = 0; s < training.size(); ++s) count(padded(training[s], line));
  }

  [[nodiscard]] std::size_t order() const noexcept { return options_.order; }
  /// Types that are not the unknown word.
  [[nodiscard]] std::size_t types() const noexcept { return words_.size(); }
  [[nodiscard]] std::uint64_t vocabulary_size() const noexcept { return options_.vocabulary_size; }

  /// ln p of every n-gram of the padded line: its words, then order − 1 times </s> (once for order 1: never).
  [[nodiscard]] std::vector<double> log_probabilities(std::span<const token> sentence) const {
    std::vector<std::uint32_t> line;
    padded(sentence, line);
    std::vector<double> out;
    for (std::size_t i = options_.order - 1; i < line.size(); ++i)
      out.push_back(std::log(probability({line.data() + i + 1 - options_.order, options_.order - 1}, line[i])));
    return out;
  }

 private:
  static constexpr std::uint32_t unknown = 0, begin = 1, end = 2, first_word = 3, none = ~std::uint32_t{0};
  struct node {
    std::uint64_t count = 0;         // c(g)
    std::uint64_t after = 0;         // Σ_w c(g w)
    std::uint64_t types_after = 0;   // T(g)
    std::uint64_t before = 0;        // k(g)
    std::uint64_t before_after = 0;  // Σ_w k(g w)
  };

  const std::vector<std::uint32_t>& padded(std::span<const token> sentence, std::vector<std::uint32_t>& line) const {
    line.assign(options_.order - 1, begin);
    for (const token t : sentence) {
      const auto at = words_.find(t);
      line.push_back(at == words_.end() ? unknown : at->second);
    }
    line.insert(line.end(), options_.order - 1, end);
    return line;
  }

  void count(const std::vector<std::uint32_t>& line) {
    // From the right, so that the n-gram without its first word is known: links[n − 1] of the position after.
    std::vector<std::uint32_t> links(1, 0);
    std::vector<std::uint32_t> here;
    for (std::size_t i = line.size(); i-- > 0;) {
      here.assign(1, 0);
      for (std::size_t n = 1; n <= options_.order && i + n <= line.size(); ++n) {
        const std::uint32_t parent = here[n - 1];
        const auto [at, fresh] =
            children_.try_emplace(key(parent, line[i + n - 1]), static_cast<std::uint32_t>(nodes_.size()));
        const std::uint32_t id = at->second;
        if (fresh) {
          nodes_.emplace_back();
          ++nodes_[parent].types_after;
          if (n > 1) {
            // One more word before the suffix; its own prefix is the context that gains a continuation.
            ++nodes_[links[n - 1]].before;
            ++nodes_[links[n - 2]].before_after;
          }
        }
        ++nodes_[id].count;
        ++nodes_[parent].after;
        here.push_back(id);
      }
      links.swap(here);
    }
  }

  [[nodiscard]] static std::uint64_t key(std::uint32_t parent, std::uint32_t word) {
    return (std::uint64_t{parent} << 32) | word;
  }
  [[nodiscard]] std::uint32_t child(std::uint32_t parent, std::uint32_t word) const {
    if (parent == none) return none;
    const auto at = children_.find(key(parent, word));
    return at == children_.end() ? none : at->second;
  }
  [[nodiscard]] std::uint32_t find(std::span<const std::uint32_t> words) const {
    std::uint32_t at = 0;
    for (const std::uint32_t w : words) at = child(at, w);
    return at;
  }

  [[nodiscard]] double probability(std::span<const std::uint32_t> context, std::uint32_t word) const {
    const std::uint32_t at = find(context);
    const std::uint32_t whole = child(at, word);
    const bool longest = context.size() + 1 == options_.order;
    const bool continuation = options_.method == smoothing::kneser_ney_interpolated && (!longest || context.empty());
    double total = 0.0, own = 0.0, types = 0.0;
    if (at != none) {
      total = static_cast<double>(continuation ? nodes_[at].before_after : nodes_[at].after);
      types = static_cast<double>(nodes_[at].types_after);
    }
    if (whole != none) own = static_cast<double>(continuation ? nodes_[whole].before : nodes_[whole].count);
    if (options_.method == smoothing::laplace)
      return (own + 1.0) / (total + static_cast<double>(options_.vocabulary_size));
    if (context.empty()) return total > 0.0 ? own / total : 0.0;
    const double lower = probability(context.subspan(1), word);
    if (total == 0.0) return lower;
    if (options_.method == smoothing::witten_bell) {
      const double g = types / (types + total);
      return (1.0 - g) * own / total + g * lower;
    }
    return std::fmax(own - options_.discount, 0.0) / total + options_.discount * types / total * lower;
  }

  smoothed_ngram_options options_;
  std::unordered_map<token, std::uint32_t> words_;
  std::vector<node> nodes_;
  std::unordered_map<std::uint64_t, std::uint32_t> children_;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Perplexity of `test` under smoothed_ngram(training): 2 to the mean −log2 p over all n-grams of the padded lines.
///
/// @return   standard error with lines as clusters; +∞ where an n-gram has probability 0; NaN for no n-grams
/// @throws   as smoothed_ngram
/// @see      smoothed_ngram for formulas and cost; kneser_ney for a model without infinities
/// @example  examples/perplexity/kneser_ney.cpp
struct perplexity_ngram_fn {
  static constexpr std::string_view name = "perplexity.perplexity_ngram";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Chen, Goodman (1999)";

  [[nodiscard]] estimate operator()(const smoothed_ngram& model, const core::token_sequences& test) const {
    std::vector<detail::cluster> lines;
    lines.reserve(test.size());
    for (std::size_t s = 0; s < test.size(); ++s) {
      detail::cluster c;
      for (const double x : model.log_probabilities(test[s])) {
        c.sum += x;
        ++c.units;
      }
      lines.push_back(c);
    }
    const auto r = detail::cluster_ratio(lines.size(), [&](std::size_t i) { return lines[i]; });
    const double value = std::exp(-r.mean);
    return {value, value * r.standard_error, r.units};
  }
  [[nodiscard]] estimate operator()(const core::token_sequences& training, const core::token_sequences& test,
                                    const smoothed_ngram_options& options = {}) const {
    return (*this)(smoothed_ngram(training, options), test);
  }
};
inline constexpr perplexity_ngram_fn perplexity_ngram{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::perplexity
