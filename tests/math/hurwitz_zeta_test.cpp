// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/hurwitz_zeta.hpp"

#include <cmath>

#include "support/catch.hpp"

namespace {

bool zeta_close(double x, double y, double tolerance) { return std::abs(x - y) <= tolerance * std::abs(y); }

}  // namespace

TEST_CASE("math: hurwitz_zeta and its derivatives against 40-digit values", "[math]") {
  struct known {
    double s, a, value, first, second;
  };
  const known table[] = {
      {1.0001, 1.0, 10000.577222947539, -99999999.92720715, 2000000000000.6511},
      {1.5, 1.0, 2.6123753486854883, -3.9322397374311015, 15.989556371225687},
      {2.0, 1.0, 1.6449340668482264, -0.93754825431584375, 1.989280234298901},
      {2.2999999999999998, 2.0, 0.43241779931532381, -0.53248030819172243, 0.89963198917737478},
      {3.0, 0.5, 8.41439832211716, 5.278735126182078, 4.1011929709135378},
      {2.3100000000000001, 77.0, 0.0026008952883950852, -0.01326632233180343, 0.069182750413689297},
      {1.8, 1000000.0, 1.9811172830232245e-5, -0.00029846542353393211, 0.0045274887977522524},
      {10.0, 3.0, 1.8012627818085337e-5, -2.0131464655822102e-5, 2.2610679417587437e-5},
      {40.0, 1.0, 1.0000000000009095, -6.3041377863301422e-13, 4.3696956988575952e-13},
      {60.0, 50.0, 1.666005172249715e-102, -6.5322237151163643e-102, 2.5612559577400672e-101},
      {4.0, 0.001, 1000000000001.0781, 6907755278982.0666, 47717082994305.643},
      {1.1000000000000001, 12345.678, 3.8980756602584934, -75.704608558919997, 1860.0683450767462},
  };
  for (const known& k : table) {
    INFO("s " << k.s << " a " << k.a);
    const auto z = tailwatch::math::hurwitz_zeta_with_derivatives(k.s, k.a);
    constexpr double tolerance = 1e-13;
    CHECK(zeta_close(z.value, k.value, tolerance));
    CHECK(zeta_close(z.first, k.first, tolerance));
    CHECK(zeta_close(z.second, k.second, tolerance));
    CHECK(zeta_close(tailwatch::math::hurwitz_zeta(k.s, k.a), k.value, tolerance));
  }
}

TEST_CASE("math: hurwitz_zeta obeys its recurrence", "[math]") {
  for (const double s : {1.01, 1.7, 4.5, 9.0, 33.0})
    for (const double a : {0.25, 1.0, 8.75, 11.5, 900.0}) {
      INFO("s " << s << " a " << a);
      const double whole = tailwatch::math::hurwitz_zeta(s, a);
      CHECK(std::abs(whole - std::pow(a, -s) - tailwatch::math::hurwitz_zeta(s, a + 1.0)) <= 1e-13 * whole);
    }
}

TEST_CASE("math: hurwitz_zeta without its factor neither under- nor overflows", "[math]") {
  const auto z = tailwatch::math::hurwitz_zeta_scaled(500.0, 1e6);
  CHECK(zeta_close(z.z0, 1e6 / 499.0 + 0.5 + 500.0 / 12e6, 1e-12));  // what is left out is 2e-16 of it
  CHECK(zeta_close(z.z1 / z.z0, 1.0 / 499.0, 1e-3));
  const auto steep = tailwatch::math::hurwitz_zeta_scaled(1e4, 3.0);
  CHECK(steep.z0 == 1.0);
}
