"""Background work, declared once: the thread pool or Celery runs it."""

from django.tasks import task

from stories import jobs


@task()
def run_job(job_id: int) -> None:
    """Run one job's row."""
    jobs.run(job_id)
