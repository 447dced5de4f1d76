"""The page Questions alone, for somebody called Ann unless ASKER says otherwise."""

import os
from pathlib import Path

from redraft.config import ROOT, load_config
from redraft.review_app.questions_page import show
from redraft.review_app.visit import Visit

show(
    Visit(
        project=os.environ["REDRAFT_PROJECT"],
        reviewer=os.environ.get("ASKER", "Ann"),
        lead=False,
        config=load_config(ROOT / "configs" / "stand_ins.yaml", {"run.questions": os.environ["QUESTIONS_FILE"]}),
        folder=Path(os.environ["REDRAFT_HOME"]),
    )
)
