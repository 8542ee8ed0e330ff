using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;
using PciDash.Scenarios.Timeline;

namespace PciDash.Web.Lab;

/// <summary>From one event of a recording to another.</summary>
public static class Stepping
{
    /// <summary>The next event, or the one before; a fold is one round, then what follows it.</summary>
    public static long Next(Recording recording, long raw, int direction)
    {
        ArgumentNullException.ThrowIfNull(recording);
        var entry = recording.EntryOf(raw);
        if (entry < 0)
        {
            return 0;
        }

        var first = recording.Entries[entry].Raw;
        if (direction < 0 && raw > first)
        {
            // From inside a fold back to its first round.
            return first;
        }

        var next = entry + direction;
        return next < 0 || next >= recording.Count ? raw : recording.Entries[next].Raw;
    }

    /// <summary>The next (or previous) event that a lane shows; the same one if there is none.</summary>
    public static long OnLane(Recording recording, Lane lane, long raw, int direction)
    {
        ArgumentNullException.ThrowIfNull(recording);
        ArgumentNullException.ThrowIfNull(lane);
        for (var entry = recording.EntryOf(raw) + direction; entry >= 0 && entry < recording.Count; entry += direction)
        {
            if (IsOn(lane, recording.Entries[entry].Event))
            {
                return recording.Entries[entry].Raw;
            }
        }

        return raw;
    }

    /// <summary>The next (or previous) event that the kernel's task brings about by another instruction; the same one if there is none.</summary>
    public static long ByInstruction(Recording recording, long raw, int direction)
    {
        ArgumentNullException.ThrowIfNull(recording);
        var from = recording.EntryOf(raw);
        var origin = from < 0 ? -1 : recording.Entries[from].Event.Origin;
        for (var entry = from + direction; entry >= 0 && entry < recording.Count; entry += direction)
        {
            if (recording.Entries[entry].Event.Origin >= 0 && recording.Entries[entry].Event.Origin != origin)
            {
                return recording.Entries[entry].Raw;
            }
        }

        return raw;
    }

    /// <summary>The beginning of the next (or previous) phase; the same event if there is none.</summary>
    public static long ByPhase(Recording recording, long raw, int direction)
    {
        ArgumentNullException.ThrowIfNull(recording);
        for (var entry = recording.EntryOf(raw) + direction; entry >= 0 && entry < recording.Count; entry += direction)
        {
            if (recording.Entries[entry].Event.Kind == EventKind.Phase)
            {
                return recording.Entries[entry].Raw;
            }
        }

        return raw;
    }

    /// <summary>The next event of that kind, from the beginning again if none follows; -1 if there is none at all.</summary>
    public static long NextOf(Recording recording, EventKind kind, long raw)
    {
        ArgumentNullException.ThrowIfNull(recording);
        long first = -1;
        foreach (var e in recording.Entries)
        {
            if (e.Event.Kind != kind)
            {
                continue;
            }

            first = first < 0 ? e.Raw : first;
            if (e.Raw > raw)
            {
                return e.Raw;
            }
        }

        return first;
    }

    /// <summary>True if a lane tells of an event.</summary>
    public static bool IsOn(Lane lane, in MachineEvent e)
    {
        ArgumentNullException.ThrowIfNull(lane);
        return lane.Kind switch
        {
            LaneKind.Phases => e.Kind == EventKind.Phase,
            LaneKind.Cpu => e.Kind is EventKind.IrqDelivered && e.A == lane.Subject || e.Kind is EventKind.Handler && e.B == lane.Subject,
            LaneKind.Line => e.Kind is EventKind.Line or EventKind.IoapicPin or EventKind.NobodyCared or EventKind.IrqDisabled && e.Subject == lane.Subject,
            LaneKind.Deliveries => e.Kind is EventKind.IrqDelivered or EventKind.Eoi or EventKind.IrqPolled && e.Subject == lane.Subject,
            LaneKind.Messages => e.Kind is EventKind.MsiWrite or EventKind.VectorMask && e.Subject == lane.Subject,
            LaneKind.Rate => e.Kind is EventKind.IrqDelivered && e.Subject == lane.Subject,
            LaneKind.Dma => e.Kind is EventKind.Dma && e.Subject == lane.Subject,
            LaneKind.Power => e.Kind is EventKind.PowerState && e.Subject == lane.Subject,
            LaneKind.Thread => e.Kind is EventKind.IrqThread && e.Subject == lane.Subject,
            LaneKind.Pin => e.Kind == EventKind.Intx && e.Subject == lane.Subject,
            LaneKind.BusMaster => e.Kind == EventKind.CfgCommand && ((e.A ^ e.B) & 0x0004) != 0 && e.Subject == lane.Subject,
            _ => e.Kind is EventKind.CfgMsix or EventKind.CfgMsi or EventKind.CfgCommand or EventKind.DriverShutdown or EventKind.DeviceEvent
                or EventKind.VirtioStatus or EventKind.Reset or EventKind.Stimulus && e.Subject == lane.Subject,
        };
    }
}
