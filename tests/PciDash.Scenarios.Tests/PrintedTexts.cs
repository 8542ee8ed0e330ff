using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Printed;

namespace PciDash.Scenarios.Tests;

/// <summary>What the box would print at a step, in the kernel's and lspci's own words.</summary>
public class PrintedTexts
{
    private static readonly Scenario Story = ScenarioPresets.Find("virtio-nobody-cared-2015")!.Scenario;

    private static Run Of(Scenario scenario) => Run.Of(CompiledMachine.Compile(scenario), 1);

    private static long StepOf(Run run, EventKind kind) => run.Recording.Entries.ToArray().First(e => e.Event.Kind == kind).Raw;

    [Fact]
    public void Lspci_shows_the_bits_as_they_are_at_the_step()
    {
        var run = Of(Story);
        var before = LspciText.Of(run.At(0).After);
        Assert.Contains("\tCapabilities: [?] MSI-X: Enable+ Count=", before, StringComparison.Ordinal);
        Assert.Contains("BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR+ FastB2B- DisINTx+\n", before, StringComparison.Ordinal);
        var after = LspciText.Of(run.At(StepOf(run, EventKind.NobodyCared)).After);
        Assert.Contains("MSI-X: Enable- Count=", after, StringComparison.Ordinal);
        Assert.Contains("FastB2B- DisINTx-\n\tStatus: INTx+\n\tInterrupt: pin A routed to IRQ 21\n", after, StringComparison.Ordinal);
        Assert.Contains("\tKernel driver in use: virtio-pci\n", after, StringComparison.Ordinal);
    }

    [Fact]
    public void Proc_shows_the_counters_of_the_line()
    {
        var run = Of(Story);
        var files = new ProcFiles(run, StepOf(run, EventKind.NobodyCared) - 1);
        Assert.Equal("count 99999\nunhandled 99999\n", files.Spurious(0));
        Assert.Matches(@"\n 21: +\d{5,6}  IO-APIC  21-fasteoi +uhci_hcd", files.Interrupts());
        Assert.Equal("count 0\nunhandled 0\n", new ProcFiles(run, 0).Spurious(0));
    }

    [Fact]
    public void Messages_are_counted_by_their_irq()
    {
        var run = Of(Story.WithPath(ShutdownPath.Reboot).WithPolicy(ShutdownPolicy.P5));
        var messages = run.Recording.Entries.ToArray()
            .Where(e => e.Event is { Kind: EventKind.IrqDelivered, C: (int)DeliveryOutcome.FlowHandler } && e.Event.Subject >= run.Machine.Lines.Count).ToList();
        var delivered = messages.Count;
        Assert.True(delivered > 0);
        var rows = new ProcFiles(run, messages[^1].Raw).Interrupts().Split('\n').Where(l => l.Contains("PCI-MSIX-0000:00:09.0", StringComparison.Ordinal)).ToList();
        Assert.Equal(delivered, rows.Sum(r => long.Parse(r.Split(':', 2)[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("2.6.32", "Starting new kernel", "Restarting system.")]
    [InlineData("3.13", "Starting new kernel", "reboot: Restarting system")]
    [InlineData("4.1", "kexec: Starting new kernel", "reboot: Restarting system")]
    [InlineData("6.12", "kexec_core: Starting new kernel", "reboot: Restarting system")]
    public void A_release_prints_its_own_strings(string version, string kexec, string reboot)
    {
        var of = Story.WithKernel(KernelRelease.Find(version)!);
        Assert.Contains(kexec, Dmesg.Of(Of(of.WithPath(ShutdownPath.Kexec))).Select(l => l.Text));
        Assert.Contains(reboot, Dmesg.Of(Of(of.WithPath(ShutdownPath.Reboot))).Select(l => l.Text));
    }

    [Fact]
    public void Every_release_has_its_strings() => Assert.All(KernelRelease.All, r => Assert.NotEmpty(KernelMessages.Of(r).NoHandler));

    /// <summary>What it prints is read back by the importer, and is then found to be the same.</summary>
    [Fact]
    public void What_it_prints_of_a_step_compares_as_the_same()
    {
        var compared = 0;
        foreach (var preset in ScenarioPresets.All)
        {
            var run = Of(preset.Scenario);
            for (var i = 0; i <= 4 && run.Recording.RawCount > 0; i++)
            {
                var step = (run.Recording.RawCount - 1) * i / 4;
                var comparison = PasteComparison.Of(run, step, LspciText.Of(run.At(step).After));
                Assert.DoesNotContain(comparison.Facts, f => !f.IsSame);
                Assert.Empty(comparison.OnlyReal);
                Assert.Empty(comparison.OnlyModel);
                compared += comparison.Facts.Count;
            }
        }

        Assert.True(compared > 1_000);
    }

    [Fact]
    public void A_bit_that_differs_is_named_with_its_line()
    {
        var run = Of(Story);
        var text = LspciText.Of(run.At(0).After);
        var line = text.Split('\n').ToList().FindIndex(l => l.Contains("MSI-X: Enable+", StringComparison.Ordinal)) + 1;
        var other = Assert.Single(PasteComparison.Of(run, 0, text.Replace("MSI-X: Enable+", "MSI-X: Enable-", StringComparison.Ordinal)).Facts, f => !f.IsSame);
        Assert.Equal(("MSI-X Enable", "+", "-", line), (other.What, other.Model, other.Real, other.Line));
    }

    [Fact]
    public void An_irq_that_nobody_cared_for_is_compared_too()
    {
        var run = Of(Story);
        const string Log = "[   12.0] irq 21: nobody cared (try booting with the \"irqpoll\" option)\n[   12.0] handlers:\n[   12.0] [<0>] usb_hcd_irq\n[   12.0] Disabling IRQ #21\n";
        var fact = Assert.Single(PasteComparison.Of(run, run.Recording.RawCount - 1, Log).Facts);
        Assert.Equal(("IRQ 21", "yes", true), (fact.Subject, fact.Real, fact.IsSame));
        Assert.False(Assert.Single(PasteComparison.Of(run, 0, Log).Facts).IsSame);
    }

    [Fact]
    public void A_paste_without_a_fact_is_refused() =>
        Assert.NotEmpty(Assert.Throws<ScenarioException>(() => PasteComparison.Of(Of(Story), 0, "hello")).Problems);
}
