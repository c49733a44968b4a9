// Sums whose error does not grow with their length.
#pragma once

#include <cstdint>
#include <limits>

#include "simd/vec.h"

namespace trimtab::TRIMTAB_ISA {

// As many vectors are added plainly before the compensated sum takes the result.
inline constexpr std::int64_t block_vectors = 16;

// Adds what rounding lost in each addition (Knuth's two-sum).
template <class T>
class CompensatedSum {
 public:
  [[gnu::always_inline]] void add(Vec<T> value) {
    const Vec<T> sum = high_ + value;
    const Vec<T> taken = sum - high_;
    low_ += (high_ - (sum - taken)) + (value - taken);
    high_ = sum;
  }
  [[gnu::always_inline]] Vec<T> result() const {
    // Of an infinite sum the lost part is NaN.
    return abs(high_) < std::numeric_limits<T>::infinity() ? high_ + low_ : high_;
  }

 private:
  Vec<T> high_{};
  Vec<T> low_{};
};

// The sum over [0, count) of function(i, lanes), which gives the vector of the elements from i on;
// lanes that it is not asked for must be 0.
template <class T, class Function>
[[gnu::always_inline]] inline T sum_run(std::int64_t count, Function&& function) {
  constexpr std::int64_t width = lanes<T>;
  CompensatedSum<T> total;
  std::int64_t i = 0;
  while (count - i >= 4 * width) {
    Vec<T> sums[4] = {};
    const std::int64_t vectors = (count - i) / (4 * width) * 4;
    const std::int64_t end =
        i + (vectors < 4 * block_vectors ? vectors : 4 * block_vectors) * width;
    for (; i < end; i += 4 * width) {
      for (int k = 0; k < 4; ++k) sums[k] += function(i + k * width, width);
    }
    total.add((sums[0] + sums[1]) + (sums[2] + sums[3]));
  }
  Vec<T> rest{};
  for (; i + width <= count; i += width) rest += function(i, width);
  if (i < count) rest += function(i, count - i);
  total.add(rest);
  return reduce_add(total.result());
}

template <class T>
[[gnu::always_inline]] inline Vec<T> load_lanes(const T* from, std::int64_t count) {
  return count == lanes<T> ? load(from) : load_partial(from, count);
}

template <class T>
[[gnu::always_inline]] inline void store_lanes(T* to, Vec<T> value, std::int64_t count) {
  if (count == lanes<T>) {
    store(to, value);
  } else {
    store_partial(to, value, count);
  }
}

// 0, 1, 2, ... as the lanes of a mask's type.
template <class T>
[[gnu::always_inline]] inline Mask<T> lane_numbers() {
  Mask<T> numbers{};
  for (int i = 0; i < lanes<T>; ++i) numbers[i] = i;
  return numbers;
}

}  // namespace trimtab::TRIMTAB_ISA
