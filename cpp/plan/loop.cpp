#include "plan/loop.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>

namespace trimtab::plan {
namespace {

using Clock = std::chrono::steady_clock;

// Looks at the clock about once a millisecond: a look costs some 20 ns, and a small batch takes
// only a few microseconds.
class Pacer {
 public:
  Pacer(double seconds, const std::function<void()>& poll)
      : poll_(poll), seconds_(seconds), start_(Clock::now()), looked_(start_), polled_(start_) {}

  // True if the time is over.
  bool batch_done() {
    if (--until_look_ > 0) return false;
    const Clock::time_point now = Clock::now();
    const bool is_early = now - looked_ < std::chrono::milliseconds(1);
    interval_ = is_early ? std::min(interval_ * 2, 256) : std::max(interval_ / 2, 1);
    until_look_ = interval_;
    looked_ = now;
    if (now - polled_ >= std::chrono::milliseconds(50)) {
      polled_ = now;
      poll_();
    }
    return seconds_ > 0 && std::chrono::duration<double>(now - start_).count() >= seconds_;
  }

 private:
  const std::function<void()>& poll_;
  double seconds_;
  Clock::time_point start_;
  Clock::time_point looked_;
  Clock::time_point polled_;
  int interval_ = 1;
  int until_look_ = 1;
};

void check_operand(const Program& program, const Operand& operand, const char* what) {
  if (operand.slot < 0 || operand.slot >= static_cast<std::int64_t>(program.slot_count())) {
    throw std::invalid_argument("Loop: a " + std::string(what) + "'s slot must lie in [0, " +
                                std::to_string(program.slot_count()) + "); got " +
                                std::to_string(operand.slot));
  }
}

}  // namespace

Loop::Loop(Program& program, std::vector<Source> sources, std::vector<Sink> sinks,
           std::int64_t batch_size)
    : program_(program),
      sources_(std::move(sources)),
      sinks_(std::move(sinks)),
      batch_size_(batch_size) {
  if (batch_size < 1) {
    throw std::invalid_argument("Loop: `batch_size` must be at least 1; got " +
                                std::to_string(batch_size));
  }
  for (const Source& source : sources_) {
    check_operand(program, source.destination, "source");
    copies_.push_back(row_copy(source.src_dtype, source.dst_dtype));
  }
  for (const Sink& sink : sinks_) check_operand(program, sink.origin, "sink");
}

void Loop::gather(const std::int64_t* order, std::int64_t first_row) const {
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    const Source& source = sources_[s];
    const RowBatch batch{source.address,      order == nullptr ? nullptr : order + first_row,
                         first_row,           batch_size_,
                         source.row_elements, source.row_stride_bytes};
    copies_[s](batch, program_.address(source.destination));
  }
}

void Loop::prefetch(const std::int64_t* order, std::int64_t first_row) const {
  constexpr std::int64_t line_bytes = 64;
  constexpr std::int64_t most_bytes = 1024;  // a longer row is left to the hardware's prefetcher
  for (const Source& source : sources_) {
    const std::int64_t bytes = std::min(source.row_stride_bytes, most_bytes);
    for (std::int64_t i = 0; i < batch_size_; ++i) {
      const std::byte* row = source.address + order[first_row + i] * source.row_stride_bytes;
      for (std::int64_t at = 0; at < bytes; at += line_bytes) __builtin_prefetch(row + at);
    }
  }
}

void Loop::store(std::int64_t first_row) const {
  for (const Sink& sink : sinks_) {
    std::memcpy(sink.address + first_row * sink.row_bytes, program_.address(sink.origin),
                static_cast<std::size_t>(batch_size_ * sink.row_bytes));
  }
}

std::int64_t Loop::run(const std::int64_t* order, std::int64_t first_row, std::int64_t batches,
                       double seconds, const std::function<void()>& poll) {
  Pacer pacer(seconds, poll);
  for (std::int64_t b = 0; b < batches; ++b) {
    const std::int64_t row = first_row + b * batch_size_;
    gather(order, row);
    if (order != nullptr && b + 1 < batches) prefetch(order, row + batch_size_);
    program_.run();
    store(row);
    if (pacer.batch_done()) return b + 1;
  }
  return batches;
}

}  // namespace trimtab::plan
