// SPDX-License-Identifier: BSL-1.0

// A cluster counted the distinct sentences of a human corpus with Apache DataSketches (Spark: theta_sketch_agg) and stored the
// sketch. A training job compares what its model writes with it, and hands a sketch of its own back. Here both sides are ours.

#include <cmath>
#include <cstddef>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/sketch/theta_image.hpp"

int main() {
  using namespace tailwatch;
  sketch::bottom_k human(sketch::theta_options(4096));
  for (int i = 0; i < 50000; ++i) human.add(std::string_view("sentence " + std::to_string(i)));
  const std::vector<std::byte> stored = sketch::to_theta_image(human);  // what lies in a column of type BINARY

  const sketch::bottom_k theirs = sketch::from_theta_image(stored, {.k = 4096});
  sketch::bottom_k model(sketch::theta_options(4096));
  for (int i = 0; i < 60000; ++i) model.add(std::string_view("sentence " + std::to_string(40000 + i % 30000)));

  const estimate known = sketch::containment(model, theirs);
  sketch::bottom_k both = theirs;
  both.merge(model);
  const estimate distinct = both.distinct();
  std::cout << stored.size() << " bytes; of the model's distinct sentences the humans had " << known.value << " ± "
            << known.standard_error << "; both wrote " << distinct.value << " ± " << distinct.standard_error
            << "; repeated ones cannot be told from the image: " << both.uniqueness().value << '\n';
  const bool good = std::abs(known.value - 1.0 / 3.0) < 4.0 * known.standard_error &&
                    std::abs(distinct.value - 70000.0) < 4.0 * distinct.standard_error && !theirs.counted() &&
                    std::isnan(both.uniqueness().value);
  return good ? 0 : 1;
}
