"""Hashes of text that are the same in every process, machine and library."""

from __future__ import annotations

import struct

_MASK = 0xFFFFFFFFFFFFFFFF
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def _word(text: bytes, at: int) -> int:
    return int.from_bytes(text[at : at + 8], "little")


def _half_word(text: bytes, at: int) -> int:
    return int.from_bytes(text[at : at + 4], "little")


def _turned(value: int, bits: int) -> int:
    """`value` with its 64 bits moved to the right, those that fall out put in front."""
    value &= _MASK
    return (value >> bits | value << (64 - bits)) & _MASK


def _mixed(value: int) -> int:
    value &= _MASK
    return value ^ value >> 47


def _joined(u: int, v: int, factor: int) -> int:
    a = _mixed((u ^ v) * factor)
    b = _mixed((v ^ a) * factor)
    return b * factor & _MASK


def _up_to_16(text: bytes) -> int:
    length = len(text)
    factor = _K2 + 2 * length
    if length >= 8:
        a, b = _word(text, 0) + _K2 & _MASK, _word(text, length - 8)
        c = _turned(b, 37) * factor + a
        d = (_turned(a, 25) + b) * factor
        return _joined(c & _MASK, d & _MASK, factor)
    if length >= 4:
        first, last = _half_word(text, 0), _half_word(text, length - 4)
        return _joined(length + (first << 3), last, factor)
    if length:
        y = text[0] + (text[length >> 1] << 8)
        z = length + (text[-1] << 2)
        return _mixed((y * _K2 ^ z * _K0) & _MASK) * _K2 & _MASK
    return _K2


def _up_to_32(text: bytes) -> int:
    length = len(text)
    factor = _K2 + 2 * length
    a, b = _word(text, 0) * _K1, _word(text, 8)
    c, d = _word(text, length - 8) * factor, _word(text, length - 16) * _K2
    u = _turned(a + b, 43) + _turned(c, 30) + d
    v = a + _turned(b + _K2, 18) + c
    return _joined(u & _MASK, v & _MASK, factor)


def _up_to_64(text: bytes) -> int:
    length = len(text)
    factor = _K2 + 2 * length
    a, b = _word(text, 0) * _K2, _word(text, 8)
    c, d = _word(text, length - 8) * factor, _word(text, length - 16) * _K2
    y = _turned(a + b, 43) + _turned(c, 30) + d & _MASK
    z = _joined(y, a + _turned(b + _K2, 18) + c & _MASK, factor)
    e, f = _word(text, 16) * factor, _word(text, 24)
    g = (y + _word(text, length - 32)) * factor
    h = (z + _word(text, length - 24)) * factor
    u = _turned(e + f, 43) + _turned(g, 30) + h
    v = e + _turned(f + a, 18) + g
    return _joined(u & _MASK, v & _MASK, factor)


def _weak(text: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    w, x, y, z = (_word(text, at + 8 * i) for i in range(4))
    a += w
    b = _turned(b + a + z, 21)
    c = a
    a += x + y
    b += _turned(a, 44)
    return a + z & _MASK, b + c & _MASK


def _longer(text: bytes) -> int:
    length, seed = len(text), 81
    y = seed * _K1 + 113 & _MASK
    z = _mixed(y * _K2 + 113) * _K2 & _MASK
    x = seed * _K2 + _word(text, 0) & _MASK
    v, w = (0, 0), (0, 0)
    end, rest = (length - 1) // 64 * 64, (length - 1) & 63
    factor = _K1
    # The last 64 bytes come last with another factor, whatever part of them came before.
    parts = [(at, False) for at in range(0, end, 64)]
    for at, is_last in [*parts, (end + rest - 63, True)]:
        if is_last:
            factor = _K1 + ((z & 0xFF) << 1)
            w = (w[0] + rest & _MASK, w[1])
            v = (v[0] + w[0] & _MASK, v[1])
            w = (w[0] + v[0] & _MASK, w[1])
        nine = 9 if is_last else 1
        x = _turned(x + y + v[0] + _word(text, at + 8), 37) * factor & _MASK
        y = _turned(y + v[1] + _word(text, at + 48), 42) * factor & _MASK
        x ^= w[1] * nine & _MASK
        y = y + v[0] * nine + _word(text, at + 40) & _MASK
        z = _turned(z + w[0], 33) * factor & _MASK
        v = _weak(text, at, v[1] * factor & _MASK, x + w[0] & _MASK)
        w = _weak(text, at + 32, z + w[1] & _MASK, y + _word(text, at + 16) & _MASK)
        z, x = x, z
    u = _joined(v[0], w[0], factor) + _mixed(y) * _K0 + z
    return _joined(u & _MASK, _joined(v[1], w[1], factor) + x & _MASK, factor)


def fingerprint(text: bytes) -> int:
    """A 64-bit hash of `text`.

    Source: FarmHash's Fingerprint64 (Pike 2014), which TensorFlow's `to_hash_bucket_fast` takes.

    >>> fingerprint(b"a") % (2**61 - 1)
    1388589064740894184
    """
    if len(text) <= 16:
        return _up_to_16(text)
    if len(text) <= 32:
        return _up_to_32(text)
    return _up_to_64(text) if len(text) <= 64 else _longer(text)


def _round(v: list[int]) -> None:
    v[0] = v[0] + v[1] & _MASK
    v[2] = v[2] + v[3] & _MASK
    v[1] = _turned(v[1], 51) ^ v[0]
    v[3] = _turned(v[3], 48) ^ v[2]
    v[0] = _turned(v[0], 32)
    v[2] = v[2] + v[1] & _MASK
    v[0] = v[0] + v[3] & _MASK
    v[1] = _turned(v[1], 47) ^ v[2]
    v[3] = _turned(v[3], 43) ^ v[0]
    v[2] = _turned(v[2], 32)


def keyed_fingerprint(text: bytes, key: tuple[int, int]) -> int:
    """A 64-bit hash of `text` that nobody can aim at who does not know the key.

    Source: SipHash-2-4 (Aumasson and Bernstein 2012), which TensorFlow's `to_hash_bucket_strong`
        takes.

    >>> keyed_fingerprint(b"a", (133, 137)) % (2**61 - 1)
    160410968480759501
    """
    start = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
    v = [s ^ key[i % 2] & _MASK for i, s in enumerate(start)]
    whole = len(text) // 8 * 8
    last = int.from_bytes(text[whole:], "little") | (len(text) & 0xFF) << 56
    for (word,) in [*struct.iter_unpack("<Q", text[:whole]), (last,)]:
        v[3] ^= word
        _round(v)
        _round(v)
        v[0] ^= word
    v[2] ^= 0xFF
    for _ in range(4):
        _round(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]
