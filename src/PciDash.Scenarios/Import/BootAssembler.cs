using System.Globalization;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Import;

/// <summary>Makes the boot: the nearest release of the table, the options of the command line that the model knows, the CPUs.</summary>
internal sealed class BootAssembler(FieldList fields, NoteList notes)
{
    private const string Path = "boots[0].";

    // Options that change what interrupts do and that the model does not have: the user must know that they are left out.
    private static readonly string[] Telling =
        ["pci=", "pcie_", "noapic", "nolapic", "apic=", "threadirqs", "intremap=", "reset_devices", "acpi_irq", "noirq", "intel_iommu=", "amd_iommu=", "iommu="];

    public BootSpec Boot(PasteReader paste)
    {
        var release = Release(paste.Kernel.Release);
        var path = fields.Guess(Path + "path", ShutdownPath.Reboot, "any other may be chosen");
        var boot = new BootSpec(release, ShutdownPolicy.Find(release.ShutdownPolicy)!, path) { Cpus = Cpus(paste.Interrupts) };
        return paste.Kernel.CommandLine is { } line ? WithOptions(boot, line) : boot;
    }

    /// <summary>The nearest release of the table at or below a version; the oldest if there is none. Exact: the same release, whatever its stable update.</summary>
    public static (KernelRelease Release, bool IsExact) Nearest(string version)
    {
        var wanted = Numbers(version);
        var best = KernelRelease.All.LastOrDefault(r => Numbers(r.Version).CompareTo(wanted) <= 0) ?? KernelRelease.All[0];
        var (major, minor, update) = Numbers(best.Version);
        return (best, (major, minor) == (wanted.Major, wanted.Minor) && (major > 2 || update == wanted.Update));
    }

    private KernelRelease Release(Fact<string>? said)
    {
        if (said is not { } version)
        {
            var newest = KernelRelease.All[^1];
            notes.Warn(0, "the text does not name the kernel", $"{newest.Version} is taken; uname -r tells");
            return Guessed(newest, "the newest of the table");
        }

        var (release, isExact) = Nearest(version.Value);
        if (isExact)
        {
            fields.Add(Path + "kernel", release.Version, version);
            return release;
        }

        notes.Warn(version.Line, $"the table has no kernel {version.Value}", $"{release.Version} is taken, the nearest of those before it");
        return Guessed(release, $"the nearest to {version.Value}");
    }

    private KernelRelease Guessed(KernelRelease release, string why)
    {
        fields.Guess(Path + "kernel", release.Version, why);
        return release;
    }

    private int Cpus(InterruptsReader interrupts)
    {
        if (interrupts.Cpus == 0)
        {
            return fields.Guess(Path + "cpus", 1, "/proc/interrupts tells");
        }

        var cpus = Math.Min(interrupts.Cpus, DocumentLimits.Cpus);
        if (cpus < interrupts.Cpus)
        {
            notes.Warn(interrupts.HeadLine, Node.Invariant($"{interrupts.Cpus} CPUs"), Node.Invariant($"{cpus} are modelled"));
        }

        return fields.Add(Path + "cpus", cpus, new Fact<int>(cpus, FactSource.Interrupts, interrupts.HeadLine));
    }

    private BootSpec WithOptions(BootSpec boot, Fact<string> line)
    {
        var known = new List<string>();
        foreach (var word in line.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var option in word.StartsWith("pci=", StringComparison.Ordinal) ? word[4..].Split(',').Select(o => "pci=" + o) : [word])
            {
                if (CommandLineWords.With(boot, option) is { } changed)
                {
                    boot = changed;
                    known.Add(option);
                }
                else if (Telling.Any(t => option.StartsWith(t, StringComparison.Ordinal)))
                {
                    notes.Warn(line.Line, $"command line: '{option}' is not modelled", "it is left out");
                }
            }
        }

        fields.Add(Path + "cmdline", string.Join(' ', known), line);
        return boot;
    }

    private static (int Major, int Minor, int Update) Numbers(string version)
    {
        Span<int> numbers = stackalloc int[3];
        var rest = version.AsSpan();
        for (var i = 0; i < 3; i++)
        {
            var end = rest.IndexOfAnyExceptInRange('0', '9') is >= 0 and var stop ? stop : rest.Length;
            if (end is 0 or > 6)
            {
                break;
            }

            numbers[i] = int.Parse(rest[..end], CultureInfo.InvariantCulture);
            if (end == rest.Length || rest[end] != '.')
            {
                break;
            }

            rest = rest[(end + 1)..];
        }

        return (numbers[0], numbers[1], numbers[2]);
    }
}
