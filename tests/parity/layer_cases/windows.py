"""Convolutions and poolings: paddings, strides, dilations, groups, odd sizes, both data formats."""

from layer_cases.case import Case

FIRST = {"data_format": "channels_first"}
SAME = {"padding": "same"}

CASES: dict[str, list[Case]] = {
    "Conv1D": [
        Case({"filters": 4, "kernel_size": 3}, (2, 7, 3)),
        Case({"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, (2, 7, 3)),
        Case({"filters": 4, "kernel_size": 2, "padding": "causal", "strides": 2}, (2, 7, 3)),
        Case({"filters": 4, "kernel_size": 4, "padding": "causal", **FIRST}, (2, 3, 7)),
        Case({"filters": 4, "kernel_size": 4, **SAME, "groups": 2, **FIRST}, (2, 6, 7)),
    ],
    "Conv2D": [
        Case({"filters": 4, "kernel_size": 3}, (2, 7, 6, 3)),
        Case({"filters": 4, "kernel_size": (3, 2), "strides": (2, 3), **SAME}, (2, 7, 6, 3)),
        Case({"filters": 4, "kernel_size": 3, "strides": 2, **SAME, **FIRST}, (2, 3, 7, 6)),
        Case({"filters": 4, "kernel_size": (2, 4), **SAME, "activation": "relu"}, (2, 7, 6, 3)),
        Case({"filters": 4, "kernel_size": 3, "dilation_rate": (1, 2), **SAME}, (2, 7, 6, 3)),
        Case({"filters": 6, "kernel_size": 3, "groups": 3, "use_bias": False}, (2, 5, 5, 6)),
        Case({"filters": 6, "kernel_size": 1, "groups": 2, "strides": 2, **FIRST}, (2, 4, 5, 5)),
        Case({"filters": 2, "kernel_size": 3, "activation": "softmax", **FIRST}, (2, 3, 5, 6)),
        Case(
            {
                "filters": 4,
                "kernel_size": [3, 3],
                "kernel_regularizer": "l2",
                "bias_regularizer": "l2",
                "kernel_constraint": "max_norm",
                "bias_constraint": "non_neg",
                "kernel_initializer": "he_normal",
                "bias_initializer": "ones",
                "activity_regularizer": "l2",
            },
            (1, 5, 5, 2),
        ),
    ],
    "Conv3D": [
        Case({"filters": 4, "kernel_size": 2}, (1, 4, 5, 3, 2)),
        Case({"filters": 4, "kernel_size": (1, 3, 2), "strides": 2, **SAME}, (1, 4, 5, 3, 2)),
        Case({"filters": 4, "kernel_size": 2, "groups": 2, **SAME, **FIRST}, (1, 2, 4, 5, 3)),
        Case({"filters": 2, "kernel_size": 2, "dilation_rate": 2}, (1, 4, 5, 3, 2)),
    ],
    "DepthwiseConv1D": [
        Case({"kernel_size": 3}, (2, 7, 3)),
        Case({"kernel_size": 2, "strides": 2, "depth_multiplier": 2, **SAME, **FIRST}, (2, 3, 7)),
        Case({"kernel_size": 2, "dilation_rate": 3}, (2, 7, 3)),
    ],
    "DepthwiseConv2D": [
        Case({"kernel_size": 3}, (2, 7, 6, 3)),
        Case({"kernel_size": (3, 2), "strides": 2, "depth_multiplier": 2, **SAME}, (2, 7, 6, 3)),
        Case({"kernel_size": 3, "strides": 2, "use_bias": False, **SAME, **FIRST}, (2, 3, 7, 6)),
        Case(
            {
                "kernel_size": 2,
                "dilation_rate": 2,
                "activation": "relu",
                "depthwise_regularizer": "l2",
                "depthwise_constraint": "max_norm",
                "depthwise_initializer": "he_normal",
            },
            (2, 7, 6, 3),
        ),
    ],
    "SeparableConv1D": [
        Case({"filters": 4, "kernel_size": 3}, (2, 7, 3)),
        Case(
            {"filters": 4, "kernel_size": 2, "strides": 2, "depth_multiplier": 2, **SAME, **FIRST},
            (2, 3, 7),
        ),
    ],
    "SeparableConv2D": [
        Case({"filters": 4, "kernel_size": 3}, (2, 7, 6, 3)),
        Case(
            {"filters": 4, "kernel_size": (3, 2), "strides": 2, "depth_multiplier": 2, **SAME},
            (2, 7, 6, 3),
        ),
        Case({"filters": 4, "kernel_size": 3, "use_bias": False, **SAME, **FIRST}, (2, 3, 7, 6)),
        Case(
            {
                "filters": 4,
                "kernel_size": 2,
                "dilation_rate": 2,
                "activation": "relu",
                "depthwise_regularizer": "l2",
                "pointwise_regularizer": "l2",
                "pointwise_constraint": "max_norm",
                "pointwise_initializer": "he_normal",
            },
            (2, 7, 6, 3),
        ),
    ],
    "Conv1DTranspose": [
        Case({"filters": 4, "kernel_size": 3}, (2, 7, 3)),
        Case({"filters": 4, "kernel_size": 2, "strides": 3, **SAME, **FIRST}, (2, 3, 7)),
        Case({"filters": 4, "kernel_size": 4, "strides": 3, "output_padding": 2}, (2, 7, 3)),
        Case({"filters": 4, "kernel_size": 2, "dilation_rate": 2, **SAME}, (2, 7, 3)),
    ],
    "Conv2DTranspose": [
        Case({"filters": 4, "kernel_size": 3}, (2, 5, 4, 3)),
        Case({"filters": 4, "kernel_size": (3, 2), "strides": 2, **SAME}, (2, 5, 4, 3)),
        Case({"filters": 4, "kernel_size": 2, "strides": 3}, (2, 5, 4, 3)),
        Case(
            {
                "filters": 4,
                "kernel_size": 3,
                "strides": (2, 3),
                "output_padding": (1, 0),
                **SAME,
                **FIRST,
            },
            (2, 3, 5, 4),
        ),
        Case({"filters": 4, "kernel_size": 3, "dilation_rate": 2, "use_bias": False}, (2, 5, 4, 3)),
        Case(
            {"filters": 2, "kernel_size": 3, "activation": "relu", "kernel_regularizer": "l2"},
            (2, 5, 4, 3),
        ),
    ],
    "Conv3DTranspose": [
        Case({"filters": 3, "kernel_size": 2}, (1, 3, 4, 2, 2)),
        Case({"filters": 3, "kernel_size": (1, 3, 2), "strides": 2, **SAME}, (1, 3, 4, 2, 2)),
        Case({"filters": 3, "kernel_size": 2, "strides": 2, **SAME, **FIRST}, (1, 2, 3, 4, 2)),
    ],
    **{
        f"Adaptive{kind}Pooling{len(sizes)}D": [
            Case({"output_size": 2}, (2, *sizes, 3)),
            Case({"output_size": [3] * len(sizes), **FIRST}, (2, 3, *sizes)),
        ]
        for kind in ("Average", "Max")
        for sizes in ((8,), (7, 4), (5, 4, 8))
    },
    "MaxPooling1D": [
        Case({}, (2, 7, 3)),
        Case({"pool_size": 3, "strides": 2, **SAME, **FIRST}, (2, 3, 7)),
    ],
    "MaxPooling2D": [
        Case({}, (2, 7, 6, 3)),
        Case({"pool_size": (3, 2), "strides": (1, 2), **SAME}, (2, 7, 6, 3)),
        Case({"pool_size": 3, "strides": 2, **SAME, **FIRST}, (2, 3, 7, 6)),
        Case({"pool_size": 2, "strides": 3}, (2, 7, 6, 3)),
    ],
    "MaxPooling3D": [
        Case({}, (1, 4, 5, 4, 2)),
        Case({"pool_size": (1, 2, 3), "strides": 1, **SAME, **FIRST}, (1, 2, 4, 5, 4)),
    ],
    "AveragePooling1D": [
        Case({"pool_size": 2}, (2, 7, 3)),
        Case({"pool_size": 3, "strides": 2, **SAME, **FIRST}, (2, 3, 7)),
    ],
    "AveragePooling2D": [
        Case({"pool_size": 2}, (2, 7, 6, 3)),
        Case({"pool_size": (3, 2), "strides": (1, 2), **SAME}, (2, 7, 6, 3)),
        Case({"pool_size": 3, "strides": 2, **SAME, **FIRST}, (2, 3, 7, 6)),
    ],
    "AveragePooling3D": [
        Case({"pool_size": 2}, (1, 4, 5, 4, 2)),
        Case({"pool_size": (1, 2, 3), "strides": 2, **SAME, **FIRST}, (1, 2, 4, 5, 4)),
    ],
    **{
        f"Global{kind}Pooling{len(sizes)}D": [
            Case({}, (2, *sizes, 3)),
            Case({"keepdims": True}, (2, *sizes, 3)),
            Case(FIRST, (2, 3, *sizes)),
            Case({"keepdims": True, **FIRST}, (2, 3, *sizes)),
        ]
        for kind in ("Average", "Max")
        for sizes in ((5,), (5, 4), (3, 4, 2))
    },
}
