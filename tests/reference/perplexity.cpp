// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/perplexity.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reference_case.hpp"
#include "tailwatch/core/token_sequences.hpp"

namespace tailwatch::reference {

namespace {

struct fitted {
  perplexity::kneser_ney model;
  perplexity::text_score score;
  std::uint64_t bytes = 0;  // of the test sentences: tokens joined by one space, one newline each
};

/// The model of a case and its score on the case's test sentences; kept, because ten metrics ask for the same one.
const fitted& fitted_model(const reference_case& c) {
  if (c.text("test") != "index_mod_10_equals_9") throw unsupported("test " + c.text("test"));
  const std::string sentences = c.text("sentences");
  if (sentences != "lines" && sentences != "punctuation") throw unsupported("sentences " + sentences);
  perplexity::kneser_ney_options options;
  options.order = static_cast<std::size_t>(c.param("order"));
  const bool interpolated = c.param_flag("interpolate_unigrams", true);
  if (!interpolated) options.unknown_words = perplexity::unknown_words::unigram_discount;
  options.vocab_pad = static_cast<std::uint64_t>(c.param("vocab_pad", 0.0));
  if (c.has_param("prune"))
    for (const double threshold : c.param_numbers("prune"))
      options.prune.push_back(static_cast<std::uint64_t>(threshold));

  std::string key = c.selection().file + ' ' + sentences;
  for (const auto n :
       {static_cast<std::uint64_t>(options.order), std::uint64_t{interpolated}, options.vocab_pad})
    key += ' ' + std::to_string(n);
  for (const auto n : options.prune) key += " p" + std::to_string(n);
  static std::map<std::string, std::unique_ptr<fitted>> cache;
  auto& entry = cache[key];
  if (entry == nullptr) {
    word_ids ids;
    token_sequences training;
    token_sequences test;
    std::uint64_t bytes = 0;
    std::size_t index = 0;
    for (const auto& words : sentences == "lines" ? c.selection().line_words() : c.selection().sentences()) {
      if (words.empty()) continue;
      const bool is_test = index++ % 10 == 9;
      (is_test ? test : training).push_back(ids.ids(words));
      if (is_test)
        for (const auto& word : words) bytes += word.size() + 1;
    }
    perplexity::kneser_ney model(training, options);
    auto score = model.score(test);
    entry = std::make_unique<fitted>(fitted{std::move(model), std::move(score), bytes});
  }
  return *entry;
}

template <class Of>
metric_function of_model(Of of) {
  return [of](const reference_case& c) { return std::vector<double>{static_cast<double>(of(fitted_model(c)))}; };
}

template <class PerOrder>
metric_function of_orders(PerOrder per_order) {
  return [per_order](const reference_case& c) {
    const auto& model = fitted_model(c).model;
    std::vector<double> all;
    for (std::size_t n = 1; n <= model.order(); ++n)
      for (const auto x : per_order(model, n)) all.push_back(static_cast<double>(x));
    return all;
  };
}

std::vector<double> single_discount(const reference_case& c) {
  perplexity::smoothed_ngram_options options;
  options.order = static_cast<std::size_t>(c.param("order"));
  options.discount = c.param("discount", 0.75);
  options.unknown_cutoff = static_cast<std::uint64_t>(c.param("unknown_cutoff"));
  options.vocabulary_size = static_cast<std::uint64_t>(c.param("vocabulary_size", 0.0));
  const std::string method = c.param_text("smoothing");
  const std::map<std::string, perplexity::smoothing> methods{
      {"laplace", perplexity::smoothing::laplace},
      {"witten_bell", perplexity::smoothing::witten_bell},
      {"absolute_discounting", perplexity::smoothing::absolute_discounting},
      {"kneser_ney_interpolated", perplexity::smoothing::kneser_ney_interpolated}};
  if (!methods.contains(method)) throw unsupported("smoothing " + method);
  options.method = methods.at(method);
  word_ids ids;
  std::vector<std::vector<std::uint32_t>> lines;
  for (const auto& words : c.selection().line_words())
    if (!words.empty()) lines.push_back(ids.ids(words));
  const auto test_lines = static_cast<std::size_t>(c.param("test_lines"));
  token_sequences training;
  token_sequences test;
  for (std::size_t i = 0; i < lines.size(); ++i) (i + test_lines < lines.size() ? training : test).push_back(lines[i]);
  return {perplexity::perplexity_ngram(training, test, options).value};
}

struct matrix {
  std::vector<double> values;
  std::size_t rows = 0, columns = 0;
  [[nodiscard]] core::rows_view<double> view() const { return {values.data(), rows, columns}; }
};
matrix matrix_of(const reference_case& c, const char* input) {
  matrix m;
  for (const auto& row : c.points(input)) {
    m.values.insert(m.values.end(), row.begin(), row.end());
    m.columns = row.size();
    ++m.rows;
  }
  return m;
}

std::vector<double> kl_field(const reference_case& c) {
  const matrix base = matrix_of(c, "base_logits");
  const matrix model = matrix_of(c, "model_logits");
  const auto report = perplexity::token_kl_report(base.view(), model.view(), c.integers("tokens"));
  const std::map<std::string, estimate> estimates{{"ppl_q", report.perplexity_model},
                                                  {"ppl_base", report.perplexity_base},
                                                  {"ln_ppl_ratio", report.log_perplexity_ratio},
                                                  {"ppl_ratio", report.perplexity_ratio},
                                                  {"mean_kld", report.mean_divergence},
                                                  {"dp_mean", report.mean_probability_change},
                                                  {"dp_rms", report.rms_probability_change},
                                                  {"same_top", report.same_top}};
  const std::string field = c.param_text("field");
  if (const auto at = estimates.find(field); at != estimates.end()) return {at->second.value};
  if (field.ends_with("_se")) {
    if (const auto at = estimates.find(field.substr(0, field.size() - 3)); at != estimates.end())
      return {at->second.standard_error};
  }
  if (field == "ln_ppl_cor") return {report.log_perplexity_correlation};
  if (field == "kld_median") return {report.divergence_quantile(0.5)};
  if (field == "kld_max") return {report.divergence_quantile(1.0)};
  if (field == "kld_min") return {report.divergence_quantile(0.0)};
  if (field.starts_with("kld_p")) return {report.divergence_quantile(std::stod(field.substr(5)) / 100.0)};
  if (field.starts_with("dp_p")) return {report.probability_change_quantile(std::stod(field.substr(4)) / 100.0)};
  throw unsupported("field " + field);
}

perplexity::mauve_options curve_of(const reference_case& c) {
  return {.scaling = c.param("scaling", 5.0), .points = static_cast<std::size_t>(c.param("points", 25.0))};
}

}  // namespace

void add_perplexity(dispatch_table& table) {
  table["perplexity.kneser_ney_perplexity_including_oov"] =
      of_model([](const fitted& f) { return f.score.perplexity().value; });
  table["perplexity.kneser_ney_perplexity_excluding_oov"] =
      of_model([](const fitted& f) { return f.score.perplexity_excluding_oov().value; });
  table["perplexity.kneser_ney_oov_count"] = of_model([](const fitted& f) { return f.score.oov(); });
  table["perplexity.kneser_ney_token_count"] = of_model([](const fitted& f) { return f.score.tokens(); });
  table["perplexity.kneser_ney_total_log10_probability"] =
      of_model([](const fitted& f) { return f.score.log10_probability(); });
  table["perplexity.kneser_ney_discounts"] =
      of_orders([](const perplexity::kneser_ney& m, std::size_t n) { return m.discounts(n); });
  table["perplexity.kneser_ney_ngram_counts"] = of_orders(
      [](const perplexity::kneser_ney& m, std::size_t n) { return std::array<std::uint64_t, 1>{m.ngram_count(n)}; });
  table["perplexity.kneser_ney_adjusted_count_of_counts"] =
      of_orders([](const perplexity::kneser_ney& m, std::size_t n) { return m.adjusted_count_of_counts(n); });
  table["perplexity.perplexity_per_word"] =
      of_model([](const fitted& f) { return f.score.perplexity_per_word().value; });
  table["perplexity.perplexity_per_byte"] =
      of_model([](const fitted& f) { return f.score.perplexity_per_byte(f.bytes).value; });
  table["perplexity.bits_per_byte"] = of_model([](const fitted& f) { return f.score.bits_per_byte(f.bytes).value; });
  table["perplexity.bits_per_token"] = of_model([](const fitted& f) { return f.score.bits_per_token().value; });
  table["perplexity.perplexity_srilm"] =
      of_model([](const fitted& f) { return f.score.perplexity_excluding_oov().value; });
  table["perplexity.perplexity_srilm_per_word"] =
      of_model([](const fitted& f) { return f.score.perplexity_per_word_excluding_oov().value; });

  table["perplexity.perplexity_ngram"] = single_discount;

  table["perplexity.mauve"] = [](const reference_case& c) {
    const auto p = c.numbers("p");
    const auto q = c.numbers("q");
    return std::vector<double>{perplexity::mauve(probabilities(p), probabilities(q), curve_of(c)).value};
  };
  table["perplexity.mauve_star"] = [](const reference_case& c) {
    auto options = curve_of(c);
    options.add = c.param("add", 0.5);
    return std::vector<double>{perplexity::mauve_star(c.integers("p"), c.integers("q"), options).value};
  };
  table["perplexity.frontier_integral"] = [](const reference_case& c) {
    const auto p = c.numbers("p");
    const auto q = c.numbers("q");
    return std::vector<double>{perplexity::frontier_integral(probabilities(p), probabilities(q)).value};
  };

  table["perplexity.token_kl_report"] = kl_field;
  table["perplexity.token_rank_histogram"] = [](const reference_case& c) {
    perplexity::token_rank_histogram_options options;
    options.edges.clear();
    for (const double edge : c.param_numbers("edges")) options.edges.push_back(static_cast<std::uint64_t>(edge));
    const matrix logits = matrix_of(c, "model_logits");
    const auto histogram = perplexity::token_rank_histogram(logits.view(), c.integers("tokens"), options);
    return std::vector<double>(histogram.counts.begin(), histogram.counts.end());
  };
}

}  // namespace tailwatch::reference
