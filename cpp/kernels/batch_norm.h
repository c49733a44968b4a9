// Batch normalization over (outer, inner) of arrays (outer, channels, inner). Sums, statistics and
// parameters are of T; x, y and their cotangents lie in memory as S, which is T or bfloat16.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/aligned.h"
#include "kernels/sums.h"
#include "simd/bfloat16.h"

namespace trimtab::TRIMTAB_ISA {

struct BatchNormShape {
  std::int64_t outer;
  std::int64_t channels;
  std::int64_t inner;

  [[nodiscard]] std::int64_t per_channel() const { return outer * inner; }
  [[nodiscard]] std::int64_t elements() const { return outer * channels * inner; }
};

// Rows of (outer, channels) that are worked on together: few enough to stay in the level 2 cache
// between two passes, and to be a task of the thread pool. They depend on the shape only.
class RowChunks {
 public:
  explicit RowChunks(const BatchNormShape& shape)
      : outer_(shape.outer),
        rows_(std::clamp<std::int64_t>(chunk_elements / std::max<std::int64_t>(shape.channels, 1),
                                       16, 256)),
        count_((shape.outer + rows_ - 1) / rows_) {}

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t first(std::int64_t chunk) const { return chunk * rows_; }
  [[nodiscard]] std::int64_t size(std::int64_t chunk) const {
    return std::min(rows_, outer_ - chunk * rows_);
  }

 private:
  static constexpr std::int64_t chunk_elements = 16'384;
  std::int64_t outer_;
  std::int64_t rows_;
  std::int64_t count_;
};

inline constexpr std::int64_t threaded_batch_norm_elements = 100'000;

// Calls strip.template operator()<vectors>(first channel, lanes of the last vector) for all
// channels: four vectors at a time, so that four sums overlap.
template <class T, class Strip>
[[gnu::always_inline]] inline void for_strips(std::int64_t channels, Strip&& strip) {
  constexpr std::int64_t width = lanes<T>;
  std::int64_t c = 0;
  for (; c + 4 * width <= channels; c += 4 * width) strip.template operator()<4>(c, width);
  for (; c < channels; c += width) {
    strip.template operator()<1>(c, std::min(width, channels - c));
  }
}

// `vectors` vectors from one channel on; the last has `last` lanes.
template <class T, int vectors>
struct Strip {
  Vec<T> v[vectors];

  template <class S>
  [[gnu::always_inline]] static Strip load(const S* from, std::int64_t last) {
    Strip strip;
    for (int k = 0; k < vectors; ++k) {
      const S* at = from + k * lanes<T>;
      strip.v[k] = k == vectors - 1 ? load_lanes(at, last) : TRIMTAB_ISA::load(at);
    }
    return strip;
  }
  // `value` everywhere if there is no array.
  [[gnu::always_inline]] static Strip load_or(const T* from, std::int64_t last, T value) {
    if (from != nullptr) return load(from, last);
    Strip strip;
    for (int k = 0; k < vectors; ++k) strip.v[k] = broadcast(value);
    return strip;
  }
  template <class S>
  [[gnu::always_inline]] void store(S* to, std::int64_t last) const {
    for (int k = 0; k < vectors; ++k) {
      store_lanes(to + k * lanes<T>, v[k], k == vectors - 1 ? last : lanes<T>);
    }
  }
};

// (x - mean) * scale + beta with scale = gamma / sqrt(variance + epsilon). The gradient asks it
// which outputs a relu let pass, so it must round as it did forwards.
template <class T, int vectors>
struct Normalization {
  Strip<T, vectors> mean;
  Strip<T, vectors> scale;
  Strip<T, vectors> beta;

  // From the strip's own parts of the arrays; gamma and beta may be null.
  [[gnu::always_inline]] Normalization(const Strip<T, vectors>& of_mean,
                                       const Strip<T, vectors>& variance, const T* gamma,
                                       const T* of_beta, std::int64_t last, T epsilon)
      : mean(of_mean),
        scale(Strip<T, vectors>::load_or(gamma, last, T{1})),
        beta(Strip<T, vectors>::load_or(of_beta, last, T{0})) {
    for (int k = 0; k < vectors; ++k) scale.v[k] /= sqrt(variance.v[k] + epsilon);
  }

  // Of one channel in all lanes.
  [[gnu::always_inline]] Normalization(std::int64_t channel, T of_mean, T variance, const T* gamma,
                                       const T* of_beta, T epsilon)
    requires(vectors == 1)
  {
    mean.v[0] = broadcast(of_mean);
    scale.v[0] = broadcast(gamma == nullptr ? T{1} : gamma[channel]);
    scale.v[0] /= sqrt(broadcast(variance) + epsilon);
    beta.v[0] = broadcast(of_beta == nullptr ? T{0} : of_beta[channel]);
  }

  [[gnu::always_inline]] Strip<T, vectors> operator()(const Strip<T, vectors>& x) const {
    Strip<T, vectors> y;
    for (int k = 0; k < vectors; ++k) {
      y.v[k] = fma(x.v[k] - mean.v[k], scale.v[k], beta.v[k]);
    }
    return y;
  }
};

// The largest number whose rounding to S isn't positive.
template <class T, class S>
inline constexpr T rounds_to_zero = 0;
template <>
inline constexpr float rounds_to_zero<float, BFloat16> = 0x1p-134F;

template <class T>
[[gnu::always_inline]] inline T* shifted(T* pointer, std::int64_t elements) {
  return pointer == nullptr ? nullptr : pointer + elements;
}

}  // namespace trimtab::TRIMTAB_ISA
