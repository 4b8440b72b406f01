// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/recursion/data_traits.hpp"

/// What an observer sees of a generation, what it may return, and what a run leaves.
namespace tailwatch::recursion {

/// Sizes of one generation, in units of data_traits.
struct generation_sizes {
  std::uint64_t training = 0;   ///< units the model was fitted on
  std::uint64_t pool = 0;       ///< units they were drawn from; equal to `training` but under accumulate_subsample
  std::uint64_t pool_real = 0;  ///< real units among the pool
  std::uint64_t sampled = 0;    ///< units drawn from the model
  bool exhausted = false;       ///< fewer fresh real units were left than this training set wanted
  std::uint64_t screened = 0;   ///< units that the screen took out of the newest part of the pool

  friend bool operator==(const generation_sizes&, const generation_sizes&) = default;
};

/// What the observer sees: generation `index` (0: fitted on real data) after it was sampled and *before* anything is trained
/// on the sample. The references live until the observer returns.
template <class Model, class Data>
struct generation {
  std::uint64_t index;
  const Model& model;
  const Data& training;
  const Data& sample;
  generation_sizes sizes;
  std::uint64_t seed;  ///< for the observer's own random numbers; nothing else uses this stream
};

/// Record of an observer that returns none.
struct no_record {
  friend constexpr bool operator==(const no_record&, const no_record&) = default;
};

/// A record together with the wish to stop.
template <class Record>
struct observed {
  Record record;
  bool stop = false;
};

/// Why a run ended.
enum class run_end : std::uint8_t {
  completed,        ///< all generations
  stopped,          ///< the observer said so
  exhausted,        ///< no fresh real unit was left for a mixed training set
  no_data,          ///< the model gave an empty sample, or the screen left nothing: there was nothing to train on
  undefined_model,  ///< the fit was singular or had too few data: the model says it is not defined()
  paused            ///< `advance` did what it was asked for; more generations are left
};

[[nodiscard]] constexpr std::string_view to_string_view(run_end end) noexcept {
  switch (end) {
    case run_end::completed: return "completed";
    case run_end::stopped: return "stopped";
    case run_end::exhausted: return "exhausted";
    case run_end::no_data: return "no data";
    case run_end::undefined_model: return "undefined model";
    case run_end::paused: return "paused";
  }
  return "unknown";
}

/// What a run leaves: the observer's records by value and the sizes really used, one entry per generation that was observed.
template <class Record>
struct trajectory {
  std::vector<Record> records;
  std::vector<generation_sizes> sizes;
  run_end end = run_end::completed;
  bool exhausted = false;  ///< the reserve of fresh real data ran short at some generation

  friend bool operator==(const trajectory&, const trajectory&) = default;
};

/// Default observer: keeps sizes only.
struct no_observer {
  template <class Model, class Data>
  constexpr void operator()(const generation<Model, Data>&) const noexcept {}
};

namespace detail {

template <class Result>
struct observation {
  using record = Result;
  static record take(Result&& result) { return std::move(result); }
  static bool stop(const Result&) { return false; }
};
template <>
struct observation<bool> {
  using record = no_record;
  static record take(bool) { return {}; }
  static bool stop(bool stop) { return stop; }
};
template <class Record>
struct observation<observed<Record>> {
  using record = Record;
  static record take(observed<Record>&& result) { return std::move(result.record); }
  static bool stop(const observed<Record>& result) { return result.stop; }
};
template <>
struct observation<void> {
  using record = no_record;
};

inline void save_sizes(core::output_archive& out, const generation_sizes& sizes) {
  for (const std::uint64_t x : {sizes.training, sizes.pool, sizes.pool_real, sizes.sampled, sizes.screened}) out.u64(x);
  out.u8(sizes.exhausted ? 1 : 0);
}
[[nodiscard]] inline generation_sizes load_sizes(core::input_archive& in) {
  generation_sizes sizes;
  for (std::uint64_t* x : {&sizes.training, &sizes.pool, &sizes.pool_real, &sizes.sampled, &sizes.screened})
    *x = in.u64();
  sizes.exhausted = in.u8() != 0;
  return sizes;
}
[[nodiscard]] inline run_end load_end(core::input_archive& in) {
  const std::uint8_t end = in.u8();
  check_loaded(end <= static_cast<std::uint8_t>(run_end::paused), "no such end of a run");
  return static_cast<run_end>(end);
}

}  // namespace detail
}  // namespace tailwatch::recursion
