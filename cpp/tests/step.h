// Runs single steps on vectors, and compares numbers.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/aligned.h"
#include "kernels/kernel.h"
#include "tests/check.h"
#include "vm/opcode.h"

namespace trimtab::tests {

// An operand: the memory of a vector, or nothing.
struct Memory {
  std::byte* address = nullptr;

  Memory() = default;
  template <class T>
  Memory(std::vector<T>& values) : address(reinterpret_cast<std::byte*>(values.data())) {}
};

// Booleans are bytes: std::vector<bool> has no addresses.
using Booleans = std::vector<std::uint8_t>;

inline void run_step(const std::string& kernel, std::initializer_list<Memory> operands,
                     const std::vector<std::int64_t>& ints,
                     const std::vector<double>& floats = {}) {
  kernels::StepSpec spec{kernel, {}, ints, floats};
  std::vector<std::byte*> pointers;
  for (const Memory& each : operands) {
    spec.present.push_back(each.address != nullptr);
    pointers.push_back(each.address);
  }
  const auto step = kernels::prepare(spec);
  const AlignedBuffer scratch(step->scratch_bytes());
  step->bind(pointers, scratch.data());
  step->run();
}

// `tolerance` is relative to the larger of |want| and 1. NaN equals NaN.
inline bool is_close(double got, double want, double tolerance) {
  if (std::isnan(want)) return std::isnan(got);
  if (got == want) return true;
  return std::fabs(got - want) <= tolerance * std::fmax(std::fabs(want), 1.0);
}

template <class T, class U>
void check_close(const std::vector<T>& got, const std::vector<U>& want, double tolerance,
                 const std::string& what) {
  CHECK_THAT(got.size() == want.size(), what + ": sizes differ");
  for (std::size_t i = 0; i < got.size() && i < want.size(); ++i) {
    const auto value = static_cast<double>(got[i]);
    const auto expected = static_cast<double>(want[i]);
    CHECK_THAT(is_close(value, expected, tolerance), what + " at " + std::to_string(i) + ": got " +
                                                         std::to_string(value) + ", want " +
                                                         std::to_string(expected));
  }
}

// Numbers in [-2, 2) without a pattern that a wrong index would keep.
template <class T = float>
std::vector<T> some_numbers(std::int64_t count, std::uint32_t seed = 1) {
  std::vector<T> values;
  std::uint32_t state = seed * 2654435761U;
  for (std::int64_t i = 0; i < count; ++i) {
    state = state * 1664525U + 1013904223U;
    values.push_back(static_cast<T>(static_cast<double>(state >> 8U) * 0x1p-22 - 2.0));
  }
  return values;
}

// The integers of an elementwise step. All inputs are float32 unless given.
struct ElementwiseStep {
  std::vector<std::int64_t> dims;
  std::vector<std::vector<std::int64_t>> inputs;  // dtype, strides
  std::vector<std::int64_t> outputs;              // dtypes
  std::int64_t registers;
  std::vector<std::vector<std::int64_t>> instructions;  // opcode, dtype, dst, a, b, c
  std::vector<std::int64_t> output_registers;

  [[nodiscard]] std::vector<std::int64_t> ints() const {
    std::vector<std::int64_t> all{std::ssize(dims)};
    const auto append = [&](const std::vector<std::int64_t>& part) {
      all.insert(all.end(), part.begin(), part.end());
    };
    append(dims);
    append({std::ssize(inputs), std::ssize(outputs)});
    for (const auto& input : inputs) append(input);
    append(outputs);
    append({registers, std::ssize(instructions)});
    for (const auto& instruction : instructions) append(instruction);
    append(output_registers);
    return all;
  }
};

inline std::int64_t code(vm::Opcode opcode) { return static_cast<std::int64_t>(opcode); }

}  // namespace trimtab::tests
