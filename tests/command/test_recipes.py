"""What AWS's documentation tells its readers to type, in words of our own, in a real shell."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

_MISSING = [command for command in ("aws", "bash", "curl", "jq") if shutil.which(command) is None]

pytestmark = pytest.mark.skipif(bool(_MISSING), reason=f"not installed: {', '.join(_MISSING)}")

Run = Callable[..., subprocess.CompletedProcess[str]]

MINT = """
answer=$(aws mwaa create-cli-token --region us-east-1 --name my-environment)
token=$(echo "$answer" | jq --raw-output .CliToken)
host=$(echo "$answer" | jq --raw-output .WebServerHostname)
send() {
  curl --silent --show-error --fail --request POST "https://$host/aws_mwaa/cli" \\
    --header "Authorization: Bearer $token" --header "Content-Type: text/plain" --data-raw "$1"
}
"""


@pytest.fixture
def bash(fake_mwaa: Run) -> Callable[[str], subprocess.CompletedProcess[str]]:
    def run(script: str) -> subprocess.CompletedProcess[str]:
        options = ["--environment", "my-environment", "--dags", "my_dag"]
        return fake_mwaa("run", *options, "--", "bash", "-euo", "pipefail", "-c", script)

    return run


def test_a_cli_token_with_curl(bash: Callable[[str], subprocess.CompletedProcess[str]]) -> None:
    result = bash(f"""{MINT}
        results=$(send "dags trigger my_dag")
        echo "$results" | jq -r .stdout | base64 --decode
        echo "$results" | jq -r .stderr | base64 --decode >&2
    """)

    assert result.returncode == 0, result.stderr
    assert "my_dag" in result.stdout
    assert "queued" in result.stdout
    assert result.stderr == ""


def test_words_of_airflow_1_are_refused_as_airflow_2_does(
    bash: Callable[[str], subprocess.CompletedProcess[str]],
) -> None:
    result = bash(f"""{MINT}
        send "trigger_dag my_dag" | jq -r .stderr | base64 --decode
    """)

    assert result.returncode == 0, result.stderr
    assert "`airflow trigger_dag` command, has been removed, please use `airflow dags trigger`" in result.stdout


def test_a_token_piped_into_a_variable(bash: Callable[[str], subprocess.CompletedProcess[str]]) -> None:
    result = bash("""
        CLI_TOKEN=$(aws mwaa create-cli-token --name my-environment | jq -r .CliToken)
        curl -s --request POST "https://$MWAA_WEBSERVER_HOSTNAME/aws_mwaa/cli" \\
          --header "Authorization: Bearer $CLI_TOKEN" --header "Content-Type: text/plain" --data-raw "version" \\
          | jq -r .stdout | base64 --decode
    """)

    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "2.10.5"


def test_a_web_login_token(bash: Callable[[str], subprocess.CompletedProcess[str]]) -> None:
    result = bash("""
        TOKEN=$(aws mwaa create-web-login-token --name my-environment --query WebToken --output text)
        echo "https://$MWAA_WEBSERVER_HOSTNAME/aws_mwaa/aws-console-sso?login=true#$TOKEN"
        curl -s -o /dev/null -w '%{http_code}\\n' --cookie-jar jar --data "token=$TOKEN" \\
          "https://$MWAA_WEBSERVER_HOSTNAME/aws_mwaa/login"
        curl -s --cookie jar "https://$MWAA_WEBSERVER_HOSTNAME/api/v1/dags" | jq -r .dags[].dag_id
        rm jar
    """)

    address, status, dag_id = result.stdout.splitlines()
    assert address.startswith("https://localhost:")
    assert (status, dag_id) == ("200", "my_dag")


def test_a_python_script(fake_mwaa: Run) -> None:
    script = """
import base64, boto3, requests
answer = boto3.client("mwaa").create_cli_token(Name="my-environment")
response = requests.post(
    "https://{0}/aws_mwaa/cli".format(answer["WebServerHostname"]),
    headers={"Authorization": "Bearer " + answer["CliToken"], "Content-Type": "text/plain"},
    data="dags trigger my_dag",
)
print(response.status_code)
print(base64.b64decode(response.json()["stdout"]).decode("utf8"))
"""
    result = fake_mwaa("run", "--environment", "my-environment", "--dags", "my_dag", "--", sys.executable, "-c", script)

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("200\n")
    assert "my_dag" in result.stdout


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ('{"key": "value"}', "Created <DagRun my_dag @ "),
        # So it was written for Airflow 1.10; Airflow 2 wants an object.
        (r'"{\"key\": \"value\"}"', "Dag Run conf must be a dictionary object"),
    ],
)
def test_the_experimental_api_with_curl(fake_mwaa: Run, conf: str, words: str) -> None:
    command = f"""
        curl -s -X POST "https://$MWAA_WEBSERVER_HOSTNAME/api/experimental/dags/my_dag/dag_runs" \\
          -H 'Content-Type: application/json' -d '{{"conf": {conf}}}' | jq -r '.message // .error'
    """
    options = ["--dags", "my_dag", "--auth-backends", "default", "--config", "api.enable_experimental_api=True"]

    result = fake_mwaa("run", *options, "--", "bash", "-euo", "pipefail", "-c", command)

    assert result.stdout.startswith(words), result.stderr
