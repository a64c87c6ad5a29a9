"""The review site: five static pages without scripts, made from the ledger and governance.yml, readable offline and on paper."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from governance.errors import BadRequest
from governance.ledger import Entry, Ledger
from governance.project import Project
from governance.reporting.answers import attention, refusals, thresholds, tiles
from governance.reporting.maps.atomic import write_all
from governance.reporting.review import DagTask, Review, gather

PAGES = {
    "index.html": "Overview",
    "data-sets.html": "Data sets",
    "released.html": "Released and refused",
    "policy.html": "Policy",
    "record.html": "Decisions and record",
}
_CODE = re.compile(r"`([^`]+)`")
_SHOWN = 200
_DIGEST_LENGTH = 32
_INPUTS = frozenset({"rules_sha256", "project_sha256", "data_sha256", "column_count"})
_TONES = {
    "pass": ("pass", "active", "stated", "enforced", "intact"),
    "fail": ("fail", "expired", "void", "broken"),
    "review": ("review", "expires soon", "missing", "planned"),
    "open": ("open", "not checked", "out of date"),
}
_TONE_OF = {state: tone for tone, states in _TONES.items() for state in states}
_HEADLINES = ("series", "purpose", "recipient", "data_set", "suite", "release", "verb")


def write_site(ledger: Ledger, project: Project, folder: str | Path, dag_tasks: Iterable[DagTask] = ()) -> Path:
    """Write the review site and return its first page.

    Parameters
    ----------
    ledger, project
        What happened, and what is declared.
    folder
        Where the pages go; made if it is missing, pages of an earlier run are replaced.
    dag_tasks
        Tasks of the DAGs, to show which of them touch data unchecked.

    Raises
    ------
    BadRequest
        The folder can't be written.

    """
    pages = render(gather(ledger, project, dag_tasks))
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BadRequest(f"{target}: the review site can't be written ({problem.strerror}).", "name a folder that you may write.") from None
    write_all({target / name: text.encode() for name, text in pages.items()})
    return target / "index.html"


def render(review: Review) -> dict[str, str]:
    """The pages of the site: file name -> HTML."""
    from governance import __version__

    environment = _environment()
    rows = {row.clause.key: row for row in review.clauses}
    shared = {
        "review": review,
        "version": __version__,
        "pages": list(PAGES.items()),
        "minimum": review.project.thresholds.minimum_people,
        "tiles": tiles(review),
        "attention": attention(review),
        "refusals": refusals(review),
        "thresholds": thresholds(review),
        "chapters": {chapter: [rows[clause.key] for clause in clauses] for chapter, clauses in review.policy.chapters().items()},
        "clause_of": review.policy.clause_of,
        "shown": _SHOWN,
        "journal": list(reversed(review.entries))[:_SHOWN],
    }
    return {name: environment.get_template(f"{name}.j2").render(page=name, title=title, **shared) for name, title in PAGES.items()}


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("governance.reporting", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {"moment": _moment, "day": _day, "number": _number, "words": _words, "tone": _tone}
    environment.filters.update(
        filters | {"fact": _fact, "headline": _headline, "tally": _tally, "place": _place, "prose": _prose, "telling": _telling}
    )
    return environment


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _day(at: datetime | date) -> str:
    return f"{at:%Y-%m-%d}"


def _number(count: object) -> str:
    return f"{count:,}" if isinstance(count, int) else str(count)


def _words(state: object) -> str:
    text = str(state)
    return "not applicable" if text == "notApplicable" else text.replace("_", " ")


def _tone(state: object) -> str:
    return _TONE_OF.get(_words(state), "none")


def _fact(value: object) -> str:
    text = _number(value)
    is_digest = len(text) >= _DIGEST_LENGTH and all(c in "0123456789abcdef" for c in text)
    return f"{text[:12]}…" if is_digest else text


def _headline(entry: Entry) -> str:
    return next((str(entry.facts[name]) for name in _HEADLINES if entry.facts.get(name)), entry.event)


def _telling(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an entry without digests of inputs and rules that passed: what a reader wants of a refusal or a release."""
    told = {name: value for name, value in facts.items() if name not in _INPUTS}
    if isinstance(told.get("rules"), Mapping):
        told["rules"] = {code: outcome for code, outcome in told["rules"].items() if outcome != "pass"}
    return told


def _tally(outcomes: Iterable[object]) -> list[tuple[str, int]]:
    return Counter(str(outcome) for outcome in outcomes).most_common()


def _prose(text: str) -> Markup:
    """A sentence of a report: escaped, its `code` marked up."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - the text is escaped before the tags are added


def _place(url: str) -> str:
    """Where the ledger is kept, without the folders above it: a machine's paths are nobody's business."""
    head, slashes, tail = url.partition("///")
    return f"{head}{slashes}{Path(tail).name}" if slashes and head.startswith("sqlite") else url


def summary(review: Review) -> Mapping[str, Any]:
    """The review in numbers, for machines."""
    return {
        "controller": review.controller,
        "made_at": review.made_at.isoformat(timespec="seconds"),
        "data_sets": {one.name: one.outcome for one in review.data_sets},
        "unchecked_tasks": [f"{one.dag}.{one.task}" for one in review.unchecked_tasks],
        "releases": len(review.of("release")),
        "matches": len(review.of("match")),
        "refusals": len(refusals(review)),
        "waivers": {one.rule: one.state for one in review.waivers},
        "attestations_due": [one.clause.key for one in review.attestations_due],
        "coverage": review.coverage,
        "ledger": {"intact": review.chain.intact, "entries": review.chain.entry_count, "head": review.chain.head},
    }


def summary_markdown(review: Review) -> str:
    """The review on one page of Markdown: what needs a decision, and every data set with its last outcome."""
    title = f"# Governance review{f' of {review.controller}' if review.controller else ''}"
    chain = "intact" if review.chain.intact else "NOT intact"
    counts = ", ".join(f"{tile.count} {tile.label}" for tile in tiles(review))
    waiting = [f"* **{item.state}** {item.what} {item.why}" for item in attention(review)] or ["Nothing."]
    rows = [f"| {one.name} | {_words(one.kind)} | {one.outcome} | {_checked(one.checked_at)} |" for one in review.data_sets]
    coverage = ", ".join(f"{count} {_words(state)}" for state, count in review.coverage.items())
    lines = [title, "", f"{counts}. The ledger is {chain}: {review.chain.entry_count} entries, head `{review.chain.head[:16]}`.", ""]
    lines += [
        "## What needs a decision",
        "",
        *waiting,
        "",
        "## Data sets",
        "",
        "| data set | kind | outcome | checked |",
        "|---|---|---|---|",
        *rows,
    ]
    return "\n".join([*lines, "", "## Policy coverage", "", f"{len(review.policy.clauses)} clauses: {coverage}.", ""])


def _checked(at: datetime | None) -> str:
    return _moment(at) if at else "never"
