// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
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
///
/// An item is what is chosen, weighted and screened one by one: an element, a sequence, a point. Weights, curation and screens
/// need, and data that have no items (counts) lack,
///
///   items(data)            number of items; data[i] is one
///   gather(from, indices)  those items, in that order
///
/// and a run that is to be saved needs
///
///   save(archive, data), load(archive, data)
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

/// take() of data whose items are units.
template <class Data, core::random_bits Random>
[[nodiscard]] Data take_items(Data& from, std::uint64_t n, Random& random) {
  const std::size_t size = data_traits<Data>::items(from);
  if (n >= size) {
    Data all = std::move(from);
    from = data_traits<Data>::gather(all, {});
    return all;
  }
  const std::vector<std::size_t> order = random_prefix(size, static_cast<std::size_t>(n), random);
  std::vector<bool> taken(size, false);
  for (const std::size_t i : order) taken[i] = true;
  std::vector<std::size_t> rest;
  for (std::size_t i = 0; i < size; ++i)
    if (!taken[i]) rest.push_back(i);
  Data out = data_traits<Data>::gather(from, order);
  from = data_traits<Data>::gather(from, rest);
  return out;
}

template <class T>
void save_numbers(core::output_archive& out, const std::vector<T>& x) {
  out.u64(x.size());
  for (const T value : x) {
    if constexpr (std::floating_point<T>)
      out.f64(static_cast<double>(value));
    else
      out.i64(static_cast<std::int64_t>(value));
  }
}
template <class T>
void load_numbers(core::input_archive& in, std::vector<T>& x) {
  x.resize(in.length(8));
  for (T& value : x) {
    if constexpr (std::floating_point<T>)
      value = static_cast<T>(in.f64());
    else
      value = static_cast<T>(in.i64());
  }
}
inline void check_loaded(bool good, const char* what) {
  if (!good) core::detail::archive_failure(what);
}

}  // namespace detail

template <class T>
struct data_traits<std::vector<T>> {
  using data_type = std::vector<T>;

  [[nodiscard]] static std::uint64_t size(const data_type& data) noexcept { return data.size(); }
  [[nodiscard]] static std::size_t items(const data_type& data) noexcept { return data.size(); }
  static void append(data_type& to, const data_type& from) { to.insert(to.end(), from.begin(), from.end()); }
  [[nodiscard]] static data_type gather(const data_type& from, std::span<const std::size_t> chosen) {
    data_type out;
    out.reserve(chosen.size());
    for (const std::size_t i : chosen) out.push_back(from[i]);
    return out;
  }
  static void save(core::output_archive& out, const data_type& data) requires std::is_arithmetic_v<T> {
    detail::save_numbers(out, data);
  }
  static void load(core::input_archive& in, data_type& data) requires std::is_arithmetic_v<T> {
    detail::load_numbers(in, data);
  }

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
  [[nodiscard]] static std::size_t items(const data_type& data) noexcept { return data.size(); }
  static void append(data_type& to, const data_type& from) { to.append(from); }
  [[nodiscard]] static data_type gather(const data_type& from, std::span<const std::size_t> chosen) {
    data_type out;
    for (const std::size_t i : chosen) out.push_back(from[i]);
    return out;
  }
  static void save(core::output_archive& out, const data_type& data) {
    out.u64(data.size());
    for (std::size_t i = 0; i < data.size(); ++i) {
      out.u64(data[i].size());
      for (const auto token : data[i]) out.u32(token);
    }
  }
  static void load(core::input_archive& in, data_type& data) {
    data.clear();
    std::vector<core::token_sequences::token> sequence;
    for (std::size_t left = in.length(8); left > 0; --left) {
      sequence.resize(in.length(4));
      for (auto& token : sequence) token = in.u32();
      data.push_back(sequence);
    }
  }

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

/// Data whose items can be chosen one by one.
template <class Data>
concept itemised_data = recursion_data<Data> && requires(const Data& data, std::span<const std::size_t> chosen) {
  { data_traits<Data>::items(data) } -> std::convertible_to<std::size_t>;
  { data_traits<Data>::gather(data, chosen) } -> std::same_as<Data>;
};

/// Data that can be saved and loaded.
template <class Data>
concept archivable_data = recursion_data<Data> &&
    requires(const Data& from, Data& to, core::output_archive& out, core::input_archive& in) {
  data_traits<Data>::save(out, from);
  data_traits<Data>::load(in, to);
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

  /// What is left, to be saved beside a run_state.
  void save(core::output_archive& out) const requires archivable_data<Data> {
    out.begin({core::state_family::recursion_reserve, 0, 0, 0, remaining()});
    data_traits<Data>::save(out, data_);
    out.end();
  }
  /// @throws core::archive_error  for bytes that are no reserve; the object is then unchanged
  void load(core::input_archive& in) requires archivable_data<Data> {
    Data data{};
    (void)in.open(core::state_family::recursion_reserve);
    data_traits<Data>::load(in, data);
    in.close();
    data_ = std::move(data);
  }

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
