using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Audit;

/// <summary>What an audit asks.</summary>
public sealed record AuditOptions
{
    /// <summary>Most seeded runs of one kernel and path.</summary>
    public const int MostRuns = 1_000;

    /// <summary>Paths, in the order they are told.</summary>
    public IReadOnlyList<ShutdownPath> Paths { get; init; } = [ShutdownPath.Reboot, ShutdownPath.Poweroff, ShutdownPath.Kexec, ShutdownPath.Kdump];

    /// <summary>Kernels; null = those of <see cref="KernelsFor"/>.</summary>
    public IReadOnlyList<KernelRelease>? Kernels { get; init; }

    /// <summary>Seeded runs of each kernel and path, 1 to <see cref="MostRuns"/>.</summary>
    public int Runs { get; init; } = 4;

    /// <summary>Whether it also tries what would help.</summary>
    public bool Fixes { get; init; } = true;

    /// <summary>Threads that work at once.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>
    /// The machine's own kernel, one that switches MSI off at shutdown (4.1), one whose ports let go of Bus Master (6.1), and the newest.
    /// </summary>
    public static IReadOnlyList<KernelRelease> KernelsFor(Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var wanted = new[] { scenario.Boots[0].Release, KernelRelease.Find("4.1")!, KernelRelease.Find("6.1")!, KernelRelease.All[^1] };
        return [.. KernelRelease.All.Where(r => wanted.Contains(r))];
    }
}

/// <summary>One kernel and one path of an audit.</summary>
/// <param name="Kernel">The release, in every boot.</param>
/// <param name="Path">How the first boot ends.</param>
public sealed record AuditCell(KernelRelease Kernel, ShutdownPath Path)
{
    /// <summary>Such as <c>4.1 reboot</c>.</summary>
    public override string ToString() => $"{Kernel.Version} {Vocabulary.Paths.Of(Path)}";
}
