// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/core/views.hpp"

namespace tailwatch::core {

/// Observations on the real line: a bare floating range or sample(x).
template <class Source>
concept sample_source = floating_range<Source> || requires(const Source& x) {
  []<class T>(const sample_view<T>&) {}(x);
};

}  // namespace tailwatch::core
