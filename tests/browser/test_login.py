"""Logging in through the SSO page, with a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
import pytest

from fake_server import FakeMWAA, Task

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.mwaa(environment="reports")


def test_from_the_link_to_a_run_that_succeeds_and_out_again(
    mwaa_live: FakeMWAA, page: Page, login_url: Callable[[], str]
) -> None:
    mwaa_live.add_dag("etl", tasks={"extract": Task(duration=5), "load": Task(upstream="extract", duration=5)})
    mwaa_live.dag("etl").trigger(run_id="yesterdays")
    mwaa_live.clock.advance(3600)

    page.goto(login_url())
    page.wait_for_url(f"https://{mwaa_live.hostname}/home")
    assert page.title() == "DAGs - Airflow"
    assert "1 success" in page.get_by_role("row").filter(has_text="etl").inner_text()

    page.get_by_role("link", name="etl", exact=True).click()
    page.wait_for_url("**/dags/etl/grid")
    assert page.title() == "etl - Grid - Airflow"
    page.get_by_role("link", name="Trigger with conf").click()
    page.get_by_label("Configuration JSON").fill('{"rows": 3}')
    page.get_by_label("Run id").fill("mine")
    page.get_by_role("button", name="Trigger").click()
    page.wait_for_url("**/dags/etl/grid?dag_run_id=mine")
    assert "Triggered etl with new Run ID mine" in page.get_by_role("status").inner_text()
    assert "queued" in page.locator("tr[aria-current]").inner_text()
    assert mwaa_live.dag("etl").run("mine").conf == {"rows": 3}

    mwaa_live.clock.advance(60)
    page.reload()
    assert "success" in page.locator("tr[aria-current]").inner_text()

    page.get_by_role("switch").click()
    page.get_by_role("switch", checked=False).wait_for()
    assert mwaa_live.dag("etl").is_paused

    page.get_by_role("button", name="Log Out").click()
    page.wait_for_url("**/login/**")
    page.goto(f"https://{mwaa_live.hostname}/dags/etl/grid")
    assert page.title() == "Sign In - Airflow"


def test_the_token_stays_in_no_address(mwaa_live: FakeMWAA, page: Page, login_url: Callable[[], str]) -> None:
    url = login_url()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.partition("#")[0]))
    page.goto(url)
    page.wait_for_url("**/home")
    page.go_back()
    assert url.partition("#")[2] not in page.url
    assert not [address for address in asked if "eyJ" in address]
    # A page is one request: neither an icon nor a stylesheet follows, which would stand in the journal.
    paths = [entry.path for entry in mwaa_live.journal if entry.method != "POST"]
    assert set(paths) <= {"/aws_mwaa/aws-console-sso?login=true", "/home"}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        pytest.param("expire", "the token expired; tokens are valid for 60 seconds", id="expired"),
        pytest.param(
            "use", "the token was used before", id="used", marks=pytest.mark.mwaa(assume={"web_token_single_use": True})
        ),
        pytest.param("swap", "the token was issued for another environment", id="foreign"),
        pytest.param("cut", "not a token of this service", id="garbled"),
    ],
)
def test_a_refused_token_is_explained(
    mwaa_live: FakeMWAA,
    page: Page,
    login_url: Callable[[], str],
    photograph: Callable[[Page, str], None],
    spoil: str,
    words: str,
) -> None:
    url = login_url()
    if spoil == "expire":
        mwaa_live.clock.advance(61)
    elif spoil == "use":
        page.goto(url)
        page.wait_for_url("**/home")
        page.get_by_role("button", name="Log Out").click()
    elif spoil == "swap":
        url = url.partition("#")[0] + "#" + _token_of_another_environment()
    else:
        url = url[: url.rindex(".")]
    page.goto(url)
    page.get_by_role("heading", name="Login refused").wait_for()
    assert page.title() == "Login refused - Airflow"
    assert words in page.get_by_role("alert").inner_text()
    text = page.get_by_role("main").inner_text()
    assert "aws mwaa create-web-login-token --name reports" in text
    assert f"https://{mwaa_live.hostname}/aws_mwaa/aws-console-sso?login=true#WebToken" in text
    assert mwaa_live.journal[-1].status == 401
    photograph(page, f"token-{spoil}")
    page.goto(f"https://{mwaa_live.hostname}/home")
    assert page.title() == "Sign In - Airflow"


def test_a_link_without_a_token_says_so(mwaa_live: FakeMWAA, page: Page) -> None:
    page.goto(f"https://{mwaa_live.hostname}/aws_mwaa/aws-console-sso?login=true")
    page.get_by_text("There is no token behind the #").wait_for()


@pytest.mark.mwaa(role="Viewer", dags=["etl"])
def test_a_viewer_may_look_only(mwaa_live: FakeMWAA, page: Page, login_url: Callable[[], str]) -> None:
    page.goto(login_url())
    page.wait_for_url("**/home")
    page.get_by_role("link", name="etl", exact=True).click()
    page.wait_for_url("**/dags/etl/grid")
    assert page.get_by_role("button").all_inner_texts() == ["Log Out"]
    page.goto(f"https://{mwaa_live.hostname}/dags/etl/trigger")
    page.wait_for_url("**/home")
    assert page.get_by_role("status").inner_text() == "Access is Denied"


@pytest.mark.mwaa(dags=["etl"])
def test_everything_but_the_hand_over_works_without_scripts(
    mwaa_live: FakeMWAA, open_browser: Callable[..., Page], login_url: Callable[[], str]
) -> None:
    mwaa_live.add_user("dev", "dev-pw", "Admin")
    page = open_browser(java_script_enabled=False)
    page.goto(login_url())
    assert "This page needs JavaScript" in page.get_by_role("main").inner_text()
    page.goto(f"https://{mwaa_live.hostname}/dags/etl/grid")
    page.get_by_label("Username").fill("dev")
    page.get_by_label("Password").fill("dev-pw")
    page.get_by_role("button", name="Sign In").click()
    page.wait_for_url("**/dags/etl/grid")
    page.get_by_role("button", name="Trigger").click()
    page.wait_for_url("**/dags/etl/grid?dag_run_id=**")
    assert len(mwaa_live.dag("etl").runs) == 1


def _token_of_another_environment() -> str:
    client = boto3.client("mwaa")
    client.create_environment(
        Name="other",
        DagS3Path="dags",
        ExecutionRoleArn="arn:aws:iam::123456789012:role/mwaa",
        SourceBucketArn="arn:aws:s3:::other",
        NetworkConfiguration={"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
    )
    return str(client.create_web_login_token(Name="other")["WebToken"])
