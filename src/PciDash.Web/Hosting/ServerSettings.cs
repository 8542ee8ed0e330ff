using System.Globalization;
using System.Net;
using Microsoft.Extensions.Options;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Import;

namespace PciDash.Web.Hosting;

/// <summary>
/// Every key of the section, what it takes, and where it goes. The binder's own errors name a type; these name the key, what was given and
/// what would be right, all wrong ones at once, and a key that does not exist is wrong too.
/// </summary>
internal static class ServerSettings
{
    private sealed record Setting(string Key, string Takes, Func<ServerOptions, string, bool> TrySet);

    private static readonly Setting[] All =
    [
        Number(nameof(ServerOptions.Functions), 1, Scenario.MaxFunctions, (o, v) => o.Functions = (int)v),
        Number(nameof(ServerOptions.Cpus), 1, Scenario.MaxCpus, (o, v) => o.Cpus = (int)v),
        Number(nameof(ServerOptions.Boots), 1, Scenario.MaxBoots, (o, v) => o.Boots = (int)v),
        Number(nameof(ServerOptions.BridgeDepth), 0, Scenario.MaxBridgesAbove, (o, v) => o.BridgeDepth = (int)v),
        Number(nameof(ServerOptions.StateBytes), 1_024, Scenario.MaxStateBytes, (o, v) => o.StateBytes = (int)v),
        Number(nameof(ServerOptions.RunsAtOnce), 1, 64, (o, v) => o.RunsAtOnce = (int)v),
        Number(nameof(ServerOptions.RunSteps), 1_000, 1_000_000_000, (o, v) => o.RunSteps = v),
        Number(nameof(ServerOptions.RunEvents), 1_000, 5_000_000, (o, v) => o.RunEvents = (int)v),
        Number(nameof(ServerOptions.KeptEvents), 1_000, 1_000_000_000, (o, v) => o.KeptEvents = v),
        Number(nameof(ServerOptions.WarmUps), 0, 100, (o, v) => o.WarmUps = (int)v),
        Number(nameof(ServerOptions.SearchesAtOnce), 1, 64, (o, v) => o.SearchesAtOnce = (int)v),
        Number(nameof(ServerOptions.SearchThreads), 1, 64, (o, v) => o.SearchThreads = (int)v),
        Number(nameof(ServerOptions.SearchStates), 1_000, 100_000_000, (o, v) => o.SearchStates = (int)v),
        Number(nameof(ServerOptions.SearchBytes), 1_000_000, 100_000_000_000, (o, v) => o.SearchBytes = v),
        Number(nameof(ServerOptions.SearchSeconds), 1, 3_600, (o, v) => o.SearchSeconds = (int)v),
        Number(nameof(ServerOptions.MatricesAtOnce), 1, 64, (o, v) => o.MatricesAtOnce = (int)v),
        Number(nameof(ServerOptions.MatrixStates), 1_000, 100_000_000, (o, v) => o.MatrixStates = (int)v),
        Number(nameof(ServerOptions.MatrixBytes), 1_000_000, 100_000_000_000, (o, v) => o.MatrixBytes = v),
        Number(nameof(ServerOptions.MatrixSeconds), 1, 3_600, (o, v) => o.MatrixSeconds = (int)v),
        Number(nameof(ServerOptions.AuditsAtOnce), 1, 64, (o, v) => o.AuditsAtOnce = (int)v),
        Number(nameof(ServerOptions.ImportsAtOnce), 1, 64, (o, v) => o.ImportsAtOnce = (int)v),
        Number(nameof(ServerOptions.ImportBytes), 1_024, MachineImport.MaxBytes, (o, v) => o.ImportBytes = (int)v),
        // A link of 8,000 characters, each percent-encoded by a proxy's whim, and what stands around it.
        Number(nameof(ServerOptions.RequestLineBytes), 8_192, 65_536, (o, v) => o.RequestLineBytes = (int)v),
        Number(nameof(ServerOptions.PagesPerMinute), 0, 1_000_000, (o, v) => o.PagesPerMinute = (int)v),
        Number(nameof(ServerOptions.ApiPerMinute), 0, 1_000_000, (o, v) => o.ApiPerMinute = (int)v),
        Number(nameof(ServerOptions.ImportsPerMinute), 0, 1_000_000, (o, v) => o.ImportsPerMinute = (int)v),
        Number(nameof(ServerOptions.SharesPerHour), 0, 1_000_000, (o, v) => o.SharesPerHour = (int)v),
        Number(nameof(ServerOptions.GonePages), 0, 100_000, (o, v) => o.GonePages = (int)v),
        Number(nameof(ServerOptions.GonePageSeconds), 1, 86_400, (o, v) => o.GonePageSeconds = (int)v),
        Number(nameof(ServerOptions.StopSeconds), 1, 600, (o, v) => o.StopSeconds = (int)v),
        new(nameof(ServerOptions.TrustedProxies), "addresses with commas between, or nothing, are possible", (o, v) =>
        {
            o.TrustedProxies = v;
            return Addresses(v) is not null;
        }),
        new(nameof(ServerOptions.PublicAddress), "an address such as https://example.org, or nothing, is possible", (o, v) =>
        {
            o.PublicAddress = v;
            return v.Length == 0 || (Uri.TryCreate(v, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Query.Length == 0);
        }),
        new(nameof(ServerOptions.ShareFile), "the path of a file, or nothing (then there are no short ids), is possible", (o, v) =>
        {
            o.ShareFile = v;
            return !v.Contains('\0', StringComparison.Ordinal) && !v.EndsWith('/');
        }),
        Number(nameof(ServerOptions.ShareBytes), 1_024, 1 << 20, (o, v) => o.ShareBytes = (int)v),
        Number(nameof(ServerOptions.ShareTotalBytes), 1_000_000, 1_000_000_000_000, (o, v) => o.ShareTotalBytes = v),
        Number(nameof(ServerOptions.ShareDays), 0, 36_500, (o, v) => o.ShareDays = (int)v),
    ];

    /// <summary>The keys.</summary>
    public static IEnumerable<string> Keys => All.Select(s => s.Key);

    /// <summary>The addresses in a list, or null if one of them is none.</summary>
    public static IReadOnlyList<IPAddress>? Addresses(string list)
    {
        var found = new List<IPAddress>();
        foreach (var part in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!IPAddress.TryParse(part, out var address))
            {
                return null;
            }

            found.Add(address);
        }

        return found;
    }

    /// <summary>Reads the section into the options.</summary>
    /// <returns>One line for each problem.</returns>
    public static IReadOnlyList<string> Read(IConfigurationSection section, ServerOptions options)
    {
        var problems = new List<string>();
        foreach (var child in section.GetChildren())
        {
            var setting = Array.Find(All, s => s.Key.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (setting is null)
            {
                problems.Add($"{section.Key}:{Shown(child.Key)}: there is no such key; {string.Join(", ", Keys)} are possible");
            }
            else if (child.Value is not { } value || !setting.TrySet(options, value.Trim()))
            {
                problems.Add($"{section.Key}:{setting.Key}: {(child.Value is null ? "a list or an object" : $"'{Shown(child.Value)}'")} given; {setting.Takes}");
            }
        }

        return problems;
    }

    /// <summary>The options, checked when the server starts.</summary>
    public static void AddServerOptions(this IServiceCollection services)
    {
        var problems = new List<string>();
        services.AddOptions<ServerOptions>()
            .Configure<IConfiguration>((options, configuration) => problems.AddRange(Read(configuration.GetSection(ServerOptions.Section), options)))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<ServerOptions>>(new Found(problems));
        services.AddSingleton(s => s.GetRequiredService<IOptions<ServerOptions>>().Value);
    }

    private static Setting Number(string key, long least, long most, Action<ServerOptions, long> set) =>
        new(key, string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most} is possible"), (o, v) =>
        {
            if (!long.TryParse(v, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || number < least || number > most)
            {
                return false;
            }

            set(o, number);
            return true;
        });

    private static string Shown(string text) => text.Length <= 60 ? text.ReplaceLineEndings(" ") : text[..60].ReplaceLineEndings(" ") + "…";

    private sealed class Found(IReadOnlyList<string> problems) : IValidateOptions<ServerOptions>
    {
        public ValidateOptionsResult Validate(string? name, ServerOptions options) =>
            problems.Count > 0 ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
