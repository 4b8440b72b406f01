// SPDX-License-Identifier: BSL-1.0
//
// Does the monitor alarm before the held-out perplexity says so? Recursion of trigram models on text.
//
//   early_warning [seeds [generations [corpus.txt ...]]]      10 seeds, 10 generations after generation 0; three corpora
//
// Clock of one generation: fit g, evaluate g (held-out perplexity, in blocks), sample g, judge the text of g (in as many blocks). The
// text is judged before anything is trained on it. Alarms are against generation 0: eight re-fits on other human text are the
// baseline of the monitor and of its rival, the perplexity detector, which watches the held-out perplexity block by block at the
// same α, α_base, tolerance and baseline rule. Settings are the main job's (report::text_judge_options).
//
// Collapse, for the tables: held-out perplexity above 1.2 times that of generation 0, after the alarm where there is one.
#include <algorithm>
#include <array>
#include <boost/math/distributions/beta.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "study/source_text.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/blocks.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/text_signals.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/recursion/ngram.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/report/corpus_split.hpp"
#include "tailwatch/report/text_judge.hpp"
#include "tailwatch/report/text_measures.hpp"

namespace {

using namespace tailwatch;

constexpr std::size_t signal_count = monitor::text_signal_table.size() + 1;
constexpr std::size_t parts = 8;
const report::text_judge_options settings;

std::string signal_name(std::size_t i) {
  return i < monitor::text_signal_table.size() ? std::string(monitor::text_signal_table[i].name) : "surprise";
}

using column_parts = std::vector<std::vector<double>>;             // [part][block] of one signal
using block_rows = std::vector<std::array<double, signal_count>>;  // [block][signal]

monitor::signal make_signal(std::size_t i, const std::vector<block_rows>& baseline, monitor::part_model model,
                            std::uint64_t judged) {
  monitor::signal s;
  const bool of_text = i < monitor::text_signal_table.size();
  s.name = signal_name(i);
  s.role = of_text ? monitor::text_signal_table[i].role : monitor::signal_role::surprise;
  s.direction = of_text ? monitor::text_signal_table[i].direction : collapse_direction::either;
  s.relative_tolerance = settings.relative_tolerance;
  column_parts columns;
  for (const block_rows& part : baseline) {
    std::vector<double>& column = columns.emplace_back();
    for (const auto& row : part) column.push_back(row[i]);
  }
  s.baselines.push_back({"baseline", monitor::baseline(columns, {.parts = model, .further_parts = judged})});
  return s;
}

/// The main job's prior over change times, and one with half its mass on the first blocks of generations.
constexpr std::array<double, 2> shares{0.0, 0.5};

monitor::collapse_monitor make_monitor(std::vector<monitor::signal> signals, std::size_t blocks, double share = 0.0) {
  monitor::collapse_monitor_options o;
  o.alpha = settings.alpha;
  o.alpha_base = settings.alpha_base;
  o.max_blocks_per_step = blocks + 1;
  o.generation_share = share;
  return monitor::collapse_monitor(std::move(signals), o);
}

/// When a monitor first alarmed, in blocks of the run; text blocks come after the perplexity blocks of their generation.
struct alarm_time {
  std::size_t generation = 0, block = 0;
  monitor::collapse_kind kind = monitor::collapse_kind::unclassified;
  std::string signal;
};

class watcher {
 public:
  explicit watcher(monitor::collapse_monitor m) : monitor_(std::move(m)) {}
  template <class Observe>
  void step(std::size_t generation, const Observe& observe) {
    observe(monitor_);
    for (const monitor::alert& a : monitor_.on_step_end(generation))
      if (!first) {
        first = alarm_time{generation, static_cast<std::size_t>(a.block), a.kind, std::string(a.signal)};
      }
    if (first && first->generation == generation) first->kind = monitor_.kind("baseline");
    monitor_.on_generation_end();
  }
  std::optional<alarm_time> first;

 private:
  monitor::collapse_monitor monitor_;
};

struct regime_settings {
  const char* name;
  perplexity::sampler_options sampling;
  recursion::regime regime;
  double real_fraction;
};

struct outcome {
  std::string corpus;
  std::size_t regime = 0;
  std::size_t tokens = 0, block_tokens = 0, blocks = 0;
  std::vector<double> perplexity;  // of each generation, held out
  std::optional<alarm_time> monitor, human;
  std::array<std::optional<alarm_time>, 2> by_share, perplexity_detector;
  std::array<std::optional<alarm_time>, signal_count> single;

  [[nodiscard]] bool rose_after(std::size_t generation) const {
    for (std::size_t g = generation + 1; g < perplexity.size(); ++g)
      if (perplexity[g] > 1.2 * perplexity[0]) return true;
    return false;
  }
  [[nodiscard]] bool rose() const { return rose_after(0); }
};

std::string clopper_pearson(std::size_t k, std::size_t n) {
  if (n == 0) return "–";
  const auto x = static_cast<double>(k), size = static_cast<double>(n);
  const double low = k == 0 ? 0.0 : boost::math::quantile(boost::math::beta_distribution<>(x, size - x + 1.0), 0.025);
  const double high = k == n ? 1.0 : boost::math::quantile(boost::math::beta_distribution<>(x + 1.0, size - x), 0.975);
  char text[80];
  std::snprintf(text, sizeof text, "%zu of %zu (%.2f–%.2f)", k, n, low, high);
  return text;
}

double median(std::vector<double> x) {
  if (x.empty()) return core::nan;
  std::ranges::sort(x);
  return x.size() % 2 == 1 ? x[x.size() / 2] : 0.5 * (x[x.size() / 2 - 1] + x[x.size() / 2]);
}

/// Blocks from the run's first to the alarm, in half-generations: evaluation before judgement.
double clock_of(const alarm_time& a, bool evaluated, std::size_t blocks) {
  return static_cast<double>(a.generation) + (evaluated ? 0.0 : 0.5) +
         0.5 * static_cast<double>(a.block + 1) / static_cast<double>(blocks);
}

std::vector<outcome> run_corpus(const study::source_text& source, const std::string& name, std::uint64_t seed,
                                std::size_t generations, const std::vector<regime_settings>& regimes) {
  const std::size_t judged = generations + 1;
  const report::corpus_split split =
      report::split_corpus(source.corpus, {.tokens = 0,
                                           .baseline_parts = parts,
                                           .fresh_parts = 0.5 * static_cast<double>(generations),
                                           .seed = 9000 + seed});
  const std::size_t block_tokens = std::clamp<std::size_t>(split.tokens / 50, 100, 2000);
  const std::size_t blocks = split.tokens / block_tokens;
  const perplexity::kneser_ney_options fitting{.order = 3, .vocab_pad = source.words.size() + 2};
  const recursion::ngram_model plain{fitting, {}};
  const perplexity::kneser_ney scorer = plain.fit(split.reference);
  const monitor::text_reference reference(split.reference, source.words.size(), {.rare_count = settings.rare_count});

  std::uint64_t cuts = 0;
  const auto values = [&](const core::token_sequences& text) {
    core::random_engine random(core::split_seed(seed, 0x626c6b00 + cuts++));
    monitor::text_signals signals(reference);
    block_rows rows;
    for (const auto& block :
         monitor::cut_blocks(report::first_tokens(text, split.tokens), block_tokens, random).blocks) {
      const monitor::text_values v = signals.values(block);
      auto& row = rows.emplace_back();
      std::ranges::copy(v, row.begin());
      const auto score = scorer.score(block);
      row.back() = -score.log_likelihood() / static_cast<double>(score.tokens());
    }
    return rows;
  };
  // The held-out text, cut once: every model is evaluated on the same blocks.
  core::random_engine cut(core::split_seed(seed, 0x70706c));
  const auto held_out =
      monitor::cut_blocks(report::first_tokens(split.reference, split.tokens), block_tokens, cut).blocks;
  const auto perplexities = [&](const perplexity::kneser_ney& model) {
    std::vector<double> x;
    for (const auto& block : held_out) x.push_back(model.score(block).perplexity().value);
    return x;
  };

  std::vector<perplexity::kneser_ney> refits;
  std::vector<block_rows> human;
  column_parts perplexity_parts;
  for (const auto& part : split.baseline) {
    refits.push_back(plain.fit(part));
    human.push_back(values(part));
    perplexity_parts.push_back(perplexities(refits.back()));
  }
  std::map<std::pair<double, double>, std::vector<block_rows>> refitted;  // by top-p and temperature
  std::vector<outcome> outcomes;
  for (std::size_t r = 0; r < regimes.size(); ++r) {
    const recursion::ngram_model family{fitting, regimes[r].sampling};
    auto& baseline = refitted[{regimes[r].sampling.top_p, regimes[r].sampling.temperature}];
    if (baseline.empty()) {
      for (std::size_t i = 0; i < refits.size(); ++i) {
        core::random_engine random(core::split_seed(seed, 0x8000 + i));
        baseline.push_back(values(family.sample(refits[i], split.tokens, random)));
      }
    }
    std::vector<monitor::signal> against_generation_0, against_human;
    std::vector<watcher> single;
    for (std::size_t i = 0; i < signal_count; ++i) {
      against_generation_0.push_back(make_signal(i, baseline, monitor::part_model::draws, judged));
      against_human.push_back(make_signal(i, human, monitor::part_model::random_split, judged));
      single.emplace_back(make_monitor({against_generation_0.back()}, blocks));
    }
    std::vector<watcher> watch, watch_perplexity;
    for (const double share : shares) watch.emplace_back(make_monitor(against_generation_0, blocks, share));
    watcher watch_human(make_monitor(std::move(against_human), blocks));
    monitor::signal rival;
    rival.name = "held-out perplexity";
    rival.direction = collapse_direction::rises;  // the side it collapses to: it need not share α with the other
    rival.relative_tolerance = settings.relative_tolerance;
    rival.baselines.push_back({"baseline", monitor::baseline(perplexity_parts, {.parts = monitor::part_model::draws,
                                                                                .further_parts = judged})});
    for (const double share : shares) watch_perplexity.emplace_back(make_monitor({rival}, blocks, share));

    outcome o;
    o.corpus = name;
    o.regime = r;
    o.tokens = split.tokens;
    o.block_tokens = block_tokens;
    o.blocks = blocks;
    const auto observe = [&](const auto& generation) {
      const auto g = static_cast<std::size_t>(generation.index);
      const std::vector<double> evaluated = perplexities(generation.model);
      for (watcher& w : watch_perplexity)
        w.step(g, [&](monitor::collapse_monitor& m) {
          for (const double x : evaluated) m.observe(std::size_t{0}, x);
        });
      o.perplexity.push_back(generation.model.score(split.reference).perplexity().value);
      const block_rows rows = values(generation.sample);
      const auto all = [&](monitor::collapse_monitor& m) {
        for (const auto& row : rows)
          for (std::size_t i = 0; i < signal_count; ++i) m.observe(i, row[i]);
      };
      for (watcher& w : watch) w.step(g, all);
      watch_human.step(g, all);
      for (std::size_t i = 0; i < signal_count; ++i)
        single[i].step(g, [&](monitor::collapse_monitor& m) {
          for (const auto& row : rows) m.observe(std::size_t{0}, row[i]);
        });
    };
    recursion::run_options options;
    options.regime = regimes[r].regime;
    options.generations = judged;
    options.sample_size = split.tokens;
    core::random_engine random(core::split_seed(seed, 0x67656e));
    if (regimes[r].regime == recursion::regime::mix) {
      options.real_fraction = regimes[r].real_fraction;
      recursion::real_reserve<core::token_sequences> reserve(split.fresh);
      recursion::run(split.train, family, options, random, observe, reserve);
    } else {
      recursion::run(split.train, family, options, random, observe);
    }
    o.monitor = watch.front().first;
    o.human = watch_human.first;
    for (std::size_t v = 0; v < shares.size(); ++v) {
      o.by_share[v] = watch[v].first;
      o.perplexity_detector[v] = watch_perplexity[v].first;
    }
    for (std::size_t i = 0; i < signal_count; ++i) o.single[i] = single[i].first;
    outcomes.push_back(std::move(o));
  }
  return outcomes;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10;
  const std::size_t generations = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10;
  std::vector<std::string> files;
  for (int i = 3; i < argc; ++i) files.emplace_back(argv[i]);
  const char* reference = std::getenv("TAILWATCH_REFERENCE_DIR");
  if (files.empty() && reference != nullptr)
    for (const char* name : {"kjv_verses", "tinyshakespeare", "alice"})
      files.push_back(std::string(reference) + "/data/" + name + ".txt");
  if (files.empty()) {
    std::fprintf(stderr, "set TAILWATCH_REFERENCE_DIR or name the corpora\n");
    return 77;
  }
  const std::vector<regime_settings> regimes{
      {"pure sampling", {}, recursion::regime::replace, 0.0},
      {"top-p 0.95", {.top_p = 0.95}, recursion::regime::replace, 0.0},
      {"temperature 0.9", {.temperature = 0.9}, recursion::regime::replace, 0.0},
      {"half human", {}, recursion::regime::mix, 0.5},
      {"accumulate", {}, recursion::regime::accumulate, 0.0},
  };
  std::vector<outcome> all;
  std::vector<std::string> corpora;
  for (const std::string& file : files) {
    const auto source = study::read_source(file.c_str());
    if (!source) return 2;
    std::string name = file.substr(file.find_last_of('/') + 1);
    name = name.substr(0, name.find('.'));
    corpora.push_back(name);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed)
      for (outcome& o : run_corpus(*source, name, seed, generations, regimes)) all.push_back(std::move(o));
    const outcome& last = all.back();
    std::printf("%s: %zu tokens, %zu a generation, %zu blocks of %zu\n", name.c_str(), source->corpus.token_count(),
                last.tokens, last.blocks, last.block_tokens);
    std::fflush(stdout);
  }
  const auto of = [&](std::size_t regime, const std::string& corpus) {
    std::vector<const outcome*> list;
    for (const outcome& o : all)
      if (o.regime == regime && (corpus.empty() || o.corpus == corpus)) list.push_back(&o);
    return list;
  };

  std::printf(
      "\n| sampling | corpus | alarm, rose later | alarm, did not | none, rose | none, did not | alarm where it rose | "
      "rose where alarm | final perplexity/first, median |\n");
  std::printf("|---|---|---|---|---|---|---|---|---|\n");
  std::vector<std::string> rows = corpora;
  rows.emplace_back();
  for (std::size_t r = 0; r < regimes.size(); ++r)
    for (const std::string& corpus : rows) {
      std::size_t hit = 0, early = 0, missed = 0, quiet = 0;
      std::vector<double> ratio;
      for (const outcome* o : of(r, corpus)) {
        const bool later = o->monitor ? o->rose_after(o->monitor->generation) : o->rose();
        (o->monitor ? (later ? hit : early) : (later ? missed : quiet)) += 1;
        ratio.push_back(o->perplexity.back() / o->perplexity.front());
      }
      std::printf("| %s | %s | %zu | %zu | %zu | %zu | %s | %s | %.2f |\n", regimes[r].name,
                  corpus.empty() ? "all" : corpus.c_str(), hit, early, missed, quiet,
                  clopper_pearson(hit, hit + missed).c_str(), clopper_pearson(hit, hit + early).c_str(), median(ratio));
    }

  std::printf(
      "\n| sampling | corpus | first alarm on the text of generation 0, 1, 2, 3, 4, 5, 6 and later, never | against "
      "human text on generation 0 | tokens to the alarm, median | kinds |\n|---|---|---|---|---|---|\n");
  for (std::size_t r = 0; r < regimes.size(); ++r)
    for (const std::string& corpus : corpora) {
      std::array<std::size_t, 8> at{};
      std::size_t human = 0;
      std::vector<double> tokens;
      std::map<std::string, std::size_t> kinds;
      const auto list = of(r, corpus);
      for (const outcome* o : list) {
        ++at[o->monitor ? std::min<std::size_t>(6, o->monitor->generation) : 7];
        human += o->human && o->human->generation == 0 ? 1U : 0U;
        if (!o->monitor) continue;
        tokens.push_back(
            static_cast<double>((o->monitor->generation * o->blocks + o->monitor->block + 1) * o->block_tokens));
        ++kinds[std::string(monitor::to_string(o->monitor->kind))];
      }
      std::printf("| %s | %s |", regimes[r].name, corpus.c_str());
      for (const std::size_t n : at) std::printf(" %zu", n);
      std::printf(" | %zu of %zu | %.0f |", human, list.size(), median(tokens));
      for (const auto& [kind, n] : kinds) std::printf(" %s %zu", kind.c_str(), n);
      std::printf(" |\n");
    }

  std::printf("\n| tokens to the alarm of each signal alone, median over the runs that alarm (runs) |");
  for (const auto& regime : regimes) std::printf(" %s |", regime.name);
  std::printf("\n|---|---|---|---|---|---|\n");
  for (std::size_t i = 0; i < signal_count; ++i) {
    std::printf("| %s |", signal_name(i).c_str());
    for (std::size_t r = 0; r < regimes.size(); ++r) {
      for (const std::string& corpus : corpora) {
        std::vector<double> tokens;
        for (const outcome* o : of(r, corpus))
          if (o->single[i])
            tokens.push_back(static_cast<double>((o->single[i]->generation * o->blocks + o->single[i]->block + 1) *
                                                 o->block_tokens));
        if (tokens.empty()) {
          std::printf(" –");
        } else {
          std::printf(" %.0f (%zu)", median(tokens), tokens.size());
        }
        std::printf(corpus == corpora.back() ? " |" : " /");
      }
    }
    std::printf("\n");
  }

  for (std::size_t v = 0; v < shares.size(); ++v) {
    std::printf(
        "\nAgainst the perplexity detector, both with %.1f of the prior on the first blocks of generations; in "
        "generations\n",
        shares[v]);
    std::printf("(clock: evaluation of g before judgement of g's text):\n\n");
    std::printf(
        "| sampling | corpus | alarm on the text of generation, median | both | monitor alone | detector alone | "
        "neither | monitor first, tie, detector first | detector − monitor: median, 10 %%, 90 %% | with the alarm "
        "against human text |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (std::size_t r = 0; r < regimes.size(); ++r)
      for (const std::string& corpus : rows) {
        std::size_t both = 0, alone = 0, rival = 0, neither = 0, first = 0, tie = 0, second = 0, ahead = 0, behind = 0;
        std::vector<double> difference, when;
        for (const outcome* o : of(r, corpus)) {
          const auto& mine = o->by_share[v];
          const auto& theirs = o->perplexity_detector[v];
          if (mine) when.push_back(static_cast<double>(mine->generation));
          if (mine && theirs) {
            ++both;
            const double d = clock_of(*theirs, true, o->blocks) - clock_of(*mine, false, o->blocks);
            difference.push_back(d);
            (d > 0.0 ? first : d < 0.0 ? second : tie) += 1;
          } else {
            (mine ? alone : theirs ? rival : neither) += 1;
          }
          if (theirs) {
            double earliest = 1e9;
            if (mine) earliest = clock_of(*mine, false, o->blocks);
            if (o->human) earliest = std::min(earliest, clock_of(*o->human, false, o->blocks));
            (earliest < clock_of(*theirs, true, o->blocks) ? ahead : behind) += 1;
          }
        }
        std::ranges::sort(difference);
        std::printf("| %s | %s | %.1f | %zu | %zu | %zu | %zu | %zu, %zu, %zu |", regimes[r].name,
                    corpus.empty() ? "all" : corpus.c_str(), median(when), both, alone, rival, neither, first, tie,
                    second);
        if (difference.empty()) {
          std::printf(" – |");
        } else {
          std::printf(" %.2f, %.2f, %.2f |", median(difference), difference[difference.size() / 10],
                      difference[difference.size() * 9 / 10]);
        }
        std::printf(" first %zu, not %zu |\n", ahead, behind);
      }
  }
  return 0;
}
