// The spatial axes of a convolution's or a pooling's step.
#pragma once

#include <array>

#include "kernels/kernel.h"
#include "onednn/interface.h"

namespace trimtab::kernels {

using onednn::ConvolutionAxis;

// Reads the number of axes, then of each: size, kernel, stride, dilation, padding low and high.
std::array<ConvolutionAxis, onednn::max_spatial> read_axes(IntReader& ints);

}  // namespace trimtab::kernels
