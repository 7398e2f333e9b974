"""Amazon MWAA's control plane as a service of moto, laid out as moto lays out its services.

moto has no service of this name. :func:`register` puts this one in two places, and patches nothing:

* ``sys.modules["moto.mwaa"]``, where ``moto.backends`` looks for a service's backends;
* ``moto.backend_index.backend_url_patterns``, which says which URLs belong to which service.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings

from fake_server.aws.models import Environment, MWAABackend, mwaa_backends

__all__ = ["Environment", "MWAABackend", "MotoHasMWAA", "mwaa_backends", "register"]

_MODULE = "moto.mwaa"
_SERVICE = "mwaa"


class MotoHasMWAA(UserWarning):
    """The installed moto brings a service ``mwaa`` of its own."""


def register() -> None:
    """Make moto answer for MWAA, from now on and as often as it is called.

    boto3 clients are answered from the moment of registration, ``requests`` from the next ``mock_aws`` on: moto hands
    the URLs to ``responses`` when the outermost mock starts. So call it before.

    Should the installed moto have a service ``mwaa`` of its own, a :class:`MotoHasMWAA` says so, and this one takes its
    place for the process.
    """
    from moto import backend_index

    from fake_server.aws import urls
    from fake_server.aws.lifecycle import register_transition

    module = sys.modules[__name__]
    if sys.modules.get(_MODULE) is not module:
        if importlib.util.find_spec(_MODULE) is not None:
            warnings.warn(
                "The installed moto has a service 'mwaa' of its own. It is replaced by the one of pytest-mwaa, which "
                "has the web server behind it. To use moto's, do not use pytest-mwaa in the same process.",
                MotoHasMWAA,
                stacklevel=2,
            )
        sys.modules[_MODULE] = module
    patterns = [(_SERVICE, re.compile(base)) for base in urls.url_bases]
    kept = [entry for entry in backend_index.backend_url_patterns if entry[0] != _SERVICE]
    if backend_index.backend_url_patterns != [*kept, *patterns]:
        # In place, since other modules of moto hold the same list.
        backend_index.backend_url_patterns[:] = [*kept, *patterns]
    register_transition()
