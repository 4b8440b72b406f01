// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/text/read_file.hpp"

#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using tailwatch::text::read_text;

namespace {

/// A file that is gone at the end of the test.
class temporary_text_file {
 public:
  explicit temporary_text_file(std::string_view contents)
      : path_(std::filesystem::temp_directory_path() / "tailwatch_read_file_test.txt") {
    std::ofstream out(path_, std::ios::binary);
    out << contents;
  }
  temporary_text_file(const temporary_text_file&) = delete;
  temporary_text_file& operator=(const temporary_text_file&) = delete;
  ~temporary_text_file() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string error_of(std::string_view contents) {
  const temporary_text_file file(contents);
  const auto result = read_text(file.path());
  CHECK(result.text.empty());
  return result.error.substr(result.error.rfind(": ") == std::string::npos ? 0 : file.path().string().size());
}

std::string text_of(std::string_view contents) {
  const temporary_text_file file(contents);
  const auto result = read_text(file.path());
  CHECK(result.error == "");
  return result.text;
}

}  // namespace

TEST_CASE("text: a file is read with its line ends unified and its mark dropped", "[text]") {
  CHECK(text_of("\xEF\xBB\xBFone\r\ntwo\rthree\n\r\n") == "one\ntwo\nthree\n\n");
  CHECK(text_of("plain\n") == "plain\n");
  std::string large;
  while (large.size() < 3'000'000) large += "a line of a large file\n";
  CHECK(text_of(large) == large);
}

TEST_CASE("text: what is not a text file is told in one sentence", "[text]") {
  CHECK(error_of("") == ": is empty");
  CHECK(error_of("\xEF\xBB\xBF") == ": is empty");
  CHECK(error_of(std::string_view("abc\0def", 7)) == ": is not text: it holds NUL bytes");
  CHECK(error_of("abc \xFF\xFE\xFF def") == ": is not UTF-8 text: 3 invalid sequences in 11 bytes");
  CHECK(text_of(std::string(200, 'a') + "\xFF") == std::string(200, 'a') + "\xFF");  // one slip is none
  const auto folder = std::filesystem::temp_directory_path();
  CHECK(read_text(folder).error == folder.string() + ": is a directory, a text file was expected");
  const auto missing = folder / "tailwatch" / "no such file.txt";
  CHECK(read_text(missing).error == missing.string() + ": no such file");
}
