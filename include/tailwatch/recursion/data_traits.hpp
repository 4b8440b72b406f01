// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"

namespace tailwatch::recursion {

/// What `recursion::run` must know about a data set. Specialise it for a type of your own; here for
///
///   std::vector<T>         unit: an element
///   core::token_sequences  unit: a token. Sequences stay whole: a draw of n takes whole sequences in random order until it
///                          holds at least n tokens, and so overshoots by less than one sequence
///
///   size(data)             units, std::uint64_t
///   append(to, from)       everything of `from` after everything of `to`
///   draw(from, n, random)  n units without replacement, all of them (unchanged) where n ≥ size
///   take(from, n, random)  the same, removing them from `from`; only real_reserve needs it
template <class Data>
struct data_traits;

namespace detail {

/// The first `n` of a random permutation of 0 … size − 1, in O(size).
template <core::random_bits Random>
[[nodiscard]] std::vector<std::size_t> random_prefix(std::size_t size, std::size_t n, Random& random) {
  std::vector<std::size_t> order(size);
  for (std::size_t i = 0; i < size; ++i) order[i] = i;
  for (std::size_t i = 0; i < n && i < size; ++i)
    std::swap(order[i], order[i + static_cast<std::size_t>(core::uniform_below(random, size - i))]);
  order.resize(std::min(n, size));
  return order;
}

}  // namespace detail

template <class T>
struct data_traits<std::vector<T>> {
  using data_type = std::vector<T>;

  [[nodiscard]] static std::uint64_t size(const data_type& data) noexcept { return data.size(); }
  static void append(data_type& to, const data_type& from) { to.insert(to.end(), from.begin(), from.end()); }

  template <core::random_bits Random>
  [[nodiscard]] static data_type draw(const data_type& from, std::uint64_t n, Random& random) {
    if (n >= from.size()) return from;
    data_type out;
    out.reserve(static_cast<std::size_t>(n));
    for (const std::size_t i : detail::random_prefix(from.size(), static_cast<std::size_t>(n), random))
      out.push_back(from[i]);
    return out;
  }

  template <core::random_bits Random>
  [[nodiscard]] static data_type take(data_type& from, std::uint64_t n, Random& random) {
    if (n >= from.size()) return std::exchange(from, {});
    data_type out;
    out.reserve(static_cast<std::size_t>(n));
    for (; n > 0; --n) {  // the chosen element goes to the end and out
      using std::swap;
      swap(from[static_cast<std::size_t>(core::uniform_below(random, from.size()))], from.back());
      out.push_back(std::move(from.back()));
      from.pop_back();
    }
    return out;
  }
};

template <>
struct data_traits<core::token_sequences> {
  using data_type = core::token_sequences;

  [[nodiscard]] static std::uint64_t size(const data_type& data) noexcept { return data.token_count(); }
  static void append(data_type& to, const data_type& from) { to.append(from); }

  template <core::random_bits Random>
  [[nodiscard]] static data_type draw(const data_type& from, std::uint64_t n, Random& random) {
    if (n >= from.token_count()) return from;
    data_type out;
    for (const std::size_t i : detail::random_prefix(from.size(), from.size(), random)) {
      if (out.token_count() >= n) break;
      out.push_back(from[i]);
    }
    return out;
  }

  template <core::random_bits Random>
  [[nodiscard]] static data_type take(data_type& from, std::uint64_t n, Random& random) {
    if (n >= from.token_count()) return std::exchange(from, {});
    data_type out;
    std::vector<bool> taken(from.size(), false);
    for (const std::size_t i : detail::random_prefix(from.size(), from.size(), random)) {
      if (out.token_count() >= n) break;
      out.push_back(from[i]);
      taken[i] = true;
    }
    data_type rest;
    rest.reserve(from.token_count() - out.token_count(), from.size() - out.size());
    for (std::size_t i = 0; i < from.size(); ++i)
      if (!taken[i]) rest.push_back(from[i]);
    from = std::move(rest);
    return out;
  }
};

/// A data set that `run` can handle.
template <class Data>
concept recursion_data = std::copyable<Data> &&
    requires(Data& to, const Data& from, std::uint64_t n, core::random_engine& random) {
  { data_traits<Data>::size(from) } -> std::convertible_to<std::uint64_t>;
  data_traits<Data>::append(to, from);
  { data_traits<Data>::draw(from, n, random) } -> std::same_as<Data>;
};

/// Real data that no generation has seen, handed out once: the `fresh_real` of a mixed run.
///
///   real_reserve reserve{unused};
///   run(train, model, options, random, observer, reserve);
///
/// When fewer units are left than asked for it gives what is left; it never gives a unit twice. `run` takes it by reference:
/// what it holds afterwards is what was left.
template <recursion_data Data>
class real_reserve {
 public:
  real_reserve() = default;
  explicit real_reserve(Data data) : data_(std::move(data)) {}

  template <core::random_bits Random>
  [[nodiscard]] Data operator()(std::uint64_t n, Random& random) {
    return n == 0 ? Data{} : data_traits<Data>::take(data_, n, random);
  }
  [[nodiscard]] std::uint64_t remaining() const { return data_traits<Data>::size(data_); }
  [[nodiscard]] const Data& data() const noexcept { return data_; }

 private:
  Data data_;
};

/// The largest training set per generation, at most `wanted`, for which `reserve` fresh real units last the whole of a mixed
/// run: floor(reserve/(real_fraction (generations − 1))); the first generation needs none.
/// @throws std::invalid_argument unless 0 ≤ real_fraction ≤ 1 and generations ≥ 1
[[nodiscard]] inline std::uint64_t sustainable_sample_size(std::uint64_t reserve, double real_fraction,
                                                           std::uint64_t generations, std::uint64_t wanted) {
  constexpr auto function = "recursion::sustainable_sample_size";
  core::check_closed_interval(function, "real_fraction", real_fraction, 0.0, 1.0);
  core::check_at_least(function, "generations", generations, std::uint64_t{1});
  const double spent = real_fraction * static_cast<double>(generations - 1);
  if (spent == 0.0) return wanted;
  const double lasting = static_cast<double>(reserve) / spent;
  return lasting >= static_cast<double>(wanted) ? wanted : static_cast<std::uint64_t>(lasting);
}

}  // namespace tailwatch::recursion
