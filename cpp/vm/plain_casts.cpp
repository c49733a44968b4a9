// Conversions between all pairs of dtypes.
#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "vm/plain_loops.h"
#include "vm/plain_ops.h"

namespace trimtab::vm {
namespace {

// Of a number that the target can't hold C++ leaves the result undefined; here it is the lowest
// int64 or int32, cut to the target.
template <class From, class To>
struct Cast {
  To operator()(From x) const {
    if constexpr (std::is_same_v<To, bool>) {
      return x != From{};
    } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
      using Wide = std::conditional_t<std::is_same_v<To, std::int32_t>, std::int32_t, std::int64_t>;
      constexpr From bound = sizeof(Wide) == 4 ? From{0x1p31F} : From{0x1p63F};
      const bool fits = x >= -bound && x < bound;
      return static_cast<To>(fits ? static_cast<Wide>(x) : std::numeric_limits<Wide>::min());
    } else {
      return static_cast<To>(x);
    }
  }
};

template <class From>
constexpr std::array<Handler, 7> casts_from() {
  return {plain_unary_loop<From, float, Cast<From, float>>,
          plain_unary_loop<From, double, Cast<From, double>>,
          plain_unary_loop<From, std::int32_t, Cast<From, std::int32_t>>,
          plain_unary_loop<From, std::int64_t, Cast<From, std::int64_t>>,
          plain_unary_loop<From, std::uint32_t, Cast<From, std::uint32_t>>,
          plain_unary_loop<From, std::uint8_t, Cast<From, std::uint8_t>>,
          plain_unary_loop<From, bool, Cast<From, bool>>};
}

// [source][target]
constexpr std::array<std::array<Handler, 7>, 7> casts{
    casts_from<float>(),        casts_from<double>(),        casts_from<std::int32_t>(),
    casts_from<std::int64_t>(), casts_from<std::uint32_t>(), casts_from<std::uint8_t>(),
    casts_from<bool>()};

}  // namespace

Handler cast_handler(DType dtype, DType target) {
  return casts[static_cast<std::size_t>(dtype)][static_cast<std::size_t>(target)];
}

}  // namespace trimtab::vm
