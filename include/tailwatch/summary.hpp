// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/summary/count_table.hpp"
#include "tailwatch/summary/covariance.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/summary/log_likelihood.hpp"
#include "tailwatch/summary/moments.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/summary/rare_types.hpp"
#include "tailwatch/summary/renyi_of_probabilities.hpp"
#include "tailwatch/summary/softmax_rows.hpp"
#include "tailwatch/summary/windowed_types.hpp"
