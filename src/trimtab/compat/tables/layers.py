"""Layers: their names, arguments and defaults in old versions."""

from __future__ import annotations

from typing import Any

from trimtab.compat.tables.rows import KERAS_2, TF_KERAS, Call, Default, default, order
from trimtab.core.old_spellings import ARGUMENTS, JOINED, ORDERINGS

_REGULARIZED = "W_regularizer b_regularizer activity_regularizer W_constraint b_constraint"
_KERNEL = ("kernel_initializer", "bias_initializer")
_IMAGES: dict[str, dict[Any, Any]] = {"data_format": ORDERINGS}
_TH = default("data_format", ("0.1.0", "channels_first"), ("1.0.4", None))
_AFTER_1_2 = order("2.0.0")
# The name stayed, its range did not.
_FANS = default("kernel_initializer", ("0.1.0", "glorot_uniform"), ("1.0.4", None))
_GLOROT = default("kernel_initializer", ("0.1.0", "glorot_uniform"), ("0.1.2", None))


def _layer(name: str, today: str | None = None, **row: Any) -> Call:
    called = name if today is None else today
    row.setdefault("rename", ARGUMENTS.get(called, {}))
    return Call(name, f"keras.layers.{called}" if called else "", **row)


def _convolution_2d(name: str, today: str, *after_kernel: str, **row: Any) -> Call:
    middle = " ".join(after_kernel)
    tail = f"init activation weights border_mode subsample {row.pop('extra', '')} dim_ordering"
    first = "nb_filter stack_size nb_row nb_col init activation weights border_mode subsample"
    orders = [] if middle else [order("0.1.0", f"{first} {_REGULARIZED}")]
    orders += [
        order("0.2.0", f"nb_filter nb_row nb_col {middle} {tail} {_REGULARIZED} bias"),
        _AFTER_1_2,
    ]
    return _layer(
        name,
        today,
        orders=tuple(orders),
        joined=JOINED[today],
        values=_IMAGES,
        defaults=(*_TH, *_FANS),
        weights=_KERNEL,
        special="convolution",
        **{"dropped": {"stack_size": "", "image_shape": ""}, **row},
    )


def _separable(name: str) -> Call:
    return _layer(
        name,
        "SeparableConv2D",
        orders=(
            order(
                "1.0.0",
                "nb_filter nb_row nb_col init activation weights border_mode subsample "
                "depth_multiplier dim_ordering depthwise_regularizer pointwise_regularizer "
                "b_regularizer activity_regularizer depthwise_constraint pointwise_constraint "
                "b_constraint bias",
            ),
            _AFTER_1_2,
        ),
        joined=JOINED["SeparableConv2D"],
        values=_IMAGES,
        defaults=_TH,
        weights=("depthwise_initializer", "pointwise_initializer", "bias_initializer"),
        dropped={"init": "it is depthwise_initializer and pointwise_initializer"},
        special="convolution",
    )


def _pooling_2d(name: str, *defaults: Default) -> Call:
    return _layer(
        name,
        orders=(
            order("0.1.0", "poolsize stride ignore_border"),
            order("0.2.0", "pool_size stride ignore_border"),
            order("0.3.0", "pool_size strides border_mode dim_ordering"),
            _AFTER_1_2,
        ),
        values=_IMAGES,
        defaults=(*_TH, *defaults),
        dropped={"ignore_border": "True is padding='valid'"},
        special="pooling",
    )


def _pooling_1d(name: str, *defaults: Default) -> Call:
    return _layer(
        name,
        orders=(
            order("0.1.0", "pool_length stride ignore_border"),
            order("0.3.0", "pool_length stride border_mode"),
            _AFTER_1_2,
        ),
        defaults=defaults,
        dropped={"ignore_border": "True is padding='valid'"},
        special="pooling",
    )


LAYERS: tuple[Call, ...] = (
    _layer(
        "Dense",
        orders=(
            order("0.1.0", f"input_dim output_dim init activation weights {_REGULARIZED}"),
            order("0.2.0", f"output_dim init activation weights {_REGULARIZED} bias input_dim"),
            _AFTER_1_2,
        ),
        defaults=_GLOROT,
        weights=_KERNEL,
        special="dense",
    ),
    _layer(
        "TimeDistributedDense",
        "Dense",
        orders=(
            order("0.1.0", f"input_dim output_dim init activation weights {_REGULARIZED}"),
            order(
                "0.2.0",
                f"output_dim init activation weights {_REGULARIZED} bias input_dim input_length",
            ),
        ),
        defaults=_GLOROT,
        weights=_KERNEL,
        until=KERAS_2,
        special="sequence",
    ),
    _layer(
        "Activation",
        orders=(order("0.1.0", "activation target beta"), order("0.3.1", "activation")),
        dropped={"target": "", "beta": ""},
    ),
    _layer("Dropout", orders=(order("0.1.0", "p noise_shape seed"), _AFTER_1_2)),
    _layer("GaussianDropout", orders=(order("0.1.0", "p"), _AFTER_1_2)),
    _layer("GaussianNoise", orders=(order("0.1.0", "sigma"), _AFTER_1_2)),
    _layer("SpatialDropout1D", orders=(order("0.1.0", "p"), _AFTER_1_2)),
    _layer(
        "SpatialDropout2D",
        orders=(order("0.1.0", "p dim_ordering"), _AFTER_1_2),
        values=_IMAGES,
    ),
    _layer(
        "SpatialDropout3D",
        orders=(order("0.1.0", "p dim_ordering"), _AFTER_1_2),
        values=_IMAGES,
    ),
    _layer(
        "BatchNormalization",
        orders=(
            order("0.1.0", "input_shape epsilon mode momentum weights"),
            order("0.2.0", "epsilon mode momentum weights"),
            order(
                "0.3.2",
                "epsilon mode axis momentum weights beta_init gamma_init gamma_regularizer "
                "beta_regularizer",
            ),
            _AFTER_1_2,
        ),
        defaults=(
            *default("epsilon", ("0.1.0", 1e-6), ("1.0.8", 1e-5), ("1.2.0", None)),
            *default("momentum", ("0.1.0", 0.9), ("1.0.7", None)),
            *default("gamma_initializer", ("0.1.0", "uniform"), ("0.3.3", None)),
        ),
        dropped={"mode": "mode 0 is what the layer does"},
        weights=(
            "gamma_initializer",
            "beta_initializer",
            "moving_mean_initializer",
            "moving_variance_initializer",
        ),
        special="batch_normalization",
    ),
    _layer(
        "PReLU",
        orders=(
            order("0.1.0", "input_shape init weights"),
            order("0.2.0", "init weights shared_axes"),
            _AFTER_1_2,
        ),
        weights=("alpha_initializer",),
        special="prelu",
    ),
    _layer("LeakyReLU"),
    _layer("ELU"),
    _layer("ThresholdedReLU", "ReLU", rename={"theta": "threshold"}, special="thresholded"),
    _layer(
        "Convolution1D",
        "Conv1D",
        orders=(
            order("0.1.0", "nb_filter stack_size filter_length init activation weights"),
            order("0.1.2", "input_dim nb_filter filter_length init activation weights"),
            order(
                "0.2.0",
                "nb_filter filter_length init activation weights border_mode subsample_length "
                f"{_REGULARIZED} bias input_dim input_length",
            ),
            _AFTER_1_2,
        ),
        defaults=default("kernel_initializer", ("0.1.0", "uniform"), ("1.1.2", None)),
        dropped={"stack_size": "", "image_shape": ""},
        weights=_KERNEL,
        special="sequence",
    ),
    _layer(
        "Conv1D",
        orders=(
            order(
                "1.0.6",
                "nb_filter filter_length init activation weights border_mode subsample_length "
                f"{_REGULARIZED} bias input_dim input_length",
            ),
            _AFTER_1_2,
        ),
        defaults=default("kernel_initializer", ("0.1.0", "uniform"), ("1.1.2", None)),
        weights=_KERNEL,
        special="sequence",
    ),
    _convolution_2d("Convolution2D", "Conv2D"),
    _convolution_2d("Conv2D", "Conv2D"),
    _convolution_2d("AtrousConvolution2D", "Conv2D", extra="atrous_rate"),
    _convolution_2d("AtrousConv2D", "Conv2D", extra="atrous_rate"),
    _separable("SeparableConvolution2D"),
    _separable("SeparableConv2D"),
    _convolution_2d(
        "Deconvolution2D",
        "Conv2DTranspose",
        "output_shape",
        dropped={"output_shape": "the shape follows from kernel, strides and padding"},
    ),
    _layer(
        "Convolution3D",
        "Conv3D",
        orders=(
            order(
                "0.1.0",
                "nb_filter kernel_dim1 kernel_dim2 kernel_dim3 init activation weights "
                f"border_mode subsample dim_ordering {_REGULARIZED} bias",
            ),
            _AFTER_1_2,
        ),
        joined=JOINED["Conv3D"],
        values=_IMAGES,
        defaults=(*_TH, *_FANS),
        weights=_KERNEL,
        special="convolution",
    ),
    _pooling_1d("MaxPooling1D"),
    _pooling_1d("AveragePooling1D", *default("pool_size", ("0.1.0", 2), ("3.0.0", None))),
    _pooling_2d("MaxPooling2D"),
    _pooling_2d("AveragePooling2D", *default("pool_size", ("0.1.0", (2, 2)), ("3.0.0", None))),
    _layer("GlobalMaxPooling2D", values=_IMAGES),
    _layer("GlobalAveragePooling2D", values=_IMAGES),
    _layer("UpSampling1D", orders=(order("0.1.0", "length"), _AFTER_1_2)),
    _layer(
        "UpSampling2D",
        orders=(order("0.1.0", "size dim_ordering"), _AFTER_1_2),
        values=_IMAGES,
        defaults=_TH,
    ),
    _layer(
        "UpSample2D",
        "UpSampling2D",
        orders=(order("0.1.0", "size"),),
        rename={},
        defaults=default("data_format", ("0.1.0", "channels_first")),
        until=(0, 3, 0),
    ),
    _layer(
        "ZeroPadding2D",
        orders=(
            order("0.1.0", "width"),
            order("0.1.3", "pad"),
            order("0.2.0", "padding dim_ordering"),
            _AFTER_1_2,
        ),
        values=_IMAGES,
        defaults=_TH,
        special="zero_padding",
    ),
    _layer(
        "Cropping2D",
        orders=(order("0.1.0", "cropping dim_ordering"), _AFTER_1_2),
        values=_IMAGES,
    ),
    _layer("Flatten", special="flatten"),
    _layer(
        "Reshape",
        orders=(order("0.1.0", "dims"), order("1.0.0")),
        special="reshape",
    ),
    _layer(
        "Embedding",
        orders=(
            order("0.1.0", "input_dim output_dim init weights W_regularizer W_constraint"),
            order("0.1.2", "input_dim output_dim init W_regularizer activity_regularizer"),
            order(
                "0.2.0",
                "input_dim output_dim init input_length W_regularizer activity_regularizer "
                "W_constraint mask_zero weights dropout",
            ),
            _AFTER_1_2,
        ),
        dropped={
            "dropout": "the embedding drops no rows; a SpatialDropout1D behind it drops columns",
            "input_length": "",
        },
        weights=("embeddings_initializer",),
        special="embedding",
    ),
    _layer("Lambda"),
    _layer("Input", until=TF_KERAS),
    _layer(
        "Highway",
        "",
        since=(0, 3, 1),
        until=KERAS_2,
        orders=(
            order("0.1.0", f"init transform_bias activation weights {_REGULARIZED} bias input_dim"),
            order("1.2.1", f"init activation weights {_REGULARIZED} bias input_dim"),
        ),
        rename=ARGUMENTS["Dense"],
    ),
    _layer(
        "MaxoutDense",
        "",
        until=KERAS_2,
        orders=(
            order("0.1.0", "input_dim output_dim nb_feature init weights"),
            order("0.2.0", f"output_dim nb_feature init weights {_REGULARIZED} bias input_dim"),
        ),
        rename=ARGUMENTS["Dense"],
    ),
)
