using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Audit;

/// <summary>A change to a scenario that may help.</summary>
internal sealed record Remedy(AuditFixKind Kind, string What, Func<Scenario, Scenario> Change);

/// <summary>Tries what could be done about what went wrong.</summary>
internal static class Remedies
{
    /// <summary>The changes that help, each with what it helps against.</summary>
    /// <param name="variant">The machine with its kernel and path.</param>
    /// <param name="wrong">What went wrong in its seeded runs.</param>
    /// <param name="seen">These runs; the same are made again.</param>
    /// <param name="cancel">Ends it.</param>
    public static IReadOnlyList<(Remedy Remedy, OutcomeKey Key)> That(
        Scenario variant, HashSet<OutcomeKey> wrong, CellRuns seen, CancellationToken cancel)
    {
        var helps = new List<(Remedy, OutcomeKey)>();
        foreach (var remedy in All(variant, [.. wrong.SelectMany(k => seen.Seen[k].Evidence.Culprits)]))
        {
            var left = new HashSet<OutcomeKey>(wrong);
            try
            {
                var changed = remedy.Change(variant);
                for (var seed = 1UL; seed <= (ulong)seen.Runs && left.Count > 0; seed++)
                {
                    cancel.ThrowIfCancellationRequested();
                    var now = CellRuns.Wrong(changed, seed);

                    // What goes wrong with a subject in another way is not helped, nor is what a run did not get to,
                    left.RemoveWhere(k => now.Keys.Any(n => n.IsLine == k.IsLine && n.Index == k.Index) || (seen.Seen[k].At.TryGetValue(seed, out var ns) && ns > now.FollowedNs));

                    // and what makes something else go wrong is no help at all.
                    if (!now.Keys.IsSubsetOf(wrong))
                    {
                        left.Clear();
                    }
                }
            }
            catch (ScenarioException)
            {
                // Such a machine there cannot be.
                left.Clear();
            }

            helps.AddRange(left.Select(k => (remedy, k)));
        }

        return helps;
    }

    /// <summary>What can be tried on a machine, each with words for it.</summary>
    /// <param name="variant">The machine with its kernel and path.</param>
    /// <param name="culprits">Functions whose drivers could do better.</param>
    public static IEnumerable<Remedy> All(Scenario variant, IReadOnlyList<MachineFunction> culprits)
    {
        var path = variant.Boots[0].Path;
        if (path != ShutdownPath.Kdump)
        {
            // The patch of 2015 is what 4.11 and later do; proposals come after what there is.
            foreach (var policy in ShutdownPolicy.All.Where(p => p == ShutdownPolicy.P5 || p == ShutdownPolicy.Eb1 || p == ShutdownPolicy.Eb2 || p == ShutdownPolicy.Eb3))
            {
                if (policy.Id != variant.Boots[0].Policy.Id)
                {
                    yield return new Remedy(AuditFixKind.Policy, Told(policy), s => s.WithBoot(0, b => b with { Policy = policy }));
                }
            }

            foreach (var driver in culprits.Where(f => variant.DriverOf(0, f.Spec) is not null).GroupBy(f => variant.DriverOf(0, f.Spec)!.Id))
            {
                var functions = driver.Select(f => f.Bdf).Distinct().Order().ToList();
                yield return new Remedy(AuditFixKind.Driver, $"a .shutdown of {driver.Key} that silences {string.Join(", ", functions)} and frees the irqs",
                    s => AuditVariants.WithProper(s, functions));
            }
        }

        for (var b = 0; b < variant.Boots.Count; b++)
        {
            var boot = b;
            foreach (var option in Variants.BootOptions.Where(o => !variant.Boots[boot].HasOption(o) && !ImpliedByAnother(variant.Boots[boot], o)))
            {
                var which = variant.Boots.Count == 1 ? "" : boot == 0 ? " in the kernel that ends" : path == ShutdownPath.Kdump ? " in the crash kernel" : " in the next kernel";
                yield return new Remedy(AuditFixKind.BootOption, $"{option}{which}", s => s.WithOption(boot, option, true));
            }
        }
    }

    private static string Told(ShutdownPolicy policy) => policy == ShutdownPolicy.P5
        ? $"the PCI core's shutdown of {policy.Kernels}: {policy.Label}"
        : $"a shutdown of the PCI core that was proposed and is in no kernel ({policy.Id}): {policy.Label}";

    // irqpoll is irqfixup and more.
    private static bool ImpliedByAnother(BootSpec boot, string option) => option == "irqfixup" && boot.IrqFixup != IrqFixup.Off;
}
