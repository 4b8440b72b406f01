// SPDX-License-Identifier: BSL-1.0
//
// tailwatch report, tailwatch compare: texts beside a reference text, as words, JSON or a page.
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "input.hpp"
#include "tailwatch/report/comparison_page.hpp"
#include "tailwatch/report/run_output.hpp"
#include "tailwatch/report/text_comparison.hpp"

namespace tailwatch::tools {
namespace {

using nlohmann::json;

struct comparison_settings {
  std::vector<std::string> files;
  std::string reference_group;
  input_options input;
  output_options output;
  report::corpus_sample_options sample;
  report::text_comparison_options comparison;
  bool always_zero = false;
};

void add_common(CLI::App& app, comparison_settings& s) {
  app.add_option("--sample", s.sample.tokens,
                 "words kept of each corpus for phrases and parts, a uniform sample of passages; 0: all of them")
      ->capture_default_str();
  app.add_option("--parts", s.comparison.parts, "disjoint parts of each corpus, behind the error bars")
      ->check(CLI::Range(5, 1000))
      ->capture_default_str();
  app.add_option("--alpha", s.comparison.alpha, "chance that anything is called different that is not")
      ->check(CLI::Range(1e-9, 0.5))
      ->capture_default_str();
  app.add_option("--tolerance", s.comparison.tolerance, "a change below this share of the reference's value is ignored")
      ->check(CLI::Range(0.0, 10.0))
      ->capture_default_str();
  app.add_option("--evidence", s.comparison.evidence, "words and phrases named for each sign, at most")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_option("--seed", s.sample.seed, "of the samples: same files, options and seed, same output")
      ->capture_default_str();
  app.add_flag("--exit-zero", s.always_zero, "exit 0 also where a sign of collapse is shown");
  s.input.add_to(app);
  s.output.add_to(app, true);
}

using corpus_list = std::vector<std::unique_ptr<report::corpus_sample>>;

void describe_sizes(const report::corpus_sample& c) {
  std::cout << "  " << c.name() << ": " << report::grouped(c.tokens()) << " words, " << report::grouped(c.sequences())
            << " sentences, " << report::grouped(c.documents()) << (c.documents() == 1 ? " document" : " documents");
  if (c.sampled_tokens() < c.tokens()) std::cout << "; a sample of " << report::grouped(c.sampled_tokens()) << " words";
  std::cout << '\n';
}

/// One corpus a file, or one a group of one file.
corpus_list read_all(const comparison_settings& s, word_list& words, progress_line& progress) {
  corpus_list corpora;
  std::map<std::string, std::size_t> groups;
  const bool grouped = !s.input.group_field.empty();
  std::vector<std::string> names = s.files;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (std::count(s.files.begin(), s.files.end(), s.files[i]) > 1) names[i] += " (" + std::to_string(i + 1) + ")";
  for (std::size_t f = 0; f < s.files.size(); ++f) {
    const auto corpus_of = [&](const std::string& name, const std::string& key) -> report::corpus_sample& {
      const auto [at, fresh] = groups.emplace(key, corpora.size());
      if (fresh) {
        report::corpus_sample_options options = s.sample;
        options.seed = core::split_seed(s.sample.seed, corpora.size());
        corpora.push_back(std::make_unique<report::corpus_sample>(name, options));
      }
      return *corpora[at->second];
    };
    // With groups the group of a document is known at its end.
    std::vector<std::vector<std::uint32_t>> held;
    document_events events;
    if (grouped) {
      events.sequence = [&](const std::vector<std::uint32_t>& ids) { held.push_back(ids); };
      events.document = [&](std::string_view group) {
        report::corpus_sample& c = corpus_of(std::string(group), std::string(group));
        for (const auto& ids : held) c.add_sequence(ids);
        c.end_document();
        held.clear();
        if (corpora.size() > 100)
          throw input_error(s.files[f] + ": field '" + s.input.group_field + "' has more than 100 different values");
      };
    } else {
      report::corpus_sample& c = corpus_of(names[f], std::to_string(f));
      events.sequence = [&c](const std::vector<std::uint32_t>& ids) { c.add_sequence(ids); };
      events.document = [&c](std::string_view) { c.end_document(); };
    }
    const std::string phase = "reading " + names[f];
    events.progress = [&](double done, double of) { progress.show(phase, done, of, "B"); };
    read_corpus(s.files[f], s.input, words, events);
    progress.clear();
  }
  return corpora;
}

std::vector<report::text_comparison> compare_all(const comparison_settings& s, const report::corpus_sample& reference,
                                                 const std::vector<const report::corpus_sample*>& candidates,
                                                 const word_list& words, progress_line& progress) {
  const auto too_small = [&](const report::corpus_sample& c, std::size_t parts) {
    const std::size_t needed = parts * s.comparison.least_part_tokens;
    if (c.sampled_tokens() < needed)
      throw input_error(c.name() + ": is too small to compare: " + report::grouped(c.sampled_tokens()) +
                        " words, at least " + report::grouped(needed) + " are needed");
  };
  too_small(reference, 2 * s.comparison.parts);
  for (const report::corpus_sample* c : candidates) too_small(*c, s.comparison.parts);
  report::text_comparison_options options = s.comparison;
  options.seed = s.sample.seed;
  auto out = report::compare_texts(reference, candidates, words.words, options,
                                   [&](std::string_view phase, std::size_t done, std::size_t of) {
                                     progress.show(phase, static_cast<double>(done), static_cast<double>(of), "");
                                   });
  progress.clear();
  return out;
}

json number(double x) { return core::is_finite(x) ? json(x) : json(nullptr); }

json to_json(const report::text_comparison& c) {
  json out{{"reference", c.reference_name},       {"candidate", c.candidate_name},
           {"part_tokens", c.part_tokens},        {"parts", c.parts},
           {"collapsing", c.collapsing()},        {"absent_words", c.absent_words},
           {"whole_documents", c.whole_documents}};
  for (std::size_t m = 0; m < c.measures.size(); ++m) {
    const report::measured_difference& d = c.measures[m];
    const report::comparison_measure& about = report::comparison_measures[m];
    out["measures"].push_back({{"name", about.key},
                               {"title", about.title},
                               {"sign", report::to_string_view(about.sign)},
                               {"reference", number(d.reference.value)},
                               {"reference_standard_error", number(d.reference.standard_error)},
                               {"candidate", number(d.candidate.value)},
                               {"candidate_standard_error", number(d.candidate.standard_error)},
                               {"noise_floor", number(d.noise_floor)},
                               {"relative_change", number(d.change)},
                               {"moved", d.moved == report::movement::none               ? "no"
                                         : d.moved == report::movement::towards_collapse ? "towards collapse"
                                                                                         : "away"}});
  }
  for (const report::sign_verdict& v : c.signs) {
    json sign{{"sign", report::to_string_view(v.sign)},
              {"shown", v.shown},
              {"measures", v.measures},
              {"towards", v.towards},
              {"away", v.away},
              {"sentence", v.sentence}};
    sign["evidence"] = json::array();
    for (const report::usage_shift& e : v.evidence)
      sign["evidence"].push_back({{"text", e.text},
                                  {"reference_count", e.reference_count},
                                  {"candidate_count", e.candidate_count},
                                  {"reference_per_million", number(e.reference_rate)},
                                  {"candidate_per_million", number(e.candidate_rate)},
                                  {"z", number(e.z)}});
    out["signs"].push_back(std::move(sign));
  }
  for (const report::topic_share& t : c.topics)
    out["topics"].push_back({{"words", t.words},
                             {"reference", number(t.reference.value)},
                             {"reference_standard_error", number(t.reference.standard_error)},
                             {"candidate", number(t.candidate.value)},
                             {"candidate_standard_error", number(t.candidate.standard_error)},
                             {"lost", t.lost}});
  return out;
}

json corpus_json(const report::corpus_sample& c) {
  return {{"name", c.name()},
          {"words", c.tokens()},
          {"sentences", c.sequences()},
          {"documents", c.documents()},
          {"sampled", c.sampled_tokens()}};
}

void print_comparison(const report::text_comparison& c, const palette& paint, std::size_t width) {
  std::cout << c.parts << " parts of " << report::grouped(c.part_tokens)
            << " words each, compared with the same base of " << report::grouped(c.base_tokens)
            << " words of the reference\n"
            << report::wrapped("", report::parts_text(c), width);
  const report::live_table table(
      {{"measure", 38}, {"reference", 13}, {"candidate", 13}, {"change", 9}, {"noise", 9}, {"", 14}},
      std::max<std::size_t>(width, 100));
  auto sign = report::collapse_sign::drift;
  bool first = true;
  for (std::size_t m = 0; m < c.measures.size(); ++m) {
    const report::comparison_measure& about = report::comparison_measures[m];
    if (first) std::cout << '\n' << table.header();
    if (first || about.sign != sign) {
      std::string title(report::to_string_view(about.sign));
      std::cout << paint.bold(title) << '\n';
    }
    first = false;
    sign = about.sign;
    const report::measured_difference& d = c.measures[m];
    const auto percent = [&](double x) {
      return core::is_finite(x) ? (x > 0 ? "+" : "") + report::fixed(100.0 * x, 1) + " %" : std::string("-");
    };
    const double floor = d.noise_floor / std::abs(d.reference.value);
    std::string what;
    if (d.moved != report::movement::none) {
      const bool up = d.candidate.value > d.reference.value;
      what = about.collapse == collapse_direction::either    ? (up ? "rises" : "falls")
             : about.sign == report::collapse_sign::drift    ? (up ? "farther" : "closer")
             : d.moved == report::movement::towards_collapse ? (up ? "rises" : "falls")
                                                             : (up ? "rises (good)" : "falls (good)");
    }
    std::string row = table.row({"  " + std::string(about.title), report::concise(d.reference, 2),
                                 report::concise(d.candidate, 2), percent(d.change),
                                 core::is_finite(floor) ? "+-" + report::fixed(100.0 * floor, 1) + " %" : "-", what});
    if (d.moved == report::movement::towards_collapse && about.sign != report::collapse_sign::drift) {
      const bool newline = row.ends_with('\n');
      if (newline) row.pop_back();
      row = paint.bad(row) + '\n';
    }
    std::cout << row;
  }
  std::cout << '\n' << paint.bold("The five signs of collapse") << '\n';
  for (const report::sign_verdict& v : c.signs) {
    const std::string mark = v.shown ? paint.bad("[!]") : paint.good("[ ]");
    std::string text = report::wrapped("", v.sentence, width - 4);
    for (std::size_t i = 0; (i = text.find('\n', i)) != std::string::npos && i + 1 < text.size();)
      text.replace(i, 1, "\n    "), i += 5;
    std::cout << mark << ' ' << text;
    if (!v.shown || v.evidence.empty()) continue;
    std::string line = std::string(report::evidence_title(v.sign)) + ": ";
    for (std::size_t i = 0; i < v.evidence.size(); ++i)
      line += (i == 0 ? "" : "; ") + report::evidence_text(v.sign, v.evidence[i]);
    std::string block = report::wrapped("", line, width - 6);
    block.pop_back();
    for (std::size_t i = 0; (i = block.find('\n', i)) != std::string::npos;) block.replace(i, 1, "\n      "), i += 7;
    std::cout << "      " << paint.soft(block) << '\n';
  }
  std::cout << '\n';
}

constexpr std::string_view legend =
    "66.12(43) means 66.12 with a standard error of 0.43, from the spread over parts. The noise column is the least "
    "change "
    "that is not chance, for all measures together. What this cannot see: meaning, facts, and order beyond a few "
    "words.";

void write_page(const comparison_settings& s, const std::vector<report::text_comparison>& all,
                const corpus_list& corpora) {
  if (s.output.html.empty()) return;
  std::vector<std::pair<std::string, std::string>> facts;
  for (const auto& c : corpora)
    facts.emplace_back(c->name(), report::grouped(c->tokens()) + " words, " + report::grouped(c->sequences()) +
                                      " sentences, " + report::grouped(c->documents()) + " documents; sampled " +
                                      report::grouped(c->sampled_tokens()) + " words");
  facts.emplace_back("parts", std::to_string(s.comparison.parts));
  facts.emplace_back("chance of a false difference",
                     core::to_text(100.0 * s.comparison.alpha) + " % for all measures of one comparison");
  facts.emplace_back("tolerance", core::to_text(100.0 * s.comparison.tolerance) + " % of the reference's value");
  facts.emplace_back("seed", std::to_string(s.sample.seed));
  std::ofstream out = open_output(s.output.html);
  out << report::comparison_page(all, facts);
  finish_output(out, s.output.html);
}

void note_beyond(const word_list& words, const comparison_settings& s) {
  if (words.beyond > 0 && !s.output.quiet)
    std::cerr << "tailwatch: more than " << report::grouped(s.input.max_types) << " different words; "
              << report::grouped(words.beyond) << " later occurrences count as one word (--max-types)\n";
}

int run_report(const comparison_settings& s) {
  progress_line progress(!s.output.quiet);
  word_list words;
  if (s.files[0] == "-" && s.files[1] == "-") throw input_error("standard input can be read once only");
  const corpus_list corpora = read_all(s, words, progress);
  note_beyond(words, s);
  const auto all = compare_all(s, *corpora[0], {corpora[1].get()}, words, progress);
  write_page(s, all, corpora);
  if (s.output.json && !s.output.quiet) {
    json out = to_json(all[0]);
    out["corpora"] = {corpus_json(*corpora[0]), corpus_json(*corpora[1])};
    std::cout << out.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
  } else if (!s.output.quiet) {
    const palette paint(s.output.colour);
    std::cout << "reference and candidate:\n";
    describe_sizes(*corpora[0]);
    describe_sizes(*corpora[1]);
    print_comparison(all[0], paint, terminal_width());
    std::cout << report::wrapped("", legend, terminal_width());
  }
  return all[0].collapsing() && !s.always_zero ? exit_found : exit_ok;
}

int run_compare(const comparison_settings& s) {
  progress_line progress(!s.output.quiet);
  word_list words;
  const corpus_list corpora = read_all(s, words, progress);
  note_beyond(words, s);
  if (corpora.size() < 2)
    throw input_error(s.input.group_field.empty()
                          ? "compare needs two files or more, or one file of JSON Lines with --by FIELD"
                          : s.files[0] + ": field '" + s.input.group_field + "' has one value only, '" +
                                corpora[0]->name() + "'");
  std::size_t reference = 0;
  if (!s.reference_group.empty()) {
    const auto at = std::ranges::find_if(corpora, [&](const auto& c) { return c->name() == s.reference_group; });
    if (at == corpora.end()) {
      std::string names;
      for (const auto& c : corpora) names += (names.empty() ? "" : ", ") + c->name();
      throw input_error("--reference " + s.reference_group + ": is none of the corpora (" + names + ")");
    }
    reference = static_cast<std::size_t>(at - corpora.begin());
  }
  std::vector<const report::corpus_sample*> candidates;
  for (std::size_t i = 0; i < corpora.size(); ++i)
    if (i != reference) candidates.push_back(corpora[i].get());
  const auto all = compare_all(s, *corpora[reference], candidates, words, progress);
  write_page(s, all, corpora);
  const bool found = std::ranges::any_of(all, [](const report::text_comparison& c) { return c.collapsing(); });
  if (s.output.json && !s.output.quiet) {
    json out{{"reference", corpora[reference]->name()}};
    for (const auto& c : corpora) out["corpora"].push_back(corpus_json(*c));
    for (const auto& c : all) out["comparisons"].push_back(to_json(c));
    std::cout << out.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
  } else if (!s.output.quiet) {
    const palette paint(s.output.colour);
    const std::size_t width = terminal_width();
    std::cout << "reference: " << corpora[reference]->name() << '\n';
    for (const auto& c : corpora) describe_sizes(*c);
    std::cout << s.comparison.parts << " parts of " << report::grouped(all[0].part_tokens) << " words each\n\n";
    std::vector<report::live_table::column> columns{{"measure", 38}, {"reference", 13}};
    std::cout << "change against the reference; * beyond noise and tolerance, ! towards collapse\n";
    for (std::size_t i = 0; i < all.size(); ++i) {
      std::cout << "  (" << i + 1 << ") " << all[i].candidate_name << '\n';
      columns.push_back({"(" + std::to_string(i + 1) + ")", 10});
    }
    const report::live_table table(columns, std::max<std::size_t>(width, 80));
    std::cout << '\n' << table.header();
    for (std::size_t m = 0; m < report::comparison_measures.size(); ++m) {
      std::vector<std::string> row{std::string(report::comparison_measures[m].title),
                                   report::concise(all[0].measures[m].reference, 2)};
      bool bad = false;
      for (const auto& c : all) {
        const report::measured_difference& d = c.measures[m];
        const bool drift = report::comparison_measures[m].sign == report::collapse_sign::drift;
        std::string cell = core::is_finite(d.change)
                               ? (d.change > 0 ? "+" : "") + report::fixed(100.0 * d.change, 1) + "%"
                               : report::significant(d.candidate.value);
        const bool worse = d.moved == report::movement::towards_collapse && !drift;
        cell += d.moved == report::movement::none ? "  " : worse ? " !" : " *";
        bad = bad || worse;
        row.push_back(cell);
      }
      std::string line = table.row(row);
      if (bad) {
        line.pop_back();
        line = paint.bad(line) + '\n';
      }
      std::cout << line;
    }
    for (const auto& c : all) {
      std::cout << '\n' << paint.bold(c.candidate_name) << '\n';
      for (const report::sign_verdict& v : c.signs)
        std::cout << (v.shown ? paint.bad("[!] ") : paint.good("[ ] ")) << report::wrapped("", v.sentence, width - 4);
    }
    std::cout << '\n' << report::wrapped("", legend, width);
  }
  return found && !s.always_zero ? exit_found : exit_ok;
}

}  // namespace

void add_report(CLI::App& app, subcommand_run& run) {
  const auto s = std::make_shared<comparison_settings>();
  CLI::App* c = app.add_subcommand("report", "a generated text beside a reference text: every measure, five verdicts");
  s->files.resize(2);
  c->add_option("REFERENCE", s->files[0], "human text, or the text of an earlier model; - for standard input")
      ->required();
  c->add_option("CANDIDATE", s->files[1], "the text to judge")->required();
  add_common(*c, *s);
  c->callback([s, &run] { run = [s] { return run_report(*s); }; });
}

void add_compare(CLI::App& app, subcommand_run& run) {
  const auto s = std::make_shared<comparison_settings>();
  CLI::App* c = app.add_subcommand("compare", "several corpora, or the tiers of one, beside the first");
  c->add_option("FILES", s->files, "corpora; the first is the reference")->required();
  c->add_option("--by", s->input.group_field, "JSONL: deal the documents to corpora by this field (source, tier, ...)");
  c->add_option("--reference", s->reference_group, "name of the corpus or group that the others are compared with");
  add_common(*c, *s);
  c->callback([s, &run] { run = [s] { return run_compare(*s); }; });
}

}  // namespace tailwatch::tools
