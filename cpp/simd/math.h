// Elementary functions of Vec<float>, to about 2 ulp over the full range: infinities, NaN and
// subnormal numbers give what NumPy gives. The polynomials are minimax fits of this project.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "simd/vec.h"

namespace trimtab::TRIMTAB_ISA {

// c0 + c1 x + c2 x^2 + ...
template <class V>
[[gnu::always_inline]] inline V polynomial(V, Lane<V> c0) {
  return broadcast(c0);
}

template <class V, class... Rest>
[[gnu::always_inline]] inline V polynomial(V x, Lane<V> c0, Rest... rest) {
  return fma(polynomial(x, rest...), x, broadcast(c0));
}

// The lower bound for a NaN-keeping clamp: NaN compares false, so x itself is returned.
[[gnu::always_inline]] inline Vec<float> at_least(Vec<float> x, float bound) {
  const Vec<float> bounds = broadcast(bound);
  return bounds > x ? bounds : x;
}

[[gnu::always_inline]] inline Vec<float> at_most(Vec<float> x, float bound) {
  const Vec<float> bounds = broadcast(bound);
  return bounds < x ? bounds : x;
}

// 2^(n + offset) for integers, if the result is a normal number. Unsigned, as n is arbitrary where
// it comes from NaN.
[[gnu::always_inline]] inline Vec<float> exp2_of_integer(Vec<std::int32_t> n, int offset = 0) {
  return (Vec<float>)(((Vec<std::uint32_t>)n + static_cast<std::uint32_t>(127 + offset)) << 23);
}

// x = n ln 2 + r with |r| <= ln 2 / 2.
struct ReducedExponent {
  Vec<float> n;
  Vec<float> r;
};

[[gnu::always_inline]] inline ReducedExponent reduce_exponent(Vec<float> x) {
  const Vec<float> n = round(x * 1.44269504F);
  // ln 2 in two parts, of which n times the first is exact without a fused multiply-add.
  Vec<float> r = fma(n, broadcast(-0.693359375F), x);
  r = fma(n, broadcast(2.12194440e-4F), r);
  return {n, r};
}

// exp(r) - 1 for |r| <= ln 2 / 2.
[[gnu::always_inline]] inline Vec<float> expm1_reduced(Vec<float> r) {
  const Vec<float> tail = polynomial(r, 4.999999404e-01F, 1.666651517e-01F, 4.166845605e-02F,
                                     8.369418792e-03F, 1.381314243e-03F);
  return fma(r * r, tail, r);
}

[[gnu::always_inline]] inline Vec<float> exp(Vec<float> x) {
  const Vec<float> clamped = at_least(at_most(x, 89.0F), -105.0F);
  const ReducedExponent reduced = reduce_exponent(clamped);
  const Vec<float> mantissa = expm1_reduced(reduced.r) + 1.0F;
#if defined(__AVX512F__)
  return (Vec<float>)_mm512_maskz_scalef_ps(0xffff, mantissa, reduced.n);
#else
  // In two steps: 2^n leaves the range of normal numbers where the result is subnormal.
  const auto n = convert<Vec<std::int32_t>>(reduced.n);
  const auto half = n >> 1;
  return mantissa * exp2_of_integer(half) * exp2_of_integer(n - half);
#endif
}

[[gnu::always_inline]] inline Vec<float> expm1(Vec<float> x) {
  const Vec<float> clamped = at_least(at_most(x, 89.0F), -20.0F);
  const ReducedExponent reduced = reduce_exponent(clamped);
  // 2^(n-1), then twice the result: 2^n itself may overflow.
  const Vec<float> scale = exp2_of_integer(convert<Vec<std::int32_t>>(reduced.n), -1);
  const Vec<float> result = fma(expm1_reduced(reduced.r), scale, scale - 0.5F) * 2.0F;
  // Keeps -0.0 and subnormal numbers.
  return abs(x) < 0x1p-30F ? x : result;
}

// log(m) for m in [sqrt(1/2), sqrt(2)), given f = m - 1, plus e ln 2.
[[gnu::always_inline]] inline Vec<float> log_reduced(Vec<float> f, Vec<float> e) {
  const Vec<float> square = f * f;
  Vec<float> tail =
      polynomial(f, 3.333333135e-01F, -2.500082254e-01F, 2.000122666e-01F, -1.662335694e-01F,
                 1.420176178e-01F, -1.316019446e-01F, 1.276154965e-01F, -7.634429634e-02F);
  tail = fma(tail * f, square, e * -2.12194440e-4F);
  tail = fma(square, broadcast(-0.5F), tail);
  return fma(e, broadcast(0.693359375F), f + tail);
}

// log of a positive, finite, normal number.
[[gnu::always_inline]] inline Vec<float> log_of_normal(Vec<float> x, Vec<float> exponent_offset) {
  // Subtracting sqrt(1/2)'s bits makes the exponent field count from there.
  const auto bits = (Vec<std::uint32_t>)x - 0x3f3504f3U;
  const Vec<float> e = convert<Vec<float>>((Vec<std::int32_t>)bits >> 23) + exponent_offset;
  const auto mantissa = (Vec<float>)((bits & 0x007fffffU) + 0x3f3504f3U);
  return log_reduced(mantissa - 1.0F, e);
}

[[gnu::always_inline]] inline Vec<float> log(Vec<float> x) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const auto is_tiny = x < 0x1p-126F;
  const Vec<float> normal = is_tiny ? x * 0x1p23F : x;
  const Vec<float> offset = is_tiny ? broadcast(-23.0F) : Vec<float>{};
  Vec<float> result = log_of_normal(normal, offset);
  result = x == 0.0F ? broadcast(-infinity) : result;
  result = x < 0.0F ? broadcast(std::numeric_limits<float>::quiet_NaN()) : result;
  // Infinity and NaN are their own logarithms.
  return x < infinity ? result : x;
}

[[gnu::always_inline]] inline Vec<float> log1p(Vec<float> x) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const Vec<float> u = x + 1.0F;
  // What the rounding of 1 + x lost.
  const Vec<float> lost = abs(x) < 1.0F ? x - (u - 1.0F) : 1.0F - (u - x);
  Vec<float> result = log_of_normal(u, Vec<float>{}) + lost / u;
  result = x == -1.0F ? broadcast(-infinity) : result;
  result = x < -1.0F ? broadcast(std::numeric_limits<float>::quiet_NaN()) : result;
  result = x < infinity ? result : x;
  return abs(x) < 0x1p-30F ? x : result;
}

[[gnu::always_inline]] inline Vec<float> tanh(Vec<float> x) {
  // tanh x = h / (h + 1) with h = (exp(2 |x|) - 1) / 2; from 9.02 on it rounds to 1.
  const Vec<float> magnitude = at_most(abs(x), 9.1F);
  // Adding 1.5 * 2^23 + 127 rounds to an integer n and leaves n + 127 in the low bits, which are
  // the exponent field of 2^n.
  constexpr float integers = 12582912.0F + 127.0F;
  const Vec<float> shifted = fma(magnitude, broadcast(2.88539008F), broadcast(integers));
  const auto scale = (Vec<float>)((Vec<std::uint32_t>)shifted << 23);
  const Vec<float> n = shifted - integers;
  // One part of ln 2 / 2 is enough: where n is large, tanh is flat.
  const Vec<float> r = fma(n, broadcast(-0.34657359F), magnitude);
  // (exp(2 r) - 1) / 2, by the coefficients of expm1_reduced times powers of 2.
  const Vec<float> tail =
      polynomial(r, 2 * 4.999999404e-01F, 4 * 1.666651517e-01F, 8 * 4.166845605e-02F,
                 16 * 8.369418792e-03F, 32 * 1.381314243e-03F);
  const Vec<float> reduced = fma(r * r, tail, r);
  const Vec<float> h = fma(reduced, scale, fma(scale, broadcast(0.5F), broadcast(-0.5F)));
  return copy_sign(h / (h + 1.0F), x);
}

[[gnu::always_inline]] inline Vec<float> sigmoid(Vec<float> x) {
  const Vec<float> small = exp(-abs(x));
  const Vec<float> numerator = x < 0.0F ? small : broadcast(1.0F);
  return numerator / (small + 1.0F);
}

[[gnu::always_inline]] inline Vec<float> erf(Vec<float> x) {
  const Vec<float> magnitude = at_most(abs(x), 4.0F);
  const Vec<float> square = magnitude * magnitude;
  const Vec<float> tail =
      polynomial(square, 1.283791661e-01F, -3.761263490e-01F, 1.128369644e-01F, -2.685941383e-02F,
                 5.200990010e-03F, -8.141480503e-04F, 8.362306835e-05F);
  const Vec<float> near = fma(magnitude, tail, magnitude);
  // erf = 1 - exp(log(erfc)).
  const Vec<float> log_erfc =
      -polynomial(magnitude, 1.664390875e-04F, 1.127797246e+00F, 6.369760036e-01F, 1.041137427e-01F,
                  -2.231524885e-02F, 3.065499710e-03F, -1.982207032e-04F);
  const Vec<float> far = 1.0F - exp(log_erfc);
  return copy_sign(magnitude < 0.92F ? near : far, x);
}

[[gnu::always_inline]] inline Vec<float> erf_inv(Vec<float> x) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const Vec<float> magnitude = abs(x);
  const Vec<float> w = -log((1.0F - magnitude) * (1.0F + magnitude));
  const Vec<float> small =
      polynomial(w - 2.5F, 1.501409411e+00F, 2.466402799e-01F, -4.177386872e-03F, -1.252741902e-03F,
                 2.183444449e-04F, -4.963347692e-06F, -3.462704854e-06F, 4.661706612e-07F,
                 2.323264425e-08F, -8.791056771e-09F);
  const Vec<float> large =
      polynomial(sqrt(w) - 3.0F, 2.832976818e+00F, 1.001674891e+00F, 9.444526397e-03F,
                 -7.635287475e-03F, 5.693391897e-03F, -3.606771585e-03F, 1.468486735e-03F,
                 -3.857901174e-05F, -2.963523730e-04F, 1.027825565e-04F);
  const Vec<float> result = (w < 5.0F ? small : large) * x;
  return magnitude == 1.0F ? x * infinity : result;
}

// Of float64 lane by lane: the standard library's.
inline Vec<double> exp(Vec<double> x) {
  for (int i = 0; i < lanes<double>; ++i) x[i] = std::exp(x[i]);
  return x;
}

inline Vec<double> log(Vec<double> x) {
  for (int i = 0; i < lanes<double>; ++i) x[i] = std::log(x[i]);
  return x;
}

}  // namespace trimtab::TRIMTAB_ISA
