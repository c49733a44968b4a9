"""Old spellings of arguments, by what takes them: {owner: {old name: today's}}.

Today's API names them in its errors; the dialects of `trimtab.compat` translate them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_KERNEL = {
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
}
_CONVOLUTION = {"nb_filter": "filters", "border_mode": "padding", **_KERNEL}
_IMAGES = {"subsample": "strides", "dim_ordering": "data_format", **_CONVOLUTION}
_POOLING_1D = {"pool_length": "pool_size", "stride": "strides", "border_mode": "padding"}
_POOLING = {
    "poolsize": "pool_size",
    "stride": "strides",
    "border_mode": "padding",
    "dim_ordering": "data_format",
}
_FIT = {"X": "x", "nb_epoch": "epochs"}
_SEPARABLE = {
    name: today
    for name, today in _IMAGES.items()
    if name not in ("init", "W_regularizer", "W_constraint")
}
_ORDERING = {"dim_ordering": "data_format"}
_WORKERS = {"nb_worker": "workers", "max_q_size": "max_queue_size"}
_WORKERS["pickle_safe"] = "use_multiprocessing"

ARGUMENTS: dict[str, dict[str, str]] = {
    "Dense": {"output_dim": "units", **_KERNEL},
    "Dropout": {"p": "rate"},
    "GaussianDropout": {"p": "rate"},
    "GaussianNoise": {"sigma": "stddev"},
    "SpatialDropout1D": {"p": "rate"},
    "SpatialDropout2D": {"p": "rate", **_ORDERING},
    "SpatialDropout3D": {"p": "rate", **_ORDERING},
    "BatchNormalization": {"gamma_init": "gamma_initializer", "beta_init": "beta_initializer"},
    "PReLU": {"init": "alpha_initializer"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "Conv1D": {"filter_length": "kernel_size", "subsample_length": "strides", **_CONVOLUTION},
    "Conv2D": {"atrous_rate": "dilation_rate", **_IMAGES},
    "Conv3D": dict(_IMAGES),
    "Conv2DTranspose": dict(_IMAGES),
    "SeparableConv2D": dict(_SEPARABLE),
    "MaxPooling1D": dict(_POOLING_1D),
    "AveragePooling1D": dict(_POOLING_1D),
    "MaxPooling2D": dict(_POOLING),
    "AveragePooling2D": dict(_POOLING),
    "MaxPooling3D": dict(_POOLING),
    "AveragePooling3D": dict(_POOLING),
    "GlobalMaxPooling2D": dict(_ORDERING),
    "GlobalAveragePooling2D": dict(_ORDERING),
    "UpSampling1D": {"length": "size"},
    "UpSampling2D": dict(_ORDERING),
    "ZeroPadding2D": {"width": "padding", "pad": "padding", **_ORDERING},
    "Cropping2D": dict(_ORDERING),
    "Reshape": {"dims": "target_shape"},
    "Embedding": {
        "init": "embeddings_initializer",
        "W_regularizer": "embeddings_regularizer",
        "W_constraint": "embeddings_constraint",
    },
    "Input": {"input_dtype": "dtype"},
    "Model": {"input": "inputs", "output": "outputs"},
    "SGD": {"lr": "learning_rate"},
    "RMSprop": {"lr": "learning_rate"},
    "Adagrad": {"lr": "learning_rate"},
    "Adadelta": {"lr": "learning_rate"},
    "Adam": {"lr": "learning_rate"},
    "Adamax": {"lr": "learning_rate"},
    "Nadam": {"lr": "learning_rate"},
    "fit": dict(_FIT),
    "evaluate": {"X": "x"},
    "predict": {"X": "x"},
    "train_on_batch": {"X": "x"},
    "test_on_batch": {"X": "x"},
    "fit_generator": {
        "samples_per_epoch": "steps_per_epoch",
        "nb_epoch": "epochs",
        "nb_val_samples": "validation_steps",
        **_WORKERS,
    },
    "evaluate_generator": {"val_samples": "steps", **_WORKERS},
    "predict_generator": {"val_samples": "steps", **_WORKERS},
    "ReduceLROnPlateau": {"epsilon": "min_delta"},
    "LambdaCallback": {
        "on_batch_begin": "on_train_batch_begin",
        "on_batch_end": "on_train_batch_end",
    },
    "l1": {"l": "l1"},
    "l2": {"l": "l2"},
    "L1": {"l": "l1"},
    "L2": {"l": "l2"},
    "MaxNorm": {"m": "max_value"},
    "MinMaxNorm": {"low": "min_value", "high": "max_value"},
    "to_categorical": {"y": "x", "nb_classes": "num_classes"},
    "load_data": {"nb_words": "num_words"},
}

# Arguments that became one, as (old names, today's name).
JOINED: dict[str, tuple[tuple[str, ...], str]] = {
    "Conv2D": (("nb_row", "nb_col"), "kernel_size"),
    "SeparableConv2D": (("nb_row", "nb_col"), "kernel_size"),
    "Conv2DTranspose": (("nb_row", "nb_col"), "kernel_size"),
    "Conv3D": (("kernel_dim1", "kernel_dim2", "kernel_dim3"), "kernel_size"),
}

# Old words for the order of an image's axes; None is the setting's.
ORDERINGS: dict[str, str | None] = {
    "th": "channels_first",
    "tf": "channels_last",
    "default": None,
}

# Layer that each mode of `merge` and `Merge` is today; "cos" is a Dot with normalize=True.
MERGES: dict[str, str] = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
    "dot": "Dot",
    "cos": "Dot",
}

# Classes under their names of Keras 0 and 1 -> today's.
CLASSES: dict[str, str] = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense",
}

# What to do about arguments that are gone, by owner; "" holds for all.
GONE: dict[str, dict[str, str]] = {
    "": {
        "weights": "is gone: give the arrays to set_weights() once the layer is built",
        "batch_input_shape": "is now `Input(batch_shape=...)` in front of the layer",
        "input_dtype": "is now `Input(dtype=...)` in front of the layer",
        "input_length": "is now part of the shape of an `Input` in front of the layer",
        "decay": "is now learning_rate=InverseTimeDecay(rate, decay_steps=1, decay_rate=decay)",
    },
    "BatchNormalization": {"mode": "is gone: mode 0 is what the layer does"},
    "compile": {
        "class_mode": "is gone: the shapes say it; drop it",
        "theano_mode": "is gone; drop it",
        "sample_weight_mode": "is gone: shapes of the weights say it; drop it",
    },
    "fit": {"show_accuracy": "is now metrics=['accuracy'] of compile()"},
    "evaluate": {"show_accuracy": "is now metrics=['accuracy'] of compile()"},
    "train_on_batch": {"accuracy": "is now metrics=['accuracy'] of compile()"},
    "test_on_batch": {"accuracy": "is now metrics=['accuracy'] of compile()"},
    "ModelCheckpoint": {"period": "is now `save_freq`, 'epoch' or a number of batches"},
}


# Methods of models that are gone, and what takes their place.
METHODS: dict[str, str] = {
    "fit_generator": "`fit` takes generators itself",
    "evaluate_generator": "`evaluate` takes generators itself",
    "predict_generator": "`predict` takes generators itself",
    "predict_classes": "use predict(x).argmax(axis=-1), or (predict(x) > 0.5).astype('int32') "
    "for a single unit",
    "predict_proba": "use predict(x)",
    "to_yaml": "use to_json()",
}


def explain(owner: str, names: Iterable[str]) -> list[str]:
    """What became of those of `names` that are old spellings of arguments of `owner`.

    >>> explain("fit", ["nb_epoch", "x"])
    ['`nb_epoch` is now `epochs`']
    """
    given = list(names)
    renamed = ARGUMENTS.get(owner, {})
    joined, into = JOINED.get(owner, ((), ""))
    found = []
    if any(name in joined for name in given):
        parts = ", ".join(joined)
        quoted = ", ".join(f"`{name}`" for name in joined)
        found.append(f"{quoted} are now `{into}=({parts})`")
    for name in given:
        if name in joined:
            continue
        if name in renamed:
            found.append(f"`{name}` is now `{renamed[name]}`")
            continue
        fate = GONE.get(owner, {}).get(name) or GONE[""].get(name)
        if fate is not None:
            found.append(f"`{name}` {fate}")
    return found


def is_old(owner: str, name: Any) -> bool:
    """Whether `name` is an old spelling of an argument of `owner`, or of one that is gone."""
    return bool(explain(owner, [name]))
