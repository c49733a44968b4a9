// Convolutions as matrix products of columns, for every machine and both floating types.
#pragma once

#include <memory>

#include "base/dtype.h"
#include "kernels/kernel.h"
#include "onednn/interface.h"

namespace trimtab::kernels {

std::unique_ptr<Kernel> make_product_convolution(const onednn::ConvolutionShape& shape,
                                                 DType dtype);

}  // namespace trimtab::kernels
