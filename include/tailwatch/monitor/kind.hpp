// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/core/unit.hpp"

namespace tailwatch::monitor {

/// What a signal measures, as far as the kind of an alarm depends on it.
enum class signal_role : std::uint8_t {
  other,         ///< watched, but says nothing about the kind
  tail_mass,     ///< mass on what was rare in the reference: rare words, tail coverage
  missing_mass,  ///< Good–Turing f1/N of the data itself
  diversity,     ///< types, distinct-n
  entropy,       ///< token entropy
  novelty,       ///< n-grams unknown to the reference
  surprise,      ///< negative log-likelihood under a fixed model
  repetition,    ///< repeated n-grams
  distance,      ///< divergences and transport distances from the reference
  extinction,    ///< types or modes lost for good
  log_variance,  ///< logarithm of a variance or volume
};
inline constexpr std::size_t signal_roles = 11;

/// What a change looks like.
///
///   drift      chance moves the details, things go extinct, but the mean mass of the tail holds: finite samples
///   shrinkage  the mass of the tail itself falls, or entropy and diversity fall: the sampler favours the bulk
///   expansion  entropy, novelty, surprise or variance rise: smoothing, temperature or noise spread the mass out
enum class collapse_kind : std::uint8_t { unclassified, drift, shrinkage, expansion };

[[nodiscard]] constexpr std::string_view to_string(signal_role role) noexcept {
  constexpr std::array<std::string_view, signal_roles> names{"other",    "tail mass",  "missing mass", "diversity",
                                                             "entropy",  "novelty",    "surprise",     "repetition",
                                                             "distance", "extinction", "log variance"};
  return names[static_cast<std::size_t>(role)];
}
[[nodiscard]] constexpr std::string_view to_string(collapse_kind kind) noexcept {
  switch (kind) {
    case collapse_kind::drift: return "neutral drift";
    case collapse_kind::shrinkage: return "systematic shrinkage";
    case collapse_kind::expansion: return "expansion";
    case collapse_kind::unclassified: break;
  }
  return "unclassified";
}

/// How far the signals of each role stand from their baseline, in standard errors, the strongest each way.
class role_moves {
 public:
  /// One signal: z > 0 above its baseline, z < 0 below.
  constexpr void add(signal_role role, double z) noexcept { add(role, z, z); }
  /// A signal whose level resampling moves by chance: `beyond` is the same move in standard errors that count this chance in,
  /// so |beyond| ≤ |z|.
  constexpr void add(signal_role role, double z, double beyond) noexcept {
    move& m = moves_[static_cast<std::size_t>(role)];
    m.watched = true;
    m.resampled = m.resampled || beyond != z;
    m.moved = std::max({m.moved, z, -z});
    m.rise = std::max(m.rise, beyond);
    m.fall = std::max(m.fall, -beyond);
  }
  [[nodiscard]] constexpr bool watched(signal_role role) const noexcept { return at(role).watched; }
  /// Rise and fall, beyond what resampling explains.
  [[nodiscard]] constexpr double rise(signal_role role) const noexcept { return at(role).rise; }
  [[nodiscard]] constexpr double fall(signal_role role) const noexcept { return at(role).fall; }
  /// The move either way, resampling included.
  [[nodiscard]] constexpr double moved(signal_role role) const noexcept { return at(role).moved; }
  /// Whether chance of resampling was counted in.
  [[nodiscard]] constexpr bool resampled(signal_role role) const noexcept { return at(role).resampled; }

 private:
  struct move {
    double rise = 0.0, fall = 0.0, moved = 0.0;
    bool watched = false, resampled = false;
  };
  [[nodiscard]] constexpr const move& at(signal_role role) const noexcept {
    return moves_[static_cast<std::size_t>(role)];
  }
  std::array<move, signal_roles> moves_{};
};

struct kind_thresholds {
  double clear = 3.0;       ///< standard errors that count as a move
  double supporting = 2.0;  ///< standard errors that count for the tail once something else has clearly shrunk
};

/// Whether neutral resampling moves the level of signals of this role by chance alone, without a trend that matters: the mass
/// of the tail is a martingale, the logarithm of a variance all but one (−1/N a generation of N draws, against steps of √(2/N)).
[[nodiscard]] constexpr bool walks_when_resampled(signal_role role) noexcept {
  return role == signal_role::tail_mass || role == signal_role::log_variance;
}

/// The kind of a change, read in this order (moves are those of `thresholds.clear` unless said):
///
///   1  tail mass falls, and entropy does not rise further than it falls           shrinkage
///   2  entropy falls: tail mass watched and not falling even by `supporting`      drift
///                     else                                                        shrinkage
///   3  entropy rises                                                              expansion
///   4  entropy holds or is not watched; the stronger of
///        shrinking  (missing mass, diversity, novelty, surprise fall; repetition rises)          as in 2
///        spreading  (the same the other way, or tail mass or log-variance rise)                  expansion
///   5  log-variance falls further than the resampling of the generations so far explains         shrinkage
///      a distance or extinctions rise; log-variance falls; tail mass or log-variance have moved,
///      but no further than that                                                                  drift
///   6  nothing clear                                                                             unclassified
///
/// Entropy comes before diversity, because pure sampling from a smoothed model loses types slowly while its entropy
/// rises. The tail comes before both, because neutral resampling lowers entropy and diversity too, and only the mean
/// mass of the tail tells it from a sampler that cuts the tail off.
///
/// That mass holds on average only. In one run it is a martingale: each resampling of a generation adds a step of the variance
/// that a sample of that size has, σ²/n for n blocks of variance σ², and after g generations it stands √(g + 1) times as far
/// off as the measurement's own error says. `collapse_monitor` therefore measures tail mass and log-variance in units of
///
///   √(σ²/r + Σ_{i<g} σ²/nᵢ + the variance of the baseline's level)      r recent blocks, nᵢ those of generation i
///
/// so that drift passes for a loss as seldom late as early, while a sampler that takes a share of the tail every generation
/// moves it by g steps against √g. (The text that is judged is taken for all the text that is trained on next; where it is a
/// part, `collapse_monitor_options::judged_share` says so, else the allowance is too large and speaks for drift.) A reading, not a
/// test: α covers the alarm, not its kind.
/// @see  R. A. Fisher (1930), The Genetical Theory of Natural Selection; S. Wright (1931), Genetics 16, 97–159 (drift)
[[nodiscard]] constexpr collapse_kind classify(const role_moves& moves,
                                               const kind_thresholds& thresholds = {}) noexcept {
  using enum signal_role;
  const auto falls = [&](signal_role r) { return moves.fall(r) >= thresholds.clear; };
  const auto rises = [&](signal_role r) { return moves.rise(r) >= thresholds.clear; };
  const collapse_kind shrunk = moves.watched(tail_mass) && moves.fall(tail_mass) < thresholds.supporting
                                   ? collapse_kind::drift
                                   : collapse_kind::shrinkage;
  if (falls(tail_mass))
    return rises(entropy) && moves.rise(entropy) > moves.fall(tail_mass) ? collapse_kind::expansion
                                                                         : collapse_kind::shrinkage;
  if (falls(entropy) && moves.fall(entropy) >= moves.rise(entropy)) return shrunk;
  if (rises(entropy)) return collapse_kind::expansion;
  const double shrinking = std::max({moves.fall(missing_mass), moves.fall(diversity), moves.fall(novelty),
                                     moves.fall(surprise), moves.rise(repetition)});
  const double spreading =
      std::max({moves.rise(missing_mass), moves.rise(diversity), moves.rise(novelty), moves.rise(surprise),
                moves.fall(repetition), moves.rise(tail_mass), moves.rise(log_variance)});
  if (std::max(shrinking, spreading) >= thresholds.clear)
    return shrinking >= spreading ? shrunk : collapse_kind::expansion;
  if (falls(log_variance) && moves.resampled(log_variance)) return collapse_kind::shrinkage;
  if (rises(distance) || rises(extinction) || moves.moved(log_variance) >= thresholds.clear ||
      moves.moved(tail_mass) >= thresholds.clear)
    return collapse_kind::drift;
  return collapse_kind::unclassified;
}

}  // namespace tailwatch::monitor
