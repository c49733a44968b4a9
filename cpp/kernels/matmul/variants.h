// The choice of a variant, once for each instruction set.
#pragma once

#include "kernels/matmul/matmul.h"

namespace trimtab {

namespace portable {
MatmulPlan prepare_matmul(const MatmulShape& shape);
}  // namespace portable

#if defined(__x86_64__)
namespace avx2 {
MatmulPlan prepare_matmul(const MatmulShape& shape);
}  // namespace avx2

namespace avx512 {
MatmulPlan prepare_matmul(const MatmulShape& shape);
}  // namespace avx512
#endif

}  // namespace trimtab
