// Floating point operations that aren't vectorised: the standard library's functions.
#include <cmath>
#include <initializer_list>
#include <limits>
#include <numbers>

#include "vm/plain_loops.h"
#include "vm/plain_ops.h"

namespace trimtab::vm {
namespace {

// The remainder takes the divisor's sign.
template <class T>
T remainder(T a, T b) {
  const T rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(T{0}, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

// The floor of the exact quotient: that of the rounded one can be 1 too high.
template <class T>
T floor_divide(T a, T b) {
  if (b == 0) return a / b;
  const T rest = std::fmod(a, b);
  T quotient = (a - rest) / b;
  if (rest != 0 && (rest < 0) != (b < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(T{0}, a / b);
  return std::nearbyint(quotient);
}

double polynomial(double x, std::initializer_list<double> from_highest) {
  double sum = 0;
  for (const double coefficient : from_highest) sum = sum * x + coefficient;
  return sum;
}

// A fit to 1e-8, then one step of Newton's method on erfc, which is accurate in the tails.
double erf_inv(double x) {
  const double magnitude = std::fabs(x);
  if (!(magnitude < 1)) {
    return magnitude == 1 ? x * std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  }
  const double w = -std::log1p(-magnitude * magnitude);
  double y = magnitude;
  if (w < 5) {
    y *= polynomial(w - 2.5, {-8.791056771e-09, 2.323264425e-08, 4.661706612e-07, -3.462704854e-06,
                              -4.963347692e-06, 2.183444449e-04, -1.252741902e-03, -4.177386872e-03,
                              2.466402799e-01, 1.501409411e+00});
  } else {
    // Beyond w = 17 the fit is only a start: Newton's steps below close the gap.
    const double root = std::sqrt(w);
    const double fitted = polynomial(
        std::fmin(root, 4.17) - 3,
        {1.027825565e-04, -2.963523730e-04, -3.857901174e-05, 1.468486735e-03, -3.606771585e-03,
         5.693391897e-03, -7.635287475e-03, 9.444526397e-03, 1.001674891e+00, 2.832976818e+00});
    y *= fitted + std::fmax(root - 4.17, 0.0);
  }
  const int steps = w < 17 ? 2 : 5;
  for (int i = 0; i < steps; ++i) {
    const double error = magnitude < 0.5 ? std::erf(y) - magnitude : (1 - magnitude) - std::erfc(y);
    const double slope = 2 * std::numbers::inv_sqrtpi * std::exp(-y * y);
    y -= error / (slope + y * error);  // Halley's correction
  }
  return std::copysign(y, x);
}

// Of float32 every instruction set has vectorised ones.
Handler exponential(Opcode opcode) {
  switch (opcode) {
    case Opcode::exp:
      return plain_unary<double, double>([](double x) { return std::exp(x); });
    case Opcode::expm1:
      return plain_unary<double, double>([](double x) { return std::expm1(x); });
    case Opcode::log:
      return plain_unary<double, double>([](double x) { return std::log(x); });
    case Opcode::log1p:
      return plain_unary<double, double>([](double x) { return std::log1p(x); });
    case Opcode::tanh:
      return plain_unary<double, double>([](double x) { return std::tanh(x); });
    case Opcode::sigmoid:
      return plain_unary<double, double>([](double x) {
        const double small = std::exp(-std::fabs(x));
        return (x < 0 ? small : 1.0) / (1 + small);
      });
    case Opcode::erf:
      return plain_unary<double, double>([](double x) { return std::erf(x); });
    case Opcode::erf_inv:
      return plain_unary<double, double>([](double x) { return erf_inv(x); });
    default:
      return nullptr;
  }
}

template <class T>
Handler trigonometric(Opcode opcode) {
  switch (opcode) {
    case Opcode::sin:
      return plain_unary<T, T>([](T x) { return std::sin(x); });
    case Opcode::cos:
      return plain_unary<T, T>([](T x) { return std::cos(x); });
    case Opcode::tan:
      return plain_unary<T, T>([](T x) { return std::tan(x); });
    case Opcode::arcsin:
      return plain_unary<T, T>([](T x) { return std::asin(x); });
    case Opcode::arccos:
      return plain_unary<T, T>([](T x) { return std::acos(x); });
    case Opcode::arctan:
      return plain_unary<T, T>([](T x) { return std::atan(x); });
    case Opcode::sinh:
      return plain_unary<T, T>([](T x) { return std::sinh(x); });
    case Opcode::cosh:
      return plain_unary<T, T>([](T x) { return std::cosh(x); });
    case Opcode::arcsinh:
      return plain_unary<T, T>([](T x) { return std::asinh(x); });
    case Opcode::arccosh:
      return plain_unary<T, T>([](T x) { return std::acosh(x); });
    case Opcode::arctanh:
      return plain_unary<T, T>([](T x) { return std::atanh(x); });
    default:
      return nullptr;
  }
}

template <class T>
Handler binary(Opcode opcode) {
  switch (opcode) {
    case Opcode::floor_divide:
      return plain_binary<T, T>([](T a, T b) { return floor_divide(a, b); });
    case Opcode::remainder:
      return plain_binary<T, T>([](T a, T b) { return remainder(a, b); });
    case Opcode::power:
      return plain_binary<T, T>([](T a, T b) { return std::pow(a, b); });
    case Opcode::arctan2:
      return plain_binary<T, T>([](T a, T b) { return std::atan2(a, b); });
    default:
      return nullptr;
  }
}

template <class T>
Handler first_of(Opcode opcode) {
  const Handler found = trigonometric<T>(opcode);
  return found != nullptr ? found : binary<T>(opcode);
}

}  // namespace

Handler floating_handler(Opcode opcode, DType dtype) {
  if (dtype == DType::float32) return first_of<float>(opcode);
  if (dtype != DType::float64) return nullptr;
  const Handler found = exponential(opcode);
  return found != nullptr ? found : first_of<double>(opcode);
}

}  // namespace trimtab::vm
