// SPDX-License-Identifier: BSL-1.0
#include <Eigen/Core>
#include <cmath>
#include <cstdio>
#include <tailwatch/core/views.hpp>
#include <tailwatch/drift/energy_distance.hpp>
#include <tailwatch/summary/covariance.hpp>

// A matrix of Eigen, row-major, is rows(x, n, d) without a copy.
int main() {
  using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  matrix points(4, 2);
  points << 0, 0, 2, 0, 0, 2, 2, 2;
  const std::span<const double> values(points.data(), static_cast<std::size_t>(points.size()));
  tailwatch::summary::covariance state(2);
  state.update(tailwatch::rows(values, 4, 2));
  std::printf("mean (%g, %g) of %d points\n", state.mean()[0], state.mean()[1], static_cast<int>(state.count()));
  return state.count() == 4 && std::abs(state.mean()[0] - points.col(0).mean()) < 1e-15 ? 0 : 1;
}
