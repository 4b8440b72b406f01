// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/core/interval.hpp"

#include <array>
#include <cmath>
#include <stdexcept>

#include "support/catch.hpp"

using tailwatch::core::infinity;
using tailwatch::core::is_nan;
using tailwatch::core::normal_quantile;
using tailwatch::testing::close;

TEST_CASE("core: normal quantiles agree with forty-digit values", "[core]") {
  struct row {
    double p;
    double z;
  };
  // Roots of Phi(z) = p, p the double nearest the decimal, found at 40 digits from the complementary error function.
  constexpr std::array<row, 23> table{{
      {0.6, 0.25334710313579974132},    {0.75, 0.6744897501960817432},      {0.9, 1.2815515655446005935},
      {0.925, 1.4395314709384562291},   {0.9250001, 1.4395321773759004884}, {0.95, 1.6448536269514722843},
      {0.975, 1.9599639845400538556},   {0.99, 2.3263478740408407676},      {0.995, 2.5758293035489004539},
      {0.999, 3.0902323061678132778},   {0.9999, 3.7190164854557083867},    {0.3, -0.52440051270804081597},
      {0.1, -1.2815515655446004353},    {0.025, -1.9599639845400542118},    {0.001, -3.0902323061678135354},
      {1e-5, -4.2648907939228246102},   {1e-8, -5.6120012441747887279},     {1e-12, -7.0344838253011319326},
      {1e-13, -7.3487961028006775135},  {1e-15, -7.9413453261709967713},    {1e-20, -9.2623400897984075796},
      {1e-100, -21.273453560965324294}, {1e-300, -37.047096299361199237},
  }};
  for (const auto& [p, z] : table) {
    INFO("p = " << p << ", " << normal_quantile(p) << " where " << z << " is right");
    CHECK(close(normal_quantile(p), z, 1e-14));
  }
}

TEST_CASE("core: normal quantile at the ends and outside", "[core]") {
  CHECK(normal_quantile(0.5) == 0.0);
  CHECK(normal_quantile(0.0) == -infinity);
  CHECK(normal_quantile(1.0) == infinity);
  CHECK(is_nan(normal_quantile(-0.1)));
  CHECK(is_nan(normal_quantile(1.1)));
  CHECK(is_nan(normal_quantile(tailwatch::core::nan)));
}

TEST_CASE("core: normal quantile is odd and rises", "[core]") {
  double previous = -infinity;
  for (int i = 1; i < 1024; ++i) {
    const double p = i / 1024.0;  // exact, and so is 1 − p
    const double z = normal_quantile(p);
    CHECK(z > previous);
    CHECK(close(z, -normal_quantile(1.0 - p), 4e-16));
    previous = z;
  }
}

TEST_CASE("core: a confidence interval is value plus and minus z standard errors", "[core]") {
  const tailwatch::estimate e{10.0, 2.0, 100};
  const tailwatch::interval i = tailwatch::confidence_interval(e);
  CHECK(i.level == 0.95);
  CHECK(close(i.lower, 10.0 - 2.0 * 1.9599639845400538556, 1e-14));
  CHECK(close(i.upper, 10.0 + 2.0 * 1.9599639845400538556, 1e-14));
  const tailwatch::interval wide = tailwatch::confidence_interval(e, 0.998);
  CHECK(close(wide.upper - wide.lower, 4.0 * 3.0902323061678132778, 1e-14));
}

TEST_CASE("core: an unknown standard error gives unknown ends", "[core]") {
  const tailwatch::interval i = tailwatch::confidence_interval({10.0, tailwatch::core::nan, 5});
  CHECK(is_nan(i.lower));
  CHECK(is_nan(i.upper));
  CHECK(is_nan(tailwatch::confidence_interval({tailwatch::core::nan, 1.0, 5}).lower));
}

TEST_CASE("core: a level outside (0, 1) is refused", "[core]") {
  const tailwatch::estimate e{0.0, 1.0, 1};
  for (const double level : {0.0, 1.0, -0.5, 95.0})
    CHECK_THROWS_AS(tailwatch::confidence_interval(e, level), std::invalid_argument);
}
