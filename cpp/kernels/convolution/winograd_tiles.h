// Tiles of images, and their components as matrices.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/aligned.h"
#include "kernels/convolution/winograd_transforms.h"
#include "kernels/matmul/tiled_product.h"
#include "kernels/sums.h"

namespace trimtab::TRIMTAB_ISA::winograd {

[[gnu::always_inline]] inline std::int64_t padded(std::int64_t channels) {
  return (channels + lanes<float> - 1) / lanes<float> * lanes<float>;
}

// One matrix of `rows` rows a component; rows are whole vectors long.
struct Components {
  float* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t width = 0;

  // A cache line more than the matrix: the components of one element, a power of two apart, would
  // share a set of the first-level cache.
  [[nodiscard]] std::int64_t step() const { return rows * width + 16; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(components * step()); }
  [[nodiscard]] std::size_t bytes() const { return round_up(size() * sizeof(float), 64); }
  [[nodiscard]] float* at(std::int64_t component) const { return data + component * step(); }
  void take(ScratchCursor& cursor) { data = cursor.take<float>(size()); }
};

// A batch of images, channels last.
struct Images {
  std::int64_t height;
  std::int64_t width;
  std::int64_t channels;

  [[nodiscard]] std::int64_t size() const { return height * width * channels; }
};

// Tiles of `out_size` outputs, image after image, row after row.
struct Grid {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t count;

  Grid(std::int64_t batch, std::int64_t height, std::int64_t width)
      : rows(block_count(height, out_size)),
        columns(block_count(width, out_size)),
        count(batch * rows * columns) {}

  struct Place {
    std::int64_t image;
    std::int64_t y;
    std::int64_t x;
  };
  [[nodiscard]] Place place(std::int64_t tile) const {
    const std::int64_t row = tile / columns;
    return {row / rows, row % rows * out_size, tile % columns * out_size};
  }
};

// The components of the square of an image that begins at (y, x), which may lie outside; elements
// outside are 0. `to` is a row of the first component.
template <class Map>
[[gnu::always_inline]] inline void components_of_square(const float* image, const Images& images,
                                                        std::int64_t y, std::int64_t x, float* to,
                                                        std::int64_t step, const float* zeros) {
  constexpr int size = Map::from;
  const std::int64_t channels = images.channels;
  const bool is_inside = y >= 0 && x >= 0 && y + size <= images.height && x + size <= images.width;
  const auto put = [&](std::int64_t c) {
    return [=](auto i, auto j, Lanes value) { store(to + (i * Map::to + j) * step + c, value); };
  };
  if (is_inside) {
    const float* const corner = image + (y * images.width + x) * channels;
    const std::int64_t row = images.width * channels;
    std::int64_t c = 0;
    for (; c + lanes<float> <= channels; c += lanes<float>) {
      apply_twice<Map>([=](auto i, auto j) { return load(corner + i * row + j * channels + c); },
                       put(c));
    }
    if (c < channels) {
      apply_twice<Map>(
          [=](auto i, auto j) {
            return load_partial(corner + i * row + j * channels + c, channels - c);
          },
          put(c));
    }
    return;
  }
  const float* pixels[size][size];
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j < size; ++j) {
      const bool is_pixel =
          y + i >= 0 && y + i < images.height && x + j >= 0 && x + j < images.width;
      pixels[i][j] = is_pixel ? image + ((y + i) * images.width + x + j) * channels : zeros;
    }
  }
  std::int64_t c = 0;
  for (; c + lanes<float> <= channels; c += lanes<float>) {
    apply_twice<Map>([&](auto i, auto j) { return load(pixels[i][j] + c); }, put(c));
  }
  if (c < channels) {
    apply_twice<Map>([&](auto i, auto j) { return load_partial(pixels[i][j] + c, channels - c); },
                     put(c));
  }
}

// What follows the sums: relu(y + bias + added), where each is left out if null or false.
struct Tail {
  const float* bias = nullptr;
  const float* added = nullptr;  // images as y's
  bool is_relu = false;
};

// The outputs of a tile from a row of the first component, less those outside the image. `tail` has
// the addresses that belong to the image.
template <bool has_tail>
[[gnu::always_inline]] inline void outputs_of_tile(const float* from, std::int64_t step,
                                                   float* image, const Images& images,
                                                   std::int64_t y, std::int64_t x,
                                                   const Tail& tail) {
  const std::int64_t rows = std::min<std::int64_t>(out_size, images.height - y);
  const std::int64_t columns = std::min<std::int64_t>(out_size, images.width - x);
  const std::int64_t channels = images.channels;
  const std::int64_t row = images.width * channels;
  const std::int64_t corner = (y * images.width + x) * channels;
  const bool is_whole = rows == out_size && columns == out_size;
  for (std::int64_t c = 0; c < channels; c += lanes<float>) {
    const std::int64_t count = std::min<std::int64_t>(lanes<float>, channels - c);
    const auto get = [=](auto i, auto j) { return load(from + (i * in_size + j) * step + c); };
    Lanes bias{};
    if (has_tail && tail.bias != nullptr) bias = load_lanes(tail.bias + c, count);
    const auto finish = [&](std::int64_t at, Lanes value) {
      if constexpr (has_tail) {
        value += bias;
        if (tail.added != nullptr) value += load_lanes(tail.added + at, count);
        if (tail.is_relu) value = max(Lanes{}, value);  // keeps NaN
      }
      return value;
    };
    if (is_whole && count == lanes<float>) {
      apply_twice<ToOutput>(get, [&](auto i, auto j, Lanes value) {
        const std::int64_t at = corner + i * row + j * channels + c;
        store(image + at, finish(at, value));
      });
    } else {
      apply_twice<ToOutput>(get, [&](auto i, auto j, Lanes value) {
        const std::int64_t at = corner + i * row + j * channels + c;
        if (i < rows && j < columns) store_lanes(image + at, finish(at, value), count);
      });
    }
  }
}

// c (rows, columns) = a b, or += ; columns are whole vectors. Element (i, p) of a is
// a[i * a_row + p * a_k].
struct Product {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t depth;
  const float* a;
  std::int64_t a_row;
  std::int64_t a_k;
  const float* b;
  std::int64_t b_row;
  float* c;
  std::int64_t c_row;
  Start start;
};

// Narrow tiles are taller, so that as many sums hide the latency of fma.
template <int vectors>
inline constexpr int rows_of_tile = 2 * vectors <= tile_vectors ? 2 * tile_rows : tile_rows;

template <int vectors>
[[gnu::always_inline]] inline void multiply_panel(const Product& p, Tile<float> tile) {
  constexpr int height = rows_of_tile<vectors>;
  static constexpr auto functions = make_tile_functions<float, height, vectors, false>();
  const std::int64_t count = block_count(p.rows, height);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t rows = p.rows / count + (i < p.rows % count ? 1 : 0);
    functions.of[rows - 1][vectors - 1](tile);
    tile.a += rows * tile.a_row;
    tile.c += rows * tile.c_row;
  }
}

inline void multiply(const Product& p) {
  for (std::int64_t column = 0; column < p.columns; column += tile_columns<float>) {
    const Tile<float> tile{p.depth,      p.a,     p.a_row, p.a_k,   p.b + column, p.b_row,
                           p.c + column, p.c_row, nullptr, p.start, lanes<float>};
    switch ((p.columns - column) / lanes<float>) {
      case 1:
        multiply_panel<1>(p, tile);
        break;
      case 2:
        multiply_panel<2>(p, tile);
        break;
      case 3:
        multiply_panel<std::min(3, tile_vectors)>(p, tile);
        break;
      default:
        multiply_panel<tile_vectors>(p, tile);
    }
  }
}

}  // namespace trimtab::TRIMTAB_ISA::winograd
