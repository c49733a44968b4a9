import numpy as np
import pytest

import trimtab as keras
from trimtab import batchnorm
from trimtab import layers as L

RNG = np.random.default_rng(7)


def dense_net():
    model = keras.Sequential(
        [
            keras.Input((6,)),
            L.Dense(8, activation="tanh", name="a"),
            L.Dropout(0.5, name="drop"),
            L.Dense(7, name="b"),
            L.ReLU(name="b_relu"),
            L.Dense(3, activation="softmax", name="out"),
        ],
        name="net",
    )
    for layer in model.layers:
        layer.set_weights([RNG.normal(size=w.shape) for w in layer.get_weights()])
    return model


def names(model):
    return [layer.name for layer in model.layers]


def kernels(model):
    return {
        layer.name: np.asarray(layer.kernel)
        for layer in model._flatten_layers()
        if getattr(layer, "kernel", None) is not None
    }


def trained(model):
    """The model with random gamma, beta and statistics."""
    for norm in batchnorm.rewriting.batchnorms(model):
        norm.gamma.assign(RNG.normal(size=norm.gamma.shape))
        norm.beta.assign(RNG.normal(size=norm.beta.shape))
        norm.moving_mean.assign(RNG.normal(size=norm.beta.shape))
        norm.moving_variance.assign(RNG.uniform(0.5, 2, size=norm.beta.shape))
    return model


def test_before_splits_fused_activations_and_leaves_the_output():
    placed = batchnorm.place(dense_net(), "before")

    assert names(placed.model) == [
        *("a", "a_bn", "a_activation", "drop", "b", "b_bn", "b_relu", "out")
    ]
    assert [layer.action for layer in placed.report.layers] == ["added", "added", "left"]
    assert placed.report.layers[2].why == "softmax makes a distribution"


def test_after_keeps_fused_activations():
    placed = batchnorm.place(dense_net(), "after")

    assert names(placed.model) == ["a", "a_bn", "drop", "b", "b_relu", "b_relu_bn", "out"]
    assert placed.model.get_layer("a").bias is not None


def test_bias_that_is_dropped_goes_into_the_moving_mean():
    model = dense_net()
    new = batchnorm.place(model, "before").model

    assert new.get_layer("a").bias is None
    np.testing.assert_array_equal(
        np.asarray(new.get_layer("a_bn").moving_mean), -np.asarray(model.get_layer("a").bias)
    )


@pytest.mark.parametrize("where", ["before", "after"])
def test_start_same_changes_no_output(where):
    model = dense_net()
    placed = batchnorm.place(model, where, start="same")
    x = RNG.normal(size=(9, 6)).astype("float32")

    assert placed.report.keeps_outputs
    np.testing.assert_allclose(
        np.asarray(placed.model(x)), np.asarray(model(x)), rtol=2e-5, atol=1e-6
    )


def test_training_output_is_that_without_the_dropped_bias():
    model = dense_net()
    placed = batchnorm.place(model, "before").model
    x = RNG.normal(size=(9, 6)).astype("float32")
    z = x @ np.asarray(model.get_layer("a").kernel) + np.asarray(model.get_layer("a").bias)
    hidden = keras.Model(placed.inputs, placed.get_layer("a_bn").output)

    expected = (z - z.mean(0)) / np.sqrt(z.var(0) + 1e-3)

    np.testing.assert_allclose(np.asarray(hidden(x, training=True)), expected, rtol=1e-4, atol=1e-5)


def test_there_and_back_is_the_identity_of_all_weights():
    model = dense_net()
    before = batchnorm.place(model, "before").model
    after = batchnorm.place(before, "after").model
    back = batchnorm.place(after, "none").model

    assert not batchnorm.rewriting.batchnorms(back)
    for old, new in zip(model.get_weights(), back.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    x = RNG.normal(size=(4, 6)).astype("float32")
    np.testing.assert_array_equal(np.asarray(back(x)), np.asarray(model(x)))


def test_placed_twice_changes_nothing_more():
    once = trained(batchnorm.place(dense_net(), "before").model)
    twice = batchnorm.place(once, "before")

    assert names(twice.model) == names(once)
    assert [layer.action for layer in twice.report.layers] == ["kept", "kept", "left"]
    assert twice.report.keeps_outputs
    x = RNG.normal(size=(4, 6)).astype("float32")
    np.testing.assert_array_equal(np.asarray(twice.model(x)), np.asarray(once(x)))


def test_restored_bias_keeps_the_threshold_of_each_channel():
    norm = trained(batchnorm.place(dense_net(), "before").model).get_layer("a_bn")
    bias = batchnorm.placing.threshold(norm)

    at_threshold = norm(-bias[None].astype("float32"))

    np.testing.assert_allclose(np.asarray(at_threshold), 0, atol=1e-5)


def test_only_the_named_layers_get_one():
    placed = batchnorm.place(dense_net(), "after", layers=["b_relu"])

    assert names(placed.model) == ["a", "drop", "b", "b_relu", "b_relu_bn", "out"]


def test_arguments_reach_the_new_layers():
    placed = batchnorm.place(dense_net(), "after", momentum=0.9, epsilon=1e-5)

    assert placed.model.get_layer("a_bn").momentum == 0.9
    assert placed.model.get_layer("a_bn").epsilon == 1e-5


def test_old_model_stays_as_it_was():
    model = dense_net()
    weights, layers = model.get_weights(), names(model)
    batchnorm.place(model, "before")

    assert names(model) == layers
    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_compiled_model_gives_a_compiled_model_that_trains():
    model = dense_net()
    model.compile("sgd", "sparse_categorical_crossentropy")
    new = batchnorm.place(model, "before").model

    new.fit(RNG.normal(size=(16, 6)), RNG.integers(0, 3, 16), epochs=1, verbose=0)

    assert new.get_layer("a_bn").updates_seen == 1


def test_file_is_read(tmp_path):
    dense_net().save(tmp_path / "net.keras")

    assert "a_bn" in names(batchnorm.place(tmp_path / "net.keras", "before").model)


def residual_net(kind):
    inputs = x = keras.Input((5,))
    x = L.Dense(5, name="stem")(x)
    if kind == "post":
        x = L.ReLU(name="stem_relu")(x)
    for i in range(2):
        shortcut = x
        y = L.ReLU(name=f"pre{i}")(x) if kind == "pre" else x
        y = L.Dense(5, name=f"u{i}")(y)
        y = L.ReLU(name=f"mid{i}")(y)
        y = L.Dense(5, name=f"v{i}")(y)
        x = L.Add(name=f"sum{i}")([shortcut, y])
        if kind == "post":
            x = L.ReLU(name=f"post{i}")(x)
    if kind == "pre":
        x = L.ReLU(name="last")(x)
    return keras.Model(inputs, L.Dense(1, name="out")(x))


def feeding(model, name):
    """Names of the layers that feed a layer."""
    node = model.get_layer(name)._inbound_nodes[-1]
    return [x._keras_history.operation.name for x in node.input_tensors]


def test_before_in_a_residual_net_goes_to_the_end_of_the_branch():
    new = batchnorm.place(residual_net("post"), "before").model

    assert feeding(new, "sum0") == ["stem_relu", "v0_bn"]
    assert feeding(new, "post0") == ["sum0"]
    assert feeding(new, "mid0") == ["u0_bn"]


def test_after_in_a_residual_net_leaves_the_identity_path_free():
    new = batchnorm.place(residual_net("post"), "after").model

    assert feeding(new, "sum1") == ["post0", "v1"]
    assert feeding(new, "u1") == ["post0_bn"]
    assert feeding(new, "out") == ["post1_bn"]


def test_before_in_a_pre_activation_net_is_in_the_branch_and_at_the_end():
    new = batchnorm.place(residual_net("pre"), "before").model

    assert feeding(new, "sum1") == ["sum0", "v1"]
    assert feeding(new, "pre1") == ["pre1_bn"]
    assert feeding(new, "pre1_bn") == ["sum0"]
    assert feeding(new, "last") == ["last_bn"]


def test_moving_in_a_residual_net_leaves_one_at_each_place():
    model = residual_net("post")
    before = batchnorm.place(model, "before").model
    after = batchnorm.place(before, "after").model
    direct = batchnorm.place(model, "after").model

    assert len(batchnorm.rewriting.batchnorms(after)) == len(batchnorm.rewriting.batchnorms(direct))
    assert feeding(after, "sum1") == ["post0", "v1"]


def test_layer_used_twice_gets_one_that_is_used_twice():
    left, right = keras.Input((4,)), keras.Input((4,))
    shared = L.Dense(5, activation="relu", name="shared")
    joined = L.Concatenate()([shared(left), shared(right)])
    model = keras.Model([left, right], L.Dense(1)(joined))

    new = batchnorm.place(model, "before").model

    (norm,) = batchnorm.rewriting.batchnorms(new)
    assert len(norm._inbound_nodes) == 2


def test_activation_layer_used_twice_gets_one_for_each_kernel():
    inputs = keras.Input((4,))
    relu = L.ReLU(name="relu")
    x = relu(L.Dense(3, name="p")(inputs))
    x = relu(L.Dense(6, name="q")(x))
    new = batchnorm.place(keras.Model(inputs, L.Dense(1)(x)), "after").model

    assert [n.moving_mean.shape for n in batchnorm.rewriting.batchnorms(new)] == [(3,), (6,)]


def test_model_within_a_model_is_changed_too_and_its_end_is_no_output():
    encoder = keras.Sequential(
        [keras.Input((4,)), L.Dense(3, activation="relu", name="code")], name="encoder"
    )
    inputs = keras.Input((4,))
    model = keras.Model(inputs, L.Dense(1, name="head")(encoder(inputs)))

    new = batchnorm.place(model, "after").model

    assert names(new.get_layer("encoder")) == ["code", "code_bn"]
    assert isinstance(new.get_layer("encoder"), keras.Sequential)


def test_gate_is_left():
    inputs = keras.Input((4,))
    x = L.Dense(4, activation="relu", name="x")(inputs)
    gate = L.Dense(4, activation="sigmoid", name="gate")(x)
    model = keras.Model(inputs, L.Dense(1)(L.Multiply()([x, gate])))

    report = batchnorm.place(model, "before").report

    assert {entry.layer: entry.action for entry in report.layers} == {"x": "added", "gate": "left"}


def test_op_counts_as_an_activation():
    inputs = keras.Input((4,))
    x = keras.ops.relu(L.Dense(3, name="a")(inputs))
    model = keras.Model(inputs, L.Dense(1)(x))

    assert batchnorm.place(model, "before").report.count("added") == 1


def test_norm_inside_a_wrapper_is_told_of():
    model = keras.Sequential(
        [keras.Input((3, 4)), L.Dense(2, "relu"), L.TimeDistributed(L.BatchNormalization(name="n"))]
    )
    (entry,) = [e for e in batchnorm.place(model, "none").report.layers if e.layer == "n"]

    assert (entry.action, entry.why) == (
        "left",
        "it is inside time_distributed (TimeDistributed), which is not opened",
    )


def test_norm_of_the_input_stays_unless_all_go():
    model = keras.Sequential(
        [keras.Input((4,)), L.BatchNormalization(name="in"), L.Dense(3, "relu"), L.Dense(1)]
    )

    assert names(batchnorm.place(model, "after").model)[0] == "in"
    assert "in" not in names(batchnorm.place(model, "none").model)


def test_activation_that_is_a_layer_becomes_that_layer():
    model = keras.Sequential(
        [keras.Input((4,)), L.Dense(3, activation=L.LeakyReLU(0.3), name="a"), L.Dense(1)]
    )
    new = batchnorm.place(model, "before", start="same").model
    x = RNG.normal(size=(5, 4)).astype("float32")

    assert isinstance(new.get_layer("a_activation"), L.LeakyReLU)
    np.testing.assert_allclose(np.asarray(new(x)), np.asarray(model(x)), rtol=1e-5, atol=1e-6)


def test_report_reads_as_text():
    text = str(batchnorm.place(dense_net(), "before").report)

    assert text.splitlines() == [
        "1. a (tanh): added, a_bn between a and its activation, now a_activation; bias dropped",
        "2. b_relu (relu): added, b_bn in front of it; bias dropped",
        "3. out (softmax): left, softmax makes a distribution",
        "At inference the new model differs: a fresh Batch Normalization divides by "
        "sqrt(1 + epsilon).",
    ]


class ScaledSum(L.Layer):
    def call(self, inputs):
        return inputs[0] + 0.2 * inputs[1]


def test_sum_of_ones_own_counts_as_the_end_of_a_block():
    inputs = keras.Input((4,))
    x = L.Dense(4, activation="relu", name="a")(inputs)
    x = L.ReLU(name="r")(ScaledSum(name="sum")([x, L.Dense(4, name="up")(x)]))
    new = batchnorm.place(keras.Model(inputs, L.Dense(1)(x)), "before").model

    assert feeding(new, "sum") == ["a_activation", "up_bn"]
    assert feeding(new, "r") == ["sum"]


class Doubled(L.Layer):
    def call(self, x):
        return 2 * x


def test_custom_layer_stays_as_it_is():
    model = keras.Sequential(
        [keras.Input((4,)), L.Dense(3, "relu", name="a"), Doubled(), L.Dense(1)]
    )

    assert [type(x).__name__ for x in batchnorm.place(model, "before").model.layers][3] == "Doubled"


def test_block_is_replaced_by_its_parts():
    model = keras.Sequential(
        [keras.Input((4,)), L.DenseBlock(3, activation="relu", name="block"), L.Dense(1)]
    )
    x = RNG.normal(size=(5, 4)).astype("float32")
    same = batchnorm.place(model, "before")
    after = batchnorm.place(model, "after")

    assert names(same.model)[:3] == ["block_dense", "block_norm", "block_activation"]
    np.testing.assert_allclose(np.asarray(same.model(x)), np.asarray(model(x)), rtol=1e-6)
    assert names(after.model)[:2] == ["block_dense", "block_activation"]


def test_mask_goes_through_the_new_model():
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            L.Embedding(9, 4, mask_zero=True),
            L.Dense(3, activation="relu", name="a"),
            L.GlobalAveragePooling1D(),
            L.Dense(1),
        ]
    )
    new = batchnorm.place(model, "after", start="same").model
    x = np.array([[1, 2, 0, 0, 0], [3, 4, 5, 6, 0]])

    np.testing.assert_allclose(np.asarray(new(x)), np.asarray(model(x)), rtol=1e-4, atol=1e-6)
    batchnorm.recalibrate(new, x)
    hidden = np.asarray(keras.Model(model.inputs, model.get_layer("a").output)(x))
    np.testing.assert_allclose(
        new.get_layer("a_bn").moving_mean, hidden[x != 0].mean(0), rtol=1e-4, atol=1e-6
    )


class Own(keras.Model):
    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("make", "arguments", "error", "message"),
    [
        (lambda: keras.Sequential([L.Dense(2)]), {}, ValueError, "is not built yet"),
        (Own, {}, ValueError, "whose `call` alone knows"),
        (lambda: L.Dense(2), {}, TypeError, "needs a model; got .* Dense"),
        (
            lambda: keras.Sequential([keras.Input((2,)), L.Dense(2)]),
            {},
            ValueError,
            "has no activations",
        ),
        (dense_net, {"where": "between"}, ValueError, "one of before, after, none; got 'between'"),
        (dense_net, {"start": "x"}, ValueError, "'fresh' or 'same'; got 'x'"),
        (dense_net, {"layers": ["drop"]}, ValueError, "names 'drop', which applies no activation"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(make, arguments, error, message):
    with pytest.raises(error, match=message):
        batchnorm.place(make(), **arguments)
