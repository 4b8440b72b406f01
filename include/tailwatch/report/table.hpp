// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/report/format.hpp"

namespace tailwatch::report {

/// A terminal table whose rows are written one at a time, so that it fills in while a run goes on. Columns have fixed
/// widths; where they do not fit into `width`, each row takes several lines, indented under the first column.
class live_table {
 public:
  struct column {
    std::string title;
    std::size_t width;
  };

  /// @param columns  the first one is left-aligned and opens each row
  /// @param width    columns of the terminal
  /// @throws         std::invalid_argument without columns
  explicit live_table(std::vector<column> columns, std::size_t width = 132) : columns_(std::move(columns)) {
    core::check_at_least("report::live_table", "columns", columns_.size(), std::size_t{1});
    for (column& c : columns_) c.width = std::max(c.width, display_width(c.title));
    const std::size_t lead = columns_.front().width;
    std::size_t used = lead;
    lines_.push_back({});
    for (std::size_t i = 1; i < columns_.size(); ++i) {
      if (used + gap + columns_[i].width > width && !lines_.back().empty()) {
        lines_.push_back({});
        used = lead;
      }
      lines_.back().push_back(i);
      used += gap + columns_[i].width;
      widest_ = std::max(widest_, used);
    }
  }

  [[nodiscard]] std::string header() const {
    std::vector<std::string> titles;
    for (const column& c : columns_) titles.push_back(c.title);
    return row(titles) + std::string(widest_, '-') + '\n';
  }

  /// One row, newline included. @throws std::invalid_argument unless there is one cell per column
  [[nodiscard]] std::string row(const std::vector<std::string>& cells) const {
    core::check_same_size("report::live_table::row", "cells", cells.size(), "columns", columns_.size());
    std::string out;
    for (std::size_t line = 0; line < lines_.size(); ++line) {
      std::string text = line == 0 ? cells.front() : std::string();
      text.append(columns_.front().width - std::min(columns_.front().width, display_width(text)), ' ');
      for (const std::size_t i : lines_[line]) {
        const std::size_t width = display_width(cells[i]);
        text.append(gap + columns_[i].width - std::min(columns_[i].width, width), ' ');
        text += cells[i];
      }
      out += text + '\n';
    }
    return out;
  }

 private:
  static constexpr std::size_t gap = 1;
  std::vector<column> columns_;
  std::vector<std::vector<std::size_t>> lines_;
  std::size_t widest_ = 0;
};

}  // namespace tailwatch::report
