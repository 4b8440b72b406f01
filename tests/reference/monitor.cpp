// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reference/reference_case.hpp"

namespace tailwatch::reference {
namespace {

using monitor_values = std::vector<double>;

/// Feeds x to a fresh detector, reading it at the indices `at`; all indices where there are none.
template <class Make, class Read>
metric_function statistic_of(Make make, Read read) {
  return [make, read](const reference_case& c) -> monitor_values {
    const std::vector<double> x = c.numbers("x");
    auto detector = make(c);
    std::vector<double> all;
    for (const double v : x) {
      detector.update(v);
      all.push_back(read(detector, c));
    }
    if (!c.has_param("at")) return all;
    monitor_values values;
    for (const double i : c.param_numbers("at")) values.push_back(all.at(static_cast<std::size_t>(i)));
    return values;
  };
}

/// Index of the first observation after which `alarm` holds, −1 if none.
template <class Make, class Alarm>
metric_function first_alarm_of(Make make, Alarm alarm) {
  return [make, alarm](const reference_case& c) -> monitor_values {
    const std::vector<double> x = c.numbers("x");
    auto detector = make(c);
    for (std::size_t i = 0; i < x.size(); ++i) {
      detector.update(x[i]);
      if (alarm(detector, c)) return {static_cast<double>(i)};
    }
    return {-1.0};
  };
}

const auto alarmed = [](const auto& detector, const reference_case&) { return detector.alarmed(); };
const auto value = [](const auto& detector, const reference_case&) { return detector.value(); };
const auto log_value = [](const auto& detector, const reference_case&) { return detector.log_value(); };
const auto above_log_threshold = [](const auto& detector, const reference_case& c) {
  return detector.log_value() > c.param("log_threshold");
};

monitor::increment increment_of(const reference_case& c) {
  const std::string kind = c.param_text("increment", "bounded");
  if (kind == "bernoulli") return monitor::increment::bernoulli;
  if (kind == "normal") return monitor::increment::normal;
  if (kind != "bounded") throw unsupported(kind);
  return monitor::increment::bounded;
}

template <class Detector>
Detector e_detector_of(const reference_case& c) {
  const std::vector<double> bets = c.param_numbers("lambdas");
  const std::vector<double> weights = c.param_numbers("weights");
  return Detector(increment_of(c), c.param("mean_null"), bets, weights);
}

monitor::shiryaev_mixture shiryaev_of(const reference_case& c) {
  const std::vector<double> bets = c.param_numbers("lambda");
  return monitor::shiryaev_mixture(c.param("mean_null"), std::span<const double>(bets));
}

monitor::predictable_mixture sequence_of(const reference_case& c, monitor::mixture_penalty penalty) {
  monitor::predictable_mixture_options options;
  options.alpha = c.param("alpha");
  options.truncation = c.param("truncation");
  options.penalty = penalty;
  return monitor::predictable_mixture(options);
}

monitor::cusum_running_mean running_mean_of(const reference_case& c) {
  return monitor::cusum_running_mean({.delta = c.param("delta"),
                                      .threshold = c.param("threshold"),
                                      .min_instances = static_cast<std::uint64_t>(c.param("min_instances"))});
}

monitor::page_hinkley page_hinkley_of(const reference_case& c) {
  monitor::page_hinkley_options options;
  options.delta = c.param("delta");
  options.threshold = c.param("threshold");
  options.forgetting = c.param("alpha");
  options.min_instances = static_cast<std::uint64_t>(c.param("min_instances")) - 1;  // the case counts samples + 1
  return monitor::page_hinkley(options);
}

monitor::cusum_tabular tabular_of(const reference_case& c) {
  return monitor::cusum_tabular({.target = c.param("target"),
                                 .sigma = c.param("sigma"),
                                 .allowance = c.param("allowance"),
                                 .threshold = c.param("threshold", 5.0)});
}

monitor::ewma_chart ewma_of(const reference_case& c) {
  if (c.param_text("limits", "exact") != "exact") throw unsupported("limits");
  return monitor::ewma_chart({.lambda = c.param("lambda"),
                              .target = c.param("target"),
                              .sigma = c.param("sigma"),
                              .limit_width = c.param("limit_width", 3.0)});
}

monitor::mosum mosum_of(const reference_case& c) {
  return monitor::mosum({.bandwidth = static_cast<std::size_t>(c.param("bandwidth")),
                         .sigma = c.param("sigma"),
                         .threshold = c.param("threshold", 4.0)});
}

monitor::normal_shift_options shift_of(const reference_case& c) {
  return {.mean_before = c.param("mu0"),
          .mean_after = c.param("mu1"),
          .sigma = c.param("sigma"),
          .log_threshold = c.param("log_threshold", 0.0)};
}

monitor::generalized_likelihood_ratio_cusum likelihood_ratio_of(const reference_case& c) {
  if (c.param_text("alternative", "greater") != "greater") throw unsupported("alternative");
  return monitor::generalized_likelihood_ratio_cusum({.mean_null = c.param("mean_null"),
                                                      .log_threshold = c.param("log_threshold"),
                                                      .window = static_cast<std::size_t>(c.param("window"))});
}

monitor::ddm ddm_of(const reference_case& c) {
  const std::string variant = c.param_text("variant");
  auto least = static_cast<std::uint64_t>(c.param("min_instances"));
  if (variant == "scikit_multiflow") least -= 1;  // it counts samples + 1
  if (variant == "river") least += 1;             // it wants more than min_instances
  return monitor::ddm(
      {.min_instances = least, .warning_level = c.param("warning_level"), .drift_level = c.param("drift_level")});
}

monitor::betting_capital capital_of(const reference_case& c) {
  return monitor::betting_capital(c.param("m"), {.alpha = c.param("alpha"),
                                                 .theta = c.param("theta"),
                                                 .truncation = c.param("trunc_scale"),
                                                 .convex = c.param_flag("convex_comb", true)});
}

monitor::adwin adwin_of(const reference_case& c) {
  monitor::adwin_options options;
  options.delta = c.param("delta");
  options.clock = static_cast<std::uint64_t>(c.param("clock"));
  options.max_buckets = static_cast<std::size_t>(c.param("max_buckets"));
  options.min_window = static_cast<std::uint64_t>(c.param("min_window"));
  options.grace = static_cast<std::uint64_t>(c.param("grace", 10));
  const std::string variant = c.param_text("variant");
  if (variant == "scikit_multiflow") {
    options.variant = monitor::adwin_variant::scikit_multiflow;
  } else if (variant == "river") {
    options.variant = monitor::adwin_variant::river;
  } else if (variant == "frouros") {
    options.variant = monitor::adwin_variant::frouros;
  } else {
    throw unsupported(variant);
  }
  return monitor::adwin(options);
}

/// u(v) of a boundary with the options that `make` reads from the case.
template <class Make>
metric_function boundary_of(Make make) {
  return [make](const reference_case& c) -> monitor_values { return {make(c)(c.number("v"), c.param("alpha"))}; };
}

monitor::boundary_normal_mixture normal_boundary(const reference_case& c) {
  return monitor::boundary_normal_mixture(
      {.v_opt = c.param("v_opt"), .alpha_opt = c.param("alpha_opt"), .one_sided = c.param_flag("is_one_sided", false)});
}
monitor::boundary_gamma_exponential_mixture gamma_boundary(const reference_case& c) {
  return monitor::boundary_gamma_exponential_mixture(
      {.v_opt = c.param("v_opt"), .c = c.param("c"), .alpha_opt = c.param("alpha_opt")});
}
monitor::boundary_polynomial_stitching stitched_boundary(const reference_case& c) {
  return monitor::boundary_polynomial_stitching(
      {.v_min = c.param("v_min"), .c = c.param("c"), .s = c.param("s"), .eta = c.param("eta")});
}
monitor::boundary_beta_binomial_mixture beta_boundary(const reference_case& c) {
  if (c.param_flag("is_one_sided", false)) throw unsupported("is_one_sided");
  return monitor::boundary_beta_binomial_mixture(
      {.v_opt = c.param("v_opt"), .g = c.param("g"), .h = c.param("h"), .alpha_opt = c.param("alpha_opt")});
}

monitor::conjugate_mixture_empirical_bernstein bernstein_mixture_of(const reference_case& c) {
  return monitor::conjugate_mixture_empirical_bernstein(
      {.alpha = c.param("alpha"), .v_opt = c.param("v_opt"), .side_share = 0.25});  // the peer halves twice
}
monitor::conjugate_mixture_bernoulli bernoulli_mixture_of(const reference_case& c) {
  return monitor::conjugate_mixture_bernoulli({.alpha = c.param("alpha"),
                                               .t_opt = c.param("t_opt"),
                                               .breaks = static_cast<std::size_t>(c.param("breaks", 1000))});
}
monitor::betting_sequence betting_sequence_of(const reference_case& c) {
  return monitor::betting_sequence(
      {.alpha = c.param("alpha"), .breaks = static_cast<std::size_t>(c.param("breaks", 1000))});
}

/// 1 + λ(x − m) is the bounded increment with bet λm.
monitor::e_process_mixture fixed_capital_of(const reference_case& c) {
  const std::vector<double> bets{c.param("lambda") * c.param("m")};
  return {monitor::increment::bounded, c.param("m"), bets};
}

/// The ordered blocks of x, cut before the indices `splits`.
template <class Block>
std::vector<monitor::ordered_block> blocks_of(const reference_case& c, Block block) {
  const std::vector<double> x = c.numbers("x");
  std::vector<monitor::ordered_block> blocks;
  std::size_t begin = 0;
  std::vector<double> ends = c.param_numbers("splits");
  ends.push_back(static_cast<double>(x.size()));
  for (const double cut : ends) {
    const auto end = static_cast<std::size_t>(cut);
    blocks.push_back(block(std::span<const double>(x).subspan(begin, end - begin), begin));
    begin = end;
  }
  return blocks;
}

std::vector<monitor::ordered_block> e_sr_blocks(const reference_case& c) {
  return blocks_of(c, [&](std::span<const double> x, std::size_t) {
    return monitor::e_sr_block(c.param("mean_null"), c.param("lambda"), x);
  });
}
std::vector<monitor::ordered_block> shiryaev_blocks(const reference_case& c) {
  const monitor::shiryaev_mixture detector = shiryaev_of(c);
  return blocks_of(c, [&](std::span<const double> x, std::size_t begin) { return detector.block(x, begin).at(0); });
}

template <class Blocks>
void add_blocks(dispatch_table& table, const std::string& name, Blocks blocks) {
  table[name + "_block_log_a"] = [blocks](const reference_case& c) {
    monitor_values values;
    for (const auto& b : blocks(c)) values.push_back(b.log_a);
    return values;
  };
  table[name + "_block_log_b"] = [blocks](const reference_case& c) {
    monitor_values values;
    for (const auto& b : blocks(c)) values.push_back(b.log_b);
    return values;
  };
}

template <class Detector>
void add_e_detector(dispatch_table& table, const std::string& name) {
  table[name] = statistic_of(e_detector_of<Detector>, log_value);
  table[name + "_first_alarm"] = first_alarm_of(e_detector_of<Detector>, above_log_threshold);
}

}  // namespace

void add_monitor(dispatch_table& table) {
  add_e_detector<monitor::e_sr>(table, "monitor.e_sr");
  add_e_detector<monitor::e_cusum>(table, "monitor.e_cusum");
  add_e_detector<monitor::e_process_mixture>(table, "monitor.e_process_mixture");
  table["monitor.shiryaev_mixture"] = statistic_of(shiryaev_of, log_value);
  table["monitor.shiryaev_mixture_first_alarm"] =
      first_alarm_of(shiryaev_of, [](const auto& d, const reference_case& c) { return d.alarmed(c.param("alpha")); });

  add_blocks(table, "monitor.e_sr", e_sr_blocks);
  table["monitor.e_sr_block_log_end"] = [](const reference_case& c) -> monitor_values {
    monitor::ordered_block whole;
    for (const auto& b : e_sr_blocks(c)) whole = whole.then(b);
    return {whole.apply(-core::infinity)};
  };
  add_blocks(table, "monitor.shiryaev_mixture", shiryaev_blocks);
  table["monitor.shiryaev_mixture_block_log_end"] = [](const reference_case& c) -> monitor_values {
    monitor::shiryaev_mixture detector = shiryaev_of(c);
    monitor::ordered_block whole;
    for (const auto& b : shiryaev_blocks(c)) whole = whole.then(b);
    detector.update_block(std::span<const monitor::ordered_block>(&whole, 1), c.numbers("x").size());
    return {detector.log_value()};
  };

  const auto bernstein = [](const reference_case& c) {
    return sequence_of(c, monitor::mixture_penalty::empirical_bernstein);
  };
  const auto hoeffding = [](const reference_case& c) { return sequence_of(c, monitor::mixture_penalty::hoeffding); };
  const auto lower = [](const auto& d, const reference_case&) { return d.value().lower; };
  const auto upper = [](const auto& d, const reference_case&) { return d.value().upper; };
  const std::string sequence = "monitor.confidence_sequence_predictable_mixture_";
  table[sequence + "empirical_bernstein_lower"] = statistic_of(bernstein, lower);
  table[sequence + "empirical_bernstein_upper"] = statistic_of(bernstein, upper);
  table[sequence + "hoeffding_lower"] = statistic_of(hoeffding, lower);
  table[sequence + "hoeffding_upper"] = statistic_of(hoeffding, upper);
  const std::string conjugate = "monitor.confidence_sequence_conjugate_mixture_";
  table[conjugate + "empirical_bernstein_lower"] = statistic_of(bernstein_mixture_of, lower);
  table[conjugate + "empirical_bernstein_upper"] = statistic_of(bernstein_mixture_of, upper);
  table[conjugate + "bernoulli_lower"] = statistic_of(bernoulli_mixture_of, lower);
  table[conjugate + "bernoulli_upper"] = statistic_of(bernoulli_mixture_of, upper);
  table["monitor.confidence_sequence_betting_lower"] = statistic_of(betting_sequence_of, lower);
  table["monitor.confidence_sequence_betting_upper"] = statistic_of(betting_sequence_of, upper);
  table["monitor.boundary_normal_mixture"] = boundary_of(normal_boundary);
  table["monitor.boundary_gamma_exponential_mixture"] = boundary_of(gamma_boundary);
  table["monitor.boundary_polynomial_stitching"] = boundary_of(stitched_boundary);
  table["monitor.boundary_beta_binomial_mixture"] = boundary_of(beta_boundary);
  table["monitor.betting_log_capital_fixed"] = statistic_of(fixed_capital_of, log_value);
  table["monitor.betting_log_capital_predictable_mixture"] = statistic_of(capital_of, log_value);

  table["monitor.cusum_running_mean"] = statistic_of(running_mean_of, value);
  table["monitor.cusum_running_mean_first_alarm"] = first_alarm_of(running_mean_of, alarmed);
  table["monitor.page_hinkley"] = statistic_of(page_hinkley_of, value);
  table["monitor.page_hinkley_first_alarm"] = first_alarm_of(page_hinkley_of, alarmed);
  table["monitor.cusum_tabular_upper"] =
      statistic_of(tabular_of, [](const auto& d, const reference_case&) { return d.upper(); });
  table["monitor.cusum_tabular_lower"] =
      statistic_of(tabular_of, [](const auto& d, const reference_case&) { return d.lower(); });
  table["monitor.cusum_tabular_first_alarm"] = first_alarm_of(tabular_of, alarmed);
  table["monitor.ewma_chart"] = statistic_of(ewma_of, value);
  table["monitor.ewma_chart_first_alarm"] = first_alarm_of(ewma_of, alarmed);
  table["monitor.mosum"] = statistic_of(mosum_of, value);
  table["monitor.mosum_first_alarm"] = first_alarm_of(mosum_of, alarmed);
  const auto roberts = [](const reference_case& c) { return monitor::shiryaev_roberts_normal(shift_of(c)); };
  table["monitor.shiryaev_roberts_normal"] = statistic_of(roberts, log_value);
  table["monitor.shiryaev_roberts_normal_first_alarm"] = first_alarm_of(roberts, alarmed);
  const auto ratio = [](const reference_case& c) { return monitor::cusum_log_likelihood_ratio_normal(shift_of(c)); };
  table["monitor.cusum_log_likelihood_ratio_normal"] = statistic_of(ratio, value);
  table["monitor.cusum_log_likelihood_ratio_normal_first_alarm"] = first_alarm_of(ratio, alarmed);
  table["monitor.generalized_likelihood_ratio_cusum"] = statistic_of(likelihood_ratio_of, value);
  table["monitor.generalized_likelihood_ratio_cusum_first_alarm"] = first_alarm_of(likelihood_ratio_of, alarmed);
  table["monitor.adwin_first_alarm"] = first_alarm_of(adwin_of, alarmed);
  table["monitor.adwin_width"] =
      statistic_of(adwin_of, [](const auto& d, const reference_case&) { return static_cast<double>(d.width()); });
  table["monitor.ddm_first_alarm"] = first_alarm_of(ddm_of, alarmed);
  table["monitor.ddm_first_warning"] =
      first_alarm_of(ddm_of, [](const auto& d, const reference_case&) { return d.warned(); });
}

}  // namespace tailwatch::reference
