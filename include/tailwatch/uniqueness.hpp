// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/uniqueness/compression_ratio.hpp"
#include "tailwatch/uniqueness/exact_duplicates.hpp"
#include "tailwatch/uniqueness/longest_match.hpp"
#include "tailwatch/uniqueness/near_duplicates.hpp"
#include "tailwatch/uniqueness/ngram_jaccard.hpp"
#include "tailwatch/uniqueness/ngram_novelty.hpp"
#include "tailwatch/uniqueness/pass_at_k.hpp"
#include "tailwatch/uniqueness/precision_recall.hpp"
#include "tailwatch/uniqueness/rare_type_coverage.hpp"
#include "tailwatch/uniqueness/repetition_n.hpp"
#include "tailwatch/uniqueness/self_bleu.hpp"
#include "tailwatch/uniqueness/self_repetition.hpp"
#include "tailwatch/uniqueness/sequence_loops.hpp"
#include "tailwatch/uniqueness/unique_response_ratio.hpp"
