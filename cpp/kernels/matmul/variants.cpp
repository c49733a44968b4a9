// Compiled once for each instruction set.
#include "kernels/matmul/variants.h"

#include "kernels/matmul/dot_products.h"
#include "kernels/matmul/tiled_product.h"

namespace trimtab::TRIMTAB_ISA {

namespace {

// A region's start and end cost about 0.3 microseconds, but waking a worker that sleeps costs more
// than 10: from here on the gain outweighs it (tests/bench_matmul.cpp).
constexpr double parallel_flops = 1e6;

// k is cut into equal blocks whose panel of b takes at most so many bytes of the second cache.
constexpr std::int64_t panel_limit_bytes = std::int64_t{192} * 1024;

// A panel that fits half of the first cache is read in place.
constexpr std::int64_t in_place_limit_bytes = std::int64_t{16} * 1024;

// Swapped products do not cut k, so that a worker's panel of b grows with it.
constexpr std::int64_t swapped_limit_k = 4096;

template <class T>
struct Operands {
  const T* a;
  const T* b;
  const T* bias;
  T* c;
  std::byte* scratch;
};

// Calls fn with the operands of each product of the batch.
template <class T, class F>
[[gnu::always_inline]] inline void for_each_product(const MatmulPlan& plan, const void* a,
                                                    const void* b, const void* bias, void* c,
                                                    std::byte* scratch, const F& fn) {
  const MatmulShape& shape = plan.shape;
  parallel_for(shape.batch, plan.batch_threads, [&](std::int64_t i, int worker) {
    fn(Operands<T>{static_cast<const T*>(a) + i * shape.batch_stride_a,
                   static_cast<const T*>(b) + i * shape.batch_stride_b, static_cast<const T*>(bias),
                   static_cast<T*>(c) + i * shape.m * shape.n,
                   scratch + static_cast<std::size_t>(worker) * plan.product_bytes});
  });
}

template <class T>
void run_tiled(const MatmulPlan& plan, const void* a, const void* b, const void* bias, void* c,
               std::byte* scratch) noexcept {
  for_each_product<T>(plan, a, b, bias, c, scratch, [&](const Operands<T>& operands) {
    const MatmulShape& shape = plan.shape;
    TiledProduct<T> product;
    product.m = shape.m;
    product.n = shape.n;
    product.k = shape.k;
    product.a = operands.a;
    product.a_row = shape.trans_a ? 1 : shape.k;
    product.a_k = shape.trans_a ? shape.m : 1;
    product.b = operands.b;
    product.b_row = shape.trans_b ? 1 : shape.n;
    product.b_column = shape.trans_b ? shape.k : 1;
    product.bias = operands.bias;
    product.c = operands.c;
    product.is_c_transposed = plan.tiling.is_swapped;
    run_tiles(plan.tiling.is_swapped ? product.swapped() : product, plan.tiling, plan.threads,
              operands.scratch);
  });
}

template <class T>
void run_dot(const MatmulPlan& plan, const void* a, const void* b, const void* bias, void* c,
             std::byte* scratch) noexcept {
  for_each_product<T>(plan, a, b, bias, c, scratch, [&](const Operands<T>& operands) {
    const MatmulShape& shape = plan.shape;
    const MatmulTiling& tiling = plan.tiling;
    DotProducts<T> product{shape.m,    shape.n,       shape.k,    operands.a,
                           operands.b, operands.bias, operands.c, tiling.is_swapped};
    if (tiling.is_swapped) {
      product.rows = shape.n;
      product.columns = shape.m;
      product.x = operands.b;
      product.y = operands.a;
    }
    if (tiling.pack_b) {
      T* y = ScratchCursor(operands.scratch).take<T>(0);
      transpose(product.y, product.columns, y, shape.k, shape.k, product.columns);
      product.y = y;
    }
    run_dots(product, tiling.row_block, plan.threads);
  });
}

void run_nothing(const MatmulPlan&, const void*, const void*, const void*, void*,
                 std::byte*) noexcept {}

// The work of each variant, in vector operations; infinite where the operands' layout forbids it.
struct Costs {
  double tiles;
  double swapped_tiles;
  double dots;
  double swapped_dots;
};

template <class T>
Costs estimate_costs(const MatmulShape& shape) {
  constexpr double never = 1e300;
  const auto m = static_cast<double>(shape.m);
  const auto n = static_cast<double>(shape.n);
  const auto k = static_cast<double>(shape.k);
  const auto vectors = [](std::int64_t size) {
    return static_cast<double>(block_count(size, lanes<T>));
  };
  // A block of registers takes log2(lanes) shuffles for each of its vectors, a load and a store.
  constexpr double transpose_element = (__builtin_ctz(lanes<T>) + 2.0) / lanes<T>;
  // Adding up the lanes of a sum takes about 4 operations, for its part of the shuffles.
  const double dots = m * n * (vectors(shape.k) + 4);
  const bool is_a_row_contiguous = !shape.trans_a || shape.m == 1;
  const bool is_b_column_contiguous = shape.trans_b || shape.n == 1;
  Costs costs{};
  costs.tiles = m * k * vectors(shape.n) + (shape.trans_b ? n * k * transpose_element : 0);
  costs.swapped_tiles =
      shape.trans_a || shape.k <= swapped_limit_k
          ? n * k * vectors(shape.m) + (m * n + (shape.trans_a ? 0 : m * k)) * transpose_element
          : never;
  costs.dots =
      is_a_row_contiguous ? dots + (is_b_column_contiguous ? 0 : n * k * transpose_element) : never;
  costs.swapped_dots =
      is_b_column_contiguous ? dots + (is_a_row_contiguous ? 0 : m * k * transpose_element) : never;
  return costs;
}

// Even parts of `size`, none greater than `limit`, in multiples of `unit`.
std::int64_t even_block(std::int64_t size, std::int64_t limit, std::int64_t unit) {
  const std::int64_t parts = block_count(size > 0 ? size : 1, limit > unit ? limit : unit);
  return block_count(block_count(size > 0 ? size : 1, parts), unit) * unit;
}

template <class T>
void plan_dots(bool is_swapped, MatmulPlan& plan) {
  const MatmulShape& shape = plan.shape;
  const std::int64_t rows = is_swapped ? shape.n : shape.m;
  const std::int64_t columns = is_swapped ? shape.m : shape.n;
  const bool is_y_contiguous = columns == 1 || (is_swapped ? !shape.trans_a : shape.trans_b);
  plan.tiling.is_swapped = is_swapped;
  plan.tiling.pack_b = !is_y_contiguous;
  plan.tiling.row_block = even_block(rows, max<std::int64_t>(rows / 4 / plan.threads, 64), 16);
  plan.product_bytes =
      is_y_contiguous ? 0 : static_cast<std::size_t>(columns * shape.k) * sizeof(T);
  plan.run = run_dot<T>;
  plan.variant = is_swapped ? "swapped dots" : "dots";
}

// Tall blocks, so that a panel of b is seldom packed, but enough tasks for the threads to share.
std::int64_t choose_row_block(std::int64_t m, std::int64_t panels, const MatmulPlan& plan) {
  constexpr std::int64_t tasks_per_thread = 2;
  constexpr std::int64_t least = 60;
  std::int64_t limit = plan.tiling.is_swapped || !plan.tiling.pack_b ? 240 : 1020;
  if (plan.threads > 1) {
    const std::int64_t blocks = block_count(tasks_per_thread * plan.threads, panels);
    limit = min(limit, max(block_count(m, blocks), least));
  }
  return even_block(m, limit, tile_rows);
}

template <class T>
void plan_tiles(bool is_swapped, MatmulPlan& plan) {
  const MatmulShape& shape = plan.shape;
  MatmulTiling& tiling = plan.tiling;
  const std::int64_t m = is_swapped ? shape.n : shape.m;
  const std::int64_t n = is_swapped ? shape.m : shape.n;
  const bool is_b_transposed = is_swapped ? !shape.trans_a : shape.trans_b;
  tiling.is_swapped = is_swapped;
  const std::int64_t most_columns = m == 1 ? row_columns<T> : tile_columns<T>;
  tiling.panel_columns = min(most_columns, block_count(n, lanes<T>) * lanes<T>);
  const std::int64_t panel_row_bytes = tiling.panel_columns * static_cast<std::int64_t>(sizeof(T));
  tiling.k_block =
      is_swapped ? shape.k : even_block(shape.k, panel_limit_bytes / panel_row_bytes, 8);
  const bool is_b_spread = shape.k * panel_row_bytes > in_place_limit_bytes;
  tiling.pack_b = is_b_transposed || (!is_swapped && m >= 64 && is_b_spread);
  tiling.row_block = choose_row_block(m, block_count(n, tiling.panel_columns), plan);
  plan.product_bytes = size_scratch<T>(plan.threads, tiling);
  plan.run = run_tiled<T>;
  plan.variant = is_swapped ? "swapped tiles" : "tiles";
}

template <class T>
MatmulPlan prepare(const MatmulShape& shape) {
  MatmulPlan plan;
  plan.shape = shape;
  if (shape.m == 0 || shape.n == 0) {
    plan.run = run_nothing;
    plan.variant = "nothing";
    return plan;
  }
  const double flops = 2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n) *
                       static_cast<double>(shape.k);
  if (flops >= parallel_flops) {
    plan.threads = num_threads();
  } else if (flops * static_cast<double>(shape.batch) >= parallel_flops) {
    plan.batch_threads = static_cast<int>(min<std::int64_t>(num_threads(), shape.batch));
  }
  const Costs costs = estimate_costs<T>(shape);
  const double tiles = min(costs.tiles, costs.swapped_tiles);
  const double dots = min(costs.dots, costs.swapped_dots);
  if (dots < tiles) {
    plan_dots<T>(costs.swapped_dots < costs.dots, plan);
  } else {
    plan_tiles<T>(costs.swapped_tiles < costs.tiles, plan);
  }
  plan.product_bytes = round_up(plan.product_bytes, cache_line_bytes);
  plan.scratch_bytes = plan.product_bytes * static_cast<std::size_t>(plan.batch_threads);
  return plan;
}

}  // namespace

MatmulPlan prepare_matmul(const MatmulShape& shape) {
  return shape.dtype == DType::float64 ? prepare<double>(shape) : prepare<float>(shape);
}

}  // namespace trimtab::TRIMTAB_ISA
