// SPDX-License-Identifier: BSL-1.0
#pragma once

/// The single source of the version: CMake, the package files and the documentation read these three lines.
#define TAILWATCH_VERSION_MAJOR 0
#define TAILWATCH_VERSION_MINOR 1
#define TAILWATCH_VERSION_PATCH 0

namespace tailwatch {

struct version_number {
  int major;
  int minor;
  int patch;
};

inline constexpr version_number version{TAILWATCH_VERSION_MAJOR, TAILWATCH_VERSION_MINOR, TAILWATCH_VERSION_PATCH};

}  // namespace tailwatch
