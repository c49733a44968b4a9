#include "onednn/convolution.h"

#include <algorithm>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

#include "base/aligned.h"
#include "onednn/threads.h"

namespace trimtab::onednn {
namespace {

using dnnl::memory;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

// A primitive with its memory objects, which `bind` points elsewhere, and its arguments.
class Call {
 public:
  Call() = default;
  explicit Call(const dnnl::primitive& primitive) : primitive_(primitive) {}

  void add(int name, const memory::desc& desc, std::byte** address) {
    memories_.emplace_back(desc, engine(), nullptr);
    addresses_.push_back(address);
    arguments_.push_back({name, memories_.back().get()});
  }
  void bind() {
    for (std::size_t i = 0; i < memories_.size(); ++i) {
      dnnl_memory_set_data_handle(memories_[i].get(), *addresses_[i]);
    }
  }
  void run(const dnnl::stream& stream) {
    if (arguments_.empty()) return;
    dnnl_primitive_execute(primitive_.get(), stream.get(), static_cast<int>(arguments_.size()),
                           arguments_.data());
  }

 private:
  dnnl::primitive primitive_;
  std::vector<memory> memories_;
  std::vector<std::byte**> addresses_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

// Row-major strides of `dims`, with the axes in the order in which memory holds them.
memory::desc make_desc(const memory::dims& dims, const std::vector<std::size_t>& order,
                       memory::data_type type) {
  memory::dims strides(dims.size());
  memory::dim step = 1;
  for (std::size_t i = order.size(); i-- > 0;) {
    strides[order[i]] = step;
    step *= dims[order[i]];
  }
  return {dims, type, strides};
}

// What the three kinds of primitive are made from.
struct Geometry {
  memory::desc src, weights, any_weights, forward_weights, dst;
  memory::dims strides, dilates, low, high;
};

Geometry make_geometry(const ConvolutionShape& shape) {
  const ConvolutionAxis& depth = shape.axes[0];
  const bool is_flat = depth.in == 1 && depth.out == 1 && depth.kernel == 1 && depth.high == 0;
  memory::dims src{shape.batch, shape.channels_in};
  memory::dims dst{shape.batch, shape.channels_out};
  memory::dims weights{shape.channels_out / shape.groups, shape.channels_in / shape.groups};
  if (shape.groups > 1) weights.insert(weights.begin(), shape.groups);
  const std::size_t lead = weights.size();  // groups, channels out, channels in
  Geometry all;
  std::vector<std::size_t> data_order{0};
  std::vector<std::size_t> weights_order;
  for (std::size_t i = is_flat ? 1 : 0; i < max_spatial; ++i) {
    const ConvolutionAxis& axis = shape.axes[i];
    data_order.push_back(src.size());
    weights_order.push_back(weights.size());
    src.push_back(axis.in);
    dst.push_back(axis.out);
    weights.push_back(axis.kernel);
    all.strides.push_back(axis.stride);
    all.dilates.push_back(axis.dilation - 1);
    all.low.push_back(axis.low);
    // What a stride leaves over at the end is no padding to oneDNN, and may be less than none.
    all.high.push_back((axis.out - 1) * axis.stride + axis.dilation * (axis.kernel - 1) + 1 -
                       axis.in - axis.low);
  }
  data_order.push_back(1);
  weights_order.push_back(lead - 1);
  if (shape.groups > 1) weights_order.push_back(0);
  weights_order.push_back(lead - 2);
  const auto stored = shape.is_bfloat16 ? memory::data_type::bf16 : memory::data_type::f32;
  const bool is_gradient = shape.kind == ConvolutionKind::kernel_gradient;
  const auto of_weights = is_gradient ? memory::data_type::f32 : stored;
  all.src = make_desc(src, data_order, stored);
  all.dst = make_desc(dst, data_order, stored);
  all.weights = make_desc(weights, weights_order, of_weights);
  all.any_weights = {weights, of_weights, memory::format_tag::any};
  all.forward_weights = {weights, stored, memory::format_tag::any};
  return all;
}

constexpr auto direct = dnnl::algorithm::convolution_direct;

dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

memory::desc bias_desc(const ConvolutionShape& shape) {
  if (!shape.has_bias) return {};
  return {{shape.channels_out}, memory::data_type::f32, memory::format_tag::x};
}

// Its relu makes 0 of NaN.
dnnl::primitive_attr forward_attributes(const ConvolutionShape& shape, const Geometry& g) {
  dnnl::primitive_attr attr = attributes();
  dnnl::post_ops after;
  if (shape.has_added) after.append_binary(dnnl::algorithm::binary_add, g.dst);
  if (shape.is_relu) after.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
  attr.set_post_ops(after);
  return attr;
}

dnnl::convolution_forward::primitive_desc forward_desc(const ConvolutionShape& shape,
                                                       const Geometry& g) {
  return {engine(),
          dnnl::prop_kind::forward_training,
          direct,
          g.src,
          g.forward_weights,
          bias_desc(shape),
          g.dst,
          g.strides,
          g.dilates,
          g.low,
          g.high,
          forward_attributes(shape, g)};
}

bool is_reference(const dnnl::primitive_desc_base& desc) {
  return std::string(desc.impl_info_str()).find("ref") != std::string::npos;
}

}  // namespace

struct Convolution {
  ConvolutionKind kind = ConvolutionKind::forward;
  bool is_w_constant = false;
  int threads = 1;
  dnnl::stream stream{engine()};
  Call main;
  Call reorder;  // of the weights, before `main`; of their gradient, after it
  std::size_t weights_bytes = 0;
  std::size_t scratchpad_bytes = 0;
  ConvolutionOperands operands{};
  std::byte* blocked_weights = nullptr;
  std::byte* scratchpad = nullptr;
};

namespace {

// Blocked weights make the kernels. In training they change with every step, and a copy a step
// costs less than plain weights would, as the batch is many times larger.
std::byte** add_reorder(Convolution& made, const memory::desc& plain, const memory::desc& blocked,
                        std::byte** operand) {
  if (plain == blocked) return operand;
  const bool is_gradient = made.kind == ConvolutionKind::kernel_gradient;
  const memory::desc& from = is_gradient ? blocked : plain;
  const memory::desc& to = is_gradient ? plain : blocked;
  const dnnl::reorder::primitive_desc desc(engine(), from, engine(), to, attributes());
  made.reorder = Call(dnnl::reorder(desc));
  made.reorder.add(DNNL_ARG_FROM, from, is_gradient ? &made.blocked_weights : operand);
  made.reorder.add(DNNL_ARG_TO, to, is_gradient ? operand : &made.blocked_weights);
  made.reorder.add(DNNL_ARG_SCRATCHPAD, desc.scratchpad_desc(), &made.scratchpad);
  made.weights_bytes = blocked.get_size();
  made.scratchpad_bytes = desc.scratchpad_desc().get_size();
  return &made.blocked_weights;
}

template <class Primitive>
bool add_main(Convolution& made, const typename Primitive::primitive_desc& desc,
              const Geometry& geometry, const std::array<int, 3>& names) {
  if (is_reference(desc)) return false;
  const bool is_gradient = made.kind == ConvolutionKind::kernel_gradient;
  const std::size_t weights = is_gradient ? 2 : 1;
  const memory::desc blocked = is_gradient ? desc.query_md(dnnl::query::diff_weights_md)
                                           : desc.query_md(dnnl::query::weights_md);
  std::array<std::byte**, 3> addresses{&made.operands[0], &made.operands[1], &made.operands[2]};
  addresses[weights] = add_reorder(made, geometry.weights, blocked, addresses[weights]);
  made.main = Call(Primitive(desc));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool is_source = names[i] == DNNL_ARG_SRC || names[i] == DNNL_ARG_DIFF_SRC;
    made.main.add(names[i], i == weights ? blocked : (is_source ? geometry.src : geometry.dst),
                  addresses[i]);
  }
  made.main.add(DNNL_ARG_SCRATCHPAD, desc.scratchpad_desc(), &made.scratchpad);
  made.scratchpad_bytes = std::max(made.scratchpad_bytes, desc.scratchpad_desc().get_size());
  return true;
}

void add_tail(Convolution& made, const ConvolutionShape& shape, const Geometry& g) {
  if (shape.has_bias) made.main.add(DNNL_ARG_BIAS, bias_desc(shape), &made.operands[3]);
  if (shape.has_added) {
    made.main.add(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, g.dst, &made.operands[4]);
  }
}

bool add_primitives(Convolution& made, const ConvolutionShape& shape, const Geometry& g) {
  const dnnl::convolution_forward::primitive_desc forward = forward_desc(shape, g);
  switch (made.kind) {
    case ConvolutionKind::forward:
      if (!add_main<dnnl::convolution_forward>(made, forward, g,
                                               {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST})) {
        return false;
      }
      add_tail(made, shape, g);
      return true;
    case ConvolutionKind::input_gradient:
      return add_main<dnnl::convolution_backward_data>(
          made,
          {engine(), direct, g.src, g.any_weights, g.dst, g.strides, g.dilates, g.low, g.high,
           forward, attributes()},
          g, {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC});
    case ConvolutionKind::kernel_gradient:
      return add_main<dnnl::convolution_backward_weights>(
          made,
          {engine(), direct, g.src, g.any_weights, g.dst, g.strides, g.dilates, g.low, g.high,
           forward, attributes()},
          g, {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS});
  }
  return false;
}

}  // namespace

HalfInstructions half_instructions() noexcept {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx512_core_bf16:
    case dnnl::cpu_isa::avx512_core_fp16:
      return HalfInstructions::avx512;
    case dnnl::cpu_isa::avx512_core_amx:
    case dnnl::cpu_isa::avx512_core_amx_fp16:
      return HalfInstructions::amx;
    default:
      return HalfInstructions::none;
  }
}

ConvolutionPointer make_convolution(const ConvolutionShape& shape, int threads) {
  const TeamSize team(threads);
  auto made = std::make_unique<Convolution>();
  made->kind = shape.kind;
  made->threads = threads;
  made->is_w_constant = shape.is_w_constant;
  if (!add_primitives(*made, shape, make_geometry(shape))) return nullptr;
  return ConvolutionPointer(made.release());
}

std::size_t scratch_bytes(const Convolution& convolution) noexcept {
  const std::size_t weights = convolution.is_w_constant ? 0 : convolution.weights_bytes;
  return round_up(weights, cache_line_bytes) + convolution.scratchpad_bytes;
}

std::size_t kept_bytes(const Convolution& convolution) noexcept {
  return convolution.is_w_constant ? convolution.weights_bytes : 0;
}

void bind(Convolution& convolution, const ConvolutionOperands& operands, std::byte* scratch,
          std::byte* kept) noexcept {
  ScratchCursor cursor(scratch);
  convolution.operands = operands;
  convolution.blocked_weights =
      convolution.is_w_constant ? kept : cursor.take<std::byte>(convolution.weights_bytes);
  convolution.scratchpad = cursor.next();
  convolution.main.bind();
  convolution.reorder.bind();
}

void pack(Convolution& convolution) noexcept {
  const TeamSize team(convolution.threads);
  convolution.reorder.run(convolution.stream);
}

void run(Convolution& convolution) noexcept {
  const TeamSize team(convolution.threads);
  const bool is_gradient = convolution.kind == ConvolutionKind::kernel_gradient;
  if (!is_gradient && !convolution.is_w_constant) convolution.reorder.run(convolution.stream);
  convolution.main.run(convolution.stream);
  if (is_gradient) convolution.reorder.run(convolution.stream);
}

void Release::operator()(Convolution* convolution) const noexcept { delete convolution; }

}  // namespace trimtab::onednn
