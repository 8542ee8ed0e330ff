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

public class ScratchExplore(ITestOutputHelper output)
{
    [Fact]
    public void Show()
    {
        foreach (var (k, p, path, keep, plat) in new[] { ("4.1", "P4", ShutdownPath.Reboot, false, "q35"), ("4.1", "seed", ShutdownPath.Reboot, false, "q35"), ("4.1", "P4", ShutdownPath.Kexec, false, "q35"), ("4.1", "seed", ShutdownPath.Kexec, false, "q35"), ("4.1", "seed", ShutdownPath.Kexec, true, "q35"), ("4.1", "seed", ShutdownPath.Kexec, true, "acpi-pc"), ("4.1", "EB-1", ShutdownPath.Reboot, false, "acpi-pc") })
        {
            var m = CompiledMachine.Compile(Story.Of(k, p, path, PciDash.Engine.Hardware.Platform.Find(plat), net: keep ? f => f with { Device = f.Device with { OnBusMasterOff = PciDash.Engine.Devices.BusMasterReaction.Drop, IntxCondition = PciDash.Engine.Devices.IntxCondition.Level } } : null));
            var sw = System.Diagnostics.Stopwatch.StartNew();
            var r = new PciDash.Engine.Exploration.Explorer(m).Search();
            output.WriteLine($"==== {k} {p} {path} {keep} {plat}: states {r.States} transitions {r.Transitions} {r.Bytes} complete {r.Complete} {r.Bound} {sw.ElapsedMilliseconds} ms");
            foreach (var v in r.Verdicts)
            {
                output.WriteLine($"   {v.Property.Id}: {v.Kind} {v.Explanation} path {v.Path.Count} choices {string.Join(",", v.Choices)}");
            }
        }
    }
}
