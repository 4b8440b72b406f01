// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/report/format.hpp"

#include "support/catch.hpp"

using namespace tailwatch;

TEST_CASE("report: fixed and significant digits", "[report]") {
  CHECK(report::fixed(66.126, 2) == "66.13");
  CHECK(report::fixed(-0.0004, 2) == "0.00");
  CHECK(report::fixed(core::nan, 2) == "n/a");
  CHECK(report::fixed(-core::infinity, 2) == "-inf");
  CHECK(report::fixed(1e300, 0).size() == 301);
  CHECK(report::significant(0.0156123) == "0.0156");
  CHECK(report::significant(1234.6) == "1235");
  CHECK(report::significant(0.0) == "0");
  CHECK(report::significant(1.5e-9).find('e') != std::string::npos);
  CHECK(report::grouped(0) == "0");
  CHECK(report::grouped(999) == "999");
  CHECK(report::grouped(794123) == "794 123");
  CHECK(report::grouped(1000000) == "1 000 000");
}

TEST_CASE("report: a standard error stands in the last digits", "[report]") {
  CHECK(report::concise({66.1234, 0.4321, 10}) == "66.12(43)");
  CHECK(report::concise({0.015612, 0.00031, 10}) == "0.01561(31)");
  CHECK(report::concise({1234.6, 55.0, 10}) == "1235(55)");
  CHECK(report::concise({5.0, 1.04, 10}) == "5.0(10)");
  CHECK(report::concise({66.1234, 0.4321, 10}, 1) == "66.1(4)");
  CHECK(report::concise({0.51234, 0.0096, 10}, 1) == "0.51(1)");
  CHECK(report::concise({1212.4, 18.9, 10}, 1) == "1212(19)");
  CHECK(report::concise({5.0, core::nan, 10}) == "5.000");
  CHECK(report::concise({5.0, 0.0, 10}) == "5.000(0)");
  CHECK(report::concise({core::nan, 0.1, 0}) == "n/a");
}

TEST_CASE("report: text is escaped and measured by code points", "[report]") {
  CHECK(report::html_escaped("<b> & \"c\" 'd'") == "&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
  CHECK(report::display_width("naïve") == 5);
}
