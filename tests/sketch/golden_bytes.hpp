// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <ios>
#include <iterator>
#include <string>
#include <vector>

namespace tailwatch::testing {

/// Saved bytes of release 0.1 of a state whose laws are weaker than those of tests/conformance, from that folder; written there
/// first where TAILWATCH_WRITE_GOLDEN names it, as golden_test.cpp says.
inline std::vector<std::byte> golden_bytes(const std::string& state, const std::vector<std::byte>& today) {
  if (const char* folder = std::getenv("TAILWATCH_WRITE_GOLDEN")) {
    std::ofstream out(std::string(folder) + "/" + state + "_0_1.bin", std::ios::binary);
    for (const std::byte b : today) out.put(static_cast<char>(b));
  }
  for (const char* folder : {"conformance/golden/", "tests/conformance/golden/"}) {  // from tests/ or from the root
    std::ifstream in(folder + state + "_0_1.bin", std::ios::binary);
    if (!in) continue;
    std::vector<std::byte> bytes;
    for (std::istreambuf_iterator<char> c(in), end; c != end; ++c) bytes.push_back(static_cast<std::byte>(*c));
    return bytes;
  }
  return {};
}

}  // namespace tailwatch::testing
