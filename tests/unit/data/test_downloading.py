"""Files fetched from a server on this machine: once, whole, checked."""

import functools
import hashlib
import http.server
import io
import pathlib
import tarfile
import threading
import zipfile

import pytest

from trimtab.utils import get_file

CONTENT = b"a small file\n" * 1000
SHA256, MD5 = hashlib.sha256(CONTENT).hexdigest(), hashlib.md5(CONTENT).hexdigest()


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and notes what was asked for; cut.bin ends before its length."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path != "/cut.bin":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"short")

    def log_message(self, *_):
        """Nothing."""


def tar_of(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zip_of(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Address of a server with some files; the cache is a new folder."""
    folder = tmp_path / "served"
    folder.mkdir()
    members = {"top/a.txt": b"a", "top/in/b.txt": b"b"}
    for name, content in {
        "plain.bin": CONTENT,
        "all.tar.gz": tar_of(members),
        "all.zip": zip_of(members),
        "evil.tar.gz": tar_of({"../outside.txt": b"x"}),
        "evil.zip": zip_of({"../outside.txt": b"x"}),
    }.items():
        (folder / name).write_bytes(content)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    handler = functools.partial(Handler, directory=str(folder))
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    made.asked = []
    made.origin = f"http://127.0.0.1:{made.server_port}/"
    made.cache = tmp_path / "home" / "datasets"
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def kept(server):
    return sorted(p.name for p in server.cache.iterdir())


def test_a_file_is_fetched_once(server, capsys):
    paths = {get_file("plain.bin", server.origin + "plain.bin") for _ in range(2)}
    assert paths == {str(server.cache / "plain.bin")}
    assert pathlib.Path(*paths).read_bytes() == CONTENT
    assert server.asked == ["/plain.bin"]
    assert "Downloading data" in capsys.readouterr().out


def test_the_name_may_come_from_the_address(server):
    assert get_file(origin=server.origin + "plain.bin") == str(server.cache / "plain.bin")


def test_force_download_fetches_it_again(server):
    for force in (False, True):
        get_file("plain.bin", server.origin + "plain.bin", force_download=force)
    assert len(server.asked) == 2


@pytest.mark.parametrize("hashes", [{"file_hash": SHA256}, {"md5_hash": MD5}, {"file_hash": MD5}])
def test_a_right_hash_passes(server, hashes):
    get_file("plain.bin", server.origin + "plain.bin", **hashes)


def test_a_file_with_another_hash_is_fetched_anew(server):
    server.cache.mkdir(parents=True)
    (server.cache / "plain.bin").write_bytes(b"old")
    path = get_file("plain.bin", server.origin + "plain.bin", file_hash=SHA256)
    assert pathlib.Path(path).read_bytes() == CONTENT


def test_a_download_with_another_hash_is_refused_and_the_old_file_stays(server):
    server.cache.mkdir(parents=True)
    (server.cache / "plain.bin").write_bytes(b"old")
    with pytest.raises(ValueError, match="hash"):
        get_file("plain.bin", server.origin + "plain.bin", file_hash="0" * 64)
    assert (server.cache / "plain.bin").read_bytes() == b"old"
    assert kept(server) == ["plain.bin"]


@pytest.mark.parametrize("name", ["missing.bin", "cut.bin"])
def test_what_cannot_be_fetched_leaves_nothing_and_says_where_to_put_it(server, name):
    with pytest.raises(ConnectionError, match=f"put it at .*{name}"):
        get_file(name, server.origin + name)
    assert kept(server) == []


def test_no_connection_says_where_to_put_the_file(server):
    with pytest.raises(ConnectionError, match="Without a connection"):
        get_file("x.bin", "http://127.0.0.1:9/x.bin")


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        ({"fname": "all.tar.gz", "extract": True}, "all_extracted"),
        ({"fname": "all.zip", "extract": True}, "all_extracted"),
        ({"fname": "mine", "origin": "all.tar.gz", "untar": True}, "mine"),
    ],
)
def test_archives_are_unpacked_where_keras_unpacks_them(server, arguments, folder):
    origin = server.origin + arguments.pop("origin", arguments["fname"])
    path = get_file(origin=origin, **arguments)
    assert path == str(server.cache / folder)
    assert (server.cache / folder / "top" / "in" / "b.txt").read_bytes() == b"b"


@pytest.mark.parametrize("name", ["evil.tar.gz", "evil.zip"])
def test_a_member_outside_of_the_folder_is_refused(server, name):
    with pytest.raises(ValueError, match="refused"):
        get_file(name, server.origin + name, extract=True)
    assert kept(server) == [name]


def test_what_is_no_archive_is_not_unpacked(server):
    with pytest.raises(ValueError, match="must be an archive"):
        get_file("plain.bin", server.origin + "plain.bin", extract=True)


def test_another_cache_can_be_named(server, tmp_path):
    path = get_file(
        "plain.bin", server.origin + "plain.bin", cache_subdir="a/b", cache_dir=str(tmp_path / "c")
    )
    assert path == str(tmp_path / "c" / "a" / "b" / "plain.bin")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fname": "x"}, "`origin`"),
        ({"fname": "a/x", "origin": "http://127.0.0.1/x"}, "without folders"),
        ({"origin": "http://127.0.0.1/"}, "`fname` must be given"),
    ],
)
def test_arguments_that_do_not_do(arguments, message):
    with pytest.raises(ValueError, match=message):
        get_file(**arguments)
