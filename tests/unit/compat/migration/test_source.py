import ast

import pytest

from trimtab.compat.migration.rewrite import UNUSED
from trimtab.compat.migration.source import migrate_source

DENSE = "from keras.layers.core import Dense\n"


def migrated(source, **options):
    return migrate_source(source, **options).source


def test_modules_and_arguments_get_todays_names():
    source = "from keras.layers.core import Dense\nDense(output_dim=3, init='glorot_uniform')\n"

    assert migrated(source) == (
        "from keras.layers import Dense\nDense(units=3, kernel_initializer='glorot_uniform')\n"
    )


def test_comments_and_layout_stay():
    source = (
        "# A network.\n"
        "from keras.layers.convolutional import Convolution2D  # images\n"
        "\n"
        "layer = Convolution2D(\n"
        "    8, 3, 3,  # filters, rows, columns\n"
        "    border_mode='same',  # keeps the size\n"
        ")\n"
    )

    assert migrated(source) == (
        "# A network.\n"
        "from keras.layers import Conv2D  # images\n"
        "\n"
        "layer = Conv2D(\n"
        "    8, (3, 3),  # filters, rows, columns\n"
        "    padding='same',  # keeps the size\n"
        ")\n"
    )


def test_a_value_of_another_meaning_is_written_out():
    source = DENSE + "Dense(3, init='uniform')\n"

    assert "kernel_initializer=keras.initializers.RandomUniform(minval=-0.05, maxval=0.05)" in (
        migrated(source)
    )


@pytest.mark.parametrize(
    ("version", "epsilon"), [("0.3.3", "1e-06"), ("1.0.8", "1e-05"), ("1.2.2", None)]
)
def test_epsilon_of_batch_normalization_is_that_of_the_version(version, epsilon):
    source = "from keras.layers.normalization import BatchNormalization\nx = BatchNormalization()\n"

    new = migrated(source, dialect=version)

    assert ("epsilon=" in new) == (epsilon is not None)
    assert epsilon is None or f"epsilon={epsilon}" in new


def test_decay_becomes_a_schedule():
    source = "from keras.optimizers import SGD\nSGD(lr=0.1, decay=1e-6, momentum=0.9)\n"

    assert (
        "SGD(learning_rate=keras.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=1, "
        "decay_rate=1e-6), momentum=0.9)" in migrated(source)
    )


def test_a_dropped_batch_normalization_gets_a_comment_with_the_fix():
    source = (
        "from keras.layers.normalization import BatchNormalization\n"
        "BatchNormalization(epsilon=1e-06, mode=0, momentum=0.9, weights=None)\n"
    )

    new = migrated(source)

    assert new.endswith(f"{UNUSED}\nBatchNormalization(epsilon=1e-06, momentum=0.9)\n")
    assert migrated(new) == new


def test_show_accuracy_moves_to_compile():
    source = (
        "from keras.models import Sequential\n"
        "model = Sequential()\n"
        "model.compile(loss='mse', optimizer='sgd', class_mode='binary')\n"
        "model.fit(X, y, nb_epoch=3, show_accuracy=True)\n"
        "loss = model.evaluate(X, y)\n"
    )

    new = migrated(source)

    assert "model.compile(loss='mse', optimizer='sgd', metrics=[\"accuracy\"])" in new
    assert "model.fit(X, y, epochs=3" in new
    assert "loss = model.evaluate(X, y" in new
    assert new.rstrip().endswith("[0]")


def test_names_in_logs_follow_the_metric():
    source = (
        "from keras.models import Sequential\n"
        "model = Sequential()\n"
        "model.compile('sgd', 'mse', metrics=['accuracy'])\n"
        "h = model.fit(x, y, nb_epoch=2)\n"
        "print(h.history['val_acc'], 'acc' in h.history, 'acc')\n"
    )

    assert "print(h.history['val_accuracy'], 'accuracy' in h.history, 'acc')" in migrated(source)


def test_names_through_modules_are_followed():
    source = (
        "import tensorflow as tf\n"
        "tf.random.set_seed(1)\n"
        "model = tf.keras.models.Sequential([tf.keras.layers.Dense(3)])\n"
    )

    assert migrated(source) == (
        "import keras\n"
        "keras.utils.set_random_seed(1)\n"
        "model = keras.models.Sequential([keras.layers.Dense(3)])\n"
    )


def test_other_uses_of_tensorflow_keep_its_import():
    source = (
        "import tensorflow as tf\n"
        "x = tf.data.Dataset.range(3)\n"
        "model = tf.keras.models.Sequential()\n"
    )

    assert "import tensorflow as tf\n" in migrated(source)


def test_fit_of_another_library_stays_as_it_is():
    source = (
        "from sklearn.linear_model import LogisticRegression\n"
        "from keras.layers.core import Dense\n"
        "clf = LogisticRegression()\n"
        "clf.fit(X, y)\n"
        "clf.predict_proba(X)\n"
    )

    assert migrated(source).endswith("clf.fit(X, y)\nclf.predict_proba(X)\n")


def test_code_without_keras_stays_as_it_is():
    source = "import re\npattern = re.compile('a')\nmodel.weights\n"

    assert migrated(source) == source


def test_the_import_can_be_of_trimtab():
    source = "import keras\nfrom keras.layers.core import Dense\nDense(output_dim=2)\n"

    assert migrated(source, to="trimtab") == (
        "import trimtab as keras\nfrom trimtab.layers import Dense\nDense(units=2)\n"
    )


def test_what_cannot_be_translated_stays_and_is_listed():
    source = (
        "from keras.layers.normalization import BatchNormalization\n"
        "x = BatchNormalization(mode=1)\n"
    )

    found = migrate_source(source)

    assert "BatchNormalization(mode=1)" in found.source
    assert [(r.line, "LayerNormalization" in r.text) for r in found.left] == [(2, True)]


def test_python_2_is_named_with_its_lines():
    with pytest.raises(ValueError, match=r"old.py: is Python 2, with print statements at line 2"):
        migrate_source("x = 1\nprint 'a'\n", name="old.py")


def test_a_syntax_error_is_one_sentence():
    with pytest.raises(ValueError, match=r"bad.py, line 1: .*; mend it first"):
        migrate_source("def f(:\n", name="bad.py")


def test_an_unknown_target_is_refused():
    with pytest.raises(ValueError, match="`to` must be one of keras, trimtab; got 'torch'"):
        migrate_source("", to="torch")


def test_an_optimizer_in_small_letters_is_rewritten_as_its_class():
    source = "import keras\nopt = keras.optimizers.rmsprop(lr=0.01)\n"

    assert "keras.optimizers.RMSprop(learning_rate=0.01)" in migrated(source, dialect="keras2")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("K.flatten(x)", "keras.ops.reshape(x, (-1,))"),
        ("K.gather(x, i)", "keras.ops.take(x, i, axis=0)"),
        ("K.permute_dimensions(x, (0, 2, 1))", "keras.ops.transpose(x, (0, 2, 1))"),
        ("K.eval(x)", "keras.ops.convert_to_numpy(x)"),
        (
            "K.random_normal(shape=(2, 3), std=0.5)",
            "keras.random.normal(shape=(2, 3), stddev=0.5)",
        ),
    ],
)
def test_functions_of_the_backend_are_written_in_todays_words(old, new):
    result = migrate_source(f"from keras import backend as K\ny = {old}\n", dialect="keras2")

    assert f"y = {new}\n" in result.source
    assert "import keras\n" in result.source
    assert not result.left


def test_sizes_of_dense_may_be_variables_in_the_first_versions():
    source = DENSE + "Dense(dims, 32, init='normal')\nDense(32, count, init='normal')\n"

    new = migrated(source, dialect="keras0")

    assert "Dense(32, input_dim=dims, kernel_initializer=" in new
    assert "Dense(count, input_dim=32, kernel_initializer=" in new


def test_a_function_that_the_new_source_needs_stands_before_its_use():
    source = (
        "from keras.models import Sequential\n"
        "model = Sequential()\n"
        "print(model.predict_classes(x))\n"
        "from keras.models import load_model\n"
    )

    new = migrated(source)

    assert new.index("def class_numbers") < new.index("print(class_numbers(")
    compile(new, "new.py", "exec")


def test_lines_are_those_of_the_old_source():
    source = '''"""Of several
lines."""
import keras; from keras.layers import Dense

# A comment.
@property
@wrapped(Dense(2,
               init="zero"))
def build(model, units=(3,
                        4)):
    if units:
        # Another one.
        model.add(
            Dense(
                output_dim=3,
            )
        )
    first = 1; model.add(Dense(output_dim=5))


class Own(object): layer = Dense(output_dim=6)


match 3:
    case 3:
        model.fit(X, Y, nb_epoch=3)
for _ in [Dense(
    output_dim=7)]: pass
'''
    migrated = migrate_source(source, dialect="keras1")
    assert [change.line for change in migrated.changes] == [7, 14, 18, 21, 26, 27]
    assert ast.parse(migrated.source)


def test_an_import_is_no_use_of_what_it_imports():
    source = "import tensorflow as tf\ntf.random.set_seed(3)\n"
    again = "def get():\n    import tensorflow as tf\n    return 3\n"
    used = "tf.summary.scalar(3)\n"
    assert "tensorflow" not in migrated(source + again)
    assert "import tensorflow as tf" in migrated(source + used)


@pytest.mark.parametrize(
    "source",
    [
        "from keras.preprocessing.image import ImageDataGenerator\nmade = ImageDataGenerator()\n",
        "import keras\nmade = keras.preprocessing.image.ImageDataGenerator()\n",
        "import tensorflow as tf\nmade = tf.keras.preprocessing.text.Tokenizer(num_words=5)\n",
        "from keras.preprocessing import sequence\n"
        "made = sequence.TimeseriesGenerator([1, 2, 3], [1, 2, 3], length=1)\n",
    ],
)
def test_what_keras_3_hides_is_found_in_trimtab(source):
    namespace = {}
    exec(migrated(source, to="trimtab"), namespace)
    assert type(namespace["made"]).__module__.startswith("trimtab.compat.")


def test_uses_of_tensorflow_that_stay_are_listed():
    source = (
        "import tensorflow as tf\n"
        "from tensorflow import GradientTape\n"
        "@tf.function\n"
        "def step(x):\n"
        "    with GradientTape() as tape:\n"
        "        y = tf.reduce_mean(tf.image.random_flip_left_right(x))\n"
        "    return tf.cast(y, tf.float32), tf.keras.layers.Dense(3)\n"
    )

    left = [(remark.line, remark.text.split(" is ")[0]) for remark in migrate_source(source).left]

    assert left == [(3, "tf.function"), (5, "GradientTape"), (6, "tf.image.random_flip_left_right")]


def test_a_symbolic_loss_is_left():
    source = (
        "from keras.models import Model\nvae = Model(input=x, output=y)\nvae.add_loss(kl)\n"
        "class Own(Model):\n    def call(self, x):\n        self.add_loss(x)\n"
    )
    assert [remark.line for remark in migrate_source(source).left] == [3]
