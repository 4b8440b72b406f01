// SPDX-License-Identifier: BSL-1.0
//
// tailwatch recurse: train a language model recursively on a text and watch every generation.
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "input.hpp"
#include "tailwatch/report/html_report.hpp"
#include "tailwatch/report/run_description.hpp"
#include "tailwatch/report/run_output.hpp"
#include "tailwatch/report/table.hpp"
#include "tailwatch/report/text_recursion.hpp"
#include "tailwatch/sink/csv.hpp"
#include "tailwatch/sink/jsonl.hpp"
#include "tailwatch/text/zipf_text.hpp"

namespace tailwatch::tools {
namespace {

using nlohmann::json;

struct recurse_settings {
  std::string corpus;
  std::string jsonl;
  std::string csv;
  std::string svg;
  std::string text;
  bool always_zero = false;
  input_options input;
  output_options output;
  report::text_recursion_options run;
};

json rows_json(const report::collapse_report& r, const std::vector<report::generation_row>& rows) {
  json out = json::array();
  const auto number = [](double x) { return core::is_finite(x) ? json(x) : json(nullptr); };
  for (const report::generation_row& row : rows) {
    json one{{"label", row.label},
             {"generation", row.generation},
             {"kind", row.kind},
             {"vocabulary_diversity_percent", number(row.diversity)},
             {"content_uniqueness_percent", number(row.uniqueness)},
             {"quality_percent", number(row.quality)}};
    for (std::size_t m = 0; m < r.metrics.size(); ++m)
      one["metrics"][r.metrics[m].key] = {{"value", number(row.values[m].value)},
                                          {"standard_error", number(row.values[m].standard_error)},
                                          {"count", row.values[m].count}};
    out.push_back(std::move(one));
  }
  return out;
}

json to_json(const report::collapse_report& r) {
  json out{{"title", r.title}, {"subtitle", r.subtitle}, {"verdict", r.verdict}};
  out["generations"] = rows_json(r, r.generations);
  out["human"] = rows_json(r, r.human);
  out["alarms"] = json::array();
  for (const report::alarm_mark& a : r.alerts)
    out["alarms"].push_back({{"baseline", a.baseline},
                             {"generation", a.generation},
                             {"signal", a.signal},
                             {"direction", a.direction},
                             {"kind", a.kind},
                             {"log_e_value", a.log_e_value},
                             {"sentence", a.sentence}});
  for (const auto& [name, value] : r.facts) out["facts"][name] = value;
  const auto extinct = [](const std::vector<report::extinction>& list) {
    json all = json::array();
    for (const report::extinction& e : list)
      all.push_back({{"text", e.text}, {"reference_count", e.reference_count}, {"generation", e.generation}});
    return all;
  };
  out["words_gone"] = extinct(r.words);
  out["phrases_gone"] = extinct(r.phrases);
  return out;
}

int run_recurse(recurse_settings s) {
  s.run.judge.alpha_base = s.run.judge.alpha / 2.0;
  const bool text = !s.output.quiet && !s.output.json;
  progress_line progress(!s.output.quiet);
  word_list words;
  core::token_sequences sentences;
  std::string name = s.corpus;
  if (s.corpus.empty()) {
    core::random_engine random(core::split_seed(s.run.seed, 0x7a697066));
    name = "generated Zipf-Mandelbrot text";
    sentences = text::encode(text::zipf_mandelbrot_text({.words = 700000}, random), words.words);
  } else {
    document_events events;
    events.sequence = [&](const std::vector<std::uint32_t>& ids) { sentences.push_back(ids); };
    events.document = [](std::string_view) {};
    events.progress = [&](double done, double of) { progress.show("reading " + name, done, of, "B"); };
    read_corpus(s.corpus, s.input, words, events);
  }
  constexpr std::size_t least_words = 20000;
  if (words.words.size() < 50 || sentences.token_count() < least_words)
    throw input_error(name + ": too little text to watch collapse on: words " +
                      report::grouped(sentences.token_count()) + ", different ones " +
                      report::grouped(words.words.size()) + ", needed " + report::grouped(least_words) + " and 50");
  std::unique_ptr<report::text_recursion> experiment;
  try {
    experiment = std::make_unique<report::text_recursion>(sentences, words.words, s.run);
  } catch (const std::invalid_argument& error) {
    throw input_error(name + ": " + error.what());
  }
  const std::size_t width = terminal_width();
  const report::live_table table(report::run_columns(report::text_measures::metrics()), width);
  const palette paint(s.output.colour);
  if (text) {
    progress.clear();
    std::cout << "corpus: " << name << ", " << report::grouped(sentences.token_count()) << " words, "
              << report::grouped(words.words.size()) << " different, " << report::grouped(sentences.size())
              << " sentences\n"
              << report::split_text(experiment->split(), s.run.tokens) << '\n'
              << table.header() << std::flush;
  }
  report::text_recursion_events events;
  events.progress = [&](std::string_view phase, std::size_t done, std::size_t of) {
    progress.show(phase, static_cast<double>(done), static_cast<double>(of));
  };
  if (text) {
    events.row = [&](const report::generation_row& row) {
      progress.clear();
      std::cout << table.row(report::run_cells(row)) << std::flush;
    };
    events.alarm = [&](const report::alarm_mark& a) {
      progress.clear();
      std::cout << paint.bad("        ^ alarm against " + a.baseline + ": " + report::detail::signal_text(a.signal) +
                             ' ' + a.direction)
                << '\n'
                << std::flush;
    };
  }
  if (!s.text.empty()) {
    events.text = [&](std::size_t generation, const core::token_sequences& written) {
      const std::string path = s.text + std::to_string(generation) + ".txt";
      std::ofstream out = open_output(path);
      for (std::size_t i = 0; i < written.size(); ++i) {
        std::string line;
        for (const std::uint32_t id : written[i]) (line += line.empty() ? "" : " ") += words.words.word(id);
        out << line << '\n';
      }
      finish_output(out, path);
    };
  }
  report::text_recursion_result result = experiment->run(events);
  progress.clear();
  report::describe_run(result, *experiment, name);
  const report::collapse_report& r = result.report;
  if (text) std::cout << table.row(report::run_cells(r.human.back())) << report::run_conclusion(r, width);
  if (s.output.json && !s.output.quiet)
    std::cout << to_json(r).dump(2, ' ', false, json::error_handler_t::replace) << '\n';

  const auto write = [&](const std::string& path, const auto& fill) {
    if (path.empty()) return;
    std::ofstream out = open_output(path);
    fill(out);
    finish_output(out, path);
    if (text) std::cout << "written: " << path << '\n';
  };
  write(s.output.html, [&](std::ofstream& out) { out << report::to_html(r); });
  write(s.svg, [&](std::ofstream& out) { out << report::to_svg_picture(r); });
  write(s.jsonl, [&](std::ofstream& out) {
    sink::jsonl sink(out);
    if (!report::write_records(sink, r)) throw input_error(s.jsonl + ": cannot be written");
  });
  write(s.csv, [&](std::ofstream& out) {
    sink::csv sink(out);
    if (!report::write_records(sink, r)) throw input_error(s.csv + ": cannot be written");
  });
  return r.alarms.empty() || s.always_zero ? exit_ok : exit_found;
}

}  // namespace

void add_recurse(CLI::App& app, subcommand_run& run) {
  const auto s = std::make_shared<recurse_settings>();
  CLI::App* c = app.add_subcommand("recurse", "train an n-gram model recursively on a text and watch every generation");
  c->add_option("CORPUS", s->corpus, "text to begin with; without one, text made by a built-in generator");
  c->add_option("--order", s->run.order, "n of the n-gram model")->check(CLI::Range(1, 6))->capture_default_str();
  std::map<std::string, recursion::regime> regimes;
  for (const auto r : {recursion::regime::replace, recursion::regime::accumulate,
                       recursion::regime::accumulate_subsample, recursion::regime::mix})
    regimes.emplace(recursion::to_string_view(r), r);
  c->add_option("--regime", s->run.regime, "what each generation is trained on (default replace)")
      ->transform(CLI::CheckedTransformer(regimes, CLI::ignore_case));
  c->add_option("--real-fraction", s->run.real_fraction, "mix: share of fresh human text in each training set")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  c->add_option("--generations", s->run.generations, "models trained after generation 0")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  c->add_option("--tokens", s->run.tokens, "words per generation; 0: as many as the corpus allows")
      ->capture_default_str();
  c->add_option("--temperature", s->run.sampling.temperature, "of sampling")
      ->check(CLI::Range(0.02, 100.0))
      ->capture_default_str();
  c->add_option("--top-k", s->run.sampling.top_k, "sample from the k most probable words; 0: all")
      ->capture_default_str();
  c->add_option("--top-p", s->run.sampling.top_p, "sample from the most probable words that hold this mass; 1: all")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  c->add_option("--seed", s->run.seed, "same seed, same bytes out")->capture_default_str();
  c->add_option("--alpha", s->run.judge.alpha, "chance of any false alarm in the whole run, per baseline")
      ->check(CLI::Range(1e-6, 0.5))
      ->capture_default_str();
  c->add_option("--baseline-parts", s->run.baseline_parts, "disjoint parts of human text behind the baselines")
      ->check(CLI::Range(5, 1000))
      ->capture_default_str();
  c->add_option("--jsonl", s->jsonl, "every number, one JSON object a line");
  c->add_option("--csv", s->csv, "the same numbers as CSV");
  c->add_option("--svg", s->svg, "the big chart as a picture");
  c->add_option("--write-text", s->text, "what each generation wrote, to PREFIX0.txt, PREFIX1.txt, ...");
  c->add_flag("--exit-zero", s->always_zero, "exit 0 also where an alarm was raised");
  s->input.add_to(*c);
  s->output.add_to(*c, true);
  c->callback([s, &run] { run = [s] { return run_recurse(*s); }; });
}

}  // namespace tailwatch::tools
