using System.Text.Json.Nodes;
using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>What can be done to a running machine, as a document names it; the engine gets instructions of its own vocabulary.</summary>
public static class StimulusForms
{
    /// <summary>setpci on Command: a bit that is null keeps its value.</summary>
    public static Stimulus SetCommand(Bdf target, bool? busMaster, bool? intxDisable)
    {
        var bits = (busMaster is null ? 0 : 0x0004) | (intxDisable is null ? 0 : 0x0400);
        var value = (busMaster == true ? 0x0004 : 0) | (intxDisable == true ? 0x0400 : 0);
        var where = Node.Invariant($"setpci COMMAND={value:x4}:{bits:x4}");
        var steps = new List<Step>();
        if (busMaster is { } bme)
        {
            steps.Add(new Step(Op.BusMaster, bme ? 1 : 0, Guard.Always, Cost.ConfigWrite, where, "pciutils"));
        }

        if (intxDisable is { } off)
        {
            // setpci knows nothing of quirks: it writes the bit of any device.
            steps.Add(new Step(Op.IntxDisable, off ? 1 : 0, Guard.Always, Cost.ConfigWrite, where, "pciutils") { B = 1 });
        }

        var words = new[] { busMaster is { } b ? $"bme={Bit(b)}" : "", intxDisable is { } d ? $"intx_disable={Bit(d)}" : "" };
        return new Stimulus("set-command " + string.Join(' ', words.Where(w => w.Length > 0)), steps, target);
    }

    /// <summary>A raw write of MSI-X Enable, behind the kernel's back: INTx-Disable stays as it is.</summary>
    public static Stimulus MsixEnable(Bdf target, bool enable) =>
        new($"msix-enable enable={Bit(enable)}", [new Step(Op.MsixEnable, enable ? 1 : 0, Guard.Always, Cost.ConfigWrite, "setpci CAP_MSIX+2.w", "pciutils")], target);

    /// <summary>A raw write of MSI Enable, behind the kernel's back.</summary>
    public static Stimulus MsiEnable(Bdf target, bool enable) =>
        new($"msi-enable enable={Bit(enable)}", [new Step(Op.MsiEnable, enable ? 1 : 0, Guard.Always, Cost.ConfigWrite, "setpci CAP_MSI+2.w", "pciutils")], target);

    /// <summary>What pci_msi_shutdown and pci_msix_shutdown do, to a live device: exactly the steps of the policy that did nothing else.</summary>
    public static Stimulus MsiShutdown(Bdf target) => new("msi-shutdown", [.. ShutdownPolicy.P1.Steps.Select(s => s.Step)], target);

    /// <summary>Loads a driver: its probe runs.</summary>
    public static Stimulus LoadDriver(Bdf target, DriverModel driver)
    {
        ArgumentNullException.ThrowIfNull(driver);
        return new Stimulus($"load-driver driver={driver.Id}", [], target) { Load = driver };
    }

    /// <summary>Loads a part of a driver: the bus driver's, or that of the child.</summary>
    public static Stimulus LoadDriver(Bdf target, DriverModel driver, ProbePart part)
    {
        ArgumentNullException.ThrowIfNull(driver);
        return part == ProbePart.Whole ? LoadDriver(target, driver)
            : new Stimulus($"load-driver driver={driver.Id} part={Vocabulary.Parts.Of(part)}", [], target) { Load = driver, Part = part };
    }

    /// <summary>Opens the network interface: what the driver left to that is done now.</summary>
    public static Stimulus OpenInterface(Bdf target) => new("open-interface", [], target) { Opens = true };

    /// <summary>Unbinds the driver: its remove runs, and it has no shutdown any more.</summary>
    public static Stimulus UnbindDriver(Bdf target) =>
        new("unbind-driver", [.. ScriptWords.Find("quiesce")!.Steps(Unbind, "drivers/base/dd.c"), .. ScriptWords.Find("remove")!.Steps(Unbind, "drivers/base/dd.c")], target)
        {
            Unloads = true,
        };

    /// <summary>What comes to the device from outside stops, or goes on.</summary>
    public static Stimulus Traffic(Bdf target, bool on) =>
        new(on ? "start-traffic" : "stop-traffic", [new Step(Op.Traffic, on ? 0 : 1, Guard.Always, Cost.None, "traffic", "from outside")], target);

    /// <summary>A Function Level Reset, by sysfs.</summary>
    public static Stimulus Flr(Bdf target) => new("flr", [.. ScriptWords.Find("flr")!.Steps("reset_store", "drivers/pci/pci-sysfs.c")], target);

    /// <summary>A change of power state.</summary>
    public static Stimulus Power(Bdf target, bool d3hot) =>
        new("power-state state=" + (d3hot ? "D3hot" : "D0"), [.. ScriptWords.Find(d3hot ? "d3hot" : "d0")!.Steps("setpci CAP_PM+4.b", "pciutils")], target);

    /// <summary>The guest clears MSI or MSI-X Enable: the host frees its vectors and takes the pin on the guest's behalf (domain 6.4).</summary>
    public static Stimulus GuestMsiOff(Bdf target) => new(
        "guest-msi-off",
        [
            .. ScriptWords.Find("free-irqs")!.Steps("vfio_msi_disable → pci_free_irq_vectors", Vfio),
            new Step(Op.RequestLine, 0, Guard.Always, Cost.RegisterWrite, "vfio_intx_enable → request_irq", Vfio),
        ],
        target);

    /// <summary>The guest is gone: Bus Master Enable off, irqs freed, Command = INTx-Disable, the function reset (domain 6.4).</summary>
    public static Stimulus GuestExit(Bdf target) => new(
        "guest-exit",
        [
            .. ScriptWords.Find("clear-master")!.Steps(VfioClose, Vfio), .. ScriptWords.Find("free-irqs")!.Steps(VfioClose, Vfio),
            .. ScriptWords.Find("intx-off")!.Steps(VfioClose, Vfio), .. ScriptWords.Find("flr")!.Steps(VfioClose, Vfio),
        ],
        target);

    private const string Unbind = "unbind_store → device_driver_detach → remove";
    private const string Vfio = "drivers/vfio/pci/vfio_pci_intrs.c, vfio_pci_core.c";
    private const string VfioClose = "vfio_pci_core_close_device → vfio_pci_core_disable";

    /// <summary>Power states that a stimulus can ask for.</summary>
    internal static readonly Words<bool> PowerStates = new("power state", [("D3hot", true), ("D0", false)]);

    /// <summary>Nothing is done for a while.</summary>
    public static Stimulus Wait(long ns) =>
        new(Node.Invariant($"wait us={ns / 1000m:0.###}"), [new Step(Op.Sleep, Cost: Cost.Given) { GivenNs = ns }], null);

    internal static readonly IReadOnlyDictionary<string, string[]> Members = new Dictionary<string, string[]>
    {
        ["set-command"] = ["what", "target", "bme", "intx_disable"],
        ["msix-enable"] = ["what", "target", "enable"],
        ["msi-enable"] = ["what", "target", "enable"],
        ["msi-shutdown"] = ["what", "target"],
        ["load-driver"] = ["what", "target", "driver", "part"],
        ["open-interface"] = ["what", "target"],
        ["unbind-driver"] = ["what", "target"],
        ["start-traffic"] = ["what", "target"],
        ["stop-traffic"] = ["what", "target"],
        ["flr"] = ["what", "target"],
        ["power-state"] = ["what", "target", "state"],
        ["guest-msi-off"] = ["what", "target"],
        ["guest-exit"] = ["what", "target"],
        ["wait"] = ["what", "us"],
    };

    internal static Stimulus? Read(Node node, Catalogue catalogue)
    {
        var whats = new Words<string>("stimulus", [.. Members.Keys.Select(k => (k, k))]);
        if (node.Element.ValueKind != System.Text.Json.JsonValueKind.Object)
        {
            node.IsObject(["what"]);
            return null;
        }

        if (node.Word("what", whats, required: true) is not { } what || !node.IsObject(Members[what]))
        {
            return null;
        }

        if (what == "wait")
        {
            return node.Microseconds("us", 1_000, DocumentLimits.MostTimeNs, required: true) is { } ns ? Wait(ns) : null;
        }

        var target = ScenarioReader.ReadBdf(node.Member("target", required: true));
        switch (what)
        {
            case "set-command":
                var (bme, off) = (node.Flag("bme"), node.Flag("intx_disable"));
                if (!node.Has("bme") && !node.Has("intx_disable"))
                {
                    node.Problem("it changes nothing; bme, intx_disable or both are needed");
                }

                return target is { } t ? SetCommand(t, bme, off) : null;
            case "msi-shutdown":
                return target is { } live ? MsiShutdown(live) : null;
            case "load-driver":
                var part = node.Word("part", Vocabulary.Parts);
                return node.Word("driver", catalogue.Drivers, required: true) is { } driver && target is { } to ? LoadDriver(to, driver, part) : null;
            case "power-state":
                return node.TryMemberWord("state", PowerStates, out var d3hot) && target is { } sleeper ? Power(sleeper, d3hot) : null;
            case "open-interface" or "unbind-driver" or "start-traffic" or "stop-traffic" or "flr" or "guest-msi-off" or "guest-exit":
                return target is { } plain ? Plain(what, plain) : null;
            default:
                _ = node.Member("enable", required: true);
                return node.Flag("enable") is { } on && target is { } f ? (what == "msix-enable" ? MsixEnable(f, on) : MsiEnable(f, on)) : null;
        }
    }

    private static Stimulus Plain(string what, Bdf target) => what switch
    {
        "open-interface" => OpenInterface(target),
        "unbind-driver" => UnbindDriver(target),
        "start-traffic" => Traffic(target, true),
        "stop-traffic" => Traffic(target, false),
        "flr" => Flr(target),
        "guest-msi-off" => GuestMsiOff(target),
        _ => GuestExit(target),
    };

    /// <summary>The document's form of a stimulus, or null if it is none of these.</summary>
    internal static JsonObject? Write(Stimulus stimulus, Catalogue catalogue)
    {
        var words = stimulus.What.Split(' ');
        var json = new JsonObject { ["what"] = words[0] };
        if (stimulus.Target is { } target)
        {
            json["target"] = target.ToString();
        }

        if (Members.GetValueOrDefault(words[0]) is not { } members)
        {
            return null;
        }

        foreach (var word in words.Skip(1).Select(w => w.Split('=')).Where(w => w.Length == 2 && members.Contains(w[0])))
        {
            json[word[0]] = word[0] switch
            {
                "driver" or "part" or "state" => word[1],
                "us" => decimal.Parse(word[1], System.Globalization.CultureInfo.InvariantCulture),
                _ => word[1] == "1",
            };
        }

        // Only what reads back as the same instructions may be written.
        var problems = new List<string>();
        using var document = System.Text.Json.JsonDocument.Parse(json.ToJsonString());
        return Read(new Node(document.RootElement, "", problems), catalogue) is { } back && problems.Count == 0 && back.What == stimulus.What
            && back.Target == stimulus.Target && back.Load == stimulus.Load && back.Part == stimulus.Part && back.Unloads == stimulus.Unloads && back.Opens == stimulus.Opens && back.Steps.SequenceEqual(stimulus.Steps) ? json : null;
    }

    private static string Bit(bool on) => on ? "1" : "0";
}
