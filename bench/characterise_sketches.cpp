// SPDX-License-Identifier: BSL-1.0

// The error of every sketch against the length of the stream: quantiles over independent seeds.
//
//   characterise_sketches FOLDER [TRIALS]
//
// writes FOLDER/<sketch>.tsv (one row a length: n, quantiles, root mean square, mean standard error stated) and
// FOLDER/<sketch>.svg (the quantiles, and twice the standard error that the state claims). docs/characterisation.md shows them.
// Integer states do not depend on order, batches or merges, so one stream a seed says everything.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/sketch.hpp"

namespace {

using namespace tailwatch;

constexpr double probabilities[] = {0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999};

/// Errors of one quantity at one length over the trials, and the standard errors stated with them.
struct errors_at {
  std::uint64_t n = 0;
  std::vector<double> errors, stated;
};

struct figure {
  std::string file, title, unit;
  double claim;  ///< twice the standard error that the documentation states for long streams, or a hard bound; 0: none
  std::string claim_text;
  std::vector<errors_at> points;

  void see(std::uint64_t n, double error, double stated) {
    auto at = std::find_if(points.begin(), points.end(), [n](const errors_at& p) { return p.n == n; });
    if (at == points.end()) at = points.insert(points.end(), errors_at{n, {}, {}});
    at->errors.push_back(error);
    at->stated.push_back(stated);
  }
};

double quantile_of(const std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const double part = at - static_cast<double>(low);
  return low + 1 < sorted.size() ? sorted[low] * (1.0 - part) + sorted[low + 1] * part : sorted[low];
}

std::string number(double x, const char* format = "%.3g") {
  char text[40];
  std::snprintf(text, sizeof text, format, x);
  return text;
}

std::string length_label(std::uint64_t n) {
  if (n >= 1'000'000) return number(static_cast<double>(n) / 1e6) + "M";
  if (n >= 1000) return number(static_cast<double>(n) / 1e3) + "k";
  return std::to_string(n);
}

void write_table(const std::string& folder, figure& f) {
  std::ofstream out(folder + "/" + f.file + ".tsv");
  out << "n\ttrials";
  for (const double p : probabilities) out << "\tq" << p;
  out << "\trms\tmean_stated_se\n";
  for (errors_at& p : f.points) {
    std::sort(p.errors.begin(), p.errors.end());
    double squares = 0.0, stated = 0.0;
    for (const double e : p.errors) squares += e * e;
    for (const double s : p.stated) stated += s;
    const auto size = static_cast<double>(p.errors.size());
    out << p.n << '\t' << p.errors.size();
    for (const double q : probabilities) out << '\t' << number(quantile_of(p.errors, q), "%.4g");
    out << '\t' << number(std::sqrt(squares / size), "%.4g") << '\t' << number(stated / size, "%.4g") << '\n';
  }
}

/// Quantile bands over log n: 1–99 %, 5–95 %, 25–75 %, the median; dots at the extremes of a thousand; the claim dashed.
void write_plot(const std::string& folder, const figure& f) {
  constexpr double width = 720, height = 330, left = 74, right = 18, top = 46, bottom = 48;
  double reach = f.claim;
  for (const errors_at& p : f.points)
    for (const double q : {0.001, 0.999}) reach = std::max(reach, std::abs(quantile_of(p.errors, q)));
  reach = reach > 0.0 ? 1.08 * reach : 1.0;
  const double x0 = std::log10(static_cast<double>(f.points.front().n)),
               x1 = std::log10(static_cast<double>(f.points.back().n));
  const auto x = [&](std::uint64_t n) {
    return left + (std::log10(static_cast<double>(n)) - x0) / (x1 - x0) * (width - left - right);
  };
  const auto y = [&](double e) { return top + (reach - e) / (2.0 * reach) * (height - top - bottom); };
  std::ofstream out(folder + "/" + f.file + ".svg");
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << ' ' << height
      << "\" font-family=\"sans-serif\" font-size=\"12\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      << "<text x=\"" << left << "\" y=\"18\" font-size=\"14\" fill=\"#222\">" << f.title << "</text>\n"
      << "<text x=\"" << left
      << "\" y=\"36\" fill=\"#666\">bands: 1–99, 5–95, 25–75 % of the trials; dots: 0.1 and 99.9 %"
      << (f.claim > 0.0 ? "; dashed: " + f.claim_text : "") << "</text>\n";
  const double step = [&] {
    const double raw = reach / 2.5, power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 5.0})
      if (factor * power >= raw) return factor * power;
    return 10.0 * power;
  }();
  for (int k = -3; k <= 3; ++k) {
    const double e = k * step;
    if (std::abs(e) > reach) continue;
    out << "<line x1=\"" << left << "\" x2=\"" << width - right << "\" y1=\"" << y(e) << "\" y2=\"" << y(e)
        << "\" stroke=\"" << (k == 0 ? "#888" : "#e4e4e4") << "\"/><text x=\"" << left - 8 << "\" y=\"" << y(e) + 4
        << "\" text-anchor=\"end\" fill=\"#444\">" << number(100.0 * e) << " %</text>\n";
  }
  const auto band = [&](double low, double high, const char* fill) {
    out << "<polygon fill=\"" << fill << "\" points=\"";
    for (const errors_at& p : f.points) out << x(p.n) << ',' << y(quantile_of(p.errors, high)) << ' ';
    for (auto p = f.points.rbegin(); p != f.points.rend(); ++p)
      out << x(p->n) << ',' << y(quantile_of(p->errors, low)) << ' ';
    out << "\"/>\n";
  };
  band(0.01, 0.99, "#dbe9f6");
  band(0.05, 0.95, "#a9cbe8");
  band(0.25, 0.75, "#6aa3d5");
  out << "<polyline fill=\"none\" stroke=\"#0b3c6f\" stroke-width=\"1.5\" points=\"";
  for (const errors_at& p : f.points) out << x(p.n) << ',' << y(quantile_of(p.errors, 0.5)) << ' ';
  out << "\"/>\n";
  for (const errors_at& p : f.points)
    for (const double q : {0.001, 0.999})
      out << "<circle r=\"2\" fill=\"#0b3c6f\" cx=\"" << x(p.n) << "\" cy=\"" << y(quantile_of(p.errors, q))
          << "\"/>\n";
  if (f.claim > 0.0)
    for (const double e : {-f.claim, f.claim})
      out << "<line x1=\"" << left << "\" x2=\"" << width - right << "\" y1=\"" << y(e) << "\" y2=\"" << y(e)
          << "\" stroke=\"#c0392b\" stroke-dasharray=\"6 4\"/>\n";
  for (const errors_at& p : f.points) {
    const auto lead = static_cast<std::uint64_t>(std::llround(
        static_cast<double>(p.n) / std::pow(10.0, std::floor(std::log10(static_cast<double>(p.n)) + 1e-9))));
    if (lead != 1) continue;
    out << "<text x=\"" << x(p.n) << "\" y=\"" << height - bottom + 18 << "\" text-anchor=\"middle\" fill=\"#444\">"
        << length_label(p.n) << "</text>\n";
  }
  out << "<text x=\"" << (left + width - right) / 2 << "\" y=\"" << height - 10
      << "\" text-anchor=\"middle\" fill=\"#444\">" << f.unit << "</text>\n</svg>\n";
}

const std::vector<std::uint64_t>& lengths() {
  static const std::vector<std::uint64_t> all = [] {
    std::vector<std::uint64_t> n;
    for (std::uint64_t power = 10; power <= 100'000; power *= 10)
      for (const std::uint64_t factor : {1U, 2U, 5U}) n.push_back(power * factor);
    n.push_back(1'000'000);
    return n;
  }();
  return all;
}

/// Feeds keys 0, 1, … and calls see(n) at every length.
template <class State, class See>
void along(State& state, const std::vector<std::uint64_t>& keys, std::uint64_t first_length, const See& see) {
  std::size_t done = 0;
  for (const std::uint64_t n : lengths()) {
    state.update(std::span(keys).subspan(done, static_cast<std::size_t>(n) - done));
    done = static_cast<std::size_t>(n);
    if (n >= first_length) see(n);
  }
}

std::vector<std::uint64_t> consecutive(std::size_t n) {
  std::vector<std::uint64_t> keys(n);
  for (std::size_t i = 0; i < n; ++i) keys[i] = i;
  return keys;
}

template <class Make>
figure distinct_figure(std::string file, std::string title, double claim, std::string text, int trials,
                       const Make& make) {
  figure f{std::move(file), std::move(title), "distinct keys", claim, std::move(text), {}};
  const auto keys = consecutive(1'000'000);
  for (int t = 0; t < trials; ++t) {
    auto state = make(static_cast<std::uint32_t>(t + 1));
    along(state, keys, 10, [&](std::uint64_t n) {
      const estimate d = state.distinct();
      f.see(n, d.value / static_cast<double>(n) - 1.0, d.standard_error / static_cast<double>(n));
    });
  }
  return f;
}

/// Of every 4 distinct keys one comes twice: f1/D = 0.75. Keys of a trial differ by the seed alone.
template <class Make>
figure share_figure(std::string file, std::string title, double claim, std::string text, int trials, const Make& make) {
  figure f{std::move(file), std::move(title), "keys, four of five of them distinct", claim, std::move(text), {}};
  std::vector<std::uint64_t> keys;
  for (std::uint64_t i = 0; keys.size() < 1'000'000; ++i) {
    keys.push_back(i);
    if (i % 4 == 0) keys.push_back(i);
  }
  for (int t = 0; t < trials; ++t) {
    auto state = make(static_cast<std::uint32_t>(t + 1));
    along(state, keys, 10, [&](std::uint64_t n) {
      const estimate e = state.f1_share();  // every length is a multiple of 5: the truth is exact
      f.see(n, e.value / 0.75 - 1.0, e.standard_error / 0.75);
    });
  }
  return f;
}

/// Two sets of n keys that share a third of their union.
template <class Make, class Jaccard>
figure jaccard_figure(std::string file, std::string title, double claim, std::string text, int trials,
                      std::uint64_t longest, const Make& make, const Jaccard& jaccard) {
  figure f{std::move(file), std::move(title), "keys in each of two sets, half of them shared",
           claim,           std::move(text),  {}};
  const auto keys = consecutive(2'000'000);
  for (int t = 0; t < trials; ++t)
    for (const std::uint64_t n : lengths()) {
      if (n > longest) break;
      auto a = make(static_cast<std::uint32_t>(t + 1)), b = make(static_cast<std::uint32_t>(t + 1));
      const auto size = static_cast<std::size_t>(n);
      a.update(std::span(keys).first(size));
      b.update(std::span(keys).subspan(size / 2, size));
      const double shared = static_cast<double>(size - size / 2),
                   truth = shared / (2.0 * static_cast<double>(n) - shared);
      const estimate e = jaccard(a, b);
      f.see(n, e.value - truth, e.standard_error);
    }
  return f;
}

figure histogram_figure(int mantissa_bits, double p, int trials) {
  const std::string m = std::to_string(mantissa_bits), percent = number(100.0 * p, "%.6g");
  figure f{"log_linear_histogram_m" + m + "_p" + percent,
           "log_linear_histogram, m = " + m + ": value at the " + percent + " % quantile, relative error",
           "lognormal numbers",
           std::ldexp(1.0, -mantissa_bits - 1),
           "the bound 2^−(m+1)",
           {}};
  for (int t = 0; t < trials; ++t) {
    core::random_engine random(static_cast<std::uint64_t>(1000 + t));
    for (const std::uint64_t n : lengths()) {
      if (n > 100'000) break;
      std::vector<double> x(static_cast<std::size_t>(n));
      for (double& v : x)
        v = std::exp(1.5 * std::sqrt(-2.0 * std::log(1.0 - core::uniform_01(random))) *
                     std::cos(6.283185307179586 * core::uniform_01(random)));
      sketch::log_linear_histogram h({.mantissa_bits = mantissa_bits});
      h.update(x);
      const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(p * static_cast<double>(n))));
      const auto at = x.begin() + static_cast<std::ptrdiff_t>(rank - 1);
      std::nth_element(x.begin(), at, x.end());
      f.see(n, h.value_at_rank(rank) / *at - 1.0, 0.0);
    }
  }
  return f;
}

figure count_min_figure(int trials) {
  const sketch::count_min shape({.width = 4096, .depth = 4, .seed = 1});
  figure f{"count_min",
           "count_min, w = 4096, d = 4: excess of a count, as a share of all keys",
           "keys, a tenth of them distinct",
           2.718281828 / static_cast<double>(shape.options().width),
           "e/w, passed with P ≤ e^−4",
           {}};
  for (int t = 0; t < trials; ++t) {
    sketch::count_min s({.width = 4096, .depth = 4, .seed = static_cast<std::uint32_t>(t + 1)});
    std::vector<std::uint64_t> keys(1'000'000);
    core::random_engine random(static_cast<std::uint64_t>(t));
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = i / 10;
    along(s, keys, 10, [&](std::uint64_t n) {
      for (int k = 0; k < 20; ++k) {
        const std::uint64_t key = core::uniform_below(random, n / 10);
        f.see(n, (static_cast<double>(s.query(key)) - 10.0) / static_cast<double>(n), 0.0);
      }
    });
  }
  return f;
}

figure reservoir_figure(int trials) {
  figure f{"reservoir", "reservoir, k = 1024: rank of the sample's median, error as a share of the stream",
           "numbers",   1.0 / std::sqrt(1024.0),
           "2 · ½/√k",  {}};
  for (int t = 0; t < trials; ++t) {
    core::random_engine random(static_cast<std::uint64_t>(t + 77));
    sketch::reservoir<std::uint32_t> r(1024);
    std::size_t done = 0;
    for (const std::uint64_t n : lengths()) {
      std::vector<std::uint32_t> x;
      for (; done < n; ++done) x.push_back(static_cast<std::uint32_t>(done));
      r.update(x, random);
      std::vector<std::uint32_t> kept = r.sample();
      std::sort(kept.begin(), kept.end());
      const double low = kept[(kept.size() - 1) / 2], high = kept[kept.size() / 2];
      f.see(n, (0.5 * (low + high) + 0.5) / static_cast<double>(n) - 0.5, 0.0);
    }
  }
  return f;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::cerr << "usage: characterise_sketches FOLDER [TRIALS]\n";
    return 2;
  }
  const std::string folder = argv[1];
  const int trials = argc > 2 ? std::max(10, std::atoi(argv[2])) : 1000;
  const auto write = [&](figure f) {
    write_table(folder, f);
    write_plot(folder, f);
    std::cout << f.file << std::endl;
  };
  const auto hll = [](unsigned p) {
    return [p](std::uint32_t seed) { return sketch::hyper_log_log({.precision = p, .seed = seed}); };
  };
  const auto buckets = [](std::uint32_t seed) { return sketch::bucketed_sample({.buckets = 4096, .seed = seed}); };
  const auto smallest = [](std::uint32_t seed) { return sketch::bottom_k({.k = 4096, .seed = seed}); };
  write(distinct_figure("hyper_log_log_p12", "hyper_log_log, p = 12: distinct keys, relative error", 2 * 1.04 / 64.0,
                        "2 · 1.04/√m", trials, hll(12)));
  write(distinct_figure("hyper_log_log_p14", "hyper_log_log, p = 14: distinct keys, relative error", 2 * 1.04 / 128.0,
                        "2 · 1.04/√m", trials, hll(14)));
  write(distinct_figure("bucketed_sample_distinct", "bucketed_sample, k = 4096: distinct keys, relative error",
                        2.0 / 64.0, "2/√k", trials, buckets));
  write(distinct_figure("bottom_k_distinct", "bottom_k, k = 4096: distinct keys, relative error",
                        2.0 / std::sqrt(4094.0), "2/√(k − 2)", trials, smallest));
  const double share = 2.0 * std::sqrt(0.25 / 0.75 / 4096.0);
  write(share_figure("bucketed_sample_f1_share", "bucketed_sample, k = 4096: share of keys seen once, relative error",
                     share, "2 √((1 − p)/(p k))", trials, buckets));
  write(share_figure("bottom_k_f1_share", "bottom_k, k = 4096: share of keys seen once, relative error", share,
                     "2 √((1 − p)/(p k))", trials, smallest));
  write(jaccard_figure("bottom_k_jaccard", "bottom_k, k = 4096: Jaccard index 1/3, error",
                       2.0 * std::sqrt(2.0 / 9.0 / 4095.0), "2 √(J(1 − J)/(k − 1))", trials / 5, 200'000, smallest,
                       [](const auto& a, const auto& b) { return sketch::jaccard(a, b); }));
  write(jaccard_figure(
      "min_hash_jaccard", "min_hash, k = 128: Jaccard index 1/3, error", 2.0 * std::sqrt(2.0 / 9.0 / 128.0),
      "2 √(J(1 − J)/k)", trials, 1000,
      [](std::uint32_t seed) { return sketch::min_hash({.permutations = 128, .seed = seed}); },
      [](const auto& a, const auto& b) { return sketch::jaccard(a, b); }));
  for (const int m : {5, 7})
    for (const double p : {0.5, 0.999}) write(histogram_figure(m, p, trials / 5));
  write(count_min_figure(trials / 5));
  write(reservoir_figure(trials));
  return 0;
}
