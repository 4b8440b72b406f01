// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/report/collapse_report.hpp"
#include "tailwatch/report/corpus_split.hpp"
#include "tailwatch/report/extinctions.hpp"
#include "tailwatch/report/format.hpp"
#include "tailwatch/report/html_report.hpp"
#include "tailwatch/report/run_description.hpp"
#include "tailwatch/report/svg_chart.hpp"
#include "tailwatch/report/table.hpp"
#include "tailwatch/report/text_judge.hpp"
#include "tailwatch/report/text_measures.hpp"
#include "tailwatch/report/text_recursion.hpp"
