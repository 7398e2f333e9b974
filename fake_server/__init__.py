"""A fake Amazon MWAA: the AWS service, the environments' web servers, and the Airflow inside them."""
