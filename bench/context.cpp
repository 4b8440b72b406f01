// SPDX-License-Identifier: BSL-1.0

// Linked into every benchmark: says in its context which instruction set it was compiled for.

#include <benchmark/benchmark.h>

#include "tailwatch/simd/arch.hpp"

namespace {
[[maybe_unused]] const bool said =
    (benchmark::AddCustomContext("instruction_set", tailwatch::simd::default_arch::name()), true);
}
