#include "kernels/families.h"
#include "kernels/simd_families.h"

namespace trimtab::TRIMTAB_ISA {

std::span<const kernels::Entry> simd_kernels() {
  static constexpr kernels::Entry entries[] = {
      {"adam", prepare_adam},
      {"batch_norm", prepare_batch_norm},
      {"batch_norm_gradient", prepare_batch_norm_gradient},
      {"dropout", prepare_dropout},
      {"random_bits", prepare_random_bits},
      {"reduce", prepare_reduce},
      {"sgd", prepare_sgd},
      {"softmax", prepare_softmax},
      {"softmax_gradient", prepare_softmax_gradient},
  };
  return entries;
}

}  // namespace trimtab::TRIMTAB_ISA
