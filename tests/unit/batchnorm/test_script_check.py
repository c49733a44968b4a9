"""Scripts in which a BatchNormalization is made for nothing."""

import pytest

from trimtab.batchnorm import audit_script
from trimtab.batchnorm.script_check import unused_batch_norms


def found(text):
    return [place.line for place, _ in unused_batch_norms(text)]


@pytest.mark.parametrize(
    "text",
    [
        "from keras.layers import BatchNormalization\nBatchNormalization()\n",
        "from keras.layers.normalization import BatchNormalization as BN\nBN(axis=1)\n",
        "import keras as k\nk.layers.BatchNormalization()\n",
        "import tensorflow as tf\ntf.keras.layers.BatchNormalization(momentum=0.9)\n",
        "from tensorflow.keras import layers as L\nL.BatchNormalization()\n",
        "from keras.layers import *\nBatchNormalization()\n",
        "import trimtab.layers\ntrimtab.layers.BatchNormalization()\n",
    ],
)
def test_a_layer_made_on_a_line_of_its_own_is_found(text):
    assert found(text) == [2]


def test_a_name_assigned_first_is_followed():
    text = "import keras\nL = keras.layers\nL.BatchNormalization()\n"

    assert found(text) == [3]


def test_a_local_variable_that_is_never_read_is_found():
    text = (
        "from keras import layers\n"
        "def build(x):\n"
        "    norm = layers.BatchNormalization()\n"
        "    return layers.Dense(3)(x)\n"
    )

    assert found(text) == [3]


@pytest.mark.parametrize(
    "text",
    [
        "from keras.layers import BatchNormalization\nmodel.add(BatchNormalization())\n",
        "from keras.layers import BatchNormalization\nx = BatchNormalization()(x)\nprint(x)\n",
        "from keras.layers import BatchNormalization\nBatchNormalization()(x)\n",
        "from keras.layers import BatchNormalization\nnorm = BatchNormalization()\n",
        "from keras import layers\nlist_of = [layers.BatchNormalization()]\n",
        "class BatchNormalization: pass\nBatchNormalization()\n",
        "from torch.nn import BatchNorm1d as BatchNormalization\nBatchNormalization(3)\n",
        "from keras import layers\ndef f():\n    return layers.BatchNormalization()\n",
        "import keras.layers as L\ndef f(x):\n  n = L.BatchNormalization()\n  return n(x)\n",
    ],
)
def test_a_layer_that_is_used_is_left_alone(text):
    assert found(text) == []


def test_the_report_gives_file_and_line(tmp_path):
    script = tmp_path / "train.py"
    script.write_text("from keras.layers import BatchNormalization\n\nBatchNormalization()\n")

    finding = audit_script(script).findings[0]

    assert (finding.code, finding.layer) == ("BN101", f"{script}:3")


def test_text_that_is_no_python_is_refused():
    with pytest.raises(ValueError, match="is no valid Python: line 1"):
        unused_batch_norms("model.add(")
