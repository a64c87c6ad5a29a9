"""One expectation per rule: pandas, SQLite and PostgreSQL batches give the verdict of the rules, and no value."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from governance.adapters.great_expectations import expectation_classes, load_suite, project_result, suite_for
from governance.adapters.great_expectations import expectations as module
from governance.adapters.great_expectations.suites import stored
from governance.rules import all_rules
from governance.vocabulary import Kind

CANARY = "CANARYVALUE"
TICKETS = pd.DataFrame({"ticket": [1, 2, 3], "state": ["open", "closed", "open"], "minutes": [3, 5, 9]})
PLACES = pd.DataFrame(
    {
        "user_id": [f"{2000000 + n}" for n in range(40)],
        "note": [f"{CANARY}{n}" for n in range(40)],
        "latitude": [48.8566 + n / 50 for n in range(40)],
        "longitude": [2.3522 + n / 50 for n in range(40)],
    }
)


def test_every_rule_has_its_class() -> None:
    """Each class is importable by name, can be pickled, and documents its rule."""
    assert list(expectation_classes()) == list(all_rules())
    for code, kind in expectation_classes().items():
        assert getattr(module, kind.__name__) is kind
        assert pickle.loads(pickle.dumps(kind)) is kind  # noqa: S301 - our own class
        assert all_rules()[code].summary in (kind.__doc__ or "")


def test_a_lawful_frame_passes(validate: Callable[..., Any], frames: Any) -> None:  # noqa: ANN401 - a GX object
    """A table without location or people passes every rule of `working`."""
    found = validate(frames, "working", TICKETS)
    assert found.success, found.describe()
    assert project_result(found)["outcome"] == "pass"


def test_location_outside_its_post_fails(validate: Callable[..., Any], frames: Any) -> None:  # noqa: ANN401 - a GX object
    """Location beside a user is what LOC001 refuses; the other rules keep their own outcome."""
    found = project_result(validate(frames, "working", PLACES))
    assert found["outcome"] == "fail"
    assert found["rules"]["LOC001"] == "fail"
    assert found["rows"] == 40
    assert found["severity"] == "critical"


@pytest.mark.parametrize("result_format", ["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"])
def test_no_result_format_shows_a_value(validate: Callable[..., Any], frames: Any, result_format: str) -> None:  # noqa: ANN401 - a GX object
    """Even GX's own result of our expectations holds outcomes and counts alone."""
    found = validate(frames, "working", PLACES, result_format=result_format)
    text = json.dumps(found.to_json_dict(), default=str) + str(found) + json.dumps(project_result(found))
    assert CANARY not in text
    assert "48.8" not in text
    assert "2000000" not in text


def test_no_rows_is_no_pass(validate: Callable[..., Any], frames: Any) -> None:  # noqa: ANN401 - a GX object
    """An empty table is open for every rule; GX alone would call it a success."""
    found = validate(frames, "working", TICKETS.head(0))
    assert not found.success
    assert project_result(found)["outcome"] == "open"


@pytest.mark.parametrize("values", [[None, None], ["", " "], [None, ""]], ids=["null", "blank", "either"])
def test_no_value_is_no_pass(validate: Callable[..., Any], frames: Any, values: list[str | None]) -> None:  # noqa: ANN401 - a GX object
    """A table in which every value is missing or blank says nothing, so it is open."""
    found = validate(frames, "working", pd.DataFrame({"a": values, "b": values}))
    assert not found.success
    assert project_result(found)["outcome"] == "open"


def test_no_rules_is_no_pass(validate: Callable[..., Any], frames: Any) -> None:  # noqa: ANN401 - a GX object
    """An empty suite is a success for GX and open for us."""
    import great_expectations as gx

    found = validate(frames, gx.ExpectationSuite(name="empty"), TICKETS)
    assert found.success
    assert project_result(found)["outcome"] == "open"


def test_a_rule_left_out_is_no_pass(validate: Callable[..., Any], frames: Any) -> None:  # noqa: ANN401 - a GX object
    """A suite that lost one of its rules is open, and says which."""
    import great_expectations as gx

    one = expectation_classes()["LOC001"](kind="working", minimum_people=10, finest_resolution=7)
    found = project_result(validate(frames, gx.ExpectationSuite(name="one", expectations=[one]), TICKETS))
    assert found["outcome"] == "open"
    assert "OFX001" in found["vacuous"][0] or "rules left out" in found["vacuous"][0]


def test_mostly_is_refused(validate: Callable[..., Any], frames: Any) -> None:  # noqa: ANN401 - a GX object
    """Our expectations take no `mostly`, and a suite in which another has one is open."""
    import great_expectations as gx

    with pytest.raises(ValueError, match="mostly"):
        expectation_classes()["LOC001"](kind="working", minimum_people=10, finest_resolution=7, mostly=0.9)
    suite = suite_for("working")
    loose = gx.expectations.ExpectColumnValuesToNotBeNull(column="state", mostly=0.5)
    mixed = gx.ExpectationSuite(name="mixed", expectations=[*suite.expectations, loose])
    assert project_result(validate(frames, mixed, TICKETS))["outcome"] == "open"


def test_a_suite_of_several_kinds_is_no_pass(validate: Callable[..., Any], frames: Any) -> None:  # noqa: ANN401 - a GX object
    """A suite in which each rule asks by the kind, or of the data set, that suits it is open."""
    import great_expectations as gx

    limits = {"minimum_people": 10, "finest_resolution": 7}
    made = [kind(kind=_easiest(code), **limits) for code, kind in expectation_classes().items() if Kind.WORKING in all_rules()[code].kinds]
    found = project_result(validate(frames, gx.ExpectationSuite(name="mixed_kinds", expectations=made), TICKETS))
    assert found["kinds"] == ["records", "working"]
    assert found["outcome"] == "open"
    assert "several kinds" in found["vacuous"][-1]


def _easiest(code: str) -> str:
    return "records" if code == "LOC001" else "working"


def test_a_class_of_somebody_elses_decides_no_rule(validate: Callable[..., Any], frames: Any) -> None:  # noqa: ANN401 - a GX object
    """A subclass that takes the name of one of ours and always passes counts as no rule of ours: the rule is left out."""
    import great_expectations as gx
    from great_expectations.expectations.registry import register_expectation

    ours = expectation_classes()["LOC001"]
    suite = suite_for("working")
    try:
        lax = type(ours)("ExpectLocationWithPost", (ours,), {"__module__": __name__, "_validate": _always})
        rest = [one for one in suite.expectations if not isinstance(one, ours)]
        made = gx.ExpectationSuite(name="lax", expectations=[*rest, lax(kind="working", minimum_people=10, finest_resolution=7)])
        found = project_result(validate(frames, made, TICKETS))
    finally:
        register_expectation(ours)
    assert found["outcome"] == "open"
    assert found["vacuous"] == ["rules left out: LOC001"]
    assert project_result(validate(frames, "working", TICKETS))["outcome"] == "pass"


def _always(self: object, *_: object, **__: object) -> dict[str, Any]:
    assert self
    return {"success": True, "result": {"observed_value": "pass", "element_count": 3}}


def test_a_check_that_raised_is_open(validate: Callable[..., Any], frames: Any, tmp_path: Path) -> None:  # noqa: ANN401 - a GX object
    """What raised is told apart from a violation, by the name of the exception alone."""
    (tmp_path / "governance.yml").write_text("version: [")
    found = validate(frames, "working", PLACES)
    projected = project_result(found)
    assert not found.success
    assert projected["outcome"] == "open"
    assert set(projected["rules"].values()) == {"open"}
    assert "BadRequest" in json.dumps(found.to_json_dict(), default=str)


def test_an_error_of_another_expectation_is_open_and_keeps_its_text_out(validate: Callable[..., Any], frames: Any) -> None:  # noqa: ANN401
    """GX's own exception text quotes values; the projection keeps the class name."""
    import great_expectations as gx

    suite = gx.ExpectationSuite(
        name="with_mean",
        expectations=[*suite_for("working").expectations, gx.expectations.ExpectColumnMeanToBeBetween(column="note", min_value=0)],
    )
    found = project_result(validate(frames, suite, PLACES[["note"]]))
    (other,) = found["others"]
    assert other["outcome"] == "open"
    assert other["raised"]
    assert CANARY not in json.dumps(found)


def test_thresholds_are_stored_and_have_no_defaults() -> None:
    """The reviewed numbers stand in the suite's text, so that a later default changes nothing."""
    with pytest.raises(ValueError, match="minimum_people"):
        expectation_classes()["LOC001"](kind="working", finest_resolution=7)
    for expectation in json.loads(stored("heat_map"))["expectations"]:
        assert expectation["kwargs"] == {"kind": "heat_map", "minimum_people": 10, "finest_resolution": 7}


@pytest.mark.parametrize("kind", list(Kind))
def test_the_suites_of_the_repository_are_those_of_the_registry(kind: Kind, pytestconfig: pytest.Config) -> None:
    """expectations/ is written by `python -m governance.adapters.great_expectations.suites expectations`, and GX loads it unchanged."""
    place = pytestconfig.rootpath / "expectations" / f"{kind}.json"
    assert place.read_text() == stored(kind)
    loaded = load_suite(place)
    assert [e.expectation_type for e in loaded.expectations] == [e.expectation_type for e in suite_for(kind).expectations]
    for expectation in loaded.expectations:
        assert expectation.meta["rule"]
        assert expectation.severity in {"critical", "warning"}


def _stored_in(url: str, frame: pd.DataFrame) -> None:
    engine = sa.create_engine(url)
    frame.to_sql("t", engine, if_exists="replace", index=False)
    engine.dispose()


def test_sqlite_batches(context: Any, validate: Callable[..., Any], tmp_path: Path) -> None:  # noqa: ANN401 - a GX object
    """The same verdict from SQLite, streamed into DuckDB."""
    url = f"sqlite:///{tmp_path}/t.db"
    _stored_in(url, PLACES)
    source = context.data_sources.add_sqlite("s", connection_string=url)
    found = project_result(validate(source.add_table_asset("t", table_name="t").add_batch_definition_whole_table("b"), "working"))
    assert (found["outcome"], found["rules"]["LOC001"], found["rows"]) == ("fail", "fail", 40)


def test_sqlite_columns_of_several_types(context: Any, validate: Callable[..., Any], tmp_path: Path) -> None:  # noqa: ANN401 - a GX object
    """SQLite lets a column hold anything: one that turns out mixed is read as text, and still checked."""
    url = f"sqlite:///{tmp_path}/t.db"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a, latitude, longitude, user_id)")
        rows = [(n + 0.5, 48.8 + n / 10_000, 2.3 + n / 10_000, f"u{n}") for n in range(25_000)] + [("text", 48.1, 2.1, "u")]
        connection.exec_driver_sql("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    engine.dispose()
    source = context.data_sources.add_sqlite("s", connection_string=url)
    asset = source.add_query_asset("q", query="SELECT * FROM t")
    found = project_result(validate(asset.add_batch_definition_whole_table("b"), "working"))
    assert (found["outcome"], found["rows"]) == ("fail", 25_001)


def test_postgres_batches(context: Any, validate: Callable[..., Any], postgres: str) -> None:  # noqa: ANN401 - a GX object
    """The same verdict from PostgreSQL, with its own types (numeric, timestamptz, jsonb, uuid)."""
    engine = sa.create_engine(postgres)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS visits")
        connection.exec_driver_sql(
            "CREATE TABLE visits AS SELECT gen_random_uuid() AS id, (2000000 + n)::text AS user_id, now() AS seen_at,"
            " jsonb_build_object('a', n) AS more,"
            " (48.8 + n / 100.0)::numeric(9, 6) AS latitude, (2.3 + n / 100.0)::numeric(9, 6) AS longitude FROM generate_series(1, 50) AS n"
        )
        connection.exec_driver_sql("DROP TABLE IF EXISTS tickets")
        connection.exec_driver_sql("CREATE TABLE tickets AS SELECT n AS ticket, 'open' AS state FROM generate_series(1, 50) AS n")
    engine.dispose()
    source = context.data_sources.add_postgres("p", connection_string=postgres)
    places = source.add_table_asset("visits", table_name="visits").add_batch_definition_whole_table("b")
    found = project_result(validate(places, "working"))
    assert (found["outcome"], found["rules"]["LOC001"], found["rows"]) == ("fail", "fail", 50)
    tickets = source.add_table_asset("tickets", table_name="tickets").add_batch_definition_whole_table("b")
    assert project_result(validate(tickets, "records"))["outcome"] == "pass"
