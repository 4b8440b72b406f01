// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/config.hpp"
#include "tailwatch/core.hpp"
#include "tailwatch/version.hpp"
