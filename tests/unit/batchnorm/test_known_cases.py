"""Cases from public threads: what was asked there, and what audit and health say of it."""

import pytest
from correct_chains import MODELS
from planted_registry import chain, labels, normal, one_hot

from trimtab import Input, Sequential, layers, utils
from trimtab.batchnorm import audit, health, recalibrate
from trimtab.batchnorm.script_check import unused_batch_norms


def network_of_the_question():
    """The network of the best-known question on where Batch Normalization goes, and its answer."""
    parts = [Input((14,))]
    for units in (64, 64):
        parts += [
            layers.Dense(units),
            layers.BatchNormalization(),
            layers.Activation("tanh"),
            layers.Dropout(0.5),
        ]
    parts += [layers.Dense(2), layers.BatchNormalization(), layers.Activation("softmax")]
    model = Sequential(parts)
    model.compile("sgd", "binary_crossentropy")
    return model


def test_the_network_of_the_question():
    report = audit(
        network_of_the_question(),
        data=normal(400, 14),
        batch_size=16,
        epochs=3,
        validation_split=0.2,
        select=["BN103", "BN104", "BN106", "BN203", "BN304"],
    )

    codes = [(f.code, f.severity) for f in report]
    assert codes == [
        ("BN203", "error"),
        ("BN103", "warn"),
        *[("BN104", "info")] * 3,
        *[("BN106", "info")] * 2,
        ("BN304", "info"),
    ]


def test_the_winning_network_of_a_contest_gets_no_warning():
    model = MODELS["mlp_prelu_as_in_kaggle_otto"]()

    report = audit(model, data=(normal(2000, 93), one_hot(labels(2000, 9), 9)), epochs=21)

    assert report.above("info") == []


def test_the_bare_statements_of_a_published_script():
    text = "from keras.layers import *\n" + "model.add(Dense(9))\nBatchNormalization()\n" * 4

    assert len(unused_batch_norms(text)) == 4


def test_a_hundred_rows_and_twenty_epochs():
    utils.set_random_seed(0)
    x = 5 * normal(100, 8) + 4
    y = one_hot((x[:, 0] > x[:, 1]).astype(int))
    model = chain(
        layers.Dense(16),
        layers.BatchNormalization(name="bn"),
        layers.ReLU(),
        layers.Dense(2, "softmax"),
    )
    model.compile("adam", "categorical_crossentropy")
    before = audit(model, data=(x, y), batch_size=32, epochs=20)
    model.fit(x, y, batch_size=32, epochs=20, verbose=0)
    after = health(model, x, y)
    recalibrate(model, x)

    assert [f.numbers["updates"] for f in before if f.code == "BN203"] == [80]
    share = next(f.numbers["share"] for f in after if f.code == "BH402")
    assert share == pytest.approx(0.99**80, abs=1e-6)
    assert health(model, x, y, select=["BH403", "BH410", "BH411"]).above("info") == []


def test_the_shift_of_a_dropout_is_measured_with_data():
    utils.set_random_seed(0)
    model = chain(layers.ReLU(), layers.Dropout(0.5), layers.BatchNormalization(), layers.Dense(1))

    finding = audit(model, data=normal(4000, 8), select=["BN106"]).findings[0]

    # A ReLU of normal values has mean 0.399 and variance 0.341.
    assert finding.numbers["ratio"] == pytest.approx(2 + 0.399**2 / 0.341, rel=0.05)
