// The elementwise operations as an enumeration, with their names and rules.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/dtype.h"

namespace trimtab::vm {

enum class Opcode : std::int32_t {
#define TRIMTAB_OPCODE(name, arity, types, result) name,
#include "vm/opcodes.def"
#undef TRIMTAB_OPCODE
};

enum class OperandTypes { arithmetic, floating, integral, integer, logical };
enum class ResultType { same, boolean, target };

struct OpcodeInfo {
  std::string_view name;
  int arity;
  OperandTypes types;
  ResultType result;
};

inline constexpr auto opcode_infos = std::to_array<OpcodeInfo>({
#define TRIMTAB_OPCODE(name, arity, types, result) \
  {#name, arity, OperandTypes::types, ResultType::result},
#include "vm/opcodes.def"
#undef TRIMTAB_OPCODE
});

[[gnu::always_inline]] constexpr const OpcodeInfo& info(Opcode opcode) {
  return opcode_infos[static_cast<std::size_t>(opcode)];
}

// Whether the operation is defined for operands of the dtype.
constexpr bool accepts(OperandTypes types, DType dtype) {
  const bool is_floating = dtype == DType::float32 || dtype == DType::float64;
  const bool is_boolean = dtype == DType::boolean;
  switch (types) {
    case OperandTypes::arithmetic:
      return true;
    case OperandTypes::floating:
      return is_floating;
    case OperandTypes::integral:
      return !is_floating;
    case OperandTypes::integer:
      return !is_floating && !is_boolean;
    case OperandTypes::logical:
      return is_boolean;
  }
  return false;
}

}  // namespace trimtab::vm
