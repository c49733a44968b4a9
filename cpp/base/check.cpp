#include "base/check.h"

#include <stdexcept>
#include <string>

namespace trimtab {

void check_failed(const char* condition, const char* file, int line) {
  throw std::logic_error(std::string("trimtab: an internal check failed, which is a bug: ") +
                         condition + " (" + file + ":" + std::to_string(line) + ")");
}

}  // namespace trimtab
