using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using Xunit.Abstractions;

namespace PciDash.Engine.Tests;

public class Scratch(ITestOutputHelper output)
{
    [Fact]
    public void Show()
    {
        foreach (var (k, p, path) in new[] { ("4.1", "P4", ShutdownPath.Reboot), ("4.1", "seed", ShutdownPath.Reboot), ("4.1", "P4", ShutdownPath.Kexec), ("4.1", "seed", ShutdownPath.Kexec) })
        {
            var m = CompiledMachine.Compile(Story.Of(k, p, path));
            var sw = System.Diagnostics.Stopwatch.StartNew();
            var run = Run.Of(m, verify: true);
            output.WriteLine($"==== {k} {p} {path}: {run.End} steps {run.Steps} single {run.SingleSteps} entries {run.Recording.Count} raw {run.Recording.RawCount} words {m.ControlWords}/{m.TotalWords} {sw.ElapsedMilliseconds} ms");
            for (var e = 0; e < run.Recording.Count; e++)
            {
                var r = run.Recording.Entries[e];
                var (n, last) = run.Recording.Occurrences(e);
                var ev = r.Event;
                if (e < 140 || e > run.Recording.Count - 40)
                    output.WriteLine($"{r.Raw,7} {r.TimeNs / 1e6,12:0.0000} ms {ev.Kind} {ev.Subject} {ev.A} {ev.B} {ev.C} why {r.Why} {r.Also} {(n > 1 ? $"x{n} until {last / 1e6:0.000}" : "")} {(ev.Kind is EventKind.Phase ? m.Names[ev.A] : "")} {(ev.Origin >= 0 ? m.Origins[ev.Origin].Where : "")}");
            }
        }
    }
}
