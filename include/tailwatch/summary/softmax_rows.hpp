// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/simd/row_pass.hpp"
#include "tailwatch/simd/softmax_cuts.hpp"
#include "tailwatch/summary/moments.hpp"

namespace tailwatch::summary {

/// Element type of logits behind a `const void*`.
enum class logit_type : std::uint8_t { float32, bfloat16, float16 };

/// Calls f with `logits` as a pointer to its type.
template <class F>
decltype(auto) with_logit_type(const void* logits, logit_type type, F&& f) {
  switch (type) {
    case logit_type::bfloat16: return f(static_cast<const simd::bfloat16*>(logits));
    case logit_type::float16: return f(static_cast<const simd::float16*>(logits));
    case logit_type::float32: break;
  }
  return f(static_cast<const float*>(logits));
}

/// Row partials over one slice of the vocabulary, for models whose logits are split over ranks (tensor parallelism).
///
/// Each rank updates with its slice; partials of all slices are merged, or reduced in two rounds (MAX of the maxima, rescale,
/// SUM), and the result is absorbed into `softmax_rows`. Memory: 43 bytes per row. Lives for one step, so it is not saved.
class softmax_row_partials {
 public:
  explicit softmax_row_partials(std::size_t rows = 0)
      : maximum_(rows, -core::infinity),
        sum_(rows),
        weighted_(rows),
        target_(rows, -core::infinity),
        has_target_(rows),
        rejected_(rows),
        masked_(rows) {}

  /// @param logits             this rank's columns, row r at logits + r·row_stride
  /// @param slice              columns here
  /// @param vocabulary_offset  token id of the first column
  /// @param targets            observed token id per row in the whole vocabulary, or nullptr; ids of no column are ignored
  /// @param mask               0 = skip the row, or nullptr
  /// @throws std::invalid_argument  row_stride < slice
  template <class Arch = simd::default_arch, simd::logit Logit, std::integral Target = std::int64_t>
  void update(const Logit* logits, std::size_t slice, std::size_t vocabulary_offset, std::size_t row_stride,
              const Target* targets = nullptr, const std::uint8_t* mask = nullptr) {
    core::check_at_least("summary::softmax_row_partials", "row_stride", row_stride, slice);
    for (std::size_t r = 0; r < rows(); ++r) {
      if (mask != nullptr && mask[r] == 0) {
        masked_[r] = 1;
        continue;
      }
      const std::ptrdiff_t column = targets == nullptr ? -1 : column_of(targets[r], vocabulary_offset, slice);
      simd::row_partial row = partial(r);
      simd::merge(row, simd::row_pass<Arch>(logits + r * row_stride, slice, column));
      store(r, row);
    }
  }
  template <class Arch = simd::default_arch, simd::logit Logit>
  void update(const Logit* logits, std::size_t slice, std::size_t vocabulary_offset, std::size_t row_stride,
              std::nullptr_t, const std::uint8_t* mask = nullptr) {
    update<Arch, Logit, std::int64_t>(logits, slice, vocabulary_offset, row_stride,
                                      static_cast<const std::int64_t*>(nullptr), mask);
  }

  /// @throws std::invalid_argument  for another number of rows; none at all is the identity
  template <class Arch = simd::default_arch>
  void merge(const softmax_row_partials& other) {
    if (other.rows() == 0) return;
    if (rows() == 0) {
      *this = other;
      return;
    }
    core::check_same_size("summary::softmax_row_partials", "this", rows(), "other", other.rows());
    for (std::size_t r = 0; r < rows(); ++r) {
      simd::row_partial row = partial(r);
      simd::merge(row, other.partial(r));
      store(r, row);
      masked_[r] |= other.masked_[r];
    }
  }
  /// Forgets all slices; the number of rows stays.
  void reset() { *this = softmax_row_partials(rows()); }

  [[nodiscard]] std::size_t rows() const noexcept { return maximum_.size(); }
  [[nodiscard]] bool masked(std::size_t r) const noexcept { return masked_[r] != 0; }
  [[nodiscard]] simd::row_partial partial(std::size_t r) const noexcept {
    return {maximum_[r], sum_[r], weighted_[r], has_target_[r] != 0 ? target_[r] : core::nan, rejected_[r] != 0};
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}.add("softmax_row_partials").add(std::uint64_t{rows()}).value();
  }
  [[nodiscard]] std::size_t reduction_rounds() const noexcept { return 2; }
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t round) {
    using enum core::element_type;
    using enum core::reduction_operation;
    if (round == 0) {
      own_maximum_ = maximum_;
      return {{maximum_.data(), rows(), float64, max},
              {target_.data(), rows(), float64, max},
              {has_target_.data(), rows(), uint8, max},
              {rejected_.data(), rows(), uint8, max},
              {masked_.data(), rows(), uint8, max}};
    }
    return {{sum_.data(), rows(), float64, sum}, {weighted_.data(), rows(), float64, sum}};
  }
  template <class Arch = simd::default_arch>
  void finish_round(std::size_t round) {
    if (round != 0) {
      own_maximum_.clear();
      return;
    }
    for (std::size_t r = 0; r < rows(); ++r) {
      simd::row_partial row{own_maximum_[r], sum_[r], weighted_[r], core::nan, false};
      simd::rescale(row, maximum_[r]);
      sum_[r] = row.sum;
      weighted_[r] = row.weighted;
    }
  }

  friend bool operator==(const softmax_row_partials& a, const softmax_row_partials& b) noexcept {
    return a.maximum_ == b.maximum_ && a.sum_ == b.sum_ && a.weighted_ == b.weighted_ && a.target_ == b.target_ &&
           a.has_target_ == b.has_target_ && a.rejected_ == b.rejected_ && a.masked_ == b.masked_;
  }

 private:
  template <std::integral Target>
  static std::ptrdiff_t column_of(Target target, std::size_t offset, std::size_t slice) noexcept {
    if (std::cmp_less(target, offset) || std::cmp_greater_equal(target, offset + slice)) return -1;
    return static_cast<std::ptrdiff_t>(static_cast<std::size_t>(target) - offset);
  }
  void store(std::size_t r, const simd::row_partial& row) noexcept {
    maximum_[r] = row.maximum;
    sum_[r] = row.sum;
    weighted_[r] = row.weighted;
    has_target_[r] = core::is_nan(row.target_logit) ? 0 : 1;
    if (has_target_[r] != 0) target_[r] = row.target_logit;
    rejected_[r] = row.rejected ? 1 : 0;
  }

  std::vector<double> maximum_, sum_, weighted_, target_;
  std::vector<std::uint8_t> has_target_, rejected_, masked_;
  std::vector<double> own_maximum_;  // while a reduction is under way
};

struct softmax_rows_options {
  /// Probabilities t; for each the mass Σ p[p < t] of every row is summarised, at the cost of a second read of the row from
  /// cache per two thresholds. At most eight.
  std::vector<double> tail_thresholds = {};
  /// Rényi entropy of order 2, −ln Σ p², of every row, at the cost of a second read from cache.
  bool collision_entropy = false;
  /// Numbers of tokens k ≥ 1: the mass that top-k sampling leaves out. At most eight.
  std::vector<std::size_t> top_k = {};
  /// Probabilities p in (0, 1): the size of the nucleus that top-p sampling keeps, and the mass it leaves out. At most eight.
  std::vector<double> top_p = {};
  friend bool operator==(const softmax_rows_options&, const softmax_rows_options&) = default;
};

/// What a language model's softmax looked like over a stream of rows of logits.
///
/// Per row, in one read: entropy H, log-sum-exp, largest probability, −ln p of the observed token when targets are given, and
/// optionally the mass of improbable tokens, the Rényi entropy of order 2, and what top-k and top-p leave out. Kept are `moments` of each over the rows, so memory does not grow.
///
///   count()      rows with a softmax                      rejected()   rows with NaN, +∞, or every logit −∞
///   masked()     rows skipped by the mask (0 = skip)
///
/// −∞ logits have probability 0. A target outside [0, vocabulary), such as −100, leaves the row without a likelihood; a
/// target of probability 0 has infinite −ln p and is counted by negative_log_likelihood().rejected().
/// Rows are added one by one: batches may be cut anywhere between rows without changing a bit; merges agree to 1e-12.
/// @error       merges as summary::moments; per row |H − exact| ≤ 1e-6·max(1, H) for entropy, 1e-6 for log-sum-exp, across instruction sets: docs/numerics.md
/// @complexity  O(rows · vocabulary), no allocation in update; with top_k or top_p one buffer of at most `vocabulary` floats a call
/// @memory      48 bytes for each quantity, four of them without options
/// @reduction   two rounds: SUM of 2 int64 and, for each quantity, those of moments
/// @example     examples/entropy/softmax_entropy.cpp
class softmax_rows {
 public:
  static constexpr std::size_t most_thresholds = 8;

  softmax_rows() = default;
  /// @throws std::invalid_argument  a threshold outside (0, 1], k = 0, p outside (0, 1), or more than eight of one
  explicit softmax_rows(softmax_rows_options options) : options_(std::move(options)) {
    constexpr std::string_view function = "summary::softmax_rows";
    core::check_at_most(function, "number of tail_thresholds", options_.tail_thresholds.size(), most_thresholds);
    core::check_at_most(function, "number of top_k", options_.top_k.size(), most_thresholds);
    core::check_at_most(function, "number of top_p", options_.top_p.size(), most_thresholds);
    for (const double t : options_.tail_thresholds)
      core::check(t > 0.0 && t <= 1.0, function, "tail_threshold", t, "in (0, 1]");
    for (const std::size_t k : options_.top_k) core::check_at_least(function, "top_k", k, std::size_t{1});
    for (const double p : options_.top_p) core::check_open_interval(function, "top_p", p, 0.0, 1.0);
    extra_.resize(top_p_size_at(options_.top_p.size()));
  }

  /// @param logits      row r at logits + r·row_stride; float, simd::bfloat16 or simd::float16
  /// @param vocabulary  logits per row, the rest up to row_stride is padding and not read
  /// @param targets     observed token id per row, any integer type, or nullptr
  /// @param mask        0 = skip the row, or nullptr
  /// @throws std::invalid_argument  vocabulary 0, or row_stride < vocabulary
  template <class Arch = simd::default_arch, simd::logit Logit, std::integral Target>
  void update(const Logit* logits, std::size_t rows, std::size_t vocabulary, std::size_t row_stride,
              const Target* targets, const std::uint8_t* mask = nullptr) {
    core::check_at_least("summary::softmax_rows", "vocabulary", vocabulary, std::size_t{1});
    core::check_at_least("summary::softmax_rows", "row_stride", row_stride, vocabulary);
    std::vector<float> border;
    for (std::size_t r = 0; r < rows; ++r) {
      if (mask != nullptr && mask[r] == 0) {
        ++masked_;
        continue;
      }
      std::ptrdiff_t target = -1;
      if (targets != nullptr && std::cmp_greater_equal(targets[r], 0) && std::cmp_less(targets[r], vocabulary))
        target = static_cast<std::ptrdiff_t>(targets[r]);
      const Logit* row = logits + r * row_stride;
      const simd::row_partial partial = simd::row_pass<Arch>(row, vocabulary, target);
      if (add<Arch>(partial) && !extra_.empty()) add_extra<Arch>(row, vocabulary, partial, border);
    }
  }
  template <class Arch = simd::default_arch, simd::logit Logit>
  void update(const Logit* logits, std::size_t rows, std::size_t vocabulary, std::size_t row_stride,
              std::nullptr_t = nullptr, const std::uint8_t* mask = nullptr) {
    update<Arch>(logits, rows, vocabulary, row_stride, static_cast<const std::int64_t*>(nullptr), mask);
  }
  /// The same for logits whose type is known at run time only.
  template <class Arch = simd::default_arch, std::integral Target = std::int64_t>
  void update(const void* logits, logit_type type, std::size_t rows, std::size_t vocabulary, std::size_t row_stride,
              const Target* targets = nullptr, const std::uint8_t* mask = nullptr) {
    with_logit_type(logits, type, [&](const auto* x) { update<Arch>(x, rows, vocabulary, row_stride, targets, mask); });
  }

  /// Adds rows whose slices were merged or reduced before.
  /// @throws std::invalid_argument  with tail thresholds, collision_entropy, top_k or top_p: a partial does not hold those
  template <class Arch = simd::default_arch>
  void absorb(const softmax_row_partials& partials) {
    core::check(extra_.empty(), "summary::softmax_rows::absorb", "number of quantities beyond the first read",
                extra_.size(), "0");
    for (std::size_t r = 0; r < partials.rows(); ++r) {
      if (partials.masked(r)) {
        ++masked_;
      } else {
        add<Arch>(partials.partial(r));
      }
    }
  }

  /// @throws std::invalid_argument  for other options
  template <class Arch = simd::default_arch>
  void merge(const softmax_rows& other) {
    if (!(options_ == other.options_))
      core::throw_invalid("summary::softmax_rows::merge", "options", other.parameters(),
                          "the tail_thresholds, collision_entropy, top_k and top_p of this state");
    rejected_ += other.rejected_;
    masked_ += other.masked_;
    for (std::size_t j = 0; j < fields(); ++j) field(j).template merge<Arch>(other.field(j));
  }
  void reset() {
    rejected_ = masked_ = 0;
    for (std::size_t j = 0; j < fields(); ++j) field(j).reset();
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return entropy_.count(); }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }
  [[nodiscard]] std::uint64_t masked() const noexcept { return masked_; }
  /// Nats per row.
  [[nodiscard]] const moments& entropy() const noexcept { return entropy_; }
  /// Nats per row with a target.
  [[nodiscard]] const moments& negative_log_likelihood() const noexcept { return negative_log_likelihood_; }
  [[nodiscard]] const moments& max_probability() const noexcept { return max_probability_; }
  [[nodiscard]] const moments& log_sum_exp() const noexcept { return log_sum_exp_; }
  /// Mass below the j-th threshold.
  [[nodiscard]] const moments& tail_mass(std::size_t j) const {
    core::check(j < options_.tail_thresholds.size(), "summary::softmax_rows::tail_mass", "j", j,
                "below the number of thresholds");
    return extra_[j];
  }
  /// −ln Σ p², nats per row.
  /// @throws std::invalid_argument  unless the option collision_entropy is set
  [[nodiscard]] const moments& collision_entropy() const {
    core::check(options_.collision_entropy, "summary::softmax_rows::collision_entropy", "option", 0, "set");
    return extra_[collision_at()];
  }
  /// Mass outside the k most probable tokens, k = options().top_k[j].
  [[nodiscard]] const moments& mass_outside_top_k(std::size_t j) const {
    core::check(j < options_.top_k.size(), "summary::softmax_rows::mass_outside_top_k", "j", j,
                "below the number of top_k");
    return extra_[top_k_at(j)];
  }
  /// Mass outside the nucleus of p = options().top_p[j].
  [[nodiscard]] const moments& mass_outside_top_p(std::size_t j) const {
    core::check(j < options_.top_p.size(), "summary::softmax_rows::mass_outside_top_p", "j", j,
                "below the number of top_p");
    return extra_[top_p_at(j)];
  }
  /// Tokens in that nucleus.
  [[nodiscard]] const moments& nucleus_size(std::size_t j) const {
    core::check(j < options_.top_p.size(), "summary::softmax_rows::nucleus_size", "j", j, "below the number of top_p");
    return extra_[top_p_size_at(j)];
  }
  [[nodiscard]] const softmax_rows_options& options() const noexcept { return options_; }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    core::parameter_hash hash;
    hash.add("softmax_rows");
    for (const double t : options_.tail_thresholds) hash.add(t);
    if (options_.collision_entropy) hash.add("collision_entropy");
    for (const std::size_t k : options_.top_k) hash.add("top_k").add(std::uint64_t{k});
    for (const double p : options_.top_p) hash.add("top_p").add(p);
    return hash.value();
  }
  void save(core::output_archive& out) const {
    out.begin({core::state_family::softmax_rows, parameters(), 0, 0, count()});
    out.u64(rejected_);
    out.u64(masked_);
    for (std::size_t j = 0; j < fields(); ++j) field(j).save(out);
    out.end();
  }
  void load(core::input_archive& in) {
    in.open({core::state_family::softmax_rows, parameters(), 0, 0, 0});
    softmax_rows loaded = *this;
    loaded.rejected_ = in.u64();
    loaded.masked_ = in.u64();
    for (std::size_t j = 0; j < fields(); ++j) loaded.field(j).load(in);
    in.close();
    *this = std::move(loaded);
  }

  [[nodiscard]] std::size_t reduction_rounds() const noexcept { return 2; }
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t round) {
    std::vector<core::reduction_segment> segments;
    if (round == 0)
      for (std::uint64_t* x : {&rejected_, &masked_})
        segments.push_back({x, 1, core::element_type::int64, core::reduction_operation::sum});
    for (std::size_t j = 0; j < fields(); ++j)
      for (const auto& s : field(j).begin_round(round)) segments.push_back(s);
    return segments;
  }
  template <class Arch = simd::default_arch>
  void finish_round(std::size_t round) {
    for (std::size_t j = 0; j < fields(); ++j) field(j).template finish_round<Arch>(round);
  }

  friend bool operator==(const softmax_rows&, const softmax_rows&) = default;

 private:
  /// false: the row has no softmax and was counted as rejected.
  template <class Arch>
  bool add(const simd::row_partial& row) noexcept {
    if (!simd::defined(row)) {
      ++rejected_;
      return false;
    }
    entropy_.template add<Arch>(simd::entropy(row));
    max_probability_.template add<Arch>(simd::max_probability(row));
    log_sum_exp_.template add<Arch>(simd::log_sum_exp(row));
    if (!core::is_nan(row.target_logit))
      negative_log_likelihood_.template add<Arch>(simd::negative_log_likelihood(row));
    return true;
  }

  /// What a second read of the row gives.
  template <class Arch, simd::logit Logit>
  void add_extra(const Logit* row, std::size_t vocabulary, const simd::row_partial& partial,
                 std::vector<float>& border) {
    const std::size_t thresholds = options_.tail_thresholds.size();
    if (thresholds != 0) {
      std::array<double, most_thresholds> threshold{}, mass{};
      const double lse = simd::log_sum_exp(partial);
      for (std::size_t j = 0; j < thresholds; ++j) threshold[j] = lse + std::log(options_.tail_thresholds[j]);
      simd::exp_sums_below<Arch>(row, vocabulary, partial.maximum, threshold.data(), thresholds, mass.data());
      for (std::size_t j = 0; j < thresholds; ++j) extra_[j].template add<Arch>(mass[j] / partial.sum);
    }
    if (options_.collision_entropy)
      extra_[collision_at()].template add<Arch>(
          simd::collision_entropy(partial, simd::exp_sum_of_squares<Arch>(row, vocabulary, partial.maximum)));
    if (options_.top_k.empty() && options_.top_p.empty()) return;
    std::array<simd::softmax_cut, 2 * most_thresholds> cuts;
    simd::softmax_cuts<Arch>(row, vocabulary, partial, options_.top_k, options_.top_p, cuts.data(), border);
    const simd::softmax_cut* cut = cuts.data();
    for (std::size_t j = 0; j < options_.top_k.size(); ++j)
      extra_[top_k_at(j)].template add<Arch>((cut++)->mass_outside);
    for (std::size_t j = 0; j < options_.top_p.size(); ++j, ++cut) {
      extra_[top_p_at(j)].template add<Arch>(cut->mass_outside);
      extra_[top_p_size_at(j)].template add<Arch>(static_cast<double>(cut->size));
    }
  }

  // Where in extra_ a quantity lies: tail masses, collision entropy, mass outside each top_k, outside each top_p, nucleus sizes.
  [[nodiscard]] std::size_t collision_at() const noexcept { return options_.tail_thresholds.size(); }
  [[nodiscard]] std::size_t top_k_at(std::size_t j) const noexcept {
    return collision_at() + (options_.collision_entropy ? 1 : 0) + j;
  }
  [[nodiscard]] std::size_t top_p_at(std::size_t j) const noexcept { return top_k_at(options_.top_k.size()) + j; }
  [[nodiscard]] std::size_t top_p_size_at(std::size_t j) const noexcept { return top_p_at(options_.top_p.size()) + j; }

  [[nodiscard]] std::size_t fields() const noexcept { return 4 + extra_.size(); }
  [[nodiscard]] const moments& field(std::size_t j) const noexcept {
    switch (j) {
      case 0: return entropy_;
      case 1: return negative_log_likelihood_;
      case 2: return max_probability_;
      case 3: return log_sum_exp_;
      default: return extra_[j - 4];
    }
  }
  [[nodiscard]] moments& field(std::size_t j) noexcept { return const_cast<moments&>(std::as_const(*this).field(j)); }

  softmax_rows_options options_;
  std::uint64_t rejected_ = 0;
  std::uint64_t masked_ = 0;
  moments entropy_, negative_log_likelihood_, max_probability_, log_sum_exp_;
  std::vector<moments> extra_;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// The state of one batch of logits, for estimators that read logits and states alike.
template <simd::logit Logit>
[[nodiscard]] inline softmax_rows softmax_rows_of(softmax_rows_options options, const Logit* logits, std::size_t rows,
                                                  std::size_t vocabulary, std::size_t row_stride,
                                                  const std::uint8_t* mask) {
  softmax_rows state(std::move(options));
  state.template update<simd::default_arch>(logits, rows, vocabulary, row_stride, nullptr, mask);
  return state;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::summary
