"""Log redaction: every task log loses what looks like a place before it is written.

`[logging] logging_config_class = governance.adapters.airflow.logs.LOGGING_CONFIG`; `[governance] logging_config_class` names the
configuration that it wraps. The supervisor applies `REMOTE_TASK_LOG.processors` to each event before the file is written.
"""

from collections.abc import Mapping, MutableMapping
from importlib import import_module
from typing import Any

import structlog

from governance.adapters.airflow.leaks import scrub
from governance.adapters.airflow.versions import conf

_DEFAULT = "airflow.config_templates.airflow_local_settings.DEFAULT_LOGGING_CONFIG"
_KEPT = frozenset({"timestamp", "level", "logger", "lineno", "filename", "func_name"})


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A structlog processor: the event with every place replaced."""
    return {key: value if key in _KEPT else scrub(value) for key, value in event.items()}


def _redact_console() -> None:
    """Put redaction before the renderer of this process's own structlog configuration, once."""
    processors = structlog.get_config()["processors"]
    if isinstance(processors, list) and redact not in processors:
        processors.insert(max(len(processors) - 1, 0), redact)


class RedactingTaskLog:
    """Redacts, and leaves uploading and reading to the remote log that it wraps, if there is one."""

    def __init__(self, inner: Any = None) -> None:  # noqa: ANN401 - any remote log of Airflow
        """Wrap a remote log."""
        self.inner = inner

    @property
    def processors(self) -> tuple[Any, ...]:
        """Redaction first, so that what the wrapped log's processors send away is redacted too.

        The process that asks is about to forward a task's output; some executors forward it to their own console as well, so that is
        redacted from here on, too.
        """
        _redact_console()
        return (redact, *(getattr(self.inner, "processors", None) or ()))

    def upload(self, path: Any, ti: Any = None) -> None:  # noqa: ANN401 - Airflow's interface
        """Upload as the wrapped log does."""
        if self.inner is not None:
            self.inner.upload(path, ti)

    def read(self, relative_path: str, ti: Any) -> Any:  # noqa: ANN401 - Airflow's interface
        """Read as the wrapped log does."""
        return self.inner.read(relative_path, ti) if self.inner is not None else ([], None)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else the wrapped log offers
        """Whatever else the wrapped log offers, as if it stood here itself."""
        if name.startswith("__") or self.__dict__.get("inner") is None:
            raise AttributeError(name)
        return getattr(self.inner, name)


def _configuration() -> tuple[dict[str, Any], Any, str | None]:
    module_name, _, attribute = (conf.get("governance", "logging_config_class", fallback="") or _DEFAULT).rpartition(".")
    module = import_module(module_name)
    inner = getattr(module, "REMOTE_TASK_LOG", None) or _by_scheme()
    return getattr(module, attribute), inner, getattr(module, "DEFAULT_REMOTE_CONN_ID", None)


def _by_scheme() -> Any:  # noqa: ANN401 - any remote log of Airflow
    """The remote log that a provider registers for `[logging] remote_base_log_folder` (Airflow 3.3 and later)."""
    folder = conf.get("logging", "remote_base_log_folder", fallback="") or ""
    if "://" not in folder or not conf.getboolean("logging", "remote_logging", fallback=False):
        return None
    from airflow.providers_manager import ProvidersManager
    from airflow.sdk.module_loading import import_string

    finder = getattr(ProvidersManager(), "remote_logging_handler_by_scheme", None)
    info = finder(folder.partition("://")[0]) if finder else None
    return import_string(info.classpath).from_config() if info else None


LOGGING_CONFIG, _inner, DEFAULT_REMOTE_CONN_ID = _configuration()
REMOTE_TASK_LOG = RedactingTaskLog(_inner)
