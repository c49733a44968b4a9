// The processors that this process may use.
#pragma once

namespace trimtab {

// Physical cores in the affinity mask, no more than a container's quota of processor time; >= 1.
// Two hardware threads of one core share its arithmetic units, so a second one gains nothing here.
int available_cores();

}  // namespace trimtab
