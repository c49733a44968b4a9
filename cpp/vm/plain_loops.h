// Loops over a tile element by element.
#pragma once

#include <cstdint>

#include "vm/handler.h"

namespace trimtab::vm {

template <class T>
const T* elements(const Location& location) {
  return reinterpret_cast<const T*>(location.address);
}

template <class T, class Result, class Function>
void plain_unary_loop(const Instruction& instruction, const Location* locations,
                      std::int64_t count) noexcept {
  const Function function;
  const T* a = elements<T>(locations[instruction.a]);
  const std::int64_t stride = locations[instruction.a].stride;
  auto* dst = reinterpret_cast<Result*>(locations[instruction.dst].address);
  if (stride == 1) {
    for (std::int64_t i = 0; i < count; ++i) dst[i] = static_cast<Result>(function(a[i]));
  } else {
    const auto value = static_cast<Result>(function(*a));
    for (std::int64_t i = 0; i < count; ++i) dst[i] = value;
  }
}

template <class T, class Result, class Function>
void plain_binary_loop(const Instruction& instruction, const Location* locations,
                       std::int64_t count) noexcept {
  const Function function;
  const T* a = elements<T>(locations[instruction.a]);
  const T* b = elements<T>(locations[instruction.b]);
  const std::int64_t stride_a = locations[instruction.a].stride;
  const std::int64_t stride_b = locations[instruction.b].stride;
  auto* dst = reinterpret_cast<Result*>(locations[instruction.dst].address);
  // Two simple loops for the compiler to vectorise, and the rest.
  if (stride_a == 1 && stride_b == 1) {
    for (std::int64_t i = 0; i < count; ++i) dst[i] = static_cast<Result>(function(a[i], b[i]));
  } else if (stride_a == 1) {
    const T value = *b;
    for (std::int64_t i = 0; i < count; ++i) dst[i] = static_cast<Result>(function(a[i], value));
  } else {
    for (std::int64_t i = 0; i < count; ++i) {
      dst[i] = static_cast<Result>(function(a[i * stride_a], b[i * stride_b]));
    }
  }
}

template <class T>
void plain_where_loop(const Instruction& instruction, const Location* locations,
                      std::int64_t count) noexcept {
  const Location& a = locations[instruction.a];
  const Location& b = locations[instruction.b];
  const Location& c = locations[instruction.c];
  auto* dst = reinterpret_cast<T*>(locations[instruction.dst].address);
  for (std::int64_t i = 0; i < count; ++i) {
    const T chosen_a = elements<T>(a)[i * a.stride];
    const T chosen_b = elements<T>(b)[i * b.stride];
    dst[i] = elements<bool>(c)[i * c.stride] ? chosen_a : chosen_b;
  }
}

template <class T, class Result, class Function>
Handler plain_unary(Function) {
  return plain_unary_loop<T, Result, Function>;
}

template <class T, class Result, class Function>
Handler plain_binary(Function) {
  return plain_binary_loop<T, Result, Function>;
}

}  // namespace trimtab::vm
