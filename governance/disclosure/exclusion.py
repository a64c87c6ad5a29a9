"""Accounts that never count: bots, test accounts, your own. Ids in a file; a certificate holds a rounded count and a digest of it."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from governance.disclosure.keyed import Words, author_words
from governance.errors import BadRequest

HEADERS = {"user_id", "author_id", "account_id", "id"}
EXCLUSION_KEY = "heat-map|exclusion"
"""The purpose of the sub-key for digests of lists: a plain digest of a short list could be tried out."""
_ID = re.compile(r"[1-9][0-9]{0,18}")
_FIELD_END = re.compile(r"[,;\t]")


@dataclass(frozen=True, slots=True)
class Exclusion:
    """The accounts that do not count in a map."""

    ids: tuple[str, ...] = ()
    """Sorted, each once."""
    words: Words = field(default_factory=lambda: np.empty(0, np.uint64))
    """The same as sorted words (`keyed.author_words`)."""

    @classmethod
    def of(cls, ids: Sequence[str]) -> "Exclusion":
        """The exclusion of these ids."""
        listed = tuple(sorted(set(ids)))
        return cls(listed, np.unique(author_words(pa.array(listed, pa.string()))))

    def digest(self, key: bytes) -> str:
        """HMAC-SHA256 of the ids: whoever has list and key can tell that this was the list; nobody else learns an id."""
        return hmac.new(key, "\n".join(self.ids).encode(), hashlib.sha256).hexdigest()


def read_accounts(path: Path) -> list[str]:
    """The account ids of a text or CSV file: the first field of each line; a header, empty lines and `#` comments are passed over.

    Raises
    ------
    BadRequest
        A line is no account id, or there is none; names the file and the line, never what stands there.
    OSError
        The file can't be read.

    """
    content = path.read_bytes()
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as problem:
        raise BadRequest.at(path, content[: problem.start].count(b"\n") + 1, "is not UTF-8.", "save the file as UTF-8.") from None
    found: list[str] = []
    for number, line in enumerate(lines, start=1):
        text = _FIELD_END.split(line, maxsplit=1)[0].strip().strip('"').strip()
        if not text or text.startswith("#") or (not found and text.casefold() in HEADERS):
            continue
        if not _ID.fullmatch(text):
            raise BadRequest.at(path, number, "is no account id.", "write one numeric user id per line; handles change and do not count.")
        found.append(text)
    if not found:
        raise BadRequest.at(path, 1, "holds no account id.", "write one user id per line, or take `exclude_accounts` out.")
    return found
