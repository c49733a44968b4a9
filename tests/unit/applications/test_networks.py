"""What published networks take and refuse, and the networks that Keras does not have."""

import functools
import http.server
import threading

import numpy as np
import pytest

import trimtab
from trimtab import applications
from trimtab.applications import imagenet_utils, published


def test_googlenet_has_the_parameters_of_the_paper():
    """6,998,552 with biases and without the auxiliary classifiers (BVLC's GoogLeNet)."""
    model = applications.GoogLeNet(norm_position=None)

    assert model.count_params() == 6_998_552


@pytest.mark.parametrize("make", [applications.GoogLeNet, applications.CaffeNet128])
def test_normalization_before_the_activation_leaves_biases_out(make):
    model = make(norm_position="before", include_top=False, input_shape=(67, 67, 3))
    convolutions = [layer for layer in model.layers if type(layer).__name__ == "Conv2D"]
    norms = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]

    assert len(norms) == len(convolutions)
    assert not any(layer.use_bias for layer in convolutions)


@pytest.mark.parametrize("make", [applications.GoogLeNet, applications.CaffeNet128])
def test_normalization_after_the_activation_keeps_biases(make):
    model = make(norm_position="after", include_top=False, input_shape=(67, 67, 3))
    names = [layer.name for layer in model.layers]
    first = next(layer for layer in model.layers if type(layer).__name__ == "Conv2D")

    assert first.use_bias
    assert names.index(f"{first.name}_act") + 1 == names.index(f"{first.name}_bn")


def test_an_unknown_position_is_refused():
    with pytest.raises(ValueError, match="`norm_position` must be 'before', 'after' or None"):
        applications.GoogLeNet(norm_position="around")


def test_vgg_with_batch_norm_has_one_before_each_activation():
    model = applications.VGG16(weights=None, include_top=False, batch_norm=True)

    assert sum(type(layer).__name__ == "BatchNormalization" for layer in model.layers) == 13
    assert not any(layer.use_bias for layer in model.layers if hasattr(layer, "kernel_size"))


def test_pooling_gives_one_number_a_channel():
    for pooling in ("avg", "max"):
        model = applications.MobileNet(
            weights=None, include_top=False, pooling=pooling, input_shape=(32, 32, 3), alpha=0.25
        )
        assert model.output_shape == (None, 256)


def test_a_network_can_begin_with_a_tensor_of_another_model():
    inputs = trimtab.Input((40, 40, 3))
    scaled = trimtab.layers.Rescaling(1 / 255)(inputs)

    model = applications.MobileNetV2(
        weights=None, include_top=False, input_tensor=scaled, alpha=0.35
    )

    assert model.inputs[0] is inputs
    assert model.predict(np.zeros((1, 40, 40, 3)), verbose=0).shape == (1, 2, 2, 1280)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"weights": "imagenet", "classes": 10}, "`classes` must be 1000"),
        ({"weights": "nowhere.h5"}, "there is no such file"),
        ({"weights": None, "input_shape": (16, 16, 3)}, "at least 32x32"),
        ({"weights": None, "input_shape": (32, 3)}, "three entries"),
        ({"weights": None, "pooling": "sum"}, "`pooling` must be None, 'avg' or 'max'"),
        ({"weights": "imagenet", "classifier_activation": "relu"}, "`classifier_activation`"),
        ({"weights": "imagenet", "input_shape": (64, 64, 3)}, r"must be \(224, 224, 3\)"),
        ({"weights": None, "input_shape": (None, None, 3)}, "images of a fixed size"),
        ({"weights": None, "input_tensor": np.zeros(3)}, "must be a KerasTensor"),
    ],
)
def test_what_does_not_fit_is_refused(named, message):
    with pytest.raises(ValueError, match=message):
        applications.ResNet50(**named)


def test_unusual_channels_get_a_warning():
    with pytest.warns(UserWarning, match="has 5"):
        applications.ResNet50V2(weights=None, include_top=False, input_shape=(32, 32, 5))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Prints nothing."""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A folder behind a local address, in place of the published one; the cache is another."""
    folder = tmp_path / "published"
    folder.mkdir()
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        monkeypatch.setattr(published, "_SOURCE", f"http://127.0.0.1:{running.server_port}/")
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "cache"))
        yield folder
        running.shutdown()


def test_published_weights_are_fetched_once_and_loaded(server):
    files = published.PUBLISHED["mobilenet_0.25_128"]
    source = applications.MobileNet(weights=None, alpha=0.25, input_shape=(128, 128, 3))
    target = server / files.top
    target.parent.mkdir(parents=True)
    source.save_weights(target, save_format="h5")

    model = applications.MobileNet(alpha=0.25, input_shape=(128, 128, 3))
    target.unlink()
    again = applications.MobileNet(alpha=0.25, input_shape=(128, 128, 3))

    for a, b, c in zip(source.get_weights(), model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)


def test_another_file_under_the_published_name_is_refused(server):
    target = server / published.PUBLISHED["resnet50v2"].no_top
    target.parent.mkdir(parents=True)
    target.write_bytes(b"something else")

    with pytest.raises(ValueError, match="hash"):
        applications.ResNet50V2(include_top=False)


def test_offline_the_error_says_where_to_put_the_file(monkeypatch, tmp_path):
    monkeypatch.setattr(published, "_SOURCE", "http://127.0.0.1:9/")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    with pytest.raises(ConnectionError, match="resnet50v2_weights_tf_dim_ordering_tf_kernels"):
        applications.ResNet50V2(include_top=False)


def test_dropout_of_blocks_grows_by_the_smallest_networks_depth():
    """Keras's rates: 0.2 times a block's place over the 21 blocks of EfficientNetV2-B0."""
    model = applications.EfficientNetV2B1(weights=None, include_top=False)
    rates = [layer.rate for layer in model.layers if layer.name.endswith("_drop")]

    np.testing.assert_allclose([rates[0], rates[-1]], [0.2 * 1 / 21, 0.2 * 26 / 21])


@pytest.mark.parametrize(
    ("size", "channels", "expected"),
    [
        ("B0", 3, ["Rescaling", "Normalization"]),
        ("B0", 1, ["Rescaling", "Conv2D"]),
        ("S", 3, ["Rescaling", "Conv2D"]),
    ],
)
def test_efficientnet_2_prepares_its_images(size, channels, expected):
    make = getattr(applications, f"EfficientNetV2{size}")
    named = {"weights": None, "include_top": False, "input_shape": (32, 32, channels)}

    assert [type(layer).__name__ for layer in make(**named).layers[1:3]] == expected
    bare = make(**named, include_preprocessing=False)
    assert type(bare.layers[1]).__name__ == "Conv2D"


def test_every_network_with_weights_has_its_files_listed():
    assert {
        "vgg16",
        "xception",
        "efficientnetb7",
        "efficientnetv2-l",
        "mobilenet_v2_1.4_224",
    } <= set(published.PUBLISHED)
    assert all(files.top.endswith(".h5") for files in published.PUBLISHED.values())


def test_predictions_are_named_the_likeliest_first(monkeypatch, tmp_path):
    index = tmp_path / "index.json"
    index.write_text("{" + ",".join(f'"{k}": ["n{k:08}", "class_{k}"]' for k in range(1000)) + "}")
    monkeypatch.setattr(imagenet_utils, "get_file", lambda *args, **kwargs: str(index))
    probabilities = np.zeros((1, 1000))
    probabilities[0, [3, 700]] = (0.25, 0.75)

    (row,) = imagenet_utils.decode_predictions(probabilities, top=2)

    assert row == [("n00000700", "class_700", 0.75), ("n00000003", "class_3", 0.25)]


def test_predictions_of_other_classes_have_no_names():
    with pytest.raises(ValueError, match=r"must have the shape \(batch, 1000\)"):
        imagenet_utils.decode_predictions(np.zeros((1, 10)))


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="`mode` must be one of caffe, tf, torch; got 'none'"):
        imagenet_utils.preprocess_input(np.zeros((1, 2, 2, 3)), mode="none")
