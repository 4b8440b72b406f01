// SPDX-License-Identifier: BSL-1.0
#pragma once

// The C interface alone: the C++ bindings, gone from the standard since MPI-3, would have to be linked.
#if !defined(OMPI_SKIP_MPICXX)
#define OMPI_SKIP_MPICXX 1
#endif
#if !defined(MPICH_SKIP_MPICXX)
#define MPICH_SKIP_MPICXX 1
#endif
#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/reducible.hpp"

/// States across MPI ranks. MPI must be initialised; nothing here initialises or finalises it.
namespace tailwatch::adapters {

namespace detail {

inline constexpr std::size_t mpi_most_elements = std::size_t{1} << 30;  // a count of MPI is an int

/// Segments from this size on are reduced where they lie, by a call of their own: packing and unpacking them costs more than
/// the latency of one more call (2 MiB between 2 ranks: 6.3 ms packed, 1.0 ms in place, fresh pages being most of it).
inline constexpr std::size_t large_segment_bytes = std::size_t{1} << 18;

/// Only reached where the user has made MPI return its errors; by default it ends the program itself.
inline void mpi_check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int size = 0;
  MPI_Error_string(code, text.data(), &size);
  TAILWATCH_THROW(std::runtime_error(std::string("adapters::reduce: ") + call + ": " + text.data()));
}

[[nodiscard]] inline MPI_Datatype mpi_type(core::element_type type) noexcept {
  switch (type) {
    case core::element_type::int64: return MPI_INT64_T;
    case core::element_type::float64: return MPI_DOUBLE;
    case core::element_type::uint8: break;
  }
  return MPI_UINT8_T;
}
[[nodiscard]] inline std::size_t element_bytes(core::element_type type) noexcept {
  return type == core::element_type::uint8 ? 1 : 8;
}
[[nodiscard]] inline MPI_Op mpi_operation(core::reduction_operation operation) noexcept {
  switch (operation) {
    case core::reduction_operation::sum: return MPI_SUM;
    case core::reduction_operation::max: return MPI_MAX;
    case core::reduction_operation::min: break;
  }
  return MPI_MIN;
}

inline void all_reduce(MPI_Comm communicator, std::byte* data, std::size_t size, core::element_type type,
                       core::reduction_operation operation) {
  for (std::size_t done = 0; done < size; done += mpi_most_elements) {
    const std::size_t part = std::min(mpi_most_elements, size - done);
    mpi_check(MPI_Allreduce(MPI_IN_PLACE, data + done * element_bytes(type), static_cast<int>(part), mpi_type(type),
                            mpi_operation(operation), communicator),
              "MPI_Allreduce");
  }
}

/// All segments of one round: one collective for each element type and operation among them, over a packed buffer where
/// there are several segments, in place where there is one; and one for each large segment.
inline void reduce_segments(MPI_Comm communicator, std::span<const core::reduction_segment> segments,
                            std::vector<std::byte>& buffer) {
  for (const auto type : {core::element_type::int64, core::element_type::float64, core::element_type::uint8}) {
    for (const auto operation :
         {core::reduction_operation::sum, core::reduction_operation::max, core::reduction_operation::min}) {
      std::size_t elements = 0, members = 0;
      const core::reduction_segment* only = nullptr;
      const auto for_each_member = [&](auto&& visit) {
        for (const core::reduction_segment& s : segments)
          if (s.size != 0 && s.type == type && s.operation == operation &&
              s.size * element_bytes(type) < large_segment_bytes)
            visit(s, s.size * element_bytes(type));
      };
      for (const core::reduction_segment& s : segments)
        if (s.type == type && s.operation == operation && s.size * element_bytes(type) >= large_segment_bytes)
          all_reduce(communicator, static_cast<std::byte*>(s.data), s.size, type, operation);
      for_each_member([&](const core::reduction_segment& s, std::size_t) {
        elements += s.size;
        ++members;
        only = &s;
      });
      if (members == 0) continue;
      if (members == 1) {
        all_reduce(communicator, static_cast<std::byte*>(only->data), elements, type, operation);
        continue;
      }
      buffer.resize(elements * element_bytes(type));
      std::byte* at = buffer.data();
      for_each_member([&](const core::reduction_segment& s, std::size_t bytes) {
        at = std::copy_n(static_cast<const std::byte*>(s.data), bytes, at);
      });
      all_reduce(communicator, buffer.data(), elements, type, operation);
      const std::byte* from = buffer.data();
      for_each_member([&](const core::reduction_segment& s, std::size_t bytes) {
        std::copy_n(from, bytes, static_cast<std::byte*>(s.data));
        from += bytes;
      });
    }
  }
}

/// Throws the same sentence on every rank, after the same collectives, unless the hashes of all states are equal.
inline void handshake(MPI_Comm communicator, std::span<const std::uint64_t> parameters) {
  core::parameter_hash all;
  for (const std::uint64_t p : parameters) all.add(p);
  // MIN of x and of ~x gives the smallest and the largest in one collective.
  const auto hash = static_cast<std::int64_t>(all.value());
  const auto states = static_cast<std::int64_t>(parameters.size());
  std::array<std::int64_t, 4> ends{hash, ~hash, states, ~states};
  const auto minimum = [&](std::int64_t* data, std::size_t size) {
    all_reduce(communicator, reinterpret_cast<std::byte*>(data), size, core::element_type::int64,
               core::reduction_operation::min);
  };
  minimum(ends.data(), ends.size());
  if (ends[2] != ~ends[3])
    core::throw_invalid("adapters::reduce", "number of states", ends[2],
                        "equal on every rank; it is up to " + core::to_text(~ends[3]));
  if (ends[0] == ~ends[1]) return;
  std::vector<std::int64_t> each;
  for (const std::uint64_t p : parameters) {
    each.push_back(static_cast<std::int64_t>(p));
    each.push_back(~static_cast<std::int64_t>(p));
  }
  minimum(each.data(), each.size());
  std::size_t first = 0;
  while (each[2 * first] == ~each[2 * first + 1]) ++first;  // it exists: the hash over them differs
  core::throw_invalid(
      "adapters::reduce", "parameter hash of state " + core::to_text(first),
      static_cast<std::uint64_t>(each[2 * first]),
      "equal on every rank; it is up to " + core::to_text(static_cast<std::uint64_t>(~each[2 * first + 1])));
}

/// A private copy of a communicator, so that no message meets one of the user's.
class private_communicator {
 public:
  explicit private_communicator(MPI_Comm of) { mpi_check(MPI_Comm_dup(of, &communicator_), "MPI_Comm_dup"); }
  private_communicator(const private_communicator&) = delete;
  private_communicator& operator=(const private_communicator&) = delete;
  ~private_communicator() { MPI_Comm_free(&communicator_); }

  void send(std::span<const std::byte> bytes, int to) const {
    std::uint64_t size = bytes.size();
    mpi_check(MPI_Send(&size, 1, MPI_UINT64_T, to, 0, communicator_), "MPI_Send");
    for_each_part(bytes.size(), [&](std::size_t at, int part) {
      mpi_check(MPI_Send(bytes.data() + at, part, MPI_BYTE, to, 0, communicator_), "MPI_Send");
    });
  }
  [[nodiscard]] std::vector<std::byte> receive(int from) const {
    std::uint64_t size = 0;
    mpi_check(MPI_Recv(&size, 1, MPI_UINT64_T, from, 0, communicator_, MPI_STATUS_IGNORE), "MPI_Recv");
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    for_each_part(bytes.size(), [&](std::size_t at, int part) {
      mpi_check(MPI_Recv(bytes.data() + at, part, MPI_BYTE, from, 0, communicator_, MPI_STATUS_IGNORE), "MPI_Recv");
    });
    return bytes;
  }
  void broadcast(std::vector<std::byte>& bytes) const {
    std::uint64_t size = bytes.size();
    mpi_check(MPI_Bcast(&size, 1, MPI_UINT64_T, 0, communicator_), "MPI_Bcast");
    bytes.resize(static_cast<std::size_t>(size));
    for_each_part(bytes.size(), [&](std::size_t at, int part) {
      mpi_check(MPI_Bcast(bytes.data() + at, part, MPI_BYTE, 0, communicator_), "MPI_Bcast");
    });
  }

 private:
  template <class Visit>
  static void for_each_part(std::size_t size, Visit&& visit) {
    for (std::size_t at = 0; at < size; at += mpi_most_elements)
      visit(at, static_cast<int>(std::min(mpi_most_elements, size - at)));
  }
  MPI_Comm communicator_ = MPI_COMM_NULL;
};

/// Saved bytes, merged up a binomial tree to rank 0 and sent to all: log₂ P steps, where a gather would hold P states at
/// once on every rank. The tree is fixed by P, and every rank loads the same bytes.
template <class... States>
void reduce_saved(MPI_Comm of, States&... states) {
  const private_communicator communicator(of);
  int rank = 0, size = 1;
  mpi_check(MPI_Comm_rank(of, &rank), "MPI_Comm_rank");
  mpi_check(MPI_Comm_size(of, &size), "MPI_Comm_size");
  const auto saved = [&] {
    core::output_archive out;
    (states.save(out), ...);
    return std::move(out).bytes();
  };
  for (int step = 1; step < size; step *= 2) {
    if ((rank & step) != 0) {
      communicator.send(saved(), rank - step);
      break;
    }
    if (size - step <= rank) continue;
    const std::vector<std::byte> bytes = communicator.receive(rank + step);
    core::input_archive in(bytes);
    const auto take = [&in](auto& state) {
      auto other = state;  // of the same parameters
      other.load(in);
      state.merge(other);
    };
    (take(states), ...);
  }
  std::vector<std::byte> bytes;
  if (rank == 0) bytes = saved();
  communicator.broadcast(bytes);
  core::input_archive in(bytes);
  (states.load(in), ...);
}

}  // namespace detail

/// Merges the states of all ranks into every rank's, all states at once.
///
///   auto words = counts;  auto grams = sample;   // snapshots: the accumulating states must not be reduced, or the next
///   adapters::reduce(MPI_COMM_WORLD, words, grams);          // reduction would count every other rank again
///
/// Collective: every rank of the communicator calls it with states of the same types and parameters in the same order, empty ones
/// if it has nothing. The calls it makes:
///
///   one handshake    MPI_Allreduce, MIN of 4 int64: number of states and a hash of their parameters, smallest and largest
///   then             for each round, one MPI_Allreduce per element type and operation, over all reducible states; segments
///                    of 256 KiB or more have one each, without a copy
///   then, if there are states that are not reducible, MPI_Comm_dup and one pass of their saved bytes up and down a tree
///
/// Integer states hold the same bits on any number of ranks; floating ones the same on every rank, for a given number.
/// @throws std::invalid_argument  where the states or their parameters differ between ranks: the same sentence, naming the first
///                                such state by its place, on every rank, and the snapshots are as they were
///         std::runtime_error     where MPI returns an error and its handler lets it; the snapshots are then unspecified
/// @complexity O(bytes of the states) memory for packing; docs/states_and_ranks.md has a model of the time
/// @example    examples/adapters/mpi_ranks.cpp
template <core::summary... States>
  requires(sizeof...(States) > 0)
void reduce(MPI_Comm communicator, States&... states) {
  const auto hash_of = [](const auto& state) {
    core::parameter_hash hash;
    hash.add(state.parameters());
    if constexpr (core::reducible<std::remove_cvref_t<decltype(state)>>)
      hash.add(std::uint64_t{1} + static_cast<std::uint64_t>(state.reduction_rounds()));
    return hash.value();
  };
  const std::array<std::uint64_t, sizeof...(States)> parameters{hash_of(states)...};
  detail::handshake(communicator, parameters);

  std::size_t rounds = 0;
  const auto count_rounds = [&rounds](const auto& state) {
    if constexpr (core::reducible<std::remove_cvref_t<decltype(state)>>)
      rounds = std::max<std::size_t>(rounds, state.reduction_rounds());
  };
  (count_rounds(states), ...);
  std::vector<std::byte> buffer;
  std::vector<core::reduction_segment> segments;
  for (std::size_t round = 0; round < rounds; ++round) {
    segments.clear();
    const auto begin = [&](auto& state) {
      if constexpr (core::reducible<std::remove_cvref_t<decltype(state)>>) {
        if (round >= state.reduction_rounds()) return;
        for (const core::reduction_segment& s : state.begin_round(round)) segments.push_back(s);
      }
    };
    (begin(states), ...);
    detail::reduce_segments(communicator, segments, buffer);
    const auto finish = [round](auto& state) {
      if constexpr (core::reducible<std::remove_cvref_t<decltype(state)>>)
        if (round < state.reduction_rounds()) state.finish_round(round);
    };
    (finish(states), ...);
  }

  const auto saved_only = [](auto& state) {
    if constexpr (core::reducible<std::remove_cvref_t<decltype(state)>>) {
      return std::tuple<>();
    } else {
      return std::tie(state);
    }
  };
  std::apply(
      [communicator](auto&... rest) {
        if constexpr (sizeof...(rest) > 0) detail::reduce_saved(communicator, rest...);
      },
      std::tuple_cat(saved_only(states)...));
}

}  // namespace tailwatch::adapters
