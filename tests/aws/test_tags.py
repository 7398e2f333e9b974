from __future__ import annotations

from typing import Any

import pytest
import requests

from fake_server.aws.models import MWAABackend
from tests.aws.conftest import REGION, REQUIRED, MakeClient


@pytest.fixture
def arn(client: Any) -> str:
    made: str = client.create_environment(Name="etl", Tags={"team": "data"}, **REQUIRED)["Arn"]
    return made


def test_tag_and_untag(client: Any, arn: str) -> None:
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "data"}
    client.tag_resource(ResourceArn=arn, Tags={"team": "web", "stage": "prod", "größe": "groß + klein"})
    tags = {"team": "web", "stage": "prod", "größe": "groß + klein"}
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == tags
    assert client.get_environment(Name="etl")["Environment"]["Tags"] == tags
    client.untag_resource(ResourceArn=arn, tagKeys=["stage", "größe", "unknown"])
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "web"}


def test_arn_with_plain_slash(client: Any, arn: str) -> None:
    answer = requests.get(f"https://api.airflow.{REGION}.amazonaws.com/tags/{arn}", timeout=5)
    assert answer.json() == {"Tags": {"team": "data"}}


def test_foreign_arns(make_client: MakeClient, arn: str) -> None:
    client = make_client()
    for foreign in (arn.replace("us-east-1", "eu-west-1"), arn.replace("123456789012", "111122223333"), arn + "x"):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.list_tags_for_resource(ResourceArn=foreign)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        make_client(region_name="eu-west-1").list_tags_for_resource(ResourceArn=arn)


def test_not_more_than_fifty_in_all(client: Any, arn: str, backend: MWAABackend) -> None:
    client.tag_resource(ResourceArn=arn, Tags={f"key{number}": "value" for number in range(49)})
    with pytest.raises(client.exceptions.ValidationException, match="up to 50 tags; got 51"):
        client.tag_resource(ResourceArn=arn, Tags={"one": "more"})
    assert len(backend.get_environment("etl").tags) == 50


def test_reserved_keys(client: Any, arn: str) -> None:
    with pytest.raises(client.exceptions.ValidationException, match="reserved; got 'aws:team'"):
        client.tag_resource(ResourceArn=arn, Tags={"aws:team": "data"})
    with pytest.raises(client.exceptions.ValidationException, match="reserved"):
        client.create_environment(Name="other", Tags={"AWS:team": "data"}, **REQUIRED)
