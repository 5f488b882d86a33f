namespace Lanner.Server.Migration;

/// <summary>What is said of Gunicorn's settings that have none here.</summary>
internal static class GunicornVerdicts
{
    public const string Hook = "hooks of Gunicorn run under lanner gunicorn, not from lanner.toml";

    public static Verdicts All { get; } = new Verdicts()
        .Ignored("requests are spread by 10 % already", "max_requests_jitter")
        .Ignored("the template loads the app, and workers are forked from it; preload = false has each worker load it", "preload_app")
        .Ignored("what apps print is always in the log, with app, worker and request", "capture_output", "enable_stdio_inheritance", "disable_redirect_access_to_syslog")
        .Ignored("processes have names that tell app and worker", "proc_name", "default_proc_name")
        .Ignored("workers are watched without files", "worker_tmp_dir")
        .Ignored("connections are accepted at once, and 1000 requests may wait (queue)", "backlog", "worker_connections")
        .Ignored("connections are Kestrel's, which never lets a slow client hold a thread", "sendfile", "reuse_port", "http_parser", "http2_*", "http_protocols", "tolerate_dangerous_framing", "strip_header_spaces", "permit_*", "casefold_http_method", "header_map", "asgi_loop", "asgi_lifespan", "asgi_disconnect_grace_period", "no_sendfile")
        .Ignored("all headers of a request together are bounded, by max_header_bytes", "limit_request_field_size")
        .Ignored("X-Forwarded-Proto is believed from trusted_proxies", "secure_scheme_headers", "forwarder_headers")
        .Ignored("it only says more at start: use lanner check", "spew", "check_config", "print_config", "config", "reload_engine")
        .Refused("there is no loop of green threads: set threads to what the app needs at once; requests of waiting threads cost the others nothing", "gevent", "eventlet", "tornado")
        .Refused("fixed forms are written: Apache's combined, or JSON with log_format = \"json\"", "access_log_format", "logger_class")
        .Refused("configure the app's loggers in the app, with lanner.LogHandler", "logconfig", "logconfig_dict", "logconfig_json", "syslog*")
        .Refused("metrics are pulled, from /metrics on the control socket", "statsd*", "dogstatsd*")
        .Refused("Lanner stays in the foreground: let the service manager start it", "daemon")
        .Refused("Lanner writes no such file: stop it with lanner stop or through the service manager", "pidfile")
        .Refused("there is no such setting: see limits, or let the service manager set it", "umask", "initgroups")
        .Refused("the PROXY protocol is not spoken: have the proxy set X-Forwarded-For", "proxy_protocol", "proxy_allow_ips")
        .Refused("only a certificate and its key can be set", "ssl_version", "cert_reqs", "ca_certs", "ciphers", "suppress_ragged_eofs", "do_handshake_on_connect", "ssl_context")
        .Refused("files besides the app's own are not watched", "reload_extra_files")
        .Refused("global settings for Paste Deploy cannot be given: write them into [DEFAULT]", "raw_paste_global_conf")
        .Refused("it belongs to Gunicorn's own control socket or dirty workers", "control_socket*", "no_control_socket", "dirty_*")
        .Refused(Hook, "on_starting", "on_reload", "when_ready", "pre_fork", "post_fork", "post_worker_init", "worker_int", "worker_abort", "pre_exec", "pre_request", "post_request", "child_exit", "worker_exit", "nworkers_changed", "on_exit", "on_dirty_starting", "dirty_post_fork");
}
