// The kernels of winograd.h. Transforms and products of a block of tiles follow each other while
// its components are in the second-level cache; a result depends neither on blocks nor on threads.
#include <vector>

#include "base/thread_pool.h"
#include "kernels/convolution/winograd.h"
#include "kernels/convolution/winograd_tiles.h"
#include "simd/transpose.h"

namespace trimtab::TRIMTAB_ISA {
namespace {

using namespace winograd;  // NOLINT: this file is its other half
using kernels::Kernel;
using onednn::ConvolutionAxis;
using onednn::ConvolutionKind;
using onednn::ConvolutionShape;

// Bytes of the components of one block of tiles: what leaves room in a second-level cache of 1 MB.
constexpr std::int64_t block_limit_bytes = 900'000;
constexpr std::int64_t fewest_block_tiles = 24;
constexpr std::int64_t tile_step = 12;  // rows of the products' tiles

std::int64_t block_tiles(std::int64_t channels, std::int64_t limit_bytes) {
  const std::int64_t of_tile = components * channels * static_cast<std::int64_t>(sizeof(float));
  return std::max(limit_bytes / of_tile / tile_step * tile_step, fewest_block_tiles);
}

// y = correlation of x with w: the forward convolution, or the input's gradient, which is the
// correlation of the output's with the kernel turned around.
class WinogradProduct final : public Kernel {
 public:
  explicit WinogradProduct(const ConvolutionShape& shape)
      : is_back_(shape.kind == ConvolutionKind::input_gradient),
        x_{is_back_ ? shape.axes[1].out : shape.axes[1].in,
           is_back_ ? shape.axes[2].out : shape.axes[2].in,
           is_back_ ? shape.channels_out : shape.channels_in},
        y_{is_back_ ? shape.axes[1].in : shape.axes[1].out,
           is_back_ ? shape.axes[2].in : shape.axes[2].out,
           is_back_ ? shape.channels_in : shape.channels_out},
        low_y_(is_back_ ? 2 - shape.axes[1].low : shape.axes[1].low),
        low_x_(is_back_ ? 2 - shape.axes[2].low : shape.axes[2].low),
        grid_(shape.batch, y_.height, y_.width),
        threads_(num_threads()),
        zeros_(static_cast<std::size_t>(x_.channels)),
        has_tail_(shape.has_tail()) {
    tail_.is_relu = shape.is_relu;
    const std::int64_t x_width = padded(x_.channels);
    const std::int64_t y_width = padded(y_.channels);
    // Every thread has a block, if the tiles are few.
    const std::int64_t share =
        block_count(block_count(grid_.count, threads_), tile_rows) * tile_rows;
    tiles_ = std::min(block_tiles(x_width + y_width, block_limit_bytes), share);
    weights_ = {nullptr, x_.channels, y_width};
    is_kept_ = shape.is_w_constant;
    if (is_kept_) kept_ = AlignedBuffer(weights_.bytes());
    of_x_ = {nullptr, tiles_, x_width};
    of_y_ = {nullptr, tiles_, y_width};
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return (is_kept_ ? 0 : weights_.bytes()) + turned_bytes() +
           static_cast<std::size_t>(threads_) * (of_x_.bytes() + of_y_.bytes());
  }

  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    x_data_ = reinterpret_cast<const float*>(operands[0]);
    w_data_ = reinterpret_cast<const float*>(operands[1]);
    y_data_ = reinterpret_cast<float*>(operands[2]);
    if (operands.size() > 3) {
      tail_.bias = reinterpret_cast<const float*>(operands[3]);
      tail_.added = reinterpret_cast<const float*>(operands[4]);
    }
    ScratchCursor cursor(scratch);
    if (is_kept_) {
      weights_.data = reinterpret_cast<float*>(kept_.data());
    } else {
      weights_.take(cursor);
    }
    is_prepared_ = false;
    turned_ = cursor.take<float>(turned_bytes() / sizeof(float));
    worker_scratch_ = cursor.next();
  }

  void refresh() noexcept override { is_prepared_ = false; }

  void run() noexcept override {
    if (!is_prepared_) prepare_weights();
    is_prepared_ = is_kept_;
    parallel_for(block_count(grid_.count, tiles_), threads_,
                 [this](std::int64_t block, int worker) { run_block(block, worker); });
  }

 private:
  [[nodiscard]] std::size_t turned_bytes() const {
    const std::int64_t elements = is_back_ ? taps * taps * x_.channels * y_.channels : 0;
    return round_up(static_cast<std::size_t>(elements) * sizeof(float), cache_line_bytes);
  }

  void prepare_weights() noexcept {
    const float* w = w_data_;
    if (is_back_) {
      const std::int64_t size = x_.channels * y_.channels;
      parallel_for(taps * taps, threads_, [&](std::int64_t tap) {
        transpose(w_data_ + tap * size, x_.channels, turned_ + (taps * taps - 1 - tap) * size,
                  y_.channels, y_.channels, x_.channels);
      });
      w = turned_;
    }
    const std::int64_t step = weights_.step();
    parallel_for(x_.channels, threads_, [&](std::int64_t channel) {
      const float* from = w + channel * y_.channels;
      float* to = weights_.data + channel * weights_.width;
      for (std::int64_t k = 0; k < y_.channels; k += lanes<float>) {
        const std::int64_t count = std::min<std::int64_t>(lanes<float>, y_.channels - k);
        apply_twice<ToWeights>(
            [&](auto i, auto j) {
              return load_lanes(from + (i * taps + j) * x_.channels * y_.channels + k, count);
            },
            [&](auto i, auto j, Lanes value) { store(to + (i * in_size + j) * step + k, value); });
      }
    });
  }

  void run_block(std::int64_t block, int worker) const noexcept {
    const std::int64_t first = block * tiles_;
    const std::int64_t count = std::min(tiles_, grid_.count - first);
    ScratchCursor cursor(worker_scratch_ +
                         static_cast<std::size_t>(worker) * (of_x_.bytes() + of_y_.bytes()));
    Components of_x = of_x_;
    Components of_y = of_y_;
    of_x.take(cursor);
    of_y.take(cursor);
    for (std::int64_t i = 0; i < count; ++i) {
      const Grid::Place place = grid_.place(first + i);
      components_of_square<ToInput>(x_data_ + place.image * x_.size(), x_, place.y - low_y_,
                                    place.x - low_x_, of_x.data + i * of_x.width, of_x.step(),
                                    zeros_.data());
    }
    for (std::int64_t e = 0; e < components; ++e) {
      multiply({count, of_y.width, x_.channels, of_x.at(e), of_x.width, 1, weights_.at(e),
                weights_.width, of_y.at(e), of_y.width, Start::zero});
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const Grid::Place place = grid_.place(first + i);
      const std::int64_t start = place.image * y_.size();
      const Tail tail{tail_.bias, tail_.added == nullptr ? nullptr : tail_.added + start,
                      tail_.is_relu};
      const auto write = has_tail_ ? outputs_of_tile<true> : outputs_of_tile<false>;
      write(of_y.data + i * of_y.width, of_y.step(), y_data_ + start, y_, place.y, place.x, tail);
    }
  }

  bool is_back_;
  Images x_;
  Images y_;
  std::int64_t low_y_;
  std::int64_t low_x_;
  Grid grid_;
  int threads_;
  std::vector<float> zeros_;
  bool has_tail_;
  Tail tail_;
  bool is_kept_ = false;  // the kernel's components, between runs
  bool is_prepared_ = false;
  AlignedBuffer kept_;
  std::int64_t tiles_ = 0;  // of a block
  Components weights_;
  Components of_x_;
  Components of_y_;
  const float* x_data_ = nullptr;
  const float* w_data_ = nullptr;
  float* y_data_ = nullptr;
  float* turned_ = nullptr;
  std::byte* worker_scratch_ = nullptr;
};

// dw: the transposed algorithm. Of each block of tiles first all components are made, then each
// component's product is added by one thread: sums have one order on any number of threads.
class WinogradKernelGradient final : public Kernel {
 public:
  explicit WinogradKernelGradient(const ConvolutionShape& shape)
      : x_{shape.axes[1].in, shape.axes[2].in, shape.channels_in},
        g_{shape.axes[1].out, shape.axes[2].out, shape.channels_out},
        low_y_(shape.axes[1].low),
        low_x_(shape.axes[2].low),
        grid_(shape.batch, g_.height, g_.width),
        threads_(num_threads()),
        zeros_(static_cast<std::size_t>(std::max(x_.channels, g_.channels))) {
    const std::int64_t x_width = padded(x_.channels);
    const std::int64_t g_width = padded(g_.channels);
    tiles_ = std::min(block_tiles(x_width + g_width, gradient_block_bytes), grid_.count);
    of_x_ = {nullptr, tiles_, x_width};
    of_g_ = {nullptr, tiles_, g_width};
    weights_ = {nullptr, x_.channels, g_width};
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return weights_.bytes() + of_x_.bytes() + of_g_.bytes();
  }

  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    x_data_ = reinterpret_cast<const float*>(operands[0]);
    g_data_ = reinterpret_cast<const float*>(operands[1]);
    w_data_ = reinterpret_cast<float*>(operands[2]);
    ScratchCursor cursor(scratch);
    weights_.take(cursor);
    of_x_.take(cursor);
    of_g_.take(cursor);
  }

  void run() noexcept override {
    for (std::int64_t first = 0; first < grid_.count; first += tiles_) {
      const std::int64_t count = std::min(tiles_, grid_.count - first);
      parallel_for(block_count(count, tile_step), threads_, [&](std::int64_t part) {
        const std::int64_t end = std::min((part + 1) * tile_step, count);
        for (std::int64_t i = part * tile_step; i < end; ++i) make_components(first + i, i);
      });
      const Start start = first == 0 ? Start::zero : Start::previous;
      parallel_for(components, threads_, [&](std::int64_t e) {
        multiply({x_.channels, of_g_.width, count, of_x_.at(e), 1, of_x_.width, of_g_.at(e),
                  of_g_.width, weights_.at(e), weights_.width, start});
      });
    }
    parallel_for(x_.channels, threads_, [this](std::int64_t channel) { write_taps(channel); });
  }

 private:
  static constexpr std::int64_t gradient_block_bytes = 1'200'000;

  void make_components(std::int64_t tile, std::int64_t row) const noexcept {
    const Grid::Place place = grid_.place(tile);
    components_of_square<ToInput>(x_data_ + place.image * x_.size(), x_, place.y - low_y_,
                                  place.x - low_x_, of_x_.data + row * of_x_.width, of_x_.step(),
                                  zeros_.data());
    components_of_square<FromOutput>(g_data_ + place.image * g_.size(), g_, place.y, place.x,
                                     of_g_.data + row * of_g_.width, of_g_.step(), zeros_.data());
  }

  void write_taps(std::int64_t channel) const noexcept {
    const float* from = weights_.data + channel * weights_.width;
    float* to = w_data_ + channel * g_.channels;
    const std::int64_t step = weights_.step();
    for (std::int64_t k = 0; k < g_.channels; k += lanes<float>) {
      const std::int64_t count = std::min<std::int64_t>(lanes<float>, g_.channels - k);
      apply_twice<FromWeights>(
          [&](auto i, auto j) { return load(from + (i * in_size + j) * step + k); },
          [&](auto i, auto j, Lanes value) {
            store_lanes(to + (i * taps + j) * x_.channels * g_.channels + k, value, count);
          });
    }
  }

  Images x_;
  Images g_;
  std::int64_t low_y_;
  std::int64_t low_x_;
  Grid grid_;
  int threads_;
  std::vector<float> zeros_;
  std::int64_t tiles_ = 0;
  Components of_x_;
  Components of_g_;
  Components weights_;
  const float* x_data_ = nullptr;
  const float* g_data_ = nullptr;
  float* w_data_ = nullptr;
};

}  // namespace

std::unique_ptr<Kernel> make_winograd(const ConvolutionShape& shape) {
  if (shape.kind == ConvolutionKind::kernel_gradient) {
    return std::make_unique<WinogradKernelGradient>(shape);
  }
  return std::make_unique<WinogradProduct>(shape);
}

}  // namespace trimtab::TRIMTAB_ISA
