// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/provenance/binoculars.hpp"
#include "tailwatch/provenance/combine_detectors.hpp"
#include "tailwatch/provenance/combine_p_values.hpp"
#include "tailwatch/provenance/curvature.hpp"
#include "tailwatch/provenance/gltr_buckets.hpp"
#include "tailwatch/provenance/green_list.hpp"
#include "tailwatch/provenance/gumbel.hpp"
#include "tailwatch/provenance/isotonic.hpp"
#include "tailwatch/provenance/likelihood.hpp"
#include "tailwatch/provenance/log_rank.hpp"
#include "tailwatch/provenance/null_test.hpp"
#include "tailwatch/provenance/platt.hpp"
#include "tailwatch/provenance/synthetic_share.hpp"
#include "tailwatch/provenance/synthid.hpp"
#include "tailwatch/provenance/token_score.hpp"
#include "tailwatch/provenance/typicality_gap.hpp"
