// SPDX-License-Identifier: BSL-1.0
//
// A GPT-2 training step without dependencies, in the memory layout of llm.c, with the monitor in it: logits [B·T, Vp] with a
// padded vocabulary, which the classifier overwrites with their gradient. So the hook stands between forward and classifier
// and is told the vocabulary and the row stride apart:
//
//   model.forward(inputs, T);
//   watch.on_logits(model.logits().data(), B * T, V, Vp, targets.data());
//   model.classify_in_place(targets);     // from here on these are gradients
//
// The model first learns a language. Then, watched, it goes on on more human text, until the data loader is fed with what the
// model itself writes at temperature 0.7. The monitor speaks up on that text; the loss on held-out human text shows what
// training on it does.
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "hosts/transformer.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/training_signals.hpp"
#include "tailwatch/text/encode.hpp"
#include "tailwatch/text/zipf_text.hpp"

namespace {

using namespace tailwatch;

constexpr std::size_t batch = 12, length = 20;

double seconds() noexcept {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Text as one stream of tokens, handed out batch by batch: rows of length + 1, the last token being a target only.
class loader {
 public:
  explicit loader(std::vector<std::uint32_t> stream) : stream_(std::move(stream)) {}
  std::span<const std::uint32_t> next() {
    constexpr std::size_t n = batch * (length + 1);
    if (at_ + n > stream_.size()) at_ = 0;
    at_ += n;
    return std::span(stream_).subspan(at_ - n, n);
  }

 private:
  std::vector<std::uint32_t> stream_;
  std::size_t at_ = 0;
};

struct step_data {
  std::vector<std::uint32_t> inputs, targets;
  explicit step_data(std::span<const std::uint32_t> rows) {
    for (std::size_t r = 0; r < batch; ++r)
      for (std::size_t t = 0; t < length; ++t) {
        inputs.push_back(rows[r * (length + 1) + t]);
        targets.push_back(rows[r * (length + 1) + t + 1]);
      }
  }
};

/// Largest difference between the gradient and central differences of the loss, relative to the largest gradient looked at.
double gradient_error(transformer::model& m, const step_data& data) {
  m.forward(data.inputs, length);
  m.classify_in_place(data.targets);
  m.backward();
  const std::vector<float> gradient = m.gradient();
  double worst = 0.0, largest = 0.0;
  for (std::size_t i = 7; i < gradient.size(); i += gradient.size() / 40) {
    const float before = m.parameters()[i];
    const auto loss = [&](float x) {
      m.parameters()[i] = x;
      m.forward(data.inputs, length);
      return static_cast<double>(m.classify_in_place(data.targets));
    };
    constexpr float h = 1e-2F;
    const double difference = (loss(before + h) - loss(before - h)) / (2.0 * static_cast<double>(h));
    m.parameters()[i] = before;
    worst = std::max(worst, std::abs(difference - static_cast<double>(gradient[i])));
    largest = std::max(largest, std::abs(difference));
  }
  return worst / largest;
}

double held_out_loss(transformer::model& m, const step_data& data) {
  m.forward(data.inputs, length);
  return static_cast<double>(m.classify_in_place(data.targets));
}

}  // namespace

int main() {
  core::random_engine random(5);
  text::vocabulary words;
  std::vector<std::uint32_t> human;
  const core::token_sequences sentences = text::encode(
      text::zipf_mandelbrot_text({.words = 500000, .types = 250, .exponent = 1.0, .dependence = 0.9}, random), words);
  for (std::size_t i = 0; i < sentences.size(); ++i)
    human.insert(human.end(), sentences[i].begin(), sentences[i].end());
  constexpr std::size_t of_held_out = 4 * batch * (length + 1);
  loader held_out(std::vector<std::uint32_t>(human.end() - of_held_out, human.end()));
  const step_data test(held_out.next());
  loader human_text(std::vector<std::uint32_t>(human.begin(), human.end() - of_held_out));

  const transformer::config shape{.vocabulary = words.size(),
                                  .padded = (words.size() + 127) / 128 * 128,
                                  .channels = 24,
                                  .heads = 3,
                                  .layers = 2,
                                  .context = length + 1,
                                  .batch = batch};
  transformer::model model(shape, random);
  const double error = gradient_error(model, test);
  std::printf("V = %zu padded to %zu; gradient against differences: %.1e of the largest\n", shape.vocabulary,
              shape.padded, error);

  const double untrained = held_out_loss(model, test);
  for (int step = 0; step < 400; ++step) {
    const step_data data(human_text.next());
    model.forward(data.inputs, length);
    model.classify_in_place(data.targets);
    model.backward();
    model.update(3e-3F);
  }
  const double trained = held_out_loss(model, test);
  std::printf("held-out loss %.3f -> %.3f nats\n", untrained, trained);

  constexpr std::uint64_t warm_up = 80, switch_at = 140, last = 220;
  monitor::collapse_monitor watch({monitor::token_entropy(), monitor::types(), monitor::distinct_n(2),
                                   monitor::entropy_mean(), monitor::perplexity()},
                                  {.on_alert = monitor::action::stop,
                                   .patience = 3,
                                   .warm_up_blocks = warm_up,
                                   .gather = {.vocabulary = words.size(), .rows_per_call = 0},
                                   .clock = seconds});
  watch.on_train_begin();
  std::uint64_t alarm = 0, stop = 0;
  double hooks = 0.0, loss_at_alarm = 0.0;
  const double begin = seconds();
  for (std::uint64_t step = 1; step <= last; ++step) {
    std::vector<std::uint32_t> rows;
    if (step <= switch_at) {
      const auto next = human_text.next();
      rows.assign(next.begin(), next.end());
    } else {  // the model's own text, begun as human text begins
      const auto next = human_text.next();
      std::vector<std::uint32_t> first;
      for (std::size_t r = 0; r < batch; ++r) first.push_back(next[r * (length + 1)]);
      rows = model.write(first, length + 1, 0.7F, random);
    }
    const step_data data(rows);
    watch.on_tokens(data.inputs.data(), batch, length, length);
    model.forward(data.inputs, length);
    watch.on_logits(model.logits().data(), batch * length, shape.vocabulary, shape.padded, data.targets.data());
    model.classify_in_place(data.targets);
    model.backward();
    model.update(2e-4F);
    if (step % 20 == 0) watch.on_evaluate("loss/held_out", held_out_loss(model, test));
    for (const monitor::alert& a : watch.on_step_end(step)) {
      std::printf("%s\n", monitor::describe(a).c_str());
      if (alarm == 0) alarm = step, loss_at_alarm = held_out_loss(model, test);
    }
    hooks += watch.last_cost();
    if (watch.requested_action() == monitor::action::stop && stop == 0) stop = step;  // a real trainer would stop here
  }
  const double wall = seconds() - begin;
  watch.on_train_end();
  const double after = held_out_loss(model, test);
  std::printf("own text from step %d; alarm at step %d, held-out loss %.3f; stop asked for at step %d\n",
              static_cast<int>(switch_at + 1), static_cast<int>(alarm), loss_at_alarm, static_cast<int>(stop));
  std::printf("held-out loss at the end %.3f; the hooks took %.0f µs a step, %.2f %% of the time\n", after,
              1e6 * hooks / static_cast<double>(last), 100.0 * hooks / wall);
  const bool good = error < 0.02 && trained < untrained - 0.5 && alarm > switch_at && stop >= alarm &&
                    after > trained && watch.dropped() == 0;
  return good ? 0 : 1;
}
