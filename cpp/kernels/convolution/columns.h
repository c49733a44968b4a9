// A convolution's input as a matrix: one row for each output position, one column for each tap of
// the kernel and channel.
#pragma once

#include <cstdint>

#include "onednn/interface.h"

namespace trimtab::kernels {

using onednn::ConvolutionAxis;
using onednn::ConvolutionKind;
using onednn::ConvolutionShape;

// Output positions of one image.
inline std::int64_t rows_per_image(const ConvolutionShape& shape) {
  return shape.axes[0].out * shape.axes[1].out * shape.axes[2].out;
}

// Elements of one channel of one image.
inline std::int64_t positions_per_image(const ConvolutionShape& shape) {
  return shape.axes[0].in * shape.axes[1].in * shape.axes[2].in;
}

// Taps times the channels of one group.
inline std::int64_t column_count(const ConvolutionShape& shape) {
  return shape.axes[0].kernel * shape.axes[1].kernel * shape.axes[2].kernel *
         (shape.channels_in / shape.groups);
}

// The rows of `images` images of x for one group; positions in the padding give zeros.
template <class T>
void to_columns(const ConvolutionShape& shape, const T* x, std::int64_t images, std::int64_t group,
                T* columns) noexcept;

// Adds the rows to the elements of x that they were taken from.
template <class T>
void add_columns(const ConvolutionShape& shape, const T* columns, std::int64_t images,
                 std::int64_t group, T* x) noexcept;

}  // namespace trimtab::kernels
