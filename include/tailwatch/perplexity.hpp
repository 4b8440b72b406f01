// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/perplexity/kneser_ney_sampler.hpp"
#include "tailwatch/perplexity/text_score.hpp"
