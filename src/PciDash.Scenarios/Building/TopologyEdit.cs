using PciDash.Engine.Devices;
using PciDash.Engine.Hardware;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Building;

/// <summary>
/// Changes of a machine's topology. Each takes a scenario and gives another one, or a refusal in words; none changes what it is given.
/// A function that moves takes its drivers, its place in the probe order and its stimuli along.
/// </summary>
public static class TopologyEdit
{
    /// <summary>Most downstream ports of a switch that is added at once.</summary>
    public const int MaxSwitchPorts = 32;

    private const string SwitchPort = "pcie-switch-port";

    /// <summary>A machine with nothing in it: a q35 on which the newest kernel is rebooted.</summary>
    public static Scenario Empty { get; } = EmptyOf();

    /// <summary>
    /// The bridge below which something is added when a function is selected: itself if it is a bridge, else the one above it; null = the
    /// root bus.
    /// </summary>
    public static Bdf? PlaceAt(Scenario scenario, Bdf? selected)
    {
        var tree = new MachineTree(scenario);
        return tree.Find(selected) is not { } f ? null : f.Device.IsBridge ? f.Bdf : tree.ParentOf(f);
    }

    /// <summary>Adds a device below a bridge, or on the root bus (null), at a free address.</summary>
    public static EditOutcome Add(Scenario scenario, DeviceModel device, Bdf? bridge)
    {
        ArgumentNullException.ThrowIfNull(device);
        return Insert(scenario, [new Piece(new FunctionSpec(default, device), -1, null)], bridge, at => $"Added {device.Title} at {at}.");
    }

    /// <summary>Adds a switch below a root port or a downstream port: an upstream port and 1 to 32 downstream ports.</summary>
    public static EditOutcome AddSwitch(Scenario scenario, int ports, Bdf? bridge)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ports, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ports, MaxSwitchPorts);
        var port = new FunctionSpec(default, DeviceModel.Find(SwitchPort)!);
        if (new MachineTree(scenario).KindBelow(bridge) != BusKind.Link)
        {
            return EditOutcome.Refused("A switch cannot be here: it belongs below a root port or a downstream port of another switch.");
        }

        Piece[] pieces = [new Piece(port, -1, null), .. Enumerable.Range(0, ports).Select(slot => new Piece(port, 0, new Bdf(0, slot, 0)))];
        return Insert(scenario, pieces, bridge, at => $"Added a switch with {(ports == 1 ? "one downstream port" : $"{ports} downstream ports")} at {at}.");
    }

    /// <summary>Removes a function and everything below it.</summary>
    public static EditOutcome Delete(Scenario scenario, Bdf at)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var tree = new MachineTree(scenario);
        if (tree.Find(at) is not { } f)
        {
            return NoSuch(at);
        }

        var gone = tree.Branch(f).Select(b => b.Bdf).ToHashSet();
        var parent = tree.ParentOf(f);
        var siblings = tree.Below(parent);
        var place = Enumerable.Range(0, siblings.Count).First(i => siblings[i].Bdf == at);
        var stimuli = scenario.Boots.Sum(b => b.Stimuli.Count(s => s.Target is { } t && gone.Contains(t)));
        return new EditOutcome(
            References.Remove(scenario, gone),
            $"Deleted {at} {f.Device.Title}{(gone.Count > 1 ? $" and {Functions(gone.Count - 1)} below it" : "")}{(stimuli > 0 ? $", and what was done to {(gone.Count > 1 ? "them" : "it")} while it ran" : "")}.")
        {
            Selected = place + 1 < siblings.Count ? siblings[place + 1].Bdf : place > 0 ? siblings[place - 1].Bdf : parent,
        };
    }

    /// <summary>Adds a copy of a function and of everything below it, on the same bus. Copies have the same drivers.</summary>
    public static EditOutcome Duplicate(Scenario scenario, Bdf at)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var tree = new MachineTree(scenario);
        if (tree.Find(at) is not { } f)
        {
            return NoSuch(at);
        }

        var branch = tree.Branch(f).ToList();
        var pieces = PiecesOf(tree, branch, null);
        var outcome = Insert(scenario, pieces, tree.ParentOf(f), copy => $"Added a copy of {at} at {copy}{(branch.Count > 1 ? $", with the {Functions(branch.Count - 1)} below it" : "")}.", out var placed, out var renumbered);
        if (outcome.After is null)
        {
            return outcome;
        }

        var copies = branch.Select((b, i) => (From: renumbered(b.Bdf), To: renumbered(placed[i]))).ToDictionary(p => p.From, p => p.To);
        return outcome with { After = References.CopyDrivers(outcome.After, copies) };
    }

    /// <summary>Moves a function with everything below it to the bus below a bridge, or to the root bus (null). It keeps its slot if that is free there.</summary>
    public static EditOutcome Move(Scenario scenario, Bdf at, Bdf? bridge)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var tree = new MachineTree(scenario);
        if (tree.Find(at) is not { } f)
        {
            return NoSuch(at);
        }

        if (tree.ParentOf(f) == bridge)
        {
            return EditOutcome.Refused($"{at} is there already.");
        }

        var branch = tree.Branch(f).ToList();
        if (branch.Any(b => b.Bdf == bridge))
        {
            return EditOutcome.Refused($"{at} cannot be moved below itself.");
        }

        if (tree.WhyNot(f.Device, bridge) is { } why)
        {
            return EditOutcome.Refused($"{at} cannot be moved there: {why}.");
        }

        if (branch.Count > 1 && f.Device.Id == SwitchPort && tree.KindBelow(bridge) == BusKind.InsideSwitch != (tree.KindBelow(tree.ParentOf(f)) == BusKind.InsideSwitch))
        {
            return EditOutcome.Refused($"{at} cannot be moved there: with something below it, an upstream port cannot become a downstream port, nor the other way round.");
        }

        // Taken out, put back: what speaks of it is renamed in between, so that nothing is lost.
        var without = scenario with { Functions = [.. scenario.Functions.Where(s => branch.All(b => b.Bdf != s.Bdf))] };
        var outcome = Insert(without, PiecesOf(tree, branch, at), bridge, to => $"Moved {at} to {to}{(branch.Count > 1 ? $", with the {Functions(branch.Count - 1)} below it" : "")}.", out var placed, out var renumbered);
        if (outcome.After is null)
        {
            return outcome;
        }

        var map = scenario.Functions.Select(s => s.Bdf).Distinct().ToDictionary(b => b, b => b);
        for (var i = 0; i < branch.Count; i++)
        {
            map[branch[i].Bdf] = placed[i];
        }

        foreach (var from in map.Keys)
        {
            map[from] = renumbered(map[from]);
        }

        // The boots of the original: those that came out of the insertion know nothing of the functions that were away.
        var boots = References.Rename(scenario with { Functions = [] }, map).Boots;
        return outcome with { After = outcome.After with { Boots = boots }, Moved = Changed(map) };
    }

    /// <summary>Exchanges a function with its neighbour on the bus: -1 the one before, 1 the one after. They swap slots.</summary>
    public static EditOutcome Swap(Scenario scenario, Bdf at, int direction)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var tree = new MachineTree(scenario);
        if (tree.Find(at) is not { } f)
        {
            return NoSuch(at);
        }

        var siblings = tree.Below(tree.ParentOf(f));
        var place = Enumerable.Range(0, siblings.Count).First(i => siblings[i].Bdf == at) + Math.Sign(direction);
        if (place < 0 || place >= siblings.Count)
        {
            return EditOutcome.Refused($"{at} is the {(direction < 0 ? "first" : "last")} on its bus.");
        }

        return Exchange(scenario, at, siblings[place].Bdf);
    }

    /// <summary>Exchanges the slots of two functions on one bus, with all that is below them.</summary>
    public static EditOutcome Exchange(Scenario scenario, Bdf at, Bdf other)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var tree = new MachineTree(scenario);
        if (tree.Find(at) is not { } f || tree.Find(other) is not { } g)
        {
            return NoSuch(tree.Find(at) is null ? at : other);
        }

        if (at == other || tree.ParentOf(f) != tree.ParentOf(g))
        {
            return EditOutcome.Refused(at == other ? $"{at} is there already." : $"{at} and {other} are not on one bus.");
        }

        var map = new Dictionary<Bdf, Bdf> { [at] = other, [other] = at };
        return new EditOutcome(References.Rename(scenario, map), $"{f.Device.Title} has moved from {at} to {other}, and {g.Device.Title} to {at}.") { Selected = other, Moved = map };
    }

    /// <summary>Moves a function below the bridge right before it on its bus.</summary>
    public static EditOutcome MoveIn(Scenario scenario, Bdf at)
    {
        var tree = new MachineTree(scenario);
        if (tree.Find(at) is not { } f)
        {
            return NoSuch(at);
        }

        return tree.Below(tree.ParentOf(f)).LastOrDefault(s => s.Bdf < at && s.Device.IsBridge) is { } bridge ? Move(scenario, at, bridge.Bdf)
            : EditOutcome.Refused($"No bridge comes before {at} on its bus.");
    }

    /// <summary>Moves a function to the bus that the bridge above it is on.</summary>
    public static EditOutcome MoveOut(Scenario scenario, Bdf at)
    {
        var tree = new MachineTree(scenario);
        return tree.Find(at) is not { } f ? NoSuch(at) : tree.ParentOf(f) is not { } bridge ? EditOutcome.Refused($"{at} is on the root bus already.")
            : Move(scenario, at, tree.ParentOf(tree.Find(bridge)!));
    }

    /// <summary>Gives a function another slot (0-31) and function number (0-7) on its bus.</summary>
    public static EditOutcome Readdress(Scenario scenario, Bdf at, int slot, int function)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var tree = new MachineTree(scenario);
        if (tree.Find(at) is not { } f)
        {
            return NoSuch(at);
        }

        if (slot is < 0 or > 31 || function is < 0 or > 7)
        {
            return EditOutcome.Refused($"{slot:x}.{function} is no place on a bus: slots 00 to 1f, functions 0 to 7 are possible.");
        }

        var to = new Bdf(at.Bus, slot, function);
        if (to == at)
        {
            return EditOutcome.Refused($"{at} is there already.");
        }

        if (tree.KindBelow(tree.ParentOf(f)) == BusKind.Link && slot != 0)
        {
            return EditOutcome.Refused("Below a root port or a downstream port there is one device, in slot 00.");
        }

        if (tree.Find(to) is { } other)
        {
            return EditOutcome.Refused($"{to} is taken by {other.Device.Title}.");
        }

        var map = new Dictionary<Bdf, Bdf> { [at] = to };
        return new EditOutcome(References.Rename(scenario, map), $"Moved {at} to {to}.") { Selected = to, Moved = map };
    }

    /// <summary>A function to be added: its place among the others (-1 = the top), and the slot that it would like to have.</summary>
    private sealed record Piece(FunctionSpec Spec, int Above, Bdf? Slot);

    private static Piece[] PiecesOf(MachineTree tree, List<FunctionSpec> branch, Bdf? topSlot) =>
        [.. branch.Select((b, i) => new Piece(b, i == 0 ? -1 : branch.FindIndex(p => p.Bdf == tree.ParentOf(b)), i == 0 ? topSlot : b.Bdf))];

    private static EditOutcome Insert(Scenario scenario, Piece[] pieces, Bdf? bridge, Func<Bdf, string> words) => Insert(scenario, pieces, bridge, words, out _, out _);

    // "placed" are the addresses of the pieces before buses are numbered anew, "renumbered" tells what became of an address then.
    private static EditOutcome Insert(Scenario scenario, Piece[] pieces, Bdf? bridge, Func<Bdf, string> words, out Bdf[] placed, out Func<Bdf, Bdf> renumbered)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        placed = [];
        renumbered = at => at;
        var tree = new MachineTree(scenario);
        if (bridge is { } given && tree.Find(given) is null)
        {
            return NoSuch(given);
        }

        if (Refusal(tree, pieces, bridge) is { } refusal)
        {
            return EditOutcome.Refused(refusal);
        }

        // First what is free next; if that lies in another bridge's range, beyond all that is used.
        var used = BusNumbers.Used(scenario);
        var wasNested = BusNumbers.AreNested(tree);
        Scenario? after = null;
        foreach (var least in new[] { (tree.BusBelow(bridge) ?? tree.Find(bridge)!.Bdf.Bus) + 1, used.Max() + 1 })
        {
            if (TryPlace(tree, pieces, bridge, [.. used], least, out var at) is not { } candidate)
            {
                continue;
            }

            (after, placed) = (candidate, at);
            if (BusNumbers.AreNested(new MachineTree(candidate)))
            {
                return Done(candidate, placed[0], new(), words(placed[0]));
            }
        }

        if (after is null)
        {
            return EditOutcome.Refused(tree.KindBelow(bridge) == BusKind.Link && !pieces[0].Spec.Device.IsBridge
                ? "There is no room here: a port leads to one device, and its eight functions are taken."
                : "There is no room here: every address of this bus, or every bus number up to ff, is taken.");
        }

        if (!wasNested)
        {
            // Numbers that were odd before stay as their owner has them.
            return Done(after, placed[0], new(), words(placed[0]));
        }

        var (anew, map) = BusNumbers.Renumber(new MachineTree(after));
        renumbered = at => map.TryGetValue(at, out var to) ? to : at;
        return Done(anew, map[placed[0]], Changed(map), words(map[placed[0]]) + " Buses were numbered anew, so that each bridge's range holds what is below it.");
    }

    private static EditOutcome Done(Scenario after, Bdf selected, Dictionary<Bdf, Bdf> moved, string words) => new(after, words) { Selected = selected, Moved = moved };

    private static Dictionary<Bdf, Bdf> Changed(Dictionary<Bdf, Bdf> map) => map.Where(m => m.Key != m.Value).ToDictionary();

    private static string? Refusal(MachineTree tree, Piece[] pieces, Bdf? bridge)
    {
        if (tree.Scenario.Functions.Count + pieces.Length > Scenario.MaxFunctions)
        {
            return Node.Invariant($"That would be {tree.Scenario.Functions.Count + pieces.Length} functions; {Scenario.MaxFunctions} are possible.");
        }

        if (tree.WhyNot(pieces[0].Spec.Device, bridge) is { } why)
        {
            return $"{pieces[0].Spec.Device.Title} cannot be here: {why}.";
        }

        var above = bridge is null ? 0 : 1 + tree.Above(tree.Find(bridge)!).Count();
        var deepest = pieces.Select((p, i) => Depth(i)).Max();
        return above + deepest > Scenario.MaxBridgesAbove
            ? Node.Invariant($"That would put {above + deepest} bridges above a function; {Scenario.MaxBridgesAbove} are possible.") : null;

        int Depth(int i) => pieces[i].Above < 0 ? 0 : 1 + Depth(pieces[i].Above);
    }

    private static Scenario? TryPlace(MachineTree tree, Piece[] pieces, Bdf? bridge, HashSet<int> used, int least, out Bdf[] placed)
    {
        placed = new Bdf[pieces.Length];
        var functions = tree.Scenario.Functions.ToList();
        if (tree.BusBelow(bridge) is not { } bus)
        {
            if (Take() is not { } first)
            {
                return null;
            }

            bus = first;
        }

        if (bridge is { } at && tree.Find(at)!.SecondaryBus is null)
        {
            var i = functions.FindIndex(f => f.Bdf == at);
            functions[i] = functions[i] with { SecondaryBus = bus };
        }

        var below = new int[pieces.Length];
        for (var i = 0; i < pieces.Length; i++)
        {
            var piece = pieces[i];
            Bdf address;
            if (piece.Above >= 0)
            {
                address = new Bdf(below[piece.Above], piece.Slot!.Value.Device, piece.Slot.Value.Function);
            }
            else if (Wished(tree, piece, bridge, bus) is { } free)
            {
                address = free;
            }
            else
            {
                return null;
            }

            int? secondary = null;
            if (piece.Spec.Device.IsBridge)
            {
                if (Take() is not { } number)
                {
                    return null;
                }

                secondary = below[i] = number;
            }

            placed[i] = address;
            functions.Add(piece.Spec with { Bdf = address, Parent = piece.Above < 0 ? bridge : placed[piece.Above], SecondaryBus = secondary });
        }

        return tree.Scenario with { Functions = functions };

        int? Take()
        {
            var free = BusNumbers.Free(used, least);
            if (free is { } number)
            {
                used.Add(number);
            }

            return free;
        }
    }

    // The slot that it had, if it is free here and possible; else a free one.
    private static Bdf? Wished(MachineTree tree, Piece piece, Bdf? bridge, int bus)
    {
        if (piece.Slot is { } slot && (tree.KindBelow(bridge) != BusKind.Link || slot.Device == 0) && new Bdf(bus, slot.Device, slot.Function) is var same && tree.Find(same) is null)
        {
            return same;
        }

        return BusNumbers.FreeAddress(tree, bridge, bus);
    }

    private static EditOutcome NoSuch(Bdf at) => EditOutcome.Refused($"{at} is not among the functions.");

    private static string Functions(int count) => count == 1 ? "one function" : Node.Invariant($"{count} functions");

    private static Scenario EmptyOf()
    {
        var release = Vocabulary.Kernels.Find(Vocabulary.Kernels.Names.Last());
        return new Scenario("my-machine", Engine.Hardware.Platform.Q35, [], [new BootSpec(release, Vocabulary.Policies.Find(release.ShutdownPolicy), Engine.Kernel.ShutdownPath.Reboot)])
        {
            Title = "A machine of my own",
        };
    }
}
