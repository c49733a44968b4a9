"""RemoteMonitor: sends the logs of each epoch to a server."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab.callbacks.base import Callback, Logs
from trimtab.core.config import keras_export
from trimtab.lazy import lazy_module

if TYPE_CHECKING:
    import http.client as http_client
    import urllib.parse as urllib_parse
    import urllib.request as urllib_request
else:
    http_client = lazy_module("http.client")
    urllib_parse = lazy_module("urllib.parse")
    urllib_request = lazy_module("urllib.request")

_SECONDS = 10.0


@keras_export("keras.callbacks.RemoteMonitor")
class RemoteMonitor(Callback):
    """Posts the number and the logs of each epoch to a server; training goes on if it is away.

    Args:
        root: Address of the server, with "http://" or "https://".
        path: Path on the server.
        field: Name of the form's field that holds the logs as JSON, unless `send_as_json`.
        headers: Further headers of the request.
        send_as_json: Whether the logs are the body of the request, of type application/json,
            instead of a field of a form.

    Raises:
        ValueError: If `root` is no address of the web.

    Source: Keras 3 `keras.callbacks.RemoteMonitor`; it needs no other package here.
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        if not root.lower().startswith(("http://", "https://")):
            raise ValueError(
                f"RemoteMonitor: `root` must begin with 'http://' or 'https://'; got {root!r}"
            )
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Sends the epoch; warns if the server cannot be reached."""
        sent = {"epoch": epoch, **{name: _plain(value) for name, value in (logs or {}).items()}}
        text = json.dumps(sent)
        if self.send_as_json:
            body, kind = text, "application/json"
        else:
            body = urllib_parse.urlencode({self.field: text})
            kind = "application/x-www-form-urlencoded"
        request = urllib_request.Request(
            self.root + self.path,
            body.encode(),
            {"Content-Type": kind, **(self.headers or {})},
            method="POST",
        )
        try:
            urllib_request.urlopen(request, timeout=_SECONDS).close()
        except (OSError, http_client.HTTPException) as error:
            warnings.warn(
                f"RemoteMonitor: could not reach the server at {self.root}: {error}", stacklevel=2
            )


def _plain(value: Any) -> Any:
    return np.asarray(value).tolist() if isinstance(value, (np.ndarray, np.generic)) else value
