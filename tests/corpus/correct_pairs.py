"""Correct networks: generators, metric learning, reuse and freezing."""

from correct_convolutions import resnet, vgg
from correct_registry import bn, compiled, conv_bn_relu, correct, head, image

from trimtab import Input, Model, Sequential, layers, ops

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
