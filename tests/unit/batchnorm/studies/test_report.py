"""The report, as text and in a headless Chromium."""

import base64
import csv
import io
import pathlib
import re
import shutil

import pytest
from small_network import network, plain_network

from trimtab.batchnorm.studies import figures
from trimtab.batchnorm.studies.api import study

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"
)


@pytest.fixture(scope="module")
def path(done, tmp_path_factory):
    return done.save(tmp_path_factory.mktemp("report") / "study.html")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        # A container has no user namespaces for a sandbox; the page is our own.
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, path, request):
    """The report opened; its messages and requests are in `page.messages` and `page.requests`."""
    options = getattr(request, "param", {})
    opened = browser.new_page(**options)
    opened.messages, opened.requests = [], []
    opened.on("console", lambda message: opened.messages.append(message.text))
    opened.on("pageerror", lambda error: opened.messages.append(str(error)))
    opened.on("request", lambda request: opened.requests.append(request.url))
    opened.goto(path.as_uri())
    yield opened
    opened.close()


def test_page_holds_verdict_arms_figures_and_settings(done):
    html = done.html()

    assert done.headline in html
    assert html.count("<svg") == 4
    for word in ("none", "before", "after", "Held equal", "digest of the data", "Measured times"):
        assert word in html


def test_page_needs_no_network_and_no_script(done):
    html = done.html()

    assert "<script" not in html
    references = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert {reference.partition(":")[0][:1] for reference in references} <= {"#", "d"}
    assert not re.findall(r"url\((?!#)", html)
    assert "@import" not in html


def test_identifiers_of_the_figures_are_unique(done):
    names = re.findall(r'\bid="([^"]+)"', done.html())

    assert len(names) == len(set(names))


def test_every_reference_within_a_figure_leads_somewhere(done):
    html = done.html()
    names = set(re.findall(r'\bid="([^"]+)"', html))

    used = re.findall(r'(?:href="|url\()#([^")]+)', html)
    assert used
    assert set(used) <= names


def test_figures_have_the_pages_colours_only(done):
    svg = "".join(re.findall(r"<svg.*?</svg>", done.html(), re.DOTALL))

    assert set(re.findall(r"#[0-9a-fA-F]{6}\b", svg)) == set()
    assert "var(--arm1)" in svg


def test_embedded_csv_holds_every_epoch_of_every_run(done):
    encoded = re.search(r"data:text/csv;base64,([^\"]+)", done.html())[1]
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(encoded).decode())))

    assert len(rows) == 3 * 7 * 3
    last = [row for row in rows if (row["arm"], row["epoch"]) == ("after", "3")]
    assert [float(row["val_loss"]) for row in last] == list(done.arms[2].scores)


def test_title_and_names_cannot_break_the_page(done):
    evil = "<script>alert(1)</script>"

    html = type(done)(**{**vars(done), "title": evil}).html()

    assert evil not in html
    assert "&lt;script&gt;" in html


def test_names_of_arms_are_shown_as_they_are(table):
    arms = {"a$b$": plain_network, "<b>": network}
    found = study(None, *table, arms=arms, seeds=2, epochs=1, learning_rates=None, jobs=1)

    html = found.html()

    assert html.count("a$b$") > 3
    assert "<b>" not in html


def test_report_replaces_a_file_only_when_it_is_whole(done, tmp_path, monkeypatch):
    path = tmp_path / "study.html"
    path.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(pathlib.Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        done.save(path)

    assert [file.name for file in tmp_path.iterdir()] == ["study.html"]
    assert path.read_text() == "old"


def test_notebook_shows_verdict_table_and_curves(done):
    html = done._repr_html_()

    assert done.headline in html
    assert html.count("<svg") == 2
    assert "<html" not in html


def test_text_fits_a_terminal_and_ends_no_line_in_blanks(done):
    lines = done.text().splitlines()

    assert max(map(len, lines)) <= 100
    assert [line for line in lines if line != line.rstrip()] == []


def test_inlined_figures_do_not_share_identifiers():
    svg = '<?xml?><svg width="1" viewBox="0 0 1 1"><g id="a"/><use xlink:href="#a"/></svg>'

    assert figures.inlined(svg, "x", "t").count("x-a") == 2


@needs_chromium
@pytest.mark.parametrize(
    "page", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True
)
def test_browser_shows_the_page_without_complaint(page, done):
    assert page.messages == []
    assert page.locator("h1").inner_text() == done.title
    assert page.locator(".headline").inner_text() == done.headline
    boxes = [box.bounding_box() for box in page.locator("svg.figure").all()]
    assert all(box["width"] > 200 and box["height"] > 60 for box in boxes)
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []


@needs_chromium
@pytest.mark.parametrize("page", [{"viewport": {"width": 360, "height": 800}}], indirect=True)
def test_narrow_page_does_not_scroll_sideways(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


CONTRAST = """
() => {
  const channel = v => {
    const c = v / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  const luminance = rgb => {
    const [r, g, b] = rgb.match(/[\\d.]+/g).map(Number).map(channel);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const back = luminance(getComputedStyle(document.documentElement).backgroundColor);
  const ratio = color => {
    const l = luminance(color);
    return (Math.max(l, back) + 0.05) / (Math.min(l, back) + 0.05);
  };
  const texts = [...document.querySelectorAll("p, td, th, h1, h2, figcaption, .kind")];
  const drawn = [...document.querySelectorAll("svg text")];
  return [...texts.map(e => ratio(getComputedStyle(e).color)),
          ...drawn.map(e => ratio(getComputedStyle(e).fill))];
}
"""


@needs_chromium
@pytest.mark.parametrize(
    "page", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True
)
def test_all_text_has_enough_contrast_for_reading(page):
    assert min(page.evaluate(CONTRAST)) >= 4.5  # WCAG AA


@needs_chromium
def test_download_gives_the_csv(page, done, tmp_path):
    with page.expect_download() as waiting:
        page.locator("a.download").click()
    waiting.value.save_as(tmp_path / "runs.csv")

    assert waiting.value.suggested_filename == "study_runs.csv"
    assert (tmp_path / "runs.csv").read_text() == done.csv()


@needs_chromium
def test_details_of_the_rates_open(page):
    page.locator("summary").click()

    assert page.locator("details td").first.is_visible()
