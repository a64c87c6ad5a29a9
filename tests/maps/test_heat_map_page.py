"""The page in a real browser: it draws, speaks, obeys the keyboard, keeps silent on the network, and ends at the finest resolution."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import h3
import pyarrow as pa
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from governance.reporting.maps import HeatMap

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
Show = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests here."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Seen:
    """A page with everything it asked for and complained about."""

    def __init__(self, page: Page) -> None:
        """Listen to the page."""
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Opens a heat map's page; afterwards no page may have used the network or complained."""
    opened: list[tuple[Seen, str]] = []

    def open_page(heat: HeatMap, **options: object) -> Page:
        path = heat.write(tmp_path / "map.html")
        seen = Seen(browser.new_page(**{"viewport": {"width": 1280, "height": 860}, **options}))
        opened.append((seen, path.as_uri()))
        seen.page.goto(path.as_uri())
        return seen.page

    yield open_page
    for seen, address in opened:
        assert [url for url in seen.requests if not url.startswith("data:")] == [address]
        assert seen.complaints == []
        seen.page.close()


def painted(page: Page) -> Image.Image:
    """What the canvas shows."""
    return Image.open(BytesIO(page.locator("#map").screenshot())).convert("RGB")


def test_hover_shows_a_tip(show: Show, heat: HeatMap) -> None:
    """The pointer over the fullest region brings its rounded number, the range it stands for, its kind, area and resolution."""
    page = show(heat)
    page.focus("#map")
    page.keyboard.press("Home")
    box = page.locator("#map").bounding_box()
    focus = page.locator("#tip").text_content()
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()
    seen = ""
    for step in range(0, 400, 4):
        page.mouse.move(box["x"] + box["width"] / 2 - 200 + step, box["y"] + box["height"] / 2)
        if page.locator("#tip").is_visible():
            seen = page.locator("#tip").text_content()
            break
    for text in (focus, seen):
        assert re.search(r"about [\d,]+ accounts", text)
        assert "rounded: stands for" in text
        assert re.search(r"resolution\s*H3 \d", text)
        assert "km²" in text


@pytest.mark.parametrize(("people", "stands_for"), [(10, "10 to 14"), (20, "15 to 24"), (1230, "1,225 to 1,234")])
def test_range_never_goes_under_the_minimum(
    show: Show, records: pa.Table, certificate: dict[str, Any], people: int, stands_for: str
) -> None:
    """What a rounded number stands for follows half-up rounding, and never names a number that no record may hold."""
    table = records.slice(0, 1).set_column(records.column_names.index("people"), "people", pa.array([people], pa.int64()))
    page = show(HeatMap(table, certificate))
    page.focus("#map")
    page.keyboard.press("Home")
    assert f"rounded: stands for {stands_for}" in page.locator("#tip").text_content()


def test_keyboard_reaches_regions_and_speaks(show: Show, heat: HeatMap) -> None:
    """Tab reaches the map, Home the fullest region, arrows its neighbours; each is spoken, with words for its number and kind."""
    page = show(heat)
    for _ in range(3):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "map":
            break
    assert page.evaluate("document.activeElement.id") == "map"
    page.keyboard.press("Home")
    spoken = page.locator("#spoken").text_content()
    most = max(heat.records["people"].to_pylist())
    assert f"About {most:,} accounts, rounded" in spoken
    visited = {spoken}
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
        visited.add(page.locator("#spoken").text_content())
    assert len(visited) >= 4
    assert all(re.search(r"cell [0-9a-f]{15}\.", text) for text in visited)


def test_arrows_move_in_their_direction(show: Show, heat: HeatMap) -> None:
    """Going right never goes west, going up never goes south."""
    page = show(heat)
    page.focus("#map")
    page.keyboard.press("Home")
    for key, axis, sign in (("ArrowRight", 1, 1), ("ArrowUp", 0, 1), ("ArrowLeft", 1, -1), ("ArrowDown", 0, -1)):
        before = h3.cell_to_latlng(spoken_cell(page))
        page.keyboard.press(key)
        after = h3.cell_to_latlng(spoken_cell(page))
        assert (after[axis] - before[axis]) * sign > -0.35


def spoken_cell(page: Page) -> str:
    """The cell that was last spoken."""
    return re.search(r"cell ([0-9a-f]{15})", page.locator("#spoken").text_content())[1]


def test_light_and_dark(show: Show, heat: HeatMap) -> None:
    """The page follows the reader's scheme: light paper or dark paper, and the ramp turned round so that more people always stand out."""
    means = {}
    for scheme in ("light", "dark"):
        page = show(heat, color_scheme=scheme)
        picture = painted(page)
        means[scheme] = sum(picture.resize((1, 1)).getpixel((0, 0))) / 3
        colours = page.locator("#classes .swatch").evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
        parts = [[int(part) for part in re.findall(r"\d+", colour)] for colour in colours]
        shades = [0.3 * red + 0.59 * green + 0.11 * blue for red, green, blue in parts]
        assert shades == sorted(shades, reverse=scheme == "light")
        assert len(set(colours)) == len(colours) > 3
    assert means["light"] > 180
    assert means["dark"] < 90


def test_zoom_ends_at_the_finest_resolution(show: Show, heat: HeatMap) -> None:
    """However often a reader zooms in, the finest cells stay cells of some tens of pixels: nothing finer can be seen."""
    page = show(heat)
    page.focus("#map")
    for _ in range(60):
        page.keyboard.press("+")
    page.wait_for_timeout(50)
    bar = page.locator("#scale-bar").bounding_box()["width"]
    text = page.locator("#scale-text").text_content()
    metres = float(text.split()[0].replace(",", "")) * (1000 if text.endswith("km") else 1)
    finest = max(heat.records["resolution"].to_pylist())
    edge = h3.average_hexagon_edge_length(finest, unit="m") / (metres / bar)
    assert 40 < edge < 110
    for _ in range(80):
        page.keyboard.press("-")
    page.keyboard.press("0")
    assert page.locator("#tip").is_hidden()


def test_windows_and_groups_are_switched(show: Show, grouped: pa.Table, certificate: dict[str, Any]) -> None:
    """The latest window shows first; stepping back and choosing a group change totals, picture and table."""
    heat = HeatMap(grouped, certificate)
    page = show(heat)
    assert page.locator("#window").input_value() == "2026-W45"
    assert page.locator("#window-after").is_disabled()
    first, picture = page.locator("#totals").text_content(), painted(page)
    page.click("#window-before")
    assert page.locator("#window").input_value() == "2026-W44"
    second = page.locator("#totals").text_content()
    page.select_option("#group", label="other")
    third = page.locator("#totals").text_content()
    page.wait_for_timeout(80)
    assert len({first, second, third}) == 3
    assert painted(page).tobytes() != picture.tobytes()
    rows = [row for row in heat.records.to_pylist() if row["window"] == "2026-W44" and row["group"] == "other"]
    assert f"about {sum(row['people'] for row in rows):,} accounts in {len(rows):,} regions" in third
    assert set(page.locator("#table-body tr td:nth-child(6)").all_text_contents()) == {"other"}


def test_table_is_the_whole_map(show: Show, heat: HeatMap) -> None:
    """The table under the map holds every record, fullest first, can be sorted, and shows more on demand."""
    page = show(heat)
    while page.locator("#table-more").is_visible():
        page.click("#table-more")
    shown = page.locator("#table-body tr td:last-child").all_text_contents()
    assert sorted(shown) == sorted(heat.records["cell"].to_pylist())
    people = [int(text.replace(",", "")) for text in page.locator("#table-body tr td:first-child").all_text_contents()]
    assert people == sorted(people, reverse=True)
    page.locator("#table-head button").first.click()
    assert page.locator("#table-head th").first.get_attribute("aria-sort") == "ascending"
    assert int(page.locator("#table-body tr td:first-child").first.text_content().replace(",", "")) == min(people)


def test_legend_says_what_is_rounded_and_hidden(show: Show, heat: HeatMap) -> None:
    """The words beside the map explain rounding, suppression, residuals, and that accounts are not persons."""
    page = show(heat)
    text = page.locator("main").inner_text()
    for words in (
        "rounded to the nearest 10",
        "An account is not a person",
        "fewer than 10 accounts, or none",
        "remainder of a larger cell",
    ):
        assert words in text
    page.locator("input[value=people]").check(force=True)
    assert page.locator("#legend-title").text_content() == "Accounts, rounded"


def test_residuals_are_hatched(show: Show, records: pa.Table, certificate: dict[str, Any]) -> None:
    """The same map with its residuals called full cells paints otherwise: the hatch is what tells them apart."""
    plain = records.set_column(2, "kind", pa.array(["full"] * records.num_rows))
    pictures = []
    for table in (records, plain):
        page = show(HeatMap(table, certificate))
        page.wait_for_timeout(80)
        pictures.append(painted(page).tobytes())
    assert pictures[0] != pictures[1]


def test_narrow_screen_has_no_sideways_scroll(show: Show, grouped: pa.Table, certificate: dict[str, Any]) -> None:
    """On a telephone everything stands in one column and nothing sticks out."""
    page = show(HeatMap(grouped, certificate), viewport={"width": 360, "height": 740}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    box = page.locator("#map").bounding_box()
    assert box["width"] > 300
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_markup_in_names_is_text(show: Show, records: pa.Table) -> None:
    """A topic, a group and a certificate full of markup run nothing and are shown as they are."""
    nasty = "</script><script>window.broken = 1</script><img src=x onerror=\"window.broken = 1\"> & 'quotes' \u2028"
    table = records.set_column(4, "group", pa.array([nasty] * records.num_rows))
    page = show(HeatMap(table, {"scope": nasty, nasty: {nasty: nasty}}))
    assert page.evaluate("window.broken") is None
    assert nasty.replace("\u2028", "").split("<img")[0] in page.locator("h1").text_content()
    assert page.locator("#group option").first.text_content().startswith("</script>")
    assert page.locator("img").count() == 0


def test_page_forbids_every_connection(show: Show, heat: HeatMap) -> None:
    """Even a script inside the page could not send anything: the content security policy refuses it."""
    path = show(heat).url
    text = Path(path.removeprefix("file://")).read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", text)
    assert "fetch(" not in text
    assert "XMLHttpRequest" not in text


def test_polar_and_antimeridian_pages(show: Show, heat: HeatMap, request: pytest.FixtureRequest) -> None:
    """A map over Fiji or a pole fills its stage instead of spanning the world."""
    make = request.getfixturevalue("make_records")
    for towns in (((-17.8, 179.6), (-16.8, -179.7)), ((89.9, 0.0), (89.5, 120.0))):
        page = show(HeatMap(make(towns, spread=0.3), heat.certificate))
        assert page.evaluate("JSON.parse(document.getElementById('heat-map').textContent).drawing.truePlanarScale") is True
        bar = page.locator("#scale-text").text_content()
        assert bar.endswith(" km")
        assert float(bar.split()[0].replace(",", "")) <= 200


def test_whole_certificate_is_on_the_page(show: Show, heat: HeatMap) -> None:
    """Every line of the certificate can be read, and the data block holds it as JSON."""
    page = show(heat)
    page.click("summary")
    text = page.locator(".certificate").inner_text()
    for name in heat.certificate:
        assert name in text
    block = json.loads(page.locator("#heat-map").text_content())
    assert block["certificate"] == heat.certificate


def test_empty_map_says_so(show: Show, records: pa.Table, certificate: dict[str, Any]) -> None:
    """A release without regions still opens, with the world behind it."""
    page = show(HeatMap(records.slice(0, 0), certificate))
    assert "about 0 accounts in 0 regions" in page.locator("#totals").text_content()
    page.focus("#map")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert page.locator("#tip").is_hidden()


def test_prints_in_light_colours(show: Show, heat: HeatMap, tmp_path: Path) -> None:
    """A dark page prints on white paper, with its map and its table."""
    page = show(heat, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.pdf(path=tmp_path / "map.pdf")
    assert (tmp_path / "map.pdf").stat().st_size > 20_000
