from .app import create_app
from .running import free_socket, serve
from .settings import ServerSettings

__all__ = ["ServerSettings", "create_app", "free_socket", "serve"]
