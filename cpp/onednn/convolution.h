// Convolutions that oneDNN computes.
#pragma once

#include <memory>

#include "onednn/interface.h"

namespace trimtab::onednn {

struct Release {
  void operator()(Convolution* convolution) const noexcept;
};
using ConvolutionPointer = std::unique_ptr<Convolution, Release>;

// What this processor has, as far as ONEDNN_MAX_CPU_ISA lets oneDNN use it.
HalfInstructions half_instructions() noexcept;

// nullptr where oneDNN has none but its reference implementation. Throws dnnl::error.
ConvolutionPointer make_convolution(const ConvolutionShape& shape, int threads);

std::size_t scratch_bytes(const Convolution& convolution) noexcept;
std::size_t kept_bytes(const Convolution& convolution) noexcept;
void bind(Convolution& convolution, const ConvolutionOperands& operands, std::byte* scratch,
          std::byte* kept) noexcept;
void pack(Convolution& convolution) noexcept;
void run(Convolution& convolution) noexcept;

}  // namespace trimtab::onednn
