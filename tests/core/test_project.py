"""governance.yml: every error names its line and what to write instead."""

import json
from pathlib import Path

import pytest

import governance.project
from governance.errors import BadRequest
from governance.project import json_schema, load_project
from governance.vocabulary import Kind

GOOD = """\
version: 1
controller: Example Ltd
thresholds: {minimum_people: 12, finest_resolution: 6, state_max_age: 36h}
purposes:
  member-support: {description: answer members}
scopes:
  storm: {collected_by: "rule tag storm", purpose: member-support}
sources:
  members: {provenance: self_provided, relationship: member, collected_for: [member-support]}
expectations:
  - {provenance: self_provided, attribute: x.user.handle, collected_for: member-support, purpose: member-support,
     status: expected, rationale: the form says so, reviewer: dpo, reviewed_at: 2026-10-01, expires_at: 2027-10-01}
datasets:
  crm:
    kind: records
    location: data/crm.parquet
    columns:
      customer_id: {holds: off_x.person}
      x_handle: {holds: off_x.attribute, claims: x.user.handle, source: members}
      cell: {holds: "location.cell:7"}
waivers:
  - {rule: LOC005, data_set: crm, reason: small town, approver: dpo, expires_at: 2027-01-01}
attestations:
  plan-tier-declared: {statement: the Pro tier, by: head of data, at: 2026-10-01}
"""


def write(text: str) -> Path:
    """A governance.yml in the test's folder."""
    path = Path("governance.yml")
    path.write_text(text)
    return path


def test_a_good_file_is_read() -> None:
    """Names, dates, durations and lines arrive as declared."""
    write(GOOD)
    project = load_project()
    assert project.thresholds.minimum_people == 12
    assert project.thresholds.state_max_age_days == 1.5
    assert project.datasets["crm"].kind is Kind.RECORDS
    assert project.line("sources", "members") == 9
    assert project.data_set_at("data/crm.parquet") == "crm"
    assert project.data_set_at("other.parquet") is None
    assert project.data_set_at("data/crm.parquet/part-0.parquet") == "crm"
    assert len(project.sha256) == 64


MISTAKES = {
    "kind": ("kind: records", "kind: recrods", ":15:", "none of the choices"),
    "label": ("holds: off_x.person", "holds: offx.person", ":18:", "did you mean `off_x.person`"),
    "key": ("controller:", "controler:", ":2:", "did you mean `controller`"),
    "version": ("version: 1", "version: 2", ":1:", "write one of 1"),
    "floor": ("minimum_people: 12", "minimum_people: 4", ":3:", "expected least value 5"),
    "keys": (
        "x_handle: {holds: off_x.attribute",
        "x_handle: off_x.attribute\n      other: {holds: off_x.attribute",
        ":19:",
        "keys with values",
    ),
    "list": ("collected_for: [member-support]}", "collected_for: member-support}", ":9:", "a list must stand here"),
    "number": ("minimum_people: 12", "minimum_people: ten", ":3:", "a whole number must stand here"),
    "duration": ("36h", "36 hours", ":3:", "does not fit"),
    "source": ("source: members", "source: nobody", ":19:", "is not declared"),
    "scope's purpose": ("purpose: member-support}\nsources", "purpose: other}\nsources", ":7:", "is not declared"),
    "source's parent": ("collected_for: [member-support]}", "parents: [bought]}", ":9:", "source `bought` is not declared"),
    "data set's purpose": ("    kind: records\n", "    kind: records\n    purpose: newsletter\n", ":16:", "purpose `newsletter`"),
    "data set's scope": ("    kind: records\n", "    kind: records\n    scope: strom\n", ":16:", "did you mean `storm`"),
    "misspelt purpose": ("purpose: member-support,\n", "purpose: member-suport,\n", ":11:", "did you mean `member-support`"),
    "claim": ("claims: x.user.handle", "claims: x.user.hnadle", ":19:", "did you mean `x.user.handle`"),
    "assessed attribute": ("attribute: x.user.handle", "attribute: x.user.handl", ":11:", "did you mean `x.user.handle`"),
    "nothing said": ("x_handle: {holds: off_x.attribute, claims: x.user.handle, ", "x_handle: {", ":19:", "without saying what it holds"),
    "store of no Posts": ("    kind: records\n", "    kind: records\n    post_store: true\n", ":16:", "declare `kind: posts`"),
    "two at one place": (
        "waivers:\n",
        "  other: {kind: posts, location: ./data/../data/crm.parquet}\nwaivers:\n",
        ":21:",
        "lies where `crm` lies",
    ),
    "a made value": ("version: 1", "version: !!python/object:os.system 1", ":1:", "of a kind that is not read"),
    "control character": ("answer members", "answer\0members", ":5:", "character that YAML does not allow"),
    "waiver's data set": ("data_set: crm", "data_set: crn", ":22:", "did you mean `crm`"),
    "waiver's rule": ("rule: LOC005", "rule: LOC999", ":22:", "is not known"),
    "attestation": ("plan-tier-declared:", "plan-tier-declare:", ":24:", "did you mean `plan-tier-declared`"),
    "provenance": ("members: {provenance: self_provided", "members: {provenance: bought", ":9:", "third_party"),
    "twice": ("controller: Example Ltd", "controller: a\ncontroller: b", ":3:", "stands twice"),
    "indent": ("  crm:", " crm:\n  x", ":1", "governance.yml"),
    "missing": ("    kind: records\n", "", ":14:", "lacks `kind`"),
    "date": ("expires_at: 2027-01-01", "expires_at: soon", ":22:", "does not fit"),
    "resolution": ("location.cell:7", "location.cell:16", ":20:", "is no label"),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_names_its_line(mistake: tuple[str, str, str, str]) -> None:
    """One sentence with the file, the line and the fix."""
    good, bad, line, said = mistake
    assert good in GOOD
    write(GOOD.replace(good, bad, 1))
    with pytest.raises(BadRequest) as caught:
        load_project()
    assert line in str(caught.value)
    assert said in str(caught.value)
    assert "Hint:" in str(caught.value)


@pytest.mark.parametrize(
    ("good", "other"),
    [
        ("    kind: records\n", "    kind: records\n    purpose: member-support.refunds\n"),
        ("purpose: member-support,\n", "purpose: newsletter,\n"),
        ("collected_for: [member-support]", "collected_for: [newsletter]"),
    ],
    ids=["child of a declared purpose", "assessment of a purpose that is gone", "purpose people were told elsewhere"],
)
def test_names_that_may_point_elsewhere(good: str, other: str) -> None:
    """A child of a purpose counts as declared; assessments and what people were told may speak of purposes that are not declared here."""
    assert good in GOOD
    write(GOOD.replace(good, other, 1))
    assert load_project().controller == "Example Ltd"


@pytest.mark.parametrize("text", ["", "- a", "version", "a: [", "\t", "version: 1\nthresholds: []\n"])
def test_rubbish_is_refused(text: str) -> None:
    """Anything that is no governance.yml is a bad request, never an empty project."""
    write(text)
    with pytest.raises(BadRequest, match=r"governance\.yml"):
        load_project()


def test_latin_1_is_refused_with_its_line() -> None:
    """A file in another encoding names the line of the first byte that does not fit."""
    Path("governance.yml").write_bytes("version: 1\ncontroller: Caf\xe9\n".encode("latin-1"))
    with pytest.raises(BadRequest, match=":2:"):
        load_project()


def test_search(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The argument, then GOVERNANCE_PROJECT, then the nearest parent folder, else an empty project."""
    assert load_project().path is None
    (tmp_path / "a" / "b").mkdir(parents=True)
    write("version: 1\ncontroller: parent\n")
    monkeypatch.chdir("a/b")
    assert load_project().controller == "parent"
    named = tmp_path / "a" / "named.yml"
    named.write_text("version: 1\ncontroller: named\n")
    monkeypatch.setenv("GOVERNANCE_PROJECT", str(named))
    assert load_project().controller == "named"
    assert load_project(tmp_path).controller == "parent"
    with pytest.raises(BadRequest, match="can't be read"):
        load_project("nowhere.yml")


def test_the_schema_accepts_the_example() -> None:
    """The JSON Schema that ships is a valid schema and knows every part of the file."""
    import jsonschema

    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    shipped = Path(governance.project.__file__).with_name("governance.schema.json")
    assert json.loads(shipped.read_text()) == json.loads(json.dumps(schema)), "write it anew from json_schema()"
