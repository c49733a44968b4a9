#include "kernels/convolution/half.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/aligned.h"
#include "base/isa.h"
#include "base/thread_pool.h"
#include "kernels/convolution/columns.h"
#include "vm/handler.h"

namespace trimtab::kernels {
namespace {

constexpr std::size_t most_operands = 5;
constexpr std::size_t weights_place = 1;

vm::Handler cast(DType from, DType to) {
  return vm::find_handler(vm::Opcode::cast, from, to, current_isa());
}

void convert(vm::Handler handler, std::byte* from, std::int64_t from_bytes, std::byte* to,
             std::int64_t to_bytes, std::int64_t count) noexcept {
  constexpr std::int64_t chunk = 1 << 14;
  parallel_for((count + chunk - 1) / chunk, [&](std::int64_t task) {
    const std::int64_t start = task * chunk;
    const vm::Location places[] = {{from + start * from_bytes, 1}, {to + start * to_bytes, 1}};
    const vm::Instruction instruction{handler, 1, 0, 0, 0};
    handler(instruction, places, std::min(chunk, count - start));
  });
}

// What the operands are.
struct Roles {
  std::array<std::int64_t, most_operands> sizes{};  // elements of those in bfloat16, 0 for others
  std::size_t result = most_operands;               // the one that is written in bfloat16
};

Roles roles_of(const ConvolutionShape& shape) {
  const std::int64_t x = shape.batch * positions_per_image(shape) * shape.channels_in;
  const std::int64_t y = shape.batch * rows_per_image(shape) * shape.channels_out;
  const std::int64_t w = column_count(shape) * shape.channels_out;
  switch (shape.kind) {
    case ConvolutionKind::forward:
      return {{x, w, y, 0, shape.has_added ? y : 0}, 2};
    case ConvolutionKind::input_gradient:
      return {{y, w, x, 0, 0}, 2};
    case ConvolutionKind::kernel_gradient:
      break;
  }
  return {{x, y, 0, 0, 0}, most_operands};
}

std::size_t bytes_of(std::int64_t elements) {
  return static_cast<std::size_t>(elements) * sizeof(float);
}

class OnBFloat16 final : public Kernel {
 public:
  OnBFloat16(std::unique_ptr<Kernel> convolution, const ConvolutionShape& shape)
      : convolution_(std::move(convolution)),
        widen_(cast(DType::bfloat16, DType::float32)),
        narrow_(cast(DType::float32, DType::bfloat16)),
        is_w_constant_(shape.is_w_constant),
        roles_(roles_of(shape)) {
    if (is_w_constant_) kept_ = AlignedBuffer(bytes_of(roles_.sizes[weights_place]));
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    std::size_t total = convolution_->scratch_bytes();
    for (const std::int64_t size : roles_.sizes) {
      total += round_up(bytes_of(size), cache_line_bytes);
    }
    return total;
  }

  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    ScratchCursor cursor(scratch);
    halves_.assign(operands.begin(), operands.end());
    singles_ = halves_;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (roles_.sizes[i] == 0) continue;
      const bool is_kept = is_w_constant_ && i == weights_place;
      singles_[i] = is_kept ? kept_.data()
                            : reinterpret_cast<std::byte*>(
                                  cursor.take<float>(static_cast<std::size_t>(roles_.sizes[i])));
    }
    convolution_->bind(singles_, cursor.next());
    is_w_read_ = false;
  }

  void refresh() noexcept override {
    convolution_->refresh();
    is_w_read_ = false;
  }

  void run() noexcept override {
    for (std::size_t i = 0; i < singles_.size(); ++i) {
      const bool is_known = i == weights_place && is_w_constant_ && is_w_read_;
      if (roles_.sizes[i] == 0 || i == roles_.result || is_known) continue;
      convert(widen_, halves_[i], sizeof(BFloat16), singles_[i], sizeof(float), roles_.sizes[i]);
    }
    is_w_read_ = true;
    convolution_->run();
    if (roles_.result >= singles_.size()) return;
    convert(narrow_, singles_[roles_.result], sizeof(float), halves_[roles_.result],
            sizeof(BFloat16), roles_.sizes[roles_.result]);
  }

 private:
  std::unique_ptr<Kernel> convolution_;
  vm::Handler widen_;
  vm::Handler narrow_;
  bool is_w_constant_;
  bool is_w_read_ = false;
  AlignedBuffer kept_;  // a constant w
  Roles roles_;
  std::vector<std::byte*> halves_;   // the operands
  std::vector<std::byte*> singles_;  // what the convolution works on
};

}  // namespace

std::unique_ptr<Kernel> on_bfloat16(std::unique_ptr<Kernel> convolution,
                                    const ConvolutionShape& shape) {
  return std::make_unique<OnBFloat16>(std::move(convolution), shape);
}

}  // namespace trimtab::kernels
