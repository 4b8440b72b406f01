// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/moments.hpp"

namespace tailwatch::summary {

/// How long a document is in units that its tokens do not tell; 0: not known.
struct document_extent {
  std::uint64_t words = 0;
  std::uint64_t bytes = 0;  ///< UTF-8
};

/// Log-likelihood of a stream of observed tokens under a model: what perplexity and bits per byte are read from.
///
///   per_token()   ℓ̂ = −Σ ln p_t / T       per_word()   −Σ ln p_t / W       per_byte()   −Σ ln p_t / B       (nats)
///
/// The stream is a list of clusters that are taken as independent, whatever happens inside one. `update(x)` makes every token a
/// cluster of its own; `add_document` and `add_documents` make a document one, which is what text needs: its tokens
/// depend on each other. Kept are the numbers of tokens, words, bytes and clusters, and mean and centred products of
/// (Σ ln p, tokens, words, bytes) over the clusters, so that the standard error is that of a ratio of two sums:
///
///   se² = C/(C − 1) · Σ_c (s_c − ℓ̂ u_c)² / (Σ u_c)²        s_c = −Σ ln p, u_c the tokens, words or bytes of cluster c
///
/// A NaN, and with a mask what it hides, is left out; NaNs are counted as rejected. A token of probability 0 (−∞) is counted as
/// impossible; while there is one every figure is +∞ with standard error NaN.
///
/// @error       |ℓ̂ − exact| ≤ 1e-12 (ℓ̂ + σ) and |se − exact| ≤ 1e-9 se for clusters of comparable length, between any splits
///              at clusters, merge orders, ranks and instruction sets. Tokens, words, bytes, clusters are exact integers
/// @memory      144 bytes
/// @complexity  O(1) a token: that of summary::moments for update(x), one addition for documents and 30 operations each
/// @reduction   two rounds: SUM of 6 int64 and 1 float64, then SUM of 10 float64
/// @see         W. G. Cochran (1977), Sampling Techniques, §6.3, for the error of a ratio; F. Jelinek, R. L. Mercer,
///              L. R. Bahl, J. K. Baker (1977), J. Acoust. Soc. Am. 62, S63
/// @example     examples/summary/moments.cpp
class log_likelihood {
 public:
  /// What rounding may leave of ln 1, in 16-bit formats too; anything above is no log-probability.
  static constexpr double largest_log_probability = 0.05;

  log_likelihood() = default;

  /// Adds tokens, each a cluster of its own: log_probabilities(x), nats.
  /// @param mask  one byte a token, 0: left out; empty: every token counts
  /// @throws std::invalid_argument  for a value above 0 (logits need a softmax first) or a mask of another size; this state
  ///                                is then as it was
  template <class Arch = simd::default_arch, std::floating_point T>
  void update(const core::log_probabilities_view<T>& x, std::span<const std::uint8_t> mask = {}) {
    check<Arch>(x.span(), mask);
    if (mask.empty()) return add_tokens<Arch>(x.span());
    std::array<T, 1024> kept;
    std::size_t size = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      kept[size] = x.span()[i];
      size += mask[i] != 0 ? 1U : 0U;
      if (size < kept.size()) continue;
      add_tokens<Arch>(std::span<const T>(kept));
      size = 0;
    }
    add_tokens<Arch>(std::span<const T>(kept).first(size));
  }
  /// Adds documents, one cluster each, laid end to end.
  /// @param lengths  tokens of each document, which add up to the size of x
  /// @throws std::invalid_argument  as above, or for a negative length, or where they do not add up; this state is then as it was
  template <class Arch = simd::default_arch, std::floating_point T, core::integer_range Lengths>
  void add_documents(const core::log_probabilities_view<T>& x, const Lengths& lengths,
                     std::span<const std::uint8_t> mask = {}) {
    check<Arch>(x.span(), mask);
    constexpr std::string_view function = "summary::log_likelihood::add_documents";
    std::size_t end = 0;
    for (const auto length : core::as_span(lengths)) {
      if constexpr (std::signed_integral<std::ranges::range_value_t<Lengths>>)
        core::check(length >= 0, function, "document length", static_cast<long long>(length), "at least 0");
      core::check(static_cast<std::uint64_t>(length) <= x.size() - end, function, "document length",
                  static_cast<std::uint64_t>(length), "at most the tokens left, " + core::to_text(x.size() - end));
      end += static_cast<std::size_t>(length);
    }
    core::check(end == x.size(), function, "sum of document lengths", end,
                "the number of log-probabilities, " + core::to_text(x.size()));
    std::size_t begin = 0;
    for (const auto length : core::as_span(lengths)) {
      const auto size = static_cast<std::size_t>(length);
      add_cluster<Arch>(x.span().subspan(begin, size), mask.empty() ? mask : mask.subspan(begin, size), {});
      begin += size;
    }
  }
  /// Adds one document as one cluster. Words and bytes must be given for all documents or none: per_word() and per_byte() divide
  /// by what was given.
  /// @throws std::invalid_argument  for a value above 0, or a mask of another size; this state is then as it was
  template <class Arch = simd::default_arch, std::floating_point T>
  void add_document(const core::log_probabilities_view<T>& x, const document_extent& extent = {},
                    std::span<const std::uint8_t> mask = {}) {
    check<Arch>(x.span(), mask);
    add_cluster<Arch>(x.span(), mask, extent);
  }

  template <class Arch = simd::default_arch>
  void merge(const log_likelihood& other) {
    join<Arch>(log_likelihood(other));
  }
  void reset() noexcept { *this = {}; }

  /// T, the tokens counted, impossible ones included.
  [[nodiscard]] std::uint64_t count() const noexcept { return tokens_; }
  /// NaNs.
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }
  /// Tokens of probability 0.
  [[nodiscard]] std::uint64_t impossible() const noexcept { return impossible_; }
  [[nodiscard]] std::uint64_t words() const noexcept { return words_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// Documents, or single tokens, that were taken as independent.
  [[nodiscard]] std::uint64_t clusters() const noexcept { return clusters_; }
  /// Σ ln p, nats; −∞ where a token was impossible.
  [[nodiscard]] double total() const noexcept {
    return impossible_ != 0 ? -core::infinity : -mean_ * static_cast<double>(clusters_);
  }

  /// Nats per token; count = T. NaN without tokens; standard error NaN for fewer than two clusters.
  [[nodiscard]] estimate per_token() const noexcept { return per(1, tokens_); }
  /// Nats per word, words and log-likelihood both random; NaN where no words were given.
  [[nodiscard]] estimate per_word() const noexcept { return per(2, words_); }
  /// Nats per byte; NaN where no bytes were given. Over ln 2 these are the bits per byte.
  [[nodiscard]] estimate per_byte() const noexcept { return per(3, bytes_); }
  /// Nats per unit of a text that has `units` of them, taken as known: per_token() · T/units.
  [[nodiscard]] estimate per_known(std::uint64_t units) const noexcept {
    const estimate t = per_token();
    if (units == 0) return {core::nan, core::nan, 0};
    const double factor = static_cast<double>(tokens_) / static_cast<double>(units);
    return {t.value * factor, t.standard_error * factor, units};
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}.add("log_likelihood").value();
  }

  /// Payload: u64 rejected, impossible, words, bytes, clusters, f64 mean of −Σ ln p over clusters, 10 × f64 centred products
  /// of (−Σ ln p, tokens, words, bytes), the upper triangle by rows.
  void save(core::output_archive& out) const {
    out.begin({core::state_family::log_likelihood, parameters(), 0, 0, tokens_});
    for (const std::uint64_t x : {rejected_, impossible_, words_, bytes_, clusters_}) out.u64(x);
    out.f64(mean_);
    for (const double x : products_) out.f64(x);
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state; this state is then as it was
  void load(core::input_archive& in) {
    const auto found = in.open({core::state_family::log_likelihood, parameters(), 0, 0, 0});
    log_likelihood loaded;
    loaded.tokens_ = found.count;
    for (std::uint64_t* x : {&loaded.rejected_, &loaded.impossible_, &loaded.words_, &loaded.bytes_, &loaded.clusters_})
      *x = in.u64();
    loaded.mean_ = in.f64();
    for (double& x : loaded.products_) x = in.f64();
    bool zero = loaded.mean_ == 0.0;
    for (const double x : loaded.products_) zero = zero && x == 0.0;
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    bool plausible = loaded.impossible_ <= loaded.tokens_ && (loaded.clusters_ != 0 || zero) &&
                     (loaded.clusters_ != 0 || (loaded.tokens_ == 0 && loaded.words_ == 0 && loaded.bytes_ == 0));
    for (const std::uint64_t x : {loaded.tokens_, loaded.rejected_, loaded.words_, loaded.bytes_, loaded.clusters_})
      plausible = plausible && x <= most;
    if (!plausible) core::detail::archive_failure("numbers cannot be those of a log-likelihood");
    in.close();
    *this = loaded;
  }

  [[nodiscard]] static constexpr std::size_t reduction_rounds() noexcept { return 2; }
  /// The segments point into this object, which must stay where it is until finish_round.
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t round) {
    using enum core::element_type;
    constexpr auto sum = core::reduction_operation::sum;
    if (round == 0) {
      own_ = {centre(), clusters_};
      mean_ *= static_cast<double>(clusters_);
      return {{&tokens_, 1, int64, sum}, {&rejected_, 1, int64, sum}, {&impossible_, 1, int64, sum},
              {&words_, 1, int64, sum},  {&bytes_, 1, int64, sum},    {&clusters_, 1, int64, sum},
              {&mean_, 1, float64, sum}};
    }
    return {{products_.data(), products_.size(), float64, sum}};
  }
  template <class Arch = simd::default_arch>
  void finish_round(std::size_t round) {
    if (round == 0) {
      if (clusters_ != 0) mean_ /= static_cast<double>(clusters_);
      add_product<Arch>(difference(own_.centre, centre()), static_cast<double>(own_.clusters));
    } else {
      own_ = {};
    }
  }

  friend bool operator==(const log_likelihood& a, const log_likelihood& b) noexcept {
    return a.tokens_ == b.tokens_ && a.rejected_ == b.rejected_ && a.impossible_ == b.impossible_ &&
           a.words_ == b.words_ && a.bytes_ == b.bytes_ && a.clusters_ == b.clusters_ && a.mean_ == b.mean_ &&
           a.products_ == b.products_;
  }

 private:
  using vector = std::array<double, 4>;  // −Σ ln p, tokens, words, bytes of a cluster
  struct ranks_own {
    vector centre{};
    std::uint64_t clusters = 0;
    friend bool operator==(const ranks_own&, const ranks_own&) = default;
  };

  /// Index of (i, j), i ≤ j, in products_.
  [[nodiscard]] static constexpr std::size_t at(std::size_t i, std::size_t j) noexcept {
    return i * 4 - i * (i + 1) / 2 + j;
  }
  [[nodiscard]] static vector difference(const vector& a, const vector& b) noexcept {
    return {a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]};
  }
  /// Means over the clusters; those of tokens, words and bytes from the exact sums.
  [[nodiscard]] vector centre() const noexcept {
    if (clusters_ == 0) return {};
    const auto c = static_cast<double>(clusters_);
    return {mean_, static_cast<double>(tokens_) / c, static_cast<double>(words_) / c, static_cast<double>(bytes_) / c};
  }

  /// Masks of another size, and what cannot be ln p: most often logits that were meant for a softmax first.
  template <class Arch, class T>
  static void check(std::span<const T> x, std::span<const std::uint8_t> mask) {
    if (!mask.empty())
      core::check_same_size("summary::log_likelihood", "log_probabilities", x.size(), "mask", mask.size());
    constexpr auto limit = static_cast<T>(largest_log_probability);
    std::uint8_t any = 0;
    if (mask.empty()) {
      for (const T v : x) any |= static_cast<std::uint8_t>(v > limit);
    } else {
      for (std::size_t i = 0; i < x.size(); ++i) any |= static_cast<std::uint8_t>(x[i] > limit && mask[i] != 0);
    }
    if (any == 0) return;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (mask.empty() || mask[i] != 0)
        core::check(!(x[i] > limit) || core::is_nan(static_cast<double>(x[i])), "summary::log_likelihood",
                    "a log-probability", static_cast<double>(x[i]), "at most 0; logits need a softmax first");
  }
  template <class Arch, class T>
  void add_tokens(std::span<const T> x) {
    const simd::central_sums sums = simd::moments<Arch>(x.data(), x.size());
    log_likelihood finite, impossible;  // a token of probability 0 adds nothing to the sum, wherever the stream is cut
    for (std::size_t i = 0; sums.rejected != 0 && i < x.size(); ++i) {
      const auto v = static_cast<double>(x[i]);
      if (core::is_nan(v)) {
        ++finite.rejected_;
      } else if (!core::is_finite(v)) {
        ++impossible.impossible_;
      }
    }
    finite.tokens_ = finite.clusters_ = sums.count;
    finite.mean_ = -sums.mean;
    finite.products_[0] = sums.m2;
    join<Arch>(finite);
    impossible.tokens_ = impossible.clusters_ = impossible.impossible_;
    join<Arch>(impossible);
  }
  template <class Arch, class T>
  void add_cluster(std::span<const T> x, std::span<const std::uint8_t> mask, const document_extent& extent) {
    log_likelihood part;
    double sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!mask.empty() && mask[i] == 0) continue;
      const auto v = static_cast<double>(x[i]);
      if (core::is_nan(v)) {
        ++part.rejected_;
        continue;
      }
      ++part.tokens_;
      if (core::is_finite(v)) {
        sum -= v;
      } else {
        ++part.impossible_;
      }
    }
    if (part.tokens_ != 0) {
      part.clusters_ = 1;
      part.mean_ = sum;
      part.words_ = extent.words;
      part.bytes_ = extent.bytes;
    }
    join<Arch>(part);
  }

  template <class Arch>
  void join(const log_likelihood& part) {
    const vector apart = difference(part.centre(), centre());
    const auto here = static_cast<double>(clusters_), there = static_cast<double>(part.clusters_);
    for (std::size_t i = 0; i < products_.size(); ++i) products_[i] += part.products_[i];
    if (clusters_ == 0) {
      mean_ = part.mean_;
    } else if (part.clusters_ != 0) {
      add_product<Arch>(apart, here * there / (here + there));
      mean_ += apart[0] * (there / (here + there));
    }
    tokens_ += part.tokens_;
    rejected_ += part.rejected_;
    impossible_ += part.impossible_;
    words_ += part.words_;
    bytes_ += part.bytes_;
    clusters_ += part.clusters_;
  }
  template <class Arch>
  void add_product(const vector& v, double weight) noexcept {
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = i; j < 4; ++j) products_[at(i, j)] += weight * v[i] * v[j];
  }

  /// Ratio of the log-likelihood to the j-th coordinate, whose sum is `units`.
  [[nodiscard]] estimate per(std::size_t j, std::uint64_t units) const noexcept {
    if (units == 0) return {core::nan, core::nan, 0};
    if (impossible_ != 0) return {core::infinity, core::nan, units};
    const auto u = static_cast<double>(units), c = static_cast<double>(clusters_);
    const double ratio = mean_ * c / u;
    if (clusters_ < 2) return {ratio, core::nan, units};
    // Deviations from the means: those of s − ratio·u themselves, whose mean is 0.
    const double squares = products_[0] - 2.0 * ratio * products_[at(0, j)] + ratio * ratio * products_[at(j, j)];
    return {ratio, std::sqrt(c / (c - 1.0) * std::max(squares, 0.0)) / u, units};
  }

  std::uint64_t tokens_ = 0, rejected_ = 0, impossible_ = 0, words_ = 0, bytes_ = 0, clusters_ = 0;
  double mean_ = 0.0;  // of −Σ ln p over the clusters
  std::array<double, 10> products_{};
  ranks_own own_;  // of this rank, while a reduction is under way
};

}  // namespace tailwatch::summary
