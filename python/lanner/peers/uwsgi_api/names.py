"""The names of uWSGI's API that have no counterpart here, and what to do instead."""
from __future__ import annotations

from typing import Any, Callable


class NotUnderLanner(NotImplementedError):
    """A function of uWSGI's was called that this server does not have."""


JOBS = "decorate a function with uwsgidecorators.spool, or with lanner.job, which has schedules too"
MULES = "there are no mules: a timer or lanner.job does work apart from requests"
CACHE = "there is no shared cache: use Redis or memcached"
SHARED = "memory is not shared between workers: use Redis, a database or a file with mmap"
RPC = "there is no RPC between servers: call the function, or use HTTP"
SOCKETS = "the front end owns the client's socket"
WEBSOCKET = "a WSGI app cannot speak WebSocket here: use an ASGI app"
ASYNC = "there are no async cores: workers have threads, and waiting in one does not stop the others"
METRICS = "the server's metrics are at GET /metrics of the control API; use prometheus_client for your own"
LIMIT = "set request_timeout for the app or for a path: request_timeout = { default = \"30s\", \"/reports/\" = \"10m\" }"
EMPEROR = "there is no emperor: one server runs several apps"
ROUTING = "there is no internal routing: set a header, or use mounts"
LOGGING = "the access log is the server's: see access_log and log_format"
QUEUE = "what waits, waits in the front end: see queue in GET /v1/apps/NAME of the control API"
BODY = "read environ['wsgi.input']: it gives chunked bodies too"

_INSTEAD = {
    JOBS: "spool send_to_spooler set_spooler_frequency spooler_jobs spooler_pid spooler_pids spooler_get_task",
    MULES: "mule_msg mule_get_msg farm_msg farm_get_msg install_mule_msg_hook",
    CACHE: "cache_get cache_set cache_update cache_del cache_exists cache_clear cache_keys cache_inc cache_dec cache_mul "
    "cache_div cache_num cache_magic",
    SHARED: "sharedarea_read sharedarea_write sharedarea_readbyte sharedarea_writebyte sharedarea_readlong sharedarea_writelong "
    "sharedarea_inclong sharedarea_declong sharedarea_rlock sharedarea_wlock sharedarea_unlock sharedarea_wait sharedarea_object "
    "sharedarea_memoryview sharedarea_read8 sharedarea_write8 sharedarea_read16 sharedarea_write16 sharedarea_read32 "
    "sharedarea_write32 sharedarea_read64 sharedarea_write64 sharedarea_inc8 sharedarea_inc16 sharedarea_inc32 sharedarea_inc64 "
    "sharedarea_dec8 sharedarea_dec16 sharedarea_dec32 sharedarea_dec64 queue_get queue_set queue_last queue_push queue_pull "
    "queue_pop queue_slot queue_pull_slot",
    RPC: "rpc rpc_list register_rpc call erlang_connect erlang_close erlang_send_message erlang_receive_message erlang_recv_message "
    "erlang_register_process erlang_rpc send_message send_multi_message async_send_message cluster cluster_nodes cluster_node_name "
    "cluster_best_node multicast_message_manager udp_message_manager",
    SOCKETS: "connection_fd disconnect send recv close connect is_connected sendfile offload start_response ready_fd "
    "fcgi recv_block recv_frame",
    WEBSOCKET: "websocket_handshake websocket_recv websocket_recv_nb websocket_send websocket_send_binary",
    ASYNC: "async_connect async_sleep async_id suspend green_schedule green_pause green_unpause_all wait_fd_read wait_fd_write",
    METRICS: "add_probe metric_get metric_set metric_inc metric_dec metric_mul metric_div metric_set_max metric_set_min "
    "snmp_set_community snmp_set_counter32 snmp_set_counter64 snmp_set_gauge snmp_incr_counter32 snmp_incr_counter64 "
    "snmp_incr_gauge snmp_decr_counter32 snmp_decr_counter64 snmp_decr_gauge",
    LIMIT: "set_user_harakiri",
    EMPEROR: "i_am_the_lord lord_scroll scrolls",
    ROUTING: "route add_var set_warning_message parsefile extract embedded_data alarm SymbolsImporter SymbolsZipImporter ZipImporter",
    LOGGING: "log_this_request",
    QUEUE: "listen_queue",
    BODY: "chunked_read chunked_read_nb",
    "lanner stop ends the server, and POST /v1/workers/PID/recycle this process": "stop",
}
UNSUPPORTED = {name: instead for instead, names in _INSTEAD.items() for name in names.split()}


def refuse(name: str, instead: str) -> Any:
    """Raises what says so."""
    raise NotUnderLanner(f"{name} does not exist under Lanner: {instead}")


def refusing(name: str) -> Callable[..., Any]:
    """A function that can be imported, passed on and looked for, and that refuses when it is called."""

    def refused(*arguments: Any, **keywords: Any) -> Any:
        refuse(f"uwsgi.{name}", UNSUPPORTED[name])

    refused.__name__ = refused.__qualname__ = name
    refused.__doc__ = f"Not under Lanner: {UNSUPPORTED[name]}."
    return refused
