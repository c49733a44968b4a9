// Convolutions of 3 x 3 taps at stride 1 by Winograd's minimal filtering F(4 x 4, 3 x 3).
#pragma once

#include <memory>

#include "kernels/kernel.h"
#include "onednn/interface.h"

namespace trimtab::kernels {

// A convolution of float32; nullptr where the shape isn't of the kind or would gain nothing.
std::unique_ptr<Kernel> make_winograd_convolution(const onednn::ConvolutionShape& shape);

}  // namespace trimtab::kernels

namespace trimtab {

namespace portable {
std::unique_ptr<kernels::Kernel> make_winograd(const onednn::ConvolutionShape& shape);
}  // namespace portable

#if defined(__x86_64__)
namespace avx2 {
std::unique_ptr<kernels::Kernel> make_winograd(const onednn::ConvolutionShape& shape);
}  // namespace avx2

namespace avx512 {
std::unique_ptr<kernels::Kernel> make_winograd(const onednn::ConvolutionShape& shape);
}  // namespace avx512
#endif

}  // namespace trimtab
