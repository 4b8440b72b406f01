// SPDX-License-Identifier: BSL-1.0
//
// tailwatch watch: follow a growing JSON Lines file of samples, or of metrics, and alarm.
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "command.hpp"
#include "input.hpp"
#include "tailwatch/monitor/alert.hpp"
#include "tailwatch/monitor/blocks.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/text_signals.hpp"
#include "tailwatch/report/corpus_sample.hpp"
#include "tailwatch/report/format.hpp"
#include "tailwatch/sink/jsonl.hpp"

namespace tailwatch::tools {
namespace {

using nlohmann::json;

volatile std::sig_atomic_t interrupted = 0;
void on_interrupt(int) { interrupted = 1; }

struct watch_settings {
  std::string stream;
  std::string baseline;
  std::vector<std::string> metrics;
  std::string records;
  std::size_t baseline_words = 200000;
  std::size_t baseline_rows = 200;
  std::size_t block_words = 0;
  std::size_t block_rows = 5;
  std::size_t parts = 8;
  double alpha = 0.05;
  double tolerance = 0.02;
  double idle = 0.0;
  double poll = 0.5;
  bool once = false;
  bool stop = false;
  bool skip_bad = false;
  std::uint64_t seed = 1;
  input_options input;
  output_options output;
};

/// The lines of a file that grows, or of standard input.
class line_follower {
 public:
  line_follower(const watch_settings& s, progress_line& progress) : settings_(s), progress_(progress) {
    if (s.stream == "-") {
      file_ = stdin;
    } else {
      file_ = std::fopen(s.stream.c_str(), "rb");
      struct stat status {};
      if (file_ == nullptr) throw input_error(s.stream + ": no such file, or it cannot be opened for reading");
      if (::stat(s.stream.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
        throw input_error(s.stream + ": is a directory, a file was expected");
    }
  }
  line_follower(const line_follower&) = delete;
  line_follower& operator=(const line_follower&) = delete;
  ~line_follower() {
    if (file_ != stdin && file_ != nullptr) std::fclose(file_);
  }

  /// The next line without its end; false when the watch is over.
  bool next(std::string& line) {
    auto quiet_since = std::chrono::steady_clock::now();
    for (;;) {
      const std::size_t end = buffer_.find('\n', at_);
      if (end != std::string::npos) {
        line.assign(buffer_, at_, end - at_);
        at_ = end + 1;
        ++number_;
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        if (line.empty()) continue;
        return true;
      }
      buffer_.erase(0, at_);
      at_ = 0;
      if (interrupted != 0) return false;
      char block[1 << 16];
      const std::size_t n = std::fread(block, 1, sizeof block, file_);
      if (n > 0) {
        buffer_.append(block, n);
        read_ += n;
        quiet_since = std::chrono::steady_clock::now();
        continue;
      }
      if (std::ferror(file_) != 0) throw input_error(settings_.stream + ": cannot be read");
      if (settings_.once || file_ == stdin) return last_line(line);
      const double quiet = std::chrono::duration<double>(std::chrono::steady_clock::now() - quiet_since).count();
      if (settings_.idle > 0.0 && quiet >= settings_.idle) return last_line(line);
      std::clearerr(file_);
      struct stat status {};
      if (::stat(settings_.stream.c_str(), &status) == 0 && status.st_size >= 0 &&
          static_cast<std::uint64_t>(status.st_size) < read_) {
        progress_.clear();
        std::cerr << "tailwatch: " << settings_.stream << " has been cut short; reading it from its beginning\n";
        std::rewind(file_);
        read_ = 0;
        number_ = 0;
        buffer_.clear();
      }
      std::this_thread::sleep_for(std::chrono::duration<double>(settings_.poll));
    }
  }
  /// What is left at the end is a line if it is whole, else a line still being written.
  bool last_line(std::string& line) {
    if (buffer_.empty()) return false;
    line.swap(buffer_);
    buffer_.clear();
    ++number_;
    if (json::accept(line)) return true;
    std::cerr << "tailwatch: " << where() << ": is incomplete and was left out\n";
    return false;
  }
  [[nodiscard]] std::string where() const {
    return (settings_.stream == "-" ? "standard input" : settings_.stream) + ", line " + std::to_string(number_);
  }

 private:
  const watch_settings& settings_;
  progress_line& progress_;
  std::FILE* file_ = nullptr;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t number_ = 0;
};

/// Judges blocks and tells about alarms.
class watcher {
 public:
  watcher(const watch_settings& s, monitor::collapse_monitor monitor, progress_line& progress)
      : settings_(s), monitor_(std::move(monitor)), progress_(progress), paint_(s.output.colour) {
    if (!s.records.empty()) {
      records_file_ = open_output(s.records);
      records_.emplace(records_file_);
      monitor_.attach(*records_);
    }
    monitor_.on_train_begin();
  }
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  monitor::collapse_monitor& monitor() { return monitor_; }
  /// One block is complete; true where the watch should stop.
  bool judge(std::uint64_t step, const std::string& where) {
    ++blocks_;
    for (const monitor::alert& a : monitor_.on_step_end(step)) {
      ++alarms_;
      progress_.clear();
      if (settings_.output.json && !settings_.output.quiet) {
        std::cout << json{{"alarm", a.signal},
                          {"direction", a.direction == collapse_direction::rises ? "rises" : "falls"},
                          {"block", step},
                          {"where", where},
                          {"value", core::is_finite(a.recent.value) ? json(a.recent.value) : json(nullptr)},
                          {"baseline_mean", a.baseline_mean},
                          {"log_e_value", core::is_finite(a.log_e_value) ? json(a.log_e_value) : json(nullptr)},
                          {"kind", monitor::to_string(a.kind)},
                          {"text", monitor::describe(a)}}
                         .dump()
                  << std::endl;
      } else if (!settings_.output.quiet) {
        std::cout << paint_.bad("alarm") << " (" << where << ") " << monitor::describe(a) << std::endl;
      }
    }
    return settings_.stop && alarms_ > 0;
  }
  int finish(std::size_t unit, const char* unit_name) {
    progress_.clear();
    monitor_.on_train_end();
    if (records_) finish_output(records_file_, settings_.records);
    if (settings_.output.json && !settings_.output.quiet) {
      std::cout << json{{"blocks", blocks_}, {"alarms", alarms_}, {"log_e_value", monitor_.log_e_value()}}.dump()
                << '\n';
    } else if (!settings_.output.quiet) {
      std::cout << "watched " << report::grouped(blocks_) << " blocks of " << report::grouped(unit) << ' ' << unit_name
                << ": " << (alarms_ == 0 ? "no alarm" : std::to_string(alarms_) + (alarms_ == 1 ? " alarm" : " alarms"))
                << "; a false alarm ever has a chance of at most " << core::to_text(100.0 * settings_.alpha) << " %\n";
    }
    return alarms_ == 0 ? exit_ok : exit_found;
  }
  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }

 private:
  const watch_settings& settings_;
  monitor::collapse_monitor monitor_;
  progress_line& progress_;
  palette paint_;
  std::ofstream records_file_;
  std::optional<sink::jsonl> records_;
  std::uint64_t blocks_ = 0;
  std::uint64_t alarms_ = 0;
};

monitor::collapse_monitor_options monitor_options(const watch_settings& s) {
  monitor::collapse_monitor_options o;
  o.alpha = s.alpha;
  o.alpha_base = s.alpha / 2.0;
  o.max_blocks_per_step = 4;
  return o;
}

int watch_samples(const watch_settings& s) {
  progress_line progress(!s.output.quiet);
  word_list words;
  report::corpus_sample human(s.baseline.empty() ? s.stream : s.baseline, {.tokens = 4000000, .seed = s.seed});
  line_follower lines(s, progress);
  std::string line;
  std::uint64_t samples = 0;

  // Words that the baseline does not hold share 65 536 places: new ones stay new, whatever their number.
  constexpr std::uint32_t new_places = 1U << 16U;
  const auto read_sample = [&](const std::string& text, auto&& sequence, bool learn) {
    try {
      const json_document d = read_json_line(text, s.input, lines.where());
      const auto id_of = [&](std::string_view w) {
        if (learn) return words.add(w, s.input.max_types);
        if (const auto id = words.words.find(w)) return *id;
        std::uint64_t h = 0xcbf29ce484222325ULL;
        for (const char c : w) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
        return static_cast<std::uint32_t>(words.words.size() + core::mix64(h) % new_places);
      };
      std::vector<std::uint32_t> ids;
      if (d.is_tokens) {
        for (const std::uint32_t t : d.tokens) ids.push_back(id_of(std::to_string(t)));
        if (!ids.empty()) sequence(ids);
      }
      text::tokenise_options tokens;
      tokens.digits = s.input.digits;
      tokens.fold_case = !s.input.keep_case;
      for (const std::string& t : d.texts)
        text::for_each_sentence(t, {.rule = s.input.sentences}, [&](std::string_view sentence) {
          ids.clear();
          text::for_each_word(sentence, tokens, [&](std::string_view w) { ids.push_back(id_of(w)); });
          if (!ids.empty()) sequence(ids);
        });
      return true;
    } catch (const input_error& error) {
      if (!s.skip_bad) throw;
      progress.clear();
      std::cerr << "tailwatch: " << error.what() << "; left out\n";
      return false;
    }
  };

  if (!s.baseline.empty()) {
    document_events events;
    events.sequence = [&](const std::vector<std::uint32_t>& ids) { human.add_sequence(ids); };
    events.document = [&](std::string_view) { human.end_document(); };
    events.progress = [&](double done, double of) { progress.show("reading " + s.baseline, done, of, "B"); };
    read_corpus(s.baseline, s.input, words, events);
  } else {
    while (human.tokens() < s.baseline_words && lines.next(line)) {
      if (read_sample(
              line, [&](const std::vector<std::uint32_t>& ids) { human.add_sequence(ids); }, true)) {
        human.end_document();
        ++samples;
        progress.show("baseline", static_cast<double>(human.tokens()), static_cast<double>(s.baseline_words), "words");
      }
    }
    if (human.tokens() < s.baseline_words)
      throw input_error(s.stream + ": ended after " + report::grouped(human.tokens()) +
                        " words, the baseline alone needs " + report::grouped(s.baseline_words) +
                        " (--baseline-words, or --baseline FILE)");
  }
  constexpr std::size_t least_block = 100;
  const std::size_t part_words = human.sampled_tokens() / (2 * s.parts);
  const std::size_t block_words =
      s.block_words != 0 ? s.block_words : std::clamp<std::size_t>(part_words / 10, least_block, 2000);
  if (part_words / block_words < 2)
    throw input_error(human.name() + ": is too small for a baseline: " + report::grouped(human.sampled_tokens()) +
                      " words, at least " + report::grouped(4 * s.parts * block_words) + " are needed for blocks of " +
                      report::grouped(block_words));
  // Half of the baseline is what the signals compare with, the other half gives the spread of human blocks.
  const std::vector<core::token_sequences> passages = human.sample();
  core::token_sequences reference;
  core::token_sequences rest;
  for (const core::token_sequences& p : passages)
    (2 * reference.token_count() < human.sampled_tokens() ? reference : rest).append(p);
  const std::size_t vocabulary = words.words.size() + new_places;
  const monitor::text_reference base(reference, vocabulary);
  monitor::text_signals signals(base);
  monitor::text_baseline label{"baseline", {}, {.parts = monitor::part_model::random_split}};
  core::random_engine random(core::split_seed(s.seed, 0x77617463));
  const auto blocks = monitor::cut_blocks(rest, block_words, random).blocks;
  label.parts.resize(s.parts);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    label.parts[i % s.parts].push_back(signals.values(blocks[i]));
    progress.show("measuring the baseline", static_cast<double>(i), static_cast<double>(blocks.size()));
  }
  watcher watch(
      s,
      monitor::collapse_monitor(monitor::text_monitor_signals(std::span(&label, 1), s.tolerance), monitor_options(s)),
      progress);

  core::token_sequences block;
  std::uint64_t step = 0;
  bool stop = false;
  while (!stop && lines.next(line)) {
    ++samples;
    static_cast<void>(read_sample(
        line,
        [&](const std::vector<std::uint32_t>& ids) {
          std::span<const std::uint32_t> rest_of(ids);
          while (!rest_of.empty() && !stop) {
            const std::size_t take = std::min(rest_of.size(), block_words - block.token_count());
            block.push_back(rest_of.first(take));
            rest_of = rest_of.subspan(take);
            if (block.token_count() < block_words) continue;
            const monitor::text_values v = signals.values(block);
            for (std::size_t i = 0; i < v.size(); ++i)
              watch.monitor().observe(monitor::text_signal_table[i].name, v[i]);
            stop = watch.judge(step++, "sample " + std::to_string(samples));
            block.clear();
          }
        },
        false));
    progress.show("watching: " + report::grouped(watch.blocks()) + " blocks", static_cast<double>(samples), 0.0,
                  "samples");
  }
  return watch.finish(block_words, "words");
}

int watch_metrics(const watch_settings& s) {
  progress_line progress(!s.output.quiet);
  struct watched {
    std::string name;
    collapse_direction direction = collapse_direction::either;
  };
  std::vector<watched> metrics;
  for (const std::string& text : s.metrics) {
    const std::size_t colon = text.rfind(':');
    watched m{text.substr(0, colon), collapse_direction::either};
    if (colon != std::string::npos) {
      const std::string direction = text.substr(colon + 1);
      if (direction == "falls") {
        m.direction = collapse_direction::falls;
      } else if (direction == "rises") {
        m.direction = collapse_direction::rises;
      } else if (direction != "either") {
        m.name = text;  // a colon of the name itself
      }
    }
    metrics.push_back(m);
  }
  line_follower lines(s, progress);
  std::string line;
  std::uint64_t skipped = 0;
  using row = std::vector<double>;
  const auto read_row = [&](const std::string& text, const std::string& where) -> std::optional<row> {
    try {
      json object;
      try {
        object = json::parse(text);
      } catch (const json::exception&) {
        throw input_error(where + ": is not JSON");
      }
      if (!object.is_object()) throw input_error(where + ": is no JSON object");
      row values;
      bool any = false;
      for (const watched& m : metrics) {
        const json* at = nullptr;
        if (object.contains(m.name)) at = &object[m.name];
        if (at != nullptr && !at->is_number() && !at->is_null())
          throw input_error(where + ": field '" + m.name + "' is " + at->type_name() + ", a number was expected");
        values.push_back(at != nullptr && at->is_number() ? at->get<double>() : core::nan);
        any = any || (at != nullptr && at->is_number());
      }
      if (!any) {
        ++skipped;  // logs hold lines of other kinds too: evaluations, notes
        return std::nullopt;
      }
      return values;
    } catch (const input_error& error) {
      if (!s.skip_bad) throw;
      progress.clear();
      std::cerr << "tailwatch: " << error.what() << "; left out\n";
      return std::nullopt;
    }
  };

  std::vector<row> baseline_rows;
  if (!s.baseline.empty()) {
    watch_settings other = s;
    other.stream = s.baseline;
    other.once = true;
    line_follower baseline(other, progress);
    while (baseline.next(line))
      if (const auto r = read_row(line, baseline.where())) baseline_rows.push_back(*r);
  } else {
    while (baseline_rows.size() < s.baseline_rows && lines.next(line))
      if (const auto r = read_row(line, lines.where())) baseline_rows.push_back(*r);
  }
  const std::string source = s.baseline.empty() ? s.stream : s.baseline;
  const std::size_t blocks = baseline_rows.size() / s.block_rows;
  if (blocks < 2 * s.parts)
    throw input_error(source + ": has " + std::to_string(baseline_rows.size()) +
                      " lines with these metrics, the baseline needs at least " +
                      std::to_string(2 * s.parts * s.block_rows) + " (--baseline-rows, --block-rows)");
  const auto mean_of = [&](const std::vector<row>& rows, std::size_t begin, std::size_t m) {
    double sum = 0.0;
    std::size_t n = 0;
    for (std::size_t i = begin; i < begin + s.block_rows; ++i)
      if (core::is_finite(rows[i][m])) {
        sum += rows[i][m];
        ++n;
      }
    return n == 0 ? core::nan : sum / static_cast<double>(n);
  };
  std::vector<monitor::signal> signals;
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    monitor::signal signal;
    signal.name = metrics[m].name;
    signal.direction = metrics[m].direction;
    signal.relative_tolerance = s.tolerance;
    // Parts are stretches of the run, so that slow swings of the metric lie inside the baseline.
    std::vector<std::vector<double>> parts(s.parts);
    std::size_t usable = 0;
    for (std::size_t b = 0; b < blocks; ++b) {
      const double v = mean_of(baseline_rows, b * s.block_rows, m);
      usable += core::is_finite(v) ? 1 : 0;
      parts[b * s.parts / blocks].push_back(v);
    }
    if (usable < 2 * s.parts)
      throw input_error(source + ": has no number in field '" + metrics[m].name + "' on most lines of the baseline");
    signal.baselines.push_back({"baseline", monitor::baseline(parts, {.parts = monitor::part_model::draws})});
    signals.push_back(std::move(signal));
  }
  std::optional<monitor::collapse_monitor> watched_monitor;
  try {
    watched_monitor.emplace(std::move(signals), monitor_options(s));
  } catch (const std::invalid_argument& error) {
    throw input_error(error.what());
  }
  if (watched_monitor->nulls() == 0)
    throw input_error(source + ": these metrics do not vary over the baseline; nothing can be judged");
  watcher watch(s, std::move(*watched_monitor), progress);
  std::vector<row> block;
  std::uint64_t step = 0;
  while (lines.next(line)) {
    if (const auto r = read_row(line, lines.where())) block.push_back(*r);
    progress.show("watching", static_cast<double>(watch.blocks()), 0.0, "blocks");
    if (block.size() < s.block_rows) continue;
    for (std::size_t m = 0; m < metrics.size(); ++m) watch.monitor().observe(m, mean_of(block, 0, m));
    block.clear();
    if (watch.judge(step++, lines.where())) break;
  }
  if (skipped > 0 && !s.output.quiet) {
    progress.clear();
    std::cerr << "tailwatch: " << report::grouped(skipped) << " lines hold none of these metrics\n";
  }
  return watch.finish(s.block_rows, "rows");
}

}  // namespace

void add_watch(CLI::App& app, subcommand_run& run) {
  const auto s = std::make_shared<watch_settings>();
  CLI::App* c = app.add_subcommand("watch", "follow a growing JSON Lines file of samples or metrics, and alarm");
  c->add_option("STREAM", s->stream, "JSON Lines: one sample or one row of metrics a line; - for standard input")
      ->required();
  c->add_option("--baseline", s->baseline,
                "what is normal: a corpus (samples), or JSON Lines of an earlier run (metrics)");
  c->add_option("--metrics", s->metrics,
                "watch these numeric fields instead of text; NAME:falls or NAME:rises watches one direction only")
      ->delimiter(',');
  c->add_option("--baseline-words", s->baseline_words, "without --baseline: the stream's first words are the baseline")
      ->check(CLI::Range(std::size_t{5000}, std::size_t{1} << 40))
      ->capture_default_str();
  c->add_option("--baseline-rows", s->baseline_rows, "without --baseline: the stream's first rows are the baseline")
      ->check(CLI::Range(20, 1000000000))
      ->capture_default_str();
  c->add_option("--block-words", s->block_words, "words of one observation; 0: a tenth of a baseline part, 100 to 2000")
      ->capture_default_str();
  c->add_option("--block-rows", s->block_rows, "rows averaged into one observation")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  c->add_option("--parts", s->parts, "parts of the baseline")->check(CLI::Range(5, 1000))->capture_default_str();
  c->add_option("--alpha", s->alpha, "chance of any false alarm, however long it watches")
      ->check(CLI::Range(1e-6, 0.5))
      ->capture_default_str();
  c->add_option("--tolerance", s->tolerance, "a departure below this share of the baseline's mean is of no interest")
      ->check(CLI::Range(0.0, 10.0))
      ->capture_default_str();
  c->add_flag("--once", s->once, "stop at the end of the file instead of waiting for more");
  c->add_option("--idle", s->idle, "stop after so many seconds without anything new")->check(CLI::Range(0.0, 1e9));
  c->add_flag("--stop", s->stop, "stop at the first alarm");
  c->add_option("--poll", s->poll, "seconds between two looks at the file")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  c->add_flag("--skip-bad", s->skip_bad, "leave out lines that cannot be read, with a message, instead of ending");
  c->add_option("--records", s->records, "every judged value and alarm as JSON Lines");
  c->add_option("--seed", s->seed, "of the baseline's blocks")->capture_default_str();
  s->input.add_to(*c);
  s->output.add_to(*c, false);
  c->callback([s, &run] {
    run = [s] {
      std::signal(SIGINT, on_interrupt);
      std::signal(SIGTERM, on_interrupt);
      return s->metrics.empty() ? watch_samples(*s) : watch_metrics(*s);
    };
  });
}

}  // namespace tailwatch::tools
