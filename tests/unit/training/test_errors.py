"""What fit refuses: one sentence each, and nothing has changed."""

import numpy as np
import pytest

from trimtab import layers, losses, models, optimizers


def state_of(model):
    """Everything that a refused fit must leave as it was."""
    variables = [*model.variables, *model.optimizer.variables]
    return [np.array(v.numpy()) for v in variables], np.random.get_state()[1].copy()  # noqa: NPY002


def refused(model, *args, method="fit", **kwargs):
    """The message of the ValueError; model, optimizer and NumPy's generator are unchanged."""
    if model.compiled and model.built and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    before = state_of(model)
    with pytest.raises(ValueError, match=": ") as raised:
        getattr(model, method)(*args, **kwargs)
    for old, new in zip(before[0], state_of(model)[0], strict=True):
        np.testing.assert_array_equal(new, old)
    np.testing.assert_array_equal(state_of(model)[1], before[1])
    assert model.history is None
    return str(raised.value)


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_model_that_is_not_compiled_is_refused(build, x, one_hot, method):
    with pytest.raises(ValueError, match=r"You must call `compile\(\)` before using the model"):
        getattr(build(), method)(x, one_hot)


def test_a_model_that_is_not_compiled_predicts(build, x):
    assert build().predict(x, verbose=0).shape == (70, 2)


def test_a_wrong_input_shape_names_layer_and_shapes(net, x, one_hot):
    message = refused(net, x[:, :3], one_hot, verbose=0)
    assert net.layers[0].name in message
    assert "value 4" in message
    assert "(32, 3)" in message


def test_class_numbers_for_a_categorical_loss_are_refused(net, x, labels):
    message = refused(net, x, labels)
    assert "`y` must be one-hot, of shape (None, 2)" in message
    assert "Use sparse_categorical_crossentropy" in message


def test_one_hot_targets_for_a_sparse_loss_are_refused(build, x, one_hot):
    model = build()
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert "as one-hot labels have. Use categorical_crossentropy" in refused(model, x, one_hot)


@pytest.mark.parametrize(("label", "kind"), [(2, "int64"), (-1, "int32"), (7.0, "float32")])
def test_a_label_out_of_range_is_refused_by_value_and_row(build, x, labels, label, kind):
    model = build()
    model.compile("sgd", "sparse_categorical_crossentropy")
    y = labels.astype(kind)
    y[41] = label
    message = refused(model, x, y)
    assert (
        f"from 0 to 1 for sparse_categorical_crossentropy of 2 outputs; got {y[41]} in row 41"
        in message
    )


def test_an_ignored_class_may_lie_out_of_range(build, x, labels):
    model = build()
    model.compile("sgd", losses.SparseCategoricalCrossentropy(ignore_class=-1))
    labels[3] = -1
    assert np.isfinite(model.fit(x, labels, verbose=0).history["loss"]).all()


def test_a_label_out_of_range_in_the_validation_data_is_refused(build, x, labels):
    model = build()
    model.compile("sgd", "sparse_categorical_crossentropy")
    message = refused(model, x, labels, validation_data=(x[:5], labels[:5] + 2), verbose=0)
    assert message.startswith("fit, validation_data: `y` must hold class numbers")


@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy", "mae", "huber"])
@pytest.mark.parametrize("columns", [1, 3])
def test_a_wrong_last_dimension_is_refused(build, x, loss, columns):
    model = build()
    model.compile("sgd", loss)
    message = refused(model, x, np.zeros((70, columns), "float32"))
    assert "`y` must fit the model's output of shape (None, 2)" in message
    assert f"got shape (None, {columns})" in message


def test_a_column_and_a_vector_of_targets_are_the_same(build, x, labels):
    results = []
    for y in (labels, labels[:, None]):
        model = build(1, activation="sigmoid")
        model.set_weights([np.full(w.shape, 0.1) for w in model.get_weights()])
        model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
        results.append(model.fit(x, y, verbose=0, shuffle=False).history)
    assert results[0] == results[1]


def test_too_few_targets_are_refused(x, one_hot):
    inputs = layers.Input((4,))
    outputs = [layers.Dense(2, name="a")(inputs), layers.Dense(2, name="b")(inputs)]
    model = models.Model(inputs, outputs)
    model.compile("sgd", "mse")
    message = refused(model, x, one_hot)
    assert (
        "`y` must hold one array for each of the 2 outputs that have a loss ('a', 'b'); got 1"
        in message
    )


def test_missing_targets_are_refused(net, x):
    message = refused(net, x)
    assert message.startswith("targets: `y` must hold the targets")
    assert "for the loss 'categorical_crossentropy'; got None" in message


def test_a_gap_in_the_data_is_refused(net, x, one_hot):
    x[12, 3] = np.nan
    assert "fit: `x` must be finite; got nan in row 12, column 3" in refused(net, x, one_hot)


def test_a_gap_is_no_error_where_the_model_only_predicts(net, x):
    x[0] = np.nan
    assert np.isnan(net.predict(x, verbose=0)[0]).all()


def test_numbers_in_a_list_are_refused(net, x):
    assert "`y` must be an array, or arrays in a list or dict; got 0 as y[0]" in refused(
        net, x, [0, 1]
    )


def test_a_list_of_numbers_as_input_is_refused(net, one_hot):
    assert "got a list of int. Turn numbers into an array" in refused(net, [1, 2], one_hot)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "`batch_size` must be a positive integer or None; got 0"),
        ({"batch_size": 2.5}, "`batch_size` must be a positive integer or None; got 2.5"),
        ({"epochs": -1}, "`epochs` must be a whole number from 0 on; got -1"),
        ({"epochs": 1.5}, "`epochs` must be a whole number from 0 on; got 1.5"),
        ({"initial_epoch": "1"}, "`initial_epoch` must be a whole number from 0 on; got '1'"),
        ({"steps_per_epoch": 0}, "`steps_per_epoch` must be a positive integer or None; got 0"),
        ({"shuffle": "epoch"}, "`shuffle` must be True, False or 'batch'; got 'epoch'"),
        ({"verbose": 3}, "`verbose` must be 'auto', 0, 1 or 2; got 3"),
        ({"validation_freq": 0}, "`validation_freq` must be a positive integer or a list"),
        ({"validation_split": 0.999}, "`validation_split` must leave rows for training"),
        ({"validation_data": ()}, "`validation_data` must be (x, y) or (x, y, sample_weight)"),
        ({"class_weight": [1, 2]}, "`class_weight` must be a dict"),
    ],
)
def test_an_impossible_argument_is_refused(net, x, one_hot, arguments, message):
    assert message in refused(net, x, one_hot, **arguments)


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_an_unknown_argument_is_refused_with_the_nearest(net, x, method):
    with pytest.raises(
        TypeError, match=f'{method}: unknown argument .batchsize.. Did you mean "batch_size"'
    ):
        getattr(net, method)(x, batchsize=3)


def test_splitting_batches_is_refused(net, x, one_hot):
    assert "`validation_split` is only supported" in refused(
        net, (b for b in [(x, one_hot)]), validation_split=0.5
    )


def test_a_refused_first_fit_leaves_the_choice_of_metrics_open(build, x, labels, one_hot):
    model = build()
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    refused(model, x, labels)
    model.fit(x, one_hot, verbose=0)
    assert type(model.metrics[1].metrics[0]).__name__ == "CategoricalAccuracy"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "binary_crosentropy"}, 'Did you mean "binary_crossentropy"'),
        ({"optimizer": "adm"}, 'Did you mean "adam"'),
        ({"metrics": ["acuracy"]}, 'Did you mean "accuracy"'),
        ({"metrics": "accuracy"}, "Expected `metrics` argument to be a list, tuple, or dict"),
        ({"weighted_metrics": "mae"}, "Expected `weighted_metrics` argument to be a list"),
        ({"loss": "mse", "loss_weights": "much"}, "`loss_weights` must be a number"),
        ({"steps_per_execution": 0}, "`steps_per_execution` must be a positive integer"),
        ({"jit_compile": "maybe"}, "`jit_compile` must be True, False or 'auto'"),
    ],
)
def test_an_impossible_compile_is_refused(build, arguments, message):
    with pytest.raises(ValueError, match=message):
        build().compile(**arguments)


def test_a_refused_compile_leaves_the_last_one(net):
    optimizer = net.optimizer
    with pytest.raises(ValueError, match="unknown name"):
        net.compile("adam", "no such loss")
    assert net.optimizer is optimizer
    assert net.loss == "categorical_crossentropy"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"loss": {"a": "mse", "c": "mse"}},
            "must use the names of the outputs, .'a', 'b'.; got 'c'",
        ),
        ({"loss": ["mse"] * 3}, "`loss` must be a list with one entry for each of the 2 outputs"),
        ({"loss": "mse", "loss_weights": [1, 2, 3]}, "one number for each of the 2 losses; got 3"),
        ({"loss": "mse", "metrics": {"d": ["mae"]}}, "`metrics` must use the names of the outputs"),
        ({"loss": "mse", "metrics": ["mae"]}, "`metrics` must be a list with one entry for each"),
    ],
)
def test_losses_and_metrics_that_fit_no_output_are_refused(x, one_hot, arguments, message):
    inputs = layers.Input((4,))
    outputs = [layers.Dense(2, name="a")(inputs), layers.Dense(2, name="b")(inputs)]
    model = models.Model(inputs, outputs)
    model.compile("sgd", **arguments)
    with pytest.raises(ValueError, match=message):
        model.fit(x, [one_hot, one_hot], verbose=0)


def test_two_losses_for_one_output_are_refused(build, x, one_hot):
    model = build()
    model.compile("sgd", ["mse", "mae"])
    assert "`loss` must hold one loss for the model's one output; got 2" in refused(
        model, x, one_hot
    )


def test_training_without_a_loss_is_refused(build, x, one_hot):
    model = build()
    model.compile("sgd", metrics=["accuracy"])
    assert "no loss to compute; provide a `loss` argument" in refused(model, x, one_hot)


def test_training_without_an_optimizer_is_refused(build, x, one_hot):
    model = build()
    model.compile(None, "mse")
    with pytest.raises(ValueError, match="needs an optimizer"):
        model.fit(x, one_hot, verbose=0)


def test_a_loss_that_is_no_scalar_is_refused(build, x, one_hot):
    model = build()
    model.compile("sgd", losses.MeanSquaredError(reduction="none"))
    assert "must be a scalar; got shape (32,)" in refused(model, x, one_hot)


@pytest.mark.filterwarnings("ignore:fit. `trainable`")
def test_weights_frozen_after_the_optimizer_was_built_can_still_be_trained_around(net, x, one_hot):
    net.fit(x, one_hot, verbose=0)
    frozen = net.layers[0].get_weights()
    net.layers[0].trainable = False
    net.fit(x, one_hot, verbose=0)
    np.testing.assert_array_equal(net.layers[0].get_weights()[0], frozen[0])


def test_weights_thawed_after_the_optimizer_was_built_need_a_new_compile(net, x, one_hot):
    net.layers[0].trainable = False
    net.compile(optimizers.SGD(), "mse")
    net.fit(x, one_hot, verbose=0)
    net.layers[0].trainable = True
    with pytest.raises(ValueError, match=r"call compile\(\) again after changing"):
        net.fit(x, one_hot, verbose=0)
