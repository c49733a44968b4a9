// The plain loops by family.
#pragma once

#include "vm/handler.h"

namespace trimtab::vm {

Handler integer_handler(Opcode opcode, DType dtype);
Handler floating_handler(Opcode opcode, DType dtype);
Handler cast_handler(DType dtype, DType target);

}  // namespace trimtab::vm
