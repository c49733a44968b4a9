// Chooses the function for an operation.
#include <cstdint>

#include "vm/plain_loops.h"
#include "vm/plain_ops.h"

namespace trimtab::vm {
namespace {

struct Same {
  template <class T>
  T operator()(T x) const {
    return x;
  }
};

Handler simd_handler(Opcode opcode, DType dtype, DType target, Isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::avx512:
      return avx512::simd_handler(opcode, dtype, target);
    case Isa::avx2:
      return avx2::simd_handler(opcode, dtype, target);
#endif
    default:
      return portable::simd_handler(opcode, dtype, target);
  }
}

}  // namespace

Handler move_handler(DType dtype) {
  switch (size_of(dtype)) {
    case 1:
      return plain_unary_loop<std::uint8_t, std::uint8_t, Same>;
    case 2:
      return plain_unary_loop<std::uint16_t, std::uint16_t, Same>;
    case 4:
      return plain_unary_loop<std::uint32_t, std::uint32_t, Same>;
    default:
      return plain_unary_loop<std::uint64_t, std::uint64_t, Same>;
  }
}

Handler plain_handler(Opcode opcode, DType dtype, DType target) {
  if (opcode == Opcode::cast) return cast_handler(dtype, target);
  const Handler found = floating_handler(opcode, dtype);
  return found != nullptr ? found : integer_handler(opcode, dtype);
}

Handler find_fused_handler(Opcode first, Opcode second, bool is_right, DType dtype, Isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::avx512:
      return avx512::fused_handler(first, second, is_right, dtype);
    case Isa::avx2:
      return avx2::fused_handler(first, second, is_right, dtype);
#endif
    default:
      return portable::fused_handler(first, second, is_right, dtype);
  }
}

Handler find_handler(Opcode opcode, DType dtype, DType target, Isa isa) {
  const Handler found = simd_handler(opcode, dtype, target, isa);
  return found != nullptr ? found : plain_handler(opcode, dtype, target);
}

}  // namespace trimtab::vm
