// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/sketch/lsh.hpp"
#include "tailwatch/sketch/min_hash.hpp"
#include "tailwatch/sketch/shingles.hpp"
