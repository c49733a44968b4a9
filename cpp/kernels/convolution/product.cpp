#include "kernels/convolution/product.h"

#include <algorithm>

#include "base/aligned.h"
#include "kernels/convolution/columns.h"
#include "kernels/dispatch.h"
#include "kernels/matmul/matmul.h"

namespace trimtab::kernels {
namespace {

// The columns of several images at a time, so that they stay in a core's cache.
constexpr std::int64_t chunk_limit_bytes = 1 << 20;

// `columns` of each row of a matrix to another with rows of another length.
template <class T>
void copy_block(const T* from, std::int64_t from_row, T* to, std::int64_t to_row, std::int64_t rows,
                std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i) {
    std::copy(from + i * from_row, from + i * from_row + columns, to + i * to_row);
  }
}

template <class T>
class ProductConvolution final : public Kernel {
 public:
  explicit ProductConvolution(const ConvolutionShape& shape)
      : shape_(shape),
        rows_(rows_per_image(shape)),
        taps_(column_count(shape)),
        filters_(shape.channels_out / shape.groups) {
    const std::int64_t image_bytes = std::max<std::int64_t>(rows_ * taps_, 1) * sizeof(T);
    chunk_ = std::clamp<std::int64_t>(chunk_limit_bytes / image_bytes, 1,
                                      std::max<std::int64_t>(shape.batch, 1));
    whole_ = prepare_matmul(product_shape(chunk_));
    rest_ = prepare_matmul(product_shape(shape.batch % chunk_));
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    const std::int64_t elements =
        chunk_ * rows_ * taps_ + 2 * taps_ * filters_ + chunk_ * rows_ * filters_;
    return static_cast<std::size_t>(elements) * sizeof(T) + 4 * cache_line_bytes +
           std::max(whole_.scratch_bytes, rest_.scratch_bytes);
  }

  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    std::array<T**, 3> targets{&x_, &w_, &y_};
    if (shape_.kind == ConvolutionKind::input_gradient) targets = {&y_, &w_, &x_};
    if (shape_.kind == ConvolutionKind::kernel_gradient) targets = {&x_, &y_, &w_};
    for (std::size_t i = 0; i < 3; ++i) *targets[i] = reinterpret_cast<T*>(operands[i]);
    ScratchCursor cursor(scratch);
    columns_ = cursor.take<T>(static_cast<std::size_t>(chunk_ * rows_ * taps_));
    group_w_ = cursor.take<T>(static_cast<std::size_t>(taps_ * filters_));
    partial_w_ = cursor.take<T>(static_cast<std::size_t>(taps_ * filters_));
    group_y_ = cursor.take<T>(static_cast<std::size_t>(chunk_ * rows_ * filters_));
    product_scratch_ = cursor.next();
  }

  void run() noexcept override {
    const std::int64_t x_size = shape_.batch * positions_per_image(shape_) * shape_.channels_in;
    if (shape_.kind == ConvolutionKind::input_gradient) std::fill(x_, x_ + x_size, T{});
    for (std::int64_t group = 0; group < shape_.groups; ++group) {
      const bool is_gradient = shape_.kind == ConvolutionKind::kernel_gradient;
      if (is_gradient) {
        std::fill(group_w_, group_w_ + taps_ * filters_, T{});
      } else {
        copy_block(w_ + group * filters_, shape_.channels_out, group_w_, filters_, taps_, filters_);
      }
      for (std::int64_t image = 0; image < shape_.batch; image += chunk_) run_chunk(image, group);
      if (is_gradient) {
        copy_block(group_w_, filters_, w_ + group * filters_, shape_.channels_out, taps_, filters_);
      }
    }
  }

 private:
  MatmulShape product_shape(std::int64_t images) const {
    MatmulShape product;
    product.dtype = sizeof(T) == sizeof(double) ? DType::float64 : DType::float32;
    product.m = images * rows_;
    product.n = filters_;
    product.k = taps_;
    if (shape_.kind == ConvolutionKind::input_gradient) {
      product.n = taps_;
      product.k = filters_;
      product.trans_b = true;
    } else if (shape_.kind == ConvolutionKind::kernel_gradient) {
      product.m = taps_;
      product.k = images * rows_;
      product.trans_a = true;
    }
    return product;
  }

  void run_chunk(std::int64_t image, std::int64_t group) noexcept {
    const std::int64_t images = std::min(chunk_, shape_.batch - image);
    const std::int64_t rows = images * rows_;
    const MatmulPlan& product = images == chunk_ ? whole_ : rest_;
    T* x = x_ + image * positions_per_image(shape_) * shape_.channels_in;
    T* y = y_ + image * rows_ * shape_.channels_out + group * filters_;
    T* group_y = shape_.groups == 1 ? y : group_y_;
    if (shape_.kind != ConvolutionKind::forward && shape_.groups > 1) {
      copy_block(y, shape_.channels_out, group_y, filters_, rows, filters_);
    }
    switch (shape_.kind) {
      case ConvolutionKind::forward:
        to_columns<T>(shape_, x, images, group, columns_);
        matmul(product, columns_, group_w_, nullptr, group_y, product_scratch_);
        if (shape_.groups > 1) {
          copy_block(group_y, filters_, y, shape_.channels_out, rows, filters_);
        }
        break;
      case ConvolutionKind::input_gradient:
        matmul(product, group_y, group_w_, nullptr, columns_, product_scratch_);
        add_columns<T>(shape_, columns_, images, group, x);
        break;
      case ConvolutionKind::kernel_gradient:
        to_columns<T>(shape_, x, images, group, columns_);
        matmul(product, columns_, group_y, nullptr, partial_w_, product_scratch_);
        for (std::int64_t i = 0; i < taps_ * filters_; ++i) group_w_[i] += partial_w_[i];
        break;
    }
  }

  ConvolutionShape shape_;
  std::int64_t rows_;     // of one image
  std::int64_t taps_;     // columns
  std::int64_t filters_;  // of one group
  std::int64_t chunk_ = 1;
  MatmulPlan whole_;
  MatmulPlan rest_;
  T* x_ = nullptr;
  T* w_ = nullptr;
  T* y_ = nullptr;
  T* columns_ = nullptr;
  T* group_w_ = nullptr;
  T* partial_w_ = nullptr;
  T* group_y_ = nullptr;
  std::byte* product_scratch_ = nullptr;
};

}  // namespace

std::unique_ptr<Kernel> make_product_convolution(const ConvolutionShape& shape, DType dtype) {
  return for_floating(dtype, [&]<class T>(Type<T>) -> std::unique_ptr<Kernel> {
    return std::make_unique<ProductConvolution<T>>(shape);
  });
}

}  // namespace trimtab::kernels
