using PciDash.Engine.Machine;
using PciDash.Scenarios.Import;
using Xunit.Abstractions;

namespace PciDash.Scenarios.Tests.Import;

/// <summary>uname, /proc/cmdline and "nobody cared", among the rest.</summary>
public class KernelTexts(ITestOutputHelper output)
{
    private const string Functions = """
        00:1d.0 USB controller [0c03]: made up [8086:2934]
        	Control: I/O+ Mem- BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx-
        	Interrupt: pin A routed to IRQ 19
        	Kernel driver in use: uhci_hcd

        """;

    [Theory]
    [InlineData("4.1.6", "4.1", true)]
    [InlineData("4.1", "4.1", true)]
    [InlineData("4.10.17-generic", "4.9", false)]
    [InlineData("5.4.0-200-generic", "4.19", false)]
    [InlineData("6.1.0-18-amd64", "6.1", true)]
    [InlineData("6.1.192", "6.1.192", true)]
    [InlineData("6.1.200", "6.1.192", true)]
    [InlineData("6.16.0-rc2+", "6.12", false)]
    [InlineData("7.0.1", "6.18", false)]
    [InlineData("2.6.24-19-generic", "2.6.24", true)]
    [InlineData("2.6.26-1-amd64", "2.6.24", false)]
    [InlineData("2.6.18", "2.6.24", false)]
    public void The_release_is_the_nearest_of_the_table_at_or_below(string uname, string release, bool isExact)
    {
        var machine = MachineImport.Read(Functions + "\n$ uname -r\n" + uname + "\n");
        Assert.Equal((uname, release), (machine.Kernel, machine.Scenario!.Boots[0].Release.Version));
        Assert.Equal(isExact ? FactSource.Kernel : FactSource.Guess, machine.Fields.Single(f => f.Path == "boots[0].kernel").Source);
    }

    [Theory]
    [InlineData("Linux host 6.12.3-amd64 #1 SMP PREEMPT_DYNAMIC x86_64 GNU/Linux", "6.12.3-amd64")]
    [InlineData("[    0.000000] Linux version 4.1.6 (root@host) (gcc version 4.9.2) #1 SMP", "4.1.6")]
    [InlineData("Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) #1 SMP Debian 6.1.76-1 (2024-02-01)", "6.1.76-1")]
    [InlineData("user@host:~$ uname -a\nLinux host 3.13.0-24-generic #47-Ubuntu SMP", "3.13.0-24-generic")]
    [InlineData("irq 19: nobody cared (try booting with the \"irqpoll\" option)\nCPU: 0 PID: 0 Comm: swapper/0 Not tainted 4.4.155 #1\nhandlers:\nDisabling IRQ #19", "4.4.155")]
    [InlineData("irq 19: nobody cared (try booting\nPid: 0, comm: swapper Tainted: P      D 2.6.32 #1", "2.6.32")]
    [InlineData("[ 1.0] irq 19: nobody cared (try\n[ 1.1] CPU: 0 PID: 0 Comm: swapper Not tainted\n5.3.0-19-generic #20", "5.3.0-19-generic")]
    public void The_release_is_found_wherever_a_kernel_prints_it(string text, string release) =>
        Assert.Equal(release, MachineImport.Read(text + "\n" + Functions).Kernel);

    [Theory]
    [InlineData("BOOT_IMAGE=/vmlinuz-4.1 root=/dev/sda1 ro quiet noirqdebug pci=nomsi,noaer")]
    [InlineData("[    0.000000] Command line: BOOT_IMAGE=/vmlinuz-4.1 ro noirqdebug pci=nomsi,noaer")]
    [InlineData("[    0.000000] Kernel command line: root=/dev/sda1 noirqdebug pci=nomsi,noaer")]
    [InlineData("$ cat /proc/cmdline\nro quiet noirqdebug pci=nomsi,noaer")]
    public void Options_are_taken_from_the_command_line_and_those_that_matter_are_not_dropped_silently(string text)
    {
        var machine = MachineImport.Read(Functions + text);
        var boot = machine.Scenario!.Boots[0];
        Assert.True(boot is { NoIrqDebug: true, NoMsi: true, IrqFixup: IrqFixup.Off });
        Assert.Contains(machine.Notes, n => n.What == "command line: 'pci=noaer' is not modelled");
        Assert.DoesNotContain(machine.Notes, n => n.What.Contains("quiet", StringComparison.Ordinal));
        Assert.Equal("noirqdebug pci=nomsi", machine.Fields.Single(f => f.Path == "boots[0].cmdline").Value);
    }

    [Theory]
    [InlineData("", "[<ffffffffa002db60>] usb_hcd_irq [usbcore]", "usb_hcd_irq")]
    [InlineData("[  553.047] ", "[<ffffffff8038e6b3>] (usb_hcd_irq+0x0/0x78)", "usb_hcd_irq")]
    [InlineData("[ 4682.867][  C129] ", "[<000000009b5a8355>] irq_default_primary_handler threaded [<0000000073def0a5>] acpi_irq", "acpi_irq")]
    [InlineData("kern  :err   : [   17.98] ", "[<000000003f28918a>] usb_hcd_irq", "usb_hcd_irq")]
    [InlineData("Jun 29 18:28:50 host kernel: ", "[<(____ptrval____)>] sdhci_irq [sdhci] threaded [<(____ptrval____)>] sdhci_thread_irq [sdhci]", "sdhci_irq")]
    public void Nobody_cared_names_the_line_its_handlers_and_the_functions_on_it(string stamp, string handler, string symbol)
    {
        var text = string.Join('\n', ((string[])["irq 19: nobody cared (try booting with the \"irqpoll\" option)", "Call Trace:", " dump_stack+0x46/0x5e", "handlers:", handler, "Disabling IRQ #19"]).Select(l => stamp + l));
        var machine = MachineImport.Read(text + "\n\n" + Functions);
        var irq = Assert.Single(machine.Unhandled);
        Assert.Equal((19, 1, symbol, "00:1d.0"), (irq.Irq, irq.Line, Assert.Single(irq.Handlers), Assert.Single(irq.Functions).ToString()));
        Assert.Equal(0, machine.LinesUnread);
    }

    [Fact]
    public void Nobody_cared_for_a_line_on_which_nothing_is_listed_is_told()
    {
        var machine = MachineImport.Read("irq 7: nobody cared (try booting with the \"irqpoll\" option)\n\n" + Functions);
        Assert.Contains(machine.Notes, n => n.Line == 1 && n.What == "nobody cared for irq 7, but no function of the text is on that line");
    }

    [Fact]
    public void Every_message_of_the_corpus_gives_its_irq_and_its_handlers()
    {
        var (messages, handlers) = (0, 0);
        foreach (var file in Corpus.Files("nobody-cared"))
        {
            var text = File.ReadAllText(file);
            var unhandled = MachineImport.Read(text).Unhandled;
            Assert.Equal(text.Split("irq ").Skip(1).Count(p => p.IndexOf(": nobody cared", StringComparison.Ordinal) is > 0 and < 4), unhandled.Count);
            messages += unhandled.Count;
            handlers += unhandled.Sum(u => u.Handlers.Count);
        }

        output.WriteLine(Corpus.IsThere ? $"{messages} messages, {handlers} handlers" : Corpus.Absent);
    }
}
