"""The keys of the rating view, and what else a browser has to be told: a new answer is shown from its top.

Digits press the buttons of the answer that is shown. Streamlit's shortcuts would do so a moment after the button is
there, and of an answer that has gone, too. E and low scores go to the comment, or E to what is wrong with the question;
Esc leaves it.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

_JS = """
const shown = () => window.redraftRating;  // the data of the last draw
const drawn = (kind, inner) => document.querySelector(`.st-key-${kind}-${CSS.escape(shown().at)} ${inner}`);
const field = () => drawn("comment", "textarea");
const why = () => drawn("why", "input");  // there once the question was called a bad one

let presses = 0;

function write(box) {
  if (!box) return;
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
}

// E may be pressed while what is wrong with the question is about to be asked: the cursor goes there once it is.
function writeWhere() {
  write(why() ?? field());
  const before = field()?.value, press = presses;
  let looks = 40, stayed = 0;
  const look = () => {
    const held = document.activeElement;
    if (presses !== press || field()?.value !== before) return;  // a person went on
    if (why() && (held === document.body || held === field())) write(why());
    stayed = held === why() ? stayed + 1 : 0;
    if (stayed < 4 && --looks) setTimeout(look, 50);
  };
  setTimeout(look, 50);
}

function onKey(event) {
  presses += 1;
  const target = event.target;
  const writing = target && (target.tagName === "TEXTAREA" || target.tagName === "INPUT" || target.isContentEditable);
  const done = event.key === "Escape" || (event.key === "Enter" && target === why() && !event.isComposing);
  if (writing && done) { target.blur(); return; }  // which keeps what was written
  if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector('[role="dialog"]')) return;  // a document is open above the answer
  if (event.key === "e" || event.key === "E") {
    if (field()) { event.preventDefault(); writeWhere(); }
    return;
  }
  if (/^n$/i.test(event.key) && !event.repeat && !drawn("next", "button")) drawn("skip", "button")?.click();
  if (!/^[1-5]$/.test(event.key) || event.repeat) return;
  const button = drawn(`score-${event.key}`, "button");
  if (!button || !field()) return;  // not drawn in full yet
  event.preventDefault();  // the digit is not for the comment
  button.click();
  if (event.key <= String(shown().low) && !field().value.trim()) write(field());  // what is typed next is the reason
}

// Streamlit keeps what has the focus when its answer goes: the button or box would stand beside the new ones.
function leaveTheLast() {
  const held = document.activeElement?.closest(".st-key-rating [class*='st-key-']");
  if (held && !held.className.includes(shown().at)) document.activeElement.blur();
}

export default function ({ data }) {
  const before = shown();
  window.redraftRating = data;
  if (!before) document.addEventListener("keydown", onKey);  // for good: between two draws keys would be lost
  if (before && before.at !== data.at) {
    document.querySelector('[data-testid="stMain"]')?.scrollTo({ top: 0 });
    setTimeout(leaveTheLast, 0);
  }
  if (data.focus && data.focus !== before?.focus) setTimeout(() => write(field()), 60);
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
