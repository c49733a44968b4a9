// Convolutions that oneDNN computes, as kernels.
#pragma once

#include <memory>

#include "kernels/kernel.h"
#include "onednn/interface.h"

namespace trimtab::kernels {

// A convolution of float32 or bfloat16; nullptr where the plugin is absent or has no fast
// implementation.
std::unique_ptr<Kernel> make_plugin_convolution(const onednn::ConvolutionShape& shape);

}  // namespace trimtab::kernels
