"""LOC001: location stays in the Post it came with."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Measure, Rule, Subject, Verdict
from governance.rules.wording import counted, listed, names
from governance.vocabulary import POST_CONTENT, Ground, Kind, Outcome, Status

_TO_POSTS = "keep location inside its Post: declare the data set `kind: posts` if each row is one whole Post, else drop the columns."
_TO_MAP = "publish a heat map instead (gov.heat_map): it counts people per cell."


def _parts(subject: Subject) -> tuple[tuple[Column, ...], tuple[Column, ...], tuple[Column, ...]]:
    return subject.location, subject.holding("x.post.id"), subject.holding(*POST_CONTENT)


def _measures(subject: Subject) -> Iterator[Measure]:
    _, keys, content = _parts(subject)
    if subject.kind is Kind.POSTS and keys and content:
        yield _bare(subject)
        yield from _repeated(subject)


def _repeated(subject: Subject) -> list[Measure]:
    """Post ids that stand twice; in an X shape, which may bring a Post twice as it is, only those at two places."""
    key = subject.holding("x.post.id")[0].name
    if "x_shape" not in subject.facts:
        return [Measure("duplicates", (key,))]
    return [Measure("several", (key, c.name)) for c in subject.holding("location.latitude", "location.longitude", "location.point")]


def _bare(subject: Subject) -> Measure:
    location, keys, content = _parts(subject)
    columns = (*(c.name for c in location), keys[0].name, *(c.name for c in content))
    return Measure("located_without", columns, float(len(location)))


def _decide(subject: Subject, evidence: Evidence) -> Iterator[Verdict]:
    location, keys, content = _parts(subject)
    if subject.kind is not Kind.POSTS:
        yield from _outside(location)
        return
    missing = " and ".join([*([] if keys else ["id"]), *([] if content else ["content"])])
    if missing:
        message = f"location in {listed(location)} stands in rows without the Post's {missing}"
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(location), hint=_TO_POSTS)
        return
    bare = evidence[_bare(subject)]
    if bare:
        message = f"{counted(bare, subject)} hold a location without a Post id or content"
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(location), count=bare, hint=_TO_POSTS)
    again = max((evidence[measure] for measure in _repeated(subject)), default=0)
    if again:
        message = f"{counted(again, subject)} repeat a Post id: a location stands apart from its one Post"
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(keys), count=again, hint="keep one row per Post.")


def _outside(location: tuple[Column, ...]) -> Iterator[Verdict]:
    sure = tuple(c for c in location if c.status is not Status.REVIEW)
    unsure = tuple(c for c in location if c.status is Status.REVIEW)
    if sure:
        message = f"{listed(sure)} hold{'s' if len(sure) == 1 else ''} location outside its Post"
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(sure), hint=f"{_TO_POSTS} Or {_TO_MAP}")
    if unsure:
        message = f"{listed(unsure)} may hold location"
        hint = "declare in governance.yml what the column holds, with a reason."
        yield Verdict(outcome=Outcome.REVIEW, message=message, columns=names(unsure), hint=hint)


_POSTS = {"id": ("x.post.id", ["1500000000000000001", "1500000000000000002"]), "text": ("x.post.text", ["a", "b"])}
_POINT = {"lat": ("location.latitude", [48.1, None]), "lon": ("location.longitude", [11.5, None])}

RULE = Rule(
    code="LOC001",
    slug="location-with-post",
    clause="location-with-post",
    ground=Ground.POLICY,
    kinds=frozenset(Kind) - {Kind.HEAT_MAP},
    summary="Any location column needs the intact Post id and content in the same row, one row per Post; elsewhere there is no location.",
    applies=lambda subject: bool(subject.location),
    measures=_measures,
    decide=_decide,
    compliant=(Example(title="whole Posts", kind=Kind.POSTS, columns={**_POSTS, **_POINT}),),
    violating=(
        Example(title="coordinates without the text", kind=Kind.POSTS, columns={"id": _POSTS["id"], **_POINT}),
        Example(title="coordinates in a working table", kind=Kind.WORKING, columns={**_POSTS, **_POINT}),
        Example(title="a cell beside a count of Posts", kind=Kind.WORKING, columns={"cell": ("location.cell:7", ["872830828ffffff"])}),
        Example(
            title="one Post, two rows",
            kind=Kind.POSTS,
            columns={"id": ("x.post.id", ["15", "15"]), "text": ("x.post.text", ["a", "a"]), "lat": ("location.latitude", [1.0, 2.0])},
        ),
        Example(
            title="one Post at two places",
            kind=Kind.POSTS,
            columns={"id": ("x.post.id", ["15", "15"]), "text": ("x.post.text", ["a", "a"]), "lat": ("location.latitude", [1.0, 2.0])},
            facts={"x_shape": "csv"},
        ),
    ),
)
