from .build import build_report
from .settings import SECTIONS, ReportSettings

__all__ = ["SECTIONS", "ReportSettings", "build_report"]
