// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tailwatch/report/collapse_report.hpp"
#include "tailwatch/report/format.hpp"
#include "tailwatch/report/svg_chart.hpp"

namespace tailwatch::report {

namespace detail {

inline constexpr std::string_view page_style = R"css(
:root{--bg:#fcfcfb;--card:#fff;--ink:#1d2530;--soft:#5a6675;--rule:#d9dee5;--s0:#0b64b4;--s1:#c2500a;--s2:#0a7d5a;--mark:#b3123c;--human:#6b7a8c33}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1a2029;--ink:#e6ebf2;--soft:#9aa7b8;--rule:#313a47;--s0:#62b0f5;--s1:#f59a56;--s2:#4fcf9f;--mark:#ff7a98;--human:#9fb0c43d}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1120px;padding:20px 16px 48px;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:.2em 0}h2{font-size:1.15rem;margin:1.8em 0 .5em}h3{font-size:.92rem;margin:0 0 .15em}
p{margin:.4em 0}.soft{color:var(--soft)}.small{font-size:.86rem}
.card{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:14px 16px}
.verdict{border-left:5px solid var(--mark)}.verdict.calm{border-left-color:var(--s2)}
.grid3{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:12px}
.cols{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:12px}
svg.chart{display:block;width:100%;height:auto}
svg .grid{stroke:var(--rule);stroke-width:1}
svg .label{fill:var(--soft);font-size:12px}svg .end{text-anchor:end}svg .mid{text-anchor:middle}
svg .line{fill:none;stroke-width:2.4;stroke-linejoin:round;stroke-linecap:round}
svg .line.s0,svg .dot.s0{stroke:var(--s0)}svg .line.s1,svg .dot.s1{stroke:var(--s1)}svg .line.s2,svg .dot.s2{stroke:var(--s2)}
svg .dot{fill:var(--card);stroke-width:2}svg .band{opacity:.2;stroke:none}
svg .band.s0{fill:var(--s0)}svg .band.s1{fill:var(--s1)}svg .band.s2{fill:var(--s2)}
svg .human{fill:var(--human)}svg .mark{stroke:var(--mark);stroke-width:1.6;stroke-dasharray:5 4}
svg .marktext{fill:var(--mark);font-size:12px;font-weight:600}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.86rem;width:100%}
th,td{padding:5px 9px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:var(--card)}
tr.alarm td{color:var(--mark);font-weight:600}tr.human td{color:var(--soft);font-style:italic}
dl{margin:0}dt{font-weight:600;margin-top:.5em}dd{margin:0;color:var(--soft)}
.words td,.words th{text-align:left}.words td:nth-child(n+2),.words th:nth-child(n+2){text-align:right}
.narrow{display:none}@media(max-width:640px){.wide{display:none}.narrow{display:block}}
)css";

[[nodiscard]] inline std::vector<chart_mark> marks_of(const collapse_report& report) {
  std::vector<chart_mark> marks;
  for (const alarm_mark& a : report.alarms) {
    const auto x = static_cast<double>(a.generation);
    const auto same = std::ranges::find_if(marks, [&](const chart_mark& m) { return m.x == x; });
    if (same == marks.end()) {
      marks.push_back({x, "alarm vs " + a.baseline});
    } else {
      same->text += ", " + a.baseline;
    }
  }
  return marks;
}

[[nodiscard]] inline line_chart percent_chart(const collapse_report& report, double width, double height) {
  line_chart chart;
  chart.title = "Vocabulary diversity, content uniqueness and quality, as per cent of generation 0";
  chart.width = width;
  chart.height = height;
  chart.from_zero = true;
  chart.y_suffix = "%";
  chart.series = {{"vocabulary diversity", "s0", {}, {}, {}},
                  {"content uniqueness", "s1", {}, {}, {}},
                  {"quality", "s2", {}, {}, {}}};
  for (const generation_row& g : report.generations) {
    chart.series[0].y.push_back(g.diversity);
    chart.series[1].y.push_back(g.uniqueness);
    chart.series[2].y.push_back(g.quality);
  }
  chart.marks = marks_of(report);
  return chart;
}

[[nodiscard]] inline std::string metric_chart(const collapse_report& report, std::size_t m) {
  line_chart chart;
  chart.title = report.metrics[m].title;
  chart.width = 340;
  chart.height = 200;
  chart.legend = false;
  chart_series series{report.metrics[m].title, "s0", {}, {}, {}};
  bool all_known = true;
  for (const generation_row& g : report.generations) {
    const estimate& e = g.values[m];
    series.y.push_back(e.value);
    series.lower.push_back(e.value - 1.96 * e.standard_error);
    series.upper.push_back(e.value + 1.96 * e.standard_error);
    all_known = all_known && !core::is_nan(e.standard_error);
  }
  if (!all_known) {
    series.lower.clear();
    series.upper.clear();
  }
  chart.series.push_back(series);
  chart_band human{"human text", core::infinity, -core::infinity};
  for (const generation_row& h : report.human) {
    const double v = h.values[m].value;
    if (!core::is_finite(v)) continue;
    human.lower = std::min(human.lower, v);
    human.upper = std::max(human.upper, v);
  }
  if (human.lower <= human.upper) chart.bands.push_back(human);
  std::vector<chart_mark> marks = marks_of(report);
  for (chart_mark& mark : marks) mark.text.clear();  // the big chart says which is which
  chart.marks = marks;
  return to_svg(chart);
}

[[nodiscard]] inline std::string table_row(const generation_row& row, std::string_view css_class) {
  std::string out = "<tr class=\"" + std::string(css_class) + "\"><td>" + html_escaped(row.label) + "</td>";
  for (const double percent : {row.diversity, row.uniqueness, row.quality})
    out += "<td>" + (core::is_nan(percent) ? std::string("&ndash;") : fixed(percent, 1)) + "</td>";
  for (const estimate& e : row.values)
    out += "<td>" + (core::is_nan(e.value) ? std::string("&ndash;") : concise(e)) + "</td>";
  return out + "</tr>\n";
}

[[nodiscard]] inline std::string extinction_table(std::string_view title, const std::vector<extinction>& list) {
  std::string out = "<div class=\"card\"><h3>" + html_escaped(title) + "</h3>";
  if (list.empty()) return out + "<p class=\"soft small\">None that stayed away.</p></div>\n";
  out +=
      "<div class=\"scroll\"><table class=\"words\"><tr><th>text</th><th>times in training</th><th>gone from "
      "generation</th></tr>\n";
  for (const extinction& e : list)
    out += "<tr><td>" + html_escaped(e.text) + "</td><td>" + std::to_string(e.reference_count) + "</td><td>" +
           std::to_string(e.generation) + "</td></tr>\n";
  return out + "</table></div></div>\n";
}

}  // namespace detail

/// The chart of what is left of generation 0 as a picture file of its own: light, with its colours inside.
[[nodiscard]] inline std::string to_svg_picture(const collapse_report& report) {
  return to_svg_picture(detail::percent_chart(report, 900, 340));
}

/// The run as one self-contained HTML page: inline SVG, no script, no network, light and dark by the reader's setting, one
/// column on a phone. Same report, same bytes.
[[nodiscard]] inline std::string to_html(const collapse_report& report) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
      html_escaped(report.title) + "</title>\n<style>" + std::string(detail::page_style) +
      "</style>\n</head>\n<body>\n";
  out += "<h1>" + html_escaped(report.title) + "</h1>\n<p class=\"soft\">" + html_escaped(report.subtitle) + "</p>\n";
  out += std::string("<div class=\"card verdict") + (report.alarms.empty() ? " calm" : "") + "\">";
  for (const std::string& sentence : report.verdict) out += "<p>" + html_escaped(sentence) + "</p>";
  out += "</div>\n<h2>What is left of generation 0</h2>\n<div class=\"card\"><div class=\"wide\">" +
         to_svg(detail::percent_chart(report, 1060, 360)) + "</div><div class=\"narrow\">" +
         to_svg(detail::percent_chart(report, 380, 320)) + "</div></div>\n";
  out +=
      "<h2>Every signal, generation by generation</h2>\n<p class=\"soft small\">Curve with 95 % band; the grey band is "
      "the spread of human text measured the same way; the dashed lines are the alarms of the chart above.</p>\n<div "
      "class=\"grid3\">\n";
  for (std::size_t m = 0; m < report.metrics.size(); ++m)
    out += "<div class=\"card\"><h3>" + html_escaped(report.metrics[m].title) + "</h3>" +
           detail::metric_chart(report, m) + "</div>\n";
  out += "</div>\n<h2>What went first</h2>\n<div class=\"cols\">\n" +
         detail::extinction_table("Words that disappeared first", report.words) +
         detail::extinction_table("Phrases that disappeared first", report.phrases) + "</div>\n";
  out +=
      "<h2>The numbers</h2>\n<div class=\"card scroll\"><table><tr><th>generation</th><th>divers%</th><th>unique%</th>"
      "<th>qualit%</th>";
  for (const metric& m : report.metrics) out += "<th>" + html_escaped(m.title) + "</th>";
  out += "</tr>\n";
  for (const generation_row& g : report.generations) {
    const bool alarm =
        std::ranges::any_of(report.alarms, [&](const alarm_mark& a) { return a.generation == g.generation; });
    out += detail::table_row(g, alarm ? "alarm" : "");
  }
  for (const generation_row& h : report.human) out += detail::table_row(h, "human");
  out +=
      "</table></div>\n<p class=\"soft small\">66.12(43) means 66.12 with a standard error of 0.43; no bracket means "
      "that "
      "no standard error is known. Red rows: an alarm was raised on that generation's text.</p>\n";
  out += "<h2>What the columns mean</h2>\n<div class=\"card\"><dl class=\"small\">";
  for (const auto& [term, text] : report.percentages)
    out += "<dt>" + html_escaped(term) + "</dt><dd>" + html_escaped(text) + "</dd>";
  for (const metric& m : report.metrics)
    out += "<dt>" + html_escaped(m.title) + "</dt><dd>" + html_escaped(m.definition) + "</dd>";
  for (const auto& [term, text] : report.notes)
    out += "<dt>" + html_escaped(term) + "</dt><dd>" + html_escaped(text) + "</dd>";
  out += "</dl></div>\n<h2>How it was run</h2>\n<div class=\"card scroll\"><table class=\"words\">";
  for (const auto& [name, value] : report.facts)
    out += "<tr><th>" + html_escaped(name) + "</th><td>" + html_escaped(value) + "</td></tr>\n";
  return out + "</table></div>\n</body>\n</html>\n";
}

}  // namespace tailwatch::report
