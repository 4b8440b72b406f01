// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy.hpp"

#include <cmath>
#include <string>

#include "reference_case.hpp"

namespace tailwatch::reference {

namespace {

/// `base` of the contract as the library's unit.
information_unit unit_of(const reference_case& c) {
  const double base = c.param("base", 2.718281828459045);
  if (base == 2.0) return information_unit::bits;
  if (base == 10.0) return information_unit::hartleys;
  if (std::abs(base - 2.718281828459045) > 1e-12) throw unsupported("base " + std::to_string(base));
  return information_unit::nats;
}

std::uint64_t alphabet(const reference_case& c) { return static_cast<std::uint64_t>(c.param("alphabet_size", 0.0)); }

/// An estimator of counts whose only option is the unit.
template <class Estimator>
metric_function of_counts(const Estimator& estimator) {
  return [&estimator](const reference_case& c) {
    return std::vector<double>{estimator(c.integers("counts"), {.unit = unit_of(c)}).value};
  };
}

entropy::dirichlet_prior prior_of(const std::string& name) {
  if (name == "jeffreys") return entropy::dirichlet_prior::jeffreys;
  if (name == "laplace") return entropy::dirichlet_prior::laplace;
  if (name == "perks") return entropy::dirichlet_prior::perks;
  if (name == "minimax") return entropy::dirichlet_prior::minimax;
  throw unsupported("prior " + name);
}

std::vector<unsigned char> bytes_of(const reference_case& c) {
  const std::string bytes = c.selection().bytes();
  return {bytes.begin(), bytes.end()};
}

/// An estimator of spacings; without `window` its default.
template <class Estimator>
metric_function of_spacings(const Estimator& estimator) {
  return [&estimator](const reference_case& c) {
    entropy::differential_spacing_options options{.unit = unit_of(c)};
    if (c.has_param("window")) options.window = static_cast<std::size_t>(c.param("window"));
    return std::vector<double>{estimator(c.numbers("sample"), options).value};
  };
}

struct flat_points {
  std::vector<double> values;
  std::size_t size = 0, dimension = 1;
};
flat_points points_of(const reference_case& c) {
  flat_points flat;
  for (const auto& row : c.points("sample")) {
    flat.dimension = row.size();
    ++flat.size;
    flat.values.insert(flat.values.end(), row.begin(), row.end());
  }
  return flat;
}

/// Both estimators of Kraskov, Stögbauer and Grassberger take rows [x, y].
template <class Estimator>
metric_function of_pairs(const Estimator& estimator) {
  return [&estimator](const reference_case& c) {
    std::vector<double> x, y;
    for (const auto& row : c.points("sample")) {
      x.push_back(row.at(0));
      y.push_back(row.at(1));
    }
    return std::vector<double>{
        estimator(x, y, {.k = static_cast<std::size_t>(c.param("k")), .unit = unit_of(c)}).value};
  };
}

std::size_t order_of(const reference_case& c) { return static_cast<std::size_t>(c.param("n")); }

}  // namespace

void add_entropy(dispatch_table& table) {
  table["entropy.plugin"] = of_counts(entropy::plugin);
  table["entropy.plugin_standard_error"] = [](const reference_case& c) {
    return std::vector<double>{
        entropy::plugin(c.integers("counts"), {.unit = unit_of(c), .error = entropy::plugin_error::delta_method})
            .standard_error};
  };
  table["entropy.miller_madow"] = of_counts(entropy::miller_madow);
  table["entropy.grassberger"] = of_counts(entropy::grassberger);
  table["entropy.grassberger_1988"] = of_counts(entropy::grassberger_1988);
  table["entropy.chao_shen"] = of_counts(entropy::chao_shen);
  table["entropy.chao_wang_jost"] = of_counts(entropy::chao_wang_jost);
  table["entropy.jackknife"] = of_counts(entropy::jackknife);
  table["entropy.zhang"] = of_counts(entropy::zhang);
  table["entropy.ansb"] = of_counts(entropy::ansb);
  table["entropy.schurmann"] = [](const reference_case& c) {
    return std::vector<double>{
        entropy::schurmann(c.integers("counts"), {.xi = c.param("xi", 0.60653065971263342360), .unit = unit_of(c)})
            .value};
  };
  table["entropy.james_stein_shrink"] = [](const reference_case& c) {
    return std::vector<double>{
        entropy::james_stein_shrink(c.integers("counts"), {.alphabet_size = alphabet(c), .unit = unit_of(c)}).value};
  };
  table["entropy.james_stein_shrink_intensity"] = [](const reference_case& c) {
    return std::vector<double>{
        entropy::james_stein_shrink_intensity(c.integers("counts"), {.alphabet_size = alphabet(c)}).value};
  };
  table["entropy.dirichlet"] = [](const reference_case& c) {
    return std::vector<double>{
        entropy::dirichlet(c.integers("counts"),
                           {.prior = prior_of(c.param_text("prior")), .alphabet_size = alphabet(c), .unit = unit_of(c)})
            .value};
  };
  const auto posterior = [](const reference_case& c) {
    return entropy::dirichlet_posterior_mean(c.integers("counts"), {.prior = entropy::dirichlet_prior::pseudocount,
                                                                    .pseudocount = c.param("pseudocount"),
                                                                    .alphabet_size = alphabet(c),
                                                                    .unit = unit_of(c)});
  };
  table["entropy.dirichlet_posterior_mean"] = [posterior](const reference_case& c) {
    return std::vector<double>{posterior(c).value};
  };
  table["entropy.dirichlet_posterior_standard_deviation"] = [posterior](const reference_case& c) {
    return std::vector<double>{posterior(c).standard_error};
  };
  table["entropy.nsb"] = [](const reference_case& c) {
    return std::vector<double>{
        entropy::nsb(c.integers("counts"), {.alphabet_size = alphabet(c), .unit = unit_of(c)}).value};
  };
  table["entropy.nsb_standard_deviation"] = [](const reference_case& c) {
    return std::vector<double>{
        entropy::nsb(c.integers("counts"), {.alphabet_size = alphabet(c), .unit = unit_of(c)}).standard_error};
  };
  table["entropy.renyi"] = [](const reference_case& c) {
    return std::vector<double>{entropy::renyi(c.integers("counts"), {.order = c.param("q"), .unit = unit_of(c)}).value};
  };
  table["entropy.tsallis"] = [](const reference_case& c) {
    return std::vector<double>{entropy::tsallis(c.integers("counts"), {.order = c.param("q")}).value};
  };
  table["entropy.ngram"] = [](const reference_case& c) {
    return std::vector<double>{entropy::ngram(c.token_ids(), {.order = order_of(c), .unit = unit_of(c)}).value};
  };
  table["entropy.conditional_ngram"] = [](const reference_case& c) {
    return std::vector<double>{
        entropy::conditional_ngram(c.token_ids(), {.order = order_of(c), .unit = unit_of(c)}).value};
  };
  table["entropy.differential_vasicek"] = of_spacings(entropy::differential_vasicek);
  table["entropy.differential_ebrahimi"] = of_spacings(entropy::differential_ebrahimi);
  table["entropy.differential_van_es"] = of_spacings(entropy::differential_van_es);
  table["entropy.differential_correa"] = of_spacings(entropy::differential_correa);
  table["entropy.differential_kozachenko_leonenko"] = [](const reference_case& c) {
    const std::string norm = c.param_text("norm", "max");
    if (norm != "max" && norm != "euclidean") throw unsupported("norm " + norm);
    const flat_points points = points_of(c);
    return std::vector<double>{
        entropy::differential_kozachenko_leonenko(
            rows(points.values, points.size, points.dimension),
            {.k = static_cast<std::size_t>(c.param("k")),
             .norm = norm == "max" ? entropy::distance_norm::max : entropy::distance_norm::euclidean,
             .unit = unit_of(c)})
            .value};
  };
  table["entropy.differential_kernel_density"] = [](const reference_case& c) {
    if (c.param_text("kernel", "gaussian") != "gaussian") throw unsupported("kernel " + c.param_text("kernel"));
    return std::vector<double>{entropy::differential_kernel_density(
                                   c.numbers("sample"), {.bandwidth = c.param("bandwidth"),
                                                         .leave_one_out = c.param_flag("leave_one_out", false),
                                                         .unit = unit_of(c)})
                                   .value};
  };
  table["entropy.mutual_information_ksg1"] = of_pairs(entropy::mutual_information_ksg1);
  table["entropy.mutual_information_ksg2"] = of_pairs(entropy::mutual_information_ksg2);
  table["entropy.byte"] = [](const reference_case& c) {
    return std::vector<double>{entropy::ngram(bytes_of(c), {.order = 1, .unit = unit_of(c)}).value};
  };
  table["entropy.conditional_byte"] = [](const reference_case& c) {
    return std::vector<double>{entropy::conditional_ngram(bytes_of(c), {.order = 2, .unit = unit_of(c)}).value};
  };
}

}  // namespace tailwatch::reference
