"""What tells the era of a script. "modern" is what came with Keras 2 and holds until today."""

from __future__ import annotations

from trimtab.compat.tables.rows import words

# Keyword arguments, or "callable.keyword".
KEYWORDS: dict[str, str] = {
    **dict.fromkeys(words("show_accuracy class_mode poolsize theano_mode ignore_border"), "keras0"),
    **dict.fromkeys(("train_on_batch.accuracy", "test_on_batch.accuracy"), "keras0"),
    "flow_from_directory.class_mode": "any",
    **dict.fromkeys(
        words(
            "nb_epoch border_mode output_dim nb_filter dim_ordering samples_per_epoch nb_row",
            "nb_col",
            "nb_val_samples val_samples W_regularizer b_regularizer W_constraint b_constraint",
            "subsample filter_length pool_length nb_worker gamma_init beta_init init max_q_size",
            "Model.input Model.output BatchNormalization.mode merge.mode merge.concat_axis",
            "Merge.mode Dropout.p subsample_length nb_feature atrous_rate bias",
        ),
        "keras1",
    ),
    **dict.fromkeys(words("Embedding.output_dim ReduceLROnPlateau.mode"), "any"),
    **dict.fromkeys(
        words(
            "lr decay predict_generator.steps workers use_multiprocessing max_queue_size",
            "input_length ModelCheckpoint.period ReduceLROnPlateau.epsilon batch_input_shape",
            "LeakyReLU.alpha input_shape Dense.input_dim",
        ),
        "keras2",
    ),
    **dict.fromkeys(
        words(
            "epochs steps_per_epoch units filters padding kernel_initializer kernel_size",
            "Conv2D.strides",
            "kernel_regularizer bias_initializer use_bias data_format Model.inputs Model.outputs",
            "rate num_classes num_words validation_steps",
        ),
        "modern",
    ),
    **dict.fromkeys(words("negative_slope seed_generator"), "keras3"),
    **dict.fromkeys(words("pad_sequences.padding build.input_shape"), "any"),
}

# Names that are imported from Keras, or attributes that are read.
NAMES: dict[str, str] = {
    **dict.fromkeys(words("Graph TimeDistributedDense AutoEncoder LambdaMerge Siamese"), "keras0"),
    **dict.fromkeys(
        words(
            "Merge merge Highway MaxoutDense Convolution1D AtrousConvolution2D SReLU",
            "SeparableConvolution2D Deconvolution2D ParametricSoftplus l1l2 activity_l2",
            "activity_l1 maxnorm image_dim_ordering set_image_dim_ordering get_output_shape_for",
        ),
        "keras1",
    ),
    **dict.fromkeys(words("image_data_format set_image_data_format concatenate"), "modern"),
    **dict.fromkeys(
        words(
            "fit_generator evaluate_generator predict_generator predict_classes predict_proba",
            "learning_phase set_learning_phase np_utils ImageDataGenerator Tokenizer int_shape",
            "get_session set_session KerasClassifier KerasRegressor permute_dimensions batch_dot",
        ),
        "keras2",
    ),
}

# Modules that only some eras had.
MODULES: dict[str, str] = {
    "keras.layers.containers": "keras0",
    **dict.fromkeys(
        words("keras.initializations keras.objectives keras.utils.visualize_util"), "keras1"
    ),
    **dict.fromkeys(
        words(
            "keras.layers.core keras.layers.convolutional keras.layers.pooling",
            "keras.layers.normalization keras.layers.advanced_activations keras.layers.noise",
            "keras.layers.embeddings keras.layers.merge keras.layers.wrappers keras.layers.local",
            "keras.engine keras.engine.topology keras.engine.training keras.utils.np_utils",
            "keras.engine.base_layer keras.utils.generic_utils keras.utils.vis_utils",
            "keras.utils.data_utils keras.wrappers.scikit_learn keras.preprocessing.text",
        ),
        "keras2",
    ),
    **dict.fromkeys(
        words("keras.ops keras.random keras.saving keras.config keras.tree keras.distribution"),
        "keras3",
    ),
}

STRINGS: dict[str, str] = {
    **dict.fromkeys(("acc", "val_acc"), "keras2"),
    "KERAS_BACKEND": "keras3",
}

# Suffixes of files, the longer ones behind the shorter.
FILES: dict[str, str] = {
    ".h5": "keras2",
    ".hdf5": "keras2",
    ".keras": "keras3",
    ".weights.h5": "keras3",
}

# What `keras.backend` has today; anything else read from it is of an older Keras.
BACKEND_TODAY: tuple[str, ...] = words(
    "backend clear_session device epsilon floatx get_uid image_data_format is_float_dtype",
    "is_int_dtype is_keras_tensor name_scope result_type set_epsilon set_floatx",
    "set_image_data_format standardize_dtype",
)
