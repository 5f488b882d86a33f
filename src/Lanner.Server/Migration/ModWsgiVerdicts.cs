namespace Lanner.Server.Migration;

/// <summary>What is said of Apache's directives, and of the options of WSGIDaemonProcess, that have no setting here.</summary>
internal static class ModWsgiVerdicts
{
    private const string Later = "is not available in this version yet";

    /// <summary>For what is no directive of mod_wsgi.</summary>
    public const string Apache = "it concerns Apache, not the app: keep Apache (or nginx) in front where you need it";

    public static Verdicts Options { get; } = new Verdicts()
        .Ignored("processes have names that tell app and worker", "display-name")
        .Ignored("a request that runs too long is answered with 504, and its worker replaced, also while C code holds the GIL (request_timeout)", "deadlock-timeout")
        .Ignored("no second server's processes are in between: there is no such connection", "connect-timeout", "socket-timeout", "socket-user", "socket-rotation", "send-buffer-size", "receive-buffer-size", "header-buffer-size", "response-buffer-size", "response-socket-timeout", "listen-backlog", "eviction-timeout", "ignore-activity")
        .Ignored("the server's state and its metrics are on the control socket: lanner status, /metrics", "server-metrics", "verbose-debugging")
        .Ignored("CGI and other scripts are not run", "script-user", "script-group")
        .Refused("an idle worker costs nothing; to have the app's processes end when nobody asks for it, set start = \"lazy\" and idle_stop", "inactivity-timeout")
        .Refused("there is no such setting: see limits, or let the service manager set it", "umask", "supplementary-groups", "stack-size", "cpu-time-limit", "chroot")
        .Refused("eggs are not unpacked: set PYTHON_EGG_CACHE in env", "python-eggs");

    public static Verdicts Directives { get; } = new Verdicts()
        .Ignored("each app has processes of its own, and runs in their only interpreter, as with %{GLOBAL}", "WSGIApplicationGroup")
        .Ignored("Lanner reads Authorization as every header, and leaves it to the app", "WSGIPassAuthorization")
        .Ignored("Lanner has no such restriction, socket or lock", "WSGIRestrictStdin", "WSGIRestrictStdout", "WSGIRestrictSignal", "WSGIRestrictEmbedded", "WSGIRestrictProcess", "WSGISocketPrefix", "WSGISocketRotation", "WSGIAcceptMutex", "WSGILazyInitialization", "WSGIPy3kWarningFlag", "WSGIPythonWarnings", "WSGIPythonOptimize", "WSGIDontWriteBytecode", "WSGIPythonHashSeed", "WSGIDestroyInterpreter", "WSGIMapHEADToGET", "WSGIEnableSendfile", "WSGICaseSensitivity", "WSGIDaemonProcessLimits", "WSGIServerMetrics", "WSGISwitchInterval", "WSGIThreadIdlePolicy", "WSGIIgnoreActivity")
        .Ignored("bodies sent in chunks are always read", "WSGIChunkedRequest")
        .Ignored("X-Forwarded-For, -Proto and X-Request-ID are believed from trusted_proxies", "WSGITrustedProxyHeaders")
        .Refused("a changed script is not noticed by itself: run lanner reload, or send HUP; --watch for development", "WSGIScriptReloading", "WSGIReloadMechanism")
        .Refused("only functions are called before traffic: name one in setup (module:function), or import it in the app's own script", "WSGIImportScript")
        .Refused("authentication is the web server's in front, or the app's", "WSGIAuthUserScript", "WSGIAuthGroupScript", "WSGIAccessScript", "WSGIGroupAuthoritative", "WSGIUserAuthoritative")
        .Refused("apps are told apart by host and prefix only: write WSGIScriptAlias for each", "WSGIScriptAliasMatch", "WSGIDispatchScript", "WSGIHandlerScript", "WSGIActionScript")
        .Refused("the app's own answer is always sent", "WSGIErrorOverride")
        .Refused($"static {Later}: have the web server in front serve the files", "Alias", "AliasMatch", "DocumentRoot", "ScriptAlias")
        .Refused("it goes into each request's environ there; env sets it for the process (os.environ)", "SetEnv", "PassEnv", "SetEnvIf", "SetEnvIfNoCase", "UnsetEnv", "WSGIPythonEggs");
}
