from .names import SUFFIX

DEFAULT_ARGS = dict(owner="shared", retries=3)


def make_id(name, suffix=None):
    parts = ["task", name]
    if suffix is not None:
        parts.append(suffix)
    return "_".join(parts)
