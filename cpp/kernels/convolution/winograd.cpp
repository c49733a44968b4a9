#include "kernels/convolution/winograd.h"

#include <algorithm>

#include "base/isa.h"

namespace trimtab::kernels {
namespace {

using onednn::ConvolutionAxis;
using onednn::ConvolutionKind;
using onednn::ConvolutionShape;

constexpr std::int64_t tile_size = 4;

bool is_of_the_kind(const ConvolutionAxis& axis) {
  return axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1 && axis.low <= 2 &&
         axis.high <= 2;
}

// Few channels leave the transforms dearer than the products that they save, and few tiles the
// kernel's own: its components are four times as many as its taps.
bool gains(const ConvolutionShape& shape) {
  const ConvolutionAxis& height = shape.axes[1];
  const ConvolutionAxis& width = shape.axes[2];
  const bool is_back = shape.kind == ConvolutionKind::input_gradient;
  const std::int64_t rows = is_back ? height.in : height.out;
  const std::int64_t columns = is_back ? width.in : width.out;
  const auto tiles = [](std::int64_t size) { return (size + tile_size - 1) / tile_size; };
  const std::int64_t of_image = tiles(rows) * tiles(columns);
  constexpr std::int64_t fewest_channels = 16;
  // 512 x 512 channels' components are 37 MB: 32 tiles took as long as oneDNN's direct sums.
  const std::int64_t fewest_tiles = std::max<std::int64_t>(
      shape.is_w_constant ? 12 : 32, shape.channels_in * shape.channels_out / 4096);
  return shape.channels_in >= fewest_channels && shape.channels_out >= fewest_channels &&
         shape.batch * of_image >= fewest_tiles &&
         of_image * tile_size * tile_size <= 2 * rows * columns;
}

}  // namespace

std::unique_ptr<Kernel> make_winograd_convolution(const ConvolutionShape& shape) {
  const ConvolutionAxis& depth = shape.axes[0];
  const bool is_flat =
      depth.in == 1 && depth.kernel == 1 && depth.stride == 1 && depth.low == 0 && depth.high == 0;
  if (!is_flat || shape.groups != 1 || !is_of_the_kind(shape.axes[1]) ||
      !is_of_the_kind(shape.axes[2]) || !gains(shape)) {
    return nullptr;
  }
  switch (current_isa()) {
#if defined(__x86_64__)
    case Isa::avx512:
      return avx512::make_winograd(shape);
    case Isa::avx2:
      return avx2::make_winograd(shape);
#endif
    default:
      return portable::make_winograd(shape);
  }
}

}  // namespace trimtab::kernels
