using System.Globalization;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Scenarios.Import;

namespace PciDash.Web.Hosting;

/// <summary>
/// What this server may spend: section "PciDash" of its configuration. What the keys mean and take is <see cref="ServerSettings"/>'s table;
/// the model's own limits (functions, bridges, boots) are not here, since links must open alike everywhere.
/// </summary>
public sealed class ServerOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "PciDash";

    /// <summary>As if nothing were configured.</summary>
    public static ServerOptions Default { get; } = new();

    /// <summary>Functions of a machine; no machine may have more than the default, here and below.</summary>
    public int Functions { get; set; } = Scenario.MaxFunctions;

    /// <summary>CPUs of a boot.</summary>
    public int Cpus { get; set; } = Scenario.MaxCpus;

    /// <summary>Boots of a scenario.</summary>
    public int Boots { get; set; } = Scenario.MaxBoots;

    /// <summary>Bridges above a function.</summary>
    public int BridgeDepth { get; set; } = Scenario.MaxBridgesAbove;

    /// <summary>Bytes of a run's state.</summary>
    public int StateBytes { get; set; } = Scenario.MaxStateBytes;

    /// <summary>Runs that are computed at once.</summary>
    public int RunsAtOnce { get; set; } = 2;

    /// <summary>Single steps of a run.</summary>
    public long RunSteps { get; set; } = 8_000_000;

    /// <summary>Recorded events of a run.</summary>
    public int RunEvents { get; set; } = 1_000_000;

    /// <summary>Events of all runs that are kept, about 120 bytes each with what is drawn from them.</summary>
    public long KeptEvents { get; set; } = 2_000_000;

    /// <summary>Times that every preset is run when the server starts, so that the first visitor's runs are as fast as the next one's; 0 = none.</summary>
    public int WarmUps { get; set; } = 4;

    /// <summary>Searches over all orderings at once.</summary>
    public int SearchesAtOnce { get; set; } = 2;

    /// <summary>Threads of a search that nobody else waits beside; otherwise each has one.</summary>
    public int SearchThreads { get; set; } = 2;

    /// <summary>States of a search.</summary>
    public int SearchStates { get; set; } = 2_000_000;

    /// <summary>Bytes of a search's states.</summary>
    public long SearchBytes { get; set; } = 500_000_000;

    /// <summary>Seconds of a search.</summary>
    public int SearchSeconds { get; set; } = 20;

    /// <summary>Matrices and sweeps at once.</summary>
    public int MatricesAtOnce { get; set; } = 2;

    /// <summary>States of one search of a matrix.</summary>
    public int MatrixStates { get; set; } = 400_000;

    /// <summary>Bytes of one search of a matrix.</summary>
    public long MatrixBytes { get; set; } = 100_000_000;

    /// <summary>Seconds of one search of a matrix.</summary>
    public int MatrixSeconds { get; set; } = 3;

    /// <summary>Audits at once.</summary>
    public int AuditsAtOnce { get; set; } = 2;

    /// <summary>Imports at once.</summary>
    public int ImportsAtOnce { get; set; } = 2;

    /// <summary>Bytes of an import.</summary>
    public int ImportBytes { get; set; } = MachineImport.MaxBytes;

    /// <summary>Bytes of a request's first line, which holds the link.</summary>
    public int RequestLineBytes { get; set; } = 16 * 1024;

    /// <summary>Page loads and reconnections per minute and address; 0 = any number.</summary>
    public int PagesPerMinute { get; set; } = 3_000;

    /// <summary>Calls of /api per minute and address; 0 = any number.</summary>
    public int ApiPerMinute { get; set; } = 60;

    /// <summary>Imports per minute and address; 0 = any number.</summary>
    public int ImportsPerMinute { get; set; } = 60;

    /// <summary>Short ids per hour and address; 0 = any number.</summary>
    public int SharesPerHour { get; set; } = 60;

    /// <summary>Pages whose browser has gone that are kept for its return.</summary>
    public int GonePages { get; set; } = 100;

    /// <summary>Seconds for which they are kept.</summary>
    public int GonePageSeconds { get; set; } = 180;

    /// <summary>Seconds that requests have to end when the server stops.</summary>
    public int StopSeconds { get; set; } = 10;

    /// <summary>Addresses of proxies whose X-Forwarded-For is believed, with commas; empty = nobody's.</summary>
    public string TrustedProxies { get; set; } = "";

    /// <summary>The file of short ids, from the app's folder; empty = there are no short ids.</summary>
    public string ShareFile { get; set; } = "pcidash.db";

    /// <summary>Bytes of what one short id holds.</summary>
    public int ShareBytes { get; set; } = 256 * 1024;

    /// <summary>Bytes of all of them.</summary>
    public long ShareTotalBytes { get; set; } = 1_000_000_000;

    /// <summary>Days for which a short id is kept after it was made; 0 = for ever.</summary>
    public int ShareDays { get; set; }

    /// <summary>What goes before links that are sent away, such as https://example.org; empty = the address that was asked for.</summary>
    public string PublicAddress { get; set; } = "";

    /// <summary>What goes before the links in an answer.</summary>
    internal string AddressOf(HttpRequest request) => PublicAddress.Length > 0 ? PublicAddress.TrimEnd('/') : $"{request.Scheme}://{request.Host}";

    /// <summary>The scenario, if it is not larger than this server computes.</summary>
    /// <exception cref="ScenarioException">It is: what it has, and what would be possible.</exception>
    internal Scenario Taken(Scenario scenario)
    {
        var problems = new List<string>();
        void Bound(string what, int given, int most)
        {
            if (given > most)
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"{what}: {given} given; this server computes up to {most}, the command line more"));
            }
        }

        Bound("functions", scenario.Functions.Count, Functions);
        Bound("boots", scenario.Boots.Count, Boots);
        for (var b = 0; b < scenario.Boots.Count; b++)
        {
            Bound(string.Create(CultureInfo.InvariantCulture, $"boots[{b}].cpus"), scenario.Boots[b].Cpus, Cpus);
        }

        var above = scenario.Functions.Where(f => f.Parent is not null).ToDictionary(f => f.Bdf, f => f.Parent!.Value);
        foreach (var f in scenario.Functions)
        {
            var depth = 0;
            for (var at = f.Bdf; depth <= BridgeDepth && above.TryGetValue(at, out var bridge); at = bridge)
            {
                depth++;
            }

            Bound($"bridges above {f.Bdf}", depth, BridgeDepth);
        }

        return problems.Count == 0 ? scenario : throw new ScenarioException(problems);
    }

    /// <summary>The machine, if its state is not larger than this server keeps.</summary>
    /// <exception cref="ScenarioException">It is.</exception>
    internal CompiledMachine Taken(CompiledMachine machine) => machine.TotalWords * sizeof(ulong) is var bytes && bytes <= StateBytes
        ? machine
        : throw new ScenarioException([string.Create(CultureInfo.InvariantCulture, $"functions: the state of this machine takes {bytes} bytes; this server keeps up to {StateBytes}, the command line more")]);

    internal RunLimits RunLimits => RunLimits.Default with { Steps = RunSteps, Events = RunEvents };

    internal SearchBudget SearchBudget => new(SearchStates, SearchBytes, TimeSpan.FromSeconds(SearchSeconds));

    internal SearchBudget MatrixBudget => new(MatrixStates, MatrixBytes, TimeSpan.FromSeconds(MatrixSeconds));
}
