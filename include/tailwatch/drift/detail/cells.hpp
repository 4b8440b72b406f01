// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/simd/sum.hpp"

/// Two distributions over the same cells, seen one cell at a time.
///
/// A pair is *dense* (two arrays in which cell i means the same symbol), *keyed* (two tables; a key absent from both is not a
/// cell) or mixed (a table of ids and an array). All call `visit(p, q)` with normalised cells, never both 0, and `visit_counts(a, b)` with the raw ones.
/// Quotients and not products with a reciprocal: proportional counts then give bit-equal p and q, and every divergence of
/// them is exactly 0.
namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// A state that keeps its counts in one array over a fixed vocabulary (summary::dense_counts).
template <class State>
concept dense_state = requires(const State& state) {
  { state.counts() } -> std::convertible_to<std::span<const std::int64_t>>;
  { state.count() } -> std::convertible_to<std::uint64_t>;
};

/// A state that keeps a table of keys and can be walked together with another one (count_table, ngram_counts).
template <class State>
concept keyed_state = !dense_state<State> && requires(const State& state, void (&visit)(std::uint64_t, std::uint64_t)) {
  state.for_each_pair(state, visit);
  { state.count() } -> std::convertible_to<std::uint64_t>;
};

template <class T>
struct cell_array {
  std::span<const T> values;
  bool counted;  ///< counts, so that a sample size is known; false: probabilities
};

template <core::integer_range Range>
[[nodiscard]] auto cells_of(const Range& x) noexcept {
  return cell_array<std::ranges::range_value_t<Range>>{core::as_span(x), true};
}
template <class T>
[[nodiscard]] cell_array<T> cells_of(const core::counts_view<T>& x) noexcept {
  return {x.span(), true};
}
template <class T>
[[nodiscard]] cell_array<T> cells_of(const core::probabilities_view<T>& x) noexcept {
  return {x.span(), false};
}
template <dense_state State>
[[nodiscard]] cell_array<std::int64_t> cells_of(const State& x) noexcept {
  return {std::span<const std::int64_t>(x.counts()), true};
}

template <class Source>
concept dense_cells = requires(const Source& x) {
  detail::cells_of(x);
};

/// Sum and validity of one side. `observations` is 0 where the input carries no sample size.
struct side_total {
  double total = 0.0;
  std::uint64_t observations = 0;
  bool defined = true;
};

template <class T>
[[nodiscard]] side_total total_of(const cell_array<T>& cells, std::string_view function, std::string_view argument) {
  side_total side;
  if constexpr (std::integral<T>) {
    std::uint64_t total = 0, bits = 0;
    for (const T x : cells.values) {
      if constexpr (std::signed_integral<T>)
        core::check(x >= 0, function, argument, static_cast<long long>(x), "at least 0");
      total += static_cast<std::uint64_t>(x);
      bits |= static_cast<std::uint64_t>(x);
    }
    side.total = static_cast<double>(total);
    if (std::bit_width(bits) + std::bit_width(cells.values.size()) > 64) {  // the sum may have gone over
      blocked_sum sum;
      for (const T x : cells.values) sum.add(static_cast<double>(x));
      side.total = sum.total();
      if (side.total >= 0x1p64) total = std::numeric_limits<std::uint64_t>::max();
    }
    side.observations = cells.counted ? total : 0;
  } else {
    const simd::sum_with_least quick = simd::sum_and_least(cells.values.data(), cells.values.size());
    if (core::is_finite(quick.sum) && quick.least >= 0.0) {
      side.total = quick.sum;
      side.defined = side.total > 0.0;
      if (cells.counted && side.total < 0x1p63) side.observations = static_cast<std::uint64_t>(side.total);
      return side;
    }
    blocked_sum sum;  // what is wrong, cell by cell
    for (const T value : cells.values) {
      const auto x = static_cast<double>(value);
      if (core::is_nan(x)) {
        side.defined = false;
        continue;
      }
      core::check_not_negative(function, argument, x);
      if (!core::is_finite(x)) side.defined = false;
      sum.add(x);
    }
    side.total = sum.total();
    if (side.defined && cells.counted && side.total < 0x1p63)
      side.observations = static_cast<std::uint64_t>(side.total);
  }
  side.defined = side.defined && side.total > 0.0 && core::is_finite(side.total);
  return side;
}

template <class T, class U>
class dense_pair {
 public:
  dense_pair(const cell_array<T>& p, const cell_array<U>& q, std::string_view function) : p_(p), q_(q) {
    core::check_same_size(function, "p", p.values.size(), "q", q.values.size());
    first_ = total_of(p, function, "p");
    second_ = total_of(q, function, "q");
  }

  [[nodiscard]] bool defined() const noexcept { return first_.defined && second_.defined; }
  [[nodiscard]] const side_total& first() const noexcept { return first_; }
  [[nodiscard]] const side_total& second() const noexcept { return second_; }
  /// Cells of the arrays, empty ones included.
  [[nodiscard]] std::uint64_t cells() const noexcept { return p_.values.size(); }

  [[nodiscard]] const T* cells_of_p() const noexcept { return p_.values.data(); }
  [[nodiscard]] const U* cells_of_q() const noexcept { return q_.values.data(); }

  template <class Visit>
  void visit_counts(Visit&& visit) const {
    const T* p = p_.values.data();
    const U* q = q_.values.data();
    for (std::size_t i = 0, size = p_.values.size(); i < size; ++i) {
      const auto a = static_cast<double>(p[i]);
      const auto b = static_cast<double>(q[i]);
      if (a != 0.0 || b != 0.0) visit(a, b);
    }
  }

 private:
  cell_array<T> p_;
  cell_array<U> q_;
  side_total first_;
  side_total second_;
};

template <keyed_state State>
class keyed_pair {
 public:
  // Sorted by counts, so that the bits of a sum do not depend on the order of the hash tables.
  keyed_pair(const State& p, const State& q)
      : first_{static_cast<double>(p.count()), p.count(), p.count() > 0},
        second_{static_cast<double>(q.count()), q.count(), q.count() > 0} {
    p.for_each_pair(q, [&](std::uint64_t a, std::uint64_t b) { pairs_.emplace_back(a, b); });
    std::sort(pairs_.begin(), pairs_.end());
  }

  [[nodiscard]] bool defined() const noexcept { return first_.defined && second_.defined; }
  [[nodiscard]] const side_total& first() const noexcept { return first_; }
  [[nodiscard]] const side_total& second() const noexcept { return second_; }
  /// Keys seen in either table.
  [[nodiscard]] std::uint64_t cells() const noexcept { return pairs_.size(); }

  template <class Visit>
  void visit_counts(Visit&& visit) const {
    for (const auto& pair : pairs_) visit(static_cast<double>(pair.first), static_cast<double>(pair.second));
  }

 private:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pairs_;
  side_total first_;
  side_total second_;
};

/// A keyed state whose keys are ids, so that cell i of an array is its key i (count_table).
template <class State>
concept id_keyed_state = keyed_state<State> &&
    requires(const State& state, void (&visit)(std::uint64_t, std::uint64_t)) {
  state.for_each(visit);
};

/// A table of ids against an array. Ids beyond the array are cells in which the array has nothing.
/// @tparam TableFirst  the table is p
template <class T, bool TableFirst>
class mixed_pair {
 public:
  template <id_keyed_state State>
  mixed_pair(const State& table, const cell_array<T>& array, std::string_view function)
      : array_(array),
        table_(array.values.size(), 0.0),
        of_table_{static_cast<double>(table.count()), table.count(), table.count() > 0},
        of_array_(total_of(array, function, TableFirst ? "q" : "p")) {
    const std::size_t size = array.values.size();
    table.for_each([&](std::uint64_t id, std::uint64_t count) {
      if (id < size) {
        table_[static_cast<std::size_t>(id)] = static_cast<double>(count);
      } else {
        table_.push_back(static_cast<double>(count));
      }
    });
    std::sort(table_.begin() + static_cast<std::ptrdiff_t>(size), table_.end());
  }

  [[nodiscard]] bool defined() const noexcept { return of_table_.defined && of_array_.defined; }
  [[nodiscard]] const side_total& first() const noexcept { return TableFirst ? of_table_ : of_array_; }
  [[nodiscard]] const side_total& second() const noexcept { return TableFirst ? of_array_ : of_table_; }
  [[nodiscard]] std::uint64_t cells() const noexcept { return table_.size(); }

  template <class Visit>
  void visit_counts(Visit&& visit) const {
    for (std::size_t i = 0; i < table_.size(); ++i) {
      const double a = table_[i];
      const double b = i < array_.values.size() ? static_cast<double>(array_.values[i]) : 0.0;
      if (a == 0.0 && b == 0.0) continue;
      if constexpr (TableFirst) {
        visit(a, b);
      } else {
        visit(b, a);
      }
    }
  }

 private:
  cell_array<T> array_;
  std::vector<double> table_;
  side_total of_table_;
  side_total of_array_;
};

template <id_keyed_state P, dense_cells Q>
[[nodiscard]] auto pair_of(const P& p, const Q& q, std::string_view function) {
  const auto array = cells_of(q);
  return mixed_pair<std::remove_cv_t<typename decltype(array.values)::element_type>, true>(p, array, function);
}
template <dense_cells P, id_keyed_state Q>
[[nodiscard]] auto pair_of(const P& p, const Q& q, std::string_view function) {
  const auto array = cells_of(p);
  return mixed_pair<std::remove_cv_t<typename decltype(array.values)::element_type>, false>(q, array, function);
}

template <dense_cells P, dense_cells Q>
[[nodiscard]] auto pair_of(const P& p, const Q& q, std::string_view function) {
  const auto a = cells_of(p);
  const auto b = cells_of(q);
  using first = std::remove_cv_t<typename decltype(a.values)::element_type>;
  using second = std::remove_cv_t<typename decltype(b.values)::element_type>;
  return dense_pair<std::remove_const_t<first>, std::remove_const_t<second>>(a, b, function);
}
template <keyed_state State>
[[nodiscard]] auto pair_of(const State& p, const State& q, std::string_view) {
  return keyed_pair<State>(p, q);
}

template <class P, class Q>
concept cell_pair = requires(const P& p, const Q& q) {
  detail::pair_of(p, q, std::string_view());
};

/// Calls visit(p, q) with the normalised cells.
template <class Pair, class Visit>
void visit_cells(const Pair& pair, Visit&& visit) {
  const double n = pair.first().total;
  const double m = pair.second().total;
  pair.visit_counts([&](double a, double b) { visit(a / n, b / m); });
}

/// Observations on both sides; 0 where neither carries a sample size.
template <class Pair>
[[nodiscard]] std::uint64_t observations(const Pair& pair) noexcept {
  return pair.first().observations + pair.second().observations;
}

template <class Pair>
inline constexpr bool has_floating_arrays = false;
template <std::floating_point T>
inline constexpr bool has_floating_arrays<dense_pair<T, T>> = true;

/// Σ f(p, q). Arrays of floats are read where they lie if the functional has a vectorised `arrays`; other cells are normalised
/// and gathered a thousand at a time if it has a `block`.
template <class Pair, class Functional>
[[nodiscard]] double sum_of_cells(const Pair& pair, const Functional& f) {
  blocked_sum sum;
  if constexpr (has_floating_arrays<Pair> &&
                requires { f.arrays(pair.cells_of_p(), 1.0, pair.cells_of_q(), 1.0, std::size_t{}); }) {
    return f.arrays(pair.cells_of_p(), pair.first().total, pair.cells_of_q(), pair.second().total,
                    static_cast<std::size_t>(pair.cells()));
  } else if constexpr (requires(const double* x) { f.block(x, x, std::size_t{}); }) {
    constexpr std::size_t block = 1024;
    std::array<double, block> p, q;
    std::size_t fill = 0;
    visit_cells(pair, [&](double a, double b) {
      p[fill] = a;
      q[fill] = b;
      if (++fill == block) {
        sum.add(f.block(p.data(), q.data(), fill));
        fill = 0;
      }
    });
    sum.add(f.block(p.data(), q.data(), fill));
  } else {
    visit_cells(pair, [&](double p, double q) { sum.add(f.value(p, q)); });
  }
  return sum.total();
}

/// Value of Σ f(p, q) and its standard error from counts.
///
/// With f_p, f_q the partial derivatives at (p̂, q̂), the delta method gives
///
///   v₁ = Var_p̂(f_p)/n + Var_q̂(f_q)/m.
///
/// Noise in p̂ and q̂ adds itself to the derivatives: where the sum is Σ q φ(p/q), E v₁ exceeds the first-order variance by
/// 2 v₂, v₂ = ½ Σ tᵢ², tᵢ = φ″(r)(r/n + r²/m), r = p/q, and v₂ is what the second-order term really contributes. Hence the
/// variance v₁ − v₂, and never less than v₁/2 (its expectation where p = q). At p = q this is the exact second-order
/// variance, far from it v₂ is negligible. In cells with fewer than 5 observations on a side the expansion does not hold
/// and would over-correct: they are left out of v₂. A functional without `curvature` keeps v₁.
///
/// A side given as probabilities is taken as known and adds nothing. Both known, an infinite value, or a value of 0 (where
/// the estimate sits on its border) leave the error unknown: NaN.
template <class Pair, class Functional>
[[nodiscard]] estimate evaluate(const Pair& pair, const Functional& f) {
  estimate result{core::nan, core::nan, observations(pair)};
  if (!pair.defined()) return result;
  result.value = sum_of_cells(pair, f);
  if (result.count == 0 || !core::is_finite(result.value) || result.value == 0.0) return result;

  const double per_n = pair.first().observations == 0 ? 0.0 : 1.0 / static_cast<double>(pair.first().observations);
  const double per_m = pair.second().observations == 0 ? 0.0 : 1.0 / static_cast<double>(pair.second().observations);
  blocked_sum mean_p, mean_q, curvature;
  visit_cells(pair, [&](double p, double q) {
    if (p > 0.0) mean_p.add(p * f.derivative_p(p, q));
    if (q > 0.0) mean_q.add(q * f.derivative_q(p, q));
    if constexpr (requires { f.curvature(p, q, per_n, per_m); }) {
      if (p >= 5.0 * per_n && q >= 5.0 * per_m) {
        const double t = f.curvature(p, q, per_n, per_m);
        curvature.add(t * t);
      }
    }
  });
  blocked_sum variance_p, variance_q;
  const double centre_p = mean_p.total();
  const double centre_q = mean_q.total();
  visit_cells(pair, [&](double p, double q) {
    if (p > 0.0) {
      const double d = f.derivative_p(p, q) - centre_p;
      variance_p.add(p * d * d);
    }
    if (q > 0.0) {
      const double d = f.derivative_q(p, q) - centre_q;
      variance_q.add(q * d * d);
    }
  });
  const double first_order = variance_p.total() * per_n + variance_q.total() * per_m;
  const double variance = std::max(first_order - 0.5 * curvature.total(), 0.5 * first_order);
  if (core::is_finite(variance)) result.standard_error = std::sqrt(variance);
  return result;
}

/// √ of a divergence, delta method.
[[nodiscard]] inline estimate square_root(estimate e) noexcept {
  const double root = std::sqrt(e.value);
  return {root, root > 0.0 ? 0.5 * e.standard_error / root : core::nan, e.count};
}

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
