// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/sink/openmetrics.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>

#include "support/catch.hpp"

namespace sink = tailwatch::sink;

namespace {

std::string exposed(const sink::openmetrics& metrics) {
  std::ostringstream out;
  REQUIRE(metrics.expose(out));
  return out.str();
}

sink::record openmetrics_test_record(std::string_view name, double value) {
  sink::record r;
  r.step = 7;
  r.generation = 2;
  r.name = name;
  r.value = value;
  r.count = 40;
  return r;
}

static_assert(sink::metric_sink<sink::openmetrics>);

}  // namespace

TEST_CASE("sink: openmetrics exposes the latest values, one family after the other", "[sink]") {
  sink::openmetrics metrics({.labels = {{"run", "a\"1\"\\\n"}}});
  CHECK(exposed(metrics) == "# EOF\n");
  sink::record r = openmetrics_test_record("token_entropy", 6.0);
  r.standard_error = 0.25;
  REQUIRE(metrics.write(r));
  REQUIRE(metrics.write(openmetrics_test_record("monitor/log_e_value", -std::numeric_limits<double>::infinity())));
  r.value = 6.5;
  r.step = 8;
  r.generation = 3;
  REQUIRE(metrics.write(r));  // takes the place of the first
  r.baseline = "human";
  r.direction = "falls";
  r.null_mean = 5.0;
  REQUIRE(metrics.write(r));
  r.is_alert = true;
  r.log_e_value = 3.5;
  REQUIRE(metrics.write(r));
  r.log_e_value = 4.5;
  REQUIRE(metrics.write(r));
  const std::string run = "run=\"a\\\"1\\\"\\\\\\n\"";
  const std::string null = "{signal=\"token_entropy\",baseline=\"human\",direction=\"falls\"," + run + "} ";
  CHECK(exposed(metrics) ==
        "# TYPE tailwatch_signal_value gauge\n"
        "# HELP tailwatch_signal_value Mean of the signal over its latest step.\n"
        "tailwatch_signal_value{signal=\"token_entropy\"," +
            run +
            "} 6.5\n"
            "tailwatch_signal_value{signal=\"monitor/log_e_value\"," +
            run +
            "} -Inf\n"
            "# TYPE tailwatch_signal_standard_error gauge\n"
            "# HELP tailwatch_signal_standard_error Standard error of that mean.\n"
            "tailwatch_signal_standard_error{signal=\"token_entropy\"," +
            run +
            "} 0.25\n"
            "# TYPE tailwatch_signal_blocks gauge\n"
            "# HELP tailwatch_signal_blocks Blocks behind that mean.\n"
            "tailwatch_signal_blocks{signal=\"token_entropy\"," +
            run +
            "} 40\n"
            "tailwatch_signal_blocks{signal=\"monitor/log_e_value\"," +
            run +
            "} 40\n"
            "# TYPE tailwatch_signal_step gauge\n"
            "# HELP tailwatch_signal_step Step of that mean.\n"
            "tailwatch_signal_step{signal=\"token_entropy\"," +
            run +
            "} 8\n"
            "tailwatch_signal_step{signal=\"monitor/log_e_value\"," +
            run +
            "} 7\n"
            "# TYPE tailwatch_null_mean gauge\n"
            "# HELP tailwatch_null_mean Bound that the signal's mean is judged against.\n"
            "tailwatch_null_mean" +
            null +
            "5\n"
            "# TYPE tailwatch_alerts counter\n"
            "# HELP tailwatch_alerts Alerts raised.\n"
            "tailwatch_alerts_total" +
            null +
            "2\n"
            "# TYPE tailwatch_alert_log_e_value gauge\n"
            "# HELP tailwatch_alert_log_e_value Logarithm of the e-value of the latest alert.\n"
            "tailwatch_alert_log_e_value" +
            null +
            "4.5\n"
            "# TYPE tailwatch_generation gauge\n"
            "# HELP tailwatch_generation Generation of the latest record.\n"
            "tailwatch_generation{" +
            run +
            "} 3\n"
            "# EOF\n");
}

TEST_CASE("sink: openmetrics names are sanitised and label texts kept", "[sink]") {
  CHECK(sink::openmetrics_name("a-b/c d") == "a_b_c_d");
  CHECK(sink::openmetrics_name("9lives") == "_9lives");
  CHECK(sink::openmetrics_name("") == "_");
  CHECK(sink::openmetrics_name("na\xC3\xAFve") == "na__ve");
  CHECK(sink::openmetrics_name("job:rate_5m") == "job:rate_5m");
  sink::openmetrics metrics({.prefix = "my run", .labels = {{"the host:port", "x"}}});
  REQUIRE(metrics.write(openmetrics_test_record("\xFF \"a\"\nb", std::numeric_limits<double>::quiet_NaN())));
  REQUIRE(metrics.write(openmetrics_test_record("a/b", 1.0)));
  REQUIRE(metrics.write(openmetrics_test_record("a_b", 2.0)));
  const std::string text = exposed(metrics);
  CHECK(text.find("my_run_signal_value{signal=\"\xEF\xBF\xBD \\\"a\\\"\\nb\",the_host_port=\"x\"} NaN\n") !=
        std::string::npos);
  CHECK(text.find("{signal=\"a/b\",the_host_port=\"x\"} 1\n") != std::string::npos);
  CHECK(text.find("{signal=\"a_b\",the_host_port=\"x\"} 2\n") != std::string::npos);
  CHECK_THROWS_AS(sink::openmetrics({.labels = {{"signal", "x"}}}), std::invalid_argument);
  CHECK_THROWS_AS(sink::openmetrics({.labels = {{"a-b", "x"}, {"a_b", "y"}}}), std::invalid_argument);
}

TEST_CASE("sink: openmetrics refuses what it has no room for, and writes files whole", "[sink]") {
  sink::openmetrics metrics({.max_series = 2, .max_text = 12});
  CHECK(metrics.write(openmetrics_test_record("a", 1.0)));
  CHECK_FALSE(metrics.write(openmetrics_test_record("a name too long", 1.0)));
  CHECK(metrics.write(openmetrics_test_record("b", 1.0)));
  CHECK_FALSE(metrics.write(openmetrics_test_record("c", 1.0)));
  CHECK(metrics.write(openmetrics_test_record("a", 3.0)));

  const std::filesystem::path path = "openmetrics_test.prom";
  for (int i = 0; i < 2; ++i) {
    REQUIRE(metrics.expose_file(path));
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    CHECK(text == exposed(metrics));
  }
  CHECK_FALSE(std::filesystem::exists("openmetrics_test.prom.tmp"));
  std::filesystem::remove(path);
  CHECK_FALSE(metrics.expose_file("no such folder/x.prom"));

  std::ostringstream closed;
  closed.setstate(std::ios::badbit);
  CHECK_FALSE(metrics.expose(closed));
}

TEST_CASE("openmetrics: the older format has the counter's whole name in its head and no last line", "[sink]") {
  tailwatch::sink::openmetrics metrics;
  tailwatch::sink::record r;
  r.name = "entropy";
  r.value = 1.5;
  r.count = 2;
  REQUIRE(metrics.write(r));
  r.is_alert = true;
  r.baseline = "human";
  r.direction = "falls";
  REQUIRE(metrics.write(r));
  std::ostringstream newer, older;
  REQUIRE(metrics.expose(newer));
  REQUIRE(metrics.expose(older, tailwatch::sink::exposition_format::prometheus));
  CHECK(newer.str().find("# TYPE tailwatch_alerts counter\n") != std::string::npos);
  CHECK(older.str().find("# TYPE tailwatch_alerts_total counter\n") != std::string::npos);
  for (const std::string& text : {newer.str(), older.str()}) {
    CHECK(text.find("\ntailwatch_alerts_total{") != std::string::npos);
    CHECK(text.find("tailwatch_signal_blocks{signal=\"entropy\"} 2\n") != std::string::npos);
  }
  CHECK(newer.str().ends_with("# EOF\n"));
  CHECK(older.str().find("EOF") == std::string::npos);
}
