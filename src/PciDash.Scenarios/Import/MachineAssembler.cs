using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Import;

/// <summary>Puts together what the readers found: buses, devices, lines, drivers, the boot.</summary>
internal sealed class MachineAssembler(FunctionTable table, PasteReader paste, NoteList notes)
{
    private const int HighestGsi = 239;

    // Below this an irq that no driver has asked for is what firmware wrote for the PIC (domain 5, rule 9); the kernel routes when a driver enables the device.
    private const int FirstPciGsi = 16;

    private readonly FieldList fields = new();
    private readonly DriverNames driverNames = new();
    private readonly InterruptRows rows = new(paste.Interrupts, table, notes);
    private readonly Dictionary<Bdf, Gsi> lines = [];

    public ImportedMachine Assemble()
    {
        var functions = table.InOrder.ToList();
        foreach (var f in functions)
        {
            Complete(f);
        }

        table.NoteSegments();
        if (functions.Count == 0)
        {
            notes.Error(0, "no PCI function of segment 0000 is in the text", "the output of lspci -vvv is needed, best with -xxxx and as root");
            return Result(null, functions);
        }

        var tree = BusTree.Of(functions, paste.Tree.Roots, notes);
        if (functions.Count + tree.Added.Count > DocumentLimits.Functions)
        {
            notes.Error(0, Node.Invariant($"{functions.Count} functions and {tree.Added.Count} bridges to them that the text does not show"),
                Node.Invariant($"at most {DocumentLimits.Functions} are possible"));
        }

        if (notes.HasErrors)
        {
            return Result(null, functions);
        }

        var scenario = Build(functions, tree);
        try
        {
            CompiledMachine.Compile(scenario);
        }
        catch (ScenarioException e)
        {
            foreach (var problem in e.Problems)
            {
                notes.Error(0, problem);
            }
        }

        return Result(notes.HasErrors ? null : scenario, functions);
    }

    private ImportedMachine Result(Scenario? scenario, List<ImportedFunction> functions) =>
        new(scenario, functions, fields.All, notes.ToList())
        {
            Kernel = paste.Kernel.Release?.Value,
            LinesUnread = notes.Unread,
            Lines = [.. lines.GroupBy(l => l.Value).OrderBy(g => g.Key.Value)
                .Select(g => new ImportedLine(g.Key, [.. g.Select(l => l.Key).Order()], rows.Find(g.Key.Value)?.Actions ?? []))],
            Unhandled = [.. paste.Kernel.Unhandled.Select(u => new UnhandledIrq(u.Irq, u.Line, u.Handlers, On(u.Irq, functions)))],
        };

    private List<Bdf> On(int irq, List<ImportedFunction> functions) =>
        [.. functions.Where(f => f.Messages.Any(m => m.Irq == irq) || (lines.TryGetValue(f.Bdf, out var gsi) && gsi.Value == irq)).Select(f => f.Bdf)];

    private void Complete(ImportedFunction f)
    {
        ConfigDecoder.Apply(f, notes);
        if (f.Config is null)
        {
            f.CapabilitiesSeen = f.HasFlags && !f.CapabilitiesDenied && !f.IsSilent;
        }

        if (f.IsSilent)
        {
            notes.Warn(f.Line, $"{f.Bdf} did not answer when its registers were read", "it is imported without an interrupt");
        }

        if (f.Name.Length == 0 && f.VendorId is { } vendor && PciIds.Installed is { } ids && ids.Vendor(vendor.Value) is { } name)
        {
            f.Name = f.DeviceId is { } device && ids.Device(vendor.Value, device.Value) is { } model ? name + " " + model : name;
        }
    }

    private Scenario Build(List<ImportedFunction> functions, BusTree tree)
    {
        var bound = new Dictionary<Bdf, DriverModel?>();
        var specs = new List<FunctionSpec>(tree.Added);
        var saysDrivers = functions.Any(f => f.Driver is not null);
        var anyFlags = functions.Any(f => f.HasFlags);
        var drivers = functions.ToDictionary(f => f.Bdf, f => Driver(f, saysDrivers, anyFlags));
        var devices = new DeviceAssembler(fields, VectorBudget.MostVectors(functions.Select(f => DeviceAssembler.VectorsWanted(f, drivers[f.Bdf])), notes));
        foreach (var f in functions)
        {
            var driver = drivers[f.Bdf];
            var device = devices.Make(f, DeviceAssembler.Row(f, driver), driver);
            if (device.Driver != driver?.Id)
            {
                bound.Add(f.Bdf, driver);
            }

            specs.Add(Function(f, device, driver, tree));
        }

        if (functions.Any(f => !f.CapabilitiesSeen && !f.IsSilent))
        {
            var n = functions.Count(f => !f.CapabilitiesSeen && !f.IsSilent);
            notes.Warn(0, Node.Invariant($"the capabilities of {n} of {functions.Count} functions are not in the text"), "lspci -vv as root shows which can send MSI");
        }

        NoteStrangers(drivers);
        foreach (var unhandled in paste.Kernel.Unhandled.Where(u => On(u.Irq, functions).Count == 0))
        {
            notes.Warn(unhandled.Line, Node.Invariant($"nobody cared for irq {unhandled.Irq}, but no function of the text is on that line"), "its functions are not listed, or their irq is not");
        }

        specs.Sort((a, b) => a.Bdf.CompareTo(b.Bdf));
        var (spread, boot) = VectorBudget.Spread(specs, new BootAssembler(fields, notes).Boot(paste) with { Drivers = bound }, notes);
        return new Scenario("imported", Platform.AcpiPc, spread, [boot])
        {
            Title = Node.Invariant($"imported: {functions.Count} function{(functions.Count == 1 ? "" : "s")}"),
        };
    }

    // A handler of something that is not listed shares the line all the same.
    private void NoteStrangers(Dictionary<Bdf, DriverModel?> drivers)
    {
        foreach (var line in lines.GroupBy(l => l.Value.Value).OrderBy(g => g.Key))
        {
            var bound = line.Count(l => drivers[l.Key] is not null);
            if (rows.Find(line.Key) is { Kind: IrqKind.Line } row && row.Actions.Count > bound)
            {
                notes.Warn(row.Line, Node.Invariant($"irq {row.Irq} has {row.Actions.Count} handlers ({string.Join(", ", row.Actions)})"),
                    Node.Invariant($"{bound} function{(bound == 1 ? "" : "s")} of the text with a driver {(bound == 1 ? "is" : "are")} on that line"));
            }
        }
    }

    // Without a driver where lspci would have named one: -v does, and so does -k for every function of its listing.
    private DriverModel? Driver(ImportedFunction f, bool saysDrivers, bool anyFlags)
    {
        var path = $"functions[{f.Bdf}].driver";
        if (f.Driver is { } said)
        {
            var driver = DriverNames.Find(said.Value);
            if (driver is null)
            {
                driver = driverNames.Unknown(said.Value, out var isNew);
                if (isNew)
                {
                    notes.Warn(said.Line, $"the catalogue has no driver {said.Value}", "it is imported as one without a .shutdown");
                }
            }

            return fields.Add(path, driver.Id, said) is { } ? driver : null;
        }

        if (f.IsSilent || (saysDrivers && (f.HasFlags || !anyFlags)))
        {
            fields.Add(path, "none", new Fact<string>("", FactSource.Text, f.Line));
            return null;
        }

        var guess = DeviceAssembler.Row(f, null) is { } row && row.Row.Driver is { } id ? DriverModel.Find(id) : null;
        fields.Guess(path, guess?.Id ?? "none", guess is null ? "the text names no drivers" : "the catalogue's for this device");
        return guess;
    }

    private FunctionSpec Function(ImportedFunction f, DeviceModel device, DriverModel? driver, BusTree tree)
    {
        var path = $"functions[{f.Bdf}].";
        var parent = tree.Parent(f);
        var below = device.IsBridge ? tree.Below(f) : null;
        if (parent is { } p)
        {
            fields.Add(path + "parent", p.Value, p);
        }

        if (below is { } b)
        {
            fields.Add(path + "secondary_bus", b.Value, b, "x2");
        }

        var mode = Mode(f, device, driver, path + "mode");
        var gsi = device.Pin == InterruptPin.None ? null : Line(f, mode, driver, path + "gsi");
        if (gsi is { } line)
        {
            lines[f.Bdf] = line;
        }

        return new FunctionSpec(f.Bdf, device)
        {
            Parent = parent?.Value,
            SecondaryBus = below?.Value,
            Mode = mode,
            Gsi = gsi,
            FirmwareBusMaster = driver is null && f.BusMaster is { } master && fields.Add(path + "firmware_bus_master", master.Value, master),
            Events = driver is null || device.IsBridge ? [] : Events(f, path + "events"),
        };
    }

    private InterruptMode Mode(ImportedFunction f, DeviceModel device, DriverModel? driver, string path)
    {
        if (f.Msix is { Value.Enabled: true } msix)
        {
            return fields.Add(path, InterruptMode.Msix, msix);
        }

        if (f.Msi is { Value.Enabled: true } msi)
        {
            return fields.Add(path, InterruptMode.Msi, msi);
        }

        if (f.Messages.Count > 0)
        {
            if (f.CapabilitiesSeen)
            {
                notes.Warn(f.Messages[0].Line,
                    Node.Invariant($"{f.Bdf}: irq {f.Messages[0].Irq} is its message, but its registers have MSI and MSI-X off"), "the registers are believed");
            }
            else
            {
                return fields.Add(path, f.HasMsixMessages ? InterruptMode.Msix : InterruptMode.Msi,
                    new Fact<int>(0, FactSource.Interrupts, f.Messages[0].Line));
            }
        }

        var isOff = f.CapabilitiesSeen || (f.Irq is { } irq && rows.Find(irq.Value) is { Kind: IrqKind.Line });
        return driver is not null && device.Pin != InterruptPin.None && isOff
            ? fields.Add(path, InterruptMode.Intx,
                new Fact<int>(0, f.CapabilitiesSeen ? f.Config is not null ? FactSource.Hex : FactSource.Text : FactSource.Interrupts, f.Line))
            : fields.Guess(path, InterruptMode.Auto, "the best that the device has");
    }

    // pci_enable_msi puts the message's irq in place of the line's; pci_enable_msix leaves the line's there.
    private Gsi? Line(ImportedFunction f, InterruptMode mode, DriverModel? driver, string path)
    {
        var isMessage = f.Msi is { Value.Enabled: true } || (f.Irq is { } n && (rows.Find(n.Value) is { Kind: >= IrqKind.Message } || LooksLikeMessage(f, n.Value)));
        if (f.Irq is { } irq && !isMessage)
        {
            var row = rows.Find(irq.Value);
            var isKernels = irq.Source != FactSource.Hex && (irq.Value >= FirstPciGsi || (driver is not null && f.Driver is not null) || row is { Kind: IrqKind.Line });
            if (irq.Value <= HighestGsi && isKernels)
            {
                return !f.CapabilitiesSeen && row is null
                    ? fields.Guess(path, new Gsi(irq.Value), "its irq, unless that is a message's: its capabilities are not in the text")
                    : fields.Add(path, new Gsi(irq.Value), irq);
            }

            if (irq.Value > HighestGsi)
            {
                notes.Warn(irq.Line, Node.Invariant($"{f.Bdf}: irq {irq.Value} is no line of an IO-APIC"), "the platform's routing is taken");
            }
            else if (irq is { Source: FactSource.Hex, Value: >= FirstPciGsi })
            {
                return fields.Guess(path, new Gsi(irq.Value), "its Interrupt Line register");
            }
        }

        if (mode == InterruptMode.Intx && f.Driver is { } bound && rows.LineOf(bound.Value) is { Irq: <= HighestGsi } only)
        {
            return fields.Add(path, new Gsi(only.Irq), new Fact<int>(only.Irq, FactSource.Interrupts, only.Line), why: "the one line with a handler of its driver");
        }

        fields.Guess(path, "routing", "the platform's routing of its slot and pin");
        return null;
    }

    // Nothing says that MSI is on, but the kernel has set INTx-Disable, and one IO-APIC has no such line.
    private bool LooksLikeMessage(ImportedFunction f, int irq) =>
        !f.CapabilitiesSeen && irq >= FirstPciGsi + 8 && rows.Find(irq) is null && f.Command is { } command && (command.Value & FactWriter.IntxDisableBit) != 0;

    // Most devices are passive: an SMBus controller or a serial port interrupts when its driver has asked it for something.
    private EventSource[] Events(ImportedFunction f, string path)
    {
        if (EventClasses.Of(f) is { } what)
        {
            return [fields.Guess(path, new EventSource(what, 1_000_000), "what it does is not in the text")];
        }

        fields.Guess(path, "none", "devices of its class interrupt only when their driver asks for something");
        return [];
    }
}
