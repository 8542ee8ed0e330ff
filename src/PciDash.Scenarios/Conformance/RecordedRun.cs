using PciDash.Engine.Hardware;

namespace PciDash.Scenarios.Conformance;

/// <summary>A recording of a real kernel as it lies in a folder.</summary>
public sealed class RecordedRun
{
    /// <summary>The folder's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its events, by time.</summary>
    public required IReadOnlyList<ObservedEvent> Events { get; init; }

    /// <summary>What was read over, by kind: how often.</summary>
    public required IReadOnlyDictionary<string, int> Ignored { get; init; }

    /// <summary>What was wrong with the files, one line each with its place.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Functions as lspci saw them in the first kernel, or as the meta line has them.</summary>
    public required IReadOnlyList<ListedFunction> Functions { get; init; }

    /// <summary>Functions as lspci saw them once the second kernel had its drivers; empty if there is none.</summary>
    public IReadOnlyList<ListedFunction> SecondFunctions { get; init; } = [];

    /// <summary>Functions that had a driver in the second kernel before its script loaded any: the drivers are built in.</summary>
    public IReadOnlyDictionary<Bdf, string> BuiltIn { get; init; } = new Dictionary<Bdf, string>();

    /// <summary>The QEMU command line; empty if there is none.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>run.json or uname: release of each kernel, first boot first.</summary>
    public IReadOnlyList<string> Kernels { get; init; } = [];

    /// <summary>Command line of each kernel.</summary>
    public IReadOnlyList<string> Appends { get; init; } = [];

    /// <summary>What each kernel ran, first boot first; empty in the older generation.</summary>
    public IReadOnlyList<string> Scripts { get; init; } = [];

    /// <summary>The first kernel's /proc/interrupts at the beginning; empty if there is none.</summary>
    public IReadOnlyList<string> Interrupts { get; init; } = [];

    /// <summary>Messages of the kernels' logs.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];

    /// <summary>CPUs, if a file says so.</summary>
    public int? Cpus { get; init; }

    /// <summary>A second kernel was seen to start.</summary>
    public bool SecondKernelSeen { get; init; }

    /// <summary>Bus Master Enable as the firmware between two kernels left it, where it wrote Command.</summary>
    public IReadOnlyDictionary<Bdf, bool> FirmwareBusMaster { get; init; } = new Dictionary<Bdf, bool>();

    /// <summary>The pins were masked after the last device_shutdown: the recording holds the end of the shutdown.</summary>
    public bool Complete { get; init; }

    /// <summary>It holds configuration writes of the first kernel only: no lines, no pins, no second kernel.</summary>
    public bool WritesOnly { get; init; }

    /// <summary>A scenario.json of its own, which overrides what would be derived.</summary>
    public string? ScenarioJson { get; init; }
}
