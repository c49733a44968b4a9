// The kernels that move, order and accumulate values.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/step.h"

namespace {

using namespace trimtab;         // NOLINT: a test names many of its parts
using namespace trimtab::tests;  // NOLINT

void check_transpose(std::int64_t rows, std::int64_t columns) {
  std::vector<float> x = some_numbers(rows * columns);
  std::vector<float> y(x.size());
  run_step("copy", {x, y}, {4, 2, columns, rows, 1, columns, rows, 1, 0, 0});
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) CHECK(y[j * rows + i] == x[i * columns + j]);
  }
}

CASE(copy_transposes) {
  for (std::int64_t n = 1; n <= 70; n += 3) check_transpose(n, 71 - n);
  check_transpose(700, 500);  // enough for the threads
}

CASE(copy_permutes_the_dimensions_of_bytes) {
  // (2, 3, 4) to (4, 2, 3)
  std::vector<std::uint8_t> x(24);
  std::iota(x.begin(), x.end(), std::uint8_t{0});
  std::vector<std::uint8_t> y(24);
  run_step("copy", {x, y}, {1, 3, 4, 2, 3, 1, 12, 4, 6, 3, 1, 0, 0});
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 6; ++j) CHECK(y[i * 6 + j] == x[j * 4 + i]);
  }
}

CASE(copy_reverses_repeats_and_leaves_gaps) {
  std::vector<double> x = {1, 2, 3};
  std::vector<double> y(6, -1);
  run_step("copy", {x, y}, {8, 1, 3, -1, 2, 2, 0});
  CHECK((y == std::vector<double>{3, -1, 2, -1, 1, -1}));
  std::vector<double> repeated(6);
  run_step("copy", {x, repeated}, {8, 2, 2, 3, 0, 1, 3, 1, 0, 0});
  CHECK((repeated == std::vector<double>{1, 2, 3, 1, 2, 3}));
}

CASE(fill_repeats_a_bit_pattern) {
  std::vector<float> y(5);
  run_step("fill", {y}, {4, 5, 0x40200000});
  CHECK((y == std::vector<float>(5, 2.5F)));
}

CASE(iota_counts_along_the_middle_dimension) {
  std::vector<std::int64_t> y(12);
  run_step("iota", {y}, {3, 2, 3, 2});
  CHECK((y == std::vector<std::int64_t>{0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2}));
}

CASE(gather_takes_rows_and_clamps_indices) {
  std::vector<float> x = {1, 2, 3, 4, 5, 6};
  std::vector<std::int32_t> indices = {2, 0, 9, -4};
  std::vector<float> y(8);
  run_step("gather", {x, indices, y}, {4, 1, 3, 2, 4, 2});
  CHECK((y == std::vector<float>{5, 6, 1, 2, 5, 6, 1, 2}));
}

CASE(scatter_add_accumulates_repeated_indices) {
  std::vector<std::int64_t> indices = {1, 0, 1};
  std::vector<float> updates = {1, 2, 3, 4, 5, 6};
  std::vector<float> y(6, 99.0F);
  run_step("scatter_add", {indices, updates, y}, {0, 1, 3, 2, 3, 3});
  CHECK((y == std::vector<float>{3, 4, 6, 8, 0, 0}));
}

CASE(sort_is_ascending_with_nan_last) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> x = {3, nan, 1, 2};
  std::vector<float> y(4);
  run_step("sort", {x, y}, {0, 1, 4, 1});
  CHECK(y[0] == 1 && y[1] == 2 && y[2] == 3 && std::isnan(y[3]));
  std::vector<float> columns = {3, 1, 2, 9};
  run_step("sort", {columns, columns}, {0, 1, 2, 2});
  CHECK((columns == std::vector<float>{2, 1, 3, 9}));
}

CASE(arg_reduce_finds_the_first_extreme_and_nan_first) {
  std::vector<float> x = {1, 3, 3, 0, 0, 2};
  std::vector<std::int32_t> y(2);
  run_step("arg_reduce", {x, y}, {0, 0, 2, 3, 1});
  CHECK((y == std::vector<std::int32_t>{1, 2}));
  run_step("arg_reduce", {x, y}, {1, 0, 2, 3, 1});
  CHECK((y == std::vector<std::int32_t>{0, 0}));
  x[2] = std::numeric_limits<float>::quiet_NaN();
  run_step("arg_reduce", {x, y}, {0, 0, 2, 3, 1});
  CHECK((y == std::vector<std::int32_t>{2, 2}));
}

CASE(cumulative_sums_and_products_run_both_ways) {
  std::vector<std::int32_t> x = {1, 2, 3, 4};
  std::vector<std::int32_t> y(4);
  run_step("cumulative", {x, y}, {0, 2, 1, 4, 1, 0});
  CHECK((y == std::vector<std::int32_t>{1, 3, 6, 10}));
  run_step("cumulative", {x, y}, {1, 2, 1, 4, 1, 1});
  CHECK((y == std::vector<std::int32_t>{24, 24, 12, 4}));
  run_step("cumulative", {x, y}, {0, 2, 1, 2, 2, 0});
  CHECK((y == std::vector<std::int32_t>{1, 2, 4, 6}));
}

}  // namespace

int main(int count, char** arguments) { return run_cases(count > 1 ? arguments[1] : ""); }
