// The operations of integers and booleans. Arithmetic wraps around, as NumPy's does.
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "vm/plain_loops.h"
#include "vm/plain_ops.h"

namespace trimtab::vm {
namespace {

template <class T>
using Unsigned = std::make_unsigned_t<T>;

template <class T>
T floor_divide(T a, T b) {
  if (b == 0) return 0;
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return static_cast<T>(Unsigned<T>{0} - static_cast<Unsigned<T>>(a));
    const T quotient = static_cast<T>(a / b);
    return static_cast<T>(quotient - (a % b != 0 && (a < 0) != (b < 0)));
  } else {
    return static_cast<T>(a / b);
  }
}

template <class T>
T remainder(T a, T b) {
  if (b == 0) return 0;
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return 0;
    const T rest = static_cast<T>(a % b);
    return static_cast<T>(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
  } else {
    return static_cast<T>(a % b);
  }
}

template <class T>
T power(T base, T exponent) {
  if constexpr (std::is_signed_v<T>) {
    if (exponent < 0) {
      if (base == -1) return exponent % 2 == 0 ? T{1} : T{-1};
      return base == 1 ? T{1} : T{0};
    }
  }
  Unsigned<T> result = 1;
  auto factor = static_cast<Unsigned<T>>(base);
  for (auto rest = static_cast<Unsigned<T>>(exponent); rest != 0; rest >>= 1) {
    if ((rest & 1) != 0) result = static_cast<Unsigned<T>>(result * factor);
    factor = static_cast<Unsigned<T>>(factor * factor);
  }
  return static_cast<T>(result);
}

template <class T>
bool is_shift_too_wide(T places) {
  return static_cast<Unsigned<T>>(places) >= std::numeric_limits<Unsigned<T>>::digits;
}

template <class T>
T left_shift(T a, T places) {
  if (is_shift_too_wide(places)) return 0;
  return static_cast<T>(static_cast<Unsigned<T>>(a) << places);
}

template <class T>
T right_shift(T a, T places) {
  if (is_shift_too_wide(places)) return a < 0 ? static_cast<T>(-1) : T{0};
  return static_cast<T>(a >> places);
}

template <class T>
Handler comparison(Opcode opcode) {
  switch (opcode) {
    case Opcode::less:
      return plain_binary<T, bool>([](T a, T b) { return a < b; });
    case Opcode::less_equal:
      return plain_binary<T, bool>([](T a, T b) { return a <= b; });
    case Opcode::greater:
      return plain_binary<T, bool>([](T a, T b) { return a > b; });
    case Opcode::greater_equal:
      return plain_binary<T, bool>([](T a, T b) { return a >= b; });
    case Opcode::equal:
      return plain_binary<T, bool>([](T a, T b) { return a == b; });
    case Opcode::not_equal:
      return plain_binary<T, bool>([](T a, T b) { return a != b; });
    case Opcode::maximum:
      return plain_binary<T, T>([](T a, T b) { return a > b ? a : b; });
    case Opcode::minimum:
      return plain_binary<T, T>([](T a, T b) { return a < b ? a : b; });
    case Opcode::bitwise_and:
      return plain_binary<T, T>([](T a, T b) { return a & b; });
    case Opcode::bitwise_or:
      return plain_binary<T, T>([](T a, T b) { return a | b; });
    case Opcode::bitwise_xor:
      return plain_binary<T, T>([](T a, T b) { return a ^ b; });
    case Opcode::where:
      return plain_where_loop<T>;
    default:
      return nullptr;
  }
}

template <class T>
Handler unary(Opcode opcode) {
  using U = Unsigned<T>;
  switch (opcode) {
    case Opcode::negative:
      return plain_unary<T, T>([](T x) { return U{0} - static_cast<U>(x); });
    case Opcode::abs:
      return plain_unary<T, T>(
          [](T x) { return x < 0 ? U{0} - static_cast<U>(x) : static_cast<U>(x); });
    case Opcode::sign:
      return plain_unary<T, T>([](T x) { return (x > 0) - (x < 0); });
    case Opcode::square:
      return plain_unary<T, T>([](T x) { return static_cast<U>(x) * static_cast<U>(x); });
    case Opcode::bitwise_not:
      return plain_unary<T, T>([](T x) { return ~x; });
    default:
      return nullptr;
  }
}

template <class T>
Handler arithmetic(Opcode opcode) {
  using U = Unsigned<T>;
  switch (opcode) {
    case Opcode::add:
      return plain_binary<T, T>([](T a, T b) { return static_cast<U>(a) + static_cast<U>(b); });
    case Opcode::subtract:
      return plain_binary<T, T>([](T a, T b) { return static_cast<U>(a) - static_cast<U>(b); });
    case Opcode::multiply:
      return plain_binary<T, T>([](T a, T b) { return static_cast<U>(a) * static_cast<U>(b); });
    case Opcode::floor_divide:
      return plain_binary<T, T>([](T a, T b) { return floor_divide(a, b); });
    case Opcode::remainder:
      return plain_binary<T, T>([](T a, T b) { return remainder(a, b); });
    case Opcode::power:
      return plain_binary<T, T>([](T a, T b) { return power(a, b); });
    case Opcode::left_shift:
      return plain_binary<T, T>([](T a, T b) { return left_shift(a, b); });
    case Opcode::right_shift:
      return plain_binary<T, T>([](T a, T b) { return right_shift(a, b); });
    default:
      return nullptr;
  }
}

template <class T>
Handler first_of(Opcode opcode) {
  if (const Handler found = unary<T>(opcode)) return found;
  if (const Handler found = arithmetic<T>(opcode)) return found;
  return comparison<T>(opcode);
}

// Booleans: sums are disjunctions, products conjunctions, quotients NumPy's of 0 and 1.
Handler boolean_operation(Opcode opcode) {
  switch (opcode) {
    case Opcode::negative:
    case Opcode::abs:
    case Opcode::sign:
    case Opcode::square:
      return move_handler(DType::boolean);
    case Opcode::logical_not:
    case Opcode::bitwise_not:
      return plain_unary<bool, bool>([](bool x) { return !x; });
    case Opcode::add:
    case Opcode::logical_or:
      return plain_binary<bool, bool>([](bool a, bool b) { return a | b; });
    case Opcode::multiply:
    case Opcode::floor_divide:
    case Opcode::logical_and:
      return plain_binary<bool, bool>([](bool a, bool b) { return a & b; });
    case Opcode::subtract:
    case Opcode::logical_xor:
      return plain_binary<bool, bool>([](bool a, bool b) { return a != b; });
    case Opcode::remainder:
      return plain_binary<bool, bool>([](bool, bool) { return false; });
    case Opcode::power:
      return plain_binary<bool, bool>([](bool a, bool b) { return a | !b; });
    default:
      return comparison<bool>(opcode);
  }
}

}  // namespace

Handler integer_handler(Opcode opcode, DType dtype) {
  switch (dtype) {
    case DType::int32:
      return first_of<std::int32_t>(opcode);
    case DType::int64:
      return first_of<std::int64_t>(opcode);
    case DType::uint32:
      return first_of<std::uint32_t>(opcode);
    case DType::uint8:
      return first_of<std::uint8_t>(opcode);
    case DType::boolean:
      return boolean_operation(opcode);
    default:
      return nullptr;
  }
}

}  // namespace trimtab::vm
