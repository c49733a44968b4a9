"""health: the same rows in three modes, the gap split into causes, the model left as it was."""

import json

import numpy as np
import planted_health
import pytest
from planted_registry import bn, chain, normal, one_hot

from trimtab import Input, Model, layers, models, utils
from trimtab.batchnorm import BatchNormHealth, health, recalibrate
from trimtab.batchnorm.row_scores import mcnemar, paired_interval
from trimtab.core import random


def stale(epochs=1):
    return planted_health.trained(epochs=epochs, momentum=0.99)


def causes(report):
    return {cause.name: cause.loss for cause in report.causes}


def test_statistics_updated_thirty_times_are_called_stale():
    model = planted_health.classifier(momentum=0.99)
    x, y = planted_health.task(960)
    model.fit(x, y, verbose=0)

    report = health(model, x, y)

    found = [f for f in report if f.code == "BH402"]
    assert found[0].message.startswith("74 % of the initial statistics are left after 30 updates")
    assert max(causes(report), key=causes(report).get) == "stale statistics"


def test_after_recalibration_the_verdict_is_that_all_is_consistent():
    model = stale(epochs=4)
    x, y = planted_health.task()
    recalibrate(model, x)

    report = health(model, x, y, ignore=["BH402"])

    assert report.above("info") == []
    assert report.verdict().startswith("Batch Normalization is consistent")


def test_shifted_data_are_called_other_data_not_stale():
    model = planted_health.trained()
    x, y = planted_health.task()

    report = health(model, (x + 9).astype(np.float32), y)

    assert max(causes(report), key=causes(report).get) == "other data"
    assert "BH402" not in report.codes()


def test_dropout_before_the_layer_is_called_a_dropout_shift():
    utils.set_random_seed(0)
    model = planted_health.trained(before=[layers.ReLU(), layers.Dropout(0.5)], epochs=12)
    x, y = planted_health.task()

    report = health(model, x, y)

    assert report.layers[0].ratio > 1.2
    assert abs(causes(report)["dropout shift"]) > abs(causes(report)["stale statistics"])


def test_the_parts_of_the_gap_add_up_to_it():
    model = stale()
    x, y = planted_health.task()
    report = health(model, x, y)

    parts = sum(cause.loss for cause in report.causes)
    assert report.scores["moving"][0] - report.scores["exact"][0] == pytest.approx(parts, abs=1e-9)


def test_losses_of_the_modes_are_those_of_evaluate_and_of_a_training_step():
    model = stale()
    x, y = planted_health.task(64)
    report = health(model, x, y, batch_size=64)

    loss = model.evaluate(x, y, verbose=0)
    assert report.scores["moving"][0] == pytest.approx(loss, rel=1e-5)
    before = np.asarray(model(x, training=True))
    expected = -np.log((before * y).sum(axis=1)).mean()
    assert report.scores["batch"][0] == pytest.approx(expected, rel=1e-4)


def test_the_model_and_random_generators_are_left_bit_identical():
    model = planted_health.trained(after=[layers.Dropout(0.5)])
    x, y = planted_health.task()
    before = [v.numpy().tobytes() for v in model.variables]
    updates = model.get_layer("bn").updates_seen
    utils.set_random_seed(3)
    expected = random.make_default_seed()
    utils.set_random_seed(3)

    health(model, x, y, validation_data=(x, y), groups=np.arange(len(x)) % 2)

    assert [v.numpy().tobytes() for v in model.variables] == before
    assert model.get_layer("bn").updates_seen == updates
    assert random.make_default_seed() == expected


def test_the_first_layer_that_differs_is_named():
    utils.set_random_seed(0)
    model = chain(
        layers.Dense(16),
        layers.BatchNormalization(momentum=0.5, name="fast"),
        layers.ReLU(),
        layers.Dense(16),
        layers.BatchNormalization(momentum=0.9999, name="slow"),
        layers.ReLU(),
        layers.Dense(2, activation="softmax"),
    )
    model.compile("adam", "categorical_crossentropy")
    x, y = planted_health.task()
    model.fit(x, y, epochs=10, verbose=0)

    report = health(model, x, y, select=["BH402", "BH403"], batch_size=256)

    assert {f.layer for f in report.above("info")} == {"slow"}
    assert report.layers[0].gap < 0.25 < report.layers[1].gap


def test_a_regression_is_judged_by_its_loss():
    utils.set_random_seed(0)
    model = chain(layers.Dense(16), bn(momentum=0.999), layers.ReLU(), layers.Dense(1))
    model.compile("adam", "mse")
    x = 4 * normal(640, 8) + 3
    y = x[:, :1] - x[:, 1:2]
    model.fit(x, y, epochs=20, verbose=0)

    finding = next(f for f in health(model, x, y) if f.code == "BH410")

    assert (finding.severity, finding.layer) == ("warn", "bn")
    assert finding.numbers["relative"] > 0.1


def test_a_subclassed_model_can_be_measured():
    class Net(Model):
        def __init__(self):
            super().__init__()
            self.dense, self.norm, self.out = layers.Dense(8), bn(), layers.Dense(2)

        def call(self, x, training=None):
            return self.out(self.norm(self.dense(x), training=training))

    model = Net()
    model.compile("sgd", "mse")
    x = normal(64, 4)
    model.fit(x, x[:, :2], verbose=0)

    assert [layer.layer for layer in health(model, x, x[:, :2]).layers] == ["bn"]


def test_the_report_is_json_text_and_html():
    x, y = planted_health.task()
    report = health(stale(), x, y)

    assert json.loads(report.json())["scores"]["moving"]["loss"] > 0
    assert "moving statistics (inference)" in str(report)
    assert "<table>" in report._repr_html_()


def test_mcnemar_is_the_exact_binomial_test():
    before = np.array([1] * 10 + [0] * 3 + [1] * 20, bool)
    after = np.array([0] * 10 + [1] * 3 + [1] * 20, bool)

    # Of 13 that differ at most 3 the one way: 378 of 8,192 cases, on two sides.
    assert mcnemar(before, after) == pytest.approx(378 * 2 / 8192)


def test_the_interval_is_that_of_the_mean_difference():
    before, after = np.zeros(100), np.tile([0.0, 2.0], 50)

    mean, low, high = paired_interval(before, after)
    half = 1.96 * np.std(after, ddof=1) / 10
    assert (mean, low, high) == pytest.approx((1.0, 1 - half, 1 + half))


# --- bad input ---------------------------------------------------------------------------


def test_a_model_without_batch_norm_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="has no BatchNormalization, so it is none that makes"):
        health(chain(layers.Dense(2)), normal(32, 8))


def test_nan_in_the_data_is_refused():
    x = normal(64, 8)
    x[3, 2] = np.nan

    with pytest.raises(ValueError, match="must be finite; got nan in row 3"):
        health(planted_health.classifier(), x)


def test_one_class_only_is_noted():
    x, _ = planted_health.task(128)
    report = health(planted_health.trained(), x, one_hot(np.zeros(128, int)))

    assert "all targets are the same, so an accuracy says nothing" in report.notes


def test_few_rows_are_noted():
    x, y = planted_health.task(20)
    report = health(planted_health.trained(), x, y)

    assert "20 rows are few: statistics of so few are rough themselves" in report.notes


def test_missing_targets_are_noted():
    x, _ = planted_health.task()
    report = health(planted_health.trained(), x)

    assert report.scores == {}
    assert "no targets were given, so losses are not compared" in report.notes


def test_frozen_layers_are_noted():
    x, y = planted_health.task()
    model = planted_health.trained()
    model.get_layer("bn").trainable = False

    notes = health(model, x, y).notes
    assert any("frozen" in note for note in notes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": np.ones((5, 2))}, "equally many rows; got 1024 and 5"),
        ({"batch_size": 0}, "`batch_size` must be a whole number"),
        ({"groups": [1, 2]}, "one group for each of the 1024 rows"),
        ({"validation_data": np.ones(3)}, r"must be the tuple \(x, y\)"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    x, y = planted_health.task()

    with pytest.raises(ValueError, match=message):
        health(planted_health.classifier(), x, **{"y": y, **arguments})


def test_inputs_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="expected"):
        health(planted_health.classifier(), normal(32, 5))


# --- the callback -----------------------------------------------------------------------


def fit(watch, epochs=2, momentum=0.99):
    model = planted_health.classifier(momentum=momentum)
    x, y = planted_health.task()
    model.fit(x, y, epochs=epochs, verbose=0, callbacks=[watch])
    return model


def test_the_callback_keeps_a_trace_of_each_layer_and_epoch():
    watch = BatchNormHealth(verbose=False)
    fit(watch, epochs=3)

    assert [(t.epoch, t.layer, t.updates) for t in watch.history] == [
        (0, "bn", 32),
        (1, "bn", 64),
        (2, "bn", 96),
    ]


def test_the_callback_reports_stale_statistics_without_data(capsys):
    watch = BatchNormHealth()
    fit(watch)

    assert watch.report.codes() == ["BH402"]
    assert "53 % of the initial statistics are left after 64 updates" in capsys.readouterr().out


def test_the_callback_says_nothing_of_a_sound_layer(capsys):
    watch = BatchNormHealth()
    fit(watch, epochs=4, momentum=0.9)

    assert (watch.report.findings, capsys.readouterr().out) == ((), "")


def test_the_callback_measures_on_data_without_a_budget():
    x, y = planted_health.task()
    watch = BatchNormHealth(x, y, budget=None, verbose=False)
    fit(watch)

    assert watch.report.scores["moving"][0] is not None


def test_the_callback_keeps_to_its_budget():
    x, y = planted_health.task()
    watch = BatchNormHealth(x, y, budget=0.001, verbose=False)
    fit(watch)

    assert "would have taken more than the budget" in watch.report.notes[0]


def test_the_callback_tells_of_a_state_that_is_no_number(capsys):
    watch = BatchNormHealth(verbose=False)
    model = planted_health.classifier()
    watch.set_model(model)
    watch.on_train_begin()
    model.get_layer("bn").moving_variance.assign(np.full(32, -1.0))
    watch.on_epoch_end(0)

    assert "BH406 'bn': its moving_variance holds 32 negative numbers" in capsys.readouterr().out


def test_a_budget_outside_of_its_range_is_refused():
    with pytest.raises(ValueError, match=r"`budget` must lie in \(0, 1\]; got 2"):
        BatchNormHealth(budget=2)


def test_two_inputs_can_be_measured():
    a, b = Input((4,)), Input((4,))
    y = layers.ReLU()(bn()(layers.Dense(8)(layers.Concatenate()([a, b]))))
    model = Model([a, b], layers.Dense(1)(y))
    model.compile("sgd", "mse")
    data = [normal(64, 4), normal(64, 4, seed=1)]

    assert health(model, data, np.ones((64, 1), np.float32)).rows == 64


def test_updates_of_a_model_from_a_file_are_not_all_counted(tmp_path):
    inputs = Input((4,))
    model = Model(inputs, layers.BatchNormalization(momentum=0.5)(inputs))
    model.compile("sgd", "mse")
    x = 0.1 * np.random.default_rng(0).normal(size=(64, 4))
    model.fit(x, x, batch_size=4, epochs=2, verbose=0)
    model.save(tmp_path / "net.keras")
    found = []
    for one in (models.load_model(tmp_path / "net.keras"), models.clone_model(model)):
        one.compile("sgd", "mse")
        watch = BatchNormHealth(verbose=False)
        one.fit(x, x, batch_size=64, epochs=2, verbose=0, callbacks=[watch])
        reports = watch.report, health(one, x, select=["BH402"])
        found.append([[finding.code for finding in report.active] for report in reports])

    # Both have seen two updates; the one from a file many more before.
    assert found == [[[], []], [["BH402"], ["BH402"]]]
