// SPDX-License-Identifier: BSL-1.0
// A corpus in which many documents are one template with another name in it: none is an exact duplicate, and the spectrum of
// cluster sizes shows the template. Also MinHash signatures of shards, merged.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/sketch/min_hash.hpp"
#include "tailwatch/uniqueness.hpp"

using namespace tailwatch;

int main() {
  core::random_engine random(1);
  const auto words = [&](std::size_t n) {
    std::vector<std::uint32_t> text(n);
    for (auto& w : text) w = static_cast<std::uint32_t>(core::uniform_below(random, 20000));
    return text;
  };
  const std::vector<std::uint32_t> form = words(80);
  token_sequences documents;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    std::vector<std::uint32_t> text = i % 4 == 0 ? form : words(80);
    if (i % 4 == 0) text[40] = 30000 + i;  // the name
    documents.push_back(text);
  }

  const estimate exact = uniqueness::exact_duplicate_rate(documents);
  const auto near = uniqueness::near_duplicates(documents);
  std::printf("exact duplicates     %.3f\n", exact.value);
  std::printf("near duplicates      %.3f(%.3f), %.0f%% interval [%.3f, %.3f]\n", near.rate.value,
              near.rate.standard_error, 100.0 * near.rate_interval.level, near.rate_interval.lower,
              near.rate_interval.upper);
  for (const auto& c : near.largest)
    std::printf("from document %u: %llu, %llu of them different, %llu chained, similarity %.2f\n", c.first,
                static_cast<unsigned long long>(c.documents), static_cast<unsigned long long>(c.distinct),
                static_cast<unsigned long long>(c.chained), c.similarity);
  std::printf("have a near one      %.3f, %.0f%% interval [%.3f, %.3f]\n", near.member_rate.value,
              100.0 * near.member_interval.level, near.member_interval.lower, near.member_interval.upper);
  for (const auto& [size, clusters] : near.clusters.entries())
    std::printf("clusters of %4llu     %llu\n", static_cast<unsigned long long>(size),
                static_cast<unsigned long long>(clusters));
  std::printf("%llu pairs compared of %d\n", static_cast<unsigned long long>(near.candidates), 1000 * 999 / 2);

  // The shingles of two shards, as two ranks would see them, against those of the whole.
  sketch::min_hash first, second, whole;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    (i < 500 ? first : second).update_shingles(documents[i], 3);
    whole.update_shingles(documents[i], 3);
  }
  const estimate similarity = sketch::jaccard(first, second);
  first.merge(second);
  std::printf("shards resemble      %.3f(%.3f)\n", similarity.value, similarity.standard_error);
  return exact.value == 0.0 && std::abs(near.rate.value - 0.249) < 1e-12 && near.clusters.largest() == 250 &&
                 near.chained == 0 && near.candidates < 20000 && first == whole
             ? 0
             : 1;
}
