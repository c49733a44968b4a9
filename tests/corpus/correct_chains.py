"""Correct networks: chains, sequences, subclassed models."""

from correct_registry import MODELS, bn, compiled, correct

from trimtab import Input, Model, Sequential, layers, ops

# --- chains -----------------------------------------------------------------------------


def mlp(activation, placement, bias=False, dropout=0.0):
    parts = [Input((14,))]
    for _ in range(2):
        parts.append(layers.Dense(64, use_bias=bias))
        order = [bn(), layers.Activation(activation)]
        parts += order if placement == "before" else order[::-1]
        if dropout:
            parts.append(layers.Dropout(dropout))
    parts.append(layers.Dense(2, activation="softmax"))
    return compiled(Sequential(parts))


for _activation in ("relu", "tanh", "sigmoid", "elu", "gelu", "selu", "silu"):
    for _placement in ("before", "after"):
        MODELS[f"mlp_{_activation}_{_placement}"] = (
            lambda activation=_activation, placement=_placement: mlp(activation, placement)
        )


@correct
def mlp_with_bias_before():
    return mlp("relu", "before", bias=True)


@correct
def mlp_with_bias_after():
    return mlp("relu", "after", bias=True)


@correct
def mlp_with_dropout_behind_each_block():
    return mlp("tanh", "before", dropout=0.5)


@correct
def mlp_with_fused_activations():
    return compiled(
        Sequential(
            [
                Input((14,)),
                layers.Dense(64, activation="relu"),
                bn(),
                layers.Dense(64, activation="relu"),
                bn(),
                layers.Dense(2, activation="softmax"),
            ]
        )
    )


@correct
def mlp_prelu_as_in_kaggle_otto():
    parts = [Input((93,))]
    for _ in range(3):
        parts += [layers.Dense(64), layers.PReLU(), bn(), layers.Dropout(0.5)]
    return compiled(Sequential([*parts, layers.Dense(9, activation="softmax")]))


@correct
def input_normalised_by_batch_norm():
    return compiled(
        Sequential([Input((14,)), bn(), layers.Dense(32, activation="relu"), layers.Dense(1)]),
        "mse",
    )


@correct
def regression():
    return compiled(
        Sequential([Input((8,)), layers.Dense(32), bn(), layers.ReLU(), layers.Dense(1)]), "mse"
    )


@correct
def binary_classifier_with_logits():
    return compiled(
        Sequential([Input((8,)), layers.Dense(32), bn(), layers.LeakyReLU(), layers.Dense(1)]),
        "binary_crossentropy",
    )


@correct
def uncompiled():
    return Sequential([Input((8,)), layers.Dense(32), bn(), layers.ReLU(), layers.Dense(1)])


@correct
def momentum_as_in_pytorch_converted():
    return Sequential(
        [
            Input((8,)),
            layers.Dense(32),
            bn(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            layers.Dense(1),
        ]
    )


@correct
def renormalised():
    return Sequential(
        [Input((8,)), layers.Dense(32), bn(renorm=True), layers.ReLU(), layers.Dense(1)]
    )


@correct
def low_rank_bottleneck():
    x = Input((64,))
    y = bn()(layers.Dense(8, use_bias=False)(x))
    y = layers.Dense(64, activation="relu")(y)
    return compiled(Model(x, layers.Dense(2, activation="softmax")(y)))


# --- sequences ------------------------------------------------------------------------------


@correct
def masked_sequence():
    x = Input((20,), dtype="int32")
    y = layers.Embedding(50, 8, mask_zero=True)(x)
    y = bn()(y)
    y = layers.GlobalAveragePooling1D()(layers.Dense(8, activation="relu")(y))
    return compiled(Model(x, layers.Dense(1, activation="sigmoid")(y)), "binary_crossentropy")


@correct
def norm_behind_pooling_of_a_masked_sequence():
    x = Input((20,), dtype="int32")
    y = layers.GlobalAveragePooling1D()(layers.Embedding(50, 8, mask_zero=True)(x))
    y = layers.ReLU()(bn()(layers.Dense(16, use_bias=False)(y)))
    return compiled(Model(x, layers.Dense(1, activation="sigmoid")(y)), "binary_crossentropy")


@correct
def unmasked_text():
    x = Input((20,), dtype="int32")
    y = layers.Embedding(50, 8)(x)
    y = layers.ReLU()(bn()(layers.Conv1D(8, 3, use_bias=False)(y)))
    y = layers.GlobalMaxPooling1D()(y)
    return compiled(Model(x, layers.Dense(1, activation="sigmoid")(y)), "binary_crossentropy")


@correct
def layer_norm_beside_batch_norm():
    x = Input((12, 16))
    y = layers.LayerNormalization()(layers.Dense(16)(x))
    y = layers.ReLU()(bn()(layers.Dense(16, use_bias=False)(layers.ReLU()(y))))
    return compiled(Model(x, layers.Dense(1)(layers.GlobalAveragePooling1D()(y))), "mse")


# --- subclassed -------------------------------------------------------------------------------


class ResidualBlock(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.first, self.second = layers.Dense(units, use_bias=False), layers.Dense(units)
        self.norm = bn()

    def call(self, x, training=None):
        y = ops.relu(self.norm(self.first(x), training=training))
        return x + self.second(y)


class Classifier(Model):
    def __init__(self, flagged=False):
        super().__init__()
        self.stem = layers.Dense(16)
        self.blocks = [ResidualBlock(16) for _ in range(3)]
        self.norm = bn()
        self.out = layers.Dense(3, activation="softmax")
        self.flagged = flagged

    def call(self, x, training=None):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x, training=training)
        return self.out(ops.relu(self.norm(x, training=training)))


@correct
def subclassed_model():
    model = Classifier()
    model.build((None, 8))
    return compiled(model)


@correct
def custom_layers_in_a_functional_model():
    x = Input((16,))
    y = ResidualBlock(16)(ResidualBlock(16)(x))
    return compiled(Model(x, layers.Dense(3, activation="softmax")(layers.ReLU()(bn()(y)))))


@correct
def lambda_and_operators():
    x = Input((16,))
    y = layers.Dense(16, use_bias=False)(x * 2.0 - 1.0)
    y = layers.Lambda(lambda t: ops.relu(t))(bn()(y))
    return compiled(Model(x, layers.Dense(1)(y)), "mse")


@correct
def time_distributed():
    x = Input((4, 8))
    y = layers.TimeDistributed(layers.Dense(8))(x)
    y = layers.ReLU()(bn()(y))
    return compiled(Model(x, layers.Dense(1)(layers.Flatten()(y))), "mse")


@correct
def no_batch_norm_at_all():
    return compiled(
        Sequential([Input((8,)), layers.Dense(16, activation="relu"), layers.Dense(1)]), "mse"
    )
