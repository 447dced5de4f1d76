"""A docs folder: every readable file is read, every other one has a reason, and nothing stops the rest."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from redraft.corpus.documents import fingerprint, read_documents, staged_files
from redraft.errors import DocumentsError


def test_every_format_is_read_with_its_title_and_kind(write_docs, docs_settings):
    folder = write_docs(
        {
            "a.md": "# Alpha\n\nText a.",
            "b.txt": "Text b.",
            "c.rst": "Gamma\n=====\n\nText c.",
            "d.html": "<title>Delta</title><p>Text d.</p>",
            "faq.csv": "question,answer\nWhat is e?,It is e.\n",
            "faq.jsonl": '{"question": "What is f?", "answer": "It is f."}\n',
            "sub/first-steps.mdx": "import X from 'x';\n\nText <Tab>g</Tab>.",
        }
    )

    corpus = read_documents(folder, docs_settings)

    assert corpus.skipped == ()
    assert [(d.path.partition("#")[0], d.title, d.source_kind) for d in corpus.documents] == [
        ("a.md", "Alpha", "markdown"),
        ("b.txt", "B", "text"),
        ("c.rst", "Gamma", "rst"),
        ("d.html", "Delta", "html"),
        ("faq.csv", "What is e?", "qa"),
        ("faq.jsonl", "What is f?", "qa"),
        ("sub/first-steps.mdx", "First steps", "markdown"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("latin.md", "caf\xe9".encode("latin-1"), "not UTF-8 (byte 3): save it as UTF-8"),
        ("zeros.txt", b"a\0b", "not text: it holds zero bytes"),
        ("empty.md", b"", "holds no text"),
        ("only-marks.md", b"---\ntitle: x\n---\n<!-- nothing -->\n", "holds no text"),
        ("picture.png", b"\x89PNG", "unknown kind of file (.png)"),
        ("Makefile", b"all:", "unknown kind of file (no ending)"),
        ("large.md", b"x" * 1_200_000, "1.2 MB, larger than docs.max_file_mb = 1"),
        ("broken.pdf", b"%PDF-1.4 and no more", "not a PDF that can be read"),
        ("gbk.html", "<p>你好</p>".encode("gbk"), "not UTF-8 (byte 3): save it as UTF-8"),
        ("lying.html", b"<meta charset='ascii'><p>\xff\xfe\xff</p>", "neither UTF-8 nor ascii, which it says it is"),
        ("deep.html", b"<div>" * 5000 + b"deep", "nested too deeply to be read"),
        ("wrong.csv", b"name,age\nAnn,3\n", "no question and answer columns; columns found: name, age"),
    ],
)
def test_a_file_that_cannot_be_read_is_skipped_with_its_reason(write_docs, docs_settings, name, content, reason):
    folder = write_docs({"good.md": "# Good\n\nText.", name: content})

    corpus = read_documents(folder, docs_settings)

    assert [document.path for document in corpus.documents] == ["good.md"]
    assert [skip.path for skip in corpus.skipped] == [name]
    assert corpus.skipped[0].reason.startswith(reason)


def test_nothing_is_printed_about_a_broken_file(write_docs, docs_settings, capfd, caplog):
    folder = write_docs(
        {
            "good.md": "Text.",
            "broken.pdf": b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF",
            "odd.rst": "Title\n==\n\n.. nosuch:: x\n\n*open `both |x\n\n.. include:: /etc/passwd\n",
            "odd.html": "<p>https://example.com</p><![if x]><b>open",
        }
    )

    read_documents(folder, docs_settings)

    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_html_in_its_declared_encoding_is_read(write_docs, docs_settings):
    folder = write_docs({"a.html": "<meta charset='gb18030'><p>你好</p>".encode("gb18030")})

    assert read_documents(folder, docs_settings).documents[0].text == "你好"


def test_utf16_that_says_so_is_read(write_docs, docs_settings):
    folder = write_docs({"a.txt": "naïve".encode("utf-16"), "b.md": b"\xef\xbb\xbf# T\r\n\r\nx"})

    assert [(d.title, d.text) for d in read_documents(folder, docs_settings).documents] == [
        ("A", "naïve"),
        ("T", "# T\n\nx"),
    ]


def test_hidden_files_and_folders_are_passed_over_in_silence(write_docs, docs_settings):
    folder = write_docs({"a.md": "Text.", ".hidden.md": "x", ".git/config.md": "x"})

    corpus = read_documents(folder, docs_settings)

    assert ([d.path for d in corpus.documents], corpus.skipped) == (["a.md"], ())


def test_links_that_leave_the_folder_are_not_followed(write_docs, docs_settings, tmp_path):
    folder = write_docs({"a.md": "Text.", "sub/b.md": "More."})
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "c.md").write_text("secret")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "linked").symlink_to(tmp_path / "outside")
    (folder / "again").symlink_to(folder / "sub")
    (folder / "gone.md").symlink_to(folder / "no-such.md")
    (folder / "circle.md").symlink_to(folder / "circle.md")
    (folder / "inside.md").symlink_to(folder / "a.md")

    corpus = read_documents(folder, docs_settings)

    assert [document.path for document in corpus.documents] == ["a.md", "inside.md", "sub/b.md"]
    assert {skip.path: skip.reason for skip in corpus.skipped} == {
        "again": "symbolic link to a folder that is read at its own place",
        "circle.md": "cannot be opened: Too many levels of symbolic links",
        "gone.md": "broken symbolic link",
        "link.md": "symbolic link to a file outside the docs folder",
        "linked": "symbolic link to a folder outside the docs folder",
    }
    assert all("secret" not in document.text for document in corpus.documents)


def test_a_pipe_in_the_folder_does_not_hang_the_reading(write_docs, docs_settings):
    folder = write_docs({"a.md": "Text."})
    os.mkfifo(folder / "pipe.md")

    assert read_documents(folder, docs_settings).skipped[0].reason == "not a regular file"


def test_a_docs_folder_that_is_itself_a_link_is_read(write_docs, docs_settings, tmp_path):
    write_docs({"a.md": "Text."})
    (tmp_path / "link").symlink_to(tmp_path / "docs")

    assert [d.path for d in read_documents(tmp_path / "link", docs_settings).documents] == ["a.md"]


@pytest.mark.parametrize("use", [read_documents, fingerprint, staged_files])
def test_a_missing_folder_a_file_and_an_empty_folder_are_said(use, tmp_path, docs_settings):
    (tmp_path / "file.md").write_text("x")
    (tmp_path / "empty").mkdir()

    for name, message in (
        ("nowhere", "no such docs folder"),
        ("file.md", "expected a folder of docs, found a file"),
        ("empty", "the docs folder is empty"),
    ):
        with pytest.raises(DocumentsError, match=message):
            use(tmp_path / name, docs_settings)


def test_a_folder_without_readable_text_is_said_with_the_first_reason(write_docs, docs_settings):
    folder = write_docs({"a.png": b"x", "b.md": b"\xff"})

    with pytest.raises(DocumentsError, match=r"no readable text in 2 files; the first: a.png: unknown kind"):
        read_documents(folder, docs_settings)


def test_a_source_link_is_made_from_the_prefix(write_docs, docs_settings):
    folder = write_docs({"guide/a b.md": "Text."})

    found = read_documents(folder, replace(docs_settings, source_url_prefix="https://x.org/docs"))

    assert found.documents[0].source_url == "https://x.org/docs/guide/a%20b.md"


def test_the_fingerprint_follows_content_names_and_settings_only(write_docs, docs_settings):
    folder = write_docs({"a.md": "Text.", "b.md": "More.", "c.png": b"1"})
    first = fingerprint(folder, docs_settings)

    (folder / "c.png").write_bytes(b"2")
    os.utime(folder / "a.md", (0, 0))
    assert fingerprint(folder, docs_settings) == first

    assert fingerprint(folder, replace(docs_settings, source_url_prefix="https://x.org")) != first
    (folder / "b.md").rename(folder / "d.md")
    assert fingerprint(folder, docs_settings) != first


def test_staged_files_are_those_that_are_read(write_docs, docs_settings):
    folder = write_docs({"a.md": "Text.", "b.png": b"x", "s/channels.json": "[]", "s/users.json": "[]"})
    (folder / "s" / "help").mkdir()
    (folder / "s" / "help" / "2026-01-02.json").write_text("[]")

    assert [path.as_posix() for path in staged_files(folder, docs_settings)] == [
        "a.md",
        "s/channels.json",
        "s/help/2026-01-02.json",
        "s/users.json",
    ]


def test_reading_twice_gives_the_same_documents(write_docs, docs_settings):
    folder = write_docs({"b.md": "# B\n\nx", "a.md": "# A\n\ny", "q.csv": "q,a\n1,2\n3,4\n"})

    assert read_documents(folder, docs_settings) == read_documents(folder, docs_settings)


def test_a_broken_reader_is_one_skipped_file(write_docs, docs_settings, monkeypatch):
    """Whatever a parser raises at a file, the other files are read."""
    from redraft.corpus import files, formats

    def explode(location: Path, problems: list[str]) -> list[object]:
        raise ZeroDivisionError(f"in {location.name}, {len(problems)}")

    monkeypatch.setattr(files, "READERS", {**formats.READERS, ".txt": formats.Reader(kind="text", read=explode)})
    folder = write_docs({"a.md": "Text.", "b.txt": "x"})

    corpus = read_documents(folder, docs_settings)

    assert [d.path for d in corpus.documents] == ["a.md"]
    assert corpus.skipped[0].reason == "cannot be read: ZeroDivisionError: in b.txt, 0"
