#include "kernels/matmul/matmul.h"

#include "base/check.h"
#include "kernels/matmul/variants.h"

namespace trimtab {

MatmulPlan prepare_matmul(const MatmulShape& shape, Isa isa) {
  TRIMTAB_CHECK(shape.dtype == DType::float32 || shape.dtype == DType::float64);
  TRIMTAB_CHECK(shape.batch >= 0 && shape.m >= 0 && shape.n >= 0 && shape.k >= 0);
  TRIMTAB_CHECK(isa <= best_isa());
#if defined(__x86_64__)
  if (isa == Isa::avx512) return avx512::prepare_matmul(shape);
  if (isa == Isa::avx2) return avx2::prepare_matmul(shape);
#endif
  return portable::prepare_matmul(shape);
}

}  // namespace trimtab
