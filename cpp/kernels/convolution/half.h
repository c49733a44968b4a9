// Convolutions of bfloat16 by a kernel of float32.
#pragma once

#include <memory>

#include "kernels/kernel.h"
#include "onednn/interface.h"

namespace trimtab::kernels {

// `convolution`, of the same shape in float32, on operands in bfloat16: read into float32 before
// it, and its result rounded behind it. A bias and the gradient of w are float32 in both.
std::unique_ptr<Kernel> on_bfloat16(std::unique_ptr<Kernel> convolution,
                                    const onednn::ConvolutionShape& shape);

}  // namespace trimtab::kernels
