"""Tokens looked up in a vocabulary: what text and whole numbers have in common."""

from __future__ import annotations

import collections
import pathlib
from typing import Any

import numpy as np

from trimtab import checks, ops
from trimtab.core import settings
from trimtab.core.symbolic import keras_tensor
from trimtab.ir.tensor import Array
from trimtab.layers.preprocessing.adapting import batches_of
from trimtab.layers.preprocessing.encoding import encoded, encoded_shape, refuse_sparse
from trimtab.layers.preprocessing.fingerprint import fingerprint, keyed_fingerprint
from trimtab.layers.preprocessing.on_data import DataLayer, mapped
from trimtab.layers.preprocessing.vocabulary import Vocabulary, tokens_in_file

_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
_FILE = "vocabulary.txt"
# The number of a token that is not known where none stands for it. It lies outside of every table.
NOWHERE = 2**31 - 1


class Lookup(DataLayer):
    """Base of layers that turn tokens into their numbers in a vocabulary, or back."""

    def __init__(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Any,
        oov_token: Any,
        vocabulary: Any,
        idf_weights: Any,
        invert: bool,
        output_mode: str,
        sparse: bool,
        pad_to_max_tokens: bool,
        oov_method: str,
        salt: Any,
        **kwargs: Any,
    ) -> None:
        # What a file says of its vocabulary, which is read after models have been built.
        self._size_in_file = kwargs.pop("vocabulary_size", None)
        # Numbers of tokens are int64 whatever type is given, as in Keras.
        kwargs.pop("dtype", None)
        super().__init__(**kwargs)
        name = self.name
        if max_tokens is not None and max_tokens <= 1:
            raise ValueError(f"{name}: `max_tokens` must be greater than 1; got {max_tokens}")
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError(f"{name}: `pad_to_max_tokens` needs `max_tokens`; got None")
        checks.choice(name, "output_mode", output_mode, _MODES)
        if invert and output_mode != "int":
            raise ValueError(
                f"{name}: `output_mode` must be 'int' when `invert` is True; got {output_mode!r}"
            )
        if idf_weights is not None and output_mode != "tf_idf":
            raise ValueError(
                f"{name}: `idf_weights` may be given with output_mode='tf_idf' only; got "
                f"{output_mode!r}"
            )
        checks.choice(name, "oov_method", oov_method, ("floormod", "farmhash"))
        self.max_tokens = max_tokens
        self.num_oov_indices = checks.whole(name, "num_oov_indices", num_oov_indices, least=0)
        self.mask_token = mask_token
        self.oov_token = oov_token
        self.invert = invert
        self.output_mode = output_mode
        self.sparse = refuse_sparse(name, sparse)
        self.pad_to_max_tokens = pad_to_max_tokens
        self.oov_method = oov_method
        self.salt = None if salt is None else self._pair(salt)
        masks = [mask_token] if output_mode == "int" and mask_token is not None else []
        # Not watched: a vocabulary that comes later must not be lost in a compiled call.
        specials = [*masks, *[oov_token] * self.num_oov_indices]
        self._vocabulary = Vocabulary(name, specials, mask_token, oov_token, max_tokens)
        self._is_fixed = vocabulary is not None
        self._given = (vocabulary, idf_weights) if self._is_listed(vocabulary) else (None, None)
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    def _pair(self, salt: Any) -> list[int]:
        pair = (salt, salt) if hasattr(salt, "__index__") else tuple(salt)
        if len(pair) != 2:
            raise ValueError(f"{self.name}: `salt` must be one or two whole numbers; got {salt!r}")
        return [int(pair[0]), int(pair[1])]

    @staticmethod
    def _is_listed(vocabulary: Any) -> bool:
        return vocabulary is not None and not isinstance(vocabulary, str)

    def _token(self, value: Any) -> Any:
        """`value` as the vocabulary holds it."""
        raise NotImplementedError

    def _tokens(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """An input as an array of tokens."""
        raise NotImplementedError

    def build(self, input_shape: Any = None) -> None:
        """Nothing: the layer has no variables."""

    def get_build_config(self) -> dict[str, Any]:
        """Nothing: no shape matters."""
        return {}

    # ---------------------------------------------------------------------------------------

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Sets the tokens, and ends what `adapt` may do.

        Args:
            vocabulary: Tokens in the order of their numbers, with or without the mask token and the
                tokens for unknown ones in front; or the path of a file with a token a line.
            idf_weights: One weight a token, with output_mode "tf_idf".

        Raises:
            ValueError: If there are no tokens, too many or some twice, or the weights do not fit.
        """
        if isinstance(vocabulary, str):
            vocabulary = tokens_in_file(vocabulary)
        listed = [self._token(value) for value in np.asarray(vocabulary).reshape(-1).tolist()]
        needs_idf = self.output_mode == "tf_idf"
        self._vocabulary.set(listed, idf_weights, needs_idf)
        self._is_fixed = True
        self._forget_compiled()

    def _forget_compiled(self) -> None:
        # Setting an attribute tells the models that hold a compiled call of this layer.
        self.is_adapted = True

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens in the order of their numbers."""
        return self._vocabulary.listed(include_special_tokens)

    def vocabulary_size(self) -> int:
        """Number of tokens, those for masked and unknown ones included."""
        if self._size_in_file is not None and not self._vocabulary.tokens:
            return int(self._size_in_file)
        return len(self._vocabulary)

    @property
    def own_array_bytes(self) -> int:
        """Bytes that a file may hold for this layer beside its variables."""
        return 8 * self.vocabulary_size()

    @property
    def idf_weights(self) -> Any:
        """One weight a token with output_mode "tf_idf", else None."""
        return self._vocabulary.idf_weights

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Takes the most frequent tokens of data; what it saw before is forgotten.

        Args:
            data: An array whose rows are documents, a list of tokens, or an iterable of batches.
            steps: Batches to read; None for all.

        Raises:
            ValueError: If the vocabulary was given.
        """
        if self._is_fixed:
            raise ValueError(
                f"{self.name}: adapt() has nothing to find, as the vocabulary was given"
            )
        counts: collections.Counter[Any] = collections.Counter()
        documents: collections.Counter[Any] = collections.Counter()
        total = 0
        for number, batch in enumerate(batches_of(self.name, data)):
            if steps is not None and number >= steps:
                break
            tokens = self._tokens(batch)
            values, occurrences = np.unique(tokens, return_counts=True)
            counts.update(dict(zip(values.tolist(), occurrences.tolist(), strict=True)))
            if self.output_mode == "tf_idf":
                # One axis alone is one token a document.
                rows = tokens.reshape(-1, 1) if tokens.ndim < 2 else tokens
                total += len(rows)
                for row in rows:
                    documents.update(np.unique(row).tolist())
        self._vocabulary.learn(counts, documents, total)
        self._forget_compiled()

    # ---------------------------------------------------------------------------------------

    def call_on_array(self, inputs: np.ndarray[Any, Any]) -> Any:
        """The numbers of tokens, or the tokens of numbers."""
        if not len(self._vocabulary) or not self._vocabulary.tokens:
            raise ValueError(
                f"{self.name}: has no vocabulary; call adapt(data) or set_vocabulary(tokens) first"
            )
        if self.invert:
            return self._inverted(inputs)
        numbers = mapped(self._tokens(inputs), self._number)
        return self._encoded(Array(numbers))

    def _number(self, token: Any) -> int:
        if self.mask_token is not None and token == self.mask_token:
            return 0 if self.output_mode == "int" else -1
        known = self._vocabulary.number(token)
        if known is not None:
            return known
        if self.num_oov_indices == 0:
            raise ValueError(
                f"{self.name}: with num_oov_indices=0 every token must be in the vocabulary; got "
                f"{token!r}. Set num_oov_indices=1 to give unknown tokens a number"
            )
        return self._first_unknown + self._unknown(token)

    @property
    def _first_unknown(self) -> int:
        return len(self._vocabulary.specials) - self.num_oov_indices

    def _unknown(self, token: Any) -> int:
        if self.num_oov_indices == 1:
            return 0
        text = str(token).encode()
        if self.salt is None:
            return fingerprint(text) % self.num_oov_indices
        code = keyed_fingerprint(text, (self.salt[0], self.salt[1]))
        return code % self.num_oov_indices

    def _inverted(self, inputs: np.ndarray[Any, Any]) -> Any:
        listed = self._vocabulary.listed()
        count = len(listed)

        def token(number: int) -> Any:
            return listed[number] if 0 <= number < count else self.oov_token

        values, places = np.unique(inputs.astype("int64").reshape(-1), return_inverse=True)
        tokens = np.array([token(value) for value in values.tolist()])
        return self._given_back(tokens[places].reshape(inputs.shape))

    def _given_back(self, tokens: np.ndarray[Any, Any]) -> Any:
        raise NotImplementedError

    def _encoded(self, numbers: Any) -> Any:
        if self.output_mode != "tf_idf":
            return encoded(numbers, self.output_mode, self._depth(), "int64")
        counted = encoded(numbers, "count", self._depth(), settings.floatx())
        weights = np.zeros(self._depth(), settings.floatx())
        if self._vocabulary.idf_weights is not None:
            weights[: len(self._vocabulary)] = self._vocabulary.idf_weights
        return ops.multiply(counted, weights)

    def _depth(self) -> int:
        if self.pad_to_max_tokens and self.max_tokens is not None:
            return self.max_tokens
        return self.vocabulary_size()

    def compute_output_spec(self, inputs: Any) -> Any:
        """The shape and type of the output."""
        return keras_tensor(self.compute_output_shape(inputs.shape), self._output_type())

    def _output_type(self) -> str:
        return settings.floatx() if self.output_mode == "tf_idf" else "int64"

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape, or with the tokens as the last axis."""
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        return encoded_shape(input_shape, mode, self._depth())

    # ---------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The arguments; a vocabulary that was not given is kept in a file instead."""
        vocabulary, idf_weights = self._given
        listed = None if vocabulary is None else np.asarray(vocabulary).tolist()
        weights = None if idf_weights is None else np.asarray(idf_weights).tolist()
        size: int | None = self.vocabulary_size()
        if not self._vocabulary.tokens and self._size_in_file is None:
            size = None
        return super().get_config() | {
            "vocabulary": listed,
            "idf_weights": weights,
            "vocabulary_size": size,
            "oov_method": self.oov_method,
        }

    def save_own_variables(self, store: Any) -> None:
        """Writes the weights of tokens where the vocabulary is kept in a file."""
        if self.output_mode == "tf_idf" and self._vocabulary.idf_weights is not None:
            store["idf_weights"] = np.asarray(self._vocabulary.idf_weights)

    def load_own_variables(self, store: Any) -> None:
        """Reads the weights of tokens.

        Raises:
            ValueError: If they are not there.
        """
        self._loaded_idf = None
        if self.output_mode == "tf_idf" and "idf_weights" in store:
            self._loaded_idf = np.asarray(store["idf_weights"])

    def save_assets(self, directory: str) -> None:
        """Writes the vocabulary into a folder, unless it is part of the configuration."""
        if self._given[0] is not None:
            return
        lines = "\n".join(str(token) for token in self.get_vocabulary())
        (pathlib.Path(directory) / _FILE).write_text(lines, "utf-8")

    def load_assets(self, directory: str | None) -> None:
        """Reads the vocabulary from a folder, unless it is part of the configuration.

        Raises:
            ValueError: If the folder has no such file, or the weights of tokens do not fit it.
        """
        if self._given[0] is not None:
            return
        path = pathlib.Path(directory or "") / _FILE
        if directory is None or not path.is_file():
            raise ValueError(f"{self.name}: the file must hold the layer's {_FILE}; it does not")
        listed = [self._token(line) for line in path.read_text("utf-8").split("\n")]
        weights = self._loaded_idf if self.output_mode == "tf_idf" else None
        if weights is not None and len(weights) != len(listed):
            raise ValueError(
                f"{self.name}: the file must hold a weight for each of {len(listed)} tokens; got "
                f"{len(weights)}"
            )
        self._vocabulary.restore(listed, weights)
        self._forget_compiled()
