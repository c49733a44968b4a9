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

// Blocks of counters that are worked on together, so that their rounds overlap in the processor:
// with 4, 1024 words take 246 ns, with 2 285 (AVX-512).
constexpr int blocks = vec_registers >= 32 ? 4 : 2;
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

// The words of consecutive counters (i, 0).
class Threefry {
 public:
  [[gnu::always_inline]] Threefry(const std::uint32_t* key, std::int64_t first_word) {
    const std::uint32_t keys[3] = {key[0], key[1], 0x1bd11bdaU ^ key[0] ^ key[1]};
    const auto first = static_cast<std::uint32_t>(first_word / 2);
    start_ = (Words)lane_numbers<float>() + (first + keys[0]);
    key_1_ = Words{} + keys[1];
    for (int i = 0; i < 3; ++i) {
      const auto number = static_cast<std::uint32_t>(i + 1);
      added_[i][0] = Words{} + keys[(i + 1) % 3];
      added_[i][1] = Words{} + (keys[(i + 2) % 3] + number);
    }
  }

  [[gnu::always_inline]] Batch next() {
    Words x0[blocks];
    Words x1[blocks];
    for (int b = 0; b < blocks; ++b) {
      x0[b] = start_ + static_cast<std::uint32_t>(b * word_lanes);
      x1[b] = key_1_;
    }
    start_ += static_cast<std::uint32_t>(blocks * word_lanes);
    mix_all(x0, x1, std::make_integer_sequence<int, 13>{});
    Batch batch;
    for (int b = 0; b < blocks; ++b) {
      interleave(x0[b], x1[b], batch.words[2 * b], batch.words[2 * b + 1],
                 std::make_index_sequence<word_lanes>{});
    }
    return batch;
  }

 private:
  // Unrolled: a rotation's distance must be a constant to be one instruction, and the words must
  // stay in vector registers.
  template <int... rounds>
  [[gnu::always_inline]] void mix_all(Words (&x0)[blocks], Words (&x1)[blocks],
                                      std::integer_sequence<int, rounds...>) const {
    (mix<rounds>(x0, x1), ...);
  }

  template <int round>
  [[gnu::always_inline]] void mix(Words (&x0)[blocks], Words (&x1)[blocks]) const {
    constexpr int rotations[8] = {13, 15, 26, 6, 17, 29, 16, 24};
    for (int b = 0; b < blocks; ++b) {
      x0[b] += x1[b];
      x1[b] = rotate_left(x1[b], rotations[round % 8]) ^ x0[b];
    }
    if constexpr (round % 4 == 3) {
      for (int b = 0; b < blocks; ++b) {
        x0[b] += added_[round / 4][0];
        x1[b] += added_[round / 4][1];
      }
    }
  }

  Words start_;  // the next counters, plus the key's first word
  Words key_1_;
  Words added_[3][2];  // what the rounds 4, 8 and 12 add
};

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
      Threefry generator(key_, first);
      std::uint32_t* y = y_;
      std::int64_t i = first;
      for (; i + batch_words <= end; i += batch_words) {
        const Batch batch = generator.next();
        for (int w = 0; w < 2 * blocks; ++w) store(y + i + w * word_lanes, batch.words[w]);
      }
      if (i < end) {
        const Batch batch = generator.next();
        std::memcpy(y + i, &batch, static_cast<std::size_t>(end - i) * sizeof(std::uint32_t));
      }
    });
  }

 private:
  std::int64_t count_;
  const std::uint32_t* key_ = nullptr;
  std::uint32_t* y_ = nullptr;
};

// y = x * scale and keep = 1 where the bits reach the threshold, both 0 elsewhere.
template <class T>
struct DropoutStep {
  std::uint32_t threshold;
  T scale;
  const T* x;
  T* y;
  std::byte* keep;

  [[gnu::always_inline]] void apply(Words bits, std::int64_t i) const {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == sizeof(float)) {
      const __mmask16 kept = _mm512_cmpge_epu32_mask((__m512i)bits, (__m512i)(Words{} + threshold));
      const __m128i bytes = _mm_maskz_set1_epi8(kept, 1);
      std::memcpy(keep + i, &bytes, sizeof(bytes));
      store(y + i, (Vec<T>)_mm512_maskz_mul_ps(kept, load(x + i), broadcast(scale)));
      return;
    }
#endif
    const auto kept = bits >= threshold;
    store_mask<float>(keep + i, kept, word_lanes);
    if constexpr (sizeof(T) == sizeof(float)) {
      store(y + i, select(kept, load(x + i) * scale, Vec<T>{}));
    } else {
      for (int k = 0; k < word_lanes; ++k) y[i + k] = kept[k] != 0 ? x[i + k] * scale : T{0};
    }
  }

  void apply_rest(const Batch& batch, std::int64_t i, std::int64_t count) const {
    std::uint32_t bits[batch_words];
    std::memcpy(bits, &batch, sizeof(bits));
    for (std::int64_t k = 0; k < count; ++k) {
      const bool is_kept = bits[k] >= threshold;
      keep[i + k] = static_cast<std::byte>(is_kept);
      y[i + k] = is_kept ? x[i + k] * scale : T{0};
    }
  }
};

template <class T>
class Dropout final : public Kernel {
 public:
  Dropout(std::int64_t count, double rate) : count_(count) {
    step_.threshold = static_cast<std::uint32_t>(std::min(rate * 0x1p32, 0x1p32 - 1));
    step_.scale = static_cast<T>(1 / (1 - rate));
  }

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    step_.x = reinterpret_cast<const T*>(operands[0]);
    key_ = reinterpret_cast<const std::uint32_t*>(operands[1]);
    step_.y = reinterpret_cast<T*>(operands[2]);
    step_.keep = operands[3];
  }

  void run() noexcept override {
    for_parts(count_, [this](std::int64_t first, std::int64_t end) {
      // A copy, or the compiler reads each member again after each store.
      const DropoutStep<T> step = step_;
      Threefry generator(key_, first);
      std::int64_t i = first;
      for (; i + batch_words <= end; i += batch_words) {
        const Batch batch = generator.next();
        for (int w = 0; w < 2 * blocks; ++w) step.apply(batch.words[w], i + w * word_lanes);
      }
      if (i < end) step.apply_rest(generator.next(), i, end - i);
    });
  }

 private:
  std::int64_t count_;
  const std::uint32_t* key_ = nullptr;
  DropoutStep<T> step_{};
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
