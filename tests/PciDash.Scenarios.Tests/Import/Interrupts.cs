using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Tests.Import;

/// <summary>/proc/interrupts tells lines from messages, how many vectors are in use, and the CPUs.</summary>
public class Interrupts
{
    private const string Functions = """
        00:14.0 USB controller: made up
        	Flags: bus master, medium devsel, latency 0, IRQ 16
        	Capabilities: <access denied>
        	Kernel driver in use: xhci_hcd
        00:1d.0 USB controller: made up
        	Flags: bus master, medium devsel, latency 0, IRQ 16
        	Capabilities: <access denied>
        	Kernel driver in use: uhci_hcd
        00:1f.2 SATA controller: made up
        	Flags: bus master, medium devsel, latency 0, IRQ 29
        	Capabilities: <access denied>
        	Kernel driver in use: ahci

        """;

    private static ImportedMachine Read(string table) => MachineImport.Read(Functions + table);

    private static FunctionSpec Spec(ImportedMachine machine, int device) => machine.Scenario!.Functions.Single(f => f.Bdf.Device == device);

    [Fact]
    public void Newer_kernels_name_the_function_and_its_mode()
    {
        var machine = Read("""
                       CPU0       CPU1       CPU2       CPU3
              1:          9          0          0          0  IR-IO-APIC    1-edge      i8042
             16:         33          0          0          0  IR-IO-APIC   16-fasteoi   uhci_hcd:usb3
             29:          0          7          0          0  IR-PCI-MSI-0000:00:1f.2    0-edge      ahci[0000:00:1f.2]
             30:          1          0          0          0  IR-PCI-MSIX-0000:00:14.0    0-edge      xhci_hcd
             31:          0          1          0          0  IR-PCI-MSIX-0000:00:14.0    1-edge      xhci_hcd
            NMI:          0          0          0          0   Non-maskable interrupts
            """);
        Assert.Equal((InterruptMode.Msix, 2), (Spec(machine, 0x14).Mode, Spec(machine, 0x14).Device.VectorsUsed));
        Assert.Equal(InterruptMode.Msi, Spec(machine, 0x1f).Mode);
        Assert.Equal((InterruptMode.Intx, (Gsi?)new Gsi(16)), (Spec(machine, 0x1d).Mode, Spec(machine, 0x1d).Gsi));
        Assert.Equal(4, machine.Scenario!.Boots[0].Cpus);
        Assert.Equal(FactSource.Interrupts, machine.Fields.Single(f => f.Path == "functions[00:14.0].mode").Source);
        Assert.Equal(0, machine.LinesUnread);
    }

    [Fact]
    public void Kernels_before_them_hide_the_function_in_the_hardware_irq()
    {
        // 00:1f.2 is requester 0xfa, 00:14.0 is 0xa0: shifted by 11, plus the entry of the table.
        var machine = Read("""
                       CPU0       CPU1
             16:         33          0   IO-APIC  16-fasteoi   uhci_hcd:usb3
             29:          0          7   PCI-MSI 512000-edge      ahci0
             30:          1          0   PCI-MSI 327680-edge      xhci_hcd
             31:          1          0   PCI-MSI 327681-edge      xhci_hcd
             32:          1          0   PCI-MSI 327682-edge      xhci_hcd
            """);
        Assert.Equal((InterruptMode.Msix, 3, 3), (Spec(machine, 0x14).Mode, Spec(machine, 0x14).Device.VectorsUsed, Spec(machine, 0x14).Device.MsixTableSize));
        Assert.Equal(InterruptMode.Msi, Spec(machine, 0x1f).Mode);
    }

    [Fact]
    public void The_oldest_are_joined_by_the_irq_that_lspci_shows_and_else_by_the_only_driver_of_that_name()
    {
        var machine = Read("""
                       CPU0       CPU1
             16:         33          0   IO-APIC-level  uhci_hcd:usb3
             29:          0          7   PCI-MSI-edge      whatever
             30:          1          0   PCI-MSI-edge      xhci_hcd
            """);
        Assert.Equal(InterruptMode.Msi, Spec(machine, 0x1f).Mode);
        // lspci shows irq 16 for it and not 30: only MSI-X leaves the line's irq in its place.
        Assert.Equal(InterruptMode.Msix, Spec(machine, 0x14).Mode);
        Assert.Equal((InterruptMode.Intx, (Gsi?)new Gsi(16)), (Spec(machine, 0x1d).Mode, Spec(machine, 0x1d).Gsi));
    }

    [Fact]
    public void Rows_and_headings_that_were_wrapped_are_put_together()
    {
        var machine = Read("""
                       CPU0       CPU1
               CPU2       CPU3
             16:         33          0
                  5          0  IO-APIC  16-fasteoi   uhci_hcd:usb3,
            ehci_hcd:usb1
             29:          0          7
                  5          0  PCI-MSI 512000-edge      ahci0
            """);
        Assert.Equal(4, machine.Scenario!.Boots[0].Cpus);
        Assert.Equal(InterruptMode.Msi, Spec(machine, 0x1f).Mode);
        Assert.Equal(InterruptMode.Intx, Spec(machine, 0x1d).Mode);
        Assert.Equal(0, machine.LinesUnread);
    }

    [Fact]
    public void A_line_with_one_handler_of_a_driver_is_that_driver_s_function()
    {
        var machine = MachineImport.Read("""
            00:1d.0 USB controller [0c03]: made up [8086:2934]
            	Control: I/O+ Mem- BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx-
            	Interrupt: pin A routed to IRQ 255
            	Kernel driver in use: uhci_hcd

                       CPU0
             21:         33   IO-APIC  21-fasteoi   eth0, uhci_hcd:usb3
            """);
        Assert.Equal(new Gsi(21), machine.Scenario!.Functions[0].Gsi);
        Assert.Equal(FactSource.Interrupts, machine.Fields.Single(f => f.Path == "functions[00:1d.0].gsi").Source);
    }

    [Fact]
    public void Sharers_of_a_line_are_listed_and_a_handler_of_nobody_is_told()
    {
        var machine = Read("           CPU0\n 16:   1   IO-APIC  16-fasteoi   uhci_hcd:usb3, xhci_hcd, nvidia\n");
        var line = Assert.Single(machine.Lines, l => l.Gsi.Value == 16);
        Assert.Equal((16, 2, 3), (line.Gsi.Value, line.Functions.Count, line.Handlers.Count));
        Assert.Contains(machine.Notes, n => n.ToString().EndsWith("irq 16 has 3 handlers (uhci_hcd:usb3, xhci_hcd, nvidia); 2 functions of the text with a driver are on that line", StringComparison.Ordinal));
        Assert.DoesNotContain(Read("           CPU0\n 16:   1   IO-APIC  16-fasteoi   uhci_hcd:usb3, xhci_hcd\n").Notes, n => n.What.StartsWith("irq", StringComparison.Ordinal));
    }

    [Fact]
    public void A_message_of_a_function_that_is_not_listed_is_told()
    {
        var machine = Read("           CPU0\n 40:   1   PCI-MSIX-0000:05:00.0    0-edge      nvme0q0\n");
        Assert.Contains(machine.Notes, n => n.What == "irq 40 is a message of 05:00.0, which is not listed");
    }

    [Fact]
    public void More_cpus_than_are_modelled_are_told()
    {
        var machine = Read(string.Join(' ', Enumerable.Range(0, 12).Select(c => $"CPU{c}")) + "\n 16: " + string.Join(' ', Enumerable.Repeat("3", 12)) + " IO-APIC 16-fasteoi uhci_hcd:usb1\n");
        Assert.Equal(8, machine.Scenario!.Boots[0].Cpus);
        Assert.Contains(machine.Notes, n => n.ToString().EndsWith("12 CPUs; 8 are modelled", StringComparison.Ordinal));
    }
}
