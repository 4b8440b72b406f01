// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/sink.hpp"

#include <limits>
#include <sstream>
#include <streambuf>
#include <string>

#include "support/catch.hpp"

namespace sink = tailwatch::sink;

namespace {

/// Takes `room` bytes, then refuses.
class small_buffer : public std::streambuf {
 public:
  explicit small_buffer(int room) : room_(room) {}

 protected:
  int_type overflow(int_type c) override { return room_-- > 0 ? c : traits_type::eof(); }

 private:
  int room_;
};

sink::record sink_test_metric() {
  sink::record r;
  r.step = 7;
  r.generation = 2;
  r.name = "entropy";
  r.value = 0.1;
  r.standard_error = 1e-300;
  r.count = 40;
  return r;
}

static_assert(sink::metric_sink<sink::null>);
static_assert(sink::metric_sink<sink::ostream>);
static_assert(sink::metric_sink<sink::csv>);
static_assert(sink::metric_sink<sink::jsonl>);
static_assert(sink::metric_sink<sink::tee<sink::csv, sink::jsonl>>);
static_assert(!sink::metric_sink<int>);

}  // namespace

TEST_CASE("sink: jsonl writes one object per line, NaN and infinity as null", "[sink]") {
  std::ostringstream out;
  sink::jsonl log(out);
  sink::record r = sink_test_metric();
  REQUIRE(log.write(r));
  r.value = std::numeric_limits<double>::quiet_NaN();
  r.standard_error = std::numeric_limits<double>::infinity();
  REQUIRE(log.write(r));
  CHECK(out.str() ==
        "{\"step\":7,\"generation\":2,\"name\":\"entropy\",\"value\":0.1,\"standard_error\":1e-300,\"count\":40}\n"
        "{\"step\":7,\"generation\":2,\"name\":\"entropy\",\"value\":null,\"standard_error\":null,\"count\":40}\n");
}

TEST_CASE("sink: jsonl escapes quotes, control characters and bytes that are not UTF-8", "[sink]") {
  std::ostringstream out;
  sink::jsonl log(out);
  sink::record r;
  const std::string name =
      std::string("a\"b\\c\n\x01\x7f") + "\xC3\xA9" + "\xF0\x9F\x98\x80" + "\xC0\xAF" + "\xED\xA0\x80" + "\xE2\x82";
  r.name = name;
  r.is_alert = true;
  r.baseline = "human";
  r.direction = "falls";
  r.kind = "expansion";
  r.text = "t";
  r.null_mean = 0.5;
  REQUIRE(log.write(r));
  CHECK(out.str() ==
        "{\"step\":0,\"generation\":0,\"name\":\"a\\\"b\\\\c\\u000a\\u0001\\u007f\xC3\xA9\xF0\x9F\x98\x80\\ufffd\\ufffd"
        "\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\",\"value\":null,\"standard_error\":null,\"count\":0,\"alert\":true,"
        "\"baseline\":\"human\",\"direction\":\"falls\",\"kind\":\"expansion\",\"null_mean\":0.5,\"lower\":null,"
        "\"upper\":null,\"log_e_value\":null,\"text\":\"t\"}\n");
}

TEST_CASE("sink: csv quotes what needs it, once a header, empty cells for NaN", "[sink]") {
  std::ostringstream out;
  sink::csv log(out);
  sink::record r = sink_test_metric();
  r.name = "a,\"b\"";
  REQUIRE(log.write(r));
  r.name = "=cmd()";
  r.value = std::numeric_limits<double>::quiet_NaN();
  REQUIRE(log.write(r));
  CHECK(out.str() ==
        "step,generation,name,value,standard_error,count,alert,baseline,direction,kind,null_mean,lower,upper,"
        "log_e_value,wall_time,text\n"
        "7,2,\"a,\"\"b\"\"\",0.1,1e-300,40,0,,,,,,,,,\n"
        "7,2,\"'=cmd()\",,1e-300,40,0,,,,,,,,,\n");
}

TEST_CASE("sink: ostream writes lines for people and can keep to alerts", "[sink]") {
  std::ostringstream out;
  sink::ostream log(out);
  REQUIRE(log.write(sink_test_metric()));
  sink::record r = sink_test_metric();
  r.is_alert = true;
  r.text = "entropy falls";
  REQUIRE(log.write(r));
  CHECK(out.str() == "step 7  entropy 0.1 ± 1e-300 (40)\nALERT entropy falls\n");

  std::ostringstream alerts;
  sink::ostream quiet(alerts, {.metrics = false});
  REQUIRE(quiet.write(sink_test_metric()));
  REQUIRE(quiet.write(r));
  CHECK(alerts.str() == "ALERT entropy falls\n");
}

TEST_CASE("sink: a failing stream is told, and a tee still serves the others", "[sink]") {
  small_buffer buffer(10);
  std::ostream broken(&buffer);
  std::ostringstream fine;
  sink::jsonl first(broken);
  sink::jsonl second(fine);
  sink::tee both(first, second);
  CHECK_FALSE(both.write(sink_test_metric()));
  CHECK_FALSE(both.write(sink_test_metric()));
  CHECK(both.dropped(0) == 2);
  CHECK(both.dropped(1) == 0);
  CHECK(both.dropped(9) == 0);
  CHECK(fine.str().size() > 100);

  std::ostringstream closed;
  closed.setstate(std::ios::failbit);
  CHECK_FALSE(sink::csv(closed).write(sink_test_metric()));
  CHECK_FALSE(sink::ostream(closed).write(sink_test_metric()));
}

TEST_CASE("sink: a callback gets the record and may refuse it", "[sink]") {
  int seen = 0;
  sink::callback counting([&](const sink::record& r) noexcept { seen += static_cast<int>(r.count); });
  static_assert(sink::metric_sink<decltype(counting)>);
  CHECK(counting.write(sink_test_metric()));
  CHECK(seen == 40);
  sink::callback refusing([](const sink::record& r) noexcept { return r.step > 7; });
  CHECK_FALSE(refusing.write(sink_test_metric()));
  CHECK(sink::null{}.write(sink_test_metric()));
}
