import json

import pytest

from trimtab.compat.migration.notebooks import migrate_notebook


def notebook(*sources):
    cells = [
        {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": ["kept"],
         "source": source.splitlines(keepends=True)}
        for source in sources
    ]  # fmt: skip
    text = {"cell_type": "markdown", "metadata": {}, "source": ["# nb_epoch\n"]}
    return json.dumps({"cells": [text, *cells], "nbformat": 4, "nbformat_minor": 5}, indent=1)


def sources(text):
    return ["".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "code"]


def test_cells_know_what_earlier_cells_imported():
    old = notebook("from keras.layers.core import Dense", "Dense(output_dim=3)")

    new, found = migrate_notebook(old, None, "keras", "n.ipynb")

    assert sources(new) == ["from keras.layers import Dense", "Dense(units=3)"]
    assert found.era == "keras1"


def test_shell_lines_and_outputs_stay():
    magic = "%matplotlib inline\n!pip install keras\nfrom keras.layers.core import Dense"
    old = notebook(magic, "%%bash\nls 'nb_epoch=3", "Dense(output_dim=3)")

    new, _ = migrate_notebook(old, None, "keras", "n.ipynb")

    assert sources(new)[0].startswith("%matplotlib inline\n!pip install keras\n")
    assert sources(new)[1] == "%%bash\nls 'nb_epoch=3"
    assert json.loads(new)["cells"][1]["outputs"] == ["kept"]


def test_migrating_twice_changes_nothing():
    old = notebook("from keras.layers.core import Dense", "Dense(3, init='uniform')")

    new, _ = migrate_notebook(old, None, "keras", "n.ipynb")

    assert migrate_notebook(new, None, "keras", "n.ipynb")[0] == new


def test_another_file_is_refused():
    with pytest.raises(ValueError, match="n.ipynb: is no notebook"):
        migrate_notebook("[]", None, "keras", "n.ipynb")
