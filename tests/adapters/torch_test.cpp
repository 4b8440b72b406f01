// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/adapters/torch.hpp"

#include <vector>

#include "support/catch.hpp"
#include "tailwatch/entropy/plugin.hpp"
#include "tailwatch/monitor/training_signals.hpp"

namespace {

using namespace tailwatch;

monitor::collapse_monitor torch_test_monitor() {
  return monitor::collapse_monitor(
      {monitor::entropy_mean(), monitor::perplexity(), monitor::token_entropy(), monitor::unique_response_ratio(),
       monitor::embedding_effective_rank(), monitor::reward_std()},
      {.steps_per_block = 1000, .gather = {.rows_per_call = 0}});
}
std::vector<double> entropies(const monitor::collapse_monitor& watch) {
  const auto e = watch.gathered().logits().entropy().values();
  return {e.begin(), e.end()};
}

}  // namespace

TEST_CASE("adapters: logits of libtorch are read as from their memory") {
  at::manual_seed(1);
  const at::Tensor logits = at::randn({2, 5, 33}) * 3.0;
  const at::Tensor targets = at::randint(33, {2, 5}, at::kLong);
  monitor::collapse_monitor expected = torch_test_monitor();
  expected.on_logits(logits.data_ptr<float>(), 10, 33, 33, targets.data_ptr<std::int64_t>());
  monitor::collapse_monitor watch = torch_test_monitor();
  const auto read = [&](const at::Tensor& x, const at::Tensor& y = {}, const at::Tensor& mask = {}) {
    watch.clear_gathered();
    REQUIRE(adapters::on_logits(watch, x, y, mask));
    return entropies(watch);
  };

  CHECK(read(logits, targets) == entropies(expected));
  const auto nll = watch.gathered().logits().negative_log_likelihood().values();
  const auto expected_nll = expected.gathered().logits().negative_log_likelihood().values();
  CHECK(std::equal(nll.begin(), nll.end(), expected_nll.begin(), expected_nll.end()));
  CHECK(read(logits.to(at::kDouble), targets.to(at::kInt)) == entropies(expected));
  CHECK(read(logits.transpose(0, 1).contiguous().transpose(0, 1)) == entropies(expected));  // strides out of order
  CHECK(read(at::cat({logits, logits}, 2).narrow(2, 0, 33)) == entropies(expected));        // padded rows, as they lie
  CHECK(read(logits.clone().requires_grad_(true)) == entropies(expected));
  CHECK(read(logits.select(0, 0).select(0, 0)).size() == 1);  // one row [V]
  const std::vector<double> repeated = read(logits.narrow(0, 0, 1).narrow(1, 0, 1).expand({2, 3, 33}));
  CHECK(repeated == std::vector<double>(6, entropies(expected)[0]));

  const at::Tensor bf16 = logits.to(at::kBFloat16), f16 = logits.to(at::kHalf);
  for (const at::Tensor& half : {bf16, f16}) {  // lanes hold other elements, so the last digits differ
    const std::vector<double> got = read(half), want = read(half.to(at::kFloat));
    REQUIRE(got.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) CHECK(got[i] == Approx(want[i]).epsilon(1e-6));
  }

  at::Tensor mask = at::ones({2, 5}, at::kBool);
  mask.select(0, 1).select(0, 2).fill_(false);
  CHECK(read(logits, {}, mask).size() == 9);
  CHECK(watch.gathered().logits().masked() == 1);
  CHECK(watch.count(monitor::problem::refused) == 0);
}

TEST_CASE("adapters: tokens, samples, embeddings and rewards of libtorch") {
  monitor::collapse_monitor watch = torch_test_monitor();
  const at::Tensor ids = at::tensor({1, 2, 3, 0, 4, 4, 0, 0}, at::kInt).view({2, 4});
  REQUIRE(adapters::on_tokens(watch, ids, ids.ne(0)));
  CHECK(watch.gathered().tokens().sequences().token_count() == 5);
  REQUIRE(adapters::on_samples(watch, ids, 0, at::tensor({7, 7}, at::kLong)));
  const auto& samples = watch.gathered().samples().sequences();
  REQUIRE(samples.size() == 2);
  CHECK(samples[0].size() == 3);
  CHECK(samples[1].size() == 2);
  REQUIRE(adapters::on_embeddings(watch, at::randn({6, 3}).to(at::kHalf)));
  CHECK(watch.gathered().embeddings().rows() == 6);
  REQUIRE(adapters::on_rewards(watch, at::tensor({0.0, 1.0}, at::kFloat), at::tensor({7, 7}, at::kLong)));
  CHECK(watch.gathered().rewards().rewards().size() == 2);
  CHECK(watch.count(monitor::problem::refused) == 0);
}

TEST_CASE("adapters: tensors that cannot be right are counted, none throws") {
  monitor::collapse_monitor watch = torch_test_monitor();
  const at::Tensor logits = at::randn({4, 8});
  CHECK_FALSE(adapters::on_logits(watch, at::Tensor()));
  CHECK_FALSE(adapters::on_logits(watch, at::randint(5, {4, 8}, at::kLong)));
  CHECK_FALSE(adapters::on_logits(watch, at::empty({4, 0})));
  CHECK_FALSE(adapters::on_logits(watch, logits, at::zeros({3}, at::kLong)));
  CHECK_FALSE(adapters::on_logits(watch, logits, at::zeros({4})));  // targets that are no integers
  CHECK_FALSE(adapters::on_logits(watch, logits, {}, at::ones({5}, at::kBool)));
  CHECK_FALSE(adapters::on_tokens(watch, logits));
  CHECK_FALSE(adapters::on_tokens(watch, at::zeros({2, 2, 2}, at::kLong)));
  CHECK_FALSE(adapters::on_samples(watch, at::zeros({3}, at::kLong)));
  CHECK_FALSE(adapters::on_embeddings(watch, at::zeros({3})));
  CHECK_FALSE(adapters::on_rewards(watch, at::zeros({3}), at::zeros({2}, at::kLong)));
  CHECK(watch.count(monitor::problem::refused) == 11);
  CHECK(watch.gathered().logits().rows() == 0);
}

TEST_CASE("adapters: a tensor as a range for estimators") {
  const at::Tensor p = at::tensor({0.5, 0.25, 0.25}, at::kDouble);
  CHECK(entropy::plugin(core::probabilities(adapters::span_of<double>(p))).value == Approx(1.5 * std::log(2.0)));
  CHECK_THROWS_AS(adapters::span_of<float>(p), std::invalid_argument);
  CHECK_THROWS_AS(adapters::span_of<double>(p.expand({2, 3}).t()), std::invalid_argument);
  CHECK_THROWS_AS(adapters::span_of<double>(at::Tensor()), std::invalid_argument);
}
