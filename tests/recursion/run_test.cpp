// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/recursion/run.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/model_family.hpp"
#include "tailwatch/recursion/replicate.hpp"
#include "tailwatch/recursion/run_options.hpp"
#include "tailwatch/recursion/trajectory.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using recursion::regime;

namespace {

// Units with an identity: real ones are 0 … 999 999, generation g makes 1 000 000·(g + 1) + i.
using labelled = std::vector<std::uint64_t>;

struct labelling_model {
  std::uint64_t* generation;
  [[nodiscard]] labelled fit(const labelled& data) const { return data; }
  [[nodiscard]] labelled sample(const labelled&, std::uint64_t n, core::random_engine&) const {
    labelled out;
    ++*generation;
    for (std::uint64_t i = 0; i < n; ++i) out.push_back(*generation * 1000000 + i);
    return out;
  }
};

labelled labelled_units(std::uint64_t first, std::uint64_t n) {
  labelled out;
  for (std::uint64_t i = 0; i < n; ++i) out.push_back(first + i);
  return out;
}

std::map<std::uint64_t, std::uint64_t> origins(const labelled& data) {
  std::map<std::uint64_t, std::uint64_t> count;
  for (const auto x : data) ++count[x / 1000000];
  return count;
}

template <class Function>
std::string run_error(Function f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no exception";
}

using origin_count = std::map<std::uint64_t, std::uint64_t>;

}  // namespace

TEST_CASE("recursion run: regimes have names", "[recursion]") {
  for (const regime r : recursion::regimes) CHECK(recursion::parse_regime(recursion::to_string_view(r)) == r);
  CHECK(recursion::parse_regime("accumulate_subsample") == regime::accumulate_subsample);
  CHECK_FALSE(recursion::parse_regime("Replace").has_value());
  CHECK_FALSE(recursion::parse_regime("").has_value());
  static_assert(recursion::to_string_view(regime::accumulate_subsample) == "accumulate-subsample");
  CHECK(recursion::parse_regime("augment") == regime::augment);
}

TEST_CASE("recursion run: replace trains on the last sample only", "[recursion]") {
  std::uint64_t made = 0;
  core::random_engine random(1);
  const auto t = recursion::run(labelled_units(0, 8), labelling_model{&made}, {.generations = 4, .sample_size = 5},
                                random, [](const auto& g) { return origins(g.training); });
  REQUIRE(t.records.size() == 4);
  CHECK(t.records[0] == origin_count{{0, 8}});
  for (std::uint64_t g = 1; g < 4; ++g) CHECK(t.records[g] == origin_count{{g, 5}});
  CHECK(t.sizes[0] == recursion::generation_sizes{8, 8, 8, 5, false});
  CHECK(t.sizes[3] == recursion::generation_sizes{5, 5, 0, 5, false});
  CHECK(t.end == recursion::run_end::completed);
  CHECK_FALSE(t.exhausted);
}

TEST_CASE("recursion run: accumulate trains on everything", "[recursion]") {
  std::uint64_t made = 0;
  core::random_engine random(1);
  const auto t =
      recursion::run(labelled_units(0, 8), labelling_model{&made}, {.regime = regime::accumulate, .generations = 3},
                     random, [](const auto& g) { return origins(g.training); });
  CHECK(t.records[2] == origin_count{{0, 8}, {1, 8}, {2, 8}});
  CHECK(t.sizes[2] == recursion::generation_sizes{24, 24, 8, 8, false});
}

TEST_CASE("recursion run: accumulate-subsample draws without replacement from everything", "[recursion]") {
  std::uint64_t made = 0;
  core::random_engine random(1);
  const auto t =
      recursion::run(labelled_units(0, 60), labelling_model{&made},
                     {.regime = regime::accumulate_subsample, .generations = 4, .sample_size = 40, .training_size = 50},
                     random, [](const auto& g) {
                       CHECK(std::set<std::uint64_t>(g.training.begin(), g.training.end()).size() == g.training.size());
                       return origins(g.training);
                     });
  CHECK(t.sizes[0] == recursion::generation_sizes{50, 60, 60, 40, false});
  CHECK(t.sizes[3] == recursion::generation_sizes{50, 180, 60, 40, false});
  CHECK(t.records[3].size() == 4);
}

TEST_CASE("recursion run: mix takes fresh real units, each once", "[recursion]") {
  std::uint64_t made = 0;
  core::random_engine random(1);
  recursion::real_reserve<labelled> reserve(labelled_units(1000, 100));
  std::set<std::uint64_t> used;
  const auto t = recursion::run(
      labelled_units(0, 20), labelling_model{&made}, {.regime = regime::mix, .generations = 5, .real_fraction = 0.3},
      random,
      [&used](const auto& g) {
        for (const auto x : g.training)
          if (x < 1000000) {
            CHECK(used.insert(x).second);
            CHECK((g.index == 0) == (x < 1000));
          }
        return origins(g.training);
      },
      reserve);
  for (std::uint64_t g = 1; g < 5; ++g) CHECK(t.records[g] == origin_count{{0, 6}, {g, 14}});
  CHECK(t.sizes[4] == recursion::generation_sizes{20, 20, 6, 20, false});
  CHECK(reserve.remaining() == 100 - 4 * 6);
  CHECK_FALSE(t.exhausted);
}

TEST_CASE("recursion run: an exhausted reserve shrinks the set, then ends the run", "[recursion]") {
  std::uint64_t made = 0;
  core::random_engine random(1);
  recursion::real_reserve<labelled> reserve(labelled_units(1000, 25));
  const auto t = recursion::run(
      labelled_units(0, 20), labelling_model{&made}, {.regime = regime::mix, .generations = 9, .real_fraction = 0.5},
      random, [](const auto& g) { return origins(g.training); }, reserve);
  REQUIRE(t.records.size() == 4);
  CHECK(t.records[2] == origin_count{{0, 10}, {2, 10}});
  CHECK(t.records[3] == origin_count{{0, 5}, {3, 5}});
  CHECK(t.sizes[3] == recursion::generation_sizes{10, 10, 5, 20, true});
  CHECK_FALSE(t.sizes[2].exhausted);
  CHECK(t.exhausted);
  CHECK(t.end == recursion::run_end::exhausted);
  CHECK(recursion::to_string_view(t.end) == "exhausted");
  CHECK(reserve.remaining() == 0);

  CHECK(recursion::sustainable_sample_size(25, 0.5, 9, 20) == 6);
  CHECK(recursion::sustainable_sample_size(25, 0.5, 3, 20) == 20);
  CHECK(recursion::sustainable_sample_size(0, 0.0, 9, 20) == 20);
  CHECK(recursion::sustainable_sample_size(0, 0.5, 1, 20) == 20);
  recursion::real_reserve<labelled> planned(labelled_units(1000, 25));
  const auto whole = recursion::run(labelled_units(0, 20), labelling_model{&made},
                                    {.regime = regime::mix, .generations = 9, .sample_size = 6, .real_fraction = 0.5},
                                    random, recursion::no_observer{}, planned);
  CHECK(whole.end == recursion::run_end::completed);
  CHECK_FALSE(whole.exhausted);
}

TEST_CASE("recursion run: a share of 1 trains on real data only, a share of 0 on none", "[recursion]") {
  std::uint64_t made = 0;
  core::random_engine random(1);
  recursion::real_reserve<labelled> reserve(labelled_units(1000, 100));
  const auto real = recursion::run(
      labelled_units(0, 20), labelling_model{&made}, {.regime = regime::mix, .generations = 3, .real_fraction = 1.0},
      random, [](const auto& g) { return origins(g.training); }, reserve);
  CHECK(real.records[2] == origin_count{{0, 20}});
  made = 0;
  const auto none =
      recursion::run(labelled_units(0, 20), labelling_model{&made}, {.regime = regime::mix, .generations = 3}, random,
                     [](const auto& g) { return origins(g.training); });
  CHECK(none.records[2] == origin_count{{2, 20}});
}

TEST_CASE("recursion run: the observer stops before anything is trained on the sample", "[recursion]") {
  core::random_engine random(1);
  int fits = 0;
  const auto fit = [&fits](const std::vector<double>& x) {
    ++fits;
    return recursion::gaussian_model{}.fit(x);
  };
  const auto sample = [](const recursion::gaussian& m, std::uint64_t n, core::random_engine& r) {
    return m.sample(n, r);
  };
  const std::vector<double> real{1, 2, 3, 4};
  const auto by_flag = recursion::run(real, fit, sample, {}, random, [](const auto& g) { return g.index == 2; });
  CHECK(fits == 3);
  CHECK(by_flag.end == recursion::run_end::stopped);
  CHECK(by_flag.records.size() == 3);
  fits = 0;
  const auto by_record = recursion::run(real, fit, sample, {}, random, [](const auto& g) {
    return recursion::observed<double>{g.model.variance, g.index == 1};
  });
  CHECK(fits == 2);
  REQUIRE(by_record.records.size() == 2);
  CHECK(by_record.records[0] == 1.25);
  static_assert(std::is_same_v<decltype(by_record.records), std::vector<double>>);
}

TEST_CASE("recursion run: an empty sample ends the run", "[recursion]") {
  core::random_engine random(1);
  const auto fit = [](const std::vector<int>& x) { return x.size(); };
  const auto sample = [](std::size_t, std::uint64_t, core::random_engine&) { return std::vector<int>{}; };
  const auto t = recursion::run(std::vector<int>{1, 2}, fit, sample, {}, random);
  CHECK(t.end == recursion::run_end::no_data);
  CHECK(t.sizes.size() == 1);
}

TEST_CASE("recursion run: one seed, one result, whoever draws how much", "[recursion]") {
  const std::vector<double> real{0.1, -0.7, 1.3, 2.2, -1.9, 0.4};
  const auto variances = [&real](std::uint64_t seed, int wasted) {
    core::random_engine random(seed);
    const auto fit = [wasted](const std::vector<double>& x, core::random_engine& r) {
      for (int i = 0; i < wasted; ++i) (void)r();
      return recursion::gaussian_model{}.fit(x);
    };
    const auto sample = [](const recursion::gaussian& m, std::uint64_t n, core::random_engine& r) {
      return m.sample(n, r);
    };
    return recursion::run(real, fit, sample, {.regime = regime::accumulate_subsample, .generations = 6}, random,
                          [](const auto& g) { return g.model.variance; })
        .records;
  };
  CHECK(variances(5, 0) == variances(5, 0));
  CHECK(variances(5, 0) == variances(5, 17));
  CHECK(variances(5, 0) != variances(6, 0));
}

TEST_CASE("recursion run: replicates do not depend on the number of threads", "[recursion]") {
  const auto one = [](std::uint64_t index, std::uint64_t seed) {
    core::random_engine random(seed);
    const std::vector<double> real = recursion::gaussian{}.sample(20, random);
    const auto t = recursion::run(real, recursion::gaussian_model{}, {.generations = 5}, random,
                                  [](const auto& g) { return g.model.variance; });
    return t.records.back() + static_cast<double>(index);
  };
  const auto serial = recursion::replicate(37, 9, one);
  for (const std::size_t threads : {2U, 3U, 64U})
    CHECK(recursion::replicate(37, 9, one, {.threads = threads}) == serial);
  CHECK(recursion::replicate(0, 9, one, {.threads = 4}).empty());
  CHECK(run_error([&] { (void)recursion::replicate(3, 9, one, {.threads = 0}); }) ==
        "recursion::replicate: threads is 0, must be at least 1");
  const auto failing = [](std::uint64_t index, std::uint64_t) -> int {
    if (index % 2 == 1) throw std::invalid_argument("replicate failed");
    return 1;
  };
  CHECK(run_error([&] { (void)recursion::replicate(8, 9, failing, {.threads = 3}); }) == "replicate failed");
}

TEST_CASE("recursion run: bad options are named", "[recursion]") {
  core::random_engine random(1);
  const std::vector<double> real{1, 2, 3};
  const auto error = [&](const recursion::run_options& options, const std::vector<double>& data) {
    return run_error([&] { (void)recursion::run(data, recursion::gaussian_model{}, options, random); });
  };
  CHECK(error({}, {}) == "recursion::run: size of real_data is 0, must be at least 1");
  CHECK(error({.generations = 0}, real) == "recursion::run: generations is 0, must be at least 1");
  CHECK(error({.regime = regime::mix, .real_fraction = 1.5}, real) ==
        "recursion::run: real_fraction is 1.5, must be between 0 and 1");
  CHECK(error({.regime = regime::mix, .real_fraction = core::nan}, real).find("real_fraction is nan") !=
        std::string::npos);
  CHECK(error({.real_fraction = 0.5}, real) ==
        "recursion::run: real_fraction is 0.5, must be 0 unless the regime is mix");
  CHECK(error({.regime = regime::mix, .real_fraction = 0.5}, real) ==
        "recursion::run: real_fraction is 0.5, must be 0 where no fresh_real is given");
  CHECK(error({.training_size = 5}, real) ==
        "recursion::run: training_size is 5, must be 0 unless the regime is accumulate-subsample");
}

TEST_CASE("recursion run: draws of whole sequences", "[recursion]") {
  core::token_sequences text;
  for (std::uint32_t i = 0; i < 50; ++i) text.push_back(std::vector<std::uint32_t>(i % 5, i));  // empty ones too
  REQUIRE(text.token_count() == 100);
  using traits = recursion::data_traits<core::token_sequences>;
  core::random_engine random(3);
  const auto drawn = traits::draw(text, 30, random);
  CHECK(drawn.token_count() >= 30);
  CHECK(drawn.token_count() < 30 + 4);
  CHECK(traits::draw(text, 100, random) == text);

  recursion::real_reserve<core::token_sequences> reserve(text);
  std::map<std::uint32_t, std::size_t> seen;
  std::uint64_t left = 100;
  while (reserve.remaining() > 0) {
    const auto part = reserve(17, random);
    CHECK(reserve.remaining() == left - part.token_count());
    left = reserve.remaining();
    for (const auto id : part.tokens()) ++seen[id];
  }
  for (const auto& [id, n] : seen) CHECK(n == id % 5);  // each once, whole
  CHECK(seen.size() == 40);
  CHECK(reserve(5, random).empty());
}

TEST_CASE("recursion run: draws without replacement are uniform", "[recursion]") {
  using traits = recursion::data_traits<std::vector<int>>;
  const std::vector<int> units{0, 1, 2, 3, 4};
  std::map<std::vector<int>, int> drawn;
  std::map<std::vector<int>, int> taken;
  core::random_engine random(4);
  for (int i = 0; i < 20000; ++i) {
    ++drawn[traits::draw(units, 2, random)];
    auto copy = units;
    ++taken[traits::take(copy, 2, random)];
  }
  for (const auto& table : {drawn, taken}) {
    CHECK(table.size() == 20);  // ordered pairs, each 1000 ± 31
    for (const auto& [pair, n] : table) CHECK(std::abs(n - 1000) < 5 * 31);
  }
}
