using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;
using PciDash.Scenarios.Import;

namespace PciDash.Scenarios.Tests.Import;

/// <summary>Each form of lspci gives what it says, and no more; the rest is marked as a guess.</summary>
public class Forms
{
    private static ImportedMachine Read(params string[] names) => MachineImport.Read(string.Join('\n', names.Select(Board.Text)));

    private static FunctionSpec Spec(ImportedMachine machine, string bdf) => machine.Scenario!.Functions.Single(f => f.Bdf.ToString() == bdf);

    private static ImportedField Field(ImportedMachine machine, string path) => machine.Fields.Single(f => f.Path == path);

    [Fact]
    public void Vvv_gives_modes_pins_lines_drivers_and_the_bus_tree()
    {
        var machine = Read("board-vvv");
        var port = Spec(machine, "00:01.0");
        Assert.Equal((InterruptMode.Msi, InterruptPin.A, 2, 0, 1), (port.Mode, port.Device.Pin, port.Device.MsiMessages, port.Device.MsixTableSize, port.SecondaryBus));
        var card = Spec(machine, "00:19.0");
        Assert.Equal((InterruptMode.Msix, 5, 1, (Gsi?)new Gsi(20)), (card.Mode, card.Device.MsixTableSize, card.Device.MsiMessages, card.Gsi));
        var usb = Spec(machine, "00:1d.0");
        Assert.Equal((InterruptMode.Intx, (Gsi?)new Gsi(16), true), (usb.Mode, usb.Gsi, usb.Device.IsUsbHost));
        var disk = Spec(machine, "00:1f.2");
        Assert.Equal((InterruptMode.Msi, InterruptPin.B, 16), (disk.Mode, disk.Device.Pin, disk.Device.MsiMessages));
        var behind = Spec(machine, "02:04.0");
        Assert.Equal(("01:00.0", InterruptMode.Intx, (Gsi?)new Gsi(17)), (behind.Parent.ToString(), behind.Mode, behind.Gsi));
        Assert.Equal("00:01.0", Spec(machine, "01:00.0").Parent.ToString());
        Assert.Equal(InterruptPin.None, Spec(machine, "00:00.0").Device.Pin);
    }

    [Fact]
    public void In_msi_mode_the_irq_is_a_message_so_the_line_is_guessed()
    {
        var machine = Read("board-vvv");
        Assert.Null(Spec(machine, "00:1f.2").Gsi);
        Assert.Equal(FactSource.Guess, Field(machine, "functions[00:1f.2].gsi").Source);
        Assert.Equal((FactSource.Text, "20"), (Field(machine, "functions[00:19.0].gsi").Source, Field(machine, "functions[00:19.0].gsi").Value));
    }

    [Fact]
    public void A_bus_master_without_a_driver_was_left_so_by_the_firmware()
    {
        var machine = Read("board-vvv");
        Assert.True(Spec(machine, "01:00.0").FirmwareBusMaster);
        Assert.False(Spec(machine, "00:1d.0").FirmwareBusMaster);
    }

    [Fact]
    public void The_irq_of_a_function_without_a_driver_is_what_firmware_wrote_for_the_pic()
    {
        var machine = Read("board-vvv");
        Assert.Equal(11, machine.Functions.Single(f => f.Bdf.Bus == 1).Irq!.Value.Value);
        Assert.Null(Spec(machine, "01:00.0").Gsi);
    }

    [Fact]
    public void Hex_gives_the_same_but_for_what_only_a_kernel_knows()
    {
        var text = Read("board-vvv");
        var hex = Read("board-xxx");
        foreach (var (a, b) in text.Functions.Zip(hex.Functions))
        {
            Assert.Equal((a.Bdf, a.Command!.Value.Value, a.Pin?.Value ?? InterruptPin.None, a.Msi?.Value, a.Msix?.Value, a.SecondaryBus?.Value),
                (b.Bdf, b.Command!.Value.Value, b.Pin!.Value.Value, b.Msi?.Value, b.Msix?.Value, b.SecondaryBus?.Value));
            Assert.Equal(FactSource.Hex, b.Command!.Value.Source);
        }

        Assert.Equal(0x1b36, hex.Functions[1].VendorId!.Value.Value);
        Assert.All(hex.Scenario!.Functions, f => Assert.Null(f.Gsi));
    }

    [Fact]
    public void Hex_is_believed_before_text_and_the_difference_is_told()
    {
        var text = Board.Text("board-vvv").Replace("MSI-X: Enable+ Count=5", "MSI-X: Enable- Count=5", StringComparison.Ordinal)
            .Replace("pin B routed to IRQ 25", "pin C routed to IRQ 25", StringComparison.Ordinal);
        foreach (var paste in (string[])[text + "\n" + Board.Text("board-xxx"), Board.Text("board-xxx") + "\n" + text])
        {
            var machine = MachineImport.Read(paste);
            Assert.Equal(InterruptMode.Msix, Spec(machine, "00:19.0").Mode);
            Assert.Equal(InterruptPin.B, Spec(machine, "00:1f.2").Device.Pin);
            Assert.Equal(2, machine.Notes.Count(n => n.Severity == NoteSeverity.Warning && n.Right.EndsWith("is used", StringComparison.Ordinal)));
            Assert.Contains(machine.Notes, n => n.What.StartsWith("00:1f.2: interrupt pin is B here and C in line", StringComparison.Ordinal));
            Assert.Equal((FactSource.Text, 20), (machine.Functions[2].Irq!.Value.Source, machine.Functions[2].Irq!.Value.Value));
        }
    }

    [Fact]
    public void V_shows_bus_master_and_irq_but_no_pin()
    {
        var machine = Read("board-v");
        Assert.Equal((InterruptMode.Msix, (Gsi?)new Gsi(20)), (Spec(machine, "00:19.0").Mode, Spec(machine, "00:19.0").Gsi));
        Assert.Equal(FactSource.Guess, Field(machine, "functions[00:1d.0].device.pin").Source);
        Assert.Null(machine.Functions[0].Command);
        Assert.True(machine.Functions[0].BusMaster!.Value.Value);
        Assert.Equal(2, Spec(machine, "01:00.0").SecondaryBus);
    }

    [Theory]
    [InlineData("board-nnk")]
    [InlineData("board-vmm")]
    public void Ids_and_drivers_are_taken_from_lists(string name)
    {
        var machine = Read(name);
        Assert.Equal("8086:10d3", $"{machine.Functions[2].VendorId!.Value.Value:x4}:{machine.Functions[2].DeviceId!.Value.Value:x4}");
        Assert.Equal("Intel Corporation 82574L Gigabit Network Connection", machine.Functions[2].Name);
        Assert.Equal("e1000e", Spec(machine, "00:19.0").Device.Id);
        Assert.Equal((FactSource.Text, "e1000e"), (Field(machine, "functions[00:19.0].driver").Source, Field(machine, "functions[00:19.0].driver").Value));
        Assert.Equal((FactSource.Text, "none"), (Field(machine, "functions[01:00.0].driver").Source, Field(machine, "functions[01:00.0].driver").Value));
        Assert.Equal(FactSource.Guess, Field(machine, "functions[00:19.0].device.msix_table_size").Source);
        Assert.Contains(machine.Notes, n => n.What == "the capabilities of 7 of 7 functions are not in the text");
    }

    [Theory]
    [InlineData("board-mm")]
    [InlineData("board-n")]
    public void Without_drivers_the_catalogue_s_driver_of_the_ids_is_a_guess(string name)
    {
        var machine = Read(name);
        Assert.Equal((FactSource.Guess, "e1000e"), (Field(machine, "functions[00:19.0].driver").Source, Field(machine, "functions[00:19.0].driver").Value));
        Assert.True(machine.Functions[1].IsBridge!.Value.Value);
    }

    [Theory]
    [InlineData("board-t")]
    [InlineData("board-tv")]
    public void The_tree_gives_the_buses_and_nothing_else(string name)
    {
        var machine = Read(name);
        Assert.Equal(7, machine.Functions.Count);
        Assert.Equal("00:01.0", Spec(machine, "01:00.0").Parent.ToString());
        Assert.Equal("01:00.0", Spec(machine, "02:04.0").Parent.ToString());
        Assert.Equal((1, 2), (Spec(machine, "00:01.0").SecondaryBus, Spec(machine, "01:00.0").SecondaryBus));
        Assert.Equal(FactSource.Text, Field(machine, "functions[02:04.0].parent").Source);
    }

    [Fact]
    public void Buses_that_a_list_does_not_show_are_numbered_depth_first_and_the_tree_corrects_them()
    {
        const string List = """
            00:00.0 Host bridge: made up
            00:01.0 PCI bridge: made up
            00:02.0 PCI bridge: made up
            03:00.0 Ethernet controller: made up
            """;
        const string Tree = """
            -[0000:00]-+-00.0
                       +-01.0-[01]--
                       \-02.0-[03]----00.0
            """;
        var guessed = MachineImport.Read(List);
        Assert.Equal(FactSource.Guess, Field(guessed, "functions[03:00.0].parent").Source);
        Assert.Equal("00:02.0", Spec(guessed, "03:00.0").Parent.ToString());
        var known = MachineImport.Read(List.Replace("03:00.0", "01:00.0", StringComparison.Ordinal));
        Assert.Equal("00:01.0", Spec(known, "01:00.0").Parent.ToString());
        var said = MachineImport.Read(List + "\n\n" + Tree);
        Assert.Equal((FactSource.Text, "00:02.0"), (Field(said, "functions[03:00.0].parent").Source, Spec(said, "03:00.0").Parent.ToString()));
    }

    [Fact]
    public void The_forms_of_one_machine_agree_in_any_order()
    {
        var forward = Read("board-nnk", "board-vvv", "board-tv", "board-xxx", "board-vmm");
        var backward = Read("board-vmm", "board-xxx", "board-tv", "board-vvv", "board-nnk");
        Assert.Equal(forward.Functions.Select(Facts.Of), backward.Functions.Select(Facts.Of));
        Assert.DoesNotContain(forward.Notes.Concat(backward.Notes), n => n.Severity != NoteSeverity.Warning || n.Line > 0);
    }

    [Fact]
    public void Old_spellings_of_capabilities_mean_the_same()
    {
        var now = MachineImport.Read("""
            00:03.0 Ethernet controller: made up
            	Control: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx+
            	Capabilities: [50] MSI: Enable+ Count=1/4 Maskable- 64bit+
            	Capabilities: [70] MSI-X: Enable- Count=5 Masked-
            """).Functions[0];
        var then = MachineImport.Read("""
            00:03.0 Ethernet controller: made up
            	Control: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx+
            	Capabilities: [50] Message Signalled Interrupts: Mask- 64bit+ Queue=0/2 Enable+
            	Capabilities: [70] MSI-X: Enable- Mask- TabSize=5
            """).Functions[0];
        Assert.Equal(new MsiCapability(0x50, true, 4, false), now.Msi!.Value.Value);
        Assert.Equal((now.Msi.Value.Value, now.Msix!.Value.Value), (then.Msi!.Value.Value, then.Msix!.Value.Value));
    }

    [Fact]
    public void What_root_alone_may_see_is_a_guess_when_access_was_denied()
    {
        var machine = MachineImport.Read(Board.Text("board-nnk").Replace("\tKernel driver in use: e1000e", """
            	Control: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx+
            	Interrupt: pin A routed to IRQ 20
            	Capabilities: <access denied>
            	Kernel driver in use: e1000e
            """, StringComparison.Ordinal));
        Assert.False(machine.Functions[2].CapabilitiesSeen);
        Assert.Equal(FactSource.Guess, Field(machine, "functions[00:19.0].device.msix_table_size").Source);
        Assert.Equal(FactSource.Text, Field(machine, "functions[00:19.0].device.pin").Source);
        Assert.Equal((FactSource.Guess, "20"), (Field(machine, "functions[00:19.0].gsi").Source, Field(machine, "functions[00:19.0].gsi").Value));
    }

    [Theory]
    [InlineData("DisINTx+", 128, null)]
    [InlineData("DisINTx-", 128, 128)]
    [InlineData("DisINTx+", 18, 18)]
    public void An_irq_beyond_the_first_io_apic_with_intx_disable_set_is_a_message_even_if_capabilities_were_denied(string bit, int irq, int? gsi)
    {
        var machine = MachineImport.Read($"""
            00:03.0 Ethernet controller: made up
            	Control: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- {bit}
            	Interrupt: pin A routed to IRQ {irq}
            	Capabilities: <access denied>
            	Kernel driver in use: e1000e
            """);
        Assert.Equal(gsi, machine.Scenario!.Functions[0].Gsi?.Value);
    }

    [Fact]
    public void A_function_that_did_not_answer_has_no_interrupt()
    {
        var machine = MachineImport.Read("""
            00:03.0 Network controller: made up (rev ff) (prog-if ff)
            	!!! Unknown header type 7f
            	Kernel driver in use: e1000e
            """);
        Assert.True(machine.Functions[0].IsSilent);
        Assert.Equal(InterruptPin.None, machine.Scenario!.Functions[0].Device.Pin);
        Assert.Contains(machine.Notes, n => n.Line == 1 && n.What.Contains("did not answer", StringComparison.Ordinal));
        var hex = MachineImport.Read("00:03.0 Network controller: made up\n00: " + string.Join(' ', Enumerable.Repeat("ff", 16)));
        Assert.True(hex.Functions[0].IsSilent);
    }

    [Fact]
    public void Other_segments_are_told_and_not_dropped_silently()
    {
        var machine = MachineImport.Read("""
            0000:00:03.0 Ethernet controller: made up
            10000:e0:01.0 PCI bridge: made up
            10000:e1:00.0 Non-Volatile memory controller: made up
            	Kernel driver in use: nvme
            0001:00:00.0 Host bridge: made up
            """);
        Assert.Equal("00:03.0", Assert.Single(machine.Functions).Bdf.ToString());
        Assert.Null(machine.Functions[0].Driver);
        Assert.Equal(["line 5: segment 0001: 1 function left out; only segment 0000 is modelled", "line 2: segment 10000: 2 functions left out; only segment 0000 is modelled"],
            machine.Notes.Where(n => n.What.StartsWith("segment", StringComparison.Ordinal)).OrderByDescending(n => n.Line).Select(n => n.ToString()));
    }

    [Fact]
    public void A_driver_that_the_catalogue_lacks_is_bound_and_says_that_nothing_is_known_of_it()
    {
        var machine = MachineImport.Read("""
            00:03.0 Ethernet controller: made up
            	Kernel driver in use: PLDA PCI
            00:04.0 Ethernet controller: made up
            	Kernel driver in use: ehci_hcd
            """);
        var drivers = machine.Scenario!.Boots[0].Drivers;
        var unknown = drivers.Single(d => d.Key.Device == 3).Value!;
        Assert.Equal("plda-pci", unknown.Id);
        Assert.NotEmpty(unknown.Unknown);
        Assert.Empty(unknown.Shutdown(machine.Scenario.Boots[0].Release));
        Assert.Equal("ehci-pci", machine.Scenario.Functions[1].Device.Driver);
        Assert.Contains(machine.Notes, n => n.Line == 2 && n.What == "the catalogue has no driver PLDA PCI");
    }

    [Fact]
    public void Functions_of_a_bus_that_nothing_leads_to_get_a_bridge_that_is_told()
    {
        var machine = MachineImport.Read("02:00.0 Ethernet controller: made up");
        var bridge = machine.Scenario!.Functions[0];
        Assert.Equal((2, true, true), (bridge.SecondaryBus, bridge.Device.IsBridge, bridge.FirmwareBusMaster));
        Assert.Equal(bridge.Bdf, machine.Scenario.Functions[1].Parent);
        Assert.Contains(machine.Notes, n => n.Line == 1 && n.What == "no bridge in the text leads to bus 02");
        Assert.Equal(FactSource.Guess, Field(machine, "functions[02:00.0].parent").Source);
    }

    [Fact]
    public void A_machine_whose_devices_are_the_catalogue_s_survives_writing_and_reading()
    {
        var scenario = MachineImport.Read("""
            00:00.0 Host bridge [0600]: made up [8086:29c0]
            00:19.0 Ethernet controller [0200]: made up [8086:10d3]
            	Kernel driver in use: e1000e
            00:1d.0 USB controller [0c03]: made up [8086:2934]
            	Kernel driver in use: uhci_hcd
            """).Scenario!;
        var file = ScenarioDocument.Write(scenario);
        Assert.Equal(file, ScenarioDocument.Write(ScenarioDocument.Parse(file).Scenario));
        Assert.Equal(["host-bridge", "e1000e", "uhci"], scenario.Functions.Select(f => f.Device.Id));
    }
}
