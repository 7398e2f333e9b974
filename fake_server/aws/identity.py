"""Who calls: the IAM identity behind an access key, and the Airflow user that it becomes."""

from __future__ import annotations

import hashlib

from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

#: The longest Airflow user name that MWAA makes of an IAM identity; of longer ones it takes a hash (AWS user guide).
LONGEST_AIRFLOW_IDENTITY = 64

#: Whoever calls without credentials that moto's IAM made: the same that moto's STS tells such a caller.
DEFAULT_IDENTITY = "user/moto"


def iam_identity(account_id: str, region: str, access_key_id: str) -> str:
    """``user/NAME`` or ``assumed-role/ROLE/SESSION``, as STS GetCallerIdentity has it behind the account."""
    backend = sts_backends[account_id][get_partition(region)]
    arn = backend.get_caller_identity(access_key_id, region)[1]
    return arn.split(":", 5)[5]


def airflow_identity(identity: str) -> str:
    """The Airflow user name for an IAM identity: itself, or its SHA-256 when it is longer than 64 characters."""
    if len(identity) <= LONGEST_AIRFLOW_IDENTITY:
        return identity
    return hashlib.sha256(identity.encode()).hexdigest()
