"""The deployment's secret key: made once, kept beside governance.yml, never in the ledger, which stores only its fingerprint."""

import hashlib
import hmac
import logging
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from governance.errors import BadRequest

ENVIRONMENT = "GOVERNANCE_KEY_FILE"
_BYTES = 32
_log = logging.getLogger("governance")


def key_path(folder: Path) -> Path:
    """Where the key lives: GOVERNANCE_KEY_FILE, else `.governance/key` in the project's folder."""
    named = os.environ.get(ENVIRONMENT)
    return Path(named) if named else folder / ".governance" / "key"


@dataclass(frozen=True, slots=True)
class Key:
    """A secret from which every keyed digest and encryption of a deployment derives."""

    secret: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """What the ledger stores to recognise the key."""
        return self.subkey("fingerprint").hex()[:32]

    def subkey(self, purpose: str) -> bytes:
        """HMAC-SHA256(key, purpose): 32 bytes that tell nothing about the key or another purpose's sub-key.

        >>> len(Key(b"0" * 32).subkey("heat-map|flood-map"))
        32
        """
        return hmac.new(self.secret, purpose.encode(), hashlib.sha256).digest()


def read_key(path: Path) -> Key:
    """The key in a file; BadRequest where it is missing or damaged."""
    try:
        text = path.read_text(encoding="ascii").strip()
        secret = bytes.fromhex(text)
    except FileNotFoundError:
        raise BadRequest(
            f"{path}: the key of this ledger is missing.",
            f"restore the file from your backup, or name it with {ENVIRONMENT}; without it no release can be verified.",
        ) from None
    except OSError as problem:
        raise BadRequest(f"{path}: the key can't be read ({problem.strerror}).", "give the file mode 0600 and your own user.") from None
    except (ValueError, UnicodeDecodeError):
        raise BadRequest(f"{path}:1: not a key of {_BYTES * 2} hexadecimal digits.", "restore the file from your backup.") from None
    if os.name == "posix" and path.stat().st_mode & 0o077:
        _log.warning("the key %s can be read by other users: run chmod 600 on it.", path)
    if len(secret) != _BYTES:
        raise BadRequest(f"{path}:1: not a key of {_BYTES * 2} hexadecimal digits.", "restore the file from your backup.")
    return Key(secret)


def make_key(path: Path) -> Key:
    """Make a key file (mode 0600) unless another process just did, and say so."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ignore = path.parent / ".gitignore"
        if path.parent.name == ".governance" and not ignore.exists():
            ignore.write_text("*\n", encoding="ascii")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_key(path)
    except OSError as problem:
        raise BadRequest(f"{path}: the key can't be written ({problem.strerror}).", f"name a writable place with {ENVIRONMENT}.") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    _log.warning("made a new key: %s. Keep a backup, never commit it.", path)
    return read_key(path)
