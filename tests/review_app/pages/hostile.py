"""A page that shows hostile texts in every way in which the review page shows texts. `BEACON` is a server's address.

With `CONTROL=raw` it shows the short ones as they are: all of them would end Streamlit's own page.
"""

import os
import random

import altair as alt
import pandas as pd
import streamlit as st
from hostile_texts import answers, labels, made_of_fragments

from redraft.review_app.look import set_style
from redraft.review_app.safe_text import highlighted, markdown, plain, quoted, visible

set_style()
beacon = os.environ["BEACON"]
if os.environ.get("CONTROL") == "raw":
    for text in labels(beacon):
        st.markdown(text)
    st.stop()

for text in answers(beacon):
    st.markdown(markdown(text))
    st.markdown(plain(text))
    st.markdown(highlighted(text, [text[3:40], text[20:60]]))
    st.markdown(quoted(text, [text[3:40], text[20:60]]))

for place, text in enumerate(labels(beacon)):
    label = plain(text)
    st.button(label, key=f"button-{place}", help=label)
    st.expander(label, expanded=True).caption(label)
    st.radio(label, [label], key=f"radio-{place}", captions=[label])
    st.pills(label, [label, "x"], key=f"pills-{place}")
    st.metric(label, label)
    st.error(label)
    st.selectbox(label, [visible(text)], key=f"select-{place}")
    st.checkbox(label, key=f"checkbox-{place}")
    st.text_area(label, visible(text), key=f"area-{place}")
st.tabs([plain(text) for text in labels(beacon)])

table = pd.DataFrame({"text": [visible(text) for text in labels(beacon)], "score": range(len(labels(beacon)))})
st.dataframe(table)
st.altair_chart(alt.Chart(table).mark_bar().encode(x="score", y="text", tooltip=["text", "score"]), width="stretch")

draw = random.Random(7)
for _ in range(60):
    text = made_of_fragments(draw).replace("http://evil.example", beacon)
    st.markdown(markdown(text))
    st.markdown(plain(text))
    st.markdown(quoted(text, [text[2:20], text[5:9]]))
st.text("The end.")
