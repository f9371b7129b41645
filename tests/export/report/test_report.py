"""The report as a file and as a text: whole, without keys, without scripts, with true numbers."""

import dataclasses
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from factories.example_results import HOSTILE, bare_results, example_results
from factories.projects import made_project

import frontline.export.maps.files
from frontline.cli.main import app
from frontline.errors import OutputError, ProjectError
from frontline.export.report import pdf as printing
from frontline.export.report.report import TITLES, render_report, write_report
from frontline.export.report.shared import Chapters
from frontline.results.key_figures import write_key_figures
from frontline.results.redaction import keep_public, remove_restricted
from frontline.results.wording import (
    join_phrases,
    replace_keys,
    write_dates,
    write_day,
    write_distance,
    write_percent,
    write_place_name,
)
from frontline.results.words import WORDS
from frontline.workflow.run import run

HASH = "0123456789ab"
VOID = {"meta", "link", "img", "input", "br"}
CLAIMS = pd.DataFrame(
    [
        ("C1", "Report A, 2.1", "It is 200 km long.", "200 km", 220.0, 217.0, 223.0, "supported"),
        ("C2", "Report B, 3", "It is 240 km long.", "240 km", 220.0, 217.0, 223.0, "contradicted"),
        ("C3", "Report B, 4", "Positions are 30 m apart.", "30 m", np.nan, np.nan, np.nan,
         "below accuracy"),
    ],
    columns=["id", "source", "statement", "stated", "computed", "low", "high", "verdict"],
).assign(
    metric="line_length",
    unit=["km", "km", "m"],
    section=["2.1", "3", "4"],
    date=["2017-06-01", "2021-06-09", "2021-06-09"],
    contradicts=["C2", "C1", ""],
    contains="position of the line",
    detail="",
    why=[
        "Computed: 220 km (217 to 223). Stated: 200 km. The two agree. Against it stands C2: No.",
        "Computed: 220 km (217 to 223). Stated: 240 km. The two do not agree on line_a.",
        "Below accuracy: nothing smaller than 500 m can be told. Stated: 30 m.",
    ],
)  # fmt: skip


class Outline(HTMLParser):
    """What a page is made of: tags in order, attributes, and the text that a reader sees."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.open, self.words, self.hrefs, self.ids = [], [], [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.hrefs += [value for key, value in attrs if key == "href"]
        self.ids += [value for key, value in attrs if key == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)


@pytest.fixture
def small_pictures(monkeypatch):
    """Draw no map: the maps have tests of their own."""
    monkeypatch.setattr(frontline.export.maps.files, "draw_picture", lambda *_, **__: b"RIFF")


@pytest.fixture
def report_of(small_pictures):
    return lambda results: render_report(results, inputs_hash=HASH)


def results_of(**changes):
    return dataclasses.replace(example_results(hostile=False), **changes)


def test_it_runs_nothing_and_asks_nobody(report_of):
    page = report_of(example_results())
    outline = Outline(page)
    tags = {tag for tag, _ in outline.tags}
    assert not tags & {"script", "iframe", "object", "embed", "form", "video", "base"}
    sources = [at["src"] for _, at in outline.tags if "src" in at]
    assert sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert all(href.startswith("#") or href == "data:," for href in outline.hrefs)
    assert not any(key.startswith("on") for _, at in outline.tags for key in at)
    policy = next(at["content"] for _, at in outline.tags if "http-equiv" in at)
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "url(" not in page


def test_names_full_of_traps_are_shown_as_they_are(report_of):
    results = example_results()
    listed = results.control_change.assign(control="changed")
    outline = Outline(report_of(dataclasses.replace(results, control_change=listed)))
    shown = re.sub(r"\s+", " ", " ".join(outline.words))
    for name in HOSTILE:
        assert re.sub(r"\s+", " ", name) in shown
    assert "{{ 7*191 }}" in shown
    assert "1337" not in shown


def test_headings_links_and_tables_are_in_order(report_of):
    outline = Outline(report_of(results_of(claims=CLAIMS)))
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(set(outline.ids)) == len(outline.ids)
    assert {href[1:] for href in outline.hrefs if href.startswith("#")} <= set(outline.ids)
    tables = [n for n, (tag, _) in enumerate(outline.tags) if tag == "table"]
    assert all(outline.tags[n + 1][0] == "caption" for n in tables)
    assert all(at.get("scope") for tag, at in outline.tags if tag == "th")
    assert all(at.get("alt") for tag, at in outline.tags if tag == "img")


def test_no_key_of_the_project_is_shown(report_of):
    text = Outline(report_of(results_of(claims=CLAIMS))).text
    for key in ("line_a", "line_b", "former_border", "settlements:", "raster:", "stated:", "nan"):
        assert key not in text, key
    assert "Line of 1994" in text
    assert "12 May 1994" in text


def test_every_chapter_stands_once_and_only_for_what_there_is(report_of):
    full = Outline(report_of(results_of(claims=CLAIMS)))
    sections = [at["id"] for tag, at in full.tags if tag == "section"]
    assert sections == list(dict.fromkeys(sections))
    assert {"brief", "maps", "figures", "sight", "claims", "limits"} <= set(sections)
    bare = bare_results()
    outline = Outline(report_of(bare))
    sections = {at["id"] for tag, at in outline.tags if tag == "section"}
    assert sections == {"brief", "asked", "maps", "figures", "quality", "limits", "inputs"}
    assert WORDS["disclaimer"] in outline.text


def test_it_opens_with_a_message_a_map_a_table_and_three_limits(report_of):
    outline = Outline(report_of(results_of(claims=CLAIMS)))
    tags = [tag for tag, _ in outline.tags]
    brief = tags[tags.index("section") : tags.index("nav")]
    assert [brief.count(tag) for tag in ("section", "ul", "img", "table", "dl")] == [1] * 5
    first = outline.text[: outline.text.index("Annex")]
    assert "of land went from the Lower side to the Upper side" in first
    assert "Of 5 settlements listed in the study area, 1 changed sides and 4 stayed" in first
    assert "Land and people within 10 km of the line" in first
    assert "Three limits The lines" in first
    assert "cannot be compared" in first


def test_sections_have_a_row_for_each_side_and_distances_as_columns(report_of):
    rows = [
        (
            "ridge",
            "North ridge",
            "line_a",
            side,
            distance_m,
            74.2,
            people,
            people,
            people + 500,
            3.0,
        )
        for side, people in (("Upper side", 1_000.0), ("Lower side", 2_000.0))
        for distance_m in (5_000.0, 10_000.0)
    ]
    names = "section label line side distance_m length_km population population_low"
    table = pd.DataFrame(rows, columns=[*names.split(), "population_high", "road_km"])
    text = Outline(report_of(results_of(further={"sections": table}))).text
    assert (
        "Residents listed within Roads, km within Section Line Side Length, km "
        "5 km 10 km 5 km 10 km"
    ) in text
    assert text.count("North ridge") == 2
    assert "Upper side 74.2 1,000 1,000 to 1,500 1,000 1,000 to 1,500 3 3" in text


def test_long_tables_stand_in_the_workbook_only(report_of):
    table = pd.DataFrame(
        {
            "id": [f"l{n}" for n in range(41)],
            "place_name": ["Northam"] * 41,
            "line": ["line_b"] * 41,
        }
    )
    text = Outline(report_of(results_of(further={"links": table}))).text
    assert "It has 41 rows, which stand in the sheet links of the workbook." in text
    assert "Northam" not in text[text.index("Further questions The project") :]


def test_a_figure_reads_the_same_in_brief_tables_and_sentences(report_of):
    people = pd.DataFrame(
        [
            (
                key,
                "Upper side",
                at,
                "cumulative",
                "raster:grid",
                *figures,
                pd.NA,
                pd.NA,
                1.0,
                np.nan,
            )
            for key in ("line_a", "line_b")
            for at, figures in (
                (5_000.0, (175_300.0, 115_300.0, 235_300.0)),
                (10_000.0, (175_400.0, 170_400.0, 180_400.0)),
            )
        ],
        columns=[
            *("line", "side", "distance_m", "kind", "source", "population", "population_low"),
            *("population_high", "settlements", "settlements_unknown", "coverage", "completeness"),
        ],
    )
    results = results_of(people=people)
    sentences = write_key_figures(
        results.project,
        people=people,
        changes=results.changes.iloc[:0],
        settlements=results.settlements,
        illustration=False,
    )
    text = Outline(report_of(dataclasses.replace(results, key_figures=sentences))).text
    assert text.count("180,000 170,000 to 190,000") == 4  # brief and table, for either line
    assert text.count("180,000 people by the population grid “grid” (170,000 to 190,000,") == 2
    assert "175" not in text


def test_sentences_have_plurals_that_can_be_read_aloud(report_of):
    results = example_results(hostile=False)
    near = results.settlements.assign(side_certain=True)
    near.loc[near["id"] == "P1", "side_certain"] = False
    sentences = write_key_figures(
        results.project,
        people=results.people,
        changes=results.changes.assign(flow_km2=1.0, flow_low=0.5, flow_high=2.0),
        settlements=near,
        illustration=False,
    )
    said = " ".join(one.sentence for one in sentences)
    assert "cuts none of the 6 settlements listed. Whether it cuts the one given as" in said
    assert "is unknown. One lies nearer to it than its error" in said
    assert "so that its side is not certain." in said
    assert "1 further settlement has no figure" in said
    assert not re.search(r"; \d|\b1 (lie|are|have)\b|\bcuts 0\b|\b0 are\b", said)


def test_one_line_alone_makes_a_report(report_of):
    results = example_results(hostile=False)
    line = results.project.lines[0]
    only = {
        name: getattr(results, name)[getattr(results, name)["line"] == line.key]
        for name in ("lines", "sides", "zones", "people", "settlements", "crossings", "sight_zones")
    }
    alone = dataclasses.replace(
        results,
        **only,
        project=results.project.model_copy(update={"lines": (line,), "stated": ()}),
        changes=results.changes.iloc[:0],
        control_change=results.control_change.iloc[:0],
        corridor_km=results.corridor_km[results.corridor_km["line"] == line.key],
        sight={line.key: results.sight[line.key]},
    )
    text = Outline(report_of(alone)).text
    assert "10 November 2020" not in text
    assert TITLES["land"] not in text


def test_figures_are_rounded_by_their_interval_and_say_what_they_lack(report_of):
    results = example_results(hostile=False)
    row = {
        "line": "line_a",
        "side": "Upper side",
        "distance_m": 5_000.0,
        "kind": "cumulative",
        "source": "settlements",
        "population": 287_413.0,
        "population_low": 267_413.0,
        "population_high": 307_413.0,
        "settlements": 12,
        "settlements_unknown": 3,
        "coverage": 1.0,
        "completeness": 0.42,
        "area_km2": 1.0,
    }
    people = pd.DataFrame([row])
    text = Outline(report_of(dataclasses.replace(results, people=people))).text
    assert "290,000 260,000 to 310,000" in text
    assert "287,413" not in text
    assert "12 settlements 3 more settlements have no figure the list holds about 42 %" in text


def test_distances_below_the_error_are_never_numbers(report_of):
    results = example_results(hostile=False)  # errors of 500 and 2,000 m
    chapters = Chapters(results)
    assert chapters.kilometres("line_b", 1_999.0) == WORDS["below_accuracy"]
    assert chapters.kilometres("line_b", 2_001.0) == "2.0"
    assert chapters.kilometres("line_b", 23_456.0) == "23"
    assert chapters.kilometres("line_a", np.nan) == "–"
    assert write_distance(23_456.0, error_m=300.0) == "23.5"
    near = results.settlements.assign(distance_m=173.0)
    text = Outline(report_of(dataclasses.replace(results, settlements=near))).text
    assert "below accuracy" in text
    assert not re.search(r"\b0\.17\d?\b|\b173\b", text)


def test_statements_stand_with_verdict_figures_and_reason(report_of):
    outline = Outline(report_of(results_of(claims=CLAIMS)))
    text = outline.text
    assert (
        "C1 supported Section 2.1 The report says It is 200 km long. Figure: 200 km . "
        "The data give 220 km 217 to 223, by position of the line Why The two agree. Against it C2"
    ) in text
    assert "Why The two do not agree on Line of 1994" in text
    assert "But Below accuracy: nothing smaller than 500 m can be told." in text
    assert "3 statements of reports were put to the test: 1 supported, 1 contradicted" in text
    assert "Report B (9 June 2021)" in text
    pairs = [at for _, at in outline.tags if at.get("class") == "pair"]
    assert len(pairs) == 1  # C1 and C2 name each other and stand against each other once
    assert text.count("The data give 220 km") == 4  # in the pair and in the list, for each
    assert "Computed:" not in text


def test_a_figure_below_accuracy_is_not_computed(report_of):
    page = report_of(results_of(claims=CLAIMS[CLAIMS["id"] == "C3"]))
    assert "The data give" not in Outline(page).text
    assert "below accuracy" in Outline(page).text


def test_further_cuts_are_shown_in_words(report_of):
    cuts = {
        "scenarios": pd.DataFrame(
            {
                "scenario": ["s1"],
                "label": ["A line that might be"],
                "from_line": ["line_a"],
                "to_line": ["s1"],
                "from_side": ["Upper side"],
                "to_side": ["Lower side"],
                "area_km2": [1234.0],
                "area_low": [1200.0],
                "area_high": [1260.0],
                "population": [4000.0],
            }
        ),
        "flows": pd.DataFrame(
            {
                "id": ["f1", "f2"],
                "what": ["people who left", "people who came back"],
                "amount_low": [110_000.0, 70_000.0],
                "amount_high": [110_000.0, np.inf],
                "unit": ["people", "people"],
            }
        ),
        "links": pd.DataFrame(
            {"id": ["l1"], "place_name": ["Northam"], "line": ["line_b"], "distance_m": [150.0]}
        ),
    }
    text = Outline(report_of(results_of(further=cuts))).text
    assert "A line that might be Upper side Lower side 1,230 1,200 to 1,260" in text
    assert "people who left – – 110,000 people" in text
    assert "people who came back – – at least 70,000 people" in text
    assert "Northam" in text
    assert "line_b" not in text


def test_coarse_elevation_is_called_an_illustration_wherever_sight_is_shown(report_of):
    outline = Outline(report_of(results_of()))  # cells of about a kilometre
    label = WORDS["illustration"].split("{", maxsplit=1)[0]
    assert outline.text.count(label) >= 3
    marks = [at for _, at in outline.tags if at.get("class") == "mark"]
    assert len(marks) == 3  # a chart for each side, and the table


def test_restricted_places_take_the_ledger_with_them(report_of):
    results = results_of(claims=CLAIMS)
    hidden = results.project.settlements.model_copy(update={"sensitivity": "restricted"})
    project = results.project.model_copy(update={"settlements": hidden})
    public = remove_restricted(project)
    kept = keep_public(
        dataclasses.replace(results, project=public.project), public=public, project=project
    )
    text = Outline(report_of(kept)).text
    assert TITLES["claims"] not in text
    assert "Overhill" not in text
    with pytest.raises(ProjectError, match="took part in these results"):
        keep_public(dataclasses.replace(results, project=project), public=public, project=project)


def test_the_same_results_give_the_same_bytes(tmp_path):
    results = results_of(claims=CLAIMS)
    for name in ("one.html", "two.html"):
        write_report(results, tmp_path / name, inputs_hash=HASH)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.html", "two.html"))
    assert one == two
    assert len(one) < 3_000_000
    assert b"\r" not in one


def test_words_for_lists_shares_and_dates():
    assert join_phrases(["a"]) == "a"
    assert join_phrases(["a", "b", "c"]) == "a, b and c"
    assert join_phrases([]) == ""
    assert [write_percent(share) for share in (0, 0.004, 0.5, 0.996, 1)] == [
        "0 %",
        "less than 1 %",
        "50 %",
        "more than 99 %",
        "100 %",
    ]
    project = example_results(hostile=False).project
    assert write_dates(project) == {"line_a": "1994", "line_b": "2020"}
    assert write_day(project.lines[0].date) == "12 May 1994"


def test_lines_of_one_year_are_told_apart():
    project = example_results(hostile=False).project
    one, two = project.lines
    same_year = two.model_copy(update={"date": one.date.replace(month=6)})
    found = write_dates(project.model_copy(update={"lines": (one, same_year)}))
    assert found == {"line_a": "12 May 1994", "line_b": "12 June 1994"}
    same_day = two.model_copy(update={"date": one.date})
    found = write_dates(project.model_copy(update={"lines": (one, same_day)}))
    assert found == {"line_a": "Line of 1994", "line_b": "Line of 2020"}


def test_both_names_stand_in_the_order_chosen():
    project = example_results(hostile=False).project
    row = {"name": "Askeran", "name_alt": "Asgaran"}
    assert write_place_name(row, project=project) == "Askeran (Asgaran)"
    second = project.map.model_copy(update={"names": "name_alt"})
    assert (
        write_place_name(row, project=project.model_copy(update={"map": second}))
        == "Asgaran (Askeran)"
    )
    assert write_place_name({"name": "Askeran", "name_alt": None}, project=project) == "Askeran"


def test_keys_become_labels_and_plain_words_stay():
    results = example_results(hostile=False)
    line = results.project.lines[0].model_copy(update={"key": "old", "label": "The line\\1 of May"})
    lines = (line, results.project.lines[1])
    made = dataclasses.replace(results, project=results.project.model_copy(update={"lines": lines}))
    said = replace_keys(
        "Old roads and 'old' by raster:grid at line_b on 2020-11-10.",
        project=made.project,
        people=made.people,
    )
    assert said == (
        "Old roads and The line\\1 of May by population grid (grid) at Line of 2020 on "
        "10 November 2020."
    )


def test_nothing_that_prints_is_told_at_once(monkeypatch, tmp_path):
    monkeypatch.setattr(printing, "find_spec", lambda _: None)
    monkeypatch.setattr(printing.shutil, "which", lambda _: None)
    assert printing.find_printer() == ""
    with pytest.raises(OutputError, match="Install WeasyPrint or Chromium"):
        printing.write_pdf(tmp_path / "report.pdf")


def test_the_time_of_printing_is_taken_out_in_its_place():
    text = b"<< /CreationDate (D:20261122093158+00'00') /ModDate(D:2026) /Other (D:1) >>"
    found = printing.DATES.sub(printing._fix_date, text)
    assert len(found) == len(text)
    assert b"2026" not in found
    assert b"/Other (D:1)" in found


def test_names_of_tagged_parts_are_numbered_in_their_order():
    text = b"/ID (node00000083) /Headers [(node00000041) (node00000083)] (node7)"
    found = printing._renumber(text)
    assert found == b"/ID (node00000002) /Headers [(node00000001) (node00000002)] (node7)"
    assert printing._renumber(text.replace(b"83", b"84")) == found


@pytest.mark.browser
@pytest.mark.slow
def test_the_brief_takes_two_printed_pages(browser, tmp_path):
    """Between the margins an A4 page holds 178 by 266 mm, at 96 pixels to the inch."""
    write_report(results_of(claims=CLAIMS), tmp_path / "report.html", inputs_hash=HASH)
    page = browser.new_page(viewport={"width": 673, "height": 1005})
    page.emulate_media(media="print")
    page.goto((tmp_path / "report.html").as_uri())
    first, second = page.evaluate(
        "() => { const box = (s) => document.querySelector(s).getBoundingClientRect();"
        "return [box('.second').top - box('header').top, box('.second').height]; }"
    )
    page.close()
    assert first < 1005
    assert second < 1005


@pytest.mark.browser
@pytest.mark.slow
def test_it_prints_the_same_bytes_twice(small_pictures, tmp_path):
    write_report(results_of(claims=CLAIMS), tmp_path / "report.html", inputs_hash=HASH)
    printed = []
    for _ in range(2):
        printing.write_pdf(tmp_path / "report.pdf")
        printed.append((tmp_path / "report.pdf").read_bytes())
    assert printed[0].startswith(b"%PDF")
    assert printed[0] == printed[1]


def test_metrics_are_listed_with_their_parameters(capsys):
    app(["claims", "--list"], standalone_mode=False)
    said = capsys.readouterr().out
    assert re.search(r"^line_length\n    \S.*\n    line", said, re.MULTILINE)


def test_claims_without_a_ledger_are_refused_before_anything_is_computed(tmp_path):
    (tmp_path / "made").mkdir()
    project = made_project(tmp_path / "made")
    with pytest.raises(ProjectError, match="has no claims"):
        run(project, out=tmp_path / "out", command="claims")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_claims_and_report_write_their_part(small_pictures, tmp_path):
    (tmp_path / "made").mkdir()
    project = made_project(tmp_path / "made")
    (project.parent / "claims.toml").write_text(
        '[[reports]]\nkey = "R"\ntitle = "A report"\ndate = 2020-01-01\n'
        '[[claims]]\nid = "A1"\nreport = "R"\nstatement = "It is long."\n'
        f'metric = "line_length"\nparameters = {{ line = "{line_key(project)}" }}\n'
        'stated = [{ value = 1, unit = "km" }]\n'
    )
    results, written = run(project, out=tmp_path / "claims", command="claims")
    assert set(written) == {
        "tables/claims.csv",
        "tables/csv-metadata.json",
        "frontline.xlsx",
        "report.html",
        "manifest.json",
    }
    assert list(results.claims["verdict"]) == ["contradicted"]
    _, written = run(project, out=tmp_path / "report", command="report")
    assert set(written) == {"report.html", "manifest.json"}


def line_key(project):
    return re.search(r'^key = "(\w+)"', project.read_text("utf-8"), re.MULTILINE)[1]
