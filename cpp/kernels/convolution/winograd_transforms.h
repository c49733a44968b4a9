// The linear maps of F(4 x 4, 3 x 3): from taps, inputs and outputs to the 36 components in which a
// convolution is a product (Lavin and Gray, 2016), and their transposes for the gradients.
//
// The six points are 0, a, -a, b, -b and infinity. With a = 5/8 and b = 3/2 rounding errors are
// half those of the usual 1 and 2: relative to the root mean square 6e-7, where a direct sum of 64
// channels has 1e-7.
#pragma once

#include <cstdint>

#include "simd/vec.h"

namespace trimtab::TRIMTAB_ISA::winograd {

inline constexpr int out_size = 4;  // outputs of a tile along an axis
inline constexpr int in_size = 6;   // its inputs, and its components
inline constexpr int taps = 3;
inline constexpr int components = in_size * in_size;

inline constexpr float a = 0.625F;
inline constexpr float b = 1.5F;
inline constexpr float a2 = a * a;
inline constexpr float b2 = b * b;

using Lanes = Vec<float>;

[[gnu::always_inline]] inline Lanes fma(float factor, Lanes x, Lanes y) {
  return TRIMTAB_ISA::fma(broadcast(factor), x, y);
}

// B^T: six inputs to six components.
struct ToInput {
  static constexpr int from = in_size;
  static constexpr int to = in_size;
  [[gnu::always_inline]] static void apply(const Lanes (&d)[from], Lanes (&t)[to]) {
    const Lanes even_a = fma(-b2, d[2], d[4]);
    const Lanes odd_a = fma(-b2, d[1], d[3]);
    const Lanes even_b = fma(-a2, d[2], d[4]);
    const Lanes odd_b = fma(-a2, d[1], d[3]);
    t[0] = fma(-(a2 + b2), d[2], fma(a2 * b2, d[0], d[4]));
    t[1] = fma(a, odd_a, even_a);
    t[2] = fma(-a, odd_a, even_a);
    t[3] = fma(b, odd_b, even_b);
    t[4] = fma(-b, odd_b, even_b);
    t[5] = fma(-(a2 + b2), d[3], fma(a2 * b2, d[1], d[5]));
  }
};

// A^T: six components to four outputs.
struct ToOutput {
  static constexpr int from = in_size;
  static constexpr int to = out_size;
  [[gnu::always_inline]] static void apply(const Lanes (&m)[from], Lanes (&y)[to]) {
    const Lanes sum_a = m[1] + m[2];
    const Lanes sum_b = m[3] + m[4];
    const Lanes difference_a = m[1] - m[2];
    const Lanes difference_b = m[3] - m[4];
    y[0] = m[0] + (sum_a + sum_b);
    y[1] = fma(b, difference_b, difference_a * a);
    y[2] = fma(b2, sum_b, sum_a * a2);
    y[3] = fma(b2 * b, difference_b, fma(a2 * a, difference_a, m[5]));
  }
};

// A: four cotangents of outputs to six components.
struct FromOutput {
  static constexpr int from = out_size;
  static constexpr int to = in_size;
  [[gnu::always_inline]] static void apply(const Lanes (&g)[from], Lanes (&t)[to]) {
    const Lanes even_a = fma(a2, g[2], g[0]);
    const Lanes odd_a = fma(a2, g[3], g[1]);
    const Lanes even_b = fma(b2, g[2], g[0]);
    const Lanes odd_b = fma(b2, g[3], g[1]);
    t[0] = g[0];
    t[1] = fma(a, odd_a, even_a);
    t[2] = fma(-a, odd_a, even_a);
    t[3] = fma(b, odd_b, even_b);
    t[4] = fma(-b, odd_b, even_b);
    t[5] = g[3];
  }
};

// 1 over the product of a point's distances to the other finite ones.
inline constexpr float of_zero = 1 / (a2 * b2);
inline constexpr float of_a = 1 / (2 * a2 * (a2 - b2));
inline constexpr float of_b = 1 / (2 * b2 * (b2 - a2));

// G: three taps to six components.
struct ToWeights {
  static constexpr int from = taps;
  static constexpr int to = in_size;
  [[gnu::always_inline]] static void apply(const Lanes (&w)[from], Lanes (&u)[to]) {
    const Lanes even_a = fma(of_a * a2, w[2], w[0] * of_a);
    const Lanes even_b = fma(of_b * b2, w[2], w[0] * of_b);
    u[0] = w[0] * of_zero;
    u[1] = fma(of_a * a, w[1], even_a);
    u[2] = fma(-of_a * a, w[1], even_a);
    u[3] = fma(of_b * b, w[1], even_b);
    u[4] = fma(-of_b * b, w[1], even_b);
    u[5] = w[2];
  }
};

// G^T: six components' cotangents to those of three taps.
struct FromWeights {
  static constexpr int from = in_size;
  static constexpr int to = taps;
  [[gnu::always_inline]] static void apply(const Lanes (&u)[from], Lanes (&w)[to]) {
    const Lanes sum_a = u[1] + u[2];
    const Lanes sum_b = u[3] + u[4];
    w[0] = fma(of_zero, u[0], fma(of_a, sum_a, sum_b * of_b));
    w[1] = fma(of_a * a, u[1] - u[2], (u[3] - u[4]) * (of_b * b));
    w[2] = fma(of_a * a2, sum_a, fma(of_b * b2, sum_b, u[5]));
  }
};

// Map along both axes of a square: load(y, x) gives its elements, store(y, x, value) takes them.
template <class Map, class Load, class Store>
[[gnu::always_inline]] inline void apply_twice(const Load& load, const Store& store) {
  Lanes half[Map::to][Map::from];
  unroll<Map::from>([&](auto x) {
    Lanes column[Map::from];
    unroll<Map::from>([&](auto y) { column[y] = load(y, x); });
    Lanes mapped[Map::to];
    Map::apply(column, mapped);
    unroll<Map::to>([&](auto y) { half[y][x] = mapped[y]; });
  });
  unroll<Map::to>([&](auto y) {
    Lanes mapped[Map::to];
    Map::apply(half[y], mapped);
    unroll<Map::to>([&](auto x) { store(y, x, mapped[x]); });
  });
}

}  // namespace trimtab::TRIMTAB_ISA::winograd
