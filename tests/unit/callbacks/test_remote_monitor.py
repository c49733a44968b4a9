import http.server
import json
import threading
import urllib.parse

import numpy as np
import pytest

from trimtab.callbacks import RemoteMonitor


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.seen.append((self.path, self.headers, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Prints nothing."""


@pytest.fixture
def server():
    found = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    found.seen = []
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def root(server):
    return f"http://127.0.0.1:{server.server_port}"


def test_an_epoch_is_sent_as_a_field_of_a_form(server):
    monitor = RemoteMonitor(root(server), field="logs")
    monitor.on_epoch_end(2, {"loss": np.float32(0.5)})
    path, _, body = server.seen[0]
    assert path == "/publish/epoch/end/"
    sent = json.loads(urllib.parse.parse_qs(body)["logs"][0])
    assert sent == {"epoch": 2, "loss": 0.5}


def test_an_epoch_is_sent_as_json(server):
    monitor = RemoteMonitor(root(server), path="/x", send_as_json=True, headers={"Key": "k"})
    monitor.on_epoch_end(0, {"acc": 1.0})
    path, headers, body = server.seen[0]
    assert (path, headers["Content-Type"], headers["Key"]) == ("/x", "application/json", "k")
    assert json.loads(body) == {"epoch": 0, "acc": 1.0}


def test_a_server_that_is_away_is_warned_of(server):
    monitor = RemoteMonitor("http://127.0.0.1:9")
    with pytest.warns(UserWarning, match=r"could not reach the server at http://127.0.0.1:9"):
        monitor.on_epoch_end(0, {})


def test_another_scheme_is_refused():
    with pytest.raises(ValueError, match="got 'file:///etc'"):
        RemoteMonitor("file:///etc")
