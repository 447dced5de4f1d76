"""HTML, reStructuredText and PDF become Markdown-like text; nothing in a document is executed or read from disk."""

from __future__ import annotations

import io

import pypdf
import pytest

from redraft.corpus.documents import read_documents
from redraft.corpus.html_pages import html_page
from redraft.corpus.rst_pages import rst_page


def pdf(*pages: str, title: str | None = None, password: str | None = None) -> bytes:
    """Write a PDF by hand: one line of Helvetica a page."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(count))
    objects = [
        b"<</Type /Catalog /Pages 2 0 R>>",
        f"<</Type /Pages /Kids [{kids}] /Count {count}>>".encode(),
        b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
    ]
    for number, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET".encode()
        objects.append(
            f"<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
            f"/Resources <</Font <</F1 3 0 R>>>>>>".encode()
        )
        objects.append(b"<</Length %d>>\nstream\n%s\nendstream" % (len(stream), stream))
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1,
        table,
        len(objects) + 1,
        len(body),
    )
    if title is None and password is None:
        return body
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(body))
    if title:
        writer.add_metadata({"/Title": title})
    if password is not None:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_is_read_page_by_page(write_docs, docs_settings):
    folder = write_docs(
        {"manual.pdf": pdf("Open the valve.", "# Close it.", title="The manual"), "one.pdf": pdf("Alone.")}
    )

    manual, one = read_documents(folder, docs_settings).documents

    assert (manual.title, manual.source_kind) == ("The manual", "pdf")
    assert manual.text == "## Page 1\n\nOpen the valve.\n\n## Page 2\n\n\\# Close it."
    assert (one.title, one.text) == ("One", "Alone.")


def test_an_encrypted_and_a_scanned_pdf_are_skipped(write_docs, docs_settings):
    folder = write_docs({"a.md": "x", "locked.pdf": pdf("Secret.", password="pw"), "scan.pdf": pdf("")})

    assert {skip.path: skip.reason for skip in read_documents(folder, docs_settings).skipped} == {
        "locked.pdf": "encrypted: it needs a password",
        "scan.pdf": "no text in this PDF: scanned pages need text recognition first",
    }


def test_a_pdf_that_only_its_owner_may_change_is_read(write_docs, docs_settings):
    folder = write_docs({"a.pdf": pdf("Readable.", password="")})

    assert read_documents(folder, docs_settings).documents[0].text == "Readable."


def test_html_becomes_markdown():
    page = html_page(
        b"""<!doctype html><html><head><title>T | Site</title><style>b{}</style></head><body>
        <nav>menu</nav><header>logo</header><main><h1>Run <code>it</code><a class="headerlink" href="#x">P</a></h1>
        <p>Use   <b>one</b> &amp; <a href="https://x.org">two</a>,<br>or <a href="/y">three</a>.</p>
        <div class="highlight-python"><div><pre>def f():\n    return <span>1</span>\n</pre></div></div>
        <ul><li>a<ul><li>b</li></ul></li><li><p>c</p></li></ul>
        <table><tr><th>k</th><th>v</th></tr><tr><td>1</td><td>x|y</td></tr></table>
        <blockquote><p>q</p></blockquote><dl><dt>term</dt><dd>meaning</dd></dl><img src="i.png" alt="a plug">
        <script>alert(1)</script></main><footer>end</footer></body></html>"""
    )

    assert page.title == "Run `it`"
    assert page.text.split("\n\n") == [
        "# Run `it`",
        "Use **one** & [two](https://x.org),\nor three.",
        "```python\ndef f():\n    return 1\n```",
        "- a",
        "  - b\n- c",
        "| k | v |\n| --- | --- |\n| 1 | x\\|y |",
        "> q",
        "**term**",
        "meaning",
        "a plug",
    ]


@pytest.mark.parametrize(
    "source", ["<p>a<p>b", "<b>a</p>b</i>", "a<table><td>b", "<a><div>a</div>b", "<li>a<li>b", "&#xZ;ab"]
)
def test_malformed_html_gives_its_text(source):
    text = html_page(source.encode()).text

    assert "a" in text
    assert "b" in text


def test_code_that_holds_a_fence_gets_a_longer_one():
    assert html_page(b"<pre>a\n```\nb</pre>").text == "````\na\n```\nb\n````"


def test_rst_becomes_markdown():
    page = rst_page(
        """\
.. _label:

The title
=========

Use *a*, **b**, ``c`` and `d <https://x.org>`_; see :ref:`there <label>`, :func:`~pkg.mod.run`.

Section
-------

- one
- two

  more

.. code-block:: python
   :linenos:
   :emphasize-lines: 2

   def f():
       return 1

::

    plain

.. note:: Mind the gap.

.. versionadded:: 2.0
   It is new.

.. toctree::
   :maxdepth: 2

   other

term
  meaning

=====  ===
key    val
=====  ===
1      x
=====  ===

.. image:: i.png
   :alt: a plug
"""
    )

    assert page.title == "The title"
    assert page.text.split("\n\n") == [
        "# The title",
        "Use *a*, **b**, `c` and [d](https://x.org); see there, `run`.",
        "## Section",
        "- one\n- two",
        "  more",
        "```python\ndef f():\n    return 1\n```",
        "```\nplain\n```",
        "**Note**",
        "Mind the gap.",
        "**Versionadded: 2.0**",
        "It is new.",
        "**term**",
        "meaning",
        "| key | val |\n| --- | --- |\n| 1 | x |",
        "a plug",
    ]


@pytest.mark.parametrize(
    "directive",
    [
        ".. include:: {path}",
        ".. include:: {path}\n   :literal:",
        ".. raw:: html\n   :file: {path}",
        ".. csv-table:: t\n   :file: {path}",
        ".. literalinclude:: {path}",
        ".. raw:: html\n\n   <script>secret words</script>",
        ".. csv-table:: t\n   :url: file://{path}",
    ],
)
def test_no_rst_directive_reads_a_file_or_passes_raw_output(tmp_path, directive):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret words")

    page = rst_page(f"Title\n=====\n\nText.\n\n{directive.format(path=secret)}\n")

    assert "secret words" not in page.text
    assert "Text." in page.text


def test_a_docutils_configuration_beside_the_docs_is_not_used(tmp_path, monkeypatch):
    (tmp_path / "docutils.conf").write_text("[general]\nfile_insertion_enabled: yes\nraw_enabled: yes\n")
    (tmp_path / "secret.txt").write_text("secret words")
    monkeypatch.chdir(tmp_path)

    assert "secret" not in rst_page("Text.\n\n.. include:: secret.txt\n").text
