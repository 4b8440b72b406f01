// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/unit.hpp"

namespace tailwatch::core {

/// A state: a regular type that summarises a stream, merges, and survives a restart. `update` is the state's own. The laws
/// (empty is identity, any split and order, load∘save = identity, foreign parameters refused) are in tests/conformance.
template <class State>
concept summary = std::regular<State> &&
    requires(State state, const State& other, output_archive& out, input_archive& in) {
  state.merge(other);
  { other.count() } -> std::same_as<std::uint64_t>;
  { other.rejected() } -> std::same_as<std::uint64_t>;
  { other.parameters() } -> std::same_as<std::uint64_t>;
  state.reset();
  other.save(out);
  state.load(in);
};

/// An estimator: a stateless function object that says what it is.
template <class Estimator>
concept estimator = std::semiregular<Estimator> && requires {
  { Estimator::name } -> std::convertible_to<std::string_view>;
  { Estimator::unit } -> std::convertible_to<core::unit>;
  { Estimator::direction } -> std::convertible_to<collapse_direction>;
  { Estimator::reference } -> std::convertible_to<std::string_view>;
};

}  // namespace tailwatch::core
