"""Every setting of Gunicorn 20 to 23. What becomes of each here is in docs/migration-gunicorn.md."""
from __future__ import annotations

import os
from typing import Any, Mapping

from . import option
from .option import Option, addresses, anything, decimal, dotted, flag, hook, number, table, text, texts

COMMON_FORMAT = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'

HOOKS: dict[str, tuple[int, ...]] = {  # by how many arguments they take
    "on_starting": (1,),
    "on_reload": (1,),
    "when_ready": (1,),
    "pre_fork": (2,),
    "post_fork": (2,),
    "post_worker_init": (1,),
    "worker_int": (1,),
    "worker_abort": (1,),
    "pre_exec": (1,),
    "pre_request": (2,),
    "post_request": (2, 3, 4),
    "child_exit": (2,),
    "worker_exit": (2,),
    "nworkers_changed": (3,),
    "on_exit": (1,),
    "ssl_context": (2,),
}


def all_options(environ: Mapping[str, str], directory: str) -> dict[str, Option]:
    """By name; the environment changes some defaults."""
    port = environ.get("PORT", "")
    found = [
        Option("config", "-c --config", "./gunicorn.conf.py", text, "The configuration file: PATH, file:PATH or python:MODULE."),
        Option("wsgi_app", "", None, text),
        Option("bind", "-b --bind", [f"0.0.0.0:{port}" if port else "127.0.0.1:8000"], addresses, "HOST:PORT, unix:PATH or fd://N.", "append"),
        Option("backlog", "--backlog", 2048, decimal),
        Option("workers", "-w --workers", number(environ.get("WEB_CONCURRENCY") or 1), decimal, "Worker processes."),
        Option("worker_class", "-k --worker-class", "sync", dotted, "sync and gthread are threads here; gevent, eventlet and tornado become threads."),
        Option("threads", "--threads", 1, decimal, "Threads in each worker."),
        Option("worker_connections", "--worker-connections", 1000, decimal),
        Option("max_requests", "--max-requests", 0, decimal),
        Option("max_requests_jitter", "--max-requests-jitter", 0, decimal),
        Option("timeout", "-t --timeout", 30, decimal, "Seconds that a request may take; 0: no limit."),
        Option("graceful_timeout", "--graceful-timeout", 30, decimal),
        Option("keepalive", "--keep-alive", 2, decimal),
        Option("limit_request_line", "--limit-request-line", 4094, decimal),
        Option("limit_request_fields", "--limit-request-fields", 100, decimal),
        Option("limit_request_field_size", "--limit-request-field_size", 8190, decimal),
        Option("reload", "--reload", False, flag, "Reload when files change.", "store_true"),
        Option("reload_engine", "--reload-engine", "auto", text),
        Option("reload_extra_files", "--reload-extra-file", [], texts, "", "append"),
        Option("spew", "--spew", False, flag, "", "store_true"),
        Option("check_config", "--check-config", False, flag, "Load the configuration and the app, and exit.", "store_true"),
        Option("print_config", "--print-config", False, flag, "Print the configuration, load the app, and exit.", "store_true"),
        Option("preload_app", "--preload", False, flag, "Load the app before the workers are forked.", "store_true"),
        Option("sendfile", "--no-sendfile", None, flag, "", "store_false"),
        Option("reuse_port", "--reuse-port", False, flag, "", "store_true"),
        Option("chdir", "--chdir", directory, option.directory),
        Option("daemon", "-D --daemon", False, flag, "", "store_true"),
        Option("raw_env", "-e --env", [], texts, "NAME=VALUE for the app.", "append"),
        Option("pidfile", "-p --pid", None, text),
        Option("worker_tmp_dir", "--worker-tmp-dir", None, text),
        Option("user", "-u --user", os.geteuid(), option.account),
        Option("group", "-g --group", os.getegid(), option.account),
        Option("umask", "-m --umask", 0, number),
        Option("initgroups", "--initgroups", False, flag, "", "store_true"),
        Option("tmp_upload_dir", "", None, text),
        Option("secure_scheme_headers", "", {"X-FORWARDED-PROTOCOL": "ssl", "X-FORWARDED-PROTO": "https", "X-FORWARDED-SSL": "on"}, table),
        Option("forwarded_allow_ips", "--forwarded-allow-ips", texts(environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")), texts),
        Option("accesslog", "--access-logfile", None, text),
        Option("disable_redirect_access_to_syslog", "--disable-redirect-access-to-syslog", False, flag, "", "store_true"),
        Option("access_log_format", "--access-logformat", COMMON_FORMAT, text),
        Option("errorlog", "--error-logfile --log-file", "-", text),
        Option("loglevel", "--log-level", "info", text),
        Option("capture_output", "--capture-output", False, flag, "", "store_true"),
        Option("logger_class", "--logger-class", "gunicorn.glogging.Logger", dotted),
        Option("logconfig", "--log-config", None, text),
        Option("logconfig_dict", "", {}, table),
        Option("logconfig_json", "--log-config-json", None, text),
        Option("syslog_addr", "--log-syslog-to", "udp://localhost:514", text),
        Option("syslog", "--log-syslog", False, flag, "", "store_true"),
        Option("syslog_prefix", "--log-syslog-prefix", None, text),
        Option("syslog_facility", "--log-syslog-facility", "user", text),
        Option("enable_stdio_inheritance", "-R --enable-stdio-inheritance", False, flag, "", "store_true"),
        Option("statsd_host", "--statsd-host", None, text),
        Option("dogstatsd_tags", "--dogstatsd-tags", "", text),
        Option("statsd_prefix", "--statsd-prefix", "", text),
        Option("proc_name", "-n --name", None, text),
        Option("default_proc_name", "", "gunicorn", text),
        Option("pythonpath", "--pythonpath", None, text),
        Option("paste", "--paste --paster", None, text, "Serve the app of a PasteDeploy file: FILE or FILE#SECTION."),
        Option("proxy_protocol", "--proxy-protocol", False, flag, "", "store_true"),
        Option("proxy_allow_ips", "--proxy-allow-from", ["127.0.0.1"], texts),
        Option("keyfile", "--keyfile", None, text),
        Option("certfile", "--certfile", None, text),
        Option("ssl_version", "--ssl-version", None, anything),
        Option("cert_reqs", "--cert-reqs", 0, number),
        Option("ca_certs", "--ca-certs", None, text),
        Option("suppress_ragged_eofs", "--suppress-ragged-eofs", True, flag, "", "store_true"),
        Option("do_handshake_on_connect", "--do-handshake-on-connect", False, flag, "", "store_true"),
        Option("ciphers", "--ciphers", None, text),
        Option("raw_paste_global_conf", "--paste-global", [], texts, "", "append"),
        Option("permit_obsolete_folding", "--permit-obsolete-folding", False, flag, "", "store_true"),
        Option("strip_header_spaces", "--strip-header-spaces", False, flag, "", "store_true"),
        Option("permit_unconventional_http_method", "--permit-unconventional-http-method", False, flag, "", "store_true"),
        Option("permit_unconventional_http_version", "--permit-unconventional-http-version", False, flag, "", "store_true"),
        Option("casefold_http_method", "--casefold-http-method", False, flag, "", "store_true"),
        Option("forwarder_headers", "--forwarder-headers", ["SCRIPT_NAME", "PATH_INFO"], texts),
        Option("header_map", "--header-map", "drop", text),
        Option("tolerate_dangerous_framing", "--tolerate-dangerous-framing", False, flag, "", "store_true"),
    ]
    found.extend(Option(name, "", None, hook(*arities)) for name, arities in HOOKS.items())
    return {entry.name: entry for entry in found}


def is_hook(name: str) -> bool:
    return name in HOOKS


def plain(value: Any) -> Any:
    """For JSON: what is neither text, number, list nor table is told by its name."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return int(value) if isinstance(value, int) and type(value) not in (bool, int) else value
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    return repr(value)
