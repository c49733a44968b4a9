// The instruction sets that SIMD sources are compiled for, and the choice among them at run time.
#pragma once

namespace trimtab {

enum class Isa { portable = 0, avx2 = 1, avx512 = 2 };

// The best set that this build and this processor have. The environment variable TRIMTAB_ISA
// ("portable", "avx2" or "avx512") lowers it; it never raises it. Read once.
Isa current_isa();

// The best set regardless of the environment.
Isa best_isa();

const char* isa_name(Isa isa);

}  // namespace trimtab
