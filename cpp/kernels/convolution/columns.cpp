#include "kernels/convolution/columns.h"

#include <algorithm>
#include <cstring>

#include "base/thread_pool.h"

namespace trimtab::kernels {
namespace {

// Taps along the innermost axis that lie inside the input: [first, last).
struct Taps {
  std::int64_t first;
  std::int64_t last;
};

Taps taps_inside(const ConvolutionAxis& axis, std::int64_t start) {
  const auto below = [&](std::int64_t limit) {  // taps whose position is less than `limit`
    const std::int64_t taps = (limit - start + axis.dilation - 1) / axis.dilation;
    return limit <= start ? 0 : std::min(taps, axis.kernel);
  };
  return {below(0), below(axis.in)};
}

bool is_inside(const ConvolutionAxis& axis, std::int64_t position) {
  return position >= 0 && position < axis.in;
}

// Calls move(run of taps in x or nullptr, taps' matrix elements, Taps) for each line of taps of the
// output positions in one line.
template <class X, class Row, class Move>
void walk_line(const ConvolutionShape& shape, X* image, std::int64_t line, Row* rows,
               const Move& move) {
  const auto& [depth, height, width] = shape.axes;
  const std::int64_t channels = shape.channels_in / shape.groups;
  const std::int64_t out_depth = line / height.out * depth.stride - depth.low;
  const std::int64_t out_height = line % height.out * height.stride - height.low;
  for (std::int64_t out = 0; out < width.out; ++out) {
    const std::int64_t start = out * width.stride - width.low;
    const Taps inside = taps_inside(width, start);
    for (std::int64_t d = 0; d < depth.kernel; ++d) {
      const std::int64_t z = out_depth + d * depth.dilation;
      for (std::int64_t h = 0; h < height.kernel; ++h, rows += width.kernel * channels) {
        const std::int64_t y = out_height + h * height.dilation;
        if (is_inside(depth, z) && is_inside(height, y)) {
          const std::int64_t position = (z * height.in + y) * width.in + start;
          move(image + position * shape.channels_in, rows, inside);
        } else {
          move(image, rows, Taps{width.kernel, width.kernel});
        }
      }
    }
  }
}

}  // namespace

template <class T>
void to_columns(const ConvolutionShape& shape, const T* x, std::int64_t images, std::int64_t group,
                T* columns) noexcept {
  const ConvolutionAxis& width = shape.axes[2];
  const std::int64_t lines = shape.axes[0].out * shape.axes[1].out;
  const std::int64_t channels = shape.channels_in / shape.groups;
  const std::int64_t step = width.dilation * shape.channels_in;
  const auto bytes = [](std::int64_t count) { return static_cast<std::size_t>(count) * sizeof(T); };
  const auto copy = [&](const T* from, T* to, Taps inside) {
    std::fill(to, to + inside.first * channels, T{});
    if (step == channels) {
      std::memcpy(to + inside.first * channels, from + inside.first * step,
                  bytes((inside.last - inside.first) * channels));
    } else {
      for (std::int64_t tap = inside.first; tap < inside.last; ++tap) {
        std::memcpy(to + tap * channels, from + tap * step, bytes(channels));
      }
    }
    std::fill(to + inside.last * channels, to + width.kernel * channels, T{});
  };
  parallel_for(images * lines, [&](std::int64_t task) {
    const T* image = x + task / lines * positions_per_image(shape) * shape.channels_in;
    T* rows = columns + task * width.out * column_count(shape);
    walk_line(shape, image + group * channels, task % lines, rows, copy);
  });
}

template <class T>
void add_columns(const ConvolutionShape& shape, const T* columns, std::int64_t images,
                 std::int64_t group, T* x) noexcept {
  const ConvolutionAxis& width = shape.axes[2];
  const std::int64_t lines = shape.axes[0].out * shape.axes[1].out;
  const std::int64_t channels = shape.channels_in / shape.groups;
  const std::int64_t step = width.dilation * shape.channels_in;
  const auto add = [&](T* to, const T* from, Taps inside) {
    for (std::int64_t tap = inside.first; tap < inside.last; ++tap) {
      for (std::int64_t c = 0; c < channels; ++c) to[tap * step + c] += from[tap * channels + c];
    }
  };
  // Lines of one image overlap, so an image belongs to one thread.
  parallel_for(images, [&](std::int64_t image) {
    T* to = x + image * positions_per_image(shape) * shape.channels_in + group * channels;
    for (std::int64_t line = 0; line < lines; ++line) {
      const T* rows = columns + (image * lines + line) * width.out * column_count(shape);
      walk_line(shape, to, line, rows, add);
    }
  });
}

template void to_columns(const ConvolutionShape&, const float*, std::int64_t, std::int64_t,
                         float*) noexcept;
template void to_columns(const ConvolutionShape&, const double*, std::int64_t, std::int64_t,
                         double*) noexcept;
template void add_columns(const ConvolutionShape&, const float*, std::int64_t, std::int64_t,
                          float*) noexcept;
template void add_columns(const ConvolutionShape&, const double*, std::int64_t, std::int64_t,
                          double*) noexcept;

}  // namespace trimtab::kernels
