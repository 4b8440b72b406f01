// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/sink/callback.hpp"
#include "tailwatch/sink/csv.hpp"
#include "tailwatch/sink/histogram.hpp"
#include "tailwatch/sink/jsonl.hpp"
#include "tailwatch/sink/null.hpp"
#include "tailwatch/sink/openmetrics.hpp"
#include "tailwatch/sink/ostream.hpp"
#include "tailwatch/sink/progress.hpp"
#include "tailwatch/sink/rate_limit.hpp"
#include "tailwatch/sink/record.hpp"
#include "tailwatch/sink/tee.hpp"
#include "tailwatch/sink/tensorboard.hpp"
