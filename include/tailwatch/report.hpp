// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/report/collapse_report.hpp"
#include "tailwatch/report/format.hpp"
#include "tailwatch/report/html_report.hpp"
#include "tailwatch/report/svg_chart.hpp"
#include "tailwatch/report/table.hpp"
