// Vectors of float32 from and to memory of bfloat16: half a vector's bytes. What is stored is
// rounded to the nearest, halves to even.
#pragma once

#include <cstdint>

#include "base/dtype.h"
#include "simd/vec.h"

namespace trimtab::TRIMTAB_ISA {

using HalfLanes [[gnu::vector_size(vec_bytes / 2)]] = std::uint16_t;

[[gnu::always_inline]] inline Vec<float> widened(HalfLanes halves) {
  return (Vec<float>)(__builtin_convertvector(halves, Vec<std::uint32_t>) << 16);
}

[[gnu::always_inline]] inline HalfLanes narrowed(Vec<float> value) {
  const auto upper = (Vec<std::uint32_t>)round_bfloat16(value) >> 16;
  // Quiet, or a NaN whose set bits are all in the lower half would become infinite.
  const auto quiet = (Vec<std::uint32_t>)(value != value) & 0x40;
  return __builtin_convertvector(upper | quiet, HalfLanes);
}

[[gnu::always_inline]] inline Vec<float> load(const BFloat16* from) {
  HalfLanes halves;
  __builtin_memcpy(&halves, from, sizeof(halves));
  return widened(halves);
}

[[gnu::always_inline]] inline void store(BFloat16* to, Vec<float> value) {
  const HalfLanes halves = narrowed(value);
  __builtin_memcpy(to, &halves, sizeof(halves));
}

// As `load` and `store` of the first `count` lanes; memory past them is not touched.
[[gnu::always_inline]] inline Vec<float> load_partial(const BFloat16* from, std::int64_t count) {
#if defined(__AVX512F__)
  return widened(
      (HalfLanes)_mm256_maskz_loadu_epi16(static_cast<__mmask16>(first_bits<float>(count)), from));
#else
  HalfLanes halves{};
  __builtin_memcpy(&halves, from, static_cast<std::size_t>(count) * sizeof(BFloat16));
  return widened(halves);
#endif
}

[[gnu::always_inline]] inline void store_partial(BFloat16* to, Vec<float> value,
                                                 std::int64_t count) {
  const HalfLanes halves = narrowed(value);
#if defined(__AVX512F__)
  _mm256_mask_storeu_epi16(to, static_cast<__mmask16>(first_bits<float>(count)), (__m256i)halves);
#else
  __builtin_memcpy(to, &halves, static_cast<std::size_t>(count) * sizeof(BFloat16));
#endif
}

[[gnu::always_inline]] inline Vec<float> load_lanes(const BFloat16* from, std::int64_t count) {
  return count == lanes<float> ? load(from) : load_partial(from, count);
}

[[gnu::always_inline]] inline void store_lanes(BFloat16* to, Vec<float> value, std::int64_t count) {
  if (count == lanes<float>) {
    store(to, value);
  } else {
    store_partial(to, value, count);
  }
}

}  // namespace trimtab::TRIMTAB_ISA
