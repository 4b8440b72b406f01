// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace tailwatch::drift {

/// The end of the real line that a tail statistic looks at.
enum class tail_side { left, right };

}  // namespace tailwatch::drift
