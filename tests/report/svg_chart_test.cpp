// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/report/svg_chart.hpp"

#include <string>

#include "support/catch.hpp"

namespace report = tailwatch::report;

namespace {
bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("report: a chart's axis is generations unless it is given names", "[report]") {
  report::line_chart chart;
  chart.title = "a < b";
  chart.series = {{"curve", "s0", {1.0, 2.0, 3.0}, {}, {}}};
  const std::string plain = to_svg(chart);
  CHECK(holds(plain, ">generation</text>"));
  CHECK(holds(plain, "curve, generation 2: 3.000"));
  CHECK(holds(plain, "aria-label=\"a &lt; b\""));
  CHECK_FALSE(holds(plain, "xmlns"));
  chart.x_name = "draws & more";
  chart.x_labels = {"10", "100"};
  const std::string named = to_svg(chart);
  CHECK(holds(named, ">draws &amp; more</text>"));
  CHECK(holds(named, "curve, draws &amp; more 100: 2.000"));
  CHECK(holds(named, "curve, draws &amp; more 2: 3.000"));  // more points than labels: their number
  chart.dots = false;
  CHECK_FALSE(holds(to_svg(chart), "<circle"));
}

TEST_CASE("report: decades of a logarithmic chart are labelled by their values", "[report]") {
  report::line_chart chart;
  chart.logarithmic = true;
  chart.series = {{"curve", "s0", {1000.0, 1.0, 0.001, 0.0, -1.0}, {}, {}}};
  const std::string svg = to_svg(chart);
  CHECK(holds(svg, ">0.01</text>"));
  CHECK(holds(svg, ">100</text>"));
  CHECK(holds(svg, "curve, generation 2: 0.001000"));
  CHECK_FALSE(holds(svg, "curve, generation 3"));  // 0 has no logarithm
  CHECK_FALSE(holds(svg, "nan"));
  chart.series[0].y = {0.0, -2.0};
  CHECK(holds(to_svg(chart), "no values"));
}

TEST_CASE("report: a chart as a picture carries its colours", "[report]") {
  report::line_chart chart;
  chart.series = {{"curve", "s3", {1.0, 2.0}, {0.5, 1.5}, {1.5, 2.5}}};
  const std::string picture = to_svg_picture(chart);
  CHECK(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(holds(picture, ".band.s3{"));
  CHECK(holds(picture, "<polygon class=\"band s3\""));
}
