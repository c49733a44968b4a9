// The kernels against plain loops in double precision.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "base/thread_pool.h"
#include "tests/step.h"

namespace {

using namespace trimtab;         // NOLINT: a test names many of its parts
using namespace trimtab::tests;  // NOLINT

struct Shape {
  std::int64_t outer;
  std::int64_t count;
  std::int64_t inner;

  [[nodiscard]] std::int64_t elements() const { return outer * count * inner; }
  [[nodiscard]] std::int64_t at(std::int64_t o, std::int64_t i, std::int64_t j) const {
    return (o * count + i) * inner + j;
  }
  [[nodiscard]] std::string text() const {
    return std::to_string(outer) + "x" + std::to_string(count) + "x" + std::to_string(inner);
  }
};

std::vector<Shape> shapes() {
  std::vector<Shape> all = {{1, 16, 64},   {3, 1000, 70}, {1, 300'000, 1}, {2000, 120, 1},
                            {1, 5000, 50}, {2, 3, 300},   {16, 2, 1},      {1, 1, 1}};
  for (std::int64_t n = 1; n <= 70; ++n) {
    all.push_back({2, n, 1});
    all.push_back({1, 5, n});
  }
  return all;
}

// sum, max, min, sum of squares (6)
void check_reduce(const Shape& shape, int operation) {
  std::vector<float> x = some_numbers(shape.elements());
  std::vector<float> y(static_cast<std::size_t>(shape.outer * shape.inner));
  const bool is_sum = operation == 0 || operation == 6;
  run_step("reduce", {x, y}, {operation, 0, shape.outer, shape.count, shape.inner}, {0.5});
  std::vector<double> want;
  for (std::int64_t o = 0; o < shape.outer; ++o) {
    for (std::int64_t j = 0; j < shape.inner; ++j) {
      double result = is_sum ? 0 : x[shape.at(o, 0, j)];
      for (std::int64_t i = 0; i < shape.count; ++i) {
        const double value = x[shape.at(o, i, j)];
        if (operation == 0) result += 0.5 * value;
        if (operation == 1) result = std::max(result, value);
        if (operation == 2) result = std::min(result, value);
        if (operation == 6) result += 0.5 * value * value;
      }
      want.push_back(result);
    }
  }
  const double tolerance = 1e-6 * std::sqrt(static_cast<double>(shape.count));
  check_close(y, want, is_sum ? tolerance : 0, "reduce " + shape.text());
}

CASE(reductions_equal_plain_loops) {
  for (const Shape& shape : shapes()) {
    for (const int operation : {0, 1, 2, 6}) check_reduce(shape, operation);
  }
}

CASE(a_long_sum_of_float32_keeps_its_digits) {
  std::vector<float> x(4'000'000, 0.1F);
  std::vector<float> y(1);
  run_step("reduce", {x, y}, {0, 0, 1, 4'000'000, 1}, {1.0});
  CHECK(std::fabs(y[0] - 4e6 * static_cast<double>(0.1F)) < 0.2);
  std::vector<float> column(1'000'000, 0.1F);
  std::vector<float> sums(2);
  run_step("reduce", {column, sums}, {0, 0, 1, 500'000, 2}, {1.0});
  CHECK(std::fabs(sums[1] - 5e5 * static_cast<double>(0.1F)) < 0.025);
}

CASE(a_sum_of_infinities_is_infinite_and_nan_wins_a_maximum) {
  std::vector<float> x(100, 1.0F);
  x[40] = std::numeric_limits<float>::infinity();
  std::vector<float> y(1);
  run_step("reduce", {x, y}, {0, 0, 1, 100, 1}, {1.0});
  CHECK(y[0] == std::numeric_limits<float>::infinity());
  for (const std::size_t at : {0, 50, 99}) {
    x.assign(100, 1.0F);
    x[at] = std::numeric_limits<float>::quiet_NaN();
    run_step("reduce", {x, y}, {1, 0, 1, 100, 1}, {1.0});
    CHECK(std::isnan(y[0]));
  }
}

CASE(integers_and_booleans_are_reduced) {
  std::vector<std::int32_t> x = {3, -1, 4, 1, -5, 9};
  std::vector<std::int32_t> y(3);
  run_step("reduce", {x, y}, {0, 2, 1, 2, 3}, {1.0});
  CHECK((y == std::vector<std::int32_t>{4, -6, 13}));
  run_step("reduce", {x, y}, {3, 2, 1, 2, 3}, {1.0});
  CHECK((y == std::vector<std::int32_t>{3, 5, 36}));
  Booleans flags = {0, 1, 0, 0, 1, 1};
  Booleans results(2);
  run_step("reduce", {flags, results}, {4, 6, 2, 3, 1}, {1.0});
  CHECK((results == Booleans{1, 1}));
  run_step("reduce", {flags, results}, {5, 6, 2, 3, 1}, {1.0});
  CHECK((results == Booleans{0, 0}));
}

void check_softmax(const Shape& shape, bool is_log) {
  std::vector<float> x = some_numbers(shape.elements());
  std::vector<float> g = some_numbers(shape.elements(), 2);
  std::vector<float> y(x.size());
  std::vector<float> dx(x.size());
  const std::vector<std::int64_t> ints = {0, shape.outer, shape.count, shape.inner, is_log};
  run_step("softmax", {x, y}, ints);
  run_step("softmax_gradient", {g, y, dx}, ints);
  std::vector<double> want(x.size());
  std::vector<double> want_dx(x.size());
  for (std::int64_t o = 0; o < shape.outer; ++o) {
    for (std::int64_t j = 0; j < shape.inner; ++j) {
      double sum = 0;
      double weighted = 0;
      for (std::int64_t i = 0; i < shape.count; ++i) sum += std::exp(x[shape.at(o, i, j)]);
      for (std::int64_t i = 0; i < shape.count; ++i) {
        const std::int64_t at = shape.at(o, i, j);
        const double p = std::exp(x[at]) / sum;
        want[at] = is_log ? std::log(p) : p;
        weighted += is_log ? g[at] : g[at] * p;
      }
      for (std::int64_t i = 0; i < shape.count; ++i) {
        const std::int64_t at = shape.at(o, i, j);
        const double p = std::exp(x[at]) / sum;
        want_dx[at] = is_log ? g[at] - p * weighted : p * (g[at] - weighted);
      }
    }
  }
  check_close(y, want, 1e-6, "softmax " + shape.text());
  check_close(dx, want_dx, 3e-6, "softmax_gradient " + shape.text());
}

CASE(softmax_and_its_gradient_equal_plain_loops) {
  for (const Shape& shape : {Shape{16, 2, 1},
                             {37, 10, 1},
                             {5, 17, 1},
                             {3, 1000, 1},
                             {2, 5, 30},
                             {600, 100, 1},
                             {3, 40, 500}}) {
    check_softmax(shape, false);
    check_softmax(shape, true);
  }
  for (std::int64_t n = 1; n <= 70; ++n) check_softmax({3, n, 1}, n % 2 == 0);
}

CASE(softmax_of_large_numbers_does_not_overflow) {
  std::vector<float> x = {1000.0F, 999.0F, -1000.0F};
  std::vector<float> y(3);
  run_step("softmax", {x, y}, {0, 1, 3, 1, 0});
  check_close(y, std::vector<double>{0.7310585786, 0.2689414214, 0}, 1e-6, "softmax");
}

std::vector<std::uint32_t> random_bits(std::uint32_t key_0, std::uint32_t key_1,
                                       std::int64_t count) {
  std::vector<std::uint32_t> key = {key_0, key_1};
  std::vector<std::uint32_t> words(static_cast<std::size_t>(count));
  run_step("random_bits", {key, words}, {count});
  return words;
}

CASE(random_bits_are_those_of_the_published_generator) {
  // The authors' known answer for threefry2x32 with 13 rounds, key and counter 0.
  CHECK((random_bits(0, 0, 2) == std::vector<std::uint32_t>{0x9d1c5ec6U, 0x8bd50731U}));
}

CASE(random_bits_do_not_depend_on_the_length) {
  const std::vector<std::uint32_t> all = random_bits(7, 11, 300'001);
  for (std::int64_t count = 1; count <= 200; ++count) {
    const std::vector<std::uint32_t> some = random_bits(7, 11, count);
    CHECK(std::equal(some.begin(), some.end(), all.begin()));
  }
}

CASE(dropout_keeps_what_the_bits_say_and_scales_it) {
  for (const std::int64_t count : {1, 15, 64, 65, 1000, 200'000}) {
    std::vector<float> x = some_numbers(count);
    std::vector<std::uint32_t> key = {7, 11};
    std::vector<float> y(x.size());
    Booleans keep(x.size());
    run_step("dropout", {x, key, y, keep}, {0, count}, {0.25});
    const std::vector<std::uint32_t> bits = random_bits(7, 11, count);
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(keep[i] == (bits[i] >= 0x40000000U ? 1 : 0));
      CHECK(is_close(y[i], keep[i] != 0 ? x[i] / 0.75 : 0, 1e-6));
    }
  }
}

CASE(sgd_takes_nesterov_steps_in_place) {
  for (const std::int64_t count : {1, 17, 70, 200'000}) {
    std::vector<float> parameter = some_numbers(count);
    std::vector<float> momentum = some_numbers(count, 2);
    std::vector<float> gradient = some_numbers(count, 3);
    std::vector<float> learning_rate = {0.1F};
    std::vector<double> want;
    for (std::size_t i = 0; i < parameter.size(); ++i) {
      const double velocity = 0.9 * momentum[i] - 0.1 * gradient[i];
      want.push_back(parameter[i] + 0.9 * velocity - 0.1 * gradient[i]);
    }
    run_step("sgd", {parameter, momentum, gradient, learning_rate, parameter, momentum},
             {0, count, 1}, {0.9});
    check_close(parameter, want, 1e-6, "sgd");
  }
}

CASE(sgd_without_momentum_subtracts_the_scaled_gradient) {
  std::vector<double> parameter = {1.0, 2.0};
  std::vector<double> gradient = {10.0, -10.0};
  std::vector<double> learning_rate = {0.01};
  std::vector<double> result(2);
  run_step("sgd", {parameter, {}, gradient, learning_rate, result, {}}, {1, 2, 0}, {0.0});
  check_close(result, std::vector<double>{0.9, 2.1}, 1e-15, "sgd");
}

CASE(adam_takes_a_step_by_its_formula) {
  for (const bool is_amsgrad : {false, true}) {
    std::vector<float> p = {1.0F};
    std::vector<float> m = {0.5F};
    std::vector<float> v = {0.25F};
    std::vector<float> g = {2.0F};
    std::vector<float> alpha = {0.1F};
    std::vector<float> v_hat = {4.0F};
    // m = 0.5 + 1.5 * 0.1 = 0.65, v = 0.25 + 3.75 * 0.01 = 0.2875
    if (is_amsgrad) {
      run_step("adam", {p, m, v, g, alpha, p, m, v, v_hat, v_hat}, {0, 1, 1}, {0.9, 0.99, 0.0});
      CHECK(is_close(p[0], 1 - 0.065 / 2, 1e-6));
      CHECK(v_hat[0] == 4.0F);
    } else {
      run_step("adam", {p, m, v, g, alpha, p, m, v}, {0, 1, 0}, {0.9, 0.99, 0.0});
      CHECK(is_close(p[0], 1 - 0.065 / std::sqrt(0.2875), 1e-6));
    }
    CHECK(is_close(m[0], 0.65, 1e-6) && is_close(v[0], 0.2875, 1e-6));
  }
}

// A decay by a tenth and a gradient at half its size are those of the parameter and gradient given.
template <class Run>
void check_scales(const std::vector<float>& parameter, const std::vector<float>& gradient,
                  const std::string& what, Run&& run) {
  std::vector<float> decayed;
  std::vector<float> halved;
  for (const float p : parameter) decayed.push_back(p - p * 0.1F);
  for (const float g : gradient) halved.push_back(g * 0.5F);
  std::vector<float> decay = {0.1F};
  std::vector<float> factor = {0.5F};
  std::vector<float> wanted = decayed;
  run(wanted, halved, Memory(), Memory());
  std::vector<float> scaled = parameter;
  std::vector<float> given = gradient;
  run(scaled, given, Memory(decay), Memory(factor));
  CHECK_THAT(scaled == wanted, what + ": a decay and a factor");
}

CASE(steps_decay_parameters_and_scale_gradients) {
  for (const std::int64_t count : {5, 70, 120'000}) {
    const std::vector<float> p = some_numbers(count);
    const std::vector<float> g = some_numbers(count, 2);
    std::vector<float> rate = {0.1F};
    std::vector<float> seen = {0.5F};
    using Numbers = std::vector<float>;
    check_scales(p, g, "sgd", [&](Numbers& w, Numbers& gradient, Memory decay, Memory factor) {
      run_step("sgd", {w, {}, gradient, rate, w, {}, decay, factor}, {0, count, 0}, {0.0});
    });
    check_scales(p, g, "adam", [&](Numbers& w, Numbers& gradient, Memory decay, Memory factor) {
      Numbers m(w.size(), 0.1F);
      Numbers v(w.size(), 0.2F);
      run_step("adam", {w, m, v, gradient, rate, w, m, v, decay, factor}, {0, count, 0},
               {0.9, 0.99, 1e-7});
    });
    check_scales(p, g, "lamb", [&](Numbers& w, Numbers& gradient, Memory decay, Memory factor) {
      Numbers m(w.size(), 0.1F);
      Numbers v(w.size(), 0.2F);
      run_step("lamb", {w, m, v, gradient, rate, seen, seen, w, m, v, decay, factor}, {0, count},
               {0.9, 0.99, 1e-7});
    });
    check_scales(
        p, g, "adafactor", [&](Numbers& w, Numbers& gradient, Memory decay, Memory factor) {
          Numbers v(w.size(), 0.2F);
          Numbers r(5, 0.3F);
          Numbers c(w.size() / 5, 0.4F);
          run_step("adafactor", {w, {}, gradient, rate, seen, w, v, r, c, r, c, decay, factor},
                   {0, 1, 5, count / 5}, {1e-30, 1e-3, 1.0});
        });
  }
}

CASE(steps_that_are_not_due_keep_what_was) {
  const std::int64_t count = 70;
  std::vector<float> g = some_numbers(count);
  std::vector<float> rate = {0.1F};
  Booleans due = {0};
  std::vector<float> old = some_numbers(count, 2);
  for (const bool is_due : {false, true}) {
    due[0] = static_cast<std::uint8_t>(is_due);
    std::vector<float> w(old.size());
    std::vector<float> m(old.size());
    std::vector<float> v(old.size());
    run_step("sgd", {old, old, g, rate, w, m, {}, {}, due}, {0, count, 0}, {0.5});
    CHECK((w == old) != is_due && (m == old) != is_due);
    run_step("adam", {old, old, old, g, rate, w, m, v, {}, {}, due}, {0, count, 0},
             {0.9, 0.9, 1.0});
    CHECK((w == old) != is_due && (m == old) != is_due && (v == old) != is_due);
    run_step("lamb", {old, old, old, g, rate, rate, rate, w, m, v, {}, {}, due}, {0, count},
             {0.9, 0.9, 1.0});
    CHECK((m == old) != is_due && (v == old) != is_due);
    std::vector<float> r(7, 1.0F);
    std::vector<float> c(10, 1.0F);
    std::vector<float> new_r(7);
    std::vector<float> new_c(10);
    run_step("adafactor", {old, old, g, rate, rate, w, v, r, c, new_r, new_c, {}, {}, due},
             {0, 1, 7, 10}, {1e-30, 1e-3, 1.0});
    CHECK((w == old) != is_due && (v == old) != is_due);
    CHECK((r == new_r) != is_due && (c == new_c) != is_due);
  }
}

double square_sum(const std::vector<double>& x) {
  double sum = 0;
  for (const double value : x) sum += value * value;
  return sum;
}

CASE(lamb_steps_are_as_long_as_the_parameter) {
  for (const std::int64_t count : {1, 17, 3000, 150'000}) {
    std::vector<float> w = some_numbers(count);
    std::vector<float> m = some_numbers(count, 2);
    std::vector<float> v = some_numbers(count, 3);
    std::vector<float> g = some_numbers(count, 4);
    for (float& square : v) square = square * square;
    std::vector<float> rate = {0.1F};
    std::vector<float> unbias_1 = {4.0F};
    std::vector<float> unbias_2 = {5.0F};
    std::vector<double> change;
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double mean = 0.9 * m[i] + 0.1 * g[i];
      const double square = 0.99 * v[i] + 0.01 * g[i] * g[i];
      change.push_back(mean * 4 / (std::sqrt(square * 5) + 1e-3));
    }
    const double length = std::sqrt(square_sum({w.begin(), w.end()}));
    const double size = 0.1 * length / std::sqrt(square_sum(change));
    std::vector<double> want;
    for (std::size_t i = 0; i < w.size(); ++i) want.push_back(w[i] - size * change[i]);
    run_step("lamb", {w, m, v, g, rate, unbias_1, unbias_2, w, m, v, {}, {}}, {0, count},
             {0.9, 0.99, 1e-3});
    check_close(w, want, 2e-6, "lamb " + std::to_string(count));
  }
  // From 0, the step is the learning rate's times the update: of one gradient, its sign.
  std::vector<float> w(3);
  std::vector<float> m(3);
  std::vector<float> v(3);
  std::vector<float> g = {2.0F, -0.5F, 3.0F};
  std::vector<float> one = {1.0F};
  run_step("lamb", {w, m, v, g, one, one, one, w, m, v, {}, {}}, {0, 3}, {0.0, 0.0, 0.0});
  CHECK((w == std::vector<float>{-1.0F, 1.0F, -1.0F}));
}

// Of one or more matrices, or, without rows, of a vector.
void check_adafactor(std::int64_t matrices, std::int64_t rows, std::int64_t columns) {
  const bool is_factored = rows > 0;
  const std::int64_t height = is_factored ? rows : 1;
  const std::int64_t count = matrices * height * columns;
  std::vector<float> w = some_numbers(count);
  std::vector<float> g = some_numbers(count, 2);
  std::vector<float> v(w.size(), 0.3F);
  std::vector<float> r(static_cast<std::size_t>(matrices * height), 0.5F);
  std::vector<float> c(static_cast<std::size_t>(matrices * columns), 0.25F);
  std::vector<float> rate = {0.1F};
  std::vector<float> kept = {0.75F};
  std::vector<double> squares;
  for (std::int64_t of = 0; of < matrices; ++of) {
    const auto at = [&](std::int64_t i, std::int64_t j) { return (of * height + i) * columns + j; };
    std::vector<double> row(static_cast<std::size_t>(height), 0.75 * 0.5);
    std::vector<double> column(static_cast<std::size_t>(columns), 0.75 * 0.25);
    double mean = 0;
    for (std::int64_t i = 0; i < height; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) {
        const double square = static_cast<double>(g[at(i, j)]) * g[at(i, j)] + 0.01;
        row[i] += 0.25 * square / static_cast<double>(columns);
        column[j] += 0.25 * square / static_cast<double>(height);
        if (!is_factored)
          squares.push_back(0.75 * static_cast<double>(v[at(i, j)]) + 0.25 * square);
      }
      mean += row[i] / static_cast<double>(height);
    }
    for (std::int64_t i = 0; is_factored && i < height; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) squares.push_back(row[i] / mean * column[j]);
    }
  }
  std::vector<double> scaled;
  for (std::size_t i = 0; i < w.size(); ++i) scaled.push_back(g[i] / std::sqrt(squares[i]));
  const auto size = static_cast<double>(count);
  const double excess = std::fmax(std::sqrt(square_sum(scaled) / size) / 0.5, 1.0);
  const double step = 0.1 * std::fmax(std::sqrt(square_sum({w.begin(), w.end()}) / size), 1e-3);
  std::vector<double> want;
  for (std::size_t i = 0; i < w.size(); ++i) want.push_back(w[i] - step * scaled[i] / excess);
  const std::string what = "adafactor " + std::to_string(rows) + "x" + std::to_string(columns);
  if (is_factored) {
    run_step("adafactor", {w, {}, g, rate, kept, w, v, r, c, r, c, {}, {}},
             {0, matrices, rows, columns}, {0.01, 1e-3, 0.5});
  } else {
    run_step("adafactor", {w, v, g, rate, kept, w, v, {}, {}, {}, {}, {}, {}},
             {0, matrices, 1, columns}, {0.01, 1e-3, 0.5});
  }
  check_close(w, want, 3e-6, what);
  check_close(v, squares, 3e-6, what + ", squares");
}

CASE(adafactor_averages_squares_of_rows_and_columns) {
  check_adafactor(1, 7, 5);
  check_adafactor(1, 1, 1);
  check_adafactor(3, 4, 33);
  check_adafactor(9, 16, 32);
  check_adafactor(1, 600, 300);
  check_adafactor(1, 40'000, 3);
  for (const std::int64_t count : {1, 19, 500, 130'000}) check_adafactor(1, 0, count);
}

CASE(matmul_steps_multiply_and_add_the_bias) {
  std::vector<float> a = {1, 2, 3, 4};
  std::vector<float> b = {5, 6, 7, 8};
  std::vector<float> bias = {100, 200};
  std::vector<float> c(4);
  run_step("matmul", {a, b, bias, c}, {0, 1, 2, 2, 2, 0, 0, 0, 0});
  CHECK((c == std::vector<float>{119, 222, 143, 250}));
  run_step("matmul", {a, b, {}, c}, {0, 1, 2, 2, 2, 1, 0, 0, 0});
  CHECK((c == std::vector<float>{26, 30, 38, 44}));
}

CASE(unknown_kernels_and_missing_operands_are_refused) {
  std::vector<float> x(4);
  for (const std::string kernel : {"no_such_kernel", "reduce", "fill"}) {
    try {
      run_step(kernel, {x, x, {}}, {0, 0, 1, 4, 1}, {1.0});
      CHECK_THAT(false, kernel + " was accepted");
    } catch (const std::invalid_argument&) {
    }
  }
}

// Runs the same step with 1 and with 2 threads.
template <class Run>
void check_thread_count_is_irrelevant(Run&& run) {
  set_num_threads(1);
  const std::vector<float> alone = run();
  set_num_threads(2);
  const std::vector<float> together = run();
  set_num_threads(0);
  CHECK(alone == together);
}

CASE(results_do_not_depend_on_the_number_of_threads) {
  std::vector<float> x = some_numbers(40'000 * 30);
  check_thread_count_is_irrelevant([&] {
    std::vector<float> y(30);
    run_step("reduce", {x, y}, {0, 0, 1, 40'000, 30}, {1.0});
    return y;
  });
  check_thread_count_is_irrelevant([&] {
    std::vector<float> y(x.size());
    std::vector<float> mean(30);
    std::vector<float> variance(30);
    run_step("batch_norm", {x, {}, {}, y, mean, variance}, {0, 40'000, 30, 1}, {1e-3});
    return y;
  });
}

CASE(updates_with_norms_do_not_depend_on_the_number_of_threads) {
  const std::int64_t rows = 500;
  const std::int64_t columns = 301;
  const std::vector<float> start = some_numbers(rows * columns);
  std::vector<float> g = some_numbers(rows * columns, 2);
  std::vector<float> one = {1.0F};
  std::vector<float> kept = {0.5F};
  check_thread_count_is_irrelevant([&] {
    std::vector<float> w = start;
    std::vector<float> m = g;
    std::vector<float> v(w.size(), 0.5F);
    run_step("lamb", {w, m, v, g, one, one, one, w, m, v, {}, {}}, {0, rows * columns},
             {0.9, 0.99, 1e-7});
    return w;
  });
  check_thread_count_is_irrelevant([&] {
    std::vector<float> w = start;
    std::vector<float> v(w.size());
    std::vector<float> r(static_cast<std::size_t>(rows), 0.5F);
    std::vector<float> c(static_cast<std::size_t>(columns), 0.5F);
    run_step("adafactor", {w, {}, g, one, kept, w, v, r, c, r, c, {}, {}}, {0, 1, rows, columns},
             {1e-30, 1e-3, 1.0});
    return w;
  });
}

}  // namespace

int main(int count, char** arguments) { return run_cases(count > 1 ? arguments[1] : ""); }
