// Prints the time and the speed of matrix products: bench_matmul [threads] [filter].
// Each figure is the least of many repetitions, as other programs disturb the machine.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/aligned.h"
#include "base/thread_pool.h"
#include "kernels/matmul/matmul.h"

namespace {

using trimtab::AlignedBuffer;
using trimtab::MatmulShape;

double seconds_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

AlignedBuffer make_values(std::int64_t count) {
  AlignedBuffer buffer(static_cast<std::size_t>(count) * sizeof(float));
  float* values = reinterpret_cast<float*>(buffer.data());
  for (std::int64_t i = 0; i < count; ++i) values[i] = static_cast<float>(i % 13) * 0.1F - 0.6F;
  return buffer;
}

// Seconds for one product.
double measure(const MatmulShape& shape, bool use_bias) {
  const trimtab::MatmulPlan plan = trimtab::prepare_matmul(shape);
  const AlignedBuffer a = make_values(shape.m * shape.k);
  const AlignedBuffer b = make_values(shape.k * shape.n);
  const AlignedBuffer bias = make_values(shape.n);
  const AlignedBuffer c = make_values(shape.m * shape.n);
  const AlignedBuffer scratch(plan.scratch_bytes);
  const double flops = 2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n) *
                       static_cast<double>(shape.k);
  const int inner = std::max(1, static_cast<int>(2e6 / flops));
  double least = 1e9;
  const double end = seconds_now() + 0.15;
  do {
    const double start = seconds_now();
    for (int i = 0; i < inner; ++i) {
      trimtab::matmul(plan, a.data(), b.data(), use_bias ? bias.data() : nullptr, c.data(),
                      scratch.data());
    }
    least = std::min(least, (seconds_now() - start) / inner);
  } while (seconds_now() < end);
  const std::string operands = std::string(shape.trans_a ? "T" : "N") + (shape.trans_b ? "T" : "N");
  std::printf("%6d x %5d x %5d %s %-14s %d threads %9.3f us %7.1f GFLOP/s\n",
              static_cast<int>(shape.m), static_cast<int>(shape.n), static_cast<int>(shape.k),
              operands.c_str(), plan.variant, plan.threads, least * 1e6, flops / least * 1e-9);
  return least;
}

struct Entry {
  std::int64_t m;
  std::int64_t n;
  std::int64_t k;
  bool trans_a = false;
  bool trans_b = false;
};

void measure_group(const char* name, const std::vector<Entry>& entries) {
  std::printf("%s\n", name);
  double total = 0;
  double flops = 0;
  for (const Entry& entry : entries) {
    MatmulShape shape;
    shape.m = entry.m;
    shape.n = entry.n;
    shape.k = entry.k;
    shape.trans_a = entry.trans_a;
    shape.trans_b = entry.trans_b;
    total += measure(shape, !entry.trans_a && !entry.trans_b);
    flops += 2.0 * static_cast<double>(entry.m * entry.n * entry.k);
  }
  std::printf("  in all %.3f us, %.1f GFLOP/s\n", total * 1e6, flops / total * 1e-9);
}

struct Group {
  const char* name;
  std::vector<Entry> entries;
};

const std::vector<Group>& groups() {
  static const std::vector<Group> all{
      {"small train step",
       {{16, 64, 14},
        {16, 64, 64},
        {16, 2, 64},
        {14, 64, 16, true},
        {64, 64, 16, true},
        {64, 2, 16, true},
        {16, 64, 64, false, true},
        {16, 64, 2, false, true}}},
      {"medium train step",
       {{128, 512, 93},
        {128, 512, 512},
        {128, 9, 512},
        {93, 512, 128, true},
        {512, 512, 128, true},
        {512, 9, 128, true},
        {128, 512, 512, false, true},
        {128, 512, 9, false, true}}},
      {"squares",
       {{256, 256, 256},
        {512, 512, 512},
        {1024, 1024, 1024},
        {2048, 2048, 2048},
        {1024, 1024, 1024, true},
        {1024, 1024, 1024, false, true}}},
      {"inference",
       {{10000, 64, 14},
        {10000, 64, 64},
        {10000, 2, 64},
        {1, 64, 14},
        {1, 64, 64},
        {1, 2, 64},
        {1, 512, 512},
        {1, 512, 512, false, true},
        {1, 2048, 2048},
        {1, 2048, 2048, false, true},
        {16, 512, 512},
        {16, 2048, 2048, false, true}}},
  };
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) trimtab::set_num_threads(std::atoi(argv[1]));
  const std::string filter = argc > 2 ? argv[2] : "";
  std::printf("%s, %d threads\n", trimtab::isa_name(trimtab::current_isa()),
              trimtab::num_threads());
  for (const Group& group : groups()) {
    if (std::string(group.name).find(filter) != std::string::npos) {
      measure_group(group.name, group.entries);
    }
  }
  return 0;
}
