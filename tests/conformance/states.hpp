// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/summary.hpp"

/// What the laws need to know of a state. A new state is one specialisation and one line in `all_states`:
///
///   name                     of its golden file and of the test
///   exact                    integer state: equal means bit for bit, whatever the order; else `same` has the budget
///   make(), make_foreign()   empty states that must not merge with each other
///   chunk, input(random, n)  the pieces a stream may be cut into; some hold what the state has to reject
///   feed(state, chunk)       one update
///   same(a, b)               floating states only: equal within the error budget the state declares
namespace tailwatch::conformance {

template <class State> struct state_traits;

template <class State>
[[nodiscard]] bool same(const State& a, const State& b) {
  if constexpr (state_traits<State>::exact) {
    return a == b;
  } else {
    return a.count() == b.count() && a.rejected() == b.rejected() && state_traits<State>::same(a, b);
  }
}

/// Skewed ids below `bound`, about one in fifty of them not below it.
inline std::vector<std::int64_t> skewed_ids(core::random_engine& random, std::size_t n, std::uint64_t bound) {
  std::vector<std::int64_t> ids(n);
  for (auto& id : ids) {
    const std::uint64_t a = core::uniform_below(random, bound);
    const std::uint64_t b = core::uniform_below(random, bound);
    id = static_cast<std::int64_t>(a * b / bound);
    const std::uint64_t bad = core::uniform_below(random, 100);
    if (bad == 0) id = static_cast<std::int64_t>(bound);
    if (bad == 1) id = -1;
  }
  return ids;
}

struct id_sequences {
  static constexpr bool exact = true;
  using chunk = std::vector<std::int64_t>;
  static std::vector<chunk> skewed(core::random_engine& random, std::size_t n, std::uint64_t bound) {
    std::vector<chunk> chunks(n);
    for (chunk& c : chunks) c = skewed_ids(random, static_cast<std::size_t>(core::uniform_below(random, 40)), bound);
    return chunks;
  }
  template <class State>
  static void feed(State& state, const chunk& ids) {
    state.update(ids);
  }
};

template <>
struct state_traits<summary::dense_counts> : id_sequences {
  static constexpr std::string_view name = "dense_counts";
  static summary::dense_counts make() { return summary::dense_counts(100); }
  static summary::dense_counts make_foreign() { return summary::dense_counts(101); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) { return skewed(random, n, 100); }
};

/// The same class under other parameters that take other paths through it.
template <class State, int Variant>
struct variant_of : State {
  using State::State;
  variant_of(State state) : State(std::move(state)) {}
};

template <>
struct state_traits<summary::count_table> : id_sequences {
  static constexpr std::string_view name = "count_table";
  static summary::count_table make() { return {}; }
  static summary::count_table make_foreign() { return summary::count_table({.max_keys = 7}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) { return skewed(random, n, 300); }
};

using limited_count_table = variant_of<summary::count_table, 1>;
template <>
struct state_traits<limited_count_table> : id_sequences {
  static constexpr std::string_view name = "count_table_limited";
  static limited_count_table make() { return summary::count_table({.max_keys = 17}); }
  static limited_count_table make_foreign() { return summary::count_table({.max_keys = 18}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) { return skewed(random, n, 300); }
};

template <>
struct state_traits<summary::ngram_counts> : id_sequences {
  static constexpr std::string_view name = "ngram_counts";
  static summary::ngram_counts make() { return summary::ngram_counts({.order = 2, .vocabulary = 50}); }
  static summary::ngram_counts make_foreign() { return summary::ngram_counts({.order = 3, .vocabulary = 50}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) { return skewed(random, n, 50); }
};

using wide_ngram_counts = variant_of<summary::ngram_counts, 1>;
template <>
struct state_traits<wide_ngram_counts> : id_sequences {
  static constexpr std::string_view name = "ngram_counts_wide";
  static wide_ngram_counts make() { return summary::ngram_counts({.order = 4}); }
  static wide_ngram_counts make_foreign() { return summary::ngram_counts({.order = 4, .vocabulary = 70000}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) {
    return skewed(random, n, std::uint64_t{1} << 32);
  }
};

using limited_ngram_counts = variant_of<summary::ngram_counts, 2>;
template <>
struct state_traits<limited_ngram_counts> : id_sequences {
  static constexpr std::string_view name = "ngram_counts_limited";
  static limited_ngram_counts make() {
    return summary::ngram_counts({.order = 3, .vocabulary = 9, .max_keys = 40});
  }
  static limited_ngram_counts make_foreign() { return summary::ngram_counts({.order = 3, .vocabulary = 9}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) { return skewed(random, n, 9); }
};

using all_states = std::tuple<summary::dense_counts, summary::count_table, limited_count_table, summary::ngram_counts,
                              wide_ngram_counts, limited_ngram_counts>;

}  // namespace tailwatch::conformance
