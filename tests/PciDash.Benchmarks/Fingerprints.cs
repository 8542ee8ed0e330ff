using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PciDash.Engine.Exploration;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios;

namespace PciDash.Benchmarks;

/// <summary>What the engine computes, as numbers that two builds can be compared by: nothing here may change when it gets faster.</summary>
internal static class Fingerprints
{
    private static readonly RunLimits StepLimit = RunLimits.Default with { Steps = 1_000_000 };

    public static void Print(TextWriter to)
    {
        foreach (var scenario in ScenarioPresets.All.Select(p => p.Scenario).Append(Machines.Busy()).Append(Machines.Scaled()))
        {
            var machine = CompiledMachine.Compile(scenario);
            var fast = Run.Of(machine);
            var slow = Run.Of(machine, seed: 2, limits: StepLimit, accelerate: false);
            to.WriteLine($"{scenario.Id} {Of(fast)} {Of(slow)} {Seeks(fast)} {Searched(machine)}");
        }
    }

    /// <summary>Every entry and fold, the end, and the last state.</summary>
    public static string Of(Run run)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var e in run.Recording.Entries)
        {
            Add(hash, e.Raw, e.TimeNs, (long)e.Event.Kind, e.Event.Subject, e.Event.A, e.Event.B, e.Event.C, e.Event.D, e.Event.Origin, e.Why, e.Also);
        }

        foreach (var f in run.Recording.Folds)
        {
            Add(hash, f.FirstEntry, f.Length, f.Rounds, f.PeriodNs);
        }

        Add(hash, run.Steps, run.SingleSteps, (long)run.End, run.EndNs, run.Recording.RawCount);
        AddState(hash, run.Final);
        return Text(hash);
    }

    private static string Seeks(Run run)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < 20; i++)
        {
            var moment = run.At(run.Recording.RawCount * i / 20);
            AddState(hash, moment.Before);
            AddState(hash, moment.After);
            Add(hash, moment.FirstRaw, moment.Step);
        }

        return Text(hash);
    }

    private static string Searched(CompiledMachine machine)
    {
        var result = new Explorer(machine).Search(new SearchBudget(100_000, 2_000_000_000, TimeSpan.FromMinutes(5)));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var verdict in result.Verdicts)
        {
            Add(hash, (long)verdict.Kind, verdict.ViolatedAt);
            foreach (var action in verdict.Path)
            {
                Add(hash, action.Actor, (long)action.Verb, action.Operand);
            }
        }

        var all = new Explorer(machine, []).Search(new SearchBudget(300_000, 2_000_000_000, TimeSpan.FromMinutes(5)));
        return string.Create(
            CultureInfo.InvariantCulture, $"{Text(hash)} {result.States}/{result.Transitions} {all.States}/{all.Transitions}");
    }

    private static void AddState(IncrementalHash hash, MachineView view) => hash.AppendData(MemoryMarshal.AsBytes<ulong>(view.CopyOfState()));

    private static void Add(IncrementalHash hash, params ReadOnlySpan<long> numbers) => hash.AppendData(MemoryMarshal.AsBytes(numbers));

    private static string Text(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
}
