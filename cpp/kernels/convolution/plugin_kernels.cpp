#include "kernels/convolution/plugin_kernels.h"

#include <algorithm>
#include <span>
#include <vector>

#include "base/aligned.h"
#include "base/thread_pool.h"
#include "kernels/convolution/columns.h"
#include "onednn/load.h"

namespace trimtab::kernels {
namespace {

struct Release {
  const onednn::Plugin* plugin;
  void operator()(onednn::Convolution* convolution) const { plugin->release(convolution); }
};
using Handle = std::unique_ptr<onednn::Convolution, Release>;

class PluginConvolution final : public Kernel {
 public:
  PluginConvolution(const onednn::Plugin& plugin, Handle handle)
      : plugin_(plugin), handle_(std::move(handle)), kept_(plugin.kept_bytes(*handle_)) {}

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return plugin_.scratch_bytes(*handle_);
  }
  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    onednn::ConvolutionOperands all{};
    std::copy(operands.begin(), operands.end(), all.begin());
    plugin_.bind(*handle_, all, scratch, kept_.data());
    is_packed_ = false;
  }
  void refresh() noexcept override { is_packed_ = false; }
  void run() noexcept override {
    if (!is_packed_ && kept_.size_bytes() > 0) {
      plugin_.pack(*handle_);
      is_packed_ = true;
    }
    plugin_.run(*handle_);
  }

 private:
  const onednn::Plugin& plugin_;
  Handle handle_;
  AlignedBuffer kept_;
  bool is_packed_ = false;
};

// Images of the batch from `begin` to before `end`.
struct Part {
  std::int64_t begin;
  std::int64_t end;
};

// Parts of a batch whose sums are added in order. oneDNN's own kernel gradient sums over the batch
// in one part for each thread, so that its result depends on their number; here each part is of one
// thread, and the cut depends on the shape alone.
std::vector<Part> cut_batch(const ConvolutionShape& shape) {
  constexpr std::int64_t most = 8;
  constexpr std::int64_t limit_bytes = 8 << 20;  // of all parts' gradients together
  const std::int64_t gradient_bytes =
      column_count(shape) * shape.channels_out * static_cast<std::int64_t>(sizeof(float));
  const std::int64_t count =
      std::clamp<std::int64_t>(limit_bytes / gradient_bytes, 1, std::min(shape.batch, most));
  std::vector<Part> parts;
  for (std::int64_t i = 0; i < count; ++i) {
    parts.push_back({i * shape.batch / count, (i + 1) * shape.batch / count});
  }
  return parts;
}

class SplitKernelGradient final : public Kernel {
 public:
  SplitKernelGradient(const onednn::Plugin& plugin, const ConvolutionShape& shape,
                      std::vector<Part> parts, std::vector<Handle> handles)
      : plugin_(plugin),
        parts_(std::move(parts)),
        handles_(std::move(handles)),
        x_image_(positions_per_image(shape) * shape.channels_in),
        g_image_(rows_per_image(shape) * shape.channels_out),
        size_(column_count(shape) * shape.channels_out),
        item_bytes_(shape.is_bfloat16 ? sizeof(BFloat16) : sizeof(float)) {}

  [[nodiscard]] std::size_t scratch_bytes() const override {
    std::size_t total = 0;
    for (const Handle& handle : handles_) total += gradient_bytes() + part_bytes(handle);
    return total;
  }

  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    ScratchCursor cursor(scratch);
    partial_.clear();
    dw_ = reinterpret_cast<float*>(operands[2]);
    for (std::size_t i = 0; i < handles_.size(); ++i) {
      float* partial = i == 0 ? dw_ : cursor.take<float>(static_cast<std::size_t>(size_));
      partial_.push_back(partial);
      const std::int64_t bytes = parts_[i].begin * item_bytes_;
      plugin_.bind(*handles_[i],
                   {operands[0] + bytes * x_image_, operands[1] + bytes * g_image_,
                    reinterpret_cast<std::byte*>(partial), nullptr, nullptr},
                   cursor.take<std::byte>(part_bytes(handles_[i])), nullptr);
    }
  }

  void run() noexcept override {
    parallel_for(std::ssize(handles_), [&](std::int64_t part) {
      plugin_.run(*handles_[static_cast<std::size_t>(part)]);
    });
    for (std::size_t part = 1; part < partial_.size(); ++part) {
      const float* partial = partial_[part];
      for (std::int64_t i = 0; i < size_; ++i) dw_[i] += partial[i];
    }
  }

 private:
  [[nodiscard]] std::size_t gradient_bytes() const {
    return round_up(static_cast<std::size_t>(size_) * sizeof(float), cache_line_bytes);
  }
  [[nodiscard]] std::size_t part_bytes(const Handle& handle) const {
    return round_up(plugin_.scratch_bytes(*handle), cache_line_bytes);
  }

  const onednn::Plugin& plugin_;
  std::vector<Part> parts_;
  std::vector<Handle> handles_;
  std::int64_t x_image_;  // elements
  std::int64_t g_image_;
  std::int64_t size_;        // of the gradient
  std::int64_t item_bytes_;  // of x and g
  std::vector<float*> partial_;
  float* dw_ = nullptr;
};

std::unique_ptr<Kernel> make_kernel_gradient(const onednn::Plugin& plugin,
                                             const ConvolutionShape& shape) {
  const std::vector<Part> parts = cut_batch(shape);
  std::vector<Handle> handles;
  for (const Part& part : parts) {
    ConvolutionShape part_shape = shape;
    part_shape.batch = part.end - part.begin;
    handles.emplace_back(plugin.prepare(part_shape, 1), Release{&plugin});
    if (handles.back() == nullptr) return nullptr;
  }
  return std::make_unique<SplitKernelGradient>(plugin, shape, parts, std::move(handles));
}

}  // namespace

std::unique_ptr<Kernel> make_plugin_convolution(const ConvolutionShape& shape) {
  if (shape.batch == 0 || shape.channels_in == 0 || shape.channels_out == 0) return nullptr;
  // oneDNN fills its vectors with input channels here: with 1 it takes 9.1 ms for 128 images of
  // 28 x 28, products of columns 3.4 ms; with 3 of 64 images of 32 x 32 6.1 and 3.7 ms.
  const bool is_narrow = shape.channels_in <= 4;
  if (shape.kind == ConvolutionKind::input_gradient && is_narrow) return nullptr;
  const onednn::Plugin* plugin = onednn::plugin();
  if (plugin == nullptr) return nullptr;
  if (shape.kind == ConvolutionKind::kernel_gradient) return make_kernel_gradient(*plugin, shape);
  Handle handle(plugin->prepare(shape, num_threads()), Release{plugin});
  if (handle == nullptr) return nullptr;
  return std::make_unique<PluginConvolution>(*plugin, std::move(handle));
}

}  // namespace trimtab::kernels
