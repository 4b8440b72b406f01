// SPDX-License-Identifier: BSL-1.0
//
// How often does `tailwatch report` show a sign that is not there, and does it show the ones that are?
//
//   report_verdicts [corpus.txt [runs]]
//
// A corpus is cut into documents of neighbouring sentences and split at random: two thirds reference, one third candidate.
//
// False signs: both come from one source, so whatever is shown is false. Documents of 1, 10 and 50 sentences.
// True signs: the candidate is spoiled in a known way, one for each sign, and that sign has to be shown.
//
// Fails where false signs exceed the 99.9 % quantile of Binomial(runs, α), or a planted sign is shown in less than nine of
// ten runs; but for one and three topics of 24, which are recorded alone: so small a loss is not seen reliably in this much
// text.
#include <algorithm>
#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "study/source_text.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/perplexity/kneser_ney_sampler.hpp"
#include "tailwatch/report/corpus_sample.hpp"
#include "tailwatch/report/text_comparison.hpp"

namespace {

using namespace tailwatch;

using document = std::vector<std::uint32_t>;  // sentences of the corpus

std::vector<document> documents_of(std::size_t sentences, std::size_t length) {
  std::vector<document> out;
  for (std::size_t i = 0; i < sentences; ++i) {
    if (i % length == 0) out.emplace_back();
    out.back().push_back(static_cast<std::uint32_t>(i));
  }
  return out;
}

void add(report::corpus_sample& into, const core::token_sequences& corpus, const document& sentences) {
  for (const std::uint32_t i : sentences) into.add_sequence(corpus[i]);
  into.end_document();
}

struct tally {
  std::size_t runs = 0, any = 0;
  std::array<std::size_t, report::collapse_sign_count> signs{};

  void add(const report::text_comparison& c) {
    ++runs;
    any += c.collapsing() ? 1 : 0;
    for (std::size_t s = 0; s < signs.size(); ++s) signs[s] += c.signs[s].shown ? 1 : 0;
  }
  void print(std::string_view title) const {
    std::printf("| %s | %zu | %zu |", std::string(title).c_str(), runs, any);
    for (const std::size_t s : signs) std::printf(" %zu |", s);
    std::printf("\n");
    std::fflush(stdout);
  }
};

report::text_comparison compare(const report::corpus_sample& reference, const report::corpus_sample& candidate,
                                const text::vocabulary& words, std::uint64_t seed) {
  const report::corpus_sample* candidates[] = {&candidate};
  return report::compare_texts(reference, candidates, words, {.seed = seed}).front();
}

}  // namespace

int main(int argc, char** argv) {
  const auto source = study::read_source(argc > 1 ? argv[1] : nullptr);
  if (!source) return 2;
  const std::size_t runs = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 200;
  const std::size_t spoiled_runs = std::max<std::size_t>(10, runs / 10);
  const core::token_sequences& corpus = source->corpus;
  std::printf("%s: %zu words, %zu sentences\n\n", source->name.c_str(), corpus.token_count(), corpus.size());
  std::printf("| candidate | runs | any sign |");
  for (std::size_t s = 0; s < report::collapse_sign_count; ++s)
    std::printf(" %s |", std::string(report::to_string_view(static_cast<report::collapse_sign>(s))).c_str());
  std::printf("\n|---|---|---|---|---|---|---|---|\n");

  bool right = true;
  const double quantile =
      boost::math::quantile(boost::math::binomial_distribution<double>(static_cast<double>(runs), 0.05), 0.999);

  // --- false signs ---
  for (const std::size_t length : {std::size_t{1}, std::size_t{10}, std::size_t{50}}) {
    tally counts;
    for (std::uint64_t run = 0; run < runs; ++run) {
      std::vector<document> all = documents_of(corpus.size(), length);
      core::random_engine random(core::split_seed(1000 + length, run));
      core::shuffle(all, random);
      report::corpus_sample reference("reference", {.seed = core::split_seed(run, 1)});
      report::corpus_sample candidate("candidate", {.seed = core::split_seed(run, 2)});
      for (std::size_t i = 0; i < all.size(); ++i) add(3 * i < 2 * all.size() ? reference : candidate, corpus, all[i]);
      counts.add(compare(reference, candidate, source->words, run));
    }
    counts.print("the same source, documents of " + std::to_string(length) +
                 (length == 1 ? " sentence" : " sentences"));
    right = right && static_cast<double>(counts.any) <= quantile;
  }

  // --- true signs ---
  struct spoiling {
    const char* title;
    report::collapse_sign sign;
    bool required = true;
  };
  const spoiling cases[] = {
      {"trigram model, top-p 0.9", report::collapse_sign::diversity_falling},
      {"a third of the sentences from trigram top-p 0.9", report::collapse_sign::common_phrases_over_represented},
      {"words seen once or twice in the reference left out", report::collapse_sign::edge_cases_missing},
      {"one document of twenty again, a word changed", report::collapse_sign::sameness_rising},
      {"no document on one topic of 24", report::collapse_sign::rare_topics_unreachable, false},
      {"no document on three topics of 24", report::collapse_sign::rare_topics_unreachable, false},
      {"documents on a quarter of the topics alone", report::collapse_sign::rare_topics_unreachable},
  };
  for (std::size_t which = 0; which < std::size(cases); ++which) {
    tally counts;
    for (std::uint64_t run = 0; run < spoiled_runs; ++run) {
      std::vector<document> all = documents_of(corpus.size(), 10);
      core::random_engine random(core::split_seed(2000 + which, run));
      core::shuffle(all, random);
      report::corpus_sample reference("reference", {.seed = core::split_seed(run, 1)});
      report::corpus_sample candidate("candidate", {.seed = core::split_seed(run, 2)});
      const std::size_t cut = 2 * all.size() / 3;
      for (std::size_t i = 0; i < cut; ++i) add(reference, corpus, all[i]);
      const std::vector<document> theirs(all.begin() + static_cast<std::ptrdiff_t>(cut), all.end());

      core::token_sequences training;
      for (std::size_t i = 0; i < cut && which <= 1; ++i)
        for (const std::uint32_t s : all[i]) training.push_back(corpus[s]);
      if (which <= 1) {
        const perplexity::kneser_ney model(training, {.order = 3, .vocab_pad = source->words.size() + 2});
        perplexity::kneser_ney_sampler sampler(model, {.top_p = 0.9});
        std::size_t tokens = 0;
        for (const document& d : theirs)
          for (const std::uint32_t s : d) tokens += corpus[s].size();
        const core::token_sequences generated = sampler.generate(tokens, random);
        std::size_t next = 0;
        for (const document& d : theirs) {
          for (std::size_t i = 0; i < d.size(); ++i) {
            const bool machine = which == 0 || core::uniform_below(random, 3) == 0;
            if (machine && next < generated.size())
              candidate.add_sequence(generated[next++]);
            else if (!machine)
              candidate.add_sequence(corpus[d[i]]);
          }
          candidate.end_document();
        }
      } else if (which == 2) {
        const auto& there = reference.counts();
        for (const document& d : theirs) {
          for (const std::uint32_t s : d) {
            std::vector<std::uint32_t> kept;
            for (const std::uint32_t id : corpus[s])
              if (id < there.size() && there[id] > 2) kept.push_back(id);
            candidate.add_sequence(kept);
          }
          candidate.end_document();
        }
      } else if (which == 3) {
        for (const document& d : theirs) {
          add(candidate, corpus, d);
          if (core::uniform_below(random, 20) != 0) continue;
          for (const std::uint32_t s : d) {
            std::vector<std::uint32_t> again(corpus[s].begin(), corpus[s].end());
            if (s == d[d.size() / 2]) again[core::uniform_below(random, again.size())] = again.front();
            candidate.add_sequence(again);
          }
          candidate.end_document();
        }
      } else {
        // Topics of the whole corpus, found apart from what the report finds.
        report::passage_list passages;
        for (const document& d : all) {
          core::token_sequences p;
          for (const std::uint32_t s : d) p.push_back(corpus[s]);
          passages.push_back(std::move(p));
        }
        const report::topic_space topics(passages, source->words.size(),
                                         {.dimension = 20, .most_topics = 24, .seed = core::split_seed(77, run)});
        const auto points = topics.points(passages);
        const std::size_t d = topics.dimension();
        const std::size_t lost = core::uniform_below(random, topics.topics());
        for (std::size_t i = cut; i < all.size(); ++i) {
          const std::size_t on = topics.topic_of(std::span(points).subspan(i * d, d));
          const std::size_t beyond = (on + topics.topics() - lost) % topics.topics();
          const bool keep = which == 4 ? beyond >= 1 : which == 5 ? beyond >= 3 : beyond < topics.topics() / 4;
          if (keep) add(candidate, corpus, all[i]);
        }
      }
      counts.add(compare(reference, candidate, source->words, run));
    }
    counts.print(cases[which].title);
    const std::size_t seen = counts.signs[static_cast<std::size_t>(cases[which].sign)];
    right = right && (!cases[which].required || 10 * seen >= 9 * counts.runs);
  }
  std::printf("\nfalse signs allowed: %.0f of %zu; every planted sign in nine of ten runs: %s\n", quantile, runs,
              right ? "yes" : "NO");
  return right ? 0 : 1;
}
