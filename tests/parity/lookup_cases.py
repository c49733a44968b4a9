"""Lookups and hashes: what real Keras does with TensorFlow, which the tests do without.

`tools/record_lookup_parity.py` writes what it does to tests/parity/recorded/lookups.json.
"""

TEXTS = [["a", "b", "zz"], ["c", "", "b"]]
SEEN = [["b", "a", "c"], ["b", "c", "c"], ["d", "", "d"]]
NUMBERS = [[1, 20, 3], [30, -1, 20]]
FILE_INPUTS = [[1, 20, 3], [30, 0, 7], [20, 20, 8]]
ABC = {"vocabulary": ["a", "b", "c"]}
TENS = {"vocabulary": [10, 20, 30]}
IDF = {"output_mode": "tf_idf", "idf_weights": [0.25, 0.5, 0.75]}
MODES = ("one_hot", "multi_hot", "count")

# (class, arguments, what to adapt to or None, inputs)
CASES = [
    *(
        ("Hashing", {"num_bins": n, **more}, None, inputs)
        for inputs in (TEXTS, NUMBERS, [["A"], ["B"], ["C"]], [["x" * 70, "y" * 33, "ünï"]])
        for n in (3, 1000)
        for more in ({}, {"salt": 133}, {"salt": [133, 137]})
    ),
    ("Hashing", {"num_bins": 5, "mask_value": ""}, None, TEXTS),
    ("Hashing", {"num_bins": 5, "mask_value": 20}, None, NUMBERS),
    *(("Hashing", {"num_bins": 4, "output_mode": mode}, None, TEXTS) for mode in MODES),
    *(
        ("StringLookup", {**ABC, **more}, None, TEXTS)
        for more in (
            {},
            {"num_oov_indices": 3},
            {"num_oov_indices": 5, "salt": 3},
            {"mask_token": ""},
            {"mask_token": "", "num_oov_indices": 2},
            {"max_tokens": 10},
            {"vocabulary": ["", "[UNK]", "a", "b", "c"], "mask_token": ""},
            {"vocabulary": ["a", "[UNK]", "b"]},
            *({"output_mode": mode} for mode in MODES),
            {"output_mode": "count", "num_oov_indices": 3},
            {"output_mode": "multi_hot", "mask_token": ""},
            {"output_mode": "one_hot", "mask_token": ""},
            {"output_mode": "multi_hot", "max_tokens": 8, "pad_to_max_tokens": True},
            IDF,
            {**IDF, "vocabulary": ["[UNK]", "a", "b", "c"], "idf_weights": [0.9, 0.2, 0.5, 0.7]},
            {"dtype": "int64"},
        )
    ),
    *(("StringLookup", {**ABC, "output_mode": mode}, None, [["a"], ["q"]]) for mode in MODES),
    *(("StringLookup", {**ABC, "output_mode": mode}, None, ["a", "q"]) for mode in MODES),
    *(("StringLookup", {**ABC, "output_mode": mode}, None, [TEXTS, SEEN[:2]]) for mode in MODES),
    ("StringLookup", {**ABC, "invert": True}, None, [[0, 1, 3]]),
    ("StringLookup", {**ABC, "invert": True, "mask_token": ""}, None, [[0, 1, 2, 9]]),
    *(
        ("StringLookup", more, SEEN, TEXTS)
        for more in (
            {},
            {"max_tokens": 3},
            {"max_tokens": 3, "mask_token": ""},
            {"num_oov_indices": 2, "max_tokens": 4},
            {"output_mode": "tf_idf"},
            {"output_mode": "tf_idf", "max_tokens": 4},
            {"output_mode": "tf_idf", "max_tokens": 9, "pad_to_max_tokens": True},
            {"output_mode": "tf_idf", "mask_token": ""},
            {"output_mode": "count"},
            {"output_mode": "multi_hot", "mask_token": ""},
        )
    ),
    *(
        ("IntegerLookup", {**TENS, **more}, None, NUMBERS)
        for more in (
            {},
            {"num_oov_indices": 3},
            {"num_oov_indices": 3, "oov_method": "farmhash"},
            {"num_oov_indices": 3, "oov_method": "farmhash", "salt": 5},
            {"mask_token": -1, "oov_token": -2},
            {"mask_token": 0},
            *({"output_mode": mode} for mode in MODES),
            {"output_mode": "multi_hot", "mask_token": 3},
            {"output_mode": "tf_idf", "idf_weights": [0.1, 0.2, 0.3]},
        )
    ),
    ("IntegerLookup", {**TENS, "invert": True}, None, [[0, 1, 2, 3, 9]]),
    ("IntegerLookup", {}, NUMBERS, NUMBERS),
    ("IntegerLookup", {"output_mode": "tf_idf"}, NUMBERS, NUMBERS),
    ("IntegerLookup", {"mask_token": 0, "max_tokens": 4}, NUMBERS, NUMBERS),
    *(
        (
            "Discretization",
            {"num_bins": n, "epsilon": e, "output_mode": mode},
            [[*range(12)]],
            TENTHS,
        )
        for TENTHS in ([[0.0, 2.5, 7.0], [3.0, 11.5, -4.0]],)
        for n, e in ((3, 0.01), (4, 0.3))
        for mode in ("int", *MODES)
    ),
    *(
        (
            "Discretization",
            {"num_bins": n, "epsilon": e},
            [[(i * 37 % 101) / 7 for i in range(m)]],
            [[0.5]],
        )
        for n, e, m in ((5, 0.01, 1000), (10, 0.1, 500), (10, 0.01, 3), (5, 0.01, 7))
    ),
    ("Discretization", {"bin_boundaries": [1.0, 2.0]}, None, [1.0, 2.0, 1.5, -3.0]),
]
# (class, arguments) of what must be refused, or accepted, as there.
CONSTRUCTIONS = [
    *(
        ("Hashing", a)
        for a in (
            {"num_bins": 0},
            {"num_bins": None},
            {"num_bins": 3, "output_mode": "x"},
            {"num_bins": 3, "salt": "x"},
            {"num_bins": 3, "salt": [1, 2, 3]},
            {"num_bins": 3, "dtype": "float32"},
            {"num_bins": 3, "output_mode": "count", "dtype": "int32"},
        )
    ),
    *(
        ("StringLookup", a)
        for a in (
            {"vocabulary": ["a", "b", "b"]},
            {"vocabulary": ["a", "b", ""], "mask_token": ""},
            {"vocabulary": ["a", "b", "c"], "max_tokens": 2},
            {"max_tokens": 1},
            {"num_oov_indices": -1},
            {"output_mode": "bad"},
            {"invert": True, "output_mode": "count"},
            {"vocabulary": ["a"], "idf_weights": [1.0]},
            {"vocabulary": ["a"], "output_mode": "tf_idf"},
            {"pad_to_max_tokens": True},
            {"vocabulary": []},
        )
    ),
    *(
        ("IntegerLookup", a)
        for a in (
            {"vocabulary": [1, 2], "vocabulary_dtype": "int32"},
            {"vocabulary": [1], "salt": 5},
            {"vocabulary": [1, 2, 3], "max_tokens": 3},
            {"vocabulary": [1], "oov_method": "bad"},
        )
    ),
    *(
        ("Discretization", a)
        for a in (
            {},
            {"num_bins": 3, "bin_boundaries": [1.0]},
            {"num_bins": -3},
            {"num_bins": 3, "output_mode": "x"},
        )
    ),
]
