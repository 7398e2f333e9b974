"""An environment's status, moved on by moto's state manager under the name ``mwaa::environment``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.moto_api import state_manager
from moto.moto_api._internal.managed_state_model import ManagedState

if TYPE_CHECKING:
    from fake_server.clock import Clock

MODEL_NAME = "mwaa::environment"

_TRANSITIONS: list[tuple[str | None, str]] = [
    ("CREATING", "AVAILABLE"),
    ("PENDING", "CREATING"),
    ("CREATING_SNAPSHOT", "UPDATING"),
    ("UPDATING", "AVAILABLE"),
    ("ROLLING_BACK", "AVAILABLE"),
    ("DELETING", "DELETED"),
]

#: In these an environment has a web server that answers; a failed update leaves the old one running (AWS user guide).
USABLE = frozenset({"AVAILABLE", "UPDATE_FAILED"})
#: In these there is no web server yet, or none any more.
WITHOUT_WEB_SERVER = frozenset({"CREATING", "PENDING", "CREATE_FAILED", "DELETED"})
#: In these a change is under way, so another one is refused.
BUSY = frozenset({"CREATING", "PENDING", "CREATING_SNAPSHOT", "UPDATING", "ROLLING_BACK", "DELETING"})


class LifeCycle(ManagedState):
    """The status of one environment.

    What moves it on is set as for all of moto: ``state_manager.set_transition("mwaa::environment", {"progression":
    "manual", "times": 2})`` after so many GetEnvironment calls, ``{"progression": "time", "seconds": 1200}`` after so
    many seconds, which here are seconds of the environment's clock, or at once, the default.
    """

    def __init__(self, clock: Clock, status: str) -> None:
        super().__init__(MODEL_NAME, _TRANSITIONS)
        self._clock = clock
        self.begin(status)

    def __repr__(self) -> str:
        return f"<LifeCycle {self._status}>"

    def begin(self, status: str) -> None:
        """Enter ``status``; the way to the next one starts counting here."""
        self._status: str | None = status
        self._tick = 0
        self._since = self._clock.time()

    def memory(self) -> tuple[str | None, int, float]:
        """All that it is, for :meth:`remember`."""
        return self._status, self._tick, self._since

    def remember(self, memory: tuple[str | None, int, float]) -> None:
        """Go on where another one was."""
        self._status, self._tick, self._since = memory

    @property
    def status(self) -> str:
        """The status by now."""
        transition: dict[str, Any] = state_manager.get_transition(self.model_name)
        progression = transition["progression"]
        if progression == "immediate":
            self._status = self._get_last_status(self._status)
        elif progression == "manual" and self._tick >= transition["times"]:
            self._status, self._tick = self._get_next_status(self._status), 0
        elif progression == "time":
            self._let_time_pass(float(transition["seconds"]))
        return str(self._status)

    @status.setter
    def status(self, value: str) -> None:
        self.begin(value)

    def _let_time_pass(self, seconds: float) -> None:
        following = self._get_next_status(self._status)
        while following != self._status and self._clock.time() >= self._since + seconds:
            self._status, self._since = following, self._since + seconds
            following = self._get_next_status(self._status)


def register_transition() -> None:
    """Make the model known to moto's state manager: immediate, unless a test sets something else."""
    state_manager.register_default_transition(MODEL_NAME, {"progression": "immediate"})
