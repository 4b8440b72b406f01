// SPDX-License-Identifier: BSL-1.0
//
// A libtorch language model trained recursively on its own text, with the monitor reading its tensors: a GRU is fitted on human
// text, the next one on what it writes at temperature 0.8, and so on. Each generation's text and its logits on held-out human
// text go to the monitor block by block, before anything is trained on that text. What is normal is learned from the text of
// generation 0.
#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "tailwatch/adapters/torch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/training_signals.hpp"
#include "tailwatch/text/encode.hpp"
#include "tailwatch/text/zipf_text.hpp"

namespace {

constexpr std::int64_t length = 32, batch = 32, blocks = 60;  // a block is one batch of texts of `length` words
constexpr std::uint64_t warm_up = 40;
constexpr int generations = 3, fits = 220;

struct gru_model : torch::nn::Module {
  torch::nn::Embedding embedding;
  torch::nn::GRU recurrent;
  torch::nn::Linear head;
  explicit gru_model(std::int64_t vocabulary)
      : embedding(register_module("embedding", torch::nn::Embedding(vocabulary, 32))),
        recurrent(register_module("recurrent", torch::nn::GRU(torch::nn::GRUOptions(32, 64).batch_first(true)))),
        head(register_module("head", torch::nn::Linear(64, vocabulary))) {}

  /// Logits [B, T, V].
  torch::Tensor forward(const torch::Tensor& ids) {
    return head->forward(std::get<0>(recurrent->forward(embedding->forward(ids))));
  }

  /// Texts [n, length] that begin with `first` [n].
  torch::Tensor write(const torch::Tensor& first, double temperature) {
    const torch::NoGradGuard no_gradient;
    std::vector<torch::Tensor> words{first.unsqueeze(1)};
    torch::Tensor state;
    while (static_cast<std::int64_t>(words.size()) < length) {
      auto [out, next] = recurrent->forward(embedding->forward(words.back()), state);
      state = next;
      words.push_back(torch::multinomial(torch::softmax(head->forward(out.squeeze(1)) / temperature, -1), 1));
    }
    return torch::cat(words, 1);
  }
};

double loss_on(gru_model& model, const torch::Tensor& text) {
  const torch::NoGradGuard no_gradient;
  const torch::Tensor logits = model.forward(text.narrow(1, 0, length - 1));
  return torch::cross_entropy_loss(logits.flatten(0, 1), text.narrow(1, 1, length - 1).flatten()).item<double>();
}

}  // namespace

int main() {
  namespace monitor = tailwatch::monitor;
  namespace adapters = tailwatch::adapters;
  torch::manual_seed(3);
  torch::set_num_threads(1);

  tailwatch::core::random_engine random(5);
  tailwatch::text::vocabulary words;
  const auto sentences =
      tailwatch::text::encode(tailwatch::text::zipf_mandelbrot_text(
                                  {.words = 200000, .types = 300, .exponent = 1.0, .dependence = 0.9}, random),
                              words);
  std::vector<std::int64_t> stream;
  for (std::size_t i = 0; i < sentences.size(); ++i)
    stream.insert(stream.end(), sentences[i].begin(), sentences[i].end());
  const auto rows = static_cast<std::int64_t>(stream.size()) / length;
  const torch::Tensor human = torch::tensor(stream).narrow(0, 0, rows * length).view({rows, length});
  const torch::Tensor held_out = human.narrow(0, rows - blocks * batch, blocks * batch);
  torch::Tensor training = human.narrow(0, 0, blocks * batch);

  monitor::collapse_monitor watch({monitor::token_entropy(), monitor::types(), monitor::distinct_n(2),
                                   monitor::missing_mass(), monitor::entropy_mean()},
                                  {.warm_up_blocks = warm_up, .gather = {.vocabulary = words.size()}});
  watch.on_train_begin();
  std::uint64_t step = 0;
  int alarmed_on = -1;
  std::vector<double> loss;
  for (int g = 0; g <= generations; ++g) {
    gru_model model(static_cast<std::int64_t>(words.size()));
    torch::optim::Adam optimiser(model.parameters(), torch::optim::AdamOptions(1e-2));
    for (int i = 0; i < fits; ++i) {
      const torch::Tensor text = training.index_select(0, torch::randint(training.size(0), {batch}, torch::kLong));
      optimiser.zero_grad();
      torch::cross_entropy_loss(model.forward(text.narrow(1, 0, length - 1)).flatten(0, 1),
                                text.narrow(1, 1, length - 1).flatten())
          .backward();
      optimiser.step();
    }
    loss.push_back(loss_on(model, held_out));

    // Written once, judged, and only then trained on.
    const torch::Tensor first =
        human.index_select(0, torch::randint(rows, {blocks * batch}, torch::kLong)).select(1, 0);
    training = model.write(first, 0.8);
    for (std::int64_t b = 0; b < blocks; ++b) {
      const torch::NoGradGuard no_gradient;
      const torch::Tensor text = held_out.narrow(0, b * batch, batch);
      adapters::on_tokens(watch, training.narrow(0, b * batch, batch));
      adapters::on_logits(watch, model.forward(text.narrow(1, 0, length - 1)), text.narrow(1, 1, length - 1));
      for (const monitor::alert& a : watch.on_step_end(++step)) {
        std::printf("  %s\n", monitor::describe(a).c_str());
        if (alarmed_on < 0) alarmed_on = g;
      }
    }
    std::printf("generation %d: held-out loss %.3f nats; %lld different words in its text%s\n", g, loss.back(),
                static_cast<long long>(std::get<0>(at::_unique(training)).numel()),
                alarmed_on == g ? ", ALARM before anything is trained on it" : "");
    watch.on_generation_end();
  }
  watch.on_train_end();
  const bool good = alarmed_on >= 1 && loss.back() > loss[static_cast<std::size_t>(alarmed_on)] &&
                    watch.dropped() == 0 && watch.count(monitor::problem::refused) == 0;
  return good ? 0 : 1;
}
