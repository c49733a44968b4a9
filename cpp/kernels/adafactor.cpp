// adafactor: one step of one variable, with its frame, its means over rows, columns and all
// elements inside. In place is allowed.
#include "kernels/dispatch.h"
#include "kernels/simd_families.h"
#include "kernels/update.h"

namespace trimtab::TRIMTAB_ISA {
namespace {

struct Size {
  std::int64_t matrices;
  std::int64_t rows;
  std::int64_t columns;
};

struct Constants {
  double epsilon_1;
  double epsilon_2;
  double clip_threshold;
};

// What steps with and without rows and columns share.
template <class T>
class Adafactor : public Kernel {
 public:
  Adafactor(std::int64_t count, const Constants& constants)
      : count_(count), constants_(constants) {}

 protected:
  void bind_shared(std::span<std::byte* const> operands) {
    parameter_ = reinterpret_cast<const T*>(operands[0]);
    v_ = reinterpret_cast<const T*>(operands[1]);
    gradient_ = reinterpret_cast<const T*>(operands[2]);
    learning_rate_ = reinterpret_cast<const T*>(operands[3]);
    kept_ = reinterpret_cast<const T*>(operands[4]);
    new_parameter_ = reinterpret_cast<T*>(operands[5]);
    new_v_ = reinterpret_cast<T*>(operands[6]);
    frame_.bind(operands, 11);
    frame_.keep(parameter_, new_parameter_, count_);
    frame_.keep(v_, new_v_, count_);
  }

  [[gnu::always_inline]] Vec<T> gradient(std::int64_t i, std::int64_t n) const {
    return load_lanes(gradient_ + i, n) * frame_.factor();
  }

  [[gnu::always_inline]] Vec<T> parameter(std::int64_t i, std::int64_t n) const {
    return frame_.decayed(load_lanes(parameter_ + i, n));
  }

  // The last pass, from the sums of the squares of the parameter and of the scaled gradient.
  void step(T square, T scaled_square) const noexcept {
    const T count = static_cast<T>(count_);
    const T root = std::sqrt(scaled_square / count) / static_cast<T>(constants_.clip_threshold);
    const T excess = root > 1 || root != root ? root : T{1};
    const T length = std::sqrt(square / count);
    const T least = static_cast<T>(constants_.epsilon_2);
    const T size = (length > least || length != length ? length : least) * *learning_rate_ / excess;
    for_parts(count_, [&, this](std::int64_t, std::int64_t first, std::int64_t end) {
      for_vectors<T>(first, end, [&](std::int64_t i, std::int64_t n) {
        const Vec<T> scaled = gradient(i, n) / sqrt(load_lanes(new_v_ + i, n));
        store_lanes(new_parameter_ + i, parameter(i, n) - size * scaled, n);
      });
    });
  }

  std::int64_t count_;
  Constants constants_;
  const T* parameter_ = nullptr;
  const T* v_ = nullptr;
  const T* gradient_ = nullptr;
  const T* learning_rate_ = nullptr;
  const T* kept_ = nullptr;  // the weight of the old averages
  T* new_parameter_ = nullptr;
  T* new_v_ = nullptr;
  Frame<T> frame_;
};

template <class T>
class OfVector final : public Adafactor<T> {
 public:
  using Adafactor<T>::Adafactor;

  [[nodiscard]] std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(2 * part_count(this->count_)) * sizeof(T);
  }

  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    this->bind_shared(operands);
    sums_ = reinterpret_cast<T*>(scratch);
  }

  void run() noexcept override {
    if (!this->frame_.is_due()) return;
    for_parts(this->count_, [this](std::int64_t part, std::int64_t first, std::int64_t end) {
      const T kept = *this->kept_;
      const T epsilon = static_cast<T>(this->constants_.epsilon_1);
      sum_runs<T, 2>(first, end, sums_ + 2 * part,
                     [&](std::int64_t i, std::int64_t n, Vec<T>* sums) {
                       const Vec<T> gradient = this->gradient(i, n);
                       const Vec<T> v = kept * load_lanes(this->v_ + i, n) +
                                        (T{1} - kept) * (gradient * gradient + epsilon);
                       store_lanes(this->new_v_ + i, v, n);
                       const Vec<T> parameter = this->parameter(i, n);
                       const Vec<T> scaled = first_of<T>(gradient / sqrt(v), n);
                       sums[0] += parameter * parameter;
                       sums[1] += scaled * scaled;
                     });
    });
    const std::int64_t parts = part_count(this->count_);
    this->step(sum_of_parts(sums_, parts, 2), sum_of_parts(sums_ + 1, parts, 2));
  }

 private:
  T* sums_ = nullptr;
};

// Matrices: the averages are of rows and of columns. A task is some rows of one matrix.
template <class T>
class OfMatrices final : public Adafactor<T> {
 public:
  OfMatrices(const Size& size, const Constants& constants)
      : Adafactor<T>(size.matrices * size.rows * size.columns, constants), size_(size) {
    const std::int64_t columns = std::max<std::int64_t>(size.columns, 1);
    // Few enough rows that plain sums down their columns keep their digits.
    rows_per_task_ = std::clamp<std::int64_t>(part_elements / columns, 1, 256);
    tasks_ = (size.rows + rows_per_task_ - 1) / rows_per_task_;
  }

  [[nodiscard]] std::size_t scratch_bytes() const override {
    const std::int64_t tasks = size_.matrices * tasks_;
    return static_cast<std::size_t>(tasks * (2 + size_.columns) + size_.matrices) * sizeof(T);
  }

  void bind(std::span<std::byte* const> operands, std::byte* scratch) override {
    this->bind_shared(operands);
    r_ = reinterpret_cast<const T*>(operands[7]);
    c_ = reinterpret_cast<const T*>(operands[8]);
    new_r_ = reinterpret_cast<T*>(operands[9]);
    new_c_ = reinterpret_cast<T*>(operands[10]);
    this->frame_.keep(r_, new_r_, size_.matrices * size_.rows);
    this->frame_.keep(c_, new_c_, size_.matrices * size_.columns);
    squares_ = reinterpret_cast<T*>(scratch);
    scaled_squares_ = squares_ + size_.matrices * tasks_;
    row_means_ = scaled_squares_ + size_.matrices * tasks_;
    column_sums_ = row_means_ + size_.matrices;
  }

  void run() noexcept override {
    if (!this->frame_.is_due()) return;
    const std::int64_t tasks = size_.matrices * tasks_;
    const int threads = this->count_ < threaded_elements ? 1 : num_threads();
    parallel_for(tasks, threads, [this](std::int64_t task) { sum_rows(task); });
    for (std::int64_t m = 0; m < size_.matrices; ++m) average(m);
    parallel_for(tasks, threads, [this](std::int64_t task) { scale_rows(task); });
    this->step(sum_of_parts(squares_, tasks, 1), sum_of_parts(scaled_squares_, tasks, 1));
  }

 private:
  // function(row of all matrices, position of its first element) for the task's rows.
  template <class Function>
  [[gnu::always_inline]] void for_rows(std::int64_t task, Function&& function) const {
    const std::int64_t first = task % tasks_ * rows_per_task_;
    const std::int64_t end = std::min(size_.rows, first + rows_per_task_);
    for (std::int64_t row = first; row < end; ++row) {
      const std::int64_t of_all = task / tasks_ * size_.rows + row;
      function(of_all, of_all * size_.columns);
    }
  }

  [[gnu::always_inline]] T averaged(T old, double mean) const {
    const T square = static_cast<T>(mean + this->constants_.epsilon_1);
    return *this->kept_ * old + (T{1} - *this->kept_) * square;
  }

  // The rows' averages, the task's share of the columns' sums, and its sum of squared weights.
  void sum_rows(std::int64_t task) const noexcept {
    T* columns = column_sums_ + task * size_.columns;
    std::fill_n(columns, size_.columns, T{0});
    T total = 0;
    for_rows(task, [&](std::int64_t row, std::int64_t start) {
      T sums[2];
      sum_runs<T, 2>(0, size_.columns, sums, [&](std::int64_t j, std::int64_t n, Vec<T>* lanes_of) {
        const Vec<T> gradient = this->gradient(start + j, n);
        const Vec<T> square = gradient * gradient;
        store_lanes(columns + j, load_lanes(columns + j, n) + square, n);
        const Vec<T> parameter = this->parameter(start + j, n);
        lanes_of[0] += square;
        lanes_of[1] += parameter * parameter;
      });
      const double mean = static_cast<double>(sums[0]) / static_cast<double>(size_.columns);
      new_r_[row] = averaged(r_[row], mean);
      total += sums[1];
    });
    squares_[task] = total;
  }

  // The columns' averages of a matrix, and the mean of its rows' averages.
  void average(std::int64_t matrix) const noexcept {
    const T* sums = column_sums_ + matrix * tasks_ * size_.columns;
    for (std::int64_t j = 0; j < size_.columns; ++j) {
      const auto sum = static_cast<double>(sum_of_parts(sums + j, tasks_, size_.columns));
      const std::int64_t at = matrix * size_.columns + j;
      new_c_[at] = averaged(c_[at], sum / static_cast<double>(size_.rows));
    }
    const T total = sum_of_parts(new_r_ + matrix * size_.rows, size_.rows, 1);
    row_means_[matrix] = total / static_cast<T>(size_.rows);
  }

  void scale_rows(std::int64_t task) const noexcept {
    const std::int64_t matrix = task / tasks_;
    const T* c = new_c_ + matrix * size_.columns;
    T total = 0;
    for_rows(task, [&](std::int64_t row, std::int64_t start) {
      const Vec<T> share = broadcast(new_r_[row] / row_means_[matrix]);
      T sum;
      sum_runs<T, 1>(0, size_.columns, &sum, [&](std::int64_t j, std::int64_t n, Vec<T>* lanes_of) {
        const Vec<T> v = share * load_lanes(c + j, n);
        store_lanes(this->new_v_ + start + j, v, n);
        const Vec<T> scaled = first_of<T>(this->gradient(start + j, n) / sqrt(v), n);
        lanes_of[0] += scaled * scaled;
      });
      total += sum;
    });
    scaled_squares_[task] = total;
  }

  Size size_;
  std::int64_t rows_per_task_ = 1;
  std::int64_t tasks_ = 1;  // of a matrix
  const T* r_ = nullptr;
  const T* c_ = nullptr;
  T* new_r_ = nullptr;
  T* new_c_ = nullptr;
  T* squares_ = nullptr;         // by task
  T* scaled_squares_ = nullptr;  // by task
  T* row_means_ = nullptr;       // by matrix
  T* column_sums_ = nullptr;     // by task and column
};

}  // namespace

std::unique_ptr<Kernel> prepare_adafactor(const StepSpec& spec) {
  kernels::IntReader ints(spec);
  const DType dtype = ints.floating();
  Size size{};
  size.matrices = ints.size();
  size.rows = ints.size();
  size.columns = ints.size();
  ints.finish();
  expect_update(spec, 11, 3, {1, 7, 8, 9, 10});
  const bool is_factored = spec.present[7];
  for (const std::size_t operand : {8, 9, 10}) {
    if (spec.present[operand] != is_factored) {
      ints.fail("takes averages of rows and columns before and after the step, or none",
                static_cast<std::int64_t>(operand));
    }
  }
  const bool has_condition = spec.present.size() > 13 && spec.present[13];
  if (!spec.present[1] && (!is_factored || has_condition)) {
    ints.fail("needs the old average of squares without rows and columns, or to keep it",
              is_factored);
  }
  const Constants constants = {spec.floats[0], spec.floats[1], spec.floats[2]};
  return kernels::for_floating(dtype, [&]<class T>(kernels::Type<T>) -> std::unique_ptr<Kernel> {
    if (is_factored) return std::make_unique<OfMatrices<T>>(size, constants);
    return std::make_unique<OfVector<T>>(size.matrices * size.rows * size.columns, constants);
  });
}

}  // namespace trimtab::TRIMTAB_ISA
