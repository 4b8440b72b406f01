// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/diversity/distinct_n.hpp"
#include "tailwatch/diversity/effective_rank.hpp"
#include "tailwatch/drift/jensen_shannon.hpp"
#include "tailwatch/drift/kullback_leibler_smoothed.hpp"
#include "tailwatch/drift/noise_floor.hpp"
#include "tailwatch/drift/wasserstein_1d.hpp"
#include "tailwatch/entropy/miller_madow.hpp"
#include "tailwatch/monitor/signal.hpp"
#include "tailwatch/monitor/text_signals.hpp"
#include "tailwatch/summary/rare_types.hpp"
#include "tailwatch/tail/missing_mass.hpp"
#include "tailwatch/uniqueness/exact_duplicates.hpp"
#include "tailwatch/uniqueness/near_duplicates.hpp"
#include "tailwatch/uniqueness/pass_at_k.hpp"
#include "tailwatch/uniqueness/repetition_n.hpp"
#include "tailwatch/uniqueness/unique_response_ratio.hpp"

/// The signals that trainers watch, under the names that trainers log. Each call is one signal for a collapse_monitor:
///
///   monitor::collapse_monitor watch({monitor::entropy_mean(), monitor::entropy_quantile(0.1), monitor::reward_std()},
///                                   {.warm_up_blocks = 100});
///
/// Directions: entropy and what follows it are watched both ways, because policies explode as well as collapse; what can
/// only be too large (distances, duplicates) alarms on a rise. Change `direction`, `tolerance`, `weight` of the result
/// where that does not fit, and add baselines by with_baseline. Units: nats, shares, tokens. A reference that a signal
/// is given must outlive the monitor.
namespace tailwatch::monitor {
inline namespace TAILWATCH_ABI_NAMESPACE {

namespace signal_detail {

[[nodiscard]] inline const block_text& text_of(const block_data& b, block_source from) {
  return from == block_source::samples ? b.samples() : b.tokens();
}
[[nodiscard]] inline signal of_text(std::string name, signal_role role, collapse_direction direction, block_source from,
                                    block_measure measure) {
  core::check(from == block_source::tokens || from == block_source::samples, "monitor::training_signals", "source",
              to_string(from), "tokens or samples");
  return {.name = from == block_source::samples ? "samples/" + name : std::move(name),
          .role = role,
          .direction = direction,
          .source = from,
          .measure = std::move(measure)};
}
/// "p10", "p50", "p99.9"
[[nodiscard]] inline std::string percentile(double q) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, std::round(1e4 * q) / 100.0, std::chars_format::general, 6);
  return "p" + std::string(text, end.ptr);
}
inline void known_vocabulary(gathering_options& gather, std::uint64_t vocabulary) {
  if (vocabulary < gather.vocabulary) gather.vocabulary = vocabulary;
}
[[nodiscard]] inline estimate exp_of(const estimate& e) {
  const double v = std::exp(e.value);
  return {v, v * e.standard_error, e.count};
}

}  // namespace signal_detail

// --- on_logits ---

/// "entropy/mean": mean entropy of the next-token distributions, nats.
[[nodiscard]] inline signal entropy_mean() {
  return {.name = "entropy/mean",
          .role = signal_role::entropy,
          .source = block_source::logits,
          .measure = [](const block_data& b) { return b.logits().mean(b.logits().entropy()); }};
}
/// "entropy/p10", ...: q-quantile of the entropies of the rows; the upper tail are the forks where exploration happens.
[[nodiscard]] inline signal entropy_quantile(double q) {
  core::check_open_interval("monitor::entropy_quantile", "q", q, 0.0, 1.0);
  return {.name = "entropy/" + signal_detail::percentile(q),
          .role = signal_role::entropy,
          .source = block_source::logits,
          .measure = [q](const block_data& b) { return b.logits().quantile(b.logits().entropy(), q); }};
}
/// "max_probability/mean".
[[nodiscard]] inline signal max_probability() {
  return {.name = "max_probability/mean", .source = block_source::logits, .measure = [](const block_data& b) {
            return b.logits().mean(b.logits().max_probability());
          }};
}
/// "softmax_tail_mass": mass of the tokens with p below `threshold`.
[[nodiscard]] inline signal softmax_tail_mass(double threshold = 1e-4) {
  core::check_open_interval("monitor::softmax_tail_mass", "threshold", threshold, 0.0, 1.0);
  return {.name = "softmax_tail_mass",
          .role = signal_role::tail_mass,
          .source = block_source::logits,
          .measure =
              [threshold](const block_data& b) {
                std::vector<double> thresholds = b.logits().options().tail_thresholds;
                return b.logits().mean(b.logits().tail_mass(threshold_index(thresholds, threshold)));
              },
          .prepare = [threshold](gathering_options& g) { threshold_index(g.tail_thresholds, threshold); }};
}
/// "top_p/size": tokens in the nucleus of probability p, mean over the rows: how many words the model chooses from.
[[nodiscard]] inline signal top_p_size(double p = 0.9) {
  core::check_open_interval("monitor::top_p_size", "p", p, 0.0, 1.0);
  return {.name = "top_p/size",
          .role = signal_role::diversity,
          .source = block_source::logits,
          .measure =
              [p](const block_data& b) {
                std::vector<double> all = b.logits().options().top_p;
                return b.logits().mean(b.logits().nucleus_size(threshold_index(all, p)));
              },
          .prepare = [p](gathering_options& g) { threshold_index(g.top_p, p); }};
}
/// "top_p/tail_mass": probability outside that nucleus.
[[nodiscard]] inline signal top_p_tail_mass(double p = 0.9) {
  core::check_open_interval("monitor::top_p_tail_mass", "p", p, 0.0, 1.0);
  return {.name = "top_p/tail_mass",
          .role = signal_role::tail_mass,
          .source = block_source::logits,
          .measure =
              [p](const block_data& b) {
                std::vector<double> all = b.logits().options().top_p;
                return b.logits().mean(b.logits().mass_outside(threshold_index(all, p)));
              },
          .prepare = [p](gathering_options& g) { threshold_index(g.top_p, p); }};
}
/// "perplexity": exp of the mean −ln p of the targets.
[[nodiscard]] inline signal perplexity() {
  return {.name = "perplexity",
          .role = signal_role::surprise,
          .source = block_source::logits,
          .measure = [](const block_data& b) {
            return signal_detail::exp_of(b.logits().mean(b.logits().negative_log_likelihood()));
          }};
}
/// "perplexity/p5", "perplexity/p95": exp of a quantile of −ln p: both tails of what the model finds probable.
[[nodiscard]] inline signal perplexity_quantile(double q) {
  core::check_open_interval("monitor::perplexity_quantile", "q", q, 0.0, 1.0);
  return {.name = "perplexity/" + signal_detail::percentile(q),
          .role = signal_role::surprise,
          .source = block_source::logits,
          .measure = [q](const block_data& b) {
            return signal_detail::exp_of(b.logits().quantile(b.logits().negative_log_likelihood(), q));
          }};
}
/// "nll/wasserstein": 1-Wasserstein distance of −ln p of the block's targets from a reference sample, nats.
[[nodiscard]] inline signal nll_wasserstein(std::vector<double> reference) {
  return {.name = "nll/wasserstein",
          .role = signal_role::distance,
          .direction = collapse_direction::rises,
          .source = block_source::logits,
          .measure = [reference = std::move(reference)](const block_data& b) {
            std::vector<double> nll;
            for (const double x : b.logits().negative_log_likelihood().values())
              if (core::is_finite(x)) nll.push_back(x);
            return drift::wasserstein_1d(nll, reference);
          }};
}

// --- on_tokens, or on_samples when told: names then begin with "samples/" ---

/// "token_entropy": Miller–Madow entropy of the block's tokens, nats. Compare blocks of one size only: set block_tokens.
[[nodiscard]] inline signal token_entropy(block_source from = block_source::tokens) {
  return signal_detail::of_text(
      "token_entropy", signal_role::entropy, collapse_direction::either, from,
      [from](const block_data& b) { return entropy::miller_madow(signal_detail::text_of(b, from).profile(1)); });
}
/// "types": distinct tokens.
[[nodiscard]] inline signal types(block_source from = block_source::tokens) {
  return signal_detail::of_text("types", signal_role::diversity, collapse_direction::either, from,
                                [from](const block_data& b) {
                                  return static_cast<double>(signal_detail::text_of(b, from).ngrams(1).distinct());
                                });
}
/// "missing_mass": Good–Turing f₁/N.
[[nodiscard]] inline signal missing_mass(block_source from = block_source::tokens) {
  return signal_detail::of_text(
      "missing_mass", signal_role::missing_mass, collapse_direction::either, from,
      [from](const block_data& b) { return tail::missing_mass(signal_detail::text_of(b, from).profile(1)); });
}
/// "distinct_2", ...: distinct n-grams per n-gram.
[[nodiscard]] inline signal distinct_n(std::size_t n, block_source from = block_source::tokens) {
  return signal_detail::of_text(
      "distinct_" + std::to_string(n), signal_role::diversity, collapse_direction::either, from,
      [n, from](const block_data& b) { return diversity::distinct_n(signal_detail::text_of(b, from).ngrams(n)); });
}
/// "repetition_4", ...: share of n-grams that repeat an earlier one.
[[nodiscard]] inline signal repetition_n(std::size_t n, block_source from = block_source::tokens) {
  return signal_detail::of_text(
      "repetition_" + std::to_string(n), signal_role::repetition, collapse_direction::either, from,
      [n, from](const block_data& b) { return uniqueness::repetition_n(signal_detail::text_of(b, from).ngrams(n)); });
}
/// "f1_share_3", ...: f₁/D, share of the distinct n-grams that occur once: the rare end of the block's own spectrum.
[[nodiscard]] inline signal singleton_share(std::size_t n, block_source from = block_source::tokens) {
  return signal_detail::of_text("f1_share_" + std::to_string(n), signal_role::diversity, collapse_direction::either,
                                from, [n, from](const block_data& b) {
                                  const summary::frequency_profile p = signal_detail::text_of(b, from).profile(n);
                                  return summary::binomial_share(p.f(1), p.types());
                                });
}
/// "rare_type_coverage": share of the reference's rare words that the block holds.
[[nodiscard]] inline signal rare_type_coverage(const text_reference& reference,
                                               block_source from = block_source::tokens) {
  signal s = signal_detail::of_text("rare_type_coverage", signal_role::tail_mass, collapse_direction::either, from,
                                    [&reference, from](const block_data& b) {
                                      const summary::dense_counts& counts = signal_detail::text_of(b, from).counts();
                                      std::uint64_t rare = 0, produced = 0;
                                      for (std::size_t id = 0; id < reference.vocabulary(); ++id) {
                                        if (!reference.rare(id)) continue;
                                        ++rare;
                                        produced += id < counts.vocabulary() && counts[id] != 0 ? 1U : 0U;
                                      }
                                      return summary::binomial_share(produced, rare);
                                    });
  s.prepare = [v = reference.vocabulary()](gathering_options& g) { signal_detail::known_vocabulary(g, v); };
  return s;
}
/// "rare_word_mass": share of the block's tokens that are rare words of the reference.
[[nodiscard]] inline signal rare_word_mass(const text_reference& reference, block_source from = block_source::tokens) {
  signal s = signal_detail::of_text("rare_word_mass", signal_role::tail_mass, collapse_direction::either, from,
                                    [&reference, from](const block_data& b) {
                                      const summary::dense_counts& counts = signal_detail::text_of(b, from).counts();
                                      std::int64_t rare = 0;
                                      for (std::size_t id = 0; id < counts.vocabulary(); ++id)
                                        rare += reference.rare(id) ? counts[id] : 0;
                                      return summary::binomial_share(static_cast<std::uint64_t>(rare), counts.count());
                                    });
  s.prepare = [v = reference.vocabulary()](gathering_options& g) { signal_detail::known_vocabulary(g, v); };
  return s;
}
/// "novel_trigrams": share of the block's trigrams that the reference does not hold.
[[nodiscard]] inline signal novel_trigrams(const text_reference& reference, block_source from = block_source::tokens) {
  signal s = signal_detail::of_text("novel_trigrams", signal_role::novelty, collapse_direction::either, from,
                                    [&reference, from](const block_data& b) {
                                      const summary::ngram_counts& grams = signal_detail::text_of(b, from).ngrams(3);
                                      const std::uint64_t known = grams.shared_with(reference.trigrams()).count;
                                      return summary::binomial_share(grams.count() - known, grams.count());
                                    });
  s.prepare = [v = reference.vocabulary()](gathering_options& g) { signal_detail::known_vocabulary(g, v); };
  return s;
}
/// "kl/reference": KL(block‖reference) of the tokens, add-½ smoothed, less its noise floor, nats: 0 on average where both
/// have one source. The error is the standard deviation of the floor.
[[nodiscard]] inline signal kl_to_reference(const text_reference& reference, block_source from = block_source::tokens) {
  signal s = signal_detail::of_text(
      "kl/reference", signal_role::distance, collapse_direction::rises, from, [&reference, from](const block_data& b) {
        const summary::dense_counts& counts = signal_detail::text_of(b, from).counts();
        const estimate kl = drift::kullback_leibler_smoothed(counts, reference.counts());
        const estimate floor = drift::noise_floor(
            counts, reference.counts(), {.divergence = drift::divergence::kullback_leibler_smoothed, .smoothed = {}});
        return estimate{kl.value - floor.value, floor.standard_error, kl.count};
      });
  s.prepare = [v = reference.vocabulary()](gathering_options& g) { signal_detail::known_vocabulary(g, v); };
  return s;
}
/// "jensen_shannon/reference": divergence of the tokens from the reference's, nats, noise floor not taken off.
[[nodiscard]] inline signal jensen_shannon_to_reference(const text_reference& reference,
                                                        block_source from = block_source::tokens) {
  signal s = signal_detail::of_text("jensen_shannon/reference", signal_role::distance, collapse_direction::rises, from,
                                    [&reference, from](const block_data& b) {
                                      return drift::jensen_shannon_divergence(signal_detail::text_of(b, from).counts(),
                                                                              reference.counts());
                                    });
  s.prepare = [v = reference.vocabulary()](gathering_options& g) { signal_detail::known_vocabulary(g, v); };
  return s;
}
/// "duplicate_rate": share of the sequences that only repeat another.
[[nodiscard]] inline signal duplicate_rate(block_source from = block_source::samples) {
  return signal_detail::of_text("duplicate_rate", signal_role::repetition, collapse_direction::rises, from,
                                [from](const block_data& b) {
                                  return uniqueness::exact_duplicate_rate(signal_detail::text_of(b, from).sequences());
                                });
}
/// "near_duplicate_rate": the same for sequences that vary another: Jaccard index of shingles.
[[nodiscard]] inline signal near_duplicate_rate(const uniqueness::near_duplicates_options& options = {},
                                                block_source from = block_source::samples) {
  return signal_detail::of_text(
      "near_duplicate_rate", signal_role::repetition, collapse_direction::rises, from,
      [options, from](const block_data& b) {
        return uniqueness::near_duplicates(signal_detail::text_of(b, from).sequences(), options).rate;
      });
}

// --- on_samples ---

/// "unique_response_ratio": different responses among those to one prompt, mean over prompts.
[[nodiscard]] inline signal unique_response_ratio() {
  return {.name = "unique_response_ratio",
          .role = signal_role::diversity,
          .direction = collapse_direction::falls,
          .source = block_source::samples,
          .measure = [](const block_data& b) -> estimate {
            if (b.samples().prompts().empty()) return {};
            return uniqueness::unique_response_ratio(b.samples().prompts(), b.samples().sequences());
          }};
}
/// "response_length/mean", tokens.
[[nodiscard]] inline signal response_length() {
  return {.name = "response_length/mean", .source = block_source::samples, .measure = [](const block_data& b) {
            const core::token_sequences& r = b.samples().sequences();
            token_mean length;
            for (std::size_t i = 0; i < r.size(); ++i) length.add(static_cast<double>(r[i].size()));
            return length.mean();
          }};
}
/// "response_length/clip_ratio": share of the responses that reached `max_tokens`.
[[nodiscard]] inline signal response_clip_ratio(std::size_t max_tokens) {
  core::check_at_least("monitor::response_clip_ratio", "max_tokens", max_tokens, std::size_t{1});
  return {.name = "response_length/clip_ratio",
          .source = block_source::samples,
          .measure = [max_tokens](const block_data& b) {
            const core::token_sequences& r = b.samples().sequences();
            std::uint64_t clipped = 0;
            for (std::size_t i = 0; i < r.size(); ++i) clipped += r[i].size() >= max_tokens ? 1U : 0U;
            return summary::binomial_share(clipped, r.size());
          }};
}

// --- on_embeddings ---

/// "embedding/log_variance": ln of the mean variance of a component, ln(tr Σ/d).
[[nodiscard]] inline signal embedding_log_variance() {
  return {.name = "embedding/log_variance",
          .role = signal_role::log_variance,
          .source = block_source::embeddings,
          .measure = [](const block_data& b) -> estimate {
            const auto x = b.embeddings().view();
            const std::size_t n = x.size, d = x.dimension;
            if (n < 2) return {core::nan, core::nan, n};
            std::vector<double> mean(d, 0.0), distance(n, 0.0);
            for (std::size_t i = 0; i < n; ++i)
              for (std::size_t j = 0; j < d; ++j) mean[j] += static_cast<double>(x[i][j]) / static_cast<double>(n);
            double sum = 0.0;
            for (std::size_t i = 0; i < n; ++i) {
              for (std::size_t j = 0; j < d; ++j) {
                const double v = static_cast<double>(x[i][j]) - mean[j];
                distance[i] += v * v;
              }
              sum += distance[i];
            }
            // The variance is a mean of squared distances; delta method for its logarithm.
            const auto size = static_cast<double>(n);
            double squares = 0.0;
            for (const double v : distance) squares += (v - sum / size) * (v - sum / size);
            const double error = std::sqrt(squares / (size * (size - 1.0))) / (sum / size);
            return {sum > 0.0 ? std::log(sum / ((size - 1.0) * static_cast<double>(d))) : core::nan, error, n};
          }};
}
/// "embedding/effective_rank".
[[nodiscard]] inline signal embedding_effective_rank() {
  return {.name = "embedding/effective_rank",
          .role = signal_role::diversity,
          .source = block_source::embeddings,
          .measure = [](const block_data& b) { return diversity::effective_rank(b.embeddings().view()); }};
}

// --- on_rewards ---

/// "reward/mean".
[[nodiscard]] inline signal reward_mean() {
  return {.name = "reward/mean", .source = block_source::rewards, .measure = [](const block_data& b) {
            token_mean reward;
            for (const auto& r : b.rewards().rewards()) reward.add(r.second);
            return reward.mean();
          }};
}
/// "reward_std": standard deviation of the rewards of a group, mean over the groups of two and more.
[[nodiscard]] inline signal reward_std() {
  return {.name = "reward_std", .source = block_source::rewards, .measure = [](const block_data& b) {
            token_mean deviation;
            b.rewards().for_each_group([&](std::span<const block_rewards::reward> group) {
              if (group.size() < 2) return;
              token_mean reward;
              for (const auto& r : group) reward.add(r.second);
              deviation.add(reward.mean().standard_error * std::sqrt(static_cast<double>(group.size())));
            });
            return deviation.mean();
          }};
}
/// "frac_reward_zero_std": share of the groups of two and more whose rewards are all the same: no gradient comes of them.
[[nodiscard]] inline signal frac_reward_zero_std(double tolerance = 1e-8) {
  core::check_not_negative("monitor::frac_reward_zero_std", "tolerance", tolerance);
  return {.name = "frac_reward_zero_std",
          .role = signal_role::repetition,
          .direction = collapse_direction::rises,
          .source = block_source::rewards,
          .measure = [tolerance](const block_data& b) {
            std::uint64_t groups = 0, flat = 0;
            b.rewards().for_each_group([&](std::span<const block_rewards::reward> group) {
              if (group.size() < 2) return;
              ++groups;
              flat += group.back().second - group.front().second <= tolerance ? 1U : 0U;  // sorted
            });
            return summary::binomial_share(flat, groups);
          }};
}
/// "pass_at_8", ...: pass@k, a response being correct from the reward `correct` on.
[[nodiscard]] inline signal pass_at_k(std::uint64_t k, double correct = 0.5) {
  core::check_at_least("monitor::pass_at_k", "k", k, std::uint64_t{1});
  return {.name = "pass_at_" + std::to_string(k),
          .role = signal_role::other,
          .source = block_source::rewards,
          .measure = [k, correct](const block_data& b) {
            std::vector<uniqueness::prompt_successes> prompts;
            b.rewards().for_each_group([&](std::span<const block_rewards::reward> group) {
              uniqueness::prompt_successes p{group.size(), 0};
              for (const auto& r : group) p.correct += r.second >= correct ? 1U : 0U;
              prompts.push_back(p);
            });
            return uniqueness::pass_at_k(prompts, {.k = k});
          }};
}

// --- on_policy ---

/// "kl/k1", "kl/k2", "kl/k3": KL of the policy from its reference, nats a token, by Schulman's estimators.
[[nodiscard]] inline signal policy_kl(std::size_t j = 3) {
  core::check(j >= 1 && j <= 3, "monitor::policy_kl", "j", j, "1, 2 or 3");
  return {.name = "kl/k" + std::to_string(j),
          .role = signal_role::distance,
          .direction = collapse_direction::rises,
          .source = block_source::policy,
          .measure = [j](const block_data& b) { return b.policy().k(j); }};
}
/// "clip_ratio/low_mean", "clip_ratio/high_mean", "clip_ratio/region_mean": shares of clipped tokens.
[[nodiscard]] inline signal clip_ratio_low() {
  return {.name = "clip_ratio/low_mean", .source = block_source::policy, .measure = [](const block_data& b) {
            return b.policy().clipped_low();
          }};
}
[[nodiscard]] inline signal clip_ratio_high() {
  return {.name = "clip_ratio/high_mean", .source = block_source::policy, .measure = [](const block_data& b) {
            return b.policy().clipped_high();
          }};
}
[[nodiscard]] inline signal clip_ratio_region() {
  return {.name = "clip_ratio/region_mean", .source = block_source::policy, .measure = [](const block_data& b) {
            return b.policy().clipped_region();
          }};
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::monitor
