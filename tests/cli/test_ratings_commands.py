"""`redraft ratings ...` as a person types it, against the stand-in server."""

from __future__ import annotations

import re
import sys
import uuid
from pathlib import Path
from typing import NamedTuple

import pytest
from judged_project import SEED, B, judge, with_records

from redraft.cli.main import main
from redraft.learning.words import counted
from redraft.records import Overall
from redraft.tracking.exports import TABLES

LINES = (
    "question,answer,stars,comment,reviewer,extra\n"
    "How do I?,So.,4,names no page,Ann,x\n"
    "How do I?,So.,4,names no page,Ann,x\n"
    "Why?,Because.,1,,Ben,x\n"
    "When?,Now.,,too late,Ben,x\n"
)
SHOWN = """\
file        scores.csv: CSV with commas, UTF-8, 4 rows
format      table
columns     question -> question, answer -> answer, stars -> score, comment -> comment, reviewer -> reviewer
not read    extra
scores      1..5 (recognised): as it is; a fraction is rounded: 1 -> 1 (1), 4 -> 4 (2)
rows        2 new ratings, 1 repeated word for word, 1 without a score (1 of them with a comment)
questions   2 new (2 dev), 0 known
answers     2 from elsewhere; 0 ratings of answers given here
prompts     1 new, 1 new variant
reviewers   Ann (1), Ben (1)
line 2:
  question  How do I?
  answer    So.
  prompt    Be kind.
  rated     4 by Ann: names no page
line 4:
  question  Why?
  answer    Because.
  prompt    Be kind.
  rated     1 by Ben: no comment
"""


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


pytestmark = pytest.mark.usefixtures("clearml_sdk")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the state of commands in a folder of its own."""
    monkeypatch.setenv("REDRAFT_HOME", str(tmp_path / "state"))


@pytest.fixture
def project() -> str:
    return f"project-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "scores.csv"
    path.write_text(LINES, encoding="utf-8")
    return str(path)


@pytest.fixture
def redraft(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, project: str):
    """Run a command line."""

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["redraft", "ratings", *words, "--project", project])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return run


def test_an_import_is_shown_first_then_written_then_known(redraft, table: str, tmp_path: Path) -> None:
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("Be kind.\n", encoding="utf-8")
    words = ("import", table, "--prompt", str(prompt))

    dry = redraft(*words)
    assert (dry.code, dry.out) == (
        0, f"{SHOWN}Nothing was written. To import it, give the same command with --apply --author NAME.\n"
    )  # fmt: skip

    done = redraft(*words, "--apply", "--author", "Ann")
    assert done.out.startswith(SHOWN)
    assert re.search(r"Imported into project '.*': task [0-9a-f]{32}\.\n$", done.out)

    again = redraft(*words, "--apply", "--author", "Ben")
    assert again.code == 0
    assert re.search(r"Already imported on \d{4}-\d\d-\d\d by Ann: there is nothing to do\.\n$", again.out)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--apply",), "error: the history must know who imports. Give --author NAME.\n"),
        (("--map", "score=extra"), "scores.csv: the scores are words that are not known: x."),
        (("--map", "comment=none"), "error: --map comment=none: no such column. Columns: question, answer, stars"),
        (("--scale", "0..1", "--apply", "--author", "A"), "line 2, line 3: score '4' is outside 0..1"),
        (("--prompt", "none.txt"), "error: none.txt: cannot be read"),
    ],
)
def test_wrong_options_end_with_one_message_and_exit_code_2(
    redraft, table: str, words: tuple[str, ...], message: str
) -> None:
    ended = redraft("import", table, *words)
    assert ended.code == 2
    assert message in ended.err
    assert "Traceback" not in ended.err


def test_a_problem_is_shown_by_its_line_before_anything_is_written_and_ends_with_exit_code_2(
    redraft, table: str
) -> None:
    Path(table).write_text(LINES.replace(",Ben,", ",,"), encoding="utf-8")
    dry = redraft("import", table)
    assert dry.code == 2
    assert "problems    1, to be mended or left out:\n  line 4: no reviewer; give --reviewer NAME\n" in dry.out
    assert "1 with a problem" in dry.out
    assert dry.err.startswith("error: line 4: no reviewer; give --reviewer NAME")
    assert "mend the file, or leave these rows out with --skip-problems" in dry.err

    left_out = redraft("import", table, "--skip-problems")
    assert (left_out.code, left_out.err) == (0, "")


def test_what_a_file_says_cannot_steer_the_terminal(redraft, table: str) -> None:
    Path(table).write_text(LINES.replace("names no page", "\x1b[2J red"), encoding="utf-8")
    assert "\x1b" not in redraft("import", table).out


def test_ratings_are_exported_as_a_table(redraft, project: str, tmp_path: Path) -> None:
    judge(project, {SEED: 2, B: 4})
    file = tmp_path / "ratings.jsonl"
    ended = redraft("export", str(file))
    assert (ended.code, ended.out) == (0, f"{file}: 24 ratings of project {project!r}\n")
    assert len(file.read_text(encoding="utf-8").splitlines()) == 24


@pytest.mark.parametrize("what", TABLES)
def test_each_kind_of_what_people_said_and_did_is_exported_by_its_name(
    redraft, project: str, tmp_path: Path, what: str
) -> None:
    said = Overall(review_key="r-1", letter="A", reviewer="Ann", score=2, comment="Too chatty.")
    with_records(project, "said", {"overalls": (Overall, [said])})
    file = tmp_path / "table.jsonl"

    ended = redraft("export", str(file), "--what", what)

    n = 1 if what == "overalls" else 0
    assert (ended.code, ended.out) == (0, f"{file}: {counted(n, TABLES[what].noun)} of project {project!r}\n")
    assert file.read_text(encoding="utf-8").count("Too chatty.") == n


def test_an_export_needs_a_known_ending(redraft, tmp_path: Path) -> None:
    ended = redraft("export", str(tmp_path / "ratings.xlsx"))
    assert ended.code == 2
    assert "expected a file that ends in .csv, .jsonl, .parquet" in ended.err


def test_an_export_into_a_folder_that_is_not_there_says_to_make_it(redraft, tmp_path: Path) -> None:
    file = tmp_path / "none" / "ratings.csv"
    ended = redraft("export", str(file))
    assert ended.code == 2
    assert f"{file} cannot be written: No such file or directory. Make the folder {file.parent} first" in ended.err
