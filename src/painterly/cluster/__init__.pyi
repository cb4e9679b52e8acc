from .engine import Summary, work_on_cluster
from .recipe import Recipe
from .settings import ClusterSettings

__all__ = ["ClusterSettings", "Recipe", "Summary", "work_on_cluster"]
