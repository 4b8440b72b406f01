// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/config.hpp"

/// 1 where files can be replaced atomically and flushed to the disk (POSIX), else 0: this header then declares nothing.
#if defined(__unix__) || defined(__APPLE__)
#define TAILWATCH_HAS_CHECKPOINT 1
#else
#define TAILWATCH_HAS_CHECKPOINT 0
#endif

#if TAILWATCH_HAS_CHECKPOINT

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"

/// Saved states in a file that is always whole: the old bytes or the new ones, whenever the process or the machine stops.
///
///   core::save_checkpoint("rank3.tw", counts, sketch);   // all states in one file
///   core::load_checkpoint("rank3.tw", counts, sketch);   // all of them, or none
///
/// The bytes go to `<path>.partial`, which is flushed to the disk, renamed over `path`, and made durable by flushing the
/// folder. Once save_checkpoint has returned, a crash of the machine does not lose the file, as far as the file system keeps
/// its promises. What a kill leaves behind is at most one `.partial` file, which the next save overwrites.
///
/// One writer a path: each rank saves its own states, unmerged, to a path of its own. To go on with another number of
/// ranks, merge all the saved states into those of one rank and let the others start empty.
namespace tailwatch::core {

/// A checkpoint that could not be written or read: the step, the path and the system's reason.
class checkpoint_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

inline void checkpoint_failure(const char* step, const std::string& path, int error) {
  TAILWATCH_THROW(checkpoint_error(std::string("checkpoint: cannot ") + step + " " + to_text(std::string_view(path)) +
                                   ": " + std::generic_category().message(error)));
}

/// Closes what it holds; calls that a signal interrupts are made again.
class file_descriptor {
 public:
  file_descriptor(const char* path, int flags) noexcept {
    do {
      descriptor_ = ::open(path, flags | O_CLOEXEC, 0666);
    } while (descriptor_ < 0 && errno == EINTR);
  }
  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;
  ~file_descriptor() { static_cast<void>(close()); }

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] bool write(std::span<const std::byte> bytes) noexcept {
    while (!bytes.empty()) {
      const ::ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
      if (n < 0 && errno != EINTR) return false;
      if (n > 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// Bytes read, 0 at the end of the file, −1 for an error.
  [[nodiscard]] ::ssize_t read(std::span<std::byte> into) noexcept {
    ::ssize_t n = 0;
    do {
      n = ::read(descriptor_, into.data(), into.size());
    } while (n < 0 && errno == EINTR);
    return n;
  }
  [[nodiscard]] bool flush() noexcept {
#if defined(F_FULLFSYNC)
    if (::fcntl(descriptor_, F_FULLFSYNC) == 0)
      return true;  // macOS: fsync alone leaves the bytes in the drive's cache
#endif
    int result = 0;
    do {
      result = ::fsync(descriptor_);
    } while (result != 0 && errno == EINTR);
    return result == 0;
  }
  [[nodiscard]] bool close() noexcept {
    const int descriptor = std::exchange(descriptor_, -1);
    return descriptor < 0 || ::close(descriptor) == 0 ||
           errno == EINTR;  // after EINTR it is closed on Linux, never retry
  }

 private:
  int descriptor_ = -1;
};

}  // namespace detail

/// Replaces the file at `path` by `bytes`, atomically and durably.
///
/// @throws checkpoint_error  the file at `path` is then as it was, except that a failure to flush the folder leaves the new
///                           bytes in place without the promise that they survive a crash of the machine
inline void write_checkpoint(const std::string& path, std::span<const std::byte> bytes) {
  const std::string partial = path + ".partial";
  const auto fail = [&](const char* step) {
    const int error = errno;
    ::unlink(partial.c_str());
    detail::checkpoint_failure(step, partial, error);
  };
  {
    detail::file_descriptor file(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) detail::checkpoint_failure("create", partial, errno);
    if (!file.write(bytes)) return fail("write");
    if (!file.flush()) return fail("flush");
    if (!file.close()) return fail("close");  // network file systems report a full disk here
  }
  if (std::rename(partial.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(partial.c_str());
    detail::checkpoint_failure("replace", path, error);
  }
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  detail::file_descriptor directory(folder.c_str(), O_RDONLY);
  if (!directory.is_open()) detail::checkpoint_failure("open", folder, errno);
  // EINVAL: the file system has no such operation for folders; there is nothing more that could be done.
  if (!directory.flush() && errno != EINVAL) detail::checkpoint_failure("flush", folder, errno);
}

/// The bytes of the file at `path`.
/// @throws checkpoint_error  where it cannot be read, for instance because there is none yet
[[nodiscard]] inline std::vector<std::byte> read_checkpoint(const std::string& path) {
  detail::file_descriptor file(path.c_str(), O_RDONLY);
  if (!file.is_open()) detail::checkpoint_failure("open", path, errno);
  std::vector<std::byte> bytes;
  std::size_t size = 0;
  for (;;) {
    if (bytes.size() == size) bytes.resize(size + std::max<std::size_t>(size, std::size_t{1} << 16));
    const auto n = file.read(std::span(bytes).subspan(size));
    if (n < 0) detail::checkpoint_failure("read", path, errno);
    if (n <= 0) break;
    size += static_cast<std::size_t>(n);
  }
  bytes.resize(size);
  return bytes;
}

/// Saves the states, in this order, to one file.
/// @throws checkpoint_error as write_checkpoint
template <class... States>
void save_checkpoint(const std::string& path, const States&... states) {
  output_archive out;
  (states.save(out), ...);
  write_checkpoint(path, out.bytes());
}

/// Loads the states that save_checkpoint wrote, in the same order, into states of the same parameters.
///
/// @throws checkpoint_error  where the file cannot be read
///         archive_error     for anything but those states; every state is then as it was
template <class... States>
void load_checkpoint(const std::string& path, States&... states) {
  const std::vector<std::byte> bytes = read_checkpoint(path);
  input_archive in(bytes);
  std::tuple<States...> loaded(states...);
  std::apply([&](States&... each) { (each.load(in), ...); }, loaded);
  if (in.remaining() != 0) detail::archive_failure(std::to_string(in.remaining()) + " bytes left over");
  std::tie(states...) = std::move(loaded);
}

}  // namespace tailwatch::core

#endif
