// What the engine and the plugin that holds oneDNN know of each other. Both are built together, but
// the plugin is loaded by name at run time, so it says which version of this file it was built
// from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/thread_pool.h"

namespace trimtab::onednn {

inline constexpr int interface_version = 4;
inline constexpr std::size_t max_spatial = 3;

enum class ConvolutionKind : std::int32_t { forward, input_gradient, kernel_gradient };

// One spatial axis: out = (low + in + high - dilation * (kernel - 1) - 1) / stride + 1.
struct ConvolutionAxis {
  std::int64_t in = 1;
  std::int64_t out = 1;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t low = 0;
  std::int64_t high = 0;
};

// x is (batch, in..., channels_in), w (kernel..., channels_in / groups, channels_out) and
// y (batch, out..., channels_out), all contiguous. Fewer than 3 axes are led by axes of size 1.
struct ConvolutionShape {
  ConvolutionKind kind = ConvolutionKind::forward;
  std::int64_t batch = 0;
  std::int64_t channels_in = 0;
  std::int64_t channels_out = 0;
  std::int64_t groups = 1;
  std::array<ConvolutionAxis, max_spatial> axes;
  // Of a forward convolution: y = relu(convolution + bias + added), of which each may be left out.
  bool has_bias = false;
  bool has_added = false;
  bool is_relu = false;

  // x, y, w and the cotangents of x and y are bfloat16, sums float32; so are a bias and the
  // gradient of w.
  bool is_bfloat16 = false;

  // Of a forward convolution or input gradient: w keeps its content until a step is told otherwise.
  bool is_w_constant = false;

  [[nodiscard]] bool has_tail() const { return has_bias || has_added || is_relu; }
};

// The addresses of a convolution's operands. forward: x, w, y, bias (channels_out), added (as y);
// input gradient: g, w, dx; kernel gradient: x, g, dw.
using ConvolutionOperands = std::array<std::byte*, 5>;

// The engine's threads, with which oneDNN computes.
struct Host {
  bool (*begin_tasks)(std::int64_t tasks, TaskFunction function, void* context) noexcept;
  void (*finish_tasks)() noexcept;
};

struct Convolution;

// The processor's instructions with which oneDNN would compute products of bfloat16.
enum class HalfInstructions : std::int32_t { none, avx512, amx };

// The plugin's functions. Convolutions are of float32 or bfloat16.
struct Plugin {
  int version;
  const char* name;  // of oneDNN, with its version
  HalfInstructions half_instructions;
  // nullptr where oneDNN has no fast implementation. Later runs use as many threads.
  Convolution* (*prepare)(const ConvolutionShape& shape, int threads) noexcept;
  std::size_t (*scratch_bytes)(const Convolution& convolution) noexcept;
  // Bytes in which a constant w is kept in oneDNN's order, between `pack` and later runs.
  std::size_t (*kept_bytes)(const Convolution& convolution) noexcept;
  void (*bind)(Convolution& convolution, const ConvolutionOperands& operands, std::byte* scratch,
               std::byte* kept) noexcept;
  void (*pack)(Convolution& convolution) noexcept;
  void (*run)(Convolution& convolution) noexcept;
  void (*release)(Convolution* convolution) noexcept;
};

using PluginEntry = const Plugin* (*)(const Host& host) noexcept;
inline constexpr const char* entry_name = "trimtab_onednn_plugin";

}  // namespace trimtab::onednn
