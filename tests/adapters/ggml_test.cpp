// SPDX-License-Identifier: BSL-1.0
//
// The ggml adapter and its C shim on tensors made by hand, against declarations that stand in for ggml's. With ggml itself they
// are run by examples/hosts/ggml, where ggml is found.
#include "tailwatch/adapters/ggml.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "../examples/hosts/ggml/tailwatch_ggml.h"
#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/training_signals.hpp"

// --- the stand-in -------------------------------------------------------------------------------------------------------

struct ggml_backend_buffer {
  bool host;
  const void* memory;
};
struct ggml_opt_context {
  ggml_tensor* outputs;
  ggml_tensor* labels;
};
struct ggml_opt_result {
  double loss, uncertainty;
  int64_t count;
};

extern "C" {
size_t ggml_nbytes(const ggml_tensor* t) {
  return t->nb[1] * static_cast<size_t>(t->ne[1]) * static_cast<size_t>(t->ne[2]) * static_cast<size_t>(t->ne[3]);
}
int64_t ggml_nelements(const ggml_tensor* t) { return t->ne[0] * t->ne[1] * t->ne[2] * t->ne[3]; }
bool ggml_is_contiguous(const ggml_tensor* t) { return t->nb[1] == t->nb[0] * static_cast<size_t>(t->ne[0]); }
bool ggml_backend_buffer_is_host(ggml_backend_buffer_t b) { return b->host; }
void ggml_backend_tensor_get(const ggml_tensor* t, void* data, size_t offset, size_t size) {
  std::memcpy(data, static_cast<const char*>(t->buffer->memory) + offset, size);
}
ggml_tensor* ggml_opt_outputs(ggml_opt_context_t c) { return c->outputs; }
ggml_tensor* ggml_opt_labels(ggml_opt_context_t c) { return c->labels; }
void ggml_opt_result_ndata(ggml_opt_result_t r, int64_t* n) { *n = r->count; }
void ggml_opt_result_loss(ggml_opt_result_t r, double* loss, double* unc) {
  *loss = r->loss;
  *unc = r->uncertainty;
}
}

namespace {

using namespace tailwatch;

constexpr std::int64_t ggml_vocabulary = 40, ggml_rows = 6;

std::vector<float> ggml_test_logits(std::uint64_t seed, double sharpness = 1.0) {
  core::random_engine random(seed);
  std::vector<float> x(static_cast<std::size_t>(ggml_vocabulary * ggml_rows));
  for (float& v : x) v = static_cast<float>(sharpness * 4.0 * core::uniform_01(random));
  return x;
}
ggml_tensor ggml_rows_of(enum ggml_type type, void* data, std::size_t element, std::size_t stride) {
  const std::size_t row = stride * element;
  return {type, nullptr, {ggml_vocabulary, ggml_rows, 1, 1}, {element, row, row * ggml_rows, row * ggml_rows}, data};
}

monitor::collapse_monitor& ggml_test_monitor() {
  static monitor::collapse_monitor watch({monitor::entropy_mean(), monitor::perplexity()},
                                         {.steps_per_block = 1000, .gather = {.rows_per_call = 0}});
  return watch;
}
adapters::ggml_watch ggml_test_hook{ggml_test_monitor()};  // NOLINT: static storage is what the callback needs

}  // namespace

TEST_CASE("adapters: ggml's callback reads logits of every type, stride and place") {
  monitor::collapse_monitor& watch = ggml_test_monitor();
  std::vector<float> x = ggml_test_logits(1);
  monitor::collapse_monitor expected({monitor::entropy_mean(), monitor::perplexity()},
                                     {.steps_per_block = 1000, .gather = {.rows_per_call = 0}});
  std::vector<std::int64_t> targets;
  std::vector<float> one_hot(x.size(), 0.0F);
  for (std::int64_t r = 0; r < ggml_rows; ++r) {
    targets.push_back((7 * r) % ggml_vocabulary);
    one_hot[static_cast<std::size_t>(r * ggml_vocabulary + targets.back())] = 1.0F;
  }
  expected.on_logits(x.data(), ggml_rows, ggml_vocabulary, ggml_vocabulary, targets.data());
  const auto same = [&] {
    const auto got = watch.gathered().logits().entropy().values(),
               want = expected.gathered().logits().entropy().values();
    return std::equal(got.begin(), got.end(), want.begin(), want.end());
  };

  ggml_tensor labels = ggml_rows_of(GGML_TYPE_F32, one_hot.data(), 4, ggml_vocabulary);
  ggml_tensor plain = ggml_rows_of(GGML_TYPE_F32, x.data(), 4, ggml_vocabulary);
  ggml_opt_context context{&plain, &labels};
  ggml_opt_result result{2.5, 0.1, 6};
  watch.clear_gathered();
  const std::uint64_t steps = ggml_test_hook.step;
  adapters::ggml_epoch_callback<ggml_test_hook>(true, &context, nullptr, &result, 1, 10, 0);
  CHECK(ggml_test_hook.step == steps + 1);
  CHECK(same());
  const auto got = watch.gathered().logits().negative_log_likelihood().values();
  const auto want = expected.gathered().logits().negative_log_likelihood().values();
  CHECK(std::equal(got.begin(), got.end(), want.begin(), want.end()));

  SECTION("padded rows") {
    std::vector<float> wide(static_cast<std::size_t>((ggml_vocabulary + 24) * ggml_rows), 1e30F);
    for (std::int64_t r = 0; r < ggml_rows; ++r)
      std::copy_n(x.begin() + r * ggml_vocabulary, ggml_vocabulary, wide.begin() + r * (ggml_vocabulary + 24));
    plain = ggml_rows_of(GGML_TYPE_F32, wide.data(), 4, ggml_vocabulary + 24);
    watch.clear_gathered();
    adapters::ggml_step(ggml_test_hook, false, &context, &result);
    CHECK(same());
  }
  SECTION("memory of a device is copied") {
    ggml_backend_buffer device{false, x.data()};
    plain.buffer = &device;
    plain.data = nullptr;
    watch.clear_gathered();
    adapters::ggml_step(ggml_test_hook, false, &context, nullptr);
    CHECK(same());
  }
  SECTION("bf16") {
    std::vector<std::uint16_t> half;
    for (float& v : x) {
      half.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(v) >> 16));
      v = std::bit_cast<float>(static_cast<std::uint32_t>(half.back()) << 16);
    }
    expected.clear_gathered();
    expected.on_logits(x.data(), ggml_rows, ggml_vocabulary, ggml_vocabulary);
    plain = ggml_rows_of(GGML_TYPE_BF16, half.data(), 2, ggml_vocabulary);
    watch.clear_gathered();
    adapters::ggml_step(ggml_test_hook, false, &context, nullptr);
    const auto read = watch.gathered().logits().entropy().values(),
               as_floats = expected.gathered().logits().entropy().values();
    REQUIRE(read.size() == as_floats.size());  // lanes hold other elements, so the last digits differ
    for (std::size_t i = 0; i < read.size(); ++i) CHECK(read[i] == Approx(as_floats[i]).epsilon(1e-6));
  }
  SECTION("what cannot be read is counted") {
    const std::uint64_t before = watch.count(monitor::problem::refused);
    plain.type = GGML_TYPE_I32;
    adapters::ggml_step(ggml_test_hook, false, &context, nullptr);
    plain = ggml_rows_of(GGML_TYPE_F32, nullptr, 4, ggml_vocabulary);  // ggml_opt_epoch without memory for the outputs
    adapters::ggml_step(ggml_test_hook, false, &context, nullptr);
    plain = ggml_rows_of(GGML_TYPE_F32, x.data(), 4, ggml_vocabulary);
    plain.nb[0] = 8;  // a transposed tensor
    adapters::ggml_step(ggml_test_hook, false, &context, nullptr);
    context.outputs = nullptr;
    adapters::ggml_step(ggml_test_hook, false, &context, nullptr);
    CHECK(watch.count(monitor::problem::refused) == before + 4);
  }
}

TEST_CASE("adapters: the C shim for ggml alarms when logits sharpen") {
  CHECK(tailwatch_ggml_begin(3, nullptr) == -1);  // too few batches for a baseline
  CHECK(std::strstr(tailwatch_ggml_error(), "warm_up_blocks") != nullptr);
  CHECK(tailwatch_ggml_begin(50, "no/such/folder/file") == -1);
  REQUIRE(tailwatch_ggml_begin(50, nullptr) == 0);
  ggml_opt_result result{2.5, 0.1, 6};
  std::vector<float> x;
  ggml_tensor outputs{};
  ggml_opt_context context{&outputs, nullptr};
  int alerts_before = 0;
  for (std::uint64_t step = 0; step < 200; ++step) {
    x = ggml_test_logits(100 + step, step < 100 ? 1.0 : 3.0);
    outputs = ggml_rows_of(GGML_TYPE_F32, x.data(), 4, ggml_vocabulary);
    tailwatch_ggml_epoch_callback(true, &context, nullptr, &result, static_cast<int64_t>(step), 200, 0);
    if (step == 99) alerts_before = tailwatch_ggml_alerts();
  }
  CHECK(tailwatch_ggml_steps() == 200);
  CHECK(alerts_before == 0);
  CHECK(tailwatch_ggml_alerts() > 0);
  CHECK(std::strstr(tailwatch_ggml_alert(), "falls") != nullptr);
  tailwatch_ggml_end();
  CHECK(tailwatch_ggml_steps() == 0);
}
