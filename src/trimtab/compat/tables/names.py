"""Module paths of old versions and what they hold, names that changed, names that are gone."""

from __future__ import annotations

from trimtab.compat.tables.rows import Version, words

# Path after "keras." -> the areas whose names it gives, the first one first.
MODULES: dict[str, tuple[str, ...]] = {
    "": ("models", "layers", "top"),
    "activations": ("activations",),
    "applications": ("applications",),
    "backend": ("backend",),
    "backend.tensorflow_backend": ("backend",),
    "backend.theano_backend": ("backend",),
    "backend.common": ("backend",),
    "callbacks": ("callbacks",),
    "callbacks.callbacks": ("callbacks",),
    "config": ("config",),
    "constraints": ("constraints",),
    "datasets": ("datasets",),
    "datasets.boston_housing": ("datasets.boston_housing",),
    "datasets.cifar10": ("datasets.cifar10",),
    "datasets.cifar100": ("datasets.cifar100",),
    "datasets.fashion_mnist": ("datasets.fashion_mnist",),
    "datasets.imdb": ("datasets.imdb",),
    "datasets.mnist": ("datasets.mnist",),
    "datasets.reuters": ("datasets.reuters",),
    "engine": ("layers", "models"),
    "engine.base_layer": ("layers",),
    "engine.input_layer": ("layers",),
    "engine.network": ("models", "layers"),
    "engine.saving": ("models",),
    "engine.sequential": ("models", "layers"),
    "engine.topology": ("layers", "models"),
    "engine.training": ("models", "layers"),
    "initializations": ("initializers",),
    "initializers": ("initializers",),
    "layers": ("layers", "models"),
    "layers.advanced_activations": ("layers",),
    "layers.containers": ("models", "layers"),
    "layers.convolutional": ("layers",),
    "layers.core": ("layers",),
    "layers.embeddings": ("layers",),
    "layers.local": ("layers",),
    "layers.merge": ("layers",),
    "layers.noise": ("layers",),
    "layers.normalization": ("layers",),
    "layers.normalization.batch_normalization": ("layers",),
    "layers.pooling": ("layers",),
    "layers.recurrent": ("layers",),
    "layers.wrappers": ("layers",),
    "legacy": ("layers",),
    "legacy.layers": ("layers", "models"),
    "legacy.models": ("models",),
    "losses": ("losses",),
    "metrics": ("metrics", "losses"),
    "mixed_precision": ("mixed_precision",),
    "models": ("models", "layers"),
    "objectives": ("losses",),
    "ops": ("ops",),
    "optimizers": ("optimizers",),
    "optimizers.legacy": ("optimizers",),
    "optimizers.schedules": ("optimizers.schedules",),
    "preprocessing": ("preprocessing",),
    "preprocessing.image": ("preprocessing.image", "top"),
    "preprocessing.sequence": ("preprocessing.sequence",),
    "preprocessing.text": ("preprocessing.text",),
    "random": ("random",),
    "regularizers": ("regularizers",),
    "saving": ("saving",),
    "utils": ("utils", "layers"),
    "utils.conv_utils": ("utils",),
    "utils.data_utils": ("utils",),
    "utils.generic_utils": ("utils",),
    "utils.io_utils": ("utils",),
    "utils.layer_utils": ("utils",),
    "utils.np_utils": ("utils",),
    "utils.vis_utils": ("utils",),
    "utils.visualize_util": ("utils",),
    "wrappers": (),
    "wrappers.scikit_learn": ("wrappers",),
}

# Module paths that are gone -> where their names are today.
HOMES: dict[str, str] = {
    path: areas[0]
    for path, areas in MODULES.items()
    if areas
    and path.partition(".")[0] not in ("backend", "legacy", "wrappers", "preprocessing", "datasets")
    and path not in (areas[0], "", "optimizers.legacy")
}

# Modules that came as folders of applications, one a network.
APPLICATIONS: tuple[str, ...] = (
    "vgg16",
    "vgg19",
    "resnet50",
    "resnet",
    "inception_v3",
    "mobilenet",
    "mobilenet_v2",
    "xception",
    "densenet",
    "imagenet_utils",
)

# Functions of K that are functions of ops by the same meaning: K's name -> the op's.
BACKEND: dict[str, str] = {
    name: name
    for name in words(
        "abs all any arange argmax argmin cast clip concatenate cos dot elu equal exp expand_dims",
        "eye greater greater_equal less less_equal log log_softmax logsumexp max maximum mean min",
        "minimum not_equal ones ones_like prod relu repeat reshape round shape sigmoid sign sin",
        "softmax softplus softsign sqrt square squeeze stack std sum tanh tile transpose var zeros",
        "zeros_like cumsum cumprod stop_gradient one_hot",
    )
}
BACKEND["pow"] = "power"

# Names that another name took over, in any of the modules above: old -> today's.
ALIASES: dict[str, str] = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConv1D": "Conv1D",
    "Deconv2D": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalMaxPool3D": "GlobalMaxPooling3D",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalAvgPool3D": "GlobalAveragePooling3D",
    "max_norm": "MaxNorm",
    "non_neg": "NonNeg",
    "unit_norm": "UnitNorm",
    "min_max_norm": "MinMaxNorm",
    "l1_l2": "L1L2",
    "zero": "Zeros",
    "zeros": "Zeros",
    "one": "Ones",
    "ones": "Ones",
    "uniform": "RandomUniform",
    "normal": "RandomNormal",
    "random_uniform": "RandomUniform",
    "random_normal": "RandomNormal",
    "truncated_normal": "TruncatedNormal",
    "orthogonal": "Orthogonal",
    "identity": "Identity",
    "constant": "Constant",
}

_RECURRENT = "is a recurrent layer, which trimtab does not have: run this script with Keras 3"
_NONE = "has no counterpart today"

# Names that are gone, and what to do.
GONE: dict[str, str] = {
    **dict.fromkeys(
        words(
            "LSTM GRU SimpleRNN RNN LSTMCell GRUCell SimpleRNNCell StackedRNNCells ConvLSTM2D",
            "CuDNNLSTM CuDNNGRU JZS1 JZS2 JZS3 Recurrent Bidirectional SimpleDeepRNN",
        ),
        _RECURRENT,
    ),
    "AutoEncoder": f"{_NONE}: put encoder and decoder into one Sequential and fit(x, x)",
    "Siamese": f"{_NONE}: call one layer on both inputs of a Model",
    "LRN2D": f"{_NONE}: use BatchNormalization",
    "LambdaMerge": f"{_NONE}: use Lambda on a list of inputs",
    "ParametricSoftplus": f"{_NONE}: use PReLU, or Activation('softplus')",
    "SReLU": f"{_NONE}: use PReLU",
    "ThresholdedLinear": f"{_NONE}: use Lambda",
    "LocallyConnected1D": f"{_NONE}: Keras 3 dropped it; use Conv1D",
    "LocallyConnected2D": f"{_NONE}: Keras 3 dropped it; use Conv2D",
    "HDF5Matrix": f"{_NONE}: read the array with h5py",
    "model_from_yaml": f"{_NONE}: Keras dropped YAML; use model_from_json",
    "get_session": "is TensorFlow 1: leave it out, there is no session",
    "set_session": "is TensorFlow 1: leave it out, there is no session",
    "gradients": "is graph code: use tf.GradientTape of tf.keras",
}

# First version in which `from keras.layers import` gave classes, for the error of guesses.
FLAT_LAYERS: Version = (0, 3, 0)
