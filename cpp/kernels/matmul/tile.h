// The inner loop of matrix products: a tile of c held in registers over the whole of k. It reads a
// in place with any strides: packed copies of a gained nothing (512 x 512 x 128 with a transposed:
// 114 GFLOP/s in place, 110 packed, on one Zen 4 core).
#pragma once

#include <cstdint>

#include "simd/vec.h"

namespace trimtab::TRIMTAB_ISA {

// What the sums of a tile begin with.
enum class Start { zero, column_bias, row_bias, previous };

template <class T>
struct Tile {
  std::int64_t k;
  // Element (row, p) of a is a[row * a_row + p * a_k]; element (p, column) of b is
  // b[p * b_row + column].
  const T* a;
  std::int64_t a_row;
  std::int64_t a_k;
  const T* b;
  std::int64_t b_row;
  T* c;
  std::int64_t c_row;
  const T* bias;
  Start start;
  std::int64_t last_lanes;  // columns in the last vector
};

// With 32 registers 24 sums, 4 vectors of b and 1 element of a; with 16, 12 sums. More sums than
// the 4 (AVX-512) or 8 that hide the latency of fma, so that loads per fma are few.
inline constexpr int tile_rows = 6;
inline constexpr int tile_vectors = vec_registers == 32 ? 4 : 2;

// A product of a single row has wider tiles, as it needs as many sums.
inline constexpr int row_vectors = 8;

template <class T>
inline constexpr std::int64_t tile_columns = tile_vectors * lanes<T>;

template <class T>
inline constexpr std::int64_t row_columns = row_vectors * lanes<T>;

template <class T, int rows, int vectors>
[[gnu::always_inline]] inline void start_sums(const Tile<T>& tile, Vec<T> (&sums)[rows][vectors]) {
  const auto load_row = [&](const T* from, Vec<T>(&row)[vectors]) {
    unroll<vectors - 1>([&](auto v) { row[v] = load(from + v * lanes<T>); });
    const T* last = from + (vectors - 1) * lanes<T>;
    const bool is_whole = tile.last_lanes == lanes<T>;
    row[vectors - 1] = is_whole ? load(last) : load_partial(last, tile.last_lanes);
  };
  unroll<rows>([&](auto r) { unroll<vectors>([&](auto v) { sums[r][v] = Vec<T>{}; }); });
  if (tile.start == Start::column_bias) {
    load_row(tile.bias, sums[0]);
    unroll<rows - 1>(
        [&](auto r) { unroll<vectors>([&](auto v) { sums[r + 1][v] = sums[0][v]; }); });
  } else if (tile.start == Start::row_bias) {
    unroll<rows>(
        [&](auto r) { unroll<vectors>([&](auto v) { sums[r][v] = broadcast(tile.bias[r]); }); });
  } else if (tile.start == Start::previous) {
    unroll<rows>([&](auto r) { load_row(tile.c + r * tile.c_row, sums[r]); });
  }
}

// A row's product uses each element of b once, so memory's latency shows; the hardware does not
// foresee steps of a whole row.
inline constexpr std::int64_t prefetch_rows = 6;

template <class T>
[[gnu::always_inline]] inline void prefetch_row(const T* b) {
  constexpr int line = 64 / static_cast<int>(sizeof(T));
  unroll<row_vectors * lanes<T> / line>([&](auto i) { __builtin_prefetch(b + i * line); });
}

// `is_b_partial`: the last vector of b's rows has only last_lanes columns in memory.
template <class T, int rows, int vectors, bool is_b_partial>
void compute_tile(const Tile<T>& tile) {
  Vec<T> sums[rows][vectors];
  start_sums(tile, sums);
  // A pointer reaches three rows: x86 adds a scaled register to an address for free.
  constexpr int pointers = (rows + 2) / 3;
  const std::int64_t a_row = tile.a_row;
  const std::int64_t last_lanes = tile.last_lanes;
  const T* a[pointers];
  unroll<pointers>([&](auto i) { a[i] = tile.a + 3 * i * a_row; });
  const T* b = tile.b;
  for (std::int64_t p = tile.k; p > 0; --p) {
    Vec<T> b_row[vectors];
    if constexpr (vectors == row_vectors) prefetch_row<T>(b + prefetch_rows * tile.b_row);
    unroll<vectors>([&](auto v) {
      if constexpr (is_b_partial && v == vectors - 1) {
        b_row[v] = load_partial(b + v * lanes<T>, last_lanes);
      } else {
        b_row[v] = load(b + v * lanes<T>);
      }
    });
    unroll<rows>([&](auto r) {
      const Vec<T> factor = broadcast(a[r / 3][r % 3 * a_row]);
      unroll<vectors>([&](auto v) { sums[r][v] = fma(factor, b_row[v], sums[r][v]); });
    });
    unroll<pointers>([&](auto i) { a[i] += tile.a_k; });
    b += tile.b_row;
  }
  T* const c = tile.c;
  const std::int64_t c_row = tile.c_row;
  unroll<rows>([&](auto r) {
    unroll<vectors - 1>([&](auto v) { store(c + r * c_row + v * lanes<T>, sums[r][v]); });
    T* const last = c + r * c_row + (vectors - 1) * lanes<T>;
    if (last_lanes == lanes<T>) {
      store(last, sums[r][vectors - 1]);
    } else {
      store_partial(last, sums[r][vectors - 1], last_lanes);
    }
  });
}

template <class T>
using TileFunction = void (*)(const Tile<T>&);

// By the number of rows and vectors, less one.
template <class T, int rows, int vectors>
struct TileFunctions {
  TileFunction<T> of[rows][vectors];
};

template <class T, int rows, int vectors, bool is_b_partial>
constexpr TileFunctions<T, rows, vectors> make_tile_functions() {
  TileFunctions<T, rows, vectors> functions{};
  unroll<rows>([&](auto r) {
    unroll<vectors>(
        [&](auto v) { functions.of[r][v] = compute_tile<T, r + 1, v + 1, is_b_partial>; });
  });
  return functions;
}

template <class T, bool is_b_partial>
inline constexpr auto tile_functions =
    make_tile_functions<T, tile_rows, tile_vectors, is_b_partial>();

template <class T, bool is_b_partial>
inline constexpr auto row_functions = make_tile_functions<T, 1, row_vectors, is_b_partial>();

}  // namespace trimtab::TRIMTAB_ISA
