// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/sketch/bottom_k.hpp"
#include "tailwatch/sketch/bucketed_sample.hpp"
#include "tailwatch/sketch/count_min.hpp"
#include "tailwatch/sketch/document_sample.hpp"
#include "tailwatch/sketch/hyper_log_log.hpp"
#include "tailwatch/sketch/log_linear_histogram.hpp"
#include "tailwatch/sketch/lsh.hpp"
#include "tailwatch/sketch/min_hash.hpp"
#include "tailwatch/sketch/panes.hpp"
#include "tailwatch/sketch/reservoir.hpp"
#include "tailwatch/sketch/shingles.hpp"
#include "tailwatch/sketch/theta_image.hpp"
