// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <system_error>

#include "tailwatch/text/utf8.hpp"

namespace tailwatch::text {

struct file_text {
  std::string text;   ///< UTF-8 without a byte order mark, lines ended by \n
  std::string error;  ///< one sentence that names the file, empty where the text could be read
};

namespace detail {

/// \r\n and a lone \r become \n.
inline void unify_newlines(std::string& text) noexcept {
  std::size_t to = text.find('\r');
  if (to == std::string::npos) return;
  for (std::size_t from = to; from < text.size(); ++from) {
    if (text[from] != '\r') {
      text[to++] = text[from];
    } else if (from + 1 == text.size() || text[from + 1] != '\n') {
      text[to++] = '\n';
    }
  }
  text.resize(to);
}

}  // namespace detail

/// Reads a text file for counting: the byte order mark is dropped and line ends become \n. A file that is not text is
/// refused: one that is missing, a folder, empty, or holds a NUL byte or more than one ill-formed part of UTF-8 per 100
/// bytes. What cannot be read is told in `error`; nothing is thrown or printed.
/// @example examples/text/words.cpp
[[nodiscard]] inline file_text read_text(const std::filesystem::path& path) {
  const std::string name = path.string();
  const auto failed = [&](std::string_view what) { return file_text{{}, name + ": " + std::string(what)}; };
  std::error_code code;
  const std::filesystem::file_status status = std::filesystem::status(path, code);
  if (!std::filesystem::exists(status)) return failed("no such file");
  if (std::filesystem::is_directory(status)) return failed("is a directory, a text file was expected");
  std::ifstream in(path, std::ios::binary);
  if (!in) return failed("cannot be opened for reading");

  file_text result;
  std::string& text = result.text;
  constexpr std::size_t block = std::size_t{1} << 20;
  for (std::size_t size = 0;; size = text.size()) {  // by blocks, so that pipes can be read too
    text.resize(size + block);
    in.read(text.data() + size, static_cast<std::streamsize>(block));
    text.resize(size + static_cast<std::size_t>(in.gcount()));
    if (!in) break;
  }
  if (in.bad()) return failed("cannot be read to its end");
  if (std::string_view(text).substr(0, 3) == "\xEF\xBB\xBF") text.erase(0, 3);
  if (text.empty()) return failed("is empty");
  if (text.find('\0') != std::string::npos) return failed("is not text: it holds NUL bytes");
  const std::uint64_t invalid = count_invalid_utf8(text);
  if (invalid > text.size() / 100)
    return failed("is not UTF-8 text: " + std::to_string(invalid) + " invalid sequences in " +
                  std::to_string(text.size()) + " bytes");
  detail::unify_newlines(text);
  return result;
}

}  // namespace tailwatch::text
