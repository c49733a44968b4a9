// Pairs of instructions in one pass: the value between them stays in a register instead of going
// through the level 1 cache, which is what most of a cheap instruction's time goes to. Each half
// still rounds, so results don't change.
#include <algorithm>
#include <vector>

#include "vm/values.h"

namespace trimtab::vm {
namespace {

class Fuser {
 public:
  Fuser(std::vector<ValueInstruction>& instructions, const std::vector<int>& output_values, Isa isa)
      : instructions_(instructions), isa_(isa) {
    for (int i = 0; i < std::ssize(instructions); ++i) {
      note(instructions[i].dst, i);
      for (const int operand : instructions[i].operands) {
        if (operand >= 0) ++at(uses_, operand);
      }
    }
    // Outputs must be written.
    for (const int value : output_values) at(uses_, value) += 2;
  }

  void run() {
    for (ValueInstruction& each : instructions_) {
      if (!try_operand(each, 0)) try_operand(each, 1);
    }
    std::erase_if(instructions_, [](const ValueInstruction& each) { return each.dst < 0; });
  }

 private:
  int& at(std::vector<int>& list, int value) {
    const auto index = static_cast<std::size_t>(value);
    if (index >= list.size()) list.resize(index + 1, &list == &producers_ ? -1 : 0);
    return list[index];
  }

  void note(int value, int instruction) { at(producers_, value) = instruction; }

  // The instruction whose only result is the operand, if it can be a first half.
  ValueInstruction* first_half(const ValueInstruction& second, int operand) {
    if (operand < 0 || at(uses_, operand) != 1) return nullptr;
    const int position = at(producers_, operand);
    if (position < 0) return nullptr;
    ValueInstruction& first = instructions_[static_cast<std::size_t>(position)];
    return first.is_fused || first.dtype != second.dtype ? nullptr : &first;
  }

  bool try_operand(ValueInstruction& second, int position) {
    ValueInstruction* first = first_half(second, second.operands[position]);
    if (first == nullptr) return false;
    // A square is a product.
    const bool is_square = first->opcode == Opcode::square;
    const Opcode opcode = is_square ? Opcode::multiply : first->opcode;
    const Handler handler =
        find_fused_handler(opcode, second.opcode, position == 1, second.dtype, isa_);
    if (handler == nullptr) return false;
    const int a = first->operands[0];
    const int other = second.operands[1 - position];
    const int condition = second.operands[2];
    const int b = is_square ? a : first->operands[1];
    second.handler = handler;
    second.is_fused = true;
    const int operands[most_operands] = {a, b, other, condition};
    std::copy(std::begin(operands), std::end(operands), second.operands);
    first->dst = -1;
    return true;
  }

  std::vector<ValueInstruction>& instructions_;
  Isa isa_;
  std::vector<int> producers_;  // by value
  std::vector<int> uses_;       // by value
};

}  // namespace

void fuse(std::vector<ValueInstruction>& instructions, const std::vector<int>& output_values,
          Isa isa) {
  Fuser(instructions, output_values, isa).run();
}

}  // namespace trimtab::vm
