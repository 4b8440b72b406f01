// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/uniqueness/exact_duplicates.hpp"

namespace tailwatch::uniqueness {

struct unique_response_ratio_options {
  std::uint64_t min_responses = 2;  ///< prompts with fewer are left out: a single response is always unique
};

/// The responses to one prompt.
struct prompt_responses {
  std::uint64_t prompt = 0;
  std::uint64_t responses = 0;
  std::uint64_t distinct = 0;
  friend bool operator==(const prompt_responses&, const prompt_responses&) = default;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Share of different responses among those sampled for one prompt, averaged over prompts: mode collapse within a prompt,
/// which diversity over the whole corpus does not see, because the prompts themselves differ.
///
///   (1/P) Σ_p distinct_p / responses_p
///
/// @param prompts    one id per response, any integers in any order
/// @param responses  core::token_sequences or a range of lines, as many; compared in full; empty ones count
/// @return           in (0, 1]; NaN where no prompt has `min_responses`; standard error s/√P over prompts, NaN for one;
///                   count: prompts
/// @complexity       O(total length)
/// @bias             falls with the responses per prompt: sample the same number for each, and compare at that number
/// @throws           std::invalid_argument  where the numbers of prompts and responses differ, or min_responses 0
/// @see              R. Kirk et al. (2024), Understanding the Effects of RLHF on LLM Generalisation and Diversity, ICLR
///                   (diversity per input and across inputs)
/// @example          examples/uniqueness/repetition.cpp
struct unique_response_ratio_fn {
  static constexpr std::string_view name = "uniqueness.unique_response_ratio";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Kirk et al. (2024)";

  template <core::integer_range Prompts, class Responses>
    requires std::same_as<Responses, core::token_sequences> || detail::line_range<Responses>
  [[nodiscard]] estimate operator()(const Prompts& prompts, const Responses& responses,
                                    const unique_response_ratio_options& options = {}) const {
    core::check_at_least("uniqueness::unique_response_ratio", "min_responses", options.min_responses, std::uint64_t{1});
    double sum = 0.0, squares = 0.0;
    std::uint64_t groups = 0;
    const auto all = per_prompt(prompts, responses);
    const auto ratio = [](const prompt_responses& g) {
      return static_cast<double>(g.distinct) / static_cast<double>(g.responses);
    };
    for (const prompt_responses& g : all) {
      if (g.responses < options.min_responses) continue;
      sum += ratio(g);
      ++groups;
    }
    if (groups == 0) return {core::nan, core::nan, 0};
    const auto n = static_cast<double>(groups);
    const double mean = sum / n;
    if (groups == 1) return {mean, core::nan, 1};
    for (const prompt_responses& g : all)
      if (g.responses >= options.min_responses) squares += (ratio(g) - mean) * (ratio(g) - mean);
    return {mean, std::sqrt(squares / ((n - 1.0) * n)), groups};
  }

  /// The groups, in the order in which their prompts first come.
  template <core::integer_range Prompts, class Responses>
    requires std::same_as<Responses, core::token_sequences> || detail::line_range<Responses>
  [[nodiscard]] static std::vector<prompt_responses> per_prompt(const Prompts& prompts, const Responses& responses) {
    const auto ids = core::as_span(prompts);
    std::vector<std::string_view> bytes;
    if constexpr (std::same_as<Responses, core::token_sequences>) {
      for (std::size_t i = 0; i < responses.size(); ++i)
        bytes.emplace_back(reinterpret_cast<const char*>(responses[i].data()), responses[i].size_bytes());
    } else {
      for (auto&& line : responses) {
        static_assert(std::is_reference_v<decltype(line)>);
        bytes.emplace_back(line);
      }
    }
    core::check_same_size("uniqueness::unique_response_ratio", "prompts", ids.size(), "responses", bytes.size());
    boost::unordered_flat_map<std::uint64_t, std::size_t> place;
    std::vector<prompt_responses> groups;
    std::vector<std::vector<std::string_view>> members;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto id = static_cast<std::uint64_t>(ids[i]);
      const auto found = place.try_emplace(id, groups.size());
      if (found.second) {
        groups.push_back({id, 0, 0});
        members.emplace_back();
      }
      members[found.first->second].push_back(bytes[i]);
    }
    boost::unordered_flat_set<std::string_view> distinct;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      distinct.clear();
      for (const std::string_view response : members[g]) distinct.insert(response);
      groups[g].responses = members[g].size();
      groups[g].distinct = distinct.size();
    }
    return groups;
  }
};
inline constexpr unique_response_ratio_fn unique_response_ratio{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
