// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/report/format.hpp"

namespace tailwatch::report {

/// One curve over the generations; `lower`/`upper` are its error band, empty for none.
struct chart_series {
  std::string name;
  std::string css_class;  ///< colours come from the page's style sheet, so that dark mode works
  std::vector<double> y;
  std::vector<double> lower;
  std::vector<double> upper;
};

/// A horizontal band, such as the spread of human text.
struct chart_band {
  std::string name;
  double lower = core::nan;
  double upper = core::nan;
};

/// A vertical mark at a generation.
struct chart_mark {
  double x = 0;
  std::string text;
};

struct line_chart {
  std::string title;
  std::vector<chart_series> series;
  std::vector<chart_band> bands;
  std::vector<chart_mark> marks;
  double width = 720;
  double height = 320;
  bool from_zero = false;
  bool legend = true;
  std::string y_suffix;
  std::string x_name = "generation";
  std::vector<std::string> x_labels{};  ///< of the points; empty: 0, 1, 2, …
  bool logarithmic = false;             ///< decades upwards; values that are not positive are left out
  bool dots = true;                     ///< a dot with a tooltip on every point
};

namespace detail {

/// Round tick positions: at most about `wanted` of them inside [low, high], steps 1, 2 or 5 times a power of ten.
[[nodiscard]] inline std::vector<double> ticks(double low, double high, int wanted) {
  const double raw = (high - low) / wanted;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = power;
  for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
    step = factor * power;
    if (step >= raw * 0.999) break;
  }
  std::vector<double> out;
  for (double t = std::ceil(low / step - 1e-9) * step; t <= high + step * 1e-9; t += step) out.push_back(t);
  return out;
}

[[nodiscard]] inline std::string tick_label(double value, double step) {
  const int decimals = step >= 1.0 ? 0 : std::min(8, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  return fixed(value, decimals);
}

struct frame {
  double left, right, top, bottom, x_low, x_high, y_low, y_high;
  [[nodiscard]] double x(double v) const { return left + (v - x_low) / (x_high - x_low) * (right - left); }
  [[nodiscard]] double y(double v) const { return bottom - (v - y_low) / (y_high - y_low) * (bottom - top); }
  [[nodiscard]] std::string point(double px, double py) const { return fixed(x(px), 1) + "," + fixed(y(py), 1); }
};

struct legend_entry {
  double x = 0;
  std::size_t line = 0;
};

/// Entries side by side, wrapped to further lines where the chart is narrow.
[[nodiscard]] inline std::vector<legend_entry> place_legend(const line_chart& chart, double left) {
  std::vector<legend_entry> out;
  double x = left;
  std::size_t line = 0;
  for (const chart_series& s : chart.series) {
    const double width = 44.0 + 6.9 * static_cast<double>(display_width(s.name));
    if (x > left && x + width > chart.width) {
      x = left;
      ++line;
    }
    out.push_back({x, line});
    x += width;
  }
  return out;
}

}  // namespace detail

namespace detail {

/// The chart with the logarithms of its values.
[[nodiscard]] inline line_chart in_decades(line_chart chart) {
  const auto take = [](double& v) { v = v > 0.0 && core::is_finite(v) ? std::log10(v) : core::nan; };
  for (chart_series& s : chart.series)
    for (auto* values : {&s.y, &s.lower, &s.upper})
      for (double& v : *values) take(v);
  for (chart_band& b : chart.bands) {
    take(b.lower);
    take(b.upper);
  }
  return chart;
}

}  // namespace detail

/// An inline SVG line chart: axes, curves with error bands, marks, a legend, and a tooltip on every point. Self-contained:
/// no script, no external reference; the classes `axis grid band s0 s1 s2 human mark label` take their colours from CSS.
[[nodiscard]] inline std::string to_svg(const line_chart& given) {
  const line_chart chart = given.logarithmic ? detail::in_decades(given) : given;
  const auto x_label = [&chart](std::size_t g) {
    return g < chart.x_labels.size() ? chart.x_labels[g] : std::to_string(g);
  };
  double low = core::infinity;
  double high = -core::infinity;
  std::size_t points = 0;
  const auto include = [&](double v) {
    if (!core::is_finite(v)) return;
    low = std::min(low, v);
    high = std::max(high, v);
  };
  for (const chart_series& s : chart.series) {
    points = std::max(points, s.y.size());
    for (const auto* values : {&s.y, &s.lower, &s.upper})
      for (const double v : *values) include(v);
  }
  for (const chart_band& b : chart.bands) {
    include(b.lower);
    include(b.upper);
  }
  std::string out = "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 " + fixed(chart.width, 0) + " " +
                    fixed(chart.height, 0) + "\" aria-label=\"" + html_escaped(chart.title) + "\">\n";
  if (!(low <= high)) return out + "<text class=\"label\" x=\"12\" y=\"24\">no values</text></svg>\n";
  if (chart.from_zero && !chart.logarithmic) low = std::min(low, 0.0);
  if (low == high) {
    const double pad = low == 0.0 ? 1.0 : std::abs(low) * 0.1;
    low -= pad;
    high += pad;
  }
  const double pad = (high - low) * 0.06;
  if (!(chart.from_zero && low == 0.0) || chart.logarithmic) low -= pad;
  high += pad;

  std::vector<double> y_ticks = detail::ticks(low, high, 5);
  if (chart.logarithmic && high - low > 1.5)  // whole decades where there are several
    std::erase_if(y_ticks, [](double t) { return std::abs(t - std::round(t)) > 1e-9; });
  const double y_step = y_ticks.size() > 1 ? y_ticks[1] - y_ticks[0] : high - low;
  const auto y_label = [&](double t) {
    return (chart.logarithmic ? significant(std::pow(10.0, t), std::abs(t - std::round(t)) < 1e-9 ? 1 : 2)
                              : detail::tick_label(t, y_step)) +
           chart.y_suffix;
  };
  std::size_t label_width = 0;
  for (const double t : y_ticks) label_width = std::max(label_width, display_width(y_label(t)));
  const double margin = 14.0 + 7.5 * static_cast<double>(label_width);
  const std::vector<detail::legend_entry> legend =
      chart.legend ? detail::place_legend(chart, margin) : std::vector<detail::legend_entry>{};
  const double legend_height = legend.empty() ? 0.0 : 20.0 * (1.0 + static_cast<double>(legend.back().line));
  const auto labelled = std::ranges::count_if(chart.marks, [](const chart_mark& m) { return !m.text.empty(); });
  const detail::frame f{margin,
                        chart.width - 14.0,
                        14.0 + 16.0 * static_cast<double>(labelled),
                        chart.height - 34.0 - legend_height,
                        0.0,
                        points > 1 ? static_cast<double>(points - 1) : 1.0,
                        low,
                        high};

  for (const double t : y_ticks) {
    const std::string y = fixed(f.y(t), 1);
    out += "<line class=\"grid\" x1=\"" + fixed(f.left, 1) + "\" x2=\"" + fixed(f.right, 1) + "\" y1=\"" + y +
           "\" y2=\"" + y + "\"/><text class=\"label end\" x=\"" + fixed(f.left - 6, 1) + "\" y=\"" +
           fixed(f.y(t) + 4, 1) + "\">" + html_escaped(y_label(t)) + "</text>\n";
  }
  const std::size_t every = std::max<std::size_t>(1, (points + 11) / 12);
  for (std::size_t g = 0; g < points; g += every) {
    const std::string label = x_label(g);
    const double at = f.x(static_cast<double>(g));
    const bool sticks_out = at + 3.8 * static_cast<double>(display_width(label)) > chart.width;
    out += "<text class=\"label " + std::string(sticks_out ? "end" : "mid") + "\" x=\"" +
           fixed(sticks_out ? chart.width - 2.0 : at, 1) + "\" y=\"" + fixed(f.bottom + 16, 1) + "\">" +
           html_escaped(label) + "</text>\n";
  }
  out += "<text class=\"label end\" x=\"" + fixed(f.right, 1) + "\" y=\"" + fixed(f.bottom + 30, 1) + "\">" +
         html_escaped(chart.x_name) + "</text>\n";

  for (const chart_band& b : chart.bands) {
    if (!core::is_finite(b.lower) || !core::is_finite(b.upper)) continue;
    const double top = f.y(b.upper);
    out += "<rect class=\"human\" x=\"" + fixed(f.left, 1) + "\" width=\"" + fixed(f.right - f.left, 1) + "\" y=\"" +
           fixed(top, 1) + "\" height=\"" + fixed(std::max(1.5, f.y(b.lower) - top), 1) + "\"><title>" +
           html_escaped(b.name) + ": " + significant(b.lower) + " to " + significant(b.upper) + "</title></rect>\n";
  }
  double label_y = 12.0;  // one line a label, so that marks close to each other stay readable
  for (const chart_mark& m : chart.marks) {
    const std::string x = fixed(f.x(m.x), 1);
    out += "<line class=\"mark\" x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" +
           fixed(m.text.empty() ? f.top - 6 : label_y + 3, 1) + "\" y2=\"" + fixed(f.bottom, 1) + "\"/>";
    if (m.text.empty()) continue;
    const bool right_half = f.x(m.x) > 0.6 * chart.width;
    out += "<text class=\"marktext " + std::string(right_half ? "end" : "") + "\" x=\"" +
           fixed(f.x(m.x) + (right_half ? -5 : 5), 1) + "\" y=\"" + fixed(label_y, 1) + "\">" + html_escaped(m.text) +
           "</text>\n";
    label_y += 16.0;
  }
  for (const chart_series& s : chart.series) {
    if (s.lower.size() == s.y.size() && s.upper.size() == s.y.size() && !s.y.empty()) {
      std::string forth;
      std::string back;
      for (std::size_t g = 0; g < s.y.size(); ++g) {
        if (!core::is_finite(s.lower[g]) || !core::is_finite(s.upper[g])) continue;
        forth += f.point(static_cast<double>(g), s.upper[g]) + " ";
        back.insert(0, f.point(static_cast<double>(g), s.lower[g]) + " ");
      }
      if (!forth.empty()) out += "<polygon class=\"band " + s.css_class + "\" points=\"" + forth + back + "\"/>\n";
    }
    std::string line;
    for (std::size_t g = 0; g < s.y.size(); ++g)
      if (core::is_finite(s.y[g])) line += f.point(static_cast<double>(g), s.y[g]) + " ";
    out += "<polyline class=\"line " + s.css_class + "\" points=\"" + line + "\"/>\n";
    for (std::size_t g = 0; g < s.y.size() && chart.dots; ++g) {
      if (!core::is_finite(s.y[g])) continue;
      out += "<circle class=\"dot " + s.css_class + "\" cx=\"" + fixed(f.x(static_cast<double>(g)), 1) + "\" cy=\"" +
             fixed(f.y(s.y[g]), 1) + "\" r=\"3\"><title>" + html_escaped(s.name) + ", " + html_escaped(chart.x_name) +
             " " + html_escaped(x_label(g)) + ": " +
             significant(chart.logarithmic ? std::pow(10.0, s.y[g]) : s.y[g], 4) + html_escaped(chart.y_suffix) +
             "</title></circle>\n";
    }
  }
  for (std::size_t i = 0; i < legend.size(); ++i) {
    const double x = legend[i].x;
    const double y = chart.height - legend_height + 20.0 * static_cast<double>(legend[i].line) + 11.0;
    out += "<line class=\"line " + chart.series[i].css_class + "\" x1=\"" + fixed(x, 1) + "\" x2=\"" +
           fixed(x + 22, 1) + "\" y1=\"" + fixed(y, 1) + "\" y2=\"" + fixed(y, 1) + "\"/><text class=\"label\" x=\"" +
           fixed(x + 27, 1) + "\" y=\"" + fixed(y + 4, 1) + "\">" + html_escaped(chart.series[i].name) + "</text>\n";
  }
  return out + "</svg>\n";
}

/// A chart as a picture file of its own: light, its colours inside. Classes s0 … s3 have colours.
[[nodiscard]] inline std::string to_svg_picture(const line_chart& chart) {
  constexpr std::string_view style =
      "<style>text{font-family:sans-serif}.label{fill:#5a6675;font-size:12px}.end{text-anchor:end}.mid{text-anchor:"
      "middle}"
      ".grid{stroke:#d9dee5}.line{fill:none;stroke-width:2.4}.line.s0,.dot.s0{stroke:#0b64b4}.line.s1,.dot.s1{stroke:#"
      "c2500a}"
      ".line.s2,.dot.s2{stroke:#0a7d5a}.line.s3,.dot.s3{stroke:#7a3fa0}.band{opacity:.16;stroke:none}.band.s0{fill:#"
      "0b64b4}.band.s1{fill:#c2500a}.band.s2{fill:#0a7d5a}.band.s3{fill:#7a3fa0}.human{fill:#9aa5b1;opacity:.3}"
      ".dot{fill:#fff;stroke-width:2}.mark{stroke:#b3123c;stroke-width:1.6;"
      "stroke-dasharray:5 4}.marktext{fill:#b3123c;font-size:12px;font-weight:600}</style>"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fcfcfb\"/>";
  std::string svg = to_svg(chart);
  svg.insert(svg.find('>') + 1, style);
  svg.insert(std::string_view("<svg").size(), " xmlns=\"http://www.w3.org/2000/svg\"");
  return svg;
}

}  // namespace tailwatch::report
