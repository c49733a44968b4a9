// convolution and its gradients: oneDNN's where there is one, products of columns otherwise.
#include <span>

#include "base/thread_pool.h"
#include "kernels/convolution/product.h"
#include "kernels/families.h"
#include "onednn/load.h"

namespace trimtab::kernels {
namespace {

using onednn::ConvolutionAxis;
using onednn::ConvolutionKind;
using onednn::ConvolutionShape;

struct Release {
  const onednn::Plugin* plugin;
  void operator()(onednn::Convolution* convolution) const { plugin->release(convolution); }
};
using Handle = std::unique_ptr<onednn::Convolution, Release>;

class PluginConvolution final : public Kernel {
 public:
  explicit PluginConvolution(Handle handle)
      : plugin_(*handle.get_deleter().plugin), handle_(std::move(handle)) {}

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return plugin_.scratch_bytes(*handle_);
  }
  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    plugin_.bind(*handle_, {operands[0], operands[1], operands[2]}, scratch);
  }
  void run() noexcept override { plugin_.run(*handle_); }

 private:
  const onednn::Plugin& plugin_;
  Handle handle_;
};

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

ConvolutionShape read_shape(ConvolutionKind kind, IntReader& ints) {
  ConvolutionShape shape;
  shape.kind = kind;
  shape.batch = ints.size();
  shape.channels_in = ints.size();
  shape.channels_out = ints.size();
  shape.groups = ints.size();
  const bool divides = shape.groups > 0 && shape.channels_in % shape.groups == 0 &&
                       shape.channels_out % shape.groups == 0;
  if (!divides) ints.fail("needs groups that divide the channels", shape.groups);
  const std::int64_t rank = ints.size();
  constexpr std::int64_t most = onednn::max_spatial;
  if (rank < 1 || rank > most) ints.fail("has 1 to 3 spatial axes", rank);
  for (std::int64_t i = most - rank; i < most; ++i) {
    shape.axes[static_cast<std::size_t>(i)] = read_axis(ints);
  }
  return shape;
}

bool is_empty(const ConvolutionShape& shape) {
  return shape.batch == 0 || shape.channels_in == 0 || shape.channels_out == 0;
}

Handle prepare_plugin(const ConvolutionShape& shape, DType dtype) {
  if (dtype != DType::float32 || is_empty(shape)) return {nullptr, {nullptr}};
  const onednn::Plugin* plugin = onednn::plugin();
  if (plugin == nullptr) return {nullptr, {nullptr}};
  return {plugin->prepare(shape, num_threads()), {plugin}};
}

std::unique_ptr<Kernel> prepare(ConvolutionKind kind, const StepSpec& spec) {
  IntReader ints(spec);
  const DType dtype = ints.floating();
  const ConvolutionShape shape = read_shape(kind, ints);
  ints.finish();
  expect(spec, 3, 0);
  Handle handle = prepare_plugin(shape, dtype);
  if (handle != nullptr) return std::make_unique<PluginConvolution>(std::move(handle));
  return make_product_convolution(shape, dtype);
}

}  // namespace

std::unique_ptr<Kernel> prepare_convolution(const StepSpec& spec) {
  return prepare(ConvolutionKind::forward, spec);
}

std::unique_ptr<Kernel> prepare_convolution_input_gradient(const StepSpec& spec) {
  return prepare(ConvolutionKind::input_gradient, spec);
}

std::unique_ptr<Kernel> prepare_convolution_kernel_gradient(const StepSpec& spec) {
  return prepare(ConvolutionKind::kernel_gradient, spec);
}

}  // namespace trimtab::kernels
