from .plan import Job, plan_jobs
from .run import Outcome, run_jobs
from .stylize import stylize

__all__ = ["Job", "Outcome", "plan_jobs", "run_jobs", "stylize"]
