// Pairs of operations of one instruction set.
#include "simd/vec.h"
#include "vm/handler.h"
#include "vm/simd_loops.h"

namespace trimtab::TRIMTAB_ISA {
namespace {

using vm::Handler;
using vm::Opcode;

template <class T, class First, class Second>
Handler fused(First, Second) {
  return fused_loop<T, First, Second>;
}

template <class T, class Choose>
Handler fused_where(Choose) {
  return fused_where_loop<T, Choose>;
}

template <class T, class First>
Handler with_second(First first, Opcode second, bool is_right) {
  using V = Vec<T>;
  switch (second) {
    case Opcode::add:
      return fused<T>(first, [](V x, V c) { return x + c; });
    case Opcode::subtract:
      if (is_right) return fused<T>(first, [](V x, V c) { return c - x; });
      return fused<T>(first, [](V x, V c) { return x - c; });
    case Opcode::multiply:
      return fused<T>(first, [](V x, V c) { return x * c; });
    default:
      return nullptr;
  }
}

template <class T>
Handler with_both(Opcode first, Opcode second, bool is_right) {
  using V = Vec<T>;
  using M = Mask<T>;
  if (first == Opcode::multiply && second == Opcode::where) {
    if (is_right) return fused_where<T>([](M d, V x, V c) { return select(d, c, x); });
    return fused_where<T>([](M d, V x, V c) { return select(d, x, c); });
  }
  switch (first) {
    case Opcode::add:
      return with_second<T>([](V a, V b) { return a + b; }, second, is_right);
    case Opcode::subtract:
      return with_second<T>([](V a, V b) { return a - b; }, second, is_right);
    case Opcode::multiply:
      return with_second<T>([](V a, V b) { return a * b; }, second, is_right);
    default:
      return nullptr;
  }
}

}  // namespace

vm::Handler fused_handler(Opcode first, Opcode second, bool is_right, DType dtype) {
  if (dtype == DType::float32) return with_both<float>(first, second, is_right);
  if (dtype == DType::float64) return with_both<double>(first, second, is_right);
  return nullptr;
}

}  // namespace trimtab::TRIMTAB_ISA
