#include "kernels/families.h"
#include "kernels/simd_families.h"

namespace trimtab::TRIMTAB_ISA {

std::span<const kernels::Entry> simd_kernels() {
  static constexpr kernels::Entry entries[] = {
      {"adafactor", prepare_adafactor},
      {"adam", prepare_adam},
      {"average_pool", prepare_average_pool},
      {"average_pool_gradient", prepare_average_pool_gradient},
      {"batch_norm", prepare_batch_norm},
      {"batch_norm_gradient", prepare_batch_norm_gradient},
      {"dropout", prepare_dropout},
      {"lamb", prepare_lamb},
      {"max_pool", prepare_max_pool},
      {"max_pool_gradient", prepare_max_pool_gradient},
      {"random_bits", prepare_random_bits},
      {"reduce", prepare_reduce},
      {"sgd", prepare_sgd},
      {"softmax", prepare_softmax},
      {"softmax_gradient", prepare_softmax_gradient},
  };
  return entries;
}

}  // namespace trimtab::TRIMTAB_ISA
