"""Runs in the real Airflow's Python: makes its database, roles and users, and parses its DAG files.

One process does what ``airflow db migrate``, ``airflow sync-perm``, ``airflow users create`` and a scheduler's first
look at the DAG folder would, since starting Airflow anew for each takes longest. The users come as JSON on standard
input.
"""

from __future__ import annotations

import inspect
import json
import logging
import sys
from pathlib import Path
from typing import Any

from airflow.configuration import conf
from airflow.dag_processing.processor import DagFileProcessor
from airflow.utils import db
from airflow.www.app import cached_app


def main() -> None:
    db.upgradedb()
    security = cached_app().appbuilder.sm
    security.sync_roles()
    for user in json.load(sys.stdin):
        _add_user(security, user)
    folder = conf.get("core", "dags_folder")
    given = {"dag_ids": None, "dag_directory": folder, "log": logging.getLogger("prepare")}
    # It takes no folder before 2.5.
    taken = inspect.signature(DagFileProcessor.__init__).parameters
    processor = DagFileProcessor(**{name: value for name, value in given.items() if name in taken})
    for file in sorted(Path(folder).glob("*.py")):
        processor.process_file(str(file), callback_requests=[])


def _add_user(security: Any, user: dict[str, str]) -> None:
    added = security.add_user(
        user["username"],
        user["first_name"],
        user["last_name"],
        user["email"],
        security.find_role(user["role"]),
        password=user["password"],
    )
    assert added, f"{user['username']} could not be added"


if __name__ == "__main__":
    main()
