// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <map>

#include "tailwatch/report/progress_bar.hpp"

namespace tailwatch::tools {

void output_options::add_to(CLI::App& app, bool with_html) {
  app.add_flag("--json", json, "one JSON object on standard output instead of text");
  app.add_flag("-q,--quiet", quiet, "nothing on standard output and no progress: files and exit code only");
  if (with_html) app.add_option("--html", html, "also write the report as one self-contained page");
  const std::map<std::string, colour_mode> modes{
      {"auto", colour_mode::automatic}, {"always", colour_mode::always}, {"never", colour_mode::never}};
  app.add_option("--colour,--color", colour, "auto (only on a terminal), always or never")
      ->transform(CLI::CheckedTransformer(modes, CLI::ignore_case));
}

palette::palette(colour_mode mode) {
  const char* term = std::getenv("TERM");
  const char* no_colour = std::getenv("NO_COLOR");
  on_ = mode == colour_mode::always ||
        (mode == colour_mode::automatic && isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         term != nullptr && std::string_view(term) != "dumb");
}

std::string palette::in(const char* code, std::string_view text) const {
  if (!on_) return std::string(text);
  return std::string("\033[") + code + "m" + std::string(text) + "\033[0m";
}

progress_line::progress_line(bool on) : on_(on && isatty(STDERR_FILENO) == 1), start_(clock::now()), last_() {}

void progress_line::show(std::string_view phase, double done, double of, std::string_view unit) {
  if (!on_) return;
  const clock::time_point now = clock::now();
  if (phase != phase_) {
    phase_ = phase;
    start_ = now;
  } else if (now - last_ < std::chrono::milliseconds(100)) {
    return;
  }
  last_ = now;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  std::cerr << "\r\033[K" << report::progress_bar(phase, done, of, elapsed, unit) << std::flush;
  shown_ = true;
}

void progress_line::clear() {
  if (shown_) std::cerr << "\r\033[K" << std::flush;
  shown_ = false;
}

std::size_t terminal_width() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
    return size.ws_col;
  return 132;
}

std::ofstream open_output(const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  if (!out) throw input_error(path + ": cannot be written");
  return out;
}

void finish_output(std::ofstream& out, const std::string& path) {
  out.flush();
  if (!out) throw input_error(path + ": cannot be written to its end");
}

}  // namespace tailwatch::tools
