"""``mock_mwaa``: a fake environment around a function, a class or a block."""

from __future__ import annotations

import functools
import inspect
import unittest
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from fake_server.fake_mwaa import FakeMWAA
from fake_server.settings import checked_settings

if TYPE_CHECKING:
    from types import TracebackType

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])

#: A function with a parameter of this name is given the environment.
PARAMETER = "mwaa"


@overload
def mock_mwaa(decorated: _Decorated, /) -> _Decorated: ...
@overload
def mock_mwaa(environment: str | None = None, /, **settings: Any) -> MockMWAA: ...
def mock_mwaa(decorated: Callable[..., Any] | str | None = None, /, **settings: Any) -> Any:
    """A fake environment around a function, a class or a block; ``settings`` are those of :class:`FakeMWAA`.

    >>> @mock_mwaa(dags=["etl"])
    ... def test_trigger(mwaa): ...

    A function (or coroutine function) that has a parameter ``mwaa`` is given the environment. Of a class, each test has
    an environment of its own, in ``self.mwaa``: a ``unittest.TestCase`` from before ``setUp`` until after the cleanups,
    any other class around each method whose name begins with ``test``, and around ``setup_method`` where there is one.
    As a context manager it gives the environment. A test that has passed fails after all for what
    :meth:`FakeMWAA.finish` complains of.

    :raises SettingError: for a wrong setting.
    :raises TypeError: for what cannot be decorated.
    """
    if isinstance(decorated, str):
        return MockMWAA(environment=decorated, **settings)
    mock = MockMWAA(**settings)
    return mock if decorated is None else mock(decorated)


class MockMWAA(AbstractContextManager[FakeMWAA]):
    """What ``mock_mwaa(...)`` returns: a decorator and a context manager, to be used as often as one likes."""

    def __init__(self, **settings: Any) -> None:
        live = settings.pop("live", False)
        # Wrong settings are refused here, where the decorator stands, not when the test runs.
        self._settings: dict[str, Any] = {**checked_settings(settings), "live": live}
        self._entered: list[FakeMWAA] = []

    def __repr__(self) -> str:
        return f"<mock_mwaa {', '.join(f'{name}={value!r}' for name, value in self._settings.items())}>"

    def __enter__(self) -> FakeMWAA:
        environment = FakeMWAA(**self._settings)
        environment.start()
        self._entered.append(environment)
        return environment

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._entered.pop().__exit__(exception_type, exception, traceback)

    def __call__(self, decorated: _Decorated) -> _Decorated:
        if inspect.isclass(decorated):
            return cast("_Decorated", self._decorate_class(decorated))
        if inspect.isasyncgenfunction(decorated) or inspect.isgeneratorfunction(decorated):
            raise TypeError(
                f"mock_mwaa cannot decorate the generator function {decorated.__qualname__}(): the environment "
                "would end before its body begins. Use `with mock_mwaa() as mwaa:` inside it."
            )
        if not inspect.isroutine(decorated):
            raise TypeError(f"mock_mwaa decorates functions and classes; got {decorated!r}.")
        return cast("_Decorated", self._decorate_function(decorated))

    def _decorate_function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)
        is_given_the_environment = PARAMETER in signature.parameters

        def with_environment(arguments: dict[str, Any], environment: FakeMWAA) -> dict[str, Any]:
            return {**arguments, PARAMETER: environment} if is_given_the_environment else arguments

        wrapper: Callable[..., Any]
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def asynchronous(*args: Any, **kwargs: Any) -> Any:
                with FakeMWAA(**self._settings) as environment:
                    return await function(*args, **with_environment(kwargs, environment))

            wrapper = asynchronous
        else:

            @functools.wraps(function)
            def synchronous(*args: Any, **kwargs: Any) -> Any:
                with FakeMWAA(**self._settings) as environment:
                    return function(*args, **with_environment(kwargs, environment))

            wrapper = synchronous
        if is_given_the_environment:
            # pytest asks the signature which fixtures to fill in; this parameter is none.
            rest = [parameter for name, parameter in signature.parameters.items() if name != PARAMETER]
            vars(wrapper)["__signature__"] = signature.replace(parameters=rest)
        return wrapper

    def _decorate_class(self, decorated: type) -> type:
        if issubclass(decorated, unittest.TestCase):
            _put_around_set_up(decorated, self._settings)
        elif hasattr(decorated, "setup_method"):
            _put_around_setup_method(decorated, self._settings)
        else:
            names = [name for name in dir(decorated) if name.startswith("test")]
            for name in names:
                if inspect.isfunction(inspect.getattr_static(decorated, name)):
                    setattr(decorated, name, self._decorate_method(getattr(decorated, name)))
        for name, value in list(vars(decorated).items()):
            if inspect.isclass(value) and name.startswith("Test"):
                self._decorate_class(value)
        return decorated

    def _decorate_method(self, method: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(method):

            @functools.wraps(method)
            async def asynchronous(instance: Any, *args: Any, **kwargs: Any) -> Any:
                with FakeMWAA(**self._settings) as instance.mwaa:
                    return await method(instance, *args, **kwargs)

            return asynchronous

        @functools.wraps(method)
        def synchronous(instance: Any, *args: Any, **kwargs: Any) -> Any:
            with FakeMWAA(**self._settings) as instance.mwaa:
                return method(instance, *args, **kwargs)

        return synchronous


def _put_around_set_up(decorated: Any, settings: dict[str, Any]) -> None:
    set_up = decorated.setUp

    @functools.wraps(set_up)
    def start_and_set_up(self: Any) -> None:
        self.mwaa = FakeMWAA(**settings)
        self.mwaa.start()
        self.addCleanup(self.mwaa.finish)
        set_up(self)

    decorated.setUp = start_and_set_up


def _put_around_setup_method(decorated: Any, settings: dict[str, Any]) -> None:
    set_up: Callable[..., None] = decorated.setup_method
    tear_down: Callable[..., None] = getattr(decorated, "teardown_method", lambda self: None)

    # pytest passes the method under test to whoever takes it.
    def setup_method(self: Any, method: Any = None) -> None:
        self.mwaa = FakeMWAA(**settings)
        self.mwaa.start()
        try:
            _call(set_up, self, method)
        except BaseException:
            # pytest does not call teardown_method then.
            self.mwaa.stop()
            raise

    def teardown_method(self: Any, method: Any = None) -> None:
        try:
            _call(tear_down, self, method)
        except BaseException:
            self.mwaa.stop()
            raise
        self.mwaa.finish()

    decorated.setup_method = setup_method
    decorated.teardown_method = teardown_method


def _call(function: Callable[..., None], instance: Any, method: Any) -> None:
    takes_the_method = len(inspect.signature(function).parameters) > 1
    function(instance, method) if takes_the_method else function(instance)
