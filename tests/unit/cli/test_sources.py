import argparse
import gzip

import numpy as np
import pytest

import trimtab
from trimtab.cli import sources

CSV = """age,kind,city,weight
31, a ,Bern,70
42,b,Rome,?
29,a,Bern,65.5
,b,Rome,80
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", ["", *__import__("sys").path])
    return tmp_path


def write_module(folder, name, text):
    (folder / f"{name}.py").write_text(text)
    return name


def test_model_function_of_a_module_in_the_current_folder(folder):
    write_module(
        folder,
        "nets_of_sources",
        "import trimtab as keras\n\ndef build():\n"
        "    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])\n",
    )

    assert sources.load_model("nets_of_sources:build").output_shape == (None, 2)
    assert sources.load_model("nets_of_sources.py:build").output_shape == (None, 2)


def test_model_file_is_loaded(folder):
    trimtab.Sequential([trimtab.Input((3,)), trimtab.layers.Dense(2)]).save("net.keras")

    assert sources.load_model("net.keras").output_shape == (None, 2)


def test_csv_is_standardised_and_text_is_one_hot(folder):
    with gzip.open("people.csv.gz", "wt") as file:
        file.write(CSV)

    data = sources.load_data("people.csv.gz", "kind")

    assert data.x.shape == (4, 4)
    np.testing.assert_allclose(data.x[:, :2].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(data.x[:, :2].std(axis=0), 1, rtol=1e-5)
    np.testing.assert_array_equal(data.x[:, 2:], np.eye(2)[[0, 1, 0, 1]])
    np.testing.assert_array_equal(data.y, [0, 1, 0, 1])
    assert data.description == (
        "people.csv.gz: 4 rows, 4 inputs, 2 classes to predict; 2 columns of numbers standardised, "
        "1 of text one-hot encoded as 2, 2 gaps filled (numbers: median; text: a category "
        "'missing')"
    )


def test_column_of_numbers_is_a_target_of_numbers(folder):
    (folder / "people.csv").write_text(CSV)

    data = sources.load_data("people.csv", "weight")

    assert data.classes is None
    np.testing.assert_array_equal(data.y, np.float32([70, 65.5, 80]))


def test_whole_numbers_are_classes_in_their_own_order(folder):
    (folder / "digits.csv").write_text("x,y\n1,10\n2,9\n3,10\n")

    data = sources.load_data("digits.csv", "y")

    assert data.classes == ["9", "10"]
    np.testing.assert_array_equal(data.y, [1, 0, 1])


def test_class_numbers_fit_the_models_output(folder):
    data = sources.Data(np.zeros((2, 3)), np.array([0, 2]), ["a", "b", "c"], "")
    model = trimtab.Sequential([trimtab.Input((3,)), trimtab.layers.Dense(3)])

    np.testing.assert_array_equal(data.targets_for(model), np.eye(3)[[0, 2]])
    model.compile(loss="sparse_categorical_crossentropy")
    np.testing.assert_array_equal(data.targets_for(model), [0, 2])


def test_npz_and_rows(folder):
    np.savez("data.npz", x=np.ones((5, 3)), y=np.arange(5))

    data = sources.load_data("data.npz", rows=2)

    assert (data.x.shape, data.y.tolist()) == ((2, 3), [0, 1])
    assert data.description == "data.npz: 5 rows of 3; the first 2 rows"


def test_npz_of_several_inputs(folder):
    np.savez("data.npz", x0=np.ones((5, 3)), x1=np.ones((5, 2)))

    data = sources.load_data("data.npz")

    assert [a.shape for a in data.x] == [(5, 3), (5, 2)]
    assert data.y is None


def test_data_function(folder):
    write_module(folder, "data_of_sources", "def load():\n    return [[1.0], [2.0]], [0, 1]\n")

    data = sources.load_data("data_of_sources:load")

    np.testing.assert_array_equal(np.asarray(data.x).ravel(), [1, 2])


def test_arguments_lead_to_model_and_data(folder):
    np.savez("data.npz", x=np.ones((5, 3)))
    trimtab.Sequential([trimtab.Input((3,)), trimtab.layers.Dense(2)]).save("net.keras")
    parser = argparse.ArgumentParser()
    sources.add_model_argument(parser)
    sources.add_data_arguments(parser, required=False)

    arguments = parser.parse_args(["net.keras", "--data", "data.npz"])

    assert sources.model_from(arguments).output_shape == (None, 2)
    assert sources.data_from(arguments).x.shape == (5, 3)
    assert sources.data_from(parser.parse_args(["net.keras"])) is None


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sources.load_model("net.onnx"), ValueError, "names no model"),
        (lambda: sources.load_model("gone.keras"), ValueError, "no such file"),
        (lambda: sources.load_model("no_such_module_here:f"), ImportError, "cannot import"),
        (lambda: sources.load_model("json:nothing"), ValueError, "has no 'nothing'"),
        (lambda: sources.load_model("os:getcwd"), ValueError, "must return a model; got .* str"),
        (lambda: sources.load_model("os:sep"), ValueError, "must be a function"),
        (lambda: sources.load_data("data.txt"), ValueError, "names no data"),
        (lambda: sources.load_data("os:getcwd"), ValueError, "must return the tuple"),
        (lambda: sources.load_data("people.csv"), ValueError, "--target COLUMN"),
        (lambda: sources.load_data("people.csv", "kin"), ValueError, "did you mean 'kind'"),
        (lambda: sources.load_data("people.csv", "kind", 0), ValueError, "at least 1; got 0"),
        (lambda: sources.load_data("os:getcwd", "kind"), ValueError, "a column of a CSV"),
        (lambda: sources.load_data("uneven.npz"), ValueError, r"equally many rows; got \[2, 3\]"),
        (lambda: sources.load_data("empty.npz"), ValueError, "called x .*it holds z"),
    ],
)
def test_bad_source_is_refused_with_a_sentence(folder, call, error, message):
    (folder / "people.csv").write_text(CSV)
    np.savez("uneven.npz", x=np.ones((2, 1)), y=np.ones(3))
    np.savez("empty.npz", z=np.ones(3))

    with pytest.raises(error, match=message):
        call()
