// SPDX-License-Identifier: BSL-1.0

// Four ranks count their own share of the tokens; merged, in any order, they hold what one rank that saw everything
// holds, bit for bit. The merged state is saved, loaded, and read by an estimator's profile.

#include <cstdint>
#include <iostream>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/summary.hpp"

int main() {
  using namespace tailwatch;
  constexpr std::size_t vocabulary = 5000;
  core::random_engine random(1);
  std::vector<std::uint32_t> tokens(20000);
  for (auto& id : tokens) {
    const double u = core::uniform_01(random);
    const double cube = u * u * u;
    id = static_cast<std::uint32_t>(cube * cube * vocabulary);  // small ids are frequent, most are rare
  }

  summary::dense_counts whole(vocabulary);
  whole.update(tokens);

  std::vector<summary::dense_counts> ranks(4, summary::dense_counts(vocabulary));
  for (std::size_t i = 0; i < tokens.size(); i += 1000)
    ranks[i / 1000 % ranks.size()].update(std::span(tokens).subspan(i, 1000));
  summary::dense_counts merged(vocabulary);
  for (const auto& rank : ranks) merged.merge(rank);

  const std::vector<std::byte> bytes = core::to_bytes(merged);
  summary::dense_counts loaded(vocabulary);
  core::from_bytes(bytes, loaded);

  // Keyed counts need no vocabulary; with max_keys they keep a uniform sample of the keys and count the rest.
  summary::count_table sample({.max_keys = 500});
  sample.update(tokens);

  const summary::frequency_profile profile(loaded);
  std::cout << "tokens " << profile.total() << ", types " << profile.types() << " of " << profile.cells()
            << ", seen once " << profile.f(1) << ", seen twice " << profile.f(2) << '\n'
            << "saved state: " << bytes.size() << " bytes\n"
            << "sample: " << sample.distinct() << " keys with " << sample.count() << " occurrences, "
            << sample.overflow() << " of other keys\n";

  const bool good = merged == whole && loaded == whole && profile.total() == tokens.size() &&
                    sample.distinct() == 500 && sample.count() + sample.overflow() == tokens.size();
  return good ? 0 : 1;
}
