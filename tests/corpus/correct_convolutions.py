"""Correct networks: convolutional ones, residual, light and branched."""

from correct_registry import bn, compiled, conv_bn_relu, correct, head, image

from trimtab import Input, Model, layers

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
    y = x * (1 / 255)
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
