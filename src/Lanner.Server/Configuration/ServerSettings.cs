using Lanner.Server.Configuration.Values;
using Lanner.Gateway;
using Lanner.Jobs.Definitions;
using Lanner.State.Settings;
using Lanner.Supervision;
using Microsoft.Extensions.Logging;

namespace Lanner.Server.Configuration;

/// <summary>
/// Everything the server was told, checked and complete: every path is absolute and every default is filled in.
/// Immutable; a reload reads a new one. Each property is declared in <see cref="ServerSettingTable"/>.
/// </summary>
internal sealed record ServerSettings
{
    public IReadOnlyList<BindAddress> Bind { get; init; } = [new TcpBindAddress { Host = "127.0.0.1", Port = 8000 }];

    /// <summary>Who may connect to the Unix sockets of <see cref="Bind"/>; null: as the process's umask says. Set for other servers' users.</summary>
    public UnixFileMode? SocketMode { get; init; }

    /// <summary><c>unix:/absolute/path</c> or <c>HOST:PORT</c>.</summary>
    public string Control { get; init; } = "unix:.lanner/control.sock";

    /// <summary>Whether nobody has said where the control API is to listen: then it is no reason not to serve when it cannot.</summary>
    public bool ControlIsDefault { get; init; }

    /// <summary>What clients of a control address on TCP must show; null for a Unix socket.</summary>
    public string? ControlToken { get; init; }

    /// <summary>Where changes through the control API are noted: an absolute path, or <c>off</c>. The default is made absolute by the loader.</summary>
    public string AuditLog { get; init; } = ".lanner/audit.log";

    /// <summary>Whether apps are reloaded when their files change.</summary>
    public bool Watch { get; init; }

    /// <summary>A path prefix for liveness and readiness on the public address, without a slash at its end; null: only on the control address.</summary>
    public string? Health { get; init; }

    /// <summary>How long it serves on after TERM, while it says that it is not ready; null: not at all.</summary>
    public TimeSpan? DrainDelay { get; init; }

    /// <summary><c>off</c>, <c>-</c> for standard output, or an absolute path.</summary>
    public string AccessLog { get; init; } = "off";

    /// <summary>When the access log is rotated; null: never by the server.</summary>
    public LogRotation? AccessLogRotation { get; init; }

    /// <summary><c>-</c> for standard error, or an absolute path.</summary>
    public string Log { get; init; } = "-";

    /// <summary>When the log is rotated; null: never by the server.</summary>
    public LogRotation? LogRotation { get; init; }

    public LogFormat LogFormat { get; init; } = LogFormat.Text;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Where metrics and spans are pushed; null: as the standard variables of OpenTelemetry say, else nowhere.</summary>
    public OtlpSettings? Otlp { get; init; }

    /// <summary>A PEM file; TLS is on for every TCP address when it is set.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary>A PEM file; null when the key is in <see cref="TlsCertificate"/>.</summary>
    public string? TlsKey { get; init; }

    /// <summary>What keeps live settings and runs of jobs; its directory is absolute.</summary>
    public StateLocation State { get; init; } = StateLocation.Default;

    /// <summary>The name of the cluster.</summary>
    public string Cluster { get; init; } = "lanner";

    /// <summary>On how many servers of NATS the state is kept; 0: on 3 where NATS is a cluster, else on 1.</summary>
    public int ClusterCopies { get; init; }

    /// <summary>A PEM file of the authorities that may sign certificates of NATS; null: the system's.</summary>
    public string? ClusterCertificates { get; init; }

    /// <summary>A node that is not heard of for so long is taken for gone.</summary>
    public TimeSpan ClusterTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public GatewaySettings Gateway { get; init; } = new();

    /// <summary>Bytes of a request line. 16 KiB: the browsers' and proxies' usual bound of 8 KiB, twice.</summary>
    public int MaxRequestLine { get; init; } = 16 * 1024;

    /// <summary>Bytes of all request headers together.</summary>
    public int MaxHeaderBytes { get; init; } = 64 * 1024;

    public int MaxHeaders { get; init; } = 100;

    /// <summary>How long an idle connection stays open; longer than the 60 s of common load balancers, so that they close first.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>How long a client may take to send a request's head.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where each setting that was given comes from: the app's name, or "" for the server's, and the key. Only to be shown.</summary>
    public IReadOnlyDictionary<(string Scope, string Key), Origin> Origins { get; init; } = new Dictionary<(string, string), Origin>();

    /// <summary>The jobs of the file.</summary>
    public IReadOnlyList<JobDeclaration> Jobs { get; init; } = [];

    /// <summary>At least one, in the order of the file.</summary>
    public IReadOnlyList<ConfiguredApp> Apps { get; init; } = [];
}

/// <summary>An app and where it answers.</summary>
internal sealed record ConfiguredApp
{
    public required AppDefinition Definition { get; init; }

    /// <summary>At least one once the configuration is complete.</summary>
    public IReadOnlyList<MountPath> Mounts { get; init; } = [new MountPath { Prefix = "/" }];

    /// <summary>First values, schema and limit of the live settings.</summary>
    public SettingsRules Settings { get; init; } = SettingsRules.None;

    /// <summary>As written; complete in the definition.</summary>
    public IReadOnlyList<WarmupTarget> Warmup { get; init; } = [];
}

/// <summary>How the log and the access log are written.</summary>
internal enum LogFormat
{
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}
