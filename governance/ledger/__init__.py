"""What happened: an append-only, hash-chained journal and erasable, encrypted registers, over SQLAlchemy."""

from governance.ledger.journal import ChainReport, Entry
from governance.ledger.key import Key
from governance.ledger.ledger import Ledger
from governance.ledger.registers import Register

__all__ = ["ChainReport", "Entry", "Key", "Ledger", "Register"]
