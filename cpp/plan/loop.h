// Whole epochs: gather a batch's rows, run the program, keep the batch's outputs, next batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "plan/program.h"
#include "plan/row_copy.h"

namespace trimtab::plan {

// An array of examples and the operand that receives a batch of them.
struct Source {
  const std::byte* address;
  int src_dtype;  // the kernels' codes, or 7 int8, 8 int16, 9 uint16, 10 float16
  std::int64_t row_elements;
  std::int64_t row_stride_bytes;
  Operand destination;
  int dst_dtype;
};

// An array that receives each batch's rows of an operand.
struct Sink {
  std::byte* address;
  std::int64_t row_bytes;
  Operand origin;
};

class Loop {
 public:
  // `program` must outlive the loop.
  Loop(Program& program, std::vector<Source> sources, std::vector<Sink> sinks,
       std::int64_t batch_size);

  // Runs up to `batches` batches and returns how many were done. `order` gives the rows' numbers;
  // nullptr stands for 0, 1, 2, ... Stops after `seconds` unless that is 0. `poll` is called every
  // 50 ms; what it throws ends the run.
  std::int64_t run(const std::int64_t* order, std::int64_t first_row, std::int64_t batches,
                   double seconds, const std::function<void()>& poll);

 private:
  void gather(const std::int64_t* order, std::int64_t first_row) const;
  void prefetch(const std::int64_t* order, std::int64_t first_row) const;
  void store(std::int64_t first_row) const;

  Program& program_;
  std::vector<Source> sources_;
  std::vector<RowCopy> copies_;
  std::vector<Sink> sinks_;
  std::int64_t batch_size_;
};

}  // namespace trimtab::plan
