"""Every name of the tables: modules, functions of K, aliases, what is gone, TensorFlow, signs."""

import ast
import importlib

import numpy as np
import pytest

import trimtab
import trimtab.compat
from trimtab.compat import backend, tensorflow_names
from trimtab.compat.detect import detect
from trimtab.compat.dialect import Dialect
from trimtab.compat.errors import UNSUPPORTED
from trimtab.compat.installation import find_in_keras
from trimtab.compat.tables import signs, tensorflow
from trimtab.compat.tables.names import ALIASES, APPLICATIONS, BACKEND, GONE, HOMES, MODULES

MATRIX = np.array([[0.2, 0.7], [0.5, 0.1]], "float32")


@pytest.mark.parametrize("path", MODULES)
def test_a_module_of_old_can_be_imported(path):
    with trimtab.compat.dialect("keras2"):
        module = importlib.import_module(f"keras.{path}".rstrip("."))

    assert module.__doc__.startswith(f"`keras.{path}`")


@pytest.mark.parametrize("path", HOMES)
def test_a_module_that_is_gone_has_a_home_today(path):
    assert HOMES[path] in ("layers", "models", "initializers", "losses", "utils", "callbacks")


def test_modules_of_networks_are_found_by_name():
    assert all(name.isidentifier() for name in APPLICATIONS)


UNARY = {"cumsum", "cumprod"}
ARGUMENTS = {
    "arange": (3,),
    "cast": (MATRIX, "int32"),
    "clip": (MATRIX, 0, 1),
    "concatenate": ([MATRIX, MATRIX],),
    "eye": (2,),
    "ones": ((2, 2),),
    "zeros": ((2, 2),),
    "expand_dims": (MATRIX, 0),
    "repeat": (MATRIX, 2),
    "reshape": (MATRIX, (4,)),
    "squeeze": (MATRIX[None], 0),
    "stack": ([MATRIX, MATRIX],),
    "tile": (MATRIX, (2, 1)),
    "one_hot": (np.array([0, 1]), 3),
    "pow": (MATRIX, 2),
    **dict.fromkeys(
        ["dot", "equal", "greater", "greater_equal", "less", "less_equal", "maximum", "minimum"]
        + ["not_equal"],
        (MATRIX, MATRIX),
    ),
}


@pytest.mark.parametrize("name", BACKEND)
def test_a_function_of_the_backend_is_the_op(name):
    function = find_in_keras(Dialect("keras2"), "backend", name)
    arguments = ARGUMENTS.get(name, (MATRIX,))

    found = function(*arguments)
    expected = getattr(trimtab.ops, BACKEND[name])(*arguments)
    assert np.asarray(found) == pytest.approx(np.asarray(expected))


K = {
    "variable": lambda f: np.asarray(f(MATRIX)).tolist() == MATRIX.tolist(),
    "constant": lambda f: np.asarray(f(2.0, shape=(2,))).tolist() == [2, 2],
    "placeholder": lambda f: f(shape=(None, 3)).shape == (None, 3),
    "get_value": lambda f: f(trimtab.Variable(3.0)) == 3,
    "eval": lambda f: f(trimtab.ops.array(3.0)) == 3,
    "set_value": lambda f: f(trimtab.Variable(3.0), 1.0) is None,
    "batch_get_value": lambda f: f([trimtab.Variable(3.0)]) == [3],
    "batch_set_value": lambda f: f([(trimtab.Variable(3.0), 2.0)]) is None,
    "ndim": lambda f: f(MATRIX) == 2,
    "int_shape": lambda f: f(MATRIX) == (2, 2),
    "flatten": lambda f: f(MATRIX).shape == (4,),
    "batch_flatten": lambda f: f(np.zeros((2, 3, 4))).shape == (2, 12),
    "batch_dot": lambda f: (
        f(trimtab.ops.array(MATRIX), trimtab.ops.array(MATRIX), 1).shape == (2, 1)
    ),
    "sum": lambda f: float(f(MATRIX)) == pytest.approx(1.5),
    "switch": lambda f: np.asarray(f(MATRIX > 0.3, MATRIX, 0.0)).sum() == pytest.approx(1.2),
    "random_uniform": lambda f: f((2, 3)).shape == (2, 3),
    "random_normal": lambda f: f((2, 3)).shape == (2, 3),
    "dropout": lambda f: f(MATRIX, 0.5).shape == (2, 2),
    "l2_normalize": lambda f: np.linalg.norm(np.asarray(f(MATRIX, 1))[0]) == pytest.approx(1),
    "in_train_phase": lambda f: f(1, 2, training=True) == 1 and f(1, 2) == 2,
    "hard_sigmoid": lambda f: float(f(1.0)) == pytest.approx(0.7),
    "cast_to_floatx": lambda f: f([1]).dtype == "float32",
    "repeat_elements": lambda f: f(MATRIX, 2, axis=1).shape == (2, 4),
    "update": lambda f: float(f(trimtab.Variable(1.0), 2.0)) == 2,
    "update_add": lambda f: float(f(trimtab.Variable(1.0), 2.0)) == 3,
    "permute_dimensions": lambda f: np.asarray(f(MATRIX, (1, 0))).tolist() == MATRIX.T.tolist(),
    "reverse": lambda f: np.asarray(f(MATRIX, 0)).tolist() == MATRIX[::-1].tolist(),
    "gather": lambda f: np.asarray(f(MATRIX, [1])).tolist() == MATRIX[1:].tolist(),
    "dtype": lambda f: f(MATRIX) == "float32",
    "is_sparse": lambda f: f(MATRIX) is False,
    "name_scope": lambda f: f is trimtab.name_scope,
    "learning_phase": lambda f: isinstance(f(), backend.LearningPhase),
    "set_learning_phase": lambda f: f(1) is None,
    "manual_variable_initialization": lambda f: f(True) is None,
    "backend": lambda f: f() == "tensorflow",
    "function": lambda f: f is backend.function,
    "image_dim_ordering": lambda f: f() == "tf",
    "set_image_dim_ordering": lambda f: f("tf") is None,
    "set_image_data_format": lambda f: f("channels_last") is None,
    "categorical_crossentropy": lambda f: f(np.eye(2), MATRIX).shape == (2,),
    "binary_crossentropy": lambda f: f(np.eye(2), MATRIX).shape == (2, 2),
    "sparse_categorical_crossentropy": lambda f: f(np.array([0, 1]), MATRIX).shape == (2,),
}


@pytest.mark.parametrize("name", sorted(backend.NAMES))
def test_a_function_of_the_backend_does_as_its_name_says(name):
    assert K[name](find_in_keras(Dialect("keras2"), "backend", name))


def test_crossentropies_of_the_backend_had_the_outputs_first():
    then = find_in_keras(Dialect("keras1"), "backend", "categorical_crossentropy")
    now = find_in_keras(Dialect("keras2"), "backend", "categorical_crossentropy")

    assert np.asarray(then(MATRIX, np.eye(2))) == pytest.approx(np.asarray(now(np.eye(2), MATRIX)))


def test_an_ordering_that_never_was_is_refused():
    set_ordering = find_in_keras(Dialect("keras1"), "backend", "set_image_dim_ordering")

    with pytest.raises(ValueError, match="must be 'th' or 'tf'; got 'xx'"):
        set_ordering("xx")


AREAS = ("layers", "constraints", "initializers", "regularizers")


@pytest.mark.parametrize("name", ALIASES)
def test_a_name_that_another_took_over_is_found(name):
    dialect = Dialect("keras2")
    found = []
    for area in AREAS:
        try:
            found.append(find_in_keras(dialect, area, name))
        except UNSUPPORTED:
            continue

    assert found
    assert all(callable(one) for one in found)


@pytest.mark.parametrize("name", GONE)
def test_a_name_that_is_gone_says_what_to_do(name):
    with pytest.raises(UNSUPPORTED, match=rf"test_names.py, line \d+: keras.layers.{name} "):
        find_in_keras(Dialect("keras1"), "layers", name)


TF = {
    "range": (3,),
    "cast": (MATRIX, "int32"),
    "reshape": (MATRIX, (4,)),
    "expand_dims": (MATRIX, 0),
    "squeeze": (MATRIX[None],),
    "stack": ([MATRIX, MATRIX],),
    "concat": ([MATRIX, MATRIX], 0),
    "tile": (MATRIX, (1, 2)),
    "where": (MATRIX > 0.3, MATRIX, 0.0),
    "ones": ((2,),),
    "zeros": ((2,),),
    "eye": (2,),
    "one_hot": (np.array([0, 1]), 3),
    "linspace": (0.0, 1.0, 3),
    "einsum": ("ij,jk->ik", MATRIX, MATRIX),
    "pad": (MATRIX, [[1, 0], [0, 1]]),
    "repeat": (MATRIX, 2),
    "clip_by_value": (MATRIX, 0.0, 1.0),
    "gather": (MATRIX, [0]),
    "tensordot": (MATRIX, MATRIX, 1),
    "math.top_k": (MATRIX, 1),
    "nn.moments": (MATRIX, [0]),
    "nn.l2_normalize": (MATRIX, 1),
}
TWO = {"add", "divide", "maximum", "minimum", "multiply", "subtract", "equal", "less", "greater"}
TWO |= {"not_equal", "less_equal", "greater_equal", "logical_and", "logical_or", "pow", "matmul"}


@pytest.mark.parametrize("name", tensorflow.OPS)
def test_a_function_of_tensorflow_is_the_op(name):
    with trimtab.compat.dialect("tf_keras"):
        function = importlib.import_module("tensorflow")
        for part in name.split("."):
            function = getattr(function, part)
    last = name.rpartition(".")[2]
    arguments = TF.get(name, TF.get(last, (MATRIX, MATRIX) if last in TWO else (MATRIX,)))

    found = function(*arguments)
    expected = getattr(trimtab.ops, tensorflow.OPS[name])(*arguments)
    for one, other in zip(np.atleast_1d(found), np.atleast_1d(expected), strict=True):
        assert np.asarray(one) == pytest.approx(np.asarray(other))


@pytest.mark.parametrize("name", tensorflow.TYPES)
def test_a_type_of_tensorflow_is_its_name(name):
    with trimtab.compat.dialect("tf_keras"):
        assert getattr(importlib.import_module("tensorflow"), name) == name


@pytest.mark.parametrize("path", tensorflow.MODULES)
def test_a_module_of_tensorflow_can_be_imported(path):
    with trimtab.compat.dialect("tf_keras"):
        assert importlib.import_module(f"tensorflow.{path}".rstrip("."))


@pytest.mark.parametrize("name", tensorflow.GRAPH)
def test_graph_code_is_told_of(name):
    with (
        trimtab.compat.dialect("tf_keras"),
        pytest.raises(UNSUPPORTED, match=rf"tf\.{name} is graph code of TensorFlow 1"),
    ):
        getattr(importlib.import_module("tensorflow"), name)


@pytest.mark.parametrize("name", sorted(tensorflow_names.NAMES - set(tensorflow.OPS)))
def test_a_name_of_tensorflow_is_there(name):
    with trimtab.compat.dialect("tf_keras"):
        found = importlib.import_module("tensorflow")
        for part in name.split("."):
            found = getattr(found, part)

    assert found is not None


ERA = {"keras0": "keras0", "keras1": "keras1", "keras2": "keras2", "keras3": "keras3"}


def era(source):
    return detect(ast.parse(source)).era


@pytest.mark.parametrize("name", signs.KEYWORDS)
def test_a_keyword_is_a_sign(name):
    kind = signs.KEYWORDS[name]
    callee, _, keyword = name.rpartition(".")
    found = era(f"from keras.layers import Dense\n{callee or 'f'}({keyword}=1)\n")

    assert found == {"modern": "keras3", "any": "keras3"}.get(kind, kind)


@pytest.mark.parametrize("name", signs.NAMES)
def test_a_name_is_a_sign(name):
    kind = signs.NAMES[name]

    assert era(f"from keras.layers import {name}\n") == {"modern": "keras3"}.get(kind, kind)


@pytest.mark.parametrize("name", signs.MODULES)
def test_a_module_is_a_sign(name):
    assert era(f"import {name}\n") == signs.MODULES[name]


@pytest.mark.parametrize("text", [*signs.STRINGS, *[f"m{s}" for s in signs.FILES]])
def test_a_text_is_a_sign(text):
    expected = signs.STRINGS.get(text) or signs.FILES[text[1:]]

    assert era(f"import keras\nf({text!r})\n") == expected


@pytest.mark.parametrize("name", signs.BACKEND_TODAY)
def test_a_name_that_the_backend_still_has_is_no_sign(name):
    found = era(f"from keras import backend as K\nK.{name}()\n")

    assert found in ("keras3", "keras2" if name in signs.NAMES else "keras3")
