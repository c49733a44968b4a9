// Steps on bfloat16 in memory against the same steps in float32 on the same numbers. With
// TRIMTAB_BFLOAT16=1 convolutions are oneDNN's, also where it has to emulate them.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "tests/step.h"

namespace {

using namespace trimtab;         // NOLINT: a test names many of its parts
using namespace trimtab::tests;  // NOLINT

constexpr std::int64_t single = 0;
constexpr std::int64_t half = 11;

using Halves = std::vector<std::uint16_t>;

// By the definition: the nearer neighbour, the even one of two as near.
std::uint16_t rounded(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(bits >> 16U | 0x40U);
  const std::uint32_t rest = bits & 0xffffU;
  std::uint32_t upper = bits >> 16U;
  if (rest > 0x8000U || (rest == 0x8000U && (upper & 1U) != 0)) ++upper;
  return static_cast<std::uint16_t>(upper);
}

float widened(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16U);
}

Halves to_halves(const std::vector<float>& values) {
  Halves halves(values.size());
  std::transform(values.begin(), values.end(), halves.begin(), rounded);
  return halves;
}

std::vector<float> to_singles(const Halves& halves) {
  std::vector<float> values(halves.size());
  std::transform(halves.begin(), halves.end(), values.begin(), widened);
  return values;
}

CASE(casts_round_as_defined) {
  std::vector<float> numbers = some_numbers(1000);
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float each :
       {0.0F, -0.0F, infinity, -infinity, std::nanf(""), 3.4e38F, 1e-40F, 0x1p-134F, 0x1.8p-134F,
        std::bit_cast<float>(0x7f800001U), 1.00390625F, 1.01171875F}) {
    numbers.push_back(each);
  }
  const std::int64_t count = std::ssize(numbers);
  const std::int64_t cast = code(vm::Opcode::cast);
  Halves halves(numbers.size());
  std::vector<float> back(numbers.size());
  ElementwiseStep down{{count}, {{single, 1}}, {half}, 2, {{cast, single, 1, 0, -1, half}}, {1}};
  run_step("elementwise", {numbers, halves}, down.ints());
  const Halves want = to_halves(numbers);
  CHECK_THAT(halves == want, "float32 is rounded to bfloat16");
  ElementwiseStep up{{count}, {{half, 1}}, {single}, 2, {{cast, half, 1, 0, -1, single}}, {1}};
  run_step("elementwise", {halves, back}, up.ints());
  check_close(back, to_singles(want), 0, "bfloat16 is read");

  // A row and a column, repeated.
  const std::int64_t add = code(vm::Opcode::add);
  Halves row = to_halves(some_numbers(5, 2));
  Halves column = to_halves(some_numbers(700, 3));
  std::vector<float> sums(3500);
  ElementwiseStep both{
      {700, 5},
      {{half, 0, 1}, {half, 1, 0}},
      {single},
      4,
      {{cast, half, 2, 0, -1, single}, {cast, half, 3, 1, -1, single}, {add, single, 2, 2, 3, -1}},
      {2}};
  run_step("elementwise", {row, column, sums}, both.ints());
  std::vector<float> expected(3500);
  for (std::size_t i = 0; i < 3500; ++i) expected[i] = widened(row[i % 5]) + widened(column[i / 5]);
  check_close(sums, expected, 0, "broadcast bfloat16");
}

CASE(arithmetic_on_it_is_refused) {
  Halves x(4);
  ElementwiseStep step{
      {4}, {{half, 1}}, {half}, 2, {{code(vm::Opcode::square), half, 1, 0, -1, -1}}, {1}};
  bool is_refused = false;
  try {
    run_step("elementwise", {x, x}, step.ints());
  } catch (const std::invalid_argument&) {
    is_refused = true;
  }
  CHECK(is_refused);
}

CASE(items_of_two_bytes_are_copied_and_filled) {
  Halves x = to_halves(some_numbers(12));
  Halves transposed(12);
  run_step("copy", {x, transposed}, {2, 2, 4, 3, 1, 4, 3, 1, 0, 0});
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK_THAT(transposed[i] == x[i % 3 * 4 + i / 3], "a transposed copy of 2-byte items");
  }
  run_step("fill", {x}, {2, 12, 0});
  CHECK_THAT(x == Halves(12, 0), "filled 2-byte items");
}

struct Case3 {
  std::int64_t outer, channels, inner;
};

constexpr Case3 cases_3[] = {{6, 5, 1}, {300, 16, 1}, {700, 37, 1}, {9, 200, 1}, {4, 3, 21}};

void test_batch_norm(const Case3& c, bool adds, bool is_relu) {
  const std::int64_t count = c.outer * c.channels * c.inner;
  const auto size = static_cast<std::size_t>(count);
  const auto channels = static_cast<std::size_t>(c.channels);
  Halves x = to_halves(some_numbers(count));
  Halves added = to_halves(some_numbers(count, 2));
  Halves y(size);
  std::vector<float> gamma = some_numbers(c.channels, 3);
  std::vector<float> beta = some_numbers(c.channels, 4);
  std::vector<float> mean(channels);
  std::vector<float> variance(channels);
  std::vector<std::int64_t> ints{half, c.outer, c.channels, c.inner, is_relu ? 1 : 0};
  run_step("batch_norm", {x, gamma, beta, y, mean, variance, adds ? Memory(added) : Memory()}, ints,
           {1e-3});

  std::vector<float> wide = to_singles(x);
  std::vector<float> want_y(size);
  std::vector<float> want_mean(channels);
  std::vector<float> want_variance(channels);
  ints = {single, c.outer, c.channels, c.inner, 0};
  run_step("batch_norm", {wide, gamma, beta, want_y, want_mean, want_variance, Memory()}, ints,
           {1e-3});
  for (std::size_t i = 0; i < size; ++i) {
    if (adds) want_y[i] = widened(rounded(want_y[i])) + widened(added[i]);
    if (is_relu) want_y[i] = std::max(want_y[i], 0.0F);
  }
  check_close(to_singles(y), to_singles(to_halves(want_y)), 0, "batch_norm of bfloat16: y");
  check_close(mean, want_mean, 0, "batch_norm of bfloat16: mean");
  check_close(variance, want_variance, 0, "batch_norm of bfloat16: variance");
}

void test_batch_norm_gradient(const Case3& c, bool is_relu) {
  const std::int64_t count = c.outer * c.channels * c.inner;
  const auto size = static_cast<std::size_t>(count);
  const auto channels = static_cast<std::size_t>(c.channels);
  Halves x = to_halves(some_numbers(count));
  Halves g = to_halves(some_numbers(count, 2));
  Halves dx(size);
  std::vector<float> gamma = some_numbers(c.channels, 3);
  std::vector<float> beta = some_numbers(c.channels, 4);
  std::vector<float> mean = some_numbers(c.channels, 5);
  std::vector<float> variance(channels, 1.5F);
  std::vector<float> dgamma(channels);
  std::vector<float> dbeta(channels);
  std::vector<std::int64_t> ints{half, c.outer, c.channels, c.inner, is_relu ? 1 : 0};
  run_step("batch_norm_gradient", {g, x, gamma, mean, variance, dx, dgamma, dbeta, beta}, ints,
           {1e-3});

  std::vector<float> wide_x = to_singles(x);
  std::vector<float> wide_g = to_singles(g);
  std::vector<float> want(size);
  std::vector<float> want_dgamma(channels);
  std::vector<float> want_dbeta(channels);
  ints[0] = single;
  run_step("batch_norm_gradient",
           {wide_g, wide_x, gamma, mean, variance, want, want_dgamma, want_dbeta, beta}, ints,
           {1e-3});
  check_close(to_singles(dx), to_singles(to_halves(want)), 0, "its gradient: dx");
  check_close(dgamma, want_dgamma, 0, "its gradient: dgamma");
  check_close(dbeta, want_dbeta, 0, "its gradient: dbeta");
}

// Square images and kernels; low padding 1 where the kernel is 3 wide.
struct Case2d {
  std::int64_t batch, size, in, out, kernel, stride, groups;

  [[nodiscard]] std::int64_t low() const { return kernel / 2; }
  [[nodiscard]] std::int64_t out_size() const { return (size + 2 * low() - kernel) / stride + 1; }
  [[nodiscard]] std::int64_t x_count() const { return batch * size * size * in; }
  [[nodiscard]] std::int64_t w_count() const { return kernel * kernel * in / groups * out; }
  [[nodiscard]] std::int64_t y_count() const { return batch * out_size() * out_size() * out; }
  [[nodiscard]] std::vector<std::int64_t> ints(std::int64_t dtype,
                                               std::initializer_list<std::int64_t> flags) const {
    std::vector<std::int64_t> all{dtype, batch, in,    out,  groups, 2,      size, kernel, stride,
                                  1,     low(), low(), size, kernel, stride, 1,    low(),  low()};
    all.insert(all.end(), flags.begin(), flags.end());
    return all;
  }
};

constexpr Case2d cases_2d[] = {
    {2, 9, 3, 16, 3, 1, 1},  {3, 8, 16, 32, 3, 1, 1},  {2, 9, 16, 16, 3, 2, 1},
    {4, 7, 12, 20, 1, 1, 1}, {2, 6, 8, 8, 3, 1, 8},    {9, 8, 32, 32, 3, 1, 1},
    {8, 9, 20, 17, 3, 1, 1}, {4, 11, 48, 64, 3, 2, 1},
};

struct Results {
  Halves y, dx;
  std::vector<float> dw;
  Halves tailed;
};

// Sums of some hundred products, rounded to bfloat16 at the end.
constexpr double tolerance = 0.01;

Results convolutions(const Case2d& c) {
  Halves x = to_halves(some_numbers(c.x_count()));
  Halves w = to_halves(some_numbers(c.w_count(), 2));
  Halves g = to_halves(some_numbers(c.y_count(), 3));
  Halves added = to_halves(some_numbers(c.y_count(), 4));
  std::vector<float> bias = some_numbers(c.out, 5);
  Results all{Halves(g.size()), Halves(x.size()), std::vector<float>(w.size()), Halves(g.size())};
  run_step("convolution", {x, w, all.y}, c.ints(half, {}));
  run_step("convolution_input_gradient", {g, w, all.dx}, c.ints(half, {0}));
  run_step("convolution_kernel_gradient", {x, g, all.dw}, c.ints(half, {}));
  run_step("convolution", {x, w, all.tailed, bias, added}, c.ints(half, {1, 1}));
  return all;
}

void test_convolutions(const Case2d& c) {
  const Results got = convolutions(c);
  std::vector<float> x = to_singles(to_halves(some_numbers(c.x_count())));
  std::vector<float> w = to_singles(to_halves(some_numbers(c.w_count(), 2)));
  std::vector<float> g = to_singles(to_halves(some_numbers(c.y_count(), 3)));
  std::vector<float> added = to_singles(to_halves(some_numbers(c.y_count(), 4)));
  std::vector<float> bias = some_numbers(c.out, 5);
  std::vector<float> y(g.size());
  std::vector<float> dx(x.size());
  std::vector<float> dw(w.size());
  run_step("convolution", {x, w, y}, c.ints(single, {}));
  run_step("convolution_input_gradient", {g, w, dx}, c.ints(single, {0}));
  run_step("convolution_kernel_gradient", {x, g, dw}, c.ints(single, {}));
  check_close(to_singles(got.y), y, tolerance, "convolution of bfloat16");
  check_close(to_singles(got.dx), dx, tolerance, "its input gradient");
  // Summed and stored in float32.
  check_close(got.dw, dw, 1e-4, "its kernel gradient");
  run_step("convolution", {x, w, y, bias, added}, c.ints(single, {1, 1}));
  check_close(to_singles(got.tailed), y, tolerance, "convolution of bfloat16 with a tail");
}

void test_threads_change_no_bit(const Case2d& c) {
  set_num_threads(1);
  const Results one = convolutions(c);
  set_num_threads(2);
  const Results two = convolutions(c);
  set_num_threads(0);
  CHECK_THAT(one.y == two.y && one.dx == two.dx && one.dw == two.dw && one.tailed == two.tailed,
             "one thread and two give the same bits");
}

CASE(a_constant_kernel_is_read_anew_when_told) {
  const Case2d c = cases_2d[1];
  Halves x = to_halves(some_numbers(c.x_count()));
  Halves w = to_halves(some_numbers(c.w_count(), 2));
  Halves y(static_cast<std::size_t>(c.y_count()));
  Halves want(y.size());
  kernels::StepSpec spec{"convolution", {true, true, true, false, false}, c.ints(half, {0, 1}), {}};
  const auto step = kernels::prepare(spec);
  const AlignedBuffer scratch(step->scratch_bytes());
  const auto at = [](Halves& values) { return reinterpret_cast<std::byte*>(values.data()); };
  const std::vector<std::byte*> operands{at(x), at(w), at(y), nullptr, nullptr};
  step->bind(operands, scratch.data());
  step->run();
  const Halves changed = to_halves(some_numbers(c.w_count(), 7));
  std::copy(changed.begin(), changed.end(), w.begin());  // in place
  step->refresh();
  step->run();
  run_step("convolution", {x, w, want}, c.ints(half, {}));
  check_close(to_singles(y), to_singles(want), tolerance, "a new constant kernel");
}

CASE(batch_normalizations_are_those_of_float32_rounded) {
  for (const Case3& c : cases_3) {
    for (const bool is_relu : {false, true}) {
      test_batch_norm(c, false, is_relu);
      test_batch_norm(c, true, is_relu);
      test_batch_norm_gradient(c, is_relu);
    }
  }
}

CASE(convolutions_are_those_of_float32_rounded) {
  for (const Case2d& c : cases_2d) test_convolutions(c);
}

CASE(the_number_of_threads_changes_no_bit) {
  for (const Case2d& c : cases_2d) test_threads_change_no_bit(c);
}

}  // namespace

int main(int count, char** arguments) { return run_cases(count > 1 ? arguments[1] : ""); }
