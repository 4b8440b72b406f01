// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/error.hpp"

namespace tailwatch::sketch {

/// A sliding window over any state: a ring of B panes, of which the newest is being filled.
///
/// `update` feeds the newest pane, `advance()` closes it and opens an empty one, and the oldest of more than B panes leaves;
/// `query()` is the state of all that the last B panes saw. No state can forget, so the closed panes are held as two
/// stacks: of the older ones the sums from each to the last of them, of the younger ones the panes and their sum. A query
/// is then two merges, whatever B, and an advance 2 − 1/B on average (B − 1 of them at once, every B-th time).
///
/// The order of the panes matters, so the laws of states hold in this weaker form:
///   - between two `advance`s, `update` obeys the laws of its state;
///   - rings merge pane by pane, and only with a ring that has been advanced as often: one that has not is refused, since
///     its panes are of other times. Ranks advance together. Across ranks, reduce `query()`;
///   - the state after a save and resume is the same, and goes on the same.
///
/// @tparam State  any state; for integer states the window is exact: query() ≡ one state fed with the last B panes, bit for bit
/// @error         that of the state over the last B panes; the window itself is exact
/// @memory        at most B + 2 states
/// @complexity    update that of the state; advance 2 merges amortised; query 2 merges and a copy
/// @reduction     none: reduce query()
/// @throws        std::invalid_argument for 0 panes
/// @see           K. Tangwongsan, M. Hirzel, S. Schneider (2017), DEBS, 66–77, for two stacks and their successors
/// @example       examples/sketch/streams.cpp
template <core::summary State>
class panes {
 public:
  /// @param count  B, panes in the window, the newest included
  /// @param empty  a state with the parameters of every pane; what it holds is not taken over
  explicit panes(std::size_t count = 16, State empty = State())
      : panes_(count), empty_(std::move(empty)), young_sum_(emptied(empty_)), newest_(empty_) {
    core::check_at_least("sketch::panes", "count", count, std::size_t{1});
  }

  /// Feeds the newest pane: the arguments are those of the state's own `update`.
  template <class... Arguments>
  void update(Arguments&&... arguments) {
    newest_.update(std::forward<Arguments>(arguments)...);
  }
  /// Merges a state into the newest pane.
  void update_with(const State& state) { newest_.merge(state); }

  /// Closes the newest pane and opens an empty one.
  void advance() {
    ++steps_;
    if (panes_ == 1) {
      newest_.reset();
      return;
    }
    young_sum_.merge(newest_);
    young_.push_back(std::move(newest_));
    newest_ = empty_;
    if (old_.size() + young_.size() < panes_) return;
    if (old_.empty()) {  // turn the young ones over: the last pushed holds all of them
      while (!young_.empty()) {
        State sum = std::move(young_.back());
        young_.pop_back();
        if (!old_.empty()) sum.merge(old_.back());
        old_.push_back(std::move(sum));
      }
      young_sum_.reset();
    }
    old_.pop_back();
  }

  /// The state of all that the last B panes saw.
  [[nodiscard]] State query() const {
    State window = newest_;
    window.merge(young_sum_);
    if (!old_.empty()) window.merge(old_.back());
    return window;
  }

  /// Merges pane by pane.
  /// @throws std::invalid_argument  for another number of panes, other parameters of the state, or a ring that was advanced
  ///                                more or less often; this state is then as it was
  void merge(const panes& other) {
    constexpr std::string_view function = "sketch::panes::merge";
    core::check(panes_ == other.panes_, function, "count", other.panes_, core::to_text(panes_) + " like this state's");
    core::check(parameters() == other.parameters(), function, "parameters of the panes", other.parameters(),
                core::to_text(parameters()) + " like this state's");
    core::check(steps_ == other.steps_, function, "steps", other.steps_, core::to_text(steps_) + " like this state's");
    for (std::size_t i = 0; i < old_.size(); ++i) old_[i].merge(other.old_[i]);
    for (std::size_t i = 0; i < young_.size(); ++i) young_[i].merge(other.young_[i]);
    young_sum_.merge(other.young_sum_);
    newest_.merge(other.newest_);
  }
  void reset() {
    old_.clear();
    young_.clear();
    young_sum_.reset();
    newest_.reset();
    steps_ = 0;
  }

  /// B.
  [[nodiscard]] std::size_t size() const noexcept { return panes_; }
  /// Calls of advance() so far.
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
  [[nodiscard]] const State& newest() const noexcept { return newest_; }
  /// Observations in the window.
  [[nodiscard]] std::uint64_t count() const noexcept {
    return newest_.count() + young_sum_.count() + (old_.empty() ? 0 : old_.back().count());
  }
  [[nodiscard]] std::uint64_t rejected() const noexcept {
    return newest_.rejected() + young_sum_.rejected() + (old_.empty() ? 0 : old_.back().rejected());
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}.add("panes").add(static_cast<std::uint64_t>(panes_)).add(empty_.parameters()).value();
  }

  /// Payload: u64 steps, then the records of the old sums (longest last), the young panes and the newest; how many of each
  /// follows from steps and B.
  void save(core::output_archive& out) const {
    out.begin(header());
    out.u64(steps_);
    for (const State& s : old_) s.save(out);
    for (const State& s : young_) s.save(out);
    newest_.save(out);
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved ring of the same size and parameters; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    panes loaded(panes_, empty_);
    loaded.steps_ = in.u64();
    const auto young = static_cast<std::size_t>(loaded.steps_ % panes_);
    const std::size_t old = loaded.steps_ < panes_ ? 0 : panes_ - 1 - young;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < old + young; ++i) {
      State s = empty_;
      s.load(in);
      check_sum(total, s);
      if (i >= old) loaded.young_sum_.merge(s);
      (i < old ? loaded.old_ : loaded.young_).push_back(std::move(s));
    }
    loaded.newest_.load(in);
    check_sum(total, loaded.newest_);
    if (loaded.count() != found.count) core::detail::archive_failure("counts of the panes do not add up");
    in.close();
    *this = std::move(loaded);
  }

  friend bool operator==(const panes& a, const panes& b) {
    return a.panes_ == b.panes_ && a.steps_ == b.steps_ && a.parameters() == b.parameters() && a.old_ == b.old_ &&
           a.young_ == b.young_ && a.newest_ == b.newest_;
  }

 private:
  [[nodiscard]] static const State& emptied(State& state) {
    state.reset();
    return state;
  }
  /// Forged panes, each right by itself, may hold more than their sum could count.
  static void check_sum(std::uint64_t& total, const State& s) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (s.count() > most - total || s.rejected() > most - total - s.count())
      core::detail::archive_failure("counts of the panes do not add up");
    total += s.count() + s.rejected();
  }
  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::panes, parameters(), 0, 0, count()};
  }

  std::size_t panes_;
  State empty_;
  std::vector<State> old_;    // sums from each pane to the youngest of these, the oldest pane's last
  std::vector<State> young_;  // panes, oldest first
  State young_sum_;
  State newest_;
  std::uint64_t steps_ = 0;
};

}  // namespace tailwatch::sketch
