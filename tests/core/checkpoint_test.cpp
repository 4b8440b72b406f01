// SPDX-License-Identifier: BSL-1.0
// Checkpoints: all or nothing, through clear errors, a full disk and a kill at any moment.
#include "tailwatch/core/checkpoint.hpp"

#include "support/catch.hpp"

#if TAILWATCH_HAS_CHECKPOINT

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/random.hpp"

using namespace tailwatch;

namespace {

/// A state whose size and content follow from one number.
struct numbered {
  std::uint64_t number = 0;
  std::uint64_t parameter = 1;

  void save(core::output_archive& out) const {
    out.begin({core::state_family::testing, parameter, 0, 0, number});
    out.u64(filler());
    for (std::uint64_t i = 0; i < filler(); ++i) out.u64(core::mix64(number + i));
    out.end();
  }
  void load(core::input_archive& in) {
    const core::record_header found = in.open({core::state_family::testing, parameter, 0, 0, 0});
    numbered loaded{found.count, parameter};
    if (in.length(8) != loaded.filler()) core::detail::archive_failure("filler");
    for (std::uint64_t i = 0; i < loaded.filler(); ++i)
      if (in.u64() != core::mix64(found.count + i)) core::detail::archive_failure("content");
    in.close();
    *this = loaded;
  }
  [[nodiscard]] std::uint64_t filler() const { return core::mix64(number) % 5000; }
  friend bool operator==(const numbered&, const numbered&) = default;
};

/// A folder of its own, gone at the end.
class checkpoint_folder {
 public:
  checkpoint_folder() {
    path_ = (std::filesystem::temp_directory_path() / "tailwatch_checkpoint_XXXXXX").string();
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  checkpoint_folder(const checkpoint_folder&) = delete;
  checkpoint_folder& operator=(const checkpoint_folder&) = delete;
  ~checkpoint_folder() {
    ::unlink(file().c_str());
    ::unlink((file() + ".partial").c_str());
    ::rmdir(path_.c_str());
  }
  [[nodiscard]] std::string file() const { return path_ + "/state.tw"; }

 private:
  std::string path_;
};

/// Whether `act` throws a checkpoint_error whose message holds all of `parts`.
template <class Act>
bool checkpoint_fails_with(const Act& act, std::initializer_list<std::string_view> parts) {
  try {
    act();
  } catch (const core::checkpoint_error& error) {
    const std::string message = error.what();
    for (const std::string_view part : parts)
      if (message.find(part) == std::string::npos) return false;
    return true;
  }
  return false;
}

bool checkpoint_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

TEST_CASE("core checkpoint: states come back, several in one file", "[core]") {
  const checkpoint_folder folder;
  core::save_checkpoint(folder.file(), numbered{7}, numbered{8});
  CHECK_FALSE(checkpoint_exists(folder.file() + ".partial"));
  numbered a, b;
  core::load_checkpoint(folder.file(), a, b);
  CHECK(a.number == 7);
  CHECK(b.number == 8);
  core::save_checkpoint(folder.file(), numbered{9});  // shorter: nothing of the old bytes remains
  core::load_checkpoint(folder.file(), a);
  CHECK(a.number == 9);
  core::write_checkpoint(folder.file(), {});
  CHECK(core::read_checkpoint(folder.file()).empty());
  std::vector<std::byte> large(300000, std::byte{5});
  core::write_checkpoint(folder.file(), large);
  CHECK(core::read_checkpoint(folder.file()) == large);
}

TEST_CASE("core checkpoint: a file that is not these states changes none of them", "[core]") {
  const checkpoint_folder folder;
  numbered a{1}, b{2};
  const auto refused = [&](auto&&... states) {
    CHECK_THROWS_AS(core::load_checkpoint(folder.file(), states...), core::archive_error);
    CHECK(a == numbered{1});
    CHECK(b == numbered{2});
  };
  core::save_checkpoint(folder.file(), numbered{7}, numbered{8});
  refused(a);        // one state too few
  refused(a, b, b);  // one too many
  numbered foreign{2, 99};
  refused(a, foreign);  // the first is right, the second is not: neither is loaded
  auto bytes = core::read_checkpoint(folder.file());
  bytes.back() ^= std::byte{1};
  core::write_checkpoint(folder.file(), bytes);
  refused(a, b);
  bytes.resize(bytes.size() / 2);
  core::write_checkpoint(folder.file(), bytes);
  refused(a, b);
  core::write_checkpoint(folder.file(), {});
  refused(a);
}

TEST_CASE("core checkpoint: what cannot be written or read is said by name", "[core]") {
  const checkpoint_folder folder;
  numbered state{3};
  CHECK(checkpoint_fails_with([&] { core::load_checkpoint(folder.file(), state); },
                              {"cannot open", folder.file(), "No such"}));
  CHECK_THROWS_AS(core::save_checkpoint(folder.file() + "/below/x", state), core::checkpoint_error);
  CHECK_THROWS_AS(core::read_checkpoint("/"), core::checkpoint_error);  // opens, but cannot be read
  core::save_checkpoint(folder.file(), state);
  // A folder in the way of the temporary file: the old checkpoint stays.
  REQUIRE(::mkdir((folder.file() + ".partial").c_str(), 0777) == 0);
  CHECK_THROWS_AS(core::save_checkpoint(folder.file(), numbered{4}), core::checkpoint_error);
  ::rmdir((folder.file() + ".partial").c_str());
  core::load_checkpoint(folder.file(), state);
  CHECK(state.number == 3);
  if (checkpoint_exists("/dev/full")) {  // a full disk: the temporary file is a link to it, and is removed
    REQUIRE(::symlink("/dev/full", (folder.file() + ".partial").c_str()) == 0);
    CHECK(checkpoint_fails_with([&] { core::save_checkpoint(folder.file(), numbered{4}); }, {"cannot write", "space"}));
    CHECK_FALSE(checkpoint_exists(folder.file() + ".partial"));
    core::load_checkpoint(folder.file(), state);
    CHECK(state.number == 3);
  }
  // A relative path, and what a killed process left behind.
  std::ofstream(folder.file() + ".partial") << "rubbish, longer than the state that replaces it";
  core::save_checkpoint(folder.file(), numbered{5});
  core::load_checkpoint(folder.file(), state);
  CHECK(state.number == 5);
  CHECK_FALSE(checkpoint_exists(folder.file() + ".partial"));
}

// A child writes checkpoints and tells each number once it is saved; it is killed at a random moment. What lies on the disk
// is then a whole state, and none older than the last that was reported.
TEST_CASE("core checkpoint: a kill at any moment leaves a whole state, and none that was reported is lost", "[core]") {
  const checkpoint_folder folder;
  core::random_engine random(1);
  std::uint64_t number = 0, left_partial = 0;
  for (int trial = 0; trial < 60; ++trial) {
    int reports[2];
    REQUIRE(::pipe(reports) == 0);
    const ::pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(reports[0]);
      for (std::uint64_t i = number + 1;; ++i) {
        core::save_checkpoint(folder.file(), numbered{i});
        if (::write(reports[1], &i, sizeof i) != static_cast<::ssize_t>(sizeof i)) ::_exit(1);
      }
    }
    ::close(reports[1]);
    ::usleep(static_cast<::useconds_t>(1000 + core::uniform_below(random, 25000)));
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    std::uint64_t reported = number, next = 0;
    while (::read(reports[0], &next, sizeof next) == static_cast<::ssize_t>(sizeof next)) reported = next;
    ::close(reports[0]);
    left_partial += checkpoint_exists(folder.file() + ".partial") ? 1U : 0U;
    if (!checkpoint_exists(folder.file())) {
      REQUIRE(reported == 0);
      continue;
    }
    numbered found;
    core::load_checkpoint(folder.file(), found);
    REQUIRE(found.number >= reported);
    REQUIRE(found.number <= reported + 1);
    number = found.number;
  }
  INFO(number << " checkpoints, " << left_partial << " kills in the middle of one");
  CHECK(number > 0);
}

#endif
