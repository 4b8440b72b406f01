// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/math/branchless_exp.hpp"
#include "tailwatch/math/count_ngrams.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/dense_matrix.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/math/grouped_distinct.hpp"
#include "tailwatch/math/hurwitz_zeta.hpp"
#include "tailwatch/math/least_squares.hpp"
#include "tailwatch/math/log_absent.hpp"
#include "tailwatch/math/log_rising_power.hpp"
#include "tailwatch/math/log_share.hpp"
#include "tailwatch/math/missing_mass_at_size.hpp"
#include "tailwatch/math/newton_maximum.hpp"
#include "tailwatch/math/permutation.hpp"
#include "tailwatch/math/renyi_entropy.hpp"
#include "tailwatch/math/unseen_share.hpp"
