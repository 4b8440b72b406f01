// SPDX-License-Identifier: BSL-1.0

// Runs the reference cases: reads any file of the schema, calls the library through the dispatch tables of the areas and
// compares every component with the expected value.
//
//   reference_cases [--list] [--require FILE] [--disputed FILE] [--metric PREFIX] FILE...
//
//   --list           print only the metrics that pass, each with the number of its passed cases: the content of
//                    required_metrics.txt; everything else goes to the error stream
//   --require FILE   fail where a metric of FILE passes fewer cases than FILE says; text cases count only where
//                    TAILWATCH_REFERENCE_DIR says where the texts are; areas without a case in FILE... are left out
//   --disputed FILE  lines "- `id`" name cases that are wrong themselves: skipped, with the reason
//   --metric PREFIX  only metrics whose name starts so

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "reference_case.hpp"
#include "tailwatch/core/error.hpp"

namespace tailwatch::reference {

namespace {

using json = nlohmann::json;

/// A case that needs a text while no directory of texts is known.
class no_texts : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

const char* text_directory() {
  const char* directory = std::getenv("TAILWATCH_REFERENCE_DIR");
  return directory != nullptr && *directory != '\0' ? directory : nullptr;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

const std::string& text_bytes(const std::string& file) {
  static std::map<std::string, std::string> cache;
  if (const auto at = cache.find(file); at != cache.end()) return at->second;
  const char* directory = text_directory();
  if (directory == nullptr) throw no_texts("TAILWATCH_REFERENCE_DIR is not set");
  return cache.emplace(file, read_file(std::string(directory) + "/data/" + file)).first->second;
}

std::vector<std::string> tokenise(std::string_view text) {
  std::vector<std::string> tokens;
  std::string token;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if ((lower >= 'a' && lower <= 'z') || lower == '\'') {
      token += lower;
    } else if (!token.empty()) {
      tokens.push_back(std::move(token));
      token.clear();
    }
  }
  if (!token.empty()) tokens.push_back(std::move(token));
  return tokens;
}

const std::vector<std::string>& file_tokens(const std::string& file) {
  static std::map<std::string, std::vector<std::string>> cache;
  if (const auto at = cache.find(file); at != cache.end()) return at->second;
  return cache.emplace(file, tokenise(text_bytes(file))).first->second;
}

double to_number(const json& x, std::string_view what) {
  if (x.is_number()) return x.get<double>();
  if (x.is_boolean()) return x.get<bool>() ? 1.0 : 0.0;
  if (x.is_string()) {
    const auto& s = x.get_ref<const std::string&>();
    if (s == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (s == "inf") return std::numeric_limits<double>::infinity();
    if (s == "-inf") return -std::numeric_limits<double>::infinity();
    if (s == "e") return std::numbers::e;
  }
  throw std::out_of_range("not a number: " + std::string(what) + " = " + x.dump());
}

std::vector<double> to_numbers(const json& x, std::string_view what) {
  if (!x.is_array()) return {to_number(x, what)};
  std::vector<double> out;
  out.reserve(x.size());
  for (const auto& e : x) out.push_back(to_number(e, what));
  return out;
}

std::int64_t to_integer(const json& x, std::string_view what) {
  if (x.is_number_integer()) return x.get<std::int64_t>();
  const double value = to_number(x, what);
  if (value != std::floor(value) || std::abs(value) > 0x1p62)
    throw std::out_of_range("not an integer: " + std::string(what) + " = " + x.dump());
  return static_cast<std::int64_t>(value);
}

text_selection to_selection(const json& x) {
  text_selection s;
  s.file = x.at("text_file").get<std::string>();
  s.first_line = x.value("first_line", std::int64_t{-1});
  s.line_count = x.value("n_lines", std::int64_t{-1});
  s.skip_tokens = x.value("skip_tokens", std::int64_t{0});
  s.first_tokens = x.value("first_tokens", std::int64_t{-1});
  s.first_bytes = x.value("first_bytes", std::int64_t{-1});
  return s;
}

}  // namespace

std::string text_selection::bytes() const {
  if (first_line >= 0 || line_count >= 0) {
    std::string joined;
    for (const std::string& line : lines()) (joined += line) += '\n';
    if (!joined.empty()) joined.pop_back();
    return joined;
  }
  const std::string& all = text_bytes(file);
  return first_bytes < 0 ? all : all.substr(0, static_cast<std::size_t>(first_bytes));
}

std::vector<std::string> text_selection::words() const {
  const bool whole = first_line < 0 && line_count < 0 && first_bytes < 0;
  const std::vector<std::string> part = whole ? std::vector<std::string>{} : tokenise(bytes());
  const std::vector<std::string>& all = whole ? file_tokens(file) : part;
  const auto size = static_cast<std::int64_t>(all.size());
  const std::int64_t begin = std::min(skip_tokens, size);
  const std::int64_t end = first_tokens < 0 ? size : std::min(begin + first_tokens, size);
  return {all.begin() + begin, all.begin() + end};
}

std::vector<std::string> text_selection::lines() const {
  const std::string& all = text_bytes(file);
  const std::int64_t first = std::max<std::int64_t>(first_line, 0);
  std::vector<std::string> out;
  std::int64_t index = 0;
  for (std::size_t begin = 0; begin <= all.size(); ++index) {
    const std::size_t end = std::min(all.find('\n', begin), all.size());
    if (line_count >= 0 && index >= first + line_count) break;
    if (index >= first) out.push_back(all.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::vector<std::vector<std::string>> text_selection::line_words() const {
  std::vector<std::vector<std::string>> out;
  for (const std::string& line : lines()) out.push_back(tokenise(line));
  return out;
}

std::vector<std::vector<std::string>> text_selection::sentences() const {
  const std::string& all = text_bytes(file);
  std::vector<std::vector<std::string>> out;
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = std::min(all.find_first_of(".!?", begin), all.size());
    auto tokens = tokenise(std::string_view(all).substr(begin, end - begin));
    if (!tokens.empty()) out.push_back(std::move(tokens));
    begin = end + 1;
  }
  return out;
}

struct reference_case::implementation {
  json input, params;
  const json* shared = nullptr;  ///< "inputs" of the file

  /// `{"ref": name}` is replaced by the shared array of that name.
  [[nodiscard]] const json& resolve(const json& x) const {
    return x.is_object() && x.contains("ref") ? shared->at(x.at("ref").get<std::string>()) : x;
  }
  [[nodiscard]] const json& find(const json& where, std::string_view name, const std::string& case_id) const {
    const auto at = where.find(name);
    if (at == where.end()) throw std::out_of_range(case_id + " has no \"" + std::string(name) + '"');
    return resolve(*at);
  }
};

bool reference_case::has(std::string_view input) const { return data->input.contains(input); }
std::vector<double> reference_case::numbers(std::string_view input) const {
  return to_numbers(data->find(data->input, input, id), input);
}
std::vector<std::int64_t> reference_case::integers(std::string_view input) const {
  const json& x = data->find(data->input, input, id);
  if (!x.is_array()) return {to_integer(x, input)};
  std::vector<std::int64_t> out;
  out.reserve(x.size());
  for (const auto& e : x) out.push_back(to_integer(e, input));
  return out;
}
std::vector<std::vector<double>> reference_case::points(std::string_view input) const {
  std::vector<std::vector<double>> out;
  for (const auto& row : data->find(data->input, input, id)) out.push_back(to_numbers(data->resolve(row), input));
  return out;
}
std::string reference_case::text(std::string_view input) const {
  return data->find(data->input, input, id).get<std::string>();
}
double reference_case::number(std::string_view input) const {
  return to_number(data->find(data->input, input, id), input);
}

bool reference_case::has_param(std::string_view name) const { return data->params.contains(name); }
double reference_case::param(std::string_view name) const {
  return to_number(data->find(data->params, name, id), name);
}
double reference_case::param(std::string_view name, double absent) const {
  return has_param(name) ? param(name) : absent;
}
std::string reference_case::param_text(std::string_view name, std::string_view absent) const {
  if (!has_param(name)) return std::string(absent);
  const json& x = data->find(data->params, name, id);
  return x.is_string() ? x.get<std::string>() : x.dump();
}
bool reference_case::param_flag(std::string_view name, bool absent) const {
  return has_param(name) ? to_number(data->find(data->params, name, id), name) != 0.0 : absent;
}
std::vector<double> reference_case::param_numbers(std::string_view name) const {
  return to_numbers(data->find(data->params, name, id), name);
}

bool reference_case::has_selection() const { return data->input.contains("text_file"); }
bool reference_case::has_selection(std::string_view input) const {
  const auto at = data->input.find(input);
  return at != data->input.end() && at->is_object() && at->contains("text_file");
}
text_selection reference_case::selection() const { return to_selection(data->input); }
text_selection reference_case::selection(std::string_view input) const {
  return to_selection(data->find(data->input, input, id));
}
std::vector<std::uint32_t> reference_case::token_ids() const {
  word_ids ids;
  if (has_selection()) return ids.ids(selection().words());
  std::vector<std::uint32_t> out;
  for (const auto& token : data->find(data->input, "tokens", id)) out.push_back(ids.id(token.dump()));
  return out;
}

namespace {

/// What became of the cases of one metric.
struct tally {
  std::size_t passed = 0, failed = 0, without_text = 0;
  std::map<std::string, std::size_t> skipped;  ///< reason → cases, those without text left out
};

enum class outcome { passed, failed, skipped, without_text };

std::string digits(double x) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.17g", x);
  return buffer;
}

/// One line per component that is off, empty where all agree.
std::string compare(const json& c, const std::vector<double>& got) {
  const json& expected = c.at("expected");
  const double relative = c.at("rtol").get<double>();
  const double absolute = c.value("atol", 0.0);
  std::string report;
  if (expected == "nan") {
    if (got.empty()) return "    no component, expected NaN\n";
    for (const double x : got)
      if (!std::isnan(x)) report += "    expected NaN, got " + digits(x) + '\n';
    return report;
  }
  const std::vector<double> want = to_numbers(expected, "expected");
  if (want.size() != got.size())
    return "    " + std::to_string(got.size()) + " components, expected " + std::to_string(want.size()) + '\n';
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double error = std::abs(got[i] - want[i]);
    const bool same = std::isnan(want[i])   ? std::isnan(got[i])
                      : std::isinf(want[i]) ? got[i] == want[i]
                                            : error <= relative * std::abs(want[i]) + absolute;
    if (same) continue;
    report += "    [" + std::to_string(i) + "] expected " + digits(want[i]) + ", got " + digits(got[i]);
    if (want[i] != 0.0) report += ", relative error " + core::to_text(error / std::abs(want[i]));
    report += ", tolerance " + core::to_text(relative);
    if (absolute > 0.0) report += " + " + core::to_text(absolute);
    report += '\n';
  }
  return report;
}

/// Runs one case; `detail` receives the reason of a failure or a skip.
outcome run(const json& c, const reference_case& input, const metric_function& metric, std::string& detail) {
  const bool wants_error = c.at("expected").is_object();
  std::vector<double> got;
  try {
    got = metric(input);
  } catch (const unsupported& e) {
    detail = e.what();
    return outcome::skipped;
  } catch (const no_texts&) {
    return outcome::without_text;
  } catch (const std::exception& e) {
    const bool refused = dynamic_cast<const std::invalid_argument*>(&e) != nullptr ||
                         dynamic_cast<const std::domain_error*>(&e) != nullptr;
    if (wants_error && refused) return outcome::passed;
    detail = "    threw " + std::string(e.what()) + '\n';
    return outcome::failed;
  }
  if (wants_error) {
    detail = "    expected std::invalid_argument, got";
    for (const double x : got) detail += ' ' + digits(x);
    detail += '\n';
    return outcome::failed;
  }
  detail = compare(c, got);
  return detail.empty() ? outcome::passed : outcome::failed;
}

std::set<std::string> disputed_ids(const std::string& path) {
  std::set<std::string> ids;
  std::istringstream in(read_file(path));
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("- `")) continue;
    if (const std::size_t end = line.find('`', 3); end != std::string::npos) ids.insert(line.substr(3, end - 3));
  }
  return ids;
}

/// Lines "metric cases"; empty lines and lines that start with # are skipped.
std::map<std::string, std::size_t> required_metrics(const std::string& path) {
  std::map<std::string, std::size_t> required;
  std::istringstream in(read_file(path));
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string metric;
    std::size_t cases = 1;
    if (!(fields >> metric) || metric.front() == '#') continue;
    fields >> cases;
    required[metric] = cases;
  }
  return required;
}

std::string area_of(const std::string& metric) { return metric.substr(0, metric.find('.')); }

}  // namespace

int run_all(int argc, char** argv) {
  bool list = false;
  std::string require, prefix;
  std::set<std::string> disputed;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool more = i + 1 < argc;
    if (argument == "--list") {
      list = true;
    } else if (argument == "--require" && more) {
      require = argv[++i];
    } else if (argument == "--disputed" && more) {
      disputed = disputed_ids(argv[++i]);
    } else if (argument == "--metric" && more) {
      prefix = argv[++i];
    } else if (argument.starts_with("--")) {
      std::cerr << "unknown or incomplete option " << argument << '\n';
      return 2;
    } else {
      files.push_back(argument);
    }
  }
  if (files.empty()) {
    std::cerr << "usage: reference_cases [--list] [--require FILE] [--disputed FILE] [--metric PREFIX] FILE...\n";
    return 2;
  }

  dispatch_table table;
  add_entropy(table);
  add_tail(table);
  add_diversity(table);
  add_drift(table);
  add_uniqueness(table);
  add_perplexity(table);
  add_monitor(table);
  add_recursion(table);

  std::ostream& report = list ? std::cerr : std::cout;
  std::map<std::string, tally> tallies;
  for (const std::string& path : files) {
    const json file = json::parse(read_file(path));
    if (file.at("schema") != 1) throw std::runtime_error(path + ": unknown schema");
    for (const json& c : file.at("cases")) {
      const auto metric = c.at("metric").get<std::string>();
      if (!metric.starts_with(prefix)) continue;
      tally& t = tallies[metric];
      reference_case input;
      input.id = c.at("id").get<std::string>();
      input.metric = metric;
      const auto function = table.find(metric);
      if (function == table.end()) {
        ++t.skipped["not offered"];
        continue;
      }
      if (disputed.contains(input.id)) {
        ++t.skipped["disputed"];
        continue;
      }
      auto data = std::make_shared<reference_case::implementation>();
      data->input = c.at("input");
      data->params = c.at("params");
      data->shared = &file.at("inputs");
      input.data = std::move(data);
      std::string detail;
      switch (run(c, input, function->second, detail)) {
        case outcome::passed: ++t.passed; break;
        case outcome::failed:
          ++t.failed;
          report << "FAILED " << input.id << '\n' << detail;
          break;
        case outcome::skipped: ++t.skipped[detail]; break;
        case outcome::without_text: ++t.without_text; break;
      }
    }
  }

  std::size_t passed = 0, failed = 0, skipped = 0;
  std::set<std::string> areas;
  for (const auto& [metric, t] : tallies) {
    areas.insert(area_of(metric));
    passed += t.passed;
    failed += t.failed;
    skipped += t.without_text;
    if (t.without_text != 0) report << "skipped " << metric << ": " << t.without_text << " (no text)\n";
    for (const auto& [reason, cases] : t.skipped) {
      skipped += cases;
      report << "skipped " << metric << ": " << cases << " (" << reason << ")\n";
    }
  }
  if (list)
    for (const auto& [metric, t] : tallies)
      if (t.passed != 0 && t.failed == 0) std::cout << metric << ' ' << t.passed << '\n';

  bool complete = true;
  if (!require.empty()) {
    for (const auto& [metric, cases] : required_metrics(require)) {
      if (!areas.contains(area_of(metric)) || !metric.starts_with(prefix)) continue;
      const tally& t = tallies[metric];
      const std::size_t excused = text_directory() == nullptr ? t.without_text : 0;
      if (t.passed + excused >= cases) continue;
      complete = false;
      report << "REQUIRED " << metric << ": " << t.passed << " of " << cases << " cases pass\n";
    }
  }
  report << passed << " passed, " << failed << " failed, " << skipped << " skipped\n";
  return failed == 0 && complete ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace tailwatch::reference

int main(int argc, char** argv) {
  try {
    return tailwatch::reference::run_all(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "reference_cases: " << e.what() << '\n';
    return 2;
  }
}
