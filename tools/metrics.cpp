// SPDX-License-Identifier: BSL-1.0
//
// tailwatch metrics: every estimator of the library with definition and source.
#include <algorithm>
#include <cctype>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "command.hpp"
#include "tailwatch/report/run_output.hpp"
#include "tailwatch/report/text_comparison.hpp"

namespace tailwatch::tools {
namespace {

struct metric_row {
  std::string_view name, unit, collapse, definition, source, header;
};
constexpr metric_row metric_rows[] = {
#include "metrics_table.inc"
};

struct metrics_settings {
  std::string pattern;
  bool measures = false;
  output_options output;
};

std::string lower(std::string_view x) {
  std::string out(x);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return out;
}

int run_metrics(const metrics_settings& s) {
  const palette paint(s.output.colour);
  const std::string pattern = lower(s.pattern);
  nlohmann::json all = nlohmann::json::array();
  const std::size_t width = terminal_width();
  std::size_t found = 0;
  const auto row = [&](const metric_row& m) {
    if (!pattern.empty() &&
        lower(std::string(m.name) + ' ' + std::string(m.definition)).find(pattern) == std::string::npos)
      return;
    ++found;
    if (s.output.json) {
      all.push_back({{"name", m.name},
                     {"unit", m.unit},
                     {"collapse", m.collapse},
                     {"definition", m.definition},
                     {"source", m.source},
                     {"header", m.header}});
      return;
    }
    if (s.output.quiet) return;
    std::string facts;
    const auto add = [&](std::string_view text) {
      if (!text.empty() && text != "none") facts += (facts.empty() ? "" : "; ") + std::string(text);
    };
    add(m.unit);
    if (m.collapse == "falls" || m.collapse == "rises") add(std::string(m.collapse) + " in collapse");
    add(m.source);
    add(m.header);
    std::cout << paint.bold(m.name) << '\n'
              << "  " << report::wrapped("", std::string(m.definition) + ".", width - 2) << "  " << paint.soft(facts)
              << '\n';
  };
  if (s.measures) {
    for (const report::comparison_measure& m : report::comparison_measures) {
      const std::string definition =
          std::string(m.title) + " (" + std::string(report::to_string_view(m.sign)) + "): " + std::string(m.definition);
      row({m.key, "",
           m.collapse == collapse_direction::falls   ? "falls"
           : m.collapse == collapse_direction::rises ? "rises"
                                                     : "either",
           definition, m.source, ""});
    }
  } else {
    for (const metric_row& m : metric_rows) row(m);
  }
  if (found == 0) throw input_error("no metric is called or described by '" + s.pattern + "'");
  if (s.output.json && !s.output.quiet) std::cout << all.dump(2) << '\n';
  return exit_ok;
}

}  // namespace

void add_metrics(CLI::App& app, subcommand_run& run) {
  const auto s = std::make_shared<metrics_settings>();
  CLI::App* c = app.add_subcommand("metrics", "every metric of the library: definition, unit, source, header");
  c->add_option("PATTERN", s->pattern, "only those whose name or definition holds this");
  c->add_flag("--measures", s->measures, "the measures of report and compare instead");
  s->output.add_to(*c, false);
  c->callback([s, &run] { run = [s] { return run_metrics(*s); }; });
}

}  // namespace tailwatch::tools
