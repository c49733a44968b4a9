"""Ops of images."""

import numpy as np

from ops_cases.case import NO, Case, case, cases

_RNG = np.random.default_rng(17)
PICTURES = _RNG.uniform(0, 1, (2, 5, 7, 3)).astype("float32")
FIRST = np.ascontiguousarray(PICTURES.transpose(0, 3, 1, 2))
BYTES = (PICTURES * 255).astype("uint8")
TURNS = np.array(
    [[1.1, 0.2, -1, 0.1, 0.9, 0.5, 0, 0], [0.7, -0.4, 2.3, 0.3, 1.2, -1.4, 0, 0]], "float32"
)
PLACES = np.stack(np.meshgrid(np.linspace(-3.3, 7.1, 6), np.linspace(-5, 9.3, 4))).astype("float32")
VOLUMES = PICTURES.reshape(2, 5, 7, 3, 1).repeat(2, 4)
LINE = np.arange(5, dtype="float32") ** 2
BLANK = np.repeat(np.linspace(0, 1, 4, dtype="float32"), 3).reshape(1, 2, 2, 3)

CASES = {
    **cases(
        "image.resize",
        *(
            (PICTURES, size, {"interpolation": name, "antialias": smooth})
            for name in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")
            for size, smooth in (((3, 11), False), ((9, 4), True))
        ),
        (PICTURES[0], (3, 4)),
        (PICTURES, (5, 7)),
        (FIRST, (8, 3), {"data_format": "channels_first"}),
        (BYTES, (3, 9), {"interpolation": "bicubic"}),
        (BYTES.astype("int32") - 99, (3, 9)),
        (PICTURES, (4, 4), {"crop_to_aspect_ratio": True}),
        (PICTURES, (2, 9), {"crop_to_aspect_ratio": True}),
        (PICTURES, (4, 4), {"pad_to_aspect_ratio": True, "fill_value": 0.5}),
        (FIRST, (3, 9), {"pad_to_aspect_ratio": True, "data_format": "channels_first"}),
    ),
    **cases(
        "image.extract_patches_3d",
        (VOLUMES, (2, 1, 2)),
        (VOLUMES, 2, {"strides": 1, "padding": "same"}),
        (VOLUMES, (1, 2, 2), {"data_format": "channels_first"}),
    ),
    **cases(
        "image.sobel_edges",
        (PICTURES,),
        (FIRST, {"data_format": "channels_first"}),
        (PICTURES[:, :2, :2],),
    ),
    **cases(
        "image.ssim",
        (PICTURES, PICTURES**2, {"filter_size": 3, "rtol": 1e-4}),
        (PICTURES[0], PICTURES[1], {"filter_size": 5, "filter_sigma": 0.7, "rtol": 1e-4}),
        (
            FIRST,
            FIRST * 0.9,
            {"data_format": "channels_first", "filter_size": 4, "max_val": 2.0, "rtol": 1e-4},
        ),
        (PICTURES, PICTURES, {"filter_size": 3, "k1": 0.1, "k2": 0.2, "rtol": 1e-4}),
    ),
    **cases(
        "image.crop_images",
        (PICTURES, {"top_cropping": 1, "left_cropping": 2, "target_height": 2, "target_width": 3}),
        (PICTURES, 1, 2, 1, 1),
        (FIRST, 1, 2, 0, 1, {"data_format": "channels_first"}),
        (
            PICTURES[0],
            {"bottom_cropping": 1, "target_height": 3, "left_cropping": 0, "right_cropping": 3},
        ),
    ),
    **cases(
        "image.pad_images",
        (PICTURES, 1, 2, {"target_height": 8, "target_width": 12}),
        (BYTES, 1, 2, 0, 1),
        (FIRST, 0, 0, 1, 2, {"data_format": "channels_first"}),
    ),
    **cases(
        "image.extract_patches",
        (PICTURES, (2, 3)),
        (PICTURES, 2, {"strides": 1, "dilation_rate": 2, "padding": "same"}),
        (PICTURES, 3, {"strides": (2, 1)}),
        (FIRST, 2, {"data_format": "channels_first", "padding": "same"}),
        (PICTURES[0], 2),
    ),
    "image.affine_transform": [
        # The JAX backend does something of its own with the last two numbers.
        Case(
            lambda o, x, a, mode=mode, fill=fill: o.image.affine_transform(
                x, o.concatenate([a, np.zeros((2, 2), "float32")], -1), mode, fill, 0.3
            ),
            PICTURES,
            TURNS[:, :6],
        )
        for mode in ("bilinear", "nearest")
        for fill in ("constant", "nearest", "wrap", "mirror", "reflect")
    ]
    + [
        case("image.affine_transform", BYTES, TURNS * 1.0137, **NO),
        case("image.affine_transform", PICTURES[0], TURNS[0], **NO),
        case("image.affine_transform", FIRST, TURNS, data_format="channels_first", **NO),
    ],
    **cases(
        "image.map_coordinates",
        *(
            (PICTURES[0, :, :, 0], PLACES, order, mode, 0.7)
            for order in (0, 1)
            for mode in ("constant", "nearest", "wrap", "mirror", "reflect")
        ),
        (LINE, np.array([[0.5, 1.5, 2.5, -0.5]], "float32"), 0),
        (np.arange(5, dtype="int32"), np.array([[0.4, 1.6]], "float32"), 1),
    ),
    **cases("image.rgb_to_grayscale", (PICTURES,), (BYTES,), (FIRST, "channels_first")),
    **cases("image.rgb_to_hsv", (PICTURES,), (FIRST, "channels_first"), (BLANK, NO)),
    **cases("image.hsv_to_rgb", (PICTURES,), (FIRST, "channels_first"), (BLANK, NO)),
}
