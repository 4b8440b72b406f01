// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

/// What the programs of the gallery share. Given a folder as their only argument they write their pictures there.
namespace gallery {

inline bool write_picture(int argc, char** argv, const std::string& name, const std::string& svg) {
  if (argc < 2) return true;
  const std::string path = std::string(argv[1]) + "/" + name + ".svg";
  std::ofstream file(path, std::ios::binary);
  file << svg;
  std::printf("%s\n", path.c_str());
  return file.good();
}

/// The q-quantile of x, by the nearest order statistic.
inline double quantile(std::vector<double> x, double q) {
  const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(x.size() - 1) + 0.5);
  std::nth_element(x.begin(), x.begin() + at, x.end());
  return x[static_cast<std::size_t>(at)];
}

}  // namespace gallery
