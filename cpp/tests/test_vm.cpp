// The tile interpreter: values, tails, broadcasts, aliasing.
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <stdexcept>
#include <vector>

#include "tests/step.h"
#include "vm/handler.h"

namespace {

using namespace trimtab;         // NOLINT: a test names many of its parts
using namespace trimtab::tests;  // NOLINT
using vm::Opcode;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t constant = 1000;

void run_unary(Opcode opcode, std::vector<float>& x, std::vector<float>& y) {
  const ElementwiseStep step{
      {std::ssize(x)}, {{0, 1}}, {0}, 2, {{code(opcode), 0, 1, 0, -1, -1}}, {1}};
  run_step("elementwise", {x, y}, step.ints());
}

struct Function {
  Opcode opcode;
  double (*want)(double);
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

const Function functions[] = {
    {Opcode::exp, std::exp},     {Opcode::expm1, std::expm1}, {Opcode::log, std::log},
    {Opcode::log1p, std::log1p}, {Opcode::tanh, std::tanh},   {Opcode::sigmoid, sigmoid},
    {Opcode::erf, std::erf},     {Opcode::sin, std::sin},     {Opcode::sqrt, std::sqrt},
};

CASE(functions_are_accurate_relative_to_their_value) {
  std::vector<float> x = some_numbers(20'000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    // From 1e-9 to 90, both signs.
    x[i] = std::copysign(std::exp((std::fabs(x[i]) - 1.7F) * 12.0F), x[i]);
  }
  std::vector<float> y(x.size());
  for (const Function& function : functions) {
    run_unary(function.opcode, x, y);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double want = function.want(x[i]);
      if (!(std::fabs(want) > 1e-37 && std::fabs(want) < 3e38)) continue;
      const double error = std::fabs(y[i] - want) / std::fabs(want);
      CHECK_THAT(error < 3e-7, std::string(vm::info(function.opcode).name) + " of " +
                                   std::to_string(x[i]) + " is off by " + std::to_string(error));
    }
  }
}

CASE(functions_of_special_values_are_those_of_the_standard_library) {
  std::vector<float> x = {0.0F,  -0.0F, infinity, -infinity, nan,     1e-40F, -1e-40F, 1.0F,
                          -1.0F, 3e38F, -3e38F,   88.8F,     -104.5F, -88.0F, 0.5F,    -20.0F};
  std::vector<float> y(x.size());
  for (const Function& function : functions) {
    if (function.opcode == Opcode::sin) continue;
    run_unary(function.opcode, x, y);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto want = static_cast<float>(function.want(x[i]));
      const bool is_equal = std::isnan(want) ? std::isnan(y[i])
                                             : std::fabs(y[i] - want) <= 3e-7F * std::fabs(want) ||
                                                   y[i] == want || std::fabs(y[i] - want) < 3e-45F;
      CHECK_THAT(is_equal && (std::isnan(want) || std::signbit(want) == std::signbit(y[i])),
                 std::string(vm::info(function.opcode).name) + " of " + std::to_string(x[i]) +
                     ": got " + std::to_string(y[i]));
    }
  }
}

CASE(erf_inv_inverts_erf) {
  std::vector<float> x;
  for (int i = -999; i <= 999; ++i) x.push_back(static_cast<float>(i) / 1000);
  std::vector<float> y(x.size());
  run_unary(Opcode::erf_inv, x, y);
  for (std::size_t i = 0; i < x.size(); ++i) {
    // The slope of erf carries the error of y over to x.
    CHECK(std::fabs(std::erf(static_cast<double>(y[i])) - x[i]) < 3e-7);
  }
  std::vector<float> edges = {1.0F, -1.0F, 1.5F};
  std::vector<float> results(3);
  run_unary(Opcode::erf_inv, edges, results);
  CHECK(results[0] == infinity && results[1] == -infinity && std::isnan(results[2]));
}

CASE(every_length_leaves_the_memory_behind_it_alone) {
  for (std::int64_t count = 1; count <= 70; ++count) {
    std::vector<float> a = some_numbers(count);
    std::vector<float> b = some_numbers(count, 2);
    std::vector<float> sum(static_cast<std::size_t>(count));
    Booleans is_less(static_cast<std::size_t>(count));
    const ElementwiseStep step{
        {count},
        {{0, 1}, {0, 1}},
        {0, 6},
        4,
        {{code(Opcode::add), 0, 2, 0, 1, -1}, {code(Opcode::less), 0, 3, 0, 1, -1}},
        {2, 3}};
    run_step("elementwise", {a, b, sum, is_less}, step.ints());
    for (std::size_t i = 0; i < sum.size(); ++i) {
      CHECK(sum[i] == a[i] + b[i]);
      CHECK(is_less[i] == (a[i] < b[i] ? 1 : 0));
    }
  }
}

CASE(where_and_casts_take_booleans) {
  for (const std::int64_t count : {1, 5, 16, 33, 70}) {
    std::vector<float> a = some_numbers(count);
    std::vector<float> y(static_cast<std::size_t>(count));
    std::vector<float> ones(static_cast<std::size_t>(count));
    const ElementwiseStep step{{count},
                               {{0, 1}},
                               {0, 0},
                               4,
                               {{code(Opcode::greater), 0, 1, 0, constant, -1},
                                {code(Opcode::where), 0, 2, 0, constant, 1},
                                {code(Opcode::cast), 6, 3, 1, -1, 0}},
                               {2, 3}};
    run_step("elementwise", {a, y, ones}, step.ints(), {0.0});
    for (std::size_t i = 0; i < y.size(); ++i) {
      CHECK(y[i] == std::fmax(a[i], 0.0F));
      CHECK(ones[i] == (a[i] > 0 ? 1.0F : 0.0F));
    }
  }
}

// a[rows, columns] + row[columns] * column[rows] - scalar
void check_broadcast(std::int64_t rows, std::int64_t columns) {
  std::vector<float> a = some_numbers(rows * columns);
  std::vector<float> row = some_numbers(columns, 2);
  std::vector<float> column = some_numbers(rows, 3);
  std::vector<float> scalar = {0.75F};
  std::vector<float> y(a.size());
  const ElementwiseStep step{{rows, columns},
                             {{0, columns, 1}, {0, 0, 1}, {0, 1, 0}, {0, 0, 0}},
                             {0},
                             5,
                             {{code(Opcode::multiply), 0, 4, 1, 2, -1},
                              {code(Opcode::add), 0, 4, 0, 4, -1},
                              {code(Opcode::subtract), 0, 4, 4, 3, -1}},
                             {4}};
  run_step("elementwise", {a, row, column, scalar, y}, step.ints());
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      const float want = a[i * columns + j] + row[j] * column[i] - 0.75F;
      CHECK(y[i * columns + j] == want);
    }
  }
}

CASE(rows_columns_and_scalars_are_broadcast) {
  for (const std::int64_t columns : {1, 2, 3, 17, 64, 255, 256, 1000, 3000}) {
    for (const std::int64_t rows : {1, 2, 5, 16, 40}) check_broadcast(rows, columns);
  }
  check_broadcast(1000, 300);  // enough for the threads
}

CASE(a_transposed_input_is_read_by_its_strides) {
  std::vector<float> x = some_numbers(35 * 50);
  std::vector<float> y(x.size());
  const ElementwiseStep step{
      {50, 35}, {{0, 1, 50}}, {0}, 2, {{code(Opcode::negative), 0, 1, 0, -1, -1}}, {1}};
  run_step("elementwise", {x, y}, step.ints());
  for (int i = 0; i < 50; ++i) {
    for (int j = 0; j < 35; ++j) CHECK(y[i * 35 + j] == -x[j * 50 + i]);
  }
}

CASE(outputs_may_overwrite_inputs_that_are_still_needed) {
  for (const std::int64_t count : {3, 1024, 5000}) {
    std::vector<float> a = some_numbers(count);
    std::vector<float> b = some_numbers(count, 2);
    const std::vector<float> old_a = a;
    const std::vector<float> old_b = b;
    const ElementwiseStep step{
        {count},
        {{0, 1}, {0, 1}},
        {0, 0},
        4,
        {{code(Opcode::add), 0, 2, 0, 1, -1}, {code(Opcode::subtract), 0, 3, 0, 1, -1}},
        {2, 3}};
    run_step("elementwise", {a, b, a, b}, step.ints());
    for (std::size_t i = 0; i < a.size(); ++i) {
      CHECK(a[i] == old_a[i] + old_b[i]);
      CHECK(b[i] == old_a[i] - old_b[i]);
    }
  }
}

CASE(two_arrays_swap_in_place) {
  std::vector<float> a = some_numbers(3000);
  std::vector<float> b = some_numbers(3000, 2);
  const std::vector<float> old_a = a;
  const std::vector<float> old_b = b;
  const ElementwiseStep step{{3000}, {{0, 1}, {0, 1}}, {0, 0}, 2, {}, {1, 0}};
  run_step("elementwise", {a, b, a, b}, step.ints());
  CHECK(a == old_b && b == old_a);
}

CASE(a_register_may_change_its_dtype) {
  std::vector<float> x = {1.5F, -2.5F, 3.0F};
  std::vector<double> y(3);
  // Register 1 holds a boolean, then a double that is computed from it.
  const ElementwiseStep step{
      {3},
      {{0, 1}},
      {1},
      2,
      {{code(Opcode::greater), 0, 1, 0, constant, -1}, {code(Opcode::cast), 6, 1, 1, -1, 1}},
      {1}};
  run_step("elementwise", {x, y}, step.ints(), {0.0});
  check_close(y, std::vector<double>{1, 0, 1}, 0, "cast");
}

float apply(Opcode opcode, float a, float b) {
  if (opcode == Opcode::add) return a + b;
  return opcode == Opcode::subtract ? a - b : a * b;
}

// second(first(a, b), c) and second(c, first(a, b))
void check_pair(Opcode first, Opcode second, bool is_right) {
  std::vector<float> a = some_numbers(37);
  std::vector<float> b = some_numbers(37, 2);
  std::vector<float> c = some_numbers(37, 3);
  std::vector<float> y(37);
  const std::int64_t left = is_right ? 2 : 3;
  const std::int64_t right = is_right ? 3 : 2;
  const ElementwiseStep step{{37},
                             {{0, 1}, {0, 1}, {0, 1}},
                             {0},
                             5,
                             {{code(first), 0, 3, 0, 1, -1}, {code(second), 0, 4, left, right, -1}},
                             {4}};
  run_step("elementwise", {a, b, c, y}, step.ints());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const float inner = apply(first, a[i], b[i]);
    const float want = is_right ? apply(second, c[i], inner) : apply(second, inner, c[i]);
    CHECK_THAT(y[i] == want, std::string(vm::info(first).name) + ", " +
                                 std::string(vm::info(second).name) + " at " + std::to_string(i));
  }
}

CASE(pairs_of_instructions_round_twice) {
  for (const Opcode first : {Opcode::add, Opcode::subtract, Opcode::multiply}) {
    for (const Opcode second : {Opcode::add, Opcode::subtract, Opcode::multiply}) {
      check_pair(first, second, false);
      check_pair(first, second, true);
    }
  }
}

CASE(a_value_with_two_uses_is_kept) {
  std::vector<float> x = {3.0F};
  std::vector<float> y(1);
  std::vector<float> z(1);
  // 2x is an output and an operand; the square of 2x is used twice.
  const ElementwiseStep step{{1},
                             {{0, 1}},
                             {0, 0},
                             4,
                             {{code(Opcode::add), 0, 1, 0, 0, -1},
                              {code(Opcode::square), 0, 2, 1, -1, -1},
                              {code(Opcode::add), 0, 3, 2, 2, -1}},
                             {1, 3}};
  run_step("elementwise", {x, y, z}, step.ints());
  CHECK(y[0] == 6.0F && z[0] == 72.0F);
}

CASE(a_product_is_chosen_on_either_side) {
  std::vector<float> x = some_numbers(50);
  std::vector<float> chosen(50);
  std::vector<float> other(50);
  const std::int64_t multiply = code(Opcode::multiply);
  const ElementwiseStep step{{50},
                             {{0, 1}},
                             {0, 0},
                             6,
                             {{code(Opcode::greater), 0, 1, 0, constant + 1, -1},
                              {multiply, 0, 2, 0, constant, -1},
                              {code(Opcode::where), 0, 3, 2, 0, 1},
                              {multiply, 0, 4, 0, constant, -1},
                              {code(Opcode::where), 0, 5, 0, 4, 1}},
                             {3, 5}};
  run_step("elementwise", {x, chosen, other}, step.ints(), {2.0, 0.0});
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(chosen[i] == (x[i] > 0 ? 2 * x[i] : x[i]));
    CHECK(other[i] == (x[i] > 0 ? x[i] : 2 * x[i]));
  }
}

CASE(maximum_and_minimum_keep_nan) {
  std::vector<float> a = {nan, 1.0F, 2.0F};
  std::vector<float> b = {1.0F, nan, 3.0F};
  std::vector<float> most(3);
  std::vector<float> least(3);
  const ElementwiseStep step{
      {3},
      {{0, 1}, {0, 1}},
      {0, 0},
      4,
      {{code(Opcode::maximum), 0, 2, 0, 1, -1}, {code(Opcode::minimum), 0, 3, 0, 1, -1}},
      {2, 3}};
  run_step("elementwise", {a, b, most, least}, step.ints());
  CHECK(std::isnan(most[0]) && std::isnan(most[1]) && most[2] == 3.0F);
  CHECK(std::isnan(least[0]) && std::isnan(least[1]) && least[2] == 2.0F);
}

CASE(integer_division_rounds_down_and_wraps) {
  std::vector<std::int32_t> a = {7, -7, 7, -7, 5, std::numeric_limits<std::int32_t>::min()};
  std::vector<std::int32_t> b = {2, 2, -2, -2, 0, -1};
  std::vector<std::int32_t> quotient(6);
  std::vector<std::int32_t> rest(6);
  const ElementwiseStep step{
      {6},
      {{2, 1}, {2, 1}},
      {2, 2},
      4,
      {{code(Opcode::floor_divide), 2, 2, 0, 1, -1}, {code(Opcode::remainder), 2, 3, 0, 1, -1}},
      {2, 3}};
  run_step("elementwise", {a, b, quotient, rest}, step.ints());
  CHECK((quotient ==
         std::vector<std::int32_t>{3, -4, -4, 3, 0, std::numeric_limits<std::int32_t>::min()}));
  CHECK((rest == std::vector<std::int32_t>{1, 1, -1, -1, 0, 0}));
}

CASE(every_operation_has_a_function_for_every_dtype_that_it_accepts) {
  for (std::size_t i = 0; i < vm::opcode_infos.size(); ++i) {
    for (int type = 0; type < 7; ++type) {
      const auto dtype = static_cast<DType>(type);
      const vm::OpcodeInfo& info = vm::opcode_infos[i];
      if (!vm::accepts(info.types, dtype)) continue;
      CHECK_THAT(vm::find_handler(static_cast<Opcode>(i), dtype, dtype, current_isa()) != nullptr,
                 std::string(info.name) + " of dtype " + std::to_string(type));
    }
  }
}

void check_refused(const ElementwiseStep& step) {
  std::vector<float> x(4);
  try {
    run_step("elementwise", {x, x}, step.ints());
    CHECK_THAT(false, "a malformed program was accepted");
  } catch (const std::invalid_argument&) {
  }
}

CASE(malformed_programs_are_refused) {
  const std::int64_t add = code(Opcode::add);
  check_refused({{4}, {{0, 1}}, {0}, 2, {{add, 0, 1, 0, 5, -1}}, {1}});         // register
  check_refused({{4}, {{0, 1}}, {0}, 2, {{add, 0, 1, 0, 1, -1}}, {1}});         // unwritten
  check_refused({{4}, {{0, 1}}, {0}, 2, {{add, 0, 1, 0, constant, -1}}, {1}});  // constant
  check_refused({{4}, {{0, 1}}, {0}, 2, {{add, 2, 1, 0, 0, -1}}, {1}});         // dtype
  check_refused({{4}, {{0, 1}}, {0}, 2, {{999, 0, 1, 0, 0, -1}}, {1}});         // opcode
  check_refused({{4}, {{0, 1}}, {6}, 2, {{add, 0, 1, 0, 0, -1}}, {1}});         // output dtype
  check_refused({{4}, {{0, 1}}, {0}, 2, {{code(Opcode::exp), 9, 1, 0, -1, -1}}, {1}});
}

}  // namespace

int main(int count, char** arguments) { return run_cases(count > 1 ? arguments[1] : ""); }
