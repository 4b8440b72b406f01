// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity.hpp"

#include <algorithm>
#include <string>

#include "reference_case.hpp"
#include "tailwatch/math/count_ngrams.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#if __has_include(<Eigen/Eigenvalues>)
#include "tailwatch/diversity/vendi_score.hpp"
#endif

namespace tailwatch::reference {

namespace {

using numbers = std::vector<double>;

std::vector<std::int64_t> counts_of(const reference_case& c) {
  if (c.has("counts")) return c.integers("counts");
  std::vector<std::int64_t> out;
  for (const auto n : math::count_ngrams(c.token_ids(), 1)) out.push_back(static_cast<std::int64_t>(n));
  return out;
}

/// An estimator of counts without options.
template <class Estimator>
metric_function of_counts(const Estimator& estimator) {
  return [&estimator](const reference_case& c) { return numbers{estimator(counts_of(c)).value}; };
}

/// An estimator of a text without options.
template <class Estimator>
metric_function of_words(const Estimator& estimator) {
  return [&estimator](const reference_case& c) { return numbers{estimator(c.token_ids()).value}; };
}

/// An estimator of a text whose only option is the base of its logarithms.
template <class Estimator>
metric_function of_words_and_base(const Estimator& estimator) {
  return [&estimator](const reference_case& c) {
    return numbers{estimator(c.token_ids(), {.log_base = c.param("log_base", 2.71828182845904523536)}).value};
  };
}

template <class Integer = std::size_t>
Integer whole(const reference_case& c, const char* name) {
  return static_cast<Integer>(c.param(name));
}

diversity::chao1_variant chao1_variant_of(const reference_case& c) {
  const std::string name = c.param_text("variant");
  if (name == "bc") return diversity::chao1_variant::bias_corrected;
  if (name == "classic") return diversity::chao1_variant::classic;
  if (name == "n") return diversity::chao1_variant::finite_sample;
  throw unsupported("variant " + name);
}

diversity::mtld_close close_of(const reference_case& c) {
  return c.param_text("compare") == "<" ? diversity::mtld_close::below : diversity::mtld_close::at_most;
}

diversity::mtld_options mtld_of(const reference_case& c) {
  return {.threshold = c.param("threshold"),
          .close = close_of(c),
          .min_length = whole(c, "min_length"),
          .last_token = c.param_text("last_token") == "always_partial" ? diversity::mtld_last_token::always_partial
                                                                       : diversity::mtld_last_token::may_close};
}

summary::frequency_profile profile_of_words(const reference_case& c) {
  return summary::frequency_profile(math::count_ngrams(c.token_ids(), 1));
}

void add_counts(dispatch_table& table) {
  table["diversity.hill_number"] = [](const reference_case& c) {
    return numbers{diversity::hill_number(c.integers("counts"), {.order = c.param("q")}).value};
  };
  table["diversity.simpson_dominance"] = of_counts(diversity::simpson_dominance);
  table["diversity.simpson_unbiased"] = of_counts(diversity::simpson_unbiased);
  table["diversity.gini_simpson"] = of_counts(diversity::gini_simpson);
  table["diversity.inverse_simpson"] = of_counts(diversity::inverse_simpson);
  table["diversity.simpson_evenness"] = of_counts(diversity::simpson_evenness);
  table["diversity.berger_parker"] = of_counts(diversity::berger_parker);
  table["diversity.pielou_evenness"] = of_counts(diversity::pielou_evenness);
  table["diversity.heip_evenness"] = of_counts(diversity::heip_evenness);
  table["diversity.gini_index"] = [](const reference_case& c) {
    return numbers{diversity::gini_index(c.integers("counts"), {.keep_zeros = c.param_text("zeros") == "keep"}).value};
  };
  table["diversity.brillouin"] = of_counts(diversity::brillouin);
  table["diversity.margalef"] = of_counts(diversity::margalef);
  table["diversity.menhinick"] = of_counts(diversity::menhinick);
  table["diversity.fisher_alpha"] = of_counts(diversity::fisher_alpha);
  table["diversity.chao1"] = [](const reference_case& c) {
    return numbers{diversity::chao1(c.integers("counts"), {.variant = chao1_variant_of(c)}).value};
  };
  table["diversity.chao1_variance"] = [](const reference_case& c) {
    const double error = diversity::chao1(c.integers("counts"),
                                          {.variant = chao1_variant_of(c), .error = diversity::chao1_error::published})
                             .standard_error;
    return numbers{error * error};
  };
  table["diversity.chao1_confidence_interval"] = [](const reference_case& c) {
    const auto interval = diversity::chao1_confidence_interval(
        c.integers("counts"), {.variant = chao1_variant_of(c), .level = c.param("level")});
    return numbers{interval.lower, interval.upper};
  };
  table["diversity.chao2"] = [](const reference_case& c) {
    const auto units = static_cast<std::uint64_t>(c.number("sampling_units"));
    return numbers{
        diversity::chao2(c.integers("frequencies"), {.sampling_units = units, .variant = chao1_variant_of(c)}).value};
  };
  table["diversity.ichao1"] = [](const reference_case& c) {
    const auto variant =
        c.param_text("variant") == "spader" ? diversity::ichao1_variant::spader : diversity::ichao1_variant::chiu;
    return numbers{diversity::ichao1(c.integers("counts"), {.variant = variant}).value};
  };
  table["diversity.ace"] = [](const reference_case& c) {
    return numbers{
        diversity::ace(c.integers("counts"), {.rare_threshold = whole<std::uint64_t>(c, "rare_threshold")}).value};
  };
  table["diversity.jackknife1"] = of_counts(diversity::jackknife1);
  table["diversity.jackknife2"] = of_counts(diversity::jackknife2);
  table["diversity.hill_number_at_size"] = [](const reference_case& c) {
    const auto rule = c.param_text("extrapolation", "chao2014") == "inext3"
                          ? diversity::shannon_extrapolation::inext3
                          : diversity::shannon_extrapolation::chao2014;
    return numbers{
        diversity::hill_number_at_size(
            c.integers("counts"),
            {.order = c.param("q"), .sample_size = whole<std::uint64_t>(c, "sample_size"), .extrapolation = rule})
            .value};
  };
}

void add_words(dispatch_table& table) {
  table["diversity.token_count"] = [](const reference_case& c) {
    return numbers{static_cast<double>(profile_of_words(c).total())};
  };
  table["diversity.type_count"] = [](const reference_case& c) {
    return numbers{static_cast<double>(profile_of_words(c).types())};
  };
  table["diversity.dis_legomena_count"] = [](const reference_case& c) {
    return numbers{static_cast<double>(profile_of_words(c).f(2))};
  };
  table["diversity.frequency_spectrum"] = [](const reference_case& c) {
    const auto profile = profile_of_words(c);
    numbers spectrum;
    for (std::uint64_t r = 1; r <= whole<std::uint64_t>(c, "first"); ++r)
      spectrum.push_back(static_cast<double>(profile.f(r)));
    return spectrum;
  };
  table["diversity.type_token_ratio"] = of_words(diversity::type_token_ratio);
  table["diversity.root_type_token_ratio"] = of_words(diversity::root_type_token_ratio);
  table["diversity.corrected_type_token_ratio"] = of_words(diversity::corrected_type_token_ratio);
  table["diversity.herdan_c"] = of_words(diversity::herdan_c);
  table["diversity.summer_s"] = of_words_and_base(diversity::summer_s);
  table["diversity.dugast_u"] = of_words_and_base(diversity::dugast_u);
  table["diversity.maas_a_squared"] = of_words_and_base(diversity::maas_a_squared);
  table["diversity.maas_a"] = of_words_and_base(diversity::maas_a);
  table["diversity.maas_log_v0"] = of_words_and_base(diversity::maas_log_v0);
  table["diversity.tuldava_ln"] = of_words(diversity::tuldava_ln);
  table["diversity.dugast_k"] = of_words(diversity::dugast_k);
  table["diversity.brunet_w"] = [](const reference_case& c) {
    return numbers{diversity::brunet_w(c.token_ids(), {.exponent = c.param("exponent")}).value};
  };
  table["diversity.yule_k"] = of_words(diversity::yule_k);
  table["diversity.yule_i"] = of_words(diversity::yule_i);
  table["diversity.herdan_vm"] = of_words(diversity::herdan_vm);
  table["diversity.honore_h"] = of_words(diversity::honore_h);
  table["diversity.sichel_s"] = of_words(diversity::sichel_s);
  table["diversity.michea_m"] = of_words(diversity::michea_m);
  table["diversity.hapax_ratio"] = [](const reference_case& c) {
    const auto denominator = c.param_text("denominator") == "tokens" ? diversity::hapax_denominator::tokens
                                                                     : diversity::hapax_denominator::types;
    return numbers{diversity::hapax_ratio(c.token_ids(), {.denominator = denominator}).value};
  };

  table["diversity.mattr"] = [](const reference_case& c) {
    return numbers{diversity::mattr(c.token_ids(), {.window = whole(c, "window")}).value};
  };
  table["diversity.msttr"] = [](const reference_case& c) {
    return numbers{diversity::msttr(c.token_ids(), {.window = whole(c, "window")}).value};
  };
  table["diversity.mtld"] = [](const reference_case& c) {
    return numbers{diversity::mtld(c.token_ids(), mtld_of(c)).value};
  };
  table["diversity.mtld_forward"] = [](const reference_case& c) {
    return numbers{diversity::mtld_forward(c.token_ids(), mtld_of(c)).value};
  };
  table["diversity.mtld_backward"] = [](const reference_case& c) {
    return numbers{diversity::mtld_backward(c.token_ids(), mtld_of(c)).value};
  };
  const auto moving = [](const reference_case& c, diversity::mtld_starts starts) {
    return numbers{diversity::mtld_moving_average(c.token_ids(), {.threshold = c.param("threshold"),
                                                                  .close = close_of(c),
                                                                  .min_length = whole(c, "min_length"),
                                                                  .starts = starts})
                       .value};
  };
  table["diversity.mtld_moving_average_wrap"] = [=](const reference_case& c) {
    return moving(c, diversity::mtld_starts::wrap);
  };
  table["diversity.mtld_moving_average_bidirectional"] = [=](const reference_case& c) {
    return moving(c, diversity::mtld_starts::bidirectional);
  };
  table["diversity.hdd"] = [](const reference_case& c) {
    return numbers{diversity::hdd(c.token_ids(), {.draws = whole<std::uint64_t>(c, "draws")}).value};
  };
  table["diversity.vocd_d"] = [](const reference_case& c) {
    return numbers{
        diversity::vocd_d(c.token_ids(), {.from = whole<std::uint64_t>(c, "from"), .to = whole<std::uint64_t>(c, "to")})
            .value};
  };
  table["diversity.distinct_n"] = [](const reference_case& c) {
    if (c.param_text("denominator", "ngrams") != "ngrams") throw unsupported("denominator");
    return numbers{diversity::distinct_n(c.token_ids(), {.order = whole(c, "n")}).value};
  };
  table["diversity.ngram_diversity"] = [](const reference_case& c) {
    return numbers{diversity::ngram_diversity(c.token_ids(), {.max_order = whole(c, "max_n")}).value};
  };
  table["diversity.expectation_adjusted_distinct"] = [](const reference_case& c) {
    return numbers{
        diversity::expectation_adjusted_distinct(
            c.token_ids(), {.order = whole(c, "n"), .vocabulary_size = whole<std::uint64_t>(c, "vocabulary_size")})
            .value};
  };
}

diversity::token_kernel kernel_of(const reference_case& c) {
  const std::string name = c.param_text("kernel");
  if (name == "count_cosine") return diversity::token_kernel::count_cosine;
  if (name == "set_jaccard") return diversity::token_kernel::set_jaccard;
  throw unsupported("kernel " + name);
}

core::token_sequences lines_of(const reference_case& c) {
  word_ids ids;
  core::token_sequences text;
  for (const auto& words : c.selection().line_words()) text.push_back(ids.ids(words));
  return text;
}

void add_kernels(dispatch_table& table) {
  table["diversity.internal_diversity"] = [](const reference_case& c) {
    return numbers{diversity::internal_diversity(lines_of(c), {.kernel = kernel_of(c)}).value};
  };
#if __has_include(<Eigen/Eigenvalues>)
  table["diversity.vendi_score"] = [](const reference_case& c) {
    return numbers{diversity::vendi_score(lines_of(c), {.order = c.param("q"), .kernel = kernel_of(c)}).value};
  };
#endif
}

}  // namespace

void add_diversity(dispatch_table& table) {
  add_counts(table);
  add_words(table);
  add_kernels(table);
}

}  // namespace tailwatch::reference
