// What the optimizers' kernels share: parts of a variable, and sums over a part.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

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

// What an update's last operands say, each of them a number or absent: what part of the parameter
// decays before the step, a factor of the gradient, and whether there is a step at all.
template <class T>
class Frame {
 public:
  // The first `own` operands are the kernel's.
  void bind(std::span<std::byte* const> operands, std::size_t own) {
    const auto operand = [&](std::size_t i) { return i < operands.size() ? operands[i] : nullptr; };
    decay_ = reinterpret_cast<const T*>(operand(own));
    factor_ = reinterpret_cast<const T*>(operand(own + 1));
    condition_ = reinterpret_cast<const std::uint8_t*>(operand(own + 2));
    kept_.clear();
  }
  // `next` is `old` where there is no step.
  void keep(const T* old, T* next, std::int64_t count) {
    if (old != next && next != nullptr) kept_.push_back({old, next, count});
  }
  // Whether to take the step; what is kept is in place if not.
  [[nodiscard]] bool is_due() const noexcept {
    if (condition_ == nullptr || *condition_ != 0) return true;
    for (const Kept& each : kept_) std::copy_n(each.old, each.count, each.next);
    return false;
  }
  [[nodiscard]] bool is_decayed() const { return decay_ != nullptr; }
  [[nodiscard]] Vec<T> decay() const { return broadcast(decay_ == nullptr ? T{0} : *decay_); }
  // The parameter after its decay.
  [[gnu::always_inline]] Vec<T> decayed(Vec<T> parameter) const {
    return is_decayed() ? parameter - parameter * decay() : parameter;
  }
  [[nodiscard]] Vec<T> factor() const { return broadcast(factor_ == nullptr ? T{1} : *factor_); }

 private:
  struct Kept {
    const T* old;
    T* next;
    std::int64_t count;
  };

  const T* decay_ = nullptr;
  const T* factor_ = nullptr;
  const std::uint8_t* condition_ = nullptr;
  std::vector<Kept> kept_;
};

// The operands of an update: `own` of its kernel, of which `optional` names those that may be left
// out, and up to three of its frame.
inline void expect_update(const StepSpec& spec, std::size_t own, std::size_t floats,
                          std::vector<std::size_t> optional) {
  const std::size_t given = std::clamp(spec.present.size(), own, own + 3);
  for (std::size_t i = own; i < given; ++i) optional.push_back(i);
  kernels::expect(spec, given, floats, optional);
}

}  // namespace trimtab::TRIMTAB_ISA
