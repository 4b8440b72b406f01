// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/sink/tensorboard.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <ios>
#include <iterator>
#include <limits>
#include <map>
#include <sstream>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace sink = tailwatch::sink;

namespace {

// An independent reader: bitwise CRC, fields by number, nothing shared with the writer.
std::uint32_t event_test_crc(const std::string& bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? (crc >> 1U) ^ 0x82F63B78U : crc >> 1U;
  }
  crc = ~crc;
  return ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U;
}

std::uint64_t event_test_fixed(const std::string& bytes, std::size_t at, std::size_t size) {
  std::uint64_t x = 0;
  for (std::size_t i = size; i-- > 0;) x = (x << 8U) | static_cast<unsigned char>(bytes.at(at + i));
  return x;
}
double event_test_double(const std::string& bytes, std::size_t at = 0) {
  const std::uint64_t bits = event_test_fixed(bytes, at, 8);
  double x = 0;
  std::memcpy(&x, &bits, 8);
  return x;
}
float event_test_float(const std::string& bytes) {
  const auto bits = static_cast<std::uint32_t>(event_test_fixed(bytes, 0, 4));
  float x = 0;
  std::memcpy(&x, &bits, 4);
  return x;
}

/// field → contents: bytes of fixed and length-delimited fields, decimal digits of varints
using event_fields = std::multimap<unsigned, std::string>;

event_fields event_test_parse(const std::string& bytes) {
  event_fields fields;
  std::size_t at = 0;
  const auto varint = [&] {
    std::uint64_t x = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto b = static_cast<unsigned char>(bytes.at(at++));
      x |= static_cast<std::uint64_t>(b & 0x7FU) << shift;
      if (b < 0x80U) return x;
    }
  };
  while (at < bytes.size()) {
    const std::uint64_t key = varint();
    const auto field = static_cast<unsigned>(key >> 3U);
    std::size_t size = 0;
    switch (key & 7U) {
      case 0: fields.emplace(field, std::to_string(varint())); continue;
      case 1: size = 8; break;
      case 2: size = static_cast<std::size_t>(varint()); break;
      case 5: size = 4; break;
      default: throw std::runtime_error("wire type");
    }
    if (size > bytes.size() - at) throw std::runtime_error("length");
    fields.emplace(field, bytes.substr(at, size));
    at += size;
  }
  return fields;
}

std::vector<event_fields> event_test_events(const std::string& file) {
  std::vector<event_fields> events;
  for (std::size_t at = 0; at < file.size();) {
    const auto size = static_cast<std::size_t>(event_test_fixed(file, at, 8));
    REQUIRE(event_test_fixed(file, at + 8, 4) == event_test_crc(file.substr(at, 8)));
    const std::string data = file.substr(at + 12, size);
    REQUIRE(data.size() == size);
    REQUIRE(event_test_fixed(file, at + 12 + size, 4) == event_test_crc(data));
    events.push_back(event_test_parse(data));
    at += 16 + size;
  }
  return events;
}

const std::string& event_test_one(const event_fields& fields, unsigned field) {
  REQUIRE(fields.count(field) == 1);
  return fields.find(field)->second;
}
event_fields event_test_value(const event_fields& event) {
  return event_test_parse(event_test_one(event_test_parse(event_test_one(event, 5)), 1));
}

sink::record event_test_metric() {
  sink::record r;
  r.step = 300;
  r.name = "token_entropy";
  r.value = 6.125;
  r.standard_error = 0.5;
  r.count = 40;
  return r;
}

class room_for : public std::streambuf {
 public:
  explicit room_for(int bytes) : room_(bytes) {}
  int room_;

 protected:
  int_type overflow(int_type c) override { return room_-- > 0 ? c : traits_type::eof(); }
};

static_assert(sink::metric_sink<sink::tensorboard>);

}  // namespace

TEST_CASE("sink: an event file begins with its version and holds scalars", "[sink]") {
  std::ostringstream out;
  sink::tensorboard board(out, {.wall_time = 1.5e9, .standard_errors = true});
  REQUIRE(board.write(event_test_metric()));
  board.set_wall_time(1.5e9 + 10);
  REQUIRE(board.scalar("loss", -0.1, std::uint64_t{1} << 40U));
  sink::record r = event_test_metric();
  r.wall_time = 7.25;
  r.value = std::numeric_limits<double>::quiet_NaN();
  r.standard_error = r.value;
  REQUIRE(board.write(r));

  const auto events = event_test_events(out.str());
  REQUIRE(events.size() == 5);
  CHECK(event_test_one(events[0], 3) == "brain.Event:2");
  CHECK(event_test_double(event_test_one(events[0], 1)) == 1.5e9);
  CHECK(event_test_one(events[1], 2) == "300");
  CHECK(event_test_double(event_test_one(events[1], 1)) == 1.5e9);
  CHECK(event_test_one(event_test_value(events[1]), 1) == "token_entropy");
  CHECK(event_test_float(event_test_one(event_test_value(events[1]), 2)) == 6.125F);
  CHECK(event_test_one(event_test_value(events[2]), 1) == "token_entropy/standard_error");
  CHECK(event_test_float(event_test_one(event_test_value(events[2]), 2)) == 0.5F);
  CHECK(event_test_one(events[3], 2) == "1099511627776");
  CHECK(event_test_double(event_test_one(events[3], 1)) == 1.5e9 + 10);
  CHECK(event_test_float(event_test_one(event_test_value(events[3]), 2)) == -0.1F);
  CHECK(event_test_double(event_test_one(events[4], 1)) == 7.25);
  CHECK(std::isnan(event_test_float(event_test_one(event_test_value(events[4]), 2))));
}

TEST_CASE("sink: an event file holds nulls, alerts with their text, and valid UTF-8 alone", "[sink]") {
  std::ostringstream out;
  sink::tensorboard board(out);
  sink::record r = event_test_metric();
  r.baseline = "human";
  r.direction = "falls";
  r.null_mean = 5.5;
  REQUIRE(board.write(r));
  r.is_alert = true;
  r.log_e_value = 4.25;
  const std::string line = std::string("na\xC3\xAFve \xFF") + std::string(200, 'x');
  r.text = line;
  REQUIRE(board.write(r));

  const auto events = event_test_events(out.str());
  REQUIRE(events.size() == 4);
  CHECK(event_test_one(event_test_value(events[1]), 1) == "token_entropy/null/human/falls");
  CHECK(event_test_float(event_test_one(event_test_value(events[1]), 2)) == 5.5F);
  CHECK(event_test_one(event_test_value(events[2]), 1) == "alert/token_entropy");
  CHECK(event_test_float(event_test_one(event_test_value(events[2]), 2)) == 4.25F);
  const event_fields value = event_test_value(events[3]);
  CHECK(event_test_one(value, 1) == "alert/token_entropy/text");
  const event_fields tensor = event_test_parse(event_test_one(value, 8));
  CHECK(event_test_one(tensor, 1) == "7");
  CHECK(event_test_one(tensor, 8) == std::string("na\xC3\xAFve \xEF\xBF\xBD") + std::string(200, 'x'));
  const event_fields shape = event_test_parse(event_test_one(tensor, 2));
  CHECK(event_test_one(event_test_parse(event_test_one(shape, 2)), 1) == "1");
  const event_fields metadata = event_test_parse(event_test_one(value, 9));
  CHECK(event_test_one(event_test_parse(event_test_one(metadata, 1)), 1) == "text");
}

TEST_CASE("sink: a histogram keeps counts, limits and sums", "[sink]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> sample{0.0, 1.0, 2.0, 4.0, nan, 4.0};
  const sink::histogram h = sink::histogram_of(sample, 4);
  CHECK(h.minimum == 0.0);
  CHECK(h.maximum == 4.0);
  CHECK(h.count == 5);
  CHECK(h.rejected == 1);
  CHECK(h.sum == 11.0);
  CHECK(h.sum_of_squares == 37.0);
  CHECK(h.upper_limits == std::vector<double>{1.0, 2.0, 3.0, 4.0});
  CHECK(h.counts == std::vector<double>{2.0, 1.0, 0.0, 2.0});  // a value at a limit lies below it
  CHECK(sink::histogram_of(std::vector<double>(7, 3.0), 4).counts == std::vector<double>{7.0});
  CHECK(sink::histogram_of(std::vector<double>{nan}).counts.empty());
  const double huge = std::numeric_limits<double>::max();
  const sink::histogram wide = sink::histogram_of(std::vector<double>{-huge, huge}, 2);
  CHECK(wide.upper_limits == std::vector<double>{0.0, huge});
  CHECK_THROWS_AS(sink::histogram_of(sample, 0), std::invalid_argument);

  std::ostringstream out;
  sink::tensorboard board(out, {.wall_time = 2.0});
  REQUIRE(board.distribution("lengths", h, 9));
  REQUIRE(board.distribution("nothing", {}, 9));
  const auto events = event_test_events(out.str());
  REQUIRE(events.size() == 2);
  const event_fields histo = event_test_parse(event_test_one(event_test_value(events[1]), 5));
  const std::array<double, 5> sums{0.0, 4.0, 5.0, 11.0, 37.0};
  for (unsigned field = 1; field <= 5; ++field)
    CHECK(event_test_double(event_test_one(histo, field)) == sums[field - 1]);
  const std::string limits = event_test_one(histo, 6);
  const std::string counts = event_test_one(histo, 7);
  REQUIRE(limits.size() == 32);
  REQUIRE(counts.size() == 32);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(event_test_double(limits, 8 * i) == h.upper_limits[i]);
    CHECK(event_test_double(counts, 8 * i) == h.counts[i]);
  }
  sink::histogram wrong = h;
  wrong.counts.pop_back();
  CHECK_THROWS_AS(board.distribution("lengths", wrong, 9), std::invalid_argument);
}

TEST_CASE("sink: an event file that was cut short takes nothing more", "[sink]") {
  room_for buffer(60);  // the version takes 40 bytes
  std::ostream stream(&buffer);
  sink::tensorboard board(stream);
  CHECK_FALSE(board.write(event_test_metric()));
  buffer.room_ = 1000;
  CHECK_FALSE(board.write(event_test_metric()));
  CHECK(buffer.room_ == 1000);

  std::ostringstream closed;
  closed.setstate(std::ios::failbit);
  sink::tensorboard later(closed);
  CHECK_FALSE(later.write(event_test_metric()));
  closed.clear();
  CHECK(later.write(event_test_metric()));  // nothing had been written: the file is whole
  CHECK(event_test_events(closed.str()).size() == 2);
}

TEST_CASE("sink: the name of an event file is one that its reader looks for", "[sink]") {
  CHECK(sink::tensorboard_file_name(1700000000, "node7") == "events.out.tfevents.1700000000.node7");
  CHECK(sink::tensorboard_file_name(12, "a") == "events.out.tfevents.0000000012.a");
}

TEST_CASE("sink: protoc reads what the event file holds", "[sink]") {
#if defined(__unix__)
  if (std::system("command -v protoc >/dev/null 2>&1") != 0) {
    SUCCEED("no protoc here");
    return;
  }
  std::ostringstream out;
  sink::tensorboard board(out, {.wall_time = 3.0});
  REQUIRE(board.write(event_test_metric()));
  const std::string file = out.str();
  const std::size_t second = 16 + static_cast<std::size_t>(event_test_fixed(file, 0, 8));
  const std::string path = "tensorboard_test_event";
  std::ofstream(path, std::ios::binary) << file.substr(second + 12, file.size() - second - 16);
  std::ofstream(path + ".proto") << "syntax = \"proto3\";\nmessage Event { double wall_time = 1; int64 step = 2; "
                                    "Summary summary = 5; }\nmessage Summary { repeated Value value = 1; }\n"
                                    "message Value { string tag = 1; float simple_value = 2; }\n";
  const int code = std::system(("protoc --decode=Event " + path + ".proto < " + path + " > " + path + ".txt").c_str());
  std::ifstream in(path + ".txt");
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  for (const char* end : {"", ".proto", ".txt"}) std::remove((path + end).c_str());
  CHECK(code == 0);
  CHECK(text.find("wall_time: 3\nstep: 300") != std::string::npos);
  CHECK(text.find("tag: \"token_entropy\"") != std::string::npos);
  CHECK(text.find("simple_value: 6.125") != std::string::npos);
#else
  SUCCEED("needs a POSIX shell");
#endif
}
