// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/multivariate_gaussian.hpp"
#include "tailwatch/recursion/run.hpp"

/// Any set of estimators over a run, by value: no base class, no type erasure.
///
///   run(real, family, options, random,
///       observers{on_sample(tail::hill, tail::hill_options{.k = 50}), on_model([](const auto& m) { return m.variance; })});
///   // records[g] is a std::tuple<estimate, double>
namespace tailwatch::recursion {

/// What an estimator reads of a data set: numbers as they are, counts, rows(x, n, d), sequences.
template <class T>
[[nodiscard]] const std::vector<T>& estimator_view(const std::vector<T>& data) noexcept {
  return data;
}
[[nodiscard]] inline const std::vector<std::uint64_t>& estimator_view(const category_counts& data) noexcept {
  return data.counts;
}
[[nodiscard]] inline auto estimator_view(const point_set& data) {
  return core::rows(data.values, data.size(), data.dimension);
}
[[nodiscard]] inline const core::token_sequences& estimator_view(const core::token_sequences& data) noexcept {
  return data;
}

/// estimator(view of the generation's sample, options…), e.g. an estimator of tail/, entropy/ or diversity/.
template <class Estimator, class... Options>
[[nodiscard]] auto on_sample(Estimator estimator, Options... options) {
  return [estimator = std::move(estimator), ... options = std::move(options)](const auto& generation) {
    return estimator(estimator_view(generation.sample), options...);
  };
}

/// The same of the training set.
template <class Estimator, class... Options>
[[nodiscard]] auto on_training(Estimator estimator, Options... options) {
  return [estimator = std::move(estimator), ... options = std::move(options)](const auto& generation) {
    return estimator(estimator_view(generation.training), options...);
  };
}

/// function(model).
template <class Function>
[[nodiscard]] auto on_model(Function function) {
  return [function = std::move(function)](const auto& generation) { return function(generation.model); };
}

/// One observer of several: its record is the tuple of theirs, in order.
template <class... Observer>
class observers {
 public:
  explicit observers(Observer... observer) : observers_(std::move(observer)...) {}

  template <class Model, class Data>
  [[nodiscard]] auto operator()(const generation<Model, Data>& seen) {
    return std::apply([&seen](auto&... each) { return std::tuple{each(seen)...}; }, observers_);
  }

 private:
  std::tuple<Observer...> observers_;
};

/// Ends a run where `stop(record)` says so; records go through.
///
///   stop_when(observers{…}, [](const auto& record) { return std::get<0>(record).value < 0.1; })
template <class Observer, class Stop>
[[nodiscard]] auto stop_when(Observer observer, Stop stop) {
  return [observer = std::move(observer), stop = std::move(stop)](const auto& seen) mutable {
    auto record = observer(seen);
    const bool wish = stop(std::as_const(record));
    return observed<decltype(record)>{std::move(record), wish};
  };
}

/// Calls progress(index, generations) before the observer, once a generation, index from 1.
template <class Observer, class Progress>
[[nodiscard]] auto with_progress(Observer observer, std::uint64_t generations, Progress progress) {
  return [observer = std::move(observer), generations, progress = std::move(progress)](const auto& seen) mutable {
    progress(seen.index + 1, generations);
    return observer(seen);
  };
}

/// Records of one observer out of the tuples of `observers`.
template <std::size_t Index, class... Record>
[[nodiscard]] auto records_of(const trajectory<std::tuple<Record...>>& run) {
  std::vector<std::tuple_element_t<Index, std::tuple<Record...>>> out;
  out.reserve(run.records.size());
  for (const auto& record : run.records) out.push_back(std::get<Index>(record));
  return out;
}

}  // namespace tailwatch::recursion
