// What a step of `reduce` asks for.
#pragma once

#include <cstdint>

#include "base/dtype.h"
#include "kernels/kernel.h"

namespace trimtab::kernels {

enum class ReduceOperation { sum, max, min, product, any, all, square_sum };

// y[outer, inner] = reduction of x[outer, count, inner]; a sum of floats is multiplied by scale.
// A sum of squares is of floats.
struct ReduceStep {
  ReduceOperation operation;
  DType dtype;
  std::int64_t outer;
  std::int64_t count;
  std::int64_t inner;
  double scale;
};

ReduceStep read_reduce(const StepSpec& spec);

}  // namespace trimtab::kernels
