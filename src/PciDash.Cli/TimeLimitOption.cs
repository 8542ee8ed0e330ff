using System.CommandLine;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Cli;

/// <summary><c>--time-limit</c>, the same for every command that runs a scenario.</summary>
internal sealed class TimeLimitOption
{
    private const decimal LongestSeconds = 1_000_000;
    private readonly Option<decimal?> option = new("--time-limit") { Description = "simulated seconds after which the run is stopped" };

    public void AddTo(Command command) => command.Add(option);

    /// <exception cref="ScenarioException">The limit is out of range.</exception>
    public RunLimits Read(ParseResult result) => result.GetValue(option) switch
    {
        null => RunLimits.Default,
        <= 0 or > LongestSeconds => throw new ScenarioException([FormattableString.Invariant($"--time-limit {result.GetValue(option)}: more than 0, at most {LongestSeconds} seconds are possible")]),
        { } seconds => RunLimits.Default with { TimeNs = (long)(seconds * 1_000_000_000m) },
    };
}
