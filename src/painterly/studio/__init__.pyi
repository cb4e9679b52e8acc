from .folder import page_folder

__all__ = ["page_folder"]
