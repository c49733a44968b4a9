"""Whole models in old files, archives and JSON that are damaged, foreign or made to do harm."""

import base64
import json
import marshal
import zipfile

import h5py
import numpy as np
import pytest

import trimtab
from trimtab import layers


@pytest.fixture
def legacy(model, tmp_path):
    """A good file of a whole model in Keras 2's format, to be spoilt."""
    model.save(tmp_path / "m.h5")
    return tmp_path / "m.h5"


@pytest.fixture
def archive(model, tmp_path):
    """A good archive, to be spoilt."""
    model.save(tmp_path / "m.keras")
    return tmp_path / "m.keras"


@pytest.fixture
def keeps(make, snapshot):
    """Asserts that reading weights from a file fails with `message` and sets none."""

    def check(path, message):
        other = make()
        other.optimizer.build(other.trainable_variables)
        before = snapshot(other)
        with pytest.raises(ValueError, match=message) as caught:
            other.load_weights(path)
        assert str(path) in str(caught.value)
        for a, b in zip(before, snapshot(other), strict=True):
            np.testing.assert_array_equal(a, b)

    return check


def with_lambda(config, marker):
    """`config` with a layer behind the first whose code would make the file `marker`."""
    code = compile(f"lambda x: open({str(marker)!r}, 'w') and x", "evil", "eval").co_consts[0]
    text = base64.b64encode(marshal.dumps(code)).decode()
    layer = {
        "module": "keras.layers",
        "class_name": "Lambda",
        "registered_name": None,
        "config": {
            "name": "lambda",
            "function": {
                "class_name": "__lambda__",
                "config": {"code": text, "defaults": None, "closure": None},
            },
        },
    }
    config["config"]["layers"].insert(1, layer)
    return json.dumps(config)


def changed_config(path, text):
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = text


def added(path, name, content, compress=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "a", compress) as opened:
        opened.writestr(name, content)


@pytest.mark.parametrize("part", [0.0, 0.02, 0.3, 0.9, 0.999])
def test_an_old_file_cut_short(part, legacy, keeps):
    content = legacy.read_bytes()
    legacy.write_bytes(content[: int(len(content) * part)])

    with pytest.raises(ValueError, match=r"m\.h5: cannot be read as a model in HDF5"):
        trimtab.models.load_model(legacy)
    keeps(legacy, "cannot be read as")


@pytest.mark.parametrize("name", ["m.weights.h5", "m.h5", "m.keras"])
@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" * 99, b"\x80\x04cos\nsystem\n."])
def test_foreign_content_in_the_place_of_weights(name, content, keeps, tmp_path):
    (tmp_path / name).write_bytes(content)
    keeps(tmp_path / name, "cannot be read as")


@pytest.mark.parametrize("kind", ["h5", "zip"])
def test_a_good_container_of_something_else(kind, tmp_path):
    path = tmp_path / ("m.h5" if kind == "h5" else "m.keras")
    if kind == "h5":
        with h5py.File(path, "w") as file:
            file["data"] = np.zeros(3)
    else:
        with zipfile.ZipFile(path, "w") as opened:
            opened.writestr("word/document.xml", "<xml/>")
    with pytest.raises(ValueError, match=f"{path.name}: cannot be read as"):
        trimtab.models.load_model(path)


@pytest.mark.parametrize(
    "config", ["", "{", "[]", "3", "[" * 100_000, '{"class_name": "Sequential"}', '{"config": 1}']
)
def test_an_old_file_with_a_bad_configuration(config, legacy):
    changed_config(legacy, config or " ")

    with pytest.raises(ValueError, match=r"m\.h5: cannot be read as a model in HDF5"):
        trimtab.models.load_model(legacy)


def test_code_in_an_old_file_is_refused_and_not_run(legacy, tmp_path):
    with h5py.File(legacy) as file:
        config = json.loads(file.attrs["model_config"])
    changed_config(legacy, with_lambda(config, tmp_path / "harm"))

    with pytest.raises(ValueError, match=r"m\.h5.*safe_mode=False"):
        trimtab.models.load_model(legacy)
    assert not (tmp_path / "harm").exists()


def test_code_in_an_archive_is_refused_and_not_run(archive, model, tmp_path):
    with zipfile.ZipFile(archive) as opened:
        members = {info.filename: opened.read(info) for info in opened.infolist()}
    marker = tmp_path / "harm"
    members["config.json"] = with_lambda(json.loads(members["config.json"]), marker).encode()
    archive.unlink()
    for name, content in members.items():
        added(archive, name, content, zipfile.ZIP_STORED)

    with pytest.raises(ValueError, match=r"m\.keras.*safe_mode=False"):
        trimtab.models.load_model(archive)
    assert not marker.exists()


def test_code_in_json_is_refused_and_not_run(model, tmp_path):
    text = with_lambda(json.loads(model.to_json()), tmp_path / "harm")

    with pytest.raises(ValueError, match="safe_mode"):
        trimtab.models.model_from_json(text)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    "text",
    ["", "{", "3", "[]", "[" * 100_000, '{"class_name": "Sequential"}', '{"config": 1}', "\0"],
)
def test_bad_json(text):
    with pytest.raises(ValueError, match="model_from_json: cannot be read as a model's JSON"):
        trimtab.models.model_from_json(text)


@pytest.mark.parametrize("module", ["os", "subprocess", "builtins", "trimtab.saving.files"])
def test_json_names_no_class_outside_of_the_library(module):
    config = {"module": module, "class_name": "system", "config": {}, "registered_name": "system"}
    with pytest.raises((ValueError, TypeError), match="system"):
        trimtab.models.model_from_json(json.dumps(config))


@pytest.mark.parametrize("name", ["assets/table", "model.weights.h5"])
def test_members_that_unpack_to_far_more(name, archive, tmp_path, keeps):
    if name == "model.weights.h5":
        archive.unlink()
        added(archive, "config.json", b"{}")
    added(archive, name, b"\0" * (64 << 20))

    with pytest.raises(ValueError, match=r"m\.keras: .*67108864; it is refused"):
        trimtab.models.load_model(archive)
    keeps(archive, "it is refused")


def test_a_link_among_the_members_stays_a_file(archive, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    info = zipfile.ZipInfo("assets/link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(info, str(secret))

    trimtab.models.load_model(archive)
    assert secret.read_text() == "secret"


def test_a_changed_byte_changes_no_weight(archive, keeps):
    content = bytearray(archive.read_bytes())
    content[content.index(b"\x89HDF") + 4000] ^= 0xFF
    archive.write_bytes(content)
    keeps(archive, "CRC")


def test_a_changed_byte_in_a_large_archive_changes_no_weight(tmp_path):
    def big():
        return trimtab.Sequential([trimtab.Input((2048,)), layers.Dense(2200)])

    path = tmp_path / "big.keras"
    big().save(path)
    trimtab.models.load_model(path)
    content = bytearray(path.read_bytes())
    content[len(content) * 3 // 4] ^= 0x10
    path.write_bytes(content)
    other = big()
    before = other.get_weights()

    with pytest.raises(ValueError, match=r"big\.keras.*checksum differs"):
        other.load_weights(path)
    with pytest.raises(ValueError, match=r"big\.keras.*checksum differs"):
        trimtab.models.load_model(path)
    for a, b in zip(before, other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_compressed_state_of_an_old_optimizer_is_not_unpacked(legacy):
    with h5py.File(legacy, "r+") as file:
        group = file["optimizer_weights"]
        name = group.attrs["weight_names"][0]
        del group[name]
        group.create_dataset(name, data=np.zeros(20 << 20, np.int8), compression="gzip")

    with pytest.raises(ValueError, match=r"m\.h5: .*larger than the"):
        trimtab.models.load_model(legacy)
