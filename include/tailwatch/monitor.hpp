// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/monitor/alert.hpp"
#include "tailwatch/monitor/baseline.hpp"
#include "tailwatch/monitor/bets.hpp"
#include "tailwatch/monitor/blocks.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/confidence_sequence.hpp"
#include "tailwatch/monitor/e_cusum.hpp"
#include "tailwatch/monitor/e_process_mixture.hpp"
#include "tailwatch/monitor/e_sr.hpp"
#include "tailwatch/monitor/kind.hpp"
#include "tailwatch/monitor/ordered_block.hpp"
#include "tailwatch/monitor/shiryaev_mixture.hpp"
#include "tailwatch/monitor/signal.hpp"
#include "tailwatch/monitor/text_monitor.hpp"
#include "tailwatch/monitor/text_signals.hpp"
