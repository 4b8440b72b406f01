// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/perplexity/token_calibration_counts.hpp"
#include "tailwatch/sketch.hpp"
#include "tailwatch/summary.hpp"

/// What the laws need to know of a state. A new state is one specialisation and one line in `all_states`:
///
///   name                     of its golden file and of the test
///   exact                    integer state: equal means bit for bit, whatever the order
///   merge_budget, build_budget, same(a, b, budget)
///                            floating state: relative errors it declares between merge orders, and between builds
///   make(), make_foreign()   empty states that must not merge with each other; no make_foreign without parameters
///   chunk, input(random, n)  the pieces a stream may be cut into; some hold what the state has to reject
///   feed(state, chunk)       one update
namespace tailwatch::conformance {

template <class State>
struct state_traits;

/// Equal as merges of the same data in another order must be; with `across_builds`, as other instruction sets must be.
template <class State>
[[nodiscard]] bool same(const State& a, const State& b, bool across_builds = false) {
  using traits = state_traits<State>;
  if constexpr (traits::exact) {
    return a == b;
  } else {
    return a.count() == b.count() && a.rejected() == b.rejected() &&
           traits::same(a, b, across_builds ? traits::build_budget : traits::merge_budget);
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
  static limited_ngram_counts make() { return summary::ngram_counts({.order = 3, .vocabulary = 9, .max_keys = 40}); }
  static limited_ngram_counts make_foreign() { return summary::ngram_counts({.order = 3, .vocabulary = 9}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) { return skewed(random, n, 9); }
};

/// A whole number of sixty-fourths: the same on every machine.
inline double dyadic(core::random_engine& random, std::uint64_t below) {
  return static_cast<double>(core::uniform_below(random, 64 * below)) / 64.0;
}

template <>
struct state_traits<summary::moments> {
  static constexpr std::string_view name = "moments";
  static constexpr bool exact = false;
  static constexpr double merge_budget = 1e-12;
  static constexpr double build_budget = 1e-12;
  using chunk = std::vector<double>;
  static summary::moments make() { return {}; }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) {
    std::vector<chunk> chunks(n);
    for (chunk& c : chunks) {
      c.resize(static_cast<std::size_t>(core::uniform_below(random, 40)));
      for (double& x : c) {
        x = dyadic(random, 20) - dyadic(random, 8);
        const std::uint64_t bad = core::uniform_below(random, 60);
        if (bad == 0) x = core::nan;
        if (bad == 1) x = -core::infinity;
      }
    }
    return chunks;
  }
  static void feed(summary::moments& state, const chunk& x) { state.update(x); }
  static bool same(const summary::moments& a, const summary::moments& b, double budget) {
    const auto& s = a.sums();
    const auto& t = b.sums();
    if (a.count() == 0) return b.count() == 0;
    const double sigma = std::sqrt(s.m2 / static_cast<double>(a.count()));
    const auto near = [&](double x, double y, double scale) { return std::abs(x - y) <= budget * scale; };
    return near(s.mean, t.mean, std::abs(s.mean) + sigma) && near(s.m2, t.m2, s.m2) && near(s.m3, t.m3, s.m2 * sigma) &&
           near(s.m4, t.m4, s.m4);
  }
};

template <>
struct state_traits<summary::covariance> {
  static constexpr std::string_view name = "covariance";
  static constexpr bool exact = false;
  static constexpr double merge_budget = 1e-12;
  static constexpr double build_budget = 1e-12;
  static constexpr std::size_t dimension = 3;
  using chunk = std::vector<double>;  // whole points
  static summary::covariance make() { return summary::covariance(dimension); }
  static summary::covariance make_foreign() { return summary::covariance(dimension + 1); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) {
    std::vector<chunk> chunks(n);
    for (chunk& c : chunks) {
      c.resize(dimension * static_cast<std::size_t>(core::uniform_below(random, 12)));
      for (double& x : c) {
        x = dyadic(random, 20) - dyadic(random, 8);
        if (core::uniform_below(random, 90) == 0) x = core::nan;
      }
    }
    return chunks;
  }
  static void feed(summary::covariance& state, const chunk& x) {
    state.update(rows(x, x.size() / dimension, dimension));
  }
  static bool same(const summary::covariance& a, const summary::covariance& b, double budget) {
    if (a.count() < 2) return a.count() == b.count() && a.mean() == b.mean();
    bool near = true;
    for (std::size_t i = 0; i < dimension; ++i) {
      const double sigma = std::sqrt(a.between(i, i).value);
      near = near && std::abs(a.mean()[i] - b.mean()[i]) <= budget * (std::abs(a.mean()[i]) + sigma);
      for (std::size_t j = 0; j < dimension; ++j)
        near = near && std::abs(a.between(i, j).value - b.between(i, j).value) <=
                           budget * sigma * std::sqrt(a.between(j, j).value);
    }
    return near;
  }
};

template <>
struct state_traits<summary::log_likelihood> {
  static constexpr std::string_view name = "log_likelihood";
  static constexpr bool exact = false;
  static constexpr double merge_budget = 1e-12;
  static constexpr double build_budget = 1e-12;
  using chunk = std::vector<double>;  // ln p of one document
  static summary::log_likelihood make() { return {}; }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) {
    std::vector<chunk> chunks(n);
    for (chunk& c : chunks) {
      c.resize(static_cast<std::size_t>(core::uniform_below(random, 30)));
      for (double& x : c) x = core::uniform_below(random, 90) == 0 ? core::nan : -dyadic(random, 12);
    }
    return chunks;
  }
  static void feed(summary::log_likelihood& state, const chunk& x) {
    if (x.size() % 3 == 0) {
      state.update(log_probabilities(x));
    } else {
      state.add_document(log_probabilities(x), {.words = x.size() / 2, .bytes = 4 * x.size()});
    }
  }
  static bool same(const summary::log_likelihood& a, const summary::log_likelihood& b, double budget) {
    const auto near = [&](const estimate& x, const estimate& y) {
      if (core::is_nan(x.value)) return core::is_nan(y.value);
      return x.count == y.count && std::abs(x.value - y.value) <= budget * (x.value + y.standard_error) &&
             !(std::abs(x.standard_error - y.standard_error) > 1e3 * budget * x.standard_error);
    };
    return a.words() == b.words() && a.bytes() == b.bytes() && a.clusters() == b.clusters() &&
           a.impossible() == b.impossible() && near(a.per_token(), b.per_token()) && near(a.per_word(), b.per_word()) &&
           near(a.per_byte(), b.per_byte());
  }
};

template <>
struct state_traits<summary::windowed_types> {
  static constexpr std::string_view name = "windowed_types";
  static constexpr bool exact = false;
  static constexpr double merge_budget = 1e-12;
  static constexpr double build_budget = 1e-12;
  using chunk = std::vector<std::int64_t>;
  static summary::windowed_types make() { return summary::windowed_types({.window = 5}); }
  static summary::windowed_types make_foreign() {
    return summary::windowed_types({.window = 5, .step = summary::window_step::side_by_side});
  }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) {
    std::vector<chunk> chunks(n);
    for (chunk& c : chunks) {
      c.resize(static_cast<std::size_t>(core::uniform_below(random, 30)));
      for (auto& id : c) id = static_cast<std::int64_t>(core::uniform_below(random, 12)) - 2;
    }
    return chunks;
  }
  static void feed(summary::windowed_types& state, const chunk& x) { state.update(x); }
  static bool same(const summary::windowed_types& a, const summary::windowed_types& b, double budget) {
    const estimate x = a.mean_ratio(), y = b.mean_ratio();
    return a.sequences() == b.sequences() && a.windows() == b.windows() && a.types() == b.types() &&
           !(std::abs(x.standard_error - y.standard_error) > 1e2 * budget * x.standard_error);
  }
};

template <>
struct state_traits<summary::softmax_rows> {
  static constexpr std::string_view name = "softmax_rows";
  static constexpr bool exact = false;
  static constexpr double merge_budget = 1e-12;
  // A row's entropy is good to 1e-6; central moments over rows then to some 1e-6 · mean/deviation.
  static constexpr double build_budget = 1e-4;
  static constexpr std::size_t vocabulary = 37;
  struct chunk {
    std::vector<float> logits;
    std::vector<std::int32_t> targets;
    std::vector<std::uint8_t> mask;
  };
  static summary::softmax_rows make() {
    return summary::softmax_rows(summary::softmax_rows_options{.tail_thresholds = {0.01, 0.001}});
  }
  static summary::softmax_rows make_foreign() { return {}; }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) {
    std::vector<chunk> chunks(n);
    for (chunk& c : chunks) {
      const auto rows = static_cast<std::size_t>(core::uniform_below(random, 6));
      c.logits.resize(rows * vocabulary);
      for (float& x : c.logits) x = static_cast<float>(dyadic(random, 9));
      for (std::size_t r = 0; r < rows; ++r) {
        c.targets.push_back(static_cast<std::int32_t>(core::uniform_below(random, vocabulary + 3)) - 3);
        c.mask.push_back(core::uniform_below(random, 8) == 0 ? 0 : 1);
        if (core::uniform_below(random, 20) == 0) c.logits[r * vocabulary] = static_cast<float>(core::nan);
      }
    }
    return chunks;
  }
  static void feed(summary::softmax_rows& state, const chunk& c) {
    state.update(c.logits.data(), c.targets.size(), vocabulary, vocabulary, c.targets.data(), c.mask.data());
  }
  static bool same(const summary::softmax_rows& a, const summary::softmax_rows& b, double budget) {
    using one = state_traits<summary::moments>;
    const auto near = [&](const summary::moments& x, const summary::moments& y) {
      return x.count() == y.count() && x.rejected() == y.rejected() && one::same(x, y, budget);
    };
    return a.masked() == b.masked() && near(a.entropy(), b.entropy()) &&
           near(a.max_probability(), b.max_probability()) && near(a.log_sum_exp(), b.log_sum_exp()) &&
           near(a.negative_log_likelihood(), b.negative_log_likelihood()) && near(a.tail_mass(0), b.tail_mass(0)) &&
           near(a.tail_mass(1), b.tail_mass(1));
  }
};

template <>
struct state_traits<sketch::min_hash> : id_sequences {
  static constexpr std::string_view name = "min_hash";
  static sketch::min_hash make() { return sketch::min_hash({.permutations = 29, .seed = 5}); }
  static sketch::min_hash make_foreign() { return sketch::min_hash({.permutations = 29, .seed = 6}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) {
    return skewed(random, n, std::uint64_t{1} << 40);
  }
};

template <>
struct state_traits<sketch::bucketed_sample> : id_sequences {
  static constexpr std::string_view name = "bucketed_sample";
  static sketch::bucketed_sample make() { return sketch::bucketed_sample({.buckets = 16, .seed = 5}); }
  static sketch::bucketed_sample make_foreign() { return sketch::bucketed_sample({.buckets = 16, .seed = 6}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) { return skewed(random, n, 300); }
};

template <>
struct state_traits<sketch::bottom_k> : id_sequences {
  static constexpr std::string_view name = "bottom_k";
  static sketch::bottom_k make() { return sketch::bottom_k({.k = 20, .seed = 5}); }
  static sketch::bottom_k make_foreign() { return sketch::bottom_k({.k = 21, .seed = 5}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) { return skewed(random, n, 300); }
};

using murmur_bottom_k = variant_of<sketch::bottom_k, 1>;
template <>
struct state_traits<murmur_bottom_k> : id_sequences {
  static constexpr std::string_view name = "bottom_k_murmur3";
  static murmur_bottom_k make() { return sketch::bottom_k(sketch::theta_options(20)); }
  static murmur_bottom_k make_foreign() { return sketch::bottom_k({.k = 20, .seed = 9001}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) { return skewed(random, n, 300); }
};

template <>
struct state_traits<sketch::hyper_log_log> : id_sequences {
  static constexpr std::string_view name = "hyper_log_log";
  static sketch::hyper_log_log make() { return sketch::hyper_log_log({.precision = 5, .seed = 5}); }
  static sketch::hyper_log_log make_foreign() { return sketch::hyper_log_log({.precision = 5, .seed = 6}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) {
    return skewed(random, n, std::uint64_t{1} << 40);
  }
};

template <>
struct state_traits<sketch::count_min> : id_sequences {
  static constexpr std::string_view name = "count_min";
  static sketch::count_min make() { return sketch::count_min({.width = 37, .depth = 3, .seed = 5}); }
  static sketch::count_min make_foreign() { return sketch::count_min({.width = 37, .depth = 3, .seed = 6}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) {
    return skewed(random, n, std::uint64_t{1} << 40);
  }
};

template <>
struct state_traits<sketch::log_linear_histogram> {
  static constexpr std::string_view name = "log_linear_histogram";
  static constexpr bool exact = true;
  using chunk = std::vector<double>;
  static sketch::log_linear_histogram make() {
    return sketch::log_linear_histogram({.mantissa_bits = 4, .min_exponent = -2, .max_exponent = 4});
  }
  static sketch::log_linear_histogram make_foreign() {
    return sketch::log_linear_histogram({.mantissa_bits = 4, .min_exponent = -3, .max_exponent = 3});
  }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) {
    auto chunks = state_traits<summary::moments>::input(random, n);
    for (chunk& c : chunks)
      for (double& x : c)
        if (core::uniform_below(random, 60) == 0) x = core::infinity;
    return chunks;
  }
  static void feed(sketch::log_linear_histogram& state, const chunk& x) { state.update(x); }
};

/// Before the first advance a ring obeys all laws of its state; the weaker ones of a ring are in tests/sketch.
template <>
struct state_traits<sketch::panes<summary::dense_counts>> : id_sequences {
  using ring = sketch::panes<summary::dense_counts>;
  static constexpr std::string_view name = "panes_dense_counts";
  static ring make() { return ring(3, summary::dense_counts(40)); }
  static ring make_foreign() { return ring(4, summary::dense_counts(40)); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) { return skewed(random, n, 40); }
};

template <>
struct state_traits<perplexity::token_calibration_counts> {
  using state = perplexity::token_calibration_counts;
  static constexpr std::string_view name = "token_calibration_counts";
  static constexpr bool exact = true;
  struct chunk {
    std::vector<double> confidences;
    std::vector<std::uint8_t> outcomes;
    std::vector<double> logits;  // multiples of ln 2: probabilities that every machine gets right to 1e-15
    std::vector<std::int32_t> tokens;
  };
  static state make() { return state({.bins = 7}); }
  static state make_foreign() { return state({.bins = 8}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) {
    constexpr double ln2 = 0.69314718055994531;
    std::vector<chunk> chunks(n);
    for (chunk& c : chunks) {
      for (std::uint64_t size = core::uniform_below(random, 30); size != 0; --size) {
        c.confidences.push_back(static_cast<double>(core::uniform_below(random, 1030)) / 1024.0);  // some above 1
        if (core::uniform_below(random, 40) == 0) c.confidences.back() = core::nan;
        c.outcomes.push_back(core::uniform_below(random, 3) == 0 ? 1 : 0);
      }
      for (std::uint64_t size = core::uniform_below(random, 4); size != 0; --size) {
        for (int v = 0; v < 5; ++v) c.logits.push_back(ln2 * static_cast<double>(core::uniform_below(random, 6)));
        c.tokens.push_back(static_cast<std::int32_t>(core::uniform_below(random, 6)));  // 5: outside the row
      }
    }
    return chunks;
  }
  static void feed(state& s, const chunk& c) {
    s.update(c.confidences, c.outcomes);
    s.update(rows(c.logits, c.tokens.size(), 5), c.tokens);
  }
};

template <>
struct state_traits<sketch::document_sample> {
  using state = sketch::document_sample;
  static constexpr std::string_view name = "document_sample";
  static constexpr bool exact = true;
  struct chunk {
    std::uint64_t number;
    std::vector<std::int64_t> document;
  };
  static state make() { return state({.documents = 17, .seed = 5}); }
  static state make_foreign() { return state({.documents = 17, .seed = 6}); }
  static std::vector<chunk> input(core::random_engine& random, std::size_t n) {
    std::vector<chunk> chunks(n);
    for (chunk& c : chunks) {
      c.number = core::uniform_below(random, 2 * n);  // some twice
      c.document.resize(static_cast<std::size_t>(core::uniform_below(random, 9)));
      for (auto& id : c.document) id = static_cast<std::int64_t>(core::uniform_below(random, 60)) - (n > 20 ? 1 : 0);
    }
    return chunks;
  }
  static void feed(state& s, const chunk& c) { s.add(c.number, c.document); }
};

using all_states = std::tuple<summary::dense_counts, summary::count_table, limited_count_table, summary::ngram_counts,
                              wide_ngram_counts, limited_ngram_counts, summary::moments, summary::covariance,
                              summary::log_likelihood, summary::windowed_types, summary::softmax_rows, sketch::min_hash,
                              sketch::bucketed_sample, sketch::bottom_k, murmur_bottom_k, sketch::hyper_log_log,
                              sketch::count_min, sketch::log_linear_histogram, sketch::panes<summary::dense_counts>,
                              perplexity::token_calibration_counts, sketch::document_sample>;

}  // namespace tailwatch::conformance
