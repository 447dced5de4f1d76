"""Every check, in the order in which a set-up is made; and the part that is done again where the agents are."""

from __future__ import annotations

from redraft.tracking.doctor.client import CLIENT
from redraft.tracking.doctor.clocks import CLOCK
from redraft.tracking.doctor.endpoints import CHAT, EMBEDDING
from redraft.tracking.doctor.inputs import INPUTS
from redraft.tracking.doctor.page import PAGE
from redraft.tracking.doctor.prices import PRICES
from redraft.tracking.doctor.queues import QUEUES
from redraft.tracking.doctor.repository import CODE, REQUIREMENTS
from redraft.tracking.doctor.server import SERVER
from redraft.tracking.doctor.storage import FILES

ALL = (CLIENT, SERVER, CLOCK, FILES, QUEUES, CODE, REQUIREMENTS, CHAT, EMBEDDING, PRICES, PAGE, INPUTS)
ON_AGENTS = (SERVER, CLOCK, FILES, CHAT, EMBEDDING, INPUTS)
