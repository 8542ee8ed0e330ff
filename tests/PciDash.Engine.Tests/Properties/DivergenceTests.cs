using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Tests.Properties;

public class DivergenceTests
{
    // The obvious twin: event by event, as if nothing were folded.
    [Fact]
    public void The_first_difference_is_the_one_that_a_plain_comparison_finds()
    {
        var pairs = new[] { ("P4", "seed"), ("P4", "EB-1"), ("P1", "P4"), ("P4", "P3"), ("seed", "P5") };
        foreach (var (one, other) in pairs)
        {
            foreach (var sharer in new[] { "uhci", "e1000" })
            {
                var a = Run.Of(CompiledMachine.Compile(Story.Of(policy: one, sharer: sharer)));
                var b = Run.Of(CompiledMachine.Compile(Story.Of(policy: other, sharer: sharer)));
                Assert.Equal(Plain(a, b), Divergence.Of(a, b)?.Raw);
            }
        }
    }

    // 4.1 and 6.12 with 50 handled before: the same storm, up to the interrupt at which the older one gives up.
    [Fact]
    public void Runs_that_part_inside_a_storm_part_at_that_round()
    {
        var boot = (BootSpec b) => b with { HandledBefore = new Dictionary<Hardware.Gsi, int> { [new Hardware.Gsi(21)] = 50 } };
        var old = Run.Of(CompiledMachine.Compile(Story.Of("4.1", "P4", platform: Hardware.Platform.AcpiPc, boot: boot)));
        var later = Run.Of(CompiledMachine.Compile(Story.Of("6.12", "P4", platform: Hardware.Platform.AcpiPc, boot: boot)));
        var at = Divergence.Of(old, later)!;
        Assert.Equal(EventKind.NobodyCared, at.First!.Value.Event.Kind);
        Assert.Equal(Plain(old, later), at.Raw);
    }

    private static long? Plain(Run a, Run b)
    {
        for (var raw = 0L; raw < Math.Max(a.Recording.RawCount, b.Recording.RawCount); raw++)
        {
            if (raw >= a.Recording.RawCount || raw >= b.Recording.RawCount)
            {
                return raw;
            }

            var (x, y) = (a.Recording.EventAt(raw), b.Recording.EventAt(raw));
            if (x.TimeNs != y.TimeNs || x.Event with { Origin = 0 } != y.Event with { Origin = 0 })
            {
                return raw;
            }
        }

        return null;
    }
}
