// An elementwise program while it is compiled: instructions on values, each assigned once.
#pragma once

#include <vector>

#include "vm/handler.h"
#include "vm/program.h"

namespace trimtab::vm {

// One assignment of a register, which no later one changes.
struct Value {
  DType dtype;
  int location = -1;
  int last_use = -1;
};

inline constexpr int most_operands = 4;

// Constants have values too; -1 is no operand.
struct ValueInstruction {
  Handler handler;
  Opcode opcode;
  DType dtype;  // of the operands
  int dst = -1;
  int operands[most_operands] = {-1, -1, -1, -1};
  bool is_fused = false;
};

// Joins two instructions to one where the first one's result has no other use.
void fuse(std::vector<ValueInstruction>& instructions, const std::vector<int>& output_values,
          Isa isa);

// Sets the dimensions' tile and each input's access.
void choose_access(const Description& description, Compiled& compiled);

}  // namespace trimtab::vm
