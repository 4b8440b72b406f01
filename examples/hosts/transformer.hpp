// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tailwatch/core/random.hpp"

/// A GPT-2 in plain loops: token and position embeddings, blocks of layer norm, causal attention and GELU, the head tied to the
/// token embedding; forward, backward and AdamW in float. Memory is laid out as in llm.c: one array of parameters, logits
/// [B·T, Vp] with the vocabulary padded from V to Vp, and a classifier that overwrites the logits with their gradient.
namespace transformer {

using tensor = std::vector<float>;

struct config {
  std::size_t vocabulary = 0;  ///< V: tokens that exist
  std::size_t padded = 0;      ///< Vp ≥ V: columns of the logits
  std::size_t channels = 0, heads = 1, layers = 1, context = 0, batch = 1;
};

namespace kernels {

/// out[n, oc] = Σ_c in[n, c]·w[oc, c] + bias[oc], c a multiple of 8: eight sums, so that the compiler may use vectors
inline void matmul(float* out, const float* in, const float* w, const float* bias, std::size_t n, std::size_t c,
                   std::size_t oc) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t o = 0; o < oc; ++o) {
      float sums[8] = {};
      for (std::size_t j = 0; j < c; j += 8)
        for (std::size_t e = 0; e < 8; ++e) sums[e] += in[i * c + j + e] * w[o * c + j + e];
      float sum = bias != nullptr ? bias[o] : 0.0F;
      for (const float part : sums) sum += part;
      out[i * oc + o] = sum;
    }
}
inline void matmul_backward(float* d_in, float* d_w, float* d_bias, const float* d_out, const float* in, const float* w,
                            std::size_t n, std::size_t c, std::size_t oc) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t o = 0; o < oc; ++o) {
      const float d = d_out[i * oc + o];
      if (d == 0.0F) continue;  // the padding
      if (d_bias != nullptr) d_bias[o] += d;
      for (std::size_t j = 0; j < c; ++j) {
        d_in[i * c + j] += d * w[o * c + j];
        d_w[o * c + j] += d * in[i * c + j];
      }
    }
}

inline void layer_norm(float* out, float* mean, float* scale, const float* in, const float* w, const float* b,
                       std::size_t n, std::size_t c) {
  for (std::size_t i = 0; i < n; ++i) {
    const float* x = in + i * c;
    float m = 0.0F, v = 0.0F;
    for (std::size_t j = 0; j < c; ++j) m += x[j] / static_cast<float>(c);
    for (std::size_t j = 0; j < c; ++j) v += (x[j] - m) * (x[j] - m) / static_cast<float>(c);
    const float s = 1.0F / std::sqrt(v + 1e-5F);
    for (std::size_t j = 0; j < c; ++j) out[i * c + j] = (x[j] - m) * s * w[j] + b[j];
    mean[i] = m;
    scale[i] = s;
  }
}
inline void layer_norm_backward(float* d_in, float* d_w, float* d_b, const float* d_out, const float* in,
                                const float* w, const float* mean, const float* scale, std::size_t n, std::size_t c) {
  for (std::size_t i = 0; i < n; ++i) {
    float sum = 0.0F, along = 0.0F;
    for (std::size_t j = 0; j < c; ++j) {
      const float x = (in[i * c + j] - mean[i]) * scale[i];
      const float d = d_out[i * c + j] * w[j];
      sum += d / static_cast<float>(c);
      along += d * x / static_cast<float>(c);
      d_b[j] += d_out[i * c + j];
      d_w[j] += d_out[i * c + j] * x;
    }
    for (std::size_t j = 0; j < c; ++j) {
      const float x = (in[i * c + j] - mean[i]) * scale[i];
      d_in[i * c + j] += (d_out[i * c + j] * w[j] - sum - x * along) * scale[i];
    }
  }
}

/// Causal attention of `heads` heads; qkv[b, t, 3c], weights[b, h, t, t].
inline void attention(float* out, float* weights, const float* qkv, std::size_t b, std::size_t t, std::size_t c,
                      std::size_t heads) {
  const std::size_t size = c / heads;
  const float norm = 1.0F / std::sqrt(static_cast<float>(size));
  std::fill_n(out, b * t * c, 0.0F);
  for (std::size_t s = 0; s < b; ++s)
    for (std::size_t h = 0; h < heads; ++h)
      for (std::size_t i = 0; i < t; ++i) {
        const float* q = qkv + (s * t + i) * 3 * c + h * size;
        float* a = weights + ((s * heads + h) * t + i) * t;
        float top = -std::numeric_limits<float>::infinity(), sum = 0.0F;
        for (std::size_t j = 0; j <= i; ++j) {
          const float* k = qkv + (s * t + j) * 3 * c + c + h * size;
          a[j] = 0.0F;
          for (std::size_t e = 0; e < size; ++e) a[j] += q[e] * k[e] * norm;
          top = std::max(top, a[j]);
        }
        for (std::size_t j = 0; j <= i; ++j) sum += a[j] = std::exp(a[j] - top);
        for (std::size_t j = 0; j <= i; ++j) {
          a[j] /= sum;
          const float* v = qkv + (s * t + j) * 3 * c + 2 * c + h * size;
          for (std::size_t e = 0; e < size; ++e) out[(s * t + i) * c + h * size + e] += a[j] * v[e];
        }
      }
}
inline void attention_backward(float* d_qkv, const float* d_out, const float* weights, const float* qkv, std::size_t b,
                               std::size_t t, std::size_t c, std::size_t heads) {
  const std::size_t size = c / heads;
  const float norm = 1.0F / std::sqrt(static_cast<float>(size));
  std::vector<float> d_a(t);
  for (std::size_t s = 0; s < b; ++s)
    for (std::size_t h = 0; h < heads; ++h)
      for (std::size_t i = 0; i < t; ++i) {
        const float* a = weights + ((s * heads + h) * t + i) * t;
        const float* d = d_out + (s * t + i) * c + h * size;
        const std::size_t query = (s * t + i) * 3 * c + h * size;
        float along = 0.0F;
        for (std::size_t j = 0; j <= i; ++j) {
          const std::size_t value = (s * t + j) * 3 * c + 2 * c + h * size;
          d_a[j] = 0.0F;
          for (std::size_t e = 0; e < size; ++e) {
            d_a[j] += d[e] * qkv[value + e];
            d_qkv[value + e] += a[j] * d[e];
          }
          along += a[j] * d_a[j];
        }
        for (std::size_t j = 0; j <= i; ++j) {
          const std::size_t key = (s * t + j) * 3 * c + c + h * size;
          const float d_score = a[j] * (d_a[j] - along) * norm;
          for (std::size_t e = 0; e < size; ++e) {
            d_qkv[query + e] += d_score * qkv[key + e];
            d_qkv[key + e] += d_score * qkv[query + e];
          }
        }
      }
}

inline constexpr float gelu_slope = 0.7978845608F;  // √(2/π), of the tanh form
inline float gelu(float x) { return 0.5F * x * (1.0F + std::tanh(gelu_slope * (x + 0.044715F * x * x * x))); }
inline float gelu_derivative(float x) {
  const float u = std::tanh(gelu_slope * (x + 0.044715F * x * x * x));
  return 0.5F * (1.0F + u) + 0.5F * x * (1.0F - u * u) * gelu_slope * (1.0F + 3.0F * 0.044715F * x * x);
}

}  // namespace kernels

class model {
 public:
  template <class Random>
  model(const config& shape, Random& random) : c_(shape) {
    const std::size_t c = c_.channels;
    token_ = take(c_.padded * c);
    position_ = take(c_.context * c);
    for (std::size_t l = 0; l < c_.layers; ++l) {
      block b{};
      b.norm1_w = take(c), b.norm1_b = take(c), b.qkv_w = take(3 * c * c), b.qkv_b = take(3 * c);
      b.out_w = take(c * c), b.out_b = take(c), b.norm2_w = take(c), b.norm2_b = take(c);
      b.up_w = take(4 * c * c), b.up_b = take(4 * c), b.down_w = take(4 * c * c), b.down_b = take(c);
      blocks_.push_back(b);
    }
    norm_w_ = take(c), norm_b_ = take(c);
    parameters_.resize(size_);
    const auto fill = [&](std::size_t at, std::size_t n, float deviation) {
      for (std::size_t i = 0; i < n; ++i)
        parameters_[at + i] =
            deviation * static_cast<float>(2.0 * tailwatch::core::uniform_01(random) - 1.0) * std::sqrt(3.0F);
    };
    const auto ones = [&](std::size_t at) {
      std::fill_n(parameters_.begin() + static_cast<std::ptrdiff_t>(at), c, 1.0F);
    };
    fill(token_, c_.vocabulary * c, 0.05F);  // rows of the padding stay 0: tokens that do not exist
    fill(position_, c_.context * c, 0.02F);
    for (const block& b : blocks_) {
      ones(b.norm1_w), ones(b.norm2_w);
      fill(b.qkv_w, 3 * c * c, 0.1F), fill(b.out_w, c * c, 0.05F);
      fill(b.up_w, 4 * c * c, 0.1F), fill(b.down_w, 4 * c * c, 0.05F);
    }
    ones(norm_w_);
    gradient_.assign(size_, 0.0F), moment1_.assign(size_, 0.0F), moment2_.assign(size_, 0.0F);
    layers_.resize(c_.layers);
  }

  [[nodiscard]] const config& shape() const noexcept { return c_; }
  [[nodiscard]] tensor& parameters() noexcept { return parameters_; }
  [[nodiscard]] const tensor& gradient() const noexcept { return gradient_; }
  /// [rows · Vp]; after `classify_in_place` their gradient.
  [[nodiscard]] tensor& logits() noexcept { return logits_; }

  /// Logits for `ids`, row after row of `length` ≤ context tokens.
  void forward(std::span<const std::uint32_t> ids, std::size_t length) {
    namespace k = kernels;
    ids_.assign(ids.begin(), ids.end());
    length_ = length;
    const std::size_t c = c_.channels, n = ids.size(), b = n / length;
    input_.resize(n * c);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < c; ++j)
        input_[i * c + j] = parameters_[token_ + ids[i] * c + j] + parameters_[position_ + (i % length) * c + j];
    const float* x = input_.data();
    for (std::size_t l = 0; l < c_.layers; ++l) {
      const block& w = blocks_[l];
      activations& a = layers_[l];
      a.resize(n, c, b * c_.heads * length * length);
      k::layer_norm(a.norm1.data(), a.mean1.data(), a.scale1.data(), x, at(w.norm1_w), at(w.norm1_b), n, c);
      k::matmul(a.qkv.data(), a.norm1.data(), at(w.qkv_w), at(w.qkv_b), n, c, 3 * c);
      k::attention(a.attended.data(), a.weights.data(), a.qkv.data(), b, length, c, c_.heads);
      k::matmul(a.middle.data(), a.attended.data(), at(w.out_w), at(w.out_b), n, c, c);
      for (std::size_t i = 0; i < n * c; ++i) a.middle[i] += x[i];
      k::layer_norm(a.norm2.data(), a.mean2.data(), a.scale2.data(), a.middle.data(), at(w.norm2_w), at(w.norm2_b), n,
                    c);
      k::matmul(a.up.data(), a.norm2.data(), at(w.up_w), at(w.up_b), n, c, 4 * c);
      for (std::size_t i = 0; i < 4 * n * c; ++i) a.bent[i] = k::gelu(a.up[i]);
      k::matmul(a.out.data(), a.bent.data(), at(w.down_w), at(w.down_b), n, 4 * c, c);
      for (std::size_t i = 0; i < n * c; ++i) a.out[i] += a.middle[i];
      x = a.out.data();
    }
    last_.resize(n * c), mean_.resize(n), scale_.resize(n), logits_.resize(n * c_.padded);
    k::layer_norm(last_.data(), mean_.data(), scale_.data(), x, at(norm_w_), at(norm_b_), n, c);
    k::matmul(logits_.data(), last_.data(), at(token_), nullptr, n, c, c_.padded);
  }

  /// Mean cross entropy of the targets; overwrites the logits with its gradient, 0 in the padding. Whoever wants to see logits
  /// looks before this.
  float classify_in_place(std::span<const std::uint32_t> targets) {
    const std::size_t n = targets.size();
    double loss = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      float* row = logits_.data() + i * c_.padded;
      const float top = *std::max_element(row, row + c_.vocabulary);
      double sum = 0.0;
      for (std::size_t v = 0; v < c_.vocabulary; ++v) sum += static_cast<double>(std::exp(row[v] - top));
      loss += std::log(sum) - static_cast<double>(row[targets[i]] - top);
      for (std::size_t v = 0; v < c_.vocabulary; ++v)
        row[v] = (std::exp(row[v] - top) / static_cast<float>(sum) - (v == targets[i] ? 1.0F : 0.0F)) /
                 static_cast<float>(n);
      std::fill(row + c_.vocabulary, row + c_.padded, 0.0F);
    }
    return static_cast<float>(loss / static_cast<double>(n));
  }

  /// Gradient of the parameters from what lies in `logits()` after classify_in_place.
  void backward() {
    namespace k = kernels;
    const std::size_t c = c_.channels, n = ids_.size(), b = n / length_;
    std::ranges::fill(gradient_, 0.0F);
    tensor d(n * c, 0.0F), d_x(n * c, 0.0F);
    k::matmul_backward(d.data(), grad(token_), nullptr, logits_.data(), last_.data(), at(token_), n, c, c_.padded);
    const float* top = c_.layers == 0 ? input_.data() : layers_.back().out.data();
    k::layer_norm_backward(d_x.data(), grad(norm_w_), grad(norm_b_), d.data(), top, at(norm_w_), mean_.data(),
                           scale_.data(), n, c);
    for (std::size_t l = c_.layers; l-- > 0;) {
      const block& w = blocks_[l];
      const activations& a = layers_[l];
      const float* x = l == 0 ? input_.data() : layers_[l - 1].out.data();
      tensor d_bent(4 * n * c, 0.0F), d_norm(n * c, 0.0F), d_attended(n * c, 0.0F), d_qkv(3 * n * c, 0.0F);
      k::matmul_backward(d_bent.data(), grad(w.down_w), grad(w.down_b), d_x.data(), a.bent.data(), at(w.down_w), n,
                         4 * c, c);
      for (std::size_t i = 0; i < 4 * n * c; ++i) d_bent[i] *= k::gelu_derivative(a.up[i]);
      k::matmul_backward(d_norm.data(), grad(w.up_w), grad(w.up_b), d_bent.data(), a.norm2.data(), at(w.up_w), n, c,
                         4 * c);
      tensor d_middle = d_x;  // the residual path
      k::layer_norm_backward(d_middle.data(), grad(w.norm2_w), grad(w.norm2_b), d_norm.data(), a.middle.data(),
                             at(w.norm2_w), a.mean2.data(), a.scale2.data(), n, c);
      k::matmul_backward(d_attended.data(), grad(w.out_w), grad(w.out_b), d_middle.data(), a.attended.data(),
                         at(w.out_w), n, c, c);
      k::attention_backward(d_qkv.data(), d_attended.data(), a.weights.data(), a.qkv.data(), b, length_, c, c_.heads);
      std::ranges::fill(d_norm, 0.0F);
      k::matmul_backward(d_norm.data(), grad(w.qkv_w), grad(w.qkv_b), d_qkv.data(), a.norm1.data(), at(w.qkv_w), n, c,
                         3 * c);
      d_x = d_middle;
      k::layer_norm_backward(d_x.data(), grad(w.norm1_w), grad(w.norm1_b), d_norm.data(), x, at(w.norm1_w),
                             a.mean1.data(), a.scale1.data(), n, c);
    }
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < c; ++j) {
        gradient_[token_ + ids_[i] * c + j] += d_x[i * c + j];
        gradient_[position_ + (i % length_) * c + j] += d_x[i * c + j];
      }
  }

  /// AdamW.
  void update(float rate, float decay = 0.01F) {
    ++updates_;
    const auto t = static_cast<float>(updates_);
    const float bias1 = 1.0F - std::pow(0.9F, t), bias2 = 1.0F - std::pow(0.99F, t);
    for (std::size_t i = 0; i < size_; ++i) {
      moment1_[i] = 0.9F * moment1_[i] + 0.1F * gradient_[i];
      moment2_[i] = 0.99F * moment2_[i] + 0.01F * gradient_[i] * gradient_[i];
      parameters_[i] -=
          rate * (moment1_[i] / bias1 / (std::sqrt(moment2_[i] / bias2) + 1e-8F) + decay * parameters_[i]);
    }
  }

  /// Writes `rows` texts of `length` ≤ context tokens side by side, from their first tokens on.
  template <class Random>
  std::vector<std::uint32_t> write(std::span<const std::uint32_t> first, std::size_t length, float temperature,
                                   Random& random) {
    const std::size_t rows = first.size();
    std::vector<std::vector<std::uint32_t>> text(rows);
    for (std::size_t r = 0; r < rows; ++r) text[r].push_back(first[r]);
    std::vector<std::uint32_t> ids;
    while (text.front().size() < length) {
      const std::size_t so_far = text.front().size();
      ids.clear();
      for (const auto& t : text) ids.insert(ids.end(), t.begin(), t.end());
      forward(ids, so_far);
      for (std::size_t r = 0; r < rows; ++r) {
        const float* row = logits_.data() + (r * so_far + so_far - 1) * c_.padded;
        const float top = *std::max_element(row, row + c_.vocabulary);
        double left = 0.0;
        for (std::size_t v = 0; v < c_.vocabulary; ++v)
          left += static_cast<double>(std::exp((row[v] - top) / temperature));
        left *= tailwatch::core::uniform_01(random);
        std::uint32_t v = 0;
        while (v + 1 < c_.vocabulary && (left -= static_cast<double>(std::exp((row[v] - top) / temperature))) >= 0.0)
          ++v;
        text[r].push_back(v);
      }
    }
    ids.clear();
    for (const auto& t : text) ids.insert(ids.end(), t.begin(), t.end());
    return ids;
  }

 private:
  struct block {
    std::size_t norm1_w, norm1_b, qkv_w, qkv_b, out_w, out_b, norm2_w, norm2_b, up_w, up_b, down_w, down_b;
  };
  struct activations {
    tensor norm1, mean1, scale1, qkv, weights, attended, middle, norm2, mean2, scale2, up, bent, out;
    void resize(std::size_t n, std::size_t c, std::size_t attention) {
      for (tensor* t : {&norm1, &attended, &middle, &norm2, &out}) t->resize(n * c);
      for (tensor* t : {&mean1, &scale1, &mean2, &scale2}) t->resize(n);
      for (tensor* t : {&up, &bent}) t->resize(4 * n * c);
      qkv.resize(3 * n * c);
      weights.resize(attention);
    }
  };

  std::size_t take(std::size_t n) {
    const std::size_t at = size_;
    size_ += n;
    return at;
  }
  [[nodiscard]] const float* at(std::size_t i) const { return parameters_.data() + i; }
  [[nodiscard]] float* grad(std::size_t i) { return gradient_.data() + i; }

  config c_;
  std::size_t size_ = 0, token_ = 0, position_ = 0, norm_w_ = 0, norm_b_ = 0, length_ = 0;
  std::uint64_t updates_ = 0;
  std::vector<block> blocks_;
  std::vector<activations> layers_;
  std::vector<std::uint32_t> ids_;
  tensor parameters_, gradient_, moment1_, moment2_, input_, last_, mean_, scale_, logits_;
};

}  // namespace transformer
