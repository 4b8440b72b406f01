// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

/// All-reduce across ranks without an engine in the core.
///
/// On a *snapshot copy* a state yields `reduction_rounds()` rounds. Round r is a list of segments, flat buffers with an
/// element type and an operation that MPI, NCCL and HCCL all have; the adapter reduces them in place and calls
/// `finish_round(r)`, in which the state may prepare round r + 1 from what it learnt. After the last round the snapshot is
/// the merged state on every rank. The accumulating state is never reduced: its own counts would be added again next time.
namespace tailwatch::core {

enum class element_type : std::uint8_t { int64, float64, uint8 };
enum class reduction_operation : std::uint8_t { sum, max, min };

struct reduction_segment {
  void* data;
  std::size_t size;  ///< elements, equal on every rank
  element_type type;
  reduction_operation operation;
};

template <class State>
concept reducible = requires(State snapshot, const State& state, std::size_t round) {
  { state.reduction_rounds() } -> std::convertible_to<std::size_t>;
  { snapshot.begin_round(round) } -> std::same_as<std::vector<reduction_segment>>;
  snapshot.finish_round(round);
  { state.parameters() } -> std::same_as<std::uint64_t>;
};

}  // namespace tailwatch::core
