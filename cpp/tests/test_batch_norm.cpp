// Batch normalization and its gradient against plain loops in double precision.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/step.h"

namespace {

using namespace trimtab;         // NOLINT: a test names many of its parts
using namespace trimtab::tests;  // NOLINT

struct Case3 {
  std::int64_t outer;
  std::int64_t channels;
  std::int64_t inner;
};

constexpr double epsilon = 1e-3;

struct Expected {
  std::vector<double> y, mean, variance, dx, dgamma, dbeta;
};

// x and g are (outer, channels, inner).
Expected expected(const Case3& shape, const std::vector<float>& x, const std::vector<float>& g,
                  const std::vector<float>& gamma, const std::vector<float>& beta) {
  Expected want;
  want.y.resize(x.size());
  want.dx.resize(x.size());
  const double n = static_cast<double>(shape.outer * shape.inner);
  for (std::int64_t c = 0; c < shape.channels; ++c) {
    const auto for_each = [&](auto&& function) {
      for (std::int64_t o = 0; o < shape.outer; ++o) {
        for (std::int64_t i = 0; i < shape.inner; ++i) {
          function(static_cast<std::size_t>((o * shape.channels + c) * shape.inner + i));
        }
      }
    };
    double mean = 0;
    double variance = 0;
    double dbeta = 0;
    double dgamma = 0;
    for_each([&](std::size_t at) { mean += x[at] / n; });
    for_each([&](std::size_t at) { variance += (x[at] - mean) * (x[at] - mean) / n; });
    const double inverse = 1 / std::sqrt(variance + epsilon);
    for_each([&](std::size_t at) {
      dbeta += g[at];
      dgamma += g[at] * (x[at] - mean) * inverse;
    });
    const double scale = gamma.empty() ? 1.0 : gamma[static_cast<std::size_t>(c)];
    const double shift = beta.empty() ? 0.0 : beta[static_cast<std::size_t>(c)];
    for_each([&](std::size_t at) {
      const double z = (x[at] - mean) * inverse;
      want.y[at] = z * scale + shift;
      want.dx[at] = scale * inverse * (g[at] - dbeta / n - z * dgamma / n);
    });
    want.mean.push_back(mean);
    want.variance.push_back(variance);
    want.dbeta.push_back(dbeta);
    want.dgamma.push_back(dgamma);
  }
  return want;
}

void check_batch_norm(const Case3& shape, bool has_parameters) {
  const std::int64_t elements = shape.outer * shape.channels * shape.inner;
  const auto channels = static_cast<std::size_t>(shape.channels);
  std::vector<float> x = some_numbers(elements);
  for (float& each : x) each += 3.0F;
  std::vector<float> g = some_numbers(elements, 2);
  std::vector<float> gamma = some_numbers(has_parameters ? shape.channels : 0, 3);
  std::vector<float> beta = some_numbers(has_parameters ? shape.channels : 0, 4);
  std::vector<float> y(x.size());
  std::vector<float> dx(x.size());
  std::vector<float> mean(channels);
  std::vector<float> variance(channels);
  std::vector<float> dgamma(channels);
  std::vector<float> dbeta(channels);
  const Memory gammas = has_parameters ? Memory(gamma) : Memory();
  const Memory betas = has_parameters ? Memory(beta) : Memory();
  const std::vector<std::int64_t> ints = {0, shape.outer, shape.channels, shape.inner};
  run_step("batch_norm", {x, gammas, betas, y, mean, variance}, ints, {epsilon});
  run_step("batch_norm_gradient", {g, x, gammas, mean, variance, dx, dgamma, dbeta}, ints,
           {epsilon});
  const Expected want = expected(shape, x, g, gamma, beta);
  const std::string text = std::to_string(shape.outer) + "x" + std::to_string(shape.channels) +
                           "x" + std::to_string(shape.inner);
  const double sum_tolerance = 2e-6 * std::sqrt(static_cast<double>(elements));
  check_close(mean, want.mean, 1e-6, "mean " + text);
  check_close(variance, want.variance, 3e-6, "variance " + text);
  check_close(y, want.y, 1e-5, "y " + text);
  check_close(dbeta, want.dbeta, sum_tolerance, "dbeta " + text);
  check_close(dgamma, want.dgamma, 2 * sum_tolerance, "dgamma " + text);
  // Of two or three values the normalised ones are nearly constant and dx nearly 0.
  const double largest_scale = 2 / std::sqrt(epsilon);
  check_close(dx, want.dx, shape.outer * shape.inner > 8 ? 2e-5 : 1e-6 * largest_scale * 10,
              "dx " + text);
}

CASE(channels_last_equals_plain_loops_for_every_number_of_channels) {
  for (std::int64_t channels = 1; channels <= 70; ++channels) {
    check_batch_norm({16, channels, 1}, channels % 2 == 0);
  }
  check_batch_norm({16, 300, 1}, true);
}

CASE(channels_first_equals_plain_loops_for_every_length) {
  for (std::int64_t inner = 2; inner <= 70; ++inner) {
    check_batch_norm({5, 3, inner}, inner % 2 == 0);
  }
}

CASE(large_batches_are_split_and_combined) {
  check_batch_norm({1000, 33, 1}, true);
  check_batch_norm({20'000, 16, 1}, false);
  check_batch_norm({4, 6, 9000}, true);
}

CASE(a_large_mean_does_not_spoil_the_variance) {
  std::vector<float> x;
  for (int i = 0; i < 1024; ++i) x.push_back(10'000.0F + static_cast<float>(i % 2));
  std::vector<float> y(x.size());
  std::vector<float> mean(1);
  std::vector<float> variance(1);
  run_step("batch_norm", {x, {}, {}, y, mean, variance}, {0, 1024, 1, 1}, {epsilon});
  CHECK(is_close(mean[0], 10'000.5, 1e-7));
  CHECK(is_close(variance[0], 0.25, 1e-6));
}

CASE(an_addition_and_a_relu_behind_change_no_bit) {
  for (const Case3& shape : {Case3{16, 37, 1}, Case3{3000, 20, 1}, Case3{4, 5, 33}}) {
    const std::int64_t elements = shape.outer * shape.channels * shape.inner;
    std::vector<float> x = some_numbers(elements);
    std::vector<float> g = some_numbers(elements, 2);
    std::vector<float> gamma = some_numbers(shape.channels, 3);
    std::vector<float> beta = some_numbers(shape.channels, 4);
    std::vector<float> added = some_numbers(elements, 5);
    std::vector<float> y(x.size());
    std::vector<float> fused(x.size());
    std::vector<float> mean(static_cast<std::size_t>(shape.channels));
    std::vector<float> variance(mean.size());
    std::vector<std::int64_t> ints = {0, shape.outer, shape.channels, shape.inner};
    std::vector<std::int64_t> with_relu = ints;
    with_relu.push_back(1);
    run_step("batch_norm", {x, gamma, beta, y, mean, variance}, ints, {epsilon});
    run_step("batch_norm", {x, gamma, beta, fused, mean, variance, added}, with_relu, {epsilon});
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(fused[i] == std::max(y[i] + added[i], 0.0F));
    run_step("batch_norm", {x, gamma, beta, fused, mean, variance, {}}, with_relu, {epsilon});
    std::vector<float> masked = g;
    for (std::size_t i = 0; i < y.size(); ++i) {
      CHECK(fused[i] == std::max(y[i], 0.0F));
      if (!(y[i] > 0)) masked[i] = 0;
    }
    std::vector<float> want(x.size());
    std::vector<float> got(x.size());
    std::vector<float> dgamma(mean.size());
    std::vector<float> dbeta(mean.size());
    run_step("batch_norm_gradient", {masked, x, gamma, mean, variance, want, dgamma, dbeta}, ints,
             {epsilon});
    run_step("batch_norm_gradient", {g, x, gamma, mean, variance, got, dgamma, dbeta, beta},
             with_relu, {epsilon});
    CHECK(got == want);
  }
}

CASE(the_gradient_writes_only_what_is_asked_for) {
  std::vector<float> x = some_numbers(64);
  std::vector<float> g = some_numbers(64, 2);
  std::vector<float> mean(4);
  std::vector<float> variance(4, 1.0F);
  std::vector<float> dbeta(4);
  run_step("batch_norm_gradient", {g, x, {}, mean, variance, {}, {}, dbeta}, {0, 16, 4, 1},
           {epsilon});
  double want = 0;
  for (std::size_t i = 0; i < 64; i += 4) want += g[i];
  CHECK(is_close(dbeta[0], want, 1e-6));
}

}  // namespace

int main(int count, char** arguments) { return run_cases(count > 1 ? arguments[1] : ""); }
