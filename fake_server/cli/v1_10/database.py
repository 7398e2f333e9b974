"""The metadata database, which here is memory and always in order."""

from __future__ import annotations

from fake_server.cli.installation import DATABASE
from fake_server.cli.invocation import Handler, Invocation


def checkdb(invocation: Invocation) -> None:
    """Say that the database answers."""
    invocation.print(f"DB: {DATABASE}")
    invocation.log("db.py:430", "Connection successful.")


def initdb(invocation: Invocation) -> None:
    """Make the database, which is there."""
    invocation.print(f"DB: {DATABASE}")
    _log_migration(invocation)
    invocation.print("Done.")


def upgradedb(invocation: Invocation) -> None:
    """Bring the database to the newest schema, which it has."""
    invocation.print(f"DB: {DATABASE}")
    _log_migration(invocation)


def resetdb(invocation: Invocation) -> None:
    """Empty the database; the DAG files are parsed anew."""
    airflow = invocation.airflow
    invocation.print(f"DB: {DATABASE}")
    question = "This will drop existing tables if they exist. Proceed? (y/n)"
    if not invocation.arguments.yes and invocation.ask(question).upper() != "Y":
        invocation.print("Bail.")
        return
    dags = list(airflow.dag_folder.values())
    airflow.clear()
    for dag in dags:
        airflow.add_dag(dag)


def rotate_fernet_key(_: Invocation) -> None:
    """Encrypt everything anew; nothing is encrypted here."""


def _log_migration(invocation: Invocation) -> None:
    invocation.log("db.py:378", "Creating tables")
    invocation.warn("INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.")
    invocation.warn("INFO  [alembic.runtime.migration] Will assume transactional DDL.")


HANDLERS: dict[str, Handler] = {
    "checkdb": checkdb,
    "initdb": initdb,
    "resetdb": resetdb,
    "rotate_fernet_key": rotate_fernet_key,
    "upgradedb": upgradedb,
}
