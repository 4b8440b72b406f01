// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/tail/coverage.hpp"
#include "tailwatch/tail/expected_shortfall.hpp"
#include "tailwatch/tail/good_turing_simple.hpp"
#include "tailwatch/tail/gpd_fit.hpp"
#include "tailwatch/tail/heaps.hpp"
#include "tailwatch/tail/hill.hpp"
#include "tailwatch/tail/hill_order.hpp"
#include "tailwatch/tail/l_moments.hpp"
#include "tailwatch/tail/mean_excess.hpp"
#include "tailwatch/tail/missing_mass.hpp"
#include "tailwatch/tail/moment_estimator.hpp"
#include "tailwatch/tail/pickands.hpp"
#include "tailwatch/tail/powerlaw.hpp"
#include "tailwatch/tail/unseen_good_toulmin.hpp"
#include "tailwatch/tail/weissman_quantile.hpp"
#include "tailwatch/tail/zipf_rank_least_squares.hpp"
