// SPDX-License-Identifier: BSL-1.0
#include "input.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "tailwatch/text/sentences.hpp"
#include "tailwatch/text/tokenise.hpp"
#include "tailwatch/text/utf8.hpp"

namespace tailwatch::tools {

void input_options::add_to(CLI::App& app) {
  const std::map<std::string, file_format> formats{{"auto", file_format::automatic}, {"text", file_format::text},
                                                   {"jsonl", file_format::jsonl},    {"u16", file_format::uint16},
                                                   {"u32", file_format::uint32},     {"npy", file_format::npy}};
  app.add_option(
         "--format", format,
         "of the files: auto (by name and first bytes), text, jsonl, u16 or u32 (token files, with the header of "
         "llm.c or without one), npy")
      ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case));
  app.add_option("--field", field, "JSONL: the field that holds the text, or a list of token ids; a.b reaches inside")
      ->capture_default_str();
  const std::map<std::string, text::sentence_rule> rules{{"auto", text::sentence_rule::automatic},
                                                         {"lines", text::sentence_rule::lines},
                                                         {"punctuation", text::sentence_rule::punctuation}};
  app.add_option("--sentences", sentences, "where sentences end: auto, lines or punctuation")
      ->transform(CLI::CheckedTransformer(rules, CLI::ignore_case));
  app.add_flag("--keep-case", keep_case, "The and the are two words");
  app.add_flag("--digits", digits, "digits are part of words");
  app.add_option("--tokenizer", tokenizer, "gpt2_tokenizer.bin of llm.c: names for the ids of token files");
  app.add_option("--end-of-text", end_of_text,
                 "token id that ends a document; default: 50256 in 16-bit files, 128001 in 32-bit ones");
  app.add_option("--max-types", max_types, "different words kept by name; later ones count as one word")
      ->check(CLI::Range(std::size_t{1000}, std::size_t{1} << 28))
      ->capture_default_str();
}

std::uint32_t word_list::add(std::string_view word, std::size_t max_types) {
  if (words.size() < max_types) return words.add(word);
  if (const auto id = words.find(word)) return *id;
  if (!other) other = words.add("<other>");
  ++beyond;
  return *other;
}

namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 20;

/// A file read from front to end.
class byte_source {
 public:
  explicit byte_source(const std::string& path) : name_(path == "-" ? "standard input" : path) {
    if (path == "-") {
      file_ = stdin;
      return;
    }
    std::error_code code;
    const auto status = std::filesystem::status(path, code);
    if (!std::filesystem::exists(status)) throw input_error(path + ": no such file");
    if (std::filesystem::is_directory(status)) throw input_error(path + ": is a directory, a file was expected");
    file_ = std::fopen(path.c_str(), "rb");
    if (file_ == nullptr) throw input_error(path + ": cannot be opened for reading");
    owned_ = true;
    if (std::filesystem::is_regular_file(status)) {
      const auto size = std::filesystem::file_size(path, code);
      if (!code) size_ = static_cast<double>(size);
    }
  }
  byte_source(const byte_source&) = delete;
  byte_source& operator=(const byte_source&) = delete;
  ~byte_source() {
    if (owned_) std::fclose(file_);
  }

  /// Appends up to one block; false at the end.
  bool append(std::string& buffer) {
    const std::size_t old = buffer.size();
    buffer.resize(old + block_bytes);
    const std::size_t n = std::fread(buffer.data() + old, 1, block_bytes, file_);
    buffer.resize(old + n);
    done_ += static_cast<double>(n);
    if (n == 0 && std::ferror(file_) != 0) throw input_error(name_ + ": cannot be read to its end");
    return n != 0;
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] double done() const { return done_; }
  /// 0 where it is not known.
  [[nodiscard]] double size() const { return size_; }

 private:
  std::string name_;
  std::FILE* file_ = nullptr;
  bool owned_ = false;
  double size_ = 0.0;
  double done_ = 0.0;
};

template <class Integer>
[[nodiscard]] Integer little_endian(const char* p) {
  Integer x = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i)
    x = static_cast<Integer>(x | (static_cast<Integer>(static_cast<unsigned char>(p[i])) << (8 * i)));
  return x;
}

constexpr std::uint32_t llmc_data_uint16 = 20240520;
constexpr std::uint32_t llmc_data_uint32 = 20240801;
constexpr std::uint32_t llmc_tokenizer = 20240328;
constexpr std::size_t llmc_header_bytes = 256 * 4;

file_format guess(const std::string& path, std::string_view head) {
  if (head.substr(0, 6) == "\x93NUMPY") return file_format::npy;
  if (head.size() >= 4) {
    const auto magic = little_endian<std::uint32_t>(head.data());
    if (magic == llmc_data_uint16) return file_format::uint16;
    if (magic == llmc_data_uint32) return file_format::uint32;
  }
  std::string extension = std::filesystem::path(path).extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  if (extension == ".jsonl" || extension == ".ndjson") return file_format::jsonl;
  if (extension == ".npy") throw input_error(path + ": is called .npy but does not begin as a NumPy file does");
  if (extension == ".bin")
    throw input_error(path + ": has no header of llm.c; say --format u16 or --format u32 if it holds bare token ids");
  if (extension == ".gz" || extension == ".zst" || extension == ".xz" || extension == ".bz2" ||
      head.substr(0, 2) == "\x1f\x8b")
    throw input_error(path + ": is compressed; pipe it in, for instance zcat FILE | tailwatch ... -");
  if (extension == ".parquet" || head.substr(0, 4) == "PAR1")
    throw input_error(path + ": is a Parquet file, which is not read; write its text column as JSON Lines");
  return file_format::text;
}

/// Text as it must be: UTF-8 without NUL.
class text_checker {
 public:
  explicit text_checker(std::string name) : name_(std::move(name)) {}
  void check(std::string_view text, std::uint64_t invalid) {
    if (text.find('\0') != std::string_view::npos)
      throw input_error(name_ + ": is not text: it holds NUL bytes (for token files say --format u16, u32 or npy)");
    bytes_ += text.size();
    invalid_ += invalid;
    if (bytes_ >= 4096 || invalid_ > 0) judge(bytes_ >= block_bytes);
  }
  void finish() { judge(true); }

 private:
  void judge(bool enough) const {
    if (enough && invalid_ > bytes_ / 100)
      throw input_error(name_ + ": is not UTF-8 text: " + std::to_string(invalid_) + " invalid sequences in " +
                        std::to_string(bytes_) + " bytes (iconv -f latin1 -t utf8 helps where it is Latin-1)");
  }
  std::string name_;
  std::uint64_t bytes_ = 0;
  std::uint64_t invalid_ = 0;
};

text::tokenise_options word_options(const input_options& o) {
  text::tokenise_options words;
  words.digits = o.digits;
  words.fold_case = !o.keep_case;
  return words;
}

/// Sentences of `text`; returns the ill-formed parts of UTF-8.
std::uint64_t encode_sentences(std::string_view text, const input_options& o, text::sentence_rule rule,
                               word_list& words, const std::function<void(const std::vector<std::uint32_t>&)>& out) {
  std::vector<std::uint32_t> ids;
  std::uint64_t invalid = 0;
  const text::tokenise_options tokens = word_options(o);
  text::for_each_sentence(text, {.rule = rule}, [&](std::string_view sentence) {
    ids.clear();
    invalid += text::for_each_word(sentence, tokens, [&](std::string_view w) {
                 ids.push_back(words.add(w, o.max_types));
               }).invalid;
    if (!ids.empty()) out(ids);
  });
  return invalid;
}

/// The last place where `text` may be cut so that both sides have the sentences of the whole.
std::size_t safe_cut(std::string_view text, text::sentence_rule rule) {
  if (rule == text::sentence_rule::lines) {
    const std::size_t line = text.rfind('\n');
    return line == std::string_view::npos ? 0 : line + 1;
  }
  for (std::size_t i = text.size(); i > 1; --i) {
    const char c = text[i - 1];
    const char before = text[i - 2];
    const bool space = c == ' ' || c == '\n';
    if (space && (before == '.' || before == '!' || before == '?' || (c == '\n' && before == '\n'))) return i;
  }
  return 0;
}

void read_text_file(byte_source& in, std::string buffer, const input_options& o, word_list& words,
                    const document_events& events) {
  text_checker checker(in.name());
  if (buffer.starts_with("\xEF\xBB\xBF")) buffer.erase(0, 3);
  if (std::string_view(buffer).substr(0, 2) == "\xFF\xFE" || std::string_view(buffer).substr(0, 2) == "\xFE\xFF")
    throw input_error(in.name() + ": is UTF-16, UTF-8 was expected (iconv -f utf16 -t utf8 helps)");
  bool more = true;
  while (more && buffer.size() < 4 * block_bytes) more = in.append(buffer);  // what the sentence rule is judged by
  if (buffer.empty()) throw input_error(in.name() + ": is empty");
  text::sentence_rule rule = o.sentences;
  if (rule == text::sentence_rule::automatic) rule = text::choose_sentence_rule(buffer);
  bool pending_return = false;
  std::string clean;
  for (;;) {
    // \r\n and a lone \r are line ends; a \r at the end of a block waits for what follows.
    clean.clear();
    if (buffer.find('\r') == std::string::npos) {
      clean.swap(buffer);
    } else {
      for (std::size_t i = 0; i < buffer.size(); ++i) {
        if (buffer[i] != '\r') {
          clean += buffer[i];
        } else if (i + 1 == buffer.size() && more) {
          pending_return = true;
        } else if (i + 1 == buffer.size() || buffer[i + 1] != '\n') {
          clean += '\n';
        }
      }
      buffer.clear();
    }
    std::size_t cut = more ? safe_cut(clean, rule) : clean.size();
    if (more && cut == 0 && clean.size() >= 16 * block_bytes) {  // no sentence ends here: cut between words
      cut = clean.find_last_of(" \n\t");
      cut = cut == std::string::npos ? clean.size() : cut + 1;
    }
    if (cut > 0) {
      const std::string_view part = std::string_view(clean).substr(0, cut);
      checker.check(part, encode_sentences(part, o, rule, words, events.sequence));
    }
    buffer.assign(clean, cut, std::string::npos);
    if (pending_return) buffer += '\r';
    pending_return = false;
    if (events.progress) events.progress(in.done(), in.size());
    if (!more) break;
    more = in.append(buffer);
  }
  checker.finish();
  events.document("");
}

void read_jsonl_file(byte_source& in, std::string buffer, const input_options& o, word_list& words,
                     const document_events& events) {
  if (buffer.starts_with("\xEF\xBB\xBF")) buffer.erase(0, 3);
  std::uint64_t line_number = 0;
  std::uint64_t documents = 0;
  const auto take = [&](std::string_view line) {
    ++line_number;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
    if (line.empty()) return;
    const json_document d = read_json_line(line, o, in.name() + ", line " + std::to_string(line_number));
    if (d.is_tokens) {
      std::vector<std::uint32_t> ids;
      for (const std::uint32_t t : d.tokens) ids.push_back(words.add(std::to_string(t), o.max_types));
      if (!ids.empty()) events.sequence(ids);
      words.words_are_tokens = true;
    } else {
      for (const std::string& text : d.texts) encode_text(text, o, o.sentences, words, events.sequence);
    }
    events.document(d.group);
    ++documents;
  };
  bool more = true;
  while (more) {
    std::size_t begin = 0;
    for (std::size_t end; (end = buffer.find('\n', begin)) != std::string::npos; begin = end + 1)
      take(std::string_view(buffer).substr(begin, end - begin));
    buffer.erase(0, begin);
    if (events.progress) events.progress(in.done(), in.size());
    if (buffer.size() > 256 * block_bytes)
      throw input_error(in.name() + ", line " + std::to_string(line_number + 1) +
                        ": is longer than 256 MB; JSON Lines has one object a line");
    more = in.append(buffer);
  }
  if (!buffer.empty()) take(buffer);
  if (documents == 0) throw input_error(in.name() + ": is empty");
}

/// Names of the ids of a GPT-2 tokenizer file of llm.c.
std::vector<std::string> read_tokenizer(const std::string& path) {
  byte_source in(path);
  std::string bytes;
  while (in.append(bytes)) {
  }
  if (bytes.size() < llmc_header_bytes || little_endian<std::uint32_t>(bytes.data()) != llmc_tokenizer)
    throw input_error(path + ": is not a tokenizer file of llm.c");
  const auto size = little_endian<std::uint32_t>(bytes.data() + 8);
  std::vector<std::string> names;
  std::set<std::string> used;  // two tokens may look alike; each has a name of its own
  std::size_t at = llmc_header_bytes;
  for (std::uint32_t i = 0; i < size; ++i) {
    if (at >= bytes.size() || at + 1 + static_cast<unsigned char>(bytes[at]) > bytes.size())
      throw input_error(path + ": ends inside token " + std::to_string(i));
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(bytes[at]));
    std::string name = bytes.substr(at + 1, length);
    at += 1 + length;
    // Shown inside words and phrases: blanks and what is no text by themselves would be invisible there.
    for (char& c : name)
      if (c == ' ') c = '_';
    if (text::count_invalid_utf8(name) > 0 ||
        std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
      name.clear();
    if (name.empty() || !used.insert(name).second) name += "<" + std::to_string(i) + ">";
    names.push_back(std::move(name));
  }
  return names;
}

/// Token ids → words, documents cut at the end-of-text token and into runs of at most 1024 tokens.
class token_stream {
 public:
  token_stream(const input_options& o, word_list& words, const document_events& events, std::int64_t end_of_text)
      : options_(o), words_(words), events_(events), end_of_text_(end_of_text) {
    words.words_are_tokens = true;
    if (!o.tokenizer.empty()) names_ = read_tokenizer(o.tokenizer);
  }
  void add(std::uint64_t token) {
    if (static_cast<std::int64_t>(token) == end_of_text_) {
      end_document();
      return;
    }
    ids_.push_back(id(token));
    if (ids_.size() >= 1024) flush();
    ++tokens_;
  }
  void end_document() {
    flush();
    if (open_) events_.document("");
    open_ = false;
  }
  [[nodiscard]] std::uint64_t tokens() const { return tokens_; }

 private:
  void flush() {
    if (ids_.empty()) return;
    events_.sequence(ids_);
    ids_.clear();
    open_ = true;
  }
  std::uint32_t id(std::uint64_t token) {
    if (token >= known_.size() && token < (1U << 22U))
      known_.resize(std::max<std::size_t>(token + 1, 2 * known_.size()), none);
    if (token < known_.size() && known_[token] != none) return known_[token];
    const std::uint32_t id =
        words_.add(token < names_.size() ? names_[token] : std::to_string(token), options_.max_types);
    if (token < known_.size()) known_[token] = id;
    return id;
  }

  static constexpr std::uint32_t none = ~std::uint32_t{0};
  const input_options& options_;
  word_list& words_;
  const document_events& events_;
  std::int64_t end_of_text_;
  std::vector<std::string> names_;
  std::vector<std::uint32_t> known_;
  std::vector<std::uint32_t> ids_;
  bool open_ = false;
  std::uint64_t tokens_ = 0;
};

template <class Integer>
void read_ids(byte_source& in, std::string& buffer, const document_events& events,
              const std::function<void(Integer)>& take, std::uint64_t announced, bool is_announced) {
  std::uint64_t n = 0;
  bool more = true;
  for (;;) {
    std::size_t i = 0;
    for (; i + sizeof(Integer) <= buffer.size() && (!is_announced || n < announced); i += sizeof(Integer), ++n)
      take(little_endian<Integer>(buffer.data() + i));
    buffer.erase(0, i);
    if (events.progress) events.progress(in.done(), in.size());
    if (is_announced && n == announced && !buffer.empty())
      throw input_error(in.name() + ": holds more bytes than the " + std::to_string(announced) +
                        " values it announces");
    if (!more) break;
    more = in.append(buffer);
  }
  if (is_announced && n < announced)
    throw input_error(in.name() + ": ends after " + std::to_string(n) + " of the " + std::to_string(announced) +
                      " values it announces");
  if (!buffer.empty())
    throw input_error(in.name() + ": its size is no multiple of " + std::to_string(sizeof(Integer)) + " bytes");
  if (n == 0) throw input_error(in.name() + ": holds no tokens");
}

void read_token_file(byte_source& in, std::string buffer, file_format format, const input_options& o, word_list& words,
                     const document_events& events) {
  while (buffer.size() < llmc_header_bytes && in.append(buffer)) {
  }
  std::uint64_t announced = 0;
  bool has_header = false;
  if (buffer.size() >= 4) {
    const auto magic = little_endian<std::uint32_t>(buffer.data());
    has_header = magic == llmc_data_uint16 || magic == llmc_data_uint32;
    if (has_header && (magic == llmc_data_uint16) != (format == file_format::uint16))
      throw input_error(in.name() + ": its header says " + (magic == llmc_data_uint16 ? "uint16" : "uint32") +
                        ", the options say " + (format == file_format::uint16 ? "u16" : "u32"));
  }
  if (has_header) {
    if (buffer.size() < llmc_header_bytes) throw input_error(in.name() + ": ends inside its header");
    announced = little_endian<std::uint32_t>(buffer.data() + 8);
    buffer.erase(0, llmc_header_bytes);
  }
  const bool narrow = format == file_format::uint16;
  token_stream tokens(o, words, events, o.end_of_text >= 0 ? o.end_of_text : narrow ? 50256 : 128001);
  if (narrow)
    read_ids<std::uint16_t>(
        in, buffer, events, [&](std::uint16_t t) { tokens.add(t); }, announced, has_header);
  else
    read_ids<std::uint32_t>(
        in, buffer, events, [&](std::uint32_t t) { tokens.add(t); }, announced, has_header);
  tokens.end_document();
}

/// One value of the header of a NumPy file, a Python dictionary literal.
std::string npy_value(const std::string& header, const std::string& key, const std::string& name) {
  const std::size_t at = header.find("'" + key + "'");
  const std::size_t colon = at == std::string::npos ? at : header.find(':', at);
  if (colon == std::string::npos) throw input_error(name + ": the NumPy header has no '" + key + "'");
  std::size_t begin = header.find_first_not_of(" ", colon + 1);
  if (begin == std::string::npos) throw input_error(name + ": the NumPy header ends after '" + key + "'");
  const std::size_t end = header[begin] == '(' ? header.find(')', begin) : header.find_first_of(",}", begin);
  if (end == std::string::npos) throw input_error(name + ": the NumPy header ends inside '" + key + "'");
  return header.substr(begin, end - begin);
}

void read_npy_file(byte_source& in, std::string buffer, const input_options& o, word_list& words,
                   const document_events& events) {
  while (buffer.size() < 12 && in.append(buffer)) {
  }
  if (buffer.size() < 12 || !buffer.starts_with("\x93NUMPY"))
    throw input_error(in.name() + ": does not begin as a NumPy file does");
  const int major = static_cast<unsigned char>(buffer[6]);
  if (major < 1 || major > 3)
    throw input_error(in.name() + ": NumPy format version " + std::to_string(major) + " is not known");
  const std::size_t prefix = major == 1 ? 10 : 12;
  const std::size_t length =
      major == 1 ? little_endian<std::uint16_t>(buffer.data() + 8) : little_endian<std::uint32_t>(buffer.data() + 8);
  while (buffer.size() < prefix + length && in.append(buffer)) {
  }
  if (buffer.size() < prefix + length) throw input_error(in.name() + ": ends inside its NumPy header");
  const std::string header = buffer.substr(prefix, length);
  buffer.erase(0, prefix + length);

  std::string type = npy_value(header, "descr", in.name());
  std::erase(type, '\'');
  const bool fortran = npy_value(header, "fortran_order", in.name()).starts_with("True");
  std::vector<std::uint64_t> shape;
  std::uint64_t total = 1;
  const std::string sizes = npy_value(header, "shape", in.name());
  for (std::size_t i = 0; i < sizes.size();) {
    if (sizes[i] < '0' || sizes[i] > '9') {
      ++i;
      continue;
    }
    std::uint64_t n = 0;
    for (; i < sizes.size() && sizes[i] >= '0' && sizes[i] <= '9'; ++i) {
      if (n > (std::uint64_t{1} << 48)) throw input_error(in.name() + ": its shape is too large");
      n = 10 * n + static_cast<std::uint64_t>(sizes[i] - '0');
    }
    shape.push_back(n);
    if (n != 0 && total > (std::uint64_t{1} << 56) / n) throw input_error(in.name() + ": its shape is too large");
    total *= n;
  }
  if (shape.empty() || shape.size() > 2)
    throw input_error(in.name() + ": has " + std::to_string(shape.size()) +
                      " dimensions; token ids have one, or two (sequences x tokens)");
  if (fortran && shape.size() == 2)
    throw input_error(in.name() + ": is stored column by column (fortran_order); save it with numpy.ascontiguousarray");
  const std::uint64_t row = shape.size() == 2 ? shape[1] : 0;
  token_stream tokens(o, words, events, o.end_of_text);
  std::uint64_t n = 0;
  const auto take = [&](std::int64_t t) {
    if (t < 0) {  // padding, as trainers mark it
      if (t < -1000) throw input_error(in.name() + ": holds " + std::to_string(t) + ", which is no token id");
    } else {
      tokens.add(static_cast<std::uint64_t>(t));
    }
    if (row != 0 && ++n % row == 0) tokens.end_document();
  };
  if (type == "<u2") {
    read_ids<std::uint16_t>(
        in, buffer, events, [&](std::uint16_t t) { take(t); }, total, true);
  } else if (type == "|u1") {
    read_ids<std::uint8_t>(
        in, buffer, events, [&](std::uint8_t t) { take(t); }, total, true);
  } else if (type == "<u4") {
    read_ids<std::uint32_t>(
        in, buffer, events, [&](std::uint32_t t) { take(t); }, total, true);
  } else if (type == "<i4") {
    read_ids<std::uint32_t>(
        in, buffer, events, [&](std::uint32_t t) { take(static_cast<std::int32_t>(t)); }, total, true);
  } else if (type == "<i8" || type == "<u8") {
    read_ids<std::uint64_t>(
        in, buffer, events, [&](std::uint64_t t) { take(static_cast<std::int64_t>(t)); }, total, true);
  } else {
    throw input_error(in.name() + ": holds " + type +
                      "; token ids are unsigned or signed integers (u1, u2, u4, i4, i8), little-endian");
  }
  tokens.end_document();
  if (tokens.tokens() == 0) throw input_error(in.name() + ": holds no tokens");
}

std::string fields_of(const nlohmann::json& object) {
  std::string names;
  std::size_t n = 0;
  for (const auto& [key, value] : object.items()) {
    if (n++ == 6) return names + ", ...";
    names += (names.empty() ? "" : ", ") + key;
  }
  return names;
}

const nlohmann::json* find_path(const nlohmann::json& object, std::string_view path) {
  const nlohmann::json* at = &object;
  if (object.is_object() && object.contains(std::string(path))) return &object[std::string(path)];
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string key(path.substr(0, dot));
    if (!at->is_object() || !at->contains(key)) return nullptr;
    at = &(*at)[key];
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return at;
}

}  // namespace

json_document read_json_line(std::string_view line, const input_options& o, const std::string& where) {
  nlohmann::json object;
  try {
    object = nlohmann::json::parse(line);
  } catch (const nlohmann::json::exception& error) {
    std::string why = error.what();
    if (why.find("UTF-8") != std::string::npos)
      throw input_error(where + ": is not JSON: it holds bytes that are not UTF-8");
    const std::size_t column = why.find("column ");
    const std::size_t colon = column == std::string::npos ? column : why.find(": ", column);
    if (colon != std::string::npos) why = why.substr(column, colon - column) + ", " + why.substr(colon + 2);
    throw input_error(where + ": is not JSON: " + why);
  }
  json_document d;
  const nlohmann::json* value = &object;
  if (object.is_object()) {
    value = find_path(object, o.field);
    if (value == nullptr)
      throw input_error(where + ": has no field '" + o.field + "' (its fields: " + fields_of(object) +
                        "); name one with --field");
    if (!o.group_field.empty()) {
      const nlohmann::json* group = find_path(object, o.group_field);
      if (group == nullptr)
        throw input_error(where + ": has no field '" + o.group_field + "' (its fields: " + fields_of(object) + ")");
      d.group = group->is_string() ? group->get<std::string>() : group->dump();
    }
  } else if (!o.group_field.empty()) {
    throw input_error(where + ": is no object, so it has no field '" + o.group_field + "'");
  }
  if (value->is_string()) {
    d.texts.push_back(value->get<std::string>());
    return d;
  }
  if (value->is_array() && !value->empty() && value->front().is_number_integer()) {
    d.is_tokens = true;
    for (const auto& t : *value) {
      if (!t.is_number_integer() || t.get<std::int64_t>() < 0 || t.get<std::int64_t>() > 0xFFFFFFFFLL)
        throw input_error(where + ": field '" + o.field + "' holds " + t.dump() + ", which is no token id");
      d.tokens.push_back(t.get<std::uint32_t>());
    }
    return d;
  }
  if (value->is_array()) {
    for (const auto& t : *value) {
      if (!t.is_string())
        throw input_error(where + ": field '" + o.field + "' is a list that holds neither texts nor token ids alone");
      d.texts.push_back(t.get<std::string>());
    }
    return d;
  }
  throw input_error(where + ": field '" + o.field + "' is " + std::string(value->type_name()) +
                    ", a text or a list of token ids was expected");
}

void encode_text(std::string_view text, const input_options& o, text::sentence_rule rule, word_list& words,
                 const std::function<void(const std::vector<std::uint32_t>&)>& sequence) {
  if (rule == text::sentence_rule::automatic) rule = text::choose_sentence_rule(text);
  static_cast<void>(encode_sentences(text, o, rule, words, sequence));
}

void read_corpus(const std::string& path, const input_options& options, word_list& words,
                 const document_events& events) {
  byte_source in(path);
  if (events.progress) events.progress(0.0, in.size());
  std::string buffer;
  in.append(buffer);
  if (buffer.empty()) throw input_error(in.name() + ": is empty");
  file_format format = options.format;
  if (format == file_format::automatic) format = guess(path, buffer);
  if (!options.group_field.empty() && format != file_format::jsonl)
    throw input_error(in.name() + ": groups come from a field of JSON Lines, and this is none");
  switch (format) {
    case file_format::jsonl: read_jsonl_file(in, std::move(buffer), options, words, events); break;
    case file_format::uint16:
    case file_format::uint32: read_token_file(in, std::move(buffer), format, options, words, events); break;
    case file_format::npy: read_npy_file(in, std::move(buffer), options, words, events); break;
    default: read_text_file(in, std::move(buffer), options, words, events); break;
  }
}

}  // namespace tailwatch::tools
