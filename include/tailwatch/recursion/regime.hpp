// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tailwatch::recursion {

/// What the next generation is trained on. D₀ is the real data, Sᵍ the sample drawn from generation g.
///
///   replace               Sᵍ alone
///   accumulate            D₀ ∪ S⁰ ∪ … ∪ Sᵍ, all of it
///   accumulate_subsample  `training_size` units of D₀ ∪ S⁰ ∪ … ∪ Sᵍ, drawn without replacement: a fixed budget
///   mix                   a share of fresh real data that no generation has seen, the rest from Sᵍ
///   augment               D₀ ∪ Sᵍ: the same real data again and again, beside the last sample alone
enum class regime : std::uint8_t { replace, accumulate, accumulate_subsample, mix, augment };

inline constexpr std::array<regime, 5> regimes{regime::replace, regime::accumulate, regime::accumulate_subsample,
                                               regime::mix, regime::augment};

/// "replace", "accumulate", "accumulate-subsample", "mix" or "augment".
[[nodiscard]] constexpr std::string_view to_string_view(regime r) noexcept {
  switch (r) {
    case regime::replace: return "replace";
    case regime::accumulate: return "accumulate";
    case regime::accumulate_subsample: return "accumulate-subsample";
    case regime::mix: return "mix";
    case regime::augment: return "augment";
  }
  return "unknown";
}

/// The regime of that name; "accumulate_subsample" is read too. Nothing for any other text.
[[nodiscard]] constexpr std::optional<regime> parse_regime(std::string_view text) noexcept {
  for (const regime r : regimes)
    if (text == to_string_view(r)) return r;
  if (text == "accumulate_subsample") return regime::accumulate_subsample;
  return std::nullopt;
}

}  // namespace tailwatch::recursion
