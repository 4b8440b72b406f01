// SPDX-License-Identifier: BSL-1.0
//
// tailwatch plan: how long until a share is lost, and how much fresh human data keeps it.
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "command.hpp"
#include "input.hpp"
#include "tailwatch/recursion/effective_samples.hpp"
#include "tailwatch/recursion/forecast.hpp"
#include "tailwatch/recursion/safe_mixing.hpp"
#include "tailwatch/report/corpus_sample.hpp"
#include "tailwatch/report/run_output.hpp"

namespace tailwatch::tools {
namespace {

using nlohmann::json;

struct plan_settings {
  std::vector<std::string> files;
  std::string variance;
  double samples = 0.0;
  double samples_error = core::nan;
  double measurement_samples = 0.0;
  double real_share = 0.0;
  double real_share_error = 0.0;
  double loss = 0.1;
  double mixing_loss = 0.01;
  double cell = 0.0;
  bool fresh_samples = false;
  double level = 0.9;
  recursion::regime regime = recursion::regime::replace;
  input_options input;
  output_options output;
};

/// The series of one metric in a run's JSON Lines: rows that hold a field of that name, or records {"name": ..., "value": ...}
/// as sink::jsonl writes them; records of a baseline are left out.
std::vector<double> read_series(const std::string& path, const std::string& name) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw input_error(path + ": no such file, or it cannot be opened for reading");
  std::vector<double> series;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    json row;
    try {
      row = json::parse(line);
    } catch (const json::exception&) {
      throw input_error(path + ", line " + std::to_string(number) + ": is not JSON");
    }
    if (!row.is_object()) continue;
    const json* value = nullptr;
    if (row.contains(name)) {
      value = &row[name];
    } else if (row.contains("name") && row["name"] == name && row.contains("value") && !row.contains("baseline")) {
      value = &row["value"];
    }
    if (value == nullptr || value->is_null()) continue;
    if (!value->is_number())
      throw input_error(path + ", line " + std::to_string(number) + ": '" + name + "' is " + value->type_name() +
                        ", a number was expected");
    if (!(value->get<double>() > 0.0))
      throw input_error(path + ", line " + std::to_string(number) + ": '" + name + "' is " + value->dump() +
                        ", a variance is positive");
    series.push_back(value->get<double>());
  }
  if (series.size() < 3)
    throw input_error(path + ": holds " + std::to_string(series.size()) + " values of '" + name +
                      "', a forecast needs three generations");
  return series;
}

std::string generations(double n) {
  if (core::is_nan(n)) return "-";
  return core::is_finite(n) ? report::significant(n, n < 1000 ? 3 : 4) : "never";
}
std::string percent(double x) { return core::to_text(std::stod(report::significant(x))); }
json number(double x) {
  return core::is_finite(x) ? json(x) : core::is_nan(x) ? json(nullptr) : json(x > 0 ? "never" : "-inf");
}

int run_plan(const plan_settings& s) {
  progress_line progress(!s.output.quiet);
  estimate samples{s.samples, s.samples_error, 0};
  core::interval bounds;
  std::string source = "given";
  std::vector<double> shares;
  if (s.samples == 0.0) {
    if (s.files.empty())
      throw input_error(
          "plan: say the sample size with --samples, or name the texts of the generations, or a run's JSON Lines "
          "with --variance NAME");
    recursion::effective_sample_size found;
    if (!s.variance.empty()) {
      if (s.files.size() != 1) throw input_error("plan: --variance reads one file");
      const std::vector<double> series = read_series(s.files[0], s.variance);
      found = recursion::effective_samples_from_variances(series, {.measurement_samples = s.measurement_samples});
      source = "from the variances of " + std::to_string(series.size()) + " generations";
    } else {
      if (s.files.size() < 3)
        throw input_error(
            "plan: the texts of three generations or more are needed, in order; a run's JSON Lines is read with "
            "--variance NAME");
      word_list words;
      std::vector<std::unique_ptr<report::corpus_sample>> corpora;
      for (const std::string& path : s.files) {
        corpora.push_back(std::make_unique<report::corpus_sample>(path, report::corpus_sample_options{.tokens = 1}));
        report::corpus_sample& c = *corpora.back();
        document_events events;
        events.sequence = [&c](const std::vector<std::uint32_t>& ids) { c.add_sequence(ids); };
        events.document = [&c](std::string_view) { c.end_document(); };
        events.progress = [&](double done, double of) { progress.show("reading " + path, done, of, "B"); };
        read_corpus(path, s.input, words, events);
      }
      progress.clear();
      std::vector<std::vector<std::uint64_t>> counts;
      for (const auto& c : corpora) {
        auto& row = counts.emplace_back(words.words.size(), 0);
        for (std::size_t i = 0; i < std::min(row.size(), c->counts().size()); ++i)
          row[i] = static_cast<std::uint64_t>(c->counts()[i]);
      }
      const auto total = static_cast<double>(corpora.front()->tokens());
      for (const std::uint64_t c : counts.front()) shares.push_back(static_cast<double>(c) / total);
      found = recursion::effective_samples_from_counts(counts, {.exact_models = !s.fresh_samples});
      source = "from the word counts of " + std::to_string(counts.size()) + " generations";
    }
    samples = found.samples;
    bounds = found.bounds;
    if (core::is_nan(samples.value)) throw input_error("plan: these generations do not tell a sample size");
  } else if (!s.files.empty()) {
    throw input_error("plan: either --samples or files, not both");
  }
  if (core::is_finite(samples.value) && samples.value < 2.0)
    throw input_error("plan: the sample size is " + report::significant(samples.value) + ", at least 2 is needed");

  recursion::forecast_options options;
  options.loss = s.loss;
  options.regime = s.regime;
  options.level = s.level;
  options.real_share = {s.real_share, s.real_share_error, 0};
  std::vector<std::pair<std::string, recursion::loss_forecast>> forecasts;
  std::vector<recursion::mixing_rule> rules;
  double vocabulary_share = core::nan;
  const std::string share = percent(100.0 * s.loss) + " %";
  if (core::is_finite(samples.value)) {
    try {
      forecasts.emplace_back(share + " of the variance", recursion::forecast_variance(samples, options));
      if (!shares.empty()) {
        const recursion::grouped_law law(shares);
        forecasts.emplace_back(share + " of the vocabulary", recursion::forecast_vocabulary(law, samples, options));
        forecasts.emplace_back(share + " of the Simpson diversity",
                               recursion::forecast_simpson(recursion::power_sums_of(shares), samples, options));
        vocabulary_share = recursion::safe_real_samples_for_vocabulary(law, samples.value, s.loss) / samples.value;
      }
      rules =
          recursion::safe_mixing_plan({.samples = samples.value, .loss = s.mixing_loss, .cell_probability = s.cell});
    } catch (const std::invalid_argument& error) {
      throw input_error(std::string("plan: ") + error.what());
    }
  }

  if (s.output.json && !s.output.quiet) {
    json out{{"samples", number(samples.value)},
             {"samples_standard_error", number(samples.standard_error)},
             {"samples_source", source},
             {"regime", recursion::to_string_view(s.regime)},
             {"loss", s.loss}};
    if (!core::is_nan(bounds.level))
      out["samples_interval"] = {number(bounds.lower), number(bounds.upper), bounds.level};
    out["forecasts"] = json::array();
    for (const auto& [what, f] : forecasts)
      out["forecasts"].push_back({{"what", what},
                                  {"expected", number(f.expected)},
                                  {"expected_limit", number(f.expected_limit)},
                                  {"lower", number(f.lower)},
                                  {"median", number(f.median)},
                                  {"upper", number(f.upper)},
                                  {"level", f.level}});
    out["mixing"] = json::array();
    for (const recursion::mixing_rule& r : rules)
      out["mixing"].push_back({{"rule", r.name},
                               {"real_samples", number(r.real_samples)},
                               {"real_share", number(r.real_share)},
                               {"answers", r.answers},
                               {"assumes", r.assumes}});
    if (!core::is_nan(vocabulary_share)) out["vocabulary_real_share"] = number(vocabulary_share);
    std::cout << out.dump(2) << '\n';
  } else if (!s.output.quiet) {
    const std::size_t width = terminal_width();
    std::cout << "sample size " << report::concise(samples) << ", " << source;
    if (!core::is_nan(bounds.level))
      std::cout << " (" << percent(100.0 * bounds.level) << " %: " << report::significant(bounds.lower) << " to "
                << (core::is_finite(bounds.upper) ? report::significant(bounds.upper) : "any size") << ")";
    std::cout << '\n';
    if (!core::is_finite(samples.value)) {
      std::cout << "No drift beyond the noise of the counts: nothing to forecast.\n";
      return exit_ok;
    }
    const std::string tail = percent(50.0 * (1.0 - s.level));
    const std::string head = percent(100.0 - 50.0 * (1.0 - s.level));
    const report::live_table table(
        {{"generations until lost", 30}, {"expected", 9}, {tail + " %", 9}, {"median", 9}, {head + " %", 9}}, width);
    std::cout << "\nregime " << recursion::to_string_view(s.regime);
    if (s.real_share > 0.0) std::cout << ", " << percent(100.0 * s.real_share) << " % human";
    std::cout << "\n\n" << table.header();
    for (const auto& [what, f] : forecasts)
      std::cout << table.row(
          {what, generations(f.expected), generations(f.lower), generations(f.median), generations(f.upper)});
    if (!core::is_nan(vocabulary_share))
      std::cout << "\nfresh human words that keep " << percent(100.0 * (1.0 - s.loss)) << " % of the vocabulary: "
                << (core::is_finite(vocabulary_share)
                        ? report::significant(100.0 * vocabulary_share) + " % of each generation"
                        : std::string("more than a generation holds"))
                << '\n';
    std::cout << "\nfresh human data a generation, for a loss of " << report::significant(100.0 * s.mixing_loss)
              << " % for ever\n\n";
    const report::live_table mixing({{"rule", 24}, {"units", 12}, {"share", 9}}, width);
    std::cout << mixing.header();
    for (const recursion::mixing_rule& r : rules) {
      const bool possible = core::is_finite(r.real_share) && r.real_share <= 1.0;
      std::cout << mixing.row({std::string(r.name), possible ? report::significant(r.real_samples, 4) : "-",
                               possible ? percent(100.0 * r.real_share) + " %" : "not so"});
      std::cout << report::wrapped("", "  " + std::string(r.answers) + "; assumes: " + std::string(r.assumes),
                                   width - 2);
    }
    std::cout
        << '\n'
        << report::wrapped(
               "",
               "Expected: when the mean over all lineages has lost the share; the other columns: when that part of the "
               "lineages has. They hold for refitting without sharpening: top-p, top-k and temperature below 1 lose "
               "more, and sooner.",
               width);
  }
  return exit_ok;
}

}  // namespace

void add_plan(CLI::App& app, subcommand_run& run) {
  const auto s = std::make_shared<plan_settings>();
  CLI::App* c =
      app.add_subcommand("plan", "how many generations until a share is lost, and how much human data keeps it");
  c->add_option("FILES", s->files,
                "texts of the generations, in order; or one JSON Lines file of a run, with --variance");
  c->add_option("--samples", s->samples, "sample size of a generation, in independent units")
      ->check(CLI::Range(2.0, 1e18));
  c->add_option("--samples-error", s->samples_error, "its standard error")->check(CLI::Range(0.0, 1e18));
  c->add_option("--variance", s->variance,
                "JSON Lines: the field, or the record, that holds each generation's variance");
  c->add_flag("--fresh-samples", s->fresh_samples,
              "the texts are samples of their own, not what the next generation was trained on");
  c->add_option("--measured-on", s->measurement_samples, "draws behind each of those variances; 0: exact")
      ->check(CLI::Range(0.0, 1e18));
  std::map<std::string, recursion::regime> regimes;
  for (const auto r : {recursion::regime::replace, recursion::regime::accumulate,
                       recursion::regime::accumulate_subsample, recursion::regime::mix})
    regimes.emplace(recursion::to_string_view(r), r);
  c->add_option("--regime", s->regime, "what each generation is trained on (default replace)")
      ->transform(CLI::CheckedTransformer(regimes, CLI::ignore_case));
  c->add_option("--real-share", s->real_share, "mix: share of fresh human data")->check(CLI::Range(0.0, 1.0));
  c->add_option("--real-share-error", s->real_share_error, "its standard error")->check(CLI::Range(0.0, 1.0));
  c->add_option("--loss", s->loss, "the share whose loss is forecast")
      ->check(CLI::Range(1e-6, 0.999999))
      ->capture_default_str();
  c->add_option("--mixing-loss", s->mixing_loss, "the loss that human data is to prevent")
      ->check(CLI::Range(1e-9, 0.999999))
      ->capture_default_str();
  c->add_option("--cell", s->cell, "probability of the rarest word or class to keep")->check(CLI::Range(0.0, 0.999999));
  c->add_option("--level", s->level, "of the interval over lineages")
      ->check(CLI::Range(0.01, 0.999))
      ->capture_default_str();
  s->input.add_to(*c);
  s->output.add_to(*c, false);
  c->callback([s, &run] { run = [s] { return run_plan(*s); }; });
}

}  // namespace tailwatch::tools
