// The kernels' prepare functions: those that are compiled once, and each instruction set's.
#pragma once

#include <memory>
#include <span>

#include "kernels/kernel.h"

namespace trimtab::kernels {

std::unique_ptr<Kernel> prepare_arg_reduce(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_convolution(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_convolution_input_gradient(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_convolution_kernel_gradient(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_copy(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_cumulative(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_elementwise(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_fill(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_gather(const StepSpec& spec);
// `reduce` of integers and booleans.
std::unique_ptr<Kernel> prepare_integer_reduce(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_iota(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_matmul_step(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_scatter_add(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_sort(const StepSpec& spec);

}  // namespace trimtab::kernels

namespace trimtab {

// The vectorised kernels of one instruction set.
namespace portable {
std::span<const kernels::Entry> simd_kernels();
}
#if defined(__x86_64__)
namespace avx2 {
std::span<const kernels::Entry> simd_kernels();
}
namespace avx512 {
std::span<const kernels::Entry> simd_kernels();
}
#endif

}  // namespace trimtab
