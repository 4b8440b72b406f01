// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail.hpp"

#include <span>
#include <string>

#include "reference_case.hpp"
#include "tailwatch/math/count_ngrams.hpp"

namespace tailwatch::reference {

namespace {

using numbers = std::vector<double>;

template <class Estimator>
metric_function of_counts(const Estimator& estimator) {
  return [&estimator](const reference_case& c) { return numbers{estimator(c.integers("counts")).value}; };
}

std::size_t order_of(const reference_case& c) { return static_cast<std::size_t>(c.param("k")); }

/// An estimator of a sample whose only option is k.
template <class Estimator>
metric_function of_order(const Estimator& estimator) {
  return [&estimator](const reference_case& c) {
    return numbers{estimator(c.numbers("sample"), {.k = order_of(c)}).value};
  };
}

std::uint64_t xmin_of(const reference_case& c) { return static_cast<std::uint64_t>(c.param("xmin")); }

tail::step_side side_of(const reference_case& c) {
  const std::string variant = c.param_text("variant", "two_sided");
  if (variant == "two_sided") return tail::step_side::two_sided;
  if (variant == "plfit") return tail::step_side::lower;
  throw unsupported("variant " + variant);
}

tail::gpd_result gpd_of(const reference_case& c, tail::gpd_method method = tail::gpd_method::maximum_likelihood) {
  tail::gpd_fit_options options{.k = order_of(c), .method = method};
  if (c.has_param("plotting") && c.param_text("plotting") != "unbiased") {
    options.plotting = tail::gpd_plotting::offset;
    options.plotting_offset = c.param("plotting");
  }
  return tail::gpd_fit(c.numbers("sample"), options);
}

tail::heaps_fit heaps_of(const reference_case& c, const tail::heaps_options& options) {
  if (c.has("curve")) {
    std::vector<tail::vocabulary_point> curve;
    for (const auto& p : c.points("curve")) curve.push_back({p.at(0), p.at(1)});
    return tail::heaps(std::span<const tail::vocabulary_point>(curve));
  }
  return tail::heaps(c.token_ids(), options);
}

}  // namespace

void add_tail(dispatch_table& table) {
  table["tail.coverage_good_turing"] = of_counts(tail::coverage_good_turing);
  table["tail.missing_mass_good_turing"] = of_counts(tail::missing_mass);
  table["tail.coverage_chao_jost"] = of_counts(tail::coverage_chao_jost);
  table["tail.coverage_zhang_huang"] = of_counts(tail::coverage_zhang_huang);
  table["tail.missing_mass_esty_confidence_interval"] = [](const reference_case& c) {
    const auto interval = tail::missing_mass_esty_interval(c.integers("counts"), {.level = c.param("level")});
    return numbers{interval.lower, interval.upper};
  };
  table["tail.missing_mass_mcallester_schapire_upper"] = [](const reference_case& c) {
    return numbers{
        tail::missing_mass_mcallester_schapire_upper(c.integers("counts"), {.delta = c.param("delta")}).value};
  };
  table["tail.unseen_good_toulmin"] = [](const reference_case& c) {
    return numbers{tail::unseen_good_toulmin(c.integers("counts"), {.t = c.param("t")}).value};
  };
  table["tail.coverage_at_size"] = [](const reference_case& c) {
    const auto size = static_cast<std::uint64_t>(c.param("sample_size"));
    return numbers{tail::coverage_at_size(c.integers("counts"), {.sample_size = size}).value};
  };
  const auto simple = [](const reference_case& c) { return tail::good_turing_simple(c.integers("counts")); };
  table["tail.good_turing_simple_unseen_mass"] = [=](const reference_case& c) {
    return numbers{simple(c).unseen_mass};
  };
  table["tail.good_turing_simple_slope"] = [=](const reference_case& c) { return numbers{simple(c).slope}; };
  table["tail.good_turing_simple_intercept"] = [=](const reference_case& c) { return numbers{simple(c).intercept}; };
  table["tail.good_turing_simple_adjusted_counts"] = [=](const reference_case& c) {
    numbers out;
    for (const auto& r : simple(c).counts) out.push_back(r.adjusted_count);
    out.resize(static_cast<std::size_t>(c.param("first")));
    return out;
  };
  table["tail.good_turing_simple_probabilities"] = [=](const reference_case& c) {
    numbers out;
    for (const auto& r : simple(c).counts) out.push_back(r.probability);
    out.resize(static_cast<std::size_t>(c.param("first")));
    return out;
  };

  table["tail.hill"] = of_order(tail::hill);
  table["tail.hill_standard_error"] = [](const reference_case& c) {
    return numbers{tail::hill(c.numbers("sample"), {.k = order_of(c)}).standard_error};
  };
  table["tail.hill_curve"] = [](const reference_case& c) {
    return tail::hill_curve(c.numbers("sample"), static_cast<std::size_t>(c.param("kmax")));
  };
  table["tail.hill_order_reiss_thomas"] = [](const reference_case& c) {
    const std::size_t k =
        tail::hill_order_reiss_thomas(c.numbers("sample"), {.exponent = c.param("exponent"),
                                                            .smallest = static_cast<std::size_t>(c.param("kmin")),
                                                            .largest = static_cast<std::size_t>(c.param("kmax"))});
    return numbers{static_cast<double>(k)};
  };
  table["tail.hill_order_minimum_distance"] = [](const reference_case& c) {
    const auto norm = c.param_text("norm") == "ks" ? tail::quantile_distance::largest : tail::quantile_distance::mean;
    const std::size_t k =
        tail::hill_order_minimum_distance(c.numbers("sample"), {.fraction = c.param("fraction"), .distance = norm});
    return numbers{static_cast<double>(k)};
  };
  table["tail.moment"] = of_order(tail::moment_estimator);
  table["tail.pickands"] = of_order(tail::pickands);
  table["tail.weissman_quantile"] = [](const reference_case& c) {
    return numbers{tail::weissman_quantile(c.numbers("sample"), {.k = order_of(c), .p = c.param("p")}).value};
  };
  table["tail.mean_excess_at_order"] = of_order(tail::mean_excess_at_order);
  table["tail.mean_excess"] = [](const reference_case& c) {
    return numbers{tail::mean_excess(c.numbers("sample"), {.threshold = c.param("threshold")}).value};
  };
  table["tail.mean_excess_standard_error"] = [](const reference_case& c) {
    return numbers{tail::mean_excess(c.numbers("sample"), {.threshold = c.param("threshold")}).standard_error};
  };
  table["tail.expected_shortfall_empirical"] = [](const reference_case& c) {
    return numbers{tail::expected_shortfall(c.numbers("sample"), {.level = c.param("p")}).value};
  };
  table["tail.l_moments"] = [](const reference_case& c) {
    const auto l = tail::l_moments(c.numbers("sample"));
    return numbers{l.location.value, l.scale.value, l.skewness.value, l.kurtosis.value};
  };

  table["tail.gpd_method_of_moments"] = [](const reference_case& c) {
    const auto fit = gpd_of(c, tail::gpd_method::method_of_moments);
    return numbers{fit.shape.value, fit.scale.value};
  };
  table["tail.gpd_probability_weighted_moments"] = [](const reference_case& c) {
    const auto fit = gpd_of(c, tail::gpd_method::probability_weighted_moments);
    return numbers{fit.shape.value, fit.scale.value};
  };
  table["tail.gpd_maximum_likelihood"] = [](const reference_case& c) {
    const auto fit = gpd_of(c);
    return numbers{fit.shape.value, fit.scale.value};
  };
  table["tail.gpd_maximum_likelihood_standard_error"] = [](const reference_case& c) {
    const auto fit = gpd_of(c);
    return numbers{fit.shape.standard_error, fit.scale.standard_error};
  };
  table["tail.gpd_log_likelihood"] = [](const reference_case& c) { return numbers{gpd_of(c).log_likelihood}; };
  table["tail.gpd_value_at_risk"] = [](const reference_case& c) {
    return numbers{tail::gpd_value_at_risk(gpd_of(c), c.param("p")).value};
  };
  table["tail.gpd_expected_shortfall"] = [](const reference_case& c) {
    return numbers{tail::gpd_expected_shortfall(gpd_of(c), c.param("p")).value};
  };

  table["tail.powerlaw_alpha_continuous"] = [](const reference_case& c) {
    return numbers{tail::powerlaw(c.numbers("sample"), {.xmin = c.param("xmin")}).value};
  };
  table["tail.powerlaw_alpha_continuous_standard_error"] = [](const reference_case& c) {
    return numbers{tail::powerlaw(c.numbers("sample"), {.xmin = c.param("xmin")}).standard_error};
  };
  table["tail.powerlaw_kolmogorov_smirnov_continuous"] = [](const reference_case& c) {
    return numbers{tail::powerlaw_distance(c.numbers("sample"), {.xmin = c.param("xmin"), .side = side_of(c)}).value};
  };
  table["tail.powerlaw_xmin_scan"] = [](const reference_case& c) {
    const auto fit = tail::powerlaw_xmin(c.numbers("sample"), {.side = side_of(c)});
    return numbers{fit.xmin, fit.exponent.value, fit.distance};
  };

  const auto of_whole_numbers = [](const reference_case& c) {
    std::vector<std::int64_t> out;
    if (c.has("counts")) return c.integers("counts");
    for (const double x : c.numbers("sample")) out.push_back(static_cast<std::int64_t>(x));
    return out;
  };
  table["tail.powerlaw_alpha_discrete"] = [=](const reference_case& c) {
    return numbers{tail::powerlaw_discrete(of_whole_numbers(c), {.xmin = xmin_of(c)}).value};
  };
  table["tail.powerlaw_alpha_discrete_standard_error"] = [=](const reference_case& c) {
    return numbers{tail::powerlaw_discrete(of_whole_numbers(c), {.xmin = xmin_of(c)}).standard_error};
  };
  table["tail.powerlaw_alpha_discrete_approximate"] = [=](const reference_case& c) {
    constexpr auto method = tail::powerlaw_discrete_method::continuous_approximation;
    return numbers{tail::powerlaw_discrete(of_whole_numbers(c), {.xmin = xmin_of(c), .method = method}).value};
  };
  table["tail.powerlaw_kolmogorov_smirnov_discrete"] = [=](const reference_case& c) {
    return numbers{tail::powerlaw_discrete_distance(of_whole_numbers(c), {.xmin = xmin_of(c)}).value};
  };

  table["tail.gev_maximum_likelihood"] = [](const reference_case& c) {
    const auto fit = tail::gev_fit(c.numbers("sample"));
    return numbers{fit.location.value, fit.scale.value, fit.shape.value};
  };
  table["tail.gev_log_likelihood"] = [](const reference_case& c) {
    return numbers{tail::gev_fit(c.numbers("sample")).log_likelihood};
  };
  table["tail.gev_l_moments"] = [](const reference_case& c) {
    if (c.param_text("approximation", "hosking1985") != "hosking1985") throw unsupported("approximation");
    const auto fit = tail::gev_fit(c.numbers("sample"), {.method = tail::gev_method::l_moments});
    return numbers{fit.location.value, fit.scale.value, fit.shape.value};
  };

  const auto zipf_of = [](const reference_case& c) {
    return tail::zipf(c.integers("counts"), {.vocabulary_size = static_cast<std::uint64_t>(c.param("vocabulary_size")),
                                             .error = tail::zipf_error::known_ranks});
  };
  table["tail.zipf_exponent_maximum_likelihood"] = [=](const reference_case& c) {
    return numbers{zipf_of(c).exponent.value};
  };
  table["tail.zipf_exponent_standard_error"] = [=](const reference_case& c) {
    return numbers{zipf_of(c).exponent.standard_error};
  };
  table["tail.zipf_log_likelihood"] = [=](const reference_case& c) { return numbers{zipf_of(c).log_likelihood}; };
  table["tail.zipf_mandelbrot_maximum_likelihood"] = [](const reference_case& c) {
    const auto fit = tail::zipf_mandelbrot(c.integers("counts"),
                                           {.vocabulary_size = static_cast<std::uint64_t>(c.param("vocabulary_size"))});
    return numbers{fit.exponent.value, fit.offset.value};
  };
  table["tail.zipf_rank_least_squares"] = [](const reference_case& c) {
    const bool all = !c.has_param("max_rank") || c.param_text("max_rank") == "all";
    const tail::zipf_rank_least_squares_options options{.max_rank =
                                                            all ? 0 : static_cast<std::uint64_t>(c.param("max_rank"))};
    if (c.has("counts")) return numbers{tail::zipf_rank_least_squares(c.integers("counts"), options).value};
    return numbers{tail::zipf_rank_least_squares(math::count_ngrams(c.token_ids(), 1), options).value};
  };
  table["tail.heaps_least_squares"] = [](const reference_case& c) {
    const auto fit = heaps_of(c, {.step = static_cast<std::size_t>(c.param("step", 1.0))});
    return numbers{fit.factor.value, fit.exponent.value};
  };
  table["tail.heaps_exponent_chunks"] = [](const reference_case& c) {
    return numbers{heaps_of(c, {.chunks = static_cast<std::size_t>(c.param("chunks"))}).exponent.value};
  };
}

}  // namespace tailwatch::reference
