import numpy as np
import pytest

import trimtab as keras
from trimtab import batchnorm
from trimtab import layers as L

RNG = np.random.default_rng(5)


def with_statistics(model, gammas=(-1.5, -0.3, 0.0, 0.4, 1.2)):
    for norm in batchnorm.rewriting.batchnorms(model):
        shape = norm.moving_mean.shape
        if norm.gamma is not None:
            norm.gamma.assign(RNG.choice(gammas, shape))
        norm.beta.assign(RNG.normal(size=shape))
        norm.moving_mean.assign(RNG.normal(size=shape))
        norm.moving_variance.assign(RNG.uniform(0.1, 2, shape))
    return model


def sequential(*layers):
    return with_statistics(keras.Sequential(list(layers)))


def entry(report, name="bn"):
    return next(layer for layer in report.layers if layer.layer == name)


def same_outputs(model, folded, rows=6):
    x = RNG.normal(size=(rows, *model.input_shape[1:])).astype("float32")
    np.testing.assert_allclose(np.asarray(folded(x)), np.asarray(model(x)), rtol=2e-4, atol=2e-5)


def test_weights_behind_a_dense_are_those_worked_by_hand():
    model = keras.Sequential(
        [
            keras.Input((1,)),
            L.Dense(1, name="d"),
            L.BatchNormalization(epsilon=0.0, name="bn"),
        ]
    )
    model.get_layer("d").set_weights([np.array([[3.0]]), np.array([1.0])])
    # gamma 2, beta 5, mean 4, variance 16: scale 1/2, shift 3.
    model.get_layer("bn").set_weights([np.array([v]) for v in (2.0, 5.0, 4.0, 16.0)])

    folded = batchnorm.fold(model).model

    np.testing.assert_array_equal(folded.get_layer("d").kernel, [[1.5]])
    np.testing.assert_array_equal(folded.get_layer("d").bias, [3.5])


def test_weights_before_a_dense_are_those_worked_by_hand():
    model = keras.Sequential(
        [
            keras.Input((1,)),
            L.BatchNormalization(epsilon=0.0, name="bn"),
            L.Dense(1, activation="relu", name="d"),
        ]
    )
    model.get_layer("d").set_weights([np.array([[3.0]]), np.array([1.0])])
    model.get_layer("bn").set_weights([np.array([v]) for v in (2.0, 5.0, 4.0, 16.0)])

    folded = batchnorm.fold(model).model

    np.testing.assert_array_equal(folded.get_layer("d").kernel, [[1.5]])
    np.testing.assert_array_equal(folded.get_layer("d").bias, [10.0])


def test_layer_without_a_bias_gets_one():
    model = sequential(
        keras.Input((3,)), L.Dense(4, use_bias=False, name="d"), L.BatchNormalization(name="bn")
    )
    folded, report = batchnorm.fold(model)

    assert folded.get_layer("d").bias is not None
    assert report.holds
    same_outputs(model, folded)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("groups", [1, 2])
def test_convolutions_both_ways(data_format, groups):
    axis = -1 if data_format == "channels_last" else 1
    shape = (7, 6, 4) if data_format == "channels_last" else (4, 7, 6)
    common = {"data_format": data_format, "groups": groups}
    model = sequential(
        keras.Input(shape),
        L.Conv2D(4, 3, padding="same", name="a", **common),
        L.BatchNormalization(axis=axis, name="bn"),
        L.ReLU(),
        L.BatchNormalization(axis=axis, name="bn2"),
        L.Conv2D(6, 3, name="b", **common),
    )
    folded, report = batchnorm.fold(model)

    assert entry(report).into == ("a",)
    assert entry(report, "bn2").into == ("b",)
    assert report.holds
    same_outputs(model, folded)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_flatten_on_the_way_to_a_dense(data_format):
    axis = -1 if data_format == "channels_last" else 1
    model = sequential(
        keras.Input((4, 3, 5)),
        L.ReLU(),
        L.BatchNormalization(axis=axis, name="bn"),
        L.AveragePooling2D(2, 1, data_format=data_format),
        L.Flatten(data_format=data_format),
        L.Dense(2, name="d"),
    )
    folded, report = batchnorm.fold(model)

    assert (entry(report).direction, entry(report).into) == ("forward", ("d",))
    same_outputs(model, folded)


def test_maximum_pooling_passes_unless_a_gamma_is_negative():
    def net(gammas):
        model = keras.Sequential(
            [
                keras.Input((6, 6, 2)),
                L.Conv2D(3, 3),
                L.MaxPooling2D(2, name="pool"),
                L.BatchNormalization(name="bn"),
            ]
        )
        return with_statistics(model, gammas)

    positive, negative = net([0.0, 0.5, 2.0]), net([-1.0])

    folded, report = batchnorm.fold(positive)
    assert entry(report).action == "folded"
    same_outputs(positive, folded)
    assert (
        "pool, whose maximum a negative gamma (3 of 3 channels) makes a minimum"
        in entry(batchnorm.fold(negative).report).why
    )


def test_output_that_two_kernels_use_goes_into_both():
    inputs = keras.Input((4,))
    x = L.BatchNormalization(name="bn")(L.ReLU()(L.Dense(3)(inputs)))
    model = with_statistics(
        keras.Model(inputs, L.Add()([L.Dense(2, name="p")(x), L.Dense(2, name="q")(x)]))
    )
    folded, report = batchnorm.fold(model)

    assert entry(report).into == ("p", "q")
    same_outputs(model, folded)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(
    "kernel",
    [
        lambda f: L.Conv2D(5, 3, padding="same", name="k", **f),
        lambda f: L.DepthwiseConv2D(3, padding="same", strides=2, name="k", **f),
        lambda f: L.SeparableConv2D(5, 3, padding="same", name="k", **f),
        lambda f: L.Conv2DTranspose(5, 3, strides=2, padding="same", name="k", **f),
    ],
)
def test_zeros_around_a_padded_layer_stay_exact(kernel, data_format):
    axis = -1 if data_format == "channels_last" else 1
    model = sequential(
        keras.Input((6, 7, 4) if axis == -1 else (4, 6, 7)),
        L.ReLU(),
        L.BatchNormalization(axis=axis, name="bn"),
        kernel({"data_format": data_format}),
    )
    folded, report = batchnorm.fold(model)

    assert entry(report).leaves_shift
    assert isinstance(folded.get_layer("bn"), L.Rescaling)
    assert report.holds
    same_outputs(model, folded)


def test_explicit_zeros_stay_exact_too():
    model = sequential(
        keras.Input((5, 5, 3)),
        L.ReLU(),
        L.BatchNormalization(name="bn"),
        L.ZeroPadding2D(1),
        L.Conv2D(4, 3, name="k"),
    )
    folded, report = batchnorm.fold(model)

    assert entry(report).leaves_shift
    same_outputs(model, folded)


def test_window_of_one_pads_nothing_and_leaves_no_shift():
    model = sequential(
        keras.Input((5, 5, 3)),
        L.ReLU(),
        L.BatchNormalization(name="bn"),
        L.Conv2D(4, 1, padding="same", name="k"),
    )
    folded, report = batchnorm.fold(model)

    assert not entry(report).leaves_shift
    same_outputs(model, folded)


def test_shared_kernel_and_norm_are_folded_once():
    left, right = keras.Input((3,)), keras.Input((3,))
    dense, norm = L.Dense(2, name="d"), L.BatchNormalization(name="bn")
    joined = L.Concatenate()([norm(dense(left)), norm(dense(right))])
    model = with_statistics(keras.Model([left, right], joined))
    folded, report = batchnorm.fold(model)
    x = [RNG.normal(size=(4, 3)).astype("float32") for _ in range(2)]

    assert entry(report).into == ("d",)
    np.testing.assert_allclose(np.asarray(folded(x)), np.asarray(model(x)), rtol=1e-4, atol=1e-5)


def test_model_within_a_model_is_folded_too():
    inner = sequential(keras.Input((3,)), L.Dense(4, name="d"), L.BatchNormalization(name="bn"))
    inputs = keras.Input((3,))
    model = keras.Model(inputs, L.Dense(1)(L.ReLU()(inner(inputs))))
    folded, report = batchnorm.fold(model)

    assert report.folded == 1
    assert len(folded.get_layer(inner.name).layers) == 1
    same_outputs(model, folded)


def test_block_is_folded_too():
    model = sequential(
        keras.Input((8, 8, 3)), L.ConvBlock(4, 3, activation="relu", name="c"), L.Flatten()
    )
    folded, report = batchnorm.fold(model)

    assert report.folded == 1
    same_outputs(model, folded)


def branch(x):
    return L.Add(name="sum")([x, L.Dense(3, name="e")(x)])


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (lambda x: L.ReLU(name="r")(L.BatchNormalization(name="bn")(L.Dense(3, "tanh")(x))),
         "before it is {dense} with its tanh; behind it is the activation r"),
        (lambda x: branch(L.BatchNormalization(name="bn")(L.ReLU(name="r")(x))),
         "before it is the activation r; behind it is the sum sum"),
        (lambda x: L.BatchNormalization(name="bn")(L.ReLU(name="r")(x)),
         "before it is the activation r; behind it is the output"),
        (lambda x: L.ReLU(name="r")(L.BatchNormalization(name="bn")(x)),
         "before it is the input; behind it is the activation r"),
        (lambda x: L.ReLU(name="r")(L.BatchNormalization(name="bn")(L.Dense(3)(x), training=True)),
         "it is called with training=True, so it uses each batch's statistics"),
    ],
)  # fmt: skip
def test_reason_why_one_stays(build, why):
    inputs = keras.Input((3,))
    model = with_statistics(keras.Model(inputs, build(inputs)))
    folded, report = batchnorm.fold(model)

    dense = next((layer.name for layer in model.layers if isinstance(layer, L.Dense)), "")
    assert (entry(report).action, entry(report).why) == ("stays", why.format(dense=dense))
    assert report.folded == 0
    x = RNG.normal(size=(5, 3)).astype("float32")
    np.testing.assert_array_equal(np.asarray(folded(x)), np.asarray(model(x)))


def test_norm_over_another_axis_stays():
    model = sequential(
        keras.Input((4, 4)), L.Dense(4), L.BatchNormalization(axis=1, name="bn"), L.ReLU()
    )
    assert "channels are on another axis" in entry(batchnorm.fold(model).report).why


class Halved(L.Dense):
    def call(self, x):
        return super().call(x) / 2


def test_subclass_of_ones_own_is_left():
    model = sequential(keras.Input((3,)), Halved(2), L.BatchNormalization(name="bn"))

    assert entry(batchnorm.fold(model).report).action == "stays"


def test_certificate_compares_real_inputs_too():
    model = sequential(keras.Input((3,)), L.Dense(4), L.BatchNormalization(name="bn"))
    x = RNG.normal(size=(100, 3))
    report = batchnorm.fold(model, x).report
    (certificate,) = entry(report).certificates

    assert certificate.real == 64
    assert certificate.holds
    assert certificate.algebra < 1e-14
    assert certificate.seen_real <= certificate.seen <= certificate.bound
    assert report.largest_difference < 1e-5 * report.output_size


def test_certificate_fails_where_weights_are_wrong():
    model = sequential(keras.Input((3,)), L.Dense(4), L.BatchNormalization(name="bn"))
    step = batchnorm.fold_plan.FoldPlan(model).verdicts[0].steps[0]
    step.after["kernel"] = step.after["kernel"] * (1 + 1e-4)

    certificate = batchnorm.certificates.certify(step, None)

    assert not certificate.holds
    assert "FAILS" in str(certificate)


def test_bound_holds_where_winograds_method_may_run():
    # Many channels and positions; without shifts, single ones leave most outputs at zero.
    model = keras.Sequential(
        [
            keras.Input((16, 16, 32)),
            L.Conv2D(32, 3, padding="same", use_bias=False),
            L.BatchNormalization(center=False),
        ]
    )
    assert batchnorm.fold(model, RNG.normal(size=(8, 16, 16, 32))).report.holds


def test_tiny_variance_is_within_its_bound():
    model = sequential(keras.Input((50,)), L.Dense(20), L.BatchNormalization(1, epsilon=1e-7))
    model.layers[1].moving_variance.assign(np.full(20, 1e-6))

    assert batchnorm.fold(model, RNG.normal(size=(64, 50))).report.holds


def test_original_stays_and_folded_refuses_training():
    model = sequential(keras.Input((3,)), L.Dense(4, name="d"), L.BatchNormalization(name="bn"))
    model.compile("sgd", "mse")
    weights = model.get_weights()
    folded = batchnorm.fold(model).model

    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    with pytest.raises(RuntimeError, match="fit.. is not for a folded model"):
        folded.fit(np.zeros((4, 3)), np.zeros((4, 4)))
    assert folded.evaluate(np.zeros((4, 3)), np.zeros((4, 4)), verbose=0) >= 0


def test_folded_model_is_saved_and_read(tmp_path):
    model = sequential(keras.Input((3,)), L.Dense(4), L.BatchNormalization(), L.ReLU())
    model.save(tmp_path / "net.keras")
    folded = batchnorm.fold(tmp_path / "net.keras").model
    folded.save(tmp_path / "folded.keras")

    same_outputs(model, keras.models.load_model(tmp_path / "folded.keras"))


class Own(keras.Model):
    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("model", "x", "error", "message"),
    [
        (lambda: keras.Sequential([keras.Input((2,)), L.Dense(1)]), None, ValueError,
         "has no Batch Normalization"),
        (lambda: L.Dense(1), None, TypeError, "needs a model"),
        (Own, None, ValueError, "whose `call` alone knows"),
        (lambda: sequential(keras.Input((2,)), L.BatchNormalization()), [[np.nan, 1.0]], ValueError,
         "must be finite"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_a_sentence(model, x, error, message):
    with pytest.raises(error, match=message):
        batchnorm.fold(model(), None if x is None else np.array(x))
