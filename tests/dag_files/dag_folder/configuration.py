import os
from datetime import datetime, timedelta
from pathlib import Path

from airflow import DAG
from airflow.models import Variable
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator

from shared import names
from shared.settings import DEFAULT_ARGS, make_id

ENVIRONMENT = os.environ.get("NO_SUCH_VARIABLE_HERE", "dev")
BUCKET = Variable.get("no_such_variable", default_var="bucket")
LEVEL = os.getenv("NO_SUCH_VARIABLE_HERE_EITHER") or "info"
IS_PRODUCTION = ENVIRONMENT == "production"
DAG_ID = os.path.basename(__file__).replace(".py", "")
HERE = Path(__file__).stem

common = {"start_date": datetime(2024, 1, 1), "catchup": False, **names.EXTRA}

if IS_PRODUCTION:
    schedule = "@hourly"
elif ENVIRONMENT in ("dev", "test"):
    schedule = None
else:
    raise ValueError(ENVIRONMENT)

try:
    import yaml
except ImportError:
    yaml = None

with DAG(
    dag_id=DAG_ID,
    schedule=schedule,
    default_args={**DEFAULT_ARGS, "retry_delay": timedelta(seconds=DEFAULT_ARGS["retries"] * 10)},
    tags=sorted({ENVIRONMENT, LEVEL}),
    **common,
) as dag:
    first = EmptyOperator(task_id=make_id("first"))
    second = BashOperator(
        task_id=make_id("second", suffix=names.SUFFIX), bash_command=f"aws s3 ls s3://{BUCKET}/{HERE}"
    )
    first >> second

if __name__ == "__main__":
    dag.test()
