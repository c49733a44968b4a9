"""Files cut short, foreign or made to do harm: one error that names them, and no change."""

import io
import json
import zipfile

import h5py
import numpy as np
import pytest

import trimtab
from trimtab.saving import files
from trimtab.saving.npz import NpzReader


@pytest.fixture
def refused(model, make, snapshot):
    """Asserts that weights of a file are refused, with its name and `message`, and none is set."""

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


@pytest.fixture
def weights_file(model, tmp_path):
    """A good file, to be spoilt."""
    model.save_weights(tmp_path / "m.weights.h5")
    return tmp_path / "m.weights.h5"


@pytest.fixture
def archive(model, tmp_path):
    """A good archive, to be spoilt."""
    model.save(tmp_path / "m.keras")
    return tmp_path / "m.keras"


def rewritten(path, compress=zipfile.ZIP_STORED, **changes):
    """Writes the archive anew with some members changed; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    members.update({name.replace("__", "."): content for name, content in changes.items()})
    with zipfile.ZipFile(path, "w", compress) as archive:
        for name, content in members.items():
            if content is not None:
                archive.writestr(name, content)


@pytest.mark.parametrize("part", [0.0, 0.02, 0.3, 0.9, 0.999])
def test_weights_file_cut_short(part, weights_file, refused):
    content = weights_file.read_bytes()
    weights_file.write_bytes(content[: int(len(content) * part)])

    refused(weights_file, "cannot be read as weights")


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
def test_archive_cut_short(part, archive):
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * part)])

    with pytest.raises(ValueError, match=r"m\.keras: cannot be read as a \.keras archive"):
        trimtab.models.load_model(archive)


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.hdf5"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"text" * 999])
def test_foreign_content(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ValueError, match=f"{name}: cannot be read as"):
        trimtab.models.load_model(tmp_path / name)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"none\.keras: File not found"):
        trimtab.models.load_model(tmp_path / "none.keras")


@pytest.mark.parametrize(
    "config",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"class_name": "Sequential"}',
        b'{"class_name": "Sequential", "config": {}}',
        b'{"class_name": "system", "module": "os", "config": "true"}',
        b'{"class_name": "Dense", "module": "keras.layers", "config": {"units": -1}}',
        b'{"class_name": "Functional", "config": {"name": "f", "layers": [], "input_layers": '
        b'[["x", 0, 0]], "output_layers": [["x", 0, 0]]}}',
    ],
)
def test_bad_configuration(config, archive):
    rewritten(archive, config__json=config)

    with pytest.raises(ValueError, match=r"m\.keras"):
        trimtab.models.load_model(archive)


@pytest.mark.parametrize("member", ["config__json", "model__weights.h5"])
def test_missing_member(member, archive):
    name = member.replace("__", ".")
    rewritten(archive, **{member: None})

    with pytest.raises(ValueError, match=rf"m\.keras: .*{name}"):
        trimtab.models.load_model(archive)


def test_changed_byte_in_the_weights_of_an_archive(archive):
    content = bytearray(archive.read_bytes())
    position = content.index(b"\x89HDF") + 4000
    content[position] ^= 0xFF
    archive.write_bytes(content)

    with pytest.raises(ValueError, match=r"m\.keras.*CRC"):
        trimtab.models.load_model(archive)


def test_zip_bomb(archive):
    rewritten(archive, zipfile.ZIP_DEFLATED, config__json=b" " * (64 << 20))

    with pytest.raises(ValueError, match=r"m\.keras: .*config\.json.*67108864; it is refused"):
        trimtab.models.load_model(archive)


@pytest.mark.parametrize(
    "name", ["assets/../../evil", "/etc/evil", "assets\\..\\..\\evil", "c:/evil"]
)
def test_member_names_that_lead_out(name, archive, tmp_path):
    rewritten(archive, **{name: b"harm"})

    with pytest.raises(ValueError, match=r"m\.keras: .*leads out of the archive"):
        trimtab.models.load_model(archive)
    assert not list(tmp_path.rglob("evil"))


def test_dataset_that_declares_more_than_it_holds(weights_file, refused):
    with h5py.File(weights_file, "r+") as file:
        group = file["layers/dense/vars"]
        del group["0"]
        group.create_dataset("0", shape=(10**6, 10**6), dtype="f4", chunks=(1, 1000))

    refused(weights_file, "declares 4000000000000 bytes and holds 0")


def test_dataset_larger_than_the_variable(weights_file, refused):
    with h5py.File(weights_file, "r+") as file:
        group = file["layers/dense/vars"]
        del group["0"]
        group.create_dataset("0", data=np.zeros((5 << 20,), np.float32), compression="gzip")

    refused(weights_file, r"larger than the 120 bytes")


def link(file, kind, tmp_path):
    if kind == "soft":
        file["layers/dense/vars/0"] = h5py.SoftLink("/layers/dense_1/vars/0")
    else:
        with h5py.File(tmp_path / "other.h5", "w") as other:
            other["x"] = np.zeros((4, 3), np.float32)
        file["layers/dense/vars/0"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/x")


@pytest.mark.parametrize("kind", ["soft", "external"])
def test_links_to_datasets(kind, weights_file, refused, tmp_path):
    with h5py.File(weights_file, "r+") as file:
        del file["layers/dense/vars/0"]
        link(file, kind, tmp_path)

    refused(weights_file, "links are not followed")


@pytest.mark.parametrize("kind", [h5py.SoftLink("/layers"), h5py.ExternalLink("x.h5", "/layers")])
def test_links_to_groups(kind, weights_file, refused):
    with h5py.File(weights_file, "r+") as file:
        file.move("layers", "moved")
        file["layers"] = kind

    refused(weights_file, "links are not followed")


def test_external_dataset(weights_file, refused, tmp_path):
    (tmp_path / "secret").write_bytes(b"\0" * 48)
    with h5py.File(weights_file, "r+") as file:
        group = file["layers/dense/vars"]
        del group["0"]
        group.create_dataset("0", (4, 3), "f4", external=[(str(tmp_path / "secret"), 0, 48)])

    refused(weights_file, "lies in other files")


def test_virtual_dataset(weights_file, refused, tmp_path):
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (4, 3), "f4")
    with h5py.File(weights_file, "r+") as file:
        group = file["layers/dense/vars"]
        del group["0"]
        group.create_virtual_dataset("0", layout)

    refused(weights_file, "lies in other files")


@pytest.mark.parametrize(
    "data",
    [
        np.array([b"text"], h5py.special_dtype(vlen=bytes)),
        np.zeros(3, [("a", "f4")]),
        h5py.Empty("f4"),
    ],
)
def test_datasets_that_hold_no_numbers(data, weights_file, refused):
    with h5py.File(weights_file, "r+") as file:
        group = file["layers/dense/vars"]
        del group["0"]
        group["0"] = data

    refused(weights_file, "The dataset '0'")


def test_group_in_the_place_of_a_dataset(weights_file, refused):
    with h5py.File(weights_file, "r+") as file:
        del file["layers/dense/vars/0"]
        file.create_group("layers/dense/vars/0")

    refused(weights_file, "must be a Dataset; got Group")


def test_dataset_in_the_place_of_a_group(weights_file, refused):
    with h5py.File(weights_file, "r+") as file:
        del file["layers/dense"]
        file["layers/dense"] = np.zeros(3)

    refused(weights_file, "variables")


@pytest.mark.parametrize("names", [[b"../../x"], [b"/layers"], [b"a//b"], [b"missing"]])
def test_names_in_legacy_files(names, model, refused, tmp_path):
    path = tmp_path / "m.h5"
    model.save_weights(path, save_format="h5")
    with h5py.File(path, "r+") as file:
        file["dense"].attrs["weight_names"] = names

    refused(path, "must")


def test_legacy_shape_is_compared_before_reading(model, refused, tmp_path):
    path = tmp_path / "m.h5"
    model.save_weights(path, save_format="h5")
    with h5py.File(path, "r+") as file:
        group = file["dense"]
        name = group.attrs["weight_names"][0]
        del group[name]
        group.create_dataset(name, data=np.zeros(5 << 20, np.int8), compression="gzip")

    refused(path, r"Shape mismatch in layer #0 \(named dense\)")


def lambda_archive(archive):
    """Puts a Lambda layer with code, as Keras writes it, behind the first layer."""
    with zipfile.ZipFile(archive) as opened:
        config = json.loads(opened.read("config.json"))
    code = {
        "class_name": "__lambda__",
        "config": {"code": "4wAA", "defaults": None, "closure": None},
    }
    layer = {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"name": "lambda", "function": code},
        "registered_name": None,
    }
    config["config"]["layers"].insert(1, layer)
    rewritten(archive, config__json=json.dumps(config))


def test_code_of_a_lambda_is_refused(archive):
    lambda_archive(archive)

    with pytest.raises(ValueError, match=r"m\.keras.*safe_mode=False"):
        trimtab.models.load_model(archive)


def npz(entries):
    """A file as Keras 2.12 to 2.15 wrote it: an object array of a dict for each object."""
    buffer = io.BytesIO()
    np.savez(buffer, **entries)
    return buffer.getvalue()


def test_npz_weights_are_read(model, assert_same, archive, tmp_path):
    entries = {}

    def collect(name, item):
        if name.endswith("vars"):
            entries[name.removesuffix("vars").strip("/")] = {key: item[key][()] for key in item}

    with h5py.File(io.BytesIO(zipfile.ZipFile(archive).read("model.weights.h5"))) as file:
        file.visititems(collect)
    rewritten(
        archive,
        **{
            "model__weights.h5": None,
            "model__weights.npz": npz({k or "__root__": v for k, v in entries.items()}),
        },
    )

    assert_same(model, trimtab.models.load_model(archive))


class Harm:
    def __reduce__(self):
        return print, ("harm",)


def test_npz_with_code_is_refused_without_running_it(archive, capsys):
    content = npz({"layers/dense": np.array({"0": Harm()}, dtype=object)})
    rewritten(archive, **{"model__weights.h5": None, "model__weights.npz": content})

    with pytest.raises(ValueError, match=r"(?s)m\.keras: .*builtins\.print; only arrays"):
        trimtab.models.load_model(archive, safe_mode=False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "member",
    [np.zeros(3), np.array({"0": "text"}, dtype=object), np.array([1, None], dtype=object)],
)
def test_npz_that_holds_no_dicts_of_arrays(member):
    with pytest.raises(ValueError, match=r"The member 'x\.npy' must"):
        NpzReader(io.BytesIO(npz({"x": member}))).get("x")


def test_unexpected_errors_keep_their_cause(tmp_path):
    match = r"a: cannot be read as x\. KeyError"
    with pytest.raises(ValueError, match=match) as caught, files.reading("a", "x"):
        raise KeyError("missing")

    assert isinstance(caught.value.__cause__, KeyError)
