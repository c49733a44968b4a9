// lamb: one step of one variable, with its frame, the norms of the variable and of its update
// inside. In place is allowed.
#include "kernels/dispatch.h"
#include "kernels/simd_families.h"
#include "kernels/update.h"

namespace trimtab::TRIMTAB_ISA {
namespace {

template <class T>
class Lamb final : public Kernel {
 public:
  Lamb(std::int64_t count, const std::vector<double>& floats)
      : count_(count),
        weight_1_(static_cast<T>(1 - floats[0])),
        weight_2_(static_cast<T>(1 - floats[1])),
        epsilon_(static_cast<T>(floats[2])) {}

  // Of each part the sums of the squares of the parameter and of the update.
  [[nodiscard]] std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(2 * part_count(count_)) * sizeof(T);
  }

  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    parameter_ = reinterpret_cast<const T*>(operands[0]);
    m_ = reinterpret_cast<const T*>(operands[1]);
    v_ = reinterpret_cast<const T*>(operands[2]);
    gradient_ = reinterpret_cast<const T*>(operands[3]);
    learning_rate_ = reinterpret_cast<const T*>(operands[4]);
    unbias_1_ = reinterpret_cast<const T*>(operands[5]);
    unbias_2_ = reinterpret_cast<const T*>(operands[6]);
    new_parameter_ = reinterpret_cast<T*>(operands[7]);
    new_m_ = reinterpret_cast<T*>(operands[8]);
    new_v_ = reinterpret_cast<T*>(operands[9]);
    frame_.bind(operands, 10);
    frame_.keep(parameter_, new_parameter_, count_);
    frame_.keep(m_, new_m_, count_);
    frame_.keep(v_, new_v_, count_);
    sums_ = reinterpret_cast<T*>(scratch);
  }

  void run() noexcept override {
    if (!frame_.is_due()) return;
    for_parts(count_, [this](std::int64_t part, std::int64_t first, std::int64_t end) {
      const Vec<T> factor = frame_.factor();
      const Vec<T> unbias_1 = broadcast(*unbias_1_);
      const Vec<T> unbias_2 = broadcast(*unbias_2_);
      sum_runs<T, 2>(first, end, sums_ + 2 * part,
                     [&](std::int64_t i, std::int64_t n, Vec<T>* sums) {
                       const Vec<T> gradient = load_lanes(gradient_ + i, n) * factor;
                       Vec<T> m = load_lanes(m_ + i, n);
                       Vec<T> v = load_lanes(v_ + i, n);
                       m += (gradient - m) * weight_1_;
                       v += (gradient * gradient - v) * weight_2_;
                       store_lanes(new_m_ + i, m, n);
                       store_lanes(new_v_ + i, v, n);
                       const Vec<T> parameter = frame_.decayed(load_lanes(parameter_ + i, n));
                       const Vec<T> change = first_of<T>(update(m, v, unbias_1, unbias_2), n);
                       sums[0] += parameter * parameter;
                       sums[1] += change * change;
                     });
    });
    const std::int64_t parts = part_count(count_);
    const T length = std::sqrt(sum_of_parts(sums_, parts, 2));
    const T change_length = std::sqrt(sum_of_parts(sums_ + 1, parts, 2));
    const T ratio = length > 0 && change_length > 0 ? length / change_length : T{1};
    const T size = ratio * *learning_rate_;
    for_parts(count_, [this, size](std::int64_t, std::int64_t first, std::int64_t end) {
      const Vec<T> unbias_1 = broadcast(*unbias_1_);
      const Vec<T> unbias_2 = broadcast(*unbias_2_);
      for_vectors<T>(first, end, [&](std::int64_t i, std::int64_t n) {
        const Vec<T> change =
            update(load_lanes(new_m_ + i, n), load_lanes(new_v_ + i, n), unbias_1, unbias_2);
        store_lanes(new_parameter_ + i,
                    frame_.decayed(load_lanes(parameter_ + i, n)) - size * change, n);
      });
    });
  }

 private:
  [[gnu::always_inline]] Vec<T> update(Vec<T> m, Vec<T> v, Vec<T> unbias_1, Vec<T> unbias_2) const {
    return m * unbias_1 / (sqrt(v * unbias_2) + epsilon_);
  }

  std::int64_t count_;
  T weight_1_;  // of the gradient in the first moment: 1 - beta_1
  T weight_2_;
  T epsilon_;
  const T* parameter_ = nullptr;
  const T* m_ = nullptr;
  const T* v_ = nullptr;
  const T* gradient_ = nullptr;
  const T* learning_rate_ = nullptr;
  const T* unbias_1_ = nullptr;  // 1 over the weight of all gradients so far, 1 - beta_1**t
  const T* unbias_2_ = nullptr;
  T* new_parameter_ = nullptr;
  T* new_m_ = nullptr;
  T* new_v_ = nullptr;
  Frame<T> frame_;
  T* sums_ = nullptr;
};

}  // namespace

std::unique_ptr<Kernel> prepare_lamb(const StepSpec& spec) {
  kernels::IntReader ints(spec);
  const DType dtype = ints.floating();
  const std::int64_t count = ints.size();
  ints.finish();
  expect_update(spec, 10, 3, {});
  return kernels::for_floating(dtype, [&]<class T>(kernels::Type<T>) -> std::unique_ptr<Kernel> {
    return std::make_unique<Lamb<T>>(count, spec.floats);
  });
}

}  // namespace trimtab::TRIMTAB_ISA
