// The vectorised kernels' prepare functions, of the instruction set that is being compiled.
#pragma once

#include <memory>

#include "kernels/kernel.h"
#include "simd/vec.h"

namespace trimtab::TRIMTAB_ISA {

using kernels::Kernel;
using kernels::StepSpec;

std::unique_ptr<Kernel> prepare_adafactor(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_adam(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_average_pool(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_average_pool_gradient(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_batch_norm(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_batch_norm_gradient(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_dropout(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_lamb(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_max_pool(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_max_pool_gradient(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_random_bits(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_reduce(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_sgd(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_softmax(const StepSpec& spec);
std::unique_ptr<Kernel> prepare_softmax_gradient(const StepSpec& spec);

}  // namespace trimtab::TRIMTAB_ISA
