// SPDX-License-Identifier: BSL-1.0
//
// tailwatch state: what a saved state holds, and many merged into one.
#include <cstdint>
#include <cstring>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "command.hpp"
#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/checkpoint.hpp"
#include "tailwatch/entropy/miller_madow.hpp"
#include "tailwatch/report/format.hpp"
#include "tailwatch/sketch/bottom_k.hpp"
#include "tailwatch/sketch/bucketed_sample.hpp"
#include "tailwatch/sketch/count_min.hpp"
#include "tailwatch/sketch/hyper_log_log.hpp"
#include "tailwatch/sketch/log_linear_histogram.hpp"
#include "tailwatch/sketch/min_hash.hpp"
#include "tailwatch/sketch/reservoir.hpp"
#include "tailwatch/summary/count_table.hpp"
#include "tailwatch/summary/covariance.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/log_likelihood.hpp"
#include "tailwatch/summary/moments.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/summary/softmax_rows.hpp"
#include "tailwatch/tail/missing_mass.hpp"
#include "tailwatch/text/vocabulary.hpp"

namespace tailwatch::tools {
namespace {

using core::state_family;
using nlohmann::json;

struct state_settings {
  std::vector<std::string> files;
  std::string into;
  std::uint64_t max_keys = 0;
  std::uint64_t vocabulary = 0;
  std::vector<double> thresholds;
  output_options output;
};

const char* family_name(state_family f) {
  switch (f) {
    case state_family::dense_counts: return "dense_counts";
    case state_family::count_table: return "count_table";
    case state_family::ngram_counts: return "ngram_counts";
    case state_family::moments: return "moments";
    case state_family::softmax_rows: return "softmax_rows";
    case state_family::log_likelihood: return "log_likelihood";
    case state_family::covariance: return "covariance";
    case state_family::windowed_types: return "windowed_types";
    case state_family::min_hash: return "min_hash";
    case state_family::hyper_log_log: return "hyper_log_log";
    case state_family::log_linear_histogram: return "log_linear_histogram";
    case state_family::count_min: return "count_min";
    case state_family::reservoir: return "reservoir";
    case state_family::panes: return "panes";
    case state_family::bucketed_sample: return "bucketed_sample";
    case state_family::bottom_k: return "bottom_k";
    case state_family::document_sample: return "document_sample";
    case state_family::shiryaev_mixture: return "shiryaev_mixture";
    case state_family::collapse_monitor: return "collapse_monitor";
    case state_family::vocabulary: return "vocabulary";
    case state_family::kneser_ney: return "kneser_ney";
    case state_family::token_calibration_counts: return "token_calibration_counts";
    case state_family::recursion_run: return "recursion run";
    case state_family::recursion_reserve: return "recursion reserve";
    case state_family::recursion_population: return "recursion population";
    default: return "of a family this program does not know";
  }
}

constexpr std::size_t header_bytes = 40;

struct saved_record {
  core::record_header header;
  std::span<const std::byte> bytes;  ///< the whole record
  std::span<const std::byte> payload;
};

std::uint64_t u64_at(std::span<const std::byte> bytes, std::size_t at) {
  std::uint64_t x = 0;
  for (std::size_t i = 0; i < 8; ++i) x |= static_cast<std::uint64_t>(bytes[at + i]) << (8 * i);
  return x;
}

struct saved_file {
  std::string name;
  std::vector<std::byte> bytes;
  std::vector<saved_record> records;
};

saved_file read_file(const std::string& path) {
  saved_file file;
  file.name = path;
  try {
    file.bytes = core::read_checkpoint(path);
  } catch (const core::checkpoint_error& error) {
    const std::string why = error.what();
    throw input_error(path + ": cannot be read" + why.substr(std::min(why.rfind(": "), why.size())));
  }
  if (file.bytes.empty()) throw input_error(path + ": is empty");
  std::span<const std::byte> rest(file.bytes);
  while (!rest.empty()) {
    try {
      const core::record_header header = core::input_archive(rest).peek();
      const auto payload = static_cast<std::size_t>(u64_at(rest, header_bytes - 8));
      const std::size_t size = header_bytes + payload + 4;
      file.records.push_back({header, rest.first(size), rest.subspan(header_bytes, payload)});
      rest = rest.subspan(size);
    } catch (const core::archive_error& error) {
      throw input_error(path + (file.records.empty() ? "" : ", record " + std::to_string(file.records.size() + 1)) +
                        ": " + error.what());
    }
  }
  return file;
}

/// Calls visit(state, parameters in words) with an empty state of the parameters that the record was saved with; false where they
/// are not to be found out. What neither header nor payload says is found by trying what gives the same parameter hash.
template <class Visit>
bool with_state(const saved_record& r, const state_settings& s, Visit&& visit) {
  const auto matches = [&](const auto& state) { return state.parameters() == r.header.parameters; };
  const auto hash = [](std::string_view name, auto... words) {
    core::parameter_hash h;
    h.add(name);
    (h.add(static_cast<std::uint64_t>(words)), ...);
    return h.value();
  };
  const auto word = [&](std::size_t i) {
    return r.payload.size() >= 8 * (i + 1) ? u64_at(r.payload, 8 * i) : std::uint64_t{0};
  };
  const std::string seed = ", seed " + std::to_string(r.header.seed);
  constexpr std::uint64_t largest = std::uint64_t{1} << 32;
  switch (r.header.family) {
    case state_family::dense_counts: {
      const std::uint64_t v = word(1);
      if (v > r.payload.size() / 8) return false;
      visit(summary::dense_counts(static_cast<std::size_t>(v)), "vocabulary " + report::grouped(v));
      return true;
    }
    case state_family::count_table: {
      for (const std::uint64_t keys : {s.max_keys, std::uint64_t{0}}) {
        if (hash("count_table", keys) != r.header.parameters) continue;
        visit(summary::count_table({.max_keys = keys}), keys == 0 ? "" : "max_keys " + report::grouped(keys));
        return true;
      }
      return false;
    }
    case state_family::ngram_counts: {
      const auto attempt = [&](std::uint64_t order, std::uint64_t vocabulary, std::uint64_t keys) {
        if (hash("ngram_counts", order, vocabulary, keys) != r.header.parameters) return false;
        visit(summary::ngram_counts(
                  {.order = static_cast<std::size_t>(order), .vocabulary = vocabulary, .max_keys = keys}),
              "n " + std::to_string(order) +
                  (vocabulary == largest ? "" : ", vocabulary " + report::grouped(vocabulary)) +
                  (keys == 0 ? "" : ", max_keys " + report::grouped(keys)));
        return true;
      };
      for (const std::uint64_t keys : {s.max_keys, std::uint64_t{0}}) {
        for (std::uint64_t order = 1; order <= 16; ++order) {
          if (s.vocabulary != 0 && attempt(order, s.vocabulary, keys)) return true;
          if (attempt(order, largest, keys)) return true;
        }
        for (std::uint64_t order = 1; order <= 6; ++order)
          for (std::uint64_t v = 1; v <= (1U << 20U); ++v)
            if (attempt(order, v, keys)) return true;
      }
      return false;
    }
    case state_family::moments: visit(summary::moments(), ""); return true;
    case state_family::log_likelihood: visit(summary::log_likelihood(), ""); return true;
    case state_family::covariance: {
      const std::uint64_t d = word(1);
      if (d > r.payload.size() / 8) return false;
      visit(summary::covariance(static_cast<std::size_t>(d)), "dimension " + std::to_string(d));
      return true;
    }
    case state_family::softmax_rows: {
      for (const auto& thresholds : {s.thresholds, std::vector<double>{}}) {
        summary::softmax_rows state({.tail_thresholds = thresholds});
        if (!matches(state)) continue;
        std::string text;
        for (const double t : thresholds) text += (text.empty() ? "thresholds " : ", ") + core::to_text(t);
        visit(std::move(state), text);
        return true;
      }
      return false;
    }
    case state_family::hyper_log_log: {
      const std::uint64_t m = word(0);
      for (unsigned p = 4; p <= 18; ++p) {
        if ((std::uint64_t{1} << p) != m) continue;
        visit(sketch::hyper_log_log({.precision = p, .seed = r.header.seed}), "precision " + std::to_string(p) + seed);
        return true;
      }
      return false;
    }
    case state_family::bottom_k: {
      for (std::uint64_t k = std::max<std::uint64_t>(1, word(0)); k <= (1U << 24U); ++k) {
        if (hash("bottom_k", k, r.header.seed) != r.header.parameters) continue;
        visit(sketch::bottom_k({.k = static_cast<std::size_t>(k), .seed = r.header.seed}),
              "k " + report::grouped(k) + seed);
        return true;
      }
      return false;
    }
    case state_family::bucketed_sample: {
      const std::uint64_t k = word(0);
      if (k > r.payload.size() || hash("bucketed_sample", k, r.header.seed) != r.header.parameters) return false;
      visit(sketch::bucketed_sample({.buckets = static_cast<std::size_t>(k), .seed = r.header.seed}),
            "buckets " + report::grouped(k) + seed);
      return true;
    }
    case state_family::min_hash: {
      const std::uint64_t k = word(0);
      if (k > r.payload.size() || hash("min_hash", k, r.header.seed) != r.header.parameters) return false;
      visit(sketch::min_hash({.permutations = static_cast<std::size_t>(k), .seed = r.header.seed}),
            "permutations " + std::to_string(k) + seed);
      return true;
    }
    case state_family::count_min: {
      const std::uint64_t cells = word(0);
      if (cells > r.payload.size()) return false;
      for (std::uint64_t depth = 1; depth <= 64; ++depth) {
        if (cells % depth != 0 || hash("count_min", cells / depth, depth, r.header.seed) != r.header.parameters)
          continue;
        visit(sketch::count_min({.width = static_cast<std::size_t>(cells / depth),
                                 .depth = static_cast<std::size_t>(depth),
                                 .seed = r.header.seed}),
              "width " + report::grouped(cells / depth) + ", depth " + std::to_string(depth) + seed);
        return true;
      }
      return false;
    }
    case state_family::log_linear_histogram: {
      for (int bits = 1; bits <= 10; ++bits)
        for (int low = -128; low <= 127; ++low)
          for (int high = low + 1; high <= 128; ++high) {
            if (hash("log_linear_histogram", bits, low + 1022, high + 1022) != r.header.parameters) continue;
            visit(sketch::log_linear_histogram({.mantissa_bits = bits, .min_exponent = low, .max_exponent = high}),
                  "mantissa bits " + std::to_string(bits) + ", exponents " + std::to_string(low) + " to " +
                      std::to_string(high));
            return true;
          }
      return false;
    }
    case state_family::reservoir: {
      const auto attempt = [&](auto empty, const char* type) {
        using item = decltype(empty);
        for (std::size_t k = std::max<std::size_t>(1, static_cast<std::size_t>(word(2))); k <= (1U << 20U); ++k) {
          const char* kind = std::floating_point<item> ? "float" : std::is_signed_v<item> ? "signed" : "unsigned";
          core::parameter_hash h;
          h.add("reservoir").add(kind).add(static_cast<std::uint64_t>(sizeof(item))).add(static_cast<std::uint64_t>(k));
          if (h.value() != r.header.parameters) continue;
          visit(sketch::reservoir<item>(k), std::string(type) + ", capacity " + report::grouped(k));
          return true;
        }
        return false;
      };
      return attempt(double{}, "float64") || attempt(float{}, "float32") || attempt(std::uint64_t{}, "uint64") ||
             attempt(std::uint32_t{}, "uint32") || attempt(std::int64_t{}, "int64") || attempt(std::int32_t{}, "int32");
    }
    default: return false;
  }
}

json estimate_json(const estimate& e) {
  json out{{"value", core::is_finite(e.value) ? json(e.value) : json(nullptr)},
           {"standard_error", core::is_finite(e.standard_error) ? json(e.standard_error) : json(nullptr)}};
  return out;
}

/// What a reader wants to know of a state first.
template <class State>
void headline(const State& state, std::vector<std::pair<std::string, estimate>>& out) {
  if constexpr (std::same_as<State, summary::dense_counts> || std::same_as<State, summary::count_table> ||
                std::same_as<State, summary::ngram_counts>) {
    const summary::frequency_profile profile(state);
    out.emplace_back("distinct", estimate{static_cast<double>(profile.types()), core::nan, profile.total()});
    out.emplace_back("entropy (nats)", entropy::miller_madow(profile));
    out.emplace_back("missing mass", tail::missing_mass(profile));
  } else if constexpr (std::same_as<State, summary::moments>) {
    out.emplace_back("mean", state.mean());
  } else if constexpr (std::same_as<State, summary::softmax_rows>) {
    out.emplace_back("entropy (nats)", state.entropy().mean());
    out.emplace_back("negative log-likelihood (nats)", state.negative_log_likelihood().mean());
    out.emplace_back("largest probability", state.max_probability().mean());
  } else if constexpr (std::same_as<State, sketch::hyper_log_log> || std::same_as<State, sketch::bottom_k> ||
                       std::same_as<State, sketch::bucketed_sample>) {
    out.emplace_back("distinct", state.distinct());
  } else if constexpr (std::same_as<State, sketch::log_linear_histogram>) {
    out.emplace_back("median", state.quantile(0.5));
    out.emplace_back("99 % quantile", state.quantile(0.99));
  }
}

int run_info(const state_settings& s) {
  json all = json::array();
  for (const std::string& path : s.files) {
    const saved_file file = read_file(path);
    if (!s.output.json && !s.output.quiet)
      std::cout << path << ": " << file.bytes.size() << " bytes, " << file.records.size()
                << (file.records.size() == 1 ? " state\n" : " states\n");
    for (const saved_record& r : file.records) {
      std::string parameters;
      std::vector<std::pair<std::string, estimate>> numbers;
      bool known = false;
      try {
        known = with_state(r, s, [&](auto state, const std::string& words) {
          parameters = words;
          core::from_bytes(r.bytes, state);
          headline(state, numbers);
        });
      } catch (const core::archive_error& error) {
        throw input_error(path + ": " + error.what());
      }
      if (s.output.json) {
        json one{{"file", path},
                 {"family", family_name(r.header.family)},
                 {"count", r.header.count},
                 {"bytes", r.bytes.size()},
                 {"parameter_hash", r.header.parameters},
                 {"seed", r.header.seed},
                 {"parameters", parameters}};
        for (const auto& [name, e] : numbers) one["numbers"][name] = estimate_json(e);
        all.push_back(std::move(one));
      } else if (!s.output.quiet) {
        std::cout << "  " << family_name(r.header.family) << (parameters.empty() ? "" : " (" + parameters + ")")
                  << ": count " << report::grouped(r.header.count) << ", " << report::grouped(r.bytes.size())
                  << " bytes, sound\n";
        for (const auto& [name, e] : numbers) std::cout << "    " << name << ' ' << report::concise(e) << '\n';
        if (!known)
          std::cout << "    its parameters are not to be found out (hash " << r.header.parameters
                    << "); --max-keys, --vocabulary or --thresholds may help\n";
      }
    }
  }
  if (s.output.json && !s.output.quiet) std::cout << all.dump(2) << '\n';
  return exit_ok;
}

int run_merge(const state_settings& s) {
  if (s.into.empty()) throw input_error("state merge: say where to with --output FILE");
  std::vector<saved_file> files;
  for (const std::string& path : s.files) files.push_back(read_file(path));
  const saved_file& first = files.front();
  for (const saved_file& f : files)
    if (f.records.size() != first.records.size())
      throw input_error(f.name + ": holds " + std::to_string(f.records.size()) + " states and " + first.name + " " +
                        std::to_string(first.records.size()) + "; they do not merge");
  core::output_archive out;
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < first.records.size(); ++i) {
    const saved_record& like = first.records[i];
    const std::string name = family_name(like.header.family);
    for (const saved_file& f : files) {
      const core::record_header& h = f.records[i].header;
      if (h.family != like.header.family)
        throw input_error(f.name + ": state " + std::to_string(i + 1) + " is " + family_name(h.family) + ", in " +
                          first.name + " it is " + name);
      if (h.parameters != like.header.parameters || h.seed != like.header.seed || h.hash_id != like.header.hash_id)
        throw input_error(f.name + ": state " + std::to_string(i + 1) + ", " + name +
                          ", has other parameters than in " + first.name + "; they do not merge");
    }
    std::uint64_t count = 0;
    const bool merged = with_state(like, s, [&](auto empty, const std::string&) {
      auto sum = empty;
      for (const saved_file& f : files) {
        auto state = empty;
        try {
          core::from_bytes(f.records[i].bytes, state);
        } catch (const core::archive_error& error) {
          throw input_error(f.name + ": " + error.what());
        }
        sum.merge(state);
      }
      sum.save(out);
      count = sum.count();
    });
    if (!merged)
      throw input_error(
          first.name + ": state " + std::to_string(i + 1) + ", " + name +
          (like.header.family == state_family::vocabulary || like.header.family == state_family::panes ||
                   like.header.family == state_family::collapse_monitor ||
                   like.header.family == state_family::shiryaev_mixture ||
                   like.header.family == state_family::kneser_ney
               ? ", is none that merges here"
               : ": its parameters are not to be found out; --max-keys, --vocabulary or --thresholds may help"));
    lines.push_back(name + ": count " + report::grouped(count));
  }
  try {
    core::write_checkpoint(s.into, out.bytes());
  } catch (const core::checkpoint_error& error) {
    throw input_error(error.what());
  }
  if (s.output.json && !s.output.quiet) {
    std::cout << json{{"output", s.into}, {"files", s.files}, {"states", lines}}.dump(2) << '\n';
  } else if (!s.output.quiet) {
    std::cout << s.into << ": merged from " << files.size() << (files.size() == 1 ? " file\n" : " files\n");
    for (const std::string& line : lines) std::cout << "  " << line << '\n';
  }
  return exit_ok;
}

void add_parameters(CLI::App& app, state_settings& s) {
  app.add_option("--max-keys", s.max_keys, "of limited tables of counts, which do not say it");
  app.add_option("--vocabulary", s.vocabulary, "of n-gram tables with a vocabulary above a million");
  app.add_option("--thresholds", s.thresholds, "tail thresholds of softmax_rows")->delimiter(',');
  s.output.add_to(app, false);
}

}  // namespace

void add_state(CLI::App& app, subcommand_run& run) {
  CLI::App* state = app.add_subcommand("state", "saved states: what they hold, and many merged into one");
  state->require_subcommand(1);
  const auto s = std::make_shared<state_settings>();
  CLI::App* info = state->add_subcommand("info", "family, parameters, counts and first numbers of saved states");
  info->add_option("FILES", s->files, "files that core::save_checkpoint or the adapters wrote")->required();
  add_parameters(*info, *s);
  info->callback([s, &run] { run = [s] { return run_info(*s); }; });
  const auto m = std::make_shared<state_settings>();
  CLI::App* merge = state->add_subcommand("merge", "the state of all the data behind several files");
  merge->add_option("FILES", m->files, "states of the same parameters, for instance one a rank")->required();
  merge->add_option("-o,--output", m->into, "where the merged state goes, atomically")->required();
  add_parameters(*merge, *m);
  merge->callback([m, &run] { run = [m] { return run_merge(*m); }; });
}

}  // namespace tailwatch::tools
