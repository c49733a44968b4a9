import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from small_network import made_data, network, plain_network

import trimtab as keras
from trimtab import config, layers
from trimtab.batchnorm.studies import runs, verdict
from trimtab.batchnorm.studies.api import study
from trimtab.batchnorm.studies.arms import arms_of
from trimtab.batchnorm.studies.data import checked
from trimtab.batchnorm.studies.runs import Job, Plan, execute

QUICK = {"seeds": 2, "epochs": 1, "batch_size": 32, "learning_rates": None, "jobs": 1}


def plan_of(build=network, arms=None, **options):
    x, y = made_data()
    chosen = {"epochs": 2, "batch_size": 16, "fit_arguments": {}} | options
    return Plan(tuple(arms_of(build, arms)), checked(x, y), 0, **chosen)


def test_run_depends_on_its_seed_and_nothing_else():
    plan, job = plan_of(), Job("before", "main", 3, 0.1)

    one = execute(plan, job)
    np.random.seed(9)  # noqa: NPY002
    keras.utils.set_random_seed(8)
    network()
    other = execute(plan, job)

    assert one.history == other.history
    assert one.history != execute(plan, Job("before", "main", 4, 0.1)).history


def test_run_leaves_seeds_threads_and_checks_as_they_were():
    keras.utils.set_random_seed(5)
    config.set_num_threads(2)
    config.set_bn_checks(True)
    expected = np.random.RandomState(5).randint(1000, size=3)

    execute(plan_of(), Job("none", "main", 0, None))

    drawn = keras.random.randint((3,), 0, 10**6)
    keras.utils.set_random_seed(5)
    np.testing.assert_array_equal(drawn, keras.random.randint((3,), 0, 10**6))
    np.testing.assert_array_equal(np.random.randint(1000, size=3), expected)  # noqa: NPY002
    assert (config.num_threads(), config.bn_checks()) == (2, True)
    config.set_num_threads(None)


def test_arms_without_a_difference_give_equal_numbers():
    plan = plan_of(arms={"one": plain_network, "other": lambda: network("none")})

    one, other = (execute(plan, Job(name, "main", 2, 0.1)) for name in ("one", "other"))

    assert one.history == other.history


def test_first_step_without_normalisation_is_the_same_beside_it():
    # A BN of gamma 1 that is frozen in its initial state only divides by sqrt(1 + epsilon): were
    # kernels, rows or dropout other ones, the losses would lie far apart.
    def frozen():
        model = network("after")
        model.layers[2].trainable = False
        model.compile(keras.optimizers.SGD(0.1), "categorical_crossentropy")
        return model

    plan = plan_of(arms={"none": plain_network, "frozen": frozen})
    one, other = (execute(plan, Job(name, "main", 1, 0.01)) for name in ("none", "frozen"))

    assert one.history["loss"] == pytest.approx(other.history["loss"], rel=2e-3)


def test_placements_are_put_into_a_model_that_does_not_ask_for_them():
    plan = plan_of(plain_network)
    kinds = {arm.name: [type(layer).__name__ for layer in arm.model(0).layers] for arm in plan.arms}

    assert "BatchNormalization" not in kinds["none"]
    assert kinds["before"].index("BatchNormalization") < kinds["before"].index("Activation")
    assert kinds["after"].index("BatchNormalization") > kinds["after"].index("Activation")


def test_model_takes_the_place_of_a_function_and_stays_as_it_is(table):
    model = plain_network()
    before = model.get_weights()

    found = study(model, *table, **QUICK)

    assert [*found.runs] == ["none", "before", "after"]
    assert found.runs["none"][0].history != found.runs["none"][1].history
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_frozen_layers_of_a_model_keep_their_weights():
    model = plain_network()
    model.layers[0].trainable = False
    arm = plan_of(model).arm("before")

    np.testing.assert_array_equal(arm.model(4).layers[0].kernel, model.layers[0].kernel)


def test_pairs_share_everything_that_arms_have_in_common(done):
    equal, common = done.shared

    assert equal == common == 5  # two kernels, two biases, one dropout


def test_study_gives_every_pair_a_verdict(done):
    assert len(done.comparisons) == 3
    assert {found.kind for found in done.comparisons} <= set(verdict.KINDS)
    assert done.comparison("after", "none") is done.comparison("none", "after")
    assert done.seeds == 7
    assert done.curve("none").shape == (7, 3)


def test_rates_are_a_third_once_and_three_times_the_own(done):
    assert [t.learning_rate for t in done.trials["none"]] == [0.0333, 0.1, 0.3]
    best = min(done.trials["none"], key=lambda trial: trial.mean)
    assert done.chosen["none"] == best.learning_rate


def test_same_seed_gives_the_same_bytes(done, table):
    again = study(network, *table, seeds=7, epochs=3, batch_size=16, jobs=1)

    assert again.text(times=False) == done.text(times=False)
    assert again.json(times=False) == done.json(times=False)
    assert again.html(times=False) == done.html(times=False)
    assert again.csv() == done.csv()


def test_another_seed_gives_other_numbers(done, table):
    other = study(network, *table, seeds=7, epochs=3, batch_size=16, seed=1, learning_rates=None)

    assert other.csv() != done.csv()


def test_diverging_arm_is_counted_and_not_compared(table):
    wild = {"tame": plain_network, "wild": lambda: _exploding(1e30)}

    found = study(wild, *table, arms=wild, seeds=7, epochs=2, learning_rates=None, jobs=2)

    assert found.comparisons[0].kind == verdict.FAILS_MORE
    assert "wild FAILS MORE OFTEN than tame: 7/7 runs against 0/7" in found.text()
    assert "diverged: 7 of wild" in found.text()
    assert "<svg" in found.html()


def _exploding(rate):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model.compile(keras.optimizers.SGD(rate), "mse", metrics=["accuracy"])
    return model


def test_constant_outputs_count_as_failed(table):
    def dead():
        model = keras.Sequential(
            [
                keras.Input((4,)),
                layers.Dense(3, kernel_initializer="zeros", trainable=False),
                layers.Dense(2),
            ]
        )
        model.compile("sgd", "mse")
        return model

    run = execute(plan_of(arms={"a": dead, "b": plain_network}), Job("a", "main", 0, None))

    assert run.failure == "learnt nothing: the same output for every row"


def test_spent_budget_starts_no_run_and_says_so(table):
    found = study(network, *table, **QUICK, budget=1e-9)

    assert found.seeds == 0
    assert "0 of 2 seeds were run by every arm before the budget" in found.text()
    assert "Not enough seeds" in found.headline or "NOT ENOUGH" in found.headline
    assert "<svg" in found.html()


def test_recalibrated_runs_are_judged_by_exact_statistics():
    plain, exact = plan_of(), plan_of(recalibrate=True)
    job = Job("before", "main", 0, 0.1)

    one, other = execute(plain, job), execute(exact, job)

    assert one.history["loss"] == other.history["loss"]
    assert one.score("loss") != other.score("loss")


def test_arguments_for_fit_are_passed_on(table):
    one = study(network, *table, **QUICK, shuffle=False)

    assert one.csv() != study(network, *table, **QUICK).csv()


def test_accuracy_judges_only_where_a_row_weighs_no_more_than_the_margin(table):
    assert study(network, *table, **QUICK).measure.name == "loss"
    found = study(network, *table, **QUICK, margin=0.05)
    assert (found.measure.name, found.measure.in_points) == ("accuracy", True)


def test_extending_a_study_costs_level(table, tmp_path):
    options = QUICK | {"log": tmp_path / "log"}
    study(network, *table, **options)

    extended = study(network, *table, **options | {"seeds": 3})

    assert extended.looks == (2, 3)
    assert extended.alpha == 0.025
    assert "from 2 to 3 seeds after a look" in extended.text()


KILLED = """
import sys
sys.path.insert(0, {folder!r})
from small_network import made_data, network
from trimtab.batchnorm.studies import study
study(network, *made_data(), seeds=30, epochs=40, batch_size=4, learning_rates=None, jobs=1,
      log={log!r})
"""


def test_study_killed_at_any_moment_goes_on_to_the_same_report(tmp_path):
    log, folder = tmp_path / "log", os.path.dirname(__file__)
    script = KILLED.format(folder=folder, log=str(log))
    process = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    deadline = time.monotonic() + 60
    while not log.exists() or log.read_bytes().count(b"\n") < 4:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done_before = log.read_bytes().count(b'"run"')

    options = {"seeds": 30, "epochs": 40, "batch_size": 4, "learning_rates": None}
    resumed = study(network, *made_data(), **options, log=log)
    fresh = study(network, *made_data(), **options)

    assert 0 < done_before < 90
    assert log.read_bytes().count(b'"run"') == 90
    assert resumed.html(times=False) == fresh.html(times=False)


def test_finished_log_needs_no_run(table, tmp_path, monkeypatch):
    options = QUICK | {"log": tmp_path / "log"}
    first = study(network, *table, **options)
    monkeypatch.setattr(runs, "execute", None)

    assert study(network, *table, **options).csv() == first.csv()


def without_activation():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    return model


def uncompiled():
    return keras.Sequential([keras.Input((4,)), layers.Dense(2)])


def unbuilt():
    model = keras.Sequential([layers.Dense(2)])
    model.compile("sgd", "mse")
    return model


def ignoring(placement):
    del placement
    return plain_network()


@pytest.mark.parametrize(
    ("build", "options", "message"),
    [
        (without_activation, {}, "no activations"),
        (ignoring, {}, "not different networks.*ignores its placement"),
        (uncompiled, {}, "must be compiled"),
        (unbuilt, {}, r"begin it with Input\(shape\)"),
        (network, {"arms": ["none", "befor"]}, 'Did you mean "before"'),
        (network, {"arms": ["none"]}, "two or more different arms"),
        (network, {"seeds": 1}, "`seeds`"),
        (network, {"metric": "acuracy"}, 'Did you mean "accuracy"'),
        (network, {"learning_rates": [0.1, -1]}, "must be positive numbers"),
        (network, {"learning_rates": "many"}, "must be 'auto', numbers, or None"),
        (network, {"margin": 0.0}, "`margin` must be a positive number; got 0.0"),
        (network, {"validation_split": 0.1}, "`validation_split` is the study's own"),
        (network, {"jobs": 0}, "`jobs`"),
        (network, {"backend": "threads"}, "`backend` must be one of"),
        (network, {"address": "a:1"}, "`address` is for the backends"),
    ],
)
def test_bad_calls_are_refused_in_words(table, build, options, message):
    with pytest.raises(ValueError, match=message):
        study(build, *table, **QUICK | options)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda units: network(), "it also asks for units"),
        (3, "must be a model, or a function that makes one; got 3"),
        (lambda placement: placement, "must give a model; got str"),
    ],
)
def test_bad_networks_are_refused_in_words(table, build, message):
    with pytest.raises(TypeError, match=message):
        study(build, *table, **QUICK)


class Scaled(layers.Layer):
    """A custom layer that is registered nowhere."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.scale


def scaled_network():
    model = keras.Sequential(
        [keras.Input((4,)), Scaled(), layers.Dense(3), layers.Activation("tanh"), layers.Dense(2)]
    )
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("as_model", [False, True])
def test_custom_layers_are_no_obstacle(table, as_model):
    found = study(scaled_network() if as_model else scaled_network, *table, **QUICK)

    assert found.shared == (4, 4)  # the scale, both kernels, and the bias that no arm drops


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["dask", "ray"])
def test_cluster_of_two_workers_gives_the_same_report(backend, table, done):
    pytest.importorskip({"dask": "distributed", "ray": "ray"}[backend])

    found = study(network, *table, seeds=7, epochs=3, batch_size=16, backend=backend, jobs=2)

    assert found.html(times=False) == done.html(times=False)
