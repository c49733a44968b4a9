// Matrix products of few columns: dot products along k, which both operands hold contiguously.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "simd/transpose.h"

namespace trimtab::TRIMTAB_ISA {

// c(i, j) = x_i . y_j + bias, for the rows x_i of x and the rows y_j of y, both of k elements.
template <class T>
struct DotProducts {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t k;
  const T* x;
  const T* y;
  const T* bias;  // or null
  T* c;
  bool is_c_transposed;  // c's memory holds (columns, rows), and bias one value for each row
};

// Lane i of the result is the sum of the lanes of sums[i]. Overwrites sums.
template <class T>
[[gnu::always_inline]] inline Vec<T> add_lanes(Vec<T> (&sums)[lanes<T>]) {
  constexpr int count = lanes<T>;
  const auto halve = [&](auto distance) {
    unroll<count / 2 / distance>([&](auto i) {
      Vec<T> low = sums[2 * i];
      Vec<T> high = sums[2 * i + 1];
      exchange<distance>(low, high, std::make_integer_sequence<int, count>{});
      sums[i] = low + high;
    });
  };
  halve(std::integral_constant<int, 1>{});
  if constexpr (count >= 4) halve(std::integral_constant<int, 2>{});
  if constexpr (count >= 8) halve(std::integral_constant<int, 4>{});
  if constexpr (count >= 16) halve(std::integral_constant<int, 8>{});
  return sums[0];
}

template <class T, int rows, int columns>
[[gnu::always_inline]] inline void store_dots(const DotProducts<T>& product, std::int64_t row,
                                              std::int64_t column, const T* results) {
  const std::int64_t c_row = product.is_c_transposed ? 1 : product.columns;
  const std::int64_t c_column = product.is_c_transposed ? product.rows : 1;
  const std::int64_t last_row = min<std::int64_t>(rows, product.rows - row);
  const std::int64_t last_column = min<std::int64_t>(columns, product.columns - column);
  for (std::int64_t r = 0; r < last_row; ++r) {
    for (std::int64_t s = 0; s < last_column; ++s) {
      T result = results[r * columns + s];
      if (product.bias != nullptr) {
        result += product.bias[product.is_c_transposed ? row + r : column + s];
      }
      product.c[(row + r) * c_row + (column + s) * c_column] = result;
    }
  }
}

// Adds the products of lanes<T> elements, or of `count` < lanes<T>, of each row of x and of y.
template <class T, bool is_partial, int rows, int columns>
[[gnu::always_inline]] inline void add_products(const T* const (&x)[rows],
                                                const T* const (&y)[columns], std::int64_t p,
                                                std::int64_t count, Vec<T> (&sums)[lanes<T>]) {
  Vec<T> y_part[columns];
  unroll<columns>(
      [&](auto s) { y_part[s] = is_partial ? load_partial(y[s] + p, count) : load(y[s] + p); });
  unroll<rows>([&](auto r) {
    const Vec<T> x_part = is_partial ? load_partial(x[r] + p, count) : load(x[r] + p);
    unroll<columns>(
        [&](auto s) { sums[r * columns + s] = fma(x_part, y_part[s], sums[r * columns + s]); });
  });
}

// As many dot products as a vector has lanes, at (row, column). Rows and columns past the end
// repeat the last one and are not stored. Flattened, or the sums are not kept in registers.
template <class T, int columns>
[[gnu::flatten]] void compute_dots(const DotProducts<T>& product, std::int64_t row,
                                   std::int64_t column) {
  constexpr int rows = lanes<T> / columns;
  const std::int64_t k = product.k;
  const T* x[rows];
  const T* y[columns];
  unroll<rows>([&](auto r) { x[r] = product.x + min(row + r, product.rows - 1) * k; });
  unroll<columns>([&](auto s) { y[s] = product.y + min(column + s, product.columns - 1) * k; });
  Vec<T> sums[lanes<T>];
  unroll<lanes<T>>([&](auto i) { sums[i] = Vec<T>{}; });
  std::int64_t p = 0;
  for (; p + lanes<T> <= k; p += lanes<T>) add_products<T, false>(x, y, p, lanes<T>, sums);
  if (p < k) add_products<T, true>(x, y, p, k - p, sums);
  T results[lanes<T>];
  store(results, add_lanes<T>(sums));
  store_dots<T, rows, columns>(product, row, column, results);
}

// Rows [begin, end).
template <class T>
void run_dot_rows(const DotProducts<T>& product, std::int64_t begin, std::int64_t end) {
  std::int64_t column = 0;
  const auto run_columns = [&](auto columns) {
    if constexpr (columns <= lanes<T>) {
      for (std::int64_t row = begin; row < end; row += lanes<T> / columns) {
        compute_dots<T, columns>(product, row, column);
      }
      column += columns;
    }
  };
  constexpr int most = lanes<T> < 4 ? lanes<T> : 4;
  while (product.columns - column >= most - 1) run_columns(std::integral_constant<int, most>{});
  if (product.columns - column == 2) run_columns(std::integral_constant<int, 2>{});
  if (product.columns - column == 1) run_columns(std::integral_constant<int, 1>{});
}

template <class T>
void run_dots(const DotProducts<T>& product, std::int64_t row_block, int threads) {
  const std::int64_t blocks = (product.rows + row_block - 1) / row_block;
  parallel_for(blocks, threads, [&](std::int64_t block) {
    const std::int64_t begin = block * row_block;
    run_dot_rows(product, begin, min(begin + row_block, product.rows));
  });
}

}  // namespace trimtab::TRIMTAB_ISA
