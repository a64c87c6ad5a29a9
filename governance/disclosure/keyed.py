"""Keyed hashes: who is counted where must be stable for us and unpredictable for a reader.

Each person counts in one of the cells they were active in. If a reader could compute which, the record of a cell would say more about that
person than it should, and a fresh draw per request could be averaged away. So the draw is a pseudo-random function of (person, cell) under
a secret key that is the same for every request: SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012;
the variant Rust and Python use for their tables), because it is a real keyed function, needs 64-bit additions, rotations and exclusive ors
alone, and so runs over whole arrays without a loop. The key comes from the project's key by HMAC-SHA256, one for all series:
a key per series would draw people anew for each, and whoever asks under many names could average.
"""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

pc: Any = pyarrow.compute
Words = npt.NDArray[np.uint64]
_BLOCK = 1 << 14
_LENGTH = np.uint64(16 << 56)
_ID_DIGITS = 19


def siphash13(key: bytes, first: Words, second: Words) -> Words:
    """SipHash-1-3 of the 16-byte messages (first, second), little endian.

    Parameters
    ----------
    key
        At least 16 bytes; the first 16 are used.
    first, second
        Words of 64 bits, one message per position.

    """
    out = np.empty(len(first), np.uint64)
    space = np.empty((5, min(_BLOCK, len(first))), np.uint64)
    with np.errstate(over="ignore"):
        for start in range(0, len(first), _BLOCK):  # a block stays in cache
            part = slice(start, start + _BLOCK)
            _siphash_block(key, first[part], second[part], space[:, : len(out[part])], out[part])
    return out


def check_digits(key: bytes, authors: Words) -> npt.NDArray[np.uint8]:
    """A keyed byte of each author: of the people of a record the sum is kept, modulo 256, which tells whether they are others now.

    Parameters
    ----------
    key
        The secret key.
    authors
        One word per author.

    """
    return siphash13(key, authors, np.zeros(len(authors), np.uint64)).astype(np.uint8)


def _siphash_block(key: bytes, first: Words, second: Words, space: Words, out: Words) -> None:
    k0, k1 = (np.uint64(int.from_bytes(key[i : i + 8], "little")) for i in (0, 8))
    start = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
    *state, spare = space
    for row, constant, k in zip(state, start, (k0, k1, k0, k1), strict=True):
        row[:] = np.uint64(constant) ^ k
    for word in (first, second, _LENGTH):
        state[3] ^= word
        _round(state, spare)
        state[0] ^= word
    state[2] ^= np.uint64(0xFF)
    for _ in range(3):
        _round(state, spare)
    np.bitwise_xor(state[0], state[1], out=out)
    out ^= state[2]
    out ^= state[3]


def _round(v: list[Words], spare: Words) -> None:
    v[0] += v[1]
    _rotate(v[1], 13, spare)
    v[1] ^= v[0]
    _rotate(v[0], 32, spare)
    v[2] += v[3]
    _rotate(v[3], 16, spare)
    v[3] ^= v[2]
    v[0] += v[3]
    _rotate(v[3], 21, spare)
    v[3] ^= v[0]
    v[2] += v[1]
    _rotate(v[1], 17, spare)
    v[1] ^= v[2]
    _rotate(v[2], 32, spare)


def _rotate(words: Words, bits: int, spare: Words) -> None:
    np.right_shift(words, np.uint64(64 - bits), out=spare)
    np.left_shift(words, np.uint64(bits), out=words)
    np.bitwise_or(words, spare, out=words)


def author_words(authors: pa.Array) -> Words:
    """Author ids (strings or integers, no nulls) as 64-bit words; equal ids give equal words in every batch and every run.

    Decimal ids are their own word. Any other id is the BLAKE2b digest of its text, computed once per distinct id.
    """
    if pa.types.is_integer(authors.type):
        return authors.cast(pa.int64()).to_numpy(zero_copy_only=False).view(np.uint64)
    plain = _as_numbers(authors)
    if plain is not None:
        return plain
    encoded = authors.cast(pa.large_string()).dictionary_encode()
    words = np.array([_word(text) for text in encoded.dictionary.to_pylist()], np.uint64)
    return words[encoded.indices.to_numpy(zero_copy_only=False)] if len(words) else np.empty(0, np.uint64)


def _as_numbers(authors: pa.Array) -> Words | None:
    if not len(authors):
        return np.empty(0, np.uint64)
    first = authors[0].as_py()
    if not (first.isascii() and first.isdigit()) or pc.any(pc.starts_with(authors, "0")).as_py():
        return None
    try:
        return authors.cast(pa.int64()).to_numpy(zero_copy_only=False).view(np.uint64)
    except pa.ArrowInvalid:
        return None


def _word(text: str) -> int:
    if text.isascii() and text.isdigit() and not text.startswith("0") and len(text) < _ID_DIGITS:
        return int(text)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, person=b"author").digest(), "little")
