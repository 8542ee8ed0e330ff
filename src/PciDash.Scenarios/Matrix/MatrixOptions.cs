using PciDash.Engine.Exploration;
using PciDash.Engine.Kernel;
using PciDash.Engine.Machine;

namespace PciDash.Scenarios.Matrix;

/// <summary>What the drivers of a cell do at shutdown.</summary>
public enum MatrixDrivers : byte
{
    /// <summary>What the scenario has.</summary>
    AsGiven,

    /// <summary>Every driver silences its device and frees its irqs.</summary>
    Silenced,
}

/// <summary>What a matrix asks.</summary>
public sealed record MatrixOptions
{
    /// <summary>Most cells of one matrix.</summary>
    public const int MostCells = 2_000;

    /// <summary>Policies, in the order of the rows; null = those of <see cref="PoliciesFor"/>.</summary>
    public IReadOnlyList<ShutdownPolicy>? Policies { get; init; }

    /// <summary>Paths, in the order of the columns.</summary>
    public IReadOnlyList<ShutdownPath> Paths { get; init; } = [ShutdownPath.Reboot, ShutdownPath.Poweroff, ShutdownPath.Kexec, ShutdownPath.Kdump];

    /// <summary>Releases of every boot; null = those that the scenario has. A cell's policy stands, whether its release ever had it or not.</summary>
    public IReadOnlyList<KernelRelease>? Kernels { get; init; }

    /// <summary>What the drivers do.</summary>
    public IReadOnlyList<MatrixDrivers> Drivers { get; init; } = [MatrixDrivers.AsGiven];

    /// <summary>How much the search of one cell may use.</summary>
    public SearchBudget Budget { get; init; } = new(400_000, 200_000_000, TimeSpan.FromSeconds(5));

    /// <summary>Seed of the timed run of a cell whose search is not finished.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Cells that are searched at once.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Clusters that were searched before, for machines that look alike; null = none are known.</summary>
    public ClusterCache? Clusters { get; init; }

    /// <summary>The catalogue's policies, and those that the scenario brings along.</summary>
    public static IReadOnlyList<ShutdownPolicy> PoliciesFor(Scenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        return [.. ShutdownPolicy.All, .. scenario.OwnPolicies];
    }
}
