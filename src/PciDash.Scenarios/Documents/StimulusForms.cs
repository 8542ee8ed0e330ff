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

    /// <summary>Nothing is done for a while.</summary>
    public static Stimulus Wait(long ns) =>
        new(Node.Invariant($"wait us={ns / 1000m:0.###}"), [new Step(Op.Sleep, Cost: Cost.Given) { GivenNs = ns }], null);

    internal static readonly IReadOnlyDictionary<string, string[]> Members = new Dictionary<string, string[]>
    {
        ["set-command"] = ["what", "target", "bme", "intx_disable"],
        ["msix-enable"] = ["what", "target", "enable"],
        ["msi-enable"] = ["what", "target", "enable"],
        ["msi-shutdown"] = ["what", "target"],
        ["load-driver"] = ["what", "target", "driver"],
        ["wait"] = ["what", "us"],
    };

    internal static Stimulus? Read(Node node)
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
                return node.Word("driver", Vocabulary.Drivers, required: true) is { } driver && target is { } to ? LoadDriver(to, driver) : null;
            default:
                _ = node.Member("enable", required: true);
                return node.Flag("enable") is { } on && target is { } f ? (what == "msix-enable" ? MsixEnable(f, on) : MsiEnable(f, on)) : null;
        }
    }

    /// <summary>The document's form of a stimulus, or null if it is none of these.</summary>
    internal static JsonObject? Write(Stimulus stimulus)
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
                "driver" => word[1],
                "us" => decimal.Parse(word[1], System.Globalization.CultureInfo.InvariantCulture),
                _ => word[1] == "1",
            };
        }

        // Only what reads back as the same instructions may be written.
        var problems = new List<string>();
        using var document = System.Text.Json.JsonDocument.Parse(json.ToJsonString());
        return Read(new Node(document.RootElement, "", problems)) is { } back && problems.Count == 0 && back.What == stimulus.What
            && back.Target == stimulus.Target && back.Load == stimulus.Load && back.Steps.SequenceEqual(stimulus.Steps) ? json : null;
    }

    private static string Bit(bool on) => on ? "1" : "0";
}
