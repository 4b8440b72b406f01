// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tailwatch::entropy::detail {

/// A state that tells the ids of what it counts: summary::ngram_counts.
template <class State>
concept keyed_ngrams = requires(const State& state) {
  { state.order() } -> std::convertible_to<std::size_t>;
  state.for_each([](std::span<const std::uint32_t>, std::uint64_t) {});
};

/// A state that tells how often n-grams of `length` ids were seen, or single ids: summary::ngram_counts, dense_counts, count_table.
template <class State>
concept looked_up = requires(const State& state, std::span<const std::uint32_t> gram) {
  state.count_of(gram);
}
|| requires(const State& state, std::uint64_t id) { state.count_of(id); }
|| requires(const State& state, std::size_t id) {
  state.vocabulary();
  state[id];
};

template <looked_up State>
[[nodiscard]] bool counts_length(const State& state, std::size_t length) {
  if constexpr (requires { state.order(); }) {
    return state.order() == length;
  } else {
    return length == 1;
  }
}

/// How often `gram` was seen, whose length the state counts.
template <looked_up State>
[[nodiscard]] double occurrences(const State& state, std::span<const std::uint32_t> gram) {
  if constexpr (requires { state.count_of(gram); }) {
    return static_cast<double>(state.count_of(gram));
  } else if constexpr (requires { state.count_of(std::uint64_t{gram[0]}); }) {
    return static_cast<double>(state.count_of(std::uint64_t{gram[0]}));
  } else {
    return gram[0] < state.vocabulary() ? static_cast<double>(state[gram[0]]) : 0.0;
  }
}

/// visit(gram, how often) for each n-gram seen.
template <looked_up State, class Visit>
void each_gram(const State& state, Visit&& visit) {
  if constexpr (keyed_ngrams<State>) {
    state.for_each(visit);
  } else {
    const auto one = [&](std::uint64_t id, std::uint64_t count) {
      const auto token = static_cast<std::uint32_t>(id);
      if (count > 0) visit(std::span<const std::uint32_t>(&token, 1), count);
    };
    if constexpr (requires { state.for_each(one); }) {
      state.for_each(one);
    } else {
      for (std::size_t id = 0; id < state.vocabulary(); ++id) one(id, static_cast<std::uint64_t>(state[id]));
    }
  }
}

/// Whether the state has left out something for want of room.
template <class State>
[[nodiscard]] bool whole(const State& state) {
  if constexpr (requires { state.overflow(); }) {
    return state.overflow() == 0;
  } else {
    return true;
  }
}

}  // namespace tailwatch::entropy::detail
