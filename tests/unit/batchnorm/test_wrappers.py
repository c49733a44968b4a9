"""Batch Normalization inside wrappers: measured where it can be, and told of where it is not."""

import numpy as np
import pytest

import trimtab as keras
from trimtab import batchnorm
from trimtab import layers as L

STEPS, FEATURES = 5, 6


class Doubled(L.Wrapper):
    def call(self, x, training=None):
        return 2 * self.layer(x, training=training)


def with_statistics(model, seed=0):
    random = np.random.default_rng(seed)
    for norm in batchnorm.rewriting.batchnorms(model):
        shape = norm.moving_mean.shape
        norm.moving_mean.assign(random.normal(size=shape))
        norm.moving_variance.assign(random.uniform(0.3, 2, shape))
    model.compile("sgd", "mse")
    return model


def by_step():
    inputs = keras.Input((STEPS, FEATURES))
    x = L.TimeDistributed(L.Dense(4, name="d"), name="kernel")(inputs)
    x = L.TimeDistributed(L.BatchNormalization(name="bn"), name="steps")(x)
    x = L.ReLU(name="relu")(x)
    return with_statistics(keras.Model(inputs, L.Dense(1)(L.Flatten()(x))))


def model_by_step():
    inner = keras.Sequential(
        [keras.Input((FEATURES,)), L.Dense(4, name="d"), L.BatchNormalization(name="bn"), L.ReLU()]
    )
    inputs = keras.Input((STEPS, FEATURES))
    x = L.Flatten()(L.TimeDistributed(inner, name="steps")(inputs))
    return with_statistics(keras.Model(inputs, L.Dense(1)(x)))


def masked():
    inputs = keras.Input((STEPS, FEATURES))
    x = L.TimeDistributed(L.BatchNormalization(name="bn"), name="steps")(L.Masking()(inputs))
    return with_statistics(keras.Model(inputs, L.Dense(1)(L.GlobalAveragePooling1D()(x))))


def doubled():
    inputs = keras.Input((FEATURES,))
    x = Doubled(L.BatchNormalization(name="bn"), name="steps")(L.Dense(4, name="d")(inputs))
    return with_statistics(keras.Model(inputs, L.Dense(1)(L.ReLU(name="relu")(x))))


BUILDS = [by_step, model_by_step, masked, doubled]


def data(model, rows=64):
    random = np.random.default_rng(1)
    x = random.normal(1, 2, size=(rows, *model.input_shape[1:])).astype("float32")
    return x, random.normal(size=(rows, 1))


def norm_of(model):
    (norm,) = batchnorm.rewriting.batchnorms(model)
    return norm


@pytest.mark.parametrize("build", BUILDS)
def test_fold_leaves_it_and_says_where_it_is(build):
    model = build()
    x, _ = data(model)
    report = batchnorm.fold(model, x).report

    kind = "Doubled" if build is doubled else "TimeDistributed"
    assert [(layer.action, layer.why) for layer in report.layers] == [
        ("stays", f"it is inside steps ({kind}), which is not opened")
    ]
    assert report.largest_difference == 0


@pytest.mark.parametrize("build", [by_step, doubled])
def test_place_puts_no_second_one_beside_it(build):
    placed = batchnorm.place(build(), "before")

    assert [str(layer) for layer in placed.report.layers] == [
        "relu (relu): left, steps beside it has a Batch Normalization inside",
        f"bn: left, {batchnorm.fold(build()).report.layers[0].why}",
    ]
    assert len(batchnorm.rewriting.batchnorms(placed.model)) == 1


def test_place_says_that_it_does_not_look_into_wrappers():
    with pytest.raises(ValueError, match="no activations.*inside steps are not looked at"):
        batchnorm.place(model_by_step(), "before")


@pytest.mark.parametrize("build", BUILDS)
def test_audit_says_what_it_does_not_look_at(build):
    model = build()
    report = batchnorm.audit(model, data=data(model), batch_size=16, epochs=2)

    assert any("'steps'" in note and "bn" in note for note in report.notes)
    found = [(finding.code, finding.layer) for finding in report.active]
    assert found == ([] if build is doubled else [("BN110", "steps/bn")])
    assert report.above("info") == []


def test_audit_tells_the_momentum_of_all_steps():
    (finding,) = batchnorm.audit(by_step()).active

    assert "each of 5 steps" in finding.message
    assert f"{0.99**STEPS:.4g} instead of 0.99" in finding.message


@pytest.mark.parametrize("build", [by_step, model_by_step])
def test_recalibrate_measures_all_steps(build):
    model = build()
    x, _ = data(model)
    (layer,) = batchnorm.recalibrate(model, x).layers
    dense = next(one for one in model._flatten_layers() if one.name == "d")
    z = (x.astype(np.float64) @ np.asarray(dense.kernel, np.float64)).reshape(-1, 4)

    assert (layer.values, layer.calls) == (len(x) * STEPS, STEPS)
    np.testing.assert_allclose(norm_of(model).moving_mean, z.mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(norm_of(model).moving_variance, z.var(0), rtol=1e-4)


def test_masked_steps_do_not_count():
    model = masked()
    x, y = data(model)
    x[:, 3:] = 0
    x[:20, 1:] = 0
    kept = x[(x != 0).any(-1)].astype(np.float64)
    report = batchnorm.health(model, x, y, ignore=["BH403"])
    batchnorm.recalibrate(model, x)

    np.testing.assert_allclose(norm_of(model).moving_mean, kept.mean(0), rtol=1e-5)
    np.testing.assert_allclose(norm_of(model).moving_variance, kept.var(0), rtol=1e-5)
    parts = {cause.name: cause.loss for cause in report.causes}
    # There is no dropout; that whole steps are masked is a cause of its own.
    assert parts["dropout shift"] == pytest.approx(0, abs=1e-6)
    assert abs(parts["unequal calls"]) > 1e-3
    gap = report.scores["moving"][0] - report.scores["exact"][0]
    assert sum(parts.values()) == pytest.approx(gap, rel=1e-5)


@pytest.mark.parametrize("build", BUILDS)
def test_health_measures_it_and_leaves_it_as_it_was(build):
    model = build()
    x, y = data(model)
    before = [np.array(w) for w in model.get_weights()]
    report = batchnorm.health(model, x, y)

    assert [layer.layer for layer in report.layers] == ["bn"]
    assert {"BH403"} <= {finding.code for finding in report.active}
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_explain_numbers_the_steps():
    model = by_step()
    x, _ = data(model)
    norm_of(model).moving_mean.assign(np.zeros(4))
    norm_of(model).moving_variance.assign(np.ones(4))
    calls = batchnorm.explain(model, x).calls

    assert [call.layer for call in calls] == ["bn", *(f"bn (call {n})" for n in range(2, 6))]
    shares = [0.99**number for number in range(1, 6)]
    np.testing.assert_allclose([call.initial_share for call in calls], shares)
