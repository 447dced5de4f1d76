"""Draws a part of the page again now and then, without `run_every`.

Streamlit drops what a run has still to send when a new one is asked for just as it ends. A timer that draws a part of
the page again would, once in a while, take parts of the next answer away. This one asks only while the browser has
nothing running, and nobody has pressed anything for a moment.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

_JS = """
window.redraftPressed ??= (() => {
  const pressed = { at: 0 };
  for (const kind of ["keydown", "pointerdown"]) {
    document.addEventListener(kind, () => { pressed.at = performance.now(); }, true);
  }
  return pressed;
})();

export default function ({ data, setTriggerValue }) {
  clearInterval(window.redraftLooking);  // one timer: this is called at each draw, and what it returns is not always
  const timer = setInterval(() => {
    const app = document.querySelector('[data-testid="stApp"]');
    const busy = app?.dataset.testScriptState === "running" || performance.now() - window.redraftPressed.at < data.calm;
    if (!busy && !document.hidden) setTriggerValue("look", performance.now());
  }, data.every);
  window.redraftLooking = timer;
  return () => clearInterval(timer);
}
"""
_CALM_S = 0.7


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("redraft_looking", js=_JS)


def look_again(every_s: float, *, key: str) -> None:
    """Draw the fragment that this is called in again after so many seconds, as long as somebody looks at it."""
    data = {"every": 1000 * every_s, "calm": 1000 * _CALM_S}
    _component()(key=key, data=data, on_look_change=_nothing, height=1)


def _nothing() -> None:
    """A run is all that is wanted."""
