// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/drift.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "reference/reference_case.hpp"
#include "tailwatch/summary/moments.hpp"

namespace tailwatch::reference {
namespace {

using drift_values = std::vector<double>;

information_unit drift_unit(const reference_case& c) {
  const double base = c.param("base", 2.718281828459045);
  if (base == 2.0) return information_unit::bits;
  if (base == 10.0) return information_unit::hartleys;
  if (std::abs(base - 2.718281828459045) > 1e-12) throw unsupported("base");
  return information_unit::nats;
}

drift::smoothing drift_smoothing(const std::string& method) {
  if (method == "add_k") return drift::smoothing::add_k;
  if (method == "dirichlet") return drift::smoothing::dirichlet;
  if (method == "jelinek") return drift::smoothing::jelinek;
  if (method == "good_turing_backoff") return drift::smoothing::good_turing_backoff;
  throw unsupported(method);
}

drift::tail_side drift_side(const reference_case& c) {
  return c.param_text("side") == "left" ? drift::tail_side::left : drift::tail_side::right;
}

drift::pvalue_method drift_method(const reference_case& c) {
  const std::string method = c.param_text("method", "automatic");
  if (method == "exact") return drift::pvalue_method::exact;
  return method == "asymptotic" ? drift::pvalue_method::asymptotic : drift::pvalue_method::automatic;
}

std::vector<double> drift_weights(const reference_case& c, const char* name) {
  return c.has(name) ? c.numbers(name) : std::vector<double>();
}

/// A divergence of the inputs p and q.
template <class Divergence>
metric_function of_cells(Divergence divergence) {
  return [divergence](const reference_case& c) -> drift_values {
    const std::vector<double> p = c.numbers("p");
    const std::vector<double> q = c.numbers("q");
    return {divergence(probabilities(p), probabilities(q), c).value};
  };
}

/// A statistic of the one-dimensional inputs x and y.
template <class Statistic>
metric_function of_samples(Statistic statistic) {
  return [statistic](const reference_case& c) -> drift_values {
    const std::vector<double> x = c.numbers("x");
    const std::vector<double> y = c.numbers("y");
    return {statistic(x, y, c).value};
  };
}

struct drift_points {
  std::vector<double> flat;
  std::size_t size = 0;
  std::size_t dimension = 0;

  explicit drift_points(const std::vector<std::vector<double>>& rows_in) : size(rows_in.size()) {
    dimension = rows_in.empty() ? 0 : rows_in.front().size();
    for (const auto& row : rows_in) flat.insert(flat.end(), row.begin(), row.end());
  }
};

drift_values energy_case(const reference_case& c) {
  const std::vector<std::vector<double>> x = c.points("x");
  const std::vector<std::vector<double>> y = c.points("y");
  const std::vector<double> weights_x = drift_weights(c, "weights_x");
  const std::vector<double> weights_y = drift_weights(c, "weights_y");
  const drift::energy_distance_options options{.squared = c.param_flag("squared", false),
                                               .unbiased = c.param_text("estimator", "v") == "u",
                                               .weights_x = weights_x,
                                               .weights_y = weights_y};
  const drift_points a(x), b(y);
  if (a.dimension <= 1 && b.dimension <= 1) return {drift::energy_distance(a.flat, b.flat, options).value};
  return {drift::energy_distance(rows(a.flat, a.size, a.dimension), rows(b.flat, b.size, b.dimension), options).value};
}

/// A statistic of the points x and y.
template <class Statistic>
metric_function of_points(Statistic statistic) {
  return [statistic](const reference_case& c) -> drift_values {
    const drift_points x(c.points("x")), y(c.points("y"));
    return {statistic(rows(x.flat, x.size, x.dimension), rows(y.flat, y.size, y.dimension), c)};
  };
}

/// A divergence between Gaussians.
template <class Divergence>
metric_function of_gaussians(Divergence divergence) {
  return [divergence](const reference_case& c) -> drift_values {
    const std::vector<double> mean_p = c.numbers("mean_p"), mean_q = c.numbers("mean_q");
    const drift_points cov_p(c.points("cov_p")), cov_q(c.points("cov_q"));
    return {divergence(drift::gaussian_view{mean_p, cov_p.flat}, drift::gaussian_view{mean_q, cov_q.flat}).value};
  };
}

drift::mmd_estimator drift_estimator(const reference_case& c) {
  const std::string name = c.param_text("estimator");
  if (name == "biased") return drift::mmd_estimator::biased;
  if (name == "unbiased") return drift::mmd_estimator::unbiased;
  if (name == "u_statistic") return drift::mmd_estimator::u_statistic;
  if (name == "linear") return drift::mmd_estimator::linear;
  throw unsupported(name);
}

std::size_t drift_k(const reference_case& c) { return static_cast<std::size_t>(c.param("k")); }

drift::sinkhorn_options drift_sinkhorn(const reference_case& c) {
  if (c.param_text("cost", "sqeuclidean") != "sqeuclidean") throw unsupported("cost");
  const bool dual = c.param_text("form", "dual") == "dual";
  return {.epsilon = c.param("epsilon"),
          .form = dual ? drift::sinkhorn_form::dual : drift::sinkhorn_form::transport_cost};
}

void add_drift_points(dispatch_table& table) {
  table["drift.kullback_leibler_gaussian"] =
      of_gaussians([](const auto& p, const auto& q) { return drift::kullback_leibler_gaussian(p, q); });
  table["drift.wasserstein_gaussian_squared"] =
      of_gaussians([](const auto& p, const auto& q) { return drift::wasserstein_gaussian_squared(p, q); });
  table["drift.sliced_wasserstein"] = of_points([](const auto& x, const auto& y, const reference_case& c) {
    const drift_points along(c.points("projections"));
    return drift::sliced_wasserstein(x, y, rows(along.flat, along.size, along.dimension), {.p = c.param("p")}).value;
  });
  table["drift.max_sliced_wasserstein"] = of_points([](const auto& x, const auto& y, const reference_case& c) {
    const drift_points along(c.points("projections"));
    return drift::max_sliced_wasserstein(x, y, rows(along.flat, along.size, along.dimension), {.p = c.param("p")})
        .value;
  });
  table["drift.median_bandwidth"] = of_points([](const auto& x, const auto& y, const reference_case& c) {
    if (c.param_text("convention") != "median_pairwise_distance") throw unsupported("convention");
    return drift::median_bandwidth(x, y).value;
  });
  table["drift.mmd_rbf"] = of_points([](const auto& x, const auto& y, const reference_case& c) {
    return drift::mmd_rbf(x, y, {.sigma = c.param("sigma"), .estimator = drift_estimator(c)}).value;
  });
  table["drift.mmd_rbf_standard_error"] = of_points([](const auto& x, const auto& y, const reference_case& c) {
    return drift::mmd_rbf(x, y, {.sigma = c.param("sigma"), .estimator = drift_estimator(c)}).standard_error;
  });
  table["drift.mmd_polynomial"] = of_points([](const auto& x, const auto& y, const reference_case& c) {
    if (c.param_text("gamma", "1/dimension") != "1/dimension") throw unsupported("gamma");
    const drift::mmd_polynomial_options options{
        .degree = static_cast<int>(c.param("degree")), .coef0 = c.param("coef0"), .estimator = drift_estimator(c)};
    return drift::mmd_polynomial(x, y, options).value;
  });
  table["drift.kullback_leibler_knn"] = of_points([](const auto& x, const auto& y, const reference_case& c) {
    return drift::kullback_leibler_knn(x, y, {.k = drift_k(c)}).value;
  });
  table["drift.classifier_knn"] = of_points([](const auto& x, const auto& y, const reference_case& c) {
    return drift::classifier_knn(x, y, {.k = drift_k(c)}).value;
  });
  table["drift.classifier_knn_pvalue"] = of_points([](const auto& x, const auto& y, const reference_case& c) {
    if (c.param_text("method") != "normal") throw unsupported("method");
    return drift::classifier_knn_pvalue(x, y, {.k = drift_k(c)}).value;
  });
  table["drift.schilling_knn"] = of_points([](const auto& x, const auto& y, const reference_case& c) {
    return drift::schilling_knn(x, y, {.k = drift_k(c)}).value;
  });
  table["drift.sinkhorn_cost"] = of_points([](const auto& x, const auto& y, const reference_case& c) {
    return drift::sinkhorn_cost(x, y, drift_sinkhorn(c)).value;
  });
  table["drift.sinkhorn_divergence"] = of_points([](const auto& x, const auto& y, const reference_case& c) {
    return drift::sinkhorn_divergence(x, y, drift_sinkhorn(c)).value;
  });
  // Both are read from the state that every floating stream goes into.
  const auto of_moments = [](auto read) -> metric_function {
    return [read](const reference_case& c) -> drift_values {
      const std::vector<double> x = c.numbers("x");
      const std::vector<float> narrow(x.begin(), x.end());
      summary::moments state;
      state.update(narrow);
      return {read(state).value};
    };
  };
  table["drift.mean"] = of_moments([](const summary::moments& m) { return m.mean(); });
  table["drift.variance"] = of_moments([](const summary::moments& m) { return m.variance(); });
}

}  // namespace

void add_drift(dispatch_table& table) {
  add_drift_points(table);
  table["drift.kullback_leibler"] = of_cells([](const auto& p, const auto& q, const reference_case& c) {
    return drift::kullback_leibler(p, q, {.unit = drift_unit(c)});
  });
  table["drift.reverse_kullback_leibler"] = of_cells([](const auto& p, const auto& q, const reference_case& c) {
    return drift::reverse_kullback_leibler(p, q, {.unit = drift_unit(c)});
  });
  table["drift.jeffreys"] = of_cells([](const auto& p, const auto& q, const reference_case& c) {
    return drift::jeffreys(p, q, {.unit = drift_unit(c)});
  });
  table["drift.jensen_shannon_divergence"] = of_cells([](const auto& p, const auto& q, const reference_case& c) {
    return drift::jensen_shannon_divergence(p, q, {.unit = drift_unit(c)});
  });
  table["drift.jensen_shannon_distance"] = of_cells([](const auto& p, const auto& q, const reference_case& c) {
    return drift::jensen_shannon_distance(p, q, {.unit = drift_unit(c)});
  });
  table["drift.renyi"] = of_cells([](const auto& p, const auto& q, const reference_case& c) {
    return drift::renyi(p, q, {.order = c.param("alpha"), .unit = drift_unit(c)});
  });
  table["drift.alpha"] = of_cells([](const auto& p, const auto& q, const reference_case& c) {
    return drift::alpha(p, q, {.order = c.param("alpha")});
  });
  table["drift.chi_squared"] =
      of_cells([](const auto& p, const auto& q, const reference_case&) { return drift::chi_squared(p, q); });
  table["drift.hellinger"] =
      of_cells([](const auto& p, const auto& q, const reference_case&) { return drift::hellinger(p, q); });
  table["drift.total_variation"] =
      of_cells([](const auto& p, const auto& q, const reference_case&) { return drift::total_variation(p, q); });
  table["drift.bhattacharyya_coefficient"] = of_cells(
      [](const auto& p, const auto& q, const reference_case&) { return drift::bhattacharyya_coefficient(p, q); });
  table["drift.l_infinity"] =
      of_cells([](const auto& p, const auto& q, const reference_case&) { return drift::l_infinity(p, q); });
  table["drift.population_stability_index"] = of_cells([](const auto& p, const auto& q, const reference_case& c) {
    return drift::population_stability_index(p, q, {.floor = c.param("floor")});
  });
  table["drift.kullback_leibler_smoothed"] = [](const reference_case& c) -> drift_values {
    const std::vector<std::int64_t> p = c.integers("counts_p");
    const std::vector<std::int64_t> q = c.integers("counts_q");
    const bool pooled = c.param_text("background", "uniform") == "pooled";
    return {drift::kullback_leibler_smoothed(
                p, q,
                {.method = drift_smoothing(c.param_text("method")),
                 .parameter = c.param("parameter", 0.0),
                 .background = pooled ? drift::background::pooled : drift::background::uniform})
                .value};
  };
  table["drift.wasserstein_1d"] = of_samples([](const auto& x, const auto& y, const reference_case& c) {
    const std::vector<double> weights_x = drift_weights(c, "weights_x");
    const std::vector<double> weights_y = drift_weights(c, "weights_y");
    return drift::wasserstein_1d(x, y, {.p = c.param("p"), .weights_x = weights_x, .weights_y = weights_y});
  });
  table["drift.tail_wasserstein_1d"] = of_samples([](const auto& x, const auto& y, const reference_case& c) {
    return drift::tail_wasserstein_1d(x, y, {.p = c.param("p"), .alpha = c.param("alpha"), .side = drift_side(c)});
  });
  table["drift.energy_distance"] = energy_case;
  table["drift.kolmogorov_smirnov"] =
      of_samples([](const auto& x, const auto& y, const reference_case&) { return drift::kolmogorov_smirnov(x, y); });
  table["drift.kolmogorov_smirnov_pvalue"] = of_samples([](const auto& x, const auto& y, const reference_case& c) {
    return drift::kolmogorov_smirnov_pvalue(x, y, {.method = drift_method(c)});
  });
  table["drift.kuiper"] =
      of_samples([](const auto& x, const auto& y, const reference_case&) { return drift::kuiper(x, y); });
  table["drift.cramer_von_mises"] =
      of_samples([](const auto& x, const auto& y, const reference_case&) { return drift::cramer_von_mises(x, y); });
  table["drift.cramer_von_mises_pvalue"] = of_samples([](const auto& x, const auto& y, const reference_case& c) {
    return drift::cramer_von_mises_pvalue(x, y, {.method = drift_method(c)});
  });
  table["drift.anderson_darling"] = of_samples([](const auto& x, const auto& y, const reference_case& c) {
    return drift::anderson_darling(
        x, y, {.midrank = c.param_flag("midrank", true), .normalize = c.param_flag("normalize", false)});
  });
  table["drift.tail_anderson_darling"] = of_samples([](const auto& x, const auto& y, const reference_case& c) {
    return drift::tail_anderson_darling(x, y, {.side = drift_side(c)});
  });
}

}  // namespace tailwatch::reference
