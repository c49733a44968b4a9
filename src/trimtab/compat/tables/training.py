"""Methods of models, optimizers, callbacks and functions in old versions."""

from __future__ import annotations

from typing import Any

from trimtab.compat.tables.rows import KERAS_2, KERAS_3, Call, default, order
from trimtab.core.old_spellings import ARGUMENTS, ORDERINGS

_FIT = "batch_size nb_epoch verbose callbacks validation_split validation_data shuffle"
_FIT_GENERATOR = "generator samples_per_epoch nb_epoch verbose"
_WORKERS = "max_q_size nb_worker pickle_safe"
_QUEUE = dict.fromkeys(("workers", "max_queue_size", "use_multiprocessing"), "")
_QUEUE["nb_val_worker"] = ""
_OPTIMIZERS = "keras.optimizers"


def _method(name: str, today: str | None = None, **row: Any) -> Call:
    called = today or name
    row.setdefault("rename", ARGUMENTS.get(name, {}))
    return Call(name, f"keras.Model.{called}", **row)


METHODS: tuple[Call, ...] = (
    _method(
        "compile",
        orders=(
            order("0.1.0", "optimizer loss class_mode theano_mode"),
            order("1.0.0", "optimizer loss metrics loss_weights sample_weight_mode"),
            order("2.4.0"),
        ),
        dropped={
            "class_mode": "",
            "theano_mode": "",
            "sample_weight_mode": "shapes of the weights say it",
            "target_tensors": "",
        },
        special="compile",
    ),
    _method(
        "fit",
        orders=(
            order("0.1.0", f"X y {_FIT} show_accuracy class_weight sample_weight"),
            order("1.0.0", f"X y {_FIT} class_weight sample_weight initial_epoch"),
            order(
                "2.0.0",
                "x y batch_size epochs verbose callbacks validation_split validation_data shuffle "
                "class_weight sample_weight initial_epoch steps_per_epoch validation_steps",
            ),
        ),
        defaults=(
            *default("batch_size", ("0.1.0", 128), ("1.0.0", None)),
            *default("epochs", ("0.1.0", 100), ("1.0.0", 10), ("2.1.0", None)),
        ),
        dropped={"show_accuracy": "", **_QUEUE},
        special="fit",
    ),
    _method(
        "evaluate",
        orders=(
            order("0.1.0", "X y batch_size show_accuracy verbose sample_weight"),
            order("1.0.0", "X y batch_size verbose sample_weight"),
            order("2.0.0", "x y batch_size verbose sample_weight steps"),
        ),
        defaults=(
            *default("batch_size", ("0.1.0", 128), ("1.0.0", None)),
            *default("verbose", ("0.1.0", 1), ("2.4.0", None)),
        ),
        dropped={"show_accuracy": "", **_QUEUE},
        special="evaluate",
    ),
    _method(
        "predict",
        orders=(
            order("0.1.0", "X batch_size verbose"),
            order("2.0.0", "x batch_size verbose steps"),
        ),
        defaults=(
            *default("batch_size", ("0.1.0", 128), ("1.0.0", None)),
            *default("verbose", ("0.1.0", 0), ("2.9.0", None)),
        ),
        dropped=dict(_QUEUE),
    ),
    _method(
        "predict_classes",
        "predict",
        orders=(order("0.1.0", "X batch_size verbose"), order("2.0.0", "x batch_size verbose")),
        rename=ARGUMENTS["predict"],
        defaults=(
            *default("batch_size", ("0.1.0", 128), ("1.0.0", None)),
            *default("verbose", ("0.1.0", 1), ("2.1.1", 0)),
        ),
        until=(2, 6, 0),
        special="predict_classes",
    ),
    _method(
        "predict_proba",
        "predict",
        orders=(order("0.1.0", "X batch_size verbose"), order("2.0.0", "x batch_size verbose")),
        rename=ARGUMENTS["predict"],
        defaults=(
            *default("batch_size", ("0.1.0", 128), ("1.0.0", None)),
            *default("verbose", ("0.1.0", 1), ("2.1.1", 0)),
        ),
        until=(2, 6, 0),
    ),
    _method(
        "train_on_batch",
        orders=(
            order("0.1.0", "X y accuracy class_weight sample_weight"),
            order("1.0.0", "X y class_weight sample_weight"),
            order("2.3.0"),
        ),
        dropped={"accuracy": "", "reset_metrics": ""},
        special="evaluate",
    ),
    _method(
        "test_on_batch",
        orders=(
            order("0.1.0", "X y accuracy sample_weight"),
            order("1.0.0", "X y sample_weight"),
            order("2.3.0"),
        ),
        dropped={"accuracy": "", "reset_metrics": ""},
        special="evaluate",
    ),
    _method(
        "train",
        "train_on_batch",
        orders=(order("0.1.0", "X y accuracy"),),
        rename=ARGUMENTS["train_on_batch"],
        until=(0, 1, 3),
        dropped={"accuracy": ""},
        special="evaluate",
    ),
    _method(
        "test",
        "test_on_batch",
        orders=(order("0.1.0", "X y accuracy"),),
        rename=ARGUMENTS["test_on_batch"],
        until=(0, 1, 3),
        dropped={"accuracy": ""},
        special="evaluate",
    ),
    _method(
        "fit_generator",
        "fit",
        orders=(
            order(
                "0.1.0",
                f"{_FIT_GENERATOR} show_accuracy callbacks validation_data nb_val_samples "
                "class_weight nb_worker nb_val_worker",
            ),
            order(
                "1.0.0",
                f"{_FIT_GENERATOR} callbacks validation_data nb_val_samples class_weight "
                f"{_WORKERS} initial_epoch",
            ),
            order(
                "2.0.0",
                "generator steps_per_epoch epochs verbose callbacks validation_data "
                "validation_steps class_weight max_queue_size workers use_multiprocessing shuffle "
                "initial_epoch",
            ),
            order(
                "2.2.5",
                "generator steps_per_epoch epochs verbose callbacks validation_data "
                "validation_steps validation_freq class_weight max_queue_size workers "
                "use_multiprocessing shuffle initial_epoch",
            ),
        ),
        rename={**ARGUMENTS["fit_generator"], "generator": "x"},
        dropped={"show_accuracy": "", **_QUEUE},
        old_until=KERAS_3,
        special="fit_generator",
    ),
    _method(
        "evaluate_generator",
        "evaluate",
        orders=(
            order("0.1.0", "generator val_samples show_accuracy verbose"),
            order("1.0.0", f"generator val_samples {_WORKERS}"),
            order("2.0.0", "generator steps max_queue_size workers use_multiprocessing verbose"),
        ),
        rename={**ARGUMENTS["evaluate_generator"], "generator": "x"},
        dropped={"show_accuracy": "", **_QUEUE},
        defaults=default("verbose", ("0.1.0", 0)),
        old_until=KERAS_3,
        special="fit_generator",
    ),
    _method(
        "predict_generator",
        "predict",
        orders=(
            order("0.1.0", f"generator val_samples {_WORKERS}"),
            order("2.0.0", "generator steps max_queue_size workers use_multiprocessing verbose"),
        ),
        rename={**ARGUMENTS["predict_generator"], "generator": "x"},
        dropped=dict(_QUEUE),
        defaults=default("verbose", ("0.1.0", 0)),
        old_until=KERAS_3,
        special="fit_generator",
    ),
    Call(
        "Model",
        "keras.Model",
        orders=(order("0.1.0", "input output name"), order("2.0.0")),
        rename=ARGUMENTS["Model"],
    ),
)


def _optimizer(name: str, *signatures: tuple[str, str], **row: Any) -> Call:
    old = tuple(order(since, names) for since, names in signatures)
    return Call(
        name,
        f"{_OPTIMIZERS}.{name}",
        orders=(*old, order("2.4.0")),
        rename=ARGUMENTS[name],
        old_until=KERAS_3,
        special="optimizer",
        **row,
    )


OPTIMIZERS: tuple[Call, ...] = (
    _optimizer("SGD", ("0.1.0", "lr momentum decay nesterov")),
    _optimizer(
        "RMSprop",
        ("0.1.0", "lr rho epsilon decay"),
        defaults=default("epsilon", ("0.1.0", 1e-6), ("1.0.3", 1e-8), ("2.1.3", None)),
    ),
    _optimizer(
        "Adagrad",
        ("0.1.0", "lr epsilon decay"),
        defaults=(
            *default("learning_rate", ("0.1.0", 0.01), ("2.4.0", None)),
            *default("epsilon", ("0.1.0", 1e-6), ("1.0.3", 1e-8), ("2.1.3", None)),
            *default("initial_accumulator_value", ("0.1.0", 0.0), ("2.4.0", None)),
        ),
    ),
    _optimizer(
        "Adadelta",
        ("0.1.0", "lr rho epsilon decay"),
        defaults=(
            *default("learning_rate", ("0.1.0", 1.0), ("2.4.0", None)),
            *default("epsilon", ("0.1.0", 1e-6), ("1.0.3", 1e-8), ("2.1.3", None)),
        ),
    ),
    _optimizer(
        "Adam",
        ("0.1.0", "lr beta_1 beta_2 epsilon decay"),
        ("2.1.3", "lr beta_1 beta_2 epsilon decay amsgrad"),
        defaults=default("epsilon", ("0.1.0", 1e-8), ("2.1.3", None)),
    ),
    _optimizer(
        "Adamax",
        ("0.1.0", "lr beta_1 beta_2 epsilon decay"),
        defaults=(
            *default("learning_rate", ("0.1.0", 0.002), ("2.4.0", None)),
            *default("epsilon", ("0.1.0", 1e-8), ("2.1.3", None)),
        ),
    ),
    _optimizer(
        "Nadam",
        ("0.1.0", "lr beta_1 beta_2 epsilon schedule_decay"),
        defaults=(
            *default("learning_rate", ("0.1.0", 0.002), ("2.4.0", None)),
            *default("epsilon", ("0.1.0", 1e-8), ("2.1.3", None)),
        ),
        dropped={"schedule_decay": "the schedule's constant is 0.004"},
    ),
)

CALLBACKS: tuple[Call, ...] = (
    Call(
        "ModelCheckpoint",
        "keras.callbacks.ModelCheckpoint",
        orders=(
            order("0.1.0", "filepath monitor verbose save_best_only mode"),
            order("1.0.7", "filepath monitor verbose save_best_only save_weights_only mode period"),
            order("2.4.0"),
        ),
        defaults=default("save_weights_only", ("0.1.0", True), ("1.0.7", None)),
        special="checkpoint",
    ),
    Call(
        "EarlyStopping",
        "keras.callbacks.EarlyStopping",
        orders=(
            order("0.1.0", "monitor patience verbose mode"),
            order("1.1.1", "monitor min_delta patience verbose mode"),
            order("2.0.0"),
        ),
        special="early_stopping",
    ),
    Call(
        "ReduceLROnPlateau",
        "keras.callbacks.ReduceLROnPlateau",
        rename=ARGUMENTS["ReduceLROnPlateau"],
        old_until=KERAS_3,
    ),
    Call(
        "LambdaCallback",
        "keras.callbacks.LambdaCallback",
        rename=ARGUMENTS["LambdaCallback"],
        orders=(
            order(
                "0.1.0",
                "on_epoch_begin on_epoch_end on_batch_begin on_batch_end on_train_begin "
                "on_train_end",
            ),
            order("2.4.0"),
        ),
    ),
    Call("LearningRateScheduler", "keras.callbacks.LearningRateScheduler"),
)

# No part of Keras 3's public names, so not among the calls that are rewritten.
IMAGES = Call(
    "ImageDataGenerator",
    "",
    orders=(
        order(
            "0.1.0",
            "featurewise_center samplewise_center featurewise_std_normalization "
            "samplewise_std_normalization zca_whitening rotation_range width_shift_range "
            "height_shift_range",
        ),
        order("2.0.5"),
    ),
    rename={"dim_ordering": "data_format"},
    values={"data_format": ORDERINGS},
    defaults=(
        *default("featurewise_center", ("0.1.0", True), ("1.0.2", None)),
        *default("featurewise_std_normalization", ("0.1.0", True), ("1.0.2", None)),
    ),
)
# The loaders of `keras.datasets`.
LOAD_DATA = Call("load_data", "load_data", rename=ARGUMENTS["load_data"])

_L1L2 = (*default("l1", ("0.1.0", 0.01)), *default("l2", ("0.1.0", 0.01)))

FUNCTIONS: tuple[Call, ...] = (
    Call("l1", "keras.regularizers.L1", rename=ARGUMENTS["l1"]),
    Call("l2", "keras.regularizers.L2", rename=ARGUMENTS["l2"]),
    Call("l1l2", "keras.regularizers.L1L2", defaults=_L1L2, until=KERAS_2),
    Call("activity_l1", "keras.regularizers.L1", rename=ARGUMENTS["l1"], until=KERAS_2),
    Call("activity_l2", "keras.regularizers.L2", rename=ARGUMENTS["l2"], until=KERAS_2),
    Call("activity_l1l2", "keras.regularizers.L1L2", defaults=_L1L2, until=KERAS_2),
    Call("WeightRegularizer", "keras.regularizers.L1L2", until=KERAS_2),
    Call("ActivityRegularizer", "keras.regularizers.L1L2", until=KERAS_2),
    Call("maxnorm", "keras.constraints.MaxNorm", rename=ARGUMENTS["MaxNorm"]),
    Call("MaxNorm", "keras.constraints.MaxNorm", rename=ARGUMENTS["MaxNorm"]),
    Call("nonneg", "keras.constraints.NonNeg"),
    Call("unitnorm", "keras.constraints.UnitNorm"),
    Call("MinMaxNorm", "keras.constraints.MinMaxNorm", rename=ARGUMENTS["MinMaxNorm"]),
    Call(
        "to_categorical",
        "keras.utils.to_categorical",
        orders=(order("0.1.0", "y nb_classes"), order("2.0.0", "y num_classes"), order("3.0.0")),
        rename=ARGUMENTS["to_categorical"],
        special="to_categorical",
    ),
    Call("merge", "", until=(2, 2, 0), special="merge"),
    Call("Merge", "", until=(2, 2, 0), special="merge"),
)
