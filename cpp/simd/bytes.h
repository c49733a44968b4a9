// Booleans in memory, a byte of 0 or 1 each, to and from the masks of vectors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/vec.h"

namespace trimtab::TRIMTAB_ISA {

// A byte for each lane of Vec<T>.
template <class T>
struct BytesOf {
  using type [[gnu::vector_size(lanes<T>)]] = std::uint8_t;
};
template <class T>
using Bytes = typename BytesOf<T>::type;

// The compiler's own conversions between bytes and wider lanes go through single elements.
template <class T>
[[gnu::always_inline]] inline Mask<T> widen(Bytes<T> bytes) {
#if defined(__AVX2__)
  __m128i all{};
  __builtin_memcpy(&all, &bytes, sizeof(bytes));
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return (Mask<T>)_mm512_maskz_cvtepu8_epi32(0xffff, all);
  if constexpr (sizeof(T) == 8) return (Mask<T>)_mm512_maskz_cvtepu8_epi64(0xff, all);
#else
  if constexpr (sizeof(T) == 4) return (Mask<T>)_mm256_cvtepu8_epi32(all);
  if constexpr (sizeof(T) == 8) return (Mask<T>)_mm256_cvtepu8_epi64(all);
#endif
#else
  return convert<Mask<T>>(bytes);
#endif
}

template <class T>
[[gnu::always_inline]] inline Bytes<T> narrow(Mask<T> mask) {
#if defined(__AVX2__) && !defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) {
    const auto wide = (__m256i)mask;
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
    const __m128i packed = _mm_packs_epi16(words, words);
    Bytes<T> bytes;
    __builtin_memcpy(&bytes, &packed, sizeof(bytes));
    return bytes;
  }
#endif
  return convert<Bytes<T>>(mask);
}

// The first `count` lanes; the others are false.
template <class T>
[[gnu::always_inline]] inline Mask<T> load_mask(const std::byte* from, std::int64_t count) {
  Bytes<T> bytes{};
  if (count == lanes<T>) {
    __builtin_memcpy(&bytes, from, sizeof(bytes));
  } else {
    __builtin_memcpy(&bytes, from, static_cast<std::size_t>(count));
  }
  return widen<T>(bytes) != 0;
}

template <class T>
[[gnu::always_inline]] inline void store_mask(std::byte* to, Mask<T> mask, std::int64_t count) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) {
    const __mmask16 bits = _mm512_movepi32_mask((__m512i)mask);
    const __m128i ones = _mm_maskz_set1_epi8(bits, 1);
    __builtin_memcpy(to, &ones, static_cast<std::size_t>(count));
    return;
  }
#endif
  const Bytes<T> bytes = narrow<T>(mask) & 1;
  if (count == lanes<T>) {
    __builtin_memcpy(to, &bytes, sizeof(bytes));
  } else {
    __builtin_memcpy(to, &bytes, static_cast<std::size_t>(count));
  }
}

}  // namespace trimtab::TRIMTAB_ISA
