// SPDX-License-Identifier: BSL-1.0
//
// What every subcommand of `tailwatch` shares: exit codes, errors of one sentence, the terminal.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tailwatch::tools {

/// Exit codes, documented in the man page and in docs/command_line.md.
enum exit_code : int {
  exit_ok = 0,        ///< done; nothing that is watched for was found
  exit_found = 1,     ///< a sign of collapse, or an alarm
  exit_usage = 2,     ///< bad options or input: one sentence on standard error
  exit_internal = 3,  ///< a fault of the program
};

/// Bad input: its text is the whole sentence that the user reads; exit code 2.
class input_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class colour_mode { automatic, always, never };

/// Options that every reporting subcommand takes.
struct output_options {
  bool json = false;
  bool quiet = false;
  std::string html;
  colour_mode colour = colour_mode::automatic;

  void add_to(CLI::App& app, bool with_html);
};

/// Escape sequences where standard output is a terminal (and NO_COLOR is not set), else nothing.
class palette {
 public:
  explicit palette(colour_mode mode);
  [[nodiscard]] std::string bold(std::string_view text) const { return in("1", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return in("1;31", text); }
  [[nodiscard]] std::string good(std::string_view text) const { return in("32", text); }
  [[nodiscard]] std::string soft(std::string_view text) const { return in("2", text); }

 private:
  [[nodiscard]] std::string in(const char* code, std::string_view text) const;
  bool on_;
};

/// The progress line on standard error, at most ten times a second and only on a terminal.
class progress_line {
 public:
  explicit progress_line(bool on);
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  ~progress_line() { clear(); }
  void show(std::string_view phase, double done, double of, std::string_view unit = "");
  void clear();

 private:
  using clock = std::chrono::steady_clock;
  bool on_;
  bool shown_ = false;
  std::string phase_;
  clock::time_point start_;
  clock::time_point last_;
};

[[nodiscard]] std::size_t terminal_width();

/// Opens a file for writing, or throws input_error.
[[nodiscard]] std::ofstream open_output(const std::string& path);
/// Flushes and checks a file that was written.
void finish_output(std::ofstream& out, const std::string& path);

/// A subcommand: adds itself to the application and sets `run` when it was chosen.
using subcommand_run = std::function<int()>;
void add_report(CLI::App& app, subcommand_run& run);
void add_compare(CLI::App& app, subcommand_run& run);
void add_watch(CLI::App& app, subcommand_run& run);
void add_recurse(CLI::App& app, subcommand_run& run);
void add_plan(CLI::App& app, subcommand_run& run);
void add_metrics(CLI::App& app, subcommand_run& run);
void add_state(CLI::App& app, subcommand_run& run);
void add_completion(CLI::App& app, subcommand_run& run);

}  // namespace tailwatch::tools
