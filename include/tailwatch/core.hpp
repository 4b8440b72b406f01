// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/checkpoint.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/sample_source.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/core/views.hpp"
