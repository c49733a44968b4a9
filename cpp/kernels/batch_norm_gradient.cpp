// The gradient of batch_norm by the cotangent of y.
//
// With z = (x - mean) / sqrt(variance + epsilon), n values a channel:
// dbeta = sum g, dgamma = sum g z, dx = gamma / sqrt(variance + epsilon) (g - dbeta/n - z
// dgamma/n). Where a relu followed, g counts as 0 where y wasn't positive; y is computed anew.
#include <cmath>

#include "base/thread_pool.h"
#include "kernels/batch_norm.h"
#include "kernels/dispatch.h"
#include "kernels/simd_families.h"

namespace trimtab::TRIMTAB_ISA {
namespace {

template <class T, class S>
struct Operands {
  const S* g;
  const S* x;
  const T* gamma;
  const T* mean;
  const T* variance;
  S* dx;
  T* dgamma;
  T* dbeta;
  const T* beta;  // only a relu asks for it
};

template <class T, class S>
Operands<T, S> operands_of(std::span<std::byte* const> operands) {
  const auto at = [&](std::size_t i) { return reinterpret_cast<T*>(operands[i]); };
  const auto stored = [&](std::size_t i) { return reinterpret_cast<S*>(operands[i]); };
  return {stored(0), stored(1), at(2),
          at(3),     at(4),     stored(5),
          at(6),     at(7),     operands.size() > 8 ? at(8) : nullptr};
}

// A row of g, masked where a relu followed.
template <class T, int vectors, bool is_relu, class S>
[[gnu::always_inline]] inline Strip<T, vectors> load_g(const S* g, const Strip<T, vectors>& x,
                                                       std::int64_t last,
                                                       const Normalization<T, vectors>& forward) {
  auto row = Strip<T, vectors>::load(g, last);
  if constexpr (is_relu) {
    const auto y = forward(x);
    for (int k = 0; k < vectors; ++k)
      row.v[k] = select(y.v[k] > rounds_to_zero<T, S>, row.v[k], Vec<T>{});
  }
  return row;
}

// sum g and sum g (x - mean) over some rows.
template <class T, int vectors, bool is_relu>
struct Sums {
  Strip<T, vectors> g{};
  Strip<T, vectors> products{};

  template <class S>
  [[gnu::always_inline]] void add_rows(const S* g_rows, const S* x_rows, std::int64_t rows,
                                       std::int64_t stride, std::int64_t last,
                                       const Normalization<T, vectors>& forward) {
    for (std::int64_t i = 0; i < rows; ++i) {
      const auto x_row = Strip<T, vectors>::load(x_rows + i * stride, last);
      const auto g_row = load_g<T, vectors, is_relu>(g_rows + i * stride, x_row, last, forward);
      for (int k = 0; k < vectors; ++k) {
        g.v[k] += g_row.v[k];
        products.v[k] = fma(g_row.v[k], x_row.v[k] - forward.mean.v[k], products.v[k]);
      }
    }
  }
};

// dx = g * of_g - (x - mean) * of_x - constant
template <class T, int vectors>
struct Coefficients {
  Strip<T, vectors> of_g;
  Strip<T, vectors> of_x;
  Strip<T, vectors> constant;
};

template <class T, int vectors, bool is_relu, class S>
[[gnu::always_inline]] inline void write_dx(const S* g, const S* x, S* dx, std::int64_t rows,
                                            std::int64_t stride, std::int64_t last,
                                            const Normalization<T, vectors>& forward,
                                            const Coefficients<T, vectors>& by) {
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto x_row = Strip<T, vectors>::load(x + i * stride, last);
    const auto g_row = load_g<T, vectors, is_relu>(g + i * stride, x_row, last, forward);
    Strip<T, vectors> result;
    for (int k = 0; k < vectors; ++k) {
      const Vec<T> shifted_g = fma(g_row.v[k], by.of_g.v[k], -by.constant.v[k]);
      result.v[k] = fma(forward.mean.v[k] - x_row.v[k], by.of_x.v[k], shifted_g);
    }
    result.store(dx + i * stride, last);
  }
}

template <class T, class S, bool is_relu>
class ChannelsLastGradient final : public Kernel {
 public:
  ChannelsLastGradient(const BatchNormShape& shape, double epsilon)
      : shape_(shape), chunks_(shape), epsilon_(static_cast<T>(epsilon)) {
    threads_ = shape.elements() < threaded_batch_norm_elements ? 1 : num_threads();
  }

  // For each chunk, then for all: sum g and sum g (x - mean).
  [[nodiscard]] std::size_t scratch_bytes() const override {
    if (chunks_.count() <= 1) return 0;
    return static_cast<std::size_t>(2 * (chunks_.count() + 1) * shape_.channels) * sizeof(T);
  }
  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    o_ = operands_of<T, S>(operands);
    sums_ = reinterpret_cast<T*>(scratch);
  }

  void run() noexcept override {
    if (chunks_.count() == 1) return run_at_once();
    parallel_for(chunks_.count(), threads_, [this](std::int64_t chunk) { sum_chunk(chunk); });
    combine_sums();
    for_strips<T>(shape_.channels, [&]<int vectors>(std::int64_t c, std::int64_t last) {
      write_parameter_gradients<vectors>(total_sums<vectors>(c, last), c, last);
    });
    if (o_.dx == nullptr) return;
    parallel_for(chunks_.count(), threads_, [this](std::int64_t chunk) { differentiate(chunk); });
  }

 private:
  void run_at_once() noexcept {
    const std::int64_t stride = shape_.channels;
    for_strips<T>(stride, [&]<int vectors>(std::int64_t c, std::int64_t last) {
      const auto forward = forward_of<vectors>(c, last);
      Sums<T, vectors, is_relu> sums;
      sums.add_rows(o_.g + c, o_.x + c, shape_.outer, stride, last, forward);
      const auto inverse = write_parameter_gradients<vectors>(sums, c, last);
      if (o_.dx == nullptr) return;
      write_dx<T, vectors, is_relu>(o_.g + c, o_.x + c, o_.dx + c, shape_.outer, stride, last,
                                    forward, coefficients<vectors>(sums, inverse, c, last));
    });
  }

  template <int vectors>
  [[gnu::always_inline]] Normalization<T, vectors> forward_of(std::int64_t c,
                                                              std::int64_t last) const {
    return {Strip<T, vectors>::load(o_.mean + c, last),
            Strip<T, vectors>::load(o_.variance + c, last),
            shifted(o_.gamma, c),
            shifted(o_.beta, c),
            last,
            epsilon_};
  }

  // Returns 1 / sqrt(variance + epsilon).
  template <int vectors>
  [[gnu::always_inline]] Strip<T, vectors> inverse_deviation(std::int64_t c,
                                                             std::int64_t last) const {
    auto inverse = Strip<T, vectors>::load(o_.variance + c, last);
    for (auto& each : inverse.v) each = T{1} / sqrt(each + epsilon_);
    return inverse;
  }

  template <int vectors>
  [[gnu::always_inline]] Strip<T, vectors> write_parameter_gradients(
      const Sums<T, vectors, is_relu>& sums, std::int64_t c, std::int64_t last) const {
    const auto inverse = inverse_deviation<vectors>(c, last);
    if (o_.dbeta != nullptr) sums.g.store(o_.dbeta + c, last);
    if (o_.dgamma != nullptr) {
      auto dgamma = sums.products;
      for (int k = 0; k < vectors; ++k) dgamma.v[k] *= inverse.v[k];
      dgamma.store(o_.dgamma + c, last);
    }
    return inverse;
  }

  template <int vectors>
  [[gnu::always_inline]] Coefficients<T, vectors> coefficients(
      const Sums<T, vectors, is_relu>& sums, const Strip<T, vectors>& inverse, std::int64_t c,
      std::int64_t last) const {
    const T share = T{1} / static_cast<T>(shape_.per_channel());
    Coefficients<T, vectors> by;
    by.of_g = Strip<T, vectors>::load_or(shifted(o_.gamma, c), last, T{1});
    for (int k = 0; k < vectors; ++k) {
      by.of_g.v[k] *= inverse.v[k];
      const Vec<T> shared = by.of_g.v[k] * share;
      by.of_x.v[k] = shared * inverse.v[k] * inverse.v[k] * sums.products.v[k];
      by.constant.v[k] = shared * sums.g.v[k];
    }
    return by;
  }

  void sum_chunk(std::int64_t chunk) const noexcept {
    const std::int64_t stride = shape_.channels;
    const std::int64_t start = chunks_.first(chunk) * stride;
    T* sums_of_chunk = sums_ + 2 * chunk * stride;
    for_strips<T>(stride, [&]<int vectors>(std::int64_t c, std::int64_t last) {
      Sums<T, vectors, is_relu> sums;
      sums.add_rows(o_.g + start + c, o_.x + start + c, chunks_.size(chunk), stride, last,
                    forward_of<vectors>(c, last));
      sums.g.store(sums_of_chunk + c, last);
      sums.products.store(sums_of_chunk + stride + c, last);
    });
  }

  void combine_sums() noexcept {
    const std::int64_t stride = 2 * shape_.channels;
    for (std::int64_t c = 0; c < stride; ++c) {
      double total = 0;
      for (std::int64_t chunk = 0; chunk < chunks_.count(); ++chunk) {
        total += sums_[chunk * stride + c];
      }
      sums_[chunks_.count() * stride + c] = static_cast<T>(total);
    }
  }

  template <int vectors>
  [[gnu::always_inline]] Sums<T, vectors, is_relu> total_sums(std::int64_t c,
                                                              std::int64_t last) const {
    const T* totals = sums_ + 2 * chunks_.count() * shape_.channels;
    Sums<T, vectors, is_relu> sums;
    sums.g = Strip<T, vectors>::load(totals + c, last);
    sums.products = Strip<T, vectors>::load(totals + shape_.channels + c, last);
    return sums;
  }

  void differentiate(std::int64_t chunk) const noexcept {
    const std::int64_t stride = shape_.channels;
    const std::int64_t start = chunks_.first(chunk) * stride;
    for_strips<T>(stride, [&]<int vectors>(std::int64_t c, std::int64_t last) {
      const auto by = coefficients<vectors>(total_sums<vectors>(c, last),
                                            inverse_deviation<vectors>(c, last), c, last);
      write_dx<T, vectors, is_relu>(o_.g + start + c, o_.x + start + c, o_.dx + start + c,
                                    chunks_.size(chunk), stride, last, forward_of<vectors>(c, last),
                                    by);
    });
  }

  BatchNormShape shape_;
  RowChunks chunks_;
  T epsilon_;
  int threads_ = 1;
  Operands<T, S> o_{};
  T* sums_ = nullptr;
};

template <class T, class S, bool is_relu>
class ChannelsFirstGradient final : public Kernel {
 public:
  ChannelsFirstGradient(const BatchNormShape& shape, double epsilon)
      : shape_(shape), epsilon_(static_cast<T>(epsilon)) {
    threads_ = shape.elements() < threaded_batch_norm_elements ? 1 : num_threads();
  }

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    o_ = operands_of<T, S>(operands);
  }

  void run() noexcept override {
    parallel_for(shape_.channels, threads_, [this](std::int64_t c) { run_channel(c); });
  }

 private:
  [[nodiscard]] std::int64_t start(std::int64_t o, std::int64_t channel) const {
    return (o * shape_.channels + channel) * shape_.inner;
  }

  void run_channel(std::int64_t channel) const noexcept {
    const T mean = o_.mean[channel];
    const Normalization<T, 1> forward(channel, mean, o_.variance[channel], o_.gamma, o_.beta,
                                      epsilon_);
    double sum_g = 0;
    double sum_products = 0;
    for (std::int64_t o = 0; o < shape_.outer; ++o) {
      const S* g = o_.g + start(o, channel);
      const S* x = o_.x + start(o, channel);
      // Lanes past the end are 0 through g.
      const auto row = [&](std::int64_t i, std::int64_t n) {
        return load_g<T, 1, is_relu>(g + i, Strip<T, 1>::load(x + i, n), n, forward).v[0];
      };
      sum_g += sum_run<T>(shape_.inner, row);
      sum_products += sum_run<T>(shape_.inner, [&](std::int64_t i, std::int64_t n) {
        return row(i, n) * (load_lanes(x + i, n) - mean);
      });
    }
    const double inverse = 1 / std::sqrt(static_cast<double>(o_.variance[channel]) + epsilon_);
    if (o_.dbeta != nullptr) o_.dbeta[channel] = static_cast<T>(sum_g);
    if (o_.dgamma != nullptr) o_.dgamma[channel] = static_cast<T>(sum_products * inverse);
    if (o_.dx == nullptr) return;
    const double gamma = o_.gamma == nullptr ? 1.0 : static_cast<double>(o_.gamma[channel]);
    const double of_g = gamma * inverse;
    const double share = of_g / static_cast<double>(shape_.per_channel());
    const auto everywhere = [](double value) {
      return Strip<T, 1>{{broadcast(static_cast<T>(value))}};
    };
    const Coefficients<T, 1> by{everywhere(of_g),
                                everywhere(share * inverse * inverse * sum_products),
                                everywhere(share * sum_g)};
    const std::int64_t whole = shape_.inner / lanes<T>;
    const std::int64_t rest = shape_.inner - whole * lanes<T>;
    for (std::int64_t o = 0; o < shape_.outer; ++o) {
      const std::int64_t at = start(o, channel);
      write_dx<T, 1, is_relu>(o_.g + at, o_.x + at, o_.dx + at, whole, lanes<T>, lanes<T>, forward,
                              by);
      if (rest == 0) continue;
      const std::int64_t end = at + whole * lanes<T>;
      write_dx<T, 1, is_relu>(o_.g + end, o_.x + end, o_.dx + end, 1, lanes<T>, rest, forward, by);
    }
  }

  BatchNormShape shape_;
  T epsilon_;
  int threads_ = 1;
  Operands<T, S> o_{};
};

template <class T, class S, bool is_relu>
std::unique_ptr<Kernel> make_gradient(const BatchNormShape& shape, double epsilon) {
  if (shape.inner == 1) {
    return std::make_unique<ChannelsLastGradient<T, S, is_relu>>(shape, epsilon);
  }
  return std::make_unique<ChannelsFirstGradient<T, S, is_relu>>(shape, epsilon);
}

}  // namespace

std::unique_ptr<Kernel> prepare_batch_norm_gradient(const StepSpec& spec) {
  kernels::IntReader ints(spec);
  const DType dtype = ints.stored_floating();
  BatchNormShape shape{};
  shape.outer = ints.size();
  shape.channels = ints.size();
  shape.inner = ints.size();
  // A plan of no more than the normalization ends here.
  const bool is_relu = !ints.is_done() && ints.flag();
  ints.finish();
  kernels::expect(spec, spec.present.size() > 8 ? 9 : 8, 1, {2, 5, 6, 7, 8});
  if (shape.per_channel() == 0) ints.fail("needs at least one value of each channel", 0);
  const double epsilon = spec.floats[0];
  return kernels::for_stored(
      dtype, [&]<class T, class S>(kernels::Type<T>, kernels::Type<S>) -> std::unique_ptr<Kernel> {
        if (is_relu) return make_gradient<T, S, true>(shape, epsilon);
        return make_gradient<T, S, false>(shape, epsilon);
      });
}

}  // namespace trimtab::TRIMTAB_ISA
