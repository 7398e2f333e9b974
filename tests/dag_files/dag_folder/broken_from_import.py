from airflow import DAG

def load():
    from no_such_package.inner import thing
    return thing

load()
