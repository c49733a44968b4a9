// random_bits: Threefry-2x32 with 13 rounds (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", 2011). dropout: the same bits against a threshold.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/simd_families.h"
#include "kernels/sums.h"
#include "simd/bytes.h"

namespace trimtab::TRIMTAB_ISA {
namespace {

using Words = Vec<std::uint32_t>;
constexpr int word_lanes = lanes<std::uint32_t>;

// A call of `threefry` takes two blocks of counters, whose rounds overlap in the processor.
constexpr int blocks = 2;
constexpr std::int64_t batch_words = 2 * blocks * word_lanes;

constexpr std::int64_t threaded_elements = 100'000;
constexpr std::int64_t part_elements = 16'384;  // a multiple of any batch_words

[[gnu::always_inline]] inline Words rotate_left(Words x, int places) {
  return (x << places) | (x >> (32 - places));
}

// words 0, 1, 2, ... of two vectors in turn.
template <std::size_t... Index>
[[gnu::always_inline]] inline void interleave(Words a, Words b, Words& low, Words& high,
                                              std::index_sequence<Index...>) {
  constexpr int half = word_lanes / 2;
  low = __builtin_shufflevector(a, b, (Index % 2 * word_lanes + Index / 2)...);
  high = __builtin_shufflevector(a, b, (Index % 2 * word_lanes + Index / 2 + half)...);
}

struct Batch {
  Words words[2 * blocks];
};

// The words of the counters (first, 0), (first + 1, 0), ...
[[gnu::always_inline]] inline Batch threefry(const std::uint32_t* key, std::uint32_t first) {
  const std::uint32_t keys[3] = {key[0], key[1], 0x1bd11bdaU ^ key[0] ^ key[1]};
  constexpr int rotations[8] = {13, 15, 26, 6, 17, 29, 16, 24};
  Words x0[blocks];
  Words x1[blocks];
  const Words numbers = (Words)lane_numbers<float>();
  for (int b = 0; b < blocks; ++b) {
    x0[b] = numbers + (first + static_cast<std::uint32_t>(b * word_lanes) + keys[0]);
    x1[b] = Words{} + keys[1];
  }
#pragma GCC unroll 13
  for (int round = 0; round < 13; ++round) {
    for (int b = 0; b < blocks; ++b) {
      x0[b] += x1[b];
      x1[b] = rotate_left(x1[b], rotations[round % 8]) ^ x0[b];
    }
    if (round % 4 == 3) {
      const int injection = round / 4 + 1;
      for (int b = 0; b < blocks; ++b) {
        x0[b] += keys[injection % 3];
        x1[b] += keys[(injection + 1) % 3] + static_cast<std::uint32_t>(injection);
      }
    }
  }
  Batch batch;
  for (int b = 0; b < blocks; ++b) {
    interleave(x0[b], x1[b], batch.words[2 * b], batch.words[2 * b + 1],
               std::make_index_sequence<word_lanes>{});
  }
  return batch;
}

// Calls range(first, end) for parts of [0, count); a part starts at a multiple of batch_words.
template <class Function>
[[gnu::always_inline]] inline void for_parts(std::int64_t count, Function&& range) {
  if (count < threaded_elements) return range(0, count);
  parallel_for((count + part_elements - 1) / part_elements, [&](std::int64_t task) {
    range(task * part_elements, std::min(count, (task + 1) * part_elements));
  });
}

class RandomBits final : public Kernel {
 public:
  explicit RandomBits(std::int64_t count) : count_(count) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    key_ = reinterpret_cast<const std::uint32_t*>(operands[0]);
    y_ = reinterpret_cast<std::uint32_t*>(operands[1]);
  }

  void run() noexcept override {
    for_parts(count_, [this](std::int64_t first, std::int64_t end) {
      std::int64_t i = first;
      for (; i + batch_words <= end; i += batch_words) {
        const Batch batch = threefry(key_, static_cast<std::uint32_t>(i / 2));
        for (int w = 0; w < 2 * blocks; ++w) store(y_ + i + w * word_lanes, batch.words[w]);
      }
      if (i < end) {
        const Batch batch = threefry(key_, static_cast<std::uint32_t>(i / 2));
        std::memcpy(y_ + i, &batch, static_cast<std::size_t>(end - i) * sizeof(std::uint32_t));
      }
    });
  }

 private:
  std::int64_t count_;
  const std::uint32_t* key_ = nullptr;
  std::uint32_t* y_ = nullptr;
};

template <class T>
class Dropout final : public Kernel {
 public:
  Dropout(std::int64_t count, double rate)
      : count_(count),
        threshold_(static_cast<std::uint32_t>(std::min(rate * 0x1p32, 0x1p32 - 1))),
        scale_(static_cast<T>(1 / (1 - rate))) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    x_ = reinterpret_cast<const T*>(operands[0]);
    key_ = reinterpret_cast<const std::uint32_t*>(operands[1]);
    y_ = reinterpret_cast<T*>(operands[2]);
    keep_ = operands[3];
  }

  void run() noexcept override {
    for_parts(count_, [this](std::int64_t first, std::int64_t end) {
      std::int64_t i = first;
      for (; i + batch_words <= end; i += batch_words) {
        const Batch batch = threefry(key_, static_cast<std::uint32_t>(i / 2));
        for (int w = 0; w < 2 * blocks; ++w) apply(batch.words[w], i + w * word_lanes);
      }
      if (i < end) apply_rest(i, end - i);
    });
  }

 private:
  [[gnu::always_inline]] void apply(Words bits, std::int64_t i) const {
    const auto kept = bits >= threshold_;
    store_mask<float>(keep_ + i, kept, word_lanes);
    if constexpr (sizeof(T) == sizeof(float)) {
      store(y_ + i, select(kept, load(x_ + i) * scale_, Vec<T>{}));
    } else {
      for (int k = 0; k < word_lanes; ++k) y_[i + k] = kept[k] != 0 ? x_[i + k] * scale_ : T{0};
    }
  }

  void apply_rest(std::int64_t i, std::int64_t count) const {
    const Batch batch = threefry(key_, static_cast<std::uint32_t>(i / 2));
    std::uint32_t bits[batch_words];
    std::memcpy(bits, &batch, sizeof(bits));
    for (std::int64_t k = 0; k < count; ++k) {
      const bool is_kept = bits[k] >= threshold_;
      keep_[i + k] = static_cast<std::byte>(is_kept);
      y_[i + k] = is_kept ? x_[i + k] * scale_ : T{0};
    }
  }

  std::int64_t count_;
  std::uint32_t threshold_;
  T scale_;
  const T* x_ = nullptr;
  const std::uint32_t* key_ = nullptr;
  T* y_ = nullptr;
  std::byte* keep_ = nullptr;
};

}  // namespace

std::unique_ptr<Kernel> prepare_random_bits(const StepSpec& spec) {
  kernels::IntReader ints(spec);
  const std::int64_t count = ints.size();
  ints.finish();
  kernels::expect(spec, 2, 0);
  return std::make_unique<RandomBits>(count);
}

std::unique_ptr<Kernel> prepare_dropout(const StepSpec& spec) {
  kernels::IntReader ints(spec);
  const DType dtype = ints.floating();
  const std::int64_t count = ints.size();
  ints.finish();
  kernels::expect(spec, 4, 1);
  const double rate = spec.floats[0];
  if (!(rate >= 0 && rate < 1)) ints.fail("needs a rate in [0, 1)", static_cast<int>(rate));
  return kernels::for_floating(dtype, [&]<class T>(kernels::Type<T>) -> std::unique_ptr<Kernel> {
    return std::make_unique<Dropout<T>>(count, rate);
  });
}

}  // namespace trimtab::TRIMTAB_ISA
