// Matrix products c = op(a) op(b) + bias of contiguous row-major matrices.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/dtype.h"
#include "base/isa.h"

namespace trimtab {

// op(a) is (m, k), stored (k, m) if trans_a; op(b) is (k, n), stored (n, k) if trans_b;
// c is (batch, m, n). Batch strides are in elements; 0 shares one matrix among all products.
struct MatmulShape {
  DType dtype = DType::float32;  // float32 or float64
  std::int64_t batch = 1;
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  bool trans_a = false;
  bool trans_b = false;
  std::int64_t batch_stride_a = 0;
  std::int64_t batch_stride_b = 0;
};

// How a product is cut into tasks for threads and into parts that fit the caches.
struct MatmulTiling {
  std::int64_t row_block = 0;
  std::int64_t k_block = 0;
  std::int64_t panel_columns = 0;  // as many as a tile has, or fewer
  bool is_swapped = false;         // computes the transpose of c, as op(b)^T op(a)^T
  bool pack_b = false;
  std::size_t worker_bytes = 0;  // scratch of one worker
};

struct MatmulPlan;
using MatmulFunction = void (*)(const MatmulPlan& plan, const void* a, const void* b,
                                const void* bias, void* c, std::byte* scratch) noexcept;

// A product with all choices made. Callers use `scratch_bytes`; the rest is for the kernels.
struct MatmulPlan {
  MatmulShape shape;
  std::size_t scratch_bytes = 0;
  std::size_t product_bytes = 0;  // scratch of one product of the batch
  int threads = 1;                // the most for one product; scratch holds a part for each
  int batch_threads = 1;          // the most for different products; one of the two is 1
  MatmulTiling tiling;
  MatmulFunction run = nullptr;
  const char* variant = "";  // for people: "tiles", "swapped tiles", "dots", "swapped dots"
};

// Chooses the variant, the scratch and, by num_threads() as it is now, the threads. The result of
// the product does not depend on the number of threads.
MatmulPlan prepare_matmul(const MatmulShape& shape, Isa isa = current_isa());

// Element pointers are of the shape's dtype; bias (n elements) may be null. c must not overlap the
// inputs. `scratch` is aligned to a cache line and holds plan.scratch_bytes; products that may run
// at the same time need their own.
inline void matmul(const MatmulPlan& plan, const void* a, const void* b, const void* bias, void* c,
                   std::byte* scratch) noexcept {
  plan.run(plan, a, b, bias, c, scratch);
}

}  // namespace trimtab
