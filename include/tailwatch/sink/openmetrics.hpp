// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/sink/detail/stream_writer.hpp"
#include "tailwatch/sink/detail/utf8.hpp"
#include "tailwatch/sink/record.hpp"

namespace tailwatch::sink {

/// `name` as a metric name: characters outside [a-zA-Z0-9_:] become _, and so does one put before a leading digit.
[[nodiscard]] inline std::string openmetrics_name(std::string_view name) {
  std::string safe;
  safe.reserve(name.size() + 1);
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    const bool digit = c >= '0' && c <= '9';
    if (digit && safe.empty()) safe += '_';
    safe += letter || digit ? c : '_';
  }
  if (safe.empty()) safe = "_";
  return safe;
}

/// How the text is written. They differ in the names of counters' heads and in the last line; a reader of one reads the samples
/// of the other, but takes counters for untyped.
enum class exposition_format {
  openmetrics,  ///< application/openmetrics-text, for Prometheus to scrape
  prometheus,  ///< text/plain; version=0.0.4, the older one: for node_exporter's textfile collector and promtool check metrics
};

struct openmetrics_options {
  std::string prefix = "tailwatch";                              ///< of every metric name
  std::vector<std::pair<std::string, std::string>> labels = {};  ///< on every sample: {"run", "a1"}
  std::size_t max_series = 1024;                                 ///< series kept; records beyond them are refused
  std::size_t max_text = std::size_t{1} << 16U;                  ///< bytes of names kept
};

/// The latest values as OpenMetrics text, for Prometheus to scrape or to collect from a file.
///
///   PREFIX_signal_value{signal}                               gauge    mean over the signal's latest step
///   PREFIX_signal_standard_error{signal}                      gauge    where one is known
///   PREFIX_signal_blocks{signal}                               gauge    blocks behind the value
///   PREFIX_signal_step{signal}                                gauge
///   PREFIX_null_mean{signal,baseline,direction}               gauge    the bound m₀
///   PREFIX_alerts_total{signal,baseline,direction}            counter
///   PREFIX_alert_log_e_value{signal,baseline,direction}       gauge    of the latest alert
///   PREFIX_generation                                         gauge
///
/// Signals are labels and not metric names, so that any name a user gives is kept as it is and no two of them collide.
/// A record only updates memory; `expose` writes the whole text, "# EOF" included. Names and memory are reserved by the
/// constructor, `write` never allocates: a record that finds no room is refused.
/// @example examples/sink/training_logs.cpp
class openmetrics {
 public:
  using record_type = record;
  /// @throws std::invalid_argument  for a label whose sanitised name is one of the sink's own or is given twice
  explicit openmetrics(openmetrics_options options = {})
      : prefix_(openmetrics_name(options.prefix)), max_series_(options.max_series), max_text_(options.max_text) {
    core::check_at_most("sink::openmetrics", "max_text", options.max_text, std::size_t{0xFFFFFFFFU});
    std::vector<std::string> names{"signal", "baseline", "direction"};
    for (const auto& given : options.labels) {
      std::string name = openmetrics_name(given.first);
      for (char& c : name)
        if (c == ':') c = '_';  // not in a label
      for (const std::string& other : names)
        core::check(name != other, "sink::openmetrics", "label", std::string_view(given.first), "a name of its own");
      labels_.push_back({name, given.second});
      names.push_back(std::move(name));
    }
    series_.reserve(max_series_);
    text_.reserve(max_text_);
  }

  openmetrics(const openmetrics&) = delete;  // a copy would not have the reserved room
  openmetrics& operator=(const openmetrics&) = delete;
  openmetrics(openmetrics&&) noexcept = default;
  openmetrics& operator=(openmetrics&&) noexcept = default;

  [[nodiscard]] bool write(const record& r) noexcept {
    const kind what = r.is_alert ? kind::alert : r.baseline.empty() ? kind::metric : kind::null;
    series* s = find(what, r);
    if (s == nullptr) return false;
    s->standard_error = r.standard_error;
    s->count = what == kind::alert ? s->count + 1 : r.count;
    s->step = r.step;
    s->value = what == kind::alert ? r.log_e_value : what == kind::null ? r.null_mean : r.value;
    if (what == kind::metric) {
      generation_ = r.generation;
      seen_ = true;
    }
    return true;
  }

  /// The whole text; false where the stream did not take it.
  [[nodiscard]] bool expose(std::ostream& stream,
                            exposition_format format = exposition_format::openmetrics) const noexcept {
    detail::stream_writer out(stream);
    const bool older = format == exposition_format::prometheus;
    family(out, "signal_value", "gauge", "Mean of the signal over its latest step.", kind::metric,
           [&](const series& s) { out.put_number(s.value); });
    family(
        out, "signal_standard_error", "gauge", "Standard error of that mean.", kind::metric,
        [&](const series& s) { out.put_number(s.standard_error); },
        [](const series& s) { return !core::is_nan(s.standard_error); });
    family(out, "signal_blocks", "gauge", "Blocks behind that mean.", kind::metric,
           [&](const series& s) { out.put(s.count); });
    family(out, "signal_step", "gauge", "Step of that mean.", kind::metric, [&](const series& s) { out.put(s.step); });
    family(out, "null_mean", "gauge", "Bound that the signal's mean is judged against.", kind::null,
           [&](const series& s) { out.put_number(s.value); });
    family(out, older ? "alerts_total" : "alerts", older ? std::string_view("counter") : counter_of_openmetrics,
           "Alerts raised.", kind::alert, [&](const series& s) { out.put(s.count); });
    family(out, "alert_log_e_value", "gauge", "Logarithm of the e-value of the latest alert.", kind::alert,
           [&](const series& s) { out.put_number(s.value); });
    if (seen_) {
      head(out, "generation", "gauge", "Generation of the latest record.");
      out.put(prefix_).put("_generation");
      if (!labels_.empty()) out.put('{');
      common_labels(out, "");
      if (!labels_.empty()) out.put('}');
      out.put(' ').put(generation_).put('\n');
    }
    if (!older) out.put("# EOF\n");
    return out.good();
  }
  /// The same into a file that a collector may read at any time: written beside it and renamed.
  [[nodiscard]] bool expose_file(const std::filesystem::path& path,
                                 exposition_format format = exposition_format::openmetrics) const {
    std::filesystem::path beside = path;
    beside += ".tmp";
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    const bool written = expose(out, format);
    out.close();
    std::error_code failure;
    if (!written || !out) {
      std::filesystem::remove(beside, failure);
      return false;
    }
    std::filesystem::rename(beside, path, failure);
    return !failure;
  }

 private:
  enum class kind : std::uint8_t { metric, null, alert };
  /// A counter whose samples end in _total and whose head does not.
  static constexpr std::string_view counter_of_openmetrics = "counter/_total";
  struct place {
    std::uint32_t at = 0, size = 0;
  };
  struct series {
    kind what{};
    place signal, baseline, direction;
    double value = core::nan, standard_error = core::nan;
    std::uint64_t count = 0, step = 0;
  };
  struct label {
    std::string name, text;
  };

  [[nodiscard]] std::string_view text(place p) const noexcept { return std::string_view(text_).substr(p.at, p.size); }
  /// The record's series, new where there is none; null where there is no room.
  [[nodiscard]] series* find(kind what, const record& r) noexcept {
    for (series& s : series_)
      if (s.what == what && text(s.signal) == r.name &&
          (what == kind::metric || (text(s.baseline) == r.baseline && text(s.direction) == r.direction)))
        return &s;
    const bool pair = what != kind::metric;
    const std::size_t bytes = r.name.size() + (pair ? r.baseline.size() + r.direction.size() : 0);
    if (series_.size() >= max_series_ || bytes > max_text_ - text_.size()) return nullptr;
    const auto keep = [&](std::string_view s) noexcept {
      const place p{static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(s.size())};
      text_.append(s);  // within what the constructor reserved
      return p;
    };
    series s;
    s.what = what;
    s.signal = keep(r.name);
    if (pair) {
      s.baseline = keep(r.baseline);
      s.direction = keep(r.direction);
    }
    series_.push_back(s);
    return &series_.back();
  }

  void head(detail::stream_writer& out, std::string_view name, std::string_view type,
            std::string_view help) const noexcept {
    for (const std::string_view what : {std::string_view("# TYPE "), std::string_view("# HELP ")}) {
      out.put(what).put(prefix_).put('_').put(name).put(' ');
      out.put(what[2] == 'T' ? type : help).put('\n');
    }
  }
  static void escaped(detail::stream_writer& out, std::string_view s) noexcept {
    detail::for_each_character(s, [&](std::string_view c) noexcept {
      if (c == "\\" || c == "\"") out.put('\\');
      out.put(c == "\n" ? std::string_view("\\n") : c);
    });
  }
  static void one_label(detail::stream_writer& out, std::string_view before, std::string_view name,
                        std::string_view s) noexcept {
    out.put(before).put(name).put("=\"");
    escaped(out, s);
    out.put('"');
  }
  void common_labels(detail::stream_writer& out, std::string_view before) const noexcept {
    for (const label& l : labels_) {
      one_label(out, before, l.name, l.text);
      before = ",";
    }
  }
  template <class Value>
  void family(detail::stream_writer& out, std::string_view name, std::string_view type, std::string_view help,
              kind what, const Value& value) const noexcept {
    family(out, name, type, help, what, value, [](const series&) { return true; });
  }
  template <class Value, class Has>
  void family(detail::stream_writer& out, std::string_view name, std::string_view type, std::string_view help,
              kind what, const Value& value, const Has& has) const noexcept {
    bool first = true;
    for (const series& s : series_) {
      if (s.what != what || !has(s)) continue;
      if (first) head(out, name, type == counter_of_openmetrics ? "counter" : type, help);
      first = false;
      out.put(prefix_).put('_').put(name).put(type == counter_of_openmetrics ? "_total" : "");
      one_label(out, "{", "signal", text(s.signal));
      if (what != kind::metric) {
        one_label(out, ",", "baseline", text(s.baseline));
        one_label(out, ",", "direction", text(s.direction));
      }
      common_labels(out, ",");
      out.put("} ");
      value(s);
      out.put('\n');
    }
  }

  std::string prefix_;
  std::vector<label> labels_;
  std::vector<series> series_;
  std::string text_;
  std::size_t max_series_, max_text_;
  std::uint64_t generation_ = 0;
  bool seen_ = false;
};

}  // namespace tailwatch::sink
