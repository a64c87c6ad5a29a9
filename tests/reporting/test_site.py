"""The review site: what it says, that it says it without a value, and that it is one piece of static HTML."""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

import governance as gov
from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.project import Project, load_project
from governance.reporting.review import DagTask, gather
from governance.reporting.site import PAGES, render, summary, write_site

CANARY = "canary-71.2345"
TODAY = datetime.now(UTC).date()
SOON, LATE, PAST = TODAY + timedelta(days=10), TODAY + timedelta(days=300), TODAY - timedelta(days=3)
PROJECT = f"""
version: 1
controller: Example & <b>Sons</b>
thresholds: {{minimum_people: 12}}
purposes:
  member-support: {{description: answer members}}
datasets:
  storm-posts: {{kind: posts, location: posts.parquet, description: Posts of the storm}}
  visits: {{kind: working, location: visits.csv, mode: report}}
  never: {{kind: records, location: never.parquet}}
attestations:
  plan-tier-declared: {{statement: The Pro tier, by: dpo, at: 2026-10-01, evidence: contract 17, expires_at: {LATE}}}
  use-monitored: {{statement: Reviewed, by: head of data, at: 2026-09-01, expires_at: {PAST}}}
waivers:
  - {{rule: LOC005, data_set: visits, reason: a drill, approver: dpo, expires_at: {SOON}}}
  - {{rule: LOC001, data_set: visits, reason: no reason, approver: intern, expires_at: {LATE}}}
"""
TASKS = (
    DagTask(dag="publish", task="check", does="check", reads=("storm-posts",)),
    DagTask(dag="nightly", task="copy", reads=("visits",), writes=("partner",)),
)


class Page(HTMLParser):
    """The ids, links and outside resources of one page, and whether its tags balance."""

    VOID = frozenset({"meta", "br", "path", "link", "img", "input", "hr"})

    def __init__(self, text: str) -> None:
        """Read the page."""
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.balanced = True
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids, links and the tag."""
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag."""
        if tag not in self.VOID:
            self.balanced &= bool(self.open) and self.open.pop() == tag


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two data sets checked, one of which fails, and one that was never checked."""
    folder = tmp_path_factory.mktemp("checked")
    (folder / "governance.yml").write_text(PROJECT, encoding="utf-8")
    posts = {"post_id": ["1500000000000000001", "1500000000000000002"], "text": ["a", CANARY], "latitude": [48.1, 71.2345]}
    pd.DataFrame(posts | {"longitude": [11.5, 11.6]}).to_parquet(folder / "posts.parquet")
    visits = {
        "user": [f"u{n}" for n in range(40)],
        "lat": [71.2345 + n / 100 for n in range(40)],
        "lon": [11.0 + n / 100 for n in range(40)],
    }
    pd.DataFrame(visits | {"email": [f"{CANARY}{n}@example.org" for n in range(40)]}).to_csv(folder / "visits.csv", index=False)
    for name in ("posts.parquet", "visits.csv", "visits.csv"):
        gov.check(folder / name, project=folder)
    return folder


@pytest.fixture
def home(checked: Path, tmp_path: Path) -> Path:
    """A copy of that project for one test, which runs in it."""
    shutil.copytree(checked, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def opened(home: Path) -> tuple[Ledger, Project]:
    """The ledger and the project of that home, with a release, a match and a refusal."""
    project = load_project(home)
    ledger = Ledger.open(project=project)
    certificate = {"scope": {"topic": ["#storm"], "scope": None}, "excluded": {"reposted": 2060}, "suppressed_people": 200}
    limits = {"coarsest_resolution": 3, "finest_resolution": 7}
    ledger.register("releases").put("mpoo-ajbc", {"certificate": certificate | limits})
    facts = {"audit": "pass", "earlier_releases": 0, "minimum_people": 12, "approved_by": "dpo", "window": "week", "windows": ["2026-W46"]}
    ledger.record("release", release="mpoo-ajbc", series="storm-map", record_count=233, people=5990, **facts)
    counts = {"bases": {"EXPRESS_OPT_IN": 120, "PUBLIC_DATA": 11}, "refused": {"PROVENANCE_THIRD_PARTY": 88, "X_STATE_STALE": 3}}
    ledger.record("match", purpose="member-support", data_set="members", method="exact", edges=131, **counts)
    ledger.record("refusal", verb="heat_map", reason="TOPIC_COMPLEMENT", rule="LOC006")
    return ledger, project


@pytest.fixture
def pages(opened: tuple[Ledger, Project]) -> dict[str, str]:
    """The pages of the site."""
    return render(gather(*opened, TASKS))


def words(page: str) -> str:
    """The text of a page on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_every_page_is_whole_and_self_contained(pages: dict[str, str]) -> None:
    """Tags balance, no script, no outside resource, one heading of the first rank, a language, a way past the menu."""
    for text in pages.values():
        page = Page(text)
        assert page.balanced
        assert not page.open
        assert not {"script", "link", "img", "iframe"} & set(page.tags)
        assert page.tags.count("h1") == 1
        assert "://" not in re.sub(r"sqlite:///\w+\.db", "", text)
        assert '<html lang="en">' in text
        assert "#main" in page.links


def test_links_resolve(pages: dict[str, str]) -> None:
    """Every link leads to a page of the site and to an id that is there; no id stands twice."""
    read = {name: Page(text) for name, text in pages.items()}
    for name, page in read.items():
        assert len(page.ids) == len(set(page.ids))
        for link in page.links:
            target, _, anchor = link.partition("#")
            assert (target or name) in PAGES
            assert not anchor or anchor in read[target or name].ids


def test_no_value_of_the_data_appears(pages: dict[str, str]) -> None:
    """Neither the marked text nor the marked coordinate is on any page, nor a path of this machine."""
    for text in pages.values():
        assert CANARY not in text
        assert "71.2345" not in text
        assert str(Path.cwd()) not in text


def test_names_are_escaped(pages: dict[str, str]) -> None:
    """Markup in a name of governance.yml is shown, not obeyed."""
    assert "<b>Sons</b>" not in pages["index.html"]
    assert "Example &amp; &lt;b&gt;Sons&lt;/b&gt;" in pages["index.html"]


def test_overview_says_what_needs_a_decision(pages: dict[str, str]) -> None:
    """What fails, what was never checked, an unguarded task, expiring and void waivers and lapsed statements stand on the first page."""
    told = words(pages["index.html"])
    for part in (
        "visits LOC001 location-with-post",
        "never is declared and was never checked",
        "nightly.copy touches data without a check or a gate",
        "Waiver of LOC005 for visits",
        "Waiver of LOC001 for visits",
        "Statement use-monitored",
        "14 statements",
    ):
        assert part in told


def test_data_sets_show_report_history_and_columns(pages: dict[str, str]) -> None:
    """A data set's page section has its findings, what to do, what its columns hold, and its earlier checks."""
    told = words(pages["data-sets.html"])
    for part in (
        "hold location outside its Post",
        "What to do",
        "40 rows checked",
        "location.latitude",
        "report only",
        "Posts of the storm",
    ):
        assert part in told
    assert "the last 2 checks: fail, fail" in pages["data-sets.html"]


def test_released_matched_refused(pages: dict[str, str]) -> None:
    """Releases, matches by basis, refusals by reason, and failed checks are listed."""
    told = words(pages["released.html"])
    for part in ("storm-map #storm week 2026-W46", "2,060 reposted", "233 5,990", "at least 12 people", "resolution 3 to 7", "dpo"):
        assert part in told
    for part in ("member-support", "EXPRESS_OPT_IN 120", "PROVENANCE_THIRD_PARTY 88", "TOPIC_COMPLEMENT", "LOC001 fail"):
        assert part in told


def test_small_counts_of_people_are_bands(pages: dict[str, str]) -> None:
    """Eleven pairs and three refusals appear as bands on every page, the journal's table included."""
    for name in ("released.html", "record.html"):
        told = words(pages[name])
        assert "PUBLIC_DATA &lt;12" in told
        assert "X_STATE_STALE &lt;12" in told
        assert not re.search(r"PUBLIC_DATA 11|X_STATE_STALE 3", told)


def test_policy_page_has_every_clause_with_its_last_outcome(pages: dict[str, str]) -> None:
    """All clauses are on the policy page; an enforced one shows its worst last outcome, an attested one its statement's state."""
    page = pages["policy.html"]
    clauses = gov_policy_keys()
    assert set(clauses) <= set(Page(page).ids)
    row = words(page[page.index('<tr id="location-with-post"') :].split("</tr>")[0])
    assert "fail" in row
    assert "1 fail" in row
    assert "stated" in words(page[page.index('<tr id="plan-tier-declared"') :].split("</tr>")[0])


def gov_policy_keys() -> list[str]:
    """The keys of all clauses."""
    from governance.policy import load_policy

    return list(load_policy().clauses)


def test_record_shows_who_decided(pages: dict[str, str]) -> None:
    """Thresholds, waivers with approver and expiry, statements with evidence, and the chain with its head are on the record page."""
    told = words(pages["record.html"])
    for part in (
        "12 7 7 days",
        "LOC005 geo-aggregate-min-people visits a drill dpo",
        "intern",
        "void",
        "contract 17",
        "intact",
        "expires soon",
    ):
        assert part in told


def test_changed_thresholds_keep_their_history(home: Path) -> None:
    """When governance.yml loosens a threshold, both values stand on the record page, the newer first, and the overview asks for a look."""
    (home / "governance.yml").write_text(PROJECT.replace("minimum_people: 12", "minimum_people: 6"), encoding="utf-8")
    gov.check(home / "posts.parquet")
    project = load_project(home)
    shown = render(gather(Ledger.open(project=project), project))
    told = words(shown["record.html"])
    assert told.index(" 6 7 7 days") < told.index(" 12 7 7 days")
    assert "Thresholds are weaker than usual: minimum_people" in words(shown["index.html"])
    assert "checked before governance.yml changed" in words(shown["index.html"])


def test_a_broken_chain_is_said_first(opened: tuple[Ledger, Project]) -> None:
    """A journal row that was changed behind the ledger's back is the first thing on the first page."""
    ledger, project = opened
    with ledger.transaction() as connection:
        connection.exec_driver_sql("UPDATE governance_journal SET facts = '{}' WHERE seq = 3")
    shown = render(gather(ledger, project))
    first = shown["index.html"].split('<ul class="attention">')[1].split("</li>")[0]
    assert "The ledger" in first
    assert "the chain is broken" in shown["record.html"]


def test_an_old_reading_of_the_policy_is_said(opened: tuple[Ledger, Project]) -> None:
    """Half a year after the reading the first page asks to read the text again, and its clause is in review; today it passes."""
    soon = datetime(2026, 12, 1, tzinfo=UTC)
    now, then = (render(gather(*opened, as_of=moment)) for moment in (soon, soon + timedelta(days=180)))
    assert "The policy text was to be read again by" in words(then["index.html"])
    assert "The policy text" not in words(now["index.html"])
    rows = [words(shown["policy.html"].split('id="policy-text-current"')[1].split("</tr>")[0]) for shown in (now, then)]
    assert ["1 pass" in rows[0], "1 review" in rows[1]] == [True, True]


def test_an_empty_deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a governance.yml and without a check every page still renders and says how to start."""
    monkeypatch.chdir(tmp_path)
    first = write_site(Ledger.open(project=None), load_project(None), tmp_path / "site")
    assert sorted(path.name for path in first.parent.iterdir()) == sorted(PAGES)
    assert "governance check FILE" in words(first.read_text(encoding="utf-8"))


def test_an_erased_report_is_said(opened: tuple[Ledger, Project]) -> None:
    """Erasing a report from its register leaves the check in the history and says that the report is gone."""
    ledger, project = opened
    last = [entry for entry in ledger.entries("check") if entry.facts["data_set"] == "visits"][-1]
    assert ledger.register("reports").erase(last.id) == 1
    assert "its report was erased" in words(render(gather(ledger, project))["data-sets.html"])


def test_a_folder_that_cannot_be_written(opened: tuple[Ledger, Project], tmp_path: Path) -> None:
    """A file in the way of the folder is a bad request with one sentence."""
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(BadRequest, match="can't be written"):
        write_site(*opened, tmp_path / "taken")


def test_a_long_record_is_cut_and_says_so(opened: tuple[Ledger, Project]) -> None:
    """Of hundreds of refusals the newest are shown, with how many there are and where the rest is."""
    ledger, project = opened
    for number in range(250):
        ledger.record("refusal", verb="heat_map", code="TOPIC_COMPLEMENT", attempt=number)
    told = words(render(gather(ledger, project))["released.html"])
    assert "The last 200 of 253" in told
    assert "attempt 249" in told
    assert "attempt 9 " not in told


def test_baseline_and_unread_lines_are_told(opened: tuple[Ledger, Project]) -> None:
    """A finding that is only recorded until a day says so, and lines that were not read are counted by reason."""
    ledger, project = opened
    entry = next(e for e in reversed(list(ledger.entries("check"))) if e.facts["data_set"] == "visits")
    report = ledger.register("reports").get(entry.id)
    report["findings"][0]["baseline_until"] = "2027-01-31"
    report["unread"] = {"broken-line": 40}
    ledger.register("reports").put(entry.id, report)
    told = words(render(gather(ledger, project))["data-sets.html"])
    assert "recorded, not enforced until 2027-01-31" in told
    assert "Not read: 40 broken-line" in told


def test_summary_in_numbers(opened: tuple[Ledger, Project]) -> None:
    """The review for machines has the same facts as the pages."""
    told = summary(gather(*opened, TASKS))
    assert told["data_sets"] == {"storm-posts": "pass", "visits": "fail", "never": "not checked"}
    assert told["unchecked_tasks"] == ["nightly.copy"]
    assert (told["releases"], told["matches"], told["refusals"]) == (1, 1, 3)
    assert told["ledger"]["intact"]


def test_the_review_on_one_page_of_markdown(opened: tuple[Ledger, Project], invoke: Callable[..., object]) -> None:
    """The short form has what needs a decision, every data set, the state of the chain and the coverage, without a value."""
    told = invoke("report", "--format", "markdown").output
    for part in (
        "# Governance review of Example",
        "**fail** visits LOC001",
        "| never | records | not checked | never |",
        "is intact",
        "80 clauses",
    ):
        assert part in told
    assert CANARY not in told
    assert opened[0].head[:16] in told


def test_command_writes_the_site(home: Path, invoke: Callable[..., object]) -> None:
    """`governance report --out` writes the pages and names the first one."""
    result = invoke("report", "--out", str(home / "site"))
    assert result.exit_code == 0
    assert str(home / "site" / "index.html") in result.output
    assert (home / "site" / "policy.html").is_file()
