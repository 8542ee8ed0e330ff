using PciDash.Engine.Devices;
using PciDash.Engine.Exploration;
using PciDash.Engine.Hardware;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;
using static PciDash.Scenarios.Debate.MailMachine;

namespace PciDash.Scenarios.Debate;

/// <summary>
/// Every claim of the mail of 13 May 2015 (Tsirkin's answer to Biederman, with the patch's own text quoted in it), in the order of the
/// mail. Words and history are typed in; what is true is not.
/// </summary>
public static class Claims
{
    private const string Tsirkin = "Michael S. Tsirkin";
    private const string Biederman = "Eric W. Biederman";
    private const string Patch = "the patch's text";
    private const string Reply = "reply of 12 May";
    private const string Answer = "answer of 13 May";
    private const string P5Commit = "fda78d7a0ead (2017-01-26), in 4.11";

    private static readonly ShutdownPolicy AsPatched = ShutdownPolicy.Seed;
    private static readonly int[] OneAndTwo = [1, 2];
    private static readonly bool[] YesAndNo = [true, false];
    private static readonly KernelRelease[] NextKernels = [KernelRelease.Find("2.6.32")!, KernelRelease.Find("4.1")!, KernelRelease.Find("6.18")!];

    // Each machine of the mail on each orderly path: what opinions are compared on.
    private static IReadOnlyList<(Scenario, Scenario)> Pairs(ShutdownPolicy first, ShutdownPolicy second, params ShutdownPath[] paths) =>
        [.. from path in paths.Length > 0 ? paths : OrderlyPaths from sharer in Sharers from card in Cards select (Of(path, sharer, card, first), Of(path, sharer, card, second))];

    private static ClaimMember[] OverPathsAndSharers(ClaimTest test, Property property, ShutdownPath[] paths, Func<ShutdownPath, Sharer, Scenario> make) =>
        [.. from sharer in Sharers from path in paths select new ClaimMember(Name(sharer), Name(path), make(path, sharer), test, property)];

    private static ClaimMember[] OverPathsAndCards(ClaimTest test, Property property, ShutdownPath[] paths, Func<ShutdownPath, CardKind, Scenario> make) =>
        [.. from card in Cards from path in paths select new ClaimMember(Name(card), Name(path), make(path, card), test, property)];

    /// <summary>The claim of that name, or null.</summary>
    public static Claim? Find(string id) => All.FirstOrDefault(c => c.Id == id);

    /// <summary>All claims, in the order of the mail.</summary>
    public static IReadOnlyList<Claim> All { get; } =
    [
        new("superseded", Tsirkin, Patch,
            "The change made by the above commit is no longer necessary: it was superceded by commit d5dea7d95c48 (…) which makes sure the original kexec problem is solved in the new kernel, and commit b566a22c23",
            "The core need not switch MSI off at shutdown: the next kernel clears it, and until then Bus Master Enable is 0.",
            "With the patch, on kexec, no message that the first kernel set up arrives while the next one runs. By the next kernel and the card; the last two rows leave Bus Master Enable on, so that only the next kernel's scan is left to help.",
            "Linux has left MSI on at shutdown since 4.11; enumeration has cleared it for everybody since 4.5.", P5Commit + "; 1851617cd2da, e80e7edc55ba")
        {
            Members =
            [
                .. from card in Cards from next in NextKernels select new ClaimMember(
                    Name(card), "into " + next.Version, Of(ShutdownPath.Kexec, card: card, policy: AsPatched, next: next), ClaimTest.Holds, Property.NoStaleMsi),
                .. from card in new[] { CardKind.StopsItself, CardKind.GoesOn } from next in NextKernels select new ClaimMember(
                    Name(card) + ", Bus Master left on", "into " + next.Version, Of(ShutdownPath.Kexec, card: card, policy: ShutdownPolicy.P0, next: next), ClaimTest.Holds, Property.NoStaleMsi),
            ],
        },
        new("bus-master-stops-msi", Tsirkin, Patch,
            "MSI is a memory write and so is suppressed when bus master is cleared",
            "Clearing Bus Master Enable stops a device's messages.",
            "With the patch, on the one path that clears Bus Master Enable (kexec), no message arrives once the function's shutdown has returned.",
            "It is still what kexec relies on: drivers/pci/pci-driver.c clears it if kexec_in_progress.", "PCI Local Bus 3.0, 6.2.2; tree 6.18")
        {
            Members = OverPathsAndCards(ClaimTest.Holds, Property.NoLateMsi, [ShutdownPath.Kexec], (path, card) => Of(path, card: card, policy: AsPatched)),
        },
        new("bus-master-does-not-stop-intx", Tsirkin, Patch,
            "unlike MSI, INT#x interrupts are not suppressed by clearing bus mastering",
            "A pin can be up while Bus Master Enable is 0.",
            "Under a policy that clears Bus Master Enable after switching MSI off, some ordering has the card's pin up with Bus Master Enable 0.",
            "Nothing changed: the PCI specification gates the pin by INTx-Disable only.", "PCI Local Bus 3.0, 6.2.2 and 6.2.3")
        {
            Members = OverPathsAndCards(
                ClaimTest.CanBeViolated, PropertyText.Parse("never 00:09.0 asserted while not 00:09.0 bus-master"), OrderlyPaths, (path, card) => Of(path, card: card, policy: ShutdownPolicy.P3)),
        },
        new("nobody-cared-follows", Tsirkin, Patch,
            "if the driver hasn't registered an interrupt handler for it, the interrupt is never deasserted which causes an \"irq %d: nobody cared\" message",
            "With MSI switched off under a live driver, \"nobody cared\" follows.",
            "Under Linux 4.1 some ordering ends in \"nobody cared\". By path and by who else has a handler on the line, of which the mail says nothing.",
            "It was seen again on graphics consoles in 2016, which is why the switching off went.", P5Commit)
        {
            Members = OverPathsAndSharers(ClaimTest.CanBeViolated, Property.NoSpuriousDisable, Paths, (path, sharer) => Of(path, sharer)),
        },
        new("sharer-is-hurt", Tsirkin, Patch,
            "might in theory cause other problems, e.g. if the irq being disabled is shared with another device that attempts to use it in its shutdown callback",
            "A device that shares the line and still needs it loses it.",
            "Under Linux 4.1 some ordering has the line given up while the sharer's own shutdown has not returned.",
            "The switching off went in 4.11; a disabled line still takes its sharers along today.", P5Commit + "; kernel/irq/spurious.c, tree 6.18")
        {
            Members = OverPathsAndSharers(ClaimTest.CanBeViolated, Property.LiveSharerServed, Paths, (path, sharer) => Of(path, sharer)),
        },
        new("noirqdebug-is-worse", Tsirkin, Patch,
            "or if irq debugging was explicitly disabled on the kernel command line",
            "With noirqdebug nothing ends the storm.",
            "Under Linux 4.1 with noirqdebug some ordering has an unhandled interrupt on a line that stays up while nobody counts.",
            "noirqdebug is still there.", "kernel/irq/spurious.c, tree 6.18")
        {
            Members = OverPathsAndSharers(ClaimTest.CanBeViolated, Property.NoEndlessStorm, Paths, (path, sharer) => Of(path, sharer, boot: b => b with { NoIrqDebug = true })),
        },
        new("disabled-irqs-are-polled", Biederman, Reply,
            "We poll disabled irqs periodically to keep the disabled ones from completely killing your system even if they are shared.",
            "A disabled line is polled, so its sharers live on.",
            "What comes of the story's reboot, with the counting on and with noirqdebug. Polling is one look each tenth of a second.",
            "It is so still, ten times a second.", "kernel/irq/spurious.c: POLL_SPURIOUS_IRQ_INTERVAL (HZ/10), tree 6.18")
        {
            Comparison = new("Linux 4.1", "with noirqdebug", [.. Sharers.Select(s => (Of(ShutdownPath.Reboot, s), Of(ShutdownPath.Reboot, s, boot: b => b with { NoIrqDebug = true })))]),
        },
        new("both-handlers-at-once", Tsirkin, Patch,
            "if the driver does not flush MSI interrupts in the shutdown callback, MSI interrupt handler will run at the same time as the INT#x handler",
            "After the switch a driver's two handlers may run at the same time.",
            "Under Linux 4.1 some ordering has the card's MSI handler and its INTx handler running at once. By the number of CPUs, and by whether its driver has an INTx handler at all.",
            "No such driver was named in the mail, and none is known to the catalogue.", "the mail")
        {
            Members = BothHandlers(),
        },
        new("virtio-registers-move", Tsirkin, Patch,
            "register functions change between msi enabled and disabled modes, so disabling MSI while driver is doing things (e.g. from a kthread) will make the device confused",
            "Switching MSI-X off moves virtio's legacy registers under a driver that goes on.",
            "Under Linux 4.1, on reboot, some ordering has the driver use configuration at an offset that has moved. By the card's layout, and by whether anything still uses it.",
            "The legacy layout is as it was; virtio got a .shutdown in 2025.", "include/uapi/linux/virtio_pci.h; 8bd2fa086a04")
        {
            Members = MovedConfig(),
        },
        new("pass-through", Tsirkin, Answer,
            "We are talking about shutdown within the VM so the hypervisor does not get a chance to run and clean up anything.",
            "With pass-through, what a guest switches becomes the real function's pin, and nobody cleans up.",
            "Some ordering ends in \"nobody cared\" on the host when the guest's vectors are freed while the card wants attention.",
            "vfio gives the card back by a reset where it has one.", "Williamson, linux-pci 2021; drivers/vfio/pci")
        {
            Members =
            [
                new("the guest stops", "another card on the line", ScenarioPresets.Find("vfio-2gpu-2021")!.Scenario, ClaimTest.CanBeViolated, Property.NoSpuriousDisable),
                new("the guest switches MSI-X off", "nobody else on the line", ScenarioPresets.Find("claim-guest-intx")!.Scenario, ClaimTest.CanBeViolated, Property.NoSpuriousDisable),
            ],
        },
        new("proper-driver", Biederman, Reply,
            "A properly shutdown driver should have already disabled MSI's.",
            "Where the driver shuts its device down, the core's switching off does no harm.",
            "Linux 4.1 with a virtio driver that resets its card at shutdown: no ordering gives the line up.",
            "virtio got such a .shutdown ten years later.", "8bd2fa086a04 (2025)")
        {
            Members = OverPathsAndSharers(ClaimTest.Holds, Property.NoSpuriousDisable, Paths, (path, sharer) => Of(path, sharer, boot: WithDriver("virtio-pci-reset"))),
        },
        new("catches-lazy-drivers", Biederman, Reply,
            "The core disabling MSIs is mostly to catch the handful of lazy drivers that forget.",
            "Switching MSI off in the core catches drivers without a .shutdown.",
            "A driver without a .shutdown under Linux 4.1: no ordering gives a line up (first rows), and no message of the first kernel arrives in the next one (last rows).",
            "The core stopped doing it in 4.11.", P5Commit)
        {
            Members =
            [
                .. OverPathsAndSharers(ClaimTest.Holds, Property.NoSpuriousDisable, OrderlyPaths, (path, sharer) => Of(path, sharer)),
                .. from card in Cards select new ClaimMember(Name(card) + ": messages", Name(ShutdownPath.Kexec), Of(ShutdownPath.Kexec, card: card), ClaimTest.Holds, Property.NoStaleMsi),
            ],
        },
        new("leave-it-on", Tsirkin, Answer,
            "if the driver did forget, we are better off not disabling it - leave it enabled until kexec starts and disables it.",
            "Leaving MSI on until the next kernel is better.",
            "Better is an opinion. Compared: Linux 4.1 and the patch, on each orderly path, with each kind of sharer and card.",
            "It was done so in 4.11.", P5Commit)
        {
            Comparison = new("Linux 4.1", "with the patch", Pairs(ShutdownPolicy.P4, AsPatched)),
        },
        new("any-time", Tsirkin, Patch,
            "This is a non-trivial amount of code that can trigger at any time, so needs careful thought to avoid race conditions",
            "A .shutdown runs while the driver's own interrupts still come.",
            "Under Linux 4.1 some ordering has the card at work, its Bus Master on and its handlers registered, while it is in its own shutdown.",
            "It is so: callbacks run with interrupts on and other threads alive.", "drivers/base/core.c: device_shutdown, tree 6.18")
        {
            Members = OverPathsAndSharers(
                ClaimTest.CanBeViolated, PropertyText.Parse("never 00:09.0 in-shutdown and 00:09.0 listening and 00:09.0 bus-master and 00:09.0 running"), Paths, (path, sharer) => Of(path, sharer)),
        },
        new("orderly-only", Biederman, Reply,
            "Also we aren't talking about kexec-on-panic here. So no, it can not trigger at any time. We are talking about kexec in as an orderly transition to another kernel.",
            "On orderly kexec a shutdown can always come to its end.",
            "Linux 4.1: whatever has happened, the end can still be reached.",
            "device_shutdown has no time limit: a callback that waits for ever hangs it, which no driver here does.", "drivers/base/core.c, tree 6.18")
        {
            Members = OverPathsAndSharers(ClaimTest.Holds, Property.CanEnd, OrderlyPaths, (path, sharer) => Of(path, sharer)),
        },
        new("panic-runs-no-callbacks", Tsirkin, Answer,
            "Why aren't we talking about kexec-on-panic? That one doesn't trigger shutdown callbacks?",
            "kexec-on-panic runs no shutdown callback (asked, and so it is).",
            "Linux 4.1, on a crash: in no ordering is the card ever in its shutdown, or past it.",
            "Crash kexec calls no driver to this day; neither of the two policies does anything there.", "kernel/kexec_core.c: __crash_kexec, trees 4.1.6, 6.18")
        {
            Members = OverPathsAndSharers(ClaimTest.Holds, PropertyText.Parse("never 00:09.0 in-shutdown or 00:09.0 shut-down"), [ShutdownPath.Kdump], (path, sharer) => Of(path, sharer)),
        },
        new("touch-as-little", Tsirkin, Answer,
            "So please let's stop pretending we do, touch the device as little as possible. This is exactly what my patches do: don't touch msi since we don't have to.",
            "We do not have to touch MSI.",
            "With the patch, each property that holds in every ordering of Linux 4.1 still holds.",
            "It was done so in 4.11.", P5Commit)
        {
            Members = NoWorse(AsPatched, Paths),
        },
        new("simple-and-safe", Tsirkin, Patch,
            "stop disabling MSIs in PCI core at shutdown: it's simple, safe, removes code instead of adding more code, and needs no driver support.",
            "The patch is safe without support of any driver.",
            "With the patch no irq is given up, and no message or transfer of the first kernel reaches the next, with a driver that has no .shutdown.",
            "It was done so in 4.11; kdump went on to have its own windows.", P5Commit + "; the preset piccoli-gen9-2018")
        {
            Members =
            [
                .. OverPathsAndCards(ClaimTest.Holds, Property.NoSpuriousDisable, Paths, (path, card) => Of(path, card: card, policy: AsPatched)),
                .. from card in Cards from path in new[] { ShutdownPath.Kexec, ShutdownPath.Kdump } select new ClaimMember(
                    Name(card) + ": messages", Name(path), Of(path, card: card, policy: AsPatched), ClaimTest.Holds, Property.NoStaleMsi),
            ],
        },
        new("disable-intx-as-well", Biederman, Reply,
            "I can maybe almost see an argument for disabling intx as well.",
            "Setting INTx-Disable as well would have ended the storms (a concession, not a proposal).",
            "Linux 4.1 with INTx-Disable set after MSI goes off: no ordering gives the line up.",
            "No kernel does it; INTx-Disable would stay set for the next kernel's driver, which pci_enable_device has cleared since 3.14.", "1f6ae47ecff7")
        {
            Members = OverPathsAndSharers(ClaimTest.Holds, Property.NoSpuriousDisable, OrderlyPaths, (path, sharer) => Of(path, sharer, policy: ShutdownPolicy.Eb1)),
        },
        new("driver-knows-best", Tsirkin, Answer,
            "I am saying it is driver's responsibility to disable msi on shutdown. If it doesn't then it knows best. Don't second-guess it.",
            "The core should leave to the driver what the driver left on.",
            "Should is an opinion. Compared: the core leaves everything (as up to 2.6.25), and Linux 4.1.",
            "Since 4.11 the core leaves MSI alone, and clears Bus Master Enable on kexec.", P5Commit)
        {
            Comparison = new("the core leaves everything", "Linux 4.1", Pairs(ShutdownPolicy.P0, ShutdownPolicy.P4)),
        },
        new("close-to-firmware", Biederman, Reply,
            "the goal is to put the hardware in something closely resembly the state it was in when the firmware gave us the hardware.",
            "Hardware should be handed over as firmware gave it.",
            "How close is an opinion. Compared on kexec: Linux 4.1, and Bus Master off, MSI off, INTx on, as he describes that state.",
            "It is still not so: MSI and INTx-Disable stay as the driver left them.", P5Commit)
        {
            Comparison = new("Linux 4.1", "as firmware gave it", Pairs(ShutdownPolicy.P4, ShutdownPolicy.Eb3, ShutdownPath.Kexec)),
        },
        new("best-attempt", Biederman, Reply,
            "The whole bus-master disable that happens on the kexec path is just a best attempt to make things happen and it works in enough cases it is worth doing.",
            "Clearing Bus Master Enable on kexec keeps the old kernel's transfers out of the new one.",
            "Linux 4.1: no transfer that the first kernel set up writes memory of the next. On kexec and, where nothing clears it, on a crash.",
            "It is done so still, on kexec only.", "4fc9bbf98fd6; tree 6.18")
        {
            Members = OverPathsAndCards(ClaimTest.Holds, Property.NoStaleDma, [ShutdownPath.Kexec, ShutdownPath.Kdump], (path, card) => Of(path, card: card, function: Writing)),
        },
        new("firmware-leaves-master-off", Biederman, Reply,
            "Especially when the normal state of the hardware from the boot firmware is with bus master disabled (…) Typically interrupts and intx are enabled when they come from the boot firmware.",
            "Firmware gives functions with Bus Master off and INTx on.",
            "A fact about firmware: there is nothing to compute. The recordings show it of SeaBIOS, but for what it booted from.",
            "It is so of the recorded machines.", "recordings: before.lspci_vvv; PCI Firmware Specification 3.x"),
        new("most-devices-are-passive", Biederman, Reply,
            "Most devices are just passive and don't have on-going activity so a shutdown method is not particularly needed.",
            "A device without activity of its own needs no shutdown.",
            "The same card with nothing coming in: no ordering gives the line up, under Linux 4.1 and with the patch. How many devices are so is not computed.",
            WithShutdown(), "the catalogue (pcidash drivers)")
        {
            Members =
            [
                .. from policy in new[] { ShutdownPolicy.P4, AsPatched } from path in Paths select new ClaimMember(
                    policy == AsPatched ? "with the patch" : "Linux 4.1", Name(path), Of(path, policy: policy, function: f => f with { Events = [] }), ClaimTest.Holds, Property.NoSpuriousDisable),
            ],
        },
        new("fusion", Tsirkin, Answer,
            "Apparently for fusion io if you just disable msi and don't do anything else, things get rosy. But it's a device specific thing.",
            "Switching MSI off cured the case of 2008 (which was LSI's MPT Fusion).",
            "kexec into a kernel whose driver uses the pin: no message of the first kernel arrives there. By what the first kernel does at shutdown.",
            "The new kernel has cleared MSI itself since 3.3.", "d52877c7b1af (2008); d5dea7d95c48 (2011)")
        {
            Members = Fusion(),
        },
        new("not-particularly-significant", Biederman, Reply,
            "As far as leaving interrupts running and causing problems switch from msi to intx is not particularly significant.",
            "Whether a device is left on MSI or on its pin matters little.",
            "Significant is an opinion. Compared on reboot: Linux 4.1 and the patch.",
            "It was significant enough to be changed.", P5Commit)
        {
            Comparison = new("Linux 4.1", "with the patch", Pairs(ShutdownPolicy.P4, AsPatched, ShutdownPath.Reboot)),
        },
        new("just-the-kind-of-havoc", Biederman, Reply,
            "By leaving msi enabled I don't see the problem going away, just the kind of havoc changing.",
            "Leaving MSI on goes wrong in another way.",
            "With the patch some ordering still has a message arrive after the function's shutdown has returned (first rows), or in the next kernel (last rows).",
            "On reboot messages still come until the reset; on a crash they come until the next kernel's scan.", "tree 6.18; the preset piccoli-gen9-2018")
        {
            Members =
            [
                .. OverPathsAndCards(ClaimTest.CanBeViolated, Property.NoLateMsi, OrderlyPaths, (path, card) => Of(path, card: card, policy: AsPatched)),
                .. from card in Cards from path in new[] { ShutdownPath.Kexec, ShutdownPath.Kdump } select new ClaimMember(
                    Name(card) + ", next kernel", Name(path), Of(path, card: card, policy: AsPatched), ClaimTest.CanBeViolated, Property.NoStaleMsi),
            ],
        },
        new("no-msi-will-be-sent", Tsirkin, Answer,
            "How can havoc happen? We disable bus master, no msi will be sent.",
            "With the patch no message arrives after a function's shutdown.",
            "With the patch, no ordering has a message arrive once the function's shutdown has returned. By path: Bus Master Enable is cleared only on kexec.",
            "Bus Master Enable has been cleared on kexec only since 3.13, so on reboot messages go on until the reset.", "4fc9bbf98fd6; tree 6.18")
        {
            Members = OverPathsAndCards(ClaimTest.Holds, Property.NoLateMsi, OrderlyPaths, (path, card) => Of(path, card: card, policy: AsPatched)),
        },
        new("call-remove", Biederman, Reply,
            "I would be a lot more inclined to figure out how to get the code that calls shutdown methods to call a drivers remove method instead.",
            "Calling the drivers' remove would have solved it.",
            "Linux 4.1 with each driver's remove in place of its shutdown: no ordering gives the line up, nor has a message arrive after it.",
            "Some drivers do so themselves; for virtio it was turned down in 2025, as it slows a reboot.", "Tsirkin on virtio's .shutdown, 2025")
        {
            Members =
            [
                .. OverPathsAndSharers(ClaimTest.Holds, Property.NoSpuriousDisable, OrderlyPaths, (path, sharer) => Of(path, sharer, policy: ShutdownPolicy.Eb2)),
                .. from path in OrderlyPaths select new ClaimMember("messages after it", Name(path), Of(path, policy: ShutdownPolicy.Eb2), ClaimTest.Holds, Property.NoLateMsi),
            ],
        },
    ];

    private static string WithShutdown()
    {
        var newest = KernelRelease.All[^1];
        var known = DriverModel.All.Where(d => d.Unknown.Length == 0).ToList();
        return Node.Invariant($"Of the {known.Count} drivers of the catalogue whose shutdown is known, {known.Count(d => d.Shutdown(newest).Count + d.ChildShutdown(newest).Count > 0)} do something there in {newest.Version}.");
    }

    private static Func<BootSpec, BootSpec> WithDriver(string id) => b => b with { Drivers = new Dictionary<Bdf, DriverModel?> { [Card] = DriverModel.Find(id) } };

    // What comes in is written to memory first.
    private static FunctionSpec Writing(FunctionSpec f) => f with { Events = [.. f.Events.Select(e => e with { Dma = true })] };

    private static ClaimMember[] NoWorse(ShutdownPolicy policy, ShutdownPath[] paths) =>
    [
        .. from card in Cards from path in paths select new ClaimMember(
            Name(card), Name(path), Of(path, card: card, policy: policy), ClaimTest.NoWorse, null, Of(path, card: card)),
    ];

    private static ClaimMember[] BothHandlers()
    {
        var both = (DriverModel.Find("virtio-pci")! with { Id = "virtio-with-intx", Source = "virtio-pci with an INTx handler beside those of its vectors" })
            .WithScript([new ScriptLine("request-intx")]);
        return
        [
            .. from driver in new[] { null, both } from cpus in OneAndTwo select new ClaimMember(
                driver is null ? "MSI-X handlers only (virtio)" : "an INTx handler as well", cpus == 1 ? "1 CPU" : "2 CPUs",
                Of(ShutdownPath.Reboot, function: f => f with { Cpu = cpus - 1 },
                    boot: b => b with { Cpus = cpus, Drivers = driver is null ? b.Drivers : new Dictionary<Bdf, DriverModel?> { [Card] = driver } }, own: driver is null ? [] : [driver]),
                ClaimTest.CanBeViolated, Property.HandlersApart),
        ];
    }

    private static ClaimMember[] MovedConfig()
    {
        var legacy = ScenarioPresets.Find("claim-legacy-layout")!.Scenario;
        Scenario With(string device, bool used) => legacy with
        {
            Functions = [.. legacy.Functions.Select(f => f.Device.ConfigLayout != ConfigLayout.Legacy ? f
                : f with { Device = DeviceModel.Find(device)!, Events = used ? f.Events : [] })],
            Boots = [.. legacy.Boots.Select(b => used ? b : b with { Stimuli = [] })],
        };
        return
        [
            .. from device in new[] { ("virtio-net-legacy", "legacy layout"), ("virtio-net-modern", "modern layout") } from used in YesAndNo select new ClaimMember(
                device.Item2, used ? "still used" : "nothing comes in", With(device.Item1, used), ClaimTest.CanBeViolated, Property.NoMovedConfig),
        ];
    }

    private static ClaimMember[] Fusion()
    {
        var case2008 = ScenarioPresets.Find("mpt-fusion-2008")!.Scenario;
        Scenario With(ShutdownPolicy policy) => case2008.WithBoot(0, b => b with { Policy = policy });
        return
        [
            .. from policy in new[] { ShutdownPolicy.P0, ShutdownPolicy.P1, ShutdownPolicy.P4, AsPatched } select new ClaimMember(
                policy == AsPatched ? "with the patch of 2015" : policy.Label.Replace("; ", ", ", StringComparison.Ordinal), "into 2.6.24", With(policy), ClaimTest.Holds, Property.NoStaleMsi),
        ];
    }
}
