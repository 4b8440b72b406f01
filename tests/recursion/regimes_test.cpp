// SPDX-License-Identifier: BSL-1.0
// Augmentation, growing sizes, refresh, weights, screens, populations, saved runs.
#include <array>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/entropy/plugin.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"
#include "tailwatch/recursion/observers.hpp"
#include "tailwatch/recursion/population.hpp"
#include "tailwatch/recursion/replicate.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/recursion/screen.hpp"
#include "tailwatch/recursion/sharpening.hpp"
#include "tailwatch/recursion/spread.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using recursion::regime;

namespace {

// Units with an origin: real ones are 0 … 999, the sample of generation g is 1000·(g + 1) + i.
using marked_units = std::vector<std::uint32_t>;
using origin_counts = std::map<std::uint32_t, std::uint32_t>;

struct marking_model {
  struct fitted {
    std::uint32_t newest = 0;
    std::vector<double> weights;
  };
  [[nodiscard]] fitted fit(const marked_units& data) const {
    fitted f;
    for (const auto x : data) f.newest = std::max(f.newest, x / 1000);
    return f;
  }
  [[nodiscard]] fitted fit(const marked_units& data, std::span<const double> weights) const {
    fitted f = fit(data);
    f.weights.assign(weights.begin(), weights.end());
    return f;
  }
  template <core::random_bits Random>
  [[nodiscard]] marked_units sample(const fitted& f, std::uint64_t n, Random&) const {
    marked_units out;
    for (std::uint32_t i = 0; i < n; ++i) out.push_back(1000 * (f.newest + 1) + i);
    return out;
  }
};

// A model is its first unit; its sample repeats it.
struct repeating_model {
  [[nodiscard]] std::uint32_t fit(const marked_units& x) const { return x[0]; }
  template <core::random_bits Random>
  [[nodiscard]] marked_units sample(std::uint32_t m, std::uint64_t n, Random&) const {
    return marked_units(n, m);
  }
};

// The mean by weights; variance 1 known.
struct mean_model {
  [[nodiscard]] recursion::gaussian fit(const std::vector<double>& x) const {
    return {recursion::gaussian_model{}.fit(x).mean, 1.0};
  }
  [[nodiscard]] recursion::gaussian fit(const std::vector<double>& x, std::span<const double> w) const {
    return {recursion::gaussian_model{}.fit(x, w).mean, 1.0};
  }
  template <core::random_bits Random>
  [[nodiscard]] std::vector<double> sample(const recursion::gaussian& g, std::uint64_t n, Random& random) const {
    return g.sample(n, random);
  }
};

marked_units real_units(std::uint32_t n) {
  marked_units out(n);
  for (std::uint32_t i = 0; i < n; ++i) out[i] = i;
  return out;
}

origin_counts origins_of(const marked_units& data) {
  origin_counts count;
  for (const auto x : data) ++count[x / 1000];
  return count;
}

const auto origins_of_training = [](const auto& g) { return origins_of(g.training); };

marked_units endless_real(std::uint64_t n, core::random_engine&) { return real_units(static_cast<std::uint32_t>(n)); }

template <class Function>
std::string regime_error(Function f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no exception";
}

}  // namespace

TEST_CASE("recursion regimes: augment uses the same real data beside the last sample", "[recursion]") {
  core::random_engine random(1);
  const auto t =
      recursion::run(real_units(8), marking_model{}, {.regime = regime::augment, .generations = 4, .sample_size = 5},
                     random, origins_of_training);
  CHECK(t.records[0] == origin_counts{{0, 8}});
  for (std::uint32_t g = 1; g < 4; ++g) CHECK(t.records[g] == origin_counts{{0, 8}, {g, 5}});
  CHECK(t.sizes[3] == recursion::generation_sizes{13, 13, 8, 5, false, 0});
}

TEST_CASE("recursion regimes: sizes grow as given, the last holds", "[recursion]") {
  core::random_engine random(1);
  const auto t = recursion::run(real_units(8), marking_model{}, {.generations = 5, .sample_sizes = {3, 6, 9}}, random);
  const std::array<std::uint64_t, 5> training{8, 3, 6, 9, 9};
  for (std::size_t g = 0; g < 5; ++g) CHECK(t.sizes[g].training == training[g]);
  CHECK(recursion::growing_sizes(20, 1.5, 4) == std::vector<std::uint64_t>{20, 57, 104, 160});
  CHECK(recursion::growing_sizes(1, -3.0, 2) == std::vector<std::uint64_t>{1, 1});
  CHECK_THROWS_AS(recursion::growing_sizes(0, 1.0, 3), std::invalid_argument);
  CHECK_THROWS_AS(recursion::growing_sizes(1, 400.0, 3), std::invalid_argument);
}

TEST_CASE("recursion regimes: refresh brings real data every r generations", "[recursion]") {
  core::random_engine random(1);
  const auto t =
      recursion::run(real_units(8), marking_model{}, {.generations = 6, .refresh_every = 2, .refresh_fraction = 0.75},
                     random, origins_of_training, endless_real);
  CHECK(t.records[1] == origin_counts{{1, 8}});
  CHECK(t.records[2] == origin_counts{{0, 6}, {2, 2}});
  CHECK(t.records[3] == origin_counts{{3, 8}});
  CHECK(t.records[4] == origin_counts{{0, 6}, {4, 2}});
  CHECK(t.sizes[2].pool_real == 6);
  CHECK(t.sizes[3].pool_real == 0);
  const auto whole = recursion::run(real_units(8), marking_model{}, {.generations = 3, .refresh_every = 2}, random,
                                    origins_of_training, endless_real);
  CHECK(whole.records[2] == origin_counts{{0, 8}});
  // beside an accumulating pool the fresh data join it
  const auto kept =
      recursion::run(real_units(8), marking_model{},
                     {.regime = regime::accumulate, .generations = 3, .refresh_every = 2, .refresh_fraction = 0.5},
                     random, origins_of_training, endless_real);
  CHECK(kept.records[2] == origin_counts{{0, 12}, {1, 8}, {2, 4}});
  CHECK(kept.sizes[2].pool_real == 12);
  CHECK(regime_error([&] { (void)recursion::run(real_units(8), marking_model{}, {.refresh_every = 2}, random); }) ==
        "recursion::run: refresh_every is 2, must be 0 where no fresh_real is given");
}

TEST_CASE("recursion regimes: real items weigh together what was asked", "[recursion]") {
  core::random_engine random(1);
  const auto weights = [](const auto& g) { return g.model.weights; };
  const auto t = recursion::run(real_units(4), marking_model{},
                                {.regime = regime::augment, .generations = 3, .sample_size = 2, .real_weight = 0.6},
                                random, weights);
  CHECK(t.records[0].empty());  // all real: all alike
  REQUIRE(t.records[2].size() == 6);
  for (std::size_t i = 0; i < 4; ++i) CHECK(t.records[2][i] == Approx(0.9));  // 0.6·6/4: mean 1
  for (std::size_t i = 4; i < 6; ++i) CHECK(t.records[2][i] == Approx(1.2));
  const auto mixed =
      recursion::run(real_units(4), marking_model{},
                     {.regime = regime::mix, .generations = 2, .real_fraction = 0.25, .real_weight = 0.7}, random,
                     weights, endless_real);
  REQUIRE(mixed.records[1].size() == 4);
  CHECK(mixed.records[1][0] == Approx(2.8));
  CHECK(mixed.records[1][3] == Approx(0.4));

  const auto unweighted = [](const marked_units& x) { return marking_model{}.fit(x); };
  const auto sample = [](const auto& m, std::uint64_t n, core::random_engine& r) {
    return marking_model{}.sample(m, n, r);
  };
  CHECK(regime_error([&] {
          (void)recursion::run(real_units(4), unweighted, sample, {.regime = regime::augment, .real_weight = 0.5},
                               random);
        }) == "recursion::run: real_weight is 0.5, must be absent where the fit takes no weights");
  CHECK(regime_error([&] { (void)recursion::run(real_units(4), marking_model{}, {.real_weight = 0.5}, random); }) ==
        "recursion::run: real_weight is 0.5, must be absent unless the regime is mix or augment");
  CHECK(regime_error([&] {
          (void)recursion::run(real_units(4), marking_model{}, {.regime = regime::augment, .real_weight = 1.5}, random);
        }) == "recursion::run: real_weight is 1.5, must be greater than 0 and at most 1");
}

TEST_CASE("recursion regimes: the optimal weight leaves the error that theory says", "[recursion]") {
  // n = 10 fresh real and m = 10 synthetic a generation, the mean by weights: limit w* s²/n at w* = .618
  const double weight = recursion::optimal_mixing_weight(1.0);
  core::random_engine random(8);
  const auto fresh = [](std::uint64_t n, core::random_engine& r) { return recursion::gaussian{}.sample(n, r); };
  const auto error = [&](double w) {
    const auto squares = recursion::replicate(4000, 9, [&](std::uint64_t, std::uint64_t seed) {
      core::random_engine r(seed);
      const auto t = recursion::run(
          recursion::gaussian{}.sample(20, r), mean_model{},
          {.regime = regime::mix, .generations = 8, .real_fraction = 0.5, .real_weight = w}, r,
          [](const auto& g) { return g.model.mean * g.model.mean; }, fresh);
      return t.records.back();
    });
    double sum = 0.0;
    for (const double s : squares) sum += s / 4000;
    return sum;
  };
  // mean squares of normals: relative standard error sqrt(2/4000) = .022; (1 − w)^16 of the start is left
  const double best = error(weight);
  CHECK(best == Approx(weight / 10).epsilon(5 * 0.0224));
  CHECK(best == Approx(recursion::weighted_mixing_error(10, 10, weight)).epsilon(5 * 0.0224));
  const double poor = error(0.3);
  CHECK(poor == Approx(recursion::weighted_mixing_error(10, 10, 0.3)).epsilon(5 * 0.0224 + 0.004));
  CHECK(poor > 1.3 * best);
}

TEST_CASE("recursion regimes: a detector screens by its rates or by its score", "[recursion]") {
  core::random_engine random(1);
  // perfect detector: the training set keeps its real half only
  const auto perfect =
      recursion::run(real_units(100), marking_model{}, {.regime = regime::mix, .generations = 3, .real_fraction = 0.5},
                     random, origins_of_training, endless_real, recursion::detector_screen{0.0, 1.0});
  CHECK(perfect.records[2] == origin_counts{{0, 50}});
  CHECK(perfect.sizes[2] == recursion::generation_sizes{50, 50, 50, 100, false, 50});

  const recursion::detector_screen half{0.1, 0.8};
  std::uint64_t real = 0, synthetic = 0;
  for (int i = 0; i < 200; ++i) {
    const auto kept = half(marked_units(1000), 400, random);
    CHECK(std::is_sorted(kept.begin(), kept.end()));
    for (const std::size_t k : kept) ++(k < 400 ? real : synthetic);
  }
  CHECK(static_cast<double>(real) / 80000 == Approx(0.9).margin(5 * 0.3 / 283));
  CHECK(static_cast<double>(synthetic) / 120000 == Approx(0.2).margin(5 * 0.4 / 346));
  CHECK(half.real_share(0.4) == Approx(0.36 / 0.48));

  const recursion::score_screen score{[](std::uint32_t x) { return static_cast<double>(x); }, 1004.0};
  const auto t = recursion::run(real_units(8), marking_model{}, {.generations = 2}, random, origins_of_training,
                                recursion::no_fresh_real{}, score);
  CHECK(t.records[1] == origin_counts{{1, 4}});
  CHECK(t.sizes[1].screened == 4);
  const recursion::score_screen all{[](std::uint32_t) { return 1.0; }, 0.5};
  CHECK(recursion::run(real_units(8), marking_model{}, {.generations = 2}, random, origins_of_training,
                       recursion::no_fresh_real{}, all)
            .end == recursion::run_end::no_data);

  CHECK(recursion::threshold_at_false_positive_rate({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.2) == 9.0);
  CHECK(recursion::threshold_at_false_positive_rate({1, 9, 9, 9}, 0.5) ==
        core::infinity);  // a tie would throw out three
  CHECK(recursion::threshold_at_false_positive_rate({1, 2, 9, 9}, 0.5) == 9.0);
  CHECK(recursion::threshold_at_false_positive_rate({1, 2}, 1.0) == 1.0);
  CHECK(recursion::threshold_at_false_positive_rate({}, 0.5) == core::infinity);
  CHECK_THROWS_AS(recursion::threshold_at_false_positive_rate({1.0}, 1.5), std::invalid_argument);
  CHECK_THROWS_AS((recursion::detector_screen{-0.1, 0.5}(marked_units(3), 1, random)), std::invalid_argument);
}

TEST_CASE("recursion regimes: a run that is saved and resumed gives the same bits", "[recursion]") {
  const auto observe = [](const auto& g) {
    core::random_engine own(g.seed);
    return std::tuple{g.model.mean, g.model.variance, own()};
  };
  const recursion::gaussian_model family;
  for (const regime r : recursion::regimes)
    for (const std::uint64_t cut : {1U, 3U, 6U}) {
      recursion::run_options options{.regime = r, .generations = 7, .sample_size = 30, .refresh_every = 3};
      if (r == regime::mix || r == regime::augment) options.real_weight = 0.7;
      core::random_engine random(11);
      std::vector<double> real = recursion::gaussian{}.sample(30, random);
      const recursion::real_reserve<std::vector<double>> untouched(recursion::gaussian{}.sample(500, random));
      const std::uint64_t seed = random();

      core::random_engine a(seed), b(seed);
      auto reserve = untouched;
      const auto whole = recursion::run(real, family, options, a, observe, reserve);
      REQUIRE(whole.end == recursion::run_end::completed);

      recursion::run_state<std::vector<double>> state(real, options, b);
      auto first_reserve = untouched;
      const auto first = advance(state, family, observe, first_reserve, recursion::no_screen{}, cut);
      CHECK(first.end == recursion::run_end::paused);
      CHECK(state.next() == cut);
      const auto bytes = core::to_bytes(state);
      const auto reserve_bytes = core::to_bytes(first_reserve);

      recursion::run_state<std::vector<double>> resumed;
      recursion::real_reserve<std::vector<double>> second_reserve;
      core::from_bytes(bytes, resumed);
      core::from_bytes(reserve_bytes, second_reserve);
      CHECK(resumed == state);
      CHECK(core::to_bytes(resumed) == bytes);
      const auto second = advance(resumed, family, observe, second_reserve);
      CHECK(second.end == recursion::run_end::completed);
      auto records = first.records;
      records.insert(records.end(), second.records.begin(), second.records.end());
      CHECK(records == whole.records);
      auto sizes = first.sizes;
      sizes.insert(sizes.end(), second.sizes.begin(), second.sizes.end());
      CHECK(sizes == whole.sizes);
      CHECK(advance(resumed, family, observe, second_reserve).records.empty());  // finished is finished

      auto broken = bytes;
      broken[broken.size() / 2] ^= std::byte{1};
      recursion::run_state<std::vector<double>> untouched_state = state;
      CHECK_THROWS_AS(core::from_bytes(broken, untouched_state), core::archive_error);
      CHECK_THROWS_AS(core::from_bytes(std::span(bytes).first(bytes.size() - 5), untouched_state), core::archive_error);
      CHECK(untouched_state == state);
    }
}

TEST_CASE("recursion regimes: every data type can be saved", "[recursion]") {
  const auto same_after = [](const auto& data) {
    using type = std::remove_cvref_t<decltype(data)>;
    core::random_engine random(1);
    recursion::run_state<type> state(data, {.regime = regime::augment}, random), loaded;
    core::from_bytes(core::to_bytes(state), loaded);
    return loaded == state && loaded.pool() == data;
  };
  core::token_sequences text;
  text.push_back(std::vector<std::uint32_t>{1, 2, 3});
  text.push_back(std::vector<std::uint32_t>{});
  text.push_back(std::vector<std::uint32_t>{4000000000U});
  CHECK(same_after(text));
  CHECK(same_after(recursion::category_counts{{0, 5, 7}}));
  CHECK(same_after(recursion::point_set{2, {1.0, -0.0, 1e300, 4.0}}));
  CHECK(same_after(std::vector<std::int32_t>{-1, 5}));
}

TEST_CASE("recursion regimes: saved bytes of this release stay readable", "[recursion]") {
  core::random_engine random(5);
  recursion::run_state<std::vector<double>> state(
      {1.5, -2.0, 0.25},
      {.regime = regime::mix, .generations = 9, .real_fraction = 0.25, .refresh_every = 4, .real_weight = 0.5}, random);
  const auto bytes = core::to_bytes(state);
  CHECK(bytes.size() == 224);
  CHECK(core::crc32c(std::span(bytes).first(bytes.size() - 4)) == 364046686U);
}

TEST_CASE("recursion regimes: a damaged state with a valid checksum is refused", "[recursion]") {
  core::random_engine random(5);
  recursion::run_state<std::vector<double>> state({1.5, -2.0, 0.25}, {.regime = regime::augment, .real_weight = 0.5},
                                                  random);
  auto bytes = core::to_bytes(state);
  const std::size_t header = 4 + 1 + 1 + 2 + 8 + 4 + 4 + 8 + 8;
  const auto refused = [&](std::size_t at, std::byte value) {
    auto changed = bytes;
    changed[at] = value;
    changed.resize(changed.size() - 4);
    const std::uint32_t crc = core::crc32c(changed);
    for (int i = 0; i < 4; ++i) changed.push_back(static_cast<std::byte>((crc >> (8 * i)) & 0xFFU));
    auto loaded = state;
    bool thrown = false;
    try {
      core::from_bytes(changed, loaded);
    } catch (const core::archive_error&) {
      thrown = true;
    }
    return thrown && loaded == state;
  };
  CHECK(refused(header, std::byte{9}));                  // no such regime
  CHECK(refused(header + 1 + 24 + 7, std::byte{0x7f}));  // real_fraction: NaN or huge
  const std::size_t real_items = header + 1 + 24 + 8 + 8 + 8 + 8 + 8 + 3 * 8;
  CHECK(refused(real_items, std::byte{200}));  // more real items than items
}

TEST_CASE("recursion regimes: spread over replicates", "[recursion]") {
  const std::vector<std::vector<double>> runs{{1, 10}, {2, 20}, {3}, {4, core::nan}, {10, 30}};
  const auto s = recursion::spread_over_replicates(
      runs, [](double x) { return x; }, 0.5);
  REQUIRE(s.size() == 2);
  CHECK(s[0].mean.value == Approx(4.0));
  CHECK(s[0].mean.standard_error == Approx(std::sqrt(12.5 / 5)));
  CHECK(s[0].mean.count == 5);
  CHECK(s[0].median == 3.0);
  CHECK(s[0].lower == 2.0);
  CHECK(s[0].upper == 4.0);
  CHECK(s[1].mean.count == 3);
  CHECK(s[1].median == 20.0);
  CHECK(s[1].lower == 15.0);
  const auto one = recursion::spread_over_replicates(std::vector<std::vector<double>>{{7}}, [](double x) { return x; });
  CHECK(one[0].median == 7.0);
  CHECK(core::is_nan(one[0].mean.standard_error));
  CHECK(recursion::spread_over_replicates(std::vector<std::vector<double>>{}, [](double x) { return x; }).empty());
  CHECK_THROWS_AS(recursion::spread_over_replicates(
                      runs, [](double x) { return x; }, 1.0),
                  std::invalid_argument);
}

TEST_CASE("recursion regimes: any set of estimators, a stop, progress", "[recursion]") {
  core::random_engine random(2);
  recursion::category_counts real{recursion::zipf(50, 1.0).resample(200, random)};
  std::vector<std::uint64_t> seen;
  const auto entropies = recursion::observers{recursion::on_sample(tailwatch::entropy::plugin),
                                              recursion::on_training(tailwatch::entropy::plugin),
                                              recursion::on_model([](const auto& m) { return m.alive(); })};
  const auto t =
      recursion::run(real, recursion::categorical_model{}, {.generations = 30}, random,
                     recursion::stop_when(recursion::with_progress(entropies, 30,
                                                                   [&seen](std::uint64_t done, std::uint64_t all) {
                                                                     CHECK(all == 30);
                                                                     seen.push_back(done);
                                                                   }),
                                          [](const auto& record) { return std::get<2>(record) < 20; }));
  CHECK(t.end == recursion::run_end::stopped);
  REQUIRE(t.records.size() == seen.size());
  CHECK(seen.back() == t.records.size());
  CHECK(std::get<2>(t.records.back()) < 20);
  for (std::size_t g = 1; g < t.records.size(); ++g)  // the last sample is the next training set
    CHECK(std::get<0>(t.records[g - 1]) == std::get<1>(t.records[g]));
  CHECK(std::get<1>(t.records[0]) == tailwatch::entropy::plugin(real.counts));
  CHECK(recursion::records_of<2>(t).size() == seen.size());

  std::size_t calls = 0;
  const recursion::replicate_options parallel{.threads = 3, .progress = [&calls](std::size_t done, std::size_t all) {
                                                CHECK(done == ++calls);
                                                CHECK(all == 20);
                                              }};
  (void)recursion::replicate(
      20, 1, [](std::uint64_t i, std::uint64_t) { return i; }, parallel);
  CHECK(calls == 20);
}

TEST_CASE("recursion population: training sets come from the models they should", "[recursion]") {
  const std::vector<marked_units> real{marked_units(7, 1000), marked_units(7, 2000), marked_units(7, 3000)};
  core::random_engine random(3);
  const auto observe = [](std::size_t, const auto& g) { return origins_of(g.training); };
  const auto all = recursion::run_population(real, repeating_model{}, {.generations = 2}, random, observe);
  CHECK(all.records[0][1] == origin_counts{{1, 3}, {2, 2}, {3, 2}});  // the odd unit to itself first
  CHECK(all.records[1][1] == origin_counts{{1, 2}, {2, 3}, {3, 2}});
  const auto alone = recursion::run_population(
      real, repeating_model{}, {.generations = 2, .exchange = recursion::isolated_exchange(3)}, random, observe);
  CHECK(alone.records[2][1] == origin_counts{{3, 7}});
  const auto cross = recursion::run_population(
      real, repeating_model{}, {.generations = 2, .sample_size = 6, .exchange = recursion::cross_exchange(3)}, random,
      observe);
  CHECK(cross.records[2][1] == origin_counts{{1, 3}, {2, 3}});
  const auto mixed =
      recursion::run_population(real, repeating_model{}, {.generations = 2, .sample_size = 10, .real_fraction = 0.4},
                                random, observe, endless_real);
  CHECK(mixed.records[1][1].at(0) == 4);
  CHECK(regime_error([&] {
          (void)recursion::run_population(real, repeating_model{}, {.real_fraction = 0.4}, random, observe);
        }) == "recursion::run_population: real_fraction is 0.4, must be 0 where no fresh_real is given");
  CHECK_THROWS_AS(recursion::run_population(real, repeating_model{}, {.exchange = {1.0}}, random, observe),
                  std::invalid_argument);
  CHECK_THROWS_AS(
      recursion::run_population(real, repeating_model{}, {.exchange = std::vector<double>(9, 0.0)}, random, observe),
      std::invalid_argument);
  CHECK_THROWS_AS(recursion::run_population(std::vector<marked_units>{}, repeating_model{}, {}, random, observe),
                  std::invalid_argument);
}
