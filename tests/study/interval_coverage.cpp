// SPDX-License-Identifier: BSL-1.0
//
// How often does a 95 % interval hold the true value?
//
//   interval_coverage [replicates [part of a name]]
//
// Draws samples from sources whose entropy, diversity, missing mass or tail index is known, and prints, estimator by estimator, the
// coverage of value ± 1.96 standard errors (or of the interval of its own), the bias in units of the scatter, and the mean standard
// error over the scatter: the tables of docs/numerics.md. Fails where an interval that has no bias to excuse it covers less than it must.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/diversity.hpp"
#include "tailwatch/entropy.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/tail.hpp"

namespace {

using namespace tailwatch;
using core::random_engine;

struct outcome {
  estimate of;
  double truth = core::nan;
  core::interval interval{};  ///< NaN: value ± 1.96 standard errors
};

struct tally {
  double of_size = 0.0;  ///< a value, for the scale
  double covered = 0.0, defined = 0.0, value = 0.0, error = 0.0, errors = 0.0, squares = 0.0, truth = 0.0;
  void add(const outcome& o) {
    core::interval i = o.interval;
    if (core::is_nan(i.upper)) i = core::confidence_interval(o.of);
    if (core::is_nan(i.upper) || core::is_nan(o.of.value)) return;
    defined += 1.0;
    of_size = o.of.value;
    if ((core::is_nan(i.lower) || i.lower <= o.truth) && o.truth <= i.upper) covered += 1.0;
    const double delta =
        o.of.value - o.truth - error;  // a truth of its own for every sample (missing mass) is subtracted first
    error += delta / defined;
    squares += delta * (o.of.value - o.truth - error);
    if (!core::is_nan(o.of.standard_error)) errors += o.of.standard_error;
  }
  [[nodiscard]] double scatter() const { return std::sqrt(squares / (defined - 1.0)); }
  [[nodiscard]] std::string text(double replicates) const {
    if (defined < 2.0) return "–";
    if (!(scatter() > 1e-12 * std::abs(of_size))) return "no scatter";
    char buffer[80];
    std::snprintf(buffer, sizeof buffer, "%.1f %%, %+.2f, %.2f%s", 100.0 * covered / defined, error / scatter(),
                  errors / defined / scatter(), defined < replicates ? " *" : "");
    return buffer;
  }
};

/// Independent draws from fixed shares, by the alias-free way: cumulative sums and bisection.
struct discrete_source {
  std::vector<double> shares, cumulative;
  std::size_t sample = 0;
  discrete_source(std::size_t symbols, double exponent, std::size_t observations) : sample(observations) {
    double sum = 0.0;
    for (std::size_t r = 1; r <= symbols; ++r) shares.push_back(std::pow(static_cast<double>(r), -exponent));
    for (const double p : shares) sum += p;
    double running = 0.0;
    for (double& p : shares) cumulative.push_back(running += p /= sum);
  }
  [[nodiscard]] std::vector<std::uint64_t> counts(random_engine& random, std::size_t n) const {
    std::vector<std::uint64_t> c(shares.size());
    for (std::size_t i = 0; i < n; ++i) ++c[draw(random)];
    return c;
  }
  [[nodiscard]] std::size_t draw(random_engine& random) const {
    const auto at = std::upper_bound(cumulative.begin(), cumulative.end(), core::uniform_01(random));
    return std::min<std::size_t>(static_cast<std::size_t>(at - cumulative.begin()), cumulative.size() - 1);
  }
  [[nodiscard]] double renyi(double q) const { return entropy::renyi(probabilities(shares), {.order = q}).value; }
  [[nodiscard]] double power_sum(double q) const {
    double sum = 0.0;
    for (const double p : shares) sum += std::pow(p, q);
    return sum;
  }
  /// m at which the expected coverage of m observations is as given.
  [[nodiscard]] double size_of_coverage(double coverage) const {
    const auto covered = [this](double m) {
      double sum = 0.0;
      for (const double p : shares) sum -= p * std::expm1(m * std::log1p(-p));
      return sum;
    };
    double low = 0.0, high = 1.0;
    while (covered(high) < coverage) high *= 2.0;
    for (int i = 0; i < 60; ++i) (covered(0.5 * (low + high)) < coverage ? low : high) = 0.5 * (low + high);
    return high;
  }
  /// E of the number of types in m observations.
  [[nodiscard]] double types(double m) const {
    double sum = 0.0;
    for (const double p : shares) sum -= std::expm1(m * std::log1p(-p));
    return sum;
  }
};

struct sampled {
  const discrete_source& source;
  std::vector<std::uint64_t> counts;
  summary::frequency_profile profile;
  random_engine& random;
};

struct count_row {
  std::string name;
  std::function<outcome(const sampled&)> call;
};

std::vector<count_row> rows_of_counts() {
  std::vector<count_row> rows;
  const auto shannon = [&rows](const char* name, auto call) {
    rows.push_back({name, [call](const sampled& s) { return outcome{call(s), s.source.renyi(1.0)}; }});
  };
  shannon("entropy::plugin", [](const sampled& s) { return entropy::plugin(s.profile); });
  shannon("… plugin_error::delta_method",
          [](const sampled& s) { return entropy::plugin(s.profile, {.error = entropy::plugin_error::delta_method}); });
  shannon("entropy::miller_madow", [](const sampled& s) { return entropy::miller_madow(s.profile); });
  shannon("entropy::grassberger", [](const sampled& s) { return entropy::grassberger(s.profile); });
  shannon("entropy::grassberger_1988", [](const sampled& s) { return entropy::grassberger_1988(s.profile); });
  shannon("entropy::schurmann", [](const sampled& s) { return entropy::schurmann(s.profile); });
  shannon("entropy::zhang", [](const sampled& s) { return entropy::zhang(s.profile); });
  shannon("entropy::jackknife", [](const sampled& s) { return entropy::jackknife(s.profile); });
  shannon("entropy::chao_shen", [](const sampled& s) { return entropy::chao_shen(s.profile); });
  shannon("entropy::chao_wang_jost", [](const sampled& s) { return entropy::chao_wang_jost(s.profile); });
  shannon("entropy::dirichlet_posterior_mean, ½", [](const sampled& s) {
    return entropy::dirichlet_posterior_mean(s.profile, {.alphabet_size = s.source.shares.size()});
  });
  shannon("entropy::dirichlet, ½",
          [](const sampled& s) { return entropy::dirichlet(s.profile, {.alphabet_size = s.source.shares.size()}); });
  shannon("entropy::ansb", [](const sampled& s) { return entropy::ansb(s.profile); });
  shannon("entropy::nsb",
          [](const sampled& s) { return entropy::nsb(s.profile, {.alphabet_size = s.source.shares.size()}); });
  shannon("entropy::dirichlet_posterior_mean, ½, posterior_error::sampling", [](const sampled& s) {
    return entropy::dirichlet_posterior_mean(
        s.profile, {.alphabet_size = s.source.shares.size(), .error = entropy::posterior_error::sampling});
  });
  shannon("entropy::nsb, posterior_error::sampling", [](const sampled& s) {
    return entropy::nsb(s.profile,
                        {.alphabet_size = s.source.shares.size(), .error = entropy::posterior_error::sampling});
  });
  for (const double q : {0.5, 2.0})
    rows.push_back({q < 1.0 ? "entropy::renyi, ½" : "entropy::renyi, 2", [q](const sampled& s) {
                      return outcome{entropy::renyi(s.profile, {.order = q}), s.source.renyi(q)};
                    }});
  rows.push_back({"entropy::tsallis, 2", [](const sampled& s) {
                    return outcome{entropy::tsallis(s.profile), 1.0 - s.source.power_sum(2.0)};
                  }});
  for (const double q : {1.0, 2.0})
    rows.push_back({q < 2.0 ? "diversity::hill_number, 1" : "diversity::hill_number, 2", [q](const sampled& s) {
                      return outcome{diversity::hill_number(s.profile, {.order = q}), std::exp(s.source.renyi(q))};
                    }});
  rows.push_back({"diversity::hill_number, 0: types of such a sample", [](const sampled& s) {
                    return outcome{diversity::hill_number(s.profile, {.order = 0.0}),
                                   s.source.types(static_cast<double>(s.profile.total()))};
                  }});
  for (const double q : {0.0, 0.5, 1.0, 2.0, 3.0})
    rows.push_back(
        {"diversity::hill_number_asymptotic, " + (q == 0.5 ? "½" : std::to_string(static_cast<int>(q))),
         [q](const sampled& s) {
           return outcome{diversity::hill_number_asymptotic(s.profile, {.order = q}), std::exp(s.source.renyi(q))};
         }});
  for (const double factor : {0.5, 2.0})
    rows.push_back(
        {factor < 1.0 ? "diversity::hill_number_at_size, 0, m = N/2" : "… m = 2N", [factor](const sampled& s) {
           const double m = factor * static_cast<double>(s.profile.total());
           return outcome{diversity::hill_number_at_size(s.profile, {.sample_size = static_cast<std::uint64_t>(m)}),
                          s.source.types(m)};
         }});
  for (const double coverage : {0.5, 0.8})
    rows.push_back(
        {coverage < 0.7 ? "diversity::hill_number_at_coverage, 0, C = 0.5" : "… C = 0.8", [coverage](const sampled& s) {
           return outcome{diversity::hill_number_at_coverage(s.profile, {.order = 0.0, .coverage = coverage}).number,
                          s.source.types(s.source.size_of_coverage(coverage))};
         }});
  const auto bands = [&rows](const char* name, double order, double factor, diversity::hill_bootstrap bootstrap) {
    rows.push_back({name, [order, factor, bootstrap](const sampled& s) {
                      const double m = factor * static_cast<double>(s.profile.total());
                      const std::vector<std::uint64_t> sizes{static_cast<std::uint64_t>(m)};
                      const auto b =
                          diversity::hill_number_bands(s.profile, std::span<const std::uint64_t>(sizes), s.random,
                                                       {.order = order, .replicates = 100, .bootstrap = bootstrap})[0];
                      const double truth = order == 0.0 ? s.source.types(m)
                                                        : 1.0 / (1.0 / m + (1.0 - 1.0 / m) * s.source.power_sum(2.0));
                      return outcome{b.number, truth, b.band};
                    }});
  };
  using diversity::hill_bootstrap;
  bands("diversity::hill_number_bands, 0, m = N/2", 0.0, 0.5, hill_bootstrap::poisson_mixture);
  bands("diversity::hill_number_bands, 0, m = 2N", 0.0, 2.0, hill_bootstrap::poisson_mixture);
  bands("hill_number_bands by chao2014, 0, m = N/2", 0.0, 0.5, hill_bootstrap::chao2014);
  bands("hill_number_bands by chao2014, 0, m = 2N", 0.0, 2.0, hill_bootstrap::chao2014);
  bands("diversity::hill_number_bands, 2, m = N/2", 2.0, 0.5, hill_bootstrap::poisson_mixture);
  bands("hill_number_bands by chao2014, 2, m = N/2", 2.0, 0.5, hill_bootstrap::chao2014);
  rows.push_back({"diversity::chao1, normal", [](const sampled& s) {
                    return outcome{diversity::chao1(s.profile), static_cast<double>(s.source.shares.size())};
                  }});
  rows.push_back({"diversity::chao1_confidence_interval", [](const sampled& s) {
                    return outcome{diversity::chao1(s.profile), static_cast<double>(s.source.shares.size()),
                                   diversity::chao1_confidence_interval(s.profile)};
                  }});
  const auto types = [&rows](const char* name, auto call) {
    rows.push_back({name, [call](const sampled& s) {
                      return outcome{call(s.profile), static_cast<double>(s.source.shares.size())};
                    }});
  };
  types("diversity::ichao1", [](const auto& p) { return diversity::ichao1(p); });
  types("diversity::ace", [](const auto& p) { return diversity::ace(p); });
  types("diversity::jackknife1", [](const auto& p) { return diversity::jackknife1(p); });
  types("diversity::jackknife2", [](const auto& p) { return diversity::jackknife2(p); });
  rows.push_back({"diversity::simpson_unbiased", [](const sampled& s) {
                    return outcome{diversity::simpson_unbiased(s.profile), s.source.power_sum(2.0)};
                  }});
  rows.push_back({"diversity::inverse_simpson", [](const sampled& s) {
                    return outcome{diversity::inverse_simpson(s.profile), 1.0 / s.source.power_sum(2.0)};
                  }});
  rows.push_back({"diversity::berger_parker", [](const sampled& s) {
                    return outcome{diversity::berger_parker(s.profile), s.source.shares[0]};
                  }});
  rows.push_back({"diversity::pielou_evenness", [](const sampled& s) {
                    return outcome{diversity::pielou_evenness(s.profile),
                                   s.source.renyi(1.0) / std::log(static_cast<double>(s.source.shares.size()))};
                  }});
  rows.push_back({"diversity::heip_evenness", [](const sampled& s) {
                    return outcome{
                        diversity::heip_evenness(s.profile),
                        std::expm1(s.source.renyi(1.0)) / (static_cast<double>(s.source.shares.size()) - 1.0)};
                  }});
  rows.push_back({"diversity::simpson_evenness", [](const sampled& s) {
                    return outcome{diversity::simpson_evenness(s.profile),
                                   1.0 / s.source.power_sum(2.0) / static_cast<double>(s.source.shares.size())};
                  }});
  rows.push_back({"diversity::gini_index", [](const sampled& s) {
                    const auto n = static_cast<double>(s.source.shares.size());
                    double sum = 0.0;  // shares fall
                    for (std::size_t i = 0; i < s.source.shares.size(); ++i)
                      sum += (n - 1.0 - 2.0 * static_cast<double>(i)) * s.source.shares[i];
                    return outcome{diversity::gini_index(s.profile), sum / n};
                  }});
  rows.push_back({"diversity::menhinick: of such a sample", [](const sampled& s) {
                    const auto n = static_cast<double>(s.profile.total());
                    return outcome{diversity::menhinick(s.profile), s.source.types(n) / std::sqrt(n)};
                  }});
  rows.push_back({"tail::coverage_at_size, m = N/2", [](const sampled& s) {
                    double covered = 1.0;
                    for (const double p : s.source.shares)
                      covered -= p * std::exp(0.5 * static_cast<double>(s.profile.total()) * std::log1p(-p));
                    return outcome{tail::coverage_at_size(s.profile, {.sample_size = s.profile.total() / 2}), covered};
                  }});
  rows.push_back({"tail::zipf", [](const sampled& s) {
                    return outcome{tail::zipf(s.counts).exponent,
                                   std::log(s.source.shares[0] / s.source.shares[1]) / std::log(2.0)};
                  }});
  const auto missing = [](const sampled& s) {
    double mass = 0.0;
    for (std::size_t i = 0; i < s.counts.size(); ++i)
      if (s.counts[i] == 0) mass += s.source.shares[i];
    return mass;
  };
  rows.push_back({"tail::missing_mass, normal and Esty", [missing](const sampled& s) {
                    return outcome{tail::missing_mass(s.profile), missing(s)};
                  }});
  rows.push_back({"tail::missing_mass_mcallester_schapire_upper", [missing](const sampled& s) {
                    const auto upper = tail::missing_mass_mcallester_schapire_upper(s.profile);
                    return outcome{tail::missing_mass(s.profile), missing(s), {core::nan, upper.value, 0.95}};
                  }});
  rows.push_back({"tail::coverage_chao_jost", [missing](const sampled& s) {
                    return outcome{tail::coverage_chao_jost(s.profile), 1.0 - missing(s)};
                  }});
  rows.push_back({"tail::unseen_good_toulmin, t = 1", [](const sampled& s) {
                    double fresh = 0.0;
                    for (std::size_t i = 0; i < s.counts.size(); ++i)
                      if (s.counts[i] == 0)
                        fresh -= std::expm1(static_cast<double>(s.profile.total()) * std::log1p(-s.source.shares[i]));
                    return outcome{tail::unseen_good_toulmin(s.profile), fresh};
                  }});
  rows.push_back(
      {"tail::reference_tail_coverage, mass", [](const sampled& s) {
         const auto generated = s.source.counts(s.random, s.source.sample);
         double mass = 0.0;
         for (std::size_t i = 0; i < s.counts.size(); ++i)
           if (s.counts[i] == 1 || s.counts[i] == 2) mass += s.source.shares[i];
         return outcome{tail::reference_tail_coverage(core::counts(s.counts), core::counts(generated)).mass, mass};
       }});
  return rows;
}

struct sample_row {
  std::string name;
  std::function<std::vector<double>(random_engine&)> draw;
  std::function<outcome(const std::vector<double>&)> call;
  double least = 0.0;  ///< coverage that must be reached
};

double normal(random_engine& random) {
  return core::normal_quantile(core::uniform_01(random) * (1.0 - 0x1p-53) + 0x1p-54);
}

std::vector<sample_row> rows_of_samples() {
  using draws = std::function<std::vector<double>(random_engine&)>;
  const auto of = [](std::size_t n, auto one) -> draws {
    return [n, one](random_engine& random) {
      std::vector<double> x(n);
      for (double& v : x) v = one(random);
      return x;
    };
  };
  const auto exponential = [](random_engine& r) { return -std::log1p(-core::uniform_01(r)); };
  const draws normals = of(200, normal), exponentials = of(200, exponential);
  const draws pareto = of(2000, [](random_engine& r) { return std::pow(1.0 - core::uniform_01(r), -0.5); });
  const draws frechet =
      of(2000, [](random_engine& r) { return std::pow(-std::log(core::uniform_01(r) + 1e-300), -0.5); });
  const draws maxima =
      of(200, [](random_engine& r) { return (std::pow(-std::log(core::uniform_01(r) + 1e-300), -0.2) - 1.0) / 0.2; });
  const double h_normal = 0.5 * std::log(2.0 * 3.14159265358979323846) + 0.5;
  std::vector<sample_row> rows;
  const draws uniforms = of(200, [](random_engine& r) { return core::uniform_01(r); });
  for (const std::string density : {"normal", "exponential", "uniform"}) {
    const double truth = density == "normal" ? h_normal : density == "exponential" ? 1.0 : 0.0;
    const draws& source = density == "normal" ? normals : density == "exponential" ? exponentials : uniforms;
    const std::string of_source = ", " + density + ", n = 200";
    const auto add = [&](const char* name, auto call) {
      rows.push_back({name + of_source, source, [call, truth](const std::vector<double>& x) {
                        return outcome{call(x), truth};
                      }});
    };
    add("entropy::differential_vasicek", [](const auto& x) { return entropy::differential_vasicek(x); });
    add("entropy::differential_ebrahimi", [](const auto& x) { return entropy::differential_ebrahimi(x); });
    add("entropy::differential_van_es", [](const auto& x) { return entropy::differential_van_es(x); });
    add("entropy::differential_correa", [](const auto& x) { return entropy::differential_correa(x); });
    add("entropy::differential_kozachenko_leonenko, k = 3",
        [](const auto& x) { return entropy::differential_kozachenko_leonenko(x, {.k = 3}); });
    add("entropy::differential_kernel_density", [](const auto& x) { return entropy::differential_kernel_density(x); });
  }
  const auto pareto_row = [&](const char* name, double truth, double least, auto call) {
    rows.push_back({std::string(name) + ", Pareto ½, n = 2000", pareto,
                    [call, truth](const std::vector<double>& x) {
                      return outcome{call(x), truth};
                    },
                    least});
  };
  pareto_row("tail::hill, k = 200", 0.5, 0.93, [](const auto& x) { return tail::hill(x, {.k = 200}); });
  pareto_row("tail::moment_estimator, k = 200", 0.5, 0.0,
             [](const auto& x) { return tail::moment_estimator(x, {.k = 200}); });
  pareto_row("tail::pickands, k = 200", 0.5, 0.0, [](const auto& x) { return tail::pickands(x, {.k = 200}); });
  pareto_row("tail::weissman_quantile, p = 10⁻⁴, k = 200", 100.0, 0.0,
             [](const auto& x) { return tail::weissman_quantile(x, {.k = 200, .p = 1e-4}); });
  pareto_row("tail::gpd_fit, shape, k = 200", 0.5, 0.0,
             [](const auto& x) { return tail::gpd_fit(x, {.k = 200}).shape; });
  pareto_row("tail::gpd_value_at_risk, 0.999, k = 200", std::pow(1e-3, -0.5), 0.0,
             [](const auto& x) { return tail::gpd_value_at_risk(tail::gpd_fit(x, {.k = 200}), 0.999); });
  pareto_row("tail::gpd_expected_shortfall, 0.999, k = 200", 2.0 * std::pow(1e-3, -0.5), 0.0,
             [](const auto& x) { return tail::gpd_expected_shortfall(tail::gpd_fit(x, {.k = 200}), 0.999); });
  pareto_row("tail::powerlaw, xmin = 1", 3.0, 0.93, [](const auto& x) { return tail::powerlaw(x, {.xmin = 1.0}); });
  rows.push_back({"tail::powerlaw_discrete, α = 2.5, n = 2000",
                  of(2000,
                     [](random_engine& r) {  // by inversion of the sums
                       const double u = core::uniform_01(r) * 1.341487257250917;
                       double k = 1.0, sum = 1.0;
                       while (sum < u && k < 1e6) sum += std::pow(++k, -2.5);
                       return k;
                     }),
                  [](const std::vector<double>& x) {
                    std::vector<std::uint64_t> whole(x.begin(), x.end());
                    return outcome{tail::powerlaw_discrete(whole), 2.5};
                  }});
  rows.push_back({"tail::exceedance_mass, 0.95, 2000 and 2000 exponentials", of(4000, exponential),
                  [](const std::vector<double>& x) {
                    const std::vector<double> reference(x.begin(), x.begin() + 2000),
                        generated(x.begin() + 2000, x.end());
                    return outcome{tail::exceedance_mass(reference, generated, {.levels = {0.95}})[0].mass, 0.05};
                  },
                  0.92});
  rows.push_back({"tail::hill, k = 200, Fréchet ½, n = 2000", frechet, [](const std::vector<double>& x) {
                    return outcome{tail::hill(x, {.k = 200}), 0.5};
                  }});
  rows.push_back({"tail::gpd_fit, weighted moments, shape, k = 200, exponential, n = 2000", of(2000, exponential),
                  [](const std::vector<double>& x) {
                    return outcome{
                        tail::gpd_fit(x, {.k = 200, .method = tail::gpd_method::probability_weighted_moments}).shape,
                        0.0};
                  }});
  rows.push_back({"tail::gev_fit, shape 0.2, n = 200", maxima, [](const std::vector<double>& x) {
                    return outcome{tail::gev_fit(x).shape, 0.2};
                  }});
  rows.push_back({"tail::gev_fit, L-moments, shape 0.2, n = 200", maxima, [](const std::vector<double>& x) {
                    return outcome{tail::gev_fit(x, {.method = tail::gev_method::l_moments}).shape, 0.2};
                  }});
  rows.push_back({"tail::l_moments, skewness, exponential, n = 200", exponentials, [](const std::vector<double>& x) {
                    return outcome{tail::l_moments(x).skewness, 1.0 / 3.0};
                  }});
  struct text {
    std::size_t types;
    double exponent;
    std::size_t order;
    std::string name;
  };
  for (const text& t : {text{50, 1.0, 2, "Zipf 50"}, text{100, 0.0, 2, "100 equal"}, text{20, 0.0, 2, "20 equal"},
                        text{50, 0.0, 3, "50 equal"}}) {
    const auto source = std::make_shared<discrete_source>(t.types, t.exponent, 2000);
    const std::size_t order = t.order;
    const draws words = of(2000, [source](random_engine& r) { return static_cast<double>(source->draw(r)); });
    const std::string of_source = ", 2000 tokens, " + t.name, n = std::to_string(order);
    const auto counted = [](const std::vector<double>& x, std::size_t length) {
      summary::ngram_counts counts({.order = length, .vocabulary = 128});
      counts.update(std::vector<std::uint32_t>(x.begin(), x.end()));
      return counts;
    };
    rows.push_back(
        {"entropy::ngram, " + n + of_source, words, [source, order](const std::vector<double>& x) {
           const std::vector<std::uint32_t> tokens(x.begin(), x.end());
           return outcome{entropy::ngram(tokens, {.order = order}), static_cast<double>(order) * source->renyi(1.0)};
         }});
    rows.push_back(
        {"entropy::ngram of counts, " + n + of_source, words, [source, order, counted](const std::vector<double>& x) {
           return outcome{entropy::ngram(counted(x, order)), static_cast<double>(order) * source->renyi(1.0)};
         }});
    rows.push_back(
        {"entropy::conditional_ngram, " + n + of_source, words, [source, order](const std::vector<double>& x) {
           const std::vector<std::uint32_t> tokens(x.begin(), x.end());
           return outcome{entropy::conditional_ngram(tokens, {.order = order}), source->renyi(1.0)};
         }});
    rows.push_back(
        {"entropy::conditional_ngram of counts, " + n + of_source, words,
         [source, order, counted](const std::vector<double>& x) {
           return outcome{entropy::conditional_ngram(counted(x, order), counted(x, order - 1)), source->renyi(1.0)};
         }});
    if (order > 2) continue;
    rows.push_back({"entropy::mutual_information, 10 × 10 of independent pairs" + of_source, words,
                    [](const std::vector<double>& x) {
                      std::vector<std::uint64_t> table(100);
                      for (std::size_t i = 0; i + 1 < x.size(); i += 2)
                        ++table[static_cast<std::size_t>(x[i]) % 10 * 10 + static_cast<std::size_t>(x[i + 1]) % 10];
                      return outcome{entropy::mutual_information(core::rows(table, 10, 10)), 0.0};
                    }});
    rows.push_back(
        {"entropy::mutual_information of bigrams" + of_source, words, [counted](const std::vector<double>& x) {
           const std::vector<double> first(x.begin(), x.end() - 1), second(x.begin() + 1, x.end());
           return outcome{entropy::mutual_information(counted(x, 2), counted(first, 1), counted(second, 1)), 0.0};
         }});
  }
  rows.push_back(
      {"tail::gev_return_level, 0.99, n = 200", maxima, [](const std::vector<double>& x) {
         return outcome{tail::gev_return_level(tail::gev_fit(x), 0.99), (std::pow(-std::log(0.99), -0.2) - 1.0) / 0.2};
       }});
  rows.push_back({"tail::expected_shortfall, 0.95, exponential, n = 2000", of(2000, exponential),
                  [](const std::vector<double>& x) {
                    return outcome{tail::expected_shortfall(x, {.level = 0.95}), 1.0 - std::log(0.05)};
                  },
                  0.9});
  rows.push_back({"tail::mean_excess, u = 1, exponential, n = 200", exponentials,
                  [](const std::vector<double>& x) {
                    return outcome{tail::mean_excess(x, {.threshold = 1.0}), 1.0};
                  },
                  0.9});
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  const int replicates = argc > 1 ? std::atoi(argv[1]) : 2000;
  if (replicates < 2) return 2;
  const std::string part = argc > 2 ? argv[2] : "";
  const auto wanted = [&part](const std::string& name) { return name.find(part) != std::string::npos; };
  bool ok = true;

  const std::vector<discrete_source> sources{{50, 1.0, 1000}, {2000, 1.0, 2000}, {50, 0.0, 1000}, {1000, 0.0, 1000}};
  std::vector<count_row> rows;
  for (count_row& row : rows_of_counts())
    if (wanted(row.name)) rows.push_back(std::move(row));
  std::vector<std::vector<tally>> of_counts(rows.size(), std::vector<tally>(sources.size()));
  for (std::size_t s = 0; s < sources.size(); ++s)
    for (int i = 0; i < replicates; ++i) {
      random_engine random(core::split_seed(100 + s, static_cast<std::uint64_t>(i)));
      auto counts = sources[s].counts(random, sources[s].sample);
      const summary::frequency_profile profile(counts);
      const sampled sample{sources[s], std::move(counts), profile, random};
      for (std::size_t j = 0; j < rows.size(); ++j) of_counts[j][s].add(rows[j].call(sample));
    }
  std::printf(
      "| | Zipf 50, N = 1000 | Zipf 2000, N = 2000 | 50 equal, N = 1000 | 1000 equal, N = 1000 "
      "|\n|---|---|---|---|---|\n");
  for (std::size_t j = 0; j < rows.size(); ++j) {
    std::printf("| `%s` |", rows[j].name.c_str());
    for (const tally& t : of_counts[j]) std::printf(" %s |", t.text(replicates).c_str());
    std::printf("\n");
  }

  std::printf("\n| | coverage, bias, error |\n|---|---|\n");
  for (const sample_row& row : rows_of_samples()) {
    if (!wanted(row.name)) continue;
    tally t;
    for (int i = 0; i < replicates; ++i) {
      random_engine random(core::split_seed(200, static_cast<std::uint64_t>(i)));
      t.add(row.call(row.draw(random)));
    }
    std::printf("| `%s` | %s |\n", row.name.c_str(), t.text(replicates).c_str());
    const double noise = 4.0 * std::sqrt(0.05 * 0.95 / static_cast<double>(replicates));
    if (t.covered / t.defined < row.least - noise) {
      std::printf("  covers less than %.2f\n", row.least);
      ok = false;
    }
  }
  // Without bias: the miller_madow entropy of 50 symbols, the unbiased dominance, the missing mass, the distribution-free bound.
  const double noise = 4.0 * std::sqrt(0.05 * 0.95 / static_cast<double>(replicates));
  for (std::size_t j = 0; j < rows.size(); ++j) {
    const auto must = [&](const char* name, std::size_t source, double least) {
      const tally& t = of_counts[j][source];
      if (rows[j].name == name && t.covered / t.defined < least - noise) {
        std::printf("%s covers less than %.2f\n", name, least);
        ok = false;
      }
    };
    must("entropy::miller_madow", 0, 0.93);
    must("entropy::zhang", 2, 0.90);
    must("diversity::simpson_unbiased", 0, 0.93);
    must("tail::missing_mass, normal and Esty", 1, 0.93);
    for (std::size_t s = 0; s < 4; ++s) must("tail::missing_mass_mcallester_schapire_upper", s, 0.95);
  }
  return ok ? 0 : 1;
}
