// sgd and adam: one step of one variable, with its frame. In place is allowed.
#include "kernels/dispatch.h"
#include "kernels/simd_families.h"
#include "kernels/update.h"

namespace trimtab::TRIMTAB_ISA {
namespace {

enum class Momentum { none, heavy_ball, nesterov };

template <class T, Momentum kind>
class Sgd final : public Kernel {
 public:
  Sgd(std::int64_t count, double momentum) : count_(count), momentum_(static_cast<T>(momentum)) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    parameter_ = reinterpret_cast<const T*>(operands[0]);
    velocity_ = reinterpret_cast<const T*>(operands[1]);
    gradient_ = reinterpret_cast<const T*>(operands[2]);
    learning_rate_ = reinterpret_cast<const T*>(operands[3]);
    new_parameter_ = reinterpret_cast<T*>(operands[4]);
    new_velocity_ = reinterpret_cast<T*>(operands[5]);
    frame_.bind(operands, 6);
    frame_.keep(parameter_, new_parameter_, count_);
    frame_.keep(velocity_, new_velocity_, count_);
  }

  void run() noexcept override {
    if (!frame_.is_due()) return;
    if (frame_.is_decayed()) return run_with<true>();
    run_with<false>();
  }

 private:
  template <bool is_decayed>
  void run_with() const noexcept {
    for_parts(count_, [this](std::int64_t, std::int64_t first, std::int64_t end) {
      const Numbers now = {broadcast(*learning_rate_), broadcast(momentum_), frame_.decay(),
                           frame_.factor()};
      for_vectors<T>(first, end,
                     [&](std::int64_t i, std::int64_t n) { step<is_decayed>(i, n, now); });
    });
  }

  struct Numbers {
    Vec<T> learning_rate;
    Vec<T> momentum;
    Vec<T> decay;
    Vec<T> factor;
  };

  template <bool is_decayed>
  [[gnu::always_inline]] void step(std::int64_t i, std::int64_t n, const Numbers& now) const {
    const Vec<T> momentum = now.momentum;
    const Vec<T> change = now.learning_rate * (load_lanes(gradient_ + i, n) * now.factor);
    Vec<T> parameter = load_lanes(parameter_ + i, n);
    if constexpr (is_decayed) parameter = parameter - parameter * now.decay;
    if constexpr (kind == Momentum::none) {
      parameter = parameter - change;
    } else {
      const Vec<T> velocity = momentum * load_lanes(velocity_ + i, n) - change;
      store_lanes(new_velocity_ + i, velocity, n);
      parameter = kind == Momentum::nesterov ? parameter + (momentum * velocity - change)
                                             : parameter + velocity;
    }
    store_lanes(new_parameter_ + i, parameter, n);
  }

  std::int64_t count_;
  T momentum_;
  const T* parameter_ = nullptr;
  const T* velocity_ = nullptr;
  const T* gradient_ = nullptr;
  const T* learning_rate_ = nullptr;
  T* new_parameter_ = nullptr;
  T* new_velocity_ = nullptr;
  Frame<T> frame_;
};

template <class T, bool is_amsgrad>
class Adam final : public Kernel {
 public:
  Adam(std::int64_t count, const std::vector<double>& floats)
      : count_(count),
        weight_1_(static_cast<T>(1 - floats[0])),
        weight_2_(static_cast<T>(1 - floats[1])),
        epsilon_(static_cast<T>(floats[2])) {}

  void bind(std::span<std::byte* const> operands, std::byte*) override {
    parameter_ = reinterpret_cast<const T*>(operands[0]);
    m_ = reinterpret_cast<const T*>(operands[1]);
    v_ = reinterpret_cast<const T*>(operands[2]);
    gradient_ = reinterpret_cast<const T*>(operands[3]);
    alpha_ = reinterpret_cast<const T*>(operands[4]);
    new_parameter_ = reinterpret_cast<T*>(operands[5]);
    new_m_ = reinterpret_cast<T*>(operands[6]);
    new_v_ = reinterpret_cast<T*>(operands[7]);
    if constexpr (is_amsgrad) {
      v_hat_ = reinterpret_cast<const T*>(operands[8]);
      new_v_hat_ = reinterpret_cast<T*>(operands[9]);
    }
    frame_.bind(operands, is_amsgrad ? 10 : 8);
    frame_.keep(parameter_, new_parameter_, count_);
    frame_.keep(m_, new_m_, count_);
    frame_.keep(v_, new_v_, count_);
    frame_.keep(v_hat_, new_v_hat_, count_);
  }

  void run() noexcept override {
    if (!frame_.is_due()) return;
    if (frame_.is_decayed()) return run_with<true>();
    run_with<false>();
  }

 private:
  template <bool is_decayed>
  void run_with() const noexcept {
    for_parts(count_, [this](std::int64_t, std::int64_t first, std::int64_t end) {
      const Numbers now = {broadcast(*alpha_), frame_.decay(), frame_.factor()};
      for_vectors<T>(first, end,
                     [&](std::int64_t i, std::int64_t n) { step<is_decayed>(i, n, now); });
    });
  }

  struct Numbers {
    Vec<T> alpha;
    Vec<T> decay;
    Vec<T> factor;
  };

  template <bool is_decayed>
  [[gnu::always_inline]] void step(std::int64_t i, std::int64_t n, const Numbers& now) const {
    const Vec<T> gradient = load_lanes(gradient_ + i, n) * now.factor;
    Vec<T> m = load_lanes(m_ + i, n);
    Vec<T> v = load_lanes(v_ + i, n);
    m += (gradient - m) * weight_1_;
    v += (gradient * gradient - v) * weight_2_;
    store_lanes(new_m_ + i, m, n);
    store_lanes(new_v_ + i, v, n);
    if constexpr (is_amsgrad) {
      v = max(load_lanes(v_hat_ + i, n), v);
      store_lanes(new_v_hat_ + i, v, n);
    }
    Vec<T> parameter = load_lanes(parameter_ + i, n);
    if constexpr (is_decayed) parameter = parameter - parameter * now.decay;
    const Vec<T> change = m * now.alpha / (sqrt(v) + epsilon_);
    store_lanes(new_parameter_ + i, parameter - change, n);
  }

  std::int64_t count_;
  T weight_1_;  // of the gradient in the first moment: 1 - beta_1
  T weight_2_;
  T epsilon_;
  const T* parameter_ = nullptr;
  const T* m_ = nullptr;
  const T* v_ = nullptr;
  const T* gradient_ = nullptr;
  const T* alpha_ = nullptr;
  const T* v_hat_ = nullptr;
  T* new_parameter_ = nullptr;
  T* new_m_ = nullptr;
  T* new_v_ = nullptr;
  T* new_v_hat_ = nullptr;
  Frame<T> frame_;
};

}  // namespace

std::unique_ptr<Kernel> prepare_sgd(const StepSpec& spec) {
  kernels::IntReader ints(spec);
  const DType dtype = ints.floating();
  const std::int64_t count = ints.size();
  const bool is_nesterov = ints.flag();
  ints.finish();
  expect_update(spec, 6, 1, {1, 5});
  if (spec.present[1] != spec.present[5]) {
    ints.fail("takes the momentum before and after the step, or neither", spec.present[1]);
  }
  const double momentum = spec.floats[0];
  return kernels::for_floating(dtype, [&]<class T>(kernels::Type<T>) -> std::unique_ptr<Kernel> {
    if (!spec.present[1]) return std::make_unique<Sgd<T, Momentum::none>>(count, momentum);
    if (is_nesterov) return std::make_unique<Sgd<T, Momentum::nesterov>>(count, momentum);
    return std::make_unique<Sgd<T, Momentum::heavy_ball>>(count, momentum);
  });
}

std::unique_ptr<Kernel> prepare_adam(const StepSpec& spec) {
  kernels::IntReader ints(spec);
  const DType dtype = ints.floating();
  const std::int64_t count = ints.size();
  const bool is_amsgrad = ints.flag();
  ints.finish();
  expect_update(spec, is_amsgrad ? 10 : 8, 3, {});
  return kernels::for_floating(dtype, [&]<class T>(kernels::Type<T>) -> std::unique_ptr<Kernel> {
    if (is_amsgrad) return std::make_unique<Adam<T, true>>(count, spec.floats);
    return std::make_unique<Adam<T, false>>(count, spec.floats);
  });
}

}  // namespace trimtab::TRIMTAB_ISA
