#include "base/isa.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace trimtab {

namespace {

Isa isa_limit() {
  const char* value = std::getenv("TRIMTAB_ISA");
  if (value == nullptr) return Isa::avx512;
  for (Isa isa : {Isa::portable, Isa::avx2}) {
    if (std::string_view(value) == isa_name(isa)) return isa;
  }
  return Isa::avx512;
}

}  // namespace

Isa best_isa() {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx2 && avx512) return Isa::avx512;
  if (avx2) return Isa::avx2;
#endif
  return Isa::portable;
}

Isa current_isa() {
  static const Isa isa = std::min(best_isa(), isa_limit());
  return isa;
}

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::avx512:
      return "avx512";
    case Isa::avx2:
      return "avx2";
    case Isa::portable:
      break;
  }
  return "portable";
}

}  // namespace trimtab
