"""Every primitive keeps its contract: spec, value, gradient, and one result on every engine."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trimtab import engines
from trimtab.autodiff import gradients
from trimtab.engines.cpu import _engine
from trimtab.ir.graph import PRIMITIVES, Graph, Spec, constant, placeholder
from trimtab.primitives import elementwise, reduction

# Made by functions of their own, not by calls.
LEAVES = {"constant", "placeholder"}
# Reverse mode ends here: these are gradients, or updates that follow from them.
WITHOUT_GRADIENT = {"batch_norm_gradient", "host_gradient", "max_pool_gradient"}
WITHOUT_GRADIENT |= {"adafactor_update", "adam_update", "lamb_update", "sgd_update"}
# NumPy has no such function, and the standard library's cannot be traced; nor can a user's.
NOT_IN_JAX = {"erf", "erf_inv", "host_call", "host_gradient", "lu_factor"}

NAMES = sorted(PRIMITIVES.keys() - LEAVES)
CASES = [
    pytest.param(PRIMITIVES[name], sample, id=f"{name}-{number}")
    for name in NAMES
    for number, sample in enumerate(PRIMITIVES[name].samples())
]


def tolerance(dtype, count=1):
    """Relative error allowed to a result that sums `count` terms."""
    return 16 * np.finfo(dtype).eps * max(1, count) ** 0.5


def as_tuple(result):
    return tuple(result) if isinstance(result, (tuple, list)) else (result,)


def in_type(arrays, dtype):
    """The arrays with float64 replaced by `dtype`."""
    arrays = [np.asarray(a) for a in arrays]
    return [a.astype(dtype) if a.dtype == np.float64 else a for a in arrays]


def attrs_in_type(attrs, dtype):
    return {
        key: dtype if key == "dtype" and value == "float64" else value
        for key, value in attrs.items()
    }


def specs_of(arrays):
    return [Spec(a.shape, a.dtype.name) for a in arrays]


def evaluate(primitive, arrays, attrs, xp=np):
    with np.errstate(all="ignore"):
        return as_tuple(primitive.evaluate(xp, *arrays, **attrs))


def built(primitive, arrays, attrs):
    """(placeholders, outputs) of the primitive in a graph."""
    inputs = [placeholder(a.shape, a.dtype.name) for a in arrays]
    return inputs, as_tuple(primitive(*inputs, **attrs))


def run(engine, inputs, outputs, arrays):
    graph = Graph(tuple(inputs), (), tuple(outputs), ())
    return engines.get(engine).compile(graph).run([np.asarray(a, order="C") for a in arrays], [])


def float_positions(values):
    return [i for i, v in enumerate(values) if v.dtype in ("float32", "float64")]


def terms(arrays):
    return max((a.size for a in arrays), default=1)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_has_a_value_worked_by_hand(name):
    assert any(sample.expected is not None for sample in PRIMITIVES[name].samples())


def maps_floats_to_floats(primitive, sample):
    arrays = in_type(sample.inputs, "float64")
    specs = as_tuple_of_specs(primitive.infer(*specs_of(arrays), **sample.attrs))
    return any(a.dtype.kind == "f" for a in arrays) and any("float" in s.dtype for s in specs)


@pytest.mark.parametrize("name", NAMES)
def test_a_floating_primitive_has_a_gradient(name):
    primitive = PRIMITIVES[name]
    is_floating = any(maps_floats_to_floats(primitive, s) for s in primitive.samples())
    assert not is_floating or primitive.vjp is not None or name in WITHOUT_GRADIENT


def as_tuple_of_specs(specs):
    return (specs,) if isinstance(specs, Spec) else tuple(specs)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("primitive", "sample"), CASES)
def test_the_inferred_spec_is_the_results(primitive, sample, dtype):
    arrays, attrs = in_type(sample.inputs, dtype), attrs_in_type(sample.attrs, dtype)
    expected = as_tuple_of_specs(primitive.infer(*specs_of(arrays), **attrs))
    results = [np.asarray(r) for r in evaluate(primitive, arrays, attrs)]
    assert [*expected] == specs_of(results)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("primitive", "sample"), [c for c in CASES if c.values[1].expected is not None]
)
def test_the_value_is_the_one_worked_by_hand(primitive, sample, dtype):
    expected = sample.expected if primitive.multiple else (sample.expected,)
    arrays, attrs = in_type(sample.inputs, dtype), attrs_in_type(sample.attrs, dtype)
    for result, number in zip(evaluate(primitive, arrays, attrs), expected, strict=True):
        rtol = tolerance(dtype, terms(arrays))
        np.testing.assert_allclose(result, number, rtol=rtol, atol=rtol)


def central_difference(function, arrays, position, step=1e-5):
    """d function / d arrays[position], by differences of both sides."""
    x = arrays[position]
    slope = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        sides = []
        for shift in (step, -step):
            moved = [np.array(a) for a in arrays]
            moved[position][index] += shift
            sides.append(function(moved))
        slope[index] = (sides[0] - sides[1]) / (2 * step)
    return slope


def weighted(outputs, weights):
    """Sum of the products of outputs and constants, as a value."""
    total = None
    for output, weight in zip(outputs, weights, strict=True):
        product = elementwise.multiply(output, constant(weight))
        part = reduction.reduce_sum(product, axes=tuple(range(output.ndim)))
        total = part if total is None else elementwise.add(total, part)
    return total


def check_gradient(primitive, arrays, attrs, wanted):
    """Compares the gradient of a weighted sum of the outputs in `wanted` with differences."""
    rng = np.random.default_rng(7)
    inputs, outputs = built(primitive, arrays, attrs)
    kept = [i for i in float_positions(outputs) if i in wanted]
    weights = [rng.normal(size=outputs[i].shape) for i in kept]
    wrt = [i for i, a in enumerate(arrays) if a.dtype == np.float64]
    found = gradients(weighted([outputs[i] for i in kept], weights), [inputs[i] for i in wrt])

    def loss(moved):
        results = evaluate(primitive, moved, attrs)
        return sum(np.sum(results[i] * w) for i, w in zip(kept, weights, strict=True))

    for position, gradient in zip(wrt, found, strict=True):
        expected = central_difference(loss, arrays, position)
        if gradient is None:
            np.testing.assert_allclose(expected, 0, atol=1e-7)
        else:
            (actual,) = run("reference", inputs, [gradient], arrays)
            np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def is_differentiable(primitive, sample):
    has_slope = primitive.vjp is not None and sample.differentiable
    # Differences of float32 results are too coarse.
    return has_slope and has_floats(sample) and sample.attrs.get("dtype") != "float32"


def has_floats(sample):
    return any(np.asarray(a).dtype == np.float64 for a in sample.inputs)


DIFFERENTIABLE = [case for case in CASES if is_differentiable(*case.values)]


@pytest.mark.parametrize(("primitive", "sample"), DIFFERENTIABLE)
def test_the_gradient_is_the_slope(primitive, sample):
    arrays, attrs = in_type(sample.inputs, "float64"), sample.attrs
    count = len(as_tuple_of_specs(primitive.infer(*specs_of(arrays), **attrs)))
    check_gradient(primitive, arrays, attrs, set(range(count)))


@pytest.mark.parametrize(
    ("primitive", "sample"), [case for case in DIFFERENTIABLE if case.values[0].multiple]
)
def test_the_gradient_of_a_single_output_is_its_slope(primitive, sample):
    arrays = in_type(sample.inputs, "float64")
    for number, spec in enumerate(primitive.infer(*specs_of(arrays), **sample.attrs)):
        if spec.dtype == "float64":
            check_gradient(primitive, arrays, sample.attrs, {number})


def takes_one_value_twice(primitive, sample):
    """Whether the sample's two operands are floats of one spec, and may be one value."""
    specs = specs_of([np.asarray(a) for a in sample.inputs])
    return len(specs) == 2 and specs[0] == specs[1] and specs[0].dtype == "float64"


@pytest.mark.parametrize(
    ("primitive", "sample"), [c for c in DIFFERENTIABLE if takes_one_value_twice(*c.values)]
)
def test_one_value_given_twice_has_both_slopes(primitive, sample):
    x = np.asarray(sample.inputs[0])
    value = placeholder(x.shape, "float64")
    outputs = as_tuple(primitive(value, value, **sample.attrs))
    weight = np.random.default_rng(3).normal(size=outputs[0].shape)
    (gradient,) = gradients(weighted(outputs[:1], [weight]), [value])

    def loss(arrays):
        return np.sum(evaluate(primitive, [arrays[0], arrays[0]], sample.attrs)[0] * weight)

    expected = central_difference(loss, [x], 0)
    (actual,) = run("reference", [value], [as_value(gradient, x)], [x])
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def as_value(gradient, x):
    """The gradient, or zeros where there is none."""
    return constant(np.zeros(x.shape)) if gradient is None else gradient


@pytest.mark.parametrize("engine", ["reference", "cpu"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("primitive", "sample"), CASES)
def test_an_engine_gives_the_value(primitive, sample, dtype, engine):
    arrays, attrs = in_type(sample.inputs, dtype), attrs_in_type(sample.attrs, dtype)
    inputs, outputs = built(primitive, arrays, attrs)
    results = run(engine, inputs, outputs, arrays)
    expected = evaluate(primitive, arrays, attrs)
    for value, result, number in zip(outputs, results, expected, strict=True):
        assert Spec(result.shape, result.dtype.name) == value.spec
        if result.dtype.kind == "f":
            rtol = tolerance(result.dtype, terms(arrays))
            np.testing.assert_allclose(result, number, rtol=rtol, atol=rtol)
        else:
            np.testing.assert_array_equal(result, number)


@pytest.mark.parametrize(
    ("primitive", "sample"), [c for c in CASES if c.values[0].name not in NOT_IN_JAX]
)
def test_jax_gives_the_value_under_jit(primitive, sample):
    arrays = in_type(sample.inputs, "float64")
    with jax.enable_x64(True):
        results = jax.jit(lambda *xs: evaluate(primitive, xs, sample.attrs, jnp))(*arrays)
    for result, number in zip(results, evaluate(primitive, arrays, sample.attrs), strict=True):
        number = np.asarray(number)
        assert result.dtype == number.dtype
        np.testing.assert_allclose(
            np.asarray(result), number, rtol=tolerance("float64", 1e4), atol=1e-14
        )


def test_the_engines_opcodes_are_the_elementwise_primitives():
    known = {name for name, _ in _engine.opcodes()}
    assert known == {name for name, p in PRIMITIVES.items() if p.is_elementwise}


def test_the_engines_opcodes_have_the_primitives_arities():
    arities = {
        name: len(p.samples()[0].inputs) for name, p in PRIMITIVES.items() if p.is_elementwise
    }
    assert dict(_engine.opcodes()) == arities


SPECIAL = [
    np.nan,
    np.inf,
    -np.inf,
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -2.5,
    1e-40,
    3e38,
    -1e30,
    80.0,
    -100.0,
]
FLOATING = sorted(
    name
    for name, p in PRIMITIVES.items()
    if p.is_elementwise
    and name not in ("cast", "where")
    and np.asarray(p.samples()[0].inputs[0]).dtype.kind == "f"
)


def same_class(result, number, name):
    """Asserts equal numbers within the type's tolerance, and equal NaN and infinities."""
    if result.dtype.kind != "f":
        np.testing.assert_array_equal(result, number, err_msg=name)
        return
    np.testing.assert_array_equal(np.isnan(result), np.isnan(number), err_msg=name)
    np.testing.assert_allclose(
        result, number, rtol=tolerance(result.dtype), atol=1e-37, err_msg=name
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FLOATING)
def test_the_cpu_engine_treats_special_numbers_as_numpy(name, dtype):
    primitive = PRIMITIVES[name]
    arity = len(primitive.samples()[0].inputs)
    grid = np.meshgrid(*[np.array(SPECIAL, dtype)] * arity)
    arrays = [g.reshape(-1).copy() for g in grid]
    inputs, outputs = built(primitive, arrays, {})
    (result,) = run("cpu", inputs, outputs, arrays)
    same_class(result, evaluate(primitive, arrays, {})[0], name)


INTEGERS = ["int32", "int64", "uint32", "uint8"]
ON_INTEGERS = sorted(
    name for name, p in PRIMITIVES.items() if p.is_elementwise and name not in ("cast", "where")
)


def integers_of(dtype, rng, count=40):
    limits = np.iinfo(dtype)
    ends = np.array([limits.min, limits.max, 0, 1, 2, 3], dtype)
    return np.concatenate([ends, rng.integers(0, 100, count).astype(dtype), ends[::-1]])


def takes(name, dtype):
    """Whether a primitive takes operands of this type."""
    spec = Spec((1,), dtype)
    try:
        PRIMITIVES[name].infer(*[spec] * len(PRIMITIVES[name].samples()[0].inputs))
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "dtype"), [(n, d) for n in ON_INTEGERS for d in INTEGERS if takes(n, d)]
)
def test_the_cpu_engine_treats_integers_as_numpy(name, dtype, rng):
    first = integers_of(dtype, rng)
    second = np.roll(first, 7)
    check_exact(name, [first, second % 8 if "shift" in name else second])


@pytest.mark.parametrize("name", [n for n in ON_INTEGERS if takes(n, "bool")])
def test_the_cpu_engine_treats_bools_as_numpy(name):
    check_exact(name, [np.array([True, False, True, False]), np.array([True, True, False, False])])


def check_exact(name, arrays):
    primitive = PRIMITIVES[name]
    arrays = arrays[: len(primitive.samples()[0].inputs)]
    inputs, outputs = built(primitive, arrays, {})
    (result,) = run("cpu", inputs, outputs, arrays)
    np.testing.assert_array_equal(result, evaluate(primitive, arrays, {})[0])


@pytest.mark.parametrize("target", [*INTEGERS, "bool", "float32", "float64"])
@pytest.mark.parametrize("source", [*INTEGERS, "bool", "float32", "float64"])
def test_the_cpu_engine_casts_as_numpy(source, target):
    # Numbers that every type holds, but for fractions: beyond, a cast is undefined.
    numbers = [0, 1, 2, 77, 127] if source != "bool" else [False, True]
    fractions = [0.25, 1.75, 126.5] if source.startswith("float") else []
    array = np.array([*numbers, *fractions], source)
    inputs, outputs = built(elementwise.cast, [array], {"dtype": target})
    (result,) = run("cpu", inputs, outputs, [array])
    np.testing.assert_array_equal(result, array.astype(target))


@pytest.mark.parametrize("dtype", [*INTEGERS, "bool", "float32"])
def test_the_cpu_engine_chooses_by_condition(dtype, rng):
    condition = rng.integers(0, 2, 50).astype(bool)
    a, b = (rng.integers(0, 100, 50).astype(dtype) for _ in range(2))
    inputs, outputs = built(elementwise.where, [condition, a, b], {})
    (result,) = run("cpu", inputs, outputs, [condition, a, b])
    np.testing.assert_array_equal(result, np.where(condition, a, b))
