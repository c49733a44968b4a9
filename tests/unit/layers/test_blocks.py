"""ConvBlock and DenseBlock: the layers that people write by hand, as one."""

import numpy as np
import pytest

import trimtab
from trimtab import layers

L = layers
# Arguments of a block on images, and the layers that it stands for.
SPELLED_OUT = {
    "before": (
        {},
        lambda: [L.Conv2D(4, 3, use_bias=False), L.BatchNormalization(), L.Activation("relu")],
    ),
    "after": (
        {"norm_position": "after"},
        lambda: [L.Conv2D(4, 3), L.Activation("relu"), L.BatchNormalization()],
    ),
    "nowhere": (
        {"norm_position": None},
        lambda: [L.Conv2D(4, 3), L.Activation("relu")],
    ),
    "no norm": ({"norm": None}, lambda: [L.Conv2D(4, 3), L.Activation("relu")]),
    "after nothing": (
        {"norm_position": "after", "activation": None},
        lambda: [L.Conv2D(4, 3, use_bias=False), L.BatchNormalization()],
    ),
    "dropout": (
        {"dropout": 0.4, "strides": 2, "padding": "same", "kernel_initializer": "he_normal"},
        lambda: [
            L.Conv2D(4, 3, 2, padding="same", kernel_initializer="he_normal", use_bias=False),
            L.BatchNormalization(),
            L.Activation("relu"),
            L.Dropout(0.4),
        ],
    ),
    "own norm": (
        {"norm": lambda: L.BatchNormalization(momentum=0.5), "activation": "tanh"},
        lambda: [
            L.Conv2D(4, 3, use_bias=False),
            L.BatchNormalization(momentum=0.5),
            L.Activation("tanh"),
        ],
    ),
    "several channels": (
        {"norm": lambda: L.GroupNormalization(2)},
        lambda: [L.Conv2D(4, 3), L.GroupNormalization(2), L.Activation("relu")],
    ),
    "layer as activation": (
        {"activation": lambda: L.LeakyReLU(0.1)},
        lambda: [L.Conv2D(4, 3, use_bias=False), L.BatchNormalization(), L.LeakyReLU(0.1)],
    ),
    "after a layer with weights": (
        {
            "activation": lambda: L.PReLU(),
            "norm": lambda: L.BatchNormalization(),
            "norm_position": "after",
        },
        lambda: [L.Conv2D(4, 3), L.PReLU(), L.BatchNormalization()],
    ),
    "channels first": (
        {"data_format": "channels_first"},
        lambda: [
            L.Conv2D(4, 3, data_format="channels_first", use_bias=False),
            L.BatchNormalization(axis=1),
            L.Activation("relu"),
        ],
    ),
    "kept bias": (
        {"use_bias": True},
        lambda: [L.Conv2D(4, 3), L.BatchNormalization(), L.Activation("relu")],
    ),
}


def made(arguments):
    """Arguments, with the layers among them made."""
    return {k: v() if callable(v) else v for k, v in arguments.items()}


def trained(parts):
    """Weights, losses and outputs of a network of `parts` after some steps."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(24, 6, 6, 3)).astype("float32"), rng.integers(0, 3, 24)
    trimtab.utils.set_random_seed(7)
    model = trimtab.Sequential([L.Input((6, 6, 3)), *parts(), L.Flatten(), L.Dense(3)])
    loss = trimtab.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(trimtab.optimizers.SGD(0.1, momentum=0.9), loss)
    history = model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    return model.get_weights(), history.history["loss"], model.predict(x, verbose=0)


@pytest.mark.parametrize("kind", SPELLED_OUT)
def test_a_block_is_bit_for_bit_the_layers_spelled_out(kind):
    arguments, parts = SPELLED_OUT[kind]
    weights, losses, outputs = trained(lambda: [L.ConvBlock(4, 3, **made(arguments))])
    own_weights, own_losses, own_outputs = trained(parts)
    assert losses == own_losses
    np.testing.assert_array_equal(outputs, own_outputs)
    for mine, own in zip(weights, own_weights, strict=True):
        np.testing.assert_array_equal(mine, own)


@pytest.mark.parametrize("kind", SPELLED_OUT)
def test_a_block_survives_its_configuration_and_files(kind, tmp_path):
    block = L.ConvBlock(4, 3, **made(SPELLED_OUT[kind][0]))
    model = trimtab.Sequential([L.Input((6, 6, 3)), block])
    x = np.random.default_rng(1).normal(size=(2, 6, 6, 3)).astype("float32")
    model.save(tmp_path / "model.keras")
    revived = trimtab.models.load_model(tmp_path / "model.keras")
    assert revived.layers[-1].get_config() == block.get_config()
    np.testing.assert_array_equal(revived(x), model(x))


def test_a_dense_block_is_bit_for_bit_the_layers_spelled_out():
    def parts():
        dense = L.Dense(5, use_bias=False, kernel_regularizer="l2")
        return [L.Flatten(), dense, L.BatchNormalization(), L.Activation("elu"), L.Dropout(0.2)]

    def block():
        return [
            L.Flatten(),
            L.DenseBlock(5, activation="elu", dropout=0.2, kernel_regularizer="l2"),
        ]

    (weights, losses, outputs), own = trained(block), trained(parts)
    assert losses == own[1]
    np.testing.assert_array_equal(outputs, own[2])
    assert all(np.array_equal(a, b) for a, b in zip(weights, own[0], strict=True))


@pytest.mark.parametrize("axis", [-1, 1])
def test_the_bias_of_a_dense_block_goes_where_the_channels_are_normalised(axis):
    block = L.DenseBlock(5, norm=L.BatchNormalization(axis=axis))
    block.build((None, 3))
    assert block.linear.bias is None


def test_the_bias_of_a_dense_block_stays_where_steps_are_normalised():
    block = L.DenseBlock(5, norm=L.BatchNormalization(axis=1))
    block.build((None, 7, 3))
    assert block.linear.bias is not None


def test_a_dense_block_is_restored_from_its_configuration():
    block = L.DenseBlock(5, norm_position="after", dropout=0.3, bias_initializer="ones", seed=3)
    assert L.DenseBlock.from_config(block.get_config()).get_config() == block.get_config()


def test_a_summary_opens_to_the_parts():
    model = trimtab.Sequential([L.Input((6, 6, 3)), L.ConvBlock(4, 3, dropout=0.1)])
    lines = []
    model.summary(expand_nested=True, print_fn=lines.append)
    text = "\n".join(lines)
    for name in ("conv (Conv2D)", "norm", "activation (Activation)", "dropout (Dropout)"):
        assert name in text


def test_weights_are_named_by_block_and_part():
    block = L.ConvBlock(4, 3, name="stem")
    block.build((None, 6, 6, 3))
    assert [w.path for w in block.weights] == [
        "stem/conv/kernel",
        "stem/norm/gamma",
        "stem/norm/beta",
        "stem/norm/moving_mean",
        "stem/norm/moving_variance",
    ]


def test_masks_pass_a_dense_block_and_reach_its_normalization():
    x = np.random.default_rng(1).normal(size=(2, 3, 4)).astype("float32")
    x[:, 2] = 9.0
    masked = L.Masking(9.0)(x)
    block, norm = L.DenseBlock(4, kernel_initializer="identity"), L.BatchNormalization()
    y = block(masked, training=True)
    norm(x, training=True, mask=masked._keras_mask)
    np.testing.assert_array_equal(y._keras_mask, masked._keras_mask)
    np.testing.assert_allclose(block.norm_layer.moving_mean, norm.moving_mean, rtol=1e-6)


def test_blocks_compute_in_the_type_of_their_policy():
    block = L.ConvBlock(4, 3, dtype="mixed_float16")
    y = block(np.ones((2, 6, 6, 3), "float32"))
    assert (y.dtype, block.linear.kernel.dtype) == ("float16", "float32")


@pytest.mark.parametrize("rank", [1, 3])
def test_a_block_may_convolve_sequences_and_volumes(rank):
    y = L.ConvBlock(4, 2, rank=rank)(np.ones((2, *[5] * rank, 3), "float32"))
    assert y.shape == (2, *[4] * rank, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"norm": "layer"}, "`norm` must be 'batch', None or a layer .* got 'layer'"),
        ({"norm_position": "befor"}, "Did you mean 'before'"),
        ({"activation": "rleu"}, 'Did you mean "relu"'),
        ({"dropout": 2}, "argument `rate`.*Received: 2"),
        ({"rank": 4}, "`rank` must be one of 1, 2, 3; got 4"),
        ({"padding": "causal"}, "`padding` must be one of 'valid', 'same'"),
    ],
)
def test_a_wrong_argument_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        L.ConvBlock(4, 3, **arguments)
