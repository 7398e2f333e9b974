"""``airflow db …``: the metadata database, which here is memory and always in order."""

from __future__ import annotations

from fake_server.airflow.cleaning import TABLES, CleanedTable, old_rows
from fake_server.cli import output
from fake_server.cli.failures import CommandFailed
from fake_server.cli.installation import DATABASE
from fake_server.cli.invocation import Handler, Invocation


def check(invocation: Invocation) -> None:
    """Say that the database answers."""
    invocation.log("db.py:1812", "Connection successful.")


def check_migrations(_: Invocation) -> None:
    """Find the database as new as it can be."""


def migrate(invocation: Invocation) -> None:
    """Bring the database to the newest schema, which it has."""
    invocation.print(f"DB: {DATABASE}\nPerforming upgrade to the metadata database {DATABASE}")
    invocation.log("db.py:1675", "Creating tables")
    invocation.print("Database migrating done!")


def initialize(invocation: Invocation) -> None:
    """Make the database, which is there."""
    invocation.print(f"DB: {DATABASE}")
    invocation.log("db.py:1675", "Creating tables")
    invocation.print("Initialization done")


def reset(invocation: Invocation) -> None:
    """Empty the database; the DAG files are parsed anew."""
    airflow = invocation.airflow
    invocation.print(f"DB: {DATABASE}")
    question = "This will drop existing tables if they exist. Proceed? (y/n)"
    if not invocation.arguments.yes and invocation.ask(question).upper() != "Y":
        raise CommandFailed("Cancelled")
    dags = list(airflow.dag_folder.values())
    airflow.clear()
    for dag in dags:
        airflow.add_dag(dag)


def clean(invocation: Invocation) -> None:
    """Remove old rows, table by table, once the question was answered."""
    arguments = invocation.arguments
    names = {table.name for table in TABLES}
    unknown = [name for name in arguments.tables or () if name not in names]
    if unknown:
        text = f"The following table(s) are not valid choices and will be skipped: {unknown}"
        invocation.log("db_cleanup.py:372", text, "WARNING")
    tables = [table for table in TABLES if arguments.tables is None or table.name in arguments.tables]
    if not tables:
        raise CommandFailed("No tables selected for db cleanup. Please choose valid table names.")
    if arguments.dry_run:
        _announce(invocation, tables)
    elif not arguments.yes:
        _ask(invocation, tables)
    for table in tables:
        _clean(invocation, table)


def _ask(invocation: Invocation, tables: list[CleanedTable]) -> None:
    before = invocation.arguments.clean_before_timestamp
    answer = invocation.ask(
        f"You have requested that we purge all data prior to {before} for tables {[table.name for table in tables]}.\n"
        "This is irreversible.  Consider backing up the tables first and / or doing a dry run with option --dry-run.\n"
        "Enter 'delete rows' (without quotes) to proceed.\n"
    )
    if answer != "delete rows":
        raise CommandFailed("User did not confirm; exiting.")


def _announce(invocation: Invocation, tables: list[CleanedTable]) -> None:
    invocation.print("Performing dry run for db cleanup.")
    names = "{" + ", ".join(repr(table.name) for table in tables) + "}"
    before = invocation.arguments.clean_before_timestamp
    invocation.print(f"Data prior to {before} would be purged from tables {names} with the following config:\n")
    rows = [
        {
            "table": table.name,
            "recency_column": f"{table.name}.{table.recency_column}",
            "keep_last": table.keeps_last,
            "keep_last_filters": "['external_trigger = false']" if table.keeps_last else None,
            "keep_last_group_by": "['dag_id']" if table.keeps_last else None,
        }
        for table in tables
    ]
    invocation.print(output.render(rows, "table"), end="")


def _clean(invocation: Invocation, table: CleanedTable) -> None:
    arguments, airflow = invocation.arguments, invocation.airflow
    invocation.print(f"\nPerforming dry run for table {table.name}" if arguments.dry_run else "")
    invocation.print(f"Checking table {table.name}")
    removals = old_rows(airflow, table, arguments.clean_before_timestamp)
    invocation.print(f"Found {len(removals)} rows meeting deletion criteria.")
    if not removals or arguments.dry_run:
        return
    archive = f"_airflow_deleted__{table.name}__{airflow.clock.now():%Y%m%d%H%M%S}"
    invocation.print(f"Performing Delete...\nMoving data to table {archive}")
    for remove in removals:
        remove()
    if not arguments.skip_archive:
        invocation.print("Finished Performing Delete")


HANDLERS: dict[str, Handler] = {
    "db check": check,
    "db check-migrations": check_migrations,
    "db clean": clean,
    "db init": initialize,
    "db migrate": migrate,
    "db reset": reset,
    "db upgrade": migrate,
}
