// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/report/html_report.hpp"

#include <string>

#include "support/catch.hpp"
#include "tailwatch/report/table.hpp"

using namespace tailwatch;

namespace {

report::collapse_report small_report() {
  report::collapse_report r;
  r.title = "A <run> & its report";
  r.metrics = {{"entropy", "token entropy", "entropy", "Mean surprise of a word."},
               {"ppl", "perplexity", "ppl", "On held-out text."}};
  for (std::size_t g = 0; g < 4; ++g) {
    const auto x = static_cast<double>(g);
    r.generations.push_back(
        {std::to_string(g), g, {{6.0 - x, 0.1, 10}, {60.0 + x, core::nan, 10}}, "", 100 - x, 100 - 2 * x, 100});
  }
  r.human.push_back({"human 1", 0, {{5.9, 0.1, 10}, {core::nan, core::nan, 0}}, "", core::nan, core::nan, core::nan});
  r.alarms.push_back({"generation 0", 2, 3, "entropy", "fall", "shrinkage", 5.0, 0.1, 0.2, "alarm"});
  r.words.push_back({"<verily>", 12, 1});
  r.verdict = {"One sentence."};
  return r;
}

std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("report: the page is self-contained, escaped and complete", "[report]") {
  const std::string page = report::to_html(small_report());
  CHECK(page == report::to_html(small_report()));
  CHECK(page.find("http") == std::string::npos);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("url(") == std::string::npos);
  CHECK(page.find("A &lt;run&gt; &amp; its report") != std::string::npos);
  CHECK(page.find("&lt;verily&gt;") != std::string::npos);
  CHECK(page.find("<verily>") == std::string::npos);
  CHECK(page.find("prefers-color-scheme:dark") != std::string::npos);
  CHECK(occurrences(page, "<svg") == 2 + 2);  // hero wide and narrow, one chart a metric
  CHECK(occurrences(page, "<svg") == occurrences(page, "</svg>"));
  CHECK(occurrences(page, "<tr class=\"alarm\">") == 1);
  CHECK(page.find("alarm vs generation 0") != std::string::npos);
  CHECK(page.find("nan") == std::string::npos);
}

TEST_CASE("report: the picture is one well-formed SVG with its colours inside", "[report]") {
  const std::string svg = report::to_svg_picture(small_report());
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(occurrences(svg, "<style>") == 1);
  CHECK(occurrences(svg, "<polyline") == 3);
}

TEST_CASE("report: a report without a generation still makes a page", "[report]") {
  const std::string page = report::to_html({});
  CHECK(page.find("no values") != std::string::npos);
  CHECK(page.ends_with("</html>\n"));
}

TEST_CASE("report: bands only where every standard error is known", "[report]") {
  const std::string page = report::to_html(small_report());
  CHECK(occurrences(page, "<polygon class=\"band") == 1);  // entropy has errors, perplexity has none
  CHECK(occurrences(page, "class=\"human\"") == 2);        // one chart band, one table row
}

TEST_CASE("report: chart ticks are round and inside the range", "[report]") {
  const auto t = report::detail::ticks(0.0, 106.0, 5);
  REQUIRE(t.size() == 3);
  CHECK(t[1] == 50.0);
  CHECK(report::detail::tick_label(0.05, 0.05) == "0.05");
  report::line_chart flat;
  flat.series.push_back({"flat", "s0", {1.0, 1.0}, {}, {}});
  CHECK(report::to_svg(flat).find("nan") == std::string::npos);
  report::line_chart one;
  one.series.push_back({"one", "s0", {2.0}, {}, {}});
  CHECK(report::to_svg(one).find("<circle") != std::string::npos);
}

TEST_CASE("report: the terminal table keeps its width and refuses ragged rows", "[report]") {
  const report::live_table table({{"gen", 4}, {"ppl", 8}, {"entropy", 8}}, 16);
  CHECK(table.row({"0", "66.1", "6.0"}) == "0        66.1\n          6.0\n");
  CHECK(table.header().ends_with("-------------\n"));
  CHECK_THROWS_AS(table.row({"0"}), std::invalid_argument);
  CHECK_THROWS_AS(report::live_table({}), std::invalid_argument);
  const report::live_table wide({{"gen", 4}, {"ppl", 8}, {"entropy", 8}}, 132);
  CHECK(wide.row({"0", "66.1", "6.0"}) == "0        66.1      6.0\n");
}
