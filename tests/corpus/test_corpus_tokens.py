"""What BM25 counts: stems, parts of identifiers beside the whole, pairs of Chinese characters."""

from __future__ import annotations

import pytest

from redraft.corpus.tokens import tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Running servers", ["run", "server"]),
        ("BackgroundTasks", ["backgroundtasks", "background", "task"]),
        ("response_model_exclude", ["response_model_exclude", "respons", "model", "exclud"]),
        ("HTTPException app.get()", ["httpexception", "http", "except", "app", "get"]),
        ("数据库", ["数据", "据库"]),
        ("库 的API接口", ["库", "的", "api", "接口"]),
        ("テスト", ["テス", "スト"]),
        ("Ｆａｓｔ　ＡＰＩ", ["fast", "api"]),
        ("don't naïve Straße", ["don", "t", "naïv", "straße"]),
        ("", []),
        ("!? --", []),
    ],
)
def test_tokens(text, tokens):
    assert tokenize(text) == tokens


def test_a_search_for_a_part_or_the_whole_finds_an_identifier():
    held = set(tokenize("use jsonable_encoder and StaticFiles"))

    for query in ("encoder", "JSONABLE_ENCODER", "static files", "StaticFiles", "encoders"):
        assert held & set(tokenize(query))
