// Element types and the codes by which plans name them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trimtab {

enum class DType : std::int32_t {
  float32 = 0,
  float64 = 1,
  int32 = 2,
  int64 = 3,
  uint32 = 4,
  uint8 = 5,
  boolean = 6,  // one byte, 0 or 1
  // Only as a source that a loop converts from; no kernel computes in these.
  int8 = 7,
  int16 = 8,
  uint16 = 9,
  float16 = 10,
  // Only in memory, of the kernels that say so: they compute in float32 and round what they write.
  bfloat16 = 11,
};

// The upper half of a float32.
struct BFloat16 {
  std::uint16_t bits;
};

// Inlined always: a copy emitted by a source compiled for AVX-512 must not serve other machines.
[[gnu::always_inline]] constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::float64:
    case DType::int64:
      return 8;
    case DType::float32:
    case DType::int32:
    case DType::uint32:
      return 4;
    case DType::int16:
    case DType::uint16:
    case DType::float16:
    case DType::bfloat16:
      return 2;
    case DType::uint8:
    case DType::boolean:
    case DType::int8:
      return 1;
  }
  return 0;
}

}  // namespace trimtab
