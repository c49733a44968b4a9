#include "kernels/convolution/tail.h"

#include "base/thread_pool.h"
#include "kernels/convolution/columns.h"
#include "kernels/dispatch.h"

namespace trimtab::kernels {
namespace {

template <class T>
class WithTail final : public Kernel {
 public:
  WithTail(std::unique_ptr<Kernel> convolution, const ConvolutionShape& shape)
      : convolution_(std::move(convolution)),
        is_relu_(shape.is_relu),
        images_(shape.batch),
        rows_(rows_per_image(shape)),
        channels_(shape.channels_out) {}

  [[nodiscard]] std::size_t scratch_bytes() const override { return convolution_->scratch_bytes(); }

  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    convolution_->bind(operands.first(3), scratch);
    y_ = reinterpret_cast<T*>(operands[2]);
    bias_ = reinterpret_cast<const T*>(operands[3]);
    added_ = reinterpret_cast<const T*>(operands[4]);
  }

  void refresh() noexcept override { convolution_->refresh(); }

  void run() noexcept override {
    convolution_->run();
    parallel_for(images_, [this](std::int64_t image) {
      const std::int64_t end = (image + 1) * rows_;
      for (std::int64_t row = image * rows_; row < end; ++row) finish_row(row * channels_);
    });
  }

 private:
  void finish_row(std::int64_t start) noexcept {
    T* y = y_ + start;
    if (bias_ != nullptr) {
      for (std::int64_t c = 0; c < channels_; ++c) y[c] += bias_[c];
    }
    if (added_ != nullptr) {
      for (std::int64_t c = 0; c < channels_; ++c) y[c] += added_[start + c];
    }
    if (is_relu_) {
      for (std::int64_t c = 0; c < channels_; ++c) y[c] = T{} > y[c] ? T{} : y[c];  // keeps NaN
    }
  }

  std::unique_ptr<Kernel> convolution_;
  bool is_relu_;
  std::int64_t images_;
  std::int64_t rows_;
  std::int64_t channels_;
  T* y_ = nullptr;
  const T* bias_ = nullptr;
  const T* added_ = nullptr;
};

}  // namespace

std::unique_ptr<Kernel> add_tail(std::unique_ptr<Kernel> convolution, const ConvolutionShape& shape,
                                 DType dtype) {
  return for_floating(dtype, [&]<class T>(Type<T>) -> std::unique_ptr<Kernel> {
    return std::make_unique<WithTail<T>>(std::move(convolution), shape);
  });
}

}  // namespace trimtab::kernels
