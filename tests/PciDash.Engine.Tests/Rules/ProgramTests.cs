using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Tests.Rules;

/// <summary>What is written into a machine's program, and by whom it says that it is done.</summary>
public class ProgramTests
{
    [Theory]
    [InlineData(ShutdownPath.Reboot, "machine_restart")]
    [InlineData(ShutdownPath.Poweroff, "machine_power_off")]
    public void A_reset_says_who_asked_for_it(ShutdownPath path, string where)
    {
        var machine = CompiledMachine.Compile(Story.Of(path: path));
        Assert.Contains(where, machine.Program.Where(i => i.Op == Op.PlatformReset).Select(i => machine.Origins[i.Origin].Where));
    }

    [Fact]
    public void Remapping_says_whether_the_table_of_a_crashed_kernel_is_copied()
    {
        string[] Where(ShutdownPath path)
        {
            var story = Story.Of("6.12", path: path);
            var second = story.Boots[0] with { Path = ShutdownPath.None };
            var machine = CompiledMachine.Compile(story with { InterruptRemapping = true, Boots = [story.Boots[0], second] });
            return [.. machine.Program.Where(i => i.Op == Op.Remapping).Select(i => machine.Origins[i.Origin].Where)];
        }

        const string begin = "apic_intr_mode_init → enable_IR_x2apic → ";
        const string anew = begin + "iommu_disable_irq_remapping, iommu_set_irq_remapping";
        Assert.Equal([anew, begin + "iommu_load_old_irte"], Where(ShutdownPath.Kdump));
        Assert.Equal([anew, anew], Where(ShutdownPath.Kexec));
    }

    [Fact]
    public void The_parts_of_a_probe_do_together_what_the_whole_does()
    {
        (EventKind, int, int)[] Of(params ProbePart[] parts)
        {
            var card = new Bdf(0, 9, 0);
            var scenario = Make.Live(Platform.AcpiPc, [Make.Function("00:09.0", "virtio-net")], [.. parts.Select(p => Make.Load(card, "virtio-pci") with { Part = p }), Make.Wait(1_000_000)]);
            var run = Run.Of(CompiledMachine.Compile(scenario with { Boots = [scenario.Boots[0] with { Drivers = Make.NoDriver(card) }] }));
            return [.. run.Recording.Entries.ToArray().Where(e => e.Event.Kind is not (EventKind.Phase or EventKind.Stimulus) && e.Event.Subject == 0).Select(e => (e.Event.Kind, e.Event.A, e.Event.B))];
        }

        var whole = Of(ProbePart.Whole);
        Assert.True(whole.Length > 3);
        Assert.Equal(whole, Of(ProbePart.Bus, ProbePart.Child));
        Assert.NotEqual(whole, Of(ProbePart.Child));
    }

    [Fact]
    public void A_descriptor_is_a_line_or_the_vector_of_a_function()
    {
        var machine = CompiledMachine.Compile(Story.Of());
        for (var line = 0; line < machine.Lines.Count; line++)
        {
            Assert.Null(machine.FunctionOf(line));
            Assert.Equal(machine.Lines[line].Gsi.Value, machine.IrqOf(line).Value);
        }

        foreach (var f in machine.Functions.Where(f => f.VectorCount > 0))
        {
            Assert.Same(f, machine.FunctionOf(machine.Lines.Count + f.FirstVector));
            Assert.True(machine.IrqOf(machine.Lines.Count + f.FirstVector).Value > machine.Lines.Max(l => l.Gsi.Value));
        }
    }
}
