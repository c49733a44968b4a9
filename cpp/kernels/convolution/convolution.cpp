// convolution and its gradients: oneDNN's where there is one, products of columns otherwise.
#include "kernels/axes.h"
#include "kernels/convolution/half.h"
#include "kernels/convolution/plugin_kernels.h"
#include "kernels/convolution/product.h"
#include "kernels/convolution/tail.h"
#include "kernels/convolution/winograd.h"
#include "kernels/families.h"
#include "onednn/load.h"

namespace trimtab::kernels {
namespace {

using onednn::ConvolutionKind;
using onednn::ConvolutionShape;

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
  shape.axes = read_axes(ints);
  return shape;
}

std::unique_ptr<Kernel> make_convolution(const ConvolutionShape& shape, DType dtype) {
  if (dtype == DType::float32) {
    auto fewer = make_winograd_convolution(shape);
    if (fewer != nullptr) return fewer;
    auto found = make_plugin_convolution(shape);
    if (found != nullptr) return found;
  }
  if (!shape.has_tail()) return make_product_convolution(shape, dtype);
  ConvolutionShape bare = shape;
  bare.has_bias = bare.has_added = bare.is_relu = false;
  return add_tail(make_convolution(bare, dtype), shape, dtype);
}

// With bfloat16 instructions oneDNN's direct sums of bfloat16, also where float32 would be
// Winograd's. AMX multiplies sixteen times as fast as float32's fma, AVX-512 BF16 up to twice,
// while Winograd's products in float32 do 1.5 to 2.1 times the work of oneDNN's direct float32 sums
// (docs/performance.md) and would have to read and write float32 here, twice the bytes. So with
// AVX-512 BF16 alone the two should come out near each other, which is not measured; the direct
// sums need no second copy of the arrays.
std::unique_ptr<Kernel> make_half_convolution(const ConvolutionShape& shape) {
  if (onednn::computes_bfloat16()) {
    auto found = make_plugin_convolution(shape);
    if (found != nullptr) return found;
  }
  ConvolutionShape single = shape;
  single.is_bfloat16 = false;
  return on_bfloat16(make_convolution(single, DType::float32), shape);
}

std::unique_ptr<Kernel> prepare(ConvolutionKind kind, const StepSpec& spec) {
  IntReader ints(spec);
  const DType dtype = ints.stored_floating();
  ConvolutionShape shape = read_shape(kind, ints);
  // A forward convolution may go on: with a bias, a tensor to add, and whether a relu follows.
  const bool has_tail = kind == ConvolutionKind::forward && spec.present.size() > 3;
  if (has_tail) shape.is_relu = ints.flag();
  if (kind != ConvolutionKind::kernel_gradient && !ints.is_done()) {
    shape.is_w_constant = ints.flag();
  }
  ints.finish();
  expect(spec, has_tail ? 5 : 3, 0, {3, 4});
  if (has_tail) {
    shape.has_bias = spec.present[3];
    shape.has_added = spec.present[4];
  }
  shape.is_bfloat16 = dtype == DType::bfloat16;
  return shape.is_bfloat16 ? make_half_convolution(shape) : make_convolution(shape, dtype);
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
