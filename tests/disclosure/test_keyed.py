"""The keyed hash against its definition, and author words that agree across batches."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from governance.disclosure.keyed import author_words, siphash13

MASK = (1 << 64) - 1


def _rotated(word: int, bits: int) -> int:
    return ((word << bits) | (word >> (64 - bits))) & MASK


def _round(v: list[int]) -> None:
    v[0] = (v[0] + v[1]) & MASK
    v[2] = (v[2] + v[3]) & MASK
    v[1] = _rotated(v[1], 13) ^ v[0]
    v[3] = _rotated(v[3], 16) ^ v[2]
    v[0] = _rotated(v[0], 32)
    v[2] = (v[2] + v[1]) & MASK
    v[0] = (v[0] + v[3]) & MASK
    v[1] = _rotated(v[1], 17) ^ v[2]
    v[3] = _rotated(v[3], 21) ^ v[0]
    v[2] = _rotated(v[2], 32)


def siphash(key: bytes, message: bytes, compress: int, finish: int) -> int:
    """SipHash of any message, one byte string at a time, as its paper defines it."""
    k0, k1 = (int.from_bytes(key[i : i + 8], "little") for i in (0, 8))
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    padded = message + bytes((7 - len(message)) % 8) + bytes([len(message) & 0xFF])
    for start in range(0, len(padded), 8):
        word = int.from_bytes(padded[start : start + 8], "little")
        v[3] ^= word
        for _ in range(compress):
            _round(v)
        v[0] ^= word
    v[2] ^= 0xFF
    for _ in range(finish):
        _round(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def test_the_reference_gives_the_papers_vector() -> None:
    """The scalar reference gives the test vector of the paper (SipHash-2-4, 15 bytes), so it may judge the vectorised one."""
    assert siphash(bytes(range(16)), bytes(range(15)), 2, 4) == 0xA129CA6149BE45E5


@given(st.binary(min_size=16, max_size=32), st.lists(st.tuples(st.integers(0, MASK), st.integers(0, MASK)), min_size=1, max_size=20))
def test_vectorised_siphash_equals_the_reference(key: bytes, words: list[tuple[int, int]]) -> None:
    """Every word of an array hashes as SipHash-1-3 defines it."""
    first, second = (np.array(part, np.uint64) for part in zip(*words, strict=True))
    expected = [siphash(key, a.to_bytes(8, "little") + b.to_bytes(8, "little"), 1, 3) for a, b in words]
    assert siphash13(key, first, second).tolist() == expected


def test_long_arrays_hash_like_short_ones() -> None:
    """Working in blocks changes nothing."""
    first = np.arange(40_000, dtype=np.uint64)
    whole = siphash13(b"k" * 16, first, first)
    assert (whole[-5:] == siphash13(b"k" * 16, first[-5:], first[-5:])).all()


def test_equal_ids_have_equal_words_in_every_batch() -> None:
    """An id has the same word among numbers, among other texts, and as an integer."""
    plain = author_words(pa.array(["42", "7"]))
    mixed = author_words(pa.array(["abc", "42", "007", "7", "abc"]))
    whole = author_words(pa.array([42, 7]))
    assert plain.tolist() == whole.tolist() == mixed[[1, 3]].tolist()
    assert mixed[0] == mixed[4]
    assert len(set(mixed.tolist())) == 4


def test_ids_that_only_look_like_numbers_stay_apart() -> None:
    """Leading zeros, signs, spaces and numbers too long for a word are texts of their own."""
    texts = ["7", "07", "+7", " 7", "７", "99999999999999999999", "9999999999999999999"]  # noqa: RUF001 - a full-width digit
    assert len(set(author_words(pa.array(texts)).tolist())) == len(texts)
    assert len(author_words(pa.array([], pa.string()))) == 0
