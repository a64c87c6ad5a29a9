"""The ledger: one database, one key, a journal and registers. No ledger reachable means no release, match or share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from governance.errors import BadRequest, LedgerUnavailable
from governance.ledger import journal
from governance.ledger.journal import ChainReport, Entry
from governance.ledger.key import Key, key_path, make_key, read_key
from governance.ledger.registers import Register
from governance.ledger.schema import about, metadata
from governance.project import Project, load_project

ENVIRONMENT = "GOVERNANCE_LEDGER"
SECONDS_TO_WAIT = 15
"""How long one waits while another process writes to a SQLite ledger."""
_LOCKED = frozenset({5, 6})
"""SQLite's primary result codes SQLITE_BUSY and SQLITE_LOCKED."""


class Ledger:
    """A journal and its registers in one database.

    Examples
    --------
    >>> import tempfile, governance as gov
    >>> folder = tempfile.mkdtemp()
    >>> ledger = gov.Ledger.open(f"sqlite:///{folder}/governance.db", project=None)
    >>> entry = ledger.record("note", rows=3)
    >>> ledger.verify().intact
    True

    """

    def __init__(self, engine: Engine, key: Key, place: str) -> None:
        """Use `Ledger.open`."""
        self._engine = engine
        self._key = key
        self.place = place

    @classmethod
    def open(cls, url: "str | Ledger | None" = None, *, project: Project | str | Path | None = None) -> "Ledger":
        """Open, or for SQLite create, the ledger.

        Parameters
        ----------
        url
            An SQLAlchemy URL or a Ledger. Without one: GOVERNANCE_LEDGER, then `ledger:` in governance.yml, then `governance.db` in the
            project's (or working) folder.
        project
            A project or the path of its governance.yml; its folder holds the key.

        Raises
        ------
        LedgerUnavailable
            The database can't be reached or written.
        BadRequest
            The URL can't be read, or the key is missing or not the ledger's.

        """
        if isinstance(url, Ledger):
            return url
        if url is not None and not isinstance(url, str):
            raise BadRequest(
                f"ledger: a {type(url).__name__} is no ledger.", "pass a URL such as sqlite:///governance.db, or a gov.Ledger."
            )
        home = load_project(project)
        address = _declared_address(url, home)
        engine = _engine(address)
        ledger = cls(engine, Key(b""), address.render_as_string(hide_password=True))
        with ledger._guard(), engine.begin() as connection:
            metadata.create_all(connection)
            known = {row.name: row.text for row in connection.execute(select(about.c.name, about.c.text))}
        ledger._key = _key_for(known.get("key_fingerprint"), key_path(_key_folder(home, address)))
        if "key_fingerprint" not in known:
            ledger._begin()
        return ledger

    @staticmethod
    def files(url: str | None = None, *, project: Project | str | Path | None = None) -> tuple[Path, ...]:
        """The files that `open` would use for the same arguments: a SQLite database, and the key; nothing is opened or made."""
        home = load_project(project)
        address = _declared_address(url, home)
        return (*([Path(str(address.database))] if _is_file(address) else []), key_path(_key_folder(home, address)))

    def subkey(self, purpose: str) -> bytes:
        """32 bytes derived from the key for one purpose; see `Key.subkey`."""
        return self._key.subkey(purpose)

    @property
    def key_fingerprint(self) -> str:
        """The fingerprint of the key in use."""
        return self._key.fingerprint

    def record(self, what: str, /, **facts: Any) -> str:  # noqa: ANN401 - facts are checked one by one
        """Append an entry of codes, counts, digests and times to the journal and return its id."""
        with self.transaction() as connection:
            return journal.append(connection, self._key, what, facts)

    def entries(self, what: str | None = None) -> Iterator[Entry]:
        """The journal in order, or the entries of one event."""
        with self.transaction() as connection:
            found = list(journal.entries(connection, what))
        yield from found

    def entry(self, entry_id: str) -> Entry | None:
        """One entry by its id."""
        with self.transaction() as connection:
            return next(journal.entries(connection, entry_id=entry_id), None)

    def register(self, name: str) -> Register:
        """A register by name; an unknown name is an empty register."""
        return Register(name, self._key, self.transaction)

    def verify(self, *registers: str) -> ChainReport:
        """Whether the journal and the registers, or those that are named, still are what was written."""
        with self.transaction() as connection:
            return journal.verify(connection, self._key, registers)

    def require_intact(self, *registers: str) -> None:
        """Refuse to build on registers that were changed after they were written.

        Raises
        ------
        BadRequest
            The chain of the journal is broken, or rows of the registers are missing or are not what the journal committed to.

        """
        found = self.verify(*registers)
        if not found.intact:
            what = f"the ledger {self.place} was changed after it was written ({len(found.problems)} problems)."
            raise BadRequest(what, "run `governance ledger verify`, and restore the database from its last good copy.")

    @property
    def head(self) -> str:
        """The hash at the head of the chain."""
        with self.transaction() as connection:
            return journal.head(connection)

    @property
    def began_at(self) -> datetime:
        """When this ledger began: what happened before, it does not know."""
        with self.transaction() as connection:
            return datetime.fromisoformat(connection.execute(select(about.c.text).where(about.c.name == "began_at")).scalar_one())

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One atomic piece of work; every database trouble becomes LedgerUnavailable without a value."""
        with self._guard(), self._engine.begin() as connection:
            yield connection

    def __repr__(self) -> str:
        """The place, without the password."""
        return f"Ledger({self.place!r})"

    def _begin(self) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        facts = [("key_fingerprint", self._key.fingerprint), ("began_at", now), ("tables", "1")]
        try:
            with self._engine.begin() as connection:
                connection.execute(about.insert(), [{"name": name, "text": text} for name, text in facts])
                journal.append(connection, self._key, "ledger.began", {"key_fingerprint": self._key.fingerprint})
        except IntegrityError:
            return  # another process began it at the same moment

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as problem:
            cause = getattr(problem, "orig", None) or problem
            if getattr(cause, "sqlite_errorcode", 0) & 0xFF in _LOCKED:
                raise LedgerUnavailable(
                    f"the ledger {self.place} is locked by another process; waited {SECONDS_TO_WAIT} seconds.",
                    "try again when that process has ended its work; many writers at once need PostgreSQL.",
                ) from None
            kind = type(cause).__name__
            raise LedgerUnavailable(
                f"the ledger {self.place} can't be used ({kind}).",
                "check that the database runs, that its folder exists and that you may write there; then try again.",
            ) from None

    def __enter__(self) -> Self:
        """Use the ledger in a with statement."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the connections back."""
        self._engine.dispose()


def _declared_address(url: str | None, home: Project) -> URL:
    return _address(url or os.environ.get(ENVIRONMENT) or home.ledger or "sqlite:///governance.db", home.folder)


def _is_file(address: URL) -> bool:
    return address.drivername.startswith("sqlite") and address.database not in {None, "", ":memory:"}


def _address(url: str, folder: Path) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        hint = "write sqlite:///governance.db or postgresql+psycopg://user@host/name."
        raise BadRequest("the ledger's URL can't be read.", hint) from None
    if _is_file(address):
        return address.set(database=str((folder / str(address.database)).resolve()))
    return address


def _engine(address: URL) -> Engine:
    if not address.drivername.startswith("sqlite"):
        try:
            return create_engine(address, poolclass=NullPool, hide_parameters=True)
        except (NoSuchModuleError, ModuleNotFoundError) as problem:
            missing = getattr(problem, "name", None) or address.drivername
            raise BadRequest(f"the ledger needs the driver {missing}.", "install `post-governance[postgres]`.") from None
    memory = not _is_file(address)
    options: dict[str, Any] = {} if memory else {"poolclass": NullPool}
    engine = create_engine(
        address, connect_args={"timeout": SECONDS_TO_WAIT, "check_same_thread": not memory}, hide_parameters=True, **options
    )

    @event.listens_for(engine, "connect")
    def _manual(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DB-API connection
        connection.isolation_level = None
        connection.execute("PRAGMA secure_delete = ON")

    @event.listens_for(engine, "begin")
    def _immediate(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _key_folder(project: Project, address: URL) -> Path:
    if project.path is None and _is_file(address):
        return Path(str(address.database)).parent
    return project.folder


def _key_for(fingerprint: str | None, path: Path) -> Key:
    if fingerprint is None:
        return read_key(path) if path.exists() else make_key(path)
    key = read_key(path)
    if key.fingerprint != fingerprint:
        raise BadRequest(f"{path}: this is not the key the ledger was begun with.", "name the right key file with GOVERNANCE_KEY_FILE.")
    return key
