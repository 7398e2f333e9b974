"""How many commands an environment runs at a time."""

from __future__ import annotations

import threading

from fake_server.clock import Clock


class CommandSlots:
    """The commands that are under way, each until some seconds after it began, by the environment's clock.

    A command is answered at once here, where a real one takes seconds; what comes within these seconds came too early.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began: list[float] = []
        self._lock = threading.Lock()

    def take(self, limit: int, seconds: float) -> bool:
        """Take a slot for a command of ``seconds``; False when ``limit`` commands are under way. 0 is no limit."""
        if limit == 0:
            return True
        with self._lock:
            now = self._clock.time()
            # The clock may have been set back, to before some command began.
            self._began = [moment for moment in self._began if moment <= now < moment + seconds]
            if len(self._began) >= limit:
                return False
            self._began.append(now)
            return True
