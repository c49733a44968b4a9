// Convolutions and poolings against their definition, by oneDNN where it was built in and by the
// engine's own kernels: TRIMTAB_ONEDNN=0 chooses those for all but the tests that name them.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/convolution/product.h"
#include "onednn/load.h"
#include "tests/step.h"

namespace {

using namespace trimtab;         // NOLINT: a test names many of its parts
using namespace trimtab::tests;  // NOLINT

// Square images and kernels; low padding 1 where the kernel is 3 wide.
struct Case2d {
  std::int64_t batch, size, in, out, kernel, stride, groups;

  [[nodiscard]] std::int64_t low() const { return kernel / 2; }
  [[nodiscard]] std::int64_t out_size() const { return (size + 2 * low() - kernel) / stride + 1; }
  [[nodiscard]] std::int64_t group_in() const { return in / groups; }
  [[nodiscard]] std::int64_t x_count() const { return batch * size * size * in; }
  [[nodiscard]] std::int64_t w_count() const { return kernel * kernel * group_in() * out; }
  [[nodiscard]] std::int64_t y_count() const { return batch * out_size() * out_size() * out; }
  [[nodiscard]] std::vector<std::int64_t> ints() const {
    return {0, batch, in,    out,  groups, 2,      size, kernel, stride,
            1, low(), low(), size, kernel, stride, 1,    low(),  low()};
  }
};

constexpr Case2d cases_2d[] = {
    {2, 9, 1, 16, 3, 1, 1},
    {3, 8, 16, 32, 3, 1, 1},
    {2, 9, 16, 16, 3, 2, 1},
    {4, 7, 12, 20, 1, 1, 1},
    {2, 6, 8, 8, 3, 1, 8},
    {2, 6, 8, 12, 3, 1, 4},
    // Enough tiles for Winograd's products: whole and cut tiles, channels that fill no vector.
    {9, 8, 16, 32, 3, 1, 1},
    {8, 9, 20, 17, 3, 1, 1},
    {4, 11, 48, 64, 3, 1, 1},
};

// Calls use(x index, w index, y index) for every product of the convolution.
template <class Use>
void for_each_product(const Case2d& c, const Use& use) {
  const std::int64_t out = c.out_size();
  const std::int64_t lines = c.batch * out * out;
  for (std::int64_t i = 0; i < lines * c.out * c.kernel * c.kernel * c.group_in(); ++i) {
    const std::int64_t channel = i % c.group_in();
    const std::int64_t tap = i / c.group_in() % (c.kernel * c.kernel);
    const std::int64_t filter = i / c.group_in() / (c.kernel * c.kernel) % c.out;
    const std::int64_t position = i / c.group_in() / (c.kernel * c.kernel) / c.out;
    const std::int64_t row = position / out % out * c.stride - c.low() + tap / c.kernel;
    const std::int64_t column = position % out * c.stride - c.low() + tap % c.kernel;
    if (row < 0 || row >= c.size || column < 0 || column >= c.size) continue;
    const std::int64_t pixel = (position / (out * out) * c.size + row) * c.size + column;
    const std::int64_t group = filter / (c.out / c.groups);
    use(static_cast<std::size_t>(pixel * c.in + group * c.group_in() + channel),
        static_cast<std::size_t>((tap * c.group_in() + channel) * c.out + filter),
        static_cast<std::size_t>(position * c.out + filter));
  }
}

// The three results of one case.
struct Results {
  std::vector<float> y, dx, dw;
};

Results by_definition(const Case2d& c, const Results& operands) {
  std::vector<double> y(operands.y.size());
  std::vector<double> dx(operands.dx.size());
  std::vector<double> dw(operands.dw.size());
  for_each_product(c, [&](std::size_t i, std::size_t j, std::size_t k) {
    y[k] += static_cast<double>(operands.dx[i]) * operands.dw[j];
    dx[i] += static_cast<double>(operands.y[k]) * operands.dw[j];
    dw[j] += static_cast<double>(operands.dx[i]) * operands.y[k];
  });
  return {{y.begin(), y.end()}, {dx.begin(), dx.end()}, {dw.begin(), dw.end()}};
}

// x, w and the cotangent of y, under the names of what they have the shape of.
Results make_operands(const Case2d& c) {
  return {some_numbers(c.y_count(), 3), some_numbers(c.x_count(), 1), some_numbers(c.w_count(), 2)};
}

Results by_steps(const Case2d& c, Results operands) {
  Results results{std::vector<float>(operands.y.size(), 7.0F),
                  std::vector<float>(operands.dx.size(), 7.0F),
                  std::vector<float>(operands.dw.size(), 7.0F)};
  run_step("convolution", {operands.dx, operands.dw, results.y}, c.ints());
  run_step("convolution_input_gradient", {operands.y, operands.dw, results.dx}, c.ints());
  run_step("convolution_kernel_gradient", {operands.dx, operands.y, results.dw}, c.ints());
  return results;
}

// Winograd's products round to some 2e-6 of the largest result, direct sums to a tenth of that.
double tolerance_of(const std::vector<float>& want) {
  float largest = 0;
  for (const float value : want) largest = std::max(largest, std::abs(value));
  return std::max(1e-4, 4e-6 * static_cast<double>(largest));
}

CASE(convolution_and_its_gradients_are_their_definition) {
  for (const int threads : {1, 2, 3}) {
    set_num_threads(threads);
    for (const Case2d& c : cases_2d) {
      const Results operands = make_operands(c);
      const Results want = by_definition(c, operands);
      const Results got = by_steps(c, operands);
      const std::string what = std::to_string(c.in) + " to " + std::to_string(c.out);
      check_close(got.y, want.y, tolerance_of(want.y), "y " + what);
      check_close(got.dx, want.dx, tolerance_of(want.dx), "dx " + what);
      check_close(got.dw, want.dw, tolerance_of(want.dw), "dw " + what);
    }
  }
  set_num_threads(0);
}

CASE(a_tail_is_a_bias_a_tensor_and_a_relu) {
  for (const Case2d& c : cases_2d) {
    const Results operands = make_operands(c);
    std::vector<float> x = operands.dx;
    std::vector<float> w = operands.dw;
    std::vector<float> bias = some_numbers(c.out, 5);
    std::vector<float> added = some_numbers(c.y_count(), 6);
    std::vector<float> plain(operands.y.size());
    std::vector<float> got(operands.y.size());
    run_step("convolution", {x, w, plain}, c.ints());
    for (const bool is_relu : {false, true}) {
      std::vector<std::int64_t> ints = c.ints();
      ints.push_back(is_relu ? 1 : 0);
      run_step("convolution", {x, w, got, bias, added}, ints);
      std::vector<float> want = plain;
      for (std::size_t i = 0; i < want.size(); ++i) {
        want[i] += bias[i % bias.size()] + added[i];
        if (is_relu) want[i] = std::max(want[i], 0.0F);
      }
      check_close(got, want, tolerance_of(want), "tail of " + std::to_string(c.in));
    }
  }
}

CASE(a_constant_kernel_is_read_again_when_told) {
  for (const Case2d& c : cases_2d) {
    for (const std::string name : {"convolution", "convolution_input_gradient"}) {
      const bool is_back = name != "convolution";
      const Results operands = make_operands(c);
      std::vector<float> x = is_back ? operands.y : operands.dx;
      std::vector<float> w = operands.dw;
      std::vector<float> y(is_back ? operands.dx.size() : operands.y.size());
      kernels::StepSpec spec{name, {true, true, true}, c.ints(), {}};
      if (!is_back) {
        spec.present.insert(spec.present.end(), {false, false});
        spec.ints.push_back(0);
      }
      spec.ints.push_back(1);
      const auto step = kernels::prepare(spec);
      const AlignedBuffer scratch(step->scratch_bytes());
      const auto address = [](std::vector<float>& values) {
        return reinterpret_cast<std::byte*>(values.data());
      };
      std::vector<std::byte*> pointers{address(x), address(w), address(y)};
      pointers.resize(spec.present.size());
      step->bind(pointers, scratch.data());
      step->run();
      const std::vector<float> before = y;
      for (float& each : w) each *= 2;
      step->refresh();
      step->run();
      for (std::size_t i = 0; i < y.size(); ++i) CHECK(y[i] == 2 * before[i]);
    }
  }
}

CASE(convolution_gives_the_same_on_any_number_of_threads) {
  for (const Case2d& c : cases_2d) {
    const Results operands = make_operands(c);
    set_num_threads(1);
    const Results want = by_steps(c, operands);
    set_num_threads(3);
    const Results got = by_steps(c, operands);
    CHECK(got.y == want.y && got.dx == want.dx && got.dw == want.dw);
  }
  set_num_threads(0);
}

CASE(own_convolution_gives_the_same_on_any_number_of_threads) {
  onednn::ConvolutionShape shape;
  shape.batch = 5;
  shape.channels_in = 64;
  shape.channels_out = 24;
  shape.axes[1] = shape.axes[2] = {24, 24, 3, 1, 1, 1, 1};
  std::vector<float> x = some_numbers(std::int64_t{5} * 24 * 24 * 64, 1);
  std::vector<float> g = some_numbers(std::int64_t{5} * 24 * 24 * 24, 2);
  std::vector<float> w = some_numbers(std::int64_t{9} * 64 * 24, 3);
  for (const auto kind : {onednn::ConvolutionKind::forward, onednn::ConvolutionKind::input_gradient,
                          onednn::ConvolutionKind::kernel_gradient}) {
    shape.kind = kind;
    const bool is_forward = kind == onednn::ConvolutionKind::forward;
    const bool is_kernel = kind == onednn::ConvolutionKind::kernel_gradient;
    std::vector<std::vector<float>> results;
    for (const int threads : {1, 3}) {
      set_num_threads(threads);
      std::vector<float> result(is_forward ? g.size() : (is_kernel ? w.size() : x.size()));
      const auto step = kernels::make_product_convolution(shape, DType::float32);
      const AlignedBuffer scratch(step->scratch_bytes());
      const std::byte* first = Memory(is_forward || is_kernel ? x : g).address;
      const std::byte* second = Memory(is_kernel ? g : w).address;
      const std::vector<std::byte*> operands = {
          const_cast<std::byte*>(first), const_cast<std::byte*>(second), Memory(result).address};
      step->bind(operands, scratch.data());
      step->run();
      results.push_back(result);
    }
    CHECK(results[0] == results[1]);
  }
  set_num_threads(0);
}

CASE(convolutions_and_other_regions_share_the_threads) {
  set_num_threads(2);
  const Case2d& c = cases_2d[1];
  const Results operands = make_operands(c);
  const Results want = by_steps(c, operands);
  for (int repetition = 0; repetition < 20; ++repetition) {
    parallel_for(8, [](std::int64_t) {});
    const Results got = by_steps(c, operands);
    CHECK(got.y == want.y && got.dx == want.dx && got.dw == want.dw);
  }
  set_num_threads(0);
}

CASE(a_forked_child_convolves) {
  set_num_threads(2);
  const Case2d& c = cases_2d[1];
  const Results operands = make_operands(c);
  const Results want = by_steps(c, operands);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(by_steps(c, operands).dw == want.dw ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  set_num_threads(0);
}

CASE(max_pool_and_its_gradient_take_the_first_largest) {
  std::vector<float> x = {7, 7, 2, 9};
  std::vector<float> y(3);
  run_step("max_pool", {x, y}, {0, 1, 1, 1, 4, 2, 1, 1, 0, 0});
  CHECK((y == std::vector<float>{7, 7, 9}));
  std::vector<float> g = {1, 10, 100};
  std::vector<float> dx(4, 5.0F);
  run_step("max_pool_gradient", {g, x, dx}, {0, 1, 1, 1, 4, 2, 1, 1, 0, 0});
  CHECK((dx == std::vector<float>{1, 10, 0, 100}));
}

CASE(average_pool_does_not_count_padding) {
  std::vector<double> x = {1, 5, 2};
  std::vector<double> y(2);
  run_step("average_pool", {x, y}, {1, 1, 1, 1, 3, 2, 2, 1, 0, 1});
  CHECK((y == std::vector<double>{3, 2}));
  std::vector<double> dx(3, 5.0);
  run_step("average_pool_gradient", {y, dx}, {1, 1, 1, 1, 3, 2, 2, 1, 0, 1});
  CHECK((dx == std::vector<double>{1.5, 1.5, 2}));
}

}  // namespace

int main(int argc, char** argv) { return trimtab::tests::run_cases(argc > 1 ? argv[1] : ""); }
