using PciDash.Engine.Machine;
using PciDash.Engine.Simulation;

namespace PciDash.Engine.Exploration;

/// <summary>A property held against one timed run.</summary>
public static class PropertyCheck
{
    /// <summary>Raw number of the first event of a run that violates the property, or -1.</summary>
    public static long FirstViolation(Run run, Property property)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(property);
        var entries = run.Recording.Entries;
        for (var i = 0; i < entries.Length; i++)
        {
            var e = entries[i];
            if ((Property.OfEvent(e.Event) & property.Violation) != 0)
            {
                return e.Raw;
            }

            // A line that is dead hurts from the moment it dies, or from the moment a sharer begins to wait.
            if (property.Violation == Violations.LiveSharerUnserved && e.Event.Kind is EventKind.NobodyCared or EventKind.DriverShutdown
                && run.At(e.Raw).After.Violations.HasFlag(Violations.LiveSharerUnserved))
            {
                return e.Raw;
            }
        }

        return -1;
    }
}
