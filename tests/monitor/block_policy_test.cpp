// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/block_policy.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace monitor = tailwatch::monitor;

TEST_CASE("block_policy: k1 and k3 are unbiased for the divergence, k2 is r²/2", "[monitor]") {
  // π over four tokens against π_ref; tokens drawn from π.
  const std::vector<double> pi{0.5, 0.3, 0.15, 0.05}, reference{0.4, 0.3, 0.2, 0.1};
  double kl = 0.0, k2 = 0.0;
  for (std::size_t i = 0; i < pi.size(); ++i) {
    const double r = std::log(reference[i] / pi[i]);
    kl -= pi[i] * r;
    k2 += pi[i] * 0.5 * r * r;
  }
  tailwatch::core::random_engine random(8);
  std::vector<double> of_policy, of_reference;
  for (int n = 0; n < 40000; ++n) {
    double u = tailwatch::core::uniform_01(random);
    std::size_t i = 0;
    while (i + 1 < pi.size() && u >= pi[i]) u -= pi[i++];
    of_policy.push_back(std::log(pi[i]));
    of_reference.push_back(std::log(reference[i]));
  }
  monitor::block_policy block;
  CHECK(block.update(monitor::policy_batch<double>{.policy = of_policy, .reference = of_reference}));
  CHECK(block.tokens() == 40000);
  for (const std::size_t j : {1U, 3U}) {
    INFO("k" << j);
    CHECK(std::abs(block.k(j).value - kl) < 4.0 * block.k(j).standard_error);
  }
  CHECK(std::abs(block.k(2).value - k2) < 4.0 * block.k(2).standard_error);
  CHECK(block.k(3).standard_error < block.k(1).standard_error);
  CHECK(tailwatch::core::is_nan(block.clipped_low().value));  // no sampling policy was given
  CHECK_THROWS_AS(block.k(4), std::invalid_argument);
}

TEST_CASE("block_policy: clipping looks at ratio, side and mask", "[monitor]") {
  // Ratios 0.5, 1, 1.1, 1.5 by sign of the advantage, at 0.2 below and 0.28 above.
  const std::vector<float> old(8, -1.0F);
  std::vector<float> policy, advantages;
  for (const float sign : {-1.0F, 1.0F})
    for (const float ratio : {0.5F, 1.0F, 1.1F, 1.5F}) {
      policy.push_back(-1.0F + std::log(ratio));
      advantages.push_back(sign);
    }
  monitor::block_policy block(0.2, 0.28);
  CHECK(block.update(monitor::policy_batch<float>{.policy = policy, .old = old, .advantages = advantages}));
  CHECK(block.clipped_low().value == 1.0 / 8.0);
  CHECK(block.clipped_high().value == 1.0 / 8.0);
  CHECK(block.clipped_region().value == 2.0 / 8.0);
  monitor::block_policy either(0.2, 0.28);
  CHECK(
      either.update(monitor::policy_batch<float>{.policy = policy, .old = old}));  // without advantages any side counts
  CHECK(either.clipped_region().value == 4.0 / 8.0);
  const std::vector<std::uint8_t> mask{0, 1, 1, 1, 1, 1, 1, 1};
  block.clear();
  CHECK(
      block.update(monitor::policy_batch<float>{.policy = policy, .old = old, .advantages = advantages, .mask = mask}));
  CHECK(block.masked() == 1);
  CHECK(block.tokens() == 7);
  CHECK(block.clipped_low().value == 0.0);
}

TEST_CASE("block_policy: bad numbers are counted, parts merge to the whole, saved it is the same", "[monitor]") {
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> policy{-1.0, -2.0, -inf, -0.5}, reference{-1.5, -1.0, -1.0, tailwatch::core::nan};
  const std::vector<double> shorter{-1.0};
  monitor::block_policy whole, first, second, loaded;
  CHECK_FALSE(whole.update(monitor::policy_batch<double>{.policy = policy, .reference = shorter}));
  CHECK(whole.tokens() == 0);
  CHECK(whole.update(monitor::policy_batch<double>{.policy = policy, .reference = reference}));
  CHECK(whole.rejected() == 2);
  CHECK(whole.k(1).count == 2);
  const auto half = [&](std::size_t begin) {
    return monitor::policy_batch<double>{.policy = std::span(policy).subspan(begin, 2),
                                         .reference = std::span(reference).subspan(begin, 2)};
  };
  CHECK(second.update(half(0)));
  CHECK(first.update(half(2)));
  first.merge(second);
  for (const std::size_t j : {1U, 2U, 3U}) {
    CHECK(first.k(j).value == whole.k(j).value);
    CHECK(first.k(j).standard_error == whole.k(j).standard_error);
  }
  CHECK(first.rejected() == 2);
  tailwatch::core::output_archive out;
  out.begin({tailwatch::core::state_family::testing, 0, 0, 0, 0});
  whole.save_fields(out);
  out.end();
  const auto bytes = std::move(out).bytes();
  tailwatch::core::input_archive in(bytes);
  in.open({tailwatch::core::state_family::testing, 0, 0, 0, 0});
  loaded.load_fields(in);
  in.close();
  CHECK(loaded.k(3).value == whole.k(3).value);
  CHECK(loaded.tokens() == 4);
}
