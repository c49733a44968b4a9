"""How a script is run: what it sees, what is shown of its errors, how it ends."""

import io
import sys
import types

import numpy as np
import pytest

from trimtab.cli import main as entry
from trimtab.compat.run import run_script
from trimtab.core import settings


@pytest.fixture
def script(tmp_path):
    def write(text, name="script.py"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def ran(path, *arguments, **options):
    record = io.StringIO()
    return run_script(path, arguments, stream=record, **options), record.getvalue()


def test_a_script_sees_what_python_shows_it(script, capsys):
    path = script("import sys\nprint(__name__, __file__ == sys.argv[0], sys.argv[1:])\n")
    main = sys.modules["__main__"]

    assert ran(path, "a", "--b") == (0, "")
    assert capsys.readouterr().out == "__main__ True ['a', '--b']\n"
    assert sys.modules["__main__"] is main


def test_modules_beside_a_script_are_found_and_speak_its_dialect(script, capsys):
    script("from keras.layers import Dense\nlayer = Dense(3, init='uniform')\n", "beside_it.py")
    path = script("import keras\nimport beside_it\nprint(beside_it.layer.units)\n")
    code, record = ran(path, dialect="keras1")

    sys.modules.pop("beside_it", None)
    assert (code, capsys.readouterr().out) == (0, "3\n")
    assert "beside_it.py, line 2: init='uniform' -> kernel_initializer='uniform'" in record


def test_an_error_shows_the_scripts_lines_alone(script):
    path = script("def f():\n    raise KeyError('x')\n\nf()\n")
    code, record = ran(path)

    assert code == 1
    assert record.splitlines()[0] == "Traceback (most recent call last):"
    assert f'File "{path}", line 4, in <module>' in record.splitlines()[1]
    assert "trimtab" not in record
    assert record.endswith("KeyError: 'x'\n")


@pytest.mark.parametrize(("end", "code"), [("sys.exit(3)", 3), ("sys.exit()", 0), ("exit", 0)])
def test_the_exit_code_is_the_scripts(script, end, code):
    assert ran(script(f"import sys\n{end}\n"))[0] == code


def test_a_text_given_to_exit_is_printed(script):
    assert ran(script("import sys\nsys.exit('no data')\n")) == (1, "no data\n")


BAD = {
    "import keras\nprint 'hello'\n": "script.py, line 2: is Python 2, which prints without",
    "try:\n    pass\nexcept Exception, e:\n    pass\n": "script.py, line 3: is Python 2 (except",
    "x = (1,\n": "script.py, line 1: '(' was never closed",
}
UNABLE = {
    "import theano\n": "line 1: theano is graph code of Theano, which trimtab does not run",
    "import tensorflow as tf\n\ntf.placeholder(1)\n": "line 3: tf.placeholder is graph code of",
    "import tensorflow.compat.v1 as tf\n": "line 1: tensorflow.compat.v1 is graph code of",
    "from keras.layers import LSTM\n": "line 1: keras.layers.LSTM is a recurrent layer, which",
    "import keras\nkeras.layers.Foo(3)\n": "line 2: keras.layers.Foo is not in trimtab; see docs/",
    "import keras.foo\n": "line 1: keras.foo is not in trimtab",
    "import tensorflow as tf\ntf.image.resize\n": "line 2: tf.image.resize is not among the",
    "from keras.models import model_from_yaml\n": "line 1: keras.models.model_from_yaml has no",
}


@pytest.mark.parametrize("source", BAD)
def test_what_is_no_python_3_is_told_in_a_sentence(script, source, capsys):
    assert entry.main(["run", script(source)]) == 2

    error = capsys.readouterr().err
    assert error.startswith(f"trimtab run: {BAD[source]}")
    assert error.count("\n") == 1


@pytest.mark.parametrize("source", UNABLE)
def test_what_cannot_run_here_is_told_in_a_sentence(script, source):
    code, record = ran(script(source))

    assert code == 2
    assert record.startswith(f"trimtab run: script.py, {UNABLE[source]}")
    assert record.count("\n") == 1


def test_a_file_that_is_no_text_is_told_in_a_sentence(tmp_path, capsys):
    path = tmp_path / "script.py"
    path.write_bytes(b"\x00\x01")

    assert entry.main(["run", str(path)]) == 2
    assert "is no Python source" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told_in_a_sentence(capsys):
    assert entry.main(["run", "no_such.py"]) == 2
    assert "No such file or directory: 'no_such.py'" in capsys.readouterr().err


def test_a_dialect_that_never_was_is_told_in_a_sentence(script, capsys):
    assert entry.main(["run", "--dialect", "keras9", script("")]) == 2
    assert "must be one of keras0, keras1, keras2, tf_keras, keras3" in capsys.readouterr().err


def test_scripts_may_ask_for_what_is_not_there(script, capsys):
    source = """
try:
    from keras.layers import LSTM
except ImportError:
    LSTM = None
import keras.layers
print(LSTM, hasattr(keras.layers, "GRU"), hasattr(keras.layers, "Dense"))
"""
    assert ran(script(source))[0] == 0
    assert capsys.readouterr().out == "None False True\n"


def test_everything_is_as_before_afterwards(script):
    before = sys.modules.get("keras"), sys.meta_path[:], sys.path[:], sys.argv
    path = script("import keras\nimport tensorflow\nfrom keras import backend as K\n")
    ran(path, dialect="0.2.0")

    assert (sys.modules.get("keras"), sys.meta_path, sys.path, sys.argv) == before
    assert settings.image_data_format() == "channels_last"
    assert "float" not in vars(np)


def test_numpys_old_names_are_there_for_old_scripts(script, capsys):
    path = script("import numpy as np\nprint(np.float(3), np.array([1], dtype=np.int).dtype)\n")
    code, record = ran(path, dialect="keras1")

    assert (code, capsys.readouterr().out) == (0, "3.0 int64\n")
    assert "line 2: np.float -> float" in record


def test_the_record_can_be_left_out(script):
    source = "from keras.layers import Dense\nDense(3, init='uniform')\n"

    assert ran(script(source), dialect="keras1", quiet=True) == (0, "")


def test_arguments_after_the_script_are_its_own(script, capsys):
    path = script("import sys\nprint(sys.argv[1:])\n")

    assert entry.main(["run", path, "--dialect", "x", "-h"]) == 0
    assert capsys.readouterr().out == "['--dialect', 'x', '-h']\n"


def test_images_are_channels_first_in_the_first_versions(script, capsys):
    source = "from keras import backend as K\nprint(K.image_dim_ordering())\n"
    ran(script(source), dialect="1.0.8")
    ran(script(source), dialect="1.2.2")

    assert capsys.readouterr().out == "th\ntf\n"


def test_a_shape_that_begins_with_the_channels_is_taken_for_channels_first(script, capsys):
    source = """
from keras.models import Sequential
from keras.layers import Convolution2D
model = Sequential()
model.add(Convolution2D(4, 3, 3, input_shape=(3, 20, 20)))
print(model.output_shape)
"""
    code, record = ran(script(source), dialect="keras1")

    assert (code, capsys.readouterr().out) == (0, "(None, 4, 18, 18)\n")
    assert "Approximated:\n  line 5: images of shape (3, 20, 20) are taken for channels first" in (
        record
    )


def test_a_keras_that_was_imported_before_is_put_aside(script, monkeypatch, capsys):
    other = types.ModuleType("keras")
    monkeypatch.setitem(sys.modules, "keras", other)
    path = script("import keras\nprint(keras.layers.Dense(3).units)\n")

    assert ran(path)[0] == 0
    assert capsys.readouterr().out == "3\n"
    assert sys.modules["keras"] is other
