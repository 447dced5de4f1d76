"""The keyboard beyond buttons' shortcuts: E and low scores go to the comment, Esc leaves it; a new answer is on top."""

from __future__ import annotations

from typing import Any

import streamlit as st

_JS = """
const field = (at) => document.querySelector(`.st-key-comment-${CSS.escape(at)} textarea`);

// Streamlit keeps what has the focus when its answer goes: the button or box would stand beside the new ones.
function leaveTheLast(at) {
  const held = document.activeElement?.closest(".st-key-rating [class*='st-key-']");
  if (held && !held.className.includes(at)) document.activeElement.blur();
}

export default function (component) {
  const { data } = component;
  const go = () => {
    const box = field(data.at);
    if (!box) return;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  };
  if (data.focus && window.redraftFocused !== data.focus) {
    window.redraftFocused = data.focus;
    setTimeout(go, 60);
  }
  if (window.redraftAt && window.redraftAt !== data.at) {
    document.querySelector('[data-testid="stMain"]')?.scrollTo({ top: 0 });
    setTimeout(() => leaveTheLast(data.at), 0);
  }
  window.redraftAt = data.at;
  const onKey = (event) => {
    const target = event.target;
    const writing = target && (target.tagName === "TEXTAREA" || target.tagName === "INPUT" || target.isContentEditable);
    if (writing && event.key === "Escape") { target.blur(); return; }
    if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = field(data.at);  // at once: what is typed next must not be taken for other keys
    if (event.key >= "1" && event.key <= String(data.low) && box && !box.value.trim()) { setTimeout(go, 0); return; }
    if (event.key === "e" || event.key === "E") { event.preventDefault(); go(); }
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}
"""


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("redraft_review_keys", js=_JS)


def listen(*, at: str, focus: str = "", low: int = 0) -> None:
    """Listen for keys; put the cursor into the comment once for each new `focus`, scroll up for each new answer.

    Args:
        at: The answer that is drawn; its comment has the key `comment-<at>`.
        focus: Names the occasion.
        low: Scores up to this one need a comment: their keys go there by themselves.
    """
    _component()(key="review-keys", data={"at": at, "focus": focus, "low": low}, height=1)
