"""Layers that change images: their size, their place, their light."""

from trimtab.layers.images.light import RandomBrightness as RandomBrightness
from trimtab.layers.images.light import RandomContrast as RandomContrast
from trimtab.layers.images.random_crop import RandomCrop as RandomCrop
from trimtab.layers.images.random_flip import RandomFlip as RandomFlip
from trimtab.layers.images.resizing import CenterCrop as CenterCrop
from trimtab.layers.images.resizing import Resizing as Resizing
from trimtab.layers.images.tones import AutoContrast as AutoContrast
from trimtab.layers.images.tones import RandomGrayscale as RandomGrayscale
from trimtab.layers.images.tones import RandomInvert as RandomInvert
from trimtab.layers.images.tones import RandomPosterization as RandomPosterization
from trimtab.layers.images.tones import Solarization as Solarization
from trimtab.layers.images.warping import RandomRotation as RandomRotation
from trimtab.layers.images.warping import RandomTranslation as RandomTranslation
from trimtab.layers.images.warping import RandomZoom as RandomZoom
