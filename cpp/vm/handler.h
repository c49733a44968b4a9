// How the interpreter calls one operation on one tile.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/dtype.h"
#include "base/isa.h"
#include "vm/opcode.h"

namespace trimtab::vm {

// Where a register lies. Stride 1 (element by element) or 0: a single value, repeated over 64
// bytes so that a vector can be loaded from it.
struct Location {
  std::byte* address;
  std::int64_t stride;
};

struct Instruction;

// Computes `count` elements. The destination is never of stride 0; it may be exactly an operand of
// the same element size.
using Handler = void (*)(const Instruction& instruction, const Location* locations,
                         std::int64_t count) noexcept;

struct Instruction {
  Handler handler;
  std::int32_t dst;
  std::int32_t a;
  std::int32_t b;
  std::int32_t c;
  std::int32_t d = 0;
};

// The best function for an operation; nullptr if the dtype has none. `target` is a cast's.
Handler find_handler(Opcode opcode, DType dtype, DType target, Isa isa);

// For second(first(a, b), c) or, if the first half's result is the right operand,
// second(c, first(a, b)); nullptr if there is none. Of `where`, c is the other choice and d the
// condition.
Handler find_fused_handler(Opcode first, Opcode second, bool is_right, DType dtype, Isa isa);

// Copies a register.
Handler move_handler(DType dtype);

// Plain loops; nullptr for the floating point operations that every instruction set vectorises.
Handler plain_handler(Opcode opcode, DType dtype, DType target);

}  // namespace trimtab::vm

namespace trimtab {

// Vectorised functions of one instruction set; nullptr where there is only a plain one.
namespace portable {
vm::Handler simd_handler(vm::Opcode opcode, DType dtype, DType target);
vm::Handler fused_handler(vm::Opcode first, vm::Opcode second, bool is_right, DType dtype);
}  // namespace portable
#if defined(__x86_64__)
namespace avx2 {
vm::Handler simd_handler(vm::Opcode opcode, DType dtype, DType target);
vm::Handler fused_handler(vm::Opcode first, vm::Opcode second, bool is_right, DType dtype);
}  // namespace avx2
namespace avx512 {
vm::Handler simd_handler(vm::Opcode opcode, DType dtype, DType target);
vm::Handler fused_handler(vm::Opcode first, vm::Opcode second, bool is_right, DType dtype);
}  // namespace avx512
#endif

}  // namespace trimtab
