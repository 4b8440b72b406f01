// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/simd/absolute_difference.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/cross_pass.hpp"
#include "tailwatch/simd/entropy_gradient.hpp"
#include "tailwatch/simd/float16.hpp"
#include "tailwatch/simd/large_pages.hpp"
#include "tailwatch/simd/loop.hpp"
#include "tailwatch/simd/moments.hpp"
#include "tailwatch/simd/pair_terms.hpp"
#include "tailwatch/simd/radix_sort.hpp"
#include "tailwatch/simd/row_pass.hpp"
#include "tailwatch/simd/softmax_cuts.hpp"
#include "tailwatch/simd/sum.hpp"
#include "tailwatch/simd/xlogx.hpp"
