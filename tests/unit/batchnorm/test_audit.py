"""audit: its arguments, what it leaves alone, reports for people and programs, repairs."""

import json

import numpy as np
import pytest
from planted_registry import bn, chain, normal

from trimtab import Input, Model, layers, ops
from trimtab.batchnorm import (
    audit,
    explain_rule,
    read_baseline,
    repair,
    sarif,
    write_baseline,
)
from trimtab.batchnorm.catalogue import RULES


@pytest.fixture
def faulty():
    """Two notes and two warnings."""
    return chain(
        layers.Dense(8, name="first"),
        bn(momentum=0.1),
        layers.ReLU(),
        layers.Dense(8, name="second"),
        layers.BatchNormalization(epsilon=0.1, name="other"),
        layers.ReLU(),
        layers.Dense(1),
    )


def test_findings_come_the_gravest_first(faulty):
    severities = [finding.severity for finding in audit(faulty)]

    assert severities == sorted(severities, key=["error", "warn", "info"].index)


def test_a_finding_has_numbers_thresholds_fix_and_source(faulty):
    finding = audit(faulty, select=["BN202"]).findings[0]

    assert (finding.layer, finding.numbers["momentum"]) == ("bn", 0.1)
    assert finding.thresholds == {"BN202.low": 0.5}
    assert finding.fix.startswith("momentum=0.9")
    assert finding.source.startswith("https://")


def test_rules_are_selected_and_ignored_by_code_beginning_and_name(faulty):
    assert audit(faulty, select=["BN2"], ignore=["BN205"]).codes() == ["BN202", "BN204"]
    assert audit(faulty, select=["redundant-bias"]).codes() == ["BN104"]


def test_an_unknown_rule_is_refused(faulty):
    with pytest.raises(ValueError, match="there is no rule 'BN999'"):
        audit(faulty, select=["BN999"])


def test_a_threshold_can_be_changed(faulty):
    assert audit(faulty, select=["BN204"], thresholds={"BN204.large": 1.0}).codes() == []


def test_an_unknown_threshold_is_refused(faulty):
    with pytest.raises(ValueError, match=r"there is no 'BN204\.huge'"):
        audit(faulty, thresholds={"BN204.huge": 1.0})


def test_a_suppressed_finding_keeps_its_reason_and_does_not_count(faulty):
    report = audit(faulty, select=["BN202"], suppress={"BN202 bn": "as in the paper"})

    assert (report.active, report.findings[0].suppressed) == ([], "as in the paper")
    assert report.exit_code("info") == 0


def test_a_suppression_needs_a_reason(faulty):
    with pytest.raises(ValueError, match="needs a reason"):
        audit(faulty, suppress={"BN202 bn": ""})


def test_a_baseline_leaves_known_findings_out(faulty, tmp_path):
    path = tmp_path / "baseline.json"
    write_baseline(path, audit(faulty))

    report = audit(faulty, baseline=read_baseline(path))

    assert report.findings == ()
    assert report.known > 0


def test_a_file_that_is_no_baseline_is_refused(tmp_path):
    path = tmp_path / "baseline.json"
    path.write_text("[1]")

    with pytest.raises(ValueError, match="is no baseline"):
        read_baseline(path)


def test_exit_codes_follow_the_severity(faulty):
    report = audit(faulty)

    assert [report.exit_code(limit) for limit in ("info", "warn", "error", "never")] == [1, 1, 0, 0]


def test_json_holds_all_findings(faulty):
    report = audit(faulty, batch_size=np.int64(4))

    assert len(json.loads(report.json())["findings"]) == len(report)


def test_sarif_names_rule_level_and_layer(faulty):
    log = sarif(audit(faulty, select=["BN202"]), "net.keras")
    run = log["runs"][0]

    assert log["version"] == "2.1.0"
    assert run["tool"]["driver"]["rules"][0]["id"] == "BN202"
    result = run["results"][0]
    assert (result["ruleId"], result["level"]) == ("BN202", "warning")
    place = result["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "net.keras"
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "bn"


def test_the_report_shows_in_a_notebook(faulty):
    assert "<td>BN202</td>" in audit(faulty)._repr_html_()


def test_the_model_is_left_as_it_was(faulty):
    before = [v.numpy().tobytes() for v in faulty.variables]
    uses = [len(layer._inbound_nodes) for layer in faulty._flatten_layers()]

    audit(faulty, data=normal(64, 8), batch_size=4, epochs=2)

    assert [v.numpy().tobytes() for v in faulty.variables] == before
    assert [len(layer._inbound_nodes) for layer in faulty._flatten_layers()] == uses


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_rule_can_be_explained(code):
    text = explain_rule(code)

    assert all(word in text for word in ("When:", "Why:", "Fix:", "Source: https://"))


# --- bad input ---------------------------------------------------------------------------


def test_a_model_without_batch_norm_is_told_of():
    report = audit(chain(layers.Dense(4, activation="relu"), layers.Dense(1)))

    assert report.findings == ()
    assert report.notes == ("the model has no BatchNormalization, so there is little to audit",)


def test_a_model_without_activations_is_audited():
    assert "BN108" in audit(chain(layers.Dense(8), bn(), layers.Dense(8))).codes()


def test_an_unknown_layer_is_taken_for_anything():
    class Mystery(layers.Layer):
        def call(self, x):
            return ops.sign(x)

    report = audit(chain(layers.Dense(8), Mystery(), bn(), layers.ReLU(), layers.Dense(1)))

    assert report.above("info") == []


def test_an_unbuilt_model_is_refused_without_data():
    from_layers = layers.Dense(8), layers.BatchNormalization()
    model = type(chain())(list(from_layers))

    with pytest.raises(ValueError, match="is not built"):
        audit(model)
    assert "BN104" in audit(model, data=normal(32, 4)).codes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "`batch_size` must be a whole number from 1 on; got 0"),
        ({"epochs": 1.5}, "`epochs` must be a whole number"),
        ({"validation_split": 1.0}, r"`validation_split` must lie in \[0, 1\)"),
        ({"data": (1, 2, 3, 4)}, "tuple of 4"),
        ({"data": (np.ones((3, 8)), np.ones(4))}, "equally many rows"),
    ],
)
def test_wrong_arguments_are_refused(faulty, arguments, message):
    with pytest.raises(ValueError, match=message):
        audit(faulty, **arguments)


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match="`model` must be a model"):
        audit("net.keras")


# --- repairs -----------------------------------------------------------------------------


@pytest.fixture
def used(faulty):
    """With weights and statistics that are not the initial ones."""
    random = np.random.default_rng(0)
    for variable in faulty.weights:
        variable.assign(0.5 + random.random(variable.shape))
    return faulty


def test_repairs_change_no_output_in_inference(used):
    repaired = repair(used).model
    x = normal(32, 8)

    np.testing.assert_allclose(
        repaired.predict(x, verbose=0), used.predict(x, verbose=0), rtol=2e-5, atol=1e-6
    )


def test_dropping_a_bias_changes_no_output_in_training_either(used):
    repaired = repair(used, select=["BN104"]).model
    x = normal(32, 8)

    np.testing.assert_allclose(
        np.asarray(repaired(x, training=True)), np.asarray(used(x, training=True)), atol=2e-5
    )
    for name in ("first", "second"):
        assert not repaired.get_layer(name).use_bias


def test_repaired_models_have_nothing_left_to_repair(used):
    report = audit(repair(used).model)

    assert [finding.code for finding in report if finding.fixable] == []


def test_the_old_model_stays(used):
    before = [v.numpy().tobytes() for v in used.variables]

    repair(used)

    assert [v.numpy().tobytes() for v in used.variables] == before


def test_repairs_reach_into_nested_models():
    inner = chain(layers.Dense(8, name="inside"), bn(), layers.ReLU())
    x = Input((8,))
    model = Model(x, layers.Dense(1)(inner(x)))

    assert repair(model).changes == (
        f"BN104 {inner.name}/inside: 8 biases dropped, taken off the moving mean of "
        f"'{inner.name}/bn'",
    )
