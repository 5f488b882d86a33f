using Lanner.Server.Configuration.Values;
using Microsoft.Extensions.Logging;

namespace Lanner.Server.Configuration;

/// <summary>Every setting of <c>[server]</c>, declared once.</summary>
internal static class ServerSettingTable
{
    private static readonly DurationKind Duration = new();

    public static IReadOnlyList<Setting<ServerSettings>> All { get; } =
    [
        new Setting<ServerSettings, IReadOnlyList<BindAddress>>("bind", new ListKind<BindAddress>(new BindAddressKind()),
            s => s.Bind, (s, v) => s with { Bind = v },
            "Where the server listens. Port 0 lets the system choose; fd:N is a socket inherited from the service manager.")
            { Option = new OptionForm("--bind", "ADDRESS") { Alias = "-b" } },
        new Setting<ServerSettings, string>("control", new ControlAddressKind(),
            s => s.Control, (s, v) => s with { Control = v },
            "Where the control API listens; $LANNER_CONTROL changes the default.")
            { Option = new OptionForm("--control", "ADDRESS") },
        new Setting<ServerSettings, string>("access_log", new AccessLogKind(),
            s => s.AccessLog, (s, v) => s with { AccessLog = v },
            "Where each finished request is told: nowhere, standard output, or a file.")
            { Option = new OptionForm("--access-log", "FILE|-|off") },
        new Setting<ServerSettings, LogRotation?>("access_log_rotate", new LogRotationKind(),
            s => s.AccessLogRotation, (s, v) => s with { AccessLogRotation = v },
            "When the server rotates the access log: before its file would exceed size it becomes .1, and keep old files stay (5 unless said)."),
        new Setting<ServerSettings, string>("log", new LogKind(),
            s => s.Log, (s, v) => s with { Log = v },
            "Where the log goes, with what apps print and log: standard error, or a file.")
            { Option = new OptionForm("--log", "FILE|-") },
        new Setting<ServerSettings, LogRotation?>("log_rotate", new LogRotationKind(),
            s => s.LogRotation, (s, v) => s with { LogRotation = v },
            "When the server rotates the log, as access_log_rotate."),
        new Setting<ServerSettings, LogFormat>("log_format", new ChoiceKind<LogFormat>(("text", LogFormat.Text), ("json", LogFormat.Json)),
            s => s.LogFormat, (s, v) => s with { LogFormat = v },
            "Lines for people or one JSON object a line, for the log and the access log. The access log's text is Apache's combined form.")
            { Option = new OptionForm("--log-format", "text|json") },
        new Setting<ServerSettings, LogLevel>("log_level", new ChoiceKind<LogLevel>(
                ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("info", LogLevel.Information),
                ("warning", LogLevel.Warning), ("error", LogLevel.Error), ("critical", LogLevel.Critical)),
            s => s.LogLevel, (s, v) => s with { LogLevel = v },
            "What the server tells of itself at least. Records of Python's logging have the level of their logger: log_level of the app.")
            { Option = new OptionForm("--log-level", "LEVEL") },
        new Setting<ServerSettings, string>("tls_certificate", new PathKind("a PEM file"),
            s => s.TlsCertificate!, (s, v) => s with { TlsCertificate = v },
            "The certificate, with its chain, as PEM; every TCP address then speaks TLS.")
            { DefaultText = "none", Option = new OptionForm("--tls-certificate", "FILE") },
        new Setting<ServerSettings, string>("tls_key", new PathKind("a PEM file"),
            s => s.TlsKey!, (s, v) => s with { TlsKey = v },
            "The certificate's key as PEM.")
            { DefaultText = "in the file of tls_certificate", IsSecret = true, Option = new OptionForm("--tls-key", "FILE") },
        new Setting<ServerSettings, TrustedPeers>("trusted_proxies", new TrustedPeersKind(),
            s => new TrustedPeers(s.Gateway.TrustedProxies, s.Gateway.TrustUnixPeers),
            (s, v) => s with { Gateway = s.Gateway with { TrustedProxies = v.Networks, TrustUnixPeers = v.Unix } },
            "Peers whose X-Forwarded-For, X-Forwarded-Proto and X-Request-ID are believed; \"unix\" is whoever connects over a Unix socket.")
            { Option = new OptionForm("--trusted-proxies", "NETWORK") },
        new Setting<ServerSettings, long?>("body_memory", new SizeKind(1024, int.MaxValue),
            s => s.Gateway.BodyMemory, (s, v) => s with { Gateway = s.Gateway with { BodyMemory = (int)v!.Value } },
            "How much of a request's body is kept in memory; a longer body goes to a temporary file."),
        new Setting<ServerSettings, long?>("max_body", new SizeKind(0, long.MaxValue, orNone: true),
            s => s.Gateway.MaxBody, (s, v) => s with { Gateway = s.Gateway with { MaxBody = v } },
            "The longest request body; a longer one is refused with 413.")
            { Option = new OptionForm("--max-body", "SIZE") },
        new Setting<ServerSettings, TimeSpan>("body_timeout", Duration,
            s => s.Gateway.BodyTimeout, (s, v) => s with { Gateway = s.Gateway with { BodyTimeout = v } },
            "How long a client may send nothing in the midst of a body; then 408."),
        new Setting<ServerSettings, long?>("response_memory", new SizeKind(1024, int.MaxValue),
            s => s.Gateway.ResponseMemory, (s, v) => s with { Gateway = s.Gateway with { ResponseMemory = (int)v!.Value } },
            "How much of a response waits in memory for a slow client; what is more goes to a temporary file."),
        new Setting<ServerSettings, long?>("response_spool", new SizeKind(0, long.MaxValue),
            s => s.Gateway.ResponseSpool, (s, v) => s with { Gateway = s.Gateway with { ResponseSpool = v!.Value } },
            "How much of a response waits in a temporary file for a slow client; then the app is held back."),
        new Setting<ServerSettings, string>("spool_directory", new PathKind("a directory"),
            s => s.Gateway.SpoolDirectory, (s, v) => s with { Gateway = s.Gateway with { SpoolDirectory = v } },
            "The directory of temporary files.")
            { DefaultText = "$TMPDIR, or \"/tmp\"" },
        new Setting<ServerSettings, long?>("max_request_line", new SizeKind(256, 1024 * 1024),
            s => s.MaxRequestLine, (s, v) => s with { MaxRequestLine = (int)v!.Value },
            "The longest request line, with the method and the target."),
        new Setting<ServerSettings, long?>("max_header_bytes", new SizeKind(1024, 16 * 1024 * 1024),
            s => s.MaxHeaderBytes, (s, v) => s with { MaxHeaderBytes = (int)v!.Value },
            "The size of all headers of a request together."),
        new Setting<ServerSettings, int>("max_headers", new WholeNumberKind(1, 10_000),
            s => s.MaxHeaders, (s, v) => s with { MaxHeaders = v },
            "The number of headers of a request."),
        new Setting<ServerSettings, TimeSpan>("keep_alive_timeout", Duration,
            s => s.KeepAliveTimeout, (s, v) => s with { KeepAliveTimeout = v },
            "How long an idle connection stays open."),
        new Setting<ServerSettings, TimeSpan>("header_timeout", Duration,
            s => s.HeaderTimeout, (s, v) => s with { HeaderTimeout = v },
            "How long a client may take to send the head of a request."),
        new Setting<ServerSettings, TimeSpan?>("drain_delay", new OptionalDurationKind(),
            s => s.DrainDelay, (s, v) => s with { DrainDelay = v },
            "How long the server serves on after TERM, with /ready at 503, until it stops accepting: load balancers need the time to see it.")
            { Option = new OptionForm("--drain-delay", "DURATION") },
        new Setting<ServerSettings, string?>("health", new OptionalTextKind("a path prefix such as \"/-\""),
            s => s.Health, (s, v) => s with { Health = v },
            "A path prefix under which the public address answers /live and /ready itself, never queued behind workers.")
            { DefaultText = "none" },
        new Setting<ServerSettings, string?>("control_token", new OptionalTextKind("a secret text"),
            s => s.ControlToken, (s, v) => s with { ControlToken = v },
            "What clients of a control address on TCP must show (Authorization: Bearer); $LANNER_CONTROL_TOKEN changes the default.")
            { DefaultText = "none", IsSecret = true },
        new Setting<ServerSettings, string>("audit_log", new AuditLogKind(),
            s => s.AuditLog, (s, v) => s with { AuditLog = v },
            "Where each change through the control API is noted, with who made it and what came of it: a file that is its owner's alone, or \"off\".")
            { DefaultText = "\".lanner/audit.log\"; under systemd audit.log in $STATE_DIRECTORY" },
        new Setting<ServerSettings, OtlpSettings?>("otlp", new OtlpKind(),
            s => s.Otlp, (s, v) => s with { Otlp = v },
            "Where metrics and spans are pushed: [server.otlp] with endpoint, protocol (\"http/protobuf\" or \"grpc\"), headers, interval, sampling (0 to 1), metrics, traces (true or false). Without it the standard variables OTEL_… say.")
            { DefaultText = "$OTEL_EXPORTER_OTLP_ENDPOINT" },
        new Setting<ServerSettings, JobLimits>("jobs", new JobLimitsKind(),
            s => s.JobLimits, (s, v) => s with { JobLimits = v },
            "What holds for all jobs: [server.jobs] with missed_after (due and not started for so long is missed, until then late), queue (runs of a job that may wait), max_arguments and max_result (how much JSON a run may be given, and is kept of what it returns; 16KB to 2MB), max_log (how much of a run's log and traceback is kept), give_up_after (how long after the start runs that were interrupted wait for an app to tell their job)."),
        new Setting<ServerSettings, bool>("watch", new BooleanKind(),
            s => s.Watch, (s, v) => s with { Watch = v },
            "For development: the apps are reloaded when their files change, and the browser shows the traceback while the code is broken.")
            { Option = new OptionForm("--watch", "") { FlagValue = "true" } },
        new Setting<ServerSettings, StateLocation>("state", new StateKind(),
            s => s.State, (s, v) => s with { State = v },
            "What keeps live settings and the runs of jobs: a directory, in a file state.db, each server its own; or, for servers on several machines, NATS with JetStream: \"nats://HOST:PORT\" or \"tls://HOST:PORT\", several with commas between them, USER:PASSWORD@ or TOKEN@ before the first. $LANNER_STATE changes the default.")
            { DefaultText = "\".lanner\" under the directory that the server is started in; under systemd $STATE_DIRECTORY" },
        new Setting<ServerSettings, string>("cluster", new ClusterNameKind(),
            s => s.Cluster, (s, v) => s with { Cluster = v },
            "With NATS: the name of the cluster; servers with the same name share their state."),
        new Setting<ServerSettings, int>("cluster_copies", new WholeNumberKind(0, 5),
            s => s.ClusterCopies, (s, v) => s with { ClusterCopies = v },
            "With NATS: on how many of its servers the state is kept; 0: on 3 where NATS is a cluster, else on 1."),
        new Setting<ServerSettings, string>("cluster_certificates", new PathKind("a PEM file"),
            s => s.ClusterCertificates!, (s, v) => s with { ClusterCertificates = v },
            "With tls:// the authorities that may have signed the certificates of NATS, as PEM.")
            { DefaultText = "the system's" },
        new Setting<ServerSettings, TimeSpan>("cluster_timeout", Duration,
            s => s.ClusterTimeout, (s, v) => s with { ClusterTimeout = v },
            "With NATS: a server that is not heard of for so long is taken for gone: what it ran is taken over, and changes of settings wait for it no longer."),
    ];
}
