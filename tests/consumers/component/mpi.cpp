// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <tailwatch/adapters/mpi.hpp>
#include <tailwatch/summary/dense_counts.hpp>
#include <vector>

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0;
  int ranks = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  tailwatch::summary::dense_counts counts(4);
  counts.update(std::vector<int>{rank % 4, 3});
  tailwatch::adapters::reduce(MPI_COMM_WORLD, counts);
  const bool right = counts.count() == 2 * static_cast<unsigned>(ranks);
  if (rank == 0) std::printf("%d tokens of %d ranks\n", static_cast<int>(counts.count()), ranks);
  MPI_Finalize();
  return right ? 0 : 1;
}
