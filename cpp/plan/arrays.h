// Work on whole arrays beside a plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace trimtab::plan {

// A random order of 0, 1, ..., by Fisher and Yates's shuffle with a counter-based generator: the
// same for the same seed on every machine.
void permutation(std::uint64_t seed, std::span<std::int64_t> order) noexcept;

// The position of the first infinity or NaN, or -1. Integers have none. Throws
// std::invalid_argument for an unknown dtype code.
std::int64_t first_nonfinite(const std::byte* address, int dtype, std::int64_t count);

}  // namespace trimtab::plan
