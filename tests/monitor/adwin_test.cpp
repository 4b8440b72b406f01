// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/adwin.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace monitor = tailwatch::monitor;
using tailwatch::testing::close;

namespace {

/// Keeps every value, and the sizes of the buckets; sums are taken anew for each border.
class adwin_twin {
 public:
  explicit adwin_twin(const monitor::adwin_options& options) : options_(options) {}
  std::vector<double> window;

  void update(double x) {
    window.push_back(x);
    sizes_.push_back(1);
    for (std::size_t size = 1;; size *= 2) {
      std::size_t of_size = 0;
      std::size_t oldest = sizes_.size();
      for (std::size_t i = sizes_.size(); i-- > 0;)
        if (sizes_[i] == size) {
          ++of_size;
          oldest = i;
        }
      if (of_size <= options_.max_buckets) break;
      sizes_[oldest] = 2 * size;
      sizes_.erase(sizes_.begin() + static_cast<std::ptrdiff_t>(oldest) + 1);
    }
    ++count_;
    if (count_ % options_.clock != 0 || window.size() <= options_.grace) return;
    while (cut()) {
      window.erase(window.begin(), window.begin() + static_cast<std::ptrdiff_t>(sizes_.front()));
      sizes_.erase(sizes_.begin());
    }
  }

 private:
  static double mean_of(const double* begin, std::size_t n) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += begin[i];
    return sum / static_cast<double>(n);
  }
  [[nodiscard]] bool cut() const {
    const auto n = static_cast<double>(window.size());
    const double mean = mean_of(window.data(), window.size());
    double variance = 0.0;
    for (const double v : window) variance += (v - mean) * (v - mean) / n;
    std::size_t n0 = 0;
    for (const std::size_t size : sizes_) {
      n0 += size;
      const std::size_t n1 = window.size() - n0;
      if (n0 < options_.min_window || n1 < options_.min_window) continue;
      const double m = 1.0 / (1.0 / static_cast<double>(n0) + 1.0 / static_cast<double>(n1));
      const double log_term = std::log(2.0 / (options_.delta / std::log(n)));
      const double bound = std::sqrt(2.0 / m * variance * log_term) + 2.0 / (3.0 * m) * log_term;
      if (std::abs(mean_of(window.data(), n0) - mean_of(window.data() + n0, n1)) > bound) return true;
    }
    return false;
  }

  monitor::adwin_options options_;
  std::vector<std::size_t> sizes_;  // oldest first
  std::uint64_t count_ = 0;
};

}  // namespace

TEST_CASE("monitor: ADWIN cuts where a window of raw values would be cut", "[monitor]") {
  for (const std::uint64_t clock : {1U, 7U, 32U}) {
    monitor::adwin_options options;
    options.clock = clock;
    options.delta = 0.05;
    options.max_buckets = 3;
    monitor::adwin detector(options);
    adwin_twin twin(options);
    tailwatch::core::random_engine random(70 + clock);
    int cuts = 0;
    for (int t = 0; t < 1500; ++t) {
      const double level = t < 400 ? 0.2 : t < 900 ? 0.7 : 0.5;
      const double x = level + 0.25 * (tailwatch::core::uniform_01(random) - 0.5);
      detector.update(x);
      twin.update(x);
      REQUIRE(detector.width() == twin.window.size());
      cuts += detector.alarmed() ? 1 : 0;
      double mean = 0.0;
      for (const double v : twin.window) mean += v / static_cast<double>(twin.window.size());
      double variance = 0.0;
      for (const double v : twin.window) variance += (v - mean) * (v - mean) / static_cast<double>(twin.window.size());
      REQUIRE(close(detector.mean(), mean, 1e-12));
      REQUIRE(close(detector.variance(), variance, 1e-9, 1e-12));
    }
    CHECK(cuts >= 2);
    CHECK(detector.width() < 700);
    CHECK(close(detector.mean(), 0.5, 0.05));
  }
}

TEST_CASE("monitor: every ADWIN variant sees a jump, none sees a constant", "[monitor]") {
  using enum monitor::adwin_variant;
  for (const auto variant : {original, scikit_multiflow, river, frouros}) {
    monitor::adwin detector({.variant = variant});
    CHECK(tailwatch::core::is_nan(detector.mean()));
    for (int t = 0; t < 500; ++t) {
      detector.update(0.25);
      REQUIRE_FALSE(detector.alarmed());
    }
    CHECK(detector.width() == 500);
    CHECK(detector.variance() == 0.0);
    bool seen = false;
    for (int t = 0; t < 200; ++t) {
      detector.update(0.75);
      seen = seen || detector.alarmed();
    }
    CHECK(seen);
    CHECK(detector.width() < 400);
    CHECK(detector.count() == 700);
    detector.reset();
    CHECK(detector.width() == 0);
    detector.update(3.0);
    CHECK(detector.mean() == 3.0);
    CHECK_THROWS_AS(detector.update(std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
    CHECK(detector.width() == 1);
  }
  CHECK_THROWS_AS(monitor::adwin({.delta = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::adwin({.clock = 0}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::adwin({.max_buckets = 0}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::adwin({.min_window = 0}), std::invalid_argument);
}
