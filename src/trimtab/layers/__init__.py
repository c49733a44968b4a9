"""Layers: Keras 3's, and the base for one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trimtab.core.config import deserialize_keras_object, serialize_keras_object
from trimtab.layers.activation import ELU as ELU
from trimtab.layers.activation import Activation as Activation
from trimtab.layers.activation import LeakyReLU as LeakyReLU
from trimtab.layers.activation import PReLU as PReLU
from trimtab.layers.activation import ReLU as ReLU
from trimtab.layers.activation import Softmax as Softmax
from trimtab.layers.adaptive_pooling import AdaptiveAveragePooling1D as AdaptiveAveragePooling1D
from trimtab.layers.adaptive_pooling import AdaptiveAveragePooling2D as AdaptiveAveragePooling2D
from trimtab.layers.adaptive_pooling import AdaptiveAveragePooling3D as AdaptiveAveragePooling3D
from trimtab.layers.adaptive_pooling import AdaptiveMaxPooling1D as AdaptiveMaxPooling1D
from trimtab.layers.adaptive_pooling import AdaptiveMaxPooling2D as AdaptiveMaxPooling2D
from trimtab.layers.adaptive_pooling import AdaptiveMaxPooling3D as AdaptiveMaxPooling3D
from trimtab.layers.base import Layer as Layer
from trimtab.layers.batch_normalization import BatchNormalization as BatchNormalization
from trimtab.layers.blocks import ConvBlock as ConvBlock
from trimtab.layers.blocks import DenseBlock as DenseBlock
from trimtab.layers.convolution import Conv1D as Conv1D
from trimtab.layers.convolution import Conv2D as Conv2D
from trimtab.layers.convolution import Conv3D as Conv3D
from trimtab.layers.convolution import Convolution1D as Convolution1D
from trimtab.layers.convolution import Convolution2D as Convolution2D
from trimtab.layers.convolution import Convolution3D as Convolution3D
from trimtab.layers.dense import Dense as Dense
from trimtab.layers.depthwise_convolution import DepthwiseConv1D as DepthwiseConv1D
from trimtab.layers.depthwise_convolution import DepthwiseConv2D as DepthwiseConv2D
from trimtab.layers.depthwise_convolution import SeparableConv1D as SeparableConv1D
from trimtab.layers.depthwise_convolution import SeparableConv2D as SeparableConv2D
from trimtab.layers.depthwise_convolution import SeparableConvolution1D as SeparableConvolution1D
from trimtab.layers.depthwise_convolution import SeparableConvolution2D as SeparableConvolution2D
from trimtab.layers.dropout import Dropout as Dropout
from trimtab.layers.einsum_dense import EinsumDense as EinsumDense
from trimtab.layers.embedding import Embedding as Embedding
from trimtab.layers.function_layers import Identity as Identity
from trimtab.layers.function_layers import Lambda as Lambda
from trimtab.layers.global_pooling import GlobalAveragePooling1D as GlobalAveragePooling1D
from trimtab.layers.global_pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
from trimtab.layers.global_pooling import GlobalAveragePooling3D as GlobalAveragePooling3D
from trimtab.layers.global_pooling import GlobalAvgPool1D as GlobalAvgPool1D
from trimtab.layers.global_pooling import GlobalAvgPool2D as GlobalAvgPool2D
from trimtab.layers.global_pooling import GlobalAvgPool3D as GlobalAvgPool3D
from trimtab.layers.global_pooling import GlobalMaxPool1D as GlobalMaxPool1D
from trimtab.layers.global_pooling import GlobalMaxPool2D as GlobalMaxPool2D
from trimtab.layers.global_pooling import GlobalMaxPool3D as GlobalMaxPool3D
from trimtab.layers.global_pooling import GlobalMaxPooling1D as GlobalMaxPooling1D
from trimtab.layers.global_pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
from trimtab.layers.global_pooling import GlobalMaxPooling3D as GlobalMaxPooling3D
from trimtab.layers.images import AutoContrast as AutoContrast
from trimtab.layers.images import CenterCrop as CenterCrop
from trimtab.layers.images import RandomBrightness as RandomBrightness
from trimtab.layers.images import RandomContrast as RandomContrast
from trimtab.layers.images import RandomCrop as RandomCrop
from trimtab.layers.images import RandomFlip as RandomFlip
from trimtab.layers.images import RandomGrayscale as RandomGrayscale
from trimtab.layers.images import RandomInvert as RandomInvert
from trimtab.layers.images import RandomPosterization as RandomPosterization
from trimtab.layers.images import RandomRotation as RandomRotation
from trimtab.layers.images import RandomTranslation as RandomTranslation
from trimtab.layers.images import RandomZoom as RandomZoom
from trimtab.layers.images import Resizing as Resizing
from trimtab.layers.images import Solarization as Solarization
from trimtab.layers.input_layer import Input as Input
from trimtab.layers.input_layer import InputLayer as InputLayer
from trimtab.layers.input_spec import InputSpec as InputSpec
from trimtab.layers.masking import Masking as Masking
from trimtab.layers.merging import Add as Add
from trimtab.layers.merging import Average as Average
from trimtab.layers.merging import Concatenate as Concatenate
from trimtab.layers.merging import Dot as Dot
from trimtab.layers.merging import Maximum as Maximum
from trimtab.layers.merging import Minimum as Minimum
from trimtab.layers.merging import Multiply as Multiply
from trimtab.layers.merging import Subtract as Subtract
from trimtab.layers.merging import add as add
from trimtab.layers.merging import average as average
from trimtab.layers.merging import concatenate as concatenate
from trimtab.layers.merging import dot as dot
from trimtab.layers.merging import maximum as maximum
from trimtab.layers.merging import minimum as minimum
from trimtab.layers.merging import multiply as multiply
from trimtab.layers.merging import subtract as subtract
from trimtab.layers.noise import ActivityRegularization as ActivityRegularization
from trimtab.layers.noise import AlphaDropout as AlphaDropout
from trimtab.layers.noise import GaussianDropout as GaussianDropout
from trimtab.layers.noise import GaussianNoise as GaussianNoise
from trimtab.layers.noise import SpatialDropout1D as SpatialDropout1D
from trimtab.layers.noise import SpatialDropout2D as SpatialDropout2D
from trimtab.layers.noise import SpatialDropout3D as SpatialDropout3D
from trimtab.layers.normalization import GroupNormalization as GroupNormalization
from trimtab.layers.normalization import LayerNormalization as LayerNormalization
from trimtab.layers.normalization import RMSNormalization as RMSNormalization
from trimtab.layers.normalization import UnitNormalization as UnitNormalization
from trimtab.layers.pooling import AveragePooling1D as AveragePooling1D
from trimtab.layers.pooling import AveragePooling2D as AveragePooling2D
from trimtab.layers.pooling import AveragePooling3D as AveragePooling3D
from trimtab.layers.pooling import AvgPool1D as AvgPool1D
from trimtab.layers.pooling import AvgPool2D as AvgPool2D
from trimtab.layers.pooling import AvgPool3D as AvgPool3D
from trimtab.layers.pooling import MaxPool1D as MaxPool1D
from trimtab.layers.pooling import MaxPool2D as MaxPool2D
from trimtab.layers.pooling import MaxPool3D as MaxPool3D
from trimtab.layers.pooling import MaxPooling1D as MaxPooling1D
from trimtab.layers.pooling import MaxPooling2D as MaxPooling2D
from trimtab.layers.pooling import MaxPooling3D as MaxPooling3D
from trimtab.layers.preprocessing import CategoryEncoding as CategoryEncoding
from trimtab.layers.preprocessing import Discretization as Discretization
from trimtab.layers.preprocessing import Hashing as Hashing
from trimtab.layers.preprocessing import IntegerLookup as IntegerLookup
from trimtab.layers.preprocessing import Normalization as Normalization
from trimtab.layers.preprocessing import Pipeline as Pipeline
from trimtab.layers.preprocessing import Rescaling as Rescaling
from trimtab.layers.preprocessing import StringLookup as StringLookup
from trimtab.layers.reshaping import Flatten as Flatten
from trimtab.layers.reshaping import Permute as Permute
from trimtab.layers.reshaping import RepeatVector as RepeatVector
from trimtab.layers.reshaping import Reshape as Reshape
from trimtab.layers.resizing import Cropping1D as Cropping1D
from trimtab.layers.resizing import Cropping2D as Cropping2D
from trimtab.layers.resizing import Cropping3D as Cropping3D
from trimtab.layers.resizing import UpSampling1D as UpSampling1D
from trimtab.layers.resizing import UpSampling2D as UpSampling2D
from trimtab.layers.resizing import UpSampling3D as UpSampling3D
from trimtab.layers.resizing import ZeroPadding1D as ZeroPadding1D
from trimtab.layers.resizing import ZeroPadding2D as ZeroPadding2D
from trimtab.layers.resizing import ZeroPadding3D as ZeroPadding3D
from trimtab.layers.spectral_normalization import (
    SpectralNormalization as SpectralNormalization,
)
from trimtab.layers.transposed_convolution import Conv1DTranspose as Conv1DTranspose
from trimtab.layers.transposed_convolution import Conv2DTranspose as Conv2DTranspose
from trimtab.layers.transposed_convolution import Conv3DTranspose as Conv3DTranspose
from trimtab.layers.transposed_convolution import Convolution1DTranspose as Convolution1DTranspose
from trimtab.layers.transposed_convolution import Convolution2DTranspose as Convolution2DTranspose
from trimtab.layers.transposed_convolution import Convolution3DTranspose as Convolution3DTranspose
from trimtab.layers.wrapping import TimeDistributed as TimeDistributed
from trimtab.layers.wrapping import Wrapper as Wrapper


def serialize(layer: Layer) -> dict[str, Any]:
    """The configuration of a layer, for `deserialize`."""
    return serialize_keras_object(layer)  # type: ignore[no-any-return]


def deserialize(config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Layer:
    """The layer that a configuration describes, with fresh weights.

    Raises:
        ValueError: If its class is unknown, or it is no layer.
    """
    layer = deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(layer, Layer):
        raise ValueError(f"layers.deserialize: {config!r} describes no layer")
    return layer
