// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/sink/rate_limit.hpp"

#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/sink/ostream.hpp"
#include "tailwatch/sink/progress.hpp"

namespace sink = tailwatch::sink;

namespace {

struct rate_limit_target {
  using record_type = sink::record;
  std::vector<std::string> seen;
  [[nodiscard]] bool write(const record_type& r) noexcept {
    seen.push_back(std::to_string(r.step) + ":" + std::string(r.name));
    return true;
  }
};

sink::record rate_limit_metric(std::uint64_t step, const char* name, double value = 1.0) {
  sink::record r;
  r.step = step;
  r.name = name;
  r.value = value;
  return r;
}

}  // namespace

TEST_CASE("rate_limit: metrics of one step in so many pass together, everything else always", "[sink]") {
  rate_limit_target target;
  sink::rate_limit limited(target, {.steps = 10});
  for (std::uint64_t step = 1; step <= 25; ++step) {
    CHECK(limited.write(rate_limit_metric(step, "a")));
    CHECK(limited.write(rate_limit_metric(step, "b")));
  }
  CHECK(target.seen == std::vector<std::string>{"1:a", "1:b", "11:a", "11:b", "21:a", "21:b"});
  CHECK(limited.held_back() == 44);
  sink::record alert = rate_limit_metric(26, "a");
  alert.is_alert = true;
  sink::record null = rate_limit_metric(26, "a");
  null.baseline = "human";
  CHECK(limited.write(alert));
  CHECK(limited.write(null));
  CHECK(limited.write(rate_limit_metric(26, "monitor/problem/dropped")));
  CHECK(target.seen.size() == 9);
  CHECK(limited.write(rate_limit_metric(3, "a")));  // a run that begins again passes
  CHECK(target.seen.back() == "3:a");
  CHECK_THROWS_AS(sink::rate_limit(target, {.steps = 0}), std::invalid_argument);
  CHECK_THROWS_AS(sink::rate_limit(target, {.seconds = -1.0}), std::invalid_argument);
}

TEST_CASE("rate_limit: seconds are those of the records", "[sink]") {
  rate_limit_target target;
  sink::rate_limit limited(target, {.seconds = 5.0});
  for (std::uint64_t step = 0; step < 12; ++step) {
    sink::record r = rate_limit_metric(step, "a");
    r.wall_time = 100.0 + static_cast<double>(step);
    CHECK(limited.write(r));
  }
  CHECK(target.seen == std::vector<std::string>{"0:a", "5:a", "10:a"});
  CHECK(limited.write(rate_limit_metric(20, "a")));  // no time: the steps decide
  CHECK(target.seen.back() == "20:a");
}

TEST_CASE("progress: one line a step, alerts and problems on lines of their own", "[sink]") {
  std::ostringstream out;
  sink::progress bar(out, {.most = 2});
  sink::record entropy = rate_limit_metric(7, "entropy/mean", 2.31251);
  entropy.standard_error = 0.011;
  CHECK(bar.write(entropy));
  CHECK(bar.write(rate_limit_metric(7, "reward_std", 0.5)));
  CHECK(bar.write(rate_limit_metric(7, "third", 0.5)));
  CHECK(bar.write(rate_limit_metric(7, "monitor/seconds", 0.5)));
  CHECK(out.str().empty());
  CHECK(bar.write(rate_limit_metric(7, "monitor/log_e_value", -0.25)));
  CHECK(out.str() == "step 7  entropy/mean 2.313 ± 0.011  reward_std 0.5  ln e -0.25\n");
  CHECK(bar.write(rate_limit_metric(7, "monitor/problem/rejected", 3)));
  sink::record alert;
  alert.is_alert = true;
  alert.text = "step 7: it fell";
  CHECK(bar.write(alert));
  CHECK(out.str().substr(out.str().find('\n') + 1) == "PROBLEM rejected 3\nALERT step 7: it fell\n");
}

TEST_CASE("progress: in place the line is rewritten, and chosen signals are shown", "[sink]") {
  std::ostringstream out;
  sink::progress bar(out, {.signals = {"b"}, .in_place = true});
  CHECK(bar.write(rate_limit_metric(1, "a")));
  CHECK(bar.write(rate_limit_metric(1, "b", 100.5)));
  CHECK(bar.write(rate_limit_metric(1, "monitor/log_e_value", 0.0)));
  CHECK(bar.write(rate_limit_metric(2, "b", 1.0)));
  CHECK(bar.write(rate_limit_metric(2, "monitor/log_e_value", 0.0)));
  CHECK(out.str() == "\rstep 1  b 100.5  ln e 0\rstep 2  b 1  ln e 0    ");
  sink::record alert;
  alert.is_alert = true;
  alert.text = "fell";
  CHECK(bar.write(alert));
  CHECK(out.str().ends_with("\nALERT fell\n"));
  const std::string long_name(390, 'x');  // does not fit beside its number: left out
  sink::progress narrow(out);
  sink::record r = rate_limit_metric(3, "y");
  r.name = long_name;
  r.value = 1.2345e-100;
  r.standard_error = 1.2345e-100;
  CHECK(narrow.write(r));
  CHECK(narrow.write(rate_limit_metric(3, "monitor/log_e_value", 0.0)));
  CHECK(out.str().ends_with("step 3  ln e 0\n"));
  out.setstate(std::ios::badbit);
  CHECK_FALSE(narrow.write(rate_limit_metric(4, "monitor/log_e_value", 0.0)));
}
