"""One Protocol a decision, and the values that go in and out: policies can be swapped, and benchmarked without a model.

A policy is a callable (the plan has two methods). It never reads a clock, a file or the environment: time and seeds
are in its arguments. What it needs besides (a model, a simulated world) it holds itself.
"""

from redraft.learning.protocols.deciding import (
    Comparison,
    Decide,
    DecisionCase,
    ReviewerView,
    Scoreboard,
    ScoreVariants,
    Stop,
)
from redraft.learning.protocols.reviewing import (
    ChooseRatings,
    NeededAnswer,
    PlanReview,
    ReviewBrief,
)
from redraft.learning.protocols.writing import (
    Agreement,
    Chat,
    CheckCandidate,
    ChooseParent,
    ScreenCandidates,
    ScreenCase,
    Screened,
    Trial,
    TryPrompts,
    WriteCandidates,
    WritingBrief,
    Written,
)

__all__ = [
    "Agreement",
    "Chat",
    "CheckCandidate",
    "ChooseParent",
    "ChooseRatings",
    "Comparison",
    "Decide",
    "DecisionCase",
    "NeededAnswer",
    "PlanReview",
    "ReviewBrief",
    "ReviewerView",
    "ScoreVariants",
    "Scoreboard",
    "ScreenCandidates",
    "ScreenCase",
    "Screened",
    "Stop",
    "Trial",
    "TryPrompts",
    "WriteCandidates",
    "WritingBrief",
    "Written",
]
