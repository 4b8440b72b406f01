// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/softmax_entropy_gradient.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/entropy/softmax_entropy.hpp"

namespace {

using tailwatch::testing::close;
namespace entropy = tailwatch::entropy;
namespace summary = tailwatch::summary;

constexpr float minus_infinite = -std::numeric_limits<float>::infinity();

double row_entropy(const std::vector<double>& x) {
  double s = 0.0, q = 0.0, m = x[0];
  for (const double v : x) m = std::max(m, v);
  for (const double v : x) {
    if (!std::isfinite(v)) continue;
    s += std::exp(v - m);
    q += (v - m) * std::exp(v - m);
  }
  return std::log(s) - q / s;
}

std::vector<float> random_logits(std::size_t n, double spread, std::uint64_t seed) {
  tailwatch::core::random_engine random(seed);
  std::vector<float> x(n);
  for (float& v : x) v = static_cast<float>(spread * (2.0 * tailwatch::core::uniform_01(random) - 1.0));
  return x;
}

}  // namespace

TEST_CASE("entropy: softmax entropy gradient equals finite differences", "[entropy]") {
  static_assert(tailwatch::core::estimator<entropy::softmax_entropy_gradient_fn>);
  constexpr std::size_t rows = 5, vocabulary = 37, stride = 40, gradient_stride = 38;
  auto logits = random_logits(rows * stride, 4.0, 1);
  for (const std::size_t v : {3U, 4U, 20U}) logits[stride + v] = minus_infinite;
  std::vector<float> gradient(rows * gradient_stride, 9.0F);
  constexpr double scale = -0.75;
  const auto r = entropy::softmax_entropy_gradient(logits.data(), rows, vocabulary, stride, gradient.data(),
                                                   gradient_stride, nullptr, {.scale = scale});
  double total = 0.0;
  for (std::size_t i = 0; i < rows; ++i) {
    std::vector<double> x(vocabulary);
    for (std::size_t v = 0; v < vocabulary; ++v) x[v] = static_cast<double>(logits[i * stride + v]);
    total += row_entropy(x);
    double sum = 0.0;
    for (std::size_t v = 0; v < vocabulary; ++v) {
      const float g = gradient[i * gradient_stride + v];
      sum += static_cast<double>(g);
      if (!std::isfinite(x[v])) {
        CHECK(g == 0.0F);
        continue;
      }
      const double at = x[v], step = 1e-5;
      x[v] = at + step;
      const double above = row_entropy(x);
      x[v] = at - step;
      const double below = row_entropy(x);
      x[v] = at;
      CHECK(close(static_cast<double>(g), scale * (above - below) / (2.0 * step), 0.0, 1e-6));
    }
    CHECK(std::abs(sum) < 1e-5);  // a shift of all logits changes nothing
    CHECK(gradient[i * gradient_stride + vocabulary] == 9.0F);
  }
  CHECK(close(r.value, scale * total, 1e-6));
  CHECK(close(r.entropy.value, total / rows, 1e-6));
  CHECK(r.entropy.count == rows);
  CHECK(r.entropy.standard_error > 0.0);
  CHECK(r.masked == 0);
  CHECK(r.rejected == 0);
}

TEST_CASE("entropy: softmax entropy gradient skips masked and rejected rows", "[entropy]") {
  constexpr std::size_t rows = 4, vocabulary = 100;
  auto logits = random_logits(rows * vocabulary, 2.0, 2);
  logits[2 * vocabulary + 5] = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t v = 0; v < vocabulary; ++v) logits[3 * vocabulary + v] = minus_infinite;
  const std::vector<std::uint8_t> mask{1, 0, 1, 1};
  std::vector<float> assigned(rows * vocabulary, 1.0F), added(rows * vocabulary, 1.0F);
  const auto r = entropy::softmax_entropy_gradient(logits.data(), rows, vocabulary, vocabulary, assigned.data(),
                                                   vocabulary, mask.data());
  entropy::softmax_entropy_gradient(logits.data(), rows, vocabulary, vocabulary, added.data(), vocabulary, mask.data(),
                                    {.accumulate = true});
  CHECK(r.entropy.count == 1);
  CHECK(r.masked == 1);
  CHECK(r.rejected == 2);
  CHECK(close(r.value, r.entropy.value, 1e-15));
  for (std::size_t i = 0; i < assigned.size(); ++i) {
    if (i >= vocabulary) CHECK(assigned[i] == 0.0F);
    CHECK(close(static_cast<double>(added[i]), 1.0 + static_cast<double>(assigned[i]), 2e-7));
  }
  summary::softmax_rows state;
  state.update(logits.data(), rows, vocabulary, vocabulary, nullptr, mask.data());
  CHECK(entropy::softmax_entropy(state).value == r.entropy.value);

  const auto nothing =
      entropy::softmax_entropy_gradient(logits.data(), 0, vocabulary, vocabulary, added.data(), vocabulary);
  CHECK(nothing.value == 0.0);
  CHECK(std::isnan(nothing.entropy.value));
}

TEST_CASE("entropy: softmax entropy gradient may replace the logits", "[entropy]") {
  for (const std::size_t vocabulary : {1U, 31U, 1000U}) {
    auto logits = random_logits(3 * vocabulary, 5.0, 3);
    std::vector<float> gradient(3 * vocabulary);
    entropy::softmax_entropy_gradient(logits.data(), 3, vocabulary, vocabulary, gradient.data(), vocabulary);
    entropy::softmax_entropy_gradient(logits.data(), 3, vocabulary, vocabulary, logits.data(), vocabulary);
    CHECK(logits == gradient);
    if (vocabulary == 1)
      for (const float g : gradient) CHECK(std::abs(g) < 1e-6F);
  }
}

TEST_CASE("entropy: softmax entropy gradient of a vocabulary split over ranks", "[entropy]") {
  constexpr std::size_t rows = 6, vocabulary = 300, cut = 110;
  const auto logits = random_logits(rows * vocabulary, 6.0, 4);
  std::vector<std::uint8_t> mask(rows, 1);
  mask[2] = 0;
  std::vector<float> whole(rows * vocabulary), split(rows * vocabulary);
  const auto r = entropy::softmax_entropy_gradient(logits.data(), rows, vocabulary, vocabulary, whole.data(),
                                                   vocabulary, mask.data(), {.scale = 0.1});
  summary::softmax_row_partials left(rows), right(rows);
  left.update(logits.data(), cut, 0, vocabulary, nullptr, mask.data());
  right.update(logits.data() + cut, vocabulary - cut, cut, vocabulary, nullptr, mask.data());
  left.merge(right);
  const auto of_left =
      entropy::softmax_entropy_gradient(left, logits.data(), cut, vocabulary, split.data(), vocabulary, {.scale = 0.1});
  const auto of_right = entropy::softmax_entropy_gradient(left, logits.data() + cut, vocabulary - cut, vocabulary,
                                                          split.data() + cut, vocabulary, {.scale = 0.1});
  CHECK(of_left.value == of_right.value);
  CHECK(close(of_left.value, r.value, 1e-6));
  CHECK(of_left.masked == 1);
  for (std::size_t i = 0; i < whole.size(); ++i)
    CHECK(close(static_cast<double>(split[i]), static_cast<double>(whole[i]), 0.0, 1e-7));
}

TEST_CASE("entropy: softmax entropy gradient refuses sizes and scales that cannot be", "[entropy]") {
  std::vector<float> x(10), g(10);
  const auto call = [&](std::size_t vocabulary, std::size_t stride, std::size_t gradient_stride, double scale) {
    entropy::softmax_entropy_gradient(x.data(), 1, vocabulary, stride, g.data(), gradient_stride, nullptr,
                                      {.scale = scale});
  };
  CHECK_NOTHROW(call(10, 10, 10, 1.0));
  CHECK_THROWS_AS(call(0, 10, 10, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(call(10, 9, 10, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(call(10, 10, 9, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(call(10, 10, 10, std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
  CHECK_THROWS_AS(call(10, 10, 10, std::numeric_limits<double>::infinity()), std::invalid_argument);
}
