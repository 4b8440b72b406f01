// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/math/distributions/students_t.hpp>

namespace tailwatch::monitor::detail {

/// The x with P(T > x) = tail, T Student's t with `degrees` degrees of freedom; degrees > 0, 0 < tail < 1.
[[nodiscard]] inline double student_upper_quantile(double degrees, double tail) {
  namespace policies = boost::math::policies;
  using quiet =
      policies::policy<policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
                       policies::overflow_error<policies::ignore_error>,
                       policies::evaluation_error<policies::ignore_error>,
                       policies::rounding_error<policies::ignore_error>, policies::promote_double<false>>;
  const boost::math::students_t_distribution<double, quiet> t(degrees);
  return boost::math::quantile(boost::math::complement(t, tail));
}

}  // namespace tailwatch::monitor::detail
