// The vectorised operations of one instruction set.
#include <cmath>
#include <limits>

#include "simd/math.h"
#include "simd/vec.h"
#include "vm/handler.h"
#include "vm/simd_loops.h"

namespace trimtab::TRIMTAB_ISA {
namespace {

using vm::Handler;
using vm::Opcode;

template <class V>
constexpr Lane<V> infinity = std::numeric_limits<Lane<V>>::infinity();

template <class V>
[[gnu::always_inline]] inline V ones() {
  return broadcast(Lane<V>{1});
}

template <class T, class Function>
Handler unary(Function) {
  return unary_loop<T, Function, Writer<T>>;
}
template <class T, class Function>
Handler test(Function) {
  return unary_loop<T, Function, MaskWriter<T>>;
}
template <class T, class Function>
Handler binary(Function) {
  return binary_loop<T, Function, Writer<T>>;
}
template <class T, class Function>
Handler comparison(Function) {
  return binary_loop<T, Function, MaskWriter<T>>;
}

// The functions that only float32 has: float64 takes the standard library's.
Handler float32_function(Opcode opcode) {
  using V = Vec<float>;
  switch (opcode) {
    case Opcode::exp:
      return unary<float>([](V x) { return exp(x); });
    case Opcode::expm1:
      return unary<float>([](V x) { return expm1(x); });
    case Opcode::log:
      return unary<float>([](V x) { return log(x); });
    case Opcode::log1p:
      return unary<float>([](V x) { return log1p(x); });
    case Opcode::tanh:
      return unary<float>([](V x) { return tanh(x); });
    case Opcode::sigmoid:
      return unary<float>([](V x) { return sigmoid(x); });
    case Opcode::erf:
      return unary<float>([](V x) { return erf(x); });
    case Opcode::erf_inv:
      return unary<float>([](V x) { return erf_inv(x); });
    default:
      return nullptr;
  }
}

template <class T>
Handler unary_operation(Opcode opcode) {
  using V = Vec<T>;
  switch (opcode) {
    case Opcode::negative:
      return unary<T>([](V x) { return -x; });
    case Opcode::abs:
      return unary<T>([](V x) { return abs(x); });
    case Opcode::sign:
      // NaN stays, and -0.0 becomes 0.0.
      return unary<T>([](V x) {
        const V of_nonzero = x < V{} ? -ones<V>() : (x != x ? x : V{});
        return x > V{} ? ones<V>() : of_nonzero;
      });
    case Opcode::sqrt:
      return unary<T>([](V x) { return sqrt(x); });
    case Opcode::rsqrt:
      return unary<T>([](V x) { return ones<V>() / sqrt(x); });
    case Opcode::reciprocal:
      return unary<T>([](V x) { return ones<V>() / x; });
    case Opcode::square:
      return unary<T>([](V x) { return x * x; });
    case Opcode::floor:
      return unary<T>([](V x) { return floor(x); });
    case Opcode::ceil:
      return unary<T>([](V x) { return ceil(x); });
    case Opcode::round:
      return unary<T>([](V x) { return round(x); });
    case Opcode::round_bfloat16:
      return unary<T>([](V x) { return round_bfloat16(x); });
    case Opcode::is_nan:
      return test<T>([](V x) { return x != x; });
    case Opcode::is_inf:
      return test<T>([](V x) { return abs(x) == infinity<V>; });
    case Opcode::is_finite:
      return test<T>([](V x) { return abs(x) < infinity<V>; });
    default:
      return nullptr;
  }
}

template <class T>
Handler binary_operation(Opcode opcode) {
  using V = Vec<T>;
  switch (opcode) {
    case Opcode::add:
      return binary<T>([](V a, V b) { return a + b; });
    case Opcode::subtract:
      return binary<T>([](V a, V b) { return a - b; });
    case Opcode::multiply:
      return binary<T>([](V a, V b) { return a * b; });
    case Opcode::divide:
      return binary<T>([](V a, V b) { return a / b; });
    case Opcode::maximum:
      return binary<T>([](V a, V b) { return a != a ? a : max(a, b); });
    case Opcode::minimum:
      return binary<T>([](V a, V b) { return a != a ? a : min(a, b); });
    case Opcode::less:
      return comparison<T>([](V a, V b) { return a < b; });
    case Opcode::less_equal:
      return comparison<T>([](V a, V b) { return a <= b; });
    case Opcode::greater:
      return comparison<T>([](V a, V b) { return a > b; });
    case Opcode::greater_equal:
      return comparison<T>([](V a, V b) { return a >= b; });
    case Opcode::equal:
      return comparison<T>([](V a, V b) { return a == b; });
    case Opcode::not_equal:
      return comparison<T>([](V a, V b) { return a != b; });
    default:
      return nullptr;
  }
}

template <class T>
Handler operation(Opcode opcode) {
  if (opcode == Opcode::where) return where_loop<T>;
  const Handler found = unary_operation<T>(opcode);
  return found != nullptr ? found : binary_operation<T>(opcode);
}

}  // namespace

vm::Handler simd_handler(Opcode opcode, DType dtype, DType target) {
  if (opcode == Opcode::cast) {
    if (dtype == DType::bfloat16) return cast_half_loop<BFloat16, float>;
    if (target == DType::bfloat16) return cast_half_loop<float, BFloat16>;
    if (dtype != DType::boolean) return nullptr;
    if (target == DType::float32) return cast_mask_loop<float>;
    if (target == DType::float64) return cast_mask_loop<double>;
    return nullptr;
  }
  if (dtype == DType::float64) return operation<double>(opcode);
  if (dtype != DType::float32) return nullptr;
  const Handler found = float32_function(opcode);
  return found != nullptr ? found : operation<float>(opcode);
}

}  // namespace trimtab::TRIMTAB_ISA
