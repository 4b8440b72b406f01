// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Every closed form of recursive fitting, one header per family of models or regimes.
#include "tailwatch/recursion/accumulation_theory.hpp"
#include "tailwatch/recursion/categorical_theory.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/gaussian_theory.hpp"
#include "tailwatch/recursion/kernel_density_theory.hpp"
#include "tailwatch/recursion/lineage_theory.hpp"
#include "tailwatch/recursion/linear_theory.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"
#include "tailwatch/recursion/power_law_theory.hpp"
#include "tailwatch/recursion/sharpening_theory.hpp"
