// SPDX-License-Identifier: BSL-1.0
// Images: glyphs of 10 × 10 pixels with strokes from common to rare, and the simplest generator of images, principal components
// with Gaussian coefficients, refitted to its own pictures. The rare strokes go first, while the pictures still look fine.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "picture.hpp"
#include "tailwatch/drift/wasserstein_gaussian_squared.hpp"
#include "tailwatch/recursion/multivariate_gaussian.hpp"
#include "tailwatch/recursion/replicate.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/report/svg_chart.hpp"
#include "tailwatch/uniqueness/precision_recall.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using recursion::point_set;

constexpr std::size_t side = 10, pixels = side * side;

// Strokes: a rectangle of pixels and how often it is drawn.
struct stroke {
  const char* name;
  double frequency;
  std::size_t x0, x1, y0, y1;
};
constexpr stroke strokes[] = {
    {"stem", 0.5, 4, 5, 2, 4},     {"foot", 0.4, 2, 7, 9, 9},       {"roof", 0.3, 2, 7, 0, 0},
    {"left arm", 0.2, 0, 2, 3, 4}, {"right arm", 0.15, 7, 9, 3, 4}, {"knee", 0.11, 3, 5, 6, 7},
    {"serif", 0.08, 0, 1, 7, 9},   {"dot", 0.055, 8, 9, 0, 2},      {"tail", 0.035, 8, 9, 7, 9}};
constexpr std::size_t kinds = std::size(strokes);

point_set real_glyphs(std::size_t n, core::random_engine& random) {
  boost::random::normal_distribution<double> noise;
  point_set images{pixels, {}};
  images.values.reserve(n * pixels);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> image(pixels);
    for (double& p : image) p = 0.03 * noise(random);
    for (const stroke& s : strokes)
      if (core::uniform_01(random) < s.frequency) {
        const double ink = 1.0 + 0.1 * noise(random);
        for (std::size_t y = s.y0; y <= s.y1; ++y)
          for (std::size_t x = s.x0; x <= s.x1; ++x) image[y * side + x] += ink;
      }
    images.values.insert(images.values.end(), image.begin(), image.end());
  }
  return images;
}

// Ink of a stroke in an image: the mean over its pixels, 1 where it is drawn.
double ink(std::span<const double> image, const stroke& s) {
  double sum = 0.0, area = 0.0;
  for (std::size_t y = s.y0; y <= s.y1; ++y)
    for (std::size_t x = s.x0; x <= s.x1; ++x, ++area) sum += image[y * side + x];
  return sum / area;
}

// The leading eigenvector of a symmetric matrix, by power iteration; returns its eigenvalue and takes it out of the matrix.
double take_leading(std::vector<double>& a, std::vector<double>& v) {
  v.assign(pixels, 1.0);
  for (std::size_t k = 0; k < pixels; ++k) v[k] += static_cast<double>(k % 7);  // not orthogonal to anything by chance
  double value = 0.0, before = -1.0;
  for (int step = 0; step < 2000 && std::abs(value - before) > 1e-9 * value; ++step) {
    std::vector<double> w(pixels, 0.0);
    for (std::size_t i = 0; i < pixels; ++i)
      for (std::size_t j = 0; j < pixels; ++j) w[j] += v[i] * a[i * pixels + j];
    before = value;
    value = std::sqrt(std::inner_product(w.begin(), w.end(), w.begin(), 0.0));
    for (std::size_t k = 0; k < pixels; ++k) v[k] = value > 0.0 ? w[k] / value : 0.0;
    if (value == 0.0) break;
  }
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t j = 0; j < pixels; ++j) a[i * pixels + j] -= value * v[i] * v[j];
  return value;
}

// The generator: mean, the fewest components that explain a share of the variance, Gaussian coefficients. A user's own model.
struct pca_gaussian {
  std::vector<double> mean;
  std::vector<double> components;  // [q · d], each of length sqrt(its eigenvalue)
};
struct pca_model {
  double explained = 0.9;

  pca_gaussian fit(const point_set& data) const {
    const auto moments = recursion::multivariate_gaussian_model{}.fit(data);
    pca_gaussian model{moments.mean(), {}};
    std::vector<double> rest = moments.covariance(), direction;
    for (double kept = 0.0; kept < explained * moments.trace();) {
      const double value = take_leading(rest, direction);
      if (value <= 0.0) break;
      kept += value;
      for (const double x : direction) model.components.push_back(std::sqrt(value) * x);
    }
    return model;
  }
  template <class Random>
  point_set sample(const pca_gaussian& model, std::uint64_t n, Random& random) const {
    boost::random::normal_distribution<double> standard;
    point_set out{pixels, {}};
    for (std::uint64_t i = 0; i < n; ++i) {
      std::vector<double> image = model.mean;
      for (std::size_t q = 0; q < model.components.size(); q += pixels) {
        const double z = standard(random);
        for (std::size_t k = 0; k < pixels; ++k) image[k] += z * model.components[q + k];
      }
      out.values.insert(out.values.end(), image.begin(), image.end());
    }
    return out;
  }
};

// A sheet of glyphs as a picture, one path per grey level.
std::string sheet(const std::vector<std::pair<std::string, point_set>>& rows, std::size_t columns) {
  constexpr std::size_t cell = 5, gap = 14, label = 110;
  const std::size_t step = side * cell + gap;
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " +
                    std::to_string(label + columns * step) + " " + std::to_string(rows.size() * step + gap) +
                    "\"><style>text{font-family:sans-serif;font-size:13px;fill:#5a6675}</style>"
                    "<rect width=\"100%\" height=\"100%\" fill=\"#fcfcfb\"/>\n";
  std::string level[8];
  for (std::size_t r = 0; r < rows.size(); ++r) {
    svg += "<text x=\"8\" y=\"" + std::to_string(r * step + gap + 24) + "\">" + rows[r].first + "</text>\n";
    for (std::size_t c = 0; c < columns; ++c) {
      level[0] += "M" + std::to_string(label + c * step - 2) + " " + std::to_string(gap + r * step - 2) + "h54v54h-54z";
      for (std::size_t k = 0; k < pixels; ++k) {
        const double ink = std::clamp(rows[r].second[c][k], 0.0, 1.0);
        const auto grey = static_cast<std::size_t>(ink * 7.0 + 0.5);
        if (grey == 0) continue;
        level[grey] += "M" + std::to_string(label + c * step + (k % side) * cell) + " " +
                       std::to_string(gap + r * step + (k / side) * cell) + "h5v5h-5z";
      }
    }
  }
  svg += "<path fill=\"#fff\" stroke=\"#d9dee5\" d=\"" + level[0] + "\"/>\n";
  for (std::size_t g = 1; g < 8; ++g)
    svg += "<path fill=\"#1c2733\" fill-opacity=\"" + tailwatch::report::fixed(static_cast<double>(g) / 7.0, 2) +
           "\" d=\"" + level[g] + "\"/>\n";
  return svg + "</svg>\n";
}

int main(int argc, char** argv) {
  constexpr std::size_t judged = 400, lineages = 4;
  constexpr std::uint64_t images = 400, generations = 13;
  core::random_engine random(9);
  const point_set held_out = real_glyphs(judged, random);
  point_set rare{pixels, {}};  // real images with one of the two rarest strokes: the tail
  while (rare.size() < 200) {
    const point_set one = real_glyphs(1, random);
    if (ink(one[0], strokes[kinds - 1]) > 0.5 || ink(one[0], strokes[kinds - 2]) > 0.5)
      rare.values.insert(rare.values.end(), one.values.begin(), one.values.end());
  }
  const auto view = [](const point_set& x) { return core::rows(x.values, x.size(), pixels); };
  const tailwatch::drift::gaussian_moments real_moments(view(real_glyphs(20000, random)));

  struct judgement {
    double components, frechet, precision, recall, tail, share[kinds];
  };
  // Any number of lineages in parallel; each generation is judged on 400 fresh pictures of its model.
  std::vector<std::pair<std::string, point_set>> rows{{"real", held_out}};
  const auto lineage = [&](std::uint64_t index, std::uint64_t seed) {
    core::random_engine own(seed);
    return recursion::run(real_glyphs(images, own), pca_model{}, {.generations = generations}, own,
                          [&](const auto& g) {
                            core::random_engine judge(g.seed);
                            const point_set seen = pca_model{}.sample(g.model, judged, judge);
                            const auto all = tailwatch::uniqueness::precision_recall(view(seen), view(held_out));
                            judgement j{static_cast<double>(g.model.components.size() / pixels),
                                        tailwatch::drift::wasserstein_gaussian_squared(
                                            real_moments, tailwatch::drift::gaussian_moments(view(seen)))
                                            .value,
                                        all.precision.value,
                                        all.recall.value,
                                        tailwatch::uniqueness::precision_recall(view(seen), view(rare)).recall.value,
                                        {}};
                            for (std::size_t k = 0; k < kinds; ++k) {
                              for (std::size_t i = 0; i < judged; ++i)
                                j.share[k] += ink(seen[i], strokes[k]) > 0.5 ? 1.0 / judged : 0.0;
                              j.share[k] /= strokes[k].frequency;
                            }
                            if (index == 0 && (g.index == 0 || g.index == 1 || g.index == 2 || g.index == 12))
                              rows.emplace_back("generation " + std::to_string(g.index), seen);
                            return j;
                          })
        .records;
  };
  const auto runs = recursion::replicate(lineages, 5, lineage);

  tailwatch::report::line_chart strokes_chart, quality;
  strokes_chart.title = "How often each stroke is drawn, relative to the real glyphs; mean of 4 lineages";
  quality.title = "Frechet distance, precision, recall and tail coverage of the glyphs; mean of 4 lineages";
  strokes_chart.from_zero = quality.from_zero = true;
  const std::size_t shown[] = {0, 5, 6, 7};
  for (std::size_t k = 0; k < 4; ++k)
    strokes_chart.series.push_back({std::string(strokes[shown[k]].name) + ", in " +
                                        tailwatch::report::significant(100 * strokes[shown[k]].frequency, 2) +
                                        "% of glyphs",
                                    "s" + std::to_string(k),
                                    {},
                                    {},
                                    {}});
  quality.series = {{"Frechet distance", "s3", {}, {}, {}},
                    {"precision", "s1", {}, {}, {}},
                    {"recall", "s0", {}, {}, {}},
                    {"tail coverage", "s2", {}, {}, {}}};
  std::printf(
      "generation  components  Frechet  precision  recall  tail coverage   strokes relative to the real ones\n");
  std::vector<std::uint64_t> halved(kinds, generations);  // first generation with less than half of a stroke
  for (std::uint64_t g = 0; g < generations; ++g) {
    judgement mean{};
    for (const auto& records : runs) {
      const judgement& j = records[g];
      mean.components += j.components / lineages;
      mean.frechet += j.frechet / lineages;
      mean.precision += j.precision / lineages;
      mean.recall += j.recall / lineages;
      mean.tail += j.tail / lineages;
      for (std::size_t k = 0; k < kinds; ++k) mean.share[k] += j.share[k] / lineages;
    }
    quality.series[0].y.push_back(mean.frechet);
    quality.series[1].y.push_back(mean.precision);
    quality.series[2].y.push_back(mean.recall);
    quality.series[3].y.push_back(mean.tail);
    for (std::size_t k = 0; k < 4; ++k) strokes_chart.series[k].y.push_back(mean.share[shown[k]]);
    for (std::size_t k = 0; k < kinds; ++k)
      if (mean.share[k] < 0.5) halved[k] = std::min(halved[k], g);
    if (g > 4 && g % 4 != 0) continue;
    std::printf("%10d %11.1f %8.2f %10.2f %7.2f %14.2f  ", static_cast<int>(g), mean.components, mean.frechet,
                mean.precision, mean.recall, mean.tail);
    for (const double s : mean.share) std::printf(" %.2f", s);
    std::printf("\n");
  }
  bool good = true;
  std::printf("half of a stroke is left until generation");
  for (std::size_t k = 0; k < kinds; ++k) {
    std::printf(" %d", static_cast<int>(halved[k]));
    good = good && (k == 0 || halved[k] <= halved[k - 1]);  // the rarer, the sooner
  }
  std::printf("\n");
  good = good && halved[kinds - 1] < halved[0];
  good = good && quality.series[3].y[10] < 0.5 * quality.series[3].y[0];
  good = good && gallery::write_picture(argc, argv, "glyph_strokes", to_svg_picture(strokes_chart));
  good = good && gallery::write_picture(argc, argv, "glyph_quality", to_svg_picture(quality));
  good = good && gallery::write_picture(argc, argv, "glyphs", sheet(rows, 14));
  return good ? 0 : 1;
}
