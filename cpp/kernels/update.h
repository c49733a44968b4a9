// What the optimizers' kernels share: parts of a variable, and sums over a part.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>

#include "base/thread_pool.h"
#include "kernels/kernel.h"
#include "kernels/simd_families.h"
#include "kernels/sums.h"

namespace trimtab::TRIMTAB_ISA {

// From this many elements on, parts of this many are shared out to the threads. They depend on the
// shape only, and so do sums over them.
inline constexpr std::int64_t threaded_elements = 100'000;
inline constexpr std::int64_t part_elements = 16'384;

inline std::int64_t part_count(std::int64_t count) {
  return count < threaded_elements ? 1 : (count + part_elements - 1) / part_elements;
}

// Calls range(part, first, end) for the parts of [0, count).
template <class Function>
[[gnu::always_inline]] inline void for_parts(std::int64_t count, Function&& range) {
  const std::int64_t parts = part_count(count);
  if (parts == 1) return range(std::int64_t{0}, std::int64_t{0}, count);
  parallel_for(parts, [&](std::int64_t part) {
    const std::int64_t first = part * part_elements;
    range(part, first, std::min(count, first + part_elements));
  });
}

// step(i, lanes) for the vectors of [first, end).
template <class T, class Function>
[[gnu::always_inline]] inline void for_vectors(std::int64_t first, std::int64_t end,
                                               Function&& step) {
  std::int64_t i = first;
  for (; i + lanes<T> <= end; i += lanes<T>) step(i, std::int64_t{lanes<T>});
  if (i < end) step(i, end - i);
}

// `x` with 0 in all but the first `count` lanes.
template <class T>
[[gnu::always_inline]] inline Vec<T> first_of(Vec<T> x, std::int64_t count) {
  if (count == lanes<T>) return x;
  const Mask<T> is_kept = lane_numbers<T>() < static_cast<Lane<Mask<T>>>(count);
  return is_kept ? x : Vec<T>{};
}

// As many sums over [first, end) at once: step(i, lanes, sums) adds the elements from i on to the
// vectors `sums`.
template <class T, int count, class Function>
[[gnu::always_inline]] inline void sum_runs(std::int64_t first, std::int64_t end, T* results,
                                            Function&& step) {
  CompensatedSum<T> totals[count];
  for (std::int64_t i = first; i < end; i += block_vectors * lanes<T>) {
    Vec<T> block[count] = {};
    for_vectors<T>(i, std::min(end, i + block_vectors * lanes<T>),
                   [&](std::int64_t at, std::int64_t n) { step(at, n, block); });
    for (int k = 0; k < count; ++k) totals[k].add(block[k]);
  }
  for (int k = 0; k < count; ++k) results[k] = reduce_add(totals[k].result());
}

// The sum of every `stride`-th of `parts` numbers.
template <class T>
[[gnu::always_inline]] inline T sum_of_parts(const T* parts, std::int64_t count,
                                             std::int64_t stride) {
  double total = 0;
  for (std::int64_t i = 0; i < count; ++i) total += static_cast<double>(parts[i * stride]);
  return static_cast<T>(total);
}

// A gradient times a factor, and a weight less its decay, where a step has them.
template <class T>
class Scales {
 public:
  void bind(const std::byte* decay, const std::byte* factor) {
    decay_ = reinterpret_cast<const T*>(decay);
    factor_ = reinterpret_cast<const T*>(factor);
  }
  [[nodiscard]] bool is_decayed() const { return decay_ != nullptr; }
  [[nodiscard]] Vec<T> decay() const { return broadcast(decay_ == nullptr ? T{0} : *decay_); }
  [[nodiscard]] Vec<T> factor() const { return broadcast(factor_ == nullptr ? T{1} : *factor_); }

 private:
  const T* decay_ = nullptr;
  const T* factor_ = nullptr;
};

// The operands of a step whose scales may be left out: `operands`, or two more.
inline void expect_scales(const StepSpec& spec, std::size_t operands, std::size_t floats,
                          std::initializer_list<std::size_t> optional) {
  kernels::expect(spec, spec.present.size() > operands ? operands + 2 : operands, floats, optional);
}

}  // namespace trimtab::TRIMTAB_ISA
