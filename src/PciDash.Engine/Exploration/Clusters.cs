using PciDash.Engine.Machine;

namespace PciDash.Engine.Exploration;

/// <summary>
/// Functions that can meet (design section 8): on a shared line that one of them may raise and another is called for, by a boot interrupt, by a
/// vector that another boot gives to somebody else.
/// With irqfixup or irqpoll, and where the IO-APIC looks at every pin (QEMU), all functions meet.
/// </summary>
internal static class Clusters
{
    /// <summary>The clusters, each with its functions in discovery order. A bridge is in the cluster of its own line; it acts on those below it, and they not on it.</summary>
    public static IReadOnlyList<IReadOnlyList<int>> Of(CompiledMachine m)
    {
        var root = Enumerable.Range(0, m.F.Length).ToArray();
        int Find(int f)
        {
            while (root[f] != f)
            {
                f = root[f] = root[root[f]];
            }

            return f;
        }

        void Join(IEnumerable<int> functions)
        {
            var first = -1;
            foreach (var f in functions)
            {
                if (first >= 0)
                {
                    root[Find(f)] = Find(first);
                }

                first = first < 0 ? f : first;
            }
        }

        if (m.Scenario.Platform.ForgetsRiseWhileUnprogrammed || m.Scenario.Platform.PausesAfterSuccessive > 0 || m.B.Any(b => b.Spec.IrqFixup != IrqFixup.Off))
        {
            Join(root.ToArray());
        }

        // Those who raise a line meet those who are called for it, and so do those of the line that is raised in its place.
        var use = LineUse.Of(m);
        foreach (var line in m.L)
        {
            if (m.RaisedInstead[line.Index] is >= 0 and var instead)
            {
                Join(line.Member.Concat(m.L[instead].Member));
            }
            else if (use.MayRise(line))
            {
                Join(use.Meeting(line));
            }
        }

        // A message of one boot may arrive in another, where its vector is somebody else's.
        for (var slot = 0; slot < m.Slot.Length; slot++)
        {
            var at = slot;
            Join(m.B.Select(b => b.SlotOwner[at]).Where(owner => owner >= 0).SelectMany(owner => owner < m.L.Length ? use.Meeting(m.L[owner]) : [m.VectorOwner[owner - m.L.Length]]));
        }

        return [.. Enumerable.Range(0, m.F.Length).GroupBy(Find).Select(g => (IReadOnlyList<int>)[.. g])];
    }
}
