"""Text looked up in a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np

from trimtab.core.config import keras_export
from trimtab.layers.preprocessing.lookup import Lookup
from trimtab.layers.preprocessing.on_data import texts_of


@keras_export("keras.layers.StringLookup")
class StringLookup(Lookup):
    """The numbers of texts in a vocabulary that is given or found by `adapt`; or back.

    It works on data, not inside of a model.

    Args:
        max_tokens: Most tokens, those for masked and unknown ones included; None for no limit.
        num_oov_indices: How many numbers unknown texts share, by their hash.
        mask_token: Text that has number 0 in "int" mode, and counts nothing in the others.
        oov_token: What an unknown number becomes when `invert` is True.
        vocabulary: The tokens, or the path of a file with a token a line; None for `adapt`.
        idf_weights: One weight a token, with output_mode "tf_idf".
        invert: Whether to turn numbers into texts.
        output_mode: "int" for the numbers; "one_hot", "multi_hot" or "count", as for
            `CategoryEncoding`; "tf_idf" for counts times the tokens' weights.
        pad_to_max_tokens: Whether the other modes than "int" have `max_tokens` columns.
        sparse: Must be False.
        encoding: How bytes spell text.
        name: Name; made from the class's if None.
        salt: Key of the hash of unknown texts.
        **kwargs: Arguments of `Layer`.

    Raises:
        ValueError: If an argument is none of those.

    Source: Keras 3 `keras.layers.StringLookup`. It needs no TensorFlow here.

    >>> layer = StringLookup()
    >>> layer.adapt(["b", "a", "b"])
    >>> layer.get_vocabulary(), layer(["a", "b", "c"]).tolist()
    (['[UNK]', 'b', 'a'], [2, 1, 0])
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        self.encoding = encoding
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            kwargs.pop("oov_method", "floormod"),
            salt,
            name=name,
            **kwargs,
        )

    def _token(self, value: Any) -> str:
        return value.decode(self.encoding) if isinstance(value, bytes) else str(value)

    def _tokens(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return texts_of(self.name, array, self.encoding)

    def _given_back(self, tokens: np.ndarray[Any, Any]) -> Any:
        return tokens
