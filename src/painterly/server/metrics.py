"""What the server counts, for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from painterly.memory import resident_memory

if TYPE_CHECKING:
    from painterly.server.service import Service

__all__ = ["Metrics"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """Counters of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "painterly_requests", "Responses, by route and status.", ["method", "route", "status"], registry=registry
        )
        self.wait = Histogram(
            "painterly_wait_seconds", "Time that pictures waited.", registry=registry, buckets=_SECONDS
        )
        self.work = Histogram(
            "painterly_work_seconds",
            "Time that a picture took, its share of a batch.",
            registry=registry,
            buckets=_SECONDS,
        )
        self.batch = Histogram(
            "painterly_batch_pictures",
            "Pictures that were painted at once.",
            registry=registry,
            buckets=(1, 2, 4, 8, 16, 32),
        )
        self.restarts = Counter(
            "painterly_worker_restarts", "Processes that painted and were lost or ended.", registry=registry
        )
        self.queue = Gauge("painterly_queue_pictures", "Pictures that wait.", registry=registry)
        self.running = Gauge("painterly_running_pictures", "Pictures that are being painted.", registry=registry)
        self.uploads = Gauge("painterly_uploads", "Requests that are being read.", registry=registry)
        self.workers = Gauge("painterly_workers", "Processes that are ready to paint.", registry=registry)
        self.memory = Gauge(
            "painterly_resident_bytes", "Memory of the server and of its processes.", ["process"], registry=registry
        )
        self.jobs = Gauge("painterly_jobs", "Clips and new styles.", ["kind", "state"], registry=registry)

    def watch(self, name: str, value: float) -> None:
        """Take note of what happens in a pool; see `painterly.server.pool.Pool`."""
        if name == "restarts":
            self.restarts.inc(value)
        else:
            {"wait": self.wait, "work": self.work, "batch": self.batch}[name].observe(value)

    def text(self, service: Service) -> bytes:
        """Everything, in Prometheus' text format."""
        self.queue.set(len(service.pool.queue))
        self.running.set(service.pool.queue.running)
        self.uploads.set(service.uploads)
        self.workers.set(len(service.pool.pids))
        self.memory.clear()
        self.memory.labels("server").set(resident_memory() or 0)
        for place, held in service.pool.memory.items():
            self.memory.labels(f"worker {place}").set(held)
        self.jobs.clear()
        for kind, state in service.jobs.states():
            self.jobs.labels(kind, state).inc()
        return generate_latest(self.registry)
