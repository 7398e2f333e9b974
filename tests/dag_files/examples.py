"""The DAG files that the tests share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
#: DAG files of many forms, some of them broken.
EXAMPLES = _HERE / "dag_folder"
#: What the real Airflow made of them.
RECORDED: dict[str, Any] = json.loads((_HERE / "recorded.json").read_text("utf-8"))

#: What the bodies of short DAG files have imported.
PREAMBLE = """
import os
from datetime import datetime, timedelta
from airflow import DAG
from airflow.decorators import task, task_group
from airflow.models import Variable
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator
from airflow.utils.task_group import TaskGroup
"""
