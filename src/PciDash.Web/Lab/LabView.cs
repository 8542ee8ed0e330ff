using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Web.Timeline;

namespace PciDash.Web.Lab;

/// <summary>What the lab shows: a run, and how it is looked at. All of it is in the address.</summary>
public sealed record LabView(Scenario Scenario)
{
    /// <summary>Title; empty = the scenario's.</summary>
    public string Title { get; init; } = "";

    /// <summary>Seed of every draw.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Choices, by step.</summary>
    public IReadOnlyList<Choice> Choices { get; init; } = [];

    /// <summary>Raw number of the event at the cursor.</summary>
    public long Step { get; init; }

    /// <summary>Left end of the window, ns; null = all.</summary>
    public long? FromNs { get; init; }

    /// <summary>Right end of the window, ns; null = all.</summary>
    public long? ToNs { get; init; }

    /// <summary>Id of the selected lane, or null.</summary>
    public string? Selection { get; init; }

    /// <summary>What an equal distance on the axis means.</summary>
    public AxisMode Axis { get; init; }
}
