// What may follow a forward convolution: y = relu(y + bias + added).
#pragma once

#include <memory>

#include "base/dtype.h"
#include "kernels/kernel.h"
#include "onednn/interface.h"

namespace trimtab::kernels {

// `convolution`, which computes no tail, followed by the shape's tail in place.
std::unique_ptr<Kernel> add_tail(std::unique_ptr<Kernel> convolution,
                                 const onednn::ConvolutionShape& shape, DType dtype);

}  // namespace trimtab::kernels
