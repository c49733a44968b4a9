#include "plan/arrays.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace trimtab::plan {
namespace {

// SplitMix64's output for a counter (Steele, Lea and Flood, 2014).
std::uint64_t random_word(std::uint64_t seed, std::uint64_t counter) {
  std::uint64_t word = seed + (counter + 1) * 0x9e3779b97f4a7c15U;
  word = (word ^ (word >> 30U)) * 0xbf58476d1ce4e5b9U;
  word = (word ^ (word >> 27U)) * 0x94d049bb133111ebU;
  return word ^ (word >> 31U);
}

// In [0, bound): the high half of a product instead of a division. For bounds below 2^32 its bias
// is under 2^-32.
std::uint64_t below(std::uint64_t bound, std::uint64_t word) {
  const std::uint64_t low = (word & 0xffffffffU) * (bound & 0xffffffffU);
  const std::uint64_t cross_1 = (word >> 32U) * (bound & 0xffffffffU) + (low >> 32U);
  const std::uint64_t cross_2 = (word & 0xffffffffU) * (bound >> 32U) + (cross_1 & 0xffffffffU);
  return (word >> 32U) * (bound >> 32U) + (cross_1 >> 32U) + (cross_2 >> 32U);
}

template <class T>
std::int64_t find_nonfinite(const std::byte* address, std::int64_t count) {
  const T* values = reinterpret_cast<const T*>(address);
  constexpr std::int64_t block = 1024;
  for (std::int64_t start = 0; start < count; start += block) {
    const std::int64_t end = std::min(count, start + block);
    // x - x is 0 for a finite x and NaN otherwise: a sum finds a bad block without branches.
    T sum{};
    for (std::int64_t i = start; i < end; ++i) sum += values[i] - values[i];
    if (sum == 0) continue;
    for (std::int64_t i = start; i < end; ++i) {
      if (!std::isfinite(values[i])) return i;
    }
  }
  return -1;
}

}  // namespace

void permutation(std::uint64_t seed, std::span<std::int64_t> order) noexcept {
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[below(i, random_word(seed, i))]);
  }
}

std::int64_t first_nonfinite(const std::byte* address, int dtype, std::int64_t count) {
  if (dtype == 0) return find_nonfinite<float>(address, count);
  if (dtype == 1) return find_nonfinite<double>(address, count);
  if (dtype >= 2 && dtype < 7) return -1;
  throw std::invalid_argument("first_nonfinite: `dtype` must be a code in [0, 7); got " +
                              std::to_string(dtype));
}

}  // namespace trimtab::plan
