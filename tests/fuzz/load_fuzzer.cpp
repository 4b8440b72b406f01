// SPDX-License-Identifier: BSL-1.0

// libFuzzer over every load of the library. The first byte of an input chooses the loader, its top bit whether records get right
// lengths and checksums before they are read (fuzz/mutate.hpp). Built where the compiler is clang, or by hand:
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Iinclude -Itests
//           tests/fuzz/load_fuzzer.cpp -o load_fuzzer
//   ./load_fuzzer --write-seeds corpus && ./load_fuzzer corpus -max_total_time=600

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/loaders.hpp"
#include "fuzz/mutate.hpp"

using namespace tailwatch;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto& all = fuzz::all_loaders();
  if (size < 1 || (data[0] & 0x7FU) >= all.size()) return -1;
  std::vector<std::byte> bytes(size - 1);
  if (size > 1) std::memcpy(bytes.data(), data + 1, size - 1);
  if ((data[0] & 0x80U) != 0) fuzz::repair(bytes);
  const fuzz::loader& loader = all[data[0] & 0x7FU];
  loader.load(loader, bytes);
  return 0;
}

/// `--write-seeds FOLDER` writes one valid input for each loader and ends.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc != 3 || std::string_view((*argv)[1]) != "--write-seeds") return 0;
  const auto& all = fuzz::all_loaders();
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const std::size_t top : {0x00U, 0x80U}) {
      std::ofstream out(std::string((*argv)[2]) + "/" + std::to_string(i + top), std::ios::binary);
      out.put(static_cast<char>(i + top));
      for (const std::byte b : all[i].seed) out.put(static_cast<char>(b));
      if (!out.good()) std::exit(1);
    }
  std::printf("%zu loaders\n", all.size());
  std::exit(0);
}
