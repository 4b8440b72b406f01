// SPDX-License-Identifier: BSL-1.0

// The same records as lines for people, as JSON Lines and as CSV, and a sink whose stream is full; then a terminal that
// sees one step in a hundred, and every alarm.

#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "tailwatch/sink.hpp"

namespace sink = tailwatch::sink;

int main() {
  std::ostringstream json, table, closed;
  closed.setstate(std::ios::badbit);
  sink::ostream people(std::cout);
  sink::jsonl machine(json);
  sink::csv spreadsheet(table);
  sink::jsonl broken(closed);
  int alerts = 0;
  sink::callback counter([&](const sink::record& r) noexcept { alerts += r.is_alert ? 1 : 0; });
  sink::tee all(people, machine, spreadsheet, broken, counter);

  sink::record r;
  r.step = 3;
  r.name = "token_entropy";
  r.value = 6.125;
  r.standard_error = 0.02;
  r.count = 40;
  const bool first = all.write(r);
  r.is_alert = true;
  r.baseline = "human";
  r.direction = "falls";
  r.kind = "systematic shrinkage";
  r.text = "token_entropy falls against human";
  r.null_mean = 6.2;
  const bool second = all.write(r);

  sink::progress terminal(std::cout);  // std::cerr in a real run
  sink::rate_limit sparse(terminal, {.steps = 100});
  bool taken = sparse.write(r);  // the alarm
  r = {};
  for (r.step = 1; r.step <= 250; ++r.step)
    for (const char* name : {"token_entropy", "monitor/log_e_value"}) {
      r.name = name;
      r.value = 6.0;
      taken = sparse.write(r) && taken;
    }

  std::printf("%s%s", json.str().c_str(), table.str().c_str());
  std::printf("alerts %d, refused by the broken sink %d\n", alerts, static_cast<int>(all.dropped(3)));
  const bool escaped = json.str().find("\"lower\":null") != std::string::npos;
  return !first && !second && alerts == 1 && all.dropped(3) == 2 && all.dropped(0) == 0 && escaped && taken &&
                 sparse.held_back() == 2 * 247
             ? 0
             : 1;
}
