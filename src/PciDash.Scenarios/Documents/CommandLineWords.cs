using System.Globalization;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios;

/// <summary>A kernel command line: what the model knows of it, and back again. One table for the reader, the writer and the schema.</summary>
internal static class CommandLineWords
{
    private sealed record Option(string Word, Func<BootSpec, bool> Has, Func<BootSpec, BootSpec> Set);

    private static readonly Option[] Options =
    [
        new("noirqdebug", b => b.NoIrqDebug, b => b with { NoIrqDebug = true }),
        new("irqpoll", b => b.IrqFixup == IrqFixup.IrqPoll, b => b with { IrqFixup = IrqFixup.IrqPoll }),
        new("irqfixup", b => b.IrqFixup == IrqFixup.IrqFixup, b => b.IrqFixup == IrqFixup.IrqPoll ? b : b with { IrqFixup = IrqFixup.IrqFixup }),
        new("pci=nomsi", b => b.NoMsi, b => b with { NoMsi = true }),
        new("pci=clearmsi", b => b.ClearMsi, b => b with { ClearMsi = true }),
        new("pci=noioapicquirk", b => b.NoIoapicQuirk, b => b with { NoIoapicQuirk = true }),
        new("reset_devices", b => b.ResetDevices, b => b with { ResetDevices = true }),
        new("intremap=off", b => b.NoRemapping, b => b with { NoRemapping = true }),
        new("threadirqs", b => b.ThreadIrqs, b => b with { ThreadIrqs = true }),
    ];

    // What changes interrupts and is refused, each with what to do instead.
    private static readonly (string Word, string Reason)[] Refused =
    [
        ("irqaffinity=", "irq affinity is not modelled; a function's cpu says where its interrupts go"),
        ("isolcpus=", "irq affinity is not modelled; a function's cpu says where its interrupts go"),
        ("noapic", "a machine without IO-APIC is not modelled"),
        ("nolapic", "a machine without local APIC is not modelled"),
        ("driver_async_probe=", "asynchronous probe and shutdown are not modelled; probe_order says the order"),
        ("irqhandler.duration_warn_us=", "it only prints"),
    ];

    /// <summary>The words that are understood, for a reader.</summary>
    public static string Understood { get; } = string.Join(", ", Options.Select(o => o.Word)) + ", nr_cpus=N and maxcpus=N";

    /// <summary>The boot with what its command line says. It is copied from a real machine: what the model does not know is said, not refused.</summary>
    public static BootSpec Read(string line, BootSpec boot, string path, List<string> warnings)
    {
        foreach (var word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var option in word.StartsWith("pci=", StringComparison.Ordinal) ? word[4..].Split(',').Select(o => "pci=" + o) : [word])
            {
                boot = ReadOption(option, boot, path, warnings);
            }
        }

        return boot;
    }

    /// <summary>The command line that says what a boot's options are.</summary>
    public static string Write(BootSpec boot) => string.Join(' ', Options.Where(o => o.Has(boot)).Select(o => o.Word));

    /// <summary>The options that are on or off, each as the command line has it.</summary>
    public static IReadOnlyList<string> Switches { get; } = [.. Options.Select(o => o.Word)];

    public static bool IsOn(BootSpec boot, string option) => Options.Any(o => o.Word == option && o.Has(boot));

    /// <summary>The boot with that option on or off.</summary>
    public static BootSpec With(BootSpec boot, string option, bool on)
    {
        var none = boot with
        {
            NoIrqDebug = false, IrqFixup = IrqFixup.Off, NoMsi = false, ClearMsi = false, NoIoapicQuirk = false, ResetDevices = false, NoRemapping = false, ThreadIrqs = false,
        };
        // The one that is switched comes last, and wins: irqpoll and irqfixup exclude each other, and the kernel has only one of them.
        boot = on && option is "irqfixup" or "irqpoll" ? boot with { IrqFixup = IrqFixup.Off } : boot;
        return Options.Where(o => o.Word == option ? on : o.Has(boot)).Aggregate(none, (made, o) => o.Set(made));
    }

    /// <summary>The boot with an option that is one of <see cref="Understood"/>, or null.</summary>
    public static BootSpec? With(BootSpec boot, string option) => Options.FirstOrDefault(o => o.Word == option)?.Set(boot);

    private static BootSpec ReadOption(string option, BootSpec boot, string path, List<string> warnings)
    {
        if (With(boot, option) is { } known)
        {
            return known;
        }

        if (option.StartsWith("nr_cpus=", StringComparison.Ordinal) || option.StartsWith("maxcpus=", StringComparison.Ordinal))
        {
            if (int.TryParse(option.AsSpan(8), NumberStyles.None, CultureInfo.InvariantCulture, out var cpus) && cpus > 0)
            {
                return boot with { Cpus = Math.Min(boot.Cpus, cpus) };
            }

            warnings.Add($"{path}: '{Node.Shown(option)}' is no number of CPUs and was left out");
            return boot;
        }

        var reason = Refused.FirstOrDefault(r => option.StartsWith(r.Word, StringComparison.Ordinal)).Reason;
        warnings.Add($"{path}: '{Node.Shown(option)}' {(reason is null ? "is not modelled and was left out" : $"is refused and was left out: {reason}")}");
        return boot;
    }
}
