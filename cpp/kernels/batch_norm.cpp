// batch_norm in training mode: y, the mean and the biased variance, in two passes for accuracy. An
// addition and a relu behind it cost no pass of their own.
#include "kernels/batch_norm.h"

#include <type_traits>

#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/simd_families.h"

namespace trimtab::TRIMTAB_ISA {
namespace {

template <class T, class S>
struct Operands {
  const S* x;
  const T* gamma;
  const T* beta;
  S* y;
  T* mean;
  T* variance;
  const S* added;
};

template <class T, class S>
Operands<T, S> operands_of(std::span<std::byte* const> operands) {
  const auto at = [&](std::size_t i) { return reinterpret_cast<T*>(operands[i]); };
  const auto stored = [&](std::size_t i) { return reinterpret_cast<S*>(operands[i]); };
  return {
      stored(0), at(1), at(2), stored(3), at(4), at(5), operands.size() > 6 ? stored(6) : nullptr};
}

// Mean and sum of squared deviations over `rows` rows.
template <class T, int vectors>
struct Moments {
  Strip<T, vectors> mean{};
  Strip<T, vectors> deviations{};

  template <class S>
  [[gnu::always_inline]] Moments(const S* x, std::int64_t rows, std::int64_t stride,
                                 std::int64_t last) {
    for (std::int64_t i = 0; i < rows; ++i) {
      const auto row = Strip<T, vectors>::load(x + i * stride, last);
      for (int k = 0; k < vectors; ++k) mean.v[k] += row.v[k];
    }
    const T share = T{1} / static_cast<T>(rows);
    for (int k = 0; k < vectors; ++k) mean.v[k] *= share;
    for (std::int64_t i = 0; i < rows; ++i) {
      const auto row = Strip<T, vectors>::load(x + i * stride, last);
      for (int k = 0; k < vectors; ++k) {
        const Vec<T> deviation = row.v[k] - mean.v[k];
        deviations.v[k] = fma(deviation, deviation, deviations.v[k]);
      }
    }
  }
};

// The normalization is rounded to S before anything is added to it, as if it were stored.
template <class T, int vectors, class S>
[[gnu::always_inline]] inline void normalize(const S* x, const S* added, S* y, std::int64_t rows,
                                             std::int64_t stride, std::int64_t last,
                                             const Normalization<T, vectors>& by, bool is_relu) {
  const auto write = [&]<bool adds, bool relu>() __attribute__((always_inline)) {
    for (std::int64_t i = 0; i < rows; ++i) {
      auto row = by(Strip<T, vectors>::load(x + i * stride, last));
      if constexpr (adds) {
        const auto other = Strip<T, vectors>::load(added + i * stride, last);
        for (int k = 0; k < vectors; ++k) {
          if constexpr (!std::is_same_v<T, S>) row.v[k] = round_bfloat16(row.v[k]);
          row.v[k] += other.v[k];
        }
      }
      if constexpr (relu) {
        for (int k = 0; k < vectors; ++k) row.v[k] = max(Vec<T>{}, row.v[k]);  // keeps NaN
      }
      row.store(y + i * stride, last);
    }
  };
  if (added != nullptr) {
    is_relu ? write.template operator()<true, true>() : write.template operator()<true, false>();
  } else {
    is_relu ? write.template operator()<false, true>() : write.template operator()<false, false>();
  }
}

// Channels last: vectors over channels.
template <class T, class S>
class ChannelsLast final : public Kernel {
 public:
  ChannelsLast(const BatchNormShape& shape, double epsilon, bool is_relu)
      : shape_(shape), chunks_(shape), epsilon_(static_cast<T>(epsilon)), is_relu_(is_relu) {
    threads_ = shape.elements() < threaded_batch_norm_elements ? 1 : num_threads();
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    if (chunks_.count() <= 1) return 0;
    return static_cast<std::size_t>(2 * chunks_.count() * shape_.channels) * sizeof(T);
  }
  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    o_ = operands_of<T, S>(operands);
    chunk_means_ = reinterpret_cast<T*>(scratch);
    chunk_deviations_ = chunk_means_ + chunks_.count() * shape_.channels;
  }

  void run() noexcept override {
    if (chunks_.count() == 1) return run_at_once();
    parallel_for(chunks_.count(), threads_, [this](std::int64_t chunk) { chunk_moments(chunk); });
    combine_moments();
    parallel_for(chunks_.count(), threads_, [this](std::int64_t chunk) { normalize_chunk(chunk); });
  }

 private:
  void run_at_once() noexcept {
    const std::int64_t stride = shape_.channels;
    const std::int64_t rows = shape_.outer;
    for_strips<T>(stride, [&]<int vectors>(std::int64_t c, std::int64_t last) {
      const Moments<T, vectors> moments(o_.x + c, rows, stride, last);
      Strip<T, vectors> variance = moments.deviations;
      for (auto& each : variance.v) each *= T{1} / static_cast<T>(rows);
      moments.mean.store(o_.mean + c, last);
      variance.store(o_.variance + c, last);
      const Normalization<T, vectors> by(moments.mean, variance, shifted(o_.gamma, c),
                                         shifted(o_.beta, c), last, epsilon_);
      normalize<T, vectors>(o_.x + c, shifted(o_.added, c), o_.y + c, rows, stride, last, by,
                            is_relu_);
    });
  }

  void chunk_moments(std::int64_t chunk) const noexcept {
    const std::int64_t stride = shape_.channels;
    const S* x = o_.x + chunks_.first(chunk) * stride;
    for_strips<T>(stride, [&]<int vectors>(std::int64_t c, std::int64_t last) {
      const Moments<T, vectors> moments(x + c, chunks_.size(chunk), stride, last);
      moments.mean.store(chunk_means_ + chunk * stride + c, last);
      moments.deviations.store(chunk_deviations_ + chunk * stride + c, last);
    });
  }

  // The chunks' moments one after the other (Chan, Golub and LeVeque, 1979).
  void combine_moments() noexcept {
    const std::int64_t stride = shape_.channels;
    for (std::int64_t c = 0; c < stride; ++c) {
      double mean = chunk_means_[c];
      double deviations = chunk_deviations_[c];
      auto rows = static_cast<double>(chunks_.size(0));
      for (std::int64_t chunk = 1; chunk < chunks_.count(); ++chunk) {
        const auto added = static_cast<double>(chunks_.size(chunk));
        const double difference = chunk_means_[chunk * stride + c] - mean;
        const double share = added / (rows + added);
        mean += difference * share;
        deviations +=
            chunk_deviations_[chunk * stride + c] + difference * difference * rows * share;
        rows += added;
      }
      o_.mean[c] = static_cast<T>(mean);
      o_.variance[c] = static_cast<T>(deviations / rows);
    }
  }

  void normalize_chunk(std::int64_t chunk) const noexcept {
    const std::int64_t stride = shape_.channels;
    const std::int64_t start = chunks_.first(chunk) * stride;
    for_strips<T>(stride, [&]<int vectors>(std::int64_t c, std::int64_t last) {
      const Normalization<T, vectors> by(Strip<T, vectors>::load(o_.mean + c, last),
                                         Strip<T, vectors>::load(o_.variance + c, last),
                                         shifted(o_.gamma, c), shifted(o_.beta, c), last, epsilon_);
      normalize<T, vectors>(o_.x + start + c, shifted(o_.added, start + c), o_.y + start + c,
                            chunks_.size(chunk), stride, last, by, is_relu_);
    });
  }

  BatchNormShape shape_;
  RowChunks chunks_;
  T epsilon_;
  bool is_relu_;
  int threads_ = 1;
  Operands<T, S> o_{};
  T* chunk_means_ = nullptr;
  T* chunk_deviations_ = nullptr;
};

// Channels first: vectors along `inner`, a channel a task.
template <class T, class S>
class ChannelsFirst final : public Kernel {
 public:
  ChannelsFirst(const BatchNormShape& shape, double epsilon, bool is_relu)
      : shape_(shape), epsilon_(static_cast<T>(epsilon)), is_relu_(is_relu) {
    threads_ = shape.elements() < threaded_batch_norm_elements ? 1 : num_threads();
  }

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    o_ = operands_of<T, S>(operands);
  }

  void run() noexcept override {
    parallel_for(shape_.channels, threads_, [this](std::int64_t c) { run_channel(c); });
  }

 private:
  // sum over the channel of function(value)
  template <class Function>
  [[gnu::always_inline]] double sum(std::int64_t channel, Function&& function) const {
    double total = 0;
    for (std::int64_t o = 0; o < shape_.outer; ++o) {
      const S* x = o_.x + (o * shape_.channels + channel) * shape_.inner;
      total += sum_run<T>(shape_.inner,
                          [&](std::int64_t i, std::int64_t n) { return function(x + i, n); });
    }
    return total;
  }

  void run_channel(std::int64_t channel) const noexcept {
    const auto count = static_cast<double>(shape_.per_channel());
    const T mean = static_cast<T>(
        sum(channel, [](const S* x, std::int64_t n) { return load_lanes(x, n); }) / count);
    const Mask<T> numbers = lane_numbers<T>();
    const double deviations = sum(channel, [&](const S* x, std::int64_t n) {
      const Vec<T> deviation = load_lanes(x, n) - mean;
      return numbers < static_cast<Lane<Mask<T>>>(n) ? deviation * deviation : Vec<T>{};
    });
    const T variance = static_cast<T>(deviations / count);
    o_.mean[channel] = mean;
    o_.variance[channel] = variance;
    const Normalization<T, 1> by(channel, mean, variance, o_.gamma, o_.beta, epsilon_);
    for (std::int64_t o = 0; o < shape_.outer; ++o) {
      const std::int64_t start = (o * shape_.channels + channel) * shape_.inner;
      const std::int64_t whole = shape_.inner / lanes<T>;
      normalize<T, 1>(o_.x + start, shifted(o_.added, start), o_.y + start, whole, lanes<T>,
                      lanes<T>, by, is_relu_);
      const std::int64_t rest = shape_.inner - whole * lanes<T>;
      if (rest == 0) continue;
      const std::int64_t at = start + whole * lanes<T>;
      normalize<T, 1>(o_.x + at, shifted(o_.added, at), o_.y + at, 1, lanes<T>, rest, by, is_relu_);
    }
  }

  BatchNormShape shape_;
  T epsilon_;
  bool is_relu_;
  int threads_ = 1;
  Operands<T, S> o_{};
};

}  // namespace

std::unique_ptr<Kernel> prepare_batch_norm(const StepSpec& spec) {
  kernels::IntReader ints(spec);
  const DType dtype = ints.stored_floating();
  BatchNormShape shape{};
  shape.outer = ints.size();
  shape.channels = ints.size();
  shape.inner = ints.size();
  // A plan of no more than the normalization ends here.
  const bool is_relu = !ints.is_done() && ints.flag();
  ints.finish();
  kernels::expect(spec, spec.present.size() > 6 ? 7 : 6, 1, {1, 2, 6});
  if (shape.per_channel() == 0) ints.fail("needs at least one value of each channel", 0);
  const double epsilon = spec.floats[0];
  return kernels::for_stored(
      dtype, [&]<class T, class S>(kernels::Type<T>, kernels::Type<S>) -> std::unique_ptr<Kernel> {
        if (shape.inner == 1) return std::make_unique<ChannelsLast<T, S>>(shape, epsilon, is_relu);
        return std::make_unique<ChannelsFirst<T, S>>(shape, epsilon, is_relu);
      });
}

}  // namespace trimtab::TRIMTAB_ISA
