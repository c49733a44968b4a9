import numpy as np
import pytest

import trimtab
from trimtab.compat.dialect import Dialect
from trimtab.compat.installation import find_in_keras
from trimtab.compat.tables import IMAGES

X = np.arange(6 * 4 * 4 * 3, dtype="float32").reshape(6, 4, 4, 3)


def generator(version, *args, **kwargs):
    return find_in_keras(Dialect(version), "preprocessing.image", "ImageDataGenerator")(
        *args, **kwargs
    )


@pytest.mark.parametrize("step", IMAGES.defaults, ids=lambda step: f"{step.argument}{step.since}")
def test_a_default_is_what_it_was(step):
    made = generator(".".join(map(str, step.since)))

    assert getattr(made, step.argument) is (step.value or False)


@pytest.mark.parametrize("order", [o for o in IMAGES.orders if o.names], ids=str)
def test_values_by_position_mean_the_names_of_the_version(order):
    values = [False, True, False, True, False, 10, 0.1, 0.2]
    made = generator("1.2.2", *values)

    assert (made.rotation_range, made.width_shift_range, made.height_shift_range) == (10, 0.1, 0.2)
    assert len(order.names) == len(values)


@pytest.mark.parametrize("old", IMAGES.rename)
def test_an_old_argument_is_todays(old):
    made = generator("1.2.2", **{old: "th"})

    assert getattr(made, IMAGES.rename[old]) == IMAGES.values[IMAGES.rename[old]]["th"]


def test_batches_came_in_one_pass_and_in_order_in_the_first_versions():
    made = generator("0.3.1", featurewise_center=False, featurewise_std_normalization=False)
    batches = list(made.flow(X, np.arange(6), batch_size=4))

    assert [y.tolist() for _, y in batches] == [[0, 1, 2, 3], [4, 5]]


def test_batches_come_without_end_since():
    batches = generator("1.2.2").flow(X, np.arange(6), batch_size=4, seed=1)
    numbers = [y.tolist() for (_, y), _ in zip(batches, range(6), strict=False)]

    assert sorted(sum(numbers[:2], [])) == list(range(6))
    assert len(numbers) == 6


def test_shears_were_in_radians():
    assert generator("1.2.2", shear_range=0.2).shear_range == pytest.approx(np.degrees(0.2))
    assert generator("2.2.4", shear_range=0.2).shear_range == 0.2


def test_loaders_take_the_old_name_of_the_number_of_words():
    dialect = Dialect("keras1")
    load = find_in_keras(dialect, "datasets.mnist", "load_data")

    assert load.row.rename == {"nb_words": "num_words"}
    assert load.target is trimtab.datasets.mnist.load_data
