"""Layers that prepare data and images, as far as Keras needs no TensorFlow for them."""

from layer_cases.case import Case

FIRST = {"data_format": "channels_first"}
PICTURES, PICTURES_FIRST = (2, 5, 7, 3), (2, 3, 5, 7)
SEEDED = {"seed": 3}

CASES: dict[str, list[Case]] = {
    "CategoryEncoding": [
        *(
            Case({"num_tokens": 5, "output_mode": mode}, shape, high=6)
            for mode in ("one_hot", "multi_hot", "count")
            for shape in ((3,), (3, 4), (3, 1))
        ),
        # In the other modes Keras announces another shape than it gives.
        Case({"num_tokens": 5, "output_mode": "one_hot"}, (2, 3, 4), high=6),
    ],
    "CenterCrop": [
        Case({"height": 2, "width": 4}, PICTURES),
        Case({"height": 8, "width": 3}, PICTURES),
        Case({"height": 2, "width": 9}, PICTURES),
        Case({"height": 4, "width": 4, **FIRST}, PICTURES_FIRST),
    ],
    "Discretization": [
        Case({"bin_boundaries": [-0.5, 0.0, 1.0]}, (3, 4)),
        *(
            Case({"bin_boundaries": [-0.5, 0.0, 1.0], "output_mode": mode}, (3, 4))
            for mode in ("one_hot", "multi_hot", "count")
        ),
    ],
    "EinsumDense": [
        Case({"equation": "ab,bc->ac", "output_shape": 6}, (3, 4)),
        Case({"equation": "abc,cd->abd", "output_shape": (None, 6), "bias_axes": "d"}, (3, 5, 4)),
        Case({"equation": "...x,xy->...y", "output_shape": 6, "bias_axes": "y"}, (3, 5, 4)),
        Case({"equation": "abc,cde->abde", "output_shape": (None, 2, 3)}, (3, 5, 4)),
        Case(
            {"equation": "abc,cde->abde", "output_shape": (None, 2, 3), "bias_axes": "d"}, (3, 5, 4)
        ),
        Case(
            {
                "equation": "ab...,bc->ac...",
                "output_shape": 6,
                "bias_axes": "c",
                "activation": "relu",
                "activity_regularizer": "l2",
                "kernel_regularizer": "l2",
            },
            (3, 4, 5),
        ),
    ],
    "Normalization": [
        Case({}, (3, 4)),
        Case({"axis": None}, (3, 4)),
        Case({"axis": 1}, (3, 5, 4)),
        Case({"axis": (1, 2)}, (3, 5, 4, 2)),
        Case({"invert": True}, (3, 4)),
        Case({"mean": [1.0, 2.0, 3.0, 4.0], "variance": [1.0, 4.0, 9.0, 0.0]}, (3, 4)),
        Case({"mean": 2.0, "variance": 4.0, "axis": None}, (3, 4)),
    ],
    "RandomBrightness": [
        Case({"factor": 0.2, **SEEDED}, PICTURES, False),
        Case({"factor": (0.1, 0.3), "value_range": (0, 1), **SEEDED}, PICTURES, False),
    ],
    "RandomContrast": [
        Case({"factor": 0.2, **SEEDED}, PICTURES, False),
        Case({"factor": (0.1, 0.3), "value_range": [0, 1], **SEEDED}, PICTURES, False),
    ],
    "AutoContrast": [Case({}, PICTURES), Case({"value_range": (0, 1)}, PICTURES)],
    "RandomGrayscale": [Case({"factor": 0.3}, PICTURES, False)],
    "RandomInvert": [
        Case({**SEEDED}, PICTURES, False),
        Case({"factor": (0.2, 0.4), "value_range": (0, 1), **SEEDED}, PICTURES, False),
    ],
    "RandomPosterization": [
        Case({"factor": 4, **SEEDED}, PICTURES, False),
        Case({"factor": (2, 5), "value_range": [0, 1], **SEEDED}, PICTURES, False),
    ],
    "Solarization": [
        Case({**SEEDED}, PICTURES, False),
        Case({"addition_factor": 0.2, "threshold_factor": (0.3, 0.6), **SEEDED}, PICTURES, False),
    ],
    "RandomCrop": [
        Case({"height": 3, "width": 4, **SEEDED}, PICTURES, False),
        Case({"height": 8, "width": 3, **SEEDED}, PICTURES),
        Case({"height": 2, "width": 9, **SEEDED, **FIRST}, PICTURES_FIRST),
        Case({"height": 5, "width": 7, **SEEDED}, PICTURES),
    ],
    "RandomFlip": [
        Case({**SEEDED}, PICTURES, False),
        Case({"mode": "horizontal", **SEEDED, **FIRST}, PICTURES_FIRST, False),
    ],
    "RandomRotation": [
        Case({"factor": 0.2, **SEEDED}, PICTURES, False),
        Case({"factor": (-0.1, 0.3), "fill_mode": "wrap", **SEEDED}, PICTURES, False),
    ],
    "RandomTranslation": [
        Case({"height_factor": 0.2, "width_factor": (-0.1, 0.3), **SEEDED}, PICTURES, False)
    ],
    "RandomZoom": [
        Case({"height_factor": 0.2, **SEEDED}, PICTURES, False),
        Case({"height_factor": (-0.3, 0.1), "width_factor": 0.2, **SEEDED}, PICTURES, False),
    ],
    "Rescaling": [
        Case({"scale": 0.5, "offset": -1.0}, (3, 4)),
        Case({"scale": [0.5, 2.0, 3.0], "offset": [1.0, 2.0, 3.0]}, PICTURES),
    ],
    "Resizing": [
        *(
            Case({"height": 3, "width": 9, "interpolation": name}, PICTURES)
            for name in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")
        ),
        Case({"height": 3, "width": 4, "antialias": True}, PICTURES),
        Case({"height": 4, "width": 4, "crop_to_aspect_ratio": True}, PICTURES),
        Case({"height": 4, "width": 4, "pad_to_aspect_ratio": True, "fill_value": 2.0}, PICTURES),
        Case({"height": 3, "width": 9, **FIRST}, PICTURES_FIRST),
    ],
}
# They need TensorFlow in Keras (test_lookups_parity), or other layers (test_preprocessing_parity).
ELSEWHERE = {"Hashing", "IntegerLookup", "Pipeline", "SpectralNormalization", "StringLookup"}
