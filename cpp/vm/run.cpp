#include "vm/run.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/thread_pool.h"

namespace trimtab::vm {
namespace {

// Elements times instructions from which on waking the threads pays.
constexpr std::int64_t threaded_work = 200'000;

}  // namespace

Interpreter::Interpreter(Compiled compiled, int threads)
    : compiled_(std::move(compiled)), threads_(1), tile_count_(0) {
  const std::int64_t tile = compiled_.tile;
  if (compiled_.is_by_row) {
    const std::int64_t row = compiled_.dims.back();
    tile_count_ = compiled_.element_count / row * ((row + tile - 1) / tile);
  } else {
    tile_count_ = (compiled_.element_count + tile - 1) / tile;
  }
  const auto steps = static_cast<std::int64_t>(compiled_.instructions.size()) + 1;
  if (compiled_.element_count * steps >= threaded_work && tile_count_ > 1) threads_ = threads;
  locations_.resize(static_cast<std::size_t>(compiled_.location_count * threads_));
  for (std::size_t i = 0; i < compiled_.inputs.size(); ++i) {
    if (compiled_.inputs[i].access != Access::contiguous) {
      loaded_inputs_.push_back(static_cast<int>(i));
    }
  }
}

std::size_t Interpreter::scratch_bytes() const {
  return compiled_.scratch_bytes * static_cast<std::size_t>(threads_);
}

void Interpreter::bind(std::span<std::byte* const> operands, std::byte* scratch) {
  operands_.assign(operands.begin(), operands.end());
  scratch_ = scratch;
  staged_outputs_.clear();
  for (std::size_t o = 0; o < compiled_.outputs.size(); ++o) {
    const Output& output = compiled_.outputs[o];
    const std::byte* address = operands_[compiled_.inputs.size() + o];
    for (const int input : output.inputs_read_later) {
      if (operands_[static_cast<std::size_t>(input)] == address) {
        staged_outputs_.push_back(static_cast<int>(o));
        break;
      }
    }
  }
  for (int worker = 0; worker < threads_; ++worker) {
    place(locations_.data() + worker * compiled_.location_count,
          scratch + static_cast<std::size_t>(worker) * compiled_.scratch_bytes);
  }
}

void Interpreter::place(Location* locations, std::byte* scratch) const {
  for (const Input& input : compiled_.inputs) {
    const bool is_in_place = input.access == Access::contiguous || input.access == Access::row;
    const bool repeats = input.access == Access::scalar || input.access == Access::row_scalar;
    locations[input.location] = {is_in_place ? operands_[static_cast<std::size_t>(input.location)]
                                             : scratch + input.buffer_offset,
                                 repeats ? 0 : 1};
  }
  for (const Output& output : compiled_.outputs) {
    locations[output.location] = {operands_[static_cast<std::size_t>(output.location)], 1};
  }
  for (const int o : staged_outputs_) {
    const Output& output = compiled_.outputs[static_cast<std::size_t>(o)];
    locations[output.location].address = scratch + output.staging_offset;
  }
  for (std::size_t i = 0; i < compiled_.constant_locations.size(); ++i) {
    std::byte* constant = const_cast<std::byte*>(&compiled_.constant_bytes[i * 64]);
    locations[compiled_.constant_locations[i]] = {constant, 0};  // only ever read
  }
  for (const Buffer& buffer : compiled_.temporaries) {
    locations[buffer.location] = {scratch + buffer.offset, 1};
  }
}

std::int64_t Interpreter::row_offset(const Input& input, std::int64_t start) const noexcept {
  std::int64_t offset = 0;
  for (std::size_t d = compiled_.dims.size(); d-- > 0;) {
    offset += start % compiled_.dims[d] * input.strides[d];
    start /= compiled_.dims[d];
  }
  return offset;
}

void Interpreter::load_inputs(Location* locations, std::byte* scratch, std::int64_t start,
                              std::int64_t count, bool is_first) const noexcept {
  for (const int i : loaded_inputs_) {
    const Input& input = compiled_.inputs[static_cast<std::size_t>(i)];
    const std::byte* from = operands_[static_cast<std::size_t>(i)];
    const auto size = static_cast<std::int64_t>(size_of(input.dtype));
    switch (input.access) {
      case Access::scalar:
        if (is_first) repeat_value(from, scratch + input.buffer_offset, input.dtype);
        break;
      case Access::row_scalar:
        repeat_value(from + row_offset(input, start) * size, scratch + input.buffer_offset,
                     input.dtype);
        break;
      case Access::row:
        locations[input.location].address =
            operands_[static_cast<std::size_t>(i)] + row_offset(input, start) * size;
        break;
      case Access::expanded:
        if (is_first || !input.is_loaded_once) {
          expand(from, scratch + input.buffer_offset, input, compiled_.dims, start, count);
        }
        break;
      case Access::contiguous:
        break;
    }
  }
}

void Interpreter::run_tile(Location* locations, std::byte* scratch, std::int64_t start,
                           std::int64_t count) const noexcept {
  for (const Instruction& each : compiled_.instructions) each.handler(each, locations, count);
  for (const int o : staged_outputs_) {
    const Output& output = compiled_.outputs[static_cast<std::size_t>(o)];
    const auto size = static_cast<std::int64_t>(size_of(output.dtype));
    std::memcpy(operands_[static_cast<std::size_t>(output.location)] + start * size,
                scratch + output.staging_offset, static_cast<std::size_t>(count * size));
  }
}

void Interpreter::run_single_tile() noexcept {
  load_inputs(locations_.data(), scratch_, 0, compiled_.element_count, true);
  run_tile(locations_.data(), scratch_, 0, compiled_.element_count);
}

void Interpreter::run_tiles(std::int64_t first_tile, std::int64_t end_tile,
                            int worker) const noexcept {
  Location* locations =
      const_cast<Location*>(locations_.data()) + worker * compiled_.location_count;
  std::byte* scratch = scratch_ + static_cast<std::size_t>(worker) * compiled_.scratch_bytes;
  const std::int64_t tile = compiled_.tile;
  const std::int64_t row = compiled_.is_by_row ? compiled_.dims.back() : compiled_.element_count;
  const std::int64_t tiles_per_row = (row + tile - 1) / tile;
  for (std::int64_t t = first_tile; t < end_tile; ++t) {
    const std::int64_t in_row = t % tiles_per_row * tile;
    const std::int64_t start = t / tiles_per_row * row + in_row;
    const std::int64_t count = std::min(tile, row - in_row);
    for (const Input& input : compiled_.inputs) {
      if (input.access != Access::contiguous) continue;
      locations[input.location].address = operands_[static_cast<std::size_t>(input.location)] +
                                          start * static_cast<std::int64_t>(size_of(input.dtype));
    }
    for (const Output& output : compiled_.outputs) {
      locations[output.location].address = operands_[static_cast<std::size_t>(output.location)] +
                                           start * static_cast<std::int64_t>(size_of(output.dtype));
    }
    for (const int o : staged_outputs_) {
      const Output& output = compiled_.outputs[static_cast<std::size_t>(o)];
      locations[output.location].address = scratch + output.staging_offset;
    }
    load_inputs(locations, scratch, start, count, t == first_tile);
    run_tile(locations, scratch, start, count);
  }
}

void Interpreter::run() noexcept {
  if (compiled_.element_count == 0) return;
  if (tile_count_ == 1) return run_single_tile();
  if (threads_ == 1) return run_tiles(0, tile_count_, 0);
  const std::int64_t tasks = std::min<std::int64_t>(tile_count_, 8);
  parallel_for(tasks, threads_, [&](std::int64_t task, int worker) {
    run_tiles(tile_count_ * task / tasks, tile_count_ * (task + 1) / tasks, worker);
  });
}

}  // namespace trimtab::vm
