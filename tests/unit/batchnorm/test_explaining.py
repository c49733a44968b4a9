import numpy as np
import pytest

import trimtab as keras
from trimtab import batchnorm
from trimtab import layers as L
from trimtab.batchnorm.activation_use import activation_use

RNG = np.random.default_rng(2)
X = RNG.normal(1, 2, size=(33, 5)).astype("float32")


def net(**arguments):
    model = keras.Sequential(
        [
            keras.Input((5,)),
            L.Dense(7, name="d"),
            L.BatchNormalization(name="bn", **arguments),
            L.Activation("tanh", name="act"),
            L.Dropout(0.5, seed=3),
            L.Dense(4, activation="relu", name="e"),
            L.BatchNormalization(name="bn2"),
            L.Dense(1),
        ]
    )
    for weight in model.weights:
        if weight.name != "moving_variance" and weight.dtype == "float32":
            weight.assign(RNG.normal(size=weight.shape))
    return model


def part(model, name):
    return keras.Model(model.inputs, model.get_layer(name).output)


def alone(layer, x, training=False):
    """What a layer gives as a model of its own, on the engine."""
    inputs = keras.Input(x.shape[1:])
    return keras.Model(inputs, layer(inputs))(x, training=training)


def equal(a, b):
    np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def test_numbers_worked_by_hand():
    model = keras.Sequential([keras.Input((1,)), L.BatchNormalization(momentum=0.75, epsilon=5.0)])
    model.layers[0].set_weights([np.array([v]) for v in (2.0, 1.0, 3.0, 4.0)])

    (call,) = batchnorm.explain(model, np.array([[1.0], [5.0]])).calls

    # Mean 3, variance 4, and sqrt(4 + 5) = 3.
    np.testing.assert_allclose(call.training.z_norm.ravel(), [-2 / 3, 2 / 3], rtol=1e-6)
    np.testing.assert_allclose(call.training.output.ravel(), [-1 / 3, 7 / 3], rtol=1e-6)
    equal(call.moving_mean.ravel(), [3.0, 3.0])
    equal(call.moving_variance.ravel(), [4.0, 4.0])


@pytest.mark.parametrize("name", ["bn", "bn2"])
@pytest.mark.parametrize("mode", ["training", "inference"])
def test_numbers_are_the_layers_own_to_the_last_bit(name, mode):
    model = net()
    (call,) = batchnorm.explain(model, X, name).calls
    steps = getattr(call, mode)

    equal(steps.output, alone(model.get_layer(name), steps.z, mode == "training"))
    if name == "bn":
        equal(steps.z, part(model, "d")(X))
        equal(steps.activated, alone(model.get_layer("act"), steps.output))


def test_numbers_are_those_of_the_model_in_training():
    model = net()
    (call,) = batchnorm.explain(model, X, "bn").calls

    equal(call.training.output, part(model, "bn")(X, training=True))


def test_update_is_the_one_that_training_makes():
    model = net(momentum=0.9)
    (call,) = batchnorm.explain(model, X, "bn").calls
    norm = model.get_layer("bn")
    equal(call.moving_mean[0], norm.moving_mean)

    model(X, training=True)

    equal(call.moving_mean[1], norm.moving_mean)
    equal(call.moving_variance[1], norm.moving_variance)


def test_model_stays_as_it_is():
    model = net()
    before = [np.array(v) for v in model.variables]
    batchnorm.explain(model, X)

    for old, new in zip(before, model.variables, strict=True):
        equal(old, new)
    assert model.get_layer("bn").updates_seen == 0


def test_frozen_layer_uses_its_moving_statistics():
    model = net()
    model.get_layer("bn").trainable = False
    (call,) = batchnorm.explain(model, X, "bn").calls

    equal(call.training.mean, model.get_layer("bn").moving_mean)
    equal(call.moving_mean[0], call.moving_mean[1])
    assert "the layer is frozen" in call.text()


def test_renorm_and_masks_are_followed():
    model = keras.Sequential(
        [keras.Input((4, 2)), L.Masking(-1.0), L.BatchNormalization(name="bn")]
    )
    x = RNG.normal(size=(6, 4, 2)).astype("float32")
    x[:, 2:] = -1.0
    (call,) = batchnorm.explain(model, x).calls

    np.testing.assert_allclose(call.training.mean, x[:, :2].mean((0, 1)), rtol=1e-5)
    renorm = keras.Sequential([keras.Input((5,)), L.BatchNormalization(renorm=True)])
    (call,) = batchnorm.explain(renorm, X).calls
    np.testing.assert_allclose(call.training.mean, X.mean(0), rtol=1e-5)


def test_each_call_of_a_shared_layer_is_explained():
    norm = L.BatchNormalization(name="bn", momentum=0.5)
    left, right = keras.Input((2,)), keras.Input((2,))
    model = keras.Model([left, right], L.Add()([norm(left), norm(right)]))
    first, second = batchnorm.explain(model, [X[:, :2], X[:, 2:4]]).calls

    equal(first.moving_mean[1], second.moving_mean[0])
    assert (first.layer, second.layer) == ("bn", "bn (call 2)")


@pytest.mark.parametrize(
    ("layer", "flat", "linear"),
    [
        (L.ReLU(), 0.5, 0.5),
        (L.ReLU(1.0), 0.875, 0.125),
        # The slope of tanh is above 3/4 up to 0.549 and below 1/20 from 2.178 on.
        (L.Activation("tanh"), 0.5, 0.25),
    ],
)
def test_share_of_an_activation(layer, flat, linear):
    values = np.array([-3.0, -2.5, -2.0, -0.2, 0.1, 1.2, 2.3, 4.0])

    use = activation_use(layer, values)

    assert (use.flat, use.linear) == (flat, linear)


def test_text_names_what_is_around():
    text = batchnorm.explain(net(), X).text([0, 2])

    assert "bn behind d, before tanh: 7 channels, 2 of them shown, 33 values each" in text
    assert "bn2 behind e (relu): 4 channels, 2 of them shown, 33 values each" in text
    assert "The bias of d has no effect in training" in text
    assert "tanh is flat for" in text


def test_batch_of_one_row_is_told_of():
    assert "A batch with one value a channel has variance 0" in str(batchnorm.explain(net(), X[:1]))


def test_figure_is_drawn_and_written(tmp_path):
    figure = batchnorm.explain(net(), X).plot(tmp_path / "steps.svg")

    assert len(figure.axes) == 14
    assert (tmp_path / "steps.svg").read_text().startswith("<?xml")


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.norm = L.BatchNormalization()

    def call(self, x, training=None):
        return keras.ops.relu(self.norm(3.0 * x, training=training))


def test_subclassed_model_and_op():
    model = Own()
    model(X)
    (call,) = batchnorm.explain(model, X).calls

    assert call.activation == "relu"
    equal(call.training.activated, np.maximum(call.training.output, 0))


@pytest.mark.parametrize(
    ("make", "x", "layer", "error", "message"),
    [
        (lambda: keras.Sequential([keras.Input((5,)), L.Dense(1)]), X, None, ValueError,
         "has no Batch Normalization"),
        (net, X, "b", ValueError, "must name a Batch Normalization of .*, bn, bn2; got 'b'"),
        (net, X * np.nan, None, ValueError, "must be finite"),
        (lambda: 3, X, None, TypeError, "needs a model"),
        (lambda: keras.Sequential([L.BatchNormalization()]), X, None, ValueError, "not built yet"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_a_sentence(make, x, layer, error, message):
    with pytest.raises(error, match=message):
        batchnorm.explain(make(), x, layer)


def test_channel_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"must lie in \[0, 7\) for bn; got 7"):
        batchnorm.explain(net(), X).text([7])


def test_nothing_is_said_of_updates_that_a_file_does_not_count(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.BatchNormalization()(inputs))
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(32, 3))
    model.fit(x, x, batch_size=8, verbose=0)
    model.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    (counted,), (unknown,) = (batchnorm.explain(m, x).calls for m in (model, loaded))

    assert counted.initial_share == pytest.approx(0.99**5)
    assert unknown.initial_share is None
    assert "initial values" in str(batchnorm.explain(model, x))
    assert "initial values" not in str(batchnorm.explain(loaded, x))
