"""Networks that use Batch Normalization as it is meant to be used: `audit` must find no fault.

Small versions of published designs; what counts is how they are wired.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trimtab import Input, Model, Sequential, layers, ops

MODELS: dict[str, Callable[[], Any]] = {}
# How they are trained: enough steps, no small batches.
TRAINING = {"batch_size": 32, "steps_per_epoch": 100, "epochs": 10}


def correct(build):
    MODELS[build.__name__] = build
    return build


def bn(**kwargs):
    return layers.BatchNormalization(**kwargs)


def compiled(model, loss="categorical_crossentropy", optimizer="adam"):
    model.compile(optimizer, loss)
    return model


def image(size=16, channels=3):
    return Input((size, size, channels))


def head(x, classes=10):
    return layers.Dense(classes, activation="softmax")(layers.GlobalAveragePooling2D()(x))


def conv_bn_relu(x, filters, size=3, strides=1, activation="relu", **kwargs):
    x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False, **kwargs)(x)
    x = bn()(x)
    return layers.Activation(activation)(x) if activation else x


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


# --- plain convolutions ------------------------------------------------------------------


def vgg(placement):
    x = y = image()
    for filters in (8, 16):
        for _ in range(2):
            y = layers.Conv2D(filters, 3, padding="same", use_bias=placement == "after")(y)
            y = layers.ReLU()(bn()(y)) if placement == "before" else bn()(layers.ReLU()(y))
        y = layers.MaxPooling2D()(y)
    y = layers.Flatten()(y)
    y = layers.Dense(32, activation="relu")(y)
    return compiled(Model(x, layers.Dense(10, activation="softmax")(y)))


@correct
def vgg_before():
    return vgg("before")


@correct
def vgg_after():
    return vgg("after")


@correct
def norm_behind_the_pooling():
    x = image()
    y = layers.MaxPooling2D()(layers.Conv2D(8, 3, use_bias=False)(x))
    y = layers.ReLU()(bn()(y))
    return compiled(Model(x, head(y)))


@correct
def channels_first():
    x = Input((3, 16, 16))
    y = layers.Conv2D(8, 3, use_bias=False, data_format="channels_first")(x)
    y = layers.ReLU()(bn(axis=1)(y))
    y = layers.GlobalAveragePooling2D(data_format="channels_first")(y)
    return compiled(Model(x, layers.Dense(10, activation="softmax")(y)))


@correct
def channels_moved_by_permute():
    x = Input((3, 16, 16))
    y = layers.Permute((2, 3, 1))(x)
    y = layers.ReLU()(bn()(layers.Conv2D(8, 3, use_bias=False)(y)))
    return compiled(Model(x, head(y)))


@correct
def frequency_norm_of_a_spectrogram():
    x = Input((40, 64, 1))
    y = bn(axis=2)(x)
    y = layers.ReLU()(bn()(layers.Conv2D(8, 3, use_bias=False)(y)))
    return compiled(Model(x, head(y)))


@correct
def one_dimensional():
    x = Input((50, 6))
    y = layers.ReLU()(bn()(layers.Conv1D(16, 5, use_bias=False)(x)))
    y = layers.GlobalMaxPooling1D()(y)
    return compiled(Model(x, layers.Dense(3, activation="softmax")(y)))


@correct
def three_dimensional():
    x = Input((8, 8, 8, 1))
    y = layers.ReLU()(bn()(layers.Conv3D(4, 3, use_bias=False)(x)))
    y = layers.Flatten()(y)
    return compiled(Model(x, layers.Dense(3, activation="softmax")(y)))


@correct
def wavenet_like():
    x = y = Input((64, 8))
    for rate in (1, 2, 4):
        z = layers.Conv1D(8, 2, padding="causal", dilation_rate=rate, use_bias=False)(y)
        z = bn()(z)
        gate = layers.Activation("sigmoid")(z) * layers.Activation("tanh")(z)
        y = y + layers.Conv1D(8, 1)(gate)
    y = layers.GlobalAveragePooling1D()(y)
    return compiled(Model(x, layers.Dense(3, activation="softmax")(y)))


# --- residual -----------------------------------------------------------------------------


def basic_block(x, filters, strides=1):
    y = conv_bn_relu(x, filters, strides=strides)
    y = conv_bn_relu(y, filters, activation=None)
    if strides > 1 or x.shape[-1] != filters:
        x = conv_bn_relu(x, filters, 1, strides, activation=None)
    return layers.ReLU()(layers.Add()([x, y]))


@correct
def resnet():
    x = image()
    y = conv_bn_relu(x, 8)
    for filters, strides in ((8, 1), (8, 1), (16, 2), (16, 1)):
        y = basic_block(y, filters, strides)
    return compiled(Model(x, head(y)))


@correct
def resnet_bottleneck_with_zero_gamma():
    x = image()
    y = conv_bn_relu(x, 8)
    for _ in range(3):
        z = conv_bn_relu(y, 4, 1)
        z = conv_bn_relu(z, 4)
        z = layers.Conv2D(8, 1, use_bias=False)(z)
        z = bn(gamma_initializer="zeros")(z)
        y = layers.ReLU()(layers.Add()([y, z]))
    return compiled(Model(x, head(y)))


@correct
def resnet_with_biases_and_large_stem():
    x = image(32)
    y = layers.ZeroPadding2D(3)(x)
    y = layers.Conv2D(8, 7, strides=2)(y)
    y = layers.ReLU()(bn(epsilon=1.001e-5)(y))
    y = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(y))
    z = layers.ReLU()(bn(epsilon=1.001e-5)(layers.Conv2D(8, 3, padding="same")(y)))
    z = bn(epsilon=1.001e-5)(layers.Conv2D(8, 3, padding="same")(z))
    return compiled(Model(x, head(layers.ReLU()(layers.add([y, z])))))


@correct
def preactivation_resnet():
    x = image()
    y = layers.Conv2D(8, 3, padding="same", use_bias=False)(x)
    for _ in range(4):
        z = layers.ReLU()(bn()(y))
        z = layers.Conv2D(8, 3, padding="same", use_bias=False)(z)
        z = layers.ReLU()(bn()(z))
        z = layers.Conv2D(8, 3, padding="same", use_bias=False)(z)
        y = y + z
    return compiled(Model(x, head(layers.ReLU()(bn()(y)))))


@correct
def preactivation_resnet_with_projections():
    x = image()
    y = layers.Conv2D(8, 3, padding="same", use_bias=False)(x)
    for filters, strides in ((8, 1), (16, 2), (32, 2)):
        a = layers.ReLU()(bn()(y))
        shortcut = layers.Conv2D(filters, 1, strides=strides, use_bias=False)(a)
        z = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(a)
        z = layers.Conv2D(filters, 3, padding="same")(layers.ReLU()(bn()(z)))
        y = layers.Add()([shortcut, z])
    return compiled(Model(x, head(layers.ReLU()(bn()(y)))))


@correct
def wide_resnet_with_dropout():
    x = image()
    y = layers.Conv2D(16, 3, padding="same", use_bias=False)(x)
    for _ in range(3):
        z = layers.Conv2D(16, 3, padding="same", use_bias=False)(layers.ReLU()(bn()(y)))
        z = layers.Dropout(0.3)(layers.ReLU()(bn()(z)))
        y = y + layers.Conv2D(16, 3, padding="same", use_bias=False)(z)
    return compiled(Model(x, head(layers.ReLU()(bn()(y)))))


@correct
def resnext_with_groups():
    x = image()
    y = conv_bn_relu(x, 8)
    for _ in range(3):
        z = conv_bn_relu(y, 8, 1)
        z = conv_bn_relu(z, 8, groups=4)
        z = conv_bn_relu(z, 8, 1, activation=None)
        y = layers.ReLU()(y + z)
    return compiled(Model(x, head(y)))


@correct
def residual_mlp():
    x = Input((16,))
    y = layers.Dense(32)(x)
    for _ in range(3):
        z = layers.Dense(32, use_bias=False)(layers.ReLU()(bn()(y)))
        y = y + layers.Dense(32)(layers.ReLU()(bn()(z)))
    return compiled(Model(x, layers.Dense(1)(layers.ReLU()(bn()(y)))), "mse")


@correct
def squeeze_and_excite():
    x = image()
    y = conv_bn_relu(x, 16)
    z = conv_bn_relu(y, 16, activation=None)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(z)
    gate = layers.Dense(4, activation="relu")(gate)
    gate = layers.Dense(16, activation="sigmoid")(gate)
    y = layers.ReLU()(y + layers.Multiply()([z, gate]))
    return compiled(Model(x, head(y)))


# --- light networks ------------------------------------------------------------------------


def separable(x, filters, activation="relu6", strides=1):
    x = layers.DepthwiseConv2D(3, padding="same", strides=strides, use_bias=False)(x)
    x = layers.ReLU(6.0)(bn()(x))
    return conv_bn_relu(x, filters, 1, activation=activation)


@correct
def mobilenet_v1():
    x = image()
    y = conv_bn_relu(x, 8)
    for filters in (16, 16, 32):
        y = separable(y, filters)
    return compiled(Model(x, head(y)))


@correct
def mobilenet_v2():
    x = image()
    y = conv_bn_relu(x, 8, activation="relu6")
    for _ in range(3):
        z = conv_bn_relu(y, 48, 1, activation="relu6", name=None)
        z = separable(z, 8, activation=None)
        y = layers.Add()([y, z])
    y = conv_bn_relu(y, 64, 1, activation="relu6")
    return compiled(Model(x, head(y)))


@correct
def mobilenet_v2_without_skips():
    x = image()
    y = conv_bn_relu(x, 8, activation="relu6")
    for filters in (12, 16):
        z = conv_bn_relu(y, 48, 1, activation="relu6")
        y = separable(z, filters, activation=None, strides=2)
    return compiled(Model(x, head(y)))


@correct
def mobilenet_v3():
    x = image()
    y = conv_bn_relu(x, 8, activation="hard_silu")
    z = conv_bn_relu(y, 24, 1, activation="hard_silu")
    z = layers.DepthwiseConv2D(5, padding="same", use_bias=False)(z)
    z = bn(momentum=0.999)(z)
    z = layers.Activation("hard_silu")(z)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(z)
    gate = layers.Conv2D(8, 1, activation="relu")(gate)
    gate = layers.Conv2D(24, 1)(gate)
    gate = layers.Activation("hard_sigmoid")(gate)
    z = layers.Multiply()([z, gate])
    y = layers.Add()([y, conv_bn_relu(z, 8, 1, activation=None)])
    return compiled(Model(x, head(conv_bn_relu(y, 48, 1, activation="hard_silu"))))


@correct
def efficientnet():
    x = image()
    y = layers.Rescaling(1 / 255)(x)
    y = conv_bn_relu(y, 8, activation="silu")
    z = conv_bn_relu(y, 32, 1, activation="silu")
    z = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(z)
    z = layers.Activation("silu")(bn()(z))
    gate = layers.GlobalAveragePooling2D(keepdims=True)(z)
    gate = layers.Conv2D(2, 1, activation="silu")(gate)
    gate = layers.Conv2D(32, 1, activation="sigmoid")(gate)
    z = conv_bn_relu(layers.multiply([z, gate]), 8, 1, activation=None)
    y = layers.add([layers.Dropout(0.2, noise_shape=(None, 1, 1, 1))(z), y])
    y = conv_bn_relu(y, 64, 1, activation="silu")
    y = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(y))
    return compiled(Model(x, layers.Dense(10, activation="softmax")(y)))


@correct
def xception():
    x = image()
    y = conv_bn_relu(x, 16)
    for _ in range(2):
        z = layers.SeparableConv2D(16, 3, padding="same", use_bias=False)(layers.ReLU()(y))
        z = layers.SeparableConv2D(16, 3, padding="same", use_bias=False)(layers.ReLU()(bn()(z)))
        y = layers.add([bn()(z), y])
    return compiled(Model(x, head(layers.ReLU()(y))))


@correct
def shufflenet_like():
    x = image()
    y = conv_bn_relu(x, 16)
    z = conv_bn_relu(y, 16, 1, groups=2)
    z = layers.Reshape((16, 16, 2, 8))(z)
    z = layers.Permute((1, 2, 4, 3))(z)
    z = layers.Reshape((16, 16, 16))(z)
    z = bn()(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(z))
    z = conv_bn_relu(z, 16, 1, activation=None)
    return compiled(Model(x, head(layers.ReLU()(y + z))))


# --- branches --------------------------------------------------------------------------------


@correct
def inception():
    x = image()
    y = conv_bn_relu(x, 8)
    branches = [
        conv_bn_relu(y, 8, 1),
        conv_bn_relu(conv_bn_relu(y, 4, 1), 8, 5),
        conv_bn_relu(conv_bn_relu(y, 4, 1), 8, 3),
        conv_bn_relu(layers.AveragePooling2D(3, strides=1, padding="same")(y), 8, 1),
    ]
    return compiled(Model(x, head(layers.Concatenate()(branches))))


@correct
def inception_without_scale():
    x = image()

    def block(y, filters, size):
        y = layers.Conv2D(filters, size, padding="same", use_bias=False)(y)
        return layers.Activation("relu")(bn(axis=3, scale=False)(y))

    y = block(x, 8, 3)
    y = layers.concatenate([block(y, 8, 1), block(block(y, 8, (1, 7)), 8, (7, 1))], axis=3)
    return compiled(Model(x, head(y)))


@correct
def inception_resnet():
    x = image()
    y = conv_bn_relu(x, 16)
    for _ in range(3):
        z = layers.Concatenate()([conv_bn_relu(y, 4, 1), conv_bn_relu(conv_bn_relu(y, 4, 1), 4)])
        z = layers.Conv2D(16, 1)(z)
        y = layers.ReLU()(y + 0.17 * z)
    return compiled(Model(x, head(y)))


@correct
def inception_bn_after_as_in_kerass_own():
    x = image()
    y = bn()(layers.Conv2D(8, 3, activation="relu")(x))
    y = bn()(layers.Conv2D(8, 3, activation="relu")(y))
    return compiled(Model(x, head(y)))


@correct
def densenet():
    x = image()
    y = layers.Conv2D(8, 3, padding="same", use_bias=False)(x)
    for _ in range(2):
        for _ in range(2):
            z = layers.Conv2D(16, 1, use_bias=False)(layers.ReLU()(bn()(y)))
            z = layers.Conv2D(4, 3, padding="same", use_bias=False)(layers.ReLU()(bn()(z)))
            y = layers.Concatenate()([y, z])
        y = layers.Conv2D(8, 1, use_bias=False)(layers.ReLU()(bn()(y)))
        y = layers.AveragePooling2D(2)(y)
    return compiled(Model(x, head(layers.ReLU()(bn()(y)))))


@correct
def unet():
    x = image()
    a = conv_bn_relu(conv_bn_relu(x, 8), 8)
    b = conv_bn_relu(conv_bn_relu(layers.MaxPooling2D()(a), 16), 16)
    c = layers.Conv2DTranspose(8, 2, strides=2, padding="same", use_bias=False)(b)
    c = layers.ReLU()(bn()(c))
    c = conv_bn_relu(layers.Concatenate()([a, c]), 8)
    return compiled(Model(x, layers.Conv2D(1, 1, activation="sigmoid")(c)), "binary_crossentropy")


@correct
def unet_with_upsampling():
    x = image()
    a = conv_bn_relu(x, 8)
    b = conv_bn_relu(layers.MaxPooling2D()(a), 16)
    c = layers.UpSampling2D()(b)
    c = conv_bn_relu(layers.Concatenate()([a, c]), 8)
    return compiled(Model(x, layers.Conv2D(2, 1, activation="softmax")(c)))


@correct
def multi_input():
    x, z = image(), Input((5,))
    a = layers.GlobalAveragePooling2D()(conv_bn_relu(x, 8))
    b = layers.ReLU()(bn()(layers.Dense(8, use_bias=False)(z)))
    y = layers.Dense(16, activation="relu")(layers.Concatenate()([a, b]))
    return compiled(Model([x, z], layers.Dense(1, activation="sigmoid")(y)), "binary_crossentropy")


@correct
def multi_output():
    x = image()
    y = conv_bn_relu(x, 8)
    pooled = layers.GlobalAveragePooling2D()(y)
    outputs = [layers.Dense(10, activation="softmax")(pooled), layers.Dense(1)(pooled)]
    model = Model(x, outputs)
    model.compile("adam", ["categorical_crossentropy", "mse"])
    return model


@correct
def feature_pyramid():
    x = image()
    a = conv_bn_relu(x, 8)
    b = conv_bn_relu(a, 8, strides=2)
    top = layers.UpSampling2D()(layers.Conv2D(8, 1)(b))
    merged = layers.Conv2D(8, 1)(a) + top
    return compiled(Model(x, layers.Conv2D(4, 3, padding="same")(conv_bn_relu(merged, 8))), "mse")


# --- autoencoders, generators, metric learning ---------------------------------------------


@correct
def autoencoder():
    x = Input((32,))
    y = layers.ReLU()(bn()(layers.Dense(16, use_bias=False)(x)))
    code = layers.Dense(4)(y)
    y = layers.ReLU()(bn()(layers.Dense(16, use_bias=False)(code)))
    return compiled(Model(x, layers.Dense(32, activation="sigmoid")(y)), "mse")


@correct
def gan_generator():
    x = Input((16,))
    y = layers.Dense(4 * 4 * 8, use_bias=False)(x)
    y = layers.ReLU()(bn()(y))
    y = layers.Reshape((4, 4, 8))(y)
    y = layers.Conv2DTranspose(8, 4, strides=2, padding="same", use_bias=False)(y)
    y = layers.ReLU()(bn()(y))
    y = layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh")(y)
    return Model(x, y, name="generator")


@correct
def gan_discriminator():
    x = image()
    y = layers.LeakyReLU(0.2)(layers.Conv2D(8, 4, strides=2, padding="same")(x))
    y = layers.Conv2D(16, 4, strides=2, padding="same", use_bias=False)(y)
    y = layers.LeakyReLU(0.2)(bn()(y))
    y = layers.Dense(1, activation="sigmoid")(layers.Flatten()(y))
    return compiled(Model(x, y, name="discriminator"), "binary_crossentropy")


@correct
def gan_pair_with_frozen_discriminator():
    generator, discriminator = gan_generator(), gan_discriminator()
    discriminator.trainable = False
    x = Input((16,))
    return compiled(Model(x, discriminator(generator(x))), "binary_crossentropy")


@correct
def discriminator_on_real_and_made_rows():
    generator, discriminator = gan_generator(), gan_discriminator()
    real, noise = image(), Input((16,))
    return Model([real, noise], [discriminator(real), discriminator(generator(noise))])


@correct
def siamese():
    a, b = image(), image()
    x = image()
    encoder = Model(x, layers.Dense(8)(layers.GlobalAveragePooling2D()(conv_bn_relu(x, 8))))
    distance = ops.abs(encoder(a) - encoder(b))
    return compiled(
        Model([a, b], layers.Dense(1, activation="sigmoid")(distance)), "binary_crossentropy"
    )


@correct
def triplet():
    inputs = [Input((16,)) for _ in range(3)]
    encoder = Sequential(
        [Input((16,)), layers.Dense(32, use_bias=False), bn(), layers.ReLU(), layers.Dense(8)]
    )
    return Model(inputs, layers.Concatenate()([encoder(x) for x in inputs]))


@correct
def bn_neck():
    x = image()
    feature = layers.GlobalAveragePooling2D()(conv_bn_relu(x, 16))
    neck = bn(center=False)(feature)
    return Model(x, [feature, layers.Dense(10, use_bias=False, activation="softmax")(neck)])


@correct
def embedding_normalised_at_the_end():
    x = image()
    feature = layers.GlobalAveragePooling2D()(conv_bn_relu(x, 16))
    return Model(x, bn()(layers.Dense(8, use_bias=False)(feature)))


@correct
def projector_of_contrastive_learning():
    x = Input((32,))
    y = layers.ReLU()(bn()(layers.Dense(32, use_bias=False)(x)))
    y = bn(center=False)(layers.Dense(16, use_bias=False)(y))
    return compiled(Model(x, y), "cosine_similarity")


# --- reuse and freezing -----------------------------------------------------------------------


@correct
def frozen_backbone():
    backbone = resnet()
    trunk = Model(backbone.input, backbone.layers[-3].output, name="trunk")
    trunk.trainable = False
    x = image()
    y = trunk(x, training=False)
    return compiled(Model(x, head(y, 3)))


@correct
def frozen_norms_only():
    model = resnet()
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    return compiled(model)


@correct
def frozen_first_half():
    model = vgg("before")
    for layer in model.layers[:7]:
        layer.trainable = False
    return compiled(model)


@correct
def fine_tuned_whole():
    backbone = resnet()
    trunk = Model(backbone.input, backbone.layers[-3].output, name="trunk")
    x = image()
    return compiled(Model(x, head(trunk(x), 3)))


@correct
def nested_sequentials():
    x = image()

    def block(filters):
        return Sequential([layers.Conv2D(filters, 3, use_bias=False), bn(), layers.ReLU()])

    return compiled(Model(x, head(block(16)(block(8)(x)))))


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
