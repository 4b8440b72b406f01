// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/perplexity/arpa.hpp"
#include "tailwatch/perplexity/bits_per_byte.hpp"
#include "tailwatch/perplexity/document_perplexity.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/perplexity/kneser_ney_archive.hpp"
#include "tailwatch/perplexity/kneser_ney_sampler.hpp"
#include "tailwatch/perplexity/mauve.hpp"
#include "tailwatch/perplexity/observed_log_probabilities.hpp"
#include "tailwatch/perplexity/perplexity_quantiles.hpp"
#include "tailwatch/perplexity/smoothed_ngram.hpp"
#include "tailwatch/perplexity/strided_windows.hpp"
#include "tailwatch/perplexity/text_score.hpp"
#include "tailwatch/perplexity/token_calibration.hpp"
#include "tailwatch/perplexity/token_kl_report.hpp"
#include "tailwatch/perplexity/token_perplexity.hpp"
#include "tailwatch/perplexity/token_rank_histogram.hpp"
