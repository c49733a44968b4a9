"""The part of TensorFlow that scripts of tf.keras touch: its names, and those of `ops` behind."""

from __future__ import annotations

from trimtab.compat.tables.rows import words


def _same(prefix: str, *lines: str) -> dict[str, str]:
    return {f"{prefix}{name}": name for name in words(*lines)}


def _both(prefix: str, names: dict[str, str]) -> dict[str, str]:
    """Names that stand both at the top and in a module."""
    return {**names, **{f"{prefix}{name}": op for name, op in names.items()}}


# Name after "tf." -> function of trimtab.ops.
OPS: dict[str, str] = {
    **_both("math.", _same("", "abs add divide maximum minimum multiply subtract sign exp sqrt")),
    **_both("math.", _same("", "square tanh sigmoid equal less greater not_equal logical_and")),
    **_both("math.", _same("", "logical_or logical_not round floor sin cos cumsum argmax argmin")),
    **_both(
        "math.",
        {
            "reduce_mean": "mean",
            "reduce_sum": "sum",
            "reduce_max": "max",
            "reduce_min": "min",
            "reduce_prod": "prod",
            "reduce_all": "all",
            "reduce_any": "any",
            "pow": "power",
            "less_equal": "less_equal",
            "greater_equal": "greater_equal",
        },
    ),
    "math.log": "log",
    "math.log1p": "log1p",
    "math.softplus": "softplus",
    "math.reduce_std": "std",
    "math.reduce_variance": "var",
    "math.reduce_logsumexp": "logsumexp",
    "math.top_k": "top_k",
    "math.rsqrt": "rsqrt",
    **_same("", "reshape transpose matmul expand_dims squeeze stack tile where ones zeros eye"),
    **_same("", "ones_like zeros_like one_hot shape range linspace einsum tensordot pad repeat"),
    **_same("nn.", "relu sigmoid tanh softmax log_softmax softplus softsign elu selu leaky_relu"),
    **_same("nn.", "relu6 silu gelu moments"),
    **_same("linalg.", "matmul norm trace"),
    "range": "arange",
    "size": "size",
    "rank": "ndim",
    "clip_by_value": "clip",
    "gather": "take",
    "concat": "concatenate",
    "identity": "copy",
    "stop_gradient": "stop_gradient",
    "convert_to_tensor": "convert_to_tensor",
    "nn.swish": "silu",
    "nn.l2_normalize": "normalize",
}

# Types, which are their names here.
TYPES: tuple[str, ...] = words(
    "float16 float32 float64 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 bool string"
)

# Modules after "tensorflow.", whose names are looked up under their own path.
MODULES: tuple[str, ...] = (
    "",
    "config",
    "config.experimental",
    "config.threading",
    "compat",
    "data",
    "data.experimental",
    "dtypes",
    "errors",
    "get_logger",
    "io",
    "image",
    "linalg",
    "math",
    "nn",
    "random",
    "autograph",
    "autograph.experimental",
    "test",
    "train",
)

# Graph code of TensorFlow 1: no script with it can run.
GRAPH: tuple[str, ...] = words(
    "placeholder placeholder_with_default Session InteractiveSession global_variables_initializer",
    "initialize_all_variables get_variable variable_scope get_default_graph reset_default_graph",
    "Graph ConfigProto GPUOptions layers contrib app flags truncated_normal random_normal",
    "random_uniform assign",
)
