using System.IO.Compression;
using PciDash.Engine.Hardware;
using PciDash.Scenarios.Conformance;

namespace PciDash.Scenarios.Tests.Kit;

/// <summary>QEMU's trace as it comes: what each line says, and what lies before the run, after it, or within a storm.</summary>
public sealed class RawTraces : IDisposable
{
    private const string MarkOne = "pci_cfg_write mch 00:00.0 @0xdc <- 0x50434901";

    private readonly string folder = Directory.CreateTempSubdirectory("pcidash").FullName;
    private readonly List<string> lines = [];
    private double now = 1_700_000_000;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private RawTraces Then(params string[] what)
    {
        foreach (var line in what)
        {
            now += 0.001;
            lines.Add(FormattableString.Invariant($"4711@{now:0.000000}:{line}"));
        }

        return this;
    }

    private RawTraces Said(string text) => Then([.. (text + "\r\n").Select(c => FormattableString.Invariant($"serial_write write addr 0x00 val 0x{(int)c:x2}"))]);

    private (List<ObservedEvent> Events, RawTrace Trace) Read(bool legacyLines = false, params ListedFunction[] functions)
    {
        var trace = new RawTrace(functions, legacyLines);
        return (trace.Read(lines), trace);
    }

    private static string[] Delivery(int pin) =>
        [$"ioapic_set_remote_irr set remote irr for pin {pin}", "apic_deliver_irq dest 0 dest_mode 0 delivery_mode 0 vector 35 trigger_mode 1", $"ioapic_clear_remote_irr clear remote irr for pin {pin} vector 35"];

    [Fact]
    public void Only_changes_after_mark_1_count_and_what_was_before_says_what_is_a_change()
    {
        Assert.True(Bdf.TryParse("00:09.0", out var net));
        var (events, trace) = Then(
            "pci_cfg_write virtio-net-pci 00:09.0 @0x4 <- 0x507", "pci_cfg_write virtio-net-pci 00:09.0 @0x9a <- 0x8003", "ioapic_mem_write ioapic mem write addr 0x10 regsel: 0x3a size 0x4 val 0x8023",
            "x86_gsi_interrupt GSI interrupt #21 level:1", MarkOne,
            "pci_cfg_write virtio-net-pci 00:09.0 @0x4 <- 0x505", "pci_cfg_write virtio-net-pci 00:09.0 @0x4 <- 0x501", "pci_cfg_write virtio-net-pci 00:09.0 @0x9a <- 0x0003",
            "x86_gsi_interrupt GSI interrupt #21 level:1", "x86_gsi_interrupt GSI interrupt #21 level:0", "ioapic_mem_write ioapic mem write addr 0x10 regsel: 0x3a size 0x4 val 0x18023")
            .Read(functions: new ListedFunction(net) { MsixOffset = 0x98 });
        Assert.Equal(
            [
                "0.002000 cfg_command 00:09.0 bme=0 intx_disable=1 (trace:7)", "0.003000 cfg_msix 00:09.0 enable=0 maskall=0 (trace:8)",
                "0.005000 line gsi=21 asserted=0 (trace:10)", "0.006000 ioapic_pin gsi=21 masked=1 (trace:11)",
            ],
            events.Select(e => e.ToString()));
        Assert.True(trace.HasStart);
        Assert.Equal(1, trace.Ignored["cfg_write without a change"]);
    }

    [Fact]
    public void What_the_kernel_says_has_its_place_among_the_events()
    {
        var (events, trace) = Then(MarkOne, "serial_write write addr 0x03 val 0x93", "serial_write write addr 0x00 val 0x41", "serial_write write addr 0x03 val 0x13")
            .Said("[   32.672840] virtio-pci 0000:00:09.0: shutdown").Then("pci_cfg_write virtio-net-pci 00:09.0 @0x4 <- 0x4")
            .Said("[    1.000000][    T1] irq 21: nobody cared (try booting with the \"irqpoll\" option)").Said("Disabling IRQ #21").Said("virtio-pci 0000:00:09.0: shutdown is not for you")
            .Then("ioapic_mem_write ioapic mem write addr 0x10 regsel: 0x3a size 0x4 val 0x10000").Read();
        Assert.Equal(
            [ObservedKind.Shutdown, ObservedKind.Command, ObservedKind.NobodyCared, ObservedKind.IrqDisabled], events.Select(e => e.Kind));
        Assert.Equal(["virtio-pci 0000:00:09.0: shutdown is not for you"], trace.Messages);
        Assert.True(trace.Complete);
    }

    [Fact]
    public void A_storm_is_one_event_and_few_deliveries_are_one_each()
    {
        Then(MarkOne, "x86_gsi_interrupt GSI interrupt #21 level:1");
        foreach (var _ in Enumerable.Range(0, 2_001))
        {
            Then(Delivery(21));
        }

        Then("x86_gsi_interrupt GSI interrupt #21 level:0").Then(Delivery(21)).Then(Delivery(20)).Then(Delivery(21));
        var (events, _) = Read();
        Assert.Equal(
            [
                (ObservedKind.Line, 21, 1L), (ObservedKind.Delivered, 21, 2_001L), (ObservedKind.Line, 21, 1L), (ObservedKind.Delivered, 21, 1L), (ObservedKind.Eoi, 21, 1L),
                (ObservedKind.Delivered, 20, 1L), (ObservedKind.Eoi, 20, 1L), (ObservedKind.Delivered, 21, 1L), (ObservedKind.Eoi, 21, 1L),
            ],
            events.Select(e => (e.Kind, e.Gsi, e.Times)));
    }

    [Fact]
    public void Lines_below_16_count_where_PCI_has_them_and_not_while_they_are_routed()
    {
        Then(MarkOne, "x86_gsi_interrupt GSI interrupt #10 level:1", "pci_cfg_write PIIX3 00:01.0 @0x60 <- 0xa");
        now -= 0.00095;
        Then("x86_gsi_interrupt GSI interrupt #10 level:0", "x86_gsi_interrupt GSI interrupt #4 level:1", "pic_ioport_write master 0 addr 0x0 val 0x20", "pci_cfg_write PIIX3 00:01.0 @0x4 <- 0x4");
        Assert.Equal(["line gsi=10 asserted=1", "cfg_command 00:01.0 bme=1 intx_disable=0"], Read(legacyLines: true).Events.Select(e => e.ToString().Split(' ', 2)[1].Split(" (")[0]));
        Assert.DoesNotContain(Read().Events, e => e.Kind == ObservedKind.Line);
    }

    [Fact]
    public void What_follows_the_guests_last_act_is_the_emulators()
    {
        var (events, trace) = Then(MarkOne, "pci_cfg_write e1000 00:03.0 @0x4 <- 0x4", "x86_gsi_interrupt GSI interrupt #23 level:1").Read();
        Assert.Equal([ObservedKind.Command], events.Select(e => e.Kind));
        Assert.Equal(1, trace.Ignored["after the guest's last act"]);
    }

    [Fact]
    public void A_trace_without_mark_1_is_no_recording()
    {
        using (var packed = new GZipStream(File.Create(Path.Combine(folder, "trace.gz")), CompressionLevel.Fastest))
        {
            packed.Write("1@1.000000:pci_cfg_write mch 00:00.0 @0xdc <- 0x50434902\n"u8);
        }

        var error = Assert.Throws<FileNotFoundException>(() => RecordedRunReader.Read(folder));
        Assert.EndsWith("its trace has no mark 1 (a write of 0x50434901 to 00:00.0 @0xdc), so it does not say where the run begins", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_that_no_script_of_the_second_kernel_loads_is_built_in()
    {
        var cut = Path.Combine(AppContext.BaseDirectory, "Fixtures", "recordings", "kit_kexec_pc_k612");
        var report = ConformanceReport.Of(cut);
        Assert.Contains(report.Derived.Fields, f => f is { Field: "boots[1].drivers[00:09.0]", Value: "virtio-pci, built in" });
        Assert.DoesNotContain("load", File.ReadAllText(Path.Combine(cut, "guest-2.sh")), StringComparison.Ordinal);
    }
}
