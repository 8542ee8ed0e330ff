using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Kit;

/// <summary>Puts the functions of a scenario onto QEMU's machine: which device, on which bus, at which address.</summary>
internal sealed class KitTopology
{
    private const int Slots = 32;

    // One byte of an address says which.
    private const int MostNetworks = 250;

    private readonly QemuBoard board;
    private readonly Scenario scenario;
    private readonly List<string> leftOut;
    private readonly List<string> notes;
    private readonly Dictionary<Bdf, PlacedFunction> placed = [];

    public KitTopology(Scenario scenario, QemuBoard board, List<string> leftOut, List<string> notes)
    {
        (this.scenario, this.board, this.leftOut, this.notes) = (scenario, board, leftOut, notes);
        var waiting = scenario.Functions.OrderBy(f => f.Bdf).ToList();
        // Parents come before their children, whatever their numbers are.
        while (waiting.Find(f => f.Parent is not { } p || !waiting.Exists(w => w.Bdf == p)) is { } next)
        {
            waiting.Remove(next);
            Place(next);
        }

        CompleteSlots();
        NumberBuses(null, 0, new Counter());
        foreach (var f in Functions.Where(f => f.At != f.Spec.Bdf))
        {
            notes.Add($"{f.Spec.Bdf} ({f.Spec.Device.Id}): it is at {f.At} in QEMU{(moved.TryGetValue(f.Spec.Bdf, out var why) ? ": " + why : ", where the firmware counts the buses so")}");
        }
    }

    private readonly Dictionary<Bdf, string> moved = [];

    /// <summary>What was placed, by its address in the scenario.</summary>
    public IEnumerable<PlacedFunction> Functions => placed.Values.OrderBy(f => f.Spec.Bdf);

    /// <summary>The address that a function of the scenario has in QEMU; null if it is left out.</summary>
    public Bdf? At(Bdf bdf) => placed.GetValueOrDefault(bdf)?.At;

    /// <summary>Parents first: the order in which QEMU must be told of them.</summary>
    public IEnumerable<PlacedFunction> InOrder => Functions.OrderBy(Depth).ThenBy(f => f.At);

    private static int Depth(PlacedFunction f) => f.Parent is { } p ? Depth(p) + 1 : 0;

    private void Place(FunctionSpec f)
    {
        PlacedFunction? parent = null;
        if (f.Parent is { } above && !placed.TryGetValue(above, out parent))
        {
            LeaveOut(f, $"it is below {above}, which is left out");
            return;
        }

        if (parent is null && BuiltIn(f) is { } own)
        {
            placed.Add(f.Bdf, own);
            return;
        }

        if (Choose(f, parent) is not { } chosen)
        {
            return;
        }

        (chosen.Slot, chosen.Function) = (f.Bdf.Device, f.Bdf.Function);
        if (FreeSlot(chosen))
        {
            placed.Add(f.Bdf, chosen);
        }
    }

    private PlacedFunction? BuiltIn(FunctionSpec f)
    {
        var same = board.BuiltIn.Where(b => b.Value == f.Device.Id && !placed.Values.Any(p => p.Parent is null && p.IsBuiltIn && p.Slot == b.Key.Device && p.Function == b.Key.Function)).ToList();
        var chipset = f.Device.Id is "host-bridge" or "isa-bridge" or "smbus";
        if (same.Count == 0 || !(chipset || same.Exists(b => b.Key == f.Bdf)))
        {
            return null;
        }

        var at = same.Exists(b => b.Key == f.Bdf) ? f.Bdf : same[0].Key;
        moved[f.Bdf] = $"it is part of QEMU's {board.Machine}";
        return new PlacedFunction(f, "", "") { Slot = at.Device, Function = at.Function, Backend = f.Device.Id == "ahci" ? QemuBackend.IdeDisk : QemuBackend.None };
    }

    private PlacedFunction? Choose(FunctionSpec f, PlacedFunction? parent)
    {
        if (f.Device.IsBridge)
        {
            return Bridge(f, parent);
        }

        if (parent is { IsUpstream: true })
        {
            return LeaveOut(f, "only downstream ports can be below the upstream port of a switch");
        }

        if (QemuDevice.Find(f.Device.Id, f.Device.Pin) is not { } row)
        {
            return LeaveOut(f, f.Device.Id is "isa-bridge" or "smbus" or "host-bridge" ? "QEMU's machine has one already" : "QEMU has no such device");
        }

        if (row.Backend == QemuBackend.Network && placed.Values.Count(p => p.Backend == QemuBackend.Network) == MostNetworks)
        {
            return LeaveOut(f, Node.Invariant($"it would be more than the {MostNetworks} networks that the guest tells apart"));
        }

        // The PIIX3's own USB controller is another device than the ICH9's.
        var device = board == QemuBoard.Pc && f.Device.Id == "uhci" && parent is null && f.Bdf is { Device: 1, Function: 2 } ? "piix3-usb-uhci" : row.Device;
        var pin = device == "piix3-usb-uhci" ? InterruptPin.D : row.Pin;
        var properties = row.Properties;
        if (f.Mode is InterruptMode.Intx or InterruptMode.None && f.Device is not { MsixTableSize: 0, MsiMessages: 0 })
        {
            if (row.PinOnly is null)
            {
                notes.Add($"{f.Bdf} ({f.Device.Id}): no property of QEMU's {device} takes its messages away; its driver will use them");
            }
            else
            {
                properties = Joined(properties, row.PinOnly);
            }
        }
        else if (row.VectorsProperty is { } vectors)
        {
            properties = Joined(properties, Node.Invariant($"{vectors}={f.Device.MsixTableSize}"));
        }

        if (pin != f.Device.Pin)
        {
            notes.Add($"{f.Bdf} ({f.Device.Id}): its pin is {f.Device.Pin}, that of QEMU's {device} is {pin}; it may end on another line");
        }

        if (row.Differs.Length > 0)
        {
            notes.Add($"{f.Bdf} ({f.Device.Id}): QEMU's {device} stands for it; {row.Differs}");
        }

        return new PlacedFunction(f, device, row.Backend == QemuBackend.Network ? Joined(properties, "romfile=") : properties) { Parent = parent, Backend = row.Backend };
    }

    private PlacedFunction? Bridge(FunctionSpec f, PlacedFunction? parent)
    {
        var belowPort = parent is { IsPort: true };
        switch (f.Device.Id)
        {
            case "pcie-root-port" or "pcie-switch-port" when !board.HasExpress:
                return LeaveOut(f, $"a port of PCI Express needs q35, and the platform is {scenario.Platform.Id}");
            case "pcie-root-port" when parent is not null:
                return LeaveOut(f, "QEMU's pcie-root-port is for the root bus only");
            case "pcie-root-port":
                return new PlacedFunction(f, "pcie-root-port", Unique("chassis={0},slot={0}")) { IsPort = true };
            case "pcie-switch-port" when parent is { IsUpstream: true }:
                return new PlacedFunction(f, "xio3130-downstream", Unique("chassis={0},slot={0}")) { Parent = parent, IsPort = true };
            case "pcie-switch-port" when belowPort:
                return new PlacedFunction(f, "x3130-upstream", "") { Parent = parent, IsUpstream = true };
            case "pcie-switch-port":
                return LeaveOut(f, "the upstream port of a switch must be below a port of PCI Express");
        }

        if (belowPort)
        {
            Note(f, "pcie-pci-bridge", InterruptPin.A, "it has MSI and a pin of its own");
            return new PlacedFunction(f, "pcie-pci-bridge", "") { Parent = parent };
        }

        if (parent is { IsUpstream: true })
        {
            return LeaveOut(f, "only downstream ports can be below the upstream port of a switch");
        }

        // ICH9's own bridge to PCI is there.
        if (board == QemuBoard.Q35 && parent is null && f.Bdf.Device == 0x1e)
        {
            Note(f, "i82801b11-bridge", InterruptPin.None, "it is 8086:244e");
            return new PlacedFunction(f, "i82801b11-bridge", "");
        }

        // Its hot-plug controller has the pin and MSI.
        var plain = f.Device.Pin == InterruptPin.None;
        return new PlacedFunction(f, "pci-bridge", Unique("chassis_nr={0}") + (plain ? ",shpc=off,msi=off" : "")) { Parent = parent };
    }

    private void Note(FunctionSpec f, string device, InterruptPin pin, string differs)
    {
        if (f.Device.Pin != pin || f.Device.Id != "pci-bridge")
        {
            notes.Add($"{f.Bdf} ({f.Device.Id}): QEMU's {device} stands for it; {differs}");
        }
    }

    private int chassis;

    private string Unique(string format) => string.Format(System.Globalization.CultureInfo.InvariantCulture, format, ++chassis);

    private PlacedFunction? LeaveOut(FunctionSpec f, string why)
    {
        leftOut.Add($"{f.Bdf} ({f.Device.Id}): {why}");
        return null;
    }

    // An address that is taken gives way to one of the same pins (the slot number modulo four says where they end).
    private bool FreeSlot(PlacedFunction f)
    {
        if (f.Parent is { IsPort: true } && f.Slot != 0)
        {
            moved[f.Spec.Bdf] = "a port of PCI Express leads to device 0 only";
            f.Slot = 0;
            f.Function = Enumerable.Range(0, 8).FirstOrDefault(n => !IsTaken(f.Parent, 0, n), -1);
            if (f.Function >= 0)
            {
                return true;
            }

            LeaveOut(f.Spec, "a port of PCI Express leads to device 0 only, and its functions are taken");
            return false;
        }

        if (!IsTaken(f.Parent, f.Slot, f.Function))
        {
            return true;
        }

        var wanted = f.Slot;
        var reserved = scenario.Functions.Where(s => s.Parent == f.Spec.Parent).Select(s => s.Bdf.Device).ToHashSet();
        foreach (var slot in Enumerable.Range(2, Slots - 8).OrderBy(s => (s - wanted) & 3).ThenBy(s => s))
        {
            if (!reserved.Contains(slot) && !Enumerable.Range(0, 8).Any(n => IsTaken(f.Parent, slot, n)))
            {
                moved[f.Spec.Bdf] = $"QEMU's {board.Machine} has a function of its own there";
                (f.Slot, f.Function) = (slot, 0);
                return true;
            }
        }

        LeaveOut(f.Spec, "its address is taken, and no slot is free");
        return false;
    }

    private bool IsTaken(PlacedFunction? bus, int slot, int function) =>
        placed.Values.Any(p => p.Parent == bus && p.Slot == slot && p.Function == function)
        || (bus is null && (board.BuiltIn.ContainsKey(new Bdf(0, slot, function)) || slot == 0));

    // A slot without function 0 is not found by anybody who looks for it.
    private void CompleteSlots()
    {
        foreach (var slot in placed.Values.GroupBy(f => (f.Parent?.Id, f.Slot)).ToList())
        {
            var zero = slot.Key.Item1 is null && board.BuiltIn.ContainsKey(new Bdf(0, slot.Key.Slot, 0));
            if (!zero && slot.All(f => f.Function != 0))
            {
                var first = slot.MinBy(f => f.Function)!;
                moved[first.Spec.Bdf] = "function 0 of its slot is left out, and a slot needs one";
                first.Function = 0;
            }

            foreach (var f in slot)
            {
                f.Multifunction = slot.Count() > 1;
            }
        }
    }

    // The firmware counts as it goes: down first, then on.
    private void NumberBuses(PlacedFunction? bridge, int number, Counter last)
    {
        foreach (var f in placed.Values.Where(f => f.Parent == bridge).OrderBy(f => f.Slot).ThenBy(f => f.Function))
        {
            f.Bus = number;
            if (f.Spec.Device.IsBridge)
            {
                NumberBuses(f, ++last.Value, last);
            }
        }
    }

    private static string Joined(string a, string b) => a.Length == 0 ? b : b.Length == 0 ? a : a + "," + b;

    private sealed class Counter
    {
        public int Value { get; set; }
    }
}
