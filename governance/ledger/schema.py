"""The ledger's tables: SQLAlchemy Core, the same on SQLite and PostgreSQL."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()
_seq = BigInteger().with_variant(Integer, "sqlite")

about = Table(
    "governance_about",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("text", Text, nullable=False),
)
"""What the ledger says of itself: the fingerprint of its key, when it began, the version of its tables."""

journal = Table(
    "governance_journal",
    metadata,
    Column("seq", _seq, primary_key=True, autoincrement=False),
    Column("id", String(32), nullable=False, unique=True),
    Column("event", String(64), nullable=False, index=True),
    Column("at", String(40), nullable=False),
    Column("facts", Text, nullable=False),
    Column("previous", String(64), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("mac", String(64), nullable=False),
)
"""Append-only. Each row names the hash of the row before; `mac` keys that hash, so that a rewritten chain shows."""

register = Table(
    "governance_register",
    metadata,
    Column("seq", _seq, primary_key=True, autoincrement=True),
    Column("register", String(32), nullable=False),
    Column("lookup", String(64), nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("commitment", String(64), nullable=False),
    Index("governance_register_lookup", "register", "lookup"),
)
"""Erasable. `lookup` is a keyed digest, `payload` is encrypted; erasing a row destroys the salt of its commitment."""

commitment = Table(
    "governance_commitment",
    metadata,
    Column("entry", String(32), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("commitment", String(64), nullable=False),
)
"""What each journal entry about registers committed to; the journal holds the digest of these."""
