// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tailwatch/core/estimate.hpp"

namespace tailwatch::report {

/// One measured quantity of a run: its name and what it means, once for the table, the picture and the files.
struct metric {
  std::string key;         ///< machine name, as in the JSONL and CSV files
  std::string title;       ///< of its chart
  std::string column;      ///< short title of its column
  std::string definition;  ///< one sentence, printed under the table
};

/// What was measured on one generation; `values` has one estimate per metric.
struct generation_row {
  std::string label;
  std::size_t generation = 0;
  std::vector<estimate> values;
  std::string kind;               ///< what the text looks like beside generation 0's, alarm or not
  double diversity = core::nan;   ///< vocabulary diversity, % of generation 0
  double uniqueness = core::nan;  ///< content uniqueness, % of generation 0
  double quality = core::nan;     ///< % of generation 0
};

/// One alarm.
struct alarm_mark {
  std::string baseline;  ///< what the text was judged against
  std::size_t generation = 0;
  std::size_t block = 0;  ///< of the generation's text, from 0
  std::string signal;
  std::string direction;  ///< falls or rises
  std::string kind;       ///< of the whole text that alarmed
  double log_e_value = core::nan;
  double recent = core::nan;         ///< mean of the signal over the latest blocks
  double baseline_mean = core::nan;  ///< mean of the baseline's blocks
  std::string sentence;              ///< everything about it in one line
};

/// A word or phrase of the reference that no later generation wrote again.
struct extinction {
  std::string text;
  std::uint64_t reference_count = 0;
  std::size_t generation = 0;  ///< first generation without it
};

/// Everything a reader of one run needs: input of the table, of the HTML page and of the JSONL and CSV files.
struct collapse_report {
  std::string title;
  std::string subtitle;
  std::vector<std::pair<std::string, std::string>> facts;  ///< settings and sizes
  std::vector<metric> metrics;
  std::vector<generation_row> generations;
  std::vector<generation_row> human;  ///< parts of human text measured the same way
  std::vector<alarm_mark> alarms;     ///< the first against each baseline: the marks in the picture
  std::vector<alarm_mark> alerts;     ///< all of them
  std::vector<std::string> verdict;
  std::vector<extinction> words;
  std::vector<extinction> phrases;
  std::vector<std::pair<std::string, std::string>> percentages;  ///< what the columns in per cent mean
  std::vector<std::pair<std::string, std::string>> notes;        ///< term → explanation
};

}  // namespace tailwatch::report
