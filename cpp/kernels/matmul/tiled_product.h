// A matrix product as a grid of tiles, cut into tasks for threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/aligned.h"
#include "base/thread_pool.h"
#include "kernels/matmul/matmul.h"
#include "kernels/matmul/tile.h"
#include "simd/transpose.h"

namespace trimtab::TRIMTAB_ISA {

// c = a b + bias. Element (i, p) of a is a[i * a_row + p * a_k], element (p, j) of b is
// b[p * b_row + j * b_column]; in both, one of the strides is 1.
template <class T>
struct TiledProduct {
  std::int64_t m;
  std::int64_t n;
  std::int64_t k;
  const T* a;
  std::int64_t a_row;
  std::int64_t a_k;
  const T* b;
  std::int64_t b_row;
  std::int64_t b_column;
  const T* bias;
  T* c;
  bool is_c_transposed;  // c's memory holds (n, m), and bias one value for each row of the product

  // c^T = b^T a^T, in the same memory.
  TiledProduct swapped() const {
    return {n, m, k, b, b_column, b_row, a, a_k, a_row, bias, c, true};
  }
};

[[gnu::always_inline]] inline std::int64_t block_count(std::int64_t size, std::int64_t block) {
  return (size + block - 1) / block;
}

// Rows of one block, split into tiles of nearly equal height.
struct RowTiles {
  std::int64_t count;
  std::int64_t height;
  std::int64_t taller;  // the first tiles, which have one row more

  explicit RowTiles(std::int64_t rows)
      : count(block_count(rows, tile_rows)), height(rows / count), taller(rows % count) {}
  std::int64_t height_of(std::int64_t tile) const { return height + (tile < taller ? 1 : 0); }
};

// What the workers of a run share while they multiply one block of k.
template <class T>
struct TiledRun {
  const TiledProduct<T>& product;
  const MatmulTiling& tiling;
  std::int64_t k_begin;
  std::int64_t k_count;
  std::byte* worker_scratch;
};

// A block of rows times a panel of columns.
struct Task {
  std::int64_t row;
  std::int64_t rows;
  std::int64_t column;
  std::int64_t columns;
};

template <class T>
std::size_t panel_bytes(const MatmulTiling& tiling) {
  return static_cast<std::size_t>(tiling.k_block * tiling.panel_columns) * sizeof(T);
}

// Sets the scratch of a worker and gives that of a whole run.
template <class T>
std::size_t size_scratch(int threads, MatmulTiling& tiling) {
  tiling.worker_bytes = tiling.pack_b ? round_up(panel_bytes<T>(tiling), cache_line_bytes) : 0;
  if (tiling.is_swapped) {
    tiling.worker_bytes +=
        round_up(static_cast<std::size_t>(tiling.row_block * tiling.panel_columns) * sizeof(T),
                 cache_line_bytes);
  }
  return static_cast<std::size_t>(threads) * tiling.worker_bytes;
}

// The columns of the task as rows of `width` elements, a multiple of the lanes.
template <class T>
void pack_b_panel(const TiledRun<T>& run, const Task& task, std::int64_t width, T* to) {
  const TiledProduct<T>& product = run.product;
  const T* from = product.b + run.k_begin * product.b_row + task.column * product.b_column;
  if (product.b_column != 1) {
    transpose(from, product.b_column, to, width, task.columns, run.k_count);
    return;
  }
  const std::int64_t whole = task.columns / lanes<T> * lanes<T>;
  for (std::int64_t p = 0; p < run.k_count; ++p) {
    for (std::int64_t j = 0; j < whole; j += lanes<T>) store(to + j, load(from + j));
    if (whole < task.columns) {
      store(to + whole, load_partial(from + whole, task.columns - whole));
    }
    from += product.b_row;
    to += width;
  }
}

template <class T>
[[gnu::always_inline]] inline void set_b(const TiledRun<T>& run, const Task& task,
                                         std::int64_t vectors, ScratchCursor& scratch,
                                         Tile<T>& tile) {
  const TiledProduct<T>& product = run.product;
  if (run.tiling.pack_b) {
    T* panel = scratch.take<T>(panel_bytes<T>(run.tiling) / sizeof(T));
    tile.b_row = vectors * lanes<T>;
    pack_b_panel(run, task, tile.b_row, panel);
    tile.b = panel;
  } else {
    tile.b = product.b + run.k_begin * product.b_row + task.column;
    tile.b_row = product.b_row;
  }
}

template <class T>
[[gnu::always_inline]] inline void set_start(const TiledRun<T>& run, const Task& task,
                                             Tile<T>& tile) {
  const TiledProduct<T>& product = run.product;
  tile.start = Start::zero;
  tile.bias = nullptr;
  if (run.k_begin > 0) {
    tile.start = Start::previous;
  } else if (product.bias != nullptr && product.is_c_transposed) {
    tile.start = Start::row_bias;
  } else if (product.bias != nullptr) {
    tile.start = Start::column_bias;
    tile.bias = product.bias + task.column;
  }
}

template <class T>
[[gnu::always_inline]] inline void run_tile(const Tile<T>& tile, std::int64_t rows,
                                            std::int64_t vectors, bool is_b_partial, bool is_row) {
  if (is_row) {
    const auto& functions = is_b_partial ? row_functions<T, true> : row_functions<T, false>;
    functions.of[0][vectors - 1](tile);
  } else {
    const auto& functions = is_b_partial ? tile_functions<T, true> : tile_functions<T, false>;
    functions.of[rows - 1][vectors - 1](tile);
  }
}

template <class T>
void run_task(const TiledRun<T>& run, const Task& task, int worker) {
  const TiledProduct<T>& product = run.product;
  const MatmulTiling& tiling = run.tiling;
  ScratchCursor scratch(run.worker_scratch +
                        static_cast<std::size_t>(worker) * tiling.worker_bytes);
  const std::int64_t vectors = block_count(task.columns, lanes<T>);
  Tile<T> tile;
  tile.k = run.k_count;
  tile.last_lanes = task.columns - (vectors - 1) * lanes<T>;
  tile.a = product.a + task.row * product.a_row + run.k_begin * product.a_k;
  tile.a_row = product.a_row;
  tile.a_k = product.a_k;
  set_start(run, task, tile);
  set_b(run, task, vectors, scratch, tile);
  const bool is_b_partial = !tiling.pack_b && tile.last_lanes < lanes<T>;
  tile.c_row = product.is_c_transposed ? vectors * lanes<T> : product.n;
  T* const block_c = product.is_c_transposed
                         ? scratch.take<T>(static_cast<std::size_t>(task.rows * tile.c_row))
                         : product.c + task.row * product.n + task.column;
  tile.c = block_c;
  const RowTiles tiles(task.rows);
  std::int64_t row = task.row;
  for (std::int64_t i = 0; i < tiles.count; ++i) {
    const std::int64_t height = tiles.height_of(i);
    if (tile.start == Start::row_bias) tile.bias = product.bias + row;
    run_tile(tile, height, vectors, is_b_partial, product.m == 1);
    tile.a += height * tile.a_row;
    tile.c += height * tile.c_row;
    row += height;
  }
  if (product.is_c_transposed) {
    transpose(block_c, tile.c_row, product.c + task.column * product.m + task.row, product.m,
              task.rows, task.columns);
  }
}

// Multiplies one block of k after another, so that a sum's order does not depend on the threads.
template <class T>
void run_tiles(const TiledProduct<T>& product, const MatmulTiling& tiling, int threads,
               std::byte* scratch) {
  const std::int64_t row_blocks = block_count(product.m, tiling.row_block);
  const std::int64_t panels = block_count(product.n, tiling.panel_columns);
  const auto rows_from = [&](std::int64_t row) { return min(tiling.row_block, product.m - row); };
  TiledRun<T> run{product, tiling, 0, 0, scratch};
  do {
    run.k_count = min(tiling.k_block, product.k - run.k_begin);
    parallel_for(row_blocks * panels, threads, [&](std::int64_t index, int worker) {
      const std::int64_t row = index / panels * tiling.row_block;
      const std::int64_t column = index % panels * tiling.panel_columns;
      run_task(run,
               Task{row, rows_from(row), column, min(tiling.panel_columns, product.n - column)},
               worker);
    });
    run.k_begin += tiling.k_block;
  } while (run.k_begin < product.k);
}

}  // namespace trimtab::TRIMTAB_ISA
