"""Variables, connections, pools, users and roles: what commands store, the deployment has."""

from __future__ import annotations

import json

import pytest

from fake_server.airflow.connections import Connection
from fake_server.airflow.deployment import Airflow
from tests.cli.conftest import Run


def test_variables(airflow: Airflow, command: Run) -> None:
    assert command("variables set k v --description d").stdout == "Variable k created\n"
    variable = airflow.variables.get("k")
    assert (variable.value, variable.description) == ("v", "d")
    assert command("variables get k").stdout == "v\n"
    assert command("variables list -o json").stdout == '[{"key": "k"}]\n'
    assert command("variables delete k").stdout == "Variable k deleted\n"
    assert command("variables delete k").exit_code == 0
    missing = command("variables get k")
    assert (missing.exit_code, missing.stderr) == (1, "Variable k does not exist\n")
    assert command("variables get k -d other").stdout == "other\n"


def test_json_variables_are_printed_as_python_writes_them(command: Run) -> None:
    command("""variables set k '{"a": [1, null]}'""")
    assert command("variables get k -j").stdout == "{'a': [1, None]}\n"
    command("""variables set twice '{"a": 1}' -j""")
    assert command("variables get twice").stdout == '"{\\"a\\": 1}"\n'
    command("variables set k no-json")
    assert command("variables get k -j").stderr == "Expecting value: line 1 column 1 (char 0)\n"


def test_variables_are_exported_and_imported(airflow: Airflow, command: Run) -> None:
    command("""variables set a '{"x": 1}'""")
    command("variables set b text")
    assert json.loads(command("variables export -").stdout) == {"a": {"x": 1}, "b": "text"}
    assert command("variables export /tmp/v.json").stdout == "2 Variables successfully exported to /tmp/v.json.\n"
    command("variables delete a")
    assert command("variables import /tmp/v.json").stdout == "2 of 2 variables successfully updated.\n"
    assert json.loads(airflow.variables.get("a").value) == {"x": 1}
    skipped = command("variables import /tmp/v.json -a skip").stdout
    assert skipped.startswith("0 of 2 variables successfully updated.\nThe variables with these keys: ['a', 'b']")
    assert command("variables import /tmp/v.json -a fail").exit_code == 1
    assert command("variables import /tmp/other.json").stderr == "Missing variables file.\n"
    airflow.files["bad.yaml"] = "- a\n- b\n"
    assert command("variables import bad.yaml").stderr == "Invalid variables file.\n"


def test_a_connection_may_be_given_in_three_ways(airflow: Airflow, command: Run) -> None:
    by_parts = command(
        "connections add a --conn-type http --conn-login l --conn-password pw --conn-host h --conn-port 80"
    )
    assert by_parts.stdout == "Successfully added `conn_id`=a : http://l:******@h:80\n"
    assert command("connections add b --conn-uri postgres://u:p%2Fq@host:5432/db?x=1").exit_code == 0
    assert command("connections add e --conn-uri http://h?x=1 --conn-extra own").exit_code == 0
    assert airflow.connections.get("e").extra == "own"
    assert command("connections delete e").exit_code == 0
    assert command("""connections add c --conn-json '{"conn_type": "aws", "extra": {"r": "x"}}'""").exit_code == 0
    b = airflow.connections.get("b")
    assert (b.conn_type, b.login, b.password, b.host, b.port, b.schema) == ("postgres", "u", "p/q", "host", 5432, "db")
    assert json.loads(b.extra or "") == {"x": "1"}
    assert json.loads(airflow.connections.get("c").extra or "") == {"r": "x"}
    shown = json.loads(command("connections get b -o json").stdout)[0]
    assert shown["get_uri"] == "postgres://u:p%2Fq@host:5432/db?x=1"
    assert shown["password"] == "p/q"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("c", "Must supply either conn-uri or conn-json if not supplying conn-type"),
        ("c --conn-uri nonsense", "The URI provided to --conn-uri is invalid: nonsense"),
        ("c --conn-uri http://h --conn-json {}", "Cannot supply both conn-uri and conn-json"),
        ("c --conn-uri http://h --conn-login x", "not compatible with the --conn-uri flag: ['conn_login']"),
        ("c --conn-json {} --conn-extra {}", "not compatible with the --conn-json flag: ['--conn-extra']"),
        ('c --conn-json \'{"host": "h"}\'', "conn-json is invalid; must supply conn-type"),
        ("c --conn-json {bad", "json.decoder.JSONDecodeError: Expecting property name"),
        ("'bad id!' --conn-type http", "The key 'bad id!' has to be made of alphanumeric characters"),
        ("there --conn-type http", "A connection with `conn_id`=there already exists."),
    ],
)
def test_connections_that_are_refused(options: str, complaint: str, command: Run) -> None:
    command("connections add there --conn-type http")
    result = command(f"connections add {options}")
    assert result.exit_code == 1
    assert complaint in result.stderr


def test_connections_are_exported_and_imported(airflow: Airflow, command: Run) -> None:
    command("connections add a --conn-uri http://u:p@h/s")
    for path in ("c.json", "c.yaml", "c.env"):
        assert command(f"connections export {path}").exit_code == 0
        assert command("connections delete a").exit_code == 0
        assert command(f"connections import {path}").stdout == "Imported connection a\n"
        assert airflow.connections.get("a").password == "p"
    assert command("connections import c.env").stdout.endswith("connection already exists.\n")
    printed = command("connections export - --file-format env")
    assert printed.exit_code == 1
    assert printed.stdout == "a=http://u:p@h/s\n"
    assert printed.stderr.endswith("ValueError: I/O operation on closed file.\n")
    assert command("connections delete nope").stderr == "Did not find a connection with `conn_id`=nope\n"


def test_pools(airflow: Airflow, command: Run) -> None:
    assert command("pools set p 3 desc --include-deferred").stdout == "Pool p created\n"
    assert airflow.pools.get("p").include_deferred
    assert json.loads(command("pools get p -o json").stdout)[0]["slots"] == "3"
    assert command("pools export p.json", log_lines=False).stdout == "Exported 2 pools to p.json\n"
    assert command("pools delete p").stdout == "Pool p deleted\n"
    assert command("pools delete p").stderr == "Pool p does not exist\n"
    assert command("pools import p.json").stdout == "Uploaded 2 pool(s)\n"
    assert "default_pool cannot be deleted" in command("pools delete default_pool").stderr


def test_users(airflow: Airflow, command: Run) -> None:
    created = command("users create -u nu -p pw -f F -l L -r User -e nu@e.com")
    assert created.stdout.endswith('User "nu" created with role "User"\n')
    assert airflow.security.authenticate("nu", "pw") is not None
    again = command("users create -u nu -p pw -f F -l L -r User -e nu@e.com")
    assert (again.exit_code, again.stdout) == (0, "nu already exist in the db\n")
    assert "Nope is not a valid role." in command("users create -u x -p p -f F -l L -r Nope -e x@e.com").stderr
    assert command("users add-role -u nu -r Op").exit_code == 0
    assert [role.name for role in airflow.security.users[0].roles] == ["User", "Op"]
    assert command("users remove-role -u nu -r Op").exit_code == 0
    command("users reset-password -u nu -p other")
    assert airflow.security.authenticate("nu", "other") is not None
    assert command("users delete").stderr == "Missing args: must supply one of --username or --email\n"
    assert command("users delete -e nu@e.com").stdout == 'User "nu" deleted\n'
    asked = command("users create -u x -f F -l L -r User -e x@e.com")
    assert asked.stderr.rstrip().endswith("EOFError")


def test_a_connection_without_a_type_is_a_uri_without_a_scheme(airflow: Airflow, command: Run) -> None:
    airflow.connections.add(Connection(conn_id="c", conn_type="", host="h", port=5))
    assert json.loads(command("connections get c -o json", log_lines=False).stdout)[0]["get_uri"] == "//h:5"


def test_roles(airflow: Airflow, command: Run) -> None:
    assert command("roles create A B").stdout == "Added 2 role(s)\n"
    added = command("roles add-perms A -a can_read can_edit -r DAGs").stdout
    assert added == "Added can read on DAGs to role A\nAdded can edit on DAGs to role A\nAdded 2 permission(s)\n"
    role = airflow.security.find_role("A")
    assert role is not None
    assert role.permissions == {("can_read", "DAGs"), ("can_edit", "DAGs")}
    assert command("roles add-perms A -a bogus -r DAGs").stdout == "Action named 'bogus' does not exist\n"
    assert command("roles del-perms A -r DAGs").stdout.endswith("Deleted 2 permission(s)\n")
    assert command("roles delete A nope").exit_code == 1
    assert command("roles delete A B").stdout == "Deleted 2 role(s)\n"
    assert "A" not in command("roles list -o json").stdout.replace("Admin", "")


def test_permissions_that_a_role_has_already_are_not_added_again(command: Run) -> None:
    command("roles create A")
    command("roles add-perms A -a can_edit -r DAGs")
    added = command("roles add-perms A -a can_edit can_read -r DAGs Pools").stdout
    assert added == (
        "Added can read on DAGs to role A\nAdded can edit on Pools to role A\nAdded can read on Pools to role A\n"
        "Added 3 permission(s)\n"
    )
    assert command("roles add-perms A -a -r Website").stdout == "Added None to role A\nAdded 1 permission(s)\n"


def test_all_named_actions_count_as_deleted_where_a_role_has_one(airflow: Airflow, command: Run) -> None:
    command("roles create A")
    command("roles add-perms A -a can_edit -r DAGs")
    deleted = command("roles del-perms A -a can_read can_create -r DAGs Pools").stdout
    # The database has never had the permission to create DAGs.
    assert deleted == "Deleted can read on DAGs from role A\nDeleted None from role A\nDeleted 2 permission(s)\n"
    role = airflow.security.find_role("A")
    assert role is not None
    assert role.permissions == {("can_edit", "DAGs")}


def test_configuration_values(command: Run) -> None:
    assert command("config get-value core executor").stdout == "CeleryExecutor\n"
    missing = command("config get-value core nope")
    assert missing.exit_code == 0
    assert "WARNING - section/key [core/nope] not found in config" in missing.stdout
    assert command("config list --section api").stdout.startswith("[api]\n")


def test_cleaning_the_database(airflow: Airflow, command: Run) -> None:
    command("dags test etl 2024-01-01")
    command("dags trigger etl")
    text = "db clean --clean-before-timestamp 2025-01-01 -t dag_run"
    assert command(text).stderr.endswith("EOFError: EOF when reading a line\n")
    assert command(text, stdin="no\n").stderr == "User did not confirm; exiting.\n"
    assert "Found 0 rows" in command(f"{text} -y").stdout  # A DAG's last automatic run is kept.
    command("dags test etl 2024-01-02")
    assert "Found 1 rows meeting deletion criteria.\nPerforming Delete..." in command(f"{text} -y").stdout
    assert len(airflow.runs) == 2
    unknown = command("db clean --clean-before-timestamp 2025-01-01 -t bogus -y")
    assert unknown.stderr == "No tables selected for db cleanup. Please choose valid table names.\n"


def test_jobs(airflow: Airflow, command: Run) -> None:
    assert command("jobs check").stderr == "No alive jobs found.\n"
    alive = Airflow()
    from fake_server.cli.command_line import run

    assert run(alive, "jobs check").stdout == "Found one alive job.\n"


def test_providers(command: Run) -> None:
    assert json.loads(command("providers get apache-airflow-providers-http -o json").stdout) == [
        {"Provider": "apache-airflow-providers-http", "Version": "5.2.0"}
    ]
    assert command("providers get nope").stderr == "No such provider installed: nope\n"
    assert command("providers links").stdout == "No data found\n"


@pytest.mark.parametrize("text", ["[1]", "[{}]", "null", '{"a": 1}', "{"])
@pytest.mark.parametrize(
    "verb", ["pools import", "users import", "roles import", "connections import", "variables import"]
)
def test_odd_files_end_in_an_error_of_the_command(verb: str, text: str, airflow: Airflow, command: Run) -> None:
    airflow.files["odd.json"] = text
    result = command(f"{verb} odd.json")
    assert result.exit_code == 1 or (verb, text) == ("variables import", '{"a": 1}')
    assert result.stderr or result.exit_code == 0
