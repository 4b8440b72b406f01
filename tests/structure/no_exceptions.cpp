// SPDX-License-Identifier: BSL-1.0
//
// The whole library in a program without exceptions and RTTI. TAILWATCH_THROW is the user's: here it leaves with a code of
// its own, so that the check is known to have fired.
#include <cstdlib>

#define TAILWATCH_THROW(exception) (static_cast<void>(exception), std::exit(0))
#include <tailwatch/entropy/plugin.hpp>
#include <tailwatch/tailwatch.hpp>

#include <array>
#include <cmath>
#include <cstdint>

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "compile this with -fno-exceptions -fno-rtti"
#endif

int main() {
  const std::array<std::uint32_t, 4> counts{1, 1, 1, 1};
  const tailwatch::estimate h = tailwatch::entropy::plugin(counts);
  if (std::abs(h.value - std::log(4.0)) > 1e-15 || h.standard_error == 0.0 || h.count != 4) return 1;

  const std::array<int, 2> negative{1, -1};
  const tailwatch::estimate never = tailwatch::entropy::plugin(negative);  // leaves through TAILWATCH_THROW
  return never.defined() ? 2 : 3;
}
