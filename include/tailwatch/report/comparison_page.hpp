// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/report/format.hpp"
#include "tailwatch/report/html_report.hpp"
#include "tailwatch/report/text_comparison.hpp"

namespace tailwatch::report {

namespace detail {

inline constexpr std::string_view comparison_style = R"css(
svg .noise{fill:var(--human)}svg .whisker{stroke-width:2.2;stroke:var(--soft)}svg .whisker.bad{stroke:var(--mark)}svg .whisker.good{stroke:var(--s2)}
svg .point{fill:var(--soft)}svg .point.bad{fill:var(--mark)}svg .point.good{fill:var(--s2)}
svg .name{fill:var(--ink);font-size:13px}
.sign{border-left:5px solid var(--s2)}.sign.shown{border-left-color:var(--mark)}.sign h3{font-size:1rem}
.sign ul{margin:.3em 0 .2em;padding-left:1.2em}.sign li{overflow-wrap:anywhere}
tr.moved td{color:var(--mark);font-weight:600}
)css";

/// One row a measure: change over its noise floor, with a 95 % whisker; the grey band is the floor itself, ±1.
[[nodiscard]] inline std::string interval_chart(const text_comparison& c, double width, bool names_above) {
  const double row = names_above ? 40.0 : 26.0;
  const double left = names_above ? 12.0 : 270.0;
  const double right = width - 14.0;
  constexpr double reach = 6.0;  // floors to each side; farther ends are drawn at the edge
  const double height = row * static_cast<double>(comparison_measures.size()) + 34.0;
  const auto x = [&](double floors) {
    return left + (std::clamp(floors, -reach, reach) + reach) / (2.0 * reach) * (right - left);
  };
  std::string out = "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 " + fixed(width, 0) + " " + fixed(height, 0) +
                    "\" aria-label=\"Change of each measure in units of its noise floor\">\n";
  const double bottom = height - 30.0;
  out += "<rect class=\"noise\" x=\"" + fixed(x(-1), 1) + "\" y=\"4\" width=\"" + fixed(x(1) - x(-1), 1) +
         "\" height=\"" + fixed(bottom - 4.0, 1) + "\"><title>noise: what chance gives</title></rect>\n";
  for (const double t : {-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0})
    out += "<line class=\"grid\" x1=\"" + fixed(x(t), 1) + "\" x2=\"" + fixed(x(t), 1) + "\" y1=\"4\" y2=\"" +
           fixed(bottom, 1) + "\"/><text class=\"label mid\" x=\"" + fixed(x(t), 1) + "\" y=\"" +
           fixed(bottom + 15, 1) + "\">" + fixed(t, 0) + "</text>\n";
  out += "<text class=\"label end\" x=\"" + fixed(right, 1) + "\" y=\"" + fixed(bottom + 28, 1) +
         "\">change in noise floors</text>\n";
  for (std::size_t m = 0; m < c.measures.size(); ++m) {
    const measured_difference& d = c.measures[m];
    const double y = row * (static_cast<double>(m) + 0.5) + (names_above ? 12.0 : 4.0);
    const std::string name = html_escaped(comparison_measures[m].title);
    out += names_above
               ? "<text class=\"name\" x=\"" + fixed(left, 1) + "\" y=\"" + fixed(y - 9, 1) + "\">" + name + "</text>\n"
               : "<text class=\"name end\" x=\"" + fixed(left - 10, 1) + "\" y=\"" + fixed(y + 4, 1) + "\">" + name +
                     "</text>\n";
    const double difference = d.candidate.value - d.reference.value;
    if (!core::is_finite(difference) || core::is_nan(d.noise_floor)) continue;
    const double floor = d.noise_floor > 0.0 ? d.noise_floor : std::max(std::abs(difference), 1e-300) / reach;
    const double half = 1.96 * std::hypot(d.reference.standard_error, d.candidate.standard_error);
    // A smaller distance is neither good nor bad: text on fewer words may well stand closer to the common ones.
    const bool drift = comparison_measures[m].sign == collapse_sign::drift;
    const std::string kind = d.moved == movement::towards_collapse ? " bad"
                             : d.moved == movement::away && !drift ? " good"
                                                                   : "";
    out += "<line class=\"whisker" + kind + "\" x1=\"" + fixed(x((difference - half) / floor), 1) + "\" x2=\"" +
           fixed(x((difference + half) / floor), 1) + "\" y1=\"" + fixed(y, 1) + "\" y2=\"" + fixed(y, 1) +
           "\"/><circle class=\"point" + kind + "\" cx=\"" + fixed(x(difference / floor), 1) + "\" cy=\"" +
           fixed(y, 1) + "\" r=\"4.5\"><title>" + name + ": " + concise(d.reference) + " to " + concise(d.candidate) +
           "</title></circle>\n";
  }
  return out + "</svg>\n";
}

}  // namespace detail

/// Comparisons as one self-contained HTML page: verdicts with the words behind them, a chart, every number. No script, no
/// network, light and dark, one column on a phone. Same comparisons, same bytes.
/// @param facts  how it was run: name and value
[[nodiscard]] inline std::string comparison_page(const std::vector<text_comparison>& comparisons,
                                                 const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>Signs of model collapse</title>\n<style>" +
      std::string(detail::page_style) + std::string(detail::comparison_style) +
      "</style>\n</head>\n<body>\n<h1>Signs of model collapse</h1>\n";
  for (const text_comparison& c : comparisons) {
    std::size_t shown = 0;
    for (const sign_verdict& v : c.signs) shown += v.shown ? 1 : 0;
    out += "<h2>" + html_escaped(c.candidate_name) + " beside " + html_escaped(c.reference_name) +
           "</h2>\n<div class=\"card verdict" + std::string(shown == 0 ? " calm" : "") + "\"><p>" +
           (shown == 0
                ? std::string("None of the five signs of collapse is shown.")
                : std::to_string(shown) + " of the five signs of collapse " + (shown == 1 ? "is" : "are") + " shown.") +
           "</p><p class=\"soft small\">" + std::to_string(c.parts) + " parts of " + grouped(c.part_tokens) +
           " words of each text, compared with the same " + grouped(c.base_tokens) + " words of the reference. " +
           html_escaped(parts_text(c)) + "</p></div>\n<div class=\"cols\" style=\"margin-top:12px\">\n";
    for (const sign_verdict& v : c.signs) {
      out += std::string("<div class=\"card sign") + (v.shown ? " shown" : "") + "\"><p>" + html_escaped(v.sentence) +
             "</p>";
      if (v.shown && !v.evidence.empty()) {
        out += "<p class=\"soft small\">" + html_escaped(evidence_title(v.sign)) + "</p><ul class=\"small\">";
        for (const usage_shift& e : v.evidence) out += "<li>" + html_escaped(evidence_text(v.sign, e)) + "</li>";
        out += "</ul>";
      }
      out += "</div>\n";
    }
    out +=
        "</div>\n<div class=\"card\" style=\"margin-top:12px\"><div class=\"wide\">" +
        detail::interval_chart(c, 1060, false) + "</div><div class=\"narrow\">" + detail::interval_chart(c, 380, true) +
        "</div><p class=\"soft small\">Each point is the change of one measure, in units of the least change that is "
        "not chance; the whisker is its 95 % interval. Red: towards collapse, or away from the reference; green: "
        "the other way; beyond six floors it stands at the edge.</p></div>\n<div class=\"card scroll\" "
        "style=\"margin-top:12px\"><table><tr><th>measure</th><th>reference</th><th>candidate</th>"
        "<th>change</th><th>noise floor</th></tr>\n";
    for (std::size_t m = 0; m < c.measures.size(); ++m) {
      const measured_difference& d = c.measures[m];
      const double floor = d.noise_floor / std::abs(d.reference.value);
      out += std::string("<tr") + (d.moved == movement::towards_collapse ? " class=\"moved\"" : "") + "><td>" +
             html_escaped(comparison_measures[m].title) + "</td><td>" + concise(d.reference) + "</td><td>" +
             concise(d.candidate) + "</td><td>" +
             (core::is_finite(d.change) ? (d.change > 0 ? "+" : "") + fixed(100.0 * d.change, 1) + " %"
                                        : std::string("&ndash;")) +
             "</td><td>" + (core::is_finite(floor) ? "&plusmn;" + fixed(100.0 * floor, 1) + " %" : "&ndash;") +
             "</td></tr>\n";
    }
    out += "</table></div>\n";
  }
  out += "<h2>What the measures mean</h2>\n<div class=\"card\"><dl class=\"small\">";
  for (const comparison_measure& m : comparison_measures)
    out += "<dt>" + html_escaped(m.title) + "</dt><dd>" + html_escaped(m.definition) +
           (m.source.empty() ? std::string(".") : "; " + html_escaped(m.source) + ".") + "</dd>";
  out +=
      "<dt>not seen</dt><dd>Meaning, facts, and order beyond a few words; a change below the tolerance; anything these "
      "measures do not measure.</dd></dl></div>\n<h2>How it was run</h2>\n<div class=\"card scroll\"><table "
      "class=\"words\">";
  for (const auto& [name, value] : facts)
    out += "<tr><th>" + html_escaped(name) + "</th><td>" + html_escaped(value) + "</td></tr>\n";
  return out + "</table></div>\n</body>\n</html>\n";
}

}  // namespace tailwatch::report
