// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/entropy/softmax_entropy.hpp"

#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"

using tailwatch::testing::close;

static_assert(tailwatch::core::estimator<tailwatch::entropy::softmax_entropy_fn>);

TEST_CASE("softmax_entropy: uniform and one-hot rows, units, no rows", "[entropy]") {
  namespace entropy = tailwatch::entropy;
  tailwatch::summary::softmax_rows state;
  CHECK(!entropy::softmax_entropy(state).defined());
  const std::vector<float> uniform(3 * 1024, 1.5F);
  state.update(uniform.data(), 3, 1024, 1024);
  const auto h = entropy::softmax_entropy(state);
  CHECK(close(h.value, std::log(1024.0), 0.0, 1e-6));
  CHECK(close(h.standard_error, 0.0, 0.0, 1e-12));
  CHECK(h.count == 3);
  CHECK(close(entropy::softmax_entropy(state, {.unit = tailwatch::information_unit::bits}).value, 10.0, 0.0, 2e-6));
  std::vector<float> one_hot(1024, -1000.0F);
  one_hot[77] = 0.0F;
  CHECK(entropy::softmax_entropy(tailwatch::rows(one_hot, 1, 1024)).value < 1e-6);
}

TEST_CASE("softmax_entropy: standard error matches the spread over replicates", "[entropy]") {
  std::mt19937_64 engine(1);
  tailwatch::summary::moments values, errors;
  std::vector<float> x(40 * 16);
  for (int replicate = 0; replicate < 1000; ++replicate) {
    for (std::size_t r = 0; r < 40; ++r) {
      const double scale = static_cast<double>(engine() >> 11) * 0x1p-53 * 5.0;
      for (std::size_t v = 0; v < 16; ++v)
        x[r * 16 + v] = static_cast<float>(scale * static_cast<double>(engine() >> 11) * 0x1p-53);
    }
    const auto h = tailwatch::entropy::softmax_entropy(tailwatch::rows(x, 40, 16));
    values.add(h.value);
    errors.add(h.standard_error * h.standard_error);
  }
  const auto spread = values.variance();
  CHECK(std::abs(errors.mean().value - spread.value) <
        4 * std::hypot(spread.standard_error, errors.mean().standard_error));
}
