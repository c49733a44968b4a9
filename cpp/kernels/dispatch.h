// From a dtype's code to a C++ type, when a step is prepared.
#pragma once

#include <cstdint>

#include "base/dtype.h"
#include "kernels/kernel.h"

namespace trimtab::kernels {

template <class T>
struct Type {
  using type = T;
};

// function(Type<T>{}) for any dtype but bool, whose bytes count as uint8.
template <class Function>
auto for_number(DType dtype, Function&& function) {
  switch (dtype) {
    case DType::float32:
      return function(Type<float>{});
    case DType::float64:
      return function(Type<double>{});
    case DType::int32:
      return function(Type<std::int32_t>{});
    case DType::int64:
      return function(Type<std::int64_t>{});
    case DType::uint32:
      return function(Type<std::uint32_t>{});
    default:
      return function(Type<std::uint8_t>{});
  }
}

// function(Type<T>{}) for any dtype.
template <class Function>
auto for_dtype(DType dtype, Function&& function) {
  if (dtype == DType::boolean) return function(Type<bool>{});
  return for_number(dtype, function);
}

// function(Type<T>{}) for a type that only moves bytes.
template <class Function>
auto for_item_size(const IntReader& ints, std::int64_t item_bytes, Function&& function) {
  switch (item_bytes) {
    case 1:
      return function(Type<std::uint8_t>{});
    case 2:
      return function(Type<std::uint16_t>{});
    case 4:
      return function(Type<std::uint32_t>{});
    case 8:
      return function(Type<std::uint64_t>{});
    default:
      ints.fail("needs items of 1, 2, 4 or 8 bytes", item_bytes);
  }
}

// function(Type<T>{}, Type<S>{}) for a kernel that computes in T and keeps arrays in memory as S:
// float32, float64, or bfloat16 computed in float32.
template <class Function>
auto for_stored(DType dtype, Function&& function) {
  if (dtype == DType::bfloat16) return function(Type<float>{}, Type<BFloat16>{});
  if (dtype == DType::float64) return function(Type<double>{}, Type<double>{});
  return function(Type<float>{}, Type<float>{});
}

// function(Type<T>{}) for float32 or float64.
template <class Function>
auto for_floating(DType dtype, Function&& function) {
  if (dtype == DType::float64) return function(Type<double>{});
  return function(Type<float>{});
}

}  // namespace trimtab::kernels
