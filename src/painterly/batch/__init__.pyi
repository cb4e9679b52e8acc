from .files import work_on_files
from .make import Files
from .plan import Job, plan_jobs
from .run import Outcome, run_jobs
from .stylize import stylize
from .upscale import upscale

__all__ = ["Files", "Job", "Outcome", "plan_jobs", "run_jobs", "stylize", "upscale", "work_on_files"]
