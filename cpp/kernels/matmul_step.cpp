// matmul: a step around the matrix product.
#include "kernels/families.h"
#include "kernels/matmul/matmul.h"

namespace trimtab::kernels {
namespace {

class MatmulStep final : public Kernel {
 public:
  explicit MatmulStep(const MatmulShape& shape) : plan_(prepare_matmul(shape)) {}

  [[nodiscard]] std::size_t scratch_bytes() const override { return plan_.scratch_bytes; }
  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    a_ = operands[0];
    b_ = operands[1];
    bias_ = operands[2];
    c_ = operands[3];
    scratch_ = scratch;
  }
  void run() noexcept override { matmul(plan_, a_, b_, bias_, c_, scratch_); }

 private:
  MatmulPlan plan_;
  const void* a_ = nullptr;
  const void* b_ = nullptr;
  const void* bias_ = nullptr;
  void* c_ = nullptr;
  std::byte* scratch_ = nullptr;
};

}  // namespace

std::unique_ptr<Kernel> prepare_matmul_step(const StepSpec& spec) {
  IntReader ints(spec);
  MatmulShape shape;
  shape.dtype = ints.floating();
  shape.batch = ints.size();
  shape.m = ints.size();
  shape.n = ints.size();
  shape.k = ints.size();
  shape.trans_a = ints.flag();
  shape.trans_b = ints.flag();
  shape.batch_stride_a = ints.size();
  shape.batch_stride_b = ints.size();
  ints.finish();
  expect(spec, 4, 0, {2});
  return std::make_unique<MatmulStep>(shape);
}

}  // namespace trimtab::kernels
