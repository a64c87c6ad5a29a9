"""What can't be read: one sentence that names the file and the line; what was not read is counted; no value of the data in either."""

import bz2
import gzip
import json
import lzma
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from governance.content import REASONS, Rejected, read_posts, recognise
from governance.errors import BadRequest
from tests.content.x_shapes import point, post, status, write

MARK = "canary"
MARKED_NUMBER = 48.123456


def bad_files() -> dict[str, str]:
    """File name -> what the refusal says of it."""
    write("empty.jsonl", "")
    write("blank.csv", "\n\n")
    write("zero.parquet", "")
    write("half.parquet", b"PAR1" + b"\x00" * 40)
    write("half.arrow", b"ARROW1\x00\x00" + b"\x00" * 40)
    write("other.json", {"name": "no Post"})
    write("nobody.json", "[]")
    write("broken.json", '{"data": [{"id": "1"')
    write("messages.json", [{"id": "1", "text": "hi", "sender_id": "2", "created_at": "x"}])
    write("activity.json", {"objectType": "activity", "verb": "post", "id": "tag:search.twitter.com,2005:1"})
    write("archive.js", 'window.YTD.tweets.part0 = [ {"tweet": {"id": "1"}} ]')
    write("events.jsonl", {"data": {"delete": {"tweet": {"id": "1"}}}})
    write("latin.csv", b"post_id,author_id,text\n1,2,ok\n3,4,Stra\xdfe\n")
    write("latin_header.csv", b"post_id,author_id,Stra\xdfe\n1,2,ok\n")
    write("utf16.csv", "post_id,author_id\n1,2\n".encode("utf-16"))
    write("people.csv", "name,town\nx,y")
    write("half_pair.csv", "post_id,author_id,lat\n1,2,3")
    write("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    Path("posts.json.bz2").write_bytes(bz2.compress(b"{}"))
    Path("posts.json.xz").write_bytes(lzma.compress(b"{}"))
    pd.DataFrame({"post_id": ["1"]}).to_excel("posts.xlsx")
    Path("nothing").mkdir()
    return {
        "empty.jsonl": "empty.jsonl:1: the file is empty",
        "blank.csv": "blank.csv:1: the file is empty",
        "zero.parquet": "zero.parquet:1: the file is empty",
        "half.parquet": "half.parquet: can't be read as parquet",
        "half.arrow": "half.arrow: can't be read as arrow",
        "other.json": "other.json:1: no X Posts in this JSON",
        "nobody.json": "nobody.json:1: the JSON holds no Posts",
        "broken.json": "broken.json:1: the JSON is broken",
        "messages.json": "messages.json:1: this is a list of Direct Messages",
        "activity.json": "activity.json:1: this is a Gnip activity stream",
        "archive.js": "archive.js:1: this is an account archive",
        "events.jsonl": "events.jsonl:1: this is a list of compliance events",
        "latin.csv": "latin.csv:3: the text is not UTF-8",
        "latin_header.csv": "latin_header.csv:1: the text is not UTF-8",
        "utf16.csv": "utf16.csv:1: the text is not UTF-8",
        "people.csv": "people.csv:1: no column for post_id",
        "half_pair.csv": "half_pair.csv:1: no column for longitude",
        "picture.png": "picture.png:1: the text is not UTF-8",
        "posts.json.bz2": "posts.json.bz2:1: this is a bzip2 file",
        "posts.json.xz": "posts.json.xz:1: this is an xz file",
        "posts.xlsx": "posts.xlsx:1: this is a zip archive or a workbook",
        "nothing": "nothing: no files of Posts in this folder",
        "missing.csv": "missing.csv: no such file",
    }


def test_bad_input_is_named_with_its_line_and_what_to_do() -> None:
    """Every kind of bad input gives a BadRequest of one sentence and a hint, from a path as text and as Path."""
    for name, words in bad_files().items():
        for source in (name, Path(name)):
            with pytest.raises(BadRequest) as refused:
                read_posts(source).to_arrow()
            assert refused.value.message.startswith(words), name
            assert refused.value.hint.endswith("."), name
            assert refused.value.message.count(". ") == 0, name
            assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)  # noqa: S301 - our own bytes


@pytest.mark.parametrize("source", [None, 5, b"posts.jsonl", [], [1], {"a": 1}, object()])
def test_what_is_no_source(source: object) -> None:
    """Anything but a path, a list of paths or a table is refused with what may be given."""
    with pytest.raises(BadRequest, match="give a path, a list of paths"):
        read_posts(source)


def test_a_file_without_permission() -> None:
    """A file that the user may not read is named; run as another user, because root may read all."""
    path = write("secret.jsonl", post())
    path.chmod(0o600)
    path.parent.chmod(0o755)
    if os.geteuid():
        path.chmod(0)
    code = (
        "import os, sys, governance.content as content\n"
        "if not os.geteuid(): os.setgid(65534); os.setuid(65534)\n"
        "try: content.read_posts(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    folder = Path("/tmp") if not os.geteuid() else path.parent  # noqa: S108 - a place every user may enter
    target = folder / f"reading-{os.getpid()}.jsonl"
    try:
        path.replace(target)
        found = subprocess.run(
            [sys.executable, "-c", code, str(target)], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
        )
    finally:
        target.unlink()
    assert found.stdout.startswith(f"BadRequest {target}: no permission to read this file.")


def test_a_column_mapping_is_for_tables() -> None:
    """JSON has its own names; a mapping given with it is a mistake."""
    path = write("posts.jsonl", post())
    with pytest.raises(BadRequest, match="a column mapping is for tables"):
        read_posts(path, columns={"latitude": "lat"})


def test_an_unknown_column_is_refused_before_anything_is_read() -> None:
    """`batches` knows at once that it can't give a column."""
    posts = read_posts(write("posts.jsonl", post()))
    with pytest.raises(BadRequest, match="`mood` is no column"):
        posts.batches(["mood"])


def test_rejected_scans_by_itself_and_starts_anew() -> None:
    """Asked before any scan it scans; each scan counts for itself, so that two scans do not count double."""
    path = write("posts.jsonl", post(), "{", post("2", geo=point(0, 0)))
    posts = read_posts(path)
    assert posts.rejected.counts == {"broken-line": 1, "null-island": 1}
    posts.to_arrow()
    posts.to_arrow()
    assert posts.rejected.counts == {"broken-line": 1, "null-island": 1}
    assert (posts.rejected.total, posts.rejected.row_count, len(posts.rejected)) == (2, 1, 2)
    assert [(place.file, place.line) for place in posts.rejected] == [(str(path), 2), (str(path), 3)]


def test_an_empty_rejected_is_false() -> None:
    """So that `if posts.rejected` reads as it says."""
    assert not Rejected()
    assert not read_posts(write("posts.jsonl", post())).rejected


def test_places_are_bounded_and_counts_are_not() -> None:
    """A file of nothing but broken lines costs no memory."""
    write("posts.jsonl", post(), *(["{"] * 5000))
    rejected = read_posts("posts.jsonl").rejected
    assert (rejected.total, len(rejected.places)) == (5000, 1000)


def test_lists_and_folders_name_the_file_of_each_rejection() -> None:
    """Lines are counted per file; hidden files and files of other kinds are left alone."""
    Path("store/day=1").mkdir(parents=True)
    write("store/day=1/a.jsonl", post(), "{")
    write("store/b.csv", "post_id,author_id,lang\n1,2,de\n1.2E+9,2,de")
    write("store/.hidden.jsonl", "{")
    write("store/readme.txt", "nothing")
    posts = read_posts("store")
    assert posts.to_arrow(["post_id"]).num_rows == 2
    assert {(place.file, place.line, place.reason) for place in posts.rejected} == {
        ("store/day=1/a.jsonl", 2, "broken-line"),
        ("store/b.csv", 3, "corrupted-id"),
    }
    assert read_posts(["store/b.csv", Path("store/day=1/a.jsonl")]).formats == ("csv", "api_v2")


def marked_sources() -> dict[str, object]:
    """Every shape with every value marked and much of it wrong."""
    where = point(MARKED_NUMBER, f"{MARK}")
    bad = [
        post(f"{MARK}1", f"{MARK}2", text=MARK, created_at=MARK, geo=where, lang=MARK),
        post("1", "2", text=MARK, created_at=MARK, geo=point(MARKED_NUMBER, 480.123456)),
        post("3", "4", geo={"place_id": MARK}, entities={"hashtags": MARK}),
    ]
    write("v2.jsonl", *bad, f'{{"id": "{MARK}", "text')
    write("page.jsonl", {"data": bad, "includes": {"users": [{"id": MARK, "location": 5}], "places": [{"id": 5, "name": MARK}]}})
    write("v11.jsonl", status(), {**status(), "id_str": MARK}, {**status(), "coordinates": {"coordinates": [MARK, MARK]}}, {"delete": MARK})
    header = "post_id,author_id,latitude,longitude,created_at,text\n"
    write("t.csv", header + f"{MARK},2,1,1,{MARK},{MARK}\n1,{MARK},1,1,,\n1,2,{MARKED_NUMBER},{MARK},{MARK},x\n{MARK}\n1,2,480.123456,1,,")
    write("twarc.csv", f'id,author_id,text,geo.coordinates.coordinates\n1,2,{MARK},"[{MARKED_NUMBER}, {MARK}]"\n{MARK},2,x,')
    Path("v2.jsonl.gz").write_bytes(gzip.compress(Path("v2.jsonl").read_bytes())[:-9])
    mixed = pd.DataFrame({"post_id": ["1", MARK], "author_id": [MARK, 5], "latitude": [MARK, 480.123456], "longitude": [1.0, 2.0]})
    tables = {"mixed": mixed, "arrow": pa.table({"post_id": [MARK, "1"], "author_id": ["1", "2"], "created_at": [MARK, MARK]})}
    return {**{str(path): path for path in sorted(Path().iterdir())}, **tables}


def test_no_value_leaves_by_rejections_reprs_or_errors() -> None:
    """The canary: no marked value in what is counted, shown or raised, tracebacks with their context included."""
    shown = []
    for name, source in marked_sources().items():
        try:
            posts = read_posts(source)
            posts.to_arrow(["post_id", "author_id", "created_at", "latitude", "longitude", "place_id", "hashtags", "raw"])
            shown += [repr(posts), repr(posts.rejected), str(list(posts.rejected)), repr(posts.rejected.counts)]
            assert posts.rejected, name
        except BadRequest as refused:
            shown += traceback.format_exception(refused)
            shown.append(json.dumps([refused.message, refused.hint]))
    text = "\n".join(shown).replace(__file__, "")
    assert MARK not in text.replace("no_value_leaves", "")
    assert "123456" not in text


def test_errors_in_the_middle_of_a_scan_carry_no_value() -> None:
    """A CSV that turns bad after the first megabytes is refused with its line, without what stands there."""
    good = "".join(f"{number},2,ok\n" for number in range(1, 400_000))
    write("late.csv", ("post_id,author_id,text\n" + good).encode() + f"400000,2,{MARK}".encode() + b"\xdf\n")
    with pytest.raises(BadRequest) as refused:
        read_posts("late.csv").to_arrow(["text"])
    assert refused.value.message.startswith("late.csv:400001: the text is not UTF-8")
    assert MARK not in "".join(traceback.format_exception(refused.value))


def test_every_reason_is_explained() -> None:
    """What a rejection may say is listed with what becomes of the Post."""
    assert all(text.startswith(("the ", "valid ", "no ", "a ", "one ")) and "is" in text for text in REASONS.values())


@pytest.mark.parametrize("name", ["missing.jsonl", "nothing"])
def test_recognise_refuses_what_it_cannot_open(name: str) -> None:
    """A path that is no file is a bad request here too."""
    Path("nothing").mkdir()
    with pytest.raises(BadRequest, match=name):
        recognise(name)
