"""Saving images as "jpg"."""

import numpy as np
import pytest

from trimtab import utils


def test_jpg_is_a_name_of_jpeg(tmp_path):
    image = pytest.importorskip("PIL.Image")
    utils.save_img(tmp_path / "x.bin", np.zeros((4, 4, 3)), file_format="jpg")
    with image.open(tmp_path / "x.bin") as saved:
        assert saved.format == "JPEG"
