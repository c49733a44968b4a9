// Transposition of matrices by blocks of as many rows and columns as a vector has lanes.
#pragma once

#include <cstdint>

#include "simd/vec.h"

namespace trimtab::TRIMTAB_ISA {

// Lanes of a and b: where bit `distance` of the lane is clear, a's; where it is set, b's lane that
// lies `distance` lower (low half) or the same lane with a's taken from `distance` higher.
template <int distance, class V, int... lane>
[[gnu::always_inline]] inline void exchange(V& a, V& b, std::integer_sequence<int, lane...>) {
  constexpr int count = sizeof...(lane);
  const V low =
      __builtin_shufflevector(a, b, ((lane & distance) != 0 ? count + lane - distance : lane)...);
  b = __builtin_shufflevector(a, b, ((lane & distance) != 0 ? count + lane : lane + distance)...);
  a = low;
}

// Transposes the square block of which rows[i] is row i.
template <class T>
[[gnu::always_inline]] inline void transpose_registers(Vec<T> (&rows)[lanes<T>]) {
  constexpr int count = lanes<T>;
  const auto stage = [&](auto distance) {
    unroll<count>([&](auto i) {
      if constexpr ((i & distance) == 0) {
        exchange<distance>(rows[i], rows[i + distance], std::make_integer_sequence<int, count>{});
      }
    });
  };
  if constexpr (count >= 16) stage(std::integral_constant<int, 8>{});
  if constexpr (count >= 8) stage(std::integral_constant<int, 4>{});
  if constexpr (count >= 4) stage(std::integral_constant<int, 2>{});
  stage(std::integral_constant<int, 1>{});
}

template <class T>
[[gnu::noinline]] void transpose_full_block(const T* from, std::int64_t from_stride, T* to,
                                            std::int64_t to_stride) {
  Vec<T> block[lanes<T>];
  unroll<lanes<T>>([&](auto i) { block[i] = load(from + i * from_stride); });
  transpose_registers<T>(block);
  unroll<lanes<T>>([&](auto i) { store(to + i * to_stride, block[i]); });
}

template <class T>
[[gnu::noinline]] void transpose_partial_block(const T* from, std::int64_t from_stride, T* to,
                                               std::int64_t to_stride, std::int64_t rows,
                                               std::int64_t columns) {
  Vec<T> block[lanes<T>];
  unroll<lanes<T>>([&](auto i) {
    block[i] = i < rows ? load_partial(from + i * from_stride, columns) : Vec<T>{};
  });
  transpose_registers<T>(block);
  unroll<lanes<T>>([&](auto i) {
    if (i < columns) store_partial(to + i * to_stride, block[i], rows);
  });
}

// Two interleaved rows from (count, 2), as a shuffle of two vectors gives both at once.
template <class T, int... lane>
[[gnu::always_inline]] inline void split_pairs(const T* from, std::int64_t count, T* even, T* odd,
                                               std::integer_sequence<int, lane...>) {
  constexpr int width = sizeof...(lane);
  std::int64_t i = 0;
  for (; i + width <= count; i += width) {
    const Vec<T> a = load(from + 2 * i);
    const Vec<T> b = load(from + 2 * i + width);
    store(even + i, Vec<T>(__builtin_shufflevector(a, b, (2 * lane)...)));
    store(odd + i, Vec<T>(__builtin_shufflevector(a, b, (2 * lane + 1)...)));
  }
  for (; i < count; ++i) {
    even[i] = from[2 * i];
    odd[i] = from[2 * i + 1];
  }
}

template <class T, int... lane>
[[gnu::always_inline]] inline void join_pairs(const T* even, const T* odd, std::int64_t count,
                                              T* to, std::integer_sequence<int, lane...>) {
  constexpr int width = sizeof...(lane);
  constexpr int half = width / 2;
  std::int64_t i = 0;
  for (; i + width <= count; i += width) {
    const Vec<T> a = load(even + i);
    const Vec<T> b = load(odd + i);
    store(to + 2 * i, Vec<T>(__builtin_shufflevector(a, b, (lane / 2 + lane % 2 * width)...)));
    store(to + 2 * i + width,
          Vec<T>(__builtin_shufflevector(a, b, (half + lane / 2 + lane % 2 * width)...)));
  }
  for (; i < count; ++i) {
    to[2 * i] = even[i];
    to[2 * i + 1] = odd[i];
  }
}

// to[j * to_stride + i] = from[i * from_stride + j] for i < rows and j < columns.
template <class T>
void transpose(const T* from, std::int64_t from_stride, T* to, std::int64_t to_stride,
               std::int64_t rows, std::int64_t columns) {
  constexpr int width = lanes<T>;
  constexpr auto every_lane = std::make_integer_sequence<int, width>{};
  if (columns == 2 && from_stride == 2) {
    split_pairs(from, rows, to, to + to_stride, every_lane);
    return;
  }
  if (rows == 2 && to_stride == 2) {
    join_pairs(from, from + from_stride, columns, to, every_lane);
    return;
  }
  for (std::int64_t j = 0; j < columns; j += width) {
    const std::int64_t block_columns = columns - j < width ? columns - j : width;
    for (std::int64_t i = 0; i < rows; i += width) {
      const std::int64_t block_rows = rows - i < width ? rows - i : width;
      const T* block_from = from + i * from_stride + j;
      T* block_to = to + j * to_stride + i;
      if (block_rows == width && block_columns == width) {
        transpose_full_block(block_from, from_stride, block_to, to_stride);
      } else {
        transpose_partial_block(block_from, from_stride, block_to, to_stride, block_rows,
                                block_columns);
      }
    }
  }
}

}  // namespace trimtab::TRIMTAB_ISA
