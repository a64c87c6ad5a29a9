"""CMP: Post ids can be used: whole numbers as text, not rounded by a spreadsheet or a float."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Measure, Rule, Subject, Verdict
from governance.rules.wording import counted, names
from governance.vocabulary import Ground, Kind, Outcome

FORM = "0|[1-9][0-9]{0,18}"
_FEW = 10
_HINT = "read ids as text from the first step on (dtype=str); fetch the Posts again where ids are already rounded."


def _asked(column: Column) -> dict[str, Measure]:
    name = (column.name,)
    return {
        "unlike": Measure("unlike", name, FORM),
        "long": Measure("long_ids", name),
        "rounded": Measure("rounded_ids", name),
    }


def _decide(subject: Subject, evidence: Evidence) -> Iterator[Verdict]:
    left_out = int(subject.facts.get("unread.corrupted-id", "0"))
    if left_out:
        message = f"{counted(left_out, subject)} were left out: their Post or user id is corrupted"
        yield Verdict(outcome=Outcome.FAIL, message=message, count=left_out, hint=_HINT)
    for column in subject.holding("x.post.id"):
        if column.type.startswith(("double", "float", "halffloat", "decimal")):
            message = f"`{names([column])[0]}` is a floating-point column: ids over 2^53 are rounded"
            yield Verdict(outcome=Outcome.FAIL, message=message, columns=names([column]), hint=_HINT)
            continue
        if column.type.startswith(("list", "large_list", "struct")):
            continue
        found = {name: evidence[measure] for name, measure in _asked(column).items()}
        if found["unlike"]:
            message = f"{counted(found['unlike'], subject)} hold no whole Post id"
            yield Verdict(outcome=Outcome.FAIL, message=message, columns=names([column]), count=found["unlike"], hint=_HINT)
        if found["long"] >= _FEW and found["rounded"] * 2 > found["long"]:
            message = f"{counted(found['rounded'], subject, 'ids')} end in three zeros: they were rounded"
            yield Verdict(outcome=Outcome.FAIL, message=message, columns=names([column]), count=found["rounded"], hint=_HINT)


def _example(title: str, ids: list[object]) -> Example:
    return Example(title=title, kind=Kind.POSTS, columns={"id": ("x.post.id", ids), "text": ("x.post.text", ["a"] * len(ids))})


RULE = Rule(
    code="CMP010",
    slug="post-id-intact",
    clause="post-id-intact",
    ground=Ground.POLICY,
    kinds=frozenset(Kind) - {Kind.HEAT_MAP},
    summary="Post ids are whole numbers kept as text: no exponent, no rounding; without them no deletion can be applied.",
    applies=lambda subject: bool(subject.holding("x.post.id")),
    measures=lambda subject: [m for c in subject.holding("x.post.id") for m in _asked(c).values()],
    decide=_decide,
    compliant=(_example("ids as text", ["1500000000000000001", "20"]),),
    violating=(
        _example("a spreadsheet's exponent", ["5.70306E+17"]),
        _example("a float column", [5.70306e17]),
        _example("one id in several spellings", ["15", "015", "0015"]),
        Example(
            title="rows that a reader had to leave out",
            kind=Kind.POSTS,
            columns={"id": ("x.post.id", ["15"]), "text": ("x.post.text", ["a"])},
            facts={"x_shape": "csv", "unread.corrupted-id": "4"},
        ),
        _example("rounded ids", [f"15000000000000{n:02}000" for n in range(20)]),
    ),
)
