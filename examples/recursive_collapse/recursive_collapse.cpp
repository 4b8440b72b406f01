// SPDX-License-Identifier: BSL-1.0
//
// The main job: train a language model recursively on text, watch every generation, and show collapse happening.
// `examples/run.sh` installs what this needs, builds it and runs it.
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/report/html_report.hpp"
#include "tailwatch/report/progress_bar.hpp"
#include "tailwatch/report/run_description.hpp"
#include "tailwatch/report/run_output.hpp"
#include "tailwatch/report/table.hpp"
#include "tailwatch/report/text_recursion.hpp"
#include "tailwatch/sink/csv.hpp"
#include "tailwatch/sink/jsonl.hpp"
#include "tailwatch/text/encode.hpp"
#include "tailwatch/text/read_file.hpp"
#include "tailwatch/text/zipf_text.hpp"

namespace {

using namespace tailwatch;

struct settings {
  std::string corpus;
  std::string default_corpus;
  std::string html = "collapse_report.html";
  std::string jsonl = "collapse_report.jsonl";
  std::string csv = "collapse_report.csv";
  std::string svg;
  bool quiet = false;
  report::text_recursion_options run;
};

/// One clear sentence on standard error; exit code 2.
[[noreturn]] void fail(const std::string& sentence) {
  std::cerr << "recursive_collapse: " << sentence << '\n';
  std::exit(2);
}

settings parse(int argc, char** argv) {
  settings s;
  CLI::App app{
      "Trains a language model recursively on text, watches every generation with tailwatch, and shows model collapse "
      "happening: a live table, the alarm, an HTML report."};
  std::string model = "ngram";
  app.add_option("corpus", s.corpus,
                 "a UTF-8 text file; without one, English text that stands on the machine, else generated");
  app.add_option("--model", model, "language model")->check(CLI::IsMember({"ngram"}))->capture_default_str();
  app.add_option("--order", s.run.order, "n of the n-gram model")->check(CLI::Range(1, 6))->capture_default_str();
  std::map<std::string, recursion::regime> regimes;
  for (const auto r : {recursion::regime::replace, recursion::regime::accumulate,
                       recursion::regime::accumulate_subsample, recursion::regime::mix})
    regimes.emplace(recursion::to_string_view(r), r);
  app.add_option("--regime", s.run.regime, "what each generation is trained on (default replace)")
      ->transform(CLI::CheckedTransformer(regimes, CLI::ignore_case));
  app.add_option("--real-fraction", s.run.real_fraction, "mix: share of fresh human text in each training set")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--generations", s.run.generations, "models trained after generation 0")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--tokens", s.run.tokens, "words per generation; 0: as many as the corpus allows")
      ->capture_default_str();
  app.add_option("--temperature", s.run.sampling.temperature, "of sampling")
      ->check(CLI::Range(0.02, 100.0))
      ->capture_default_str();
  app.add_option("--top-k", s.run.sampling.top_k, "sample from the k most probable words; 0: all")
      ->capture_default_str();
  app.add_option("--top-p", s.run.sampling.top_p, "sample from the most probable words that hold this mass; 1: all")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  app.add_option("--seed", s.run.seed, "same seed, same bytes out")->capture_default_str();
  app.add_option("--alpha", s.run.judge.alpha, "chance of any false alarm in the whole run, per baseline")
      ->check(CLI::Range(1e-6, 0.5))
      ->capture_default_str();
  app.add_option("--baseline-parts", s.run.baseline_parts, "disjoint parts of human text behind the baselines")
      ->check(CLI::Range(5, 1000))
      ->capture_default_str();
  app.add_option("--html", s.html, "the report as one page; empty: none")->capture_default_str();
  app.add_option("--jsonl", s.jsonl, "every number, one JSON object a line; empty: none")->capture_default_str();
  app.add_option("--csv", s.csv, "the same numbers as CSV; empty: none")->capture_default_str();
  app.add_option("--svg", s.svg, "the big chart as a picture; empty: none");
  app.add_flag("--quiet", s.quiet, "no table and no progress: files and exit code only");
  app.add_option("--default-corpus", s.default_corpus, "used when no corpus is named and this file exists")->group("");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  s.run.judge.alpha_base = s.run.judge.alpha / 2.0;
  return s;
}

struct corpus_text {
  std::string name;
  std::string text;
};

corpus_text read_corpus(const settings& s) {
  std::string path = s.corpus;
  if (path.empty() && !s.default_corpus.empty() && std::filesystem::exists(s.default_corpus)) path = s.default_corpus;
  if (path.empty()) {
    core::random_engine random(core::split_seed(s.run.seed, 0x7a697066));
    return {"generated Zipf-Mandelbrot text", text::zipf_mandelbrot_text({.words = 700000}, random)};
  }
  text::file_text file = text::read_text(path);
  if (!file.error.empty()) fail(file.error);
  const std::string name = s.corpus.empty() ? "the King James Bible" : std::filesystem::path(path).filename().string();
  return {name, std::move(file.text)};
}

/// The progress line on standard error: phase, bar, time left. Only on a terminal.
class progress_line {
 public:
  explicit progress_line(bool on) : on_(on && isatty(STDERR_FILENO) == 1) {}
  ~progress_line() { clear(); }
  void show(std::string_view phase, std::size_t done, std::size_t of) {
    if (!on_) return;
    if (phase != phase_) {
      phase_ = phase;
      start_ = std::chrono::steady_clock::now();
    }
    const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    std::cerr << "\r\033[K" << report::progress_bar(phase, static_cast<double>(done), static_cast<double>(of), elapsed)
              << std::flush;
    shown_ = true;
  }
  void clear() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
    shown_ = false;
  }

 private:
  bool on_;
  bool shown_ = false;
  std::string phase_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::size_t terminal_width() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
    return size.ws_col;
  return 132;
}

std::ofstream open_output(const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  if (!out) fail(path + ": cannot be written");
  return out;
}

void write_files(const settings& s, const report::collapse_report& r) {
  if (!s.html.empty()) open_output(s.html) << report::to_html(r);
  if (!s.svg.empty()) open_output(s.svg) << report::to_svg_picture(r);
  if (!s.jsonl.empty()) {
    std::ofstream out = open_output(s.jsonl);
    sink::jsonl sink(out);
    if (!report::write_records(sink, r)) fail(s.jsonl + ": cannot be written");
  }
  if (!s.csv.empty()) {
    std::ofstream out = open_output(s.csv);
    sink::csv sink(out);
    if (!report::write_records(sink, r)) fail(s.csv + ": cannot be written");
  }
}

int run(const settings& s) {
  const corpus_text corpus = read_corpus(s);
  text::vocabulary words;
  const core::token_sequences sentences = text::encode(corpus.text, words);
  constexpr std::size_t least_words = 20000;
  if (words.size() < 50 || sentences.token_count() < least_words)
    fail(corpus.name + ": too little text to watch collapse on: words " + report::grouped(sentences.token_count()) +
         ", different ones " + report::grouped(words.size()) + ", needed " + report::grouped(least_words) + " and 50");
  const report::text_recursion experiment(sentences, words, s.run);
  const report::corpus_split& split = experiment.split();

  const std::size_t width = terminal_width();
  const report::live_table table(report::run_columns(report::text_measures::metrics()), width);
  progress_line progress(!s.quiet);
  if (!s.quiet) {
    std::cout << "corpus: " << corpus.name << ", " << report::grouped(sentences.token_count()) << " words, "
              << report::grouped(words.size()) << " different, " << report::grouped(sentences.size()) << " sentences\n"
              << report::split_text(split, s.run.tokens);
    std::cout << '\n' << table.header() << std::flush;
  }

  report::text_recursion_events events;
  if (!s.quiet) {
    events.progress = [&](std::string_view phase, std::size_t done, std::size_t of) { progress.show(phase, done, of); };
    events.row = [&](const report::generation_row& row) {
      progress.clear();
      std::cout << table.row(report::run_cells(row)) << std::flush;
    };
    events.alarm = [&](const report::alarm_mark& a) {
      std::cout << "        ^ alarm against " << a.baseline << ": " << report::detail::signal_text(a.signal) << ' '
                << a.direction << '\n'
                << std::flush;
    };
  }
  report::text_recursion_result result = experiment.run(events);
  progress.clear();
  report::describe_run(result, experiment, corpus.name);

  if (!s.quiet) {
    const report::collapse_report& r = result.report;
    std::cout << table.row(report::run_cells(r.human.back())) << report::run_conclusion(r, width);
  }
  write_files(s, result.report);
  if (!s.quiet)
    for (const std::string& path : {s.html, s.jsonl, s.csv, s.svg})
      if (!path.empty()) std::cout << "written: " << path << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const settings s = parse(argc, argv);
  try {
    return run(s);
  } catch (const std::exception& error) {
    fail(error.what());
  }
}
