import numpy as np
import pytest

import trimtab
from trimtab import callbacks, layers, optimizers, regularizers, utils
from trimtab.core import old_spellings


def test_all_problems_of_a_layer_are_in_one_message():
    with pytest.raises(ValueError, match="^Dense: ") as caught:
        layers.Dense(output_dim=3, init="unifrom", W_regularizer="l5", foo=1)

    text = str(caught.value)
    for part in (
        "`output_dim` is now `units`",
        "`init` is now `kernel_initializer`",
        "`W_regularizer` is now `kernel_regularizer`",
        "unknown argument 'foo'",
        "unknown name 'unifrom'. Did you mean \"uniform\"?",
        "unknown name 'l5'",
    ):
        assert part in text


def test_an_argument_that_is_missing_beside_old_ones_is_named():
    with pytest.raises(ValueError, match="`W_regularizer` is now .*; `units` is missing"):
        layers.Dense(W_regularizer="l2")


def test_arguments_that_became_one_are_named_together():
    text = "`nb_row`, `nb_col` are now `kernel_size=.nb_row, nb_col.`; `border_mode` is now"
    with pytest.raises(ValueError, match=text):
        layers.Conv2D(32, nb_row=3, nb_col=3, border_mode="same")


def test_a_subclass_of_a_layer_is_told_too():
    class Own(layers.Dense):
        pass

    with pytest.raises(ValueError, match="Dense: `init` is now `kernel_initializer`"):
        Own(3, init="uniform")


@pytest.mark.parametrize("owner", sorted(set(old_spellings.ARGUMENTS) & set(dir(layers))))
def test_every_old_argument_of_a_layer_is_named_with_todays(owner):
    for old, today in old_spellings.ARGUMENTS[owner].items():
        if owner == "Input" or old in ("alpha",):
            continue
        with pytest.raises(ValueError, match=f"{owner}: .*`{old}` is now `{today}`"):
            getattr(layers, owner)(**{old: 1})


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Nadam"])
def test_the_rate_of_an_optimizer_is_named(name):
    with pytest.raises(ValueError, match=f"{name}: `lr` is now `learning_rate`"):
        getattr(optimizers, name)(lr=0.1)


def test_decay_alone_is_a_warning_as_in_keras_3():
    with pytest.warns(UserWarning, match="`decay` is ignored"):
        optimizers.SGD(0.1, decay=1e-6)


def test_decay_beside_lr_is_told_with_it():
    with pytest.raises(ValueError, match="`lr` is now .*`decay` is now learning_rate=Inverse"):
        optimizers.SGD(lr=0.1, decay=1e-6)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: regularizers.l2(l=0.1), "L2: `l` is now `l2`"),
        (lambda: callbacks.ReduceLROnPlateau(epsilon=1), "`epsilon` is now `min_delta`"),
        (lambda: callbacks.ModelCheckpoint("m.keras", period=2), "`period` is now `save_freq`"),
    ],
)
def test_other_constructors_name_old_arguments(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_to_categorical_names_old_arguments():
    with pytest.raises(TypeError, match="`y` is now `x`; `nb_classes` is now `num_classes`"):
        utils.to_categorical(y=[1], nb_classes=3)


def test_a_model_names_old_arguments():
    x = trimtab.Input((3,))

    with pytest.raises(ValueError, match="`input` is now `inputs`; `output` is now `outputs`"):
        trimtab.Model(input=x, output=layers.Dense(2)(x))


@pytest.fixture
def model():
    made = trimtab.Sequential([trimtab.Input((2,)), layers.Dense(2)])
    made.compile("sgd", "mse")
    return made


def test_all_problems_of_compile_are_in_one_message(model):
    with pytest.raises(TypeError, match="^compile: `class_mode` is gone") as caught:
        model.compile("agd", "mes", metrics=["acuracy"], class_mode="binary")

    for name in ("agd", "mes", "acuracy"):
        assert f"unknown name {name!r}" in str(caught.value)


def test_unknown_names_of_compile_are_told_together_and_change_nothing(model):
    before = model.optimizer
    with pytest.raises(ValueError, match="unknown name 'agd'.*; loss: unknown name 'mes'"):
        model.compile("agd", "mes")

    assert model.optimizer is before


def test_all_problems_of_fit_are_in_one_message(model):
    text = (
        "fit: `nb_epoch` is now `epochs`; `show_accuracy` is now .*; unknown argument 'bach_size'"
    )
    with pytest.raises(TypeError, match=text):
        model.fit(np.zeros((2, 2)), np.zeros((2, 2)), nb_epoch=3, show_accuracy=True, bach_size=3)


@pytest.mark.parametrize("name", sorted(old_spellings.METHODS))
def test_a_method_that_is_gone_says_what_took_its_place(model, name):
    assert not hasattr(model, name)
    with pytest.raises(AttributeError, match=f"no attribute '{name}': .*use|takes"):
        getattr(model, name)


def test_what_is_gone_is_explained():
    for owner, names in old_spellings.GONE.items():
        for name, fate in names.items():
            assert old_spellings.explain(owner or "Dense", [name]) == [f"`{name}` {fate}"]
