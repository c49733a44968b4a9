#include "kernels/axes.h"

namespace trimtab::kernels {
namespace {

ConvolutionAxis read_axis(IntReader& ints) {
  ConvolutionAxis axis;
  axis.in = ints.size();
  axis.kernel = ints.size();
  axis.stride = ints.size();
  axis.dilation = ints.size();
  axis.low = ints.size();
  axis.high = ints.size();
  if (axis.kernel < 1 || axis.stride < 1 || axis.dilation < 1) {
    ints.fail("needs a kernel, a stride and a dilation of at least 1", 0);
  }
  const std::int64_t room = axis.low + axis.in + axis.high - axis.dilation * (axis.kernel - 1) - 1;
  if (room < 0) ints.fail("needs an input no smaller than the kernel", axis.in);
  axis.out = room / axis.stride + 1;
  return axis;
}

}  // namespace

std::array<ConvolutionAxis, onednn::max_spatial> read_axes(IntReader& ints) {
  constexpr std::int64_t most = onednn::max_spatial;
  const std::int64_t rank = ints.size();
  if (rank < 1 || rank > most) ints.fail("has 1 to 3 spatial axes", rank);
  std::array<ConvolutionAxis, onednn::max_spatial> axes;
  for (std::int64_t i = most - rank; i < most; ++i) {
    axes[static_cast<std::size_t>(i)] = read_axis(ints);
  }
  return axes;
}

}  // namespace trimtab::kernels
