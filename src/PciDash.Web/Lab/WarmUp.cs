using System.Diagnostics;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;
using PciDash.Web.Hosting;

namespace PciDash.Web.Lab;

/// <summary>
/// Runs the presets when the server has started, and forgets them. Code that is new to the process is compiled in haste and is several times
/// slower than what it becomes: this way it is not the first visitor with a large run who waits for that.
/// </summary>
/// <param name="options">What the server may spend.</param>
/// <param name="lifetime">Tells when the server answers.</param>
/// <param name="log">Where it is told that it is over.</param>
public sealed partial class WarmUp(ServerOptions options, IHostApplicationLifetime lifetime, ILogger<WarmUp> log) : BackgroundService
{
    // The runtime compiles anew what was called often, once nothing new has come for 100 ms.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);

    /// <summary>How many runs were made.</summary>
    public int Runs { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var told = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await started.Task.WaitAsync(stoppingToken);
        var watch = Stopwatch.StartNew();
        for (var round = 0; round < options.WarmUps; round++)
        {
            foreach (var preset in ScenarioPresets.All)
            {
                stoppingToken.ThrowIfCancellationRequested();
                var run = Run.Of(CompiledMachine.Compile(preset.Scenario), seed: 1, [], options.RunLimits);
                _ = PropertyCheck.FirstViolations(run, Property.All);
                Runs++;
            }

            await Task.Delay(Pause, stoppingToken);
        }

        Over(Runs, watch.Elapsed.TotalSeconds);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Warmed up by {Runs} runs in {Seconds:0.0} s")]
    private partial void Over(int runs, double seconds);
}
