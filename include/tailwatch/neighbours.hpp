// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/neighbours/brute_force.hpp"
#include "tailwatch/neighbours/nearest.hpp"
#include "tailwatch/neighbours/pairwise.hpp"
#include "tailwatch/neighbours/point_panels.hpp"
