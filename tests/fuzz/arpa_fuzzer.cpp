// SPDX-License-Identifier: BSL-1.0

// libFuzzer over the reader of ARPA files. Half of its mutations are libFuzzer's, of bytes, half know the format (fuzz/arpa.hpp).
// Built where the compiler is clang, or by hand:
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Iinclude -Itests
//           tests/fuzz/arpa_fuzzer.cpp -o arpa_fuzzer
//   ./arpa_fuzzer --write-seeds corpus && ./arpa_fuzzer corpus -max_total_time=600

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>

#include "fuzz/arpa.hpp"

using namespace tailwatch;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t room);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(fuzz::check_arpa(std::string_view(reinterpret_cast<const char*>(data), size)));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t room,
                                               unsigned int seed) {
  if (seed % 2 == 0) return LLVMFuzzerMutate(data, size, room);
  core::random_engine random(seed);
  const std::string changed = fuzz::arpa_mutated(std::string(reinterpret_cast<const char*>(data), size), random);
  const std::size_t kept = std::min(changed.size(), room);
  if (kept != 0) std::memcpy(data, changed.data(), kept);
  return kept;
}

/// `--write-seeds FOLDER` writes the valid files and ends.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc != 3 || std::string_view((*argv)[1]) != "--write-seeds") return 0;
  std::size_t i = 0;
  for (const std::string& file : fuzz::arpa_seeds()) {
    std::ofstream out(std::string((*argv)[2]) + "/" + std::to_string(i++), std::ios::binary);
    out << file;
    if (!out.good()) std::exit(1);
  }
  std::exit(0);
}
