"""How the pages look and how they are to use: both colour schemes, wide and narrow, by keyboard, by screen reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from fake_server import FakeMWAA, Task

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.mwaa(environment="reports", config={"core.parallelism": "16"})

WIDTHS = (1280, 400)
#: Colours do not depend on the width, nor the structure on the colours, so two of the four are enough.
INSPECTED = {("light", 1280), ("dark", 400)}
MARKUP = "<img src=x onerror=alert(1)>"


def furnish(mwaa: FakeMWAA) -> None:
    """DAGs with runs in every state, and something of everything else that the pages show."""
    tasks = {
        "extract": Task(duration=5),
        "transform": Task(upstream="extract", duration=10),
        "load": Task(upstream="transform", duration=3),
    }
    mwaa.add_dag("etl", tasks=tasks, schedule="@daily", description="Loads the day's orders", tags=("orders", "daily"))
    failing = {
        "features": Task(duration=60),
        "train": Task(upstream="features", duration=600, outcome="failed"),
        "compare": Task(upstream="features", outcome="skipped"),
        "publish": Task(upstream="train"),
    }
    mwaa.add_dag("training", tasks=failing, schedule="0 */6 * * *", tags=("ml",))
    mwaa.add_dag("cleanup", tasks=["find", "delete"])
    mwaa.dag("cleanup").pause()
    for rows in range(5):
        mwaa.dag("etl").trigger({"rows": rows} if rows % 2 else None)
        mwaa.dag("training").trigger()
        mwaa.clock.advance(700)
    mwaa.dag("training").trigger()
    mwaa.clock.advance(30)
    mwaa.dag("etl").trigger({"source": "s3://bucket/orders/2026-11-20.parquet", "rows": 12000})
    mwaa.clock.advance(7)


class Inspection:
    """Looks at a page in both colour schemes and widths, and collects what is wrong with it."""

    def __init__(self, page: Page, photograph: Callable[[Page, str], None]) -> None:
        axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="tox -e browser has it")
        self._axe: Any = axe.Axe()
        self._page = page
        self._photograph = photograph
        self.faults: list[str] = []

    def of(self, name: str) -> None:
        for scheme in ("light", "dark"):
            self._page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type, unused-ignore]
            for width in WIDTHS:
                self._page.set_viewport_size({"width": width, "height": 800})
                self._photograph(self._page, f"{name}-{scheme}-{width}")
                where = f"{name}, {scheme}, {width} pixels wide"
                if self._page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    self.faults.append(f"{where}: wider than the window")
                if (scheme, width) not in INSPECTED:
                    continue
                for violation in self._axe.run(self._page).response["violations"]:
                    for node in violation["nodes"]:
                        self.faults.append(f"{where}: {violation['id']}: {node['html']}: {node['failureSummary']}")


def test_no_page_has_an_accessibility_fault_or_is_wider_than_the_window(
    mwaa_live: FakeMWAA, page: Page, login_url: Callable[[], str], photograph: Callable[[Page, str], None]
) -> None:
    furnish(mwaa_live)
    mwaa_live.faults.add(path="/aws_mwaa/cli", status=502)
    address = f"https://{mwaa_live.hostname}"
    inspection = Inspection(page, photograph)
    url = login_url()
    page.goto(url)
    page.wait_for_url("**/home")
    inspection.of("dags")
    page.goto(f"{address}/dags/training/grid")
    inspection.of("dag")
    page.goto(f"{address}/dags/etl/trigger")
    page.get_by_label("Configuration JSON").fill('{"rows"')
    page.get_by_role("button", name="Trigger").click()
    page.get_by_role("alert").wait_for()
    inspection.of("trigger")
    page.goto(f"{address}/_environment/requests")
    inspection.of("requests")
    page.goto(f"{address}/_environment")
    inspection.of("environment")
    mwaa_live.faults.clear()
    page.get_by_role("button", name="Log Out").click()
    page.wait_for_url("**/login/**")
    inspection.of("sign-in")
    mwaa_live.clock.advance(61)
    page.goto(url)
    page.get_by_role("heading", name="Login refused").wait_for()
    inspection.of("expired-token")
    assert inspection.faults == []


def test_dark_and_light_follow_the_system(mwaa_live: FakeMWAA, page: Page) -> None:
    page.goto(f"https://{mwaa_live.hostname}/login/")
    colours = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type, unused-ignore]
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        colours[scheme] = [int(part) for part in ground[len("rgb(") : -1].split(",")]
    assert min(colours["light"]) > 200
    assert max(colours["dark"]) < 60


@pytest.mark.mwaa(dags=["etl"])
def test_the_keyboard_is_enough(mwaa_live: FakeMWAA, page: Page, login_url: Callable[[], str]) -> None:
    page.goto(login_url())
    page.wait_for_url("**/home")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "etl"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("switch", checked=False).wait_for()
    assert mwaa_live.dag("etl").is_paused
    page.get_by_role("button", name="Trigger etl").focus()
    page.keyboard.press("Enter")
    page.get_by_role("status").first.wait_for()
    assert len(mwaa_live.dag("etl").runs) == 1


def test_a_state_is_told_by_a_word_wherever_it_is_told_by_a_colour(
    mwaa_live: FakeMWAA, page: Page, login_url: Callable[[], str]
) -> None:
    furnish(mwaa_live)
    page.goto(login_url())
    page.wait_for_url("**/home")
    for path in ("/home", "/dags/training/grid"):
        page.goto(f"https://{mwaa_live.hostname}{path}")
        marks = page.locator(".state, .square").all_text_contents()
        assert marks
        assert all(mark.strip() for mark in marks)
    table = page.get_by_role("table", name="Tasks by run").inner_text()
    for words in ("train", "failed", "upstream failed", "skipped"):
        assert words in table


@pytest.mark.mwaa(config={"scheduler.allowed_run_id_pattern": ".*"})
def test_hostile_values_run_nothing(mwaa_live: FakeMWAA, page: Page, login_url: Callable[[], str]) -> None:
    # Ids of DAGs and tasks cannot hold markup; everything else that the pages show can.
    mwaa_live.add_dag(
        "etl",
        tasks={"load": Task(duration=1, operator=MARKUP, log=MARKUP)},
        description=MARKUP,
        tags=(MARKUP,),
        owners=(MARKUP,),
    )
    mwaa_live.dag("etl").trigger({MARKUP: MARKUP}, run_id=MARKUP)
    page.goto(login_url())
    page.wait_for_url("**/home")
    assert page.get_by_text(MARKUP).count()
    page.get_by_role("link", name="etl", exact=True).click()
    page.wait_for_url("**/grid")
    assert page.get_by_text(MARKUP).count()
    assert page.locator("img").count() == 0
    for path in (f"/home?{MARKUP}", "/_environment/requests"):
        page.goto(f"https://{mwaa_live.hostname}{path}")
        assert page.locator("img").count() == 0
