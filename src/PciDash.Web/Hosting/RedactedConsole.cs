using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace PciDash.Web.Hosting;

/// <summary>
/// A share link holds somebody's machine, so it must not reach a log. Log levels alone don't ensure that: the framework
/// names addresses in errors too (a failed navigation, for one). So the console, our only log, cuts them out of every line.
/// </summary>
internal sealed partial class RedactedConsole() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "redacted";

    // Scopes are left out on purpose: the request's scope is its path.
    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopes, TextWriter output) =>
        output.WriteLine(Redact($"{DateTime.UtcNow:O} {entry.LogLevel} {entry.Category}: {entry.Formatter(entry.State, entry.Exception)} {entry.Exception}"));

    internal static string Redact(string text) => SharePayload().Replace(text, "$1…").TrimEnd();

    // A page by link, what /api makes of one, and a short id, which opens as much.
    [GeneratedRegex(@"((?:/|%2f)(?:s|i|api(?:/|%2f)[a-z]+)(?:/|%2f))[^\s""'<>]+", RegexOptions.IgnoreCase)]
    private static partial Regex SharePayload();
}

internal static class RedactedConsoleExtensions
{
    public static void UseRedactedConsole(this ILoggingBuilder logging) => logging
        .ClearProviders()
        .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
        .AddConsole(console => console.FormatterName = RedactedConsole.FormatterName)
        .AddConsoleFormatter<RedactedConsole, ConsoleFormatterOptions>();
}
