from .plan import Job, plan_jobs
from .run import Outcome, run_jobs

__all__ = ["Job", "Outcome", "plan_jobs", "run_jobs"]
