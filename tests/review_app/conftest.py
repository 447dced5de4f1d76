"""Every test here may drive a browser."""

from browser import chromium, page, streamlit_app

__all__ = ["chromium", "page", "streamlit_app"]
