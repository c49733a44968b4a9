"""Tokens and their numbers: what a lookup layer knows."""

from __future__ import annotations

import collections
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np


class Vocabulary:
    """Tokens in the order of their numbers, behind those that stand for something else.

    Args:
        owner: The layer, for errors.
        specials: Tokens before the first one: what is masked, what is not known.
        mask_token: What is masked, None for nothing.
        oov_token: What stands for a token that is not known.
        max_tokens: Most tokens there may be, specials included; None for no limit.

    Attributes:
        tokens: The tokens without the specials.
        idf_weights: One weight a token, specials included; None where they are not needed.
    """

    def __init__(
        self,
        owner: str,
        specials: Sequence[Any],
        mask_token: Any,
        oov_token: Any,
        max_tokens: int | None,
    ) -> None:
        self._owner = owner
        self.specials = list(specials)
        self._mask_token = mask_token
        self._oov_token = oov_token
        self._max_tokens = max_tokens
        self.tokens: list[Any] = []
        self.idf_weights: np.ndarray[Any, Any] | None = None
        self._numbers: dict[Any, int] = {}

    def __len__(self) -> int:
        return len(self.specials) + len(self.tokens)

    def listed(self, with_specials: bool = True) -> list[Any]:
        """The tokens in order."""
        return [*(self.specials if with_specials else []), *self.tokens]

    def number(self, token: Any) -> int | None:
        """The number of a token that is no special one; None if it is not known."""
        return self._numbers.get(token)

    def set(self, tokens: Sequence[Any], idf_weights: Any, needs_idf: bool) -> None:
        """Takes over tokens, with or without the specials in front; all or nothing.

        Raises:
            ValueError: If there are none, too many or some twice, or the weights do not fit.
        """
        listed = list(tokens)
        if not listed:
            raise ValueError(f"{self._owner}: `vocabulary` must hold a token; got {tokens!r}")
        count = len(self.specials)
        has_specials = count > 0 and listed[:count] == self.specials
        plain = listed[count:] if has_specials else listed
        repeated = [t for t, n in collections.Counter(plain).items() if n > 1]
        if repeated:
            raise ValueError(
                f"{self._owner}: `vocabulary` must hold each token once; got several of {repeated}"
            )
        if self._mask_token is not None and self._mask_token in plain:
            raise ValueError(
                f"{self._owner}: `vocabulary` must not hold the mask token "
                f"{self._mask_token!r} but in front, as in {self.specials}; got it at position "
                f"{listed.index(self._mask_token)}. Leave all such tokens out"
            )
        if self._max_tokens is not None and len(plain) + count > self._max_tokens:
            raise ValueError(
                f"{self._owner}: `vocabulary` must fit into max_tokens={self._max_tokens}; got "
                f"{len(plain) + count} tokens with those that stand for unknown ones"
            )
        weights = self._weights(listed, plain, idf_weights) if needs_idf else None
        self._take(plain, weights)

    def _weights(
        self, listed: list[Any], plain: list[Any], idf_weights: Any
    ) -> np.ndarray[Any, Any]:
        if idf_weights is None:
            raise ValueError(
                f"{self._owner}: with output_mode='tf_idf' `idf_weights` must be given with the "
                "vocabulary; got None"
            )
        weights = np.asarray(idf_weights, "float32").reshape(-1)
        if len(weights) != len(listed):
            raise ValueError(
                f"{self._owner}: `idf_weights` must hold one weight for each of the "
                f"{len(listed)} tokens given; got {len(weights)}"
            )
        if len(listed) > len(plain):
            return weights
        return self._with_specials(weights)

    def _with_specials(self, weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        # What is not known counts as much as a token does on average.
        mean = weights.mean() if len(weights) else 1.0
        front = np.full(len(self.specials), mean, "float32")
        return np.concatenate([front, weights]).astype("float32")

    def learn(self, counts: dict[Any, int], documents: dict[Any, int], total: int) -> None:
        """Takes over the most frequent tokens of data.

        Args:
            counts: How often each token occurs.
            documents: In how many documents; empty if no weights are needed.
            total: Number of documents.
        """
        kept = {t: n for t, n in counts.items() if t not in (self._mask_token, self._oov_token)}
        ordered = sorted(kept, key=lambda token: (kept[token], token), reverse=True)
        if self._max_tokens is not None:
            ordered = ordered[: self._max_tokens - len(self.specials)]
        weights = None
        if documents:
            idf = [np.log(1 + total / (1 + documents[token])) for token in ordered]
            weights = self._with_specials(np.asarray(idf, "float32"))
        self._take(ordered, weights)

    def restore(self, listed: Sequence[Any], idf_weights: Any) -> None:
        """Takes over what `listed` gave, and the weights that went with it."""
        self._take(
            list(listed)[len(self.specials) :],
            None if idf_weights is None else np.asarray(idf_weights, "float32"),
        )

    def _take(self, tokens: list[Any], weights: np.ndarray[Any, Any] | None) -> None:
        self.tokens, self.idf_weights = tokens, weights
        first = len(self.specials)
        self._numbers = {token: number for number, token in enumerate(tokens, first)}

    def sorted_numbers(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """(tokens in ascending order, their numbers), for a search in a traced step."""
        tokens = np.asarray(self.tokens, "int64")
        order = np.argsort(tokens)
        return tokens[order], (order + len(self.specials)).astype("int64")


def tokens_in_file(path: str) -> list[str]:
    """The lines of a file."""
    return pathlib.Path(path).read_text("utf-8").rstrip("\n").split("\n")
