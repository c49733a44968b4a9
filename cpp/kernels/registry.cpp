#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "base/isa.h"
#include "kernels/families.h"
#include "kernels/kernel.h"

namespace trimtab::kernels {
namespace {

constexpr Entry plain_kernels[] = {
    {"arg_reduce", prepare_arg_reduce},
    {"convolution", prepare_convolution},
    {"convolution_input_gradient", prepare_convolution_input_gradient},
    {"convolution_kernel_gradient", prepare_convolution_kernel_gradient},
    {"copy", prepare_copy},
    {"cumulative", prepare_cumulative},
    {"elementwise", prepare_elementwise},
    {"fill", prepare_fill},
    {"gather", prepare_gather},
    {"iota", prepare_iota},
    {"matmul", prepare_matmul_step},
    {"scatter_add", prepare_scatter_add},
    {"sort", prepare_sort},
};

std::span<const Entry> simd_kernels() {
  switch (current_isa()) {
#if defined(__x86_64__)
    case Isa::avx512:
      return avx512::simd_kernels();
    case Isa::avx2:
      return avx2::simd_kernels();
#endif
    default:
      return portable::simd_kernels();
  }
}

}  // namespace

std::unique_ptr<Kernel> prepare(const StepSpec& spec) {
  for (const std::span<const Entry> family :
       {std::span<const Entry>(plain_kernels), simd_kernels()}) {
    for (const Entry& entry : family) {
      if (entry.name == spec.kernel) return entry.prepare(spec);
    }
  }
  throw std::invalid_argument("Program: unknown kernel; got `" + spec.kernel + "`");
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  const auto add = [&](const Entry& entry) { found.emplace_back(entry.name); };
  std::for_each(std::begin(plain_kernels), std::end(plain_kernels), add);
  const std::span<const Entry> simd = simd_kernels();
  std::for_each(simd.begin(), simd.end(), add);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace trimtab::kernels
