namespace Lanner.Server.Migration;

/// <summary>What is said of uWSGI's options that have no setting here.</summary>
internal static class UwsgiVerdicts
{
    private const string Later = "is not available in this version yet";
    private const string Proxy = "that belongs to the web server in front";
    private const string Manager = "processes are the service manager's: give them units of their own";

    public static Verdicts All { get; } = new Verdicts()
        .Ignored("Lanner always has one process that starts, watches and replaces the workers", "master", "no-orphans", "master-as-root", "worker-exec", "thunder-lock", "lock-engine", "ftok")
        .Ignored("Lanner removes its sockets when it ends, and replaces a dead one when it starts", "vacuum")
        .Ignored("TERM is always a graceful stop", "die-on-term", "exit-on-reload", "hook-master-start")
        .Ignored("threads of the app always run", "enable-threads", "T")
        .Ignored("each app has processes of its own, and runs in their only interpreter", "single-interpreter", "i", "multiple-interpreters")
        .Ignored("a worker takes traffic only when the app is loaded, and a server whose app cannot be loaded ends with exit code 3", "need-app")
        .Ignored("SCRIPT_NAME and PATH_INFO are always those of the mount", "manage-script-name", "mountpoint-check")
        .Ignored("Lanner speaks HTTP and Python without plug-ins", "plugin", "plugins", "plugin-dir", "plugins-dir", "need-plugin", "need-plugins", "autoload", "http-modifier1", "http-socket-modifier1", "pymodule-alias")
        .Ignored("every mistake in the settings is refused at start", "strict")
        .Ignored("processes have names that tell app and worker", "auto-procname", "procname", "procname-prefix", "procname-prefix-spaced", "procname-append", "procname-master")
        .Ignored("the whole body is read before a thread is used, in memory and then in a file (body_memory)", "post-buffering", "post-buffering-bufsize", "upload-progress")
        .Ignored("request line and headers may be larger than uWSGI allows (max_request_line, max_header_bytes)", "buffer-size", "b")
        .Ignored("requests are spread by 10 % already", "max-requests-delta", "max-worker-lifetime-delta", "min-worker-lifetime")
        .Ignored("the stacks of a request that runs too long are always logged", "harakiri-verbose", "py-tracebacker", "harakiri-no-arh", "harakiri-graceful-timeout", "harakiri-graceful-signal")
        .Ignored("workers come and go with the load, one by one, without a choice of algorithm", "cheaper-*")
        .Ignored("the server's state and its metrics are on the control socket: lanner status, lanner top, /metrics", "stats", "stats-server", "stats-http", "stats-minified", "stats-no-cores", "memory-report", "m", "carbon*", "statsd*", "show-config")
        .Ignored("connections are Kestrel's, which keeps them alive, reads chunks and never lets a slow client hold a thread", "http-*", "https-*", "so-keepalive", "tcp-nodelay", "tcp-fast-open*", "reuse-port", "offload-threads", "socket-timeout", "z", "so-send-timeout", "socket-send-timeout", "socket-write-timeout", "chunked-input-*", "thread-stacksize", "threads-stacksize", "close-on-exec", "close-on-exec2", "add-gzip*", "so-rcvbuf", "so-sndbuf", "socket-sndbuf", "socket-rcvbuf")
        .Ignored("a client that leaves is no error", "ignore-sigpipe", "ignore-write-errors", "disable-write-exception", "write-errors-tolerance", "write-errors-exception-only")
        .Ignored("Python's hooks around a fork always run, and Lanner mends what a fork shares by accident", "py-call-osafterfork", "py-call-uwsgi-fork-hooks", "py-sharedarea")
        .Ignored("a reload starts the new workers first and ends the old when they are ready", "chain-reload-delay", "touch-chain-reload-delay", "lazy-apps-chain-reload")
        .Ignored("loggers of the ini file are always configured", "paste-logger", "ini-paste-logged-logger")
        .Ignored("the log tells time, app, worker and request", "log-date", "logdate", "log-prefix", "log-micros", "log-master", "log-master-bufsize", "threaded-logger", "log-reopen", "L", "log-x-forwarded-for", "log-4xx", "log-5xx", "log-slow", "log-big", "log-zero", "log-sendfile", "log-ioerror")
        .Refused("a Unix socket gets the mode that the umask leaves: start Lanner with a umask under which the proxy may write to it (UMask= of systemd), or bind to TCP", "chmod-socket", "C", "chown-socket", "chgrp-socket")
        .Refused("fixed forms are written: Apache's combined, or JSON with log_format = \"json\"", "log-format", "logformat", "log-encoder", "logger", "log-route", "log-req-*")
        .Refused("Lanner does not rotate: let logrotate do it, and send USR1", "log-maxsize", "log-backupname", "logfile-chown", "logfile-chmod", "log-truncate", "touch-logreopen", "touch-logrotate")
        .Refused("Lanner stays in the foreground: let the service manager start it", "daemonize", "daemonize2", "d")
        .Refused("Lanner writes no such file: stop it with lanner stop or through the service manager", "pidfile", "pidfile2", "safe-pidfile", "safe-pidfile2")
        .Refused("files are not watched for that: run lanner reload, or send HUP", "touch-*", "fs-reload", "fs-brain-reload", "reload-os-env", "master-fifo")
        .Refused($"static {Later}: have the web server in front serve the files", "static-*", "check-static", "check-static-docroot", "mimefile", "file-serve-mode", "fileserve-mode")
        .Refused("a job is started once for all servers with the same state directory: write [job.NAME] with cron and the function to call", "legion-cron*", "unique-legion-cron", "cron-legion*")
        .Refused("a timer without code only raises a signal: @timer and @cron of uwsgidecorators work as they stand; exactly once, whatever ends, is [job.NAME] with every or cron", "timer", "timer2", "rbtimer")
        .Refused("each job has its own: timeout in [job.NAME]", "cron-harakiri")
        .Refused("the server's metrics are at /metrics", "snmp*")
        .Ignored("functions of @spool and @spoolraw become jobs: their runs are kept in the state directory until they have succeeded", "spooler", "spooler-processes", "spooler-quiet", "spooler-ordered", "spooler-chdir", "spooler-max-tasks", "spooler-frequency", "spooler-freq", "spooler-signal-as-task", "spooler-cheap", "spooler-external")
        .Refused("only what is spooled by functions of @spool and @spoolraw is carried out, as jobs", "spooler*")
        .Refused("there are no mules: @lanner.job and [job.NAME] run functions apart from requests, @timer of uwsgidecorators works as it stands", "mule*", "farm", "farms")
        .Refused("only functions are called before traffic: name one in setup (module:function), or import the module in the app", "import", "pyimport", "python-import", "py-import", "shared-import", "shared-pyimport", "shared-python-import", "spooler-import", "spooler-python-import", "pyrun", "early-pyimport")
        .Refused("there is no loop of green threads: set threads to what the app needs at once; requests of waiting threads cost the others nothing", "gevent", "gevent-*", "ugreen", "greenlet", "async", "asyncio", "tornado", "loop", "eventlet", "gevent")
        .Refused(Proxy, "route*", "final-route*", "error-route*", "response-route*", "add-header", "del-header", "rem-header", "collect-header", "error-page-*", "subscribe*", "fastrouter*", "rawrouter*", "sslrouter*", "http-to", "http-subscription-server", "ssl-*", "sni*", "http-resubscribe")
        .Refused(Manager, "attach-daemon*", "smart-attach-daemon*", "legion-attach-daemon*", "smart-daemon*", "emperor*", "vassal*", "zerg*", "legion*")
        .Refused("hooks of the shell are the service manager's (ExecStartPre= and the like); of Python, the app's own", "exec-*", "hook-*", "call-*", "as-root*")
        .Refused("the uwsgi module has no such service under Lanner", "cache*", "queue*", "sharedarea*", "locks", "signal*", "rpc*", "websocket*", "alarm*")
        .Refused("there is no such setting: see limits, or let the service manager set it", "limit-nproc", "cpu-affinity", "cgroup*", "chroot", "umask", "unshare", "namespace*", "fs-*", "add-gid", "gid-list", "additional-gid", "cap", "numa*")
        .Refused("tracebacks go to the log, and to the browser only with --watch", "catch-exceptions", "reload-on-exception*", "reload-on-fd", "py-auto-*")
        .Refused("it is no WSGI app", "pump", "web3", "django-*", "pecan", "eval", "rack", "psgi", "cgi", "php*", "ruby*", "lua*", "go-*")
        .Refused("the file is not ini: bring it into an ini file first", "xml", "x", "json", "j", "yaml", "yml", "y", "sqlite3", "ldap", "cfg");
}
