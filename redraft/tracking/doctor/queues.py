"""The queues exist, agents serve those of controllers and steps, nobody serves the one of reviews."""

from __future__ import annotations

from redraft.tracking.doctor.finding import Check, Seen, Subject
from redraft.tracking.queues import check_queues


def look(subject: Subject) -> Seen:
    """Ask who serves which queue.

    Raises:
        LaunchError: A run would wait forever.
    """
    names = subject.config.queues
    served = check_queues(names)
    agents = [
        f"{name} by {', '.join(sorted(served.get(name, ()))) or 'agents that are started when something waits'}"
        for name in (names.services, names.steps)
    ]
    return Seen(words=f"served: {'; '.join(agents)}; {names.review} by people alone")


QUEUES = Check(name="queues", look=look, needs=("server",))
