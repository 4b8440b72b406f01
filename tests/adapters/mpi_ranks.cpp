// SPDX-License-Identifier: BSL-1.0

// Run by mpirun with several numbers of ranks: every state of the conformance suite, alone and all at once, comes out of
// adapters::reduce as the single stream would have left it; one rank contributes nothing; ranks that disagree all hear the
// same error. MPI's profiling interface counts the collectives. `mpi_ranks time` compares with a plain MPI_Allreduce.
// `mpi_ranks save FOLDER` stops a job half way, `mpi_ranks resume FOLDER` goes on with it on another number of ranks.

#include "tailwatch/adapters/mpi.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "conformance/states.hpp"
#include "tailwatch/core/checkpoint.hpp"

namespace {

std::size_t all_reduce_calls = 0, all_reduce_bytes = 0, other_calls = 0;

}  // namespace

extern "C" int MPI_Allreduce(const void* from, void* to, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  int size = 0;
  MPI_Type_size(type, &size);
  ++all_reduce_calls;
  all_reduce_bytes += static_cast<std::size_t>(count) * static_cast<std::size_t>(size);
  return PMPI_Allreduce(from, to, count, type, op, comm);
}
extern "C" int MPI_Comm_dup(MPI_Comm comm, MPI_Comm* copy) {
  ++other_calls;
  return PMPI_Comm_dup(comm, copy);
}

namespace {

using namespace tailwatch;
using namespace tailwatch::conformance;

int rank_here = 0, ranks = 1, failures = 0;

void expect(bool condition, std::string_view what, std::string_view state = "") {
  if (condition) return;
  ++failures;
  std::fprintf(stderr, "rank %d of %d: %.*s %.*s\n", rank_here, ranks, static_cast<int>(what.size()), what.data(),
               static_cast<int>(state.size()), state.data());
}

/// The same on every rank, found without the code under test.
bool equal_on_all_ranks(const std::vector<std::byte>& bytes) {
  const std::int64_t mine = core::crc32c(bytes);
  std::int64_t least = 0, most = 0;
  PMPI_Allreduce(&mine, &least, 1, MPI_INT64_T, MPI_MIN, MPI_COMM_WORLD);
  PMPI_Allreduce(&mine, &most, 1, MPI_INT64_T, MPI_MAX, MPI_COMM_WORLD);
  return least == most;
}
bool equal_on_all_ranks(std::string_view text) {
  std::vector<std::byte> bytes;
  for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
  return equal_on_all_ranks(bytes);
}

/// Chunks dealt to the ranks; the last of several gets nothing.
template <class State>
State share_of_rank(const std::vector<typename state_traits<State>::chunk>& chunks, int rank, int of) {
  const int working = std::max(1, of - 1);
  State state = state_traits<State>::make();
  for (std::size_t i = 0; i < chunks.size(); ++i)
    if (static_cast<int>(core::mix64(i) % static_cast<std::uint64_t>(working)) == rank)
      state_traits<State>::feed(state, chunks[i]);
  return state;
}

template <class State>
auto chunks_of(std::uint64_t seed) {
  core::random_engine random(seed);
  return state_traits<State>::input(random, 90);
}
template <class State>
State single_stream(std::uint64_t seed) {
  State state = state_traits<State>::make();
  for (const auto& chunk : chunks_of<State>(seed)) state_traits<State>::feed(state, chunk);
  return state;
}

template <class State>
void expect_single_stream(const State& reduced, std::uint64_t seed) {
  constexpr std::string_view name = state_traits<State>::name;
  const State whole = single_stream<State>(seed);
  expect(same(reduced, whole), "not the single stream:", name);
  if constexpr (state_traits<State>::exact)
    expect(core::to_bytes(reduced) == core::to_bytes(whole), "other bytes than the single stream:", name);
  expect(equal_on_all_ranks(core::to_bytes(reduced)), "ranks hold different bytes:", name);
}

template <class State>
void alone() {
  State snapshot = share_of_rank<State>(chunks_of<State>(1), rank_here, ranks);
  const State accumulating = snapshot;
  adapters::reduce(MPI_COMM_WORLD, snapshot);
  expect_single_stream(snapshot, 1);
  State again = accumulating;  // the accumulating state is as it was: the next reduction gives the same
  adapters::reduce(MPI_COMM_WORLD, again);
  expect(core::to_bytes(again) == core::to_bytes(snapshot), "a second snapshot differs:", state_traits<State>::name);
  State nothing = state_traits<State>::make();
  adapters::reduce(MPI_COMM_WORLD, nothing);
  expect(nothing == state_traits<State>::make(), "nothing on every rank is not nothing:", state_traits<State>::name);
}

template <class... States>
void each_alone(std::tuple<States...>*) {
  (alone<States>(), ...);
}

template <class... States>
void all_at_once(std::tuple<States...>*) {
  std::tuple<States...> snapshots(share_of_rank<States>(chunks_of<States>(2), rank_here, ranks)...);
  std::apply([](States&... states) { adapters::reduce(MPI_COMM_WORLD, states...); }, snapshots);
  std::apply([](const States&... states) { (expect_single_stream(states, 2), ...); }, snapshots);
}

void calls_and_bytes() {
  auto counts = state_traits<summary::dense_counts>::make();    // 100 ids
  auto hashes = state_traits<sketch::min_hash>::make();         // 29 places
  auto sample = state_traits<sketch::bucketed_sample>::make();  // 16 buckets
  all_reduce_calls = all_reduce_bytes = other_calls = 0;
  adapters::reduce(MPI_COMM_WORLD, counts, hashes, sample);
  // The handshake; SUM of 100 + 1 + 1 + 1 and MIN of 29 + 16; SUM of 16 + 1.
  expect(all_reduce_calls == 4, "number of collectives");
  expect(all_reduce_bytes == 8 * (4 + 103 + 45 + 17), "bytes of the collectives");
  summary::dense_counts large(40000);  // its cells are reduced where they lie
  all_reduce_calls = all_reduce_bytes = 0;
  large.add(static_cast<std::uint64_t>(rank_here));
  adapters::reduce(MPI_COMM_WORLD, large, counts);
  expect(all_reduce_calls == 3, "number of collectives with a large segment");
  expect(all_reduce_bytes == 8 * (4 + 40000 + 2 + 102), "bytes of the collectives with a large segment");
  expect(large.count() == static_cast<std::uint64_t>(ranks) && large[0] == 1, "a large segment");
  expect(other_calls == 0, "a communicator was copied for nothing");
}

/// The calls and bytes that the rounds of a state ask for, counted by hand, are those that are issued: for each round and each
/// element type and operation one collective, and one for each large segment; nothing else but the handshake.
template <class State>
void exact_calls_of() {
  constexpr std::string_view name = state_traits<State>::name;
  if constexpr (core::reducible<State>) {
    State counted = share_of_rank<State>(chunks_of<State>(5), rank_here, ranks);
    std::size_t calls = 1, bytes = 32;
    for (std::size_t round = 0; round < counted.reduction_rounds(); ++round) {
      std::vector<std::pair<core::element_type, core::reduction_operation>> kinds;
      for (const core::reduction_segment& s : counted.begin_round(round)) {
        const std::size_t size = s.size * (s.type == core::element_type::uint8 ? 1 : 8);
        bytes += size;
        if (size == 0) continue;
        if (size >= (std::size_t{1} << 18)) {
          ++calls;
        } else if (std::pair kind(s.type, s.operation); std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
          kinds.push_back(kind);
          ++calls;
        }
      }
      counted.finish_round(round);
    }
    State snapshot = share_of_rank<State>(chunks_of<State>(5), rank_here, ranks);
    all_reduce_calls = all_reduce_bytes = other_calls = 0;
    adapters::reduce(MPI_COMM_WORLD, snapshot);
    expect(all_reduce_calls == calls && all_reduce_bytes == bytes && other_calls == 0, "calls or bytes of", name);
  } else {
    State snapshot = state_traits<State>::make();
    all_reduce_calls = other_calls = 0;
    adapters::reduce(MPI_COMM_WORLD, snapshot);
    expect(all_reduce_calls == 1 && other_calls == 1, "calls of", name);
  }
}
template <class... States>
void exact_calls(std::tuple<States...>*) {
  (exact_calls_of<States>(), ...);
}

/// Runs `act`, which must throw the same std::invalid_argument on every rank.
template <class Act>
void expect_same_refusal(const Act& act, std::string_view part) {
  std::string message;
  try {
    act();
  } catch (const std::invalid_argument& error) {
    message = error.what();
  }
  expect(message.find(part) != std::string::npos, "no or another error: " + message);
  expect(equal_on_all_ranks(message), "ranks heard different errors: " + message);
}

void disagreement() {
  if (ranks == 1) return;
  auto a = share_of_rank<summary::dense_counts>(chunks_of<summary::dense_counts>(3), rank_here, ranks);
  auto b = rank_here == ranks - 1 ? sketch::bottom_k({.k = 21, .seed = 5}) : sketch::bottom_k({.k = 20, .seed = 5});
  const auto a_before = a;
  const auto b_before = b;
  expect_same_refusal([&] { adapters::reduce(MPI_COMM_WORLD, a, b); },
                      "adapters::reduce: parameter hash of state 1 is ");
  expect(a == a_before && b == b_before, "a refused reduction changed a state");
  expect_same_refusal(
      [&] {
        if (rank_here == 0) {
          adapters::reduce(MPI_COMM_WORLD, a);
        } else {
          adapters::reduce(MPI_COMM_WORLD, a, b);
        }
      },
      "adapters::reduce: number of states is 1, must be equal on every rank; it is up to 2");
  expect_same_refusal(
      [&] {
        if (rank_here == 0) {
          adapters::reduce(MPI_COMM_WORLD, b, a);
        } else {
          adapters::reduce(MPI_COMM_WORLD, a, b);
        }
      },
      "parameter hash of state 0");
  adapters::reduce(MPI_COMM_WORLD, a);  // and nothing is out of step afterwards
  expect_single_stream(a, 3);
}

/// Five ranks stop and save; these go on: the first takes all five, the others start empty.
void other_number_of_ranks() {
  using state = sketch::bucketed_sample;
  const auto chunks = chunks_of<state>(4);
  const std::size_t half = chunks.size() / 2;
  state mine = state_traits<state>::make();
  for (int old = 0; old < 5 && rank_here == 0; ++old) {
    const decltype(chunks) first(chunks.begin(), chunks.begin() + static_cast<std::ptrdiff_t>(half));
    state saved = state_traits<state>::make();
    core::from_bytes(core::to_bytes(share_of_rank<state>(first, old, 6)), saved);
    mine.merge(saved);
  }
  for (std::size_t i = half; i < chunks.size(); ++i)
    if (static_cast<int>(i % static_cast<std::size_t>(ranks)) == rank_here) state_traits<state>::feed(mine, chunks[i]);
  adapters::reduce(MPI_COMM_WORLD, mine);
  expect_single_stream(mine, 4);
}

/// What rank `rank` of `of` has of every state's chunks from `begin` to `end`, in sixteenths of the stream.
template <class State>
void feed_share(State& state, std::size_t begin, std::size_t end, int rank, int of) {
  const auto chunks = chunks_of<State>(6);
  for (std::size_t i = chunks.size() * begin / 16; i < chunks.size() * end / 16; ++i)
    if (static_cast<int>(core::mix64(i) % static_cast<std::uint64_t>(of)) == rank)
      state_traits<State>::feed(state, chunks[i]);
}

std::string shard(const std::string& folder, int rank, int of) {
  return folder + "/state_" + std::to_string(rank) + "_of_" + std::to_string(of) + ".tw";
}
constexpr int ranks_that_saved = 4;

template <class... States>
void save_half_way(const std::string& folder, std::tuple<States...>*) {
  std::tuple<States...> mine(state_traits<States>::make()...);
  std::apply([](States&... states) { (feed_share(states, 0, 9, rank_here, ranks), ...); }, mine);
  std::apply([&](const States&... states) { core::save_checkpoint(shard(folder, rank_here, ranks), states...); }, mine);
}

/// Each file goes to one rank, which merges all that it gets; ranks without a file start empty.
template <class... States>
void resume(const std::string& folder, std::tuple<States...>*) {
  std::tuple<States...> mine(state_traits<States>::make()...);
  for (int old = rank_here; old < ranks_that_saved; old += ranks) {
    std::tuple<States...> saved(state_traits<States>::make()...);
    std::apply([&](States&... states) { core::load_checkpoint(shard(folder, old, ranks_that_saved), states...); },
               saved);
    (std::get<States>(mine).merge(std::get<States>(saved)), ...);
  }
  std::apply([](States&... states) { (feed_share(states, 9, 16, rank_here, ranks), ...); }, mine);
  std::apply([](States&... states) { adapters::reduce(MPI_COMM_WORLD, states...); }, mine);
  std::apply([](const States&... states) { (expect_single_stream(states, 6), ...); }, mine);
}

/// Part of the ranks, while a receive of the user's that takes any message is open.
void other_messages() {
  int heard = 0, said = 42;
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Irecv(&heard, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &request);
  MPI_Comm half = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, rank_here % 2, rank_here, &half);
  int size = 0;
  MPI_Comm_size(half, &size);
  auto one = state_traits<sketch::bottom_k>::make();
  auto two = state_traits<summary::dense_counts>::make();
  const std::vector<std::int64_t> ids{1, 2, 2};
  one.update(ids);
  two.update(ids);
  auto world = one;
  adapters::reduce(half, one, two);
  adapters::reduce(MPI_COMM_WORLD, world);
  expect(one.count() == 3 * static_cast<std::uint64_t>(size) && two.count() == one.count(), "part of the ranks");
  expect(world.count() == 3 * static_cast<std::uint64_t>(ranks), "all ranks beside a message of the user's");
  MPI_Send(&said, 1, MPI_INT, (rank_here + 1) % ranks, 7, MPI_COMM_WORLD);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  expect(heard == 42, "a message of the user's went astray");
  MPI_Comm_free(&half);
}

template <class Work>
double microseconds(const Work& work) {
  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  work();
  return (MPI_Wtime() - start) * 1e6;
}

/// Medians of 200 interleaved pairs: adapters::reduce, and MPI_Allreduce alone on buffers of the same sizes, as fresh as a
/// snapshot. Either goes first in every other pair: what follows the making of both starts on colder caches and less even ranks.
template <class... States>
void time_against_plain(const char* what, const std::vector<std::size_t>& elements, const States&... states) {
  std::vector<double> ours, plain;
  for (int pair = 0; pair < 200; ++pair) {
    std::tuple<States...> snapshots(states...);
    std::vector<std::vector<std::int64_t>> buffers;
    for (const std::size_t n : elements) buffers.emplace_back(n, pair);
    const auto time_ours = [&] {
      ours.push_back(microseconds(
          [&] { std::apply([](States&... each) { adapters::reduce(MPI_COMM_WORLD, each...); }, snapshots); }));
    };
    const auto time_plain = [&] {
      plain.push_back(microseconds([&] {
        for (auto& buffer : buffers)
          PMPI_Allreduce(MPI_IN_PLACE, buffer.data(), static_cast<int>(buffer.size()), MPI_INT64_T, MPI_SUM,
                         MPI_COMM_WORLD);
      }));
    };
    if (pair % 2 == 0) time_ours();
    time_plain();
    if (pair % 2 != 0) time_ours();
  }
  std::sort(ours.begin(), ours.end());
  std::sort(plain.begin(), plain.end());
  std::size_t bytes = 0;
  for (const std::size_t n : elements) bytes += 8 * n;
  if (rank_here == 0)
    std::printf("%-34s ranks %d  calls %zu  bytes %8zu  reduce %8.1f us  MPI_Allreduce %8.1f us  ratio %.2f\n", what,
                ranks, elements.size(), bytes, ours[100], plain[100], ours[100] / plain[100]);
}

void time_all() {
  const summary::dense_counts small(32768), large(262144);
  const sketch::bucketed_sample sample;
  const std::size_t k = sample.options().buckets;
  time_against_plain("bucketed_sample 4096", {4, k, k + 1}, sample);
  time_against_plain("dense_counts 32k", {4, 32768, 2}, small);
  time_against_plain("dense_counts 256k", {4, 262144, 2}, large);
  time_against_plain("dense_counts 256k, bucketed_sample", {4, 262144, 2, k, k + 1}, large, sample);
  sketch::bottom_k keys;
  for (std::uint64_t i = 0; i < 20000; ++i) keys.add(i + static_cast<std::uint64_t>(rank_here) * 10000);
  std::vector<double> gathered;
  for (int i = 0; i < 21; ++i) {
    sketch::bottom_k snapshot = keys;
    gathered.push_back(microseconds([&] { adapters::reduce(MPI_COMM_WORLD, snapshot); }));
  }
  std::sort(gathered.begin(), gathered.end());
  if (rank_here == 0) std::printf("%-34s ranks %d  by saved bytes: %.0f us\n", "bottom_k 4096", ranks, gathered[10]);
}

int finish() {
  int all_failures = 0;
  PMPI_Allreduce(&failures, &all_failures, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  if (rank_here == 0) std::printf("%d ranks, %d failures\n", ranks, all_failures);
  MPI_Finalize();
  return all_failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_here);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (argc > 1 && std::string_view(argv[1]) == "time") {
    time_all();
    MPI_Finalize();
    return 0;
  }
  const std::string_view mode = argc > 2 ? argv[1] : "";
  if (mode == "save" || mode == "resume") {
    if (mode == "save") {
      expect(ranks == ranks_that_saved, "save is for four ranks");
      save_half_way(argv[2], static_cast<all_states*>(nullptr));
    } else {
      resume(argv[2], static_cast<all_states*>(nullptr));
    }
    return finish();
  }
  each_alone(static_cast<all_states*>(nullptr));
  all_at_once(static_cast<all_states*>(nullptr));
  calls_and_bytes();
  exact_calls(static_cast<all_states*>(nullptr));
  disagreement();
  other_number_of_ranks();
  other_messages();
  return finish();
}
