// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/recursion/accumulation_theory.hpp"
#include "tailwatch/recursion/alias_table.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/categorical_theory.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/gaussian_theory.hpp"
#include "tailwatch/recursion/kernel_density_theory.hpp"
#include "tailwatch/recursion/linear_theory.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"
#include "tailwatch/recursion/ngram.hpp"
#include "tailwatch/recursion/regime.hpp"
#include "tailwatch/recursion/replicate.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/recursion/theory.hpp"
