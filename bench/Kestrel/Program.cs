using System.Globalization;
using System.Net;

// The ceiling: Kestrel answering the bytes of samples/hello by itself. The first argument is the port; with the second,
// "tuned", it is set up as in Lanner: one socket thread for four cores, completions inline.
bool tuned = args.Contains("tuned");
if (tuned)
{
    Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
    Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", Math.Max(1, Environment.ProcessorCount / 4).ToString(CultureInfo.InvariantCulture));
}
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore();
builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = tuned);
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Listen(IPAddress.Loopback, int.Parse(args[0], CultureInfo.InvariantCulture));
});
WebApplication app = builder.Build();
byte[] body = "Hello, world!\n"u8.ToArray();
app.Run(async context =>
{
    context.Response.ContentType = "text/plain; charset=utf-8";
    context.Response.ContentLength = body.Length;
    await context.Response.BodyWriter.WriteAsync(body);
});
await app.RunAsync();
