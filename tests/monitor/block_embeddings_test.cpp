// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/block_embeddings.hpp"

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace monitor = tailwatch::monitor;

namespace {

float embedding_at(const monitor::block_embeddings& block, std::size_t r, std::size_t j) {
  return block.view().data[r * block.dimension() + j];
}

}  // namespace

TEST_CASE("block_embeddings: keeps the first finite rows, counts the others", "[monitor]") {
  const std::vector<double> x{1,     2, 9, 3, 4, 9, tailwatch::core::nan, 5, 9,
                              1e300, 6, 9, 7, 8, 9};  // rows of 2, stride 3
  monitor::block_embeddings block(3);
  CHECK(block.update(x.data(), 5, 2, 3));
  CHECK(block.rows() == 3);
  CHECK(block.offered() == 5);
  CHECK(block.rejected() == 2);  // NaN, and what no float holds
  CHECK(embedding_at(block, 1, 1) == 4.0F);
  CHECK(embedding_at(block, 2, 0) == 7.0F);
  CHECK(block.update(x.data(), 2, 2, 3));  // full: looked at and left
  CHECK(block.rows() == 3);
  CHECK(block.offered() == 7);
  CHECK_FALSE(block.update(x.data(), 1, 3, 3));  // another dimension
  CHECK(block.offered() == 7);
  block.clear();
  CHECK(block.update(x.data(), 1, 3, 3));  // a new block may have one
  CHECK(block.dimension() == 3);
}

TEST_CASE("block_embeddings: merge and save keep rows and counts", "[monitor]") {
  const std::vector<float> x{1, 2, 3, 4, std::numeric_limits<float>::infinity(), 6, 7, 8};
  monitor::block_embeddings whole(10), first(10), second(10), loaded(10), small(1), other(10);
  CHECK(whole.update(x.data(), 4, 2, 2));
  CHECK(first.update(x.data(), 1, 2, 2));
  CHECK(second.update(x.data() + 2, 3, 2, 2));
  CHECK(first.merge(second));
  CHECK(first.rows() == whole.rows());
  CHECK(first.offered() == 4);
  CHECK(first.rejected() == 1);
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t j = 0; j < 2; ++j) CHECK(embedding_at(first, r, j) == embedding_at(whole, r, j));
  CHECK(other.update(x.data(), 1, 3, 3));
  CHECK_FALSE(first.merge(other));
  CHECK(first.rows() == 3);

  tailwatch::core::output_archive out;
  out.begin({tailwatch::core::state_family::testing, 0, 0, 0, 0});
  whole.save_fields(out);
  out.end();
  const auto bytes = std::move(out).bytes();
  const auto load = [&](monitor::block_embeddings& to) {
    tailwatch::core::input_archive in(bytes);
    in.open({tailwatch::core::state_family::testing, 0, 0, 0, 0});
    to.load_fields(in);
    in.close();
  };
  load(loaded);
  CHECK(loaded.rows() == 3);
  CHECK(embedding_at(loaded, 2, 1) == 8.0F);
  CHECK_THROWS_AS(load(small), tailwatch::core::archive_error);
}
