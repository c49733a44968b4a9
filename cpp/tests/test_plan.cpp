// Programs, loops, and the work on whole arrays.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "plan/arrays.h"
#include "plan/loop.h"
#include "plan/program.h"
#include "tests/step.h"

namespace {

using namespace trimtab;         // NOLINT: a test names many of its parts
using namespace trimtab::tests;  // NOLINT
using plan::Loop;
using plan::Program;
using plan::StepDescription;

template <class T>
std::byte* address(std::vector<T>& values) {
  return reinterpret_cast<std::byte*>(values.data());
}

// Sums rows of 3 floats, 4 rows a batch: from the arena's start to its byte 64.
StepDescription row_sums() { return {"reduce", {{0, 0}, {0, 64}}, {0, 0, 4, 3, 1}, {1.0}}; }

template <class Function>
void check_throws(Function&& function) {
  try {
    function();
    CHECK_THAT(false, "nothing was thrown");
  } catch (const std::logic_error&) {  // invalid_argument is one
  }
}

CASE(a_program_follows_memory_that_moves) {
  const StepDescription step{"fill", {{1, 0}}, {4, 3, 0x3f800000}, {}};
  Program program({&step, 1}, 0, 2, {});
  std::vector<float> first(3);
  std::vector<float> second(3);
  program.bind(1, address(first));
  program.run();
  program.bind(1, address(second));
  program.run();
  CHECK(first[2] == 1.0F && second[2] == 1.0F);
}

CASE(an_unbound_slot_is_an_error) {
  const StepDescription step{"fill", {{1, 0}}, {4, 3, 0}, {}};
  Program program({&step, 1}, 0, 2, {});
  check_throws([&] { program.run(); });
}

CASE(malformed_plans_are_refused) {
  for (const StepDescription& step : {StepDescription{"fill", {{2, 0}}, {4, 3, 0}, {}},
                                      {"fill", {{-2, 0}}, {4, 3, 0}, {}},
                                      {"fill", {{-1, 0}}, {4, 3, 0}, {}},
                                      {"fill", {{0, 0}}, {4, 3}, {}},
                                      {"host", {}, {0}, {}},
                                      {"nothing", {}, {}, {}}}) {
    check_throws([&] { Program({&step, 1}, 64, 2, {}); });
  }
}

CASE(host_functions_run_between_steps_and_an_error_ends_the_run) {
  const std::vector<StepDescription> steps = {
      {"fill", {{0, 0}}, {4, 1, 1}, {}}, {"host", {}, {0}, {}}, {"fill", {{0, 0}}, {4, 1, 2}, {}}};
  std::int32_t seen = 0;
  Program* self = nullptr;
  Program program(steps, 64, 1, {[&] {
                    seen = *reinterpret_cast<std::int32_t*>(self->arena());
                    if (seen == 0) throw std::logic_error("stop");
                  }});
  self = &program;
  program.run();
  CHECK(seen == 1 && *reinterpret_cast<std::int32_t*>(program.arena()) == 2);
  const std::vector<StepDescription> failing = {{"host", {}, {0}, {}},
                                                {"fill", {{0, 0}}, {4, 1, 2}, {}}};
  Program stopped(failing, 64, 1, {[] { throw std::logic_error("stop"); }});
  check_throws([&] { stopped.run(); });
  CHECK(*reinterpret_cast<std::int32_t*>(stopped.arena()) == 0);
}

CASE(a_loop_gathers_rows_in_order_and_keeps_each_batch) {
  const StepDescription step = row_sums();
  Program program({&step, 1}, 128, 1, {});
  std::vector<std::uint8_t> data(12 * 3);
  std::iota(data.begin(), data.end(), std::uint8_t{0});
  std::vector<std::int64_t> order = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  std::vector<float> sums(12);
  Loop loop(program, {{address(data), 5, 3, 3, {0, 0}, 0}}, {{address(sums), 4, {0, 64}}}, 4);
  CHECK(loop.run(order.data(), 0, 3, 0, [] {}) == 3);
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(sums[i] == static_cast<float>(9 * order[i] + 3));
  }
  CHECK(loop.run(nullptr, 4, 1, 0, [] {}) == 1);
  for (std::size_t i = 4; i < 8; ++i) CHECK(sums[i] == static_cast<float>(9 * i + 3));
}

CASE(a_loop_stops_after_its_time) {
  const StepDescription step = row_sums();
  Program program({&step, 1}, 128, 1, {});
  std::vector<float> data(12);
  // All batches are the same rows: a row stride of 0.
  Loop loop(program, {{address(data), 0, 3, 0, {0, 0}, 0}}, {}, 4);
  int polls = 0;
  const std::int64_t done = loop.run(nullptr, 0, 1'000'000'000, 0.12, [&] { ++polls; });
  CHECK(done > 100 && done < 1'000'000'000);
  CHECK(polls >= 1);
}

CASE(rows_are_converted_between_dtypes) {
  Program program({}, 64, 1, {});
  std::vector<std::int16_t> data = {-3, 0, 7, 300};
  Loop to_float(program, {{address(data), 8, 2, 4, {0, 0}, 0}}, {}, 2);
  to_float.run(nullptr, 0, 1, 0, [] {});
  const float* values = reinterpret_cast<float*>(program.arena());
  CHECK(values[0] == -3 && values[1] == 0 && values[2] == 7 && values[3] == 300);
  Loop to_bool(program, {{address(data), 8, 2, 4, {0, 0}, 6}}, {}, 2);
  to_bool.run(nullptr, 0, 1, 0, [] {});
  const auto* flags = reinterpret_cast<std::uint8_t*>(program.arena());
  CHECK(flags[0] == 1 && flags[1] == 0 && flags[2] == 1 && flags[3] == 1);
}

CASE(half_precision_rows_become_floats) {
  Program program({}, 64, 1, {});
  // 1, -2, the smallest subnormal, the largest finite, infinity, NaN
  std::vector<std::uint16_t> halves = {0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x7e00};
  Loop loop(program, {{address(halves), 10, 6, 12, {0, 0}, 0}}, {}, 1);
  loop.run(nullptr, 0, 1, 0, [] {});
  const float* values = reinterpret_cast<float*>(program.arena());
  CHECK(values[0] == 1 && values[1] == -2 && values[2] == 0x1p-24F && values[3] == 65504);
  CHECK(values[4] == std::numeric_limits<float>::infinity() && std::isnan(values[5]));
}

CASE(a_permutation_has_every_number_once_and_depends_on_the_seed) {
  std::vector<std::int64_t> first(1000);
  std::vector<std::int64_t> again(1000);
  std::vector<std::int64_t> other(1000);
  plan::permutation(1, first);
  plan::permutation(1, again);
  plan::permutation(2, other);
  CHECK(first == again && first != other);
  std::sort(first.begin(), first.end());
  for (std::size_t i = 0; i < first.size(); ++i) CHECK(first[i] == static_cast<std::int64_t>(i));
}

CASE(the_first_nonfinite_number_is_found) {
  std::vector<float> x(5000, 1.0F);
  CHECK(plan::first_nonfinite(address(x), 0, 5000) == -1);
  x[4321] = std::numeric_limits<float>::infinity();
  x[4400] = std::numeric_limits<float>::quiet_NaN();
  CHECK(plan::first_nonfinite(address(x), 0, 5000) == 4321);
  CHECK(plan::first_nonfinite(address(x), 2, 5000) == -1);
}

}  // namespace

int main(int count, char** arguments) { return run_cases(count > 1 ? arguments[1] : ""); }
