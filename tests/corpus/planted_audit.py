"""Faults for the rules of `audit`, each with a clean twin."""

from __future__ import annotations

import numpy as np
from planted_registry import bn, chain, labels, normal, one_hot, plant

from trimtab import Input, Model, layers, ops, optimizers
from trimtab.batchnorm import audit


class WithAttribute(Model):
    def __init__(self, calls_it):
        super().__init__()
        self.dense, self.bn, self.out = layers.Dense(4), bn(), layers.Dense(1)
        self.calls_it = calls_it

    def call(self, x):
        x = self.dense(x)
        return self.out(ops.relu(self.bn(x) if self.calls_it else x))


@plant("BN101", "error", "bn")
def attribute_never_called(is_faulty):
    model = WithAttribute(not is_faulty)
    model.build((None, 4))
    return audit(model)


@plant("BN101", "error", "bn")
def made_between_the_layers_and_dropped(is_faulty):
    first = layers.Dense(4)
    norm = bn()
    parts = [first, layers.ReLU(), layers.Dense(1)]
    if is_faulty:
        del norm
    else:
        parts.insert(1, norm)
    return audit(chain(*parts))


@plant("BN102", "error", "bn")
def behind_the_softmax(is_faulty):
    order = [layers.Softmax(), bn()]
    model = chain(layers.Dense(3), *(order if is_faulty else [layers.Dense(3), layers.Softmax()]))
    model.compile("sgd", "categorical_crossentropy")
    return audit(model)


@plant("BN102", "warn", "bn")
def behind_the_sigmoid_without_a_loss(is_faulty):
    parts = [layers.Dense(1, activation="sigmoid"), *([bn()] if is_faulty else [])]
    return audit(chain(*parts))


@plant("BN103", "warn", "bn")
def before_the_softmax(is_faulty):
    parts = [layers.Dense(3), *([bn()] if is_faulty else []), layers.Softmax()]
    return audit(chain(*parts))


@plant("BN103", "warn", "bn")
def at_the_end_of_a_regression(is_faulty):
    model = chain(layers.Dense(8, activation="relu"), layers.Dense(1), *([bn()] * is_faulty))
    model.compile("sgd", "mse")
    return audit(model)


@plant("BN104", "info", "hidden")
def bias_before_it(is_faulty):
    hidden = layers.Dense(8, use_bias=is_faulty, name="hidden")
    return audit(chain(hidden, bn(), layers.ReLU(), layers.Dense(1)))


@plant("BN104", "info", "hidden")
def bias_before_pooling_before_it(is_faulty):
    x = Input((8, 8, 2))
    y = layers.Conv2D(4, 3, name="hidden", activation=None if is_faulty else "relu")(x)
    y = bn()(layers.MaxPooling2D()(y))
    return audit(Model(x, layers.Dense(1)(layers.Flatten()(layers.ReLU()(y)))))


@plant("BN105", "warn", "bn")
def twice_in_a_row(is_faulty):
    parts = [layers.Dense(8), layers.BatchNormalization(name="first")]
    between = [] if is_faulty else [layers.ReLU(), layers.Dense(8)]
    return audit(chain(*parts, *between, bn(), layers.ReLU(), layers.Dense(1)))


@plant("BN105", "info", "bn")
def behind_a_layer_normalization(is_faulty):
    first = [layers.LayerNormalization()] if is_faulty else []
    return audit(chain(layers.Dense(8), *first, bn(), layers.ReLU(), layers.Dense(1)))


@plant("BN106", "warn", "bn")
def dropout_right_before_it(is_faulty):
    order = [layers.Dropout(0.5), bn()]
    parts = order if is_faulty else order[::-1]
    return audit(chain(layers.Dense(8, activation="relu"), *parts, layers.Dense(1)))


@plant("BN106", "info", "bn")
def dropout_before_the_layer_before_it(is_faulty):
    drop = [layers.Dropout(0.5)] if is_faulty else []
    parts = [layers.Dense(8, activation="relu"), *drop, layers.Dense(8), bn(), layers.ReLU()]
    return audit(chain(*parts, layers.Dense(1)))


@plant("BN107", "warn", "bn")
def on_the_skip_path(is_faulty):
    x = y = Input((8,))
    for number in range(4):
        z = layers.Dense(8, use_bias=False)(y)
        if not is_faulty:
            z = layers.BatchNormalization(name="bn" if number == 1 else f"bn_{number}")(z)
        z = layers.Dense(8)(layers.ReLU()(z))
        y = layers.Add()([y, z])
        if is_faulty:
            y = layers.BatchNormalization(name="bn" if number == 1 else f"bn_{number}")(y)
            y = layers.ReLU()(y)
    return audit(Model(x, layers.Dense(1)(layers.ReLU()(y))))


@plant("BN108", "warn", "bn")
def forgotten_activation(is_faulty):
    act = [] if is_faulty else [layers.ReLU()]
    return audit(chain(layers.Dense(8), bn(), *act, layers.Dense(8), layers.ReLU()))


@plant("BN109", "info", "")
def fused_activation_before_it(is_faulty):
    act = "relu" if is_faulty else None
    return audit(chain(layers.Dense(8, activation=act), bn(), layers.ReLU(), layers.Dense(1)))


@plant("BN110", "warn", "bn")
def shared_behind_different_layers(is_faulty):
    x, z = Input((4,)), Input((4,))
    first = layers.Dense(8)
    second = layers.Dense(8) if is_faulty else first
    norm = bn()
    y = layers.Concatenate()([norm(first(x)), norm(second(z))])
    return audit(Model([x, z], layers.Dense(1)(layers.ReLU()(y))))


@plant("BN111", "warn", "bn")
def mask_lost_on_the_way(is_faulty):
    x = Input((6,), dtype="int32")
    y = layers.Embedding(9, 4, mask_zero=True)(x)
    y = layers.ReLU()(bn()(y * 2.0 if is_faulty else y))
    return audit(Model(x, layers.Dense(1)(layers.GlobalAveragePooling1D()(y))))


@plant("BN111", "warn", "bn")
def zero_padding_without_a_mask(is_faulty):
    x = Input((10, 3))
    y = layers.ReLU()(bn()(layers.Dense(4)(x)))
    data = normal(64, 10, 3)
    if is_faulty:
        for row, steps in enumerate(np.random.default_rng(0).integers(3, 10, 64)):
            data[row, steps:] = 0
    return audit(Model(x, layers.Dense(1)(layers.Flatten()(y))), data=data)


@plant("BN112", "info", "bn")
def activations_on_both_sides(is_faulty):
    before = [layers.ReLU()] if is_faulty else []
    return audit(chain(layers.Dense(8), *before, bn(), layers.ReLU(), layers.Dense(1)))


@plant("BN201", "error", "bn")
def default_axis_behind_channels_first(is_faulty):
    x = Input((3, 8, 8))
    y = layers.Conv2D(4, 3, data_format="channels_first")(x)
    y = layers.ReLU()(bn(axis=-1 if is_faulty else 1)(y))
    return audit(Model(x, layers.Dense(1)(layers.Flatten()(y))))


@plant("BN201", "error", "bn")
def axis_of_the_rows_of_an_image(is_faulty):
    x = Input((8, 8, 3))
    y = layers.ReLU()(bn(axis=1 if is_faulty else 3)(layers.Conv2D(4, 3)(x)))
    return audit(Model(x, layers.Dense(1)(layers.Flatten()(y))))


@plant("BN202", "warn", "bn")
def momentum_of_pytorch(is_faulty):
    norm = bn(momentum=0.1 if is_faulty else 0.9)
    return audit(chain(layers.Dense(8), norm, layers.ReLU(), layers.Dense(1)))


@plant("BN202", "error", "bn")
def momentum_of_one(is_faulty):
    norm = bn(momentum=1.0 if is_faulty else 0.99)
    return audit(chain(layers.Dense(8), norm, layers.ReLU(), layers.Dense(1)))


@plant("BN203", "error", "bn")
def too_few_steps(is_faulty):
    model = chain(layers.Dense(8), bn(), layers.ReLU(), layers.Dense(1))
    rows = 100 if is_faulty else 1000
    return audit(model, data=normal(rows, 8), batch_size=32, epochs=20)


@plant("BN203", "warn", "bn")
def somewhat_few_steps(is_faulty):
    model = chain(layers.Dense(8), bn(), layers.ReLU(), layers.Dense(1))
    return audit(model, batch_size=32, steps_per_epoch=10, epochs=20 if is_faulty else 40)


@plant("BN204", "warn", "bn")
def large_epsilon(is_faulty):
    norm = bn(epsilon=0.1 if is_faulty else 1e-3)
    return audit(chain(layers.Dense(8), norm, layers.ReLU(), layers.Dense(1)))


@plant("BN204", "warn", "bn")
def tiny_epsilon(is_faulty):
    norm = bn(epsilon=1e-12 if is_faulty else 1e-5)
    return audit(chain(layers.Dense(8), norm, layers.ReLU(), layers.Dense(1)))


@plant("BN205", "warn", "bn")
def no_center_before_a_relu(is_faulty):
    norm = bn(center=not is_faulty)
    return audit(chain(layers.Dense(8), norm, layers.ReLU(), layers.Dense(1)))


@plant("BN205", "warn", "bn")
def no_scale_before_a_tanh(is_faulty):
    act = layers.Activation("tanh" if is_faulty else "relu")
    return audit(chain(layers.Dense(8), bn(scale=False), act, layers.Dense(1)))


@plant("BN206", "info", "bn")
def regularized_gamma(is_faulty):
    norm = bn(gamma_regularizer="l2" if is_faulty else None)
    return audit(chain(layers.Dense(8), norm, layers.ReLU(), layers.Dense(1)))


@plant("BN206", "info", "")
def weight_decay_of_gamma(is_faulty):
    model = chain(layers.Dense(8), bn(), layers.ReLU(), layers.Dense(1))
    optimizer = optimizers.AdamW(weight_decay=0.01)
    if not is_faulty:
        optimizer.exclude_from_weight_decay(var_names=["gamma", "beta"])
    return audit(model, optimizer)


@plant("BN207", "warn", "bn")
def zero_gamma_in_a_chain(is_faulty):
    norm = bn(gamma_initializer="zeros" if is_faulty else "ones")
    return audit(chain(layers.Dense(8), norm, layers.ReLU(), layers.Dense(1)))


@plant("BN208", "info", "bn")
def frozen_and_called_with_training_true(is_faulty):
    norm = bn(trainable=not is_faulty)
    x = Input((4,))
    y = norm(layers.Dense(8)(x), training=True)
    return audit(Model(x, layers.Dense(1)(layers.ReLU()(y))))


@plant("BN208", "warn", "bn")
def pretrained_statistics_in_small_batches(is_faulty):
    norm = bn(trainable=is_faulty)
    model = chain(layers.Dense(8), norm, layers.ReLU(), layers.Dense(1))
    norm.moving_mean.assign(np.ones(8))
    return audit(model, batch_size=8)


@plant("BN208", "warn", "bn")
def frozen_after_compile(is_faulty):
    norm = bn()
    model = chain(layers.Dense(8), norm, layers.ReLU(), layers.Dense(1))
    if not is_faulty:
        norm.trainable = False
    model.compile("sgd", "mse")
    norm.trainable = False
    return audit(model)


@plant("BN208", "warn", "bn")
def trains_behind_a_frozen_layer(is_faulty):
    dense = layers.Dense(8, trainable=False)
    return audit(chain(dense, bn(trainable=is_faulty), layers.ReLU(), layers.Dense(1)))


@plant("BN208", "warn", "inner/bn")
def training_false_that_fit_overrides(is_faulty):
    inner = chain(layers.Dense(8), bn(), layers.ReLU())
    inner.name = "inner"
    inner.trainable = is_faulty
    x = Input((8,))
    return audit(Model(x, layers.Dense(1)(inner(x, training=False))))


@plant("BN301", "error", "bn")
def one_row_left_over(is_faulty):
    x = Input((8, 8, 2))
    y = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="relu")(x))
    model = Model(x, layers.Dense(2, activation="softmax")(layers.ReLU()(bn()(y))))
    return audit(model, data=normal(129 if is_faulty else 130, 8, 8, 2), batch_size=128)


@plant("BN301", "error", "bn")
def batches_of_one_row(is_faulty):
    model = chain(layers.Dense(8), bn(), layers.ReLU(), layers.Dense(1))
    return audit(model, batch_size=1 if is_faulty else 32)


@plant("BN302", "warn", "bn")
def batches_of_four(is_faulty):
    model = chain(layers.Dense(8), bn(), layers.ReLU(), layers.Dense(1))
    return audit(model, batch_size=4 if is_faulty else 32)


@plant("BN302", "warn", "bn")
def small_maps_in_small_batches(is_faulty):
    size = 9 if is_faulty else 30
    x = Input((size, size, 2))
    y = layers.ReLU()(bn()(layers.Conv2D(4, 3)(x)))
    return audit(Model(x, layers.Dense(1)(layers.Flatten()(y))), batch_size=2)


@plant("BN303", "warn", "bn")
def accumulated_gradients(is_faulty):
    model = chain(layers.Dense(8), bn(), layers.ReLU(), layers.Dense(1))
    return audit(model, optimizers.SGD(gradient_accumulation_steps=4 if is_faulty else None))


@plant("BN304", "error", "")
def sorted_rows_and_a_validation_split(is_faulty):
    model = chain(layers.Dense(8), bn(), layers.ReLU(), layers.Dense(1))
    numbers = labels(500, 4)
    y = one_hot(np.sort(numbers) if is_faulty else numbers, 4)
    return audit(model, data=(normal(500, 8), y), validation_split=0.2)


@plant("BN304", "error", "")
def sorted_targets_and_a_validation_split(is_faulty):
    model = chain(layers.Dense(8), bn(), layers.ReLU(), layers.Dense(1))
    y = normal(500, 1, seed=3)
    y = np.sort(y, axis=0) if is_faulty else y
    return audit(model, data=(normal(500, 8), y), validation_split=0.2)


@plant("BN304", "error", "")
def sorted_rows_without_shuffling(is_faulty):
    model = chain(layers.Dense(8), bn(), layers.ReLU(), layers.Dense(1))
    numbers = labels(640, 10)
    y = np.sort(numbers) if is_faulty else numbers
    return audit(model, data=(normal(640, 8), y), batch_size=32, shuffle=False)


class SWA:
    """Stands for a callback that averages weights."""


@plant("BN305", "warn", "bn")
def averaged_weights(is_faulty):
    model = chain(layers.Dense(8), bn(), layers.ReLU(), layers.Dense(1))
    return audit(model, callbacks=[SWA()] if is_faulty else [])


@plant("BN305", "info", "bn")
def moving_average_of_weights(is_faulty):
    model = chain(layers.Dense(8), bn(), layers.ReLU(), layers.Dense(1))
    return audit(model, optimizers.SGD(use_ema=is_faulty))
