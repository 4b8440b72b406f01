// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>

namespace tailwatch::core {

/// Who runs the parts of a computation: executor(parts, work) calls work(0) …
/// work(parts − 1), each once, on whatever threads it has, and returns when all
/// are done. Threads are the caller's; an exception of `work` is the executor's
/// to carry back.
///
///   const auto executor = [](std::size_t parts, const auto& work) {
///     std::vector<std::jthread> threads;
///     for (std::size_t part = 0; part < parts; ++part)
///       threads.emplace_back([&work, part] { work(part); });
///   };
///
/// How work is cut up never depends on the executor, and parts are merged in
/// their order: the same bits for any number of threads.
/// @example     examples/core/executor.cpp
template <class Executor>
concept executor = requires(const Executor& run, void (&work)(std::size_t)) {
  run(std::size_t{}, work);
};

/// One after the other, in this thread.
struct sequential {
  template <class Work>
  void operator()(std::size_t parts, const Work& work) const {
    for (std::size_t part = 0; part < parts; ++part) work(part);
  }
};

}  // namespace tailwatch::core
