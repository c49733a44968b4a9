import trimtab
from trimtab import layers


def test_a_frozen_layer_of_a_functional_model_is_frozen_after_loading(tmp_path):
    inputs = trimtab.Input((3,))
    norm = layers.BatchNormalization(name="norm")
    norm.trainable = False
    model = trimtab.Model(inputs, layers.Dense(2, name="out")(norm(inputs)))
    model.save(tmp_path / "m.keras")

    loaded = trimtab.models.load_model(tmp_path / "m.keras")

    assert not loaded.get_layer("norm").trainable
    assert loaded.get_layer("out").trainable
    assert loaded.trainable
