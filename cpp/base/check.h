// Checks of trimtab's own invariants; a caller's mistakes are reported by the layers above.
#pragma once

namespace trimtab {

// Throws std::logic_error, whose message says that the failure is a bug in trimtab.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace trimtab

#define TRIMTAB_CHECK(condition) \
  ((condition) ? void() : ::trimtab::check_failed(#condition, __FILE_NAME__, __LINE__))
