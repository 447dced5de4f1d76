"""Passages are found by words and by meaning; weak vectors do not spoil what the words find."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_docs import HashedWords, page

from redraft.corpus.chunking import split_document
from redraft.corpus.index import build_index, open_index
from redraft.corpus.ranking import Hit, fuse, stand_out
from redraft.corpus.retrieval import retrieve
from redraft.errors import InputError
from redraft.settings import IndexSettings, RetrievalSettings

SPLIT = IndexSettings(max_chars=300, min_chars=20, batch_size=16, max_concurrency=2)
SUBJECTS = ["valve", "pump", "filter", "boiler", "gauge", "relay", "switch", "motor", "sensor", "cable"]
DEEDS = ["open", "close", "replace", "clean", "test", "lubricate", "tighten", "inspect"]


class RandomVectors(HashedWords):
    """The worst embedder there is: its vectors say nothing."""

    def embed(self, texts, *, progress=None):  # noqa: ARG002 - of the interface
        """Draw vectors."""
        seeds = [sum(text.encode()) for text in texts]
        return np.stack([np.random.default_rng(seed).normal(size=self.dimension) for seed in seeds])


@pytest.fixture(scope="module")
def handbook():
    """Ten pages of eight sections."""
    pages = []
    for subject in SUBJECTS:
        sections = [
            f"## How to {deed} the {subject}\n\nTo {deed} the {subject}, follow step {n} of the {subject} handbook."
            for n, deed in enumerate(DEEDS)
        ]
        pages.append(page(f"# The {subject}\n\n" + "\n\n".join(sections), path=f"{subject}.md", title=f"The {subject}"))
    return [chunk for document in pages for chunk in split_document(document, SPLIT)]


@pytest.fixture(scope="module")
def opened(handbook, tmp_path_factory):
    """The handbook's index, open."""
    folder = tmp_path_factory.mktemp("handbook") / "index"
    build_index(handbook, HashedWords(), folder, parent=None)
    with open_index(folder) as index:
        yield index


def test_the_right_section_is_first(opened, embedder, retrieval_settings):
    queries = [f"How do I {deed} a {subject}?" for subject in SUBJECTS for deed in DEEDS]

    found = retrieve(opened, queries, embedder, retrieval_settings)

    right = [
        f"{deed} the {subject}" in row[0].chunk.text
        for (subject, deed), row in zip(((s, d) for s in SUBJECTS for d in DEEDS), found, strict=True)
    ]
    assert sum(right) == len(queries)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.lists(st.sampled_from([*SUBJECTS, *DEEDS, "the", "如何", "zzz"]), max_size=6).map(" ".join),
    top_k=st.integers(1, 40),
    per_page=st.integers(1, 9),
    pool=st.integers(1, 60),
)
def test_no_page_crowds_out_the_others(opened, query, top_k, per_page, pool):
    given_settings = RetrievalSettings(top_k=top_k, chunks_per_page=per_page, pool=pool, rank_constant=60)

    (row,) = retrieve(opened, [query], HashedWords(), given_settings)

    assert len(row) <= top_k
    assert max(Counter(passage.chunk.document_path for passage in row).values(), default=0) <= per_page
    assert [passage.rank for passage in row] == list(range(1, len(row) + 1))
    assert [passage.score for passage in row] == sorted((passage.score for passage in row), reverse=True)
    assert len({passage.chunk.id for passage in row}) == len(row)


def test_all_queries_are_embedded_in_one_call_and_blank_ones_not_at_all(opened, retrieval_settings):
    embedder = HashedWords()

    found = retrieve(opened, ["open valve", "  ", "close pump"], embedder, retrieval_settings)

    assert embedder.sent == ["open valve", "close pump"]
    assert [bool(row) for row in found] == [True, False, True]
    assert retrieve(opened, [], embedder, retrieval_settings) == []


def test_the_answer_to_a_query_does_not_depend_on_the_others(opened, embedder, retrieval_settings):
    alone = retrieve(opened, ["test the motor"], embedder, retrieval_settings)[0]
    together = retrieve(opened, ["x", "test the motor", "open valve"], embedder, retrieval_settings)[1]

    assert alone == together


def test_a_query_without_a_known_word_is_answered_by_meaning(opened, embedder, retrieval_settings):
    assert opened.best_by_words("zzz qqq", 5) == []
    assert len(retrieve(opened, ["zzz qqq"], embedder, retrieval_settings)[0]) == retrieval_settings.top_k


def test_random_vectors_do_not_spoil_what_the_words_find(handbook, tmp_path, retrieval_settings):
    random = RandomVectors("random", dimension=32)
    build_index(handbook, random, tmp_path / "index", parent=None)
    queries = [(f"{deed} {subject}", f"{deed} the {subject}") for subject in SUBJECTS for deed in DEEDS]

    with open_index(tmp_path / "index") as index:
        found = retrieve(index, [query for query, _ in queries], random, replace(retrieval_settings, top_k=5))
        words = [index.best_by_words(query, 5) for query, _ in queries]
        by_words = [
            any(right in index.chunks[hit.chunk_id].text for hit in hits)
            for (_, right), hits in zip(queries, words, strict=True)
        ]
    fused = [any(right in p.chunk.text for p in row) for (_, right), row in zip(queries, found, strict=True)]

    assert sum(fused) >= sum(by_words) - 2


def test_another_embedder_than_the_indexs_is_refused(opened, retrieval_settings):
    with pytest.raises(InputError, match="was embedded by test hashed-words, the query would be by other"):
        retrieve(opened, ["x"], HashedWords("other"), retrieval_settings)


def test_chinese_is_found_without_spaces(tmp_path, embedder, retrieval_settings):
    pages = ["数据库连接池的配置方法。", "用户登录与权限管理。", "部署到服务器的步骤。", "日志文件的位置。"]
    chunks = [c for n, text in enumerate(pages) for c in split_document(page(text, path=f"{n}.md", title="页"), SPLIT)]
    build_index(chunks, embedder, tmp_path / "index", parent=None)

    with open_index(tmp_path / "index") as index:
        found = retrieve(index, ["怎么配置数据库", "服务器部署"], embedder, retrieval_settings)

    assert [row[0].chunk.text for row in found] == [pages[0], pages[2]]


def test_fusion_by_hand():
    first = [Hit(chunk_id="a", score=9, stands_out=4.0), Hit(chunk_id="b", score=3, stands_out=1.0)]
    second = [Hit(chunk_id="b", score=0.9, stands_out=3.0)]

    assert fuse([(1.0, first), (0.5, second)], 60) == [("a", 4 / 61), ("b", 1 / 62 + 0.5 * 3 / 61)]


def test_where_nothing_stands_out_every_rank_counts_a_little():
    assert stand_out([1.0, 1.0], [1.0, 1.0]) == [0.05, 0.05]
    assert stand_out([], [1.0]) == []
