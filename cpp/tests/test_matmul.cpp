#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/aligned.h"
#include "base/thread_pool.h"
#include "kernels/matmul/matmul.h"
#include "tests/check.h"

namespace trimtab::tests {

namespace {

constexpr Isa every_isa[] = {Isa::portable, Isa::avx2, Isa::avx512};

// A product's operands, each in memory of exactly its size, for a sanitizer to guard.
template <class T>
struct Problem {
  MatmulShape shape;
  bool has_bias;
  std::vector<T> a;
  std::vector<T> b;
  std::vector<T> bias;

  Problem(const MatmulShape& given, bool use_bias) : shape(given), has_bias(use_bias) {
    shape.dtype = sizeof(T) == 4 ? DType::float32 : DType::float64;
    std::mt19937 generator(static_cast<unsigned>(shape.m * 31 + shape.n * 7 + shape.k));
    std::uniform_real_distribution<T> values(-1, 1);
    const auto fill = [&](std::vector<T>& data, std::int64_t count) {
      data.resize(static_cast<std::size_t>(count));
      for (T& value : data) value = values(generator);
    };
    fill(a, shape.batch_stride_a * (shape.batch - 1) + shape.m * shape.k);
    fill(b, shape.batch_stride_b * (shape.batch - 1) + shape.k * shape.n);
    fill(bias, shape.n);
  }

  std::vector<T> run(Isa isa) const {
    const MatmulPlan plan = prepare_matmul(shape, isa);
    AlignedBuffer scratch(plan.scratch_bytes);
    std::vector<T> c(static_cast<std::size_t>(shape.batch * shape.m * shape.n),
                     std::numeric_limits<T>::quiet_NaN());
    matmul(plan, a.data(), b.data(), has_bias ? bias.data() : nullptr, c.data(), scratch.data());
    return c;
  }

  double expected(std::int64_t batch, std::int64_t i, std::int64_t j) const {
    const T* a_batch = a.data() + batch * shape.batch_stride_a;
    const T* b_batch = b.data() + batch * shape.batch_stride_b;
    double sum = has_bias ? static_cast<double>(bias[static_cast<std::size_t>(j)]) : 0.0;
    for (std::int64_t p = 0; p < shape.k; ++p) {
      const T x = shape.trans_a ? a_batch[p * shape.m + i] : a_batch[i * shape.k + p];
      const T y = shape.trans_b ? b_batch[j * shape.k + p] : b_batch[p * shape.n + j];
      sum += static_cast<double>(x) * static_cast<double>(y);
    }
    return sum;
  }
};

std::string describe(const MatmulShape& shape, Isa isa) {
  return std::string(isa_name(isa)) + " " + prepare_matmul(shape, isa).variant + " batch " +
         std::to_string(shape.batch) + " m " + std::to_string(shape.m) + " n " +
         std::to_string(shape.n) + " k " + std::to_string(shape.k) +
         (shape.trans_a ? " trans_a" : "") + (shape.trans_b ? " trans_b" : "");
}

template <class T>
void check_values(const Problem<T>& problem, Isa isa) {
  const MatmulShape& shape = problem.shape;
  const std::vector<T> c = problem.run(isa);
  // Terms are below 1, so the rounding errors of k additions stay below k * k ulps of 1; their
  // typical size is k / 2 such ulps.
  const double tolerance = 4.0 * static_cast<double>(shape.k + 1) *
                           static_cast<double>(std::numeric_limits<T>::epsilon());
  double worst = 0;
  std::size_t position = 0;
  for (std::int64_t batch = 0; batch < shape.batch; ++batch) {
    for (std::int64_t i = 0; i < shape.m; ++i) {
      for (std::int64_t j = 0; j < shape.n; ++j) {
        const double error =
            std::abs(static_cast<double>(c[position++]) - problem.expected(batch, i, j));
        worst = error <= worst ? worst : error;  // a NaN stays
      }
    }
  }
  CHECK_THAT(worst <= tolerance, describe(shape, isa) + ": error " + std::to_string(worst));
}

template <class T>
void check_threads(const Problem<T>& problem, Isa isa) {
  set_num_threads(1);
  const std::vector<T> one = problem.run(isa);
  for (int threads : {2, 3}) {
    set_num_threads(threads);
    const std::vector<T> several = problem.run(isa);
    CHECK_THAT(std::memcmp(one.data(), several.data(), one.size() * sizeof(T)) == 0,
               describe(problem.shape, isa) + ": depends on the threads");
  }
  set_num_threads(0);
}

MatmulShape make_shape(std::int64_t m, std::int64_t n, std::int64_t k, int transposes) {
  MatmulShape shape;
  shape.m = m;
  shape.n = n;
  shape.k = k;
  shape.trans_a = (transposes & 1) != 0;
  shape.trans_b = (transposes & 2) != 0;
  return shape;
}

// Calls fn(shape) for every transposition of every shape of the grid.
template <class F>
void for_each_shape(const std::vector<std::int64_t>& sizes, const F& fn) {
  for (std::int64_t m : sizes) {
    for (std::int64_t n : sizes) {
      for (std::int64_t k : sizes) {
        for (int transposes = 0; transposes < 4; ++transposes) fn(make_shape(m, n, k, transposes));
      }
    }
  }
}

template <class F>
void for_each_isa(const F& fn) {
  for (Isa isa : every_isa) {
    if (isa <= best_isa()) fn(isa);
  }
}

CASE(float32_products_equal_a_double_reference) {
  for_each_shape({1, 2, 3, 7, 14, 16, 17, 33, 64, 100}, [](const MatmulShape& shape) {
    const Problem<float> problem(shape, shape.m % 2 == 0);
    for_each_isa([&](Isa isa) { check_values(problem, isa); });
  });
}

CASE(large_float32_products_equal_a_double_reference) {
  for_each_shape({8, 31, 65, 128, 129}, [](const MatmulShape& shape) {
    const Problem<float> problem(shape, shape.n % 2 == 0);
    for_each_isa([&](Isa isa) { check_values(problem, isa); });
  });
}

CASE(float64_products_equal_a_double_reference) {
  for_each_shape({1, 2, 3, 8, 17, 33, 65}, [](const MatmulShape& shape) {
    const Problem<double> problem(shape, shape.k % 2 == 0);
    for_each_isa([&](Isa isa) { check_values(problem, isa); });
  });
}

CASE(products_of_several_k_blocks_equal_a_double_reference) {
  for (int transposes = 0; transposes < 4; ++transposes) {
    for (const auto& [m, n] : {std::array{1, 75}, std::array{5, 75}, std::array{130, 130}}) {
      const Problem<float> problem(make_shape(m, n, 1601, transposes), true);
      for_each_isa([&](Isa isa) { check_values(problem, isa); });
    }
  }
}

CASE(batches_step_by_their_strides) {
  for (int transposes = 0; transposes < 4; ++transposes) {
    for (std::int64_t n : {1, 2, 20}) {
      MatmulShape shape = make_shape(6, n, 9, transposes);
      shape.batch = 3;
      shape.batch_stride_a = 6 * 9 + 5;
      for_each_isa([&](Isa isa) { check_values(Problem<float>(shape, true), isa); });
      shape.batch_stride_a = 0;
      shape.batch_stride_b = 9 * n;
      for_each_isa([&](Isa isa) { check_values(Problem<double>(shape, false), isa); });
    }
  }
}

CASE(results_do_not_depend_on_the_threads) {
  for (int transposes = 0; transposes < 4; ++transposes) {
    for (const auto& [m, n, k] :
         {std::array{128, 200, 150}, std::array{300, 9, 400}, std::array{9, 300, 400},
          std::array{1, 900, 700}, std::array{130, 70, 1601}, std::array{700, 33, 64}}) {
      const Problem<float> problem(make_shape(m, n, k, transposes), true);
      for_each_isa([&](Isa isa) { check_threads(problem, isa); });
    }
    MatmulShape shape = make_shape(33, 17, 40, transposes);
    shape.batch = 50;
    shape.batch_stride_a = std::int64_t{33} * 40;
    shape.batch_stride_b = std::int64_t{17} * 40;
    const Problem<double> problem(shape, false);
    for_each_isa([&](Isa isa) { check_threads(problem, isa); });
  }
}

CASE(an_empty_sum_is_the_bias) {
  const Problem<float> problem(make_shape(3, 5, 0, 0), true);
  for_each_isa([&](Isa isa) { check_values(problem, isa); });
}

CASE(an_empty_result_is_left_alone) {
  for (const auto& [m, n] : {std::array{0, 5}, std::array{5, 0}, std::array{0, 0}}) {
    const Problem<float> problem(make_shape(m, n, 4, 0), true);
    for_each_isa([&](Isa isa) { check_values(problem, isa); });
  }
}

CASE(infinities_and_nans_pass_through) {
  Problem<float> problem(make_shape(16, 64, 64, 0), false);
  problem.a[5] = std::numeric_limits<float>::infinity();
  problem.a[64] = std::numeric_limits<float>::quiet_NaN();
  for_each_isa([&](Isa isa) {
    const std::vector<float> c = problem.run(isa);
    CHECK(std::isinf(c[0]));
    CHECK(std::isnan(c[64]));
    CHECK(std::isfinite(c[128]));
  });
}

}  // namespace

}  // namespace trimtab::tests

int main(int argc, char** argv) { return trimtab::tests::run_cases(argc > 1 ? argv[1] : ""); }
