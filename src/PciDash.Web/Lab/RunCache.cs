using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Web.Hosting;

namespace PciDash.Web.Lab;

/// <summary>
/// Runs that were computed already, shared by everybody who looks at them. Bounded in recorded entries; the one used longest ago goes
/// first, and is computed again when it is asked for.
/// </summary>
/// <param name="options">What the server may spend.</param>
public sealed class RunCache(ServerOptions? options = null) : IDisposable
{
    // By default about 120 bytes an entry with what is drawn from it: some 240 MB.
    private readonly long mostEntries = (options ?? ServerOptions.Default).KeptEvents;

    // A page is no place for a run of minutes, and a hostile link is not to fill the memory: few at a time, by default 64 MB each.
    private readonly SemaphoreSlim places = new((options ?? ServerOptions.Default).RunsAtOnce);
    private readonly Lock gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, Lazy<Run> Run)>> known = [];
    private readonly LinkedList<(string Key, Lazy<Run> Run)> byUse = [];

    /// <summary>The run of a scenario, a seed and choices. The key names their content.</summary>
    /// <exception cref="ScenarioException">The scenario contradicts itself.</exception>
    public Run Get(string key, Scenario scenario, ulong seed, IReadOnlyList<Choice> choices)
    {
        Lazy<Run> run;
        lock (gate)
        {
            if (known.TryGetValue(key, out var node))
            {
                byUse.Remove(node);
                byUse.AddFirst(node);
                run = node.Value.Run;
            }
            else
            {
                run = new Lazy<Run>(() => Compute(scenario, seed, choices));
                known[key] = byUse.AddFirst((key, run));
            }
        }

        try
        {
            return run.Value;
        }
        catch (ScenarioException)
        {
            Forget(key);
            throw;
        }
        finally
        {
            Trim();
        }
    }

    /// <summary>How far a run on the page may go; by default 300 s, 8,000,000 single steps, 1,000,000 events.</summary>
    public RunLimits Limits { get; } = (options ?? ServerOptions.Default).RunLimits;

    private Run Compute(Scenario scenario, ulong seed, IReadOnlyList<Choice> choices)
    {
        var takes = options ?? ServerOptions.Default;
        var machine = takes.Taken(CompiledMachine.Compile(takes.Taken(scenario)));
        places.Wait();
        try
        {
            return Run.Of(machine, seed, choices, Limits);
        }
        finally
        {
            places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();

    private void Forget(string key)
    {
        lock (gate)
        {
            if (known.Remove(key, out var node))
            {
                byUse.Remove(node);
            }
        }
    }

    private void Trim()
    {
        lock (gate)
        {
            var entries = byUse.Where(r => r.Run.IsValueCreated).Sum(r => (long)r.Run.Value.Recording.Count);
            while (entries > mostEntries && byUse.Count > 1)
            {
                var last = byUse.Last!;
                entries -= last.Value.Run.IsValueCreated ? last.Value.Run.Value.Recording.Count : 0;
                known.Remove(last.Value.Key);
                byUse.RemoveLast();
            }
        }
    }
}
