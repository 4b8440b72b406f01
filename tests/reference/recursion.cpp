// SPDX-License-Identifier: BSL-1.0

#include <cstdint>

#include "reference_case.hpp"
#include "tailwatch/recursion/theory.hpp"

namespace tailwatch::reference {

namespace {

using recursion::linear_design;
using recursion::mix_sampling;
using recursion::variance_estimator;

double samples_of(const reference_case& c) { return c.param("M"); }

std::uint64_t generations_of(const reference_case& c) { return static_cast<std::uint64_t>(c.param("n")); }

variance_estimator variance_estimator_of(const reference_case& c) {
  return c.param_flag("biased", true) ? variance_estimator::biased : variance_estimator::unbiased;
}

mix_sampling mix_sampling_of(const reference_case& c) {
  const std::string sampling = c.param_text("sampling", "fixed");
  if (sampling == "multinomial") return mix_sampling::multinomial;
  if (sampling == "fixed") return mix_sampling::fixed;
  throw unsupported("sampling " + sampling);
}

linear_design linear_design_of(const reference_case& c) {
  const std::string design = c.param_text("design", "same");
  if (design == "same") return linear_design::same;
  if (design == "fresh") return linear_design::fresh;
  throw unsupported("design " + design);
}

/// A form of (M, n, estimator).
metric_function gaussian_form(double (*form)(double, std::uint64_t, variance_estimator)) {
  return [form](const reference_case& c) {
    return std::vector<double>{form(samples_of(c), generations_of(c), variance_estimator_of(c))};
  };
}

/// A form of (M, n).
metric_function plain_form(double (*form)(double, std::uint64_t)) {
  return [form](const reference_case& c) { return std::vector<double>{form(samples_of(c), generations_of(c))}; };
}

}  // namespace

void add_recursion(dispatch_table& table) {
  table["recursion.gaussian_replace_variance"] = gaussian_form(recursion::gaussian_replace_variance);
  table["recursion.gaussian_replace_mean_squared_displacement"] =
      gaussian_form(recursion::gaussian_replace_mean_squared_displacement);
  table["recursion.gaussian_replace_standard_deviation"] =
      gaussian_form(recursion::gaussian_replace_standard_deviation);
  table["recursion.gaussian_replace_wasserstein2_squared"] =
      gaussian_form(recursion::gaussian_replace_wasserstein2_squared);
  table["recursion.gaussian_replace_log_variance"] = gaussian_form(recursion::gaussian_replace_log_variance);
  table["recursion.gaussian_replace_kullback_leibler"] = gaussian_form(recursion::gaussian_replace_kullback_leibler);
  table["recursion.gaussian_replace_reverse_kullback_leibler"] =
      gaussian_form(recursion::gaussian_replace_reverse_kullback_leibler);
  table["recursion.gaussian_replace_variance_relative_variance"] =
      plain_form(recursion::gaussian_replace_variance_relative_variance);
  table["recursion.gaussian_replace_log_variance_variance"] =
      plain_form(recursion::gaussian_replace_log_variance_variance);
  table["recursion.accumulate_variance"] = gaussian_form(recursion::accumulate_variance);
  table["recursion.accumulate_variance_limit"] = [](const reference_case& c) {
    return std::vector<double>{recursion::accumulate_variance_limit(samples_of(c))};
  };
  table["recursion.accumulate_subsample_variance"] = [](const reference_case& c) {
    if (variance_estimator_of(c) != variance_estimator::biased) throw unsupported("unbiased");
    return std::vector<double>{recursion::accumulate_subsample_variance(samples_of(c), generations_of(c))};
  };
  table["recursion.categorical_replace_simpson"] = plain_form(recursion::categorical_replace_simpson);
  table["recursion.mix_loss"] = [](const reference_case& c) {
    return std::vector<double>{recursion::mix_loss(samples_of(c), c.param("k"), generations_of(c), mix_sampling_of(c))};
  };
  table["recursion.mix_loss_limit"] = [](const reference_case& c) {
    return std::vector<double>{recursion::mix_loss_limit(samples_of(c), c.param("k"), mix_sampling_of(c))};
  };
  table["recursion.mix_loss_limit_approximation"] = [](const reference_case& c) {
    return std::vector<double>{recursion::mix_loss_limit_approximation(c.param("k"))};
  };
  table["recursion.lineage_survival"] = [](const reference_case& c) {
    return std::vector<double>{recursion::lineage_survival(generations_of(c))};
  };
  table["recursion.optimal_mixing_weight"] = [](const reference_case& c) {
    return std::vector<double>{recursion::optimal_mixing_weight(c.param("ratio"))};
  };
  table["recursion.linear_replace_risk"] = [](const reference_case& c) {
    return std::vector<double>{recursion::linear_replace_risk(c.param("dimension"), c.param("rows"),
                                                              c.param("noise_variance"), generations_of(c))};
  };
  table["recursion.linear_accumulate_risk"] = [](const reference_case& c) {
    return std::vector<double>{recursion::linear_accumulate_risk(
        c.param("dimension"), c.param("rows"), c.param("noise_variance"), generations_of(c), linear_design_of(c))};
  };
  table["recursion.kernel_density_replace_variance"] = [](const reference_case& c) {
    return std::vector<double>{recursion::kernel_density_replace_variance(samples_of(c), c.param("bandwidth"),
                                                                          c.param("variance"), generations_of(c))};
  };
}

}  // namespace tailwatch::reference
