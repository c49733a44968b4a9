"""Convolutions and poolings."""

import numpy as np

from ops_cases.case import IMAGES, NO, cases

_RNG = np.random.default_rng(13)


def _floats(*shape):
    return _RNG.normal(size=shape).astype("float32")


STEPS, ODD, VOLUMES = _floats(2, 7, 3), _floats(2, 7, 6, 3), _floats(1, 4, 5, 3, 2)
KERNEL, WIDE = _floats(3, 2, 3, 4), _floats(3, 3, 4, 6)
FIRST = {"data_format": "channels_first"}

CASES = {
    **cases(
        "conv",
        (ODD, KERNEL, 1, "SAME"),
        (ODD, KERNEL, (2, 3)),
        (ODD, KERNEL, {"dilation_rate": (2, 1), "padding": "same"}),
        (ODD, KERNEL, {"strides": 2, "dilation_rate": 2, "padding": "same"}),
        (IMAGES, WIDE, {"padding": "same"}),
        (STEPS, _floats(4, 3, 2), 2, "same"),
        (STEPS.transpose(0, 2, 1).copy(), _floats(4, 3, 2), {"padding": "same", **FIRST}),
        (VOLUMES, _floats(2, 3, 2, 2, 3), 2, "same"),
        (ODD.astype("float16"), KERNEL.astype("float16"), {**NO, "rtol": 4e-3}),
        (ODD, KERNEL.astype("float16"), {**NO, "rtol": 4e-3}),
        (np.arange(18, dtype="int32").reshape(1, 3, 3, 2), np.ones((2, 2, 2, 1), "int32")),
    ),
    **cases(
        "depthwise_conv",
        (ODD, _floats(3, 2, 3, 2)),
        (ODD, _floats(3, 2, 3, 1), 2, "same"),
        (ODD, _floats(2, 2, 3, 2), {"dilation_rate": (1, 2)}),
        (STEPS, _floats(3, 3, 2), 2, "same"),
        (ODD.transpose(0, 3, 1, 2).copy(), _floats(3, 2, 3, 2), {"padding": "same", **FIRST}),
    ),
    **cases(
        "separable_conv",
        (ODD, _floats(3, 2, 3, 2), _floats(1, 1, 6, 4)),
        (ODD, _floats(3, 2, 3, 2), _floats(1, 1, 6, 4), 2, "same"),
        (STEPS, _floats(3, 3, 1), _floats(1, 3, 5), {"dilation_rate": 2}),
    ),
    **cases(
        "conv_transpose",
        (ODD, _floats(3, 2, 4, 3)),
        (ODD, _floats(3, 3, 4, 3), 2, "same"),
        (ODD, _floats(2, 1, 4, 3), 3),
        (ODD, _floats(2, 1, 4, 3), 3, "same"),
        (ODD, _floats(3, 4, 4, 3), (2, 3), "same", (0, 2)),
        (ODD, _floats(3, 4, 4, 3), (2, 3), "valid", (1, 0)),
        (ODD, _floats(3, 2, 4, 3), {"dilation_rate": 2, "padding": "same"}),
        (ODD, _floats(3, 2, 4, 3), 2, "same", 5),
        (STEPS, _floats(5, 2, 3), 4, "same"),
        (STEPS.transpose(0, 2, 1).copy(), _floats(2, 2, 3), {"strides": 2, **FIRST}),
        (VOLUMES, _floats(2, 3, 2, 3, 2), 2, "same"),
    ),
    **cases(
        "unfold",
        (_floats(2, 3, 6, 7), 2),
        (_floats(2, 3, 6, 7), (3, 2), (1, 2), (1, 0), (2, 3)),
        (_floats(2, 1, 6, 7), 2, {"stride": 3, "dilation": 3, "padding": 2}),
    ),
    **cases(
        "fold",
        (_floats(2, 12, 30), (6, 7), 2),
        (_floats(2, 18, 9), (5, 7), (3, 2), {"dilation": (1, 2), "padding": (1, 0), "stride": 2}),
        (_floats(2, 4, 9), 6, 2, {"stride": 2}),
    ),
    **cases(
        "max_pool",
        (ODD, (2, 2), (2, 2)),
        (ODD, (3, 2), (1, 2), "same"),
        (np.round(ODD), 3, 1, "same"),
        (STEPS, 3, {"strides": 2, "padding": "same"}),
        (VOLUMES, 2, 1),
        (ODD, (2, 2), {"strides": (2, 2), **FIRST}),
    ),
    **cases(
        "average_pool",
        (ODD, (2, 2), (2, 2)),
        (ODD, (3, 2), (1, 2), "same"),
        (STEPS, 3, {"strides": 2, "padding": "same"}),
        (VOLUMES, 2, 1),
        (ODD.astype("float16"), (3, 3), {"strides": (2, 2), "padding": "same", "rtol": 4e-3}),
    ),
    **cases(
        "adaptive_average_pool",
        (ODD, 3),
        (ODD, (4, 2)),
        (ODD, (9, 1)),
        (STEPS, 2),
        (VOLUMES, (3, 2, 2)),
        (ODD, 2, {"data_format": "channels_first"}),
    ),
    **cases(
        "adaptive_max_pool",
        (ODD, 3),
        (np.round(ODD), (4, 5)),
        (STEPS, 2),
        (VOLUMES, (3, 2, 2)),
        (ODD, 2, {"data_format": "channels_first"}),
    ),
}
