"""Keras 3's `ops.image`: images resized, cropped, warped and recoloured.

Source: Keras 3 `keras.ops.image` for names, arguments and conventions.
"""

from trimtab.ops.image.color import hsv_to_rgb as hsv_to_rgb
from trimtab.ops.image.color import rgb_to_grayscale as rgb_to_grayscale
from trimtab.ops.image.color import rgb_to_hsv as rgb_to_hsv
from trimtab.ops.image.cropping import crop_images as crop_images
from trimtab.ops.image.cropping import extract_patches as extract_patches
from trimtab.ops.image.cropping import extract_patches_3d as extract_patches_3d
from trimtab.ops.image.cropping import pad_images as pad_images
from trimtab.ops.image.filters import sobel_edges as sobel_edges
from trimtab.ops.image.filters import ssim as ssim
from trimtab.ops.image.resizing import resize as resize
from trimtab.ops.image.warping import affine_transform as affine_transform
from trimtab.ops.image.warping import map_coordinates as map_coordinates

# The functions imported above: modules of this package are no part of Keras's names.
__all__ = sorted(name for name, value in globals().items() if callable(value) and name[0] != "_")


def __dir__() -> list[str]:
    return __all__
