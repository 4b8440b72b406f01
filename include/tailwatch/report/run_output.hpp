// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tailwatch/report/collapse_report.hpp"
#include "tailwatch/report/corpus_split.hpp"
#include "tailwatch/report/format.hpp"
#include "tailwatch/report/table.hpp"

/// A recursive run in words and records: what the main job and the command line both write. Everything returns a string, or
/// hands records to a sink.
namespace tailwatch::report {

/// Text wrapped at `width` columns, under a title where there is one; newline included.
[[nodiscard]] inline std::string wrapped(std::string_view title, std::string_view text, std::size_t width) {
  const std::size_t indent = title.empty() ? 0 : 14;
  std::string line(title);
  line.append(line.size() < indent ? indent - line.size() : (title.empty() ? 0 : 1), ' ');
  std::size_t used = display_width(line);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::size_t length = display_width(text.substr(at, end - at));
    if (used + length > width) {
      while (line.ends_with(' ')) line.pop_back();
      line += '\n' + std::string(indent, ' ');
      used = indent;
    }
    line.append(text.substr(at, end - at)).append(end < text.size() ? " " : "");
    used += length + 1;
    at = end + 1;
  }
  return line + '\n';
}

/// The columns of the live table of a run with these metrics.
[[nodiscard]] inline std::vector<live_table::column> run_columns(const std::vector<metric>& metrics) {
  std::vector<live_table::column> columns{{"gen", 7}, {"divers%", 7}, {"unique%", 7}, {"qualit%", 7}};
  // Widths of the longest text that a column usually holds, so that the whole row fits 132 columns.
  constexpr std::size_t widths[] = {8, 8, 10, 10, 7, 7, 8, 8, 8, 9, 7};
  for (std::size_t m = 0; m < metrics.size(); ++m)
    columns.push_back({metrics[m].column, m < std::size(widths) ? widths[m] : 8});
  return columns;
}

/// The cells of one row of that table.
[[nodiscard]] inline std::vector<std::string> run_cells(const generation_row& row) {
  const auto percent = [](double x) { return core::is_nan(x) ? std::string("-") : fixed(x, 1); };
  std::vector<std::string> out{row.label, percent(row.diversity), percent(row.uniqueness), percent(row.quality)};
  for (const estimate& e : row.values) out.push_back(core::is_nan(e.value) ? "-" : concise(e, 1));
  return out;
}

/// The two lines on how the corpus was split, and a third where it was too small for what was wanted.
[[nodiscard]] inline std::string split_text(const corpus_split& split, std::size_t wanted_tokens) {
  std::string out = "split by sentence, nothing used twice: " + grouped(split.train.token_count()) + " train, " +
                    grouped(split.reference.token_count()) + " held out (the reference), " +
                    std::to_string(split.baseline.size()) + " x " + grouped(split.tokens) + " baseline, " +
                    grouped(split.control.token_count()) + " control, " + grouped(split.fresh.token_count()) +
                    " fresh\n";
  if (split.lowered)
    out += "the corpus has no room for " + grouped(wanted_tokens) + " tokens per generation: lowered to " +
           grouped(split.tokens) + '\n';
  return out;
}

/// Verdict, and what the columns mean.
[[nodiscard]] inline std::string run_conclusion(const collapse_report& r, std::size_t width) {
  std::string out = "\n";
  for (const std::string& sentence : r.verdict) out += wrapped("", sentence, width);
  out += "\n66.1(4) means 66.1 with a standard error of 0.4; no bracket: no standard error is known.\n";
  for (const auto& [term, text] : r.percentages) out += wrapped(term, text, width);
  for (const metric& m : r.metrics) out += wrapped(m.column, m.definition, width);
  for (const auto& [term, text] : r.notes) out += wrapped(term, text, width);
  return out + '\n';
}

/// Hands every number and every alarm of a run to a sink; false where a record could not be written. `Record` is
/// sink::record: report/ and sink/ meet by its shape alone.
template <class Sink>
[[nodiscard]] bool write_records(Sink& sink, const collapse_report& r) {
  using record_type = typename Sink::record_type;
  bool complete = true;
  const auto write_row = [&](const generation_row& row, std::string_view baseline) {
    const auto write = [&](std::string_view name, const estimate& e) {
      record_type record;
      record.step = record.generation = row.generation;
      record.name = name;
      record.value = e.value;
      record.standard_error = e.standard_error;
      record.count = e.count;
      record.baseline = baseline;
      complete = sink.write(record) && complete;
    };
    write("vocabulary_diversity_percent", {row.diversity, core::nan, 0});
    write("content_uniqueness_percent", {row.uniqueness, core::nan, 0});
    write("quality_percent", {row.quality, core::nan, 0});
    for (std::size_t m = 0; m < r.metrics.size(); ++m) write(r.metrics[m].key, row.values[m]);
  };
  for (const generation_row& row : r.generations) {
    write_row(row, "");
    for (const alarm_mark& a : r.alerts) {
      if (a.generation != row.generation) continue;
      record_type record;
      record.step = record.generation = a.generation;
      record.name = a.signal;
      record.value = a.recent;
      record.is_alert = true;
      record.baseline = a.baseline;
      record.direction = a.direction;
      record.kind = a.kind;
      record.text = a.sentence;
      record.log_e_value = a.log_e_value;
      complete = sink.write(record) && complete;
    }
  }
  for (const generation_row& row : r.human) write_row(row, row.label);
  return complete;
}

}  // namespace tailwatch::report
