// SPDX-License-Identifier: BSL-1.0

// Each rank reads its own share of the tokens; a snapshot of its states, reduced, holds on every rank what one process
// that read everything would hold, bit for bit. Run: mpirun -n 4 example_adapters_mpi_ranks

#include "tailwatch/adapters/mpi.hpp"

#include <cstdint>
#include <iostream>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/sketch/bucketed_sample.hpp"
#include "tailwatch/summary/dense_counts.hpp"

namespace {

using namespace tailwatch;

struct states {
  summary::dense_counts words{5000};
  sketch::bucketed_sample trigrams;

  void read(int sequence) {
    core::random_engine random(core::split_seed(1, static_cast<std::uint64_t>(sequence)));
    std::vector<std::uint32_t> tokens(300);
    for (auto& id : tokens) {
      const double u = core::uniform_01(random);
      id = static_cast<std::uint32_t>(u * u * u * 5000.0);
    }
    words.update(tokens);
    trigrams.update_shingles(tokens, 3);
  }
};

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0, ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  constexpr int sequences = 200;
  states own;
  for (int s = rank; s < sequences; s += ranks) own.read(s);

  states merged = own;  // own goes on accumulating
  adapters::reduce(MPI_COMM_WORLD, merged.words, merged.trigrams);

  states whole;
  for (int s = 0; s < sequences; ++s) whole.read(s);
  int good = merged.words == whole.words && merged.trigrams == whole.trigrams ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &good, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  if (rank == 0) {
    const estimate distinct = merged.trigrams.distinct();
    std::cout << ranks << " ranks, " << merged.words.count() << " tokens, " << distinct.value << " ± "
              << distinct.standard_error << " distinct trigrams; as one stream: " << (good == 1 ? "yes" : "no") << '\n';
  }
  MPI_Finalize();
  return good == 1 ? 0 : 1;
}
