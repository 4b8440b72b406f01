// SPDX-License-Identifier: BSL-1.0
//
// Compiled without optimisation and with every inline function kept, for check_odr.py to look through.
#include <tailwatch/tailwatch.hpp>
