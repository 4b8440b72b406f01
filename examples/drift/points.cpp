// SPDX-License-Identifier: BSL-1.0
// Embeddings of generated samples against real ones: the spread of one direction in four has collapsed.

#include <cstdio>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/drift.hpp"
#include "tailwatch/math/permutation.hpp"

using namespace tailwatch;

int main() {
  constexpr std::size_t n = 300, d = 4;
  core::random_engine random(5);
  std::vector<float> real(n * d), generated(n * d);
  for (float& v : real) v = static_cast<float>(core::normal_quantile(core::uniform_01(random)));
  for (std::size_t i = 0; i < n * d; ++i)
    generated[i] = static_cast<float>((i % d == 0 ? 0.1 : 1.0) * core::normal_quantile(core::uniform_01(random)));
  const auto x = rows(generated, n, d);
  const auto y = rows(real, n, d);

  const estimate frechet = drift::wasserstein_gaussian_squared(x, y);
  const estimate gaussian = drift::kullback_leibler_gaussian(x, y);
  const estimate knn = drift::kullback_leibler_knn(x, y, {.k = 5});
  const estimate sliced = drift::sliced_wasserstein(x, y, random);
  const estimate worst = drift::max_sliced_wasserstein(x, y, random);
  const double sigma = drift::median_bandwidth(x, y).value;
  const estimate mmd = drift::mmd_rbf(x, y, {.sigma = sigma});
  const estimate linear = drift::mmd_rbf(x, y, {.sigma = sigma, .estimator = drift::mmd_estimator::linear});
  const estimate kid = drift::mmd_polynomial(x, y);
  const estimate sinkhorn = drift::sinkhorn_divergence(x, y, {.epsilon = 2.0});
  const estimate share = drift::schilling_knn(x, y);
  const estimate accuracy = drift::classifier_knn(x, y);
  const estimate p = drift::classifier_knn_pvalue(x, y);
  const estimate exact = math::permutation_test(
      x, y, [](const auto& a, const auto& b) { return drift::schilling_knn(a, b); }, random, {.replicates = 99});
  std::printf("Frechet distance, squared   %.3f\n", frechet.value);
  std::printf("KL, Gaussian and k-NN       %.3f  %.3f\n", gaussian.value, knn.value);
  std::printf("sliced W2, mean and max     %.3f(%.3f)  %.3f\n", sliced.value, sliced.standard_error, worst.value);
  std::printf("MMD2, all pairs and linear  %.5f(%.5f)  %.5f(%.5f)\n", mmd.value, mmd.standard_error, linear.value,
              linear.standard_error);
  std::printf("KID                         %.5f(%.5f)\n", kid.value, kid.standard_error);
  std::printf("Sinkhorn divergence         %.3f\n", sinkhorn.value);
  std::printf("nearest neighbours          %.3f of own kind, p = %.2f; classifier %.3f, p = %.2g\n", share.value,
              exact.value, accuracy.value, p.value);
  // Exactly: W2^2 = .9^2 = .81 and KL = (.01 - 1 - ln .01)/2 = 1.81, both raised by the noise of 300 points.
  const bool transport = frechet.value > 0.6 && frechet.value < 1.2 && worst.value > sliced.value;
  const bool divergence = gaussian.value > 1.6 && gaussian.value < 2.6 && exact.value <= 0.05;
  return transport && divergence && mmd.value > 3.0 * mmd.standard_error ? 0 : 1;
}
