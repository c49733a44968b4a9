// elementwise: a program of the tile interpreter.
#include <utility>

#include "base/isa.h"
#include "base/thread_pool.h"
#include "kernels/families.h"
#include "vm/run.h"

namespace trimtab::kernels {
namespace {

class Elementwise final : public Kernel {
 public:
  explicit Elementwise(vm::Compiled compiled) : interpreter_(std::move(compiled), num_threads()) {}

  [[nodiscard]] std::size_t scratch_bytes() const override { return interpreter_.scratch_bytes(); }
  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    interpreter_.bind(operands, scratch);
  }
  void run() noexcept override { interpreter_.run(); }

 private:
  vm::Interpreter interpreter_;
};

vm::InstructionDescription read_instruction(IntReader& ints) {
  vm::InstructionDescription instruction{};
  const std::int64_t opcode = ints.size();
  if (opcode >= std::ssize(vm::opcode_infos)) ints.fail("has no such opcode", opcode);
  instruction.opcode = static_cast<vm::Opcode>(opcode);
  instruction.dtype = ints.stored();
  instruction.target = instruction.dtype;
  instruction.dst = static_cast<int>(ints.next());
  instruction.operands[0] = static_cast<int>(ints.next());
  instruction.operands[1] = static_cast<int>(ints.next());
  if (instruction.opcode == vm::Opcode::cast) {
    instruction.target = ints.stored();
  } else {
    instruction.operands[2] = static_cast<int>(ints.next());
  }
  return instruction;
}

vm::Description read_description(const StepSpec& spec) {
  IntReader ints(spec);
  vm::Description description;
  const std::int64_t dims = ints.size();
  for (std::int64_t i = 0; i < dims; ++i) description.dims.push_back(ints.size());
  const std::int64_t inputs = ints.size();
  const std::int64_t outputs = ints.size();
  for (std::int64_t i = 0; i < inputs; ++i) {
    const DType dtype = ints.stored();
    description.inputs.push_back({dtype, ints.take(dims)});
  }
  for (std::int64_t i = 0; i < outputs; ++i) description.outputs.push_back(ints.stored());
  description.register_count = static_cast<int>(ints.size());
  const std::int64_t instructions = ints.size();
  for (std::int64_t i = 0; i < instructions; ++i) {
    description.instructions.push_back(read_instruction(ints));
  }
  for (std::int64_t i = 0; i < outputs; ++i) {
    description.output_registers.push_back(static_cast<int>(ints.next()));
  }
  ints.finish();
  description.constants = spec.floats;
  return description;
}

}  // namespace

std::unique_ptr<Kernel> prepare_elementwise(const StepSpec& spec) {
  const vm::Description description = read_description(spec);
  expect(spec, description.inputs.size() + description.outputs.size(), spec.floats.size());
  return std::make_unique<Elementwise>(vm::compile(description, current_isa()));
}

}  // namespace trimtab::kernels
