// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/detail/guarded.hpp"
#include "tailwatch/monitor/text_signals.hpp"

namespace tailwatch::monitor {

inline namespace TAILWATCH_ABI_NAMESPACE {

/// A collapse_monitor that is fed tokens: gathers them into blocks of `block_tokens` and observes the text signals of
/// each full block. Signals of the monitor with other names are left to the caller's observe().
///
/// Tokens are judged in the order they come. A training loop that reads shuffled documents is close to the premise;
/// text in reading order is not, and is better shuffled and cut by cut_blocks.
/// The reference must outlive this object.
/// @example  examples/monitor/text_monitor.cpp
class text_monitor {
 public:
  /// @throws std::invalid_argument  for block_tokens = 0
  text_monitor(const text_reference& reference, collapse_monitor monitor, std::size_t block_tokens)
      : signals_(reference), monitor_(std::move(monitor)), block_tokens_(block_tokens) {
    core::check_at_least("monitor::text_monitor", "block_tokens", block_tokens, std::size_t{1});
    for (std::size_t i = 0; i < index_.size(); ++i) index_[i] = monitor_.index(text_signal_table[i].name);
    block_.reserve(block_tokens, block_tokens);
  }

  /// One sequence (sentence, document, response): no n-gram crosses its ends.
  void on_tokens(std::span<const std::uint32_t> sequence) noexcept {
    while (!sequence.empty()) {
      const std::size_t taken = std::min(sequence.size(), block_tokens_ - block_.token_count());
      if (!detail::guarded([&] { block_.push_back(sequence.first(taken)); })) {
        lost_ += taken;
      } else if (block_.token_count() == block_tokens_) {
        observe_block(block_);
        block_.clear();
      }
      sequence = sequence.subspan(taken);
    }
  }
  /// A block that the caller has cut.
  void observe_block(const core::token_sequences& block) noexcept {
    text_values values{};
    if (!detail::guarded([&] { values = signals_.values(block); })) {
      lost_ += block.token_count();
      return;
    }
    for (std::size_t i = 0; i < index_.size(); ++i)
      if (index_[i] != collapse_monitor::npos) monitor_.observe(index_[i], values[i]);
  }

  void on_train_begin() noexcept { monitor_.on_train_begin(); }
  std::span<const alert> on_step_end(std::uint64_t step) noexcept { return monitor_.on_step_end(step); }
  /// Also forgets the tokens of a block begun: a block holds one generation's text.
  void on_generation_end() noexcept {
    block_.clear();
    monitor_.on_generation_end();
  }
  void on_train_end() noexcept { monitor_.on_train_end(); }
  [[nodiscard]] bool on_save(std::vector<std::byte>& out) const noexcept {
    return detail::guarded([&] { out = core::to_bytes(*this); });
  }
  [[nodiscard]] bool on_load(std::span<const std::byte> bytes) noexcept {
    return detail::guarded([&] { core::from_bytes(bytes, *this); });
  }

  [[nodiscard]] collapse_monitor& monitor() noexcept { return monitor_; }
  [[nodiscard]] const collapse_monitor& monitor() const noexcept { return monitor_; }
  /// Tokens lost for want of memory.
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

  void save(core::output_archive& out) const {
    out.begin({core::state_family::collapse_monitor, parameters(), 0, 0, lost_});
    out.u64(block_.size());
    for (std::size_t i = 0; i < block_.size(); ++i) {
      out.u64(block_[i].size());
      for (const std::uint32_t id : block_[i]) out.u32(id);
    }
    monitor_.save(out);
    out.end();
  }
  void load(core::input_archive& in) {
    const auto header = in.open({core::state_family::collapse_monitor, parameters(), 0, 0, 0});
    core::token_sequences block;
    block.reserve(block_tokens_, block_tokens_);
    const std::size_t sequences = in.length(8);
    for (std::size_t i = 0; i < sequences; ++i) {
      std::vector<std::uint32_t> ids(in.length(4));
      for (std::uint32_t& id : ids) id = in.u32();
      block.push_back(ids);
    }
    if (block.token_count() >= block_tokens_) core::detail::archive_failure("more tokens than a block holds");
    collapse_monitor loaded = monitor_;
    loaded.load(in);
    in.close();
    block_ = std::move(block);
    monitor_ = std::move(loaded);
    lost_ = header.count;
  }
  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}
        .add("text_monitor")
        .add(std::uint64_t{block_tokens_})
        .add(std::uint64_t{signals_.reference().vocabulary()})
        .add(signals_.reference().counts().count())
        .add(monitor_.parameters())
        .value();
  }

 private:
  text_signals signals_;
  collapse_monitor monitor_;
  std::size_t block_tokens_;
  std::array<std::size_t, text_signal_table.size()> index_{};
  core::token_sequences block_;
  std::uint64_t lost_ = 0;
};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::monitor
