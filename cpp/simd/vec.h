// One vector type, as wide as the instruction set: Vec<float> has 16 lanes under AVX-512, 8 under
// AVX2 and 4 otherwise, Vec<double> half as many. Vectors are GCC vector extensions, so + - * / ,
// comparisons (giving integer lanes of 0 or -1) and bit operations are operators.
//
// Sources that include this are compiled once for each instruction set, with TRIMTAB_ISA naming
// the namespace. Whatever they define must live in that namespace, or the linker may keep a
// function compiled for AVX-512 on behalf of a machine without it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#if !defined(TRIMTAB_ISA)
#define TRIMTAB_ISA portable
#endif

namespace trimtab::TRIMTAB_ISA {

#if defined(__AVX512F__)
inline constexpr int vec_bytes = 64;
#elif defined(__AVX2__)
inline constexpr int vec_bytes = 32;
#else
inline constexpr int vec_bytes = 16;
#endif

// Vector registers of the instruction set: how many accumulators a kernel can hold.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int vec_registers = 32;
#else
inline constexpr int vec_registers = 16;
#endif

template <class T>
struct VecOf {
  using type [[gnu::vector_size(vec_bytes)]] = T;
};

template <class T>
using Vec = typename VecOf<T>::type;

template <class T>
inline constexpr int lanes = vec_bytes / static_cast<int>(sizeof(T));

// The integer lanes that a comparison of Vec<T> gives.
template <class T>
using Mask = decltype(Vec<T>{} < Vec<T>{});

template <class V>
using Lane = std::remove_cvref_t<decltype(V{}[0])>;

template <class T>
[[gnu::always_inline]] inline Vec<T> broadcast(T value) {
  return value - Vec<T>{};  // value + 0 would turn -0.0 into 0.0
}

// Calls fn with std::integral_constant 0, ..., count - 1: a loop whose index can choose registers.
template <int count, class F>
[[gnu::always_inline]] constexpr void unroll(F&& fn) {
  [&]<int... i>(std::integer_sequence<int, i...>) {
    (fn(std::integral_constant<int, i>{}), ...);
  }(std::make_integer_sequence<int, count>{});
}

// Any alignment.
template <class T>
[[gnu::always_inline]] inline Vec<T> load(const T* from) {
  Vec<T> result;
  __builtin_memcpy(&result, from, vec_bytes);
  return result;
}

template <class T>
[[gnu::always_inline]] inline void store(T* to, Vec<T> value) {
  __builtin_memcpy(to, &value, vec_bytes);
}

#if defined(__AVX2__) && !defined(__AVX512F__)
// `count` lanes of -1, then 0. Only AVX2's masked accesses of 4 and 8 bytes take such a mask.
template <class T>
[[gnu::always_inline]] inline __m256i first_lanes(std::int64_t count) {
  if constexpr (sizeof(T) == 4) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  } else {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(count), _mm256_setr_epi64x(0, 1, 2, 3));
  }
}
#endif

#if defined(__AVX512F__)
// The lowest `count` bits, 0 <= count <= lanes<T>.
template <class T>
[[gnu::always_inline]] inline std::uint64_t first_bits(std::int64_t count) {
  if constexpr (lanes<T> == 64) {
    if (count == 64) return ~std::uint64_t{0};
  }
  return (std::uint64_t{1} << count) - 1;
}
#endif

// The first `count` lanes from memory, 0 <= count <= lanes, the others 0. Memory past them is not
// touched.
template <class T>
[[gnu::always_inline]] inline Vec<T> load_partial(const T* from, std::int64_t count) {
#if defined(__AVX512F__)
  const std::uint64_t bits = first_bits<T>(count);
  if constexpr (sizeof(T) == 4) {
    return (Vec<T>)_mm512_maskz_loadu_epi32(static_cast<__mmask16>(bits), from);
  } else if constexpr (sizeof(T) == 8) {
    return (Vec<T>)_mm512_maskz_loadu_epi64(static_cast<__mmask8>(bits), from);
  } else if constexpr (sizeof(T) == 2) {
    return (Vec<T>)_mm512_maskz_loadu_epi16(static_cast<__mmask32>(bits), from);
  } else {
    return (Vec<T>)_mm512_maskz_loadu_epi8(bits, from);
  }
#else
#if defined(__AVX2__)
  if constexpr (sizeof(T) == 4) {
    return (Vec<T>)_mm256_maskload_epi32(reinterpret_cast<const int*>(from), first_lanes<T>(count));
  } else if constexpr (sizeof(T) == 8) {
    return (Vec<T>)_mm256_maskload_epi64(reinterpret_cast<const long long*>(from),
                                         first_lanes<T>(count));
  }
#endif
  Vec<T> result{};
  if constexpr (lanes<T> <= 4) {
    // Faster than a copy of unknown size.
    unroll<lanes<T>>([&](auto i) {
      if (i < count) result[i.value] = from[i];
    });
  } else {
    __builtin_memcpy(&result, from, static_cast<std::size_t>(count) * sizeof(T));
  }
  return result;
#endif
}

template <class T>
[[gnu::always_inline]] inline void store_partial(T* to, Vec<T> value, std::int64_t count) {
#if defined(__AVX512F__)
  const std::uint64_t bits = first_bits<T>(count);
  if constexpr (sizeof(T) == 4) {
    _mm512_mask_storeu_epi32(to, static_cast<__mmask16>(bits), (__m512i)value);
  } else if constexpr (sizeof(T) == 8) {
    _mm512_mask_storeu_epi64(to, static_cast<__mmask8>(bits), (__m512i)value);
  } else if constexpr (sizeof(T) == 2) {
    _mm512_mask_storeu_epi16(to, static_cast<__mmask32>(bits), (__m512i)value);
  } else {
    _mm512_mask_storeu_epi8(to, bits, (__m512i)value);
  }
#else
#if defined(__AVX2__)
  if constexpr (sizeof(T) == 4) {
    _mm256_maskstore_epi32(reinterpret_cast<int*>(to), first_lanes<T>(count), (__m256i)value);
    return;
  } else if constexpr (sizeof(T) == 8) {
    _mm256_maskstore_epi64(reinterpret_cast<long long*>(to), first_lanes<T>(count), (__m256i)value);
    return;
  }
#endif
  if constexpr (lanes<T> <= 4) {
    unroll<lanes<T>>([&](auto i) {
      if (i < count) to[i] = value[i.value];
    });
  } else {
    __builtin_memcpy(to, &value, static_cast<std::size_t>(count) * sizeof(T));
  }
#endif
}

// a * b + c, rounded once where the instruction set has it (not under portable x86).
[[gnu::always_inline]] inline Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) {
#if defined(__AVX512F__)
  return (Vec<float>)_mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__) && defined(__AVX2__)
  return (Vec<float>)_mm256_fmadd_ps(a, b, c);
#elif defined(__aarch64__)
  return (Vec<float>)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

[[gnu::always_inline]] inline Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
#if defined(__AVX512F__)
  return (Vec<double>)_mm512_fmadd_pd(a, b, c);
#elif defined(__FMA__) && defined(__AVX2__)
  return (Vec<double>)_mm256_fmadd_pd(a, b, c);
#elif defined(__aarch64__)
  return (Vec<double>)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
  return a * b + c;
#endif
}

// mask ? a : b, lane by lane; the mask is a comparison's result.
template <class M, class V>
[[gnu::always_inline]] inline V select(M mask, V a, V b) {
  return mask ? a : b;
}

// If a lane of either is NaN, the result is b's: callers that need NumPy's rule select by a != a.
template <class V>
[[gnu::always_inline]] inline V min(V a, V b) {
  return a < b ? a : b;
}

template <class V>
[[gnu::always_inline]] inline V max(V a, V b) {
  return a > b ? a : b;
}

[[gnu::always_inline]] inline Vec<float> abs(Vec<float> x) {
  return (Vec<float>)((Vec<std::int32_t>)x & 0x7fffffff);
}

[[gnu::always_inline]] inline Vec<double> abs(Vec<double> x) {
  return (Vec<double>)((Vec<std::int64_t>)x & 0x7fffffffffffffff);
}

template <class V>
[[gnu::always_inline]] inline V copy_sign(V magnitude, V sign) {
  using Bits = Mask<Lane<V>>;
  const Bits sign_bit = (Bits)(-V{});
  return (V)(((Bits)magnitude & ~sign_bit) | ((Bits)sign & sign_bit));
}

[[gnu::always_inline]] inline Vec<float> sqrt(Vec<float> x) {
#if defined(__AVX512F__)
  // Masked with all lanes: GCC 12 warns about the plain form (GCC bug 105593). So below.
  return (Vec<float>)_mm512_maskz_sqrt_ps(0xffff, x);
#elif defined(__AVX2__)
  return (Vec<float>)_mm256_sqrt_ps(x);
#elif defined(__SSE2__)
  return (Vec<float>)_mm_sqrt_ps(x);
#else
  for (int i = 0; i < lanes<float>; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

[[gnu::always_inline]] inline Vec<double> sqrt(Vec<double> x) {
#if defined(__AVX512F__)
  return (Vec<double>)_mm512_maskz_sqrt_pd(0xff, x);
#elif defined(__AVX2__)
  return (Vec<double>)_mm256_sqrt_pd(x);
#elif defined(__SSE2__)
  return (Vec<double>)_mm_sqrt_pd(x);
#else
  for (int i = 0; i < lanes<double>; ++i) x[i] = __builtin_sqrt(x[i]);
  return x;
#endif
}

// `integers` is the magnitude from which on every value is an integer: adding it rounds.
template <class V>
[[gnu::always_inline]] inline V round_by_addition(V x, Lane<V> integers) {
  const V magnitude = abs(x);
  const V rounded = (magnitude + integers) - integers;
  return magnitude < integers ? copy_sign(rounded, x) : x;
}

// To the nearest integer, halves to even; keeps the sign of zero.
[[gnu::always_inline]] inline Vec<float> round(Vec<float> x) {
#if defined(__AVX512F__)
  return (Vec<float>)_mm512_maskz_roundscale_ps(0xffff, x, _MM_FROUND_TO_NEAREST_INT);
#elif defined(__AVX2__)
  return (Vec<float>)_mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT);
#elif defined(__aarch64__)
  return (Vec<float>)vrndnq_f32((float32x4_t)x);
#else
  return round_by_addition(x, 0x1p23f);
#endif
}

[[gnu::always_inline]] inline Vec<double> round(Vec<double> x) {
#if defined(__AVX512F__)
  return (Vec<double>)_mm512_maskz_roundscale_pd(0xff, x, _MM_FROUND_TO_NEAREST_INT);
#elif defined(__AVX2__)
  return (Vec<double>)_mm256_round_pd(x, _MM_FROUND_TO_NEAREST_INT);
#elif defined(__aarch64__)
  return (Vec<double>)vrndnq_f64((float64x2_t)x);
#else
  return round_by_addition(x, 0x1p52);
#endif
}

template <class V>
[[gnu::always_inline]] inline V floor(V x) {
  const V nearest = round(x);
  return nearest - (nearest > x ? broadcast(Lane<V>{1}) : V{});
}

template <class V>
[[gnu::always_inline]] inline V ceil(V x) {
  return -floor(-x);
}

// To the nearest number with bfloat16's 8 significant bits, halves to even. `Bits` are unsigned, so
// that a carry past the largest number gives infinity.
template <class V, class Bits>
[[gnu::always_inline]] inline V round_upper_half(V x) {
  const Bits bits = (Bits)x;
  const Bits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000;
  return x != x ? x : (V)rounded;
}

[[gnu::always_inline]] inline Vec<float> round_bfloat16(Vec<float> x) {
  return round_upper_half<Vec<float>, Vec<std::uint32_t>>(x);
}

// Through float32.
[[gnu::always_inline]] inline Vec<double> round_bfloat16(Vec<double> x) {
  using Narrow [[gnu::vector_size(vec_bytes / 2)]] = float;
  using Bits [[gnu::vector_size(vec_bytes / 2)]] = std::uint32_t;
  const auto narrow = __builtin_convertvector(x, Narrow);
  return __builtin_convertvector((round_upper_half<Narrow, Bits>(narrow)), Vec<double>);
}

// Lane by lane conversion of values; both have the same number of lanes.
template <class To, class From>
[[gnu::always_inline]] inline To convert(From x) {
  return __builtin_convertvector(x, To);
}

// Adds the upper half to the lower one until one value is left.
template <class V>
[[gnu::always_inline]] inline Lane<V> reduce_add(V x) {
  if constexpr (sizeof(V) > 16) {
    using Half [[gnu::vector_size(sizeof(V) / 2)]] = Lane<V>;
    Half halves[2];
    __builtin_memcpy(halves, &x, sizeof(V));
    return reduce_add(Half(halves[0] + halves[1]));
  } else if constexpr (sizeof(x[0]) == 4) {
    return (x[0] + x[2]) + (x[1] + x[3]);
  } else {
    static_assert(sizeof(x[0]) == 8);
    return x[0] + x[1];
  }
}

}  // namespace trimtab::TRIMTAB_ISA
